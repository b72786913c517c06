//! Expressions, calls and types.

use alloc::format;
use alloc::string::ToString;

use super::Printer;
use crate::parse::ast::*;

/// Catalogue names and the words the grammar has for them, before and after the modifiers.
const TYPES: &[(&str, &str, &str)] = &[
    ("int2", "smallint", ""),
    ("int4", "integer", ""),
    ("int8", "bigint", ""),
    ("float4", "real", ""),
    ("float8", "double precision", ""),
    ("bool", "boolean", ""),
    ("numeric", "numeric", ""),
    ("bpchar", "character", ""),
    ("varchar", "character varying", ""),
    ("bit", "bit", ""),
    ("varbit", "bit varying", ""),
    ("time", "time", " without time zone"),
    ("timetz", "time", " with time zone"),
    ("timestamp", "timestamp", " without time zone"),
    ("timestamptz", "timestamp", " with time zone"),
    ("interval", "interval", ""),
];

/// Whether an expression needs no parentheses as an operand.
fn is_primary(kind: &ExprKind) -> bool {
    !matches!(
        kind,
        ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Like(_)
            | ExprKind::Is { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::QuantifiedArray { .. }
            | ExprKind::QuantifiedQuery { .. }
            | ExprKind::Collate { .. }
            | ExprKind::Default
            | ExprKind::CurrentOf(_)
    )
}

impl Printer {
    pub(super) fn operand(&mut self, expr: &Expr) {
        if is_primary(&expr.kind) {
            self.expr(expr);
        } else {
            self.parens(|out| out.expr(expr));
        }
    }

    /// What a cast, a subscript or a field is taken of.
    fn base(&mut self, expr: &Expr) {
        let plain = matches!(
            expr.kind,
            ExprKind::Column(_) | ExprKind::String(_) | ExprKind::Param(_) | ExprKind::Null
        );
        if plain {
            self.expr(expr)
        } else {
            self.parens(|out| out.expr(expr))
        }
    }

    pub(super) fn exprs(&mut self, list: &[Expr]) {
        self.list(list, Self::expr);
    }

    fn chain(&mut self, list: &[Expr], word: &str) {
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.word(word);
            }
            self.operand(item);
        }
    }

    fn operator(&mut self, op: &Operator) {
        match &op.schema {
            Some(schema) => {
                self.word("OPERATOR(");
                self.name(schema);
                self.word(&format!(".{})", op.name));
            }
            None => self.word(&op.name),
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        use ExprKind as K;
        match &expr.kind {
            K::Null => self.word("NULL"),
            K::Bool(value) => self.word(if *value { "TRUE" } else { "FALSE" }),
            K::Integer(digits) | K::Decimal(digits) => self.word(digits),
            K::String(value) => self.string(value),
            K::BitString(bits) => self.word(&format!("B'{bits}'")),
            K::HexString(digits) => self.word(&format!("X'{digits}'")),
            K::TypedLiteral { type_name, value } => self.typed_literal(type_name, value),
            K::Param(number) => self.word(&format!("${number}")),
            K::Column(parts) => self.dotted(parts),
            K::Star { qualifier } => {
                for part in qualifier {
                    self.name(&part.name);
                    self.word(".");
                }
                self.word("*");
            }
            K::FieldStar(inner) => {
                self.parens(|out| out.expr(inner));
                self.word(".*");
            }
            K::Field { expr, field } => {
                self.parens(|out| out.expr(expr));
                self.word(".");
                self.name(&field.name);
            }
            K::Subscript { expr, subscripts } => {
                self.base(expr);
                subscripts
                    .iter()
                    .for_each(|subscript| self.subscript(subscript));
            }
            K::Default => self.word("DEFAULT"),
            K::And(list) => self.chain(list, " AND "),
            K::Or(list) => self.chain(list, " OR "),
            K::Not(inner) => {
                self.word("NOT ");
                self.operand(inner);
            }
            K::Unary { op, expr } => {
                self.operator(op);
                self.word(" ");
                self.operand(expr);
            }
            K::Binary { op, left, right } => {
                self.operand(left);
                self.word(" ");
                self.operator(op);
                self.word(" ");
                self.operand(right);
            }
            K::Array(items) => {
                self.word("ARRAY[");
                self.exprs(items);
                self.word("]");
            }
            K::Row { items, explicit } => {
                self.word(if *explicit { "ROW" } else { "" });
                self.parens(|out| out.exprs(items));
            }
            K::Case(case) => self.case(case),
            K::Cast { expr, type_name } => {
                self.base(expr);
                self.word("::");
                self.type_name(type_name);
            }
            K::Collate { expr, collation } => {
                self.operand(expr);
                self.word(" COLLATE ");
                self.qualified(collation);
            }
            K::Call(call) => self.call(call),
            K::Coalesce(list) => self.form("COALESCE", list),
            K::Greatest(list) => self.form("GREATEST", list),
            K::Least(list) => self.form("LEAST", list),
            K::Grouping(list) => self.form("GROUPING", list),
            K::NullIf(left, right) => {
                self.word("NULLIF(");
                self.expr(left);
                self.word(", ");
                self.expr(right);
                self.word(")");
            }
            K::SqlValue(value) => self.sql_value(*value),
            K::CurrentOf(cursor) => {
                self.word("CURRENT OF ");
                self.name(&cursor.name);
            }
            _ => self.test(expr),
        }
    }

    /// Tests and subqueries.
    fn test(&mut self, expr: &Expr) {
        use ExprKind as K;
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match &expr.kind {
            K::Like(like) => {
                self.operand(&like.expr);
                let word = match like.kind {
                    LikeKind::Like => "LIKE",
                    LikeKind::ILike => "ILIKE",
                    LikeKind::SimilarTo => "SIMILAR TO",
                };
                self.word(&format!(" {}{word} ", not(like.negated)));
                self.operand(&like.pattern);
                if let Some(escape) = &like.escape {
                    self.word(" ESCAPE ");
                    self.operand(escape);
                }
            }
            K::Is {
                expr,
                test,
                negated,
            } => {
                self.operand(expr);
                self.word(&format!(" IS {}{}", not(*negated), is_words(*test)));
            }
            K::IsDistinct {
                left,
                right,
                negated,
            } => {
                self.operand(left);
                self.word(&format!(" IS {}DISTINCT FROM ", not(*negated)));
                self.operand(right);
            }
            K::Between {
                expr,
                low,
                high,
                symmetric,
                negated,
            } => {
                self.operand(expr);
                let symmetric = if *symmetric { "SYMMETRIC " } else { "" };
                self.word(&format!(" {}BETWEEN {symmetric}", not(*negated)));
                self.operand(low);
                self.word(" AND ");
                self.operand(high);
            }
            K::InList {
                expr,
                list,
                negated,
            } => {
                self.operand(expr);
                self.word(&format!(" {}IN (", not(*negated)));
                self.exprs(list);
                self.word(")");
            }
            K::InQuery {
                expr,
                query,
                negated,
            } => {
                self.operand(expr);
                self.word(&format!(" {}IN (", not(*negated)));
                self.query(query);
                self.word(")");
            }
            K::QuantifiedArray {
                left,
                op,
                all,
                array,
            } => {
                self.quantified(left, op, *all);
                self.parens(|out| out.expr(array));
            }
            K::QuantifiedQuery {
                left,
                op,
                all,
                query,
            } => {
                self.quantified(left, op, *all);
                self.parens(|out| out.query(query));
            }
            K::Exists(query) => {
                self.word("EXISTS ");
                self.parens(|out| out.query(query));
            }
            K::ArrayQuery(query) => {
                self.word("ARRAY");
                self.parens(|out| out.query(query));
            }
            K::ScalarQuery(query) => self.parens(|out| out.query(query)),
            _ => {}
        }
    }

    fn quantified(&mut self, left: &Expr, op: &Operator, all: bool) {
        self.operand(left);
        self.word(" ");
        self.operator(op);
        self.word(if all { " ALL " } else { " ANY " });
    }

    fn form(&mut self, name: &str, list: &[Expr]) {
        self.word(name);
        self.parens(|out| out.exprs(list));
    }

    pub(super) fn dotted(&mut self, parts: &[Ident]) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.word(".");
            }
            self.name(&part.name);
        }
    }

    pub(super) fn subscript(&mut self, subscript: &Subscript) {
        self.word("[");
        match subscript {
            Subscript::Index(index) => self.expr(index),
            Subscript::Slice { lower, upper } => {
                lower.iter().for_each(|bound| self.operand(bound));
                self.word(":");
                upper.iter().for_each(|bound| self.operand(bound));
            }
        }
        self.word("]");
    }

    fn case(&mut self, case: &Case) {
        self.word("CASE");
        if let Some(operand) = &case.operand {
            self.word(" ");
            self.expr(operand);
        }
        for when in &case.whens {
            self.word(" WHEN ");
            self.expr(&when.condition);
            self.word(" THEN ");
            self.expr(&when.result);
        }
        if let Some(otherwise) = &case.otherwise {
            self.word(" ELSE ");
            self.expr(otherwise);
        }
        self.word(" END");
    }

    fn call(&mut self, call: &FuncCall) {
        if let (CallSyntax::Special, "extract", [field, value]) =
            (call.syntax, call.name.name.as_str(), call.args.as_slice())
        {
            self.word("EXTRACT(");
            self.expr(&field.value);
            self.word(" FROM ");
            self.expr(&value.value);
            self.word(")");
            return;
        }
        self.qualified(&call.name);
        self.word("(");
        self.word(if call.distinct { "DISTINCT " } else { "" });
        self.word(if call.star { "*" } else { "" });
        self.list(&call.args, |out, arg| {
            out.word(if arg.variadic { "VARIADIC " } else { "" });
            if let Some(name) = &arg.name {
                out.name(&name.name);
                out.word(" => ");
            }
            out.expr(&arg.value);
        });
        if !call.order_by.is_empty() && !call.within_group {
            self.word(" ");
            self.order_by(&call.order_by);
        }
        self.word(")");
        if call.within_group {
            self.word(" WITHIN GROUP (");
            self.order_by(&call.order_by);
            self.word(")");
        }
        if let Some(filter) = &call.filter {
            self.word(" FILTER (WHERE ");
            self.expr(filter);
            self.word(")");
        }
        match &call.over {
            Some(Over::Name(name)) => {
                self.word(" OVER ");
                self.name(&name.name);
            }
            Some(Over::Spec(spec)) => {
                self.word(" OVER ");
                self.window(spec);
            }
            None => {}
        }
    }

    pub(super) fn window(&mut self, spec: &WindowSpec) {
        self.word("(");
        let mut gap = "";
        if let Some(base) = &spec.base {
            self.name(&base.name);
            gap = " ";
        }
        if !spec.partition_by.is_empty() {
            self.word(gap);
            self.word("PARTITION BY ");
            self.exprs(&spec.partition_by);
            gap = " ";
        }
        if !spec.order_by.is_empty() {
            self.word(gap);
            self.order_by(&spec.order_by);
            gap = " ";
        }
        if let Some(frame) = &spec.frame {
            self.word(gap);
            self.frame(frame);
        }
        self.word(")");
    }

    fn frame(&mut self, frame: &Frame) {
        self.word(match frame.unit {
            FrameUnit::Rows => "ROWS ",
            FrameUnit::Range => "RANGE ",
            FrameUnit::Groups => "GROUPS ",
        });
        if let Some(end) = &frame.end {
            self.word("BETWEEN ");
            self.bound(&frame.start);
            self.word(" AND ");
            self.bound(end);
        } else {
            self.bound(&frame.start);
        }
        self.word(match frame.exclude {
            FrameExclude::NoOthers => "",
            FrameExclude::CurrentRow => " EXCLUDE CURRENT ROW",
            FrameExclude::Group => " EXCLUDE GROUP",
            FrameExclude::Ties => " EXCLUDE TIES",
        });
    }

    fn bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.word("UNBOUNDED PRECEDING"),
            FrameBound::UnboundedFollowing => self.word("UNBOUNDED FOLLOWING"),
            FrameBound::CurrentRow => self.word("CURRENT ROW"),
            FrameBound::Preceding(offset) => {
                self.operand(offset);
                self.word(" PRECEDING");
            }
            FrameBound::Following(offset) => {
                self.operand(offset);
                self.word(" FOLLOWING");
            }
        }
    }

    fn sql_value(&mut self, value: SqlValue) {
        let precise = |word: &str, precision: Option<u32>| match precision {
            Some(precision) => format!("{word}({precision})"),
            None => word.to_string(),
        };
        let text = match value {
            SqlValue::CurrentDate => "CURRENT_DATE".into(),
            SqlValue::CurrentTime(precision) => precise("CURRENT_TIME", precision),
            SqlValue::CurrentTimestamp(precision) => precise("CURRENT_TIMESTAMP", precision),
            SqlValue::LocalTime(precision) => precise("LOCALTIME", precision),
            SqlValue::LocalTimestamp(precision) => precise("LOCALTIMESTAMP", precision),
            SqlValue::CurrentRole => "CURRENT_ROLE".into(),
            SqlValue::CurrentUser => "CURRENT_USER".into(),
            SqlValue::User => "USER".into(),
            SqlValue::SessionUser => "SESSION_USER".into(),
            SqlValue::CurrentCatalog => "CURRENT_CATALOG".into(),
            SqlValue::CurrentSchema => "CURRENT_SCHEMA".into(),
        };
        self.word(&text);
    }

    /// `'text'::type`, but with its fields where an interval has them: they rule how it is read.
    fn typed_literal(&mut self, name: &TypeName, value: &str) {
        if let Some(fields) = name.interval {
            self.word("interval ");
            self.string(value);
            self.fields(fields, name);
            return;
        }
        self.type_name(name);
        self.word(" ");
        self.string(value);
    }

    fn fields(&mut self, fields: IntervalFields, name: &TypeName) {
        let word = |field: IntervalField| match field {
            IntervalField::Year => "year",
            IntervalField::Month => "month",
            IntervalField::Day => "day",
            IntervalField::Hour => "hour",
            IntervalField::Minute => "minute",
            IntervalField::Second => "second",
        };
        self.word(&format!(" {}", word(fields.first)));
        if fields.last != fields.first {
            self.word(&format!(" to {}", word(fields.last)));
        }
        self.modifiers(name);
    }

    fn modifiers(&mut self, name: &TypeName) {
        if !name.modifiers.is_empty() {
            self.parens(|out| out.exprs(&name.modifiers));
        }
    }

    pub(super) fn type_name(&mut self, name: &TypeName) {
        self.word(if name.setof { "SETOF " } else { "" });
        let known = match name.name.schema.as_deref() {
            Some("pg_catalog") => TYPES.iter().find(|(own, ..)| *own == name.name.name),
            _ => None,
        };
        match known {
            Some((_, before, after)) => {
                self.word(before);
                match name.interval {
                    Some(fields) => self.fields(fields, name),
                    None => self.modifiers(name),
                }
                self.word(after);
            }
            None => {
                self.qualified(&name.name);
                if let Some(column) = &name.percent_type {
                    self.word(".");
                    self.name(column);
                    self.word("%TYPE");
                }
                self.modifiers(name);
            }
        }
        for bound in &name.array {
            match bound {
                Some(bound) => self.word(&format!("[{bound}]")),
                None => self.word("[]"),
            }
        }
    }
}

fn is_words(test: IsTest) -> &'static str {
    match test {
        IsTest::Null => "NULL",
        IsTest::True => "TRUE",
        IsTest::False => "FALSE",
        IsTest::Unknown => "UNKNOWN",
        IsTest::Document => "DOCUMENT",
        IsTest::Normalized(NormalForm::Nfc) => "NFC NORMALIZED",
        IsTest::Normalized(NormalForm::Nfd) => "NFD NORMALIZED",
        IsTest::Normalized(NormalForm::Nfkc) => "NFKC NORMALIZED",
        IsTest::Normalized(NormalForm::Nfkd) => "NFKD NORMALIZED",
    }
}
