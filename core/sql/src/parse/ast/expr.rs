//! Expressions, calls, windows and type names.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Ident, OrderItem, Pos, QualifiedName, Query};

/// An expression and the place that errors about it point to.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Expr {
    pub kind: ExprKind,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum ExprKind {
    Null,
    Bool(bool),
    /// Digits only; `-1` is a unary minus on `1`, as the binder of constants folds it.
    Integer(String),
    /// Has a point or an exponent.
    Decimal(String),
    /// Of unknown type until something asks.
    String(String),
    /// `B'101'`: the digits 0 and 1.
    BitString(String),
    /// `X'1F'`: hexadecimal digits of a bit string.
    HexString(String),
    /// `date '2024-01-01'`, `interval '1' day` (the fields are in the type).
    TypedLiteral {
        type_name: Box<TypeName>,
        value: String,
    },
    /// `$n`.
    Param(u32),
    /// `c`, `t.c`, `s.t.c`, `d.s.t.c`: never empty.
    Column(Vec<Ident>),
    /// `*`, `t.*`, `s.t.*`.
    Star {
        qualifier: Vec<Ident>,
    },
    /// `(composite).*`.
    FieldStar(Box<Expr>),
    /// `(composite).field`.
    Field {
        expr: Box<Expr>,
        field: Ident,
    },
    /// `a[i]`, `a[i:j]`, `a[i][j]`.
    Subscript {
        expr: Box<Expr>,
        subscripts: Vec<Subscript>,
    },
    /// DEFAULT in VALUES or SET.
    Default,
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Unary {
        op: Operator,
        expr: Box<Expr>,
    },
    /// Also `~~`, `!~~`, `~~*`, `!~~*` for LIKE and ILIKE without ESCAPE.
    Binary {
        op: Operator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// LIKE, ILIKE, SIMILAR TO.
    Like(Box<Like>),
    Is {
        expr: Box<Expr>,
        test: IsTest,
        negated: bool,
    },
    /// `a IS [NOT] DISTINCT FROM b`.
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    Between {
        expr: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        symmetric: bool,
        negated: bool,
    },
    InList {
        expr: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        expr: Box<Expr>,
        query: Box<Query>,
        negated: bool,
    },
    /// `x op ANY (array)` and `x op ALL (array)`.
    QuantifiedArray {
        left: Box<Expr>,
        op: Operator,
        all: bool,
        array: Box<Expr>,
    },
    /// `x op ANY (SELECT …)`.
    QuantifiedQuery {
        left: Box<Expr>,
        op: Operator,
        all: bool,
        query: Box<Query>,
    },
    Exists(Box<Query>),
    ScalarQuery(Box<Query>),
    Array(Vec<Expr>),
    ArrayQuery(Box<Query>),
    /// `ROW(…)` or `(a, b)`.
    Row {
        items: Vec<Expr>,
        explicit: bool,
    },
    Case(Box<Case>),
    /// `x::t`, `CAST(x AS t)`.
    Cast {
        expr: Box<Expr>,
        type_name: Box<TypeName>,
    },
    Collate {
        expr: Box<Expr>,
        collation: QualifiedName,
    },
    Call(Box<FuncCall>),
    /// COALESCE: evaluated lazily, so not a call.
    Coalesce(Vec<Expr>),
    NullIf(Box<Expr>, Box<Expr>),
    Greatest(Vec<Expr>),
    Least(Vec<Expr>),
    /// GROUPING(…).
    Grouping(Vec<Expr>),
    /// CURRENT_DATE and its kin, which are not functions one can call.
    SqlValue(SqlValue),
    /// WHERE CURRENT OF cursor.
    CurrentOf(Ident),
}

impl Expr {
    /// The leftmost byte of the expression: where an error about its value points to.
    pub fn start(&self) -> Pos {
        let mut expr = self;
        let mut least = self.pos;
        loop {
            least = least.min(expr.pos);
            expr = match &expr.kind {
                ExprKind::And(list) | ExprKind::Or(list) => match list.first() {
                    Some(first) => first,
                    None => return least,
                },
                ExprKind::Binary { left, .. }
                | ExprKind::IsDistinct { left, .. }
                | ExprKind::QuantifiedArray { left, .. }
                | ExprKind::QuantifiedQuery { left, .. } => left,
                ExprKind::Is { expr, .. }
                | ExprKind::Between { expr, .. }
                | ExprKind::InList { expr, .. }
                | ExprKind::InQuery { expr, .. }
                | ExprKind::Field { expr, .. }
                | ExprKind::Subscript { expr, .. }
                | ExprKind::Cast { expr, .. }
                | ExprKind::Collate { expr, .. } => expr,
                ExprKind::Like(like) => &like.expr,
                _ => return least,
            };
        }
    }
}

/// An operator by name; `OPERATOR(schema.+)` gives the schema.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Operator {
    pub schema: Option<String>,
    /// `!=` is written `<>` here.
    pub name: String,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Subscript {
    Index(Expr),
    Slice {
        lower: Option<Expr>,
        upper: Option<Expr>,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Like {
    pub kind: LikeKind,
    pub negated: bool,
    pub expr: Expr,
    pub pattern: Expr,
    pub escape: Option<Expr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum LikeKind {
    Like,
    ILike,
    SimilarTo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum IsTest {
    Null,
    True,
    False,
    Unknown,
    /// IS DOCUMENT, refused later.
    Document,
    /// IS [form] NORMALIZED: NFC, NFD, NFKC, NFKD.
    Normalized(NormalForm),
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum NormalForm {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Case {
    pub operand: Option<Expr>,
    pub whens: Vec<When>,
    pub otherwise: Option<Expr>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct When {
    pub condition: Expr,
    pub result: Expr,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct FuncCall {
    pub name: QualifiedName,
    pub args: Vec<FuncArg>,
    /// `f(*)`: no arguments.
    pub star: bool,
    pub distinct: bool,
    /// ORDER BY inside the parentheses, or that of WITHIN GROUP.
    pub order_by: Vec<OrderItem>,
    pub within_group: bool,
    pub filter: Option<Expr>,
    pub over: Option<Over>,
    pub syntax: CallSyntax,
}

impl FuncCall {
    /// A call with positional arguments and nothing else.
    pub fn plain(name: QualifiedName, args: Vec<Expr>, syntax: CallSyntax) -> Self {
        let args = args
            .into_iter()
            .map(|value| FuncArg {
                name: None,
                variadic: false,
                value,
            })
            .collect();
        FuncCall {
            name,
            args,
            star: false,
            distinct: false,
            order_by: Vec::new(),
            within_group: false,
            filter: None,
            over: None,
            syntax,
        }
    }
}

/// How a call was written; deparse and result column names ask.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum CallSyntax {
    /// `name(…)`.
    Plain,
    /// `EXTRACT(f FROM x)`, `TRIM(BOTH …)`, `x AT TIME ZONE z` (arguments: zone, value), ….
    Special,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct FuncArg {
    /// `name => value`.
    pub name: Option<Ident>,
    pub variadic: bool,
    pub value: Expr,
}

/// OVER name or OVER (…).
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Over {
    Name(Ident),
    Spec(Box<WindowSpec>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct WindowSpec {
    /// A window this one extends.
    pub base: Option<Ident>,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub frame: Option<Frame>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    /// Absent: CURRENT ROW.
    pub end: Option<FrameBound>,
    pub exclude: FrameExclude,
    pub pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum FrameExclude {
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum SqlValue {
    CurrentDate,
    CurrentTime(Option<u32>),
    CurrentTimestamp(Option<u32>),
    LocalTime(Option<u32>),
    LocalTimestamp(Option<u32>),
    CurrentRole,
    CurrentUser,
    User,
    SessionUser,
    CurrentCatalog,
    CurrentSchema,
}

/// A type as written, with the words of the grammar already turned into PostgreSQL's own names:
/// `INTEGER` → `pg_catalog.int4`, `DOUBLE PRECISION` → `float8`, `TIMESTAMP WITH TIME ZONE` →
/// `timestamptz`, `CHAR(3)` → `bpchar`, `NUMERIC`, `VARCHAR`, `BIT` likewise. Other names stay.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TypeName {
    pub name: QualifiedName,
    /// `(10, 2)`; for `interval(3)` the precision.
    pub modifiers: Vec<Expr>,
    pub interval: Option<IntervalFields>,
    /// One entry per `[]`, with its bound if any.
    pub array: Vec<Option<u32>>,
    pub setof: bool,
    /// `table.column%TYPE`: `name` is then the table's name and this the column's.
    pub percent_type: Option<String>,
    pub pos: Pos,
}

impl TypeName {
    /// A type of the system schema without modifiers.
    pub fn system(name: &str, pos: Pos) -> Self {
        TypeName::plain(QualifiedName::system(name, pos))
    }

    /// A type by name alone.
    pub fn plain(name: QualifiedName) -> Self {
        let pos = name.pos;
        TypeName {
            name,
            modifiers: Vec::new(),
            interval: None,
            array: Vec::new(),
            setof: false,
            percent_type: None,
            pos,
        }
    }
}

/// `YEAR`, `DAY TO SECOND`, …: first and last field.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct IntervalFields {
    pub first: IntervalField,
    pub last: IntervalField,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(Debug))]
pub enum IntervalField {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}
