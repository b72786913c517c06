//! A heap's indexes: keys of rows, uniqueness, and the building of a new one.

use super::prune::chain;
use super::table::HeapTable;
use super::tuple::{from_index_bytes, index_bytes, pack, unpack};
use super::visibility::{Fate, Liveness, fate, for_unique};
use crate::access::{IndexDef, KeyBuffer, Locator, UniqueConflict};
use crate::btree::{BTree, Builder, ENTRY_LEN_MAX, Entries};
use crate::engine::{EngineCx, Fork, file_of};
use crate::stop::{Act, run};
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::tuple::deform_all;
use vitrine_data::{Datum, Result, SqlError, SqlState};
use vitrine_view::{Tid, Xid};

pub struct HeapIndex {
    pub def: IndexDef,
    pub tree: BTree,
}

impl HeapIndex {
    pub fn new(def: IndexDef) -> HeapIndex {
        let tree = BTree::new(file_of(def.relfilenode, Fork::Main));
        HeapIndex { def, tree }
    }
}

/// Whether a unique index lets a key in.
#[derive(Debug)]
pub enum Clash {
    None,
    Conflict(UniqueConflict),
    /// This running transaction decides.
    Wait(Xid),
}

/// The keys of a row, one for each index; `None` where a partial index leaves the row out.
pub fn make_keys(indexes: &[Rc<HeapIndex>], row: &[Datum]) -> Result<Vec<Option<KeyBuffer>>> {
    indexes.iter().map(|index| make_key(index, row)).collect()
}

fn make_key(index: &HeapIndex, row: &[Datum]) -> Result<Option<KeyBuffer>> {
    let mut key = KeyBuffer::default();
    (index.def.key)(row, &mut key)?;
    let len = key.key.len() + key.payload.len() + 16;
    if !key.skip && len > ENTRY_LEN_MAX {
        let message =
            format!("index row size {len} exceeds btree version 4 maximum {ENTRY_LEN_MAX}");
        let hint = "Values larger than 1/3 of a buffer page cannot be indexed.";
        return Err(SqlError::user(SqlState::PROGRAM_LIMIT_EXCEEDED, message).hint(hint));
    }
    Ok((!key.skip).then_some(key))
}

impl HeapTable {
    /// The first clash in any unique index. `own` is the row's own place if it has one, `except` the
    /// version about to be replaced.
    pub(super) fn find_any_clash(
        &self,
        cx: EngineCx<'_>,
        keys: &[Option<KeyBuffer>],
        own: u64,
        except: Option<u64>,
    ) -> Act<Clash> {
        for (index, key) in self.all_indexes().iter().zip(keys) {
            if let Some(key) = key {
                match self.find_clash(cx, index, key, own, except)? {
                    Clash::None => {}
                    clash => return Ok(clash),
                }
            }
        }
        Ok(Clash::None)
    }

    pub(super) fn find_clash(
        &self,
        cx: EngineCx<'_>,
        index: &HeapIndex,
        key: &KeyBuffer,
        own: u64,
        except: Option<u64>,
    ) -> Act<Clash> {
        if !index.def.unique || key.has_null {
            return Ok(Clash::None);
        }
        let mut entries = Entries::default();
        index
            .tree
            .equal_keys(cx.storage(), &key.key, &mut entries)?;
        let mut wait = None;
        for i in 0..entries.len() {
            let Some(at) = entries.get(i).and_then(|(_, l, _)| from_index_bytes(l)) else {
                continue;
            };
            if at == own {
                continue;
            }
            match self.chain_liveness(cx, unpack(at), own, except)? {
                (Liveness::Dead, _) => {}
                (Liveness::Depends(xid), _) => wait = Some(xid),
                (Liveness::Alive, alive) => {
                    return Ok(Clash::Conflict(UniqueConflict {
                        index_oid: index.def.oid,
                        key: key.key.clone(),
                        existing: Locator::Short(alive),
                    }));
                }
            }
        }
        Ok(wait.map_or(Clash::None, Clash::Wait))
    }

    /// Whether any version of a chain is alive, and which.
    fn chain_liveness(
        &self,
        cx: EngineCx<'_>,
        root: Tid,
        own: u64,
        except: Option<u64>,
    ) -> Act<(Liveness, u64)> {
        let tag = self.rows.tag(root.block);
        if root.block >= cx.storage().pool().length(self.rows.main)? {
            return Ok((Liveness::Dead, 0));
        }
        let page = cx.storage().pool().read(tag)?;
        let mut verdict = (Liveness::Dead, 0);
        for link in chain(&page, tag, root.offset)? {
            let at = pack(Tid {
                block: root.block,
                offset: link.offset,
            });
            if at == own || Some(at) == except {
                continue;
            }
            match for_unique(cx, &link.header)? {
                Liveness::Dead => {}
                Liveness::Alive => return Ok((Liveness::Alive, at)),
                depends => verdict = (depends, at),
            }
        }
        Ok(verdict)
    }

    /// Fills a new index from the rows: collect keys, sort, build. Versions that somebody may still
    /// see get entries too, so old snapshots may use the index. All keys are in memory meanwhile.
    pub(super) async fn build_new_index(
        &self,
        cx: EngineCx<'_>,
        def: IndexDef,
    ) -> Result<Option<UniqueConflict>> {
        let storage = &cx.engine.storage;
        let index = Rc::new(HeapIndex::new(def));
        let xid = cx.txns().assign_xid(cx.txn);
        run(storage, || Ok(index.tree.create(storage, xid)?)).await?;
        let mut entries: Vec<(Vec<u8>, u64, Vec<u8>)> = Vec::new();
        let mut alive: Vec<(Vec<u8>, u64)> = Vec::new();
        let blocks = run(storage, || Ok(storage.pool().length(self.rows.main)?)).await?;
        for block in 0..blocks {
            let found = self.keys_of_page(cx, &index, block).await?;
            for (key, root, version, is_alive) in found {
                if is_alive && index.def.unique && !key.has_null {
                    alive.push((key.key.clone(), version));
                }
                entries.push((key.key, root, key.payload));
            }
            if storage.scheduler().spend(8) {
                cx.txn.session.check()?;
                storage.scheduler().yield_now().await;
            }
        }
        alive.sort();
        for pair in alive.windows(2) {
            if let [(a, at), (b, _)] = pair
                && a == b
            {
                let existing = Locator::Short(*at);
                let (index_oid, key) = (index.def.oid, a.clone());
                return Ok(Some(UniqueConflict {
                    index_oid,
                    key,
                    existing,
                }));
            }
        }
        entries.sort();
        entries.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
        let mut builder = Builder::new(index.tree, xid);
        for (key, root, payload) in &entries {
            let bytes = index_bytes(*root);
            run(storage, || Ok(builder.push(storage, key, &bytes, payload)?)).await?;
            if storage.scheduler().spend(1) {
                cx.txn.session.check()?;
                storage.scheduler().yield_now().await;
            }
        }
        run(storage, || Ok(builder.finish(storage)?)).await?;
        self.indexes.borrow_mut().push(index);
        Ok(None)
    }

    /// The keys of a page's versions: key, chain root, version, alive.
    async fn keys_of_page(
        &self,
        cx: EngineCx<'_>,
        index: &HeapIndex,
        block: u32,
    ) -> Result<Vec<(KeyBuffer, u64, u64, bool)>> {
        let storage = &cx.engine.storage;
        let tag = self.rows.tag(block);
        let horizon = cx.txns().horizon();
        let mut reader = super::toast::ToastReader::default();
        let (mut found, mut next) = (Vec::new(), 1u16);
        run(storage, || {
            loop {
                let page = storage.pool().read(tag)?;
                if next > page.item_count() {
                    return Ok(());
                }
                let is_root = match super::tuple::item(&page, tag, next)? {
                    super::tuple::Item::Tuple(h, _) => !super::tuple::Header::is_heap_only(&h),
                    super::tuple::Item::Redirect(_) => true,
                    super::tuple::Item::Nothing => false,
                };
                let links = if is_root {
                    chain(&page, tag, next)?
                } else {
                    Vec::new()
                };
                let mut of_chain = Vec::new();
                for link in links {
                    if fate(cx.txns(), horizon, &link.header)? == Fate::Dead {
                        continue;
                    }
                    let row = deform_all(&self.desc, link.bytes, &mut |p| {
                        self.read_value(cx, &mut reader, p)
                    })?;
                    if let Some(key) = make_key(index, &row)? {
                        let alive = for_unique(cx, &link.header)? != Liveness::Dead;
                        let root = pack(Tid {
                            block,
                            offset: next,
                        });
                        let version = pack(Tid {
                            block,
                            offset: link.offset,
                        });
                        of_chain.push((key, root, version, alive));
                    }
                }
                reader.clear();
                found.extend(of_chain);
                next += 1;
            }
        })
        .await?;
        Ok(found)
    }
}
