//! One statement request: read, run, answered.

use crate::Inner;
use crate::rows::Gather;
use crate::sessions::Slot;
use crate::value::{param_value, show};
use std::rc::Rc;
use vitrine_data::vector::Batch;
use vitrine_database::{CommandTag, Field, Prepared, ResultSink, Session, SqlError};
use vitrine_wire::control::{self, Reply};
use vitrine_wire::result::ResultSet;
use vitrine_wire::statement::{Param, Statement};
use vitrine_wire::{Header, Ticket, flags};

/// Gathers results for the wire.
struct Sink<'a> {
    inner: &'a Inner,
    ticket: Ticket,
    sql: &'a str,
    flags: u16,
    open: Option<Gather>,
    results: Vec<ResultSet>,
}

impl<'a> Sink<'a> {
    fn new(inner: &'a Inner, ticket: Ticket, sql: &'a str, flags: u16) -> Sink<'a> {
        Sink {
            inner,
            ticket,
            sql,
            flags,
            open: None,
            results: Vec::new(),
        }
    }
}

impl ResultSink for Sink<'_> {
    fn start(&mut self, fields: &[Field]) {
        let fields = fields.iter().map(wire_field).collect();
        self.open = Some(Gather::new(fields, self.flags & flags::TEXT != 0));
    }

    fn batch(&mut self, batch: &Batch) {
        if let Some(gather) = &mut self.open {
            gather.batch(batch, &show);
        }
    }

    fn done(&mut self, tag: CommandTag) {
        let with_fields = self.flags & flags::NO_FIELDS == 0;
        let affected = tag.rows;
        self.results.push(match self.open.take() {
            Some(gather) => gather.finish(tag.text, affected, with_fields),
            None => ResultSet {
                affected,
                tag: tag.text,
                ..ResultSet::default()
            },
        });
    }

    fn notice(&mut self, notice: SqlError) {
        self.inner.answers.notice(self.ticket, &notice, self.sql);
    }
}

fn wire_field(field: &Field) -> control::Field {
    control::Field {
        name: field.name.clone(),
        type_oid: field.type_oid,
        typmod: field.typmod,
    }
}

pub async fn statement(
    inner: &Rc<Inner>,
    slot: &Slot,
    session: &mut Session,
    ticket: Ticket,
    message: &[u8],
) {
    let read = Header::read(message).and_then(|(header, mut body)| {
        Statement::read(header, &mut body).map(|statement| (header, statement))
    });
    let (header, statement) = match read {
        Ok(read) => read,
        Err(fault) => return inner.answers.fault(ticket, fault),
    };
    let sql = match &statement {
        Statement::Exec { sql, .. }
        | Statement::Query { sql, .. }
        | Statement::Prepare { sql, .. } => *sql,
        Statement::Run { .. } => "",
    };
    sql.clone_into(&mut slot.query.borrow_mut());
    if let Statement::Exec { blob, .. }
    | Statement::Query { blob, .. }
    | Statement::Run { blob, .. } = &statement
        && let Some(blob) = blob
    {
        session.give_blob(blob.to_vec());
    }
    let mut sink = Sink::new(inner, ticket, sql, header.flags);
    let outcome = match &statement {
        Statement::Exec { sql, .. } => session.execute(sql, &mut sink).await,
        Statement::Query { sql, params, .. } if params.is_empty() => {
            session.execute(sql, &mut sink).await
        }
        Statement::Query { sql, params, .. } => query(session, sql, params, &mut sink).await,
        Statement::Run {
            statement, params, ..
        } => run(session, *statement, params, &mut sink).await,
        Statement::Prepare { sql, .. } => {
            match session.prepare(sql).await {
                Ok(prepared) => inner.answers.reply(ticket, &prepared_reply(&prepared)),
                Err(error) => inner.answers.error(ticket, &error, sql),
            }
            return;
        }
    };
    match outcome {
        Ok(()) => inner.answers.results(ticket, &sink.results),
        Err(error) => inner.answers.error(ticket, &error, sql),
    }
}

fn prepared_reply(prepared: &Prepared) -> Reply {
    Reply::Prepared {
        statement: prepared.statement,
        params: prepared.params.clone(),
        fields: prepared.fields.iter().map(wire_field).collect(),
    }
}

async fn query(
    session: &mut Session,
    sql: &str,
    params: &[Param<'_>],
    sink: &mut Sink<'_>,
) -> Result<(), SqlError> {
    let prepared = session.prepare(sql).await?;
    let outcome = run_with(session, &prepared, params, sink).await;
    session.free(prepared.statement);
    outcome
}

async fn run(
    session: &mut Session,
    statement: u32,
    params: &[Param<'_>],
    sink: &mut Sink<'_>,
) -> Result<(), SqlError> {
    let prepared = session.prepared(statement)?;
    run_with(session, &prepared, params, sink).await
}

async fn run_with(
    session: &mut Session,
    prepared: &Prepared,
    params: &[Param<'_>],
    sink: &mut Sink<'_>,
) -> Result<(), SqlError> {
    let wanted = prepared.params.len();
    if params.len() != wanted {
        return Err(SqlError::user(
            vitrine_data::sqlstate::SqlState::PROTOCOL_VIOLATION,
            format!(
                "bind message supplies {} parameters, but prepared statement \"\" requires {wanted}",
                params.len()
            ),
        ));
    }
    let values = params
        .iter()
        .zip(&prepared.params)
        .map(|(param, oid)| param_value(param, *oid));
    session
        .run(prepared.statement, values.collect(), sink)
        .await
}
