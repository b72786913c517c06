//! The examples both codecs are held to: one message of every variant, beside its bytes in
//! `pkg/test/wire-vectors.json`, which `pkg/test/wire.test.mjs` reads too. Setting
//! `VITRINE_BLESS=1` writes the file anew; its difference is reviewed like any other.
use crate::control::{Control, DeviceKind, Field, Form, Frame, Inspect, Open, Order, Reply, Watch};
use crate::error::WireError;
use crate::result::{Column, Data, ResultSet, read_results, write_results};
use crate::statement::{Param, Statement};
use crate::{Header, Kind, Ticket, WIRE_VERSION, WireFault, Writer, flags};
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../test/wire-vectors.json");

fn controls() -> Vec<(&'static str, Control)> {
    let inspect = |what| Control::Inspect {
        what,
        form: Form::Json,
    };
    let open = Open {
        device: DeviceKind::Host,
        seed: Some(1 << 40),
        entropy: [7; 16],
        buffer_frames: 4096,
        relaxed: true,
        narrate: false,
    };
    vec![
        ("open", Control::Open(open)),
        ("connect", Control::Connect),
        ("disconnect", Control::Disconnect { session: 3 }),
        (
            "free",
            Control::Free {
                session: 1,
                statement: 300,
            },
        ),
        ("cancel", Control::Cancel { ticket: 77 }),
        (
            "inspect page",
            inspect(Inspect::Page {
                file: 16384,
                block: 2,
            }),
        ),
        ("inspect pool", inspect(Inspect::Pool)),
        (
            "inspect wal",
            inspect(Inspect::Wal {
                from: Some(4096),
                most: 50,
            }),
        ),
        ("inspect locks", inspect(Inspect::Locks)),
        ("inspect sessions", inspect(Inspect::Sessions)),
        (
            "inspect versions",
            inspect(Inspect::Versions {
                file: 16384,
                block: 0,
            }),
        ),
        ("inspect plan", inspect(Inspect::Plan { session: 1 })),
        ("inspect recovery", inspect(Inspect::Recovery)),
        ("inspect relations", inspect(Inspect::Relations)),
        ("inspect sizes", inspect(Inspect::Sizes)),
        (
            "watch",
            Control::Watch(Watch {
                panes: vec![Inspect::Pool, Inspect::Locks],
                since: 9,
                wait: true,
                most_events: 100,
            }),
        ),
        (
            "window",
            Control::Window {
                handle: 5,
                first: 1000,
                count: 60,
                order: Some(Order {
                    column: 2,
                    descending: true,
                }),
            },
        ),
        ("release", Control::Release { handle: 5 }),
        ("close", Control::Close),
    ]
}

fn replies() -> Vec<(&'static str, Reply)> {
    let field = Field {
        name: "id".to_string(),
        type_oid: 23,
        typmod: -1,
    };
    vec![
        (
            "opened",
            Reply::Opened {
                session: 1,
                recovery: vec![1, 2, 3],
                wire: 1,
            },
        ),
        ("connected", Reply::Connected { session: 2 }),
        (
            "prepared",
            Reply::Prepared {
                statement: 4,
                params: vec![23, 25],
                fields: vec![field.clone()],
            },
        ),
        ("done", Reply::Done),
        (
            "inspected",
            Reply::Inspected {
                form: Form::Json,
                body: b"{\"a\":1}".to_vec(),
            },
        ),
        (
            "frame",
            Reply::Frame(Frame {
                seq: 10,
                dropped: 0,
                events: vec![0],
                panes: vec![None, Some(vec![9, 9])],
            }),
        ),
        (
            "held",
            Reply::Held {
                handle: 5,
                fields: vec![field],
                rows: 12,
                tag: "SELECT 12".to_string(),
            },
        ),
        ("closed", Reply::Closed),
    ]
}

fn statements() -> Vec<(&'static str, Statement<'static>)> {
    let params = vec![
        Param::Null,
        Param::Bool(true),
        Param::I32(-5),
        Param::I64(1 << 53),
        Param::F64(1.5),
        Param::Text("straße"),
        Param::Bytes(&[1, 2, 255]),
        Param::Array(vec![Param::I32(1), Param::Null, Param::Text("x")]),
        Param::Json("{\"k\":[1]}"),
    ];
    vec![
        (
            "exec",
            Statement::Exec {
                session: 1,
                sql: "select 1; select 2",
                blob: None,
            },
        ),
        (
            "exec with blob",
            Statement::Exec {
                session: 1,
                sql: "copy",
                blob: Some(b"1,2\n"),
            },
        ),
        (
            "query",
            Statement::Query {
                session: 1,
                sql: "select $1",
                params: params.clone(),
                blob: None,
            },
        ),
        (
            "prepare",
            Statement::Prepare {
                session: 2,
                sql: "select $1::int",
            },
        ),
        (
            "run",
            Statement::Run {
                session: 2,
                statement: 4,
                params,
                blob: None,
            },
        ),
    ]
}

fn text(values: &[&str]) -> (Vec<u32>, Vec<u8>) {
    let mut offsets = vec![0];
    let mut heap = Vec::new();
    for value in values {
        heap.extend_from_slice(value.as_bytes());
        offsets.push(heap.len() as u32);
    }
    (offsets, heap)
}

fn results() -> Vec<ResultSet> {
    let mut columns = vec![
        Column::new(Data::Bool(vec![1, 0, 0])),
        Column::new(Data::I16(vec![-1, 2, 3])),
        Column::new(Data::I32(vec![1, 0, 3])),
        Column::new(Data::I64(vec![1 << 40, -1, 1 << 60])),
        Column::new(Data::F32(vec![0.5, -1.0, 2.0])),
        Column::new(Data::F64(vec![0.25, f64::INFINITY, 3.0])),
        Column::new(Data::AllNull),
    ];
    let (offsets, heap) = text(&["a", "", "grün"]);
    columns.push(Column::new(Data::Text { offsets, heap }));
    let (offsets, heap) = text(&["\u{1}\u{2}", "", "z"]);
    columns.push(Column::new(Data::Bytes { offsets, heap }));
    if let Some(column) = columns.get_mut(2) {
        column.set_null(1);
    }
    let oids = [16, 21, 23, 20, 700, 701, 25, 25, 17];
    let fields = (b'a'..).zip(oids).map(|(name, type_oid)| Field {
        name: char::from(name).to_string(),
        type_oid,
        typmod: -1,
    });
    vec![
        ResultSet {
            fields: Some(fields.collect()),
            columns,
            rows: 3,
            affected: None,
            tag: "SELECT 3".to_string(),
            blob: None,
        },
        ResultSet {
            affected: Some(2),
            tag: "INSERT 0 2".to_string(),
            blob: Some(b"1\t2\n".to_vec()),
            ..ResultSet::default()
        },
    ]
}

fn error() -> WireError {
    WireError {
        severity: "ERROR".to_string(),
        code: "42P01".to_string(),
        message: "relation \"t\" does not exist".to_string(),
        hint: Some("Look again.".to_string()),
        position: Some(15),
        ..WireError::default()
    }
}

fn all() -> Vec<(String, Vec<u8>)> {
    let ticket = Ticket(42);
    let mut out = Vec::new();
    for (name, control) in controls() {
        let mut writer = Writer::new();
        assert!(control.write(ticket, &mut writer));
        out.push((format!("control {name}"), writer.into_vec()));
    }
    for (name, reply) in replies() {
        let mut writer = Writer::new();
        assert!(reply.write(ticket, &mut writer));
        out.push((format!("reply {name}"), writer.into_vec()));
    }
    for (name, statement) in statements() {
        let mut writer = Writer::new();
        statement.write(ticket, flags::TEXT, &mut writer);
        out.push((format!("statement {name}"), writer.into_vec()));
    }
    let mut writer = Writer::new();
    write_results(&results(), ticket, &mut writer);
    out.push(("results".to_string(), writer.into_vec()));
    for kind in [Kind::Error, Kind::Notice] {
        let mut writer = Writer::new();
        Header::new(kind, ticket).write(&mut writer);
        assert!(writer.postcard(&error()));
        out.push((format!("{kind:?}").to_lowercase(), writer.into_vec()));
    }
    out
}

#[test]
fn the_bytes_of_every_message_are_the_recorded_ones() {
    let mut file = String::from("{\n");
    let messages = all();
    for (index, (name, bytes)) in messages.iter().enumerate() {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let comma = if index + 1 < messages.len() { "," } else { "" };
        file.push_str(&format!("  \"{name}\": \"{hex}\"{comma}\n"));
    }
    file.push_str("}\n");
    if std::env::var_os("VITRINE_BLESS").is_some() {
        std::fs::write(FILE, &file).expect("writable checkout");
    }
    assert_eq!(
        std::fs::read_to_string(FILE).expect("the recorded bytes"),
        file
    );
}

#[test]
fn every_message_comes_back_as_it_was() {
    let mut wanted_controls = controls().into_iter();
    let mut wanted_replies = replies().into_iter();
    let mut wanted_statements = statements().into_iter();
    for (name, bytes) in all() {
        let (header, mut body) = Header::read(&bytes).expect("a header");
        assert_eq!(header.ticket, Ticket(42));
        match header.kind {
            Kind::Control => {
                let wanted = wanted_controls.next().map(|(_, control)| control);
                assert_eq!(Control::read(&body).ok(), wanted, "{name}");
            }
            Kind::Reply => {
                let wanted = wanted_replies.next().map(|(_, reply)| reply);
                assert_eq!(Reply::read(&body).ok(), wanted, "{name}");
            }
            Kind::Results => assert_eq!(read_results(&mut body), Ok(results())),
            Kind::Error | Kind::Notice => {
                assert_eq!(crate::control::from_postcard(body.rest()), Ok(error()));
            }
            _ => {
                let wanted = wanted_statements.next().map(|(_, statement)| statement);
                assert_eq!(Statement::read(header, &mut body).ok(), wanted, "{name}");
                assert_eq!(header.flags & flags::TEXT, flags::TEXT);
            }
        }
    }
}

#[test]
fn cut_and_foreign_messages_are_errors() {
    for (name, bytes) in all() {
        for end in 0..bytes.len() {
            let cut = bytes.get(..end).unwrap_or(&[]);
            let Ok((header, mut body)) = Header::read(cut) else {
                continue;
            };
            let fault = match header.kind {
                Kind::Control => Control::read(&body).err(),
                Kind::Reply => Reply::read(&body).err(),
                Kind::Results => read_results(&mut body).err(),
                Kind::Error | Kind::Notice => {
                    crate::control::from_postcard::<WireError>(body.rest()).err()
                }
                _ => Statement::read(header, &mut body).err(),
            };
            // Cutting padding alone loses nothing.
            assert!(
                fault.is_some() || bytes.len() - end < 4,
                "{name} cut at {end} was accepted"
            );
        }
    }
    let foreign = [WIRE_VERSION + 1, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        Header::read(&foreign).err(),
        Some(WireFault::Version(WIRE_VERSION + 1))
    );
    let unknown = [WIRE_VERSION, 99, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        Header::read(&unknown).err(),
        Some(WireFault::UnknownKind(99))
    );
    let huge = [WIRE_VERSION, 0x82, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255];
    let (_, mut body) = Header::read(&huge).expect("a header");
    assert_eq!(read_results(&mut body), Err(WireFault::TooShort));
}
