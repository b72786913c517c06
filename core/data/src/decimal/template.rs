//! Numbers by template: `to_char(1234.5, 'FM9,999.00')`.
//!
//! A template says where each digit goes. `9` is a digit or a blank, `0` a digit or a zero, `.` and
//! `D` the point, `,` and `G` the thousands mark; `S`, `MI`, `PL`, `SG`, `PR` place a sign, `V`
//! shifts, `EEEE` is scientific, `RN` Roman, `TH` an ordinal, `FM` drops the blanks. A number with
//! more digits than places becomes a row of `#`.
//!
//! The rules about where a sign floats are PostgreSQL's: it is written just before the first
//! place that shows a digit, so the writer walks place by place and remembers whether the sign is
//! out yet.

use super::Decimal;
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nine,
    Zero,
    Point,
    Group,
    Currency,
    Minus,
    Plus,
    Sign,
    Ordinal { upper: bool },
    Roman { upper: bool },
    Literal(char),
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum FloatingSign {
    #[default]
    None,
    Before,
    After,
}

/// What the template as a whole asks for.
#[derive(Default)]
struct Plan {
    places: Vec<Place>,
    /// Digits before and after the point.
    before: usize,
    after: usize,
    shift: usize,
    shifted: bool,
    has_point: bool,
    has_zero: bool,
    /// The first place that is filled with zeros, and the last.
    zero_start: usize,
    zero_end: usize,
    no_padding: bool,
    floating: FloatingSign,
    floating_at: usize,
    minus: bool,
    plus: bool,
    bracket: bool,
    scientific: bool,
    roman: bool,
}

/// Longer words first; the action is told by the word in capitals.
const WORDS: [&str; 18] = [
    "EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", "B", "C", "D", "G", "L", "S", "V", "9",
    "0",
];

fn compile(template: &str) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut rest = template;
    while let Some(next) = rest.chars().next() {
        let word = WORDS.iter().find(|word| {
            rest.get(..word.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(word))
        });
        if let Some(word) = word {
            let upper = next.is_ascii_uppercase();
            plan.add(word, upper)?;
            rest = &rest[word.len()..];
            continue;
        }
        rest = &rest[next.len_utf8()..];
        match next {
            '.' => plan.add("D", true)?,
            ',' => plan.places.push(Place::Group),
            '"' => {
                let end = rest.find('"').unwrap_or(rest.len());
                plan.places.extend(rest[..end].chars().map(Place::Literal));
                rest = rest.get(end + 1..).unwrap_or("");
            }
            '\\' if rest.starts_with('"') => {
                plan.places.push(Place::Literal('"'));
                rest = &rest[1..];
            }
            _ => plan.places.push(Place::Literal(next)),
        }
    }
    Ok(plan)
}

fn refused(message: &str) -> SqlError {
    SqlError::syntax(message)
}

impl Plan {
    fn add(&mut self, word: &str, upper: bool) -> Result<()> {
        if self.scientific && word != "FM" {
            return Err(refused("\"EEEE\" must be the last pattern used"));
        }
        match word {
            "9" | "0" => self.add_digit(word == "0")?,
            "D" => {
                if self.has_point {
                    return Err(refused("multiple decimal points"));
                }
                if self.shifted {
                    return Err(refused("cannot use \"V\" and decimal point together"));
                }
                self.has_point = true;
                self.places.push(Place::Point);
            }
            "G" => self.places.push(Place::Group),
            "L" => self.places.push(Place::Currency),
            "S" => {
                if self.floating != FloatingSign::None {
                    return Err(refused("cannot use \"S\" twice"));
                }
                if self.plus || self.minus || self.bracket {
                    return Err(refused(
                        "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together",
                    ));
                }
                self.floating = match self.has_point {
                    false => FloatingSign::Before,
                    true => FloatingSign::After,
                };
                self.floating_at = self.before;
            }
            "MI" => {
                self.minus = true;
                self.places.push(Place::Minus);
            }
            "PL" => {
                self.plus = true;
                self.places.push(Place::Plus);
            }
            "SG" => {
                (self.minus, self.plus) = (true, true);
                self.places.push(Place::Sign);
            }
            "PR" => self.bracket = true,
            "RN" => {
                self.roman = true;
                self.places.push(Place::Roman { upper });
            }
            "TH" => self.places.push(Place::Ordinal { upper }),
            "V" => {
                if self.has_point {
                    return Err(refused("cannot use \"V\" and decimal point together"));
                }
                self.shifted = true;
            }
            "EEEE" => self.scientific = true,
            "FM" => self.no_padding = true,
            _ => {}
        }
        Ok(())
    }

    fn add_digit(&mut self, zero: bool) -> Result<()> {
        if self.bracket {
            return Err(refused("\"9\" must be ahead of \"PR\""));
        }
        self.places
            .push(if zero { Place::Zero } else { Place::Nine });
        if self.shifted {
            self.shift += 1;
            return Ok(());
        }
        if zero && !self.has_zero && !self.has_point {
            self.has_zero = true;
            self.zero_start = self.before;
        }
        match self.has_point {
            true => self.after += 1,
            false => self.before += 1,
        }
        if zero {
            self.zero_end = self.before + self.after;
        }
        Ok(())
    }
}

/// SQL's `to_char(numeric, text)`.
pub fn to_char(value: &Decimal, template: &str) -> Result<String> {
    let mut plan = compile(template)?;
    if plan.scientific {
        return scientific(value, &plan);
    }
    if plan.roman {
        if !value.is_finite() {
            value.to_i32()?;
        }
        return Ok(Writer::new(&plan, String::from("0"), false, 0).run(Some(value)));
    }
    let mut value = value.clone();
    if plan.shifted {
        value = value.mul(&Decimal::parse(&format!("1e{}", plan.shift))?)?;
        plan.before += plan.shift;
    }
    let text = value.round(plan.after as i32)?.to_string();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    let whole = digits.split('.').next().unwrap_or("").len();
    let mut digits = String::from(digits);
    if whole > plan.before {
        digits = "#".repeat(plan.before) + "." + &"#".repeat(plan.after);
    }
    let blanks = plan.before.saturating_sub(whole);
    Ok(Writer::new(&plan, digits, negative, blanks).run(None))
}

fn scientific(value: &Decimal, plan: &Plan) -> Result<String> {
    if !value.is_finite() {
        return Ok(format!(
            " {}.{}",
            "#".repeat(plan.before),
            "#".repeat(plan.after + 4)
        ));
    }
    let exponent = if value.is_zero() {
        0
    } else {
        value.magnitude_exponent() - 1
    };
    let mantissa = Decimal::parse(&format!("1e{}", -exponent))
        .and_then(|unit| value.mul(&unit))
        .and_then(|mantissa| mantissa.round(plan.after as i32));
    // Rounding may give 10.0, and PostgreSQL leaves it so.
    let shown = mantissa?;
    let blank = if shown.is_negative() { "" } else { " " };
    let sign = if exponent < 0 { '-' } else { '+' };
    Ok(format!("{blank}{shown}e{sign}{:02}", exponent.abs()))
}

/// Walks over the places, the number's characters in hand.
struct Writer<'a> {
    plan: &'a Plan,
    number: Vec<u8>,
    /// The next character of the number.
    at: usize,
    /// Places passed.
    passed: usize,
    /// Places before the number's first digit.
    blanks: usize,
    negative: bool,
    bracket: bool,
    floating: FloatingSign,
    sign_written: bool,
    /// The last character that `FM` keeps, when it may drop some.
    last_relevant: Option<usize>,
    count: usize,
    /// A digit has been written, so that a thousands mark makes sense.
    in_number: bool,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(plan: &'a Plan, number: String, negative: bool, blanks: usize) -> Writer<'a> {
        let mut writer = Writer {
            plan,
            number: number.into_bytes(),
            at: 0,
            passed: 0,
            blanks,
            negative,
            bracket: plan.bracket && (negative || !plan.no_padding),
            floating: plan.floating,
            sign_written: false,
            last_relevant: None,
            count: (plan.before + plan.after).saturating_sub(1),
            in_number: false,
            out: String::new(),
        };
        if plan.plus || plan.minus {
            writer.sign_written = !plan.plus || plan.minus;
        } else {
            let plain = plan.floating == FloatingSign::None;
            writer.sign_written = !negative && plan.no_padding && plain;
            if plan.floating == FloatingSign::Before && plan.before == plan.floating_at {
                writer.floating = FloatingSign::After;
            }
        }
        if plan.no_padding && plan.has_point {
            writer.find_last_relevant();
        }
        if !writer.sign_written && blanks == 0 {
            writer.count += 1;
        }
        writer
    }

    fn find_last_relevant(&mut self) {
        let Some(point) = self.number.iter().position(|byte| *byte == b'.') else {
            return;
        };
        let mut last = self
            .number
            .iter()
            .rposition(|byte| *byte != b'0')
            .unwrap_or(point);
        last = last.max(point);
        if self.plan.zero_end > self.blanks {
            let forced = (self.number.len() - 1).min(self.plan.zero_end - self.blanks);
            last = last.max(forced);
        }
        self.last_relevant = Some(last);
    }

    fn relevant_is_point(&self) -> bool {
        self.last_relevant
            .is_some_and(|last| self.number.get(last) == Some(&b'.'))
    }

    /// `0.1` under `9.9` shows a blank for its zero.
    fn is_blank_zero(&self) -> bool {
        !self.plan.has_zero
            && self.at == 0
            && self.number.first() == Some(&b'0')
            && self.plan.after != 0
    }

    fn run(mut self, roman: Option<&Decimal>) -> String {
        for place in &self.plan.places {
            let fill = self.plan.no_padding;
            match *place {
                Place::Nine | Place::Zero | Place::Point if self.plan.roman => {}
                Place::Nine | Place::Zero | Place::Point => self.digit(*place == Place::Zero),
                Place::Group if self.in_number => self.out.push(','),
                Place::Group | Place::Currency if fill && *place == Place::Group => {}
                Place::Group | Place::Currency => self.out.push(' '),
                Place::Minus if self.negative => self.out.push('-'),
                Place::Plus if !self.negative => self.out.push('+'),
                Place::Minus | Place::Plus if fill => {}
                Place::Minus | Place::Plus => self.out.push(' '),
                Place::Sign => self.out.push(if self.negative { '-' } else { '+' }),
                Place::Ordinal { upper } => self.ordinal(upper),
                Place::Roman { upper } => {
                    let text = roman.map_or_else(String::new, roman_numeral);
                    let text = if upper { text } else { text.to_lowercase() };
                    self.out += &if fill { text } else { format!("{text:>15}") };
                }
                Place::Literal(c) => self.out.push(c),
            }
        }
        self.out
    }

    fn ordinal(&mut self, upper: bool) {
        let skip = self.plan.roman || self.negative || self.plan.has_point;
        if skip || self.number.first() == Some(&b'#') {
            return;
        }
        let tail = |back: usize| {
            self.number
                .len()
                .checked_sub(back)
                .and_then(|i| self.number.get(i))
        };
        let suffix = match (tail(2), tail(1)) {
            (Some(b'1'), _) => "th",
            (_, Some(b'1')) => "st",
            (_, Some(b'2')) => "nd",
            (_, Some(b'3')) => "rd",
            _ => "th",
        };
        self.out += &if upper {
            suffix.to_uppercase()
        } else {
            suffix.to_string()
        };
    }

    fn digit(&mut self, is_zero: bool) {
        self.in_number = false;
        let reached = self.passed >= self.blanks
            || (self.plan.has_zero && self.plan.zero_start == self.passed);
        if !self.sign_written && reached && (!self.is_blank_zero() || self.relevant_is_point()) {
            self.write_sign();
        }
        let zero_filled = self.plan.has_zero && self.plan.zero_start <= self.passed;
        if self.passed < self.blanks && !zero_filled {
            if !self.plan.no_padding {
                self.out.push(' ');
            }
        } else if self.passed < self.blanks {
            self.out.push('0');
            self.in_number = true;
        } else {
            self.write_character(is_zero);
        }
        self.close();
        self.passed += 1;
    }

    fn write_sign(&mut self) {
        match (self.floating, self.bracket, self.negative) {
            (FloatingSign::Before, _, negative) => self.out.push(if negative { '-' } else { '+' }),
            (FloatingSign::After, ..) => return,
            (_, true, negative) => self.out.push(if negative { '<' } else { ' ' }),
            (_, _, true) => self.out.push('-'),
            (_, _, false) if !self.plan.no_padding => self.out.push(' '),
            _ => {}
        }
        self.sign_written = true;
    }

    fn write_character(&mut self, is_zero: bool) {
        match self.number.get(self.at).copied() {
            Some(b'.') => self.out.push('.'),
            None => {}
            Some(_) if !is_zero && self.last_relevant.is_some_and(|last| self.at > last) => {}
            Some(_) if self.is_blank_zero() => {
                if !self.plan.no_padding {
                    self.out.push(' ');
                } else if self.relevant_is_point() {
                    self.out.push('0');
                }
            }
            Some(digit) => {
                self.out.push(char::from(digit));
                self.in_number = true;
            }
        }
        if self.at < self.number.len() {
            self.at += 1;
        }
    }

    /// Behind the last digit stands what belongs behind the number.
    fn close(&mut self) {
        let mut end = self.count + usize::from(self.blanks > 0) + usize::from(self.plan.has_point);
        if self.last_relevant == Some(self.at) {
            end = self.passed;
        }
        if self.passed + 1 != end {
            return;
        }
        if self.sign_written && self.bracket {
            self.out.push(if self.negative { '>' } else { ' ' });
        } else if self.floating == FloatingSign::After {
            self.out.push(if self.negative { '-' } else { '+' });
        }
    }
}

fn roman_numeral(value: &Decimal) -> String {
    const STEPS: [(i32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = match value.to_i32() {
        Ok(number @ 1..=3999) => number,
        _ => return "#".repeat(15),
    };
    let mut text = String::new();
    for (step, letters) in STEPS {
        while rest >= step {
            rest -= step;
            text.push_str(letters);
        }
    }
    text
}

/// SQL's `to_number(text, text)`: the digits that the template has places for, and a sign.
pub fn from_char(text: &str, template: &str) -> Result<Decimal> {
    let plan = compile(template)?;
    if plan.roman || plan.scientific {
        let what = if plan.roman { "RN" } else { "EEEE" };
        return Err(SqlError::unsupported(format!(
            "\"{what}\" not supported for input"
        )));
    }
    let mut number = String::new();
    let (mut before, mut after) = (plan.before + plan.shift, plan.after);
    let mut negative = false;
    let mut point = false;
    for c in text.chars() {
        match c {
            '-' | '<' => negative = true,
            '.' if plan.has_point && !point => {
                number.push('.');
                point = true;
            }
            '0'..='9' => {
                let places = if point { &mut after } else { &mut before };
                if *places == 0 {
                    break;
                }
                *places -= 1;
                number.push(c);
            }
            _ => {}
        }
    }
    if number.is_empty() || number == "." {
        return Err(SqlError::user(
            SqlState::INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type numeric: \" \"",
        ));
    }
    let value = Decimal::parse(&number)?;
    let value = if negative { value.neg() } else { value };
    match plan.shifted {
        true => value.div(&Decimal::parse(&format!("1e{}", plan.shift))?),
        false => Ok(value),
    }
}
