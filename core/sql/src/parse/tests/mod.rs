//! Statements in and trees or errors out; the deeper the syntax, the closer the look.

mod definitions;
mod queries;
