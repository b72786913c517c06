//! The options of COPY, from `WITH (…)`, checked against each other.

use crate::parse::ast::{DefElem, DefValue};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyFormat {
    Text,
    Csv,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header {
    Absent,
    Present,
    /// Names must be those of the columns, in order.
    Match,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyOptions {
    pub format: CopyFormat,
    pub delimiter: u8,
    pub null: String,
    pub header: Header,
    pub quote: u8,
    pub escape: u8,
    /// Columns quoted whatever they hold; `None` in the list's place means all (`*`).
    pub force_quote: Option<Vec<String>>,
    pub force_quote_all: bool,
    pub force_not_null: Vec<String>,
    pub force_null: Vec<String>,
}

impl CopyOptions {
    pub fn parse(options: &[DefElem], is_from: bool) -> Result<CopyOptions> {
        let mut format = CopyFormat::Text;
        for option in options.iter().filter(|o| o.name == "format") {
            format = match word(option)?.as_str() {
                "text" => CopyFormat::Text,
                "csv" => CopyFormat::Csv,
                "binary" => {
                    let message = "COPY format \"binary\" is not supported";
                    return Err(SqlError::unsupported(message).at(option.pos));
                }
                other => {
                    let message = format!("COPY format \"{other}\" not recognized");
                    return Err(
                        SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message).at(option.pos)
                    );
                }
            };
        }
        let csv = format == CopyFormat::Csv;
        let mut result = CopyOptions {
            format,
            delimiter: if csv { b',' } else { b'\t' },
            null: if csv {
                String::new()
            } else {
                String::from("\\N")
            },
            header: Header::Absent,
            quote: b'"',
            escape: b'"',
            force_quote: None,
            force_quote_all: false,
            force_not_null: Vec::new(),
            force_null: Vec::new(),
        };
        let mut escape = None;
        for option in options {
            result.take(option, is_from, &mut escape)?;
        }
        result.escape = escape.unwrap_or(result.quote);
        result.check()?;
        Ok(result)
    }

    fn take(&mut self, option: &DefElem, is_from: bool, escape: &mut Option<u8>) -> Result<()> {
        match option.name.as_str() {
            "format" | "freeze" => {}
            "delimiter" => self.delimiter = one_byte(option, "delimiter")?,
            "null" => self.null = word(option)?,
            "header" => self.header = header(option, is_from)?,
            "quote" => {
                self.only_csv("quote", option)?;
                self.quote = one_byte(option, "quote")?;
            }
            "escape" => {
                self.only_csv("escape", option)?;
                *escape = Some(one_byte(option, "escape")?);
            }
            "force_quote" => match &option.value {
                Some(DefValue::Star) => self.force_quote_all = true,
                _ => self.force_quote = Some(names(option)?),
            },
            "force_not_null" => self.force_not_null = names(option)?,
            "force_null" => self.force_null = names(option)?,
            "encoding" => {
                let name = word(option)?.to_ascii_lowercase();
                if name != "utf8" && name != "utf-8" {
                    let message = format!("COPY encoding \"{name}\" is not supported");
                    return Err(SqlError::unsupported(message).at(option.pos));
                }
            }
            other => {
                let message = format!("option \"{other}\" not recognized");
                return Err(SqlError::user(SqlState::SYNTAX_ERROR, message).at(option.pos));
            }
        }
        Ok(())
    }

    fn only_csv(&self, what: &str, option: &DefElem) -> Result<()> {
        if self.format == CopyFormat::Csv {
            return Ok(());
        }
        let message = format!("COPY {what} available only in CSV mode");
        Err(SqlError::user(SqlState::FEATURE_NOT_SUPPORTED, message).at(option.pos))
    }

    fn check(&self) -> Result<()> {
        let bad = |message: &str| Err(SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message));
        if matches!(self.delimiter, b'\r' | b'\n') {
            return bad("COPY delimiter cannot be newline or carriage return");
        }
        if self.null.contains(['\r', '\n']) {
            return bad("COPY null representation cannot use newline or carriage return");
        }
        if self.format == CopyFormat::Csv && self.delimiter == self.quote {
            return bad("COPY delimiter and quote must be different");
        }
        let taken = self.delimiter.is_ascii_lowercase()
            || self.delimiter.is_ascii_digit()
            || matches!(self.delimiter, b'\\' | b'.');
        if self.format == CopyFormat::Text && taken {
            let message = format!("COPY delimiter cannot be \"{}\"", self.delimiter as char);
            return bad(&message);
        }
        if self.null.as_bytes().contains(&self.delimiter) {
            return Err(SqlError::user(
                SqlState::FEATURE_NOT_SUPPORTED,
                "COPY delimiter must not appear in the NULL specification",
            ));
        }
        Ok(())
    }
}

fn word(option: &DefElem) -> Result<String> {
    match &option.value {
        Some(DefValue::Word(w)) => Ok(w.clone()),
        Some(DefValue::String(s)) => Ok(s.clone()),
        Some(DefValue::Number(n)) => Ok(n.clone()),
        _ => {
            let message = format!("{} requires a parameter", option.name);
            Err(SqlError::user(SqlState::SYNTAX_ERROR, message).at(option.pos))
        }
    }
}

fn one_byte(option: &DefElem, what: &str) -> Result<u8> {
    match word(option)?.as_bytes() {
        [byte] => Ok(*byte),
        _ => {
            let message = format!("COPY {what} must be a single one-byte character");
            Err(SqlError::user(SqlState::FEATURE_NOT_SUPPORTED, message).at(option.pos))
        }
    }
}

fn header(option: &DefElem, is_from: bool) -> Result<Header> {
    if option.value.is_none() {
        return Ok(Header::Present);
    }
    match word(option)?.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" => Ok(Header::Present),
        "false" | "off" | "0" => Ok(Header::Absent),
        "match" if is_from => Ok(Header::Match),
        "match" => Err(SqlError::user(
            SqlState::FEATURE_NOT_SUPPORTED,
            "cannot use \"match\" with HEADER in COPY TO",
        )),
        _ => Err(SqlError::user(
            SqlState::SYNTAX_ERROR,
            "header requires a Boolean value or \"match\"",
        )
        .at(option.pos)),
    }
}

fn names(option: &DefElem) -> Result<Vec<String>> {
    let list = match &option.value {
        Some(DefValue::List(list)) => list.as_slice(),
        Some(one) => core::slice::from_ref(one),
        None => &[],
    };
    list.iter()
        .map(|value| match value {
            DefValue::Word(w) | DefValue::String(w) => Ok(w.to_string()),
            _ => {
                let message = format!(
                    "argument to option \"{}\" must be a list of column names",
                    option.name
                );
                Err(SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message).at(option.pos))
            }
        })
        .collect()
}
