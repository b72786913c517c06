//! Settings: what SET, SHOW and RESET act on.
//!
//! One row of [`TABLE`] defines a setting: its name, kind with limits and unit, default, and who may
//! change it when. A session keeps only the values that differ, in layers: what `SET` gave, and what
//! `SET LOCAL` gave until the transaction ends; a rollback takes back both kinds of change.
//!
//! Rules.
//! 1. A value is checked and brought into its printed form when it is set (`SHOW work_mem` prints
//!    `4MB`, whatever unit was typed).
//! 2. An unknown name is 42704, unless it has a dot: those are the user's own, kept as text.
//! 3. A setting that changes nothing in this engine is not in the table, except those that drivers
//!    and dump files send first (`client_encoding`, `standard_conforming_strings`, …), which accept
//!    just the values that are true here.
//!
//! Source: PostgreSQL 15, `utils/misc/guc.c` and chapter 20 of its manual.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// What values a setting takes.
#[derive(Clone, Copy)]
pub enum Kind {
    Bool,
    /// In the unit given, within the limits.
    Int {
        unit: Unit,
        min: i64,
        max: i64,
    },
    Real {
        min: f64,
        max: f64,
    },
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Plain,
    /// Sizes are kept in kB.
    Kilobytes,
    /// Sizes kept in pages of 8 kB.
    Pages,
    Megabytes,
    Milliseconds,
    Seconds,
}

/// When a setting may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Session,
    /// Fixed when the database is opened; SHOW only.
    Open,
    /// Never: it says what the engine is.
    Internal,
}

pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    pub scope: Scope,
    pub description: &'static str,
}

const fn row(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    scope: Scope,
    description: &'static str,
) -> Setting {
    Setting {
        name,
        kind,
        default,
        scope,
        description,
    }
}

use Kind::{Bool, Choice, Int, Real, Text};
use Scope::{Internal, Open, Session};

const INT_MAX: i64 = i32::MAX as i64;
const MS: Kind = Int {
    unit: Unit::Milliseconds,
    min: 0,
    max: INT_MAX,
};
const KB: Kind = Int {
    unit: Unit::Kilobytes,
    min: 64,
    max: INT_MAX,
};
const COST: Kind = Real {
    min: 0.0,
    max: f64::MAX,
};
const SYNCHRONOUS: &[&str] = &["on", "off", "local", "remote_write", "remote_apply"];
const ISOLATION: &[&str] = &[
    "read committed",
    "repeatable read",
    "serializable",
    "read uncommitted",
];
const LEVELS: &[&str] = &["debug5", "debug1", "log", "notice", "warning", "error"];

/// Every setting, by name.
pub const TABLE: &[Setting] = &[
    row(
        "application_name",
        Text,
        "",
        Session,
        "Name shown in pg_stat_activity.",
    ),
    row(
        "bytea_output",
        Choice(&["hex", "escape"]),
        "hex",
        Session,
        "Form of bytea values.",
    ),
    row(
        "check_function_bodies",
        Bool,
        "on",
        Session,
        "Check function bodies at CREATE.",
    ),
    row(
        "client_encoding",
        Choice(&["utf8"]),
        "UTF8",
        Session,
        "The client's encoding.",
    ),
    row(
        "client_min_messages",
        Choice(LEVELS),
        "notice",
        Session,
        "Least severity sent.",
    ),
    row(
        "cpu_index_tuple_cost",
        COST,
        "0.005",
        Session,
        "Cost of an index entry.",
    ),
    row(
        "cpu_operator_cost",
        COST,
        "0.0025",
        Session,
        "Cost of an operator call.",
    ),
    row("cpu_tuple_cost", COST, "0.01", Session, "Cost of a row."),
    row(
        "datestyle",
        Choice(&["iso", "iso, mdy"]),
        "ISO, MDY",
        Session,
        "Form of dates.",
    ),
    row(
        "deadlock_timeout",
        MS,
        "1s",
        Session,
        "Wait before looking for a deadlock.",
    ),
    row(
        "default_transaction_isolation",
        Choice(ISOLATION),
        "read committed",
        Session,
        "Isolation of new transactions.",
    ),
    row(
        "default_transaction_read_only",
        Bool,
        "off",
        Session,
        "New transactions only read.",
    ),
    row(
        "effective_cache_size",
        Int {
            unit: Unit::Pages,
            min: 1,
            max: INT_MAX,
        },
        "4GB",
        Session,
        "The planner's idea of the cache.",
    ),
    row(
        "enable_hashagg",
        Bool,
        "on",
        Session,
        "Allow hash aggregation.",
    ),
    row("enable_hashjoin", Bool, "on", Session, "Allow hash joins."),
    row(
        "enable_indexonlyscan",
        Bool,
        "on",
        Session,
        "Allow index-only scans.",
    ),
    row(
        "enable_indexscan",
        Bool,
        "on",
        Session,
        "Allow index scans.",
    ),
    row(
        "enable_nestloop",
        Bool,
        "on",
        Session,
        "Allow nested loops.",
    ),
    row(
        "enable_seqscan",
        Bool,
        "on",
        Session,
        "Allow sequential scans.",
    ),
    row("enable_sort", Bool, "on", Session, "Allow sorts."),
    row(
        "extra_float_digits",
        Int {
            unit: Unit::Plain,
            min: -15,
            max: 3,
        },
        "1",
        Session,
        "Digits of printed floats.",
    ),
    row(
        "idle_in_transaction_session_timeout",
        MS,
        "0",
        Session,
        "Limit of idle transactions.",
    ),
    row(
        "integer_datetimes",
        Bool,
        "on",
        Internal,
        "Times are integers.",
    ),
    row(
        "intervalstyle",
        Choice(&["postgres"]),
        "postgres",
        Session,
        "Form of intervals.",
    ),
    row("lock_timeout", MS, "0", Session, "Longest wait for a lock."),
    row(
        "maintenance_work_mem",
        KB,
        "64MB",
        Session,
        "Memory of VACUUM and CREATE INDEX.",
    ),
    row(
        "max_index_keys",
        Int {
            unit: Unit::Plain,
            min: 32,
            max: 32,
        },
        "32",
        Internal,
        "Columns of an index.",
    ),
    row(
        "random_page_cost",
        COST,
        "4",
        Session,
        "Cost of a page out of order.",
    ),
    row(
        "row_security",
        Bool,
        "on",
        Session,
        "Row security policies apply.",
    ),
    row(
        "search_path",
        Text,
        "\"$user\", public",
        Session,
        "Schemas searched for names.",
    ),
    row(
        "seq_page_cost",
        COST,
        "1",
        Session,
        "Cost of a page in order.",
    ),
    row(
        "server_encoding",
        Text,
        "UTF8",
        Internal,
        "The database's encoding.",
    ),
    row(
        "server_version",
        Text,
        "15.0 (Vitrine)",
        Internal,
        "The PostgreSQL version followed.",
    ),
    row(
        "server_version_num",
        Int {
            unit: Unit::Plain,
            min: 150000,
            max: 150000,
        },
        "150000",
        Internal,
        "The version as a number.",
    ),
    row(
        "session_replication_role",
        Choice(&["origin"]),
        "origin",
        Session,
        "Trigger firing.",
    ),
    row(
        "shared_buffers",
        Int {
            unit: Unit::Pages,
            min: 16,
            max: INT_MAX,
        },
        "16MB",
        Open,
        "Size of the buffer pool.",
    ),
    row(
        "standard_conforming_strings",
        Choice(&["on"]),
        "on",
        Session,
        "Backslashes are plain.",
    ),
    row(
        "statement_timeout",
        MS,
        "0",
        Session,
        "Longest time of a statement.",
    ),
    row(
        "synchronous_commit",
        Choice(SYNCHRONOUS),
        "on",
        Session,
        "When a commit returns.",
    ),
    row("timezone", Text, "UTC", Session, "Time zone of timestamps."),
    row(
        "transaction_isolation",
        Choice(ISOLATION),
        "read committed",
        Session,
        "Isolation of this transaction.",
    ),
    row(
        "transaction_read_only",
        Bool,
        "off",
        Session,
        "This transaction only reads.",
    ),
    row(
        "work_mem",
        KB,
        "4MB",
        Session,
        "Memory of a sort or hash before it spills.",
    ),
    row(
        "xmloption",
        Choice(&["content"]),
        "content",
        Session,
        "Form of XML.",
    ),
];

/// The row of a setting; names are compared without case.
pub fn find(name: &str) -> Option<&'static Setting> {
    TABLE.iter().find(|s| s.name.eq_ignore_ascii_case(name))
}

fn unknown(name: &str) -> SqlError {
    let message = format!("unrecognized configuration parameter \"{name}\"");
    SqlError::user(SqlState::UNDEFINED_OBJECT, message)
}

/// A session's values.
#[derive(Default, Clone)]
pub struct Settings {
    /// Values that hold beyond the transaction.
    session: BTreeMap<String, String>,
    local: BTreeMap<String, String>,
    /// `session` as it was when the open transaction (or its savepoints, in order) began.
    saved: Vec<(BTreeMap<String, String>, BTreeMap<String, String>)>,
}

impl Settings {
    /// The printed value, as SHOW gives it.
    pub fn show(&self, name: &str) -> Result<String> {
        let key = name.to_ascii_lowercase();
        if let Some(value) = self.local.get(&key).or_else(|| self.session.get(&key)) {
            return Ok(value.clone());
        }
        find(name)
            .map(|s| s.default.to_owned())
            .ok_or_else(|| unknown(name))
    }

    /// SET [LOCAL]; `None` is DEFAULT.
    pub fn set(&mut self, name: &str, value: Option<&str>, is_local: bool) -> Result<()> {
        let key = name.to_ascii_lowercase();
        let text = match (find(name), value) {
            (Some(setting), _) if setting.scope == Internal => {
                let message = format!("parameter \"{}\" cannot be changed", setting.name);
                return Err(SqlError::user(SqlState::CANT_CHANGE_RUNTIME_PARAM, message));
            }
            (Some(setting), _) if setting.scope == Open => {
                let message = format!(
                    "parameter \"{}\" cannot be changed without restarting the server",
                    setting.name
                );
                return Err(SqlError::user(SqlState::CANT_CHANGE_RUNTIME_PARAM, message));
            }
            (Some(setting), Some(value)) => canonical(setting, value)?,
            (Some(setting), None) => setting.default.to_owned(),
            (None, Some(value)) if name.contains('.') => value.to_owned(),
            (None, None) if name.contains('.') => String::new(),
            (None, _) => return Err(unknown(name)),
        };
        if is_local {
            self.local.insert(key, text);
        } else {
            self.local.remove(&key);
            self.session.insert(key, text);
        }
        Ok(())
    }

    /// RESET ALL.
    pub fn reset_all(&mut self) {
        self.session.clear();
        self.local.clear();
    }

    pub fn begin(&mut self) {
        self.saved.push((self.session.clone(), self.local.clone()));
    }

    /// The transaction (or the innermost savepoint) ends well.
    pub fn commit(&mut self) {
        self.saved.pop();
        if self.saved.is_empty() {
            self.local.clear();
        }
    }

    /// The transaction (or the innermost savepoint) ends badly: its changes are taken back.
    pub fn rollback(&mut self) {
        if let Some((session, local)) = self.saved.pop() {
            self.session = session;
            self.local = local;
        }
        if self.saved.is_empty() {
            self.local.clear();
        }
    }

    pub fn flag(&self, name: &str) -> bool {
        self.show(name).is_ok_and(|v| v == "on")
    }

    /// An integer setting in its own unit (`work_mem` in kB, timeouts in ms).
    pub fn int(&self, name: &str) -> i64 {
        let Some(Setting {
            kind: Int { unit, .. },
            ..
        }) = find(name)
        else {
            return 0;
        };
        self.show(name)
            .ok()
            .and_then(|v| parse_int(&v, *unit))
            .unwrap_or(0)
    }

    pub fn real(&self, name: &str) -> f64 {
        self.show(name)
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(0.0)
    }

    /// (name, value, description) of all, for SHOW ALL and pg_settings.
    pub fn all(&self) -> impl Iterator<Item = (&'static Setting, String)> + '_ {
        TABLE
            .iter()
            .map(|s| (s, self.show(s.name).unwrap_or_default()))
    }

    /// The schemas of `search_path`, in order, without the one named after the user.
    pub fn search_path(&self) -> Vec<String> {
        let path = self.show("search_path").unwrap_or_default();
        path.split(',')
            .map(|part| part.trim().trim_matches('"').to_string())
            .filter(|name| !name.is_empty() && name != "$user")
            .collect()
    }
}

fn invalid(setting: &Setting, value: &str) -> SqlError {
    let message = format!(
        "invalid value for parameter \"{}\": \"{value}\"",
        setting.name
    );
    SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// Checks a value and gives its printed form.
fn canonical(setting: &Setting, value: &str) -> Result<String> {
    match setting.kind {
        Bool => match value.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" | "1" | "t" | "y" => Ok("on".to_owned()),
            "off" | "false" | "no" | "0" | "f" | "n" => Ok("off".to_owned()),
            _ => {
                let message = format!("parameter \"{}\" requires a Boolean value", setting.name);
                Err(SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message))
            }
        },
        Int { unit, min, max } => {
            let number = parse_int(value, unit).ok_or_else(|| invalid(setting, value))?;
            if number < min || number > max {
                let message = format!(
                    "{number} is outside the valid range for parameter \"{}\" ({min} .. {max})",
                    setting.name
                );
                return Err(SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            Ok(print_int(number, unit))
        }
        Real { min, max } => match value.parse::<f64>() {
            Ok(n) if n >= min && n <= max => Ok(n.to_string()),
            _ => Err(invalid(setting, value)),
        },
        Text => Ok(value.to_owned()),
        Choice(words) => choose(setting, words, value),
    }
}

fn choose(setting: &Setting, words: &[&str], value: &str) -> Result<String> {
    let folded = value.to_ascii_lowercase();
    let folded = match (setting.name, folded.as_str()) {
        ("client_encoding", "utf-8" | "unicode") => "utf8",
        ("synchronous_commit", "true" | "yes" | "1") => "on",
        ("synchronous_commit", "false" | "no" | "0") => "off",
        ("standard_conforming_strings", "true" | "yes" | "1") => "on",
        (_, other) => other,
    };
    if !words.contains(&folded) {
        let available = words.join(", ");
        return Err(invalid(setting, value).hint(format!("Available values: {available}.")));
    }
    Ok(match setting.name {
        "client_encoding" | "datestyle" => setting.default.to_owned(),
        _ => folded.to_owned(),
    })
}

/// How many of a setting's own unit one of the typed unit is: (factor, divisor).
fn factor(unit: Unit, suffix: &str) -> Option<(i64, i64)> {
    Some(match (unit, suffix) {
        (_, "") => (1, 1),
        (Unit::Kilobytes, "B") => (1, 1024),
        (Unit::Kilobytes, "kB") => (1, 1),
        (Unit::Kilobytes, "MB") => (1 << 10, 1),
        (Unit::Kilobytes, "GB") => (1 << 20, 1),
        (Unit::Pages, "kB") => (1, 8),
        (Unit::Pages, "MB") => (128, 1),
        (Unit::Pages, "GB") => (128 << 10, 1),
        (Unit::Megabytes, "MB") => (1, 1),
        (Unit::Megabytes, "GB") => (1 << 10, 1),
        (Unit::Milliseconds, "ms") => (1, 1),
        (Unit::Milliseconds, "s") => (1000, 1),
        (Unit::Milliseconds, "min") => (60_000, 1),
        (Unit::Milliseconds, "h") => (3_600_000, 1),
        (Unit::Milliseconds, "d") => (86_400_000, 1),
        (Unit::Seconds, "s") => (1, 1),
        (Unit::Seconds, "min") => (60, 1),
        (Unit::Seconds, "h") => (3600, 1),
        _ => return None,
    })
}

fn parse_int(value: &str, unit: Unit) -> Option<i64> {
    let value = value.trim();
    let digits = value.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.'));
    let (number, suffix) = value.split_at(digits.unwrap_or(value.len()));
    let (times, by) = factor(unit, suffix.trim())?;
    if let Ok(n) = number.parse::<i64>() {
        return n.checked_mul(times).map(|n| n / by);
    }
    let n = number.parse::<f64>().ok()? * times as f64 / by as f64;
    (n.abs() < 1e15).then(|| libm::round(n) as i64)
}

/// The largest unit that divides the number, as PostgreSQL prints it.
fn print_int(number: i64, unit: Unit) -> String {
    let steps: &[(&str, i64)] = match unit {
        Unit::Plain => &[],
        Unit::Kilobytes => &[("GB", 1 << 20), ("MB", 1 << 10), ("kB", 1)],
        Unit::Pages => &[("GB", 128 << 10), ("MB", 128)],
        Unit::Megabytes => &[("GB", 1 << 10), ("MB", 1)],
        Unit::Milliseconds => &[
            ("d", 86_400_000),
            ("h", 3_600_000),
            ("min", 60_000),
            ("s", 1000),
            ("ms", 1),
        ],
        Unit::Seconds => &[("h", 3600), ("min", 60), ("s", 1)],
    };
    if number == 0 {
        return "0".to_owned();
    }
    match steps.iter().find(|(_, size)| number % size == 0) {
        Some((name, size)) => format!("{}{name}", number / size),
        None if unit == Unit::Pages => format!("{}kB", number * 8),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_in_the_largest_unit() {
        let mut s = Settings::default();
        for (typed, shown) in [("4096", "4MB"), ("64kB", "64kB"), ("1GB", "1GB")] {
            assert!(s.set("work_mem", Some(typed), false).is_ok());
            assert_eq!(s.show("work_mem").ok().as_deref(), Some(shown));
        }
        assert!(s.set("Statement_Timeout", Some("1500"), false).is_ok());
        assert_eq!(s.show("statement_timeout").ok().as_deref(), Some("1500ms"));
        assert_eq!(s.int("statement_timeout"), 1500);
    }

    #[test]
    fn wrong_values_have_postgres_codes() {
        let mut s = Settings::default();
        let code = |r: Result<()>| r.err().map(|e| e.code);
        let bad = Some(SqlState::INVALID_PARAMETER_VALUE);
        assert_eq!(code(s.set("work_mem", Some("1"), false)), bad);
        assert_eq!(code(s.set("synchronous_commit", Some("maybe"), false)), bad);
        assert_eq!(
            code(s.set("nonsense", Some("1"), false)),
            Some(SqlState::UNDEFINED_OBJECT)
        );
        assert_eq!(code(s.set("my.own", Some("1"), false)), None);
        let fixed = Some(SqlState::CANT_CHANGE_RUNTIME_PARAM);
        assert_eq!(code(s.set("server_version", Some("16"), false)), fixed);
    }

    #[test]
    fn rollback_and_local_give_back_what_was() {
        let mut s = Settings::default();
        s.begin();
        let _ = s.set("work_mem", Some("8MB"), false);
        s.rollback();
        assert_eq!(s.show("work_mem").ok().as_deref(), Some("4MB"));
        s.begin();
        let _ = s.set("work_mem", Some("8MB"), true);
        assert_eq!(s.show("work_mem").ok().as_deref(), Some("8MB"));
        s.commit();
        assert_eq!(s.show("work_mem").ok().as_deref(), Some("4MB"));
    }
}
