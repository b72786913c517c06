//! The result grid: at most sixty rows are in the document, however many the result has.
//!
//! ```text
//! spacer row (height = rows above) · window of rows · spacer row
//! ```
//!
//! Browsers give up beyond some 17 million px of height, so the spacers are capped at ten million
//! and the scroll position is mapped proportionally.
use crate::engine::{Outcome, copy_text, scroll_top};
use yew::prelude::*;

const ROW_PX: f64 = 24.0;
const MOST_PX: f64 = 10_000_000.0;
const WINDOW_ROWS: u32 = 60;
const NUMBERS: [u32; 8] = [20, 21, 23, 26, 700, 701, 1700, 28];

#[derive(Properties, PartialEq)]
pub struct Props {
    pub outcome: Outcome,
}

/// The first row to mount and the heights of the spacers, for a scroll position.
fn window(rows: u32, scroll_px: f64) -> (u32, f64, f64) {
    let full_px = f64::from(rows) * ROW_PX;
    let shown_px = full_px.min(MOST_PX);
    let scale = if shown_px > 0.0 {
        full_px / shown_px
    } else {
        1.0
    };
    let last_first = rows.saturating_sub(WINDOW_ROWS);
    // Fifteen rows above what is seen, so that a small scroll shows no gap.
    let first = ((scroll_px * scale / ROW_PX) as u32)
        .saturating_sub(15)
        .min(last_first);
    let above = if first == 0 {
        0.0
    } else {
        (scroll_px - 15.0 * ROW_PX)
            .max(0.0)
            .min(f64::from(first) * ROW_PX)
    };
    let mounted_px = f64::from(WINDOW_ROWS.min(rows)) * ROW_PX;
    (first, above, (shown_px - above - mounted_px).max(0.0))
}

#[component]
pub fn Grid(props: &Props) -> Html {
    let scroll = use_state(|| 0.0_f64);
    let outcome = &props.outcome;
    let (first, above, below) = window(outcome.count, *scroll);
    let rows = use_memo((outcome.clone(), first), |(outcome, first)| {
        outcome.window(*first, WINDOW_ROWS)
    });
    let onscroll = {
        let scroll = scroll.clone();
        Callback::from(move |event: Event| {
            let to = scroll_top(&event);
            // Whole rows only: a pixel more is no reason to draw again.
            if (to - *scroll).abs() >= ROW_PX * 4.0 || to == 0.0 {
                scroll.set(to);
            }
        })
    };
    let numeric: Vec<bool> = outcome
        .types
        .iter()
        .map(|oid| NUMBERS.contains(oid))
        .collect();
    let cell = |at: usize, value: &Option<String>| {
        let number = numeric
            .get(at)
            .copied()
            .unwrap_or(false)
            .then_some("number");
        match value {
            Some(text) => {
                html! { <td class={classes!(number)} title={(text.chars().count() > 60).then(|| text.clone())}>{ brief(text) }</td> }
            }
            None => html! { <td class={classes!("null", number)}>{ "NULL" }</td> },
        }
    };
    let copy = {
        let outcome = outcome.clone();
        Callback::from(move |_| copy_text(&outcome.csv()))
    };
    html! {
        <>
            <div class="grid" {onscroll} tabindex="0" role="region" aria-label="Result rows">
                <table aria-rowcount={(outcome.count + 1).to_string()}>
                    <thead><tr aria-rowindex="1">
                        { for outcome.names.iter().zip(&numeric).map(|(name, number)| html! {
                            <th scope="col" class={classes!(number.then_some("number"))}>{ name.clone() }</th>
                        }) }
                    </tr></thead>
                    <tbody>
                        if above > 0.0 { <tr class="gap" aria-hidden="true"><td height={above.to_string()}></td></tr> }
                        { for rows.iter().enumerate().map(|(at, row)| html! {
                            <tr key={first as usize + at} aria-rowindex={(first as usize + at + 2).to_string()}>
                                { for row.iter().enumerate().map(|(at, value)| cell(at, value)) }
                            </tr>
                        }) }
                        if below > 0.0 { <tr class="gap" aria-hidden="true"><td height={below.to_string()}></td></tr> }
                    </tbody>
                </table>
            </div>
            if outcome.count > 0 { <button class="plain note" onclick={copy}>{ "Copy as CSV" }</button> }
        </>
    }
}

fn brief(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.chars().count() <= 200 {
        return line;
    }
    line.chars().take(200).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_fills_the_height_its_rows_would_have() {
        assert_eq!(window(10, 0.0), (0, 0.0, 0.0));
        let (first, above, below) = window(1000, 4800.0);
        assert_eq!(first, 185);
        assert_eq!(above, 185.0 * ROW_PX);
        assert_eq!(above + below + 60.0 * ROW_PX, 24_000.0);
    }

    #[test]
    fn a_huge_result_stays_below_what_browsers_can_lay_out_and_its_end_can_be_reached() {
        let (first, above, below) = window(5_000_000, 0.0);
        assert!(first == 0 && above + below < MOST_PX);
        assert_eq!(window(5_000_000, MOST_PX).0, 5_000_000 - WINDOW_ROWS);
    }
}
