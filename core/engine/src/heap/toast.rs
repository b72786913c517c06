//! Values out of line: what makes a row too long goes to a heap file of its own, in chunks.
//!
//! ```text
//!  row     … | toast pointer: raw length, stored length, value, file | …
//!  value   place of the first chunk: block << 8 | line pointer
//!  chunk   tuple header | next chunk (same form, 0: none) u32 | number u32 | bytes …
//! ```
//!
//! First the longest values are compressed (LZ4) in place; if the row is still longer than a quarter
//! of a page, the longest go out. Chunks carry xmin and xmax like rows, so abort, delete and VACUUM
//! need nothing new; a chunk is only reached through a version somebody sees, so reading one asks
//! no visibility. An UPDATE that leaves a value alone keeps its chunks: the new version points at them.
//! They are written last first, since each names its successor.
//!
//! Instead of PostgreSQL's index over (value, number): the chain. One page less to touch for each
//! chunk, and nothing to look up.

use super::file::{HeapFile, MAX_TUPLE, fits, free_offset};
use super::op;
use super::table::HeapTable;
use super::tuple::{Item, Stamp, item, set_xmax};
use crate::engine::EngineCx;
use crate::lock::RowStrength;
use crate::stop::{Act, corrupt};
use alloc::format;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use vitrine_data::tuple::{
    ToastPointer, TupleHeader, compress_inline, deform_attr, form_tuple_with, infomask as im,
    payload,
};
use vitrine_data::{Datum, SqlError, SqlState, TupleDesc};
use vitrine_storage::page::PageEdit;
use vitrine_storage::wal::Rmgr;

/// A row longer than this has its values compressed and moved, as in PostgreSQL.
const ROW_TARGET: usize = 2032;
/// Bytes of a value in one chunk: four chunks fill a page.
const CHUNK: usize = 1996;
const CHUNK_HEAD: usize = 24 + 8;
/// Shorter values are not worth a pointer of 18 bytes.
const LEAST: usize = 32;

/// Values of a row still to be written, and what replaces them in the tuple.
#[derive(Default)]
pub struct ToastProgress {
    /// Attribute and stored bytes of each value to move out; taken from the back.
    pending: Vec<Pending>,
    replaced: Vec<Option<Vec<u8>>>,
    /// Values of an old version to be marked deleted.
    doomed: Vec<u32>,
    row_len: usize,
}

impl ToastProgress {
    /// How long the row's tuple will be.
    pub fn row_len(&self) -> usize {
        self.row_len
    }
}

struct Pending {
    attr: usize,
    raw_len: u32,
    stored: Rc<[u8]>,
    /// Bytes not yet written: a prefix of `stored`.
    left: usize,
    next: u32,
}

/// Keeps what has been read of a long value while its pages come and go.
#[derive(Default)]
pub struct ToastReader {
    value: u32,
    file: u32,
    next: u32,
    bytes: Vec<u8>,
    /// Values of the present row that are whole already.
    done: Vec<(u32, Vec<u8>)>,
}

impl ToastReader {
    /// The next row begins.
    pub fn clear(&mut self) {
        self.done.clear();
        self.value = 0;
    }
}

fn chunk_place(value: u32) -> (u32, u16) {
    (value >> 8, (value & 0xFF) as u16)
}

impl HeapTable {
    /// Forms the tuple of a row. What has to go out of line is left in `progress`; the caller writes it
    /// with `write_values` and forms again.
    pub(super) fn plan_values(
        &self,
        desc: &TupleDesc,
        row: &[Datum],
        kept: Vec<Option<Vec<u8>>>,
        progress: &mut ToastProgress,
    ) -> Result<(), SqlError> {
        let header = TupleHeader::default();
        let mut replaced = kept;
        replaced.resize(row.len(), None);
        let mut len = form_tuple_with(desc, row, &replaced, &header)?.len();
        let mut values = long_values(desc, row, &replaced)?;
        for v in &values {
            if len <= ROW_TARGET {
                break;
            }
            if let Some(packed) = compress_inline(&v.2)
                && let Some(slot) = replaced.get_mut(v.0)
            {
                *slot = Some(packed);
                len = form_tuple_with(desc, row, &replaced, &header)?.len();
            }
        }
        let stored_len = |replaced: &[Option<Vec<u8>>], attr: usize, raw: usize| {
            replaced
                .get(attr)
                .and_then(Option::as_ref)
                .map_or(raw, Vec::len)
        };
        values.sort_by_key(|v| core::cmp::Reverse(stored_len(&replaced, v.0, v.1)));
        for (attr, raw_len, raw) in values {
            if len <= ROW_TARGET {
                break;
            }
            let stored: Rc<[u8]> = match replaced.get(attr).and_then(Option::as_ref) {
                Some(packed) => packed.get(8..).unwrap_or(&[]).into(),
                None => raw.into(),
            };
            let left = stored.len();
            let raw_len = raw_len as u32;
            progress.pending.push(Pending {
                attr,
                raw_len,
                stored,
                left,
                next: 0,
            });
            if let Some(slot) = replaced.get_mut(attr) {
                // A pointer of the right length holds the place until the value is written.
                *slot = Some(pointer(raw_len, left, 0, 0));
            }
            len = form_tuple_with(desc, row, &replaced, &header)?.len();
        }
        if len > MAX_TUPLE {
            let message = format!("row is too big: size {len}, maximum size {MAX_TUPLE}");
            return Err(SqlError::user(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        progress.replaced = replaced;
        progress.row_len = len;
        Ok(())
    }

    /// The final tuple, once every value is written.
    pub(super) fn form(
        &self,
        desc: &TupleDesc,
        row: &[Datum],
        progress: &ToastProgress,
        header: &TupleHeader,
    ) -> Result<Vec<u8>, SqlError> {
        form_tuple_with(desc, row, &progress.replaced, header)
    }

    /// Writes what is pending, a page an action.
    pub(super) fn write_values(&self, cx: EngineCx<'_>, progress: &mut ToastProgress) -> Act<()> {
        while let Some(value) = progress.pending.last_mut() {
            if value.left > 0 {
                self.write_chunks(cx, value)?;
                continue;
            }
            let file = self.toast.main.0;
            let made = pointer(value.raw_len, value.stored.len(), value.next, file);
            if let Some(slot) = progress.replaced.get_mut(value.attr) {
                *slot = Some(made);
            }
            progress.pending.pop();
        }
        Ok(())
    }

    /// One action: as many chunks from the end of what is left as fit one page.
    fn write_chunks(&self, cx: EngineCx<'_>, value: &mut Pending) -> Act<()> {
        let storage = cx.storage();
        let xid = cx.txns().assign_xid(cx.txn);
        let file: &HeapFile = &self.toast;
        let first_len = chunk_len(value.left);
        let room = file.find_room(storage, CHUNK_HEAD + first_len)?;
        if room.block >> 24 != 0 {
            let message = "out-of-line storage of the table is full";
            return Err(SqlError::user(SqlState::PROGRAM_LIMIT_EXCEEDED, message).into());
        }
        let mut mini = storage.mini(Rmgr::HEAP, op::TOAST, xid);
        let tag = file.pin(&mut mini, room)?;
        file.start(&mut mini, tag, room)?;
        let (mut left, mut next) = (value.left, value.next);
        while left > 0 {
            let len = chunk_len(left);
            let offset = {
                let page = mini.page(tag)?;
                if !fits(&page, CHUNK_HEAD + len) {
                    break;
                }
                free_offset(&page)
            };
            if offset > 0xFF {
                break;
            }
            let header = TupleHeader {
                xmin: cx.txns().narrow(xid),
                cid: cx.txn.use_command(),
                ctid_block: tag.block.0,
                ctid_offset: offset,
                infomask: im::XMAX_INVALID,
                infomask2: 3,
                hoff: 24,
                ..TupleHeader::default()
            };
            let mut tuple = vec![0; CHUNK_HEAD];
            let head = header.to_bytes();
            if let Some(to) = tuple.get_mut(..head.len()) {
                to.copy_from_slice(&head);
            }
            let number = ((left - len) / CHUNK) as u32;
            if let Some(to) = tuple.get_mut(24..28) {
                to.copy_from_slice(&next.to_le_bytes());
            }
            if let Some(to) = tuple.get_mut(28..32) {
                to.copy_from_slice(&number.to_le_bytes());
            }
            tuple.extend_from_slice(value.stored.get(left - len..left).unwrap_or(&[]));
            mini.edit(
                tag,
                PageEdit::InsertItem {
                    offset,
                    bytes: &tuple,
                    shift: false,
                },
            )?;
            mini.data(&offset.to_le_bytes());
            next = tag.block.0 << 8 | u32::from(offset);
            left -= len;
        }
        mini.finish();
        if left == value.left {
            // Every line pointer number a chunk may have is taken on this page.
            file.note_free(storage, tag.block.0, 0)?;
            file.used(storage.pool().length(file.main)?);
            return Ok(());
        }
        file.used(tag.block.0);
        (value.left, value.next) = (left, next);
        Ok(())
    }

    /// The whole value a pointer names. What has been read survives a `Need` in `reader`.
    pub(super) fn read_value(
        &self,
        cx: EngineCx<'_>,
        reader: &mut ToastReader,
        p: &ToastPointer,
    ) -> Act<Vec<u8>> {
        if let Some((_, bytes)) = reader.done.iter().find(|d| d.0 == p.value_id) {
            return Ok(bytes.clone());
        }
        if reader.value != p.value_id || reader.file != p.toast_table {
            reader.value = p.value_id;
            reader.file = p.toast_table;
            reader.next = p.value_id;
            reader.bytes.clear();
        }
        while reader.next != 0 {
            let (block, offset) = chunk_place(reader.next);
            let tag = self.toast.tag(block);
            let page = cx.storage().pool().read(tag)?;
            let Item::Tuple(_, bytes) = item(&page, tag, offset)? else {
                return Err(corrupt(tag, "missing chunk of an out-of-line value"));
            };
            let next = bytes
                .get(24..28)
                .and_then(|b| b.try_into().ok())
                .map(u32::from_le_bytes);
            let (Some(next), Some(data)) = (next, bytes.get(CHUNK_HEAD..)) else {
                return Err(corrupt(tag, "broken chunk of an out-of-line value"));
            };
            reader.bytes.extend_from_slice(data);
            if reader.bytes.len() > p.stored_len as usize {
                return Err(corrupt(
                    tag,
                    "out-of-line value is longer than its pointer says",
                ));
            }
            reader.next = next;
        }
        let whole = p.expand(core::mem::take(&mut reader.bytes))?;
        reader.value = 0;
        reader.done.push((p.value_id, whole.clone()));
        Ok(whole)
    }

    /// The out-of-line values of a tuple, by attribute.
    pub(super) fn pointers(
        &self,
        desc: &TupleDesc,
        tuple: &[u8],
    ) -> Result<Vec<(usize, ToastPointer)>, SqlError> {
        let mut found = Vec::new();
        let header = TupleHeader::read(tuple)?;
        if header.infomask & im::HAS_EXTERNAL == 0 {
            return Ok(found);
        }
        for (attr, a) in desc
            .attrs
            .iter()
            .enumerate()
            .filter(|(_, a)| a.phys.is_varlena())
        {
            let _ = a;
            let mut met = None;
            let looked: Result<Datum, SqlError> = deform_attr(desc, tuple, attr, &mut |p| {
                met = Some(*p);
                Err(SqlError::bug("value is out of line"))
            });
            match (met, looked) {
                (Some(p), _) => found.push((attr, p)),
                (None, Err(e)) => return Err(e),
                (None, Ok(_)) => {}
            }
        }
        Ok(found)
    }

    /// Remembers values whose chunks go with the old version.
    pub(super) fn doom(progress: &mut ToastProgress, values: impl Iterator<Item = ToastPointer>) {
        progress.doomed.extend(values.map(|p| p.value_id));
    }

    /// Marks the chunks of doomed values deleted, one an action.
    pub(super) fn delete_values(&self, cx: EngineCx<'_>, progress: &mut ToastProgress) -> Act<()> {
        while let Some(value) = progress.doomed.last().copied() {
            let (block, offset) = chunk_place(value);
            let tag = self.toast.tag(block);
            let (mut header, next) = {
                let page = cx.storage().pool().read(tag)?;
                let Item::Tuple(header, bytes) = item(&page, tag, offset)? else {
                    return Err(corrupt(tag, "missing chunk of an out-of-line value"));
                };
                let next = bytes.get(24..28).and_then(|b| b.try_into().ok());
                (header, next.map_or(0, u32::from_le_bytes))
            };
            let xid = cx.txns().assign_xid(cx.txn);
            let cid = cx.txn.use_command();
            set_xmax(
                &mut header,
                cx.txns().narrow(xid),
                cid,
                false,
                RowStrength::Update,
            );
            let mut mini = cx.storage().mini(Rmgr::HEAP, op::DELETE, xid);
            mini.pin(tag)?;
            mini.edit(tag, Stamp::of(&header).edit(offset))?;
            mini.data(&offset.to_le_bytes());
            mini.finish();
            progress.doomed.pop();
            if next != 0 {
                progress.doomed.push(next);
            }
        }
        Ok(())
    }
}

/// The length of the last chunk of what is left: all chunks but the value's last are full.
fn chunk_len(left: usize) -> usize {
    match left % CHUNK {
        0 => CHUNK.min(left),
        rest => rest,
    }
}

fn pointer(raw_len: u32, stored_len: usize, value_id: u32, toast_table: u32) -> Vec<u8> {
    let stored_len = stored_len as u32;
    ToastPointer {
        raw_len,
        stored_len,
        value_id,
        toast_table,
    }
    .to_bytes()
    .to_vec()
}

type LongValue = (usize, usize, Vec<u8>);

/// Values worth compressing or moving, longest first: attribute, length, bytes.
fn long_values(
    desc: &TupleDesc,
    row: &[Datum],
    replaced: &[Option<Vec<u8>>],
) -> Result<Vec<LongValue>, SqlError> {
    let mut out = Vec::new();
    let free = |i: usize| !matches!(replaced.get(i), Some(Some(_)));
    for (i, (attr, value)) in desc.attrs.iter().zip(row).enumerate() {
        if attr.phys.is_varlena() && !value.is_null() && free(i) {
            let bytes = payload(attr, value)?;
            if bytes.len() >= LEAST {
                out.push((i, bytes.len(), bytes));
            }
        }
    }
    out.sort_by_key(|v| core::cmp::Reverse(v.1));
    Ok(out)
}
