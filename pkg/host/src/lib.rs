//! The host: what stands between the wire and the database.
//!
//! ```text
//!   call(message) ─► decode ─► session queue ─► task in the scheduler ─► answers ─► next_answer()
//!   pump(budget)  ─► tasks run; what they submit waits in `ops` ─────────► next_op()
//!   complete(op)  ─► the waiting task is woken ◄── the device, in JavaScript or in memory
//! ```
//!
//! A host owns one database, its scheduler and its boundary to the device. It holds no JavaScript
//! value: bytes come in, bytes go out, so the same host runs under wasm, in native tests and in a
//! replay. Time and randomness are given (`now_us` with each call, entropy once at `Open`).
//!
//! Rules.
//! 1. A call is polled once before it returns: an answer that needs no device is there at once, and
//!    a client in the same thread takes it without a promise (E13).
//! 2. Requests of one session run one after the other in the order of arrival; those of different
//!    sessions interleave at their waits.
//! 3. Inspectors run inside `call`, not as tasks: they take no step of the scheduler (E17). A page
//!    that is not in memory is read through operations of the host's own, numbered from `PEEKS`.
//! 4. At most one `Watch` waits; it is answered at the end of a pump that changed something.
mod answer;
mod device;
mod json;
mod look;
mod rows;
mod run;
mod sessions;
#[cfg(test)]
mod tests;
mod value;

use answer::Answers;
use device::Expect;
use sessions::Sessions;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use vitrine_database::{Config, Database};
use vitrine_storage::io::{Device, Io, MemoryDevice, Op};
use vitrine_storage::task::{Pump, Scheduler};
use vitrine_storage::trace::Trace;
use vitrine_storage::{OpId, StorageError};
use vitrine_wire::control::{Control, DeviceKind, Open, Reply};
use vitrine_wire::statement::Statement;
use vitrine_wire::{Header, Kind, Ticket, WIRE_VERSION, WireFault, Writer};

/// Operations from this number on are the host's own.
const PEEKS: u64 = 1 << 52;
/// Events kept for watchers.
const EVENT_RING: usize = 16 * 1024;
/// Work units within a call, before its answer must wait for a pump.
const UNITS_IN_CALL: u32 = 2048;

/// What the host wants next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Nothing until a message or a completion comes.
    Idle,
    /// Another pump, soon.
    More,
    /// A pump at this time, in microseconds.
    Sleep(u64),
}

pub(crate) struct Inner {
    pub(crate) scheduler: Scheduler,
    pub(crate) io: Io,
    pub(crate) answers: Answers,
    pub(crate) sessions: Sessions,
    pub(crate) database: RefCell<Option<Rc<Database>>>,
}

pub struct Host {
    inner: Rc<Inner>,
    memory: Option<MemoryDevice>,
    /// Operations for the device outside, and what their completions will hold.
    ops: VecDeque<(OpId, Op)>,
    expected: HashMap<u64, Expect>,
    looks: look::Looks,
    turn: Turn,
}

impl Default for Host {
    fn default() -> Host {
        Host::new()
    }
}

impl Host {
    pub fn new() -> Host {
        let scheduler = Scheduler::new();
        let trace = Rc::new(Trace::new(&scheduler, EVENT_RING));
        let io = Io::new(&scheduler, &trace);
        let inner = Inner {
            scheduler,
            io,
            answers: Answers::default(),
            sessions: Sessions::default(),
            database: RefCell::new(None),
        };
        Host {
            inner: Rc::new(inner),
            memory: None,
            ops: VecDeque::new(),
            expected: HashMap::new(),
            looks: look::Looks::default(),
            turn: Turn::Idle,
        }
    }

    /// Takes a request, and runs for a moment, so that its answer may be there already.
    pub fn call(&mut self, message: &[u8], now_us: u64) {
        self.inner.scheduler.set_now_us(now_us);
        let ticket = match Header::read(message) {
            Ok((header, _)) => header.ticket,
            // Without a header there is nobody to answer but ticket 0.
            Err(_) => Ticket(0),
        };
        if let Err(fault) = self.dispatch(message) {
            self.inner.answers.fault(ticket, fault);
        }
        self.advance(UNITS_IN_CALL);
    }

    /// Lets tasks run for a number of work units.
    pub fn pump(&mut self, now_us: u64, budget_units: u32) -> Turn {
        self.inner.scheduler.set_now_us(now_us);
        self.advance(budget_units);
        self.turn
    }

    pub fn turn(&self) -> Turn {
        self.turn
    }

    pub fn answers_waiting(&self) -> usize {
        self.inner.answers.len()
    }

    pub fn next_answer(&mut self) -> Option<Vec<u8>> {
        self.inner.answers.take()
    }

    pub fn ops_waiting(&self) -> usize {
        self.ops.len()
    }

    /// The next operation for the device, as bytes.
    pub fn next_op(&mut self, out: &mut Writer) -> bool {
        let Some((id, op)) = self.ops.pop_front() else {
            return false;
        };
        let expect = device::write_op(id, &op, out);
        self.expected.insert(id.0, expect);
        true
    }

    /// The device has ended an operation. The next pump goes on with whoever waited.
    pub fn complete(&mut self, completion: &[u8]) {
        let Ok((id, mut rest)) = device::read_completion(completion) else {
            return;
        };
        let Some(expect) = self.expected.remove(&id.0) else {
            return;
        };
        let outcome = device::read_outcome(&mut rest, expect);
        if id.0 >= PEEKS {
            self.looks.arrived(id, outcome, &self.inner);
        } else {
            self.inner.io.complete(id, outcome);
        }
        self.turn = Turn::More;
    }

    /// Runs tasks and the memory device in turn, until neither has anything to do or the budget is
    /// spent.
    fn advance(&mut self, budget_units: u32) {
        loop {
            let pump = self.inner.scheduler.pump(budget_units);
            self.turn = match pump {
                Pump::Idle => Turn::Idle,
                Pump::More => Turn::More,
                Pump::Sleeping(until) => Turn::Sleep(until),
            };
            let submitted = self.inner.io.take_submitted();
            let Some(memory) = &mut self.memory else {
                self.ops.extend(submitted);
                break;
            };
            for (id, op) in submitted {
                memory.start(id, op);
            }
            let completions = memory.completions();
            if completions.is_empty() || pump == Pump::More {
                for (id, outcome) in completions {
                    self.inner.io.complete(id, outcome);
                    self.turn = Turn::More;
                }
                break;
            }
            for (id, outcome) in completions {
                self.inner.io.complete(id, outcome);
            }
        }
        self.looks.after_pump(&self.inner);
    }

    fn dispatch(&mut self, message: &[u8]) -> Result<(), WireFault> {
        let (header, mut body) = Header::read(message)?;
        match header.kind {
            Kind::Control => self.control(header.ticket, Control::read(&body)?),
            Kind::Exec | Kind::Query | Kind::Prepare | Kind::Run => {
                // Read once here, so that nonsense is answered before it is queued.
                let session = Statement::read(header, &mut body)?.session();
                let job = sessions::Job::Statement(message.to_vec());
                sessions::enqueue(&self.inner, session, header.ticket, job);
            }
            _ => return Err(WireFault::Malformed("not a request")),
        }
        Ok(())
    }

    fn control(&mut self, ticket: Ticket, control: Control) {
        let inner = &self.inner;
        match control {
            Control::Open(open) => self.open(ticket, open),
            Control::Connect => match inner.database.borrow().as_ref() {
                Some(database) => {
                    let session = inner.sessions.adopt(database.connect());
                    inner.answers.reply(ticket, &Reply::Connected { session });
                }
                None => inner.answers.not_open(ticket),
            },
            Control::Disconnect { session } => {
                sessions::enqueue(inner, session, ticket, sessions::Job::Disconnect);
            }
            Control::Free { session, statement } => {
                sessions::enqueue(inner, session, ticket, sessions::Job::Free(statement));
            }
            Control::Cancel { ticket: wanted } => {
                inner.sessions.cancel(Ticket(wanted), &inner.answers);
                inner.answers.reply(ticket, &Reply::Done);
            }
            Control::Inspect { what, form } => {
                let missing = self.looks.inspect(inner, ticket, &what, form);
                if let Some((id, op)) = missing {
                    self.peek(id, op);
                }
            }
            Control::Watch(watch) => self.looks.watch(inner, ticket, watch),
            Control::Window { .. } => inner
                .answers
                .unsupported(ticket, "windows of a held result"),
            Control::Release { .. } => inner.answers.reply(ticket, &Reply::Done),
            Control::Close => self.close(ticket),
        }
    }

    /// Reads past the pool, for an inspector.
    fn peek(&mut self, id: OpId, op: Op) {
        match &mut self.memory {
            Some(memory) => {
                let outcome = memory.disk.perform(&op);
                self.looks.arrived(id, outcome, &self.inner);
            }
            None => self.ops.push_back((id, op)),
        }
    }

    fn open(&mut self, ticket: Ticket, open: Open) {
        let inner = &self.inner;
        if inner.sessions.any() || inner.database.borrow().is_some() {
            inner
                .answers
                .refuse(ticket, "08000", "the database is open already");
            return;
        }
        if open.device == DeviceKind::Memory {
            self.memory = Some(MemoryDevice::new());
        }
        inner.scheduler.choose_by_seed(open.seed);
        let config = config_of(&open);
        let inner = inner.clone();
        let job = async move {
            let opened = Database::open(config, inner.io.clone(), inner.scheduler.clone()).await;
            match opened {
                Ok((database, report)) => {
                    let session = inner.sessions.adopt(database.connect());
                    *inner.database.borrow_mut() = Some(database);
                    let recovery = postcard::to_allocvec(&report).unwrap_or_default();
                    let wire = u32::from(WIRE_VERSION);
                    inner.answers.reply(
                        ticket,
                        &Reply::Opened {
                            session,
                            recovery,
                            wire,
                        },
                    );
                }
                Err(error) => inner.answers.error(ticket, &error, ""),
            }
        };
        self.inner.scheduler.spawn_named("open", job);
    }

    fn close(&mut self, ticket: Ticket) {
        let inner = self.inner.clone();
        let Some(database) = inner.database.borrow_mut().take() else {
            inner.answers.reply(ticket, &Reply::Closed);
            return;
        };
        let job = async move {
            inner.sessions.close_all().await;
            match database.close().await {
                Ok(()) => inner.answers.reply(ticket, &Reply::Closed),
                Err(error) => inner.answers.error(ticket, &error, ""),
            }
        };
        self.inner.scheduler.spawn_named("close", job);
    }
}

fn config_of(open: &Open) -> Config {
    let mut storage = vitrine_storage::Config {
        frames: open.buffer_frames.max(16),
        ..Default::default()
    };
    let (id, _) = open.entropy.split_at(8);
    storage.system_id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
    Config {
        storage,
        relaxed: open.relaxed,
        entropy: open.entropy,
    }
}

/// Errors of storage that a peek may meet, in words.
pub(crate) fn storage_words(error: &StorageError) -> String {
    error.to_string()
}
