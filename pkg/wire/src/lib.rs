//! Vitrine wire.
