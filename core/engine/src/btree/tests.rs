//! The tree against a `BTreeMap`, in a pool of 16 frames, with restarts from the log in between.

use super::*;
use crate::access::KeyRange;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_storage::io::{MemoryDevice, Rig};
use vitrine_storage::task::Rng;
use vitrine_storage::{Config, RmgrRow};

static ROWS: &[RmgrRow] = &[RmgrRow {
    id: Rmgr::BTREE,
    name: "Btree",
    op_name: |op| OP_NAMES.get(usize::from(op)).copied().unwrap_or("UNKNOWN"),
    describe: |_, _| String::new(),
    replay: None,
}];

const TREE: BTree = BTree { file: FileId(40) };
const XID: Xid = Xid(5);

type Place = (Vec<u8>, [u8; 8]);

fn open(rig: &mut Rig<MemoryDevice>) -> Rc<Storage> {
    let config = Config {
        frames: 16,
        ..Config::default()
    };
    let (io, scheduler) = (rig.io.clone(), rig.scheduler.clone());
    match rig.run(Storage::open(config, io, scheduler, ROWS)) {
        Ok(Ok((storage, _))) => storage,
        Ok(Err(e)) => panic!("open: {e}"),
        Err(_) => panic!("open is stuck"),
    }
}

fn run<T: 'static>(
    rig: &mut Rig<MemoryDevice>,
    storage: &Rc<Storage>,
    mut step: impl FnMut(&Storage) -> Act<T> + 'static,
) -> T {
    let s = storage.clone();
    match rig.run(async move { s.act(|s| step(s)).await }) {
        Ok(Ok(value)) => value,
        Ok(Err(e)) => panic!("{e}"),
        Err(_) => panic!("stuck"),
    }
}

/// A key of a length and prefix that vary, so that pages hold few entries or many.
fn key(rng: &mut Rng) -> Vec<u8> {
    let n = rng.below(3000) as u32;
    let mut key = n.to_be_bytes().to_vec();
    let len = if n.is_multiple_of(50) {
        900
    } else {
        n as usize % 40
    };
    key.resize(4 + len, b'k');
    key
}

fn contents(
    rig: &mut Rig<MemoryDevice>,
    s: &Rc<Storage>,
    range: KeyRange,
    back: bool,
) -> Vec<Place> {
    let storage = s.clone();
    let job = async move {
        let mut cursor = Cursor::new(range, back);
        let mut out = Entries::default();
        loop {
            let more = storage
                .act(|s| TREE.scan_page(s, &mut cursor, &mut out))
                .await;
            match more {
                Ok(true) => {}
                Ok(false) => return out,
                Err(e) => panic!("{e}"),
            }
        }
    };
    let Ok(entries) = rig.run(job) else {
        panic!("stuck")
    };
    let place = |i| {
        let (key, locator, payload) = entries.get(i).expect("in range");
        assert_eq!(payload, &key[..2], "the payload came with its key");
        (key.to_vec(), locator.try_into().expect("eight bytes"))
    };
    (0..entries.len()).map(place).collect()
}

fn must_be_sound(rig: &mut Rig<MemoryDevice>, storage: &Rc<Storage>, entries: usize) {
    let s = storage.clone();
    let Ok(Ok((found, faults))) = rig.run(async move { TREE.check(&s).await }) else {
        panic!("check failed")
    };
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(found, entries);
}

#[test]
fn agrees_with_a_map_in_any_order_and_across_restarts() {
    for seed in 1..=6 {
        let mut rng = Rng::new(seed);
        let mut rig = Rig::new(MemoryDevice::new());
        let mut storage = open(&mut rig);
        run(&mut rig, &storage, |s| TREE.create(s, XID));
        let mut model: BTreeSet<Place> = BTreeSet::new();
        for round in 0..1500u64 {
            let (k, locator) = (key(&mut rng), rng.below(4).to_be_bytes());
            if rng.below(4) == 0 {
                let gone = model.remove(&(k.clone(), locator));
                let did = run(&mut rig, &storage, move |s| {
                    TREE.delete(s, XID, &k, &locator)
                });
                assert_eq!(did, gone, "seed {seed} round {round}");
            } else {
                let new = model.insert((k.clone(), locator));
                let got = run(&mut rig, &storage, move |s| {
                    TREE.insert(s, XID, &k, &locator, &k[..2])
                });
                let want = if new {
                    Inserted::Done
                } else {
                    Inserted::Present
                };
                assert_eq!(got, want, "seed {seed} round {round}");
            }
            if round % 500 == 499 {
                let s = storage.clone();
                assert!(matches!(
                    rig.run(async move { s.close().await }),
                    Ok(Ok(()))
                ));
                rig = rig.reborn();
                storage = open(&mut rig);
                must_be_sound(&mut rig, &storage, model.len());
            }
        }
        let all: Vec<Place> = model.iter().cloned().collect();
        assert_eq!(contents(&mut rig, &storage, KeyRange::all(), false), all);
        let backward: Vec<Place> = model.iter().rev().cloned().collect();
        assert_eq!(
            contents(&mut rig, &storage, KeyRange::all(), true),
            backward
        );
        let (from, to) = (
            1000u32.to_be_bytes().to_vec(),
            2000u32.to_be_bytes().to_vec(),
        );
        let inside: Vec<Place> = model
            .iter()
            .filter(|p| p.0 >= from && p.0 < to)
            .cloned()
            .collect();
        let range = KeyRange { from, to: Some(to) };
        assert_eq!(contents(&mut rig, &storage, range, false), inside);
    }
}

#[test]
fn growing_keys_fill_their_pages() {
    let mut rig = Rig::new(MemoryDevice::new());
    let storage = open(&mut rig);
    run(&mut rig, &storage, |s| TREE.create(s, XID));
    for n in 0..4000u64 {
        let k = n.to_be_bytes();
        run(&mut rig, &storage, move |s| {
            TREE.insert(s, XID, &k, &k, &k[..2])
        });
    }
    must_be_sound(&mut rig, &storage, 4000);
    let pages = run(&mut rig, &storage, |s| s.pool().length(TREE.file));
    // 4,000 entries of 26 bytes, 36 on the page: 18 full leaves.
    assert!(pages <= 24, "{pages} pages");
}

#[test]
fn a_build_equals_insertions() {
    for count in [0u64, 1, 300, 301, 20_000] {
        let mut rig = Rig::new(MemoryDevice::new());
        let storage = open(&mut rig);
        run(&mut rig, &storage, |s| TREE.create(s, XID));
        let s = storage.clone();
        let job = async move {
            let mut builder = Builder::new(TREE, XID);
            for n in 0..count {
                let k = n.to_be_bytes();
                s.act(|s| builder.push(s, &k, &k, &k[..2]))
                    .await
                    .map_err(|e| e.to_string())?;
            }
            s.act(|s| builder.finish(s))
                .await
                .map_err(|e| e.to_string())
        };
        assert_eq!(rig.run(job), Ok(Ok(())));
        must_be_sound(&mut rig, &storage, count as usize);
        let k = 150u64.to_be_bytes();
        let mut found = Entries::default();
        let hits = run(&mut rig, &storage, move |s| {
            found.clear();
            TREE.equal_keys(s, &k, &mut found)?;
            Ok(found.len())
        });
        assert_eq!(hits, usize::from(count > 150));
        let k = 7u64.to_be_bytes();
        run(&mut rig, &storage, move |s| {
            TREE.insert(s, XID, &k, b"another!", &k[..2])
        });
        must_be_sound(&mut rig, &storage, count as usize + 1);
    }
}

#[test]
fn vacuum_removes_just_the_named_entries() {
    let mut rig = Rig::new(MemoryDevice::new());
    let storage = open(&mut rig);
    run(&mut rig, &storage, |s| TREE.create(s, XID));
    for n in 0..1000u64 {
        let k = n.to_be_bytes();
        run(&mut rig, &storage, move |s| {
            TREE.insert(s, XID, &k, &k, &k[..2])
        });
    }
    let pages = run(&mut rig, &storage, |s| s.pool().length(TREE.file));
    let mut removed = 0;
    for block in 0..pages {
        removed += run(&mut rig, &storage, move |s| {
            TREE.vacuum_page(s, block, &|locator| {
                locator.last().is_some_and(|b| b % 2 == 0)
            })
        });
    }
    assert_eq!(removed, 500);
    must_be_sound(&mut rig, &storage, 500);
}

#[test]
fn an_entry_that_is_too_long_is_refused() {
    let mut rig = Rig::new(MemoryDevice::new());
    let storage = open(&mut rig);
    run(&mut rig, &storage, |s| TREE.create(s, XID));
    let long = alloc::vec![1u8; 2701];
    let got = run(&mut rig, &storage, move |s| {
        TREE.insert(s, XID, &long, &[0; 8], &[])
    });
    assert_eq!(got, Inserted::TooLong(8 + 2701 + 8));
    assert_eq!(format!("{:?}", got), "TooLong(2717)");
}
