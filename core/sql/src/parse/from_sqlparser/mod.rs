//! The walk that turns the crate's tree into ours.
//!
//! It reads our own tokens along with the tree, as if parsing once more with the answers at hand: each
//! node takes its tokens and leaves the cursor behind its last one. That gives every node its exact
//! byte, takes values from our own lexer, and reads the syntax `bridge` kept from the crate. Where the
//! tree and the tokens disagree the statement is refused as a syntax error. Nodes of other dialects
//! end in the same way.

mod call;
mod expr;
mod from;
mod predicate;
mod query;
mod select;
