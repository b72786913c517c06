//! What every room is given: the database, the pulse, the held thing, and names for files.
use crate::engine::Lab;
use crate::picture::Thing;
use std::rc::Rc;
use yew::prelude::*;

/// A relation of the user's, as `pg_class` tells.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Relation {
    pub oid: u32,
    pub name: String,
    /// `r`, `i`, `t`, …
    pub kind: String,
    pub file: u32,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Files(pub Rc<Vec<Relation>>);

impl Files {
    /// The relation's name, or the file's number where it is not a user's.
    pub fn name(&self, file: u32) -> String {
        let found = self.0.iter().find(|relation| relation.file == file);
        found.map_or_else(|| format!("f{file}"), |relation| relation.name.clone())
    }
}

/// A session as the rooms know it.
#[derive(Clone, PartialEq, Debug)]
pub struct Seat {
    pub number: u32,
    pub engine_id: u32,
}

/// The column's number for a session of the engine; 0 for sessions without a column.
pub fn number_of(seats: &[Seat], engine_id: u32) -> u32 {
    seats
        .iter()
        .find(|seat| seat.engine_id == engine_id)
        .map_or(0, |seat| seat.number)
}

pub fn letter_of(seats: &[Seat], engine_id: u32) -> String {
    match number_of(seats, engine_id) {
        0 => format!("session {engine_id}"),
        number => format!("S{number}"),
    }
}

#[derive(Properties, PartialEq, Clone)]
pub struct RoomProps {
    pub lab: Lab,
    pub pulse: u32,
    pub held: AttrValue,
    pub onhold: Callback<Thing>,
    pub onsql: Callback<String>,
    pub files: Files,
    pub seats: Rc<Vec<Seat>>,
}
