//! Time zones that need no database: UTC, fixed offsets, and the abbreviations of PostgreSQL's
//! default set that most people write.
//!
//! Two habits meet here. In a timestamp `+02` is east of Greenwich, as ISO 8601 has it; in the
//! name of a zone (`SET TIME ZONE '+02'`, `AT TIME ZONE 'UTC+2'`) it is west, as POSIX has it.

use super::token::Cursor;
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::format;
use alloc::string::String;

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Zone {
    /// Seconds east of UTC.
    pub offset_seconds: i32,
}

/// Offsets stay within this many hours.
const MAX_HOURS: i64 = 15;

/// Quarter hours east, by lower-case abbreviation.
const ABBREVIATIONS: &[(&str, i8)] = &[
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("zulu", 0),
    ("uct", 0),
    ("ut", 0),
    ("wet", 0),
    ("universal", 0),
    ("etc/utc", 0),
    ("etc/gmt", 0),
    ("etc/uct", 0),
    ("etc/zulu", 0),
    ("est", -20),
    ("edt", -16),
    ("cst", -24),
    ("cdt", -20),
    ("mst", -28),
    ("mdt", -24),
    ("pst", -32),
    ("pdt", -28),
    ("akst", -36),
    ("akdt", -32),
    ("hst", -40),
    ("ast", -16),
    ("adt", -12),
    ("nst", -14),
    ("ndt", -10),
    ("brt", -12),
    ("art", -12),
    ("clt", -16),
    ("bst", 4),
    ("west", 4),
    ("cet", 4),
    ("met", 4),
    ("mez", 4),
    ("cest", 8),
    ("mest", 8),
    ("mesz", 8),
    ("eet", 8),
    ("eest", 12),
    ("ist", 8),
    ("idt", 12),
    ("sast", 8),
    ("msk", 12),
    ("msd", 16),
    ("eat", 12),
    ("pkt", 20),
    ("npt", 23),
    ("ict", 28),
    ("hkt", 32),
    ("sgt", 32),
    ("pht", 32),
    ("awst", 32),
    ("jst", 36),
    ("kst", 36),
    ("acst", 38),
    ("acdt", 42),
    ("aest", 40),
    ("aedt", 44),
    ("nzst", 48),
    ("nzdt", 52),
];

impl Zone {
    pub const UTC: Zone = Zone { offset_seconds: 0 };

    pub const fn east(offset_seconds: i32) -> Zone {
        Zone { offset_seconds }
    }

    pub fn offset_micros(self) -> i64 {
        i64::from(self.offset_seconds) * super::MICROS_PER_SECOND
    }

    pub(super) fn by_abbreviation(word: &str) -> Option<Zone> {
        let found = ABBREVIATIONS.iter().find(|(name, _)| *name == word);
        found.map(|(_, quarters)| Zone::east(i32::from(*quarters) * 900))
    }

    /// A zone by name: an abbreviation, or a POSIX offset (`UTC+3` and `+3` are west).
    pub fn from_name(name: &str) -> Result<Zone> {
        let lower = name.trim().to_ascii_lowercase();
        if let Some(zone) = Zone::by_abbreviation(&lower) {
            return Ok(zone);
        }
        let letters = lower.find(['+', '-']).unwrap_or(0);
        let prefix = lower.get(..letters).unwrap_or("");
        let is_name = prefix.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_name && let Some(Ok(zone)) = lower.get(letters..).and_then(parse_offset) {
            return Ok(Zone::east(-zone.offset_seconds));
        }
        Err(SqlError::user(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("time zone \"{name}\" not recognized"),
        )
        .hint("Only UTC, fixed offsets such as 'UTC-2' and common abbreviations are built in."))
    }

    /// As `SHOW timezone` prints it.
    pub fn name(self) -> String {
        if self.offset_seconds == 0 {
            return String::from("UTC");
        }
        let mut offset = String::new();
        let _ = super::write_zone(&mut offset, self);
        let mut posix = String::new();
        let _ = super::write_zone(&mut posix, Zone::east(-self.offset_seconds));
        format!("<{offset}>{posix}")
    }
}

/// `+5`, `+05:30`, `-0530`, `+05:30:15`, east positive. `None` if it is no offset at all; an error
/// if it is too large.
pub(super) fn parse_offset(text: &str) -> Option<core::result::Result<Zone, ()>> {
    let (sign, body) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let mut cursor = Cursor::new(body);
    let first = cursor.digits();
    let (hours, mut minutes, mut seconds) = match first.len() {
        1 | 2 => (first.parse::<i64>().ok()?, 0, 0),
        3 | 4 => {
            let (hours, minutes) = first.split_at(first.len() - 2);
            (hours.parse().ok()?, minutes.parse::<i64>().ok()?, 0)
        }
        6 => (
            first[..2].parse().ok()?,
            first[2..4].parse().ok()?,
            first[4..].parse::<i64>().ok()?,
        ),
        _ => return None,
    };
    if first.len() <= 2 && cursor.eat(':') {
        minutes = cursor.digits().parse().ok()?;
        if cursor.eat(':') {
            seconds = cursor.digits().parse().ok()?;
        }
    }
    if !cursor.is_end() {
        return None;
    }
    if hours > MAX_HOURS || minutes > 59 || seconds > 59 {
        return Some(Err(()));
    }
    Some(Ok(Zone::east(
        sign * (hours * 3600 + minutes * 60 + seconds) as i32,
    )))
}
