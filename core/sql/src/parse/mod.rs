//! From text to the project's own syntax tree.
//!
//! `ast` is the tree; nothing outside this folder sees another parser's types.

pub mod ast;
