//! Tests that cross rooms: a toy store on top of `Storage`, opened on devices of every temper.

mod basic;
mod crash;
mod drops;
mod replay;
mod toy;
