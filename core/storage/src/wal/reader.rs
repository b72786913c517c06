//! Reading the log from the device: chunks joined into one stream of records.
//!
//! A chunk counts up to where the next one starts, since after a crash the log goes on in the middle
//! of what was torn. The stream ends, without an error, at the first thing that is not the next
//! record; `ended` says what that was. Errors of the device itself are errors.

use super::record::{CHUNK_HEADER, ChunkHeader, LOG_FORMAT, RECORD_HEADER, Record};
use crate::error::{Result, StorageError};
use crate::io::{Io, Op, OpResult, wrong_answer};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use vitrine_view::Lsn;

const CHUNKS_AT_ONCE: u32 = 32;

pub struct LogReader {
    io: Io,
    system_id: u64,
    chunks: VecDeque<(Lsn, Vec<u8>)>,
    last_key: Option<Lsn>,
    exhausted: bool,
    /// Payload bytes, contiguous from `base`.
    buf: Vec<u8>,
    base: Lsn,
    pos: Lsn,
    prev: Option<Lsn>,
    ended: Option<&'static str>,
}

impl LogReader {
    pub fn new(io: &Io, system_id: u64, from: Lsn) -> LogReader {
        LogReader {
            io: io.clone(),
            system_id,
            chunks: VecDeque::new(),
            last_key: None,
            exhausted: false,
            buf: Vec::new(),
            base: from,
            pos: from,
            prev: None,
            ended: None,
        }
    }

    /// The end of the last good record.
    pub fn position(&self) -> Lsn {
        self.pos
    }

    /// The start of the last good record.
    pub fn last_start(&self) -> Option<Lsn> {
        self.prev
    }

    pub fn ended(&self) -> &'static str {
        self.ended.unwrap_or("not at the end yet")
    }

    /// The next record, or `None` at the end of the log.
    pub async fn next(&mut self) -> Result<Option<Record<'_>>> {
        if self.ended.is_some() {
            return Ok(None);
        }
        self.forget_read();
        if !self.have(4).await? {
            let none_left = self.rest().is_empty();
            self.ended.get_or_insert(if none_left {
                "end of the log"
            } else {
                "torn record"
            });
            return Ok(None);
        }
        let Some(len) = Record::length(self.rest()) else {
            self.ended = Some("no record here");
            return Ok(None);
        };
        if !self.have(len.max(RECORD_HEADER)).await? {
            self.ended.get_or_insert("the log ends inside a record");
            return Ok(None);
        }
        let at = self.pos.0.saturating_sub(self.base.0) as usize;
        let start = self.pos;
        let why = match Record::decode(start, &self.buf[at..]) {
            Ok(r) if self.prev.is_none_or(|p| p == r.prev) => None,
            Ok(_) => Some("record does not follow the one before"),
            Err(why) => Some(why),
        };
        if let Some(why) = why {
            self.ended = Some(why);
            return Ok(None);
        }
        self.pos = start.plus(len);
        self.prev = Some(start);
        Ok(Record::decode(start, &self.buf[at..]).ok())
    }

    /// Reads on to count what lies behind the end.
    pub async fn bytes_left(&mut self) -> Result<u64> {
        let mut n = self.rest().len() as u64;
        loop {
            n += self
                .chunks
                .drain(..)
                .map(|(_, c)| c.len() as u64)
                .sum::<u64>();
            if self.exhausted {
                return Ok(n);
            }
            self.fetch().await?;
        }
    }

    fn rest(&self) -> &[u8] {
        let at = self.pos.0.saturating_sub(self.base.0) as usize;
        self.buf.get(at..).unwrap_or(&[])
    }

    fn forget_read(&mut self) {
        let read = (self.pos.0.saturating_sub(self.base.0) as usize).min(self.buf.len());
        if read > 1 << 16 || read == self.buf.len() {
            self.buf.drain(..read);
            self.base = self.base.plus(read);
        }
    }

    /// Makes sure `n` bytes follow the position; false if the log has no more.
    async fn have(&mut self, n: usize) -> Result<bool> {
        while self.rest().len() < n {
            if !self.join_chunk().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn fetch(&mut self) -> Result<()> {
        let from = self.last_key.map_or(self.pos, |k| k.plus(1));
        let op = Op::ReadLog {
            from,
            limit: CHUNKS_AT_ONCE,
        };
        let OpResult::Log(found) = self.io.submit(op).await? else {
            return Err(wrong_answer());
        };
        let fresh: Vec<_> = found
            .into_iter()
            .filter(|(k, _)| self.last_key.is_none_or(|l| *k > l))
            .collect();
        match fresh.last() {
            Some((key, _)) => self.last_key = Some(*key),
            None => self.exhausted = true,
        }
        self.chunks.extend(fresh);
        Ok(())
    }

    /// Adds the next chunk's payload to the buffer.
    async fn join_chunk(&mut self) -> Result<bool> {
        while self.chunks.len() < 2 && !self.exhausted {
            self.fetch().await?;
        }
        let Some((start, chunk)) = self.chunks.pop_front() else {
            return Ok(false);
        };
        let Some(header) = ChunkHeader::read(&chunk).filter(|h| h.start == start) else {
            self.ended = Some("torn chunk of the log");
            return Ok(false);
        };
        if header.format != LOG_FORMAT {
            return Err(StorageError::UnknownFormat(header.format));
        }
        if header.system_id != self.system_id {
            self.ended = Some("chunk of another database's log");
            return Ok(false);
        }
        let end = self.base.plus(self.buf.len());
        if start > end {
            self.ended = Some("a chunk of the log is missing");
            return Ok(false);
        }
        let payload = chunk.get(CHUNK_HEADER..).unwrap_or(&[]);
        let next = self.chunks.front().map_or(u64::MAX, |(k, _)| k.0);
        let len = payload.len().min(header.len as usize);
        let len = len.min(usize::try_from(next - start.0).unwrap_or(usize::MAX));
        let skip = (end.0 - start.0) as usize;
        self.buf
            .extend_from_slice(payload.get(skip..len).unwrap_or(&[]));
        Ok(true)
    }
}
