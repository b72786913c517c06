//! Sequences: the one kind of object that no rollback takes back.
//!
//! ```text
//!   block 0 of the sequence's file:  byte 24  last value (i64)   byte 32  called (u8)
//! ```
//!
//! No page means: never called, so the start value comes next. A call is one atomic action outside of
//! any transaction's fate: its value is never given twice, and gaps are normal.

use crate::catalog::SequenceDef;
use alloc::format;
use vitrine_data::{Result, SqlError, SqlState};
use vitrine_engine::engine::{Engine, Fork, file_of};
use vitrine_engine::stop::Act;
use vitrine_storage::Storage;
use vitrine_storage::page::{PAGE_HEADER, PageEdit};
use vitrine_storage::wal::Rmgr;
use vitrine_view::{PageTag, Xid};

/// The access method's number in the page header's kind: heap's readers refuse such a page.
const KIND_SEQUENCE: u8 = 9;
/// The operation's number in the log.
const OP_SEQUENCE: u8 = 90;

/// Last value and whether it was given out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    pub last: i64,
    pub called: bool,
}

fn tag(relfilenode: u32) -> PageTag {
    PageTag::new(file_of(relfilenode, Fork::Main), 0)
}

fn read(storage: &Storage, sequence: &SequenceDef) -> Act<State> {
    let tag = tag(sequence.relfilenode);
    if storage.pool().length(tag.file)? == 0 {
        return Ok(State {
            last: sequence.start,
            called: false,
        });
    }
    let page = storage.pool().read(tag)?;
    let bytes = page.slice(PAGE_HEADER, 9).unwrap_or(&[]);
    let last = bytes
        .get(..8)
        .and_then(|b| b.try_into().ok())
        .map_or(0, i64::from_le_bytes);
    Ok(State {
        last,
        called: bytes.get(8) == Some(&1),
    })
}

fn write(storage: &Storage, relfilenode: u32, state: State) -> Act<()> {
    let mut tag = tag(relfilenode);
    let is_new = storage.pool().length(tag.file)? == 0;
    let mut mini = storage.mini(Rmgr::HEAP, OP_SEQUENCE, Xid::INVALID);
    if is_new {
        tag = mini.new_page(tag.file)?;
        mini.edit(
            tag,
            PageEdit::Init {
                kind: KIND_SEQUENCE,
                special_len: 0,
            },
        )?;
    } else {
        mini.pin(tag)?;
    }
    let mut bytes = [0u8; 9];
    for (to, from) in bytes.iter_mut().zip(state.last.to_le_bytes()) {
        *to = from;
    }
    bytes[8] = u8::from(state.called);
    mini.edit(
        tag,
        PageEdit::Bytes {
            at: PAGE_HEADER as u16,
            bytes: &bytes,
        },
    )?;
    mini.finish();
    Ok(())
}

/// What comes after a state; 2200H at the end of a sequence that does not cycle.
fn next(sequence: &SequenceDef, state: State) -> Result<i64> {
    if !state.called {
        return Ok(state.last);
    }
    let next = state.last.checked_add(sequence.increment);
    match next.filter(|n| (sequence.min..=sequence.max).contains(n)) {
        Some(next) => Ok(next),
        None if sequence.cycle && sequence.increment > 0 => Ok(sequence.min),
        None if sequence.cycle => Ok(sequence.max),
        None => {
            let (word, limit) = match sequence.increment > 0 {
                true => ("maximum", sequence.max),
                false => ("minimum", sequence.min),
            };
            Err(SqlError::user(
                SqlState::SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
                format!(
                    "nextval: reached {word} value of sequence \"{}\" ({limit})",
                    sequence.name
                ),
            ))
        }
    }
}

pub async fn nextval(engine: &Engine, sequence: &SequenceDef) -> Result<i64> {
    engine
        .act(|| {
            let state = read(&engine.storage, sequence)?;
            let value = next(sequence, state)?;
            write(
                &engine.storage,
                sequence.relfilenode,
                State {
                    last: value,
                    called: true,
                },
            )?;
            Ok(value)
        })
        .await
}

pub async fn set(engine: &Engine, sequence: &SequenceDef, state: State) -> Result<()> {
    if !(sequence.min..=sequence.max).contains(&state.last) {
        return Err(SqlError::user(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            format!(
                "setval: value {} is out of bounds for sequence \"{}\" ({}..{})",
                state.last, sequence.name, sequence.min, sequence.max
            ),
        ));
    }
    engine
        .act(|| write(&engine.storage, sequence.relfilenode, state))
        .await
}
