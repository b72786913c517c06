//! The recorder: every input of a run, in the order of entering, each with its step.
//!
//! What the host gives is all there is: completions of device operations, clock readings, random
//! bytes, messages from clients, and the pumps themselves. Given again in the same order to a fresh
//! engine they make the same run, down to the bytes written; the steps let a replay notice at once
//! when it has left the recorded path.

use crate::error::StorageError;
use crate::io::{OpId, OpResult};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

#[derive(Clone)]
pub enum Input {
    Pump(u32),
    Clock(u64),
    Completion(OpId, Result<OpResult, StorageError>),
    Random(Vec<u8>),
    Message(Vec<u8>),
}

#[derive(Clone)]
pub struct Entry {
    pub step: u64,
    pub input: Input,
}

#[derive(Clone, Default)]
pub struct Recorder(Rc<RefCell<Vec<Entry>>>);

impl Recorder {
    pub fn new() -> Recorder {
        Recorder::default()
    }

    pub fn note(&self, step: u64, input: Input) {
        self.0.borrow_mut().push(Entry { step, input });
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the recorded inputs, for a replay or to be stored.
    pub fn take(&self) -> Vec<Entry> {
        core::mem::take(&mut self.0.borrow_mut())
    }
}
