//! One line a version, oldest first in each chain; beside it what is locked and who waits.
//!
//! ```text
//!  (0,7)  ▯ xmin 742   ╱ xmax 745   7, NULL
//!    └──► (0,8)  ▯ xmin 745 hollow: S1 has not committed        S1 ▌ExclusiveLock on transaction 745
//!                                                               S2 ▨ waits for S1
//! ```
use super::waits_of;
use crate::picture::{Ink, Look, Picture, fact};
use crate::room::page::decode::{Column, Header, KIND_HEAP, Pointer, Tuple, pointers};
use crate::room_props::{Seat, letter_of, number_of};
use vitrine_wire::view::{LockSnapshot, PageDetail, VersionView, VersionsView};

const ROW_PX: f64 = 28.0;
const BOX_PX: f64 = 460.0;
const MOST_ROWS: usize = 60;

/// Transactions in progress and the sessions they belong to: each holds a lock on its own id.
fn running(locks: &LockSnapshot) -> Vec<(u32, u32)> {
    let own = locks
        .locks
        .iter()
        .filter(|lock| lock.kind == "transactionid" && lock.granted);
    let read = own.filter_map(|lock| {
        let digits: String = lock.target.chars().filter(char::is_ascii_digit).collect();
        Some((digits.parse::<u64>().ok()? as u32, lock.session.0))
    });
    read.collect()
}

/// What the picture is drawn for, beside the page's bytes.
pub struct Around<'a> {
    pub locks: &'a LockSnapshot,
    pub seats: &'a [Seat],
    /// What the engine says of each version; without it the bits on the page must do.
    pub versions: Option<&'a VersionsView>,
}

impl Around<'_> {
    fn said(&self, pointer: &Pointer) -> Option<&VersionView> {
        let all = &self.versions?.versions;
        all.iter()
            .find(|version| version.tuple.lp == pointer.number)
    }
}

struct Fate {
    look: Look,
    over: Option<Look>,
    who: u32,
    words: String,
}

/// What becomes of a version, and the words for it.
fn fate(tuple: &Tuple, said: Option<&VersionView>, running: &[(u32, u32)], seats: &[Seat]) -> Fate {
    let owner = |xid: u32| {
        running
            .iter()
            .find(|(own, _)| *own == xid)
            .map(|(_, session)| *session)
    };
    let is = |status: Option<&Option<String>>, word: &str| {
        status.is_some_and(|s| s.as_deref() == Some(word))
    };
    let fate = |look, over, who, words| Fate {
        look,
        over,
        who,
        words,
    };
    if let Some(session) = owner(tuple.xmin) {
        let words = format!(
            "written by {}, not committed: nobody else sees it",
            letter_of(seats, session)
        );
        return fate(Look::Hollow, None, number_of(seats, session), words);
    }
    if tuple.is_aborted() || is(said.map(|said| &said.xmin_status), "aborted") {
        return fate(
            Look::Hollow,
            Some(Look::Abort),
            0,
            "its writer rolled back: nobody sees it".into(),
        );
    }
    let deleter = tuple
        .deleter()
        .filter(|_| !is(said.map(|said| &said.xmax_status), "aborted"));
    let Some(xid) = deleter else {
        let words = match tuple.locker().and_then(owner) {
            Some(session) => format!("committed; {} locks the row", letter_of(seats, session)),
            None => "committed: new snapshots see it".into(),
        };
        return fate(Look::Committed, None, 0, words);
    };
    match owner(xid) {
        Some(session) => {
            let who = letter_of(seats, session);
            let words =
                format!("{who} replaces or deletes it; the others see it until {who} commits");
            fate(Look::Committed, Some(Look::Strike), 0, words)
        }
        None => fate(
            Look::Committed,
            Some(Look::Cross),
            0,
            "replaced or deleted: only older snapshots see it".into(),
        ),
    }
}

pub fn picture(
    page: Option<&PageDetail>,
    name: &str,
    columns: &[Column],
    around: &Around,
) -> Picture {
    let mut out = Picture {
        width: 800.0,
        ..Picture::default()
    };
    out.table.head = vec!["version", "xmin", "xmax", "next", "says", "is"];
    let (locks, seats) = (around.locks, around.seats);
    let running = running(locks);
    let mut y = 8.0;
    let mut dead = 0;
    let mut versions = 0;
    if let Some(page) = page.filter(|page| Header::read(&page.bytes).kind == KIND_HEAP) {
        let places = order(page);
        for (pointer, tuple) in places.iter().take(MOST_ROWS) {
            versions += 1;
            let said = around.said(pointer);
            let fate = fate(tuple, said, &running, seats);
            dead += usize::from(matches!(fate.over, Some(Look::Cross | Look::Abort)));
            let mut facts = vec![fact("is", &fate.words)];
            for verdict in said.iter().flat_map(|said| &said.verdicts) {
                let who = letter_of(seats, verdict.session.0);
                let sees = match verdict.sees {
                    Some(true) => "sees it",
                    Some(false) => "does not see it",
                    None => "may see it",
                };
                facts.push(fact(&format!("{who} {sees}"), &verdict.why));
            }
            version(
                &mut out,
                page.tag.block.0,
                (pointer, tuple),
                columns,
                y,
                (fate, facts),
            );
            y += ROW_PX;
        }
        if places.len() > MOST_ROWS {
            out.label(
                Ink::Quiet,
                8.0,
                y + 10.0,
                format!("and {} more versions", places.len() - MOST_ROWS),
            );
            y += ROW_PX;
        }
    }
    let bottom = lock_lines(&mut out, locks, seats);
    out.height = y.max(bottom) + 12.0;
    let waits = waits_of(locks, seats);
    out.sentence = match waits.first() {
        Some((_, words)) if waits.len() == 1 => format!("{words}."),
        Some((_, words)) => format!("{words}, and {} more wait.", waits.len() - 1),
        None if versions > 0 => {
            format!("Page of {name} holds {versions} versions, {dead} of them dead; nobody waits.")
        }
        None => "Nobody waits, and no version has been written.".into(),
    };
    out.sql = "SELECT pid, locktype, mode, granted FROM pg_locks ORDER BY granted, pid;".into();
    out
}

/// Versions in chains: each followed by its successor on the page.
fn order(page: &PageDetail) -> Vec<(Pointer, Tuple)> {
    let mut left: Vec<(Pointer, Tuple)> = pointers(&page.bytes)
        .into_iter()
        .filter(|pointer| pointer.state == 1)
        .filter_map(|pointer| {
            Some((
                pointer,
                Tuple::read(page.bytes.get(pointer.at..pointer.at + pointer.len)?)?,
            ))
        })
        .collect();
    let mut out: Vec<(Pointer, Tuple)> = Vec::new();
    while !left.is_empty() {
        let next = out.last().map(|(_, tuple)| tuple.ctid).and_then(|ctid| {
            let here = ctid.block == page.tag.block.0;
            left.iter()
                .position(|(pointer, _)| here && pointer.number == ctid.offset)
        });
        out.push(left.remove(next.unwrap_or(0)));
    }
    out
}

fn version(
    out: &mut Picture,
    block: u32,
    (pointer, tuple): (&Pointer, &Tuple),
    columns: &[Column],
    y: f64,
    (fate, mut facts): (Fate, Vec<(String, String)>),
) {
    let Fate {
        look,
        over,
        who,
        words,
    } = fate;
    let x = 8.0;
    let place = format!("({block},{})", pointer.number);
    let says = tuple.values(columns).join(", ");
    let next = (tuple.ctid.offset != pointer.number || tuple.ctid.block != block)
        .then(|| tuple.ctid.to_string());
    facts.extend([
        fact("says", &says),
        fact("xmin", tuple.xmin),
        fact("xmax", tuple.xmax),
        fact(
            "next version",
            next.clone().unwrap_or_else(|| "none".into()),
        ),
        fact("bits", tuple.flags()),
    ]);
    out.rect(look, x, y, BOX_PX, ROW_PX - 6.0)
        .of(who)
        .thing(format!("tuple {place}"), facts);
    match over {
        Some(Look::Strike) => {
            out.path(
                Look::Strike,
                format!("M{x} {:.0}L{:.0} {y:.0}", y + ROW_PX - 6.0, x + BOX_PX),
            );
        }
        Some(over) => {
            let (l, r, b) = (x + BOX_PX - 22.0, x + BOX_PX - 4.0, y + ROW_PX - 8.0);
            out.path(
                over,
                format!(
                    "M{l} {b:.0}L{r} {:.0}M{l} {:.0}L{r} {b:.0}",
                    y + 2.0,
                    y + 2.0
                ),
            );
        }
        None => {}
    }
    let letter = if who > 0 {
        format!("S{who} ")
    } else {
        String::new()
    };
    out.label(Ink::Code, x + 6.0, y + 15.0, format!("{letter}{place}"));
    out.label(
        Ink::Quiet,
        x + 90.0,
        y + 15.0,
        format!("xmin {}", tuple.xmin),
    );
    if tuple.xmax != 0 {
        out.label(
            Ink::Quiet,
            x + 160.0,
            y + 15.0,
            format!("xmax {}", tuple.xmax),
        );
    }
    out.label(
        Ink::Code,
        x + 235.0,
        y + 15.0,
        says.chars().take(24).collect::<String>(),
    );
    if let Some(next) = &next {
        out.label_right(Ink::Quiet, x + BOX_PX - 28.0, y + 15.0, format!("→ {next}"));
    }
    let cells = [
        place,
        tuple.xmin.to_string(),
        tuple.xmax.to_string(),
        next.unwrap_or_default(),
        says,
        words,
    ];
    out.table.rows.push(cells.to_vec());
}

/// Locks held and waited for, to the right of the versions; returns where they end.
fn lock_lines(out: &mut Picture, locks: &LockSnapshot, seats: &[Seat]) -> f64 {
    let x = BOX_PX + 40.0;
    let mut y = 8.0;
    for lock in locks
        .locks
        .iter()
        .filter(|lock| number_of(seats, lock.session.0) > 0)
        .take(MOST_ROWS)
    {
        let who = number_of(seats, lock.session.0);
        let letter = letter_of(seats, lock.session.0);
        let mut facts = vec![
            fact("mode", &lock.mode),
            fact("on", format!("{} {}", lock.kind, lock.target)),
        ];
        let line = if lock.granted {
            out.rect(Look::Bar, x, y, 3.0, ROW_PX - 8.0)
                .of(who)
                .thing(format!("{letter} {} {}", lock.kind, lock.target), facts);
            format!("{letter} holds {}", lock.mode)
        } else {
            let holders: Vec<String> = lock
                .blocked_by
                .iter()
                .map(|holder| letter_of(seats, holder.0))
                .collect();
            facts.push(fact("held by", holders.join(", ")));
            out.rect(Look::Wait, x - 14.0, y, 17.0, ROW_PX - 8.0)
                .of(who)
                .thing(
                    format!("{letter} waits for {} {}", lock.kind, lock.target),
                    facts,
                );
            if let Some(holder) = lock.blocked_by.first() {
                out.path(
                    Look::Arrow,
                    format!("M{:.0} {:.0}h-12m4 -4l-4 4l4 4", x - 18.0, y + 10.0),
                );
                let _ = holder;
            }
            format!("{letter} waits for {}: {}", holders.join(", "), lock.mode)
        };
        out.label(Ink::Plain, x + 8.0, y + 10.0, line);
        out.label(
            Ink::Quiet,
            x + 8.0,
            y + 22.0,
            format!("{} {}", lock.kind, lock.target),
        );
        y += ROW_PX + 2.0;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::page::decode::tests::{columns, page_of, tuple};
    use vitrine_wire::view::{FileId, LockView, PageTag, PageView, SessionId};

    fn lock(session: u32, target: &str, granted: bool, blocked_by: &[u32]) -> LockView {
        LockView {
            session: SessionId(session),
            kind: "transactionid".into(),
            target: target.into(),
            relation: None,
            mode: if granted {
                "ExclusiveLock"
            } else {
                "ShareLock"
            }
            .into(),
            granted,
            waiting_since_us: 0,
            blocked_by: blocked_by.iter().map(|id| SessionId(*id)).collect(),
        }
    }

    #[test]
    fn the_last_seat_shows_a_struck_version_its_hollow_successor_and_who_waits() {
        let bytes = page_of(&[
            tuple(5, 9, 0x0100, 2, 7, None),
            tuple(9, 0, 0x0800, 2, 7, Some("Ana")),
        ]);
        let page = PageDetail {
            tag: PageTag::new(FileId(17), 0),
            resident: true,
            view: PageView::default(),
            bytes,
            ..PageDetail::default()
        };
        let locks = LockSnapshot {
            locks: vec![lock(41, "9", true, &[]), lock(42, "9", false, &[41])],
        };
        let seats = [
            Seat {
                number: 1,
                engine_id: 41,
            },
            Seat {
                number: 2,
                engine_id: 42,
            },
        ];
        let picture = picture(
            Some(&page),
            "seat",
            &columns(),
            &Around {
                locks: &locks,
                seats: &seats,
                versions: None,
            },
        );
        assert_eq!(picture.sentence, "S2 waits for S1.");
        let text = picture.to_text();
        for part in [
            "committed 8,8 460x22 [tuple (0,1)]",
            "strike ",
            "hollow 8,36 460x22 S1 [tuple (0,2)]",
            "wait 486,38 17x20 S2",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn once_the_deleter_is_gone_the_old_version_is_crossed_out() {
        let bytes = page_of(&[
            tuple(5, 9, 0x0100, 2, 7, None),
            tuple(9, 0, 0x0800, 2, 7, Some("Ana")),
        ]);
        let page = PageDetail {
            tag: PageTag::new(FileId(17), 0),
            resident: true,
            view: PageView::default(),
            bytes,
            ..PageDetail::default()
        };
        let picture = picture(
            Some(&page),
            "seat",
            &columns(),
            &Around {
                locks: &LockSnapshot::default(),
                seats: &[],
                versions: None,
            },
        );
        assert_eq!(
            picture.sentence,
            "Page of seat holds 2 versions, 1 of them dead; nobody waits."
        );
        assert_eq!(picture.legend(), [Look::Committed, Look::Cross]);
    }
}
