//! Sessions, as hosts see them.

use crate::Database;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::datum::Datum;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::vector::Batch;
use vitrine_engine::lock::{CancelReason, SessionControl};
use vitrine_view::SessionId;

/// A column of a result.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub name: String,
    pub type_oid: u32,
    pub typmod: i32,
}

/// How a statement ended: `INSERT 0 3`, and the rows it counted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CommandTag {
    pub text: String,
    pub rows: Option<u64>,
}

/// Where results go, statement by statement.
pub trait ResultSink {
    fn start(&mut self, fields: &[Field]);
    fn batch(&mut self, batch: &Batch);
    fn done(&mut self, tag: CommandTag);
    fn notice(&mut self, notice: SqlError);
}

/// A parameter: a value of the very type, or text for the type's input function.
pub enum ParamValue {
    Datum(Datum),
    Text(String),
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Prepared {
    pub statement: u32,
    pub params: Vec<u32>,
    pub fields: Vec<Field>,
}

/// Ends what a session is doing, from outside.
#[derive(Clone)]
pub struct Cancel {
    control: Rc<SessionControl>,
}

impl Cancel {
    pub fn cancel(&self) {
        self.control.cancel(CancelReason::User);
    }
}

pub struct Session {
    database: Rc<Database>,
    control: Rc<SessionControl>,
}

impl Session {
    pub(crate) fn new(database: Rc<Database>, control: Rc<SessionControl>) -> Session {
        Session { database, control }
    }

    pub fn id(&self) -> SessionId {
        self.control.id
    }

    pub fn database(&self) -> &Rc<Database> {
        &self.database
    }

    /// Many statements, by the rules of the simple query protocol.
    pub async fn execute(&mut self, _sql: &str, _sink: &mut dyn ResultSink) -> Result<()> {
        Err(absent())
    }

    pub async fn prepare(&mut self, _sql: &str) -> Result<Prepared> {
        Err(absent())
    }

    pub async fn run(
        &mut self,
        _statement: u32,
        _params: Vec<ParamValue>,
        _sink: &mut dyn ResultSink,
    ) -> Result<()> {
        Err(absent())
    }

    /// What `prepare` said of a statement; 26000 if there is none of that number.
    pub fn prepared(&self, _statement: u32) -> Result<Rc<Prepared>> {
        Err(absent())
    }

    pub fn canceller(&self) -> Cancel {
        Cancel {
            control: self.control.clone(),
        }
    }

    pub fn free(&mut self, _statement: u32) {}

    /// Rolls back what is open.
    pub async fn close(self) -> Result<()> {
        self.database.engine.end_session(&self.control);
        Ok(())
    }
}

fn absent() -> SqlError {
    SqlError::unsupported("SQL is not connected yet")
}

/// Appends the text form of a value of the type with this OID.
pub fn output(_oid: u32, _value: &Datum, _out: &mut String) {}
