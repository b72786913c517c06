//! Records in order, one block each, wrapped in rows; the outline says where a record is safe.
//!
//! ```text
//!  solid: synced │ dashed: handed over │ dotted: only in memory
//!                ▲ flushed              ▲ written               ▲ insert
//! ```
use crate::picture::{Ink, Look, Mark, Picture, fact};
use vitrine_wire::view::{Lsn, WalRecordView, WalSnapshot};

const ROW_PX: f64 = 62.0;
const HEIGHT_PX: f64 = 30.0;

pub fn picture(
    wal: &WalSnapshot,
    width: f64,
    small: bool,
    name: &dyn Fn(u32) -> String,
) -> Picture {
    let mut out = Picture {
        width,
        sentence: sentence(wal),
        sql: "SELECT start_lsn, xid, resource_manager, record_type, record_length, description FROM pg_get_wal_records_info('0/0', pg_current_wal_insert_lsn());".into(),
        ..Picture::default()
    };
    out.table.head = vec![
        "LSN",
        "xid",
        "resource manager",
        "record",
        "bytes",
        "is",
        "description",
    ];
    let records: &[WalRecordView] = if small {
        let from = wal.records.len().saturating_sub((width / 80.0) as usize);
        &wal.records[from..]
    } else {
        &wal.records
    };
    let (mut x, mut y) = (2.0, 16.0);
    let mut flushed_drawn = false;
    for record in records {
        // Wide enough for its words; longer records are wider, within reason.
        let w = (f64::from(record.total_len) / 12.0).clamp(72.0, 160.0);
        if x + w > width - 4.0 {
            if small {
                break;
            }
            x = 2.0;
            y += ROW_PX;
        }
        if !flushed_drawn && record.end > wal.flushed {
            flag(&mut out, x - 2.0, y, "flushed");
            flushed_drawn = true;
        }
        if record.start >= wal.redo && record.prev < wal.redo && wal.redo > Lsn::ZERO {
            flag(
                &mut out,
                x - 2.0,
                y,
                if flushed_drawn { "" } else { "redo" },
            );
        }
        draw(&mut out, wal, record, (x, y, w), name);
        x += w + 4.0;
    }
    if !flushed_drawn && !records.is_empty() {
        flag(&mut out, x - 2.0, y, "flushed = insert");
    }
    out.height = y + HEIGHT_PX + if small { 18.0 } else { 24.0 };
    out
}

fn sentence(wal: &WalSnapshot) -> String {
    let bytes = wal.insert.0.saturating_sub(wal.flushed.0);
    if bytes == 0 {
        return format!(
            "Everything up to {} is on the device; recovery would start at {}.",
            wal.insert, wal.redo
        );
    }
    let records = wal
        .records
        .iter()
        .filter(|record| record.end > wal.flushed)
        .count();
    format!(
        "{records} records, {bytes} bytes, are in memory only: a crash now loses what comes after {}.",
        wal.flushed
    )
}

/// Where a record is safe: the outline.
pub fn safety(wal: &WalSnapshot, record: &WalRecordView) -> (Look, &'static str) {
    if record.end <= wal.flushed {
        (Look::Synced, "synced")
    } else if record.end <= wal.written {
        (Look::Handed, "handed to the device")
    } else {
        (Look::Memory, "only in memory")
    }
}

fn flag(out: &mut Picture, x: f64, y: f64, words: &str) {
    out.path(
        Look::Flag,
        format!("M{x:.1} {:.0}V{:.0}", y - 12.0, y + HEIGHT_PX + 6.0),
    );
    out.label(Ink::Strong, x + 4.0, y - 4.0, words);
}

fn draw(
    out: &mut Picture,
    wal: &WalSnapshot,
    record: &WalRecordView,
    (x, y, w): (f64, f64, f64),
    name: &dyn Fn(u32) -> String,
) {
    let (look, words) = safety(wal, record);
    let pages: Vec<String> = record
        .blocks
        .iter()
        .map(|block| {
            format!(
                "{}:{}{}",
                name(block.tag.file.0),
                block.tag.block,
                if block.image { " (full image)" } else { "" }
            )
        })
        .collect();
    let mut facts = vec![
        fact("record", format!("{} {}", record.rmgr, record.op)),
        fact("is", words),
        fact("from, to", format!("{}, {}", record.start, record.end)),
        fact(
            "length",
            format!(
                "{} bytes, {} of them images",
                record.total_len, record.image_len
            ),
        ),
        fact("means", &record.description),
    ];
    if record.xid.is_valid() {
        facts.push(fact("xid", record.xid));
    }
    if !pages.is_empty() {
        facts.push(fact("pages", pages.join(", ")));
    }
    for block in &record.blocks {
        for edit in block.edits.iter().take(6) {
            facts.push(fact("edit", edit));
        }
    }
    if record.blocks.iter().any(|block| block.image) {
        out.rect(Look::Image, x + 3.0, y + 3.0, w - 6.0, HEIGHT_PX - 6.0);
    }
    let mark: &mut Mark = out.rect(look, x, y, w, HEIGHT_PX);
    mark.thing(record.start.to_string(), facts);
    let fits = ((w - 6.0) / 7.2) as usize;
    out.label(
        Ink::Plain,
        x + 4.0,
        y + 13.0,
        record.op.chars().take(fits).collect::<String>(),
    );
    let second = if record.xid.is_valid() {
        format!("xid {}", record.xid)
    } else {
        record.rmgr.clone()
    };
    out.label(
        Ink::Quiet,
        x + 4.0,
        y + 26.0,
        second.chars().take(fits).collect::<String>(),
    );
    out.table.rows.push(vec![
        record.start.to_string(),
        record.xid.to_string(),
        record.rmgr.clone(),
        record.op.clone(),
        record.total_len.to_string(),
        words.into(),
        record.description.clone(),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_wire::view::Xid;

    fn record(start: u64, end: u64, op: &str) -> WalRecordView {
        WalRecordView {
            start: Lsn(start),
            end: Lsn(end),
            prev: Lsn(start.saturating_sub(60)),
            xid: Xid(7),
            rmgr: "heap".into(),
            op: op.into(),
            description: String::new(),
            total_len: (end - start) as u32,
            data_len: 0,
            image_len: 0,
            blocks: Vec::new(),
        }
    }

    #[test]
    fn outlines_change_at_the_flush_and_write_positions() {
        let wal = WalSnapshot {
            insert: Lsn(160),
            written: Lsn(120),
            flushed: Lsn(60),
            records: vec![
                record(0, 60, "insert"),
                record(60, 120, "update"),
                record(120, 160, "commit"),
            ],
            ..WalSnapshot::default()
        };
        assert_eq!(
            picture(&wal, 400.0, false, &|_| String::new()).to_text(),
            "2 records, 100 bytes, are in memory only: a crash now loses what comes after 0/3C.\n\
             synced 2,16 72x30 [0/0]\n\
             flag M76.0 4V52\n\
             handed 78,16 72x30 [0/3C]\n\
             memory 154,16 72x30 [0/78]\n\
             \"insert\" 6,29\n\"xid 7\" 6,42\n\
             \"flushed\" 80,12\n\
             \"update\" 82,29\n\"xid 7\" 82,42\n\
             \"commit\" 158,29\n\"xid 7\" 158,42\n"
        );
    }
}
