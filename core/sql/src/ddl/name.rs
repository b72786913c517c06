//! Names that the engine chooses.

use super::Draft;
use crate::types::Oid;
use alloc::format;
use alloc::string::String;

/// The longest identifier, in bytes.
pub const NAME_LEN_MAX: usize = 63;

/// `first_second_label`, cut so that it fits: the longer of the first two parts gives way.
pub fn compose(first: &str, second: &str, label: &str, number: usize) -> String {
    let suffix = if number == 0 {
        String::from(label)
    } else {
        format!("{label}{number}")
    };
    let separators = 1 + usize::from(!second.is_empty());
    let room = NAME_LEN_MAX.saturating_sub(suffix.len() + separators);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let (first, second) = (cut(first, a), cut(second, b));
    if second.is_empty() {
        format!("{first}_{suffix}")
    } else {
        format!("{first}_{second}_{suffix}")
    }
}

/// At most `len` bytes, ending between characters.
fn cut(text: &str, len: usize) -> &str {
    let mut end = len.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

impl Draft<'_> {
    /// A free name for an index or sequence in the schema.
    pub fn free_relation_name(
        &self,
        schema: Oid,
        table: &str,
        columns: &str,
        label: &str,
    ) -> String {
        let names = (0..).map(|n| compose(table, columns, label, n));
        first(names, |name| !self.is_taken(schema, name))
    }

    /// A free name for a constraint of the table.
    pub fn free_constraint_name(
        &self,
        table: Oid,
        name: &str,
        columns: &str,
        label: &str,
    ) -> String {
        let taken = |name: &str| self.rows.constraints_of(table).any(|c| c.conname == name);
        first((0..).map(|n| compose(name, columns, label, n)), |name| {
            !taken(name)
        })
    }
}

fn first(mut names: impl Iterator<Item = String>, is_free: impl Fn(&str) -> bool) -> String {
    names.find(|name| is_free(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_they_are_longest() {
        assert_eq!(compose("album", "", "pkey", 0), "album_pkey");
        assert_eq!(compose("t", "a_b", "key", 2), "t_a_b_key2");
        let long = "x".repeat(80);
        let name = compose(&long, "id", "seq", 0);
        assert_eq!(name.len(), NAME_LEN_MAX);
        assert!(name.ends_with("_id_seq"));
        let wide = "é".repeat(40);
        assert!(compose(&wide, "id", "seq", 0).len() <= NAME_LEN_MAX);
    }
}
