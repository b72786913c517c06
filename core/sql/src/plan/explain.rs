//! EXPLAIN: a plan as PostgreSQL prints it, with the executor's counters beside the estimates.
//!
//! Expressions are printed from the plan: positions become the names of the input's columns, slots
//! `$n`. Steps of ours that PostgreSQL has under another shape keep their own names: `Apply`, for a
//! subquery that is run for each row, and `Compute`, for calls that may wait.

use super::tree::{AggregateStrategy, IndexRange, Node, Plan, PlanColumn, ScanColumn, Statement};
use crate::bind::tree::{Expr, ExprKind, JoinKind, SortKey};
use crate::execute::StepCounters;
use crate::types::{self, IoCx, Oid};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What the statement's parentheses ask for.
pub struct Options {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    pub buffers: bool,
    pub timing: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            analyze: false,
            verbose: false,
            costs: true,
            buffers: false,
            timing: true,
        }
    }
}

/// Planning and execution in microseconds.
pub type Times = Option<(u64, u64)>;

fn join_word(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "",
        JoinKind::Left => " Left",
        JoinKind::Right => " Right",
        JoinKind::Full => " Full",
        JoinKind::Semi => " Semi",
        JoinKind::Anti => " Anti",
    }
}

/// The step's name as EXPLAIN begins its line.
pub fn name(plan: &Plan) -> String {
    match &plan.node {
        Node::Result { .. } | Node::Project { .. } | Node::Empty => "Result".into(),
        Node::SeqScan { .. } => "Seq Scan".into(),
        Node::IndexScan {
            index_only: true, ..
        } => "Index Only Scan".into(),
        Node::IndexScan { .. } => "Index Scan".into(),
        Node::TidScan { .. } => "Tid Scan".into(),
        Node::ViewScan { .. } | Node::FunctionScan { .. } => "Function Scan".into(),
        Node::Values { .. } => "Values Scan".into(),
        Node::Filter { .. } => "Filter".into(),
        Node::Compute { .. } => "Compute".into(),
        Node::NestedLoop {
            kind: JoinKind::Inner,
            ..
        } => "Nested Loop".into(),
        Node::NestedLoop { kind, .. } => format!("Nested Loop{} Join", join_word(*kind)),
        Node::HashJoin { kind, .. } => format!("Hash{} Join", join_word(*kind)),
        Node::Apply { .. } => "Apply".into(),
        Node::Aggregate {
            strategy: AggregateStrategy::Hash,
            ..
        } => "HashAggregate".into(),
        Node::Aggregate {
            strategy: AggregateStrategy::Sorted,
            ..
        } => "GroupAggregate".into(),
        Node::Aggregate { .. } => "Aggregate".into(),
        Node::Unique { .. } => "Unique".into(),
        Node::Sort { .. } => "Sort".into(),
        Node::Limit { .. } => "Limit".into(),
        Node::Append { .. } => "Append".into(),
        Node::SetOp { .. } => "HashSetOp".into(),
        Node::CteScan { .. } => "CTE Scan".into(),
        Node::WorkScan { .. } => "WorkTable Scan".into(),
        Node::Materialize { .. } => "Materialize".into(),
        Node::LockRows { .. } => "LockRows".into(),
        Node::Insert(_) => "Insert".into(),
        Node::Update(_) => "Update".into(),
        Node::Delete(_) => "Delete".into(),
    }
}

/// The relation a step reads or writes, and what the query calls it.
pub fn relation(plan: &Plan) -> Option<(String, String)> {
    let table = |table: &crate::catalog::TableDef, alias: &str| {
        Some((String::from(&*table.name), String::from(alias)))
    };
    match &plan.node {
        Node::SeqScan {
            table: def, alias, ..
        }
        | Node::IndexScan {
            table: def, alias, ..
        }
        | Node::TidScan {
            table: def, alias, ..
        } => table(def, alias),
        Node::ViewScan { view, alias, .. } => Some((view.name.into(), alias.clone())),
        Node::FunctionScan {
            function, alias, ..
        } => Some((function.name.into(), alias.clone())),
        Node::CteScan { name, .. } | Node::WorkScan { name, .. } => {
            Some((name.clone(), name.clone()))
        }
        Node::Insert(node) => table(&node.table, &node.table.name),
        Node::Update(node) => table(&node.table, &node.table.name),
        Node::Delete(node) => table(&node.table, &node.table.name),
        _ => None,
    }
}

/// The names of a step's input columns.
fn input_columns(plan: &Plan) -> Vec<PlanColumn> {
    match &plan.node {
        Node::SeqScan { table, columns, .. }
        | Node::IndexScan { table, columns, .. }
        | Node::TidScan { table, columns, .. } => columns
            .iter()
            .zip(&plan.columns)
            .map(|(column, made)| match column {
                ScanColumn::Attribute(at) => PlanColumn {
                    name: table
                        .columns
                        .get(*at)
                        .map_or_else(String::new, |c| c.name.to_string()),
                    ty: made.ty,
                },
                ScanColumn::System(_) => made.clone(),
            })
            .collect(),
        _ if plan.inputs().is_empty() => plan.columns.clone(),
        _ => plan
            .inputs()
            .into_iter()
            .flat_map(|input| input.columns.clone())
            .collect(),
    }
}

/// An expression in words.
pub fn expression(expr: &Expr, columns: &[PlanColumn]) -> String {
    let text = |expr: &Expr| expression(expr, columns);
    let list = |list: &[Expr], between: &str| {
        let parts: Vec<String> = list.iter().map(text).collect();
        parts.join(between)
    };
    match &expr.kind {
        ExprKind::Const(value) if value.is_null() => {
            format!("NULL::{}", types::format_type(expr.ty.oid, -1))
        }
        ExprKind::Const(value) => {
            let shown = types::output_text(expr.ty.oid, value, &IoCx::UTC);
            match expr.ty.oid {
                Oid::INT4 | Oid::BOOL => shown,
                oid => format!(
                    "'{}'::{}",
                    shown.replace('\'', "''"),
                    types::format_type(oid, -1)
                ),
            }
        }
        ExprKind::Param(number) => format!("${}", number + 1),
        ExprKind::Slot(number) => format!("$slot{number}"),
        ExprKind::Column(id) => format!("?{}", id.0),
        ExprKind::Input(at) => columns
            .get(*at)
            .map_or_else(|| format!("${at}"), |c| c.name.clone()),
        ExprKind::Call { function, args } => format!("{}({})", function.name, list(args, ", ")),
        ExprKind::Op { op, args } => match args.as_slice() {
            [left, right] => format!("({} {} {})", text(left), op.name, text(right)),
            _ => format!("({} {})", op.name, list(args, " ")),
        },
        ExprKind::Cast { arg, .. } => {
            format!(
                "({})::{}",
                text(arg),
                types::format_type(expr.ty.oid, expr.ty.typmod)
            )
        }
        ExprKind::And(parts) => format!("({})", list(parts, " AND ")),
        ExprKind::Or(parts) => format!("({})", list(parts, " OR ")),
        ExprKind::Not(arg) => format!("(NOT {})", text(arg)),
        ExprKind::IsNull { arg, negated } => {
            format!(
                "({} IS {}NULL)",
                text(arg),
                if *negated { "NOT " } else { "" }
            )
        }
        ExprKind::IsBool {
            arg,
            value,
            negated,
        } => {
            let word = if *value { "TRUE" } else { "FALSE" };
            format!(
                "({} IS {}{word})",
                text(arg),
                if *negated { "NOT " } else { "" }
            )
        }
        ExprKind::Distinct {
            left,
            right,
            negated,
        } => {
            let word = if *negated { "IS NOT" } else { "IS" };
            format!("({} {word} DISTINCT FROM {})", text(left), text(right))
        }
        ExprKind::Case { whens, otherwise } => {
            let whens: Vec<String> = whens
                .iter()
                .map(|(when, then)| format!("WHEN {} THEN {}", text(when), text(then)))
                .collect();
            format!("CASE {} ELSE {} END", whens.join(" "), text(otherwise))
        }
        ExprKind::Coalesce(parts) => format!("COALESCE({})", list(parts, ", ")),
        ExprKind::NullIf { left, right, .. } => format!("NULLIF({}, {})", text(left), text(right)),
        ExprKind::Greatest(parts) => format!("GREATEST({})", list(parts, ", ")),
        ExprKind::Least(parts) => format!("LEAST({})", list(parts, ", ")),
        ExprKind::InList {
            arg,
            list: values,
            negated,
            ..
        } => {
            let word = if *negated { "NOT IN" } else { "IN" };
            format!("({} {word} ({}))", text(arg), list(values, ", "))
        }
        ExprKind::AnyArray {
            op,
            all,
            left,
            array,
        } => {
            let word = if *all { "ALL" } else { "ANY" };
            format!("({} {} {word} ({}))", text(left), op.name, text(array))
        }
        ExprKind::Array(parts) => format!("ARRAY[{}]", list(parts, ", ")),
        ExprKind::Subscript { array, index } => format!("{}[{}]", text(array), text(index)),
        ExprKind::Slice { array, .. } => format!("{}[:]", text(array)),
        ExprKind::Session(_) => "CURRENT".into(),
    }
}

fn all(list: &[Expr], columns: &[PlanColumn]) -> String {
    match list {
        [one] => expression(one, columns),
        many => {
            let parts: Vec<String> = many.iter().map(|expr| expression(expr, columns)).collect();
            format!("({})", parts.join(" AND "))
        }
    }
}

fn keys(keys: &[SortKey], columns: &[PlanColumn]) -> String {
    let parts: Vec<String> = keys
        .iter()
        .map(|key| {
            let mut text = expression(&key.expr, columns);
            if key.descending {
                text.push_str(" DESC");
            }
            if key.nulls_first != key.descending {
                text.push_str(if key.nulls_first {
                    " NULLS FIRST"
                } else {
                    " NULLS LAST"
                });
            }
            text
        })
        .collect();
    parts.join(", ")
}

fn bounds(range: &IndexRange, index: &crate::catalog::IndexDef, plan: &Plan) -> String {
    let _ = plan;
    let parts =
        range.equal.len() + usize::from(range.lower.is_some()) + usize::from(range.upper.is_some());
    format!("{parts} bounds on {}", index.name)
}

/// What a step says of itself below its line: title and text.
pub fn details(plan: &Plan) -> Vec<(&'static str, String)> {
    let columns = input_columns(plan);
    let mut out = Vec::new();
    let mut say = |title: &'static str, list: &[Expr]| {
        if !list.is_empty() {
            out.push((title, all(list, &columns)));
        }
    };
    match &plan.node {
        Node::Result { filter, .. } => say("One-Time Filter", filter),
        Node::SeqScan { filter, .. }
        | Node::ViewScan { filter, .. }
        | Node::FunctionScan { filter, .. }
        | Node::CteScan { filter, .. } => say("Filter", filter),
        Node::IndexScan {
            filter,
            condition,
            range,
            index,
            ..
        } => {
            say("Index Cond", condition);
            say("Filter", filter);
            if condition.is_empty() {
                out.push(("Index Cond", bounds(range, index, plan)));
            }
        }
        Node::TidScan { tid, filter, .. } => {
            say("TID Cond", core::slice::from_ref(tid));
            say("Filter", filter);
        }
        Node::Filter { predicates, .. } => say("Filter", predicates),
        Node::NestedLoop { on, .. } => say("Join Filter", on),
        Node::HashJoin {
            left,
            left_keys,
            right,
            right_keys,
            residual,
            ..
        } => {
            let pairs: Vec<String> = left_keys
                .iter()
                .zip(right_keys)
                .map(|(a, b)| {
                    format!(
                        "({} = {})",
                        expression(a, &left.columns),
                        expression(b, &right.columns)
                    )
                })
                .collect();
            say("Join Filter", residual);
            out.insert(0, ("Hash Cond", pairs.join(" AND ")));
        }
        Node::Aggregate { groups, .. } if !groups.is_empty() => {
            let parts: Vec<String> = groups
                .iter()
                .map(|expr| expression(expr, &columns))
                .collect();
            out.push(("Group Key", parts.join(", ")));
        }
        Node::Sort { keys: sorted, .. } => out.push(("Sort Key", keys(sorted, &columns))),
        _ => {}
    }
    out
}

fn line(plan: &Plan, options: &Options, counters: &[StepCounters]) -> String {
    let mut text = name(plan);
    if let Node::IndexScan { index, .. } = &plan.node {
        text.push_str(&format!(" using {}", index.name));
    }
    if let Some((relation, alias)) = relation(plan) {
        text.push_str(&format!(" on {relation}"));
        if alias != relation {
            text.push_str(&format!(" {alias}"));
        }
    }
    if options.costs {
        let e = &plan.estimate;
        text.push_str(&format!(
            "  (cost={:.2}..{:.2} rows={} width={})",
            e.startup_cost, e.total_cost, e.rows as u64, e.width_bytes
        ));
    }
    if let Some(counted) = counters.get(plan.id).filter(|_| options.analyze) {
        if counted.loops == 0 {
            text.push_str(" (never executed)");
        } else {
            let loops = counted.loops;
            let time = match options.timing {
                true => format!(
                    "time={:.3}..{:.3} ",
                    counted.start_us as f64 / 1000.0 / loops as f64,
                    counted.total_us as f64 / 1000.0 / loops as f64
                ),
                false => String::new(),
            };
            text.push_str(&format!(
                " (actual {time}rows={} loops={loops})",
                counted.rows / loops
            ));
        }
    }
    text
}

fn write(
    plan: &Plan,
    depth: usize,
    options: &Options,
    counters: &[StepCounters],
    out: &mut Vec<String>,
) {
    let indent = if depth == 0 {
        String::new()
    } else {
        format!("{}->  ", " ".repeat(depth * 6 - 4))
    };
    out.push(format!("{indent}{}", line(plan, options, counters)));
    let below = " ".repeat(depth * 6 + 2);
    for (title, text) in details(plan) {
        out.push(format!("{below}{title}: {text}"));
    }
    if let Some(counted) = counters.get(plan.id).filter(|_| options.analyze) {
        if counted.rows_removed > 0 {
            out.push(format!(
                "{below}Rows Removed by Filter: {}",
                counted.rows_removed
            ));
        }
        if options.buffers && counted.blocks_hit + counted.blocks_read > 0 {
            out.push(format!(
                "{below}Buffers: shared hit={} read={}",
                counted.blocks_hit, counted.blocks_read
            ));
        }
    }
    for input in plan.inputs() {
        write(input, depth + 1, options, counters, out);
    }
}

/// The lines of EXPLAIN's text form.
pub fn text(
    statement: &Statement,
    options: &Options,
    counters: &[StepCounters],
    times: Times,
) -> Vec<String> {
    let mut out = Vec::new();
    write(&statement.root, 0, options, counters, &mut out);
    for cte in &statement.ctes {
        out.push(format!("  CTE {}", cte.name));
        write(&cte.plan, 1, options, counters, &mut out);
        if let Some((step, _)) = &cte.recursive {
            write(step, 1, options, counters, &mut out);
        }
    }
    if let Some((planning, execution)) = times {
        out.push(format!("Planning Time: {:.3} ms", planning as f64 / 1000.0));
        out.push(format!(
            "Execution Time: {:.3} ms",
            execution as f64 / 1000.0
        ));
    }
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    types::json::write_string(text, &mut out);
    out
}

fn json_plan(plan: &Plan, options: &Options, counters: &[StepCounters], depth: usize) -> String {
    let mut fields: Vec<(&str, String)> = Vec::new();
    fields.push(("Node Type", quoted(&name(plan))));
    if let Some((relation, alias)) = relation(plan) {
        fields.push(("Relation Name", quoted(&relation)));
        fields.push(("Alias", quoted(&alias)));
    }
    if let Node::IndexScan { index, .. } = &plan.node {
        fields.push(("Index Name", quoted(&index.name)));
    }
    if options.costs {
        let e = &plan.estimate;
        fields.push(("Startup Cost", format!("{:.2}", e.startup_cost)));
        fields.push(("Total Cost", format!("{:.2}", e.total_cost)));
        fields.push(("Plan Rows", format!("{}", e.rows as u64)));
        fields.push(("Plan Width", format!("{}", e.width_bytes)));
    }
    if let Some(counted) = counters.get(plan.id).filter(|_| options.analyze) {
        let loops = counted.loops.max(1);
        fields.push((
            "Actual Startup Time",
            format!("{:.3}", counted.start_us as f64 / 1000.0 / loops as f64),
        ));
        fields.push((
            "Actual Total Time",
            format!("{:.3}", counted.total_us as f64 / 1000.0 / loops as f64),
        ));
        fields.push(("Actual Rows", format!("{}", counted.rows / loops)));
        fields.push(("Actual Loops", format!("{}", counted.loops)));
        if options.buffers {
            fields.push(("Shared Hit Blocks", format!("{}", counted.blocks_hit)));
            fields.push(("Shared Read Blocks", format!("{}", counted.blocks_read)));
        }
    }
    for (title, text) in details(plan) {
        fields.push((title, quoted(&text)));
    }
    let inputs = plan.inputs();
    if !inputs.is_empty() {
        let parts: Vec<String> = inputs
            .into_iter()
            .map(|input| json_plan(input, options, counters, depth + 2))
            .collect();
        fields.push(("Plans", format!("[{}]", parts.join(", "))));
    }
    let indent = "  ".repeat(depth + 1);
    let lines: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{indent}\"{key}\": {value}"))
        .collect();
    format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(depth))
}

/// EXPLAIN (FORMAT JSON): one text.
pub fn json(
    statement: &Statement,
    options: &Options,
    counters: &[StepCounters],
    times: Times,
) -> String {
    let mut text = format!(
        "[\n  {{\n    \"Plan\": {}",
        json_plan(&statement.root, options, counters, 2)
    );
    if let Some((planning, execution)) = times {
        text.push_str(&format!(
            ",\n    \"Planning Time\": {:.3}",
            planning as f64 / 1000.0
        ));
        text.push_str(&format!(
            ",\n    \"Execution Time\": {:.3}",
            execution as f64 / 1000.0
        ));
    }
    text.push_str("\n  }\n]");
    text
}
