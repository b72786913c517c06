//! Carrying out definitions: the steps that `ddl/` decided, within the transaction.

use super::sink::{CommandTag, ResultSink};
use super::state::Session;
use crate::bind::{Binder, Bound};
use crate::catalog::store::{AttributeRow, ClassRow, NamespaceRow, RewriteRow};
use crate::catalog::{CatalogSnapshot, ConstraintKind, Relation, TableDef};
use crate::ddl::{self, DdlCx, Draft, DropTarget, Numbers, Step, class};
use crate::parse::ast::{self, ObjectKind, Statement};
use crate::parse::deparse;
use crate::types::Oid;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError, SqlState};
use vitrine_engine::engine::Engine;
use vitrine_engine::lock::LockMode;
use vitrine_engine::txn::Txn;

/// New numbers, from storage.
struct Issued<'a> {
    engine: &'a Engine,
    txn: &'a Txn,
}

impl Numbers for Issued<'_> {
    fn take_oid(&self) -> Result<Oid> {
        Ok(Oid(self.engine.storage.take_oid()?))
    }

    fn take_file(&self) -> Result<u32> {
        self.engine.create_relfilenode(self.txn)
    }
}

const OWNER: Oid = Oid(10);

impl Session {
    /// Decides on a snapshot and carries out; gives the notices to the client.
    async fn define(
        &mut self,
        sink: &mut dyn ResultSink,
        decide: impl FnOnce(&mut Draft<'_>) -> Result<()>,
    ) -> Result<()> {
        let txn = self.txn();
        if txn.read_only.get() {
            return Err(SqlError::user(
                SqlState::READ_ONLY_SQL_TRANSACTION,
                "cannot execute a definition in a read-only transaction",
            ));
        }
        let view = self.view();
        let path: Vec<String> = self
            .settings
            .borrow()
            .search_path()
            .into_iter()
            .filter(|name| view.schema(name).is_some())
            .collect();
        let engine = self.sql.engine.clone();
        let numbers = Issued {
            engine: &engine,
            txn: &txn,
        };
        let (steps, notices) = {
            let cx = DdlCx {
                catalog: &view,
                numbers: &numbers,
                path: &path,
                owner: OWNER,
            };
            let mut draft = Draft::new(cx);
            decide(&mut draft)?;
            (draft.steps, draft.notices)
        };
        notices.into_iter().for_each(|notice| sink.notice(notice));
        self.perform(&txn, &steps).await
    }

    async fn perform(&mut self, txn: &Rc<Txn>, steps: &[Step]) -> Result<()> {
        let sql = self.sql.clone();
        let mut work = match self.open.as_mut().and_then(|open| open.work.take()) {
            Some(work) => work,
            None => sql.catalog.start(),
        };
        let checks = sql.catalog.perform(txn, &mut work, steps).await;
        // What was done so far must be known even where it failed: a rollback takes it back.
        if let Some(open) = &mut self.open {
            open.work = Some(work);
        }
        let checks = checks?;
        txn.next_command()?;
        for (table, constraint) in checks {
            self.validate(table, constraint).await?;
        }
        Ok(())
    }

    /// Whether the rows there satisfy a new constraint.
    async fn validate(&mut self, table: Oid, constraint: Oid) -> Result<()> {
        let view = self.view();
        let Some(table) = view.table(table).cloned() else {
            return Ok(());
        };
        let found = table
            .constraints
            .iter()
            .find(|c| c.oid == constraint)
            .cloned();
        let Some(constraint) = found else {
            return Ok(());
        };
        let name = full_name(&table);
        let (query, error) = match &constraint.kind {
            ConstraintKind::Check { expression } => (
                format!("SELECT 1 FROM {name} WHERE NOT ({expression}) LIMIT 1"),
                SqlError::user(
                    SqlState::CHECK_VIOLATION,
                    format!(
                        "check constraint \"{}\" of relation \"{}\" is violated by some row",
                        constraint.name, table.name
                    ),
                ),
            ),
            ConstraintKind::Foreign(key) => {
                let Some(parent) = view.table(key.parent) else {
                    return Ok(());
                };
                (
                    orphans(&table, parent, &key.columns, &key.parent_columns),
                    SqlError::user(
                        SqlState::FOREIGN_KEY_VIOLATION,
                        format!(
                            "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
                            table.name, constraint.name
                        ),
                    ),
                )
            }
            _ => return Ok(()),
        };
        if self.query_rows(&query).await?.is_empty() {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// CREATE, DROP and TRUNCATE. `Ok(None)`: the statement is something else.
    pub(super) async fn definition(
        &mut self,
        statement: &Statement,
        sink: &mut dyn ResultSink,
    ) -> Result<Option<CommandTag>> {
        let tag = match statement {
            Statement::CreateTable(create) => {
                self.lock_referenced(create).await?;
                self.define(sink, |draft| ddl::create_table(draft, create).map(|_| ()))
                    .await?;
                "CREATE TABLE"
            }
            Statement::CreateIndex(create) => {
                if let Relation::Table(table) = self.find(&create.table)? {
                    let txn = self.txn();
                    self.lock_relation(&txn, table.oid, LockMode::Share).await?;
                }
                self.define(sink, |draft| ddl::create_index(draft, create))
                    .await?;
                "CREATE INDEX"
            }
            Statement::CreateSequence(create) => {
                self.define(sink, |draft| ddl::create_sequence(draft, create))
                    .await?;
                "CREATE SEQUENCE"
            }
            Statement::CreateSchema(create) => {
                self.create_schema(create, sink).await?;
                "CREATE SCHEMA"
            }
            Statement::CreateView(create) => {
                self.create_view(create, sink).await?;
                "CREATE VIEW"
            }
            Statement::CreateTableAs(create) => {
                return self.create_table_as(create, sink).await.map(Some);
            }
            Statement::Drop(drop) => return self.drop_named(drop, sink).await.map(Some),
            Statement::AlterTable(alter) => {
                self.alter(alter, sink).await?;
                match alter.kind {
                    ObjectKind::Index => "ALTER INDEX",
                    ObjectKind::View => "ALTER VIEW",
                    ObjectKind::Sequence => "ALTER SEQUENCE",
                    _ => "ALTER TABLE",
                }
            }
            Statement::Truncate(truncate) => {
                self.truncate(truncate, sink).await?;
                "TRUNCATE TABLE"
            }
            _ => return Ok(None),
        };
        Ok(Some(CommandTag {
            text: tag.into(),
            rows: None,
        }))
    }

    async fn alter(&mut self, alter: &ast::AlterTable, sink: &mut dyn ResultSink) -> Result<()> {
        let found = match self.find(&alter.name) {
            Err(_) if alter.if_exists => {
                let message = format!("relation \"{}\" does not exist, skipping", alter.name.name);
                sink.notice(SqlError::notice(message));
                return Ok(());
            }
            found => found?,
        };
        let txn = self.txn();
        self.lock_relation(&txn, found.oid(), LockMode::AccessExclusive)
            .await?;
        // What the lock was waited for may have changed it.
        let found = self.find(&alter.name)?;
        let mut follow = Vec::new();
        self.define(sink, |draft| {
            follow = ddl::alter_table(draft, alter, &found)?;
            Ok(())
        })
        .await?;
        let Some(table) = self.view().table(found.oid()).cloned() else {
            return Ok(());
        };
        let name = full_name(&table);
        for step in follow {
            match step {
                ddl::Follow::Fill(column) => {
                    let column = deparse::name(&column);
                    self.query_rows(&format!("UPDATE {name} SET {column} = DEFAULT"))
                        .await?;
                    txn.next_command()?;
                }
                ddl::Follow::NoNulls(column) => {
                    let quoted = deparse::name(&column);
                    let query = format!("SELECT 1 FROM {name} WHERE {quoted} IS NULL LIMIT 1");
                    if !self.query_rows(&query).await?.is_empty() {
                        return Err(SqlError::user(
                            SqlState::NOT_NULL_VIOLATION,
                            format!(
                                "column \"{column}\" of relation \"{}\" contains null values",
                                table.name
                            ),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// A foreign key must find its parent unchanged.
    async fn lock_referenced(&mut self, create: &ast::CreateTable) -> Result<()> {
        let txn = self.txn();
        for element in &create.elements {
            let references = match element {
                ast::TableElement::Column(column) => {
                    column.constraints.iter().find_map(|c| match &c.kind {
                        ast::ColumnConstraintKind::References(references) => Some(references),
                        _ => None,
                    })
                }
                ast::TableElement::Constraint(constraint) => match &constraint.kind {
                    ast::TableConstraintKind::ForeignKey { references, .. } => Some(references),
                    _ => None,
                },
                ast::TableElement::Like(_) => None,
            };
            if let Some(references) = references
                && let Ok(Relation::Table(table)) = self.find(&references.table)
            {
                self.lock_relation(&txn, table.oid, LockMode::ShareRowExclusive)
                    .await?;
            }
        }
        Ok(())
    }

    async fn create_schema(
        &mut self,
        create: &ast::CreateSchema,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        let Some(name) = &create.name else {
            return Err(SqlError::unsupported(
                "CREATE SCHEMA without a name is not supported",
            ));
        };
        if !create.elements.is_empty() {
            return Err(SqlError::unsupported(
                "CREATE SCHEMA with objects is not supported",
            ));
        }
        let name = name.name.clone();
        let if_not_exists = create.if_not_exists;
        self.define(sink, |draft| {
            if name.starts_with("pg_") {
                return Err(SqlError::user(
                    SqlState::RESERVED_NAME,
                    format!("unacceptable schema name \"{name}\""),
                )
                .detail("The prefix \"pg_\" is reserved for system schemas."));
            }
            if draft
                .rows
                .namespaces
                .values()
                .any(|(row, _)| row.nspname == name)
            {
                let message = format!("schema \"{name}\" already exists");
                if if_not_exists {
                    draft.notice(SqlState::DUPLICATE_SCHEMA, format!("{message}, skipping"));
                    return Ok(());
                }
                return Err(SqlError::user(SqlState::DUPLICATE_SCHEMA, message));
            }
            let oid = draft.cx.numbers.take_oid()?;
            draft.put(NamespaceRow {
                oid,
                nspname: name,
                nspowner: OWNER,
                nspacl: None,
            });
            Ok(())
        })
        .await
    }

    async fn create_view(
        &mut self,
        create: &ast::CreateView,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        if create.recursive || create.check_option != ast::ViewCheck::None || create.temporary {
            return Err(
                SqlError::unsupported("this form of CREATE VIEW is not supported").at(create.pos),
            );
        }
        let (view, facts) = (self.view(), self.facts());
        let binder = Binder::new(&view, &facts);
        let statement = Statement::Select(create.query.clone());
        let Bound::Query(query) = binder.statement(&statement)? else {
            return Err(SqlError::bug("a view of no query"));
        };
        let uses: Vec<Oid> = binder
            .relations
            .borrow()
            .iter()
            .map(|(oid, _)| *oid)
            .collect();
        let mut columns: Vec<(String, crate::types::SqlType)> = query
            .columns
            .into_iter()
            .map(|column| (column.name, column.ty))
            .collect();
        if create.columns.len() > columns.len() {
            return Err(
                SqlError::syntax("CREATE VIEW specifies more column names than columns")
                    .at(create.pos),
            );
        }
        for (column, name) in columns.iter_mut().zip(&create.columns) {
            column.0 = name.name.clone();
        }
        let text = deparse::query(&create.query);
        let old = match view.find(
            &facts.schemas,
            create.name.schema.as_deref(),
            &create.name.name,
        ) {
            Some(Relation::View(old)) if create.or_replace => Some(old.oid),
            _ => None,
        };
        let name = create.name.clone();
        self.define(sink, |draft| {
            let schema = draft.schema_for(&name)?;
            if let Some(old) = old {
                let attributes: Vec<AttributeRow> = draft.rows.columns(old).cloned().collect();
                attributes.into_iter().for_each(|row| draft.remove(row));
            } else {
                draft.may_create(schema, &name.name, false)?;
            }
            let oid = match old {
                Some(oid) => oid,
                None => draft.cx.numbers.take_oid()?,
            };
            put_relation(draft, oid, schema, &name.name, 'v', 0, &columns);
            let rule = draft.cx.numbers.take_oid()?;
            draft.put(RewriteRow {
                oid: rule,
                ev_class: oid,
                ev_action: text,
            });
            for used in uses {
                draft.depends((class::RELATION, oid, 0), (class::RELATION, used, 0), 'n');
            }
            Ok(())
        })
        .await
    }

    async fn create_table_as(
        &mut self,
        create: &ast::CreateTableAs,
        sink: &mut dyn ResultSink,
    ) -> Result<CommandTag> {
        let Statement::Select(query) = create.source.as_ref() else {
            return Err(
                SqlError::unsupported("CREATE TABLE AS EXECUTE is not supported").at(create.pos),
            );
        };
        if create.materialized_view {
            return Err(
                SqlError::unsupported("materialized views are not supported").at(create.pos),
            );
        }
        let (view, facts) = (self.view(), self.facts());
        let bound = Binder::new(&view, &facts).statement(create.source.as_ref())?;
        let Bound::Query(bound) = bound else {
            return Err(SqlError::bug("a query that is none"));
        };
        let mut columns: Vec<(String, crate::types::SqlType)> = bound
            .columns
            .into_iter()
            .map(|column| (column.name, column.ty))
            .collect();
        for (column, name) in columns.iter_mut().zip(&create.columns) {
            column.0 = name.name.clone();
        }
        let name = create.name.clone();
        let mut made = None;
        self.define(sink, |draft| {
            let schema = draft.schema_for(&name)?;
            if !draft.may_create(schema, &name.name, create.if_not_exists)? {
                return Ok(());
            }
            let oid = draft.cx.numbers.take_oid()?;
            let file = draft.cx.numbers.take_file()?;
            draft.steps.push(Step::MakeTable { relfilenode: file });
            put_relation(draft, oid, schema, &name.name, 'r', file, &columns);
            made = Some(oid);
            Ok(())
        })
        .await?;
        let table = made.and_then(|oid| self.view().table(oid).cloned());
        let Some(table) = table.filter(|_| create.with_data) else {
            return Ok(CommandTag {
                text: "CREATE TABLE AS".into(),
                rows: None,
            });
        };
        let text = format!(
            "INSERT INTO {} {}",
            full_name(&table),
            deparse::query(query)
        );
        let insert = crate::parse::parse_one(&text).map_err(SqlError::from)?;
        let plan = self.plan_for(&insert, None).await?;
        let ran = self.run_into(&plan, &[], false, &mut |_| Ok(())).await?;
        self.txn().next_command()?;
        Ok(CommandTag {
            text: format!("SELECT {}", ran.changed),
            rows: Some(ran.changed),
        })
    }

    async fn drop_named(
        &mut self,
        drop: &ast::Drop,
        sink: &mut dyn ResultSink,
    ) -> Result<CommandTag> {
        let (word, text) = match drop.kind {
            ObjectKind::Table => ("table", "DROP TABLE"),
            ObjectKind::View => ("view", "DROP VIEW"),
            ObjectKind::Index => ("index", "DROP INDEX"),
            ObjectKind::Sequence => ("sequence", "DROP SEQUENCE"),
            ObjectKind::Schema => ("schema", "DROP SCHEMA"),
            _ => {
                return Err(
                    SqlError::unsupported("DROP of this kind of object is not supported")
                        .at(drop.pos),
                );
            }
        };
        let txn = self.txn();
        let mut targets = Vec::new();
        for object in &drop.objects {
            match self.drop_target(drop.kind, word, &object.name) {
                Ok(target) => {
                    if drop.kind != ObjectKind::Schema {
                        self.lock_relation(&txn, target.object.1, LockMode::AccessExclusive)
                            .await?;
                    }
                    targets.push(target);
                }
                Err(error) if drop.if_exists && is_missing(error.code) => {
                    let message =
                        format!("{word} \"{}\" does not exist, skipping", object.name.name);
                    sink.notice(SqlError::notice(message));
                }
                Err(error) => return Err(error),
            }
        }
        let cascade = drop.cascade;
        self.define(sink, |draft| ddl::drop_objects(draft, &targets, cascade))
            .await?;
        Ok(CommandTag {
            text: text.into(),
            rows: None,
        })
    }

    fn drop_target(
        &self,
        kind: ObjectKind,
        word: &str,
        name: &ast::QualifiedName,
    ) -> Result<DropTarget> {
        let missing = |state| {
            SqlError::user(state, format!("{word} \"{}\" does not exist", name.name)).at(name.pos)
        };
        if kind == ObjectKind::Schema {
            let view = self.view();
            let schema = view
                .schema(&name.name)
                .ok_or_else(|| missing(SqlState::INVALID_SCHEMA_NAME))?;
            let description = format!("schema {}", name.name);
            return Ok(DropTarget {
                object: (class::SCHEMA, schema.oid, 0),
                description,
            });
        }
        let state = match kind {
            ObjectKind::Index => SqlState::UNDEFINED_OBJECT,
            _ => SqlState::UNDEFINED_TABLE,
        };
        let found = self.find(name).map_err(|_| missing(state))?;
        let fits = matches!(
            (&found, kind),
            (Relation::Table(_), ObjectKind::Table)
                | (Relation::View(_), ObjectKind::View)
                | (Relation::Index(_), ObjectKind::Index)
                | (Relation::Sequence(_), ObjectKind::Sequence)
        );
        if !fits {
            let article = if matches!(word, "index") { "an" } else { "a" };
            return Err(SqlError::user(
                SqlState::WRONG_OBJECT_TYPE,
                format!("\"{}\" is not {article} {word}", name.name),
            )
            .hint(format!(
                "Use DROP {} to remove {} {}.",
                found.kind_name().to_uppercase(),
                "a",
                found.kind_name()
            )));
        }
        let description = format!("{word} {}", name.name);
        Ok(DropTarget {
            object: (class::RELATION, found.oid(), 0),
            description,
        })
    }

    /// New empty files in the place of the old ones.
    async fn truncate(
        &mut self,
        truncate: &ast::Truncate,
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        let txn = self.txn();
        let mut tables: Vec<Rc<TableDef>> = Vec::new();
        for name in &truncate.tables {
            match self.find(&name.name)? {
                Relation::Table(table) if !table.system => {
                    self.lock_relation(&txn, table.oid, LockMode::AccessExclusive)
                        .await?;
                    tables.push(table);
                }
                _ => {
                    return Err(SqlError::user(
                        SqlState::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is not a table", name.name.name),
                    ));
                }
            }
        }
        let view = self.view();
        referencing(&view, &mut tables, truncate.cascade)?;
        self.define(sink, |draft| {
            for table in &tables {
                renew_file(draft, table.oid)?;
                for index in &table.indexes {
                    renew_file(draft, index.oid)?;
                }
                for index in &table.indexes {
                    draft.steps.push(Step::BuildIndex {
                        table: table.oid,
                        index: index.oid,
                    });
                }
            }
            Ok(())
        })
        .await?;
        if truncate.restart_identity {
            for relation in self.view().relations() {
                let Relation::Sequence(sequence) = relation else {
                    continue;
                };
                let owned = sequence
                    .owned_by
                    .is_some_and(|(oid, _)| tables.iter().any(|t| t.oid == oid));
                if owned {
                    let state = super::sequence::State {
                        last: sequence.start,
                        called: false,
                    };
                    super::sequence::set(&self.sql.engine, sequence, state).await?;
                }
            }
        }
        Ok(())
    }
}

fn is_missing(state: SqlState) -> bool {
    [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::INVALID_SCHEMA_NAME,
    ]
    .contains(&state)
}

/// A table whose rows others refer to may only be emptied with them.
fn referencing(
    view: &CatalogSnapshot,
    tables: &mut Vec<Rc<TableDef>>,
    cascade: bool,
) -> Result<()> {
    let mut at = 0;
    while let Some(table) = tables.get(at).cloned() {
        for constraint in &table.referenced_by {
            if tables.iter().any(|known| known.oid == constraint.table) {
                continue;
            }
            let Some(child) = view.table(constraint.table) else {
                continue;
            };
            if !cascade {
                return Err(SqlError::unsupported(
                    "cannot truncate a table referenced in a foreign key constraint",
                )
                .detail(format!(
                    "Table \"{}\" references \"{}\".",
                    child.name, table.name
                ))
                .hint(format!(
                    "Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                    child.name
                )));
            }
            tables.push(child.clone());
        }
        at += 1;
    }
    Ok(())
}

fn renew_file(draft: &mut Draft<'_>, oid: Oid) -> Result<()> {
    let found = draft
        .rows
        .classes
        .get(&(oid,))
        .map(|(row, _)| ClassRow::clone(row));
    let Some(mut row) = found else { return Ok(()) };
    let old = row.relfilenode.0;
    row.relfilenode = Oid(draft.cx.numbers.take_file()?);
    row.relpages = 0;
    row.reltuples = -1.0;
    let kind = row.relkind;
    draft.put(row);
    draft.steps.push(Step::DropFiles {
        relfilenode: old,
        kind,
    });
    Ok(())
}

/// The rows of a relation that is nothing but columns.
fn put_relation(
    draft: &mut Draft<'_>,
    oid: Oid,
    schema: Oid,
    name: &str,
    kind: char,
    file: u32,
    columns: &[(String, crate::types::SqlType)],
) {
    draft.put(ClassRow {
        oid,
        relname: name.into(),
        relnamespace: schema,
        relowner: OWNER,
        relam: if kind == 'r' {
            "heap".into()
        } else {
            String::new()
        },
        relfilenode: Oid(file),
        relpages: 0,
        reltuples: -1.0,
        relkind: kind,
        relnatts: columns.len() as i16,
        relacl: None,
        reloptions: None,
    });
    for (at, (column, ty)) in columns.iter().enumerate() {
        draft.put(AttributeRow {
            attrelid: oid,
            attname: column.clone(),
            atttypid: ty.oid,
            attstattarget: -1,
            attnum: at as i16 + 1,
            atttypmod: ty.typmod,
            attnotnull: false,
            atthasdef: false,
            attmissingval: None,
            attidentity: ' ',
            attgenerated: ' ',
            attisdropped: false,
        });
    }
    draft.depends((class::RELATION, oid, 0), (class::SCHEMA, schema, 0), 'n');
}

pub(super) fn full_name(table: &TableDef) -> String {
    format!(
        "{}.{}",
        deparse::name(&table.schema_name),
        deparse::name(&table.name)
    )
}

/// Rows of the child without their parent.
fn orphans(child: &TableDef, parent: &TableDef, columns: &[usize], keys: &[usize]) -> String {
    let name = |table: &TableDef, at: &usize| {
        table
            .columns
            .get(*at)
            .map_or_else(String::new, |column| deparse::name(&column.name))
    };
    let mut given = String::new();
    let mut equal = String::new();
    for (column, key) in columns.iter().zip(keys) {
        if !given.is_empty() {
            given.push_str(" AND ");
            equal.push_str(" AND ");
        }
        let column = name(child, column);
        given.push_str(&format!("c.{column} IS NOT NULL"));
        equal.push_str(&format!("p.{} = c.{column}", name(parent, key)));
    }
    format!(
        "SELECT 1 FROM {} c WHERE {given} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {equal}) LIMIT 1",
        full_name(child),
        full_name(parent)
    )
}
