//! System views: relations without files, whose rows are made when they are read.
//!
//! A view is one row of a table: name, columns, and a function that fills rows out of the catalogue
//! and the engine. One file for each family. The function is synchronous and sees the state between
//! two polls, so what it shows is consistent in itself.

use crate::catalog::CatalogSnapshot;
use crate::types::Oid;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::Datum;
use vitrine_engine::engine::Engine;
use vitrine_engine::stop::Act;

/// What a fill function may look at.
pub struct ViewCx<'a> {
    pub catalog: &'a Rc<CatalogSnapshot>,
    pub engine: &'a Rc<Engine>,
    pub session: &'a crate::functions::SessionFacts,
}

/// `args` are the values of a function's arguments; a view has none. A missing page is answered by
/// `Need`, with nothing added, and the function is called again.
pub type Fill = fn(&ViewCx, &[Datum], &mut Vec<Vec<Datum>>) -> Act<()>;

pub struct SystemView {
    pub oid: Oid,
    pub schema: &'static str,
    pub name: &'static str,
    /// Types of arguments: not empty for functions such as `heap_page_items`.
    pub args: &'static [Oid],
    /// Called as a function, even without arguments.
    pub function: bool,
    pub columns: &'static [(&'static str, Oid)],
    pub fill: Fill,
}

/// The families.
static FAMILIES: &[&[SystemView]] = &[];

pub fn all() -> impl Iterator<Item = &'static SystemView> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// A view by its name.
pub fn named(schema: &str, name: &str) -> Option<&'static SystemView> {
    all().find(|view| !view.function && view.schema == schema && view.name == name)
}

/// A function that is read like a view.
pub fn function_named(name: &str, args: usize) -> Option<&'static SystemView> {
    all().find(|view| view.function && view.name == name && view.args.len() == args)
}

/// Whether a schema holds nothing but these views.
pub fn is_schema(name: &str) -> bool {
    matches!(name, "pg_catalog" | "information_schema")
}
