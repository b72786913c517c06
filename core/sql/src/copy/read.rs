//! Bytes to rows of cells.
//!
//! A cell is a range of the row's own buffer, or NULL. The buffer is reused from row to row; text is
//! checked to be UTF-8 once for each cell.

use super::options::{CopyFormat, CopyOptions};
use alloc::format;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// One row's cells.
#[derive(Default)]
pub struct Row {
    bytes: Vec<u8>,
    cells: Vec<CellAt>,
}

struct CellAt {
    start: usize,
    end: usize,
    is_null: bool,
    was_quoted: bool,
}

impl Row {
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The text of cell `i`; `Ok(None)` is NULL (or no such cell).
    pub fn cell(&self, i: usize) -> Result<Option<&str>> {
        match self.cells.get(i) {
            Some(cell) if !cell.is_null => self.text(cell).map(Some),
            _ => Ok(None),
        }
    }

    /// The text of cell `i` even where it reads as NULL, for FORCE_NOT_NULL.
    pub fn cell_not_null(&self, i: usize) -> Result<Option<&str>> {
        self.cells.get(i).map(|cell| self.text(cell)).transpose()
    }

    /// Whether csv quoted cell `i`: FORCE_NULL takes the null string for NULL even then.
    pub fn was_quoted(&self, i: usize) -> bool {
        self.cells.get(i).is_some_and(|cell| cell.was_quoted)
    }

    fn text(&self, cell: &CellAt) -> Result<&str> {
        let bytes = self.bytes.get(cell.start..cell.end).unwrap_or(&[]);
        let text = core::str::from_utf8(bytes).map_err(|e| {
            let at = bytes.get(e.valid_up_to()).copied().unwrap_or(0);
            SqlError::user(
                SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                format!("invalid byte sequence for encoding \"UTF8\": 0x{at:02x}"),
            )
        })?;
        if text.contains('\0') {
            return Err(SqlError::user(
                SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\": 0x00",
            ));
        }
        Ok(text)
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.cells.clear();
    }

    fn end_cell(&mut self, start: usize, is_null: bool, was_quoted: bool) {
        self.cells.push(CellAt {
            start,
            end: self.bytes.len(),
            is_null,
            was_quoted,
        });
    }
}

/// Walks over the data. `line` is the line of the file (from 1) on which the last row began.
pub struct CopyReader<'a> {
    data: &'a [u8],
    at: usize,
    options: &'a CopyOptions,
    line: u64,
    next_line: u64,
}

impl<'a> CopyReader<'a> {
    pub fn new(data: &'a [u8], options: &'a CopyOptions) -> CopyReader<'a> {
        // A byte order mark is no data.
        let at = if data.starts_with(b"\xEF\xBB\xBF") {
            3
        } else {
            0
        };
        CopyReader {
            data,
            at,
            options,
            line: 0,
            next_line: 1,
        }
    }

    /// The line on which the last row began, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Bytes read so far, for progress.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Reads the next row into `row`; false at the end of the data.
    pub fn next_row(&mut self, row: &mut Row) -> Result<bool> {
        row.clear();
        self.line = self.next_line;
        if self.at >= self.data.len() || self.at_end_mark() {
            return Ok(false);
        }
        match self.options.format {
            CopyFormat::Text => self.text_row(row)?,
            CopyFormat::Csv => self.csv_row(row)?,
        }
        Ok(true)
    }

    /// A line that is just `\.` ends the data.
    fn at_end_mark(&self) -> bool {
        let rest = self.data.get(self.at..).unwrap_or(&[]);
        matches!(rest.strip_prefix(b"\\."), Some([] | [b'\n' | b'\r', ..]))
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    /// Steps over one line end, if one is here.
    fn line_end(&mut self) -> bool {
        let len = match self.data.get(self.at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r' | b'\n', ..]) => 1,
            _ => return false,
        };
        self.at += len;
        self.next_line += 1;
        true
    }

    fn text_row(&mut self, row: &mut Row) -> Result<()> {
        loop {
            let (start, raw_from) = (row.bytes.len(), self.at);
            self.text_cell(row)?;
            let raw = self.data.get(raw_from..self.at).unwrap_or(&[]);
            row.end_cell(start, raw == self.options.null.as_bytes(), false);
            if self.at >= self.data.len() || self.line_end() {
                return Ok(());
            }
            // Neither the end nor a line end: the delimiter.
            self.at += 1;
        }
    }

    /// Up to the delimiter, the line end or the end of the data.
    fn text_cell(&mut self, row: &mut Row) -> Result<()> {
        while let Some(byte) = self.peek() {
            if byte == self.options.delimiter || byte == b'\n' || byte == b'\r' {
                return Ok(());
            }
            self.at += 1;
            if byte != b'\\' {
                row.bytes.push(byte);
                continue;
            }
            let Some(next) = self.peek() else {
                row.bytes.push(b'\\');
                return Ok(());
            };
            self.at += 1;
            match next {
                b'b' => row.bytes.push(8),
                b'f' => row.bytes.push(12),
                b'n' => row.bytes.push(b'\n'),
                b'r' => row.bytes.push(b'\r'),
                b't' => row.bytes.push(b'\t'),
                b'v' => row.bytes.push(11),
                b'0'..=b'7' => self.octal(next, row),
                b'x' => self.hex(row),
                other => row.bytes.push(other),
            }
        }
        Ok(())
    }

    fn octal(&mut self, first: u8, row: &mut Row) {
        let mut value = u32::from(first - b'0');
        for _ in 0..2 {
            match self.peek() {
                Some(digit @ b'0'..=b'7') => {
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                _ => break,
            }
        }
        row.bytes.push((value & 0xFF) as u8);
    }

    fn hex(&mut self, row: &mut Row) {
        let mut value = None;
        for _ in 0..2 {
            match self.peek().and_then(|b| (b as char).to_digit(16)) {
                Some(digit) => {
                    value = Some(value.unwrap_or(0) * 16 + digit);
                    self.at += 1;
                }
                None => break,
            }
        }
        row.bytes.push(value.map_or(b'x', |v| v as u8));
    }

    fn csv_row(&mut self, row: &mut Row) -> Result<()> {
        loop {
            let start = row.bytes.len();
            let quoted = self.csv_cell(row)?;
            let cell = row.bytes.get(start..).unwrap_or(&[]);
            let is_null = !quoted && cell == self.options.null.as_bytes();
            row.end_cell(start, is_null, quoted);
            if self.at >= self.data.len() || self.line_end() {
                return Ok(());
            }
            self.at += 1;
        }
    }

    /// One csv cell; whether any part of it was quoted.
    fn csv_cell(&mut self, row: &mut Row) -> Result<bool> {
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            if byte == self.options.delimiter || byte == b'\n' || byte == b'\r' {
                break;
            }
            self.at += 1;
            if byte == self.options.quote {
                quoted = true;
                self.csv_quoted(row)?;
            } else {
                row.bytes.push(byte);
            }
        }
        Ok(quoted)
    }

    /// The inside of quotes, past the closing one.
    fn csv_quoted(&mut self, row: &mut Row) -> Result<()> {
        let (quote, escape) = (self.options.quote, self.options.escape);
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == escape && self.peek().is_some_and(|n| n == quote || n == escape) {
                row.bytes.extend(self.peek());
                self.at += 1;
            } else if byte == quote {
                return Ok(());
            } else {
                if byte == b'\n' {
                    self.next_line += 1;
                }
                row.bytes.push(byte);
            }
        }
        Err(SqlError::user(
            SqlState::BAD_COPY_FILE_FORMAT,
            "unterminated CSV quoted field",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::Header;
    use alloc::string::{String, ToString};

    fn options(format: CopyFormat) -> CopyOptions {
        let csv = format == CopyFormat::Csv;
        CopyOptions {
            format,
            delimiter: if csv { b',' } else { b'\t' },
            null: if csv {
                String::new()
            } else {
                "\\N".to_string()
            },
            header: Header::Absent,
            quote: b'"',
            escape: b'"',
            force_quote: None,
            force_quote_all: false,
            force_not_null: Vec::new(),
            force_null: Vec::new(),
        }
    }

    fn rows(data: &[u8], format: CopyFormat) -> Vec<Vec<Option<String>>> {
        let options = options(format);
        let (mut reader, mut row) = (CopyReader::new(data, &options), Row::default());
        let mut out = Vec::new();
        while reader.next_row(&mut row).ok() == Some(true) {
            let cells = (0..row.len()).map(|i| row.cell(i).ok().flatten().map(str::to_string));
            out.push(cells.collect());
        }
        out
    }

    fn some(s: &str) -> Option<String> {
        Some(s.to_string())
    }

    #[test]
    fn text_knows_nulls_escapes_and_the_end_mark() {
        let got = rows(
            b"1\t\\N\ta\\tb\r\n2\t\t\\\\N\n\\.\nignored\n",
            CopyFormat::Text,
        );
        let first = alloc::vec![some("1"), None, some("a\tb")];
        let second = alloc::vec![some("2"), some(""), some("\\N")];
        assert_eq!(got, alloc::vec![first, second]);
    }

    #[test]
    fn csv_tells_empty_from_null_and_keeps_line_ends_in_quotes() {
        let got = rows(b"a,,\"\"\n\"x \"\"y\"\"\nz\",1,2", CopyFormat::Csv);
        let first = alloc::vec![some("a"), None, some("")];
        let second = alloc::vec![some("x \"y\"\nz"), some("1"), some("2")];
        assert_eq!(got, alloc::vec![first, second]);
    }

    #[test]
    fn an_open_quote_is_an_error() {
        let options = options(CopyFormat::Csv);
        let mut reader = CopyReader::new(b"1,\"open", &options);
        let error = reader.next_row(&mut Row::default()).err();
        assert!(error.is_some_and(|e| e.code == SqlState::BAD_COPY_FILE_FORMAT));
    }
}
