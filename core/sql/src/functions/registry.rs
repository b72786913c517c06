//! The rows that the tables of functions, operators and casts are made of, and their lookup.
//!
//! ```text
//!   binder: name + argument types --lookup--> &'static FuncRow | OpRow | CastRow
//!   executor: row.kernel --------------------> one call per batch (Vector) or per row (Row)
//! ```
//!
//! Names resolve by PostgreSQL's rules in the binder; here are only the candidates. A row is
//! static, so that a bound tree and a plan hold a reference to it and need no numbers.

use super::aggregate::AggregateRow;
use super::context::EvalCx;
use crate::types::Oid;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, Vector};

/// Dense columns in, one dense column out.
pub type VectorKernel = fn(&[Rc<Vector>], usize, &EvalCx) -> Result<Vector>;
/// One row in, one value out; arguments are not null if the function is strict.
pub type RowKernel = fn(&[Datum], &EvalCx) -> Result<Datum>;
/// One row in, many rows out (each with one column).
pub type SetKernel = fn(&[Datum], &EvalCx) -> Result<Vec<Datum>>;

#[derive(Clone, Copy)]
pub enum Kernel {
    Vector(VectorKernel),
    Row(RowKernel),
    Set(SetKernel),
    Aggregate(&'static AggregateRow),
    /// The bits stay as they are: `varchar` to `text`.
    Same,
    /// Through the text form of both types.
    ViaText,
    /// An async step of the plan or a system function the planner answers: name only.
    Planned,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

pub struct FuncRow {
    pub name: &'static str,
    pub args: &'static [Oid],
    /// The last of `args` may be repeated (`concat(VARIADIC any)`).
    pub variadic: bool,
    /// So many of `args`, from the end, may be left out; a kernel sees fewer arguments.
    pub optional: u8,
    pub ret: Oid,
    /// NULL in gives NULL out without a call.
    pub strict: bool,
    pub volatility: Volatility,
    pub kernel: Kernel,
}

impl FuncRow {
    pub fn is_aggregate(&self) -> bool {
        matches!(self.kernel, Kernel::Aggregate(_))
    }

    pub fn returns_set(&self) -> bool {
        matches!(self.kernel, Kernel::Set(_))
    }
}

pub struct OpRow {
    pub name: &'static str,
    /// `Oid::INVALID` for a prefix operator.
    pub left: Oid,
    pub right: Oid,
    pub ret: Oid,
    pub kernel: Kernel,
    /// The operator with its sides exchanged, or "".
    pub commutator: &'static str,
    /// The operator that is its opposite, or "".
    pub negator: &'static str,
    pub volatility: Volatility,
}

/// How far a cast may go unasked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CastContext {
    Implicit,
    Assignment,
    Explicit,
}

pub struct CastRow {
    pub from: Oid,
    pub to: Oid,
    pub context: CastContext,
    pub kernel: Kernel,
    pub volatility: Volatility,
}

/// A function, as the tables write it: strict and immutable unless said otherwise.
pub const fn f(name: &'static str, args: &'static [Oid], ret: Oid, kernel: Kernel) -> FuncRow {
    FuncRow {
        name,
        args,
        variadic: false,
        optional: 0,
        ret,
        strict: true,
        volatility: Volatility::Immutable,
        kernel,
    }
}

impl FuncRow {
    /// Called with NULLs too.
    pub const fn lax(mut self) -> FuncRow {
        self.strict = false;
        self
    }

    pub const fn stable(mut self) -> FuncRow {
        self.volatility = Volatility::Stable;
        self
    }

    pub const fn volatile(mut self) -> FuncRow {
        self.volatility = Volatility::Volatile;
        self
    }

    pub const fn variadic(mut self) -> FuncRow {
        self.variadic = true;
        self
    }

    pub const fn optional(mut self, count: u8) -> FuncRow {
        self.optional = count;
        self
    }
}

pub const fn op(name: &'static str, left: Oid, right: Oid, ret: Oid, kernel: Kernel) -> OpRow {
    let volatility = Volatility::Immutable;
    OpRow {
        name,
        left,
        right,
        ret,
        kernel,
        commutator: "",
        negator: "",
        volatility,
    }
}

impl OpRow {
    pub const fn commutes(mut self, commutator: &'static str) -> OpRow {
        self.commutator = commutator;
        self
    }

    pub const fn negates(mut self, negator: &'static str) -> OpRow {
        self.negator = negator;
        self
    }
}

pub const fn cast(from: Oid, to: Oid, context: CastContext, kernel: Kernel) -> CastRow {
    CastRow {
        from,
        to,
        context,
        kernel,
        volatility: Volatility::Immutable,
    }
}

impl CastRow {
    pub const fn stable(mut self) -> CastRow {
        self.volatility = Volatility::Stable;
        self
    }
}

/// All rows of one function name.
pub fn functions_named(name: &str) -> impl Iterator<Item = &'static FuncRow> + '_ {
    super::FUNCTIONS
        .iter()
        .flat_map(|table| table.iter())
        .filter(move |row| row.name == name)
}

/// All rows of one operator name, prefix operators among them.
pub fn operators_named(name: &str) -> impl Iterator<Item = &'static OpRow> + '_ {
    super::OPERATORS
        .iter()
        .flat_map(|table| table.iter())
        .filter(move |row| row.name == name)
}

/// The operator for exactly these types.
pub fn operator(name: &str, left: Oid, right: Oid) -> Option<&'static OpRow> {
    operators_named(name).find(|row| row.left == left && row.right == right)
}

pub fn find_cast(from: Oid, to: Oid) -> Option<&'static CastRow> {
    super::casts::CASTS
        .iter()
        .find(|row| row.from == from && row.to == to)
}

/// All functions, for `pg_proc`.
pub fn all_functions() -> impl Iterator<Item = &'static FuncRow> {
    super::FUNCTIONS.iter().flat_map(|table| table.iter())
}
