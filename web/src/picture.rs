//! Pictures: the display list between a snapshot and what is painted.
//!
//! A room's model turns a snapshot into a `Picture`: marks in one coordinate space, a sentence, a
//! table twin and the SQL that shows the same. It is plain data, so native tests compare it as
//! text; the painter (`paint.rs`) is one for all rooms. What a mark looks like is a `Look`: one
//! channel, one meaning, in every room, and the legend is generated from the same enum.
//!
//! ```text
//! snapshot ──model.rs──► Picture ──paint.rs──► svg, legend, lens, table
//! ```
#[cfg(test)]
use std::fmt::Write;

/// What a mark means. The style sheet has one rule for each, `.m-<class>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Look {
    Header,
    Pointer,
    Tuple,
    Data,
    Free,
    Special,
    Image,
    Empty,
    Clean,
    Memory,
    Handed,
    Synced,
    Hollow,
    Committed,
    Wedge,
    Ring,
    Tick,
    Strike,
    Cross,
    Abort,
    Bar,
    Wait,
    Run,
    Arrow,
    Flag,
    Hand,
    Under,
    Node,
    Amount,
    Rule,
}

/// Class and words of every look; words are empty where a legend line would say nothing.
const LOOKS: [(Look, &str, &str); 30] = [
    (Look::Header, "header", "page header"),
    (Look::Pointer, "pointer", "line pointers"),
    (Look::Tuple, "tuple", "tuple headers"),
    (Look::Data, "data", "data"),
    (Look::Free, "free", "free space"),
    (Look::Special, "special", "special space"),
    (Look::Image, "image", "full page image"),
    (Look::Empty, "empty", "empty frame"),
    (Look::Clean, "clean", "page in a frame"),
    (Look::Memory, "memory", "only in memory"),
    (Look::Handed, "handed", "handed to the device"),
    (Look::Synced, "synced", "synced"),
    (Look::Hollow, "hollow", "in progress"),
    (Look::Committed, "committed", "committed"),
    (Look::Wedge, "wedge", "differs from the device"),
    (Look::Ring, "ring", "pinned"),
    (Look::Tick, "tick", "usage count"),
    (Look::Strike, "strike", "dead to some snapshots"),
    (Look::Cross, "cross", "dead to all, removable"),
    (Look::Abort, "abort", "aborted"),
    (Look::Bar, "bar", "lock held"),
    (Look::Wait, "wait", "waiting"),
    (Look::Run, "run", "running"),
    (Look::Arrow, "arrow", "waits for, or continues at"),
    (Look::Flag, "flag", "position in the log"),
    (Look::Hand, "hand", "clock hand"),
    (Look::Under, "under", "changed by the last step"),
    (Look::Node, "node", "plan node"),
    (Look::Amount, "amount", "amount"),
    (Look::Rule, "rule", ""),
];

impl Look {
    fn row(self) -> &'static (Look, &'static str, &'static str) {
        LOOKS
            .iter()
            .find(|row| row.0 == self)
            .unwrap_or(&(Look::Rule, "rule", ""))
    }

    pub fn class(self) -> &'static str {
        self.row().1
    }

    pub fn words(self) -> &'static str {
        self.row().2
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    Rect {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
    },
    /// Several rectangles that are one thing.
    Cells(Vec<[f64; 4]>),
    Path(String),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Ink {
    Plain,
    Code,
    Quiet,
    Strong,
    Trouble,
}

/// Something with a name: hovering it brackets it in every room and fills the lens.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Thing {
    pub id: String,
    pub facts: Vec<(String, String)>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    pub look: Look,
    pub shape: Shape,
    /// Whose: the session's number, 0 for nobody's.
    pub who: u32,
    pub thing: Option<Thing>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Label {
    pub x: f64,
    pub y: f64,
    pub ink: Ink,
    pub right: bool,
    pub text: String,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Picture {
    pub width: f64,
    pub height: f64,
    pub sentence: String,
    pub marks: Vec<Mark>,
    pub labels: Vec<Label>,
    pub table: Table,
    /// A statement that shows the same numbers.
    pub sql: String,
}

impl Picture {
    pub fn rect(&mut self, look: Look, x: f64, y: f64, w: f64, h: f64) -> &mut Mark {
        self.push(look, Shape::Rect { x, y, w, h })
    }

    pub fn path(&mut self, look: Look, d: String) -> &mut Mark {
        self.push(look, Shape::Path(d))
    }

    pub fn cells(&mut self, look: Look, cells: Vec<[f64; 4]>) -> &mut Mark {
        self.push(look, Shape::Cells(cells))
    }

    fn push(&mut self, look: Look, shape: Shape) -> &mut Mark {
        let at = self.marks.len();
        self.marks.push(Mark {
            look,
            shape,
            who: 0,
            thing: None,
        });
        &mut self.marks[at]
    }

    pub fn label(&mut self, ink: Ink, x: f64, y: f64, text: impl Into<String>) {
        self.labels.push(Label {
            x,
            y,
            ink,
            right: false,
            text: text.into(),
        });
    }

    pub fn label_right(&mut self, ink: Ink, x: f64, y: f64, text: impl Into<String>) {
        self.label(ink, x, y, text);
        if let Some(label) = self.labels.last_mut() {
            label.right = true;
        }
    }

    /// The looks on screen that have words, each once, in the order of the enum.
    pub fn legend(&self) -> Vec<Look> {
        let mut looks: Vec<Look> = self.marks.iter().map(|mark| mark.look).collect();
        looks.sort_unstable();
        looks.dedup();
        looks.retain(|look| !look.words().is_empty());
        looks
    }

    /// The display list as text, for golden tests.
    #[cfg(test)]
    pub fn to_text(&self) -> String {
        let mut out = format!("{}\n", self.sentence);
        for mark in &self.marks {
            let _ = match &mark.shape {
                Shape::Rect { x, y, w, h } => {
                    write!(out, "{} {x:.0},{y:.0} {w:.0}x{h:.0}", mark.look.class())
                }
                Shape::Cells(cells) => write!(out, "{} {cells:?}", mark.look.class()),
                Shape::Path(d) => write!(out, "{} {d}", mark.look.class()),
            };
            if mark.who > 0 {
                let _ = write!(out, " S{}", mark.who);
            }
            if let Some(thing) = &mark.thing {
                let _ = write!(out, " [{}]", thing.id);
            }
            out.push('\n');
        }
        for label in &self.labels {
            let _ = writeln!(out, "\"{}\" {:.0},{:.0}", label.text, label.x, label.y);
        }
        out
    }
}

impl Mark {
    /// Left, top, right and bottom; nothing for lines.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        match &self.shape {
            Shape::Rect { x, y, w, h } => Some([*x, *y, x + w, y + h]),
            Shape::Cells(cells) => cells
                .iter()
                .map(|[x, y, w, h]| [*x, *y, x + w, y + h])
                .reduce(|a, b| {
                    [
                        a[0].min(b[0]),
                        a[1].min(b[1]),
                        a[2].max(b[2]),
                        a[3].max(b[3]),
                    ]
                }),
            Shape::Path(_) => None,
        }
    }

    pub fn of(&mut self, who: u32) -> &mut Mark {
        self.who = who;
        self
    }

    pub fn thing(&mut self, id: impl Into<String>, facts: Vec<(String, String)>) -> &mut Mark {
        self.thing = Some(Thing {
            id: id.into(),
            facts,
        });
        self
    }
}

/// A fact of a lens: name and value.
pub fn fact(name: &str, value: impl ToString) -> (String, String) {
    (name.to_string(), value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_look_has_one_row_and_the_legend_names_what_is_drawn() {
        for (look, class, _) in LOOKS {
            assert_eq!(look.class(), class);
        }
        let mut picture = Picture::default();
        picture.rect(Look::Wedge, 0.0, 0.0, 1.0, 1.0);
        picture.rect(Look::Rule, 0.0, 0.0, 1.0, 1.0);
        picture.rect(Look::Clean, 0.0, 0.0, 1.0, 1.0);
        picture.rect(Look::Clean, 2.0, 0.0, 1.0, 1.0);
        assert_eq!(picture.legend(), [Look::Clean, Look::Wedge]);
    }
}
