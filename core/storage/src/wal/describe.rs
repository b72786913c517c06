//! Records and edits in words, for the log room, `pg_get_wal_records_info` and the recovery report.

use super::record::{BlockChange, Record};
use super::rmgr::{RmgrRow, row_of};
use crate::page::PageEdit;
use alloc::format;
use alloc::string::{String, ToString};
use vitrine_view::{WalBlockView, WalRecordView};

pub fn describe_edit(edit: &PageEdit<'_>) -> String {
    match edit {
        PageEdit::Init { kind, special_len } => {
            format!("init as kind {kind} with {special_len} bytes of special space")
        }
        PageEdit::Image(_) => "whole page".to_string(),
        PageEdit::Bytes { at, bytes } => format!("{} bytes at {at}", bytes.len()),
        PageEdit::InsertItem {
            offset,
            bytes,
            shift: false,
        } => {
            format!("insert item {offset}, {} bytes", bytes.len())
        }
        PageEdit::InsertItem {
            offset,
            bytes,
            shift: true,
        } => {
            format!(
                "insert item {offset}, {} bytes, moving later ones up",
                bytes.len()
            )
        }
        PageEdit::DeleteItems { from, count } => format!("delete {count} items from {from}"),
        PageEdit::SetItem { offset, bytes } => {
            format!("replace item {offset} by {} bytes", bytes.len())
        }
        PageEdit::ItemBytes { offset, at, bytes } => {
            format!("item {offset}: {} bytes at {at}", bytes.len())
        }
        PageEdit::Pointer {
            offset,
            state,
            target,
        } => {
            let name = match *state as u8 {
                1 => "normal",
                2 => "redirect",
                3 => "dead",
                _ => "unused",
            };
            format!("line pointer {offset} becomes {name} ({target})")
        }
        PageEdit::Prune {
            redirects,
            dead,
            unused,
            ..
        } => format!(
            "prune: {} redirected, {} dead, {} unused",
            redirects.len() / 2,
            dead.len(),
            unused.len()
        ),
        PageEdit::Compact => "close gaps".to_string(),
        PageEdit::Flags { clear, set } => format!("flags: clear {clear:#04x}, set {set:#04x}"),
        PageEdit::PruneXid(xid) => format!("prune xid {xid}"),
        PageEdit::Kind(kind) => format!("kind {kind}"),
    }
}

/// A record as the inspectors show it.
pub fn describe(record: &Record<'_>, rows: &'static [RmgrRow]) -> WalRecordView {
    let row = row_of(rows, record.rmgr);
    let mut image_len = 0;
    let blocks = record.blocks().map(|block| {
        let len = match block.change {
            BlockChange::Image { bytes, .. } => {
                image_len += bytes.len() as u32;
                bytes.len()
            }
            BlockChange::Edits(bytes) => bytes.len(),
        };
        WalBlockView {
            tag: block.tag,
            image: block.is_image(),
            init: block.init,
            len: len as u32,
            edits: block.edits().map(|e| describe_edit(&e)).collect(),
        }
    });
    let blocks = blocks.collect();
    WalRecordView {
        start: record.start,
        end: record.end,
        prev: record.prev,
        xid: record.xid,
        rmgr: row.map_or_else(|| format!("{}", record.rmgr.0), |r| r.name.to_string()),
        op: row.map_or("?", |r| (r.op_name)(record.op)).to_string(),
        description: row.map_or_else(String::new, |r| (r.describe)(record.op, record.data)),
        total_len: (record.end.0 - record.start.0) as u32,
        data_len: record.data.len() as u32,
        image_len,
        blocks,
    }
}
