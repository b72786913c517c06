//! The time bar: one lane a session, statements as bars, waits hatched.
use crate::picture::{Ink, Look, Picture, fact};

/// One statement's run on its lane, in milliseconds of the page's clock.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    pub session: u32,
    pub sql: String,
    pub from_ms: f64,
    pub to_ms: Option<f64>,
    /// Stretches in which the session was seen waiting.
    pub waits: Vec<(f64, f64)>,
    pub failed: bool,
    pub commit: bool,
}

const LANE_PX: f64 = 18.0;
const LEFT_PX: f64 = 30.0;

pub fn picture(spans: &[Span], lanes: &[u32], now_ms: f64, width: f64) -> Picture {
    // Statements take less than a millisecond or a minute: bars are laid out by order of beginning
    // with a width that grows with the logarithm of the time taken.
    let mut out = Picture {
        width,
        height: lanes.len() as f64 * LANE_PX + 6.0,
        ..Picture::default()
    };
    out.table.head = vec!["session", "statement", "ms"];
    for (at, lane) in lanes.iter().enumerate() {
        let y = at as f64 * LANE_PX + 2.0;
        out.label(Ink::Strong, 4.0, y + 12.0, format!("S{lane}"));
        out.path(
            Look::Rule,
            format!("M{LEFT_PX:.0} {:.0}H{width:.0}", y + LANE_PX - 1.0),
        );
    }
    let widths: Vec<f64> = spans
        .iter()
        .map(|span| bar_px(span.to_ms.unwrap_or(now_ms) - span.from_ms))
        .collect();
    let mut first = spans.len();
    let mut room = width - LEFT_PX - 8.0;
    while first > 0 {
        let Some(w) = widths.get(first - 1) else {
            break;
        };
        if room < w + 3.0 {
            break;
        }
        room -= w + 3.0;
        first -= 1;
    }
    let mut x = LEFT_PX;
    for (span, w) in spans.iter().zip(&widths).skip(first) {
        let Some(lane) = lanes.iter().position(|lane| *lane == span.session) else {
            continue;
        };
        let y = lane as f64 * LANE_PX + 3.0;
        let ms = span.to_ms.unwrap_or(now_ms) - span.from_ms;
        let waited: f64 = span.waits.iter().map(|(from, to)| to - from).sum();
        let brief: String = span
            .sql
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(90)
            .collect();
        let mut facts = vec![
            fact("statement", &brief),
            fact("took", format!("{ms:.1} ms")),
        ];
        if waited > 0.0 {
            facts.push(fact("waited", format!("{waited:.0} ms")));
        }
        out.table.rows.push(vec![
            format!("S{}", span.session),
            brief,
            format!("{ms:.1}"),
        ]);
        let is_waiting = waited > 0.0 || (span.to_ms.is_none() && !span.waits.is_empty());
        let look = if is_waiting {
            Look::Wait
        } else if span.to_ms.is_none() {
            Look::Hollow
        } else {
            Look::Run
        };
        out.rect(look, x, y, *w, 11.0).of(span.session).thing(
            format!("S{} at {:.1} s", span.session, span.from_ms / 1000.0),
            facts,
        );
        if span.commit && span.to_ms.is_some() && !span.failed {
            out.path(Look::Flag, format!("M{:.1} {:.0}v15", x + w, y - 2.0));
        }
        if span.failed {
            out.path(
                Look::Abort,
                format!("M{:.1} {y:.0}l8 11m-8 0l8 -11", x + w - 8.0),
            );
        }
        x += w + 3.0;
    }
    out
}

fn bar_px(ms: f64) -> f64 {
    (ms.max(0.1).log10() * 14.0 + 22.0).clamp(8.0, 120.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(session: u32, from_ms: f64, to_ms: Option<f64>) -> Span {
        Span {
            session,
            sql: "select 1".into(),
            from_ms,
            to_ms,
            waits: Vec::new(),
            failed: false,
            commit: false,
        }
    }

    #[test]
    fn a_wait_is_hatched_and_a_failure_crossed() {
        let mut waiting = span(2, 10.0, None);
        waiting.waits.push((11.0, 20.0));
        let mut failed = span(1, 0.0, Some(1.0));
        failed.failed = true;
        let text = picture(&[failed, waiting], &[1, 2], 110.0, 300.0).to_text();
        assert!(text.contains("run 30,3 22x11 S1"), "{text}");
        assert!(text.contains("abort "), "{text}");
        assert!(text.contains("wait 55,21 50x11 S2"), "{text}");
    }

    #[test]
    fn when_the_bar_is_full_the_oldest_leave() {
        let spans: Vec<Span> = (0..100)
            .map(|at| span(1, f64::from(at), Some(f64::from(at) + 1.0)))
            .collect();
        let picture = picture(&spans, &[1], 100.0, 300.0);
        assert_eq!(picture.table.rows.len(), 10);
    }
}
