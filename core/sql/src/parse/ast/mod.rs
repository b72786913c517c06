//! The syntax tree of the project: what a statement says, before anybody looked up a name.
//!
//! Rules that hold for every node:
//! - Names are folded already: `Foo` arrives as `foo`, `"Foo"` as `Foo`.
//! - `pos` is a byte offset into the text handed to the parser, counted from 0. For an operator it is
//!   the operator's own place and for a call the name's, as PostgreSQL's error positions have it;
//!   `Expr::start` gives the leftmost byte.
//! - Numbers stay text until the binder knows their type.
//! - Special syntax (`EXTRACT(…)`, `TRIM(…)`, `CURRENT_DATE`) is a plain call of the function that
//!   PostgreSQL uses inside; `FuncCall::syntax` remembers only what naming a result column needs.
//! - The height of a tree is bounded by the parser, so walking and dropping one cannot exhaust the
//!   stack; chains of AND and OR are flat lists.
//!
//! Folder: `expr` (values, operators, calls, types), `select` (queries), `dml` (changes), `ddl`
//! (definitions), `utility` (everything else).

mod ddl;
mod ddl_alter;
mod ddl_object;
mod dml;
mod expr;
mod select;
mod utility;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

pub use ddl::*;
pub use ddl_alter::*;
pub use ddl_object::*;
pub use dml::*;
pub use expr::*;
pub use select::*;
pub use utility::*;

/// Byte offset in the source text, from 0.
pub type Pos = u32;

/// One name and where it stands.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Ident {
    pub name: String,
    pub pos: Pos,
}

/// `name`, `schema.name` or `database.schema.name`; also used for functions and types.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct QualifiedName {
    pub catalog: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    pub pos: Pos,
}

impl QualifiedName {
    /// An unqualified name.
    pub fn bare(name: &str, pos: Pos) -> Self {
        QualifiedName {
            catalog: None,
            schema: None,
            name: name.into(),
            pos,
        }
    }

    /// A name of the system schema, as special syntax is lowered to.
    pub fn system(name: &str, pos: Pos) -> Self {
        QualifiedName {
            catalog: None,
            schema: Some("pg_catalog".into()),
            name: name.into(),
            pos,
        }
    }
}

/// One statement.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Statement {
    // queries and changes
    Select(Box<Query>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Merge(Box<Merge>),
    Truncate(Truncate),
    Copy(Box<Copy>),
    // definitions
    CreateTable(Box<CreateTable>),
    CreateTableAs(Box<CreateTableAs>),
    CreateIndex(Box<CreateIndex>),
    CreateView(Box<CreateView>),
    CreateSequence(Box<CreateSequence>),
    CreateSchema(Box<CreateSchema>),
    CreateType(Box<CreateType>),
    CreateDomain(Box<CreateDomain>),
    CreateFunction(Box<CreateFunction>),
    CreateTrigger(Box<CreateTrigger>),
    CreateRule(CreateRule),
    CreateExtension(CreateExtension),
    CreateDatabase(CreateDatabase),
    CreateRole(CreateRole),
    CreateStatistics(Box<CreateStatistics>),
    CreatePolicy(Box<CreatePolicy>),
    /// Kinds kept as their text: CREATE AGGREGATE, CAST, OPERATOR, COLLATION, ….
    CreateOther(CreateOther),
    Drop(Drop),
    AlterTable(Box<AlterTable>),
    AlterSequence(AlterSequence),
    AlterType(Box<AlterType>),
    AlterDomain(Box<AlterDomain>),
    AlterObject(AlterObject),
    AlterRole(CreateRole),
    AlterDatabase(AlterDatabase),
    RefreshMatView(RefreshMatView),
    Comment(Comment),
    Grant(Grant),
    // transactions
    Begin(TransactionModes),
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint(Ident),
    Release(Ident),
    RollbackTo(Ident),
    PrepareTransaction(String),
    CommitPrepared(String),
    RollbackPrepared(String),
    /// `session`: SET SESSION CHARACTERISTICS AS TRANSACTION.
    SetTransaction {
        modes: TransactionModes,
        session: bool,
        snapshot: Option<String>,
    },
    SetConstraints(SetConstraints),
    // settings
    Set(SetStatement),
    Show(Ident),
    /// SHOW ALL.
    ShowAll,
    Reset(Ident),
    ResetAll,
    AlterSystem(AlterSystem),
    // prepared statements and cursors
    Prepare(Box<Prepare>),
    Execute(Box<Execute>),
    /// `None` is ALL.
    Deallocate(Option<Ident>),
    Declare(Box<DeclareCursor>),
    Fetch(Fetch),
    /// `None` is ALL.
    Close(Option<Ident>),
    // the rest
    Explain(Box<Explain>),
    Analyze(Vacuum),
    Vacuum(Vacuum),
    Checkpoint,
    Lock(Lock),
    Listen(Ident),
    Notify {
        channel: Ident,
        payload: Option<String>,
    },
    /// `None` is `*`.
    Unlisten(Option<Ident>),
    Do(DoBlock),
    Call(Box<Expr>),
    Discard(DiscardKind),
    Reindex(Reindex),
    Cluster(Cluster),
    Load(String),
}

/// `name = value` in a parenthesised list: storage parameters, COPY and EXPLAIN options, ….
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct DefElem {
    /// `toast` in `toast.autovacuum_enabled`.
    pub namespace: Option<String>,
    pub name: String,
    pub value: Option<DefValue>,
    pub pos: Pos,
}

/// The value of a [`DefElem`].
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum DefValue {
    /// A bare word, folded (`true`, `json`), or a quoted name.
    Word(String),
    String(String),
    /// Sign included.
    Number(String),
    List(Vec<DefValue>),
    Star,
}
