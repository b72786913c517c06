//! Vitrine host.
