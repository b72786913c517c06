//! Answers on their way out, and the shapes of errors.

use std::cell::RefCell;
use std::collections::VecDeque;
use vitrine_database::SqlError;
use vitrine_wire::control::Reply;
use vitrine_wire::error::WireError;
use vitrine_wire::result::{ResultSet, write_results};
use vitrine_wire::{Header, Kind, Ticket, WireFault, Writer};

#[derive(Default)]
pub struct Answers {
    queue: RefCell<VecDeque<Vec<u8>>>,
}

impl Answers {
    pub fn len(&self) -> usize {
        self.queue.borrow().len()
    }

    pub fn take(&self) -> Option<Vec<u8>> {
        self.queue.borrow_mut().pop_front()
    }

    fn put(&self, writer: Writer) {
        self.queue.borrow_mut().push_back(writer.into_vec());
    }

    pub fn reply(&self, ticket: Ticket, reply: &Reply) {
        let mut writer = Writer::new();
        if reply.write(ticket, &mut writer) {
            self.put(writer);
        } else {
            self.refuse(ticket, "XX000", "an answer could not be written");
        }
    }

    pub fn results(&self, ticket: Ticket, results: &[ResultSet]) {
        let mut writer = Writer::new();
        write_results(results, ticket, &mut writer);
        self.put(writer);
    }

    fn wire_error(&self, kind: Kind, ticket: Ticket, error: &WireError) {
        let mut writer = Writer::new();
        Header::new(kind, ticket).write(&mut writer);
        if writer.postcard(error) {
            self.put(writer);
        }
    }

    /// `sql` is the text that positions refer to.
    pub fn error(&self, ticket: Ticket, error: &SqlError, sql: &str) {
        self.wire_error(Kind::Error, ticket, &shape(error, sql));
    }

    pub fn notice(&self, ticket: Ticket, notice: &SqlError, sql: &str) {
        self.wire_error(Kind::Notice, ticket, &shape(notice, sql));
    }

    pub fn refuse(&self, ticket: Ticket, code: &str, message: &str) {
        let error = WireError {
            severity: "ERROR".into(),
            code: code.into(),
            message: message.into(),
            ..WireError::default()
        };
        self.wire_error(Kind::Error, ticket, &error);
    }

    pub fn not_open(&self, ticket: Ticket) {
        self.refuse(ticket, "08003", "the database is not open");
    }

    pub fn unsupported(&self, ticket: Ticket, what: &str) {
        self.refuse(ticket, "0A000", &format!("{what}: not supported yet"));
    }

    pub fn fault(&self, ticket: Ticket, fault: WireFault) {
        let message = match fault {
            WireFault::TooShort => "the request is cut short".to_string(),
            WireFault::Version(version) => {
                format!("the client speaks wire version {version}, another one than the engine")
            }
            WireFault::UnknownKind(kind) => format!("unknown kind of request: {kind}"),
            WireFault::Malformed(why) => format!("malformed request: {why}"),
        };
        self.refuse(ticket, "08P01", &message);
    }
}

fn shape(error: &SqlError, sql: &str) -> WireError {
    WireError {
        severity: error.severity.as_str().into(),
        code: String::from_utf8_lossy(&error.code.0).into_owned(),
        message: error.message.clone(),
        detail: error.detail.clone(),
        hint: error.hint.clone(),
        position: error.position.map(|at| characters_before(sql, at) + 1),
        context: error.context.clone(),
        schema: error.schema.clone(),
        table: error.table.clone(),
        column: error.column.clone(),
        constraint: error.constraint.clone(),
        statement: None,
    }
}

/// PostgreSQL counts positions in characters; the parser counts bytes.
fn characters_before(sql: &str, at_byte: u32) -> u32 {
    let before = sql.as_bytes().iter().take(at_byte as usize);
    before.filter(|byte| (**byte & 0xC0) != 0x80).count() as u32
}
