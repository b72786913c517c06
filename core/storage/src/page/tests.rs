//! Page operations against a `Vec` that does the same.

use super::*;
use crate::task::Rng;
use alloc::vec::Vec;

#[derive(Clone, PartialEq, Debug)]
enum Slot {
    Unused,
    Item(Vec<u8>),
    Redirect(u16),
    Dead,
}

fn read(page: &Page) -> Vec<Slot> {
    let slot = |o| {
        let lp = page.pointer(o).unwrap();
        match lp.state {
            LpState::Unused => Slot::Unused,
            LpState::Redirect => Slot::Redirect(lp.at),
            LpState::Dead => Slot::Dead,
            LpState::Normal => Slot::Item(page.item(o).unwrap().to_vec()),
        }
    };
    (1..=page.item_count()).map(slot).collect()
}

fn bytes(rng: &Rng) -> Vec<u8> {
    let len = 1 + rng.below(if rng.chance(1, 10) { 3000 } else { 120 }) as usize;
    (0..len).map(|_| rng.next_u64() as u8).collect()
}

fn some(rng: &Rng, n: usize) -> u16 {
    1 + rng.below(n as u64 + 1) as u16
}

/// One random edit on page and model. The model says whether it must fit.
fn step(rng: &Rng, page: &mut Page, model: &mut Vec<Slot>, log: &mut Vec<u8>) {
    let n = model.len();
    let offset = some(rng, n);
    let at = usize::from(offset) - 1;
    let item = bytes(rng);
    let before = page.clone();
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    let edit = match rng.below(8) {
        0 | 1 => PageEdit::InsertItem {
            offset,
            bytes: &item,
            shift: true,
        },
        2 => PageEdit::InsertItem {
            offset,
            bytes: &item,
            shift: false,
        },
        3 => PageEdit::DeleteItems {
            from: offset,
            count: rng.below(4) as u16,
        },
        4 => PageEdit::SetItem {
            offset,
            bytes: &item,
        },
        5 => PageEdit::ItemBytes {
            offset,
            at: rng.below(60) as u16,
            bytes: &item,
        },
        6 => {
            let states = [LpState::Unused, LpState::Redirect, LpState::Dead];
            let state = states[rng.below(3) as usize];
            PageEdit::Pointer {
                offset,
                state,
                target: if rng.chance(1, 2) { 1 } else { 2 },
            }
        }
        _ => {
            for o in 1..=n as u16 {
                match rng.below(9) {
                    0 => lists[0].extend([o, 1]),
                    1 => lists[1].push(o),
                    2 => lists[2].push(o),
                    _ => {}
                }
            }
            let [redirects, dead, unused] = &lists;
            PageEdit::Prune {
                redirects: Offsets::Slice(redirects),
                dead: Offsets::Slice(dead),
                unused: Offsets::Slice(unused),
                truncate: rng.chance(1, 2),
            }
        }
    };
    let fitted = page.apply(&edit).is_ok();
    if !fitted {
        assert!(
            page.bytes() == before.bytes(),
            "a failed edit changed the page"
        );
        return;
    }
    edit.encode(log);
    match edit {
        PageEdit::InsertItem { shift: true, .. } => model.insert(at, Slot::Item(item)),
        PageEdit::InsertItem { .. } if at == n => model.push(Slot::Item(item)),
        PageEdit::InsertItem { .. } => {
            assert_eq!(model[at], Slot::Unused);
            model[at] = Slot::Item(item);
        }
        PageEdit::DeleteItems { count, .. } => drop(model.drain(at..at + usize::from(count))),
        PageEdit::SetItem { .. } => model[at] = Slot::Item(item),
        PageEdit::ItemBytes {
            at: within, bytes, ..
        } => match &mut model[at] {
            Slot::Item(old) => {
                old[usize::from(within)..usize::from(within) + bytes.len()].copy_from_slice(bytes);
            }
            other => panic!("bytes of {other:?}"),
        },
        PageEdit::Pointer { state, target, .. } => {
            model[at] = match state {
                LpState::Unused => Slot::Unused,
                LpState::Redirect => Slot::Redirect(target),
                _ => Slot::Dead,
            }
        }
        PageEdit::Prune { truncate, .. } => {
            for pair in lists[0].chunks(2) {
                model[usize::from(pair[0]) - 1] = Slot::Redirect(pair[1]);
            }
            lists[1]
                .iter()
                .for_each(|o| model[usize::from(*o) - 1] = Slot::Dead);
            lists[2]
                .iter()
                .for_each(|o| model[usize::from(*o) - 1] = Slot::Unused);
            while truncate && model.last() == Some(&Slot::Unused) {
                model.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn edits_agree_with_a_vector_and_replay_to_the_same_bytes() {
    let mut fitted = 0;
    for seed in 0..150 {
        let rng = Rng::new(seed);
        let mut page = Page::zeroed();
        let mut log = Vec::new();
        let init = PageEdit::Init {
            kind: 3,
            special_len: 20,
        };
        page.apply(&init).unwrap();
        init.encode(&mut log);
        let mut model = Vec::new();
        for _ in 0..120 {
            step(&rng, &mut page, &mut model, &mut log);
            page.check_header().unwrap();
            assert_eq!(read(&page), model, "seed {seed}");
        }
        let mut again = Page::zeroed();
        let mut rest = &log[..];
        while !rest.is_empty() {
            let edit = PageEdit::decode(&mut rest).unwrap();
            again.apply(&edit).unwrap();
            fitted += 1;
        }
        assert!(
            again.bytes() == page.bytes(),
            "seed {seed}: redo differs from do"
        );
    }
    assert!(fitted > 5000, "{fitted}");
}

#[test]
fn other_edits_come_back_from_their_encoding() {
    let whole = {
        let mut p = Page::zeroed();
        p.apply(&PageEdit::Init {
            kind: 1,
            special_len: 0,
        })
        .unwrap();
        p
    };
    let edits = [
        PageEdit::Init {
            kind: 9,
            special_len: 24,
        },
        PageEdit::Image(whole.bytes()),
        PageEdit::Bytes {
            at: 8000,
            bytes: b"abc",
        },
        PageEdit::Compact,
        PageEdit::Flags { clear: 1, set: 4 },
        PageEdit::PruneXid(0xDEAD_BEEF),
        PageEdit::Kind(200),
    ];
    let mut log = Vec::new();
    edits.iter().for_each(|e| e.encode(&mut log));
    let mut rest = &log[..];
    for edit in &edits {
        assert_eq!(PageEdit::decode(&mut rest).as_ref(), Some(edit));
    }
    assert!(rest.is_empty());
}

#[test]
fn checksum_finds_any_flipped_bit_and_a_wrong_address() {
    let tag = PageTag::new(vitrine_view::FileId(17), 5);
    let mut page = Page::zeroed();
    page.apply(&PageEdit::Init {
        kind: 1,
        special_len: 8,
    })
    .unwrap();
    page.apply(&PageEdit::InsertItem {
        offset: 1,
        bytes: b"some row",
        shift: false,
    })
    .unwrap();
    page.seal(tag);
    assert_eq!(page.check(tag), Ok(()));
    assert!(
        page.check(PageTag::new(vitrine_view::FileId(17), 6))
            .is_err()
    );
    assert!(
        page.check(PageTag::new(vitrine_view::FileId(18), 5))
            .is_err()
    );
    for bit in (0..PAGE_SIZE * 8).step_by(37) {
        let mut bad = page.clone();
        bad.bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(bad.check(tag).is_err(), "bit {bit}");
    }
    assert_eq!(Page::zeroed().check(tag), Ok(()));
}

#[test]
fn garbage_is_read_and_edited_without_panic() {
    let rng = Rng::new(11);
    let tag = PageTag::default();
    for _ in 0..300 {
        let mut page = Page::zeroed();
        page.bytes
            .iter_mut()
            .for_each(|b| *b = rng.next_u64() as u8);
        if rng.chance(2, 3) {
            // A header that makes sense over line pointers that do not.
            page.apply(&PageEdit::Init {
                kind: 1,
                special_len: 64,
            })
            .unwrap();
            page.set_item_count(rng.below(900) as u16);
            let lower = page.lower();
            page.set_upper(lower + rng.below((page.special() - lower) as u64 + 1) as usize);
            page.bytes[24..lower]
                .iter_mut()
                .for_each(|b| *b = rng.next_u64() as u8);
        }
        let _ = page_view(&page, tag, true);
        for o in 0..page.item_count().min(400) {
            let _ = page.item(o);
        }
        let garbage: Vec<u8> = (0..64).map(|_| rng.next_u64() as u8).collect();
        let mut rest = &garbage[..];
        if let Some(edit) = PageEdit::decode(&mut rest) {
            let _ = page.apply(&edit);
        }
        let _ = page.apply(&PageEdit::SetItem {
            offset: 1,
            bytes: b"x",
        });
        let _ = page.apply(&PageEdit::DeleteItems { from: 1, count: 2 });
        let _ = page.apply(&PageEdit::Compact);
        let _ = page.special_bytes();
    }
}
