//! Queries and changes.

use super::Printer;
use crate::parse::ast::*;

impl Printer {
    /// False if the statement is of a kind that is never printed.
    pub(super) fn statement(&mut self, statement: &Statement) -> bool {
        match statement {
            Statement::Select(query) => self.query(query),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            _ => return false,
        }
        true
    }

    pub(super) fn query(&mut self, query: &Query) {
        self.with(query.with.as_ref());
        match &query.body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Values(rows) => {
                self.word("VALUES ");
                self.list(rows, |out, row| out.parens(|out| out.exprs(row)));
            }
            QueryBody::SetOp(set) => self.set_operation(set),
        }
        if !query.order_by.is_empty() {
            self.word(" ");
            self.order_by(&query.order_by);
        }
        if let Some(offset) = &query.offset {
            self.word(" OFFSET ");
            self.operand(offset);
        }
        match &query.limit {
            Limit::None => {}
            Limit::Count(count) => {
                self.word(" LIMIT ");
                self.operand(count);
            }
            Limit::WithTies(count) => {
                self.word(" FETCH FIRST ");
                self.operand(count);
                self.word(" ROWS WITH TIES");
            }
        }
        query
            .locking
            .iter()
            .for_each(|locking| self.locking(locking));
    }

    fn locking(&mut self, locking: &Locking) {
        self.word(match locking.strength {
            LockStrength::KeyShare => " FOR KEY SHARE",
            LockStrength::Share => " FOR SHARE",
            LockStrength::NoKeyUpdate => " FOR NO KEY UPDATE",
            LockStrength::Update => " FOR UPDATE",
        });
        if !locking.of.is_empty() {
            self.word(" OF ");
            self.list(&locking.of, Self::qualified);
        }
        self.word(match locking.wait {
            LockWait::Block => "",
            LockWait::SkipLocked => " SKIP LOCKED",
            LockWait::NoWait => " NOWAIT",
        });
    }

    fn with(&mut self, with: Option<&With>) {
        let Some(with) = with else { return };
        self.word(if with.recursive {
            "WITH RECURSIVE "
        } else {
            "WITH "
        });
        self.list(&with.ctes, |out, cte| {
            out.name(&cte.name.name);
            out.column_names(&cte.columns);
            out.word(match cte.materialized {
                Some(true) => " AS MATERIALIZED (",
                Some(false) => " AS NOT MATERIALIZED (",
                None => " AS (",
            });
            out.statement(&cte.statement);
            out.word(")");
            out.search_and_cycle(cte);
        });
        self.word(" ");
    }

    fn search_and_cycle(&mut self, cte: &Cte) {
        if let Some(search) = &cte.search {
            let order = if search.breadth_first {
                "BREADTH"
            } else {
                "DEPTH"
            };
            self.word(" SEARCH ");
            self.word(order);
            self.word(" FIRST BY ");
            self.names(&search.columns);
            self.word(" SET ");
            self.name(&search.set.name);
        }
        if let Some(cycle) = &cte.cycle {
            self.word(" CYCLE ");
            self.names(&cycle.columns);
            self.word(" SET ");
            self.name(&cycle.mark.name);
            if let Some((to, default)) = &cycle.values {
                self.word(" TO ");
                self.expr(to);
                self.word(" DEFAULT ");
                self.expr(default);
            }
            self.word(" USING ");
            self.name(&cycle.path.name);
        }
    }

    fn set_operation(&mut self, set: &SetOp) {
        self.parens(|out| out.query(&set.left));
        self.word(match set.kind {
            SetOpKind::Union => " UNION ",
            SetOpKind::Intersect => " INTERSECT ",
            SetOpKind::Except => " EXCEPT ",
        });
        self.word(if set.all { "ALL " } else { "" });
        self.parens(|out| out.query(&set.right));
    }

    fn select(&mut self, select: &Select) {
        self.word("SELECT");
        match &select.distinct {
            Distinct::No => {}
            Distinct::Yes => self.word(" DISTINCT"),
            Distinct::On(exprs) => {
                self.word(" DISTINCT ON ");
                self.parens(|out| out.exprs(exprs));
            }
        }
        if !select.items.is_empty() {
            self.word(" ");
            self.items(&select.items);
        }
        if let Some(into) = &select.into {
            self.word(" INTO ");
            self.word(if into.temporary { "TEMPORARY " } else { "" });
            self.word(if into.unlogged { "UNLOGGED " } else { "" });
            self.qualified(&into.name);
        }
        if !select.from.is_empty() {
            self.word(" FROM ");
            self.list(&select.from, Self::table_ref);
        }
        self.clause(" WHERE ", select.filter.as_ref());
        if let Some(group) = &select.group_by {
            self.word(if group.distinct {
                " GROUP BY DISTINCT "
            } else {
                " GROUP BY "
            });
            self.list(&group.items, Self::group_item);
        }
        self.clause(" HAVING ", select.having.as_ref());
        if !select.windows.is_empty() {
            self.word(" WINDOW ");
            self.list(&select.windows, |out, window| {
                out.name(&window.name.name);
                out.word(" AS ");
                out.window(&window.spec);
            });
        }
    }

    fn clause(&mut self, word: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.word(word);
            self.expr(expr);
        }
    }

    fn items(&mut self, items: &[SelectItem]) {
        self.list(items, |out, item| {
            out.expr(&item.expr);
            if let Some(alias) = &item.alias {
                out.word(" AS ");
                out.name(&alias.name);
            }
        });
    }

    fn group_item(&mut self, item: &GroupItem) {
        match item {
            GroupItem::Expr(expr) => self.expr(expr),
            GroupItem::Empty => self.word("()"),
            GroupItem::List(list) => self.parens(|out| out.exprs(list)),
            GroupItem::Rollup(sets) | GroupItem::Cube(sets) => {
                let rollup = matches!(item, GroupItem::Rollup(_));
                self.word(if rollup { "ROLLUP (" } else { "CUBE (" });
                self.list(sets, |out, set| out.parens(|out| out.exprs(set)));
                self.word(")");
            }
            GroupItem::Sets(sets) => {
                self.word("GROUPING SETS (");
                self.list(sets, Self::group_item);
                self.word(")");
            }
        }
    }

    pub(super) fn order_by(&mut self, items: &[OrderItem]) {
        self.word("ORDER BY ");
        self.list(items, |out, item| {
            out.expr(&item.expr);
            match &item.direction {
                SortDirection::Default => {}
                SortDirection::Asc => out.word(" ASC"),
                SortDirection::Desc => out.word(" DESC"),
                SortDirection::Using(op) => {
                    out.word(" USING ");
                    out.word(&op.name);
                }
            }
            out.word(match item.nulls {
                NullsOrder::Default => "",
                NullsOrder::First => " NULLS FIRST",
                NullsOrder::Last => " NULLS LAST",
            });
        });
    }

    fn alias(&mut self, alias: Option<&TableAlias>) {
        if let Some(alias) = alias {
            self.word(" AS ");
            self.name(&alias.name.name);
            self.column_names(&alias.columns);
        }
    }

    fn table_ref(&mut self, table: &TableRef) {
        match table {
            TableRef::Table(table) => {
                self.word(if table.only { "ONLY " } else { "" });
                self.qualified(&table.name);
                self.alias(table.alias.as_ref());
                if let Some(sample) = &table.sample {
                    self.word(" TABLESAMPLE ");
                    self.qualified(&sample.method);
                    self.parens(|out| out.exprs(&sample.args));
                    if let Some(seed) = &sample.repeatable {
                        self.word(" REPEATABLE ");
                        self.parens(|out| out.expr(seed));
                    }
                }
            }
            TableRef::Subquery {
                lateral,
                query,
                alias,
                ..
            } => {
                self.word(if *lateral { "LATERAL " } else { "" });
                self.parens(|out| out.query(query));
                self.alias(alias.as_ref());
            }
            TableRef::Function(function) => self.table_function(function),
            TableRef::Join(join) => self.join(join),
        }
    }

    fn table_function(&mut self, function: &TableFunction) {
        self.word(if function.lateral { "LATERAL " } else { "" });
        self.list(&function.calls, |out, call| out.expr(&call.call));
        self.word(if function.ordinality {
            " WITH ORDINALITY"
        } else {
            ""
        });
        let columns = function
            .calls
            .first()
            .map_or(&[][..], |call| call.columns.as_slice());
        self.alias(function.alias.as_ref());
        if columns.is_empty() {
            return;
        }
        self.word(if function.alias.is_some() { "" } else { " AS " });
        self.parens(|out| {
            out.list(columns, |out, column| {
                out.name(&column.name.name);
                out.word(" ");
                out.type_name(&column.type_name);
            });
        });
    }

    fn join(&mut self, join: &Join) {
        self.word("(");
        self.table_ref(&join.left);
        let natural = matches!(join.condition, JoinCondition::Natural);
        self.word(if natural { " NATURAL" } else { "" });
        self.word(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
            JoinKind::Right => " RIGHT JOIN ",
            JoinKind::Full => " FULL JOIN ",
            JoinKind::Cross => " CROSS JOIN ",
        });
        self.table_ref(&join.right);
        match &join.condition {
            JoinCondition::On(condition) => {
                self.word(" ON ");
                self.expr(condition);
            }
            JoinCondition::Using { columns, alias } => {
                self.word(" USING ");
                self.column_names(columns);
                if let Some(alias) = alias {
                    self.word(" AS ");
                    self.name(&alias.name);
                }
            }
            JoinCondition::Natural | JoinCondition::None => {}
        }
        self.word(")");
        self.alias(join.alias.as_ref());
    }

    fn target(&mut self, target: &Target) {
        self.name(&target.column.name);
        for step in &target.path {
            match step {
                TargetStep::Field(field) => {
                    self.word(".");
                    self.name(&field.name);
                }
                TargetStep::Subscript(subscript) => self.subscript(subscript),
            }
        }
    }

    fn insert(&mut self, insert: &Insert) {
        self.with(insert.with.as_ref());
        self.word("INSERT INTO ");
        self.qualified(&insert.table);
        if let Some(alias) = &insert.alias {
            self.word(" AS ");
            self.name(&alias.name);
        }
        if !insert.columns.is_empty() {
            self.word(" ");
            self.parens(|out| out.list(&insert.columns, Self::target));
        }
        self.word(match insert.overriding {
            Some(Overriding::User) => " OVERRIDING USER VALUE",
            Some(Overriding::System) => " OVERRIDING SYSTEM VALUE",
            None => "",
        });
        match &insert.source {
            InsertSource::DefaultValues => self.word(" DEFAULT VALUES"),
            InsertSource::Query(query) => {
                self.word(" ");
                self.query(query);
            }
        }
        if let Some(conflict) = &insert.on_conflict {
            self.on_conflict(conflict);
        }
        self.returning(&insert.returning);
    }

    fn on_conflict(&mut self, conflict: &OnConflict) {
        self.word(" ON CONFLICT");
        match &conflict.target {
            Some(ConflictTarget::Constraint(name)) => {
                self.word(" ON CONSTRAINT ");
                self.name(&name.name);
            }
            Some(ConflictTarget::Columns { elements, filter }) => {
                self.word(" (");
                self.list(elements, |out, element| {
                    match &element.expr.kind {
                        ExprKind::Column(_) => out.expr(&element.expr),
                        _ => out.parens(|out| out.expr(&element.expr)),
                    }
                    if let Some(collation) = &element.collation {
                        out.word(" COLLATE ");
                        out.qualified(collation);
                    }
                    if let Some(opclass) = &element.opclass {
                        out.word(" ");
                        out.qualified(opclass);
                    }
                });
                self.word(")");
                self.clause(" WHERE ", filter.as_ref());
            }
            None => {}
        }
        match &conflict.action {
            ConflictAction::Nothing => self.word(" DO NOTHING"),
            ConflictAction::Update { sets, filter } => {
                self.word(" DO UPDATE SET ");
                self.assignments(sets);
                self.clause(" WHERE ", filter.as_ref());
            }
        }
    }

    fn assignments(&mut self, sets: &[Assignment]) {
        self.list(sets, |out, set| match set {
            Assignment::Single { target, value } => {
                out.target(target);
                out.word(" = ");
                out.expr(value);
            }
            Assignment::Multi { targets, value } => {
                out.parens(|out| out.list(targets, Self::target));
                out.word(" = ");
                out.expr(value);
            }
        });
    }

    fn returning(&mut self, items: &[SelectItem]) {
        if !items.is_empty() {
            self.word(" RETURNING ");
            self.items(items);
        }
    }

    fn update(&mut self, update: &Update) {
        self.with(update.with.as_ref());
        self.word(if update.only {
            "UPDATE ONLY "
        } else {
            "UPDATE "
        });
        self.qualified(&update.table);
        self.alias(update.alias.as_ref());
        self.word(" SET ");
        self.assignments(&update.sets);
        if !update.from.is_empty() {
            self.word(" FROM ");
            self.list(&update.from, Self::table_ref);
        }
        self.clause(" WHERE ", update.filter.as_ref());
        self.returning(&update.returning);
    }

    fn delete(&mut self, delete: &Delete) {
        self.with(delete.with.as_ref());
        self.word(if delete.only {
            "DELETE FROM ONLY "
        } else {
            "DELETE FROM "
        });
        self.qualified(&delete.table);
        self.alias(delete.alias.as_ref());
        if !delete.using.is_empty() {
            self.word(" USING ");
            self.list(&delete.using, Self::table_ref);
        }
        self.clause(" WHERE ", delete.filter.as_ref());
        self.returning(&delete.returning);
    }
}
