//! Calls, the forms that look like calls, and windows.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use sqlparser::ast as sp;

use crate::parse::ast::*;
use crate::parse::cursor::Cursor;
use crate::parse::error::Parse;
use crate::parse::token::Value;
use crate::parse::types::system;

fn expr(kind: ExprKind, pos: Pos) -> Expr {
    Expr { kind, pos }
}

fn special(name: &str, args: Vec<Expr>, pos: Pos) -> Expr {
    let call = FuncCall::plain(system(name, pos), args, CallSyntax::Special);
    expr(ExprKind::Call(Box::new(call)), pos)
}

impl Cursor<'_> {
    /// EXTRACT, POSITION, SUBSTRING, OVERLAY, TRIM, CEIL and FLOOR.
    pub(super) fn take_form(&mut self, node: sp::Expr) -> Parse<Expr> {
        use sp::Expr as E;
        let pos = self.pos();
        let name = self.label()?.name;
        self.expect_punct(b'(')?;
        let out = match node {
            E::Extract { expr: inner, .. } => self.take_extract(*inner, pos)?,
            E::Position { expr: needle, r#in } => {
                let needle = self.take_expr(*needle)?;
                self.expect_word("in")?;
                let text = self.take_expr(*r#in)?;
                special("position", Vec::from([text, needle]), pos)
            }
            E::Substring {
                expr: inner,
                substring_from,
                substring_for,
                ..
            } => self.take_substring(&name, *inner, substring_from, substring_for, pos)?,
            E::Overlay {
                expr: inner,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                let mut args = Vec::from([self.take_expr(*inner)?]);
                self.expect_word("placing")?;
                args.push(self.take_expr(*overlay_what)?);
                self.expect_word("from")?;
                args.push(self.take_expr(*overlay_from)?);
                if let Some(count) = overlay_for {
                    self.expect_word("for")?;
                    args.push(self.take_expr(*count)?);
                }
                special("overlay", args, pos)
            }
            E::Trim {
                trim_what,
                expr: inner,
                trim_characters,
                ..
            } => self.take_trim(trim_what, *inner, trim_characters, pos)?,
            E::Ceil {
                expr: inner,
                field: sp::CeilFloorKind::DateTimeField(_),
            }
            | E::Floor {
                expr: inner,
                field: sp::CeilFloorKind::DateTimeField(_),
            } => {
                let args = Vec::from([self.take_expr(*inner)?]);
                let call =
                    FuncCall::plain(QualifiedName::bare(&name, pos), args, CallSyntax::Plain);
                expr(ExprKind::Call(Box::new(call)), pos)
            }
            _ => {
                self.at = self.at.saturating_sub(1);
                return Err(self.fail());
            }
        };
        self.expect_punct(b')')?;
        Ok(out)
    }

    fn take_extract(&mut self, inner: sp::Expr, pos: Pos) -> Parse<Expr> {
        let at = self.pos();
        let field = if self.is_string() {
            self.string()?
        } else {
            self.label()?.name
        };
        self.expect_word("from")?;
        let field = expr(ExprKind::String(field), at);
        let inner = self.take_expr(inner)?;
        Ok(special("extract", Vec::from([field, inner]), pos))
    }

    fn take_substring(
        &mut self,
        name: &str,
        inner: sp::Expr,
        from: Option<Box<sp::Expr>>,
        count: Option<Box<sp::Expr>>,
        pos: Pos,
    ) -> Parse<Expr> {
        let mut args = Vec::from([self.take_expr(inner)?]);
        let plain = self.is_punct(b',') || self.is_punct(b')');
        match from {
            Some(from) => {
                if !self.eat_punct(b',') && self.eat_one(&["from", "similar"]).is_none() {
                    return Err(self.fail());
                }
                args.push(self.take_expr(*from)?);
            }
            None if count.is_some() => args.push(expr(ExprKind::Integer("1".to_string()), pos)),
            None => {}
        }
        if let Some(count) = count {
            if !self.eat_punct(b',') && self.eat_one(&["for", "escape"]).is_none() {
                return Err(self.fail());
            }
            args.push(self.take_expr(*count)?);
        }
        if plain {
            let call = FuncCall::plain(QualifiedName::bare(name, pos), args, CallSyntax::Plain);
            return Ok(expr(ExprKind::Call(Box::new(call)), pos));
        }
        Ok(special("substring", args, pos))
    }

    fn take_trim(
        &mut self,
        what: Option<Box<sp::Expr>>,
        inner: sp::Expr,
        characters: Option<Vec<sp::Expr>>,
        pos: Pos,
    ) -> Parse<Expr> {
        let name = match self.eat_one(&["both", "leading", "trailing"]) {
            Some("leading") => "ltrim",
            Some("trailing") => "rtrim",
            _ => "btrim",
        };
        let what = what.map(|node| self.take_expr(*node)).transpose()?;
        if what.is_some() {
            self.expect_word("from")?;
        } else {
            self.eat_word("from");
        }
        let mut args = Vec::from([self.take_expr(inner)?]);
        args.extend(what);
        for node in characters.into_iter().flatten() {
            self.expect_punct(b',')?;
            args.push(self.take_expr(node)?);
        }
        Ok(special(name, args, pos))
    }

    pub(super) fn take_function(&mut self, node: sp::Function) -> Parse<Expr> {
        let pos = self.pos();
        let list = match node.args {
            sp::FunctionArguments::None => return self.take_sql_value(None),
            sp::FunctionArguments::Subquery(query) if self.eat_word("array") => {
                return Ok(expr(
                    ExprKind::ArrayQuery(self.take_paren_query(*query)?),
                    pos,
                ));
            }
            sp::FunctionArguments::Subquery(_) => return Err(self.fail()),
            sp::FunctionArguments::List(list) => list,
        };
        if node.null_treatment.is_some() || !matches!(node.parameters, sp::FunctionArguments::None)
        {
            return Err(self.fail());
        }
        if let Some(out) = self.take_keyword_call(&list)? {
            return Ok(out);
        }
        let name = self.qualified_call_name()?;
        let mut call = self.take_call(name, list)?;
        if !node.within_group.is_empty() {
            self.expect_words(&["within", "group"])?;
            self.expect_punct(b'(')?;
            self.expect_words(&["order", "by"])?;
            call.order_by = self.take_order(node.within_group)?;
            self.expect_punct(b')')?;
            call.within_group = true;
        }
        if let Some(filter) = node.filter {
            self.expect_word("filter")?;
            self.expect_punct(b'(')?;
            self.expect_word("where")?;
            call.filter = Some(self.take_expr(*filter)?);
            self.expect_punct(b')')?;
        }
        call.over = node.over.map(|over| self.take_over(over)).transpose()?;
        Ok(finish_call(call, pos))
    }

    /// A function's name; some of the grammar's own words are functions, too.
    fn qualified_call_name(&mut self) -> Parse<QualifiedName> {
        let own = ["coalesce", "nullif", "greatest", "least", "grouping", "row"];
        match self.word(0).filter(|word| own.contains(word)) {
            Some(_) => {
                let name = self.label()?;
                Ok(QualifiedName::bare(&name.name, name.pos))
            }
            None => self.qualified_function(),
        }
    }

    /// CURRENT_DATE, CURRENT_TIMESTAMP(3), ….
    fn take_sql_value(&mut self, precision: Option<u32>) -> Parse<Expr> {
        let pos = self.pos();
        let value = match self.word(0).unwrap_or("") {
            "current_date" => SqlValue::CurrentDate,
            "current_time" => SqlValue::CurrentTime(precision),
            "current_timestamp" => SqlValue::CurrentTimestamp(precision),
            "localtime" => SqlValue::LocalTime(precision),
            "localtimestamp" => SqlValue::LocalTimestamp(precision),
            "current_role" => SqlValue::CurrentRole,
            "current_user" => SqlValue::CurrentUser,
            "user" => SqlValue::User,
            "session_user" => SqlValue::SessionUser,
            "current_catalog" => SqlValue::CurrentCatalog,
            "current_schema" => SqlValue::CurrentSchema,
            _ => return Err(self.fail()),
        };
        self.at += 1;
        Ok(expr(ExprKind::SqlValue(value), pos))
    }

    fn take_keyword_call(&mut self, list: &sp::FunctionArgumentList) -> Parse<Option<Expr>> {
        let timed = [
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
        ];
        if !self.word(0).is_some_and(|word| timed.contains(&word)) {
            return Ok(None);
        }
        if list.args.len() != 1 {
            self.at += 2;
            return Err(self.fail());
        }
        let start = self.at;
        self.at += 2;
        let precision = self.unsigned()?;
        self.expect_punct(b')')?;
        let end = core::mem::replace(&mut self.at, start);
        let out = self.take_sql_value(Some(precision))?;
        self.at = end;
        Ok(Some(out))
    }

    /// The parenthesised part of a call.
    pub(super) fn take_call(
        &mut self,
        name: QualifiedName,
        list: sp::FunctionArgumentList,
    ) -> Parse<FuncCall> {
        self.expect_punct(b'(')?;
        let mut call = FuncCall::plain(name, Vec::new(), CallSyntax::Plain);
        match self.eat_one(&["distinct", "all"]) {
            Some(word) => call.distinct = word == "distinct",
            None if list.duplicate_treatment.is_some() => return Err(self.fail()),
            None => {}
        }
        for (index, arg) in list.args.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            self.take_arg(arg, &mut call)?;
        }
        for clause in list.clauses {
            match clause {
                sp::FunctionArgumentClause::OrderBy(items) => {
                    self.expect_words(&["order", "by"])?;
                    call.order_by = self.take_order(items)?;
                }
                _ => return Err(self.fail()),
            }
        }
        self.expect_punct(b')')?;
        Ok(call)
    }

    fn take_arg(&mut self, arg: sp::FunctionArg, call: &mut FuncCall) -> Parse<()> {
        let variadic = self.eat_word("variadic");
        let (name, value) = match arg {
            sp::FunctionArg::Unnamed(value) => (None, value),
            sp::FunctionArg::Named { arg, .. } | sp::FunctionArg::ExprNamed { arg, .. } => {
                let name = self.function_name()?;
                if !self.eat_value(&Value::Arrow) && !self.eat_value(&Value::Assign) {
                    return Err(self.fail());
                }
                (Some(name), arg)
            }
        };
        let value = match value {
            sp::FunctionArgExpr::Expr(node) => self.take_expr(node)?,
            sp::FunctionArgExpr::QualifiedWildcard(_) => self.take_qualified_star()?,
            _ if call.args.is_empty() && self.eat_operator("*") => {
                call.star = true;
                return Ok(());
            }
            _ => return Err(self.fail()),
        };
        call.args.push(FuncArg {
            name,
            variadic,
            value,
        });
        Ok(())
    }

    /// `t.*`.
    pub(super) fn take_qualified_star(&mut self) -> Parse<Expr> {
        let pos = self.pos();
        let mut qualifier = Vec::from([self.name()?]);
        self.expect_punct(b'.')?;
        while !self.eat_operator("*") {
            qualifier.push(self.label()?);
            self.expect_punct(b'.')?;
        }
        Ok(expr(ExprKind::Star { qualifier }, pos))
    }

    fn take_over(&mut self, node: sp::WindowType) -> Parse<Over> {
        self.expect_word("over")?;
        match node {
            sp::WindowType::NamedWindow(_) => Ok(Over::Name(self.name()?)),
            sp::WindowType::WindowSpec(spec) => Ok(Over::Spec(Box::new(self.take_window(spec)?))),
        }
    }

    /// `(…)` of OVER and WINDOW.
    pub(super) fn take_window(&mut self, node: sp::WindowSpec) -> Parse<WindowSpec> {
        let pos = self.pos();
        self.expect_punct(b'(')?;
        let base = node.window_name.map(|_| self.name()).transpose()?;
        let mut spec = WindowSpec {
            base,
            partition_by: Vec::new(),
            order_by: Vec::new(),
            frame: None,
            pos,
        };
        if !node.partition_by.is_empty() {
            self.expect_words(&["partition", "by"])?;
            spec.partition_by = self.take_exprs(node.partition_by)?;
        }
        if !node.order_by.is_empty() {
            self.expect_words(&["order", "by"])?;
            spec.order_by = self.take_order(node.order_by)?;
        }
        spec.frame = node
            .window_frame
            .map(|frame| self.take_frame(frame))
            .transpose()?;
        self.expect_punct(b')')?;
        Ok(spec)
    }

    fn take_frame(&mut self, node: sp::WindowFrame) -> Parse<Frame> {
        let pos = self.pos();
        let unit = match self.eat_one(&["rows", "range", "groups"]) {
            Some("rows") => FrameUnit::Rows,
            Some("range") => FrameUnit::Range,
            Some(_) => FrameUnit::Groups,
            None => return Err(self.fail()),
        };
        let (start, end) = match node.end_bound {
            Some(end) => {
                self.expect_word("between")?;
                let start = self.take_bound(node.start_bound)?;
                self.expect_word("and")?;
                (start, Some(self.take_bound(end)?))
            }
            None => (self.take_bound(node.start_bound)?, None),
        };
        let exclude = if !self.eat_word("exclude") || self.eat_words(&["no", "others"]) {
            FrameExclude::NoOthers
        } else if self.eat_words(&["current", "row"]) {
            FrameExclude::CurrentRow
        } else if self.eat_word("group") {
            FrameExclude::Group
        } else {
            self.expect_word("ties")?;
            FrameExclude::Ties
        };
        Ok(Frame {
            unit,
            start,
            end,
            exclude,
            pos,
        })
    }

    fn take_bound(&mut self, node: sp::WindowFrameBound) -> Parse<FrameBound> {
        let offset = match node {
            sp::WindowFrameBound::CurrentRow => {
                self.expect_words(&["current", "row"])?;
                return Ok(FrameBound::CurrentRow);
            }
            sp::WindowFrameBound::Preceding(offset) | sp::WindowFrameBound::Following(offset) => {
                match offset {
                    Some(offset) => Some(self.take_expr(*offset)?),
                    None => {
                        self.expect_word("unbounded")?;
                        None
                    }
                }
            }
        };
        let before = match self.eat_one(&["preceding", "following"]) {
            Some(word) => word == "preceding",
            None => return Err(self.fail()),
        };
        Ok(match (offset, before) {
            (Some(offset), true) => FrameBound::Preceding(offset),
            (Some(offset), false) => FrameBound::Following(offset),
            (None, true) => FrameBound::UnboundedPreceding,
            (None, false) => FrameBound::UnboundedFollowing,
        })
    }
}

/// Gives the calls that are not functions their own nodes.
fn finish_call(mut call: FuncCall, pos: Pos) -> Expr {
    let bare = call.name.schema.is_none() && !call.star && call.over.is_none();
    if !bare {
        return expr(ExprKind::Call(Box::new(call)), pos);
    }
    let own = matches!(
        (call.name.name.as_str(), call.args.len()),
        ("coalesce" | "greatest" | "least" | "grouping", 1..) | ("nullif", 2) | ("row", _)
    );
    if !own {
        return expr(ExprKind::Call(Box::new(call)), pos);
    }
    let mut values: Vec<Expr> = core::mem::take(&mut call.args)
        .into_iter()
        .map(|a| a.value)
        .collect();
    let kind = match call.name.name.as_str() {
        "coalesce" => ExprKind::Coalesce(values),
        "greatest" => ExprKind::Greatest(values),
        "least" => ExprKind::Least(values),
        "grouping" => ExprKind::Grouping(values),
        "row" => ExprKind::Row {
            items: values,
            explicit: true,
        },
        _ => match (values.pop(), values.pop()) {
            (Some(right), Some(left)) => ExprKind::NullIf(Box::new(left), Box::new(right)),
            _ => ExprKind::Call(Box::new(call)),
        },
    };
    expr(kind, pos)
}
