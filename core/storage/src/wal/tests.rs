//! The record codec, compression, and reading what a crash may leave.

use super::record::{LOG_FORMAT, put_edits, put_image, record_crc};
use super::*;
use crate::io::{Disk, MemoryDevice, Op, Rig};
use crate::page::{Page, PageEdit};
use crate::task::Rng;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_view::{FileId, Lsn, PageTag, Xid};

fn record(start: Lsn, prev: Lsn, body: &[u8], blocks: u8, data: &[u8]) -> Vec<u8> {
    let mut r = alloc::vec![0; 8];
    r.extend_from_slice(&prev.0.to_le_bytes());
    r.extend_from_slice(&7u64.to_le_bytes());
    r.extend_from_slice(&[3, 1, blocks, 0]);
    r.extend_from_slice(&(data.len() as u32).to_le_bytes());
    r.extend_from_slice(body);
    r.extend_from_slice(data);
    let len = r.len() as u32;
    r[..4].copy_from_slice(&len.to_le_bytes());
    let crc = record_crc(start, &r);
    r[4..8].copy_from_slice(&crc.to_le_bytes());
    r
}

#[test]
fn crc_has_the_standard_check_value() {
    assert_eq!(crc32c(0, b"123456789"), 0xE306_9283);
    assert_eq!(crc32c(crc32c(0, b"1234"), b"56789"), 0xE306_9283);
}

#[test]
fn images_come_back_with_and_without_hole_and_compression() {
    let tag = PageTag::new(FileId(3), 9);
    let mut page = Page::zeroed();
    page.apply(&PageEdit::Init {
        kind: 1,
        special_len: 16,
    })
    .unwrap();
    for i in 1..40 {
        let bytes = [i as u8; 50];
        page.apply(&PageEdit::InsertItem {
            offset: i,
            bytes: &bytes,
            shift: false,
        })
        .unwrap();
    }
    let holed = page.clone();
    // Bytes in the middle of the free space: nothing may be left out.
    page.apply(&PageEdit::Bytes {
        at: 1000,
        bytes: b"in the hole",
    })
    .unwrap();
    for (page, hole) in [(&holed, true), (&page, false)] {
        for compress in [false, true] {
            let mut body = Vec::new();
            put_image(&mut body, tag, page, compress);
            put_edits(&mut body, PageTag::new(FileId(4), 1), true, &[11]);
            assert!(!hole || body.len() < 4000);
            let bytes = record(Lsn(500), Lsn(400), &body, 2, b"data");
            let r = Record::decode(Lsn(500), &bytes).unwrap();
            let blocks: Vec<Block<'_>> = r.blocks().collect();
            assert!(blocks[0].image().unwrap().bytes() == page.bytes());
            assert!(blocks[1].init && blocks[1].edits().eq([PageEdit::Compact]));
            assert_eq!((r.data, r.xid, r.prev), (&b"data"[..], Xid(7), Lsn(400)));
            assert!(
                Record::decode(Lsn(501), &bytes).is_err(),
                "the position is part of the sum"
            );
        }
    }
}

#[test]
fn damaged_records_are_refused_without_panic() {
    let rng = Rng::new(2);
    let good = record(Lsn(64), Lsn(0), &[], 0, &[5; 100]);
    for _ in 0..2000 {
        let mut bad = good.clone();
        let at = rng.below(bad.len() as u64) as usize;
        bad[at] ^= 1 << rng.below(8);
        assert!(Record::decode(Lsn(64), &bad).is_err());
        bad.truncate(at);
        assert!(Record::decode(Lsn(64), &bad).is_err());
    }
    // A good sum over nonsense inside.
    for _ in 0..2000 {
        let body: Vec<u8> = (0..rng.below(80)).map(|_| rng.next_u64() as u8).collect();
        let bytes = record(Lsn(64), Lsn(0), &body, rng.next_u64() as u8, &[]);
        if let Ok(r) = Record::decode(Lsn(64), &bytes) {
            for block in r.blocks() {
                let _ = (block.image().is_some(), block.edits().count());
            }
            let _ = describe(&r, &[]);
        }
    }
}

/// A log of `n` records in chunks of `per` records.
fn log(n: u64, per: u64) -> (Disk, Vec<Lsn>) {
    let mut disk = Disk::new();
    let (mut at, mut prev) = (FIRST_LSN, Lsn::ZERO);
    let mut starts = Vec::new();
    for first in (0..n).step_by(per as usize) {
        let mut payload = Vec::new();
        let start = at;
        for i in first..(first + per).min(n) {
            let r = record(
                at,
                prev,
                &[],
                0,
                &alloc::vec![i as u8; 10 + i as usize * 7 % 400],
            );
            starts.push(at);
            prev = at;
            at = at.plus(r.len());
            payload.extend_from_slice(&r);
        }
        put_chunk(&mut disk, start, &payload);
    }
    (disk, starts)
}

fn put_chunk(disk: &mut Disk, start: Lsn, payload: &[u8]) {
    let mut bytes = alloc::vec![0; CHUNK_HEADER];
    let len = payload.len() as u32;
    let header = ChunkHeader {
        format: LOG_FORMAT,
        system_id: 1,
        timeline: 1,
        epoch: 1,
        start,
        len,
    };
    header.write(&mut bytes);
    bytes.extend_from_slice(payload);
    disk.perform(&Op::AppendLog {
        start,
        bytes: Rc::new(bytes),
        strict: true,
    })
    .unwrap();
}

fn read_all(disk: Disk, from: Lsn) -> (Vec<Lsn>, &'static str) {
    let mut rig = Rig::new(MemoryDevice::with(disk));
    let io = rig.io.clone();
    rig.run(async move {
        let mut reader = LogReader::new(&io, 1, from);
        let mut found = Vec::new();
        while let Some(r) = reader.next().await.unwrap() {
            found.push(r.start);
        }
        reader.bytes_left().await.unwrap();
        (found, reader.ended())
    })
    .unwrap()
}

#[test]
fn the_log_is_read_from_any_record_across_chunks() {
    for per in [1, 3, 100] {
        let (disk, starts) = log(200, per);
        assert_eq!(
            read_all(disk.clone(), FIRST_LSN),
            (starts.clone(), "end of the log")
        );
        assert_eq!(read_all(disk.clone(), starts[77]).0, starts[77..]);
    }
}

#[test]
fn a_gap_ends_the_log_though_more_follows() {
    let (mut disk, starts) = log(90, 3);
    let rest = {
        // Removing from chunk 10 on and putting 11 on back leaves a hole.
        let full = disk.clone();
        disk.perform(&Op::RemoveLogFrom(starts[30])).unwrap();
        full
    };
    let (mut later, _) = (rest, ());
    later.perform(&Op::RemoveLogBefore(starts[33])).unwrap();
    disk.join_log(&later);
    let (found, why) = read_all(disk, FIRST_LSN);
    assert_eq!(found, starts[..30]);
    assert_eq!(why, "a chunk of the log is missing");
}

#[test]
fn after_a_torn_chunk_the_log_goes_on_where_it_was_good() {
    // Ten records in one chunk; from the sixth on they are lost, and a new chunk starts there.
    let (mut disk, starts) = log(10, 10);
    let r = record(starts[6], starts[5], &[], 0, b"written after the crash");
    put_chunk(&mut disk, starts[6], &r);
    let (found, why) = read_all(disk, FIRST_LSN);
    assert_eq!(found, starts[..7]);
    assert_eq!(why, "end of the log");
}
