//! From catalogue rows to definitions: one relation at a time.

use super::key_maker::key_maker;
use super::object::*;
use super::snapshot::Doors;
use super::store::{AttributeRow, ClassRow, ConstraintRow, IndexRow, RowSet};
use crate::parse::ast::{MatchKind, ReferentialAction};
use crate::types::{Oid, SqlType, element_of, phys_of};
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::{Attr, Datum, TupleDesc};
use vitrine_engine::access::IndexDef as EngineIndex;

pub fn schema_name(rows: &RowSet, oid: Oid) -> Rc<str> {
    rows.namespaces
        .get(&(oid,))
        .map_or_else(|| Rc::from(""), |(row, _)| row.nspname.as_str().into())
}

/// The definition of a table, view or sequence.
pub fn relation(rows: &RowSet, class: &ClassRow, doors: &dyn Doors) -> Result<Relation> {
    match class.relkind {
        'r' => table(rows, class, doors).map(|t| Relation::Table(Rc::new(t))),
        'v' => view(rows, class).map(|v| Relation::View(Rc::new(v))),
        'S' => sequence(rows, class).map(|s| Relation::Sequence(Rc::new(s))),
        other => Err(broken(class, &format!("relkind \"{other}\" is unknown"))),
    }
}

fn broken(class: &ClassRow, why: &str) -> SqlError {
    SqlError::corrupted(format!("catalogue rows of relation {}: {why}", class.oid))
}

fn table(rows: &RowSet, class: &ClassRow, doors: &dyn Doors) -> Result<TableDef> {
    let columns: Vec<ColumnDef> = rows
        .columns(class.oid)
        .filter(|a| a.attnum > 0)
        .map(|a| column(rows, a))
        .collect();
    let desc = Rc::new(TupleDesc::new(
        columns.iter().map(attribute).collect::<Result<_>>()?,
    ));
    let mut indexes = Vec::new();
    for row in rows.indexes_of(class.oid) {
        indexes.push(Rc::new(index(rows, class, row, &columns)?));
    }
    let engine: Vec<EngineIndex> = indexes.iter().map(|index| index.engine.clone()).collect();
    let own = rows.constraints_of(class.oid).map(constraint);
    let constraints: Vec<Rc<ConstraintDef>> = own.collect::<Result<_>>()?;
    let pointing = rows
        .constraints
        .values()
        .map(|s| &*s.0)
        .filter(|c| c.confrelid == class.oid);
    let referenced_by = pointing.map(constraint).collect::<Result<_>>()?;
    let access = doors.table(class.oid, class.relfilenode.0, &desc, &engine);
    Ok(TableDef {
        oid: class.oid,
        relfilenode: class.relfilenode.0,
        schema: class.relnamespace,
        schema_name: schema_name(rows, class.relnamespace),
        name: class.relname.as_str().into(),
        columns,
        indexes,
        constraints,
        referenced_by,
        rows: f64::from(class.reltuples),
        pages: class.relpages.max(0) as u32,
        owner: class.relowner,
        system: class.oid < Oid::FIRST_USER,
        desc,
        access,
    })
}

fn column(rows: &RowSet, row: &AttributeRow) -> ColumnDef {
    let key = (row.attrelid, row.attnum);
    let default = rows
        .defaults
        .get(&key)
        .map(|(d, _)| d.adbin.as_str().into());
    let statistics = rows.statistics.get(&key).map(|(s, _)| {
        let common = s.common_values.iter().cloned();
        let frequencies = s.common_frequencies.iter().map(|f| f64::from(*f));
        Rc::new(ColumnStatistics {
            null_fraction: f64::from(s.stanullfrac),
            width_bytes: s.stawidth.max(0) as u32,
            distinct: f64::from(s.stadistinct),
            common_values: common.zip(frequencies).collect(),
            histogram: s.histogram_bounds.clone(),
            correlation: f64::from(s.correlation),
        })
    });
    ColumnDef {
        name: row.attname.as_str().into(),
        ty: SqlType::new(row.atttypid, row.atttypmod),
        not_null: row.attnotnull,
        dropped: row.attisdropped,
        default,
        generated: row.attgenerated == 's',
        identity: match row.attidentity {
            'a' => Some(true),
            'd' => Some(false),
            _ => None,
        },
        missing: row.attmissingval.as_deref().map(Rc::from),
        statistics,
    }
}

/// The column as tuples hold it. A dropped column keeps its place: its type's form is still needed
/// to step over it.
fn attribute(column: &ColumnDef) -> Result<Attr> {
    let mut attr = match element_of(column.ty.oid) {
        Some(element) => Attr::array(phys_of(element), element.0),
        None => Attr::new(phys_of(column.ty.oid)),
    };
    attr.not_null = column.not_null && !column.dropped;
    attr.missing = match &column.missing {
        Some(text) => crate::types::input(
            column.ty.oid,
            column.ty.typmod,
            text,
            &crate::types::IoCx::UTC,
        )?,
        None => Datum::Null,
    };
    Ok(attr)
}

fn index(
    rows: &RowSet,
    table: &ClassRow,
    row: &IndexRow,
    columns: &[ColumnDef],
) -> Result<IndexDef> {
    let Some((class, _)) = rows.classes.get(&(row.indexrelid,)) else {
        return Err(broken(table, "an index has no row in pg_class"));
    };
    let key_count = row.indnkeyatts.max(0) as usize;
    let mut expressions = row.indexprs.iter().flatten();
    let mut keys = Vec::new();
    for (at, number) in row.indkey.iter().take(key_count).enumerate() {
        let option = row.indoption.get(at).copied().unwrap_or(0);
        let column = usize::try_from(*number).ok().and_then(|n| n.checked_sub(1));
        let ty = match column {
            Some(column) => columns.get(column).map(|c| c.ty),
            None => Some(SqlType::plain(Oid::TEXT)),
        };
        let expression = match column {
            Some(_) => None,
            None => expressions.next().map(|text| Rc::from(text.as_str())),
        };
        keys.push(IndexKey {
            column,
            expression,
            ty: ty.ok_or_else(|| broken(table, "an index names a column that is not there"))?,
            descending: option & 1 != 0,
            nulls_first: option & 2 != 0,
        });
    }
    let include: Vec<usize> = row
        .indkey
        .iter()
        .skip(key_count)
        .filter_map(|n| usize::try_from(*n).ok()?.checked_sub(1))
        .collect();
    let depends_on: Vec<usize> = keys
        .iter()
        .filter_map(|k| k.column)
        .chain(include.iter().copied())
        .collect();
    let engine = EngineIndex {
        oid: row.indexrelid.0,
        relfilenode: class.relfilenode.0,
        unique: row.indisunique,
        columns: depends_on.into(),
        key: key_maker(&keys)?,
    };
    Ok(IndexDef {
        oid: row.indexrelid,
        relfilenode: class.relfilenode.0,
        name: class.relname.as_str().into(),
        table: row.indrelid,
        keys,
        include,
        unique: row.indisunique,
        primary: row.indisprimary,
        nulls_not_distinct: row.indnullsnotdistinct,
        predicate: row.indpred.as_deref().map(Rc::from),
        engine,
    })
}

fn constraint(row: &ConstraintRow) -> Result<Rc<ConstraintDef>> {
    let columns = |numbers: &[i16]| -> Vec<usize> {
        numbers
            .iter()
            .filter_map(|n| usize::try_from(*n).ok()?.checked_sub(1))
            .collect()
    };
    let bad = |what: &str| SqlError::corrupted(format!("constraint {}: {what}", row.oid));
    let kind = match row.contype {
        'c' => ConstraintKind::Check {
            expression: row.conbin.as_deref().unwrap_or("true").into(),
        },
        'p' => ConstraintKind::Primary {
            index: row.conindid,
            columns: columns(&row.conkey),
        },
        'u' => ConstraintKind::Unique {
            index: row.conindid,
            columns: columns(&row.conkey),
        },
        'f' => ConstraintKind::Foreign(ForeignKeyDef {
            columns: columns(&row.conkey),
            parent: row.confrelid,
            parent_columns: columns(&row.confkey),
            parent_index: row.conindid,
            on_update: action(row.confupdtype).ok_or_else(|| bad("unknown action"))?,
            on_delete: action(row.confdeltype).ok_or_else(|| bad("unknown action"))?,
            matching: if row.confmatchtype == 'f' {
                MatchKind::Full
            } else {
                MatchKind::Simple
            },
            deferrable: row.condeferrable,
            initially_deferred: row.condeferred,
        }),
        _ => return Err(bad("unknown kind")),
    };
    let name = row.conname.as_str().into();
    Ok(Rc::new(ConstraintDef {
        oid: row.oid,
        name,
        table: row.conrelid,
        kind,
    }))
}

/// The letter in `pg_constraint` for what a foreign key does.
pub fn action_letter(action: &ReferentialAction) -> char {
    ACTIONS
        .iter()
        .find(|(_, a)| a == action)
        .map_or('a', |(letter, _)| *letter)
}

fn action(letter: char) -> Option<ReferentialAction> {
    ACTIONS
        .iter()
        .find(|(l, _)| *l == letter)
        .map(|(_, action)| *action)
}

static ACTIONS: &[(char, ReferentialAction)] = &[
    ('a', ReferentialAction::NoAction),
    ('r', ReferentialAction::Restrict),
    ('c', ReferentialAction::Cascade),
    ('n', ReferentialAction::SetNull),
    ('d', ReferentialAction::SetDefault),
];

fn view(rows: &RowSet, class: &ClassRow) -> Result<ViewDef> {
    let Some((row, _)) = rows.views.get(&(class.oid,)) else {
        return Err(broken(class, "the view has no query"));
    };
    let columns = rows
        .columns(class.oid)
        .map(|a| {
            (
                a.attname.as_str().into(),
                SqlType::new(a.atttypid, a.atttypmod),
            )
        })
        .collect();
    Ok(ViewDef {
        oid: class.oid,
        schema: class.relnamespace,
        schema_name: schema_name(rows, class.relnamespace),
        name: class.relname.as_str().into(),
        columns,
        query: row.ev_action.as_str().into(),
    })
}

fn sequence(rows: &RowSet, class: &ClassRow) -> Result<SequenceDef> {
    let Some((row, _)) = rows.sequences.get(&(class.oid,)) else {
        return Err(broken(class, "the sequence has no parameters"));
    };
    let owner = rows
        .depends
        .values()
        .map(|s| &*s.0)
        .find(|d| d.objid == class.oid && d.refobjsubid > 0 && matches!(d.deptype, 'a' | 'i'));
    Ok(SequenceDef {
        oid: class.oid,
        relfilenode: class.relfilenode.0,
        schema: class.relnamespace,
        schema_name: schema_name(rows, class.relnamespace),
        name: class.relname.as_str().into(),
        ty: row.seqtypid,
        start: row.seqstart,
        increment: row.seqincrement,
        min: row.seqmin,
        max: row.seqmax,
        cycle: row.seqcycle,
        owned_by: owner.map(|d| (d.refobjid, d.refobjsubid as usize - 1)),
    })
}
