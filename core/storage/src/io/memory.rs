//! A device in memory: everything succeeds, everything is durable at once.

use super::{Device, Disk, Op, OpId, OpResult};
use crate::error::Result;
use alloc::vec::Vec;

#[derive(Clone, Default)]
pub struct MemoryDevice {
    pub disk: Disk,
    completed: Vec<(OpId, Result<OpResult>)>,
}

impl MemoryDevice {
    pub fn new() -> MemoryDevice {
        MemoryDevice::default()
    }

    /// A device that starts with what another one held.
    pub fn with(disk: Disk) -> MemoryDevice {
        MemoryDevice {
            disk,
            completed: Vec::new(),
        }
    }
}

impl Device for MemoryDevice {
    fn start(&mut self, id: OpId, op: Op) {
        let result = self.disk.perform(&op);
        self.completed.push((id, result));
    }

    fn completions(&mut self) -> Vec<(OpId, Result<OpResult>)> {
        core::mem::take(&mut self.completed)
    }
}
