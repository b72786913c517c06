//! Statements about the session itself: settings, prepared statements, EXPLAIN, maintenance.

use super::prepared::{Prepared, is_planned};
use super::run::give_text_rows;
use super::sink::{CommandTag, ResultSink};
use super::state::Session;
use crate::bind::Binder;
use crate::catalog::Relation;
use crate::execute::evaluate_const;
use crate::functions::{EvalCx, Slots};
use crate::parse::ast::{self, DefValue, SetItem, SetValue, Statement};
use crate::types::SqlType;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, SqlError, SqlState};
use vitrine_engine::lock::{LockMode, LockTag, LockWait};
use vitrine_engine::txn::Isolation;

fn done(sink: &mut dyn ResultSink, text: &str) -> Result<()> {
    sink.done(CommandTag {
        text: text.into(),
        rows: None,
    });
    Ok(())
}

/// Whether an option of EXPLAIN, VACUUM, … is on.
fn is_on(value: Option<&DefValue>) -> bool {
    match value {
        None => true,
        Some(DefValue::Word(word) | DefValue::String(word) | DefValue::Number(word)) => {
            !matches!(word.as_str(), "off" | "false" | "0")
        }
        Some(_) => true,
    }
}

impl Session {
    pub(super) async fn utility(
        &mut self,
        statement: &Statement,
        text: &str,
        offset: usize,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        match statement {
            Statement::Set(set) => {
                self.set(set)?;
                done(sink, "SET")
            }
            Statement::Reset(name) => {
                self.settings.borrow_mut().set(&name.name, None, false)?;
                done(sink, "RESET")
            }
            Statement::ResetAll => {
                self.settings.borrow_mut().reset_all();
                done(sink, "RESET")
            }
            Statement::Show(name) => self.show(&name.name, sink),
            Statement::ShowAll => self.show_all(sink),
            Statement::SetTransaction { modes, .. } => {
                self.set_transaction(modes)?;
                done(sink, "SET")
            }
            Statement::SetConstraints(_) => done(sink, "SET CONSTRAINTS"),
            Statement::Prepare(prepare) => {
                self.prepare_named(prepare, text, offset)?;
                done(sink, "PREPARE")
            }
            Statement::Execute(execute) => self.execute_named(execute, sink).await,
            Statement::Deallocate(name) => {
                self.deallocate(name.as_ref())?;
                done(
                    sink,
                    if name.is_some() {
                        "DEALLOCATE"
                    } else {
                        "DEALLOCATE ALL"
                    },
                )
            }
            Statement::Discard(_) => {
                self.named.clear();
                done(sink, "DISCARD ALL")
            }
            Statement::Explain(explain) => self.explain(explain, sink).await,
            Statement::Checkpoint => {
                self.sql.engine.checkpoint().await?;
                done(sink, "CHECKPOINT")
            }
            Statement::Vacuum(vacuum) => {
                self.vacuum(vacuum).await?;
                done(sink, "VACUUM")
            }
            Statement::Lock(lock) => {
                self.lock_tables(lock).await?;
                done(sink, "LOCK TABLE")
            }
            Statement::Copy(copy) => self.copy(copy, sink).await,
            other => match self.definition(other, sink).await? {
                Some(tag) => {
                    sink.done(tag);
                    Ok(())
                }
                None => Err(unsupported(text)),
            },
        }
    }

    fn set(&mut self, set: &ast::SetStatement) -> Result<()> {
        let value = match &set.value {
            SetValue::Default => None,
            SetValue::Current => {
                return Err(SqlError::unsupported("SET FROM CURRENT is not supported"));
            }
            SetValue::List(items) => {
                let words: Vec<&str> = items
                    .iter()
                    .map(|item| match item {
                        SetItem::Word(text) | SetItem::String(text) | SetItem::Number(text) => {
                            text.as_str()
                        }
                        SetItem::Typed { value, .. } => value.as_str(),
                    })
                    .collect();
                Some(words.join(", "))
            }
        };
        if set.local && self.open.is_none() {
            self.txn();
        }
        self.settings
            .borrow_mut()
            .set(&set.name.name, value.as_deref(), set.local)
    }

    fn show(&mut self, name: &str, sink: &mut dyn ResultSink) -> Result<()> {
        let value = match name {
            "transaction_isolation" => match self.open.as_ref().map(|open| open.txn.isolation) {
                Some(Isolation::RepeatableRead) => "repeatable read".into(),
                Some(Isolation::ReadCommitted) => "read committed".into(),
                None => self
                    .settings
                    .borrow()
                    .show("default_transaction_isolation")?,
            },
            name => self.settings.borrow().show(name)?,
        };
        give_text_rows(
            sink,
            &[name],
            &[alloc::vec![Datum::text(&value)]],
            "SHOW".into(),
        )
    }

    fn show_all(&mut self, sink: &mut dyn ResultSink) -> Result<()> {
        let rows: Vec<Vec<Datum>> = self
            .settings
            .borrow()
            .all()
            .map(|(setting, value)| alloc::vec![Datum::text(setting.name), Datum::text(&value)])
            .collect();
        give_text_rows(sink, &["name", "setting"], &rows, "SHOW".into())
    }

    fn set_transaction(&mut self, modes: &ast::TransactionModes) -> Result<()> {
        use ast::Isolation as Level;
        let txn = self.txn();
        if let Some(read_only) = modes.read_only {
            txn.read_only.set(read_only);
        }
        let wanted = match modes.isolation {
            None => return Ok(()),
            Some(Level::Serializable) => {
                return Err(SqlError::unsupported(
                    "isolation level SERIALIZABLE is not supported",
                ));
            }
            Some(Level::RepeatableRead) => Isolation::RepeatableRead,
            Some(_) => Isolation::ReadCommitted,
        };
        if wanted == txn.isolation {
            return Ok(());
        }
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        if txn.xid().is_some()
            || open.work.is_some()
            || txn.command() > 0
            || !open.savepoints.is_empty()
        {
            self.open = Some(open);
            return Err(SqlError::user(
                SqlState::ACTIVE_SQL_TRANSACTION,
                "SET TRANSACTION ISOLATION LEVEL must be called before any query",
            ));
        }
        // Nothing has happened yet: another transaction of the wanted kind takes its place.
        let explicit = open.explicit;
        self.settings.borrow_mut().commit();
        self.sql
            .engine
            .txns
            .show_commit(&txn, vitrine_view::Lsn::ZERO, true);
        let new = self.begin_at(wanted, explicit);
        new.read_only.set(txn.read_only.get());
        Ok(())
    }

    fn prepare_named(&mut self, prepare: &ast::Prepare, text: &str, offset: usize) -> Result<()> {
        let name = &prepare.name.name;
        if self.named.contains_key(name) {
            return Err(SqlError::user(
                SqlState::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        let types = prepare
            .types
            .iter()
            .map(|ty| Ok(crate::bind::type_of_name(ty)?.oid))
            .collect::<Result<Vec<_>>>()?;
        let (from, to) = prepare.source_range;
        let inner =
            text.get((from as usize).saturating_sub(offset)..(to as usize).saturating_sub(offset));
        let made = self.make_prepared(inner.unwrap_or(""), types)?;
        self.named.insert(name.clone(), Rc::new(made));
        Ok(())
    }

    fn named(&self, name: &str) -> Result<Rc<Prepared>> {
        self.named.get(name).cloned().ok_or_else(|| {
            SqlError::user(
                SqlState::INVALID_SQL_STATEMENT_NAME,
                format!("prepared statement \"{name}\" does not exist"),
            )
        })
    }

    async fn execute_named(
        &mut self,
        execute: &ast::Execute,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        let prepared = self.named(&execute.name.name)?;
        let params = self.arguments(execute, &prepared)?;
        if !is_planned(&prepared.statement) {
            return Err(SqlError::unsupported(
                "EXECUTE of this statement is not supported",
            ));
        }
        self.planned(&prepared.statement, Some(&prepared), &params, sink)
            .await
    }

    fn arguments(&mut self, execute: &ast::Execute, prepared: &Prepared) -> Result<Vec<Datum>> {
        if execute.args.len() != prepared.params.len() {
            return Err(SqlError::syntax(format!(
                "wrong number of parameters for prepared statement \"{}\"",
                execute.name.name
            ))
            .detail(format!(
                "Expected {} parameters but got {}.",
                prepared.params.len(),
                execute.args.len()
            )));
        }
        let (view, facts) = (self.view(), self.facts());
        let binder = Binder::new(&view, &facts);
        let slots = Slots::default();
        let cx = EvalCx::new(&[], &slots, &facts);
        let pairs = execute.args.iter().zip(&prepared.params);
        pairs
            .map(|(arg, oid)| {
                let bound = binder.value_expr(arg, SqlType::plain(*oid), "EXECUTE parameters")?;
                evaluate_const(&bound, &cx)
            })
            .collect()
    }

    fn deallocate(&mut self, name: Option<&ast::Ident>) -> Result<()> {
        match name {
            None => self.named.clear(),
            Some(name) => {
                self.named(&name.name)?;
                self.named.remove(&name.name);
            }
        }
        Ok(())
    }

    async fn explain(&mut self, explain: &ast::Explain, sink: &mut dyn ResultSink) -> Result<()> {
        let mut options = crate::plan::explain::Options::default();
        let mut json = false;
        for option in &explain.options {
            let on = is_on(option.value.as_ref());
            match option.name.as_str() {
                "analyze" => options.analyze = on,
                "verbose" => options.verbose = on,
                "costs" => options.costs = on,
                "buffers" => options.buffers = on,
                "timing" => options.timing = on,
                "summary" | "settings" | "wal" => {}
                "format" => {
                    json = matches!(&option.value, Some(DefValue::Word(w) | DefValue::String(w)) if w.eq_ignore_ascii_case("json"));
                }
                name => {
                    return Err(SqlError::syntax(format!(
                        "unrecognized EXPLAIN option \"{name}\""
                    ))
                    .at(option.pos));
                }
            }
        }
        if !is_planned(&explain.statement) {
            return Err(SqlError::unsupported(
                "EXPLAIN of this statement is not supported",
            ));
        }
        let begun = self.sql.engine.storage.scheduler().now_us();
        let plan = self.plan_for(&explain.statement, None).await?;
        let planned = self.sql.engine.storage.scheduler().now_us();
        let mut counters = Vec::new();
        if options.analyze {
            let ran = self.run_into(&plan, &[], true, &mut |_| Ok(())).await?;
            self.txn().next_command()?;
            counters = ran.counters;
        }
        let ended = self.sql.engine.storage.scheduler().now_us();
        let times = options
            .analyze
            .then(|| (planned.saturating_sub(begun), ended.saturating_sub(planned)));
        let lines: Vec<String> = if json {
            alloc::vec![crate::plan::explain::json(
                &plan, &options, &counters, times
            )]
        } else {
            crate::plan::explain::text(&plan, &options, &counters, times)
        };
        let rows: Vec<Vec<Datum>> = lines
            .iter()
            .map(|line| alloc::vec![Datum::text(line)])
            .collect();
        give_text_rows(sink, &["QUERY PLAN"], &rows, "EXPLAIN".into())
    }

    async fn vacuum(&mut self, vacuum: &ast::Vacuum) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.explicit) {
            return Err(SqlError::user(
                SqlState::ACTIVE_SQL_TRANSACTION,
                "VACUUM cannot run inside a transaction block",
            ));
        }
        let mut tables = Vec::new();
        for table in &vacuum.tables {
            if let Relation::Table(table) = self.find(&table.name)? {
                tables.push(table);
            }
        }
        if vacuum.tables.is_empty() {
            let view = self.view();
            tables.extend(view.relations().filter_map(|relation| match relation {
                Relation::Table(table) => Some(table.clone()),
                _ => None,
            }));
        }
        let engine = self.sql.engine.clone();
        for table in tables {
            let txn = self.txn();
            self.lock_relation(&txn, table.oid, LockMode::ShareUpdateExclusive)
                .await?;
            table
                .access
                .vacuum(engine.cx(&txn), Default::default())
                .await?;
            self.commit().await?;
        }
        Ok(())
    }

    async fn lock_tables(&mut self, lock: &ast::Lock) -> Result<()> {
        let mode = match lock.mode {
            ast::LockMode::AccessShare => LockMode::AccessShare,
            ast::LockMode::RowShare => LockMode::RowShare,
            ast::LockMode::RowExclusive => LockMode::RowExclusive,
            ast::LockMode::ShareUpdateExclusive => LockMode::ShareUpdateExclusive,
            ast::LockMode::Share => LockMode::Share,
            ast::LockMode::ShareRowExclusive => LockMode::ShareRowExclusive,
            ast::LockMode::Exclusive => LockMode::Exclusive,
            ast::LockMode::AccessExclusive => LockMode::AccessExclusive,
        };
        if !self.open.as_ref().is_some_and(|open| open.explicit) {
            return Err(SqlError::user(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                "LOCK TABLE can only be used in transaction blocks",
            ));
        }
        let txn = self.txn();
        let wait = if lock.nowait {
            LockWait::Error
        } else {
            LockWait::Block
        };
        for table in &lock.tables {
            let oid = self.find(&table.name)?.oid();
            let tag = LockTag::Relation(oid.0);
            self.sql
                .engine
                .locks
                .acquire(&txn.session, &tag, mode, wait)
                .await?;
        }
        Ok(())
    }
}

/// 0A000 with the statement's first words.
fn unsupported(text: &str) -> SqlError {
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    SqlError::unsupported(format!(
        "{} is not supported",
        words.join(" ").to_uppercase()
    ))
}
