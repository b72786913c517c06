//! Functions that fetch, wait or know the session: the answers to planned calls.

use super::sequence::{self, State};
use super::settings::Settings;
use crate::catalog::{Relation, SequenceDef};
use crate::execute::{ExecCx, PlannedCalls};
use crate::functions::FuncRow;
use crate::types::Oid;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use vitrine_data::{Datum, Result, SqlError, SqlState};
use vitrine_engine::lock::{LockMode, LockTag, LockWait};

/// Values that this session got from sequences.
#[derive(Default)]
pub struct SequenceMemory {
    values: RefCell<BTreeMap<Oid, i64>>,
    last: Cell<Option<i64>>,
}

/// What planned calls may ask of the session.
pub struct Calls {
    pub memory: Rc<SequenceMemory>,
    pub settings: Rc<RefCell<Settings>>,
}

impl PlannedCalls for Calls {
    fn call<'a>(
        &'a self,
        function: &'static FuncRow,
        args: Vec<Datum>,
        cx: &'a ExecCx<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Datum>> + 'a>> {
        Box::pin(self.answer(function, args, cx))
    }
}

fn sequence_of(args: &[Datum], cx: &ExecCx<'_>) -> Result<Rc<SequenceDef>> {
    let oid = Oid(args.first().and_then(Datum::as_i64).unwrap_or(0) as u32);
    match cx.catalog.by_oid(oid) {
        Some(Relation::Sequence(sequence)) => Ok(sequence.clone()),
        Some(other) => {
            let message = format!("{} with OID {oid} is not a sequence", other.kind_name());
            Err(SqlError::user(SqlState::WRONG_OBJECT_TYPE, message))
        }
        None => {
            let message = format!("could not open relation with OID {oid}");
            Err(SqlError::user(SqlState::UNDEFINED_TABLE, message))
        }
    }
}

fn text(args: &[Datum], at: usize) -> &str {
    args.get(at).and_then(Datum::as_str).unwrap_or("")
}

impl Calls {
    async fn answer(
        &self,
        function: &'static FuncRow,
        args: Vec<Datum>,
        cx: &ExecCx<'_>,
    ) -> Result<Datum> {
        if function.strict && args.iter().any(Datum::is_null) {
            return Ok(Datum::Null);
        }
        match function.name {
            "nextval" => {
                let sequence = sequence_of(&args, cx)?;
                let value = sequence::nextval(cx.owner, &sequence).await?;
                self.memory.values.borrow_mut().insert(sequence.oid, value);
                self.memory.last.set(Some(value));
                Ok(Datum::I64(value))
            }
            "currval" => {
                let sequence = sequence_of(&args, cx)?;
                let known = self.memory.values.borrow().get(&sequence.oid).copied();
                known.map(Datum::I64).ok_or_else(|| {
                    SqlError::user(
                        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                        format!(
                            "currval of sequence \"{}\" is not yet defined in this session",
                            sequence.name
                        ),
                    )
                })
            }
            "lastval" => self.memory.last.get().map(Datum::I64).ok_or_else(|| {
                SqlError::user(
                    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "lastval is not yet defined in this session",
                )
            }),
            "setval" => {
                let sequence = sequence_of(&args, cx)?;
                let last = args.get(1).and_then(Datum::as_i64).unwrap_or(0);
                let called = args.get(2).and_then(Datum::as_bool).unwrap_or(true);
                sequence::set(cx.owner, &sequence, State { last, called }).await?;
                if called {
                    self.memory.values.borrow_mut().insert(sequence.oid, last);
                }
                Ok(Datum::I64(last))
            }
            "pg_sleep" => {
                let seconds = args.first().and_then(Datum::as_f64).unwrap_or(0.0);
                self.sleep(seconds, cx).await
            }
            "txid_current" | "pg_current_xact_id" => {
                Ok(Datum::I64(cx.owner.txns.assign_xid(cx.engine.txn).0 as i64))
            }
            "current_setting" => self.current_setting(&args),
            "set_config" => {
                let local = args.get(2).and_then(Datum::as_bool).unwrap_or(false);
                let mut settings = self.settings.borrow_mut();
                settings.set(text(&args, 0), Some(text(&args, 1)), local)?;
                Ok(Datum::text(&settings.show(text(&args, 0))?))
            }
            "pg_relation_size" | "pg_table_size" | "pg_total_relation_size" | "pg_indexes_size" => {
                size(function.name, &args, cx).await
            }
            "pg_advisory_lock" | "pg_try_advisory_lock" | "pg_advisory_unlock" => {
                advisory(function.name, &args, cx).await
            }
            name => Err(SqlError::unsupported(format!(
                "function {name} is not supported"
            ))),
        }
    }

    async fn sleep(&self, seconds: f64, cx: &ExecCx<'_>) -> Result<Datum> {
        let scheduler = cx.owner.storage.scheduler();
        let until = scheduler.now_us() + (seconds.max(0.0) * 1.0e6) as u64;
        while scheduler.now_us() < until {
            cx.engine.txn.session.check()?;
            scheduler
                .sleep_until(until.min(scheduler.now_us() + 100_000))
                .await;
        }
        Ok(Datum::bytes(&[]))
    }

    fn current_setting(&self, args: &[Datum]) -> Result<Datum> {
        match self.settings.borrow().show(text(args, 0)) {
            Ok(value) => Ok(Datum::text(&value)),
            Err(_) if args.get(1).and_then(Datum::as_bool) == Some(true) => Ok(Datum::Null),
            Err(error) => Err(error),
        }
    }
}

/// Bytes of a table, its indexes, or both.
async fn size(name: &str, args: &[Datum], cx: &ExecCx<'_>) -> Result<Datum> {
    let oid = Oid(args.first().and_then(Datum::as_i64).unwrap_or(0) as u32);
    let owner = match cx.catalog.by_oid(oid) {
        Some(Relation::Index(index)) => index.table,
        Some(_) => oid,
        None => return Ok(Datum::Null),
    };
    let Some(table) = cx.catalog.table(owner) else {
        return Ok(Datum::I64(0));
    };
    let mut pages = 0u64;
    if owner != oid {
        pages += u64::from(
            cx.owner
                .act(|| table.access.index_size(cx.engine, oid.0))
                .await?,
        );
    } else {
        if name != "pg_indexes_size" {
            pages += u64::from(cx.owner.act(|| table.access.size(cx.engine)).await?.blocks);
        }
        if matches!(name, "pg_indexes_size" | "pg_total_relation_size") {
            for index in &table.indexes {
                let step = || table.access.index_size(cx.engine, index.oid.0);
                pages += u64::from(cx.owner.act(step).await?);
            }
        }
    }
    Ok(Datum::I64((pages * 8192) as i64))
}

async fn advisory(name: &str, args: &[Datum], cx: &ExecCx<'_>) -> Result<Datum> {
    let key = args.first().and_then(Datum::as_i64).unwrap_or(0) as u64;
    let tag = LockTag::Advisory(key, false);
    let session = &cx.engine.txn.session;
    let locks = &cx.owner.locks;
    match name {
        "pg_advisory_unlock" => Ok(Datum::Bool(locks.release(
            session.id,
            &tag,
            LockMode::Exclusive,
        ))),
        "pg_try_advisory_lock" => {
            let got = locks.try_acquire(session.id, &tag, LockMode::Exclusive);
            if got {
                locks.keep_for_session(session.id, &tag, LockMode::Exclusive);
            }
            Ok(Datum::Bool(got))
        }
        _ => {
            locks
                .acquire(session, &tag, LockMode::Exclusive, LockWait::Block)
                .await?;
            locks.keep_for_session(session.id, &tag, LockMode::Exclusive);
            Ok(Datum::bytes(&[]))
        }
    }
}
