//! Column ids into positions and slots; calls that may wait into steps.

use super::tree::{Estimate, Node};
use super::{Made, Planner, broken};
use crate::bind::tree::{ColumnId, Expr, ExprKind, Rel, SortKey};
use crate::bind::walk;
use crate::functions::{FuncRow, Kernel};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use vitrine_data::Result;

impl Planner<'_> {
    /// The expression over a step whose input has these columns.
    pub fn place(&self, mut expr: Expr, ids: &[ColumnId]) -> Result<Expr> {
        self.place_in(&mut expr, ids)?;
        Ok(expr)
    }

    fn place_in(&self, expr: &mut Expr, ids: &[ColumnId]) -> Result<()> {
        if let ExprKind::Column(id) = expr.kind {
            if let Some(at) = ids.iter().position(|known| *known == id) {
                expr.kind = ExprKind::Input(at);
                return Ok(());
            }
            let slot = self
                .slots
                .borrow()
                .iter()
                .rev()
                .find(|(known, _)| *known == id)
                .map(|s| s.1);
            let slot = slot.ok_or_else(|| {
                let types = self.types.borrow();
                let name = types.get(&id).map_or("?", |(name, _)| name);
                broken(&format!("column {name} ({}) is out of reach", id.0))
            })?;
            expr.kind = ExprKind::Slot(slot);
            return Ok(());
        }
        let mut result = Ok(());
        walk::children_mut(expr, &mut |child| {
            if result.is_ok() {
                result = self.place_in(child, ids);
            }
        });
        result
    }

    pub fn place_all(&self, exprs: Vec<Expr>, ids: &[ColumnId]) -> Result<Vec<Expr>> {
        exprs
            .into_iter()
            .map(|expr| self.place(expr, ids))
            .collect()
    }

    pub fn place_keys(&self, keys: &[SortKey], ids: &[ColumnId]) -> Result<Vec<SortKey>> {
        keys.iter()
            .map(|key| {
                Ok(SortKey {
                    expr: self.place(key.expr.clone(), ids)?,
                    ..key.clone()
                })
            })
            .collect()
    }

    /// Opens slots for the columns of `left` that `right` names; gives slot and value over the left
    /// row. `close` them after planning the right side.
    pub fn open_slots(&self, left: &[ColumnId], right: &Rel) -> Result<Vec<(usize, Expr)>> {
        let free = walk::free_columns(right);
        self.open_slots_for(left, free.into_iter())
    }

    pub fn open_slots_for(
        &self,
        left: &[ColumnId],
        wanted: impl Iterator<Item = ColumnId>,
    ) -> Result<Vec<(usize, Expr)>> {
        let mut params = Vec::new();
        for id in wanted {
            let Some(at) = left.iter().position(|known| *known == id) else {
                continue;
            };
            let slot = self.next_slot.get();
            self.next_slot.set(slot + 1);
            let ty = self.types.borrow().get(&id).map(|(_, ty)| *ty);
            let ty = ty.ok_or_else(|| broken("an outer column without a type"))?;
            self.slots.borrow_mut().push((id, slot));
            params.push((slot, Expr::new(ExprKind::Input(at), ty, 0)));
        }
        Ok(params)
    }

    pub fn close_slots(&self, count: usize) {
        let mut slots = self.slots.borrow_mut();
        let keep = slots.len() - count.min(slots.len());
        slots.truncate(keep);
    }

    /// Takes calls that may wait out of expressions into a step below.
    pub fn hoisted(&self, made: Made, mut exprs: Vec<Expr>) -> Result<(Made, Vec<Expr>)> {
        let mut made = made;
        loop {
            let mut calls = Vec::new();
            for expr in &mut exprs {
                self.take_calls(expr, &mut calls);
            }
            if calls.is_empty() {
                return Ok((made, exprs));
            }
            made = self.compute(made, calls)?;
        }
    }

    /// Replaces the innermost waiting calls by columns.
    fn take_calls(
        &self,
        expr: &mut Expr,
        calls: &mut Vec<(ColumnId, &'static FuncRow, Vec<Expr>)>,
    ) {
        let waits = |part: &Expr| match &part.kind {
            ExprKind::Call { function, .. } => matches!(function.kernel, Kernel::Planned),
            _ => false,
        };
        let mut inner = false;
        walk::children(expr, &mut |child| inner = inner || walk::any(child, &waits));
        if inner || !waits(expr) {
            walk::children_mut(expr, &mut |child| self.take_calls(child, calls));
            return;
        }
        let id = self.new_column();
        let ty = expr.ty;
        if let ExprKind::Call { function, args } =
            core::mem::replace(&mut expr.kind, ExprKind::Column(id))
        {
            self.know_as(id, function.name, ty);
            calls.push((id, function, args));
        }
    }

    fn compute(
        &self,
        made: Made,
        calls: Vec<(ColumnId, &'static FuncRow, Vec<Expr>)>,
    ) -> Result<Made> {
        let mut ids = made.ids.clone();
        let mut placed = Vec::new();
        for (id, function, args) in calls {
            placed.push((function, self.place_all(args, &made.ids)?));
            ids.push(id);
        }
        let estimate = Estimate {
            ..made.plan.estimate
        };
        let node = Node::Compute {
            input: Box::new(made.plan),
            calls: placed,
        };
        Ok(self.made(node, ids, estimate))
    }
}
