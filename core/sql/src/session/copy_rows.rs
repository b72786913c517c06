//! COPY: rows between a table and bytes that come and go with the call.

use super::sink::{CommandTag, ResultSink};
use super::state::Session;
use crate::catalog::{Relation, TableDef};
use crate::copy::{CopyOptions, CopyReader, CopyWriter, Row};
use crate::parse::ast::{self, CopyEndpoint, CopySource, Statement};
use crate::parse::deparse;
use crate::types::{self, IoCx};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, SqlError, SqlState};

/// So many rows go in with one statement.
const ROWS_AT_ONCE: usize = 200;

impl Session {
    pub(super) async fn copy(&mut self, copy: &ast::Copy, sink: &mut dyn ResultSink) -> Result<()> {
        match &copy.endpoint {
            CopyEndpoint::Client => {}
            CopyEndpoint::File(name) if name == "/dev/blob" => {}
            CopyEndpoint::File(_) => {
                return Err(SqlError::unsupported(
                    "COPY from or to a file of the server is not supported",
                )
                .hint("Use COPY … FROM '/dev/blob' with the bytes given with the call.")
                .at(copy.pos));
            }
            CopyEndpoint::Program(_) => {
                return Err(SqlError::unsupported("COPY PROGRAM is not supported").at(copy.pos));
            }
        }
        let options = CopyOptions::parse(&copy.options, copy.from)?;
        let count = if copy.from {
            self.copy_from(copy, &options).await?
        } else {
            self.copy_to(copy, &options).await?
        };
        sink.done(CommandTag {
            text: format!("COPY {count}"),
            rows: Some(count),
        });
        Ok(())
    }

    fn copied_table(&self, copy: &ast::Copy) -> Result<(Rc<TableDef>, Vec<usize>)> {
        let CopySource::Table { name, columns } = &copy.source else {
            return Err(SqlError::syntax("COPY FROM needs a table").at(copy.pos));
        };
        let Relation::Table(table) = self.find(name)? else {
            return Err(SqlError::user(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "cannot copy from or to \"{}\": it is not a table",
                    name.name
                ),
            )
            .at(name.pos));
        };
        let numbers = columns
            .iter()
            .map(|column| {
                table.column_named(&column.name).ok_or_else(|| {
                    SqlError::user(
                        SqlState::UNDEFINED_COLUMN,
                        format!(
                            "column \"{}\" of relation \"{}\" does not exist",
                            column.name, table.name
                        ),
                    )
                    .at(column.pos)
                })
            })
            .collect::<Result<Vec<usize>>>()?;
        let numbers = match numbers.is_empty() {
            true => table
                .live_columns()
                .filter(|(_, c)| !c.generated)
                .map(|(at, _)| at)
                .collect(),
            false => numbers,
        };
        Ok((table, numbers))
    }

    async fn copy_from(&mut self, copy: &ast::Copy, options: &CopyOptions) -> Result<u64> {
        if copy.filter.is_some() {
            return Err(SqlError::unsupported("COPY FROM … WHERE is not supported").at(copy.pos));
        }
        let (table, columns) = self.copied_table(copy)?;
        let Some(data) = self.copy_in.take() else {
            return Err(
                SqlError::user(SqlState::PROTOCOL_VIOLATION, "COPY FROM got no data")
                    .hint("Give the bytes with the call, as its blob."),
            );
        };
        let io = IoCx {
            zone_offset_s: 0,
            now_us: super::state::clock_us(&self.sql.engine),
        };
        let mut reader = CopyReader::new(&data, options);
        let mut row = Row::default();
        let mut count = 0u64;
        let mut cells: Vec<Datum> = Vec::new();
        let mut waiting = 0usize;
        while reader.next_row(&mut row)? {
            read_cells(&row, &table, &columns, &io, &mut cells)
                .map_err(|e| e.within(&format!("COPY {}, line {}", table.name, reader.line())))?;
            waiting += 1;
            if waiting == ROWS_AT_ONCE {
                count += self.insert_cells(&table, &columns, waiting, &cells).await?;
                cells.clear();
                waiting = 0;
            }
        }
        if waiting > 0 {
            count += self.insert_cells(&table, &columns, waiting, &cells).await?;
        }
        Ok(count)
    }

    /// Rows as parameters of one INSERT: constraints and defaults are its business.
    async fn insert_cells(
        &mut self,
        table: &TableDef,
        columns: &[usize],
        rows: usize,
        cells: &[Datum],
    ) -> Result<u64> {
        let named = |at: &usize| {
            table
                .columns
                .get(*at)
                .map(|column| deparse::name(&column.name))
        };
        let names: Vec<String> = columns.iter().filter_map(named).collect();
        let mut text = format!(
            "INSERT INTO {} ({}) VALUES ",
            super::define::full_name(table),
            names.join(", ")
        );
        let mut number = 1;
        for at in 0..rows {
            text.push_str(if at == 0 { "(" } else { ", (" });
            for column in 0..columns.len() {
                text.push_str(if column == 0 { "$" } else { ", $" });
                text.push_str(&format!("{number}"));
                number += 1;
            }
            text.push(')');
        }
        let insert: Statement = crate::parse::parse_one(&text).map_err(SqlError::from)?;
        let plan = self.plan_for(&insert, None).await?;
        let ran = self.run_into(&plan, cells, false, &mut |_| Ok(())).await?;
        self.txn().next_command()?;
        Ok(ran.changed)
    }

    async fn copy_to(&mut self, copy: &ast::Copy, options: &CopyOptions) -> Result<u64> {
        let statement = match &copy.source {
            CopySource::Statement(statement) => statement.as_ref().clone(),
            CopySource::Table { .. } => {
                let (table, columns) = self.copied_table(copy)?;
                let named = |at: &usize| table.columns.get(*at).map(|c| deparse::name(&c.name));
                let names: Vec<String> = columns.iter().filter_map(named).collect();
                let text = format!(
                    "SELECT {} FROM {}",
                    names.join(", "),
                    super::define::full_name(&table)
                );
                crate::parse::parse_one(&text).map_err(SqlError::from)?
            }
        };
        let plan = self.plan_for(&statement, None).await?;
        let names: Vec<&str> = plan
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let mut writer = CopyWriter::new(options, &names);
        let mut give = |batch: &vitrine_data::Batch| {
            for at in 0..batch.rows() {
                for (column, field) in plan.fields.iter().enumerate() {
                    let value = batch.datum(column, at);
                    match value.is_null() {
                        true => writer.cell(None),
                        false => {
                            let text = types::output_text(field.ty.oid, &value, &IoCx::UTC);
                            writer.cell(Some(&text));
                        }
                    }
                }
                writer.end_row();
            }
            Ok(())
        };
        let ran = self.run_into(&plan, &[], false, &mut give).await?;
        self.copy_out.extend(writer.out);
        Ok(ran.rows)
    }
}

/// The cells of a line as values of their columns.
fn read_cells(
    row: &Row,
    table: &TableDef,
    columns: &[usize],
    io: &IoCx,
    out: &mut Vec<Datum>,
) -> Result<()> {
    if row.len() > columns.len() {
        let state = SqlState::BAD_COPY_FILE_FORMAT;
        return Err(SqlError::user(
            state,
            "extra data after last expected column",
        ));
    }
    for (at, number) in columns.iter().enumerate() {
        let Some(column) = table.columns.get(*number) else {
            continue;
        };
        if at >= row.len() {
            return Err(SqlError::user(
                SqlState::BAD_COPY_FILE_FORMAT,
                format!("missing data for column \"{}\"", column.name),
            ));
        }
        out.push(match row.cell(at)? {
            None => Datum::Null,
            Some(text) => types::input(column.ty.oid, column.ty.typmod, text, io)?,
        });
    }
    Ok(())
}
