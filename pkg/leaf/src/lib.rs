//! Vitrine leaf.
