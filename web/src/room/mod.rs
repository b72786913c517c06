//! The rooms: each has a pure model (snapshot to picture) and a view that fetches and paints.
pub mod bench;
pub mod crash;
pub mod locks;
pub mod page;
pub mod plan;
pub mod pool;
pub mod snapshot;
pub mod wal;

/// The rooms of the glass, in the order of their tabs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    Versions,
    Page,
    Wal,
    Pool,
    Plan,
    Crash,
    Bench,
}

pub const ROOMS: [(Room, &str); 7] = [
    (Room::Versions, "Versions and locks"),
    (Room::Page, "Page"),
    (Room::Wal, "Log"),
    (Room::Pool, "Buffer pool"),
    (Room::Plan, "Plan"),
    (Room::Crash, "Crash lab"),
    (Room::Bench, "Benchmark"),
];
