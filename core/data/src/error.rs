//! The one error of everything above the device.
//!
//! An error says what happened (message, code), where (position in the statement's bytes, names
//! of table, column and constraint) and what to do (hint). It is one boxed body, so that a
//! `Result` on a hot path stays a word wide. Notices and warnings travel in the same shape with
//! another severity.
//!
//! `who()` sorts errors by whose fault they are: the user's, nobody's (run it again), the
//! device's, or ours. The last kind is a bug by definition, and says so to the reader.

use crate::sqlstate::SqlState;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::ops::{Deref, DerefMut};
use vitrine_storage::StorageError;

pub type Result<T> = core::result::Result<T, SqlError>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    Error,
    Fatal,
    Panic,
    Warning,
    Notice,
    Info,
    Log,
    Debug,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
            Severity::Panic => "PANIC",
            Severity::Warning => "WARNING",
            Severity::Notice => "NOTICE",
            Severity::Info => "INFO",
            Severity::Log => "LOG",
            Severity::Debug => "DEBUG",
        }
    }
}

/// Whose fault an error is, which decides what to tell the reader to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// The statement is wrong, or asks for what cannot be done.
    User,
    /// Nothing is wrong: the same transaction may well pass when run again.
    Retry,
    /// Bytes on the device are not what was written there, or the device fails.
    Corruption,
    /// The engine broke a promise of its own.
    Bug,
}

#[derive(Clone, PartialEq, Eq)]
pub struct ErrorBody {
    pub severity: Severity,
    pub code: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Byte offset in the statement text, counted from 0.
    pub position: Option<u32>,
    /// The "where": lines of context from functions and COPY, innermost first.
    pub context: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub data_type: Option<String>,
    pub constraint: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct SqlError(Box<ErrorBody>);

impl Deref for SqlError {
    type Target = ErrorBody;
    fn deref(&self) -> &ErrorBody {
        &self.0
    }
}

impl DerefMut for SqlError {
    fn deref_mut(&mut self) -> &mut ErrorBody {
        &mut self.0
    }
}

impl SqlError {
    pub fn new(severity: Severity, code: SqlState, message: impl Into<String>) -> SqlError {
        SqlError(Box::new(ErrorBody {
            severity,
            code,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            context: None,
            schema: None,
            table: None,
            column: None,
            data_type: None,
            constraint: None,
        }))
    }

    /// The ordinary error: a code and what happened.
    pub fn user(code: SqlState, message: impl Into<String>) -> SqlError {
        SqlError::new(Severity::Error, code, message)
    }

    pub fn notice(message: impl Into<String>) -> SqlError {
        SqlError::new(Severity::Notice, SqlState::SUCCESS, message)
    }

    pub fn warning(code: SqlState, message: impl Into<String>) -> SqlError {
        SqlError::new(Severity::Warning, code, message)
    }

    /// A broken promise of the engine's own (XX000).
    pub fn bug(message: impl Into<String>) -> SqlError {
        SqlError::user(SqlState::INTERNAL_ERROR, message)
            .hint("This is a defect of the database engine, not of the statement.")
    }

    /// Bytes that cannot be what was written (XX001).
    pub fn corrupted(message: impl Into<String>) -> SqlError {
        SqlError::user(SqlState::DATA_CORRUPTED, message)
    }

    /// What PostgreSQL can do and this engine cannot yet (0A000).
    pub fn unsupported(message: impl Into<String>) -> SqlError {
        SqlError::user(SqlState::FEATURE_NOT_SUPPORTED, message)
    }

    pub fn syntax(message: impl Into<String>) -> SqlError {
        SqlError::user(SqlState::SYNTAX_ERROR, message)
    }

    pub fn out_of_memory() -> SqlError {
        SqlError::user(SqlState::OUT_OF_MEMORY, "out of memory")
    }

    pub fn cancelled() -> SqlError {
        SqlError::user(
            SqlState::QUERY_CANCELED,
            "canceling statement due to user request",
        )
    }

    pub fn too_complex() -> SqlError {
        SqlError::user(
            SqlState::STATEMENT_TOO_COMPLEX,
            "stack depth limit exceeded",
        )
        .hint("Write the statement with less nesting.")
    }

    pub fn division_by_zero() -> SqlError {
        SqlError::user(SqlState::DIVISION_BY_ZERO, "division by zero")
    }

    /// 22P02: the text is no value of the type.
    pub fn invalid_input(type_name: &str, text: &str) -> SqlError {
        SqlError::user(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type {type_name}: \"{text}\""),
        )
    }

    /// 22003 for a value that was spelt out and does not fit.
    pub fn value_out_of_range(type_name: &str, text: &str) -> SqlError {
        SqlError::user(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type {type_name}"),
        )
    }

    /// 22003 for a computed value: `integer out of range`.
    pub fn out_of_range(type_name: &str) -> SqlError {
        SqlError::user(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            format!("{type_name} out of range"),
        )
    }

    /// Sets the position unless an inner, more exact one is there already.
    pub fn at(mut self, byte_offset: u32) -> SqlError {
        self.position.get_or_insert(byte_offset);
        self
    }

    pub fn at_opt(self, byte_offset: Option<u32>) -> SqlError {
        match byte_offset {
            Some(offset) => self.at(offset),
            None => self,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> SqlError {
        self.hint = Some(hint.into());
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> SqlError {
        self.detail = Some(detail.into());
        self
    }

    /// Adds an outer line to the context.
    pub fn within(mut self, line: &str) -> SqlError {
        match &mut self.context {
            Some(context) => {
                context.push('\n');
                context.push_str(line);
            }
            None => self.context = Some(line.to_string()),
        }
        self
    }

    pub fn schema(mut self, name: &str) -> SqlError {
        self.schema = Some(name.to_string());
        self
    }

    pub fn table(mut self, name: &str) -> SqlError {
        self.table = Some(name.to_string());
        self
    }

    pub fn column(mut self, name: &str) -> SqlError {
        self.column = Some(name.to_string());
        self
    }

    pub fn data_type(mut self, name: &str) -> SqlError {
        self.data_type = Some(name.to_string());
        self
    }

    pub fn constraint(mut self, name: &str) -> SqlError {
        self.constraint = Some(name.to_string());
        self
    }

    pub fn who(&self) -> Blame {
        match (&self.code.class(), self.code) {
            (b"40", _) => Blame::Retry,
            (_, SqlState::LOCK_NOT_AVAILABLE | SqlState::CRASH_SHUTDOWN) => Blame::Retry,
            (_, SqlState::INTERNAL_ERROR) => Blame::Bug,
            (b"XX" | b"58", _) => Blame::Corruption,
            _ => Blame::User,
        }
    }
}

impl core::fmt::Display for SqlError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "{}:  {} ({})",
            self.severity.as_str(),
            self.message,
            self.code
        )
    }
}

impl core::fmt::Debug for SqlError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)?;
        if let Some(detail) = &self.detail {
            write!(f, " detail: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, " hint: {hint}")?;
        }
        Ok(())
    }
}

impl core::error::Error for SqlError {}

impl From<alloc::collections::TryReserveError> for SqlError {
    fn from(_: alloc::collections::TryReserveError) -> SqlError {
        SqlError::out_of_memory()
    }
}

/// What the reader of an answer is told when something below the tables failed.
impl From<StorageError> for SqlError {
    fn from(error: StorageError) -> SqlError {
        let message = error.to_string();
        let of = |code| SqlError::user(code, message.as_str());
        match error {
            StorageError::Device { .. } | StorageError::DeviceLost => of(SqlState::IO_ERROR),
            StorageError::Corrupt { .. }
            | StorageError::CorruptLog { .. }
            | StorageError::CorruptControl { .. } => of(SqlState::DATA_CORRUPTED),
            StorageError::Full => of(SqlState::DISK_FULL),
            StorageError::LogFailed => of(SqlState::TRANSACTION_RESOLUTION_UNKNOWN)
                .hint("Open the database again: recovery decides what became of the transaction."),
            StorageError::Fenced | StorageError::Stopped(_) => of(SqlState::CRASH_SHUTDOWN),
            StorageError::UnknownFormat(_) => of(SqlState::FEATURE_NOT_SUPPORTED),
            StorageError::TooManyPins => of(SqlState::PROGRAM_LIMIT_EXCEEDED),
            StorageError::Cancelled => SqlError::cancelled(),
            StorageError::Bug(_) => SqlError::bug(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_position_wins_and_context_grows_outwards() {
        let error = SqlError::syntax("x")
            .at(7)
            .at(2)
            .within("inner")
            .within("outer");
        assert_eq!(error.position, Some(7));
        assert_eq!(error.context.as_deref(), Some("inner\nouter"));
        assert_eq!(
            core::mem::size_of::<SqlError>(),
            core::mem::size_of::<usize>()
        );
    }

    #[test]
    fn blame_follows_the_class() {
        let of = |code| SqlError::user(code, "").who();
        assert_eq!(of(SqlState::DEADLOCK_DETECTED), Blame::Retry);
        assert_eq!(of(SqlState::DATA_CORRUPTED), Blame::Corruption);
        assert_eq!(of(SqlState::UNIQUE_VIOLATION), Blame::User);
        assert_eq!(SqlError::bug("").who(), Blame::Bug);
        assert_eq!(
            SqlState::by_condition_name("unique_violation")
                .unwrap()
                .as_str(),
            "23505"
        );
    }
}
