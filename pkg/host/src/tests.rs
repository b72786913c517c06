//! The host from outside: messages in, answers and operations out.

use crate::{Host, Turn};
use std::collections::VecDeque;
use vitrine_storage::io::{Device, MemoryDevice};
use vitrine_wire::control::{
    Control, DeviceKind, Form, Inspect, Open, Reply, Watch, from_postcard,
};
use vitrine_wire::error::WireError;
use vitrine_wire::statement::Statement;
use vitrine_wire::view::{EventBatch, PoolSnapshot};
use vitrine_wire::{Header, Kind, Ticket, Writer};

fn open(device: DeviceKind) -> Control {
    Control::Open(Open {
        device,
        seed: None,
        entropy: [1; 16],
        buffer_frames: 32,
        relaxed: false,
        narrate: true,
    })
}

fn message(control: &Control, ticket: u32) -> Vec<u8> {
    let mut writer = Writer::new();
    assert!(control.write(Ticket(ticket), &mut writer));
    writer.into_vec()
}

fn ask(host: &mut Host, control: &Control, ticket: u32) -> Reply {
    host.call(&message(control, ticket), 1_000);
    for _ in 0..100 {
        if let Some(bytes) = host.next_answer() {
            let (header, body) = Header::read(&bytes).expect("a header");
            assert_eq!(header.ticket, Ticket(ticket));
            assert!(
                header.kind == Kind::Reply,
                "{:?}",
                from_postcard::<WireError>(body.rest())
            );
            return Reply::read(&body).expect("a reply");
        }
        host.pump(2_000, 1000);
    }
    panic!("no answer to {ticket}");
}

fn error(bytes: &[u8]) -> WireError {
    let (header, body) = Header::read(bytes).expect("a header");
    assert_eq!(header.kind, Kind::Error);
    from_postcard(body.rest()).expect("an error")
}

#[test]
fn a_memory_database_opens_within_the_call_and_can_be_looked_at() {
    let mut host = Host::new();
    host.call(&message(&open(DeviceKind::Memory), 1), 1_000);
    let bytes = host.next_answer().expect("an answer at once");
    let (_, body) = Header::read(&bytes).expect("a header");
    assert!(matches!(
        Reply::read(&body),
        Ok(Reply::Opened { session: 1, .. })
    ));

    let pool = Control::Inspect {
        what: Inspect::Pool,
        form: Form::Postcard,
    };
    let Reply::Inspected { body, .. } = ask(&mut host, &pool, 2) else {
        panic!("no snapshot")
    };
    let pool: PoolSnapshot = from_postcard(&body).expect("a pool");
    assert_eq!(pool.frames.len(), 32);

    let recovery = Control::Inspect {
        what: Inspect::Recovery,
        form: Form::Json,
    };
    let Reply::Inspected { body, .. } = ask(&mut host, &recovery, 3) else {
        panic!("no report")
    };
    assert!(String::from_utf8_lossy(&body).contains("\"created\":true"));

    assert!(matches!(
        ask(&mut host, &Control::Connect, 4),
        Reply::Connected { session: 2 }
    ));
    assert!(matches!(
        ask(&mut host, &Control::Disconnect { session: 2 }, 5),
        Reply::Done
    ));
    assert!(matches!(ask(&mut host, &Control::Close, 6), Reply::Closed));
    host.call(&message(&pool_again(), 7), 3_000);
    assert_eq!(error(&host.next_answer().expect("an answer")).code, "08003");
}

fn pool_again() -> Control {
    Control::Inspect {
        what: Inspect::Pool,
        form: Form::Postcard,
    }
}

#[test]
fn a_watch_that_waits_is_answered_when_something_changes() {
    let mut host = Host::new();
    ask(&mut host, &open(DeviceKind::Memory), 1);
    let watch = |since| {
        Control::Watch(Watch {
            panes: vec![Inspect::Pool],
            since,
            wait: true,
            most_events: 50,
        })
    };
    let Reply::Frame(first) = ask(&mut host, &watch(0), 2) else {
        panic!("no frame")
    };
    assert!(first.panes[0].is_some());
    host.call(&message(&watch(first.seq), 3), 5_000);
    assert_eq!(host.answers_waiting(), 0, "nothing has changed");
    // Closing writes a checkpoint: events, and then the frame.
    host.call(&message(&Control::Close, 4), 6_000);
    host.pump(7_000, 1000);
    let answers: Vec<Vec<u8>> = std::iter::from_fn(|| host.next_answer()).collect();
    let tickets: Vec<u32> = answers
        .iter()
        .filter_map(|a| Header::read(a).ok())
        .map(|(h, _)| h.ticket.0)
        .collect();
    assert!(tickets.contains(&4), "{tickets:?}");
}

#[test]
fn nonsense_is_answered_and_changes_nothing() {
    let mut host = Host::new();
    for bytes in [
        &[][..],
        &[9; 8],
        &[1, 99, 0, 0, 7, 0, 0, 0],
        &[1, 3, 0, 0, 7, 0, 0, 0, 1],
    ] {
        host.call(bytes, 1);
        assert_eq!(error(&host.next_answer().expect("an answer")).code, "08P01");
    }
    let mut writer = Writer::new();
    Statement::Exec {
        session: 9,
        sql: "select 1",
        blob: None,
    }
    .write(Ticket(3), 0, &mut writer);
    host.call(writer.as_slice(), 1);
    assert_eq!(error(&host.next_answer().expect("an answer")).code, "08003");
    host.complete(&[1, 2, 3]);
    host.complete(&[0; 40]);
    assert!(matches!(
        ask(&mut host, &open(DeviceKind::Memory), 4),
        Reply::Opened { .. }
    ));
    host.call(&message(&open(DeviceKind::Memory), 5), 1);
    assert_eq!(error(&host.next_answer().expect("an answer")).code, "08000");
}

/// A device behind the bytes, as JavaScript is one.
struct Outside {
    disk: MemoryDevice,
    waiting: VecDeque<Vec<u8>>,
}

#[test]
fn operations_cross_as_bytes_and_the_database_comes_back_from_what_they_wrote() {
    let mut outside = Outside {
        disk: MemoryDevice::new(),
        waiting: VecDeque::new(),
    };
    for round in 0..2 {
        let mut host = Host::new();
        host.call(&message(&open(DeviceKind::Host), 1), 1_000);
        assert_eq!(host.answers_waiting(), 0, "the device must be asked first");
        let Reply::Opened { recovery, .. } = outside.serve(&mut host) else {
            panic!("not opened")
        };
        let report: vitrine_wire::view::RecoveryReport = from_postcard(&recovery).expect("report");
        assert_eq!(report.created, round == 0);
        let page = Control::Inspect {
            what: Inspect::Page { file: 1, block: 0 },
            form: Form::Json,
        };
        host.call(&message(&page, 2), 1_000);
        let Reply::Inspected { body, .. } = outside.serve(&mut host) else {
            panic!("no page")
        };
        assert!(String::from_utf8_lossy(&body).contains("\"resident\":"));
        // The host is dropped as it stands: the next round recovers.
        assert_ne!(host.turn(), Turn::More);
    }
}

impl Outside {
    /// Carries out operations, as bytes both ways, until an answer is there.
    fn serve(&mut self, host: &mut Host) -> Reply {
        for _ in 0..1000 {
            if let Some(bytes) = host.next_answer() {
                let (_, body) = Header::read(&bytes).expect("a header");
                return Reply::read(&body).expect("a reply");
            }
            let mut writer = Writer::new();
            while host.next_op(&mut writer) {
                let op = std::mem::take(&mut writer).into_vec();
                self.waiting.push_back(self_answer(&mut self.disk, &op));
            }
            match self.waiting.pop_front() {
                Some(completion) => host.complete(&completion),
                None => {
                    host.pump(2_000, 1000);
                }
            }
            host.pump(2_000, 1000);
        }
        panic!("no answer");
    }
}

fn self_answer(disk: &mut MemoryDevice, op: &[u8]) -> Vec<u8> {
    crate::device::mirror::perform(disk, op)
}

#[test]
fn events_are_there_for_watchers() {
    let mut host = Host::new();
    ask(&mut host, &open(DeviceKind::Memory), 1);
    let watch = Watch {
        panes: vec![],
        since: 0,
        wait: false,
        most_events: 500,
    };
    let Reply::Frame(frame) = ask(&mut host, &Control::Watch(watch), 2) else {
        panic!("no frame")
    };
    let events: EventBatch = from_postcard(&frame.events).expect("events");
    assert_eq!(events.next_seq + 1, frame.seq);
    let _ = MemoryDevice::new().completions();
}
