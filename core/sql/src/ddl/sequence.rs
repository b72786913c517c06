//! Sequences: their parameters, and CREATE SEQUENCE.

use super::{Draft, Step, class};
use crate::catalog::store::{ClassRow, SequenceRow};
use crate::parse::ast::{CreateSequence, QualifiedName, SequenceOption, SequenceOptionKind};
use crate::types::Oid;
use alloc::format;
use alloc::string::String;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SequenceParameters {
    pub ty: Oid,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cache: i64,
    pub cycle: bool,
}

fn limits(ty: Oid) -> (i64, i64) {
    match ty {
        Oid::INT2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Oid::INT4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn number(text: &str) -> Result<i64> {
    text.parse()
        .map_err(|_| SqlError::value_out_of_range("bigint", text))
}

fn invalid(message: String) -> SqlError {
    SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message)
}

impl SequenceParameters {
    /// The parameters that the options ask for; `ty` unless AS says otherwise.
    pub fn parse(ty: Oid, options: &[SequenceOption]) -> Result<SequenceParameters> {
        let (mut ty, mut increment, mut cache, mut cycle) = (ty, 1, 1, false);
        let (mut min, mut max, mut start) = (None, None, None);
        for option in options {
            match &option.kind {
                SequenceOptionKind::As(name) => {
                    ty = crate::bind::type_of_name(name)?.oid;
                    if !matches!(ty, Oid::INT2 | Oid::INT4 | Oid::INT8) {
                        let message = "sequence type must be smallint, integer, or bigint";
                        return Err(invalid(message.into()).at(option.pos));
                    }
                }
                SequenceOptionKind::Increment(text) => increment = number(text)?,
                SequenceOptionKind::Cache(text) => cache = number(text)?,
                SequenceOptionKind::Cycle(yes) => cycle = *yes,
                SequenceOptionKind::MinValue(text) => {
                    min = text.as_deref().map(number).transpose()?;
                }
                SequenceOptionKind::MaxValue(text) => {
                    max = text.as_deref().map(number).transpose()?;
                }
                SequenceOptionKind::Start(text) => start = Some(number(text)?),
                _ => {}
            }
        }
        if increment == 0 {
            return Err(invalid("INCREMENT must not be zero".into()));
        }
        if cache < 1 {
            return Err(invalid(format!(
                "CACHE ({cache}) must be greater than zero"
            )));
        }
        let (least, most) = limits(ty);
        let up = increment > 0;
        let min = min.unwrap_or(if up { 1 } else { least });
        let max = max.unwrap_or(if up { most } else { -1 });
        let start = start.unwrap_or(if up { min } else { max });
        let result = SequenceParameters {
            ty,
            start,
            increment,
            min,
            max,
            cache,
            cycle,
        };
        result.check(least, most)?;
        Ok(result)
    }

    fn check(&self, least: i64, most: i64) -> Result<()> {
        let (min, max, start) = (self.min, self.max, self.start);
        let ty = crate::types::format_type(self.ty, -1);
        if max > most || max < least {
            return Err(invalid(format!(
                "MAXVALUE ({max}) is out of range for sequence data type {ty}"
            )));
        }
        if min < least || min > most {
            return Err(invalid(format!(
                "MINVALUE ({min}) is out of range for sequence data type {ty}"
            )));
        }
        if min >= max {
            return Err(invalid(format!(
                "MINVALUE ({min}) must be less than MAXVALUE ({max})"
            )));
        }
        if start < min {
            return Err(invalid(format!(
                "START value ({start}) cannot be less than MINVALUE ({min})"
            )));
        }
        if start > max {
            let message = format!("START value ({start}) cannot be greater than MAXVALUE ({max})");
            return Err(invalid(message));
        }
        Ok(())
    }
}

/// Rows and file of a new sequence.
pub(super) fn make(
    draft: &mut Draft<'_>,
    schema: Oid,
    name: &str,
    parameters: &SequenceParameters,
) -> Result<Oid> {
    let oid = draft.cx.numbers.take_oid()?;
    let relfilenode = draft.cx.numbers.take_file()?;
    draft.put(ClassRow {
        oid,
        relname: name.into(),
        relnamespace: schema,
        relowner: draft.cx.owner,
        relam: String::new(),
        relfilenode: Oid(relfilenode),
        relpages: 1,
        reltuples: 1.0,
        relkind: 'S',
        relnatts: 3,
        relacl: None,
        reloptions: None,
    });
    draft.put(SequenceRow {
        seqrelid: oid,
        seqtypid: parameters.ty,
        seqstart: parameters.start,
        seqincrement: parameters.increment,
        seqmax: parameters.max,
        seqmin: parameters.min,
        seqcache: parameters.cache,
        seqcycle: parameters.cycle,
    });
    draft.depends((class::RELATION, oid, 0), (class::SCHEMA, schema, 0), 'n');
    draft.steps.push(Step::MakeSequence {
        relfilenode,
        start: parameters.start,
    });
    Ok(oid)
}

/// CREATE SEQUENCE.
pub fn create_sequence(draft: &mut Draft<'_>, statement: &CreateSequence) -> Result<()> {
    let schema = draft.schema_for(&statement.name)?;
    if !draft.may_create(schema, &statement.name.name, statement.if_not_exists)? {
        return Ok(());
    }
    let parameters = SequenceParameters::parse(Oid::INT8, &statement.options)?;
    let oid = make(draft, schema, &statement.name.name, &parameters)?;
    for option in &statement.options {
        if let SequenceOptionKind::OwnedBy(Some(column)) = &option.kind {
            own(draft, oid, column)?;
        }
    }
    Ok(())
}

/// OWNED BY table.column: the parser gives the table as the schema part of the name.
fn own(draft: &mut Draft<'_>, sequence: Oid, column: &QualifiedName) -> Result<()> {
    let missing = || {
        SqlError::syntax("invalid OWNED BY option")
            .hint("Specify OWNED BY table.column or OWNED BY NONE.")
            .at(column.pos)
    };
    let table = column.schema.as_deref().ok_or_else(missing)?;
    let relation = draft
        .cx
        .catalog
        .find(draft.cx.path, column.catalog.as_deref(), table);
    let Some(crate::catalog::Relation::Table(table)) = relation else {
        let message = format!("relation \"{table}\" does not exist");
        return Err(SqlError::user(SqlState::UNDEFINED_TABLE, message).at(column.pos));
    };
    let Some(at) = table.column_named(&column.name) else {
        let message = format!(
            "column \"{}\" of relation \"{}\" does not exist",
            column.name, table.name
        );
        return Err(SqlError::user(SqlState::UNDEFINED_COLUMN, message).at(column.pos));
    };
    let on = (class::RELATION, table.oid, at as i32 + 1);
    draft.depends((class::RELATION, sequence, 0), on, 'a');
    Ok(())
}
