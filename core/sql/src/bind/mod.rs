//! Binding: from a syntax tree to a tree in which every name, type and function is decided.
//!
//! ```text
//!   scope.rs    what names mean at a place: tables of FROM, outer queries, CTEs
//!   types.rs    type names; resolve.rs  functions and operators by PostgreSQL's rules
//!   coerce.rs   casts, common types, literals of unknown type, parameters
//!   expr.rs     expressions; call.rs  calls and aggregates; sub.rs  subqueries as apply steps
//!   from.rs     FROM; select.rs  SELECT; query.rs  VALUES, set operations, WITH
//!   change.rs   INSERT, UPDATE, DELETE
//! ```
//!
//! The binder changes nothing and waits for nothing: it sees one [`CatalogSnapshot`]. Its errors are
//! PostgreSQL's, with the byte the name stands at. It also collects what the statement depends on:
//! the relations to be locked, and parameters with the types that their uses gave them.

mod call;
mod change;
mod coerce;
mod expr;
mod from;
mod grouping;
mod names;
mod query;
pub mod resolve;
mod scope;
mod select;
mod standalone;
mod sub;
pub mod tree;
mod types;
pub mod walk;

pub use coerce::cast_between;
pub use scope::{Scope, system_name, system_type};
pub use standalone::{bind_row_expr, parse_expr, to_inputs};
pub use types::type_of_name;

use crate::catalog::{CatalogSnapshot, Relation};
use crate::functions::SessionFacts;
use crate::parse::ast::{QualifiedName, Statement};
use crate::types::{IoCx, Oid, SqlType};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use tree::{Change, ColumnId, CteDef, OutputColumn, Query};
use vitrine_data::{Result, SqlError, SqlState};

/// How far expressions and queries may nest.
const MAX_DEPTH: u32 = 200;

/// What binding needs to know and what it finds out besides the tree.
pub struct Binder<'a> {
    pub catalog: &'a Rc<CatalogSnapshot>,
    pub facts: &'a SessionFacts,
    /// Types of `$1`, `$2`, …; `UNKNOWN` until a use decides.
    pub params: RefCell<Vec<Oid>>,
    /// Relations read (`false`) or changed (`true`).
    pub relations: RefCell<Vec<(Oid, bool)>>,
    /// CTEs of the whole statement, numbered as they come.
    ctes: RefCell<Vec<OpenCte>>,
    next_column: Cell<u32>,
    next_cte: Cell<usize>,
    depth: Cell<u32>,
    /// Whether anything was bound that forbids running twice or in a read-only transaction.
    pub writes: Cell<bool>,
}

/// A CTE in scope; the last of a name wins.
#[derive(Clone)]
struct OpenCte {
    name: String,
    number: usize,
    columns: Vec<OutputColumn>,
    /// Inside its own recursive term.
    working: bool,
}

/// A bound statement that the planner takes.
pub enum Bound {
    Query(Query),
    Change { ctes: Vec<CteDef>, change: Change },
}

impl<'a> Binder<'a> {
    pub fn new(catalog: &'a Rc<CatalogSnapshot>, facts: &'a SessionFacts) -> Binder<'a> {
        Binder {
            catalog,
            facts,
            params: RefCell::default(),
            relations: RefCell::default(),
            ctes: RefCell::default(),
            next_column: Cell::new(1),
            next_cte: Cell::new(0),
            depth: Cell::new(0),
            writes: Cell::new(false),
        }
    }

    /// Binds a query or a change; anything else is the session's business.
    pub fn statement(&self, statement: &Statement) -> Result<Bound> {
        match statement {
            Statement::Select(query) => {
                let query = self.query(query, &Scope::outermost())?;
                Ok(Bound::Query(self.settle_outputs(query)?))
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Merge(_) => Err(SqlError::unsupported("MERGE is not supported")),
            _ => Err(SqlError::bug("not a statement to be planned")),
        }
    }

    pub(crate) fn new_column(&self) -> ColumnId {
        let id = self.next_column.get();
        self.next_column.set(id + 1);
        ColumnId(id)
    }

    pub(crate) fn output(&self, name: &str, ty: SqlType) -> OutputColumn {
        OutputColumn {
            id: self.new_column(),
            name: name.into(),
            ty,
            origin: (Oid::INVALID, 0),
        }
    }

    /// The numbers already given away; the planner goes on from here.
    pub fn columns_made(&self) -> u32 {
        self.next_column.get()
    }

    pub(crate) fn io(&self) -> IoCx {
        IoCx {
            zone_offset_s: self.facts.zone_offset_s,
            now_us: self.facts.transaction_us,
        }
    }

    /// Runs `inner` one level deeper, or fails with 54001.
    pub(crate) fn deeper<T>(&self, inner: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return Err(SqlError::too_complex());
        }
        self.depth.set(depth + 1);
        let result = inner();
        self.depth.set(depth);
        result
    }

    /// Remembers that the statement uses a relation.
    pub(crate) fn uses(&self, oid: Oid, changes: bool) {
        let mut relations = self.relations.borrow_mut();
        match relations.iter_mut().find(|(known, _)| *known == oid) {
            Some((_, mode)) => *mode |= changes,
            None => relations.push((oid, changes)),
        }
    }

    /// The relation of a name, or 42P01.
    pub fn relation(&self, name: &QualifiedName) -> Result<Relation> {
        self.catalog
            .find(&self.facts.schemas, name.schema.as_deref(), &name.name)
            .ok_or_else(|| no_relation(name))
    }
}

/// 42P01 for a name.
pub fn no_relation(name: &QualifiedName) -> SqlError {
    let full = match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    };
    SqlError::user(
        SqlState::UNDEFINED_TABLE,
        format!("relation \"{full}\" does not exist"),
    )
    .at(name.pos)
}
