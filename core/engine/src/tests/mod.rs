//! Heap, transactions and locks together: scenarios of a few sessions, and crashes by seed.

mod crash;
mod scenes;
mod toy;
