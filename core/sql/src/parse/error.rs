//! The three errors this folder makes: a syntax error near a token, an error with its own words,
//! and a statement too deep to walk safely. Positions are byte offsets from 0.

use alloc::format;
use alloc::string::String;

/// What went wrong, with its SQLSTATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    pub code: &'static str,
    pub message: String,
    pub hint: Option<String>,
    pub position: Option<u32>,
}

/// Short form used through the folder.
pub type Parse<T> = Result<T, SqlError>;

fn error(code: &'static str, message: String, pos: u32) -> SqlError {
    SqlError {
        code,
        message,
        hint: None,
        position: Some(pos),
    }
}

/// 42601 at the token that stands at `pos..end` of `text`.
pub(super) fn near(text: &str, pos: u32, end: u32) -> SqlError {
    match text.get(pos as usize..end as usize) {
        Some(token) if !token.is_empty() => {
            error("42601", format!("syntax error at or near \"{token}\""), pos)
        }
        _ => error(
            "42601",
            "syntax error at end of input".into(),
            text.len() as u32,
        ),
    }
}

/// 42601 with words of its own.
pub(super) fn syntax(message: &str, pos: u32) -> SqlError {
    error("42601", message.into(), pos)
}

/// Any other SQLSTATE.
pub(super) fn coded(code: &'static str, message: &str, pos: u32) -> SqlError {
    error(code, message.into(), pos)
}

/// 54001: nesting or a chain beyond what can be walked.
pub(super) fn too_deep(pos: u32) -> SqlError {
    let mut made = error("54001", "stack depth limit exceeded".into(), pos);
    made.hint = Some("The statement nests more deeply than this engine walks.".into());
    made
}

impl From<SqlError> for vitrine_data::SqlError {
    fn from(error: SqlError) -> vitrine_data::SqlError {
        let code = vitrine_data::SqlState::from_code(error.code)
            .unwrap_or(vitrine_data::SqlState::SYNTAX_ERROR);
        let made = vitrine_data::SqlError::user(code, error.message).at_opt(error.position);
        match error.hint {
            Some(hint) => made.hint(hint),
            None => made,
        }
    }
}
