//! Requests and answers that are not SQL: opening, sessions, cancelling, inspecting, watching.
//!
//! Bodies are postcard: enum variants by their index here (so variants are only ever appended),
//! unsigned numbers as varints, strings and lists behind their length, options behind one byte.
//!
//! Snapshots are carried as bytes of their own (`Reply::Inspected`, `Frame`): the client that draws
//! them reads the struct of `vitrine_view` it asked for, and a client without those structs asks
//! for JSON instead.
use crate::bytes::{Reader, Writer};
use crate::{Header, Kind, Ticket, WireFault};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Control {
    Open(Open),
    /// A new, independent session.
    Connect,
    Disconnect {
        session: u32,
    },
    /// Forgets a prepared statement.
    Free {
        session: u32,
        statement: u32,
    },
    /// Asks a running request to end with 57014.
    Cancel {
        ticket: u32,
    },
    Inspect {
        what: Inspect,
        form: Form,
    },
    Watch(Watch),
    /// Rows of a result that the engine holds.
    Window {
        handle: u32,
        first: u32,
        count: u32,
        order: Option<Order>,
    },
    Release {
        handle: u32,
    },
    /// Checkpoint, then let go of the device.
    Close,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Open {
    pub device: DeviceKind,
    /// Makes scheduling a function of this number. Without it: first come, first served.
    pub seed: Option<u64>,
    /// Random bytes from the host, once; the core has no other source.
    pub entropy: [u8; 16],
    pub buffer_frames: u32,
    /// `synchronous_commit = off` for every session.
    pub relaxed: bool,
    /// Answer with the recovery report's narration too.
    pub narrate: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DeviceKind {
    /// Inside the engine; gone with it.
    Memory,
    /// Operations are handed to the host.
    Host,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Form {
    Postcard,
    Json,
}

/// What can be looked at. Each answers with the struct of `vitrine_view` named beside it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Inspect {
    /// `PageView`
    Page { file: u32, block: u32 },
    /// `PoolSnapshot`
    Pool,
    /// `WalSnapshot`: records from `from` on, or the newest ones
    Wal { from: Option<u64>, most: u32 },
    /// `LockSnapshot`
    Locks,
    /// `Vec<SessionView>`
    Sessions,
    /// `VersionsView`: every version in one heap block, and which session sees it
    Versions { file: u32, block: u32 },
    /// `PlanNodeView` of the session's last plan
    Plan { session: u32 },
    /// `RecoveryReport` of this opening
    Recovery,
    /// `Vec<RelationView>`: relations with their files and sizes
    Relations,
    /// `SizeView`: memory, files, counters
    Sizes,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Order {
    pub column: u32,
    pub descending: bool,
}

/// Asks for one frame; the next request acknowledges it. Never two outstanding.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Watch {
    pub panes: Vec<Inspect>,
    /// The last frame the client has; 0 for none.
    pub since: u64,
    /// Answer at once, or only when something in the panes has changed.
    pub wait: bool,
    /// At most this many events.
    pub most_events: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Frame {
    pub seq: u64,
    /// Events lost between `since` and this frame.
    pub dropped: u64,
    /// postcard of `Vec<vitrine_view::Event>`
    pub events: Vec<u8>,
    /// For each pane in the order asked: the snapshot, or nothing where it has not changed.
    pub panes: Vec<Option<Vec<u8>>>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub type_oid: u32,
    pub typmod: i32,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The first session, and the `RecoveryReport` as postcard.
    Opened {
        session: u32,
        recovery: Vec<u8>,
        wire: u32,
    },
    Connected {
        session: u32,
    },
    Prepared {
        statement: u32,
        params: Vec<u32>,
        fields: Vec<Field>,
    },
    /// The request is done and has nothing to say.
    Done,
    Inspected {
        form: Form,
        body: Vec<u8>,
    },
    Frame(Frame),
    /// The engine holds this result; ask for windows.
    Held {
        handle: u32,
        fields: Vec<Field>,
        rows: u32,
        tag: String,
    },
    /// Closed: the device has been let go.
    Closed,
}

impl Control {
    pub fn read(body: &Reader<'_>) -> Result<Control, WireFault> {
        from_postcard(body.rest())
    }

    #[must_use]
    pub fn write(&self, ticket: Ticket, out: &mut Writer) -> bool {
        Header::new(Kind::Control, ticket).write(out);
        out.postcard(self)
    }
}

impl Reply {
    pub fn read(body: &Reader<'_>) -> Result<Reply, WireFault> {
        from_postcard(body.rest())
    }

    #[must_use]
    pub fn write(&self, ticket: Ticket, out: &mut Writer) -> bool {
        Header::new(Kind::Reply, ticket).write(out);
        out.postcard(self)
    }
}

/// Reads a postcard body of any type of the wire or of `vitrine_view`.
pub fn from_postcard<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireFault> {
    postcard::from_bytes(bytes).map_err(|_| WireFault::Malformed("not the postcard expected"))
}
