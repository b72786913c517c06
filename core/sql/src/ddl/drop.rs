//! DROP: what goes, and what goes with it.
//!
//! The objects to drop are closed over `pg_depend`: what is part of one, or goes with it, goes too.
//! What merely needs one stops the drop (2BP01, with all of it named), or goes as well under CASCADE.

use super::{Draft, Step, class};
use crate::catalog::store::DependRow;
use crate::types::Oid;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// An object to drop, as (catalogue table, OID, column or 0), and its name in messages.
#[derive(Clone)]
pub struct DropTarget {
    pub object: (Oid, Oid, i32),
    pub description: String,
}

/// Removes the targets and what must go with them.
pub fn drop_objects(draft: &mut Draft<'_>, targets: &[DropTarget], cascade: bool) -> Result<()> {
    let mut gone: BTreeSet<(Oid, Oid, i32)> = targets.iter().map(|t| t.object).collect();
    let mut queue: Vec<(Oid, Oid, i32)> = gone.iter().copied().collect();
    let mut stopped = Vec::new();
    while let Some(object) = queue.pop() {
        let needing: Vec<DependRow> = draft.rows.dependents(object.1, object.2).cloned().collect();
        for row in needing.iter().filter(|row| row.refclassid == object.0) {
            let what = (row.classid, row.objid, row.objsubid);
            if gone.contains(&what) {
                continue;
            }
            let goes_along = matches!(row.deptype, 'a' | 'i');
            if goes_along || cascade {
                gone.insert(what);
                queue.push(what);
            }
            if !goes_along {
                stopped.push((what, object));
            }
        }
    }
    // Something that goes along by another way needs no permission.
    stopped.retain(|(what, _)| cascade || !gone.contains(what));
    if !stopped.is_empty() {
        report(draft, targets, &stopped, cascade)?;
    }
    for object in &gone {
        remove(draft, *object);
    }
    Ok(())
}

type Object = (Oid, Oid, i32);

fn report(
    draft: &mut Draft<'_>,
    targets: &[DropTarget],
    stopped: &[(Object, Object)],
    cascade: bool,
) -> Result<()> {
    let lines: Vec<String> = stopped
        .iter()
        .map(|(what, on)| {
            let (what, on) = (describe(draft, *what), describe(draft, *on));
            if cascade {
                what
            } else {
                format!("{what} depends on {on}")
            }
        })
        .collect();
    if cascade {
        let message = match lines.as_slice() {
            [one] => format!("drop cascades to {one}"),
            many => format!("drop cascades to {} other objects", many.len()),
        };
        let mut notice = SqlError::notice(message);
        if lines.len() > 1 {
            let each: Vec<String> = lines
                .iter()
                .map(|l| format!("drop cascades to {l}"))
                .collect();
            notice = notice.detail(each.join("\n"));
        }
        draft.notices.push(notice);
        return Ok(());
    }
    let message = match targets {
        [one] => {
            format!(
                "cannot drop {} because other objects depend on it",
                one.description
            )
        }
        _ => String::from("cannot drop desired object(s) because other objects depend on them"),
    };
    Err(
        SqlError::user(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
            .detail(lines.join("\n"))
            .hint("Use DROP ... CASCADE to drop the dependent objects too."),
    )
}

/// An object in the words of PostgreSQL's messages.
fn describe(draft: &Draft<'_>, object: Object) -> String {
    let (catalog, oid, sub) = object;
    let relation = |oid: Oid| match draft.rows.classes.get(&(oid,)) {
        Some((class, _)) => {
            let kind = match class.relkind {
                'i' => "index",
                'v' => "view",
                'S' => "sequence",
                _ => "table",
            };
            format!("{kind} {}", class.relname)
        }
        None => format!("relation {oid}"),
    };
    match catalog {
        class::RELATION if sub > 0 => {
            let column = draft.rows.attributes.get(&(oid, sub as i16));
            let column = column.map_or_else(String::new, |(row, _)| row.attname.clone());
            format!("column {column} of {}", relation(oid))
        }
        class::RELATION => relation(oid),
        class::CONSTRAINT => match draft.rows.constraints.get(&(oid,)) {
            Some((row, _)) => {
                format!("constraint {} on {}", row.conname, relation(row.conrelid))
            }
            None => format!("constraint {oid}"),
        },
        class::SCHEMA => match draft.rows.namespaces.get(&(oid,)) {
            Some((row, _)) => format!("schema {}", row.nspname),
            None => format!("schema {oid}"),
        },
        class::DEFAULT => String::from("default value"),
        _ => format!("object {oid}"),
    }
}

/// Takes out every row of the object, and its files.
fn remove(draft: &mut Draft<'_>, object: Object) {
    let (catalog, oid, sub) = object;
    match catalog {
        class::RELATION if sub > 0 => drop_column(draft, oid, sub as i16),
        class::RELATION => drop_relation(draft, oid),
        class::CONSTRAINT => {
            if let Some((row, _)) = draft.rows.constraints.get(&(oid,)).cloned() {
                draft.remove((*row).clone());
            }
        }
        class::SCHEMA => {
            if let Some((row, _)) = draft.rows.namespaces.get(&(oid,)).cloned() {
                draft.remove((*row).clone());
            }
        }
        class::DEFAULT => {
            let found = draft
                .rows
                .defaults
                .values()
                .find(|(row, _)| row.oid == oid)
                .cloned();
            if let Some((row, _)) = found {
                draft.remove((*row).clone());
            }
        }
        _ => {}
    }
    let mine = |d: &DependRow| (d.classid, d.objid, d.objsubid) == object;
    let rows: Vec<DependRow> = draft
        .rows
        .depends
        .values()
        .map(|s| &*s.0)
        .filter(|d| mine(d))
        .cloned()
        .collect();
    for row in rows {
        draft.remove(row);
    }
}

/// A dropped column stays as a row without a name or type of its own: tuples still hold its values.
fn drop_column(draft: &mut Draft<'_>, table: Oid, number: i16) {
    let Some((row, _)) = draft.rows.attributes.get(&(table, number)).cloned() else {
        return;
    };
    let mut row = (*row).clone();
    row.attname = format!("........pg.dropped.{number}........");
    row.attisdropped = true;
    row.attnotnull = false;
    row.atthasdef = false;
    draft.put(row);
    if let Some((row, _)) = draft.rows.statistics.get(&(table, number)).cloned() {
        draft.remove((*row).clone());
    }
}

fn drop_relation(draft: &mut Draft<'_>, oid: Oid) {
    let columns: Vec<_> = draft.rows.columns(oid).cloned().collect();
    for row in columns {
        if let Some((statistic, _)) = draft.rows.statistics.get(&(oid, row.attnum)).cloned() {
            draft.remove((*statistic).clone());
        }
        draft.remove(row);
    }
    if let Some((row, _)) = draft.rows.indexes.get(&(oid,)).cloned() {
        draft.remove((*row).clone());
    }
    if let Some((row, _)) = draft.rows.sequences.get(&(oid,)).cloned() {
        draft.remove((*row).clone());
    }
    if let Some((row, _)) = draft.rows.views.get(&(oid,)).cloned() {
        draft.remove((*row).clone());
    }
    let Some((class, _)) = draft.rows.classes.get(&(oid,)).cloned() else {
        return;
    };
    if class.relkind != 'v' {
        let (relfilenode, kind) = (class.relfilenode.0, class.relkind);
        draft.steps.push(Step::DropFiles { relfilenode, kind });
    }
    draft.remove((*class).clone());
}
