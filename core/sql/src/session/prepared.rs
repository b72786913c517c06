//! Prepared statements, and the plans kept with them.

use super::sink::{Field, ParamValue, ResultSink};
use super::state::Session;
use crate::bind::Binder;
use crate::parse::ast::Statement;
use crate::plan::tree;
use crate::types::{self, IoCx, Oid};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Datum, Result, SqlError, SqlState};

/// A plan holds as long as the generation and the path are the same.
pub(super) type KeptPlan = (u64, Vec<String>, Rc<tree::Statement>);

pub struct Prepared {
    pub text: String,
    pub statement: Statement,
    pub params: Vec<Oid>,
    pub fields: Vec<Field>,
    /// The catalogue's generation, the search path, and the plan made for them.
    pub(super) plan: RefCell<Option<KeptPlan>>,
}

/// Whether a statement is one that gets a plan.
pub fn is_planned(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Select(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
    )
}

impl Session {
    /// Parses and binds a statement for running it often.
    pub async fn prepare(&mut self, text: &str) -> Result<u32> {
        let prepared = self.make_prepared(text, Vec::new());
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                self.after_error().await;
                return Err(error);
            }
        };
        let number = self.next_prepared;
        self.next_prepared += 1;
        self.prepared.insert(number, Rc::new(prepared));
        Ok(number)
    }

    pub(super) fn make_prepared(&mut self, text: &str, types: Vec<Oid>) -> Result<Prepared> {
        let statement = crate::parse::parse_one(text).map_err(SqlError::from)?;
        let (mut params, mut fields) = (types, Vec::new());
        if is_planned(&statement) {
            let (view, facts) = (self.view(), self.facts());
            let binder = Binder::new(&view, &facts);
            *binder.params.borrow_mut() = params;
            let bound = binder.statement(&statement)?;
            params = binder.params.borrow().clone();
            let columns = match &bound {
                crate::bind::Bound::Query(query) => query.columns.clone(),
                crate::bind::Bound::Change { change, .. } => change
                    .returning
                    .iter()
                    .map(|(column, _)| column.clone())
                    .collect(),
            };
            fields = columns
                .into_iter()
                .map(|column| Field {
                    name: column.name,
                    ty: column.ty.oid,
                    typmod: column.ty.typmod,
                    table: column.origin.0,
                    attribute: column.origin.1,
                })
                .collect();
        }
        for oid in &mut params {
            if *oid == Oid::UNKNOWN {
                *oid = Oid::TEXT;
            }
        }
        let plan = RefCell::new(None);
        Ok(Prepared {
            text: text.into(),
            statement,
            params,
            fields,
            plan,
        })
    }

    pub fn prepared(&self, number: u32) -> Result<Rc<Prepared>> {
        self.prepared.get(&number).cloned().ok_or_else(|| {
            SqlError::user(
                SqlState::INVALID_SQL_STATEMENT_NAME,
                format!("prepared statement \"{number}\" does not exist"),
            )
        })
    }

    pub fn free(&mut self, number: u32) {
        self.prepared.remove(&number);
    }

    /// Runs a prepared statement.
    pub async fn run(
        &mut self,
        number: u32,
        params: Vec<ParamValue>,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        let prepared = self.prepared(number)?;
        let ran = match self.param_values(&prepared, params) {
            Ok(params) => self.run_prepared(&prepared, &params, sink).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ran {
            self.after_error().await;
            return Err(error);
        }
        self.end_implicit().await
    }

    fn param_values(&self, prepared: &Prepared, params: Vec<ParamValue>) -> Result<Vec<Datum>> {
        if params.len() != prepared.params.len() {
            return Err(SqlError::user(
                SqlState::PROTOCOL_VIOLATION,
                format!(
                    "bind message supplies {} parameters, but prepared statement \"\" requires {}",
                    params.len(),
                    prepared.params.len()
                ),
            ));
        }
        let now_us = super::state::clock_us(&self.sql.engine);
        let cx = IoCx {
            zone_offset_s: 0,
            now_us,
        };
        params
            .into_iter()
            .zip(&prepared.params)
            .map(|(param, oid)| match param {
                ParamValue::Datum(value) => Ok(value),
                ParamValue::Text(text) => types::input(*oid, -1, &text, &cx),
            })
            .collect()
    }

    pub(super) async fn run_prepared(
        &mut self,
        prepared: &Rc<Prepared>,
        params: &[Datum],
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        if is_planned(&prepared.statement) {
            self.before_statement(&prepared.statement)?;
            return self
                .planned(&prepared.statement, Some(prepared), params, sink)
                .await;
        }
        self.statement(&prepared.statement, &prepared.text, 0, params, sink)
            .await
    }
}
