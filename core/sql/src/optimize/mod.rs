//! Rewriting logical trees before the physical choice: rules as a named list.
//!
//! | rule            | what it does                                                              |
//! |-----------------|---------------------------------------------------------------------------|
//! | subquery_joins  | EXISTS, NOT EXISTS, IN in a filter become semi and anti joins             |
//! | inline_ctes     | a CTE that is read once and changes nothing is put where it is read       |
//! | push_filters    | predicates go down to where their columns are made                        |
//!
//! A rule takes a tree and gives a tree with the same meaning; it runs over the whole statement once.
//! Order matters little to correctness and much to effect, so it is the list's.

mod filters;
mod inline;
mod subqueries;

use crate::bind::tree::{ChangeKind, Rel};
use alloc::boxed::Box;

pub struct Rule {
    pub name: &'static str,
    pub apply: fn(Rel) -> Rel,
}

pub static RULES: &[Rule] = &[
    Rule {
        name: "subquery_joins",
        apply: subqueries::rewrite,
    },
    Rule {
        name: "inline_ctes",
        apply: inline::rewrite,
    },
    Rule {
        name: "push_filters",
        apply: filters::rewrite,
    },
];

/// All rules in order.
pub fn optimize(mut rel: Rel) -> Rel {
    for rule in RULES {
        rel = (rule.apply)(rel);
    }
    rel
}

/// The same step with its inputs rewritten.
fn map_inputs(rel: Rel, f: &mut dyn FnMut(Rel) -> Rel) -> Rel {
    let mut boxed = |input: Box<Rel>| Box::new(f(*input));
    match rel {
        Rel::Filter { input, predicates } => Rel::Filter {
            input: boxed(input),
            predicates,
        },
        Rel::Project { input, columns } => Rel::Project {
            input: boxed(input),
            columns,
        },
        Rel::Aggregate {
            input,
            groups,
            calls,
            sets,
        } => Rel::Aggregate {
            input: boxed(input),
            groups,
            calls,
            sets,
        },
        Rel::Distinct { input, on } => Rel::Distinct {
            input: boxed(input),
            on,
        },
        Rel::Sort { input, keys } => Rel::Sort {
            input: boxed(input),
            keys,
        },
        Rel::Limit {
            input,
            count,
            offset,
            with_ties,
        } => Rel::Limit {
            input: boxed(input),
            count,
            offset,
            with_ties,
        },
        Rel::Join {
            kind,
            left,
            right,
            on,
            lateral,
        } => Rel::Join {
            kind,
            left: boxed(left),
            right: boxed(right),
            on,
            lateral,
        },
        Rel::SetOp {
            kind,
            all,
            left,
            right,
            columns,
        } => Rel::SetOp {
            kind,
            all,
            left: boxed(left),
            right: boxed(right),
            columns,
        },
        Rel::Apply {
            kind,
            input,
            query,
            column,
        } => Rel::Apply {
            kind,
            input: boxed(input),
            query: boxed(query),
            column,
        },
        Rel::With { ctes, body } => {
            let ctes = ctes
                .into_iter()
                .map(|mut cte| {
                    cte.query = f(cte.query);
                    cte.recursive = cte
                        .recursive
                        .map(|(step, union)| (Box::new(f(*step)), union));
                    cte
                })
                .collect();
            Rel::With {
                ctes,
                body: Box::new(f(*body)),
            }
        }
        Rel::Change(mut change) => {
            change.kind = match change.kind {
                ChangeKind::Insert {
                    source,
                    values,
                    conflict,
                } => ChangeKind::Insert {
                    source: f(source),
                    values,
                    conflict,
                },
                ChangeKind::Update {
                    source,
                    old,
                    ctid,
                    sets,
                } => ChangeKind::Update {
                    source: f(source),
                    old,
                    ctid,
                    sets,
                },
                ChangeKind::Delete { source, old, ctid } => ChangeKind::Delete {
                    source: f(source),
                    old,
                    ctid,
                },
            };
            Rel::Change(change)
        }
        leaf => leaf,
    }
}
