//! The control block: what must be known before the log can be read.
//!
//! ```text
//!  "VTRN" | format u32 | sequence u64 | system id u64 | timeline u32 | page size u32 | owner epoch u64
//!  | checkpoint record u64 | its end u64 | redo u64 | next xid u64 | next file u32 | next oid u32 | kind u8 | crc u32
//! ```
//!
//! The format version is read before the crc is looked at, so that a database from the future is
//! refused as such and not taken for damage.

use crate::error::{Result, StorageError};
use crate::page::PAGE_SIZE;
use crate::wal::{Reader, crc32c};
use alloc::vec::Vec;
use vitrine_view::{CheckpointKind, ControlView, Lsn};

pub const FORMAT_VERSION: u32 = 1;
const MAGIC: &[u8; 4] = b"VTRN";

#[derive(Clone, Default, PartialEq)]
pub struct Control {
    pub sequence: u64,
    pub system_id: u64,
    pub timeline: u32,
    pub epoch: u64,
    pub checkpoint: Lsn,
    pub checkpoint_end: Lsn,
    pub redo: Lsn,
    pub next_xid: u64,
    pub next_file: u32,
    pub next_oid: u32,
    pub kind: Option<CheckpointKind>,
}

fn kind_number(kind: Option<CheckpointKind>) -> u8 {
    match kind {
        None => 0,
        Some(CheckpointKind::Timed) => 1,
        Some(CheckpointKind::Volume) => 2,
        Some(CheckpointKind::Requested) => 3,
        Some(CheckpointKind::Shutdown) => 4,
        Some(CheckpointKind::EndOfRecovery) => 5,
    }
}

fn kind_of(number: u8) -> Option<CheckpointKind> {
    match number {
        1 => Some(CheckpointKind::Timed),
        2 => Some(CheckpointKind::Volume),
        3 => Some(CheckpointKind::Requested),
        4 => Some(CheckpointKind::Shutdown),
        5 => Some(CheckpointKind::EndOfRecovery),
        _ => None,
    }
}

impl Control {
    pub fn encode(&self) -> Vec<u8> {
        let mut b = Vec::with_capacity(96);
        b.extend_from_slice(MAGIC);
        b.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        b.extend_from_slice(&self.sequence.to_le_bytes());
        b.extend_from_slice(&self.system_id.to_le_bytes());
        b.extend_from_slice(&self.timeline.to_le_bytes());
        b.extend_from_slice(&(PAGE_SIZE as u32).to_le_bytes());
        b.extend_from_slice(&self.epoch.to_le_bytes());
        for lsn in [self.checkpoint, self.checkpoint_end, self.redo] {
            b.extend_from_slice(&lsn.0.to_le_bytes());
        }
        b.extend_from_slice(&self.next_xid.to_le_bytes());
        b.extend_from_slice(&self.next_file.to_le_bytes());
        b.extend_from_slice(&self.next_oid.to_le_bytes());
        b.push(kind_number(self.kind));
        let crc = crc32c(0, &b);
        b.extend_from_slice(&crc.to_le_bytes());
        b
    }

    /// The control block in a slot, `None` if the slot is damaged.
    pub fn decode(bytes: &[u8]) -> Result<Option<Control>> {
        let mut r = Reader(bytes);
        if r.take(4) != Some(MAGIC) {
            return Ok(None);
        }
        match r.u32() {
            Some(FORMAT_VERSION) => {}
            Some(other) => return Err(StorageError::UnknownFormat(other)),
            None => return Ok(None),
        }
        Ok(Control::fields(r, bytes))
    }

    fn fields(mut r: Reader<'_>, bytes: &[u8]) -> Option<Control> {
        let (sequence, system_id, timeline) = (r.u64()?, r.u64()?, r.u32()?);
        let page_size = r.u32()?;
        let control = Control {
            sequence,
            system_id,
            timeline,
            epoch: r.u64()?,
            checkpoint: Lsn(r.u64()?),
            checkpoint_end: Lsn(r.u64()?),
            redo: Lsn(r.u64()?),
            next_xid: r.u64()?,
            next_file: r.u32()?,
            next_oid: r.u32()?,
            kind: kind_of(r.u8()?),
        };
        let summed = bytes.len().checked_sub(r.0.len())?;
        let good = r.u32()? == crc32c(0, bytes.get(..summed)?);
        (good && page_size as usize == PAGE_SIZE).then_some(control)
    }

    /// The newer good one of two slots; `None` if both are empty.
    pub fn choose(slots: &[Option<Vec<u8>>; 2]) -> Result<Option<Control>> {
        let mut best: Option<Control> = None;
        for slot in slots.iter().flatten() {
            if let Some(control) = Control::decode(slot)?
                && best.as_ref().is_none_or(|b| b.sequence < control.sequence)
            {
                best = Some(control);
            }
        }
        if best.is_none() && slots.iter().any(Option::is_some) {
            return Err(StorageError::CorruptControl {
                why: "neither slot can be read",
            });
        }
        Ok(best)
    }

    pub fn view(&self) -> ControlView {
        ControlView {
            format_version: FORMAT_VERSION,
            system_id: self.system_id,
            timeline: self.timeline,
            owner_epoch: self.epoch,
            checkpoint: self.checkpoint,
            redo: self.redo,
            next_xid: self.next_xid,
            next_file: self.next_file,
            next_oid: self.next_oid,
            last_checkpoint: self.kind,
        }
    }
}
