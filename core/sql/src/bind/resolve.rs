//! Which function or operator a call means, by PostgreSQL's rules.
//!
//! 1. A candidate whose arguments are exactly the given types is it. For an operator with one operand
//!    of unknown type, the other's type is tried for it first.
//! 2. Else candidates that the arguments reach by implicit casts stay; literals of unknown type
//!    reach anything.
//! 3. Those with the most exact arguments stay; then those with the most exact or preferred ones.
//! 4. With unknown arguments: each takes the string category if a candidate does, or else the one
//!    category that all agree on; in it, preferred types win.
//! 5. Last, unknown arguments are taken to be of the one type that all known ones have.

use super::coerce::implicitly;
use crate::functions::registry::{FuncRow, OpRow, functions_named, operators_named};
use crate::types::{self, Category, Oid};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError, SqlState};

/// A candidate with its signature drawn out to the number of arguments given.
struct Candidate<T> {
    row: T,
    args: Vec<Oid>,
}

pub enum Choice<T> {
    One(T, Vec<Oid>),
    None,
    Ambiguous,
}

/// What a polymorphic position is once the arguments are known.
fn polymorphic(oid: Oid) -> bool {
    matches!(
        oid,
        Oid::ANY
            | Oid::ANYELEMENT
            | Oid::ANYARRAY
            | Oid::ANYNONARRAY
            | Oid::ANYCOMPATIBLE
            | Oid::ANYCOMPATIBLEARRAY
    )
}

fn category(oid: Oid) -> Category {
    types::type_row(oid).map_or(Category::Unknown, |row| row.category)
}

fn preferred(oid: Oid) -> bool {
    types::type_row(oid).is_some_and(|row| row.preferred)
}

/// Whether an argument may stand where the candidate wants `wanted`.
fn fits(given: Oid, wanted: Oid) -> bool {
    if given == wanted || given == Oid::UNKNOWN {
        return true;
    }
    match wanted {
        Oid::ANY | Oid::ANYELEMENT | Oid::ANYCOMPATIBLE => true,
        Oid::ANYNONARRAY => category(given) != Category::Array,
        Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY => category(given) == Category::Array,
        _ => implicitly(given, wanted),
    }
}

fn exact(given: Oid, wanted: Oid) -> bool {
    given == wanted || (polymorphic(wanted) && given != Oid::UNKNOWN && fits(given, wanted))
}

fn keep_most<T>(candidates: &mut Vec<Candidate<T>>, score: impl Fn(&Candidate<T>) -> usize) {
    let best = candidates.iter().map(&score).max().unwrap_or(0);
    candidates.retain(|candidate| score(candidate) == best);
}

fn choose<T: Copy>(mut candidates: Vec<Candidate<T>>, given: &[Oid]) -> Choice<T> {
    let one = |candidate: &Candidate<T>| Choice::One(candidate.row, candidate.args.clone());
    let all_exact = |candidate: &&Candidate<T>| {
        candidate
            .args
            .iter()
            .zip(given)
            .all(|(wanted, given)| wanted == given)
    };
    if let Some(found) = candidates.iter().find(all_exact) {
        return one(found);
    }
    candidates.retain(|candidate| {
        candidate
            .args
            .iter()
            .zip(given)
            .all(|(wanted, given)| fits(*given, *wanted))
    });
    if candidates.len() <= 1 {
        return candidates.first().map_or(Choice::None, one);
    }
    let count = |candidate: &Candidate<T>, test: &dyn Fn(Oid, Oid) -> bool| {
        candidate
            .args
            .iter()
            .zip(given)
            .filter(|(wanted, given)| test(**given, **wanted))
            .count()
    };
    keep_most(&mut candidates, |candidate| count(candidate, &exact));
    keep_most(&mut candidates, |candidate| {
        count(candidate, &|given, wanted| {
            given != Oid::UNKNOWN && (exact(given, wanted) || preferred(wanted))
        })
    });
    if candidates.len() > 1 && given.contains(&Oid::UNKNOWN) {
        by_category(&mut candidates, given);
    }
    if candidates.len() > 1 {
        by_known_type(&mut candidates, given);
    }
    match candidates.as_slice() {
        [] => Choice::None,
        [found] => one(found),
        // Candidates of the same exactness by polymorphism: the concrete one is meant.
        _ => {
            let concrete: Vec<&Candidate<T>> = candidates
                .iter()
                .filter(|candidate| !candidate.args.iter().any(|arg| polymorphic(*arg)))
                .collect();
            match concrete.as_slice() {
                [found] => one(found),
                _ => Choice::Ambiguous,
            }
        }
    }
}

fn by_category<T>(candidates: &mut Vec<Candidate<T>>, given: &[Oid]) {
    for (at, _) in given
        .iter()
        .enumerate()
        .filter(|(_, given)| **given == Oid::UNKNOWN)
    {
        let mut categories: Vec<Category> = Vec::new();
        for candidate in candidates.iter() {
            let here = candidate
                .args
                .get(at)
                .map_or(Category::Unknown, |arg| category(*arg));
            if !categories.contains(&here) {
                categories.push(here);
            }
        }
        let chosen = if categories.contains(&Category::String) {
            Category::String
        } else if let [only] = categories.as_slice() {
            *only
        } else {
            continue;
        };
        let of = |candidate: &Candidate<T>| candidate.args.get(at).copied().unwrap_or(Oid::INVALID);
        candidates.retain(|candidate| category(of(candidate)) == chosen);
        if candidates.iter().any(|candidate| preferred(of(candidate))) {
            candidates.retain(|candidate| preferred(of(candidate)));
        }
    }
}

fn by_known_type<T>(candidates: &mut Vec<Candidate<T>>, given: &[Oid]) {
    let mut known = given.iter().copied().filter(|oid| *oid != Oid::UNKNOWN);
    let Some(first) = known.next() else { return };
    if known.any(|oid| oid != first) {
        return;
    }
    let fitting = |candidate: &Candidate<T>| candidate.args.iter().all(|arg| fits(first, *arg));
    if candidates
        .iter()
        .filter(|candidate| fitting(candidate))
        .count()
        == 1
    {
        candidates.retain(fitting);
        return;
    }
    let equal = |candidate: &Candidate<T>| candidate.args.iter().all(|arg| *arg == first);
    if candidates
        .iter()
        .filter(|candidate| equal(candidate))
        .count()
        == 1
    {
        candidates.retain(equal);
    }
}

/// The signature of a function for a call with so many arguments.
fn drawn_out(row: &FuncRow, count: usize) -> Option<Vec<Oid>> {
    let full = row.args.len();
    if row.variadic {
        let last = *row.args.last()?;
        if count + 1 < full {
            return None;
        }
        let fixed = row.args.get(..full - 1)?;
        let rest = core::iter::repeat_n(last, count - fixed.len().min(count));
        return Some(fixed.iter().copied().chain(rest).collect());
    }
    let least = full - usize::from(row.optional).min(full);
    (least..=full)
        .contains(&count)
        .then(|| row.args.iter().take(count).copied().collect())
}

/// The function of a name for these argument types, and the types to cast them to.
pub fn function(name: &str, given: &[Oid]) -> Choice<&'static FuncRow> {
    let candidates = functions_named(name)
        .filter_map(|row| {
            Some(Candidate {
                row,
                args: drawn_out(row, given.len())?,
            })
        })
        .collect();
    choose(candidates, given)
}

/// The operator of a name; `given` has one type for a prefix operator.
pub fn operator(name: &str, given: &[Oid]) -> Choice<&'static OpRow> {
    let candidates: Vec<Candidate<&'static OpRow>> = operators_named(name)
        .filter(|row| (row.left == Oid::INVALID) == (given.len() == 1))
        .map(|row| Candidate {
            row,
            args: if given.len() == 1 {
                alloc::vec![row.right]
            } else {
                alloc::vec![row.left, row.right]
            },
        })
        .collect();
    if let [left, right] = given {
        let assumed = match (*left, *right) {
            (Oid::UNKNOWN, other) | (other, Oid::UNKNOWN) => other,
            _ => Oid::UNKNOWN,
        };
        let found = candidates
            .iter()
            .find(|c| c.args.iter().all(|arg| *arg == assumed));
        if let (true, Some(found)) = (assumed != Oid::UNKNOWN, found) {
            return Choice::One(found.row, found.args.clone());
        }
    }
    choose(candidates, given)
}

/// The operator of a name between two types, for those who need it to exist.
pub fn operator_or_error(
    name: &str,
    given: &[Oid],
    pos: u32,
) -> Result<(&'static OpRow, Vec<Oid>)> {
    match operator(name, given) {
        Choice::One(row, args) => Ok((row, args)),
        Choice::None => Err(no_operator(name, given, pos)),
        Choice::Ambiguous => Err(SqlError::user(
            SqlState::AMBIGUOUS_FUNCTION,
            format!("operator is not unique: {}", operator_text(name, given)),
        )
        .hint("Could not choose a best candidate operator. You might need to add explicit type casts.")
        .at(pos)),
    }
}

fn operator_text(name: &str, given: &[Oid]) -> String {
    match given {
        [one] => format!("{name} {}", types::format_type(*one, -1)),
        [left, right] => {
            let (left, right) = (
                types::format_type(*left, -1),
                types::format_type(*right, -1),
            );
            format!("{left} {name} {right}")
        }
        _ => name.into(),
    }
}

pub fn no_operator(name: &str, given: &[Oid], pos: u32) -> SqlError {
    SqlError::user(
        SqlState::UNDEFINED_FUNCTION,
        format!("operator does not exist: {}", operator_text(name, given)),
    )
    .hint("No operator matches the given name and argument types. You might need to add explicit type casts.")
    .at(pos)
}

/// What a polymorphic result is, given the arguments' types.
pub fn result_type(ret: Oid, wanted: &[Oid], given: &[Oid]) -> Oid {
    if !polymorphic(ret) {
        return ret;
    }
    let element = wanted
        .iter()
        .zip(given)
        .find_map(|(wanted, given)| match *wanted {
            _ if *given == Oid::UNKNOWN => None,
            Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY => types::element_of(*given),
            Oid::ANYELEMENT | Oid::ANYNONARRAY | Oid::ANYCOMPATIBLE => Some(*given),
            _ => None,
        });
    let element = element.unwrap_or(Oid::TEXT);
    match ret {
        Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY => {
            types::array_of(element).unwrap_or(Oid::TEXT_ARRAY)
        }
        _ => element,
    }
}

/// The type an argument is cast to where the signature is polymorphic.
pub fn argument_type(wanted: Oid, signature: &[Oid], given: &[Oid], own: Oid) -> Oid {
    match wanted {
        Oid::ANY if own == Oid::UNKNOWN => Oid::TEXT,
        Oid::ANY => own,
        Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY if own != Oid::UNKNOWN => own,
        Oid::ANYELEMENT | Oid::ANYNONARRAY if own != Oid::UNKNOWN => own,
        _ if polymorphic(wanted) => result_type(wanted, signature, given),
        _ => wanted,
    }
}
