//! What a device holds, as plain maps, and what each operation does to it.
//!
//! Used by the memory device as its content, by the faulty device twice: what readers see, and what
//! would survive a crash. `PartialEq` compares two disks byte for byte.

use super::{Op, OpResult};
use crate::error::Result;
use crate::page::{PAGE_SIZE, Page};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_view::{FileId, Lsn, PageTag};

#[derive(Clone, Default, PartialEq)]
pub struct Disk {
    pub(super) epoch: u64,
    pub(super) pages: BTreeMap<PageTag, Box<[u8]>>,
    pub(super) lengths: BTreeMap<FileId, u32>,
    pub(super) log: BTreeMap<Lsn, Vec<u8>>,
    pub(super) control: [Option<Vec<u8>>; 2],
    pub(super) bytes: BTreeMap<String, Vec<u8>>,
    pub(super) spill: BTreeMap<u64, Vec<u8>>,
}

impl Disk {
    pub fn new() -> Disk {
        Disk::default()
    }

    /// Bytes held, roughly as a quota would count them.
    pub fn used_bytes(&self) -> u64 {
        let log: usize = self.log.values().map(Vec::len).sum();
        let bytes: usize = self
            .bytes
            .values()
            .chain(self.spill.values())
            .map(Vec::len)
            .sum();
        (self.pages.len() * PAGE_SIZE + log + bytes) as u64
    }

    pub fn log_bytes(&self) -> u64 {
        self.log.values().map(|c| c.len() as u64).sum()
    }

    pub fn page(&self, tag: PageTag) -> Option<&[u8]> {
        self.pages.get(&tag).map(|p| &p[..])
    }

    /// Changes one bit of a stored page; false if there is no such page.
    pub fn flip_bit(&mut self, tag: PageTag, bit: usize) -> bool {
        let Some(byte) = self.pages.get_mut(&tag).and_then(|p| p.get_mut(bit / 8)) else {
            return false;
        };
        *byte ^= 1 << (bit % 8);
        true
    }

    /// Lets a test damage the control slots.
    #[cfg(test)]
    pub(crate) fn edit_control(&mut self, f: &dyn Fn(&mut Vec<u8>)) {
        self.control.iter_mut().flatten().for_each(f);
    }

    /// Loses the log chunk number `n`.
    #[cfg(test)]
    pub(crate) fn lose_chunk(&mut self, n: usize) {
        if let Some(key) = self.log.keys().nth(n).copied() {
            self.log.remove(&key);
        }
    }

    /// Takes in the log chunks of another disk.
    #[cfg(test)]
    pub(crate) fn join_log(&mut self, other: &Disk) {
        self.log.extend(other.log.clone());
    }

    pub(super) fn put_page(&mut self, tag: PageTag, bytes: &[u8]) {
        self.pages.insert(tag, bytes.into());
        let length = self.lengths.entry(tag.file).or_insert(0);
        *length = (*length).max(tag.block.0.saturating_add(1));
    }

    fn read_pages(&self, file: FileId, first: u32, count: u32) -> Vec<u8> {
        let zeros = Page::zeroed();
        let mut out = Vec::with_capacity(count as usize * PAGE_SIZE);
        for block in first..first.saturating_add(count) {
            let page = self
                .page(PageTag::new(file, block))
                .unwrap_or(zeros.bytes());
            out.extend_from_slice(page);
        }
        out
    }

    fn read_log(&self, from: Lsn, limit: u32) -> Vec<(Lsn, Vec<u8>)> {
        let start = self
            .log
            .range(..=from)
            .next_back()
            .map_or(from, |(k, _)| *k);
        let chunks = self.log.range(start..).take(limit as usize);
        chunks.map(|(k, v)| (*k, v.clone())).collect()
    }

    fn truncate(&mut self, file: FileId, blocks: u32) {
        let from = PageTag::new(file, blocks);
        let to = PageTag::new(file, u32::MAX);
        let gone: Vec<PageTag> = self.pages.range(from..=to).map(|(k, _)| *k).collect();
        for tag in gone {
            self.pages.remove(&tag);
        }
        if let Some(length) = self.lengths.get_mut(&file) {
            *length = (*length).min(blocks);
        }
    }

    fn remove_log_before(&mut self, lsn: Lsn) {
        // A chunk ends where the next one starts, at the latest.
        let keys: Vec<Lsn> = self.log.range(..=lsn).map(|(k, _)| *k).collect();
        for key in keys.iter().rev().skip(1) {
            self.log.remove(key);
        }
    }

    /// Carries out an operation.
    pub fn perform(&mut self, op: &Op) -> Result<OpResult> {
        match op {
            Op::OpenDevice => {
                self.epoch += 1;
                self.spill.clear();
                return Ok(OpResult::Opened { epoch: self.epoch });
            }
            Op::ReadPages { file, first, count } => {
                return Ok(OpResult::Pages(self.read_pages(*file, *first, *count)));
            }
            Op::WritePages(pages) => {
                for (tag, page) in pages {
                    self.put_page(*tag, page.bytes());
                }
            }
            Op::AppendLog { start, bytes, .. } => {
                if !bytes.is_empty() {
                    self.log.insert(*start, bytes.to_vec());
                }
            }
            Op::ReadLog { from, limit } => return Ok(OpResult::Log(self.read_log(*from, *limit))),
            Op::RemoveLogBefore(lsn) => self.remove_log_before(*lsn),
            Op::RemoveLogFrom(lsn) => {
                self.log.split_off(lsn);
            }
            Op::ReadControl => return Ok(OpResult::Control(self.control.clone())),
            Op::WriteControl { slot, bytes } => {
                self.control[usize::from(*slot & 1)] = Some(bytes.clone());
            }
            Op::FileLength(file) => {
                return Ok(OpResult::Length(
                    self.lengths.get(file).copied().unwrap_or(0),
                ));
            }
            Op::TruncateFile { file, blocks } => self.truncate(*file, *blocks),
            Op::RemoveFile(file) => {
                self.truncate(*file, 0);
                self.lengths.remove(file);
            }
            Op::ListFiles => {
                let files = self.lengths.iter().map(|(f, n)| (*f, *n)).collect();
                return Ok(OpResult::Files(files));
            }
            Op::Sync | Op::Close => {}
            Op::ReadBytes(name) => return Ok(OpResult::Bytes(self.bytes.get(name).cloned())),
            Op::WriteBytes {
                name,
                bytes,
                append,
            } => {
                let file = self.bytes.entry(name.clone()).or_default();
                if !append {
                    file.clear();
                }
                file.extend_from_slice(bytes);
            }
            Op::RemoveBytes(name) => {
                self.bytes.remove(name);
            }
            Op::ListBytes => return Ok(OpResult::Names(self.bytes.keys().cloned().collect())),
            Op::WriteSpill { slot, bytes } => {
                self.spill.insert(*slot, bytes.clone());
            }
            Op::ReadSpill(slot) => return Ok(OpResult::Bytes(self.spill.get(slot).cloned())),
            Op::RemoveSpill(slot) => {
                self.spill.remove(slot);
            }
        }
        Ok(OpResult::Done)
    }
}
