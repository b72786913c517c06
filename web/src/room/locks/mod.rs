//! Versions and locks: the versions of a table's rows, who sees them, and who waits for whom.
pub mod model;
pub mod view;

use crate::engine::{Lab, Trouble};
use crate::room_props::{Seat, letter_of, number_of};
use vitrine_wire::view::LockSnapshot;

/// For each waiting column: "S2 waits for S1".
pub async fn waits(lab: &Lab, seats: &[Seat]) -> Result<Vec<(u32, String)>, Trouble> {
    let snapshot = lab.inspect::<LockSnapshot>("locks", 0, 0).await?;
    Ok(waits_of(&snapshot, seats))
}

fn waits_of(snapshot: &LockSnapshot, seats: &[Seat]) -> Vec<(u32, String)> {
    let waiting = snapshot.locks.iter().filter(|lock| !lock.granted);
    let words = waiting.map(|lock| {
        let waiter = letter_of(seats, lock.session.0);
        let holders: Vec<String> = lock
            .blocked_by
            .iter()
            .map(|holder| letter_of(seats, holder.0))
            .collect();
        let for_whom = if holders.is_empty() {
            "a lock".into()
        } else {
            holders.join(" and ")
        };
        (
            number_of(seats, lock.session.0),
            format!("{waiter} waits for {for_whom}"),
        )
    });
    words.collect()
}
