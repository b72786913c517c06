//! CASE, COALESCE, GREATEST, LEAST and NULLIF: results put together from parts.
//!
//! Each branch is evaluated for its own rows; the parts are then picked row by row.

use super::{Frame, all, evaluate};
use crate::bind::tree::Expr;
use crate::functions::EvalCx;
use crate::functions::boolean::true_rows;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use vitrine_data::{Phys, Result, Vector, VectorBuilder};

/// Takes each row's value from where `from` says, or null.
pub fn pick<'v>(
    phys: Phys,
    rows: usize,
    from: impl Fn(usize) -> Option<(&'v Vector, usize)>,
) -> Result<Rc<Vector>> {
    let mut builder = VectorBuilder::with_capacity(phys, rows);
    for row in 0..rows {
        match from(row) {
            Some((vector, place)) => builder.push_from(vector, place)?,
            None => builder.push_null(),
        }
    }
    Ok(Rc::new(builder.finish()))
}

/// Pieces of a result, each for some rows of the frame.
#[derive(Default)]
struct Pieces {
    parts: Vec<Rc<Vector>>,
    /// For each row: part and place in it.
    place: Vec<Option<(u32, u32)>>,
}

impl Pieces {
    fn new(rows: usize) -> Pieces {
        Pieces {
            parts: Vec::new(),
            place: alloc::vec![None; rows],
        }
    }

    fn add(&mut self, part: Rc<Vector>, rows: impl Iterator<Item = (u32, u32)>) {
        let number = self.parts.len() as u32;
        for (row, place) in rows {
            if let Some(slot) = self.place.get_mut(row as usize) {
                *slot = Some((number, place));
            }
        }
        self.parts.push(part);
    }

    fn finish(self, phys: Phys) -> Result<Rc<Vector>> {
        pick(phys, self.place.len(), |row| {
            let (part, place) = self.place.get(row).copied().flatten()?;
            Some((self.parts.get(part as usize)?, place as usize))
        })
    }
}

fn numbered(rows: &[u32]) -> impl Iterator<Item = (u32, u32)> + '_ {
    rows.iter().copied().zip(0u32..)
}

pub fn case(
    expr: &Expr,
    whens: &[(Expr, Expr)],
    otherwise: &Expr,
    frame: &Frame,
    cx: &EvalCx,
) -> Result<Rc<Vector>> {
    let mut pieces = Pieces::new(frame.rows);
    let mut open: Vec<u32> = (0..frame.rows as u32).collect();
    for (condition, result) in whens {
        if open.is_empty() {
            break;
        }
        let rest = frame.narrowed(&open);
        let chosen = true_rows(&*evaluate(condition, &rest, cx)?)?;
        if chosen.is_empty() {
            continue;
        }
        let rows: Vec<u32> = chosen
            .iter()
            .filter_map(|nth| open.get(*nth as usize))
            .copied()
            .collect();
        let part = evaluate(result, &frame.narrowed(&rows), cx)?;
        pieces.add(part, numbered(&rows));
        let mut taken = chosen.iter().copied().peekable();
        open = (0u32..)
            .zip(open)
            .filter(|(nth, _)| taken.next_if_eq(nth).is_none())
            .map(|(_, row)| row)
            .collect();
    }
    if !open.is_empty() {
        let part = evaluate(otherwise, &frame.narrowed(&open), cx)?;
        pieces.add(part, numbered(&open));
    }
    pieces.finish(expr.ty.phys())
}

pub fn coalesce(expr: &Expr, args: &[Expr], frame: &Frame, cx: &EvalCx) -> Result<Rc<Vector>> {
    let mut pieces = Pieces::new(frame.rows);
    let mut open: Vec<u32> = (0..frame.rows as u32).collect();
    for arg in args {
        if open.is_empty() {
            break;
        }
        let part = match open.len() == frame.rows {
            true => evaluate(arg, frame, cx)?,
            false => evaluate(arg, &frame.narrowed(&open), cx)?,
        };
        if open.len() == frame.rows && part.nulls().is_none() && part.as_const().is_none() {
            return Ok(part);
        }
        let mut still = Vec::new();
        let mut found = Vec::new();
        for (row, nth) in numbered(&open) {
            if part.is_null(nth as usize) {
                still.push(row);
            } else {
                found.push((row, nth));
            }
        }
        pieces.add(part, found.into_iter());
        open = still;
    }
    pieces.finish(expr.ty.phys())
}

pub fn extreme(
    expr: &Expr,
    args: &[Expr],
    frame: &Frame,
    cx: &EvalCx,
    wanted: Ordering,
) -> Result<Rc<Vector>> {
    let columns = all(args, frame, cx)?;
    pick(expr.ty.phys(), frame.rows, |row| {
        let mut best: Option<&Rc<Vector>> = None;
        for column in columns.iter().filter(|column| !column.is_null(row)) {
            let better = best.is_none_or(|best| column.compare_rows(row, best, row) == wanted);
            if better {
                best = Some(column);
            }
        }
        best.map(|best| (&**best, row))
    })
}
