//! Rows of cells to bytes: what COPY TO gives.

use super::options::{CopyFormat, CopyOptions};
use alloc::vec::Vec;

/// Appends rows to `out`; the caller takes what has gathered whenever it likes.
pub struct CopyWriter<'a> {
    options: &'a CopyOptions,
    /// For each column, whether csv quotes it whatever it holds.
    forced: Vec<bool>,
    pub out: Vec<u8>,
    cells_in_row: usize,
}

impl<'a> CopyWriter<'a> {
    pub fn new(options: &'a CopyOptions, columns: &[&str]) -> CopyWriter<'a> {
        let forced = columns.iter().map(|name| {
            let listed = options
                .force_quote
                .as_ref()
                .is_some_and(|l| l.iter().any(|n| n == name));
            options.force_quote_all || listed
        });
        CopyWriter {
            options,
            forced: forced.collect(),
            out: Vec::new(),
            cells_in_row: 0,
        }
    }

    /// The line of column names.
    pub fn header(&mut self, columns: &[&str]) {
        for name in columns {
            self.part();
            match self.options.format {
                CopyFormat::Text => self.text(name),
                CopyFormat::Csv => self.csv(name, false),
            }
            self.cells_in_row += 1;
        }
        self.end_row();
    }

    pub fn cell(&mut self, value: Option<&str>) {
        self.part();
        let forced = self.forced.get(self.cells_in_row).copied().unwrap_or(false);
        match (value, self.options.format) {
            (None, _) => self.out.extend_from_slice(self.options.null.as_bytes()),
            (Some(v), CopyFormat::Text) => self.text(v),
            (Some(v), CopyFormat::Csv) => self.csv(v, forced),
        }
        self.cells_in_row += 1;
    }

    pub fn end_row(&mut self) {
        self.out.push(b'\n');
        self.cells_in_row = 0;
    }

    fn part(&mut self) {
        if self.cells_in_row > 0 {
            self.out.push(self.options.delimiter);
        }
    }

    fn text(&mut self, value: &str) {
        for byte in value.bytes() {
            let escape = match byte {
                8 => b'b',
                9 => b't',
                10 => b'n',
                11 => b'v',
                12 => b'f',
                13 => b'r',
                b'\\' => b'\\',
                other if other == self.options.delimiter => other,
                other => {
                    self.out.push(other);
                    continue;
                }
            };
            self.out.extend_from_slice(&[b'\\', escape]);
        }
    }

    fn csv(&mut self, value: &str, forced: bool) {
        let o = self.options;
        let special = |b: u8| b == o.delimiter || b == o.quote || b == b'\n' || b == b'\r';
        let quote = forced || value == o.null || value.bytes().any(special) || value == "\\.";
        if !quote {
            self.out.extend_from_slice(value.as_bytes());
            return;
        }
        self.out.push(o.quote);
        for byte in value.bytes() {
            if byte == o.quote || byte == o.escape {
                self.out.push(o.escape);
            }
            self.out.push(byte);
        }
        self.out.push(o.quote);
    }
}
