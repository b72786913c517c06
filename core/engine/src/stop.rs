//! How a synchronous step above the pages stops: a page is missing, or an error a user may see.
//!
//! Storage has the same two ways with its own errors; `?` turns the one into the other.

use vitrine_data::SqlError;
use vitrine_storage::{Storage, StorageError};
use vitrine_view::PageTag;

#[derive(Debug)]
pub enum Stop {
    /// Nothing was changed by the present stage; run again once the page is there.
    Need(PageTag),
    Err(SqlError),
}

/// The result of a synchronous step.
pub type Act<T> = Result<T, Stop>;

impl From<SqlError> for Stop {
    fn from(e: SqlError) -> Stop {
        Stop::Err(e)
    }
}

impl From<StorageError> for Stop {
    fn from(e: StorageError) -> Stop {
        Stop::Err(e.into())
    }
}

impl From<vitrine_storage::Stop> for Stop {
    fn from(stop: vitrine_storage::Stop) -> Stop {
        match stop {
            vitrine_storage::Stop::Need(tag) => Stop::Need(tag),
            vitrine_storage::Stop::Err(e) => Stop::Err(e.into()),
        }
    }
}

/// An error that says which page is not as it should be.
pub fn corrupt(tag: PageTag, why: &'static str) -> Stop {
    StorageError::Corrupt { tag, why }.into()
}

/// An SQL error for a storage error.
pub fn sql_error(e: StorageError) -> SqlError {
    e.into()
}

/// Runs a synchronous step until it has all its pages: the small async driver of E1, for steps
/// whose errors are SQL's.
pub async fn run<T>(storage: &Storage, mut step: impl FnMut() -> Act<T>) -> Result<T, SqlError> {
    let mut failed = None;
    let done = storage
        .act(|_| match step() {
            Ok(value) => Ok(value),
            Err(Stop::Need(tag)) => Err(vitrine_storage::Stop::Need(tag)),
            Err(Stop::Err(e)) => {
                failed = Some(e);
                Err(vitrine_storage::Stop::Err(StorageError::Cancelled))
            }
        })
        .await;
    match (done, failed) {
        (Ok(value), _) => Ok(value),
        (Err(_), Some(e)) => Err(e),
        (Err(e), None) => Err(e.into()),
    }
}
