//! Snapshots as JSON, for clients without the structs.
//!
//! A serde serialiser and no more: names as serde gives them, enums as their variant's name or
//! `{"Variant": content}`, numbers as they are (beyond 2⁵³ a JavaScript reader rounds them), NaN
//! and infinities as null.
use serde::ser::{self, Serialize};
use std::fmt::{self, Display, Write as _};

pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, JsonError> {
    let mut out = String::new();
    value.serialize(&mut Json { out: &mut out })?;
    Ok(out)
}

#[derive(Debug)]
pub struct JsonError(String);

impl Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

impl ser::Error for JsonError {
    fn custom<T: Display>(message: T) -> JsonError {
        JsonError(message.to_string())
    }
}

struct Json<'o> {
    out: &'o mut String,
}

/// A list or object begun: what closes it, and whether a comma is due.
pub struct Open<'a, 'o> {
    json: &'a mut Json<'o>,
    close: &'static str,
    any: bool,
}

impl Json<'_> {
    fn number(&mut self, value: impl Display) -> Result<(), JsonError> {
        write!(self.out, "{value}").map_err(|_| JsonError("out of memory".to_string()))
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                control if control < ' ' => {
                    let _ = write!(self.out, "\\u{:04x}", control as u32);
                }
                plain => self.out.push(plain),
            }
        }
        self.out.push('"');
    }

    fn variant(&mut self, name: &str) {
        self.out.push('{');
        self.text(name);
        self.out.push(':');
    }
}

impl<'a, 'o> Open<'a, 'o> {
    fn new(json: &'a mut Json<'o>, open: &str, close: &'static str) -> Open<'a, 'o> {
        json.out.push_str(open);
        Open {
            json,
            close,
            any: false,
        }
    }

    fn item<T: Serialize + ?Sized>(
        &mut self,
        name: Option<&str>,
        value: &T,
    ) -> Result<(), JsonError> {
        if self.any {
            self.json.out.push(',');
        }
        self.any = true;
        if let Some(name) = name {
            self.json.text(name);
            self.json.out.push(':');
        }
        value.serialize(&mut *self.json)
    }

    fn finish(self) -> Result<(), JsonError> {
        self.json.out.push_str(self.close);
        Ok(())
    }
}

macro_rules! numbers {
    ($($method:ident $kind:ty),*) => { $(
        fn $method(self, value: $kind) -> Result<(), JsonError> {
            self.number(value)
        }
    )* };
}

impl<'a, 'o> ser::Serializer for &'a mut Json<'o> {
    type Ok = ();
    type Error = JsonError;
    type SerializeSeq = Open<'a, 'o>;
    type SerializeTuple = Open<'a, 'o>;
    type SerializeTupleStruct = Open<'a, 'o>;
    type SerializeTupleVariant = Open<'a, 'o>;
    type SerializeMap = Open<'a, 'o>;
    type SerializeStruct = Open<'a, 'o>;
    type SerializeStructVariant = Open<'a, 'o>;

    numbers! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_bool bool
    }

    fn serialize_f32(self, value: f32) -> Result<(), JsonError> {
        self.serialize_f64(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Result<(), JsonError> {
        if value.is_finite() {
            self.number(value)
        } else {
            self.serialize_unit()
        }
    }
    fn serialize_char(self, value: char) -> Result<(), JsonError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<(), JsonError> {
        self.text(value);
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), JsonError> {
        self.collect_seq(value)
    }
    fn serialize_none(self) -> Result<(), JsonError> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), JsonError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), JsonError> {
        self.out.push_str("null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), JsonError> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<(), JsonError> {
        self.serialize_str(name)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), JsonError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), JsonError> {
        self.variant(name);
        value.serialize(&mut *self)?;
        self.out.push('}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a, 'o>, JsonError> {
        Ok(Open::new(self, "[", "]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Open<'a, 'o>, JsonError> {
        Ok(Open::new(self, "[", "]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a, 'o>, JsonError> {
        Ok(Open::new(self, "[", "]"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Open<'a, 'o>, JsonError> {
        self.variant(name);
        Ok(Open::new(self, "[", "]}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a, 'o>, JsonError> {
        Ok(Open::new(self, "{", "}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a, 'o>, JsonError> {
        Ok(Open::new(self, "{", "}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Open<'a, 'o>, JsonError> {
        self.variant(name);
        Ok(Open::new(self, "{", "}}"))
    }
}

macro_rules! lists {
    ($($kind:ident $method:ident),*) => { $(
        impl ser::$kind for Open<'_, '_> {
            type Ok = ();
            type Error = JsonError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
                self.item(None, value)
            }
            fn end(self) -> Result<(), JsonError> {
                self.finish()
            }
        }
    )* };
}

lists! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
}

macro_rules! objects {
    ($($kind:ident),*) => { $(
        impl ser::$kind for Open<'_, '_> {
            type Ok = ();
            type Error = JsonError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), JsonError> {
                self.item(Some(name), value)
            }
            fn end(self) -> Result<(), JsonError> {
                self.finish()
            }
        }
    )* };
}

objects! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = JsonError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), JsonError> {
        if self.any {
            self.json.out.push(',');
        }
        self.any = true;
        // Keys that are not text become text.
        let mut written = String::new();
        key.serialize(&mut Json { out: &mut written })?;
        if written.starts_with('"') {
            self.json.out.push_str(&written);
        } else {
            self.json.text(&written);
        }
        self.json.out.push(':');
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        value.serialize(&mut *self.json)
    }
    fn end(self) -> Result<(), JsonError> {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    enum Shape {
        Point,
        Line(u32),
        Box { wide: bool, high: Option<f64> },
    }

    #[derive(Serialize)]
    struct Page {
        name: String,
        shapes: Vec<Shape>,
        map: BTreeMap<u32, &'static str>,
        pair: (i64, char),
        none: Option<()>,
    }

    #[test]
    fn structs_enums_and_escapes() {
        let page = Page {
            name: "a \"b\"\\\n\u{1}ü".to_string(),
            shapes: vec![
                Shape::Point,
                Shape::Line(7),
                Shape::Box {
                    wide: true,
                    high: Some(f64::NAN),
                },
            ],
            map: BTreeMap::from([(1, "x"), (2, "y")]),
            pair: (-5, 'z'),
            none: None,
        };
        assert_eq!(
            to_json(&page).expect("json"),
            "{\"name\":\"a \\\"b\\\"\\\\\\n\\u0001ü\",\
             \"shapes\":[\"Point\",{\"Line\":7},{\"Box\":{\"wide\":true,\"high\":null}}],\
             \"map\":{\"1\":\"x\",\"2\":\"y\"},\"pair\":[-5,\"z\"],\"none\":null}"
        );
    }
}
