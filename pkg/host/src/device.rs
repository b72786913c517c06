//! Device operations as bytes, for a device that lives in JavaScript.
//!
//! The layout is written out in `pkg/js/device-ops.mjs`, which reads what this writes and writes
//! what this reads. The numbers of the operations are that file's; a test there and one here hold
//! both to the same order.
use vitrine_storage::io::{Op, OpResult};
use vitrine_storage::{FileId, Lsn, OpId, PAGE_SIZE, StorageError};
use vitrine_wire::{Reader, WireFault, Writer};

/// Which answer an operation expects; kept until its completion comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    Done,
    Opened,
    Pages(u32),
    Log,
    Control,
    Length,
    Files,
    Bytes,
    Names,
}

/// Writes an operation and says what its answer will hold.
pub fn write_op(id: OpId, op: &Op, out: &mut Writer) -> Expect {
    let start = |number: u32, out: &mut Writer| {
        out.u32(number);
        out.u64(id.0);
    };
    match op {
        Op::OpenDevice => start(1, out),
        Op::ReadPages { file, first, count } => {
            start(2, out);
            out.u32(file.0);
            out.u32(*first);
            out.u32(*count);
        }
        Op::WritePages(pages) => {
            start(3, out);
            out.u32(pages.len() as u32);
            for (tag, _) in pages {
                out.u32(tag.file.0);
                out.u32(tag.block.0);
            }
            pages.iter().for_each(|(_, page)| out.raw(page.bytes()));
        }
        Op::AppendLog {
            start: lsn,
            bytes,
            strict,
        } => {
            start(4, out);
            out.u64(lsn.0);
            out.u32(u32::from(*strict));
            out.bytes(bytes);
        }
        Op::ReadLog { from, limit } => {
            start(5, out);
            out.u64(from.0);
            out.u32(*limit);
        }
        Op::RemoveLogBefore(lsn) => {
            start(6, out);
            out.u64(lsn.0);
        }
        Op::RemoveLogFrom(lsn) => {
            start(7, out);
            out.u64(lsn.0);
        }
        Op::ReadControl => start(8, out),
        Op::WriteControl { slot, bytes } => {
            start(9, out);
            out.u32(u32::from(*slot));
            out.bytes(bytes);
        }
        Op::FileLength(file) => {
            start(10, out);
            out.u32(file.0);
        }
        Op::TruncateFile { file, blocks } => {
            start(11, out);
            out.u32(file.0);
            out.u32(*blocks);
        }
        Op::RemoveFile(file) => {
            start(12, out);
            out.u32(file.0);
        }
        Op::ListFiles => start(13, out),
        Op::Sync => start(14, out),
        Op::Close => start(22, out),
        _ => write_named(id, op, out),
    }
    expected(op)
}

/// Byte files and the spill area.
fn write_named(id: OpId, op: &Op, out: &mut Writer) {
    let mut named = |number: u32, name: &str| {
        out.u32(number);
        out.u64(id.0);
        if !name.is_empty() {
            out.text(name);
        }
    };
    match op {
        Op::ReadBytes(name) => named(15, name),
        Op::WriteBytes {
            name,
            bytes,
            append,
        } => {
            named(16, name);
            out.u32(u32::from(*append));
            out.bytes(bytes);
        }
        Op::RemoveBytes(name) => named(17, name),
        Op::ListBytes => named(18, ""),
        Op::WriteSpill { slot, bytes } => {
            named(19, "");
            out.u64(*slot);
            out.bytes(bytes);
        }
        Op::ReadSpill(slot) => {
            named(20, "");
            out.u64(*slot);
        }
        Op::RemoveSpill(slot) => {
            named(21, "");
            out.u64(*slot);
        }
        _ => {}
    }
}

fn expected(op: &Op) -> Expect {
    match op {
        Op::OpenDevice => Expect::Opened,
        Op::ReadPages { count, .. } => Expect::Pages(*count),
        Op::ReadLog { .. } => Expect::Log,
        Op::ReadControl => Expect::Control,
        Op::FileLength(_) => Expect::Length,
        Op::ListFiles => Expect::Files,
        Op::ReadBytes(_) | Op::ReadSpill(_) => Expect::Bytes,
        Op::ListBytes => Expect::Names,
        _ => Expect::Done,
    }
}

/// The id of the operation a completion is for, and a reader at the rest.
pub fn read_completion(bytes: &[u8]) -> Result<(OpId, Reader<'_>), WireFault> {
    let mut reader = Reader::new(bytes);
    Ok((OpId(reader.u64()?), reader))
}

/// The rest of a completion. A host that answers nonsense is a device that failed.
pub fn read_outcome(reader: &mut Reader<'_>, expect: Expect) -> Result<OpResult, StorageError> {
    let broken = |_| failed("answer of the host is not well formed");
    match reader.u32().map_err(broken)? {
        0 => read_answer(reader, expect).map_err(broken),
        2 => Err(StorageError::Full),
        3 => Err(StorageError::DeviceLost),
        4 => Err(StorageError::Fenced),
        _ => Err(failed(&String::from_utf8_lossy(
            reader.bytes().map_err(broken)?,
        ))),
    }
}

fn failed(why: &str) -> StorageError {
    StorageError::Device {
        what: "use the device",
        why: why.into(),
    }
}

fn read_answer(reader: &mut Reader<'_>, expect: Expect) -> Result<OpResult, WireFault> {
    Ok(match expect {
        Expect::Done => OpResult::Done,
        Expect::Opened => OpResult::Opened {
            epoch: reader.u64()?,
        },
        Expect::Pages(count) => OpResult::Pages(reader.take(count as usize * PAGE_SIZE)?.to_vec()),
        Expect::Log => {
            let count = reader.u32()?;
            let chunk = |r: &mut Reader<'_>| Ok((Lsn(r.u64()?), r.bytes()?.to_vec()));
            OpResult::Log(
                (0..count)
                    .map(|_| chunk(reader))
                    .collect::<Result<_, WireFault>>()?,
            )
        }
        Expect::Control => OpResult::Control([perhaps(reader)?, perhaps(reader)?]),
        Expect::Length => OpResult::Length(reader.u32()?),
        Expect::Files => {
            let count = reader.u32()?;
            let file = |r: &mut Reader<'_>| Ok((FileId(r.u32()?), r.u32()?));
            OpResult::Files(
                (0..count)
                    .map(|_| file(reader))
                    .collect::<Result<_, WireFault>>()?,
            )
        }
        Expect::Bytes => OpResult::Bytes(perhaps(reader)?),
        Expect::Names => {
            let count = reader.u32()?;
            let name = |r: &mut Reader<'_>| r.text().map(String::from);
            OpResult::Names(
                (0..count)
                    .map(|_| name(reader))
                    .collect::<Result<_, WireFault>>()?,
            )
        }
    })
}

fn perhaps(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, WireFault> {
    let there = reader.u32()? != 0;
    if there {
        Ok(Some(reader.bytes()?.to_vec()))
    } else {
        Ok(None)
    }
}

/// The other side of the bytes, for tests: what a device in JavaScript does.
#[cfg(test)]
pub mod mirror {
    use super::*;
    use vitrine_storage::io::MemoryDevice;
    use vitrine_storage::{BlockNo, Page, PageTag};

    /// Carries out an operation that came as bytes, and gives the completion as bytes.
    pub fn perform(device: &mut MemoryDevice, bytes: &[u8]) -> Vec<u8> {
        let mut r = Reader::new(bytes);
        let number = r.u32().expect("a number");
        let id = r.u64().expect("an id");
        let op = read_op(number, &mut r).expect("an operation that tests use");
        let mut out = Writer::new();
        out.u64(id);
        match device.disk.perform(&op) {
            Ok(answer) => {
                out.u32(0);
                write_answer(&answer, &mut out);
            }
            Err(error) => {
                out.u32(1);
                out.bytes(error.to_string().as_bytes());
            }
        }
        out.into_vec()
    }

    fn read_op(number: u32, r: &mut Reader<'_>) -> Result<Op, WireFault> {
        Ok(match number {
            1 => Op::OpenDevice,
            2 => Op::ReadPages {
                file: FileId(r.u32()?),
                first: r.u32()?,
                count: r.u32()?,
            },
            3 => {
                let count = r.u32()?;
                let tag = |r: &mut Reader<'_>| {
                    Ok(PageTag {
                        file: FileId(r.u32()?),
                        block: BlockNo(r.u32()?),
                    })
                };
                let tags: Vec<PageTag> = (0..count)
                    .map(|_| tag(r))
                    .collect::<Result<_, WireFault>>()?;
                let page = |tag, r: &mut Reader<'_>| {
                    let bytes = r.take(PAGE_SIZE)?;
                    Ok((tag, Page::from_bytes(bytes).ok_or(WireFault::TooShort)?))
                };
                let pages = tags.into_iter().map(|tag| page(tag, r));
                Op::WritePages(pages.collect::<Result<_, WireFault>>()?)
            }
            4 => {
                let (start, strict) = (Lsn(r.u64()?), r.u32()? != 0);
                Op::AppendLog {
                    start,
                    strict,
                    bytes: r.bytes()?.to_vec().into(),
                }
            }
            5 => Op::ReadLog {
                from: Lsn(r.u64()?),
                limit: r.u32()?,
            },
            6 => Op::RemoveLogBefore(Lsn(r.u64()?)),
            7 => Op::RemoveLogFrom(Lsn(r.u64()?)),
            8 => Op::ReadControl,
            9 => Op::WriteControl {
                slot: r.u32()? as u8,
                bytes: r.bytes()?.to_vec(),
            },
            10 => Op::FileLength(FileId(r.u32()?)),
            11 => Op::TruncateFile {
                file: FileId(r.u32()?),
                blocks: r.u32()?,
            },
            12 => Op::RemoveFile(FileId(r.u32()?)),
            13 => Op::ListFiles,
            14 => Op::Sync,
            22 => Op::Close,
            _ => return Err(WireFault::Malformed("not needed here")),
        })
    }

    fn write_answer(answer: &OpResult, out: &mut Writer) {
        match answer {
            OpResult::Done | OpResult::Bytes(_) | OpResult::Names(_) => {}
            OpResult::Opened { epoch } => out.u64(*epoch),
            OpResult::Pages(bytes) => out.raw(bytes),
            OpResult::Log(chunks) => {
                out.u32(chunks.len() as u32);
                for (start, bytes) in chunks {
                    out.u64(start.0);
                    out.bytes(bytes);
                }
            }
            OpResult::Control(slots) => {
                for slot in slots {
                    out.u32(u32::from(slot.is_some()));
                    if let Some(bytes) = slot {
                        out.bytes(bytes);
                    }
                }
            }
            OpResult::Length(blocks) => out.u32(*blocks),
            OpResult::Files(files) => {
                out.u32(files.len() as u32);
                for (file, blocks) in files {
                    out.u32(file.0);
                    out.u32(*blocks);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list in `device-ops.mjs`, in its order.
    #[test]
    fn numbers_are_those_of_the_javascript_side() {
        let script = include_str!("../../js/device-ops.mjs");
        let list = script
            .split("OP_NAMES = [")
            .nth(1)
            .and_then(|rest| rest.split(']').next());
        let names: Vec<&str> = list
            .expect("the list")
            .split('\'')
            .skip(1)
            .step_by(2)
            .collect();
        let ops = [
            ("open", Op::OpenDevice),
            (
                "readPages",
                Op::ReadPages {
                    file: FileId(1),
                    first: 0,
                    count: 1,
                },
            ),
            ("writePages", Op::WritePages(Vec::new())),
            (
                "appendLog",
                Op::AppendLog {
                    start: Lsn(1),
                    bytes: Vec::new().into(),
                    strict: true,
                },
            ),
            (
                "readLog",
                Op::ReadLog {
                    from: Lsn(1),
                    limit: 1,
                },
            ),
            ("removeLogBefore", Op::RemoveLogBefore(Lsn(1))),
            ("removeLogFrom", Op::RemoveLogFrom(Lsn(1))),
            ("readControl", Op::ReadControl),
            (
                "writeControl",
                Op::WriteControl {
                    slot: 0,
                    bytes: Vec::new(),
                },
            ),
            ("fileLength", Op::FileLength(FileId(1))),
            (
                "truncateFile",
                Op::TruncateFile {
                    file: FileId(1),
                    blocks: 0,
                },
            ),
            ("removeFile", Op::RemoveFile(FileId(1))),
            ("listFiles", Op::ListFiles),
            ("sync", Op::Sync),
            ("readBytes", Op::ReadBytes("n".into())),
            (
                "writeBytes",
                Op::WriteBytes {
                    name: "n".into(),
                    bytes: Vec::new(),
                    append: false,
                },
            ),
            ("removeBytes", Op::RemoveBytes("n".into())),
            ("listBytes", Op::ListBytes),
            (
                "writeSpill",
                Op::WriteSpill {
                    slot: 0,
                    bytes: Vec::new(),
                },
            ),
            ("readSpill", Op::ReadSpill(0)),
            ("removeSpill", Op::RemoveSpill(0)),
            ("close", Op::Close),
        ];
        assert_eq!(names.len(), ops.len() + 1);
        for (name, op) in ops {
            let mut out = Writer::new();
            write_op(OpId(7), &op, &mut out);
            let number = Reader::new(out.as_slice()).u32().expect("a number");
            assert_eq!(names.get(number as usize), Some(&name));
        }
    }

    #[test]
    fn a_completion_is_read_as_its_operation_expects() {
        let mut out = Writer::new();
        out.u64(9);
        out.u32(0);
        out.u32(2);
        out.u64(100);
        out.bytes(b"abc");
        out.u64(103);
        out.bytes(b"d");
        let (id, mut rest) = read_completion(out.as_slice()).expect("an id");
        assert_eq!(id, OpId(9));
        let log = vec![(Lsn(100), b"abc".to_vec()), (Lsn(103), b"d".to_vec())];
        assert!(read_outcome(&mut rest, Expect::Log) == Ok(OpResult::Log(log)));
        // The same bytes for another operation are an error of the device, not a panic.
        let (_, mut rest) = read_completion(out.as_slice()).expect("an id");
        let pages = read_outcome(&mut rest, Expect::Pages(1));
        assert!(matches!(pages, Err(StorageError::Device { .. })));
    }
}
