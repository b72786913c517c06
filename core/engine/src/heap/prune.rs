//! Chains of versions on a page, and the removal of those nobody can see.
//!
//! ```text
//!  before   lp1: v1 (dead) ─► lp2: v2 (dead) ─► lp3: v3        index entry → lp1
//!  after    lp1: redirect to lp3, lp2 unused,   lp3: v3
//!  all dead lp1: dead (VACUUM clears the indexes first), lp2, lp3 unused
//! ```
//!
//! One action, one record. A chain is walked from its root along `ctid` as long as the next version's
//! xmin is the last one's xmax; whatever else a link points at is not of the chain.

use super::op;
use super::table::HeapTable;
use super::tuple::{Header, Item, item};
use super::visibility::{Fate, fate};
use crate::engine::EngineCx;
use crate::stop::Act;
use crate::txn::XidStatus;
use alloc::vec;
use alloc::vec::Vec;
use vitrine_data::tuple::TupleHeader;
use vitrine_storage::page::{LpState, Offsets, Page, PageEdit};
use vitrine_storage::wal::Rmgr;
use vitrine_view::{Event, PageTag, Xid};

/// One version of a chain.
pub struct Link<'p> {
    pub offset: u16,
    pub header: TupleHeader,
    pub bytes: &'p [u8],
}

/// The versions reachable from a line pointer without leaving the page, oldest first.
pub fn chain<'p>(page: &'p Page, tag: PageTag, root: u16) -> Act<Vec<Link<'p>>> {
    let mut links: Vec<Link<'p>> = Vec::new();
    let mut at = root;
    let mut came_by_redirect = false;
    let mut last_xmax = None;
    while links.len() <= usize::from(page.item_count()) {
        match item(page, tag, at)? {
            Item::Redirect(to) if links.is_empty() && !came_by_redirect => {
                came_by_redirect = true;
                at = to;
            }
            Item::Tuple(header, bytes) => {
                if last_xmax.is_some_and(|x| x != header.xmin || !header.is_heap_only()) {
                    break;
                }
                let next = header.ctid();
                let goes_on = header.is_hot_updated() && next.block == tag.block.0;
                last_xmax = Some(header.xmax);
                links.push(Link {
                    offset: at,
                    header,
                    bytes,
                });
                if !goes_on || next.offset == at {
                    break;
                }
                at = next.offset;
            }
            _ => break,
        }
    }
    Ok(links)
}

/// What pruning is about to do to a page.
#[derive(Default)]
struct Plan {
    redirects: Vec<u16>,
    dead: Vec<u16>,
    unused: Vec<u16>,
    /// The oldest transaction whose old versions stay for now.
    next_prune: u32,
    removed: u16,
}

#[derive(Clone, Copy, Default, Debug)]
pub struct Pruned {
    pub removed: u16,
}

impl HeapTable {
    /// Prunes if the page's hint says that it may be worth it.
    pub(super) fn prune_if_worth(&self, cx: EngineCx<'_>, tag: PageTag) -> Act<()> {
        let hint = cx.storage().pool().read(tag)?.prune_xid();
        if hint != 0 && cx.txns().widen(hint) < cx.txns().horizon() {
            prune_page(cx, tag, cx.txns().horizon())?;
        }
        Ok(())
    }
}

/// One action: removes what is dead on a page.
pub fn prune_page(cx: EngineCx<'_>, tag: PageTag, horizon: Xid) -> Act<Pruned> {
    let plan = {
        let page = cx.storage().pool().read(tag)?;
        plan_page(cx, &page, tag, horizon)?
    };
    if plan.redirects.is_empty() && plan.dead.is_empty() && plan.unused.is_empty() {
        return Ok(Pruned::default());
    }
    let mut mini = cx.storage().mini(Rmgr::HEAP, op::PRUNE, Xid::INVALID);
    mini.pin(tag)?;
    mini.edit(
        tag,
        PageEdit::Prune {
            redirects: Offsets::Slice(&plan.redirects),
            dead: Offsets::Slice(&plan.dead),
            unused: Offsets::Slice(&plan.unused),
            truncate: false,
        },
    )?;
    mini.edit(tag, PageEdit::PruneXid(plan.next_prune))?;
    for offset in plan.dead.iter().chain(&plan.unused) {
        mini.data(&offset.to_le_bytes());
    }
    mini.finish();
    let removed = plan.removed;
    cx.storage()
        .trace()
        .emit(|| Event::PagePruned { tag, removed });
    Ok(Pruned { removed })
}

fn plan_page(cx: EngineCx<'_>, page: &Page, tag: PageTag, horizon: Xid) -> Act<Plan> {
    let count = page.item_count();
    let mut fates = vec![None; usize::from(count) + 1];
    let mut plan = Plan::default();
    let mut oldest_left: Option<Xid> = None;
    for offset in 1..=count {
        if let Item::Tuple(h, _) = item(page, tag, offset)? {
            let f = fate(cx.txns(), horizon, &h)?;
            if f == Fate::InBetween && h.has_xmax() && !h.is_lock_only() {
                let xmax = cx.txns().widen(h.xmax);
                oldest_left = Some(oldest_left.map_or(xmax, |o| o.min(xmax)));
            }
            if let Some(slot) = fates.get_mut(usize::from(offset)) {
                *slot = Some((f, h.is_heap_only()));
            }
        }
    }
    plan.next_prune = oldest_left.map_or(0, |x| cx.txns().narrow(x));
    let fate_of = |offset: u16| fates.get(usize::from(offset)).copied().flatten();
    let mut handled = vec![false; usize::from(count) + 1];
    for root in 1..=count {
        let state = page.pointer(root).map_or(LpState::Unused, |lp| lp.state);
        let is_redirect = state == LpState::Redirect;
        let is_root = is_redirect || fate_of(root).is_some_and(|(_, heap_only)| !heap_only);
        if !is_root {
            continue;
        }
        let links: Vec<u16> = chain(page, tag, root)?.iter().map(|l| l.offset).collect();
        // Up to the last version nobody can see: whoever updated it came later than all before it.
        // An aborted version at the end says nothing about those before.
        let mut dead = 0;
        for (i, offset) in links.iter().enumerate() {
            let is_dead = fate_of(*offset).is_some_and(|(f, _)| f == Fate::Dead);
            if is_dead && (dead == i || !is_aborted(cx, page, tag, *offset)?) {
                dead = i + 1;
            }
        }
        for offset in &links {
            if let Some(slot) = handled.get_mut(usize::from(*offset)) {
                *slot = true;
            }
        }
        if dead == 0 && !links.is_empty() {
            continue;
        }
        plan.removed += dead as u16;
        let gone = links.iter().take(dead).copied().filter(|o| *o != root);
        plan.unused.extend(gone);
        match links.get(dead) {
            Some(alive) => plan.redirects.extend([root, *alive]),
            None => plan.dead.push(root),
        }
    }
    // Versions of aborted updates hang on nothing that is dead.
    for offset in 1..=count {
        let is_handled = handled.get(usize::from(offset)).copied().unwrap_or(false);
        if !is_handled && fate_of(offset) == Some((Fate::Dead, true)) {
            plan.unused.push(offset);
            plan.removed += 1;
        }
    }
    add_aborted_tails(page, tag, &handled, &fate_of, &mut plan)?;
    Ok(plan)
}

fn is_aborted(cx: EngineCx<'_>, page: &Page, tag: PageTag, offset: u16) -> Act<bool> {
    let Item::Tuple(h, _) = item(page, tag, offset)? else {
        return Ok(false);
    };
    if h.xmin_invalid() {
        return Ok(true);
    }
    Ok(!h.is_frozen() && cx.txns().status(cx.txns().widen(h.xmin))? == XidStatus::Aborted)
}

/// A live version whose update was aborted still leads to the aborted one: that goes too.
fn add_aborted_tails(
    page: &Page,
    tag: PageTag,
    handled: &[bool],
    fate_of: &dyn Fn(u16) -> Option<(Fate, bool)>,
    plan: &mut Plan,
) -> Act<()> {
    for offset in 1..=page.item_count() {
        let in_chain = handled.get(usize::from(offset)).copied().unwrap_or(false);
        let is_dead_tail = fate_of(offset) == Some((Fate::Dead, true));
        let known = plan.unused.contains(&offset) || plan.redirects.contains(&offset);
        if !in_chain || !is_dead_tail || known {
            continue;
        }
        if let Item::Tuple(..) = item(page, tag, offset)? {
            plan.unused.push(offset);
            plan.removed += 1;
        }
    }
    Ok(())
}
