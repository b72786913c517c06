//! Functions, operators, casts and aggregates, as tables of rows by family.
//!
//! A row names argument types, result type and a kernel. Kernels for what runs over many rows are
//! loops over physical types (`compare.rs`, `arithmetic.rs`, `decimal.rs`); the rest are
//! functions of one row of datums, which the evaluator calls in a loop. Nothing here fetches a
//! page or waits: such work is a step of the plan (rule E8).

pub mod aggregate;
mod aggregate_fold;
pub mod arguments;
pub mod arithmetic;
pub mod array;
pub mod boolean;
pub mod casts;
pub mod column;
pub mod compare;
pub mod context;
pub mod datetime;
pub mod decimal;
pub mod json;
pub mod like;
pub mod math;
pub mod md5;
pub mod operators;
pub mod registry;
pub mod series;
pub mod string;
pub mod system;
pub mod tables;

pub use context::{EvalCx, SessionFacts, Slots};
pub use registry::{
    CastContext, CastRow, FuncRow, Kernel, OpRow, Volatility, find_cast, functions_named, operator,
    operators_named,
};

/// Tables of functions by family.
pub static FUNCTIONS: &[&[FuncRow]] = &[
    tables::MATH,
    tables::STRING,
    tables::FORMATTING,
    datetime::DATETIME,
    tables::JSON,
    tables::ARRAY,
    tables::SYSTEM,
    tables::SETS,
    aggregate::AGGREGATES,
];

/// Tables of operators by family.
pub static OPERATORS: &[&[OpRow]] = &[
    operators::COMPARISONS,
    operators::ARITHMETIC,
    operators::OTHERS,
];
