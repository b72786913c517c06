//! System views: relations without files, whose rows are made when they are read.
//!
//! A view is one row of a table: name, columns, and a function that fills rows out of the catalogue
//! and the engine. One file for each family. The function is synchronous and sees the state between
//! two polls, so what it shows is consistent in itself.

use crate::catalog::CatalogSnapshot;
use crate::types::Oid;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result};
use vitrine_engine::engine::Engine;

/// What a fill function may look at.
pub struct ViewCx<'a> {
    pub catalog: &'a Rc<CatalogSnapshot>,
    pub engine: &'a Rc<Engine>,
    pub session: &'a crate::functions::SessionFacts,
}

pub type Fill = fn(&ViewCx, &mut Vec<Vec<Datum>>) -> Result<()>;

pub struct SystemView {
    pub oid: Oid,
    pub schema: &'static str,
    pub name: &'static str,
    pub columns: &'static [(&'static str, Oid)],
    pub fill: Fill,
}
