//! Aggregates: states in columns, one per group.
//!
//! An accumulator keeps the state of all groups of one aggregate call side by side and takes a
//! batch at a time, with the number of each row's group. DISTINCT, ORDER BY and FILTER of a call
//! are the executor's: what arrives here is to be counted. Nulls are skipped here, save by
//! `count(*)` and `array_agg`.

use super::aggregate_fold::{ArrayAgg, BitFold, BoolFold, IntervalTotals, StringAgg, extreme};
use super::column::{Native, argument, view};
use super::registry::{FuncRow, Kernel, f};
use crate::types::Oid;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::marker::PhantomData;
use vitrine_data::decimal::DecimalSum;
use vitrine_data::{Datum, Decimal, Phys, Result, SqlError, Vector};

/// Which group each row of a batch belongs to.
#[derive(Clone, Copy)]
pub enum Groups<'a> {
    One(u32),
    Each(&'a [u32]),
}

impl Groups<'_> {
    #[inline(always)]
    pub fn of(&self, row: usize) -> usize {
        match self {
            Groups::One(group) => *group as usize,
            Groups::Each(groups) => groups.get(row).copied().unwrap_or(0) as usize,
        }
    }
}

pub trait Accumulator {
    /// There are so many groups now; new ones start empty.
    fn grow(&mut self, groups: usize);
    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()>;
    fn finish(&mut self, group: usize) -> Result<Datum>;
    fn memory_bytes(&self) -> usize;
}

pub struct AggregateRow {
    /// Makes the state for the physical types of the arguments.
    pub make: fn(&[Phys]) -> Box<dyn Accumulator>,
}

/// Calls `each(row, group)` for the rows where the first argument is not null.
#[inline(always)]
pub fn present(
    args: &[Rc<Vector>],
    rows: usize,
    groups: Groups<'_>,
    mut each: impl FnMut(usize, usize) -> Result<()>,
) -> Result<()> {
    let vector = argument(args, 0)?;
    if vector.as_const().is_some_and(Datum::is_null) {
        return Ok(());
    }
    match vector.nulls() {
        None => (0..rows).try_for_each(|row| each(row, groups.of(row))),
        Some(nulls) => (0..rows)
            .filter(|row| !nulls.get(*row))
            .try_for_each(|row| each(row, groups.of(row))),
    }
}

#[derive(Default)]
struct Count(Vec<i64>);

impl Accumulator for Count {
    fn grow(&mut self, groups: usize) {
        self.0.resize(groups, 0);
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        if args.is_empty() {
            if let Groups::One(group) = groups {
                if let Some(count) = self.0.get_mut(group as usize) {
                    *count += rows as i64;
                }
                return Ok(());
            }
            for row in 0..rows {
                if let Some(count) = self.0.get_mut(groups.of(row)) {
                    *count += 1;
                }
            }
            return Ok(());
        }
        present(args, rows, groups, |_, group| {
            if let Some(count) = self.0.get_mut(group) {
                *count += 1;
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        Ok(Datum::I64(self.0.get(group).copied().unwrap_or(0)))
    }

    fn memory_bytes(&self) -> usize {
        self.0.capacity() * 8
    }
}

/// What a sum of integers is shown as.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Bigint,
    Numeric,
    Average,
}

/// Sums of integers cannot overflow an i128.
struct IntSum<T> {
    sums: Vec<(i128, i64)>,
    shown: Shown,
    of: PhantomData<T>,
}

impl<T: Native + Into<i64>> IntSum<T> {
    fn boxed(shown: Shown) -> Box<dyn Accumulator> {
        Box::new(IntSum::<T> {
            sums: Vec::new(),
            shown,
            of: PhantomData,
        })
    }
}

impl<T: Native + Into<i64>> Accumulator for IntSum<T> {
    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, (0, 0));
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        if vector.as_const().is_some_and(Datum::is_null) {
            return Ok(());
        }
        let values = view::<T>(vector)?;
        if let (Groups::One(group), None) = (groups, vector.nulls()) {
            let mut total = 0i128;
            for row in 0..rows {
                total += i128::from(values.get(row).into());
            }
            if let Some(sum) = self.sums.get_mut(group as usize) {
                *sum = (sum.0 + total, sum.1 + rows as i64);
            }
            return Ok(());
        }
        present(args, rows, groups, |row, group| {
            if let Some(sum) = self.sums.get_mut(group) {
                *sum = (sum.0 + i128::from(values.get(row).into()), sum.1 + 1);
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let (sum, count) = self.sums.get(group).copied().unwrap_or((0, 0));
        if count == 0 {
            return Ok(Datum::Null);
        }
        match self.shown {
            Shown::Bigint => match i64::try_from(sum) {
                Ok(sum) => Ok(Datum::I64(sum)),
                Err(_) => Err(SqlError::out_of_range("bigint")),
            },
            Shown::Numeric => Ok(Datum::Decimal(Decimal::new(sum, 0))),
            Shown::Average => {
                let count = Decimal::new(i128::from(count), 0);
                Decimal::new(sum, 0).div(&count).map(Datum::Decimal)
            }
        }
    }

    fn memory_bytes(&self) -> usize {
        self.sums.capacity() * 32
    }
}

struct DecimalTotals {
    sums: Vec<(DecimalSum, i64)>,
    average: bool,
}

impl Accumulator for DecimalTotals {
    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, (DecimalSum::default(), 0));
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        if let (Groups::One(group), None, Some((values, scale))) =
            (groups, vector.nulls(), vector.as_decimals())
        {
            // Half the range is room enough for a batch of values below a quarter of it each.
            let mut total = Some(0i128);
            for value in values {
                total = total.and_then(|total| total.checked_add(*value));
            }
            if let (Some(total), Some(sum)) = (total, self.sums.get_mut(group as usize)) {
                sum.0.add(&Decimal::new(total, u16::from(scale)))?;
                sum.1 += rows as i64;
                return Ok(());
            }
        }
        present(args, rows, groups, |row, group| {
            if let (Some(sum), Some(value)) = (self.sums.get_mut(group), vector.decimal_at(row)) {
                sum.0.add(&value)?;
                sum.1 += 1;
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let Some((sum, count @ 1..)) = self.sums.get(group) else {
            return Ok(Datum::Null);
        };
        let total = sum.total()?;
        if self.average {
            return total
                .div(&Decimal::new(i128::from(*count), 0))
                .map(Datum::Decimal);
        }
        Ok(Datum::Decimal(total))
    }

    fn memory_bytes(&self) -> usize {
        self.sums.capacity() * size_of::<(DecimalSum, i64)>()
    }
}

/// Sum, average or spread of floats, by Youngs and Cramer's recurrence as PostgreSQL does.
struct FloatTotals<T> {
    /// Count, sum, sum of squared differences.
    states: Vec<(f64, f64, f64)>,
    what: FloatWhat,
    of: PhantomData<T>,
}

#[derive(Clone, Copy, PartialEq)]
enum FloatWhat {
    Sum32,
    Sum,
    Average,
    Spread(Spread),
}

#[derive(Clone, Copy, PartialEq)]
pub struct Spread {
    population: bool,
    root: bool,
}

impl<T: super::arithmetic::Float> FloatTotals<T> {
    fn boxed(what: FloatWhat) -> Box<dyn Accumulator> {
        Box::new(FloatTotals::<T> {
            states: Vec::new(),
            what,
            of: PhantomData,
        })
    }
}

impl<T: super::arithmetic::Float> Accumulator for FloatTotals<T> {
    fn grow(&mut self, groups: usize) {
        self.states.resize(groups, (0.0, 0.0, 0.0));
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        if vector.as_const().is_some_and(Datum::is_null) {
            return Ok(());
        }
        let values = view::<T>(vector)?;
        let spread = matches!(self.what, FloatWhat::Spread(_));
        present(args, rows, groups, |row, group| {
            let Some((count, sum, squares)) = self.states.get_mut(group) else {
                return Ok(());
            };
            let value = values.get(row).wide();
            let before = sum.is_infinite() || value.is_infinite();
            *count += 1.0;
            *sum += value;
            if sum.is_infinite() && !before {
                return Err(super::arithmetic::float_overflow());
            }
            if spread && *count > 1.0 {
                let gap = value * *count - *sum;
                *squares += gap * gap / (*count * (*count - 1.0));
            } else if spread && !value.is_finite() {
                *squares = f64::NAN;
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let (count, sum, squares) = self.states.get(group).copied().unwrap_or_default();
        if count == 0.0 {
            return Ok(Datum::Null);
        }
        Ok(match self.what {
            FloatWhat::Sum32 => Datum::F32(sum as f32),
            FloatWhat::Sum => Datum::F64(sum),
            FloatWhat::Average => Datum::F64(sum / count),
            FloatWhat::Spread(spread) => {
                let divisor = if spread.population {
                    count
                } else {
                    count - 1.0
                };
                if divisor == 0.0 {
                    return Ok(Datum::Null);
                }
                let variance = squares / divisor;
                Datum::F64(if spread.root {
                    libm::sqrt(variance)
                } else {
                    variance
                })
            }
        })
    }

    fn memory_bytes(&self) -> usize {
        self.states.capacity() * 24
    }
}

/// Variance of integers and numerics, exactly: count, sum, sum of squares.
struct DecimalSpread {
    states: Vec<(i64, DecimalSum, DecimalSum)>,
    spread: Spread,
}

fn as_decimal(value: &Datum) -> Option<Decimal> {
    match value {
        Datum::Decimal(value) => Some(value.clone()),
        other => other
            .as_i64()
            .map(|value| Decimal::new(i128::from(value), 0)),
    }
}

impl Accumulator for DecimalSpread {
    fn grow(&mut self, groups: usize) {
        self.states
            .resize(groups, (0, DecimalSum::default(), DecimalSum::default()));
    }

    fn update(&mut self, args: &[Rc<Vector>], rows: usize, groups: Groups<'_>) -> Result<()> {
        let vector = argument(args, 0)?;
        present(args, rows, groups, |row, group| {
            let value = as_decimal(&vector.datum(row));
            if let (Some(state), Some(value)) = (self.states.get_mut(group), value) {
                state.0 += 1;
                state.1.add(&value)?;
                state.2.add(&value.mul(&value)?)?;
            }
            Ok(())
        })
    }

    fn finish(&mut self, group: usize) -> Result<Datum> {
        let Some((count, sum, squares)) = self.states.get(group) else {
            return Ok(Datum::Null);
        };
        let divisor = if self.spread.population {
            *count
        } else {
            *count - 1
        };
        if divisor <= 0 {
            return Ok(Datum::Null);
        }
        let count = Decimal::new(i128::from(*count), 0);
        let divisor = Decimal::new(i128::from(divisor), 0);
        let sum = sum.total()?;
        let gap = count.mul(&squares.total()?)?.sub(&sum.mul(&sum)?)?;
        if gap.is_zero() || gap.is_negative() {
            return Ok(Datum::Decimal(Decimal::ZERO));
        }
        let variance = gap.div(&count.mul(&divisor)?)?;
        let result = if self.spread.root {
            variance.sqrt()?
        } else {
            variance
        };
        Ok(Datum::Decimal(result))
    }

    fn memory_bytes(&self) -> usize {
        self.states.capacity() * size_of::<(i64, DecimalSum, DecimalSum)>()
    }
}

const SAMPLE_VARIANCE: Spread = Spread {
    population: false,
    root: false,
};
const POPULATION_VARIANCE: Spread = Spread {
    population: true,
    root: false,
};
const SAMPLE_DEVIATION: Spread = Spread {
    population: false,
    root: true,
};
const POPULATION_DEVIATION: Spread = Spread {
    population: true,
    root: true,
};

macro_rules! makers {
    ($($name:ident $args:pat => $make:expr;)*) => {
        $(static $name: AggregateRow = AggregateRow { make: |$args| $make };)*
    };
}

makers! {
    COUNT _ => Box::<Count>::default();
    SUM_I16 _ => IntSum::<i16>::boxed(Shown::Bigint);
    SUM_I32 _ => IntSum::<i32>::boxed(Shown::Bigint);
    SUM_I64 _ => IntSum::<i64>::boxed(Shown::Numeric);
    AVG_I16 _ => IntSum::<i16>::boxed(Shown::Average);
    AVG_I32 _ => IntSum::<i32>::boxed(Shown::Average);
    AVG_I64 _ => IntSum::<i64>::boxed(Shown::Average);
    SUM_F32 _ => FloatTotals::<f32>::boxed(FloatWhat::Sum32);
    SUM_F64 _ => FloatTotals::<f64>::boxed(FloatWhat::Sum);
    AVG_F32 _ => FloatTotals::<f32>::boxed(FloatWhat::Average);
    AVG_F64 _ => FloatTotals::<f64>::boxed(FloatWhat::Average);
    SUM_DECIMAL _ => Box::new(DecimalTotals { sums: Vec::new(), average: false });
    AVG_DECIMAL _ => Box::new(DecimalTotals { sums: Vec::new(), average: true });
    SUM_INTERVAL _ => Box::new(IntervalTotals { sums: Vec::new(), average: false });
    AVG_INTERVAL _ => Box::new(IntervalTotals { sums: Vec::new(), average: true });
    MIN args => extreme(args, false);
    MAX args => extreme(args, true);
    BOOL_AND _ => Box::new(BoolFold { states: Vec::new(), all: true });
    BOOL_OR _ => Box::new(BoolFold { states: Vec::new(), all: false });
    BIT_AND args => bit_fold(args, true);
    BIT_OR args => bit_fold(args, false);
    STRING_AGG _ => Box::<StringAgg>::default();
    ARRAY_AGG args => Box::new(ArrayAgg {
        states: Vec::new(), elem: args.first().copied().unwrap_or(Phys::Bytes),
    });
    VAR_SAMP args => spread(args, SAMPLE_VARIANCE);
    VAR_POP args => spread(args, POPULATION_VARIANCE);
    STDDEV_SAMP args => spread(args, SAMPLE_DEVIATION);
    STDDEV_POP args => spread(args, POPULATION_DEVIATION);
}

fn bit_fold(args: &[Phys], and: bool) -> Box<dyn Accumulator> {
    let phys = args.first().copied().unwrap_or(Phys::I64);
    Box::new(BitFold {
        states: Vec::new(),
        phys,
        and,
    })
}

fn spread(args: &[Phys], spread: Spread) -> Box<dyn Accumulator> {
    match args.first() {
        Some(Phys::F32) => FloatTotals::<f32>::boxed(FloatWhat::Spread(spread)),
        Some(Phys::F64) => FloatTotals::<f64>::boxed(FloatWhat::Spread(spread)),
        _ => Box::new(DecimalSpread {
            states: Vec::new(),
            spread,
        }),
    }
}

const fn aggregate(
    name: &'static str,
    args: &'static [Oid],
    ret: Oid,
    row: &'static AggregateRow,
) -> FuncRow {
    f(name, args, ret, Kernel::Aggregate(row)).lax()
}

macro_rules! over {
    ($($name:literal $row:ident: $($arg:ident $ret:ident),*;)*) => {
        &[
            $($(aggregate($name, &[Oid::$arg], Oid::$ret, &$row),)*)*
            aggregate("count", &[], Oid::INT8, &COUNT),
            aggregate("string_agg", &[Oid::TEXT, Oid::TEXT], Oid::TEXT, &STRING_AGG),
            aggregate("string_agg", &[Oid::BYTEA, Oid::BYTEA], Oid::BYTEA, &STRING_AGG),
        ]
    };
}

pub static AGGREGATES: &[FuncRow] = over! {
    "count" COUNT: ANY INT8;
    "sum" SUM_I16: INT2 INT8;
    "sum" SUM_I32: INT4 INT8;
    "sum" SUM_I64: INT8 NUMERIC;
    "sum" SUM_F32: FLOAT4 FLOAT4;
    "sum" SUM_F64: FLOAT8 FLOAT8;
    "sum" SUM_DECIMAL: NUMERIC NUMERIC;
    "sum" SUM_INTERVAL: INTERVAL INTERVAL;
    "avg" AVG_I16: INT2 NUMERIC;
    "avg" AVG_I32: INT4 NUMERIC;
    "avg" AVG_I64: INT8 NUMERIC;
    "avg" AVG_F32: FLOAT4 FLOAT8;
    "avg" AVG_F64: FLOAT8 FLOAT8;
    "avg" AVG_DECIMAL: NUMERIC NUMERIC;
    "avg" AVG_INTERVAL: INTERVAL INTERVAL;
    "min" MIN: INT2 INT2, INT4 INT4, INT8 INT8, FLOAT4 FLOAT4, FLOAT8 FLOAT8, NUMERIC NUMERIC,
        TEXT TEXT, BPCHAR BPCHAR, DATE DATE, TIME TIME, TIMESTAMP TIMESTAMP,
        TIMESTAMPTZ TIMESTAMPTZ, INTERVAL INTERVAL, OID OID, TID TID, ANYARRAY ANYARRAY;
    "max" MAX: INT2 INT2, INT4 INT4, INT8 INT8, FLOAT4 FLOAT4, FLOAT8 FLOAT8, NUMERIC NUMERIC,
        TEXT TEXT, BPCHAR BPCHAR, DATE DATE, TIME TIME, TIMESTAMP TIMESTAMP,
        TIMESTAMPTZ TIMESTAMPTZ, INTERVAL INTERVAL, OID OID, TID TID, ANYARRAY ANYARRAY;
    "bool_and" BOOL_AND: BOOL BOOL;
    "every" BOOL_AND: BOOL BOOL;
    "bool_or" BOOL_OR: BOOL BOOL;
    "bit_and" BIT_AND: INT2 INT2, INT4 INT4, INT8 INT8;
    "bit_or" BIT_OR: INT2 INT2, INT4 INT4, INT8 INT8;
    "array_agg" ARRAY_AGG: ANYNONARRAY ANYARRAY;
    "variance" VAR_SAMP: INT2 NUMERIC, INT4 NUMERIC, INT8 NUMERIC, NUMERIC NUMERIC, FLOAT4 FLOAT8, FLOAT8 FLOAT8;
    "var_samp" VAR_SAMP: INT2 NUMERIC, INT4 NUMERIC, INT8 NUMERIC, NUMERIC NUMERIC, FLOAT4 FLOAT8, FLOAT8 FLOAT8;
    "var_pop" VAR_POP: INT2 NUMERIC, INT4 NUMERIC, INT8 NUMERIC, NUMERIC NUMERIC, FLOAT4 FLOAT8, FLOAT8 FLOAT8;
    "stddev" STDDEV_SAMP: INT2 NUMERIC, INT4 NUMERIC, INT8 NUMERIC, NUMERIC NUMERIC, FLOAT4 FLOAT8, FLOAT8 FLOAT8;
    "stddev_samp" STDDEV_SAMP: INT2 NUMERIC, INT4 NUMERIC, INT8 NUMERIC, NUMERIC NUMERIC, FLOAT4 FLOAT8, FLOAT8 FLOAT8;
    "stddev_pop" STDDEV_POP: INT2 NUMERIC, INT4 NUMERIC, INT8 NUMERIC, NUMERIC NUMERIC, FLOAT4 FLOAT8, FLOAT8 FLOAT8;
};
