//! Requests that run SQL.
//!
//! ```text
//! Exec     session u32 · sql · [blob]                    many statements, no parameters
//! Query    session u32 · sql · params · [blob]           one statement
//! Prepare  session u32 · sql
//! Run      session u32 · statement u32 · params · [blob]
//!
//! sql, blob  length u32, bytes, padding to 4
//! params     count u32, then each: tag u32 and
//!              0 null                5 text   length u32, UTF-8, padding
//!              1 bool   u32          6 bytes  length u32, bytes, padding
//!              2 i32    i32          7 array  count u32, params
//!              3 i64    i64          8 json   as text
//!              4 f64    f64
//! ```
//!
//! A tag says what the client had in its hands, not the SQL type: the engine knows the parameter's
//! type and converts (a JavaScript array may become `int[]` or `jsonb`). Numbers of eight bytes
//! stand at multiples of four, so a client writes their halves.
use crate::bytes::{Reader, Writer};
use crate::{Header, Kind, Ticket, WireFault, flags};
use alloc::vec::Vec;

/// Arrays may nest this deep; PostgreSQL's own limit is six dimensions, JSON may want more.
const MOST_NESTING: u32 = 64;

#[derive(Clone, PartialEq, Debug)]
pub enum Param<'a> {
    Null,
    Bool(bool),
    I32(i32),
    I64(i64),
    F64(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Array(Vec<Param<'a>>),
    Json(&'a str),
}

#[derive(PartialEq, Debug)]
pub enum Statement<'a> {
    Exec {
        session: u32,
        sql: &'a str,
        blob: Option<&'a [u8]>,
    },
    Query {
        session: u32,
        sql: &'a str,
        params: Vec<Param<'a>>,
        blob: Option<&'a [u8]>,
    },
    Prepare {
        session: u32,
        sql: &'a str,
    },
    Run {
        session: u32,
        statement: u32,
        params: Vec<Param<'a>>,
        blob: Option<&'a [u8]>,
    },
}

impl<'a> Statement<'a> {
    pub fn session(&self) -> u32 {
        match self {
            Statement::Exec { session, .. }
            | Statement::Query { session, .. }
            | Statement::Prepare { session, .. }
            | Statement::Run { session, .. } => *session,
        }
    }

    /// Reads the body of a message whose header named one of the four kinds.
    pub fn read(header: Header, body: &mut Reader<'a>) -> Result<Statement<'a>, WireFault> {
        let session = body.u32()?;
        let statement = match header.kind {
            Kind::Exec => {
                let sql = body.text()?;
                Statement::Exec {
                    session,
                    sql,
                    blob: read_blob(header, body)?,
                }
            }
            Kind::Query => {
                let sql = body.text()?;
                let params = read_params(body)?;
                Statement::Query {
                    session,
                    sql,
                    params,
                    blob: read_blob(header, body)?,
                }
            }
            Kind::Prepare => Statement::Prepare {
                session,
                sql: body.text()?,
            },
            Kind::Run => {
                let statement = body.u32()?;
                let params = read_params(body)?;
                Statement::Run {
                    session,
                    statement,
                    params,
                    blob: read_blob(header, body)?,
                }
            }
            _ => return Err(WireFault::Malformed("not a statement")),
        };
        Ok(statement)
    }

    /// Writes the whole message. A blob sets its own flag.
    pub fn write(&self, ticket: Ticket, request_flags: u16, out: &mut Writer) {
        let (kind, blob) = match self {
            Statement::Exec { blob, .. } => (Kind::Exec, *blob),
            Statement::Query { blob, .. } => (Kind::Query, *blob),
            Statement::Prepare { .. } => (Kind::Prepare, None),
            Statement::Run { blob, .. } => (Kind::Run, *blob),
        };
        let blob_flag = if blob.is_some() { flags::BLOB } else { 0 };
        Header {
            kind,
            flags: (request_flags & !flags::BLOB) | blob_flag,
            ticket,
        }
        .write(out);
        out.u32(self.session());
        match self {
            Statement::Exec { sql, .. } | Statement::Prepare { sql, .. } => out.text(sql),
            Statement::Query { sql, params, .. } => {
                out.text(sql);
                write_params(params, out);
            }
            Statement::Run {
                statement, params, ..
            } => {
                out.u32(*statement);
                write_params(params, out);
            }
        }
        if let Some(blob) = blob {
            out.bytes(blob);
        }
    }
}

fn read_blob<'a>(header: Header, body: &mut Reader<'a>) -> Result<Option<&'a [u8]>, WireFault> {
    if header.flags & flags::BLOB == 0 {
        Ok(None)
    } else {
        body.bytes().map(Some)
    }
}

fn read_params<'a>(body: &mut Reader<'a>) -> Result<Vec<Param<'a>>, WireFault> {
    read_list(body, 0)
}

fn read_list<'a>(body: &mut Reader<'a>, depth: u32) -> Result<Vec<Param<'a>>, WireFault> {
    let count = body.u32()? as usize;
    // A count is believed only as far as the bytes behind it could hold that many.
    if count > body.left() / 4 {
        return Err(WireFault::TooShort);
    }
    let mut params = Vec::with_capacity(count);
    for _ in 0..count {
        params.push(read_param(body, depth)?);
    }
    Ok(params)
}

fn read_param<'a>(body: &mut Reader<'a>, depth: u32) -> Result<Param<'a>, WireFault> {
    Ok(match body.u32()? {
        0 => Param::Null,
        1 => Param::Bool(body.u32()? != 0),
        2 => Param::I32(body.i32()?),
        3 => Param::I64(body.i64()?),
        4 => Param::F64(body.f64()?),
        5 => Param::Text(body.text()?),
        6 => Param::Bytes(body.bytes()?),
        7 if depth >= MOST_NESTING => return Err(WireFault::Malformed("array nests too deep")),
        7 => Param::Array(read_list(body, depth + 1)?),
        8 => Param::Json(body.text()?),
        _ => return Err(WireFault::Malformed("unknown parameter tag")),
    })
}

fn write_params(params: &[Param<'_>], out: &mut Writer) {
    out.u32(params.len() as u32);
    for param in params {
        match param {
            Param::Null => out.u32(0),
            Param::Bool(value) => {
                out.u32(1);
                out.u32(u32::from(*value));
            }
            Param::I32(value) => {
                out.u32(2);
                out.i32(*value);
            }
            Param::I64(value) => {
                out.u32(3);
                out.i64(*value);
            }
            Param::F64(value) => {
                out.u32(4);
                out.f64(*value);
            }
            Param::Text(value) => {
                out.u32(5);
                out.text(value);
            }
            Param::Bytes(value) => {
                out.u32(6);
                out.bytes(value);
            }
            Param::Array(items) => {
                out.u32(7);
                write_params(items, out);
            }
            Param::Json(value) => {
                out.u32(8);
                out.text(value);
            }
        }
    }
}
