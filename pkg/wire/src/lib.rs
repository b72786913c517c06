#![no_std]
//! The wire: the bytes that cross between a client and the engine.
//!
//! The wire is the ABI. In one thread a client writes a request into the engine's linear memory and
//! reads the response from there; through a worker the same bytes travel as transferred buffers. So
//! there is one codec, this one, with a twin in `pkg/js/wire.mjs`, and `vectors.rs` holds both to
//! the same examples. The crate knows no engine: the page's own Rust (`web`) links it and pays for
//! message types alone.
//!
//! ```text
//! byte 0     version      WIRE_VERSION; another number is refused, never guessed at
//!      1     kind         see `Kind`
//!      2..4  flags, u16   see `flags`
//!      4..8  ticket, u32  chosen by the client, repeated in every answer to the request
//!      8..   body
//! ```
//!
//! All numbers are little-endian. Bodies come in two forms. What is rare or has many shapes
//! (opening, inspecting, watching, errors) is postcard, from the enums in `control.rs` and
//! `error.rs`. What is hot (statements with parameters, result sets) has a fixed layout whose parts
//! start at multiples of four bytes, so that JavaScript reads it through typed arrays:
//! `statement.rs` and `result.rs`.
//!
//! Left out: compression (the buffers never leave the machine) and streaming of one result in
//! pieces (a result that must not be copied whole is held in the engine and read by windows).
extern crate alloc;
#[cfg(test)]
extern crate std;

mod bytes;
pub mod control;
pub mod error;
pub mod result;
pub mod statement;
#[cfg(test)]
mod vectors;

pub use bytes::{Reader, Writer};
pub use vitrine_view as view;

/// The version of everything in this crate. Client and engine come from one build; a difference
/// means a stale page or worker, and the answer to it is a reload.
pub const WIRE_VERSION: u8 = 1;
pub const HEADER_BYTES: usize = 8;

/// Flags of requests.
pub mod flags {
    /// Every value of the answer in PostgreSQL's text form (custom parsers want that).
    pub const TEXT: u16 = 1;
    /// Keep the result in the engine and answer with a handle.
    pub const HOLD: u16 = 2;
    /// The client knows the fields from `Prepared`; leave them out.
    pub const NO_FIELDS: u16 = 4;
    /// A blob follows the parameters: what `COPY … FROM '/dev/blob'` reads.
    pub const BLOB: u16 = 8;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// postcard of `control::Control`
    Control = 1,
    /// many statements, simple-query rules
    Exec = 2,
    /// one statement with parameters
    Query = 3,
    Prepare = 4,
    Run = 5,
    /// postcard of `control::Reply`
    Reply = 0x81,
    /// result sets, columnar
    Results = 0x82,
    /// postcard of `error::WireError`; ends the request
    Error = 0x83,
    /// postcard of `error::WireError`; the request goes on
    Notice = 0x84,
}

const KINDS: [Kind; 9] = [
    Kind::Control,
    Kind::Exec,
    Kind::Query,
    Kind::Prepare,
    Kind::Run,
    Kind::Reply,
    Kind::Results,
    Kind::Error,
    Kind::Notice,
];

/// Ties an answer to its request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticket(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    pub kind: Kind,
    pub flags: u16,
    pub ticket: Ticket,
}

/// Why bytes could not be read. `TooShort` and `Malformed` mean a damaged or foreign message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WireFault {
    TooShort,
    Version(u8),
    UnknownKind(u8),
    Malformed(&'static str),
}

impl Header {
    pub fn new(kind: Kind, ticket: Ticket) -> Header {
        Header {
            kind,
            flags: 0,
            ticket,
        }
    }

    /// Splits a message into its header and a reader at the body.
    pub fn read(message: &[u8]) -> Result<(Header, Reader<'_>), WireFault> {
        let mut reader = Reader::new(message);
        let [version, kind] = reader.u16()?.to_le_bytes();
        if version != WIRE_VERSION {
            return Err(WireFault::Version(version));
        }
        let flags = reader.u16()?;
        let ticket = Ticket(reader.u32()?);
        let kind = KINDS
            .into_iter()
            .find(|known| *known as u8 == kind)
            .ok_or(WireFault::UnknownKind(kind))?;
        Ok((
            Header {
                kind,
                flags,
                ticket,
            },
            reader,
        ))
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.u16(u16::from_le_bytes([WIRE_VERSION, self.kind as u8]));
        writer.u16(self.flags);
        writer.u32(self.ticket.0);
    }
}
