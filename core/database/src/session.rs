//! Sessions, as hosts see them.

use crate::Database;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::datum::Datum;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::vector::Batch;
use vitrine_engine::lock::{CancelReason, SessionControl};
use vitrine_sql::session as sql;
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

/// SQL's session, and the database it belongs to.
pub struct Session {
    database: Rc<Database>,
    inner: sql::Session,
}

fn field(field: &sql::Field) -> Field {
    Field {
        name: field.name.clone(),
        type_oid: field.ty.0,
        typmod: field.typmod,
    }
}

/// Hands SQL's results on, with fields as hosts know them.
struct Through<'a>(&'a mut dyn ResultSink);

impl sql::ResultSink for Through<'_> {
    fn start(&mut self, fields: &[sql::Field]) {
        let fields: Vec<Field> = fields.iter().map(field).collect();
        self.0.start(&fields);
    }

    fn batch(&mut self, batch: &Batch) {
        self.0.batch(batch);
    }

    fn done(&mut self, tag: sql::CommandTag) {
        self.0.done(CommandTag {
            text: tag.text,
            rows: tag.rows,
        });
    }

    fn notice(&mut self, notice: SqlError) {
        self.0.notice(notice);
    }
}

impl Session {
    pub(crate) fn new(database: Rc<Database>, random_seed: u64) -> Session {
        let inner = sql::Session::new(&database.sql, random_seed);
        if database.config().relaxed {
            // The name and the value are in the table of settings, so this cannot fail.
            let mut settings = inner.settings().borrow_mut();
            let _ = settings.set("synchronous_commit", Some("off"), false);
        }
        Session { database, inner }
    }

    pub fn id(&self) -> SessionId {
        self.inner.control().id
    }

    pub fn database(&self) -> &Rc<Database> {
        &self.database
    }

    /// Many statements, by the rules of the simple query protocol.
    pub async fn execute(&mut self, text: &str, sink: &mut dyn ResultSink) -> Result<()> {
        self.inner.control().clear_cancel();
        self.inner.execute(text, &mut Through(sink)).await
    }

    pub async fn prepare(&mut self, text: &str) -> Result<Prepared> {
        self.inner.control().clear_cancel();
        let statement = self.inner.prepare(text).await?;
        self.prepared(statement)
    }

    pub async fn run(
        &mut self,
        statement: u32,
        params: Vec<ParamValue>,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        self.inner.control().clear_cancel();
        let params = params.into_iter().map(|param| match param {
            ParamValue::Datum(value) => sql::ParamValue::Datum(value),
            ParamValue::Text(text) => sql::ParamValue::Text(text),
        });
        self.inner
            .run(statement, params.collect(), &mut Through(sink))
            .await
    }

    /// What `prepare` said of a statement; 26000 if there is none of that number.
    pub fn prepared(&self, statement: u32) -> Result<Prepared> {
        let prepared = self.inner.prepared(statement)?;
        Ok(Prepared {
            statement,
            params: prepared.params.iter().map(|oid| oid.0).collect(),
            fields: prepared.fields.iter().map(field).collect(),
        })
    }

    /// What `COPY … FROM '/dev/blob'` reads.
    pub fn give_blob(&mut self, blob: Vec<u8>) {
        self.inner.give_copy_data(blob);
    }

    /// What `COPY … TO '/dev/blob'` wrote.
    pub fn take_blob(&mut self) -> Vec<u8> {
        self.inner.take_copy_data()
    }

    pub fn canceller(&self) -> Cancel {
        Cancel {
            control: self.inner.control().clone(),
        }
    }

    pub fn free(&mut self, statement: u32) {
        self.inner.free(statement);
    }

    /// Rolls back what is open.
    pub async fn close(self) -> Result<()> {
        self.inner.close().await
    }
}

/// Appends the text form of a value of the type with this OID.
pub fn output(oid: u32, value: &Datum, out: &mut String) {
    let (oid, cx) = (vitrine_sql::types::Oid(oid), vitrine_sql::types::IoCx::UTC);
    vitrine_sql::types::output(oid, value, &cx, out);
}
