//! The small benchmark: TPC-B-like transactions by several sessions, with throughput and latency.
pub mod model;
pub mod view;
