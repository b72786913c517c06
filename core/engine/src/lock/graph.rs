//! Deadlock detection: a search for a cycle among sessions that wait. Pure policy.
//!
//! The lock table hands over "who waits for whom" as a function; this file only walks it. An edge
//! is *hard* when the other session holds what is wanted, *soft* when it merely stands ahead in
//! the queue. Queues here are strictly first come, first served, so a cycle through a soft edge is
//! as dead as one through a hard edge and both count. (PostgreSQL may reorder a queue to dissolve
//! a soft cycle; that is left out.)
//!
//! The walk is iterative and visits each session once: no depth to overflow, whatever the load.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use vitrine_view::SessionId;

/// A cycle that begins and ends at `start`, as the sessions on it in waiting order: each waits for
/// the next, the last for the first. `blockers` lists whom a session waits for.
pub fn find_cycle(
    start: SessionId,
    mut blockers: impl FnMut(SessionId) -> Vec<SessionId>,
) -> Option<Vec<SessionId>> {
    let mut visited = BTreeSet::new();
    let mut path: Vec<SessionId> = vec![start];
    let mut pending: Vec<Vec<SessionId>> = vec![blockers(start)];
    while let Some(next) = pending.last_mut() {
        match next.pop() {
            Some(session) if session == start => return Some(path),
            Some(session) if visited.insert(session) => {
                path.push(session);
                pending.push(blockers(session));
            }
            Some(_) => {}
            None => {
                pending.pop();
                path.pop();
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(start: u32, edges: &[(u32, u32)]) -> Option<Vec<u32>> {
        let of = |s: SessionId| {
            edges
                .iter()
                .filter(|e| e.0 == s.0)
                .map(|e| SessionId(e.1))
                .collect::<Vec<_>>()
        };
        find_cycle(SessionId(start), of).map(|c| c.iter().map(|s| s.0).collect())
    }

    #[test]
    fn finds_only_cycles_through_the_start() {
        assert_eq!(cycle(1, &[(1, 2), (2, 1)]), Some(vec![1, 2]));
        assert_eq!(cycle(1, &[(1, 2), (2, 3), (3, 1)]), Some(vec![1, 2, 3]));
        assert_eq!(cycle(1, &[(1, 2), (2, 3), (3, 2)]), None);
        assert_eq!(
            cycle(1, &[(1, 2), (1, 3), (3, 4), (4, 1), (2, 5)]),
            Some(vec![1, 3, 4])
        );
        assert_eq!(cycle(1, &[]), None);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<(u32, u32)> = (1..20_000).map(|i| (i, i + 1)).collect();
        let of = |s: SessionId| {
            edges
                .get(s.0 as usize - 1)
                .map(|e| SessionId(e.1))
                .into_iter()
        };
        assert_eq!(find_cycle(SessionId(1), |s| of(s).collect()), None);
    }
}
