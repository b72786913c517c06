//! Aggregates that fold: least and greatest, truth values, bits, text, arrays, intervals.

use super::aggregate::{Accumulator, Groups, present};
use super::column::{Native, argument, view};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use vitrine_data::{Datum, Interval, Phys, Result, SqlError, SqlState, Vector};

pub struct BoolFold {
    pub states: Vec<Option<bool>>,
    pub all: bool,
}

impl Accumulator for BoolFold {
    fn grow(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        let all = self.all;
        present(args, rows, groups, |row, group| {
            if let (Some(state), Some(value)) =
                (self.states.get_mut(group), vector.datum(row).as_bool())
            {
                let so_far = state.unwrap_or(all);
                *state = Some(if all {
                    so_far && value
                } else {
                    so_far || value
                });
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        Ok(self
            .states
            .get(group)
            .copied()
            .flatten()
            .map_or(Datum::Null, Datum::Bool))
    }

    fn memory_bytes(&self) -> usize {
        self.states.capacity()
    }
}

/// `bit_and`, `bit_or` over integers.
pub struct BitFold {
    pub states: Vec<Option<i64>>,
    pub phys: Phys,
    pub and: bool,
}

impl Accumulator for BitFold {
    fn grow(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        let and = self.and;
        present(args, rows, groups, |row, group| {
            if let (Some(state), Some(value)) =
                (self.states.get_mut(group), vector.datum(row).as_i64())
            {
                *state = Some(match *state {
                    None => value,
                    Some(bits) if and => bits & value,
                    Some(bits) => bits | value,
                });
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let Some(bits) = self.states.get(group).copied().flatten() else {
            return Ok(Datum::Null);
        };
        Ok(match self.phys {
            Phys::I16 => Datum::I16(bits as i16),
            Phys::I32 => Datum::I32(bits as i32),
            _ => Datum::I64(bits),
        })
    }

    fn memory_bytes(&self) -> usize {
        self.states.capacity() * 16
    }
}

#[derive(Default)]
pub struct StringAgg(Vec<Option<Vec<u8>>>);

impl Accumulator for StringAgg {
    fn grow(&mut self, groups: usize) {
        self.0.resize(groups, None);
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let (vector, separator) = (argument(args, 0)?, argument(args, 1)?);
        present(args, rows, groups, |row, group| {
            let Some(state) = self.0.get_mut(group) else {
                return Ok(());
            };
            let bytes = vector.bytes_at(row).unwrap_or_default();
            match state {
                None => *state = Some(bytes.to_vec()),
                Some(text) => {
                    let separator = separator.bytes_at(row).unwrap_or_default();
                    text.try_reserve(bytes.len() + separator.len())?;
                    text.extend_from_slice(separator);
                    text.extend_from_slice(bytes);
                }
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let text = self.0.get_mut(group).and_then(Option::take);
        Ok(text.map_or(Datum::Null, |text| Datum::Bytes(text.into())))
    }

    fn memory_bytes(&self) -> usize {
        self.0
            .iter()
            .map(|text| 24 + text.as_ref().map_or(0, Vec::capacity))
            .sum()
    }
}

pub struct ArrayAgg {
    pub states: Vec<Vec<Datum>>,
    pub elem: Phys,
}

impl Accumulator for ArrayAgg {
    fn grow(&mut self, groups: usize) {
        self.states.resize(groups, Vec::new());
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        for row in 0..rows {
            if let Some(state) = self.states.get_mut(groups.of(row)) {
                state.push(vector.datum(row));
            }
        }
        Ok(())
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let values = self
            .states
            .get_mut(group)
            .map(core::mem::take)
            .unwrap_or_default();
        Ok(if values.is_empty() {
            Datum::Null
        } else {
            Datum::array(self.elem, values)
        })
    }

    fn memory_bytes(&self) -> usize {
        self.states
            .iter()
            .map(|state| state.capacity() * size_of::<Datum>())
            .sum()
    }
}

/// Sum and average of intervals.
pub struct IntervalTotals {
    pub sums: Vec<(i64, i128, i128, i128)>,
    pub average: bool,
}

impl Accumulator for IntervalTotals {
    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, (0, 0, 0, 0));
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let values = view::<Interval>(argument(args, 0)?)?;
        present(args, rows, groups, |row, group| {
            if let Some(sum) = self.sums.get_mut(group) {
                let value = values.get(row);
                sum.0 += 1;
                sum.1 += i128::from(value.months);
                sum.2 += i128::from(value.days);
                sum.3 += i128::from(value.micros);
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let Some((count @ 1.., months, days, micros)) = self.sums.get(group).copied() else {
            return Ok(Datum::Null);
        };
        let out = || SqlError::user(SqlState::DATETIME_FIELD_OVERFLOW, "interval out of range");
        let by = if self.average { i128::from(count) } else { 1 };
        // What a division leaves over goes down to the next smaller unit.
        let days = days * by.signum() + (months % by) * 30;
        let days_left = days % by;
        let day = i128::from(vitrine_data::datetime::MICROS_PER_DAY);
        let micros = micros + days_left * day;
        Ok(Datum::Interval(Interval::new(
            i32::try_from(months / by).map_err(|_| out())?,
            i32::try_from(days / by).map_err(|_| out())?,
            i64::try_from(micros / by).map_err(|_| out())?,
        )))
    }

    fn memory_bytes(&self) -> usize {
        self.sums.capacity() * 64
    }
}

/// Least or greatest of a fixed-width type, compared as Rust compares it.
struct NativeExtreme<T> {
    best: Vec<Option<T>>,
    greatest: bool,
}

impl<T: Native + Ord> Accumulator for NativeExtreme<T> {
    fn grow(&mut self, groups: usize) {
        self.best.resize(groups, None);
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        if vector.as_const().is_some_and(Datum::is_null) {
            return Ok(());
        }
        let values = view::<T>(vector)?;
        let greatest = self.greatest;
        present(args, rows, groups, |row, group| {
            if let Some(best) = self.best.get_mut(group) {
                let value = values.get(row);
                let better = match best {
                    None => true,
                    Some(best) if greatest => value > *best,
                    Some(best) => value < *best,
                };
                if better {
                    *best = Some(value);
                }
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        match self.best.get(group) {
            Some(Some(best)) => Ok(T::vector(alloc::vec![*best]).datum(0)),
            _ => Ok(Datum::Null),
        }
    }

    fn memory_bytes(&self) -> usize {
        self.best.capacity() * size_of::<Option<T>>()
    }
}

struct DatumExtreme {
    best: Vec<Datum>,
    greatest: bool,
}

impl Accumulator for DatumExtreme {
    fn grow(&mut self, groups: usize) {
        self.best.resize(groups, Datum::Null);
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        let wanted = if self.greatest {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        present(args, rows, groups, |row, group| {
            if let Some(best) = self.best.get_mut(group) {
                let unchanged = match (&*best, vector.bytes_at(row)) {
                    (Datum::Bytes(best), Some(bytes)) => bytes.cmp(best) != wanted,
                    _ => false,
                };
                if unchanged {
                    return Ok(());
                }
                let value = vector.datum(row);
                if best.is_null() || value.compare(best) == wanted {
                    *best = value;
                }
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        Ok(self.best.get(group).cloned().unwrap_or_default())
    }

    fn memory_bytes(&self) -> usize {
        self.best
            .iter()
            .map(|best| size_of::<Datum>() + best.heap_bytes())
            .sum()
    }
}

pub fn extreme(args: &[Phys], greatest: bool) -> Box<dyn Accumulator> {
    match args.first() {
        Some(Phys::I16) => Box::new(NativeExtreme::<i16> {
            best: Vec::new(),
            greatest,
        }),
        Some(Phys::I32) => Box::new(NativeExtreme::<i32> {
            best: Vec::new(),
            greatest,
        }),
        Some(Phys::I64) => Box::new(NativeExtreme::<i64> {
            best: Vec::new(),
            greatest,
        }),
        _ => Box::new(DatumExtreme {
            best: Vec::new(),
            greatest,
        }),
    }
}
