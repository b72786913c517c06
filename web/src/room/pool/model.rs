//! Frames in rows; a frame is a cell with a wedge (dirty), a ring (pinned) and ticks (usage).
use crate::picture::{Ink, Look, Picture, fact};
use vitrine_wire::view::{FrameView, PoolSnapshot};

/// Beyond this many frames cells shrink to 10 px and lose their text.
const TEXT_FRAMES: usize = 160;

pub fn picture(pool: &PoolSnapshot, width: f64, name: &dyn Fn(u32) -> String) -> Picture {
    let used = pool
        .frames
        .iter()
        .filter(|frame| frame.tag.is_some())
        .count();
    let dirty = pool.frames.iter().filter(|frame| frame.dirty).count();
    // Empty frames at the end say nothing one by one.
    let last = pool
        .frames
        .iter()
        .rposition(|frame| frame.tag.is_some())
        .map_or(0, |at| at + 1);
    let shown = pool.frames.len().min((last + 8).max(64));
    let (w, h) = if shown <= TEXT_FRAMES {
        (76.0, 32.0)
    } else {
        (10.0, 10.0)
    };
    let gap = 4.0;
    let columns = ((width / (w + gap)) as usize).max(1);
    let mut out = Picture {
        width,
        height: (shown.div_ceil(columns) as f64) * (h + gap) + 20.0,
        sentence: sentence(pool, used, dirty),
        sql: "SELECT bufferid, relfilenode, relblocknumber, isdirty, usagecount, pinning_backends FROM pg_buffercache WHERE relfilenode IS NOT NULL ORDER BY bufferid;".into(),
        ..Picture::default()
    };
    out.table.head = vec!["frame", "page", "usage", "pins", "dirty", "page LSN"];
    for (at, frame) in pool.frames.iter().take(shown).enumerate() {
        let x = (at % columns) as f64 * (w + gap) + 2.0;
        let y = (at / columns) as f64 * (h + gap) + 12.0;
        cell(&mut out, frame, (x, y, w, h), name);
        if pool.hand as usize == at {
            out.path(
                Look::Hand,
                format!("M{:.0} {:.0}h8l-4 6Z", x + w / 2.0 - 4.0, y - 8.0),
            );
        }
    }
    if shown < pool.frames.len() {
        let y = out.height - 2.0;
        out.label(
            Ink::Quiet,
            2.0,
            y,
            format!("and {} empty frames", pool.frames.len() - shown),
        );
    }
    out
}

fn sentence(pool: &PoolSnapshot, used: usize, dirty: usize) -> String {
    let counters = pool.counters;
    let looks = counters.hits + counters.misses;
    let share = if looks > 0 {
        counters.hits as f64 * 100.0 / looks as f64
    } else {
        0.0
    };
    format!(
        "{used} of {} frames hold pages, {dirty} dirty; {share:.1} % of {looks} look-ups found their page here.",
        pool.frames.len()
    )
}

fn cell(
    out: &mut Picture,
    frame: &FrameView,
    (x, y, w, h): (f64, f64, f64, f64),
    name: &dyn Fn(u32) -> String,
) {
    let Some(tag) = frame.tag else {
        out.rect(Look::Empty, x, y, w, h);
        return;
    };
    let page = format!("{}:{}", name(tag.file.0), tag.block);
    out.table.rows.push(vec![
        frame.frame.to_string(),
        page.clone(),
        frame.usage.to_string(),
        frame.pins.to_string(),
        if frame.dirty { "dirty" } else { "clean" }.into(),
        frame.lsn.to_string(),
    ]);
    let mut facts = vec![
        fact("frame", frame.frame),
        fact("usage", frame.usage),
        fact("pins", frame.pins),
        fact("page LSN", frame.lsn),
    ];
    if frame.dirty {
        facts.push(fact("dirty since", frame.dirty_since));
        facts.push(fact(
            "why",
            format!(
                "the page carries changes up to {} that the device does not have",
                frame.lsn
            ),
        ));
    }
    let look = match (frame.loading, frame.writing) {
        (true, _) => Look::Memory,
        (_, true) => Look::Handed,
        _ => Look::Clean,
    };
    out.rect(look, x, y, w, h)
        .thing(format!("page {page}"), facts);
    if frame.dirty {
        let k = (h / 2.5).min(10.0);
        out.path(
            Look::Wedge,
            format!("M{x:.0} {:.0}v-{k:.0}l{k:.0} {k:.0}Z", y + h),
        );
    }
    if frame.pins > 0 {
        out.rect(Look::Ring, x + 3.0, y + 3.0, w - 6.0, h - 6.0);
    }
    if h < 20.0 {
        return;
    }
    for tick in 0..frame.usage.min(5) {
        out.rect(
            Look::Tick,
            x + w - 8.0 - f64::from(tick) * 6.0,
            y + h - 5.0,
            4.0,
            4.0,
        );
    }
    // The block number matters most: a long name gives way to it.
    let block = format!(":{}", tag.block);
    let room = 10_usize.saturating_sub(block.len());
    let brief: String = name(tag.file.0).chars().take(room).collect();
    out.label(Ink::Plain, x + 5.0, y + 14.0, brief + &block);
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_wire::view::{FileId, Lsn, PageTag, PoolCounters};

    #[test]
    fn a_dirty_pinned_frame_under_the_hand_shows_all_three() {
        let frame = FrameView {
            frame: 0,
            tag: Some(PageTag::new(FileId(17), 3)),
            usage: 2,
            pins: 1,
            dirty: true,
            lsn: Lsn(0x1A2B),
            ..FrameView::default()
        };
        let pool = PoolSnapshot {
            frames: vec![frame, FrameView::default()],
            hand: 0,
            counters: PoolCounters {
                hits: 3,
                misses: 1,
                ..PoolCounters::default()
            },
        };
        let text = picture(&pool, 400.0, &|_| "seat".into()).to_text();
        assert_eq!(
            text,
            "1 of 2 frames hold pages, 1 dirty; 75.0 % of 4 look-ups found their page here.\n\
             clean 2,12 76x32 [page seat:3]\n\
             wedge M2 44v-10l10 10Z\n\
             ring 5,15 70x26\n\
             tick 70,39 4x4\n\
             tick 64,39 4x4\n\
             hand M36 4h8l-4 6Z\n\
             empty 82,12 76x32\n\
             \"seat:3\" 7,26\n"
        );
    }
}
