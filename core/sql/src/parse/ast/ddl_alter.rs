//! ALTER TABLE and its relatives, DROP.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    ColumnDef, DefElem, Deferral, Expr, Ident, ObjectKind, ObjectName, PartitionBound, Pos,
    QualifiedName, SequenceOption, TableConstraint, TypeName,
};

/// ALTER TABLE, and ALTER INDEX, VIEW, MATERIALIZED VIEW where they share the actions.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterTable {
    /// What the statement calls it: Table, Index, View, MatView, Sequence.
    pub kind: ObjectKind,
    pub name: QualifiedName,
    pub only: bool,
    pub if_exists: bool,
    pub actions: Vec<AlterAction>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterAction {
    pub kind: AlterActionKind,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum AlterActionKind {
    AddColumn {
        column: ColumnDef,
        if_not_exists: bool,
    },
    DropColumn {
        column: Ident,
        if_exists: bool,
        cascade: bool,
    },
    AlterColumn {
        column: Ident,
        action: ColumnAction,
    },
    AddConstraint(TableConstraint),
    AlterConstraint {
        name: Ident,
        deferral: Deferral,
    },
    ValidateConstraint(Ident),
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    RenameTable(Ident),
    RenameColumn {
        from: Ident,
        to: Ident,
    },
    RenameConstraint {
        from: Ident,
        to: Ident,
    },
    SetSchema(Ident),
    OwnerTo(Ident),
    SetOptions(Vec<DefElem>),
    ResetOptions(Vec<DefElem>),
    SetAccessMethod(Ident),
    SetTablespace(Ident),
    SetLogged(bool),
    ClusterOn(Ident),
    SetWithoutCluster,
    SetWithoutOids,
    Inherit(QualifiedName),
    NoInherit(QualifiedName),
    Of(QualifiedName),
    NotOf,
    AttachPartition {
        partition: QualifiedName,
        bound: Option<PartitionBound>,
    },
    DetachPartition {
        partition: QualifiedName,
        concurrently: bool,
        finalize: bool,
    },
    /// ENABLE | DISABLE TRIGGER name; `mode`: `O`, `D`, `R` (replica), `A` (always).
    Trigger {
        name: Option<Ident>,
        /// With `name` absent: USER instead of ALL.
        user: bool,
        mode: char,
    },
    Rule {
        name: Ident,
        mode: char,
    },
    RowSecurity {
        enable: Option<bool>,
        force: Option<bool>,
    },
    /// REPLICA IDENTITY: `d`, `f`, `n`, or `i` with the index.
    ReplicaIdentity {
        mode: char,
        index: Option<Ident>,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum ColumnAction {
    SetDefault(Expr),
    DropDefault,
    SetNotNull,
    DropNotNull,
    Type(Box<ColumnType>),
    SetStatistics(i32),
    SetStorage(Ident),
    SetCompression(Ident),
    SetOptions(Vec<DefElem>),
    ResetOptions(Vec<DefElem>),
    AddIdentity {
        always: bool,
        options: Vec<SequenceOption>,
    },
    AlterIdentity {
        generated_always: Option<bool>,
        options: Vec<SequenceOption>,
    },
    DropIdentity {
        if_exists: bool,
    },
    DropExpression {
        if_exists: bool,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterSequence {
    pub name: QualifiedName,
    pub if_exists: bool,
    pub options: Vec<SequenceOption>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterType {
    pub name: QualifiedName,
    pub action: AlterTypeAction,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum AlterTypeAction {
    AddValue {
        value: String,
        if_not_exists: bool,
        place: Option<ValuePlace>,
    },
    RenameValue {
        from: String,
        to: String,
    },
    AddAttribute {
        column: ColumnDef,
        cascade: bool,
    },
    DropAttribute {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    AlterAttribute {
        name: Ident,
        type_name: TypeName,
        cascade: bool,
    },
    RenameAttribute {
        from: Ident,
        to: Ident,
        cascade: bool,
    },
}

/// BEFORE or AFTER an existing value.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ValuePlace {
    pub after: bool,
    pub neighbour: String,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterDomain {
    pub name: QualifiedName,
    pub action: AlterDomainAction,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum AlterDomainAction {
    SetDefault(Expr),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddConstraint(TableConstraint),
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    RenameConstraint {
        from: Ident,
        to: Ident,
    },
    ValidateConstraint(Ident),
}

/// RENAME TO, SET SCHEMA, OWNER TO of anything that is not a table.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterObject {
    pub kind: ObjectKind,
    pub object: ObjectName,
    pub action: AlterObjectAction,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum AlterObjectAction {
    Rename(Ident),
    SetSchema(Ident),
    OwnerTo(Ident),
    /// Anything else, as its words.
    Other(String),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Drop {
    pub kind: ObjectKind,
    pub objects: Vec<ObjectName>,
    pub if_exists: bool,
    pub cascade: bool,
    pub concurrently: bool,
    pub pos: Pos,
}

/// ALTER COLUMN … TYPE.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ColumnType {
    pub type_name: TypeName,
    pub collation: Option<QualifiedName>,
    pub using: Option<Expr>,
}
