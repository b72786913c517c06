//! From batches to the wire's columns.
//!
//! A type crosses in its own numbers where the wire has a form for it, and in PostgreSQL's text
//! form otherwise, or everywhere when the client asked for text. Flat vectors without a selection
//! are copied whole; everything else goes value by value.
use vitrine_data::bitmap::Bitmap;
use vitrine_data::datum::Datum;
use vitrine_data::types::Phys;
use vitrine_data::vector::{Batch, Vector, VectorData};
use vitrine_wire::control::Field;
use vitrine_wire::result::{Column, Data, ResultSet};

/// Appends the text form of a value of the type with this OID.
pub type Output<'a> = &'a dyn Fn(u32, &Datum, &mut String);

/// Types whose numbers JavaScript knows how to read.
const NUMERIC_FORMS: [u32; 12] = [16, 20, 21, 23, 26, 28, 29, 700, 701, 1082, 1114, 1184];
const BYTEA: u32 = 17;
/// Types whose bytes are their text: text, varchar, char, name, json, unknown, xml.
const TEXT_FORMS: [u32; 8] = [18, 19, 25, 114, 142, 705, 1042, 1043];

/// One result set being gathered.
pub struct Gather {
    fields: Vec<Field>,
    columns: Vec<Growing>,
    rows: u32,
    as_text: bool,
}

struct Growing {
    oid: u32,
    data: Data,
    nulls: Vec<u32>,
}

impl Gather {
    pub fn new(fields: Vec<Field>, as_text: bool) -> Gather {
        let columns = fields.iter();
        let columns = columns
            .map(|field| Growing {
                oid: field.type_oid,
                data: Data::AllNull,
                nulls: Vec::new(),
            })
            .collect();
        Gather {
            fields,
            columns,
            rows: 0,
            as_text,
        }
    }

    pub fn batch(&mut self, batch: &Batch, output: Output<'_>) {
        let before = self.rows as usize;
        for (index, column) in self.columns.iter_mut().enumerate() {
            if let Some(vector) = batch.column(index) {
                column.append(batch, vector, before, self.as_text, output);
            }
        }
        self.rows += batch.rows() as u32;
    }

    pub fn finish(self, tag: String, affected: Option<u64>, with_fields: bool) -> ResultSet {
        let columns = self.columns.into_iter();
        let columns = columns.map(|column| Column {
            data: column.data,
            nulls: column.nulls,
        });
        ResultSet {
            fields: with_fields.then_some(self.fields),
            columns: columns.collect(),
            rows: self.rows,
            affected,
            tag,
            blob: None,
        }
    }
}

/// The form a column takes, decided when its first value that is not null comes.
fn form(oid: u32, phys: Phys, as_text: bool) -> Data {
    let text = || Data::Text {
        offsets: vec![0],
        heap: Vec::new(),
    };
    if as_text {
        return text();
    }
    match phys {
        Phys::Bytes if oid == BYTEA => Data::Bytes {
            offsets: vec![0],
            heap: Vec::new(),
        },
        _ if !NUMERIC_FORMS.contains(&oid) => text(),
        Phys::Bool => Data::Bool(Vec::new()),
        Phys::I16 => Data::I16(Vec::new()),
        Phys::I32 => Data::I32(Vec::new()),
        Phys::I64 => Data::I64(Vec::new()),
        Phys::F32 => Data::F32(Vec::new()),
        Phys::F64 => Data::F64(Vec::new()),
        _ => text(),
    }
}

impl Growing {
    fn append(
        &mut self,
        batch: &Batch,
        vector: &Vector,
        before: usize,
        as_text: bool,
        output: Output<'_>,
    ) {
        let rows = batch.rows();
        if matches!(self.data, Data::AllNull) {
            if batch.row_indexes().all(|row| vector.is_null(row)) {
                return;
            }
            self.data = form(self.oid, vector.phys(), as_text);
            for row in 0..before {
                self.push_null(row);
            }
        }
        let plain = !as_text && batch.selection().is_none();
        if plain && self.copy(vector, rows) {
            if let Some(nulls) = vector.nulls() {
                self.mark(nulls, before, rows);
            }
            return;
        }
        for (nth, row) in batch.row_indexes().enumerate() {
            if vector.is_null(row) {
                self.push_null(before + nth);
            } else {
                self.push(&vector.datum(row), output);
            }
        }
    }

    /// Copies flat data of the same form; false where that is not what it is.
    fn copy(&mut self, vector: &Vector, rows: usize) -> bool {
        match (&mut self.data, vector.data()) {
            (Data::Bool(to), VectorData::Bool(from)) => copy(to, from, rows),
            (Data::I16(to), VectorData::I16(from)) => copy(to, from, rows),
            (Data::I32(to), VectorData::I32(from)) => copy(to, from, rows),
            (Data::I64(to), VectorData::I64(from)) => copy(to, from, rows),
            (Data::F32(to), VectorData::F32(from)) => copy(to, from, rows),
            (Data::F64(to), VectorData::F64(from)) => copy(to, from, rows),
            (
                Data::Text { offsets, heap },
                VectorData::Bytes {
                    offsets: ends,
                    heap: from,
                },
            ) if TEXT_FORMS.contains(&self.oid) => copy_heap(offsets, heap, ends, from, rows),
            (
                Data::Bytes { offsets, heap },
                VectorData::Bytes {
                    offsets: ends,
                    heap: from,
                },
            ) => copy_heap(offsets, heap, ends, from, rows),
            _ => false,
        }
    }

    fn mark(&mut self, nulls: &Bitmap, before: usize, rows: usize) {
        for row in (0..rows).filter(|row| nulls.get(*row)) {
            self.set_null(before + row);
        }
    }

    fn set_null(&mut self, row: usize) {
        if self.nulls.len() <= row / 32 {
            self.nulls.resize(row / 32 + 1, 0);
        }
        if let Some(word) = self.nulls.get_mut(row / 32) {
            *word |= 1 << (row % 32);
        }
    }

    fn push_null(&mut self, row: usize) {
        self.set_null(row);
        match &mut self.data {
            Data::AllNull => {}
            Data::Bool(values) => values.push(0),
            Data::I16(values) => values.push(0),
            Data::I32(values) => values.push(0),
            Data::I64(values) => values.push(0),
            Data::F32(values) => values.push(0.0),
            Data::F64(values) => values.push(0.0),
            Data::Text { offsets, heap } | Data::Bytes { offsets, heap } => {
                offsets.push(heap.len() as u32);
            }
        }
    }

    fn push(&mut self, value: &Datum, output: Output<'_>) {
        match &mut self.data {
            Data::AllNull => {}
            Data::Bool(values) => values.push(u8::from(value.as_bool().unwrap_or(false))),
            Data::I16(values) => values.push(value.as_i64().unwrap_or(0) as i16),
            Data::I32(values) => values.push(value.as_i64().unwrap_or(0) as i32),
            Data::I64(values) => values.push(value.as_i64().unwrap_or(0)),
            Data::F32(values) => values.push(value.as_f64().unwrap_or(0.0) as f32),
            Data::F64(values) => values.push(value.as_f64().unwrap_or(0.0)),
            Data::Bytes { offsets, heap } => {
                heap.extend_from_slice(value.as_bytes().unwrap_or(&[]));
                offsets.push(heap.len() as u32);
            }
            Data::Text { offsets, heap } => {
                match value.as_str() {
                    Some(text) if TEXT_FORMS.contains(&self.oid) => {
                        heap.extend_from_slice(text.as_bytes());
                    }
                    _ => {
                        let mut text = String::new();
                        output(self.oid, value, &mut text);
                        heap.extend_from_slice(text.as_bytes());
                    }
                }
                offsets.push(heap.len() as u32);
            }
        }
    }
}

fn copy<T: Copy>(to: &mut Vec<T>, from: &[T], rows: usize) -> bool {
    match from.get(..rows) {
        Some(values) => {
            to.extend_from_slice(values);
            true
        }
        None => false,
    }
}

fn copy_heap(
    offsets: &mut Vec<u32>,
    heap: &mut Vec<u8>,
    ends: &[u32],
    from: &[u8],
    rows: usize,
) -> bool {
    let Some(ends) = ends.get(..=rows) else {
        return false;
    };
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
        return false;
    };
    let Some(bytes) = from.get(*first as usize..*last as usize) else {
        return false;
    };
    let base = heap.len() as u32;
    heap.extend_from_slice(bytes);
    offsets.extend(ends.iter().skip(1).map(|end| base + (end - first)));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn field(name: &str, type_oid: u32) -> Field {
        Field {
            name: name.to_string(),
            type_oid,
            typmod: -1,
        }
    }

    fn show(oid: u32, value: &Datum, out: &mut String) {
        out.push_str(&format!("{oid}:{:?}", value.as_i64()));
    }

    #[test]
    fn columns_begin_null_and_take_their_form_later() {
        let fields = vec![field("a", 23), field("b", 25), field("t", 1083)];
        let types = [Phys::I32, Phys::Bytes, Phys::I64];
        let first = [vec![Datum::Null, Datum::text("x"), Datum::I64(5)]];
        let second = [
            vec![Datum::I32(7), Datum::Null, Datum::Null],
            vec![Datum::I32(8), Datum::text("yz"), Datum::I64(6)],
        ];
        let mut gather = Gather::new(fields, false);
        for rows in [&first[..], &second[..]] {
            let batch = Batch::from_rows(&types, rows).expect("a batch");
            gather.batch(&batch, &show);
        }
        let result = gather.finish("SELECT 3".to_string(), None, true);
        assert_eq!(result.rows, 3);
        let [a, b, t] = &result.columns[..] else {
            panic!("three columns")
        };
        assert_eq!(a.data, Data::I32(vec![0, 7, 8]));
        assert!(a.is_null(0) && !a.is_null(1));
        assert_eq!(
            [b.text(0), b.text(1), b.text(2)],
            [Some("x"), None, Some("yz")]
        );
        // time has no form of its own on the wire
        assert_eq!([t.text(0), t.text(1)], [Some("1083:Some(5)"), None]);
    }

    #[test]
    fn a_selection_and_a_text_client_go_value_by_value() {
        let vector = Rc::new(Vector::from_i32(vec![10, 20, 30]));
        let mut batch = Batch::new(vec![vector], 3);
        batch.sel = Some(Rc::from(&[2u32, 0][..]));
        let mut gather = Gather::new(vec![field("a", 23)], false);
        gather.batch(&batch, &show);
        let result = gather.finish(String::new(), None, false);
        assert_eq!(result.columns[0].data, Data::I32(vec![30, 10]));
        let mut gather = Gather::new(vec![field("a", 23)], true);
        gather.batch(&batch, &show);
        let result = gather.finish(String::new(), None, false);
        assert_eq!(result.columns[0].text(0), Some("23:Some(30)"));
    }
}
