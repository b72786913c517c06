//! The leaf: what the package's wasm exports.
//!
//! A handful of functions over numbers, and no import at all: requests, answers and operations lie
//! in linear memory, and `pkg/js/engine.mjs` makes as many instances as it likes of one module. An
//! instance holds no JavaScript value, so a copy of its memory is a copy of its state (E4).
//!
//! ```text
//!   in_buffer(n)      a place for n bytes; what stood at its beginning stays there
//!   call(n, now)      takes a request from there; the length of the first answer waiting, or 0
//!   next_answer()     moves on to the next answer: its length, or 0
//!   next_op()         moves on to the next device operation: its length, or 0
//!   complete(n)       takes a completion from the in-buffer
//!   pump(now, units)  lets the engine work
//!   mailbox()         eight words, kept up to date by each of the above:
//!                     out pointer · out length · answers waiting · operations waiting ·
//!                     turn (0 idle, 1 more, 2 sleep) · unused · wake time as f64
//!   last_words()      after a trap: the length of the panic's message; last_words_at() its place
//! ```
use std::cell::RefCell;
use vitrine_host::{Host, Turn};
use vitrine_wire::Writer;
use wasm_bindgen::prelude::wasm_bindgen;

struct Leaf {
    host: Host,
    input: Vec<u8>,
    /// The answer or operation that JavaScript is reading.
    output: Vec<u8>,
    mailbox: Box<[u32; 8]>,
}

thread_local! {
    static LEAF: RefCell<Leaf> = RefCell::new(Leaf::new());
    static LAST_WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Leaf {
    fn new() -> Leaf {
        std::panic::set_hook(Box::new(|info| {
            let words = info.to_string();
            LAST_WORDS.with(|last| {
                if let Ok(mut last) = last.try_borrow_mut() {
                    *last = words;
                }
            });
        }));
        Leaf {
            host: Host::new(),
            input: Vec::new(),
            output: Vec::new(),
            mailbox: Box::new([0; 8]),
        }
    }

    fn tell(&mut self) {
        let (turn, wake) = match self.host.turn() {
            Turn::Idle => (0, 0.0),
            Turn::More => (1, 0.0),
            Turn::Sleep(at) => (2, at as f64),
        };
        let wake = f64::to_bits(wake);
        *self.mailbox = [
            self.output.as_ptr().addr() as u32,
            self.output.len() as u32,
            self.host.answers_waiting() as u32,
            self.host.ops_waiting() as u32,
            turn,
            0,
            wake as u32,
            (wake >> 32) as u32,
        ];
    }

    fn show(&mut self, output: Option<Vec<u8>>) -> u32 {
        let there = output.is_some();
        self.output = output.unwrap_or_default();
        self.tell();
        if there { self.output.len() as u32 } else { 0 }
    }
}

fn with<T>(work: impl FnOnce(&mut Leaf) -> T) -> T {
    LEAF.with(|leaf| work(&mut leaf.borrow_mut()))
}

#[wasm_bindgen]
pub fn mailbox() -> *const u32 {
    with(|leaf| {
        leaf.tell();
        leaf.mailbox.as_ptr()
    })
}

#[wasm_bindgen]
pub fn in_buffer(least: u32) -> *mut u8 {
    with(|leaf| {
        let least = (least as usize).max(256);
        if leaf.input.len() < least {
            leaf.input.resize(least.next_power_of_two(), 0);
        }
        leaf.input.as_mut_ptr()
    })
}

#[wasm_bindgen]
pub fn call(length: u32, now_us: f64) -> u32 {
    with(|leaf| {
        let message = leaf.input.get(..length as usize).unwrap_or(&[]);
        leaf.host.call(message, now_us as u64);
        let answer = leaf.host.next_answer();
        leaf.show(answer)
    })
}

#[wasm_bindgen]
pub fn next_answer() -> u32 {
    with(|leaf| {
        let answer = leaf.host.next_answer();
        leaf.show(answer)
    })
}

#[wasm_bindgen]
pub fn next_op() -> u32 {
    with(|leaf| {
        let mut writer = Writer::new();
        let op = leaf.host.next_op(&mut writer).then(|| writer.into_vec());
        leaf.show(op)
    })
}

#[wasm_bindgen]
pub fn complete(length: u32) {
    with(|leaf| {
        let completion = leaf.input.get(..length as usize).unwrap_or(&[]);
        leaf.host.complete(completion);
        leaf.tell();
    });
}

#[wasm_bindgen]
pub fn pump(now_us: f64, budget_units: u32) {
    with(|leaf| {
        leaf.host.pump(now_us as u64, budget_units);
        leaf.tell();
    });
}

#[wasm_bindgen]
pub fn last_words() -> u32 {
    LAST_WORDS.with(|words| words.try_borrow().map_or(0, |words| words.len() as u32))
}

#[wasm_bindgen]
pub fn last_words_at() -> *const u8 {
    LAST_WORDS.with(|words| {
        words
            .try_borrow()
            .map_or(std::ptr::null(), |words| words.as_ptr())
    })
}
