//! A toy on top of storage: a file of pages, each holding small items; one record per insert, and a
//! log-only record per commit. Enough to see whether what was acknowledged comes back.

use crate::io::{Device, Rig};
use crate::page::{LpState, PageEdit};
use crate::wal::{Record, RedoContext, Rmgr, RmgrRow};
use crate::*;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_view::RecoveryReport;

pub const TOY: Rmgr = Rmgr(9);
pub const INSERT: u8 = 1;
pub const COMMIT: u8 = 2;
pub const FILE: FileId = FileId(20);

pub static ROWS: &[RmgrRow] = &[RmgrRow {
    id: TOY,
    name: "Toy",
    op_name: |op| if op == INSERT { "INSERT" } else { "COMMIT" },
    describe: |_, data| format!("{} bytes", data.len()),
    replay: Some(replay),
}];

fn replay(cx: &mut RedoContext, record: &Record<'_>) -> Result<()> {
    if record.op == COMMIT {
        cx.committed.push(record.xid);
    }
    Ok(())
}

pub fn small() -> Config {
    Config {
        frames: 16,
        ..Config::default()
    }
}

pub fn open<D: Device>(rig: &mut Rig<D>, config: Config) -> Result<(Rc<Storage>, RecoveryReport)> {
    let (io, scheduler) = (rig.io.clone(), rig.scheduler.clone());
    rig.run(Storage::open(config, io, scheduler, ROWS)).unwrap()
}

/// Puts an item on the last page of the file, or on a new one.
pub async fn insert(s: &Storage, xid: Xid, item: &[u8]) -> Result<Lsn> {
    s.act(|s| {
        let length = s.pool().length(FILE)?;
        let mut m = s.mini(TOY, INSERT, xid);
        let last = PageTag::new(FILE, length.saturating_sub(1));
        let room = length > 0 && m.page(last)?.free_space() >= crate::page::align8(item.len());
        let tag = if room { last } else { m.new_page(FILE)? };
        if !room {
            m.edit(
                tag,
                PageEdit::Init {
                    kind: 7,
                    special_len: 16,
                },
            )?;
        }
        let offset = m.page(tag)?.item_count() + 1;
        m.edit(
            tag,
            PageEdit::InsertItem {
                offset,
                bytes: item,
                shift: false,
            },
        )?;
        m.data(b"toy");
        Ok(m.finish())
    })
    .await
}

pub async fn commit(s: &Storage, xid: Xid, strict: bool) -> Result<()> {
    let lsn = s.log(TOY, COMMIT, xid, &[])?;
    s.commit_flush(lsn, strict).await
}

/// All items in order.
pub async fn items(s: &Storage) -> Result<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    for block in 0..s.length(FILE).await? {
        let mut page_items = s
            .act(|s| {
                let page = s.pool().read_scan(PageTag::new(FILE, block))?;
                let normal = |o: &u16| page.pointer(*o).is_some_and(|p| p.state == LpState::Normal);
                let found = (1..=page.item_count()).filter(normal);
                Ok(found
                    .filter_map(|o| page.item(o).map(<[u8]>::to_vec))
                    .collect::<Vec<_>>())
            })
            .await?;
        out.append(&mut page_items);
    }
    Ok(out)
}

pub fn text(i: u64, len: usize) -> Vec<u8> {
    let mut s = format!("item {i} ");
    while s.len() < len {
        s.push('x');
    }
    s.into_bytes()
}
