//! A page as bytes: what each of the 8192 means, and what it says.
pub mod decode;
pub mod model;
pub mod view;
