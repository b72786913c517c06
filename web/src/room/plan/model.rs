//! One row a node, indented by depth; the bar's length is the node's own share of the time.
use crate::engine::PlanNode;
use crate::picture::{Ink, Look, Picture, fact};

const ROW_PX: f64 = 40.0;
const INDENT_PX: f64 = 20.0;
const BAR_PX: f64 = 160.0;

impl PlanNode {
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.facts.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok()
    }

    /// Rows over all loops.
    fn rows(&self) -> Option<f64> {
        Some(self.number("Actual Rows")? * self.number("Actual Loops").unwrap_or(1.0))
    }

    fn total_ms(&self) -> Option<f64> {
        Some(self.number("Actual Total Time")? * self.number("Actual Loops").unwrap_or(1.0))
    }

    fn title(&self) -> String {
        let kind = self.get("Node Type").unwrap_or("?");
        match (self.get("Index Name"), self.get("Relation Name")) {
            (Some(index), Some(table)) => format!("{kind} using {index} on {table}"),
            (None, Some(table)) => format!("{kind} on {table}"),
            (Some(index), None) => format!("{kind} on {index}"),
            (None, None) => kind.to_string(),
        }
    }
}

/// How far off an estimate is, as a factor of at least one.
fn miss(estimated: f64, actual: f64) -> f64 {
    let (a, b) = (estimated.max(1.0), actual.max(1.0));
    (a / b).max(b / a)
}

/// A node's time without its children's.
fn own_ms(nodes: &[PlanNode], at: usize) -> Option<f64> {
    let total = nodes.get(at)?.total_ms()?;
    let depth = nodes.get(at)?.depth;
    let below: f64 = nodes
        .iter()
        .skip(at + 1)
        .take_while(|node| node.depth > depth)
        .filter(|node| node.depth == depth + 1)
        .filter_map(PlanNode::total_ms)
        .sum();
    Some((total - below).max(0.0))
}

pub fn picture(nodes: &[PlanNode]) -> Picture {
    let deepest = nodes.iter().map(|node| node.depth).max().unwrap_or(0);
    let left = deepest as f64 * INDENT_PX + 380.0;
    let mut out = Picture {
        width: left + BAR_PX + 200.0,
        height: nodes.len() as f64 * ROW_PX + 22.0,
        sentence: sentence(nodes),
        ..Picture::default()
    };
    out.table.head = vec!["node", "estimated rows", "rows", "factor", "cost", "own ms"];
    let whole = nodes
        .first()
        .and_then(PlanNode::total_ms)
        .filter(|ms| *ms > 0.0);
    let analysed = whole.is_some();
    out.label(
        Ink::Quiet,
        left,
        12.0,
        if analysed { "own time" } else { "cost" },
    );
    out.label_right(
        Ink::Quiet,
        left + BAR_PX + 190.0,
        12.0,
        if analysed {
            "rows: estimated → came"
        } else {
            "rows estimated"
        },
    );
    let most_cost = nodes
        .first()
        .and_then(|node| node.number("Total Cost"))
        .unwrap_or(1.0)
        .max(0.01);
    // The last node seen at each depth, to draw the lines from parent to child.
    let mut above: Vec<f64> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let (x, y) = (
            node.depth as f64 * INDENT_PX + 4.0,
            at as f64 * ROW_PX + 20.0,
        );
        above.truncate(node.depth);
        if let Some(parent) = above.last() {
            out.path(
                Look::Rule,
                format!(
                    "M{:.0} {:.0}V{:.0}H{x:.0}",
                    x - INDENT_PX / 2.0,
                    parent + 26.0,
                    y + 14.0
                ),
            );
        }
        above.push(y);
        let facts = node
            .facts
            .iter()
            .map(|(name, value)| fact(name, value))
            .collect();
        let width = left - x - 20.0;
        out.rect(Look::Node, x, y, width, 28.0)
            .thing(format!("node {}: {}", at + 1, node.title()), facts);
        let fits = ((width - 12.0) / 7.2) as usize;
        out.label(
            Ink::Strong,
            x + 6.0,
            y + 12.0,
            node.title().chars().take(fits).collect::<String>(),
        );
        let detail = [
            "Index Cond",
            "Hash Cond",
            "Join Filter",
            "Filter",
            "Sort Key",
            "Group Key",
        ]
        .iter()
        .find_map(|key| node.get(key).map(|value| format!("{key}: {value}")));
        out.label(
            Ink::Quiet,
            x + 6.0,
            y + 24.0,
            detail
                .unwrap_or_default()
                .chars()
                .take(fits)
                .collect::<String>(),
        );
        numbers(&mut out, nodes, at, (left, y), whole, most_cost);
    }
    out
}

fn numbers(
    out: &mut Picture,
    nodes: &[PlanNode],
    at: usize,
    (left, y): (f64, f64),
    whole: Option<f64>,
    most_cost: f64,
) {
    let Some(node) = nodes.get(at) else { return };
    let estimated = node.number("Plan Rows").unwrap_or(0.0);
    let cost = node.number("Total Cost").unwrap_or(0.0);
    let own = own_ms(nodes, at);
    let share = match (own, whole) {
        (Some(own), Some(whole)) => own / whole,
        _ => cost / most_cost,
    };
    out.rect(
        Look::Amount,
        left,
        y + 4.0,
        (share.min(1.0) * BAR_PX).max(1.0),
        10.0,
    );
    let under = match own {
        Some(ms) => format!("{ms:.2} ms"),
        None => format!("cost {cost:.2}"),
    };
    out.label(Ink::Quiet, left, y + 26.0, under);
    let edge = left + BAR_PX + 190.0;
    let factor = node.rows().map(|rows| miss(estimated, rows));
    match (node.rows(), factor) {
        (Some(rows), Some(factor)) => {
            out.label_right(
                Ink::Code,
                edge,
                y + 13.0,
                format!("{estimated:.0} → {rows:.0}"),
            );
            if factor >= 10.0 {
                out.label_right(
                    Ink::Trouble,
                    edge,
                    y + 26.0,
                    format!("✕ off by {factor:.0} times"),
                );
            }
        }
        _ => out.label_right(Ink::Code, edge, y + 13.0, format!("{estimated:.0}")),
    }
    out.table.rows.push(vec![
        format!("{}{}", "  ".repeat(node.depth), node.title()),
        format!("{estimated:.0}"),
        node.rows()
            .map(|rows| format!("{rows:.0}"))
            .unwrap_or_default(),
        factor
            .map(|factor| format!("{factor:.1}"))
            .unwrap_or_default(),
        format!("{cost:.2}"),
        own.map(|ms| format!("{ms:.3}")).unwrap_or_default(),
    ]);
}

fn sentence(nodes: &[PlanNode]) -> String {
    let slowest = (0..nodes.len())
        .filter_map(|at| Some((at, own_ms(nodes, at)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((at, ms)) = slowest else {
        return format!(
            "The planner chose {} nodes; nothing has run yet.",
            nodes.len()
        );
    };
    let title = nodes.get(at).map(PlanNode::title).unwrap_or_default();
    let whole = nodes
        .first()
        .and_then(PlanNode::total_ms)
        .unwrap_or(ms)
        .max(0.001);
    format!(
        "{title} takes {ms:.2} of {whole:.2} ms, {:.0} % of the time.",
        ms * 100.0 / whole
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(depth: usize, facts: &[(&str, &str)]) -> PlanNode {
        PlanNode {
            depth,
            facts: facts.iter().map(|(a, b)| fact(a, b)).collect(),
        }
    }

    fn plan() -> Vec<PlanNode> {
        vec![
            node(
                0,
                &[
                    ("Node Type", "Hash Join"),
                    ("Plan Rows", "10"),
                    ("Actual Rows", "200"),
                    ("Actual Total Time", "5"),
                    ("Total Cost", "9"),
                ],
            ),
            node(
                1,
                &[
                    ("Node Type", "Seq Scan"),
                    ("Relation Name", "a"),
                    ("Plan Rows", "100"),
                    ("Actual Rows", "100"),
                    ("Actual Total Time", "3"),
                ],
            ),
            node(
                1,
                &[
                    ("Node Type", "Index Scan"),
                    ("Relation Name", "b"),
                    ("Index Name", "i"),
                    ("Plan Rows", "1"),
                    ("Actual Rows", "2"),
                    ("Actual Loops", "1"),
                    ("Actual Total Time", "1"),
                ],
            ),
        ]
    }

    #[test]
    fn own_time_leaves_the_children_out_and_the_sentence_names_the_slowest() {
        let nodes = plan();
        assert_eq!(own_ms(&nodes, 0), Some(1.0));
        assert_eq!(
            picture(&nodes).sentence,
            "Seq Scan on a takes 3.00 of 5.00 ms, 60 % of the time."
        );
    }

    #[test]
    fn an_estimate_ten_times_off_is_said_in_words() {
        let text = picture(&plan()).to_text();
        assert!(text.contains("✕ off by 20 times"), "{text}");
        assert!(text.contains("Index Scan using i on b"), "{text}");
    }
}
