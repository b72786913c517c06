//! Typed views of vectors, and the loops that most kernels are made of.
//!
//! A kernel sees dense columns (selections are applied before it is called), each flat or
//! constant. Strict kernels never look at null rows: the result's nulls are the union of the
//! arguments', and a fallible kernel must not fail for a value that is not there.

use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Bitmap, Datum, Interval, Phys, Result, SqlError, Vector, VectorBuilder};

/// The values of a column, by row.
pub enum Column<'a, T> {
    Flat(&'a [T]),
    Const(T),
}

impl<T: Copy + Default> Column<'_, T> {
    #[inline(always)]
    pub fn get(&self, row: usize) -> T {
        match self {
            Column::Flat(values) => values.get(row).copied().unwrap_or_default(),
            Column::Const(value) => *value,
        }
    }
}

/// A fixed-width physical type.
pub trait Native: Copy + Default + 'static {
    const PHYS: Phys;
    fn view(vector: &Vector) -> Option<Column<'_, Self>>;
    fn vector(values: Vec<Self>) -> Vector;
}

macro_rules! native {
    ($($element:ty, $variant:ident, $view:ident, $make:ident;)*) => { $(
        impl Native for $element {
            const PHYS: Phys = Phys::$variant;
            #[inline]
            fn view(vector: &Vector) -> Option<Column<'_, Self>> {
                if let Some(values) = vector.$view() {
                    return Some(Column::Flat(values));
                }
                match vector.as_const() {
                    Some(Datum::$variant(value)) => Some(Column::Const(<$element>::from(*value))),
                    _ => None,
                }
            }
            fn vector(values: Vec<Self>) -> Vector {
                Vector::$make(values)
            }
        }
    )* };
}

native! {
    u8, Bool, as_bools, from_bools;
    i16, I16, as_i16, from_i16;
    i32, I32, as_i32, from_i32;
    i64, I64, as_i64, from_i64;
    f32, F32, as_f32, from_f32;
    f64, F64, as_f64, from_f64;
    Interval, Interval, as_intervals, from_intervals;
    [u8; 16], Uuid, as_uuids, from_uuids;
}

pub fn argument(args: &[Rc<Vector>], index: usize) -> Result<&Vector> {
    args.get(index)
        .map(|vector| &**vector)
        .ok_or_else(|| SqlError::bug("a kernel was called with too few arguments"))
}

pub fn view<T: Native>(vector: &Vector) -> Result<Column<'_, T>> {
    T::view(vector).ok_or_else(|| {
        SqlError::bug(alloc::format!(
            "a kernel for {} was given a column of {}",
            T::PHYS.name(),
            vector.phys().name()
        ))
    })
}

/// Whether some argument is the constant NULL, which makes a strict result all null.
pub fn any_const_null(args: &[Rc<Vector>]) -> bool {
    args.iter()
        .any(|vector| vector.as_const().is_some_and(Datum::is_null))
}

/// Union of the arguments' null bits.
pub fn joined_nulls(args: &[Rc<Vector>]) -> Option<Bitmap> {
    let mut joined: Option<Bitmap> = None;
    for nulls in args.iter().filter_map(|vector| vector.nulls()) {
        match &mut joined {
            Some(joined) => joined.union(nulls),
            None => joined = Some(nulls.clone()),
        }
    }
    joined
}

/// A total function of one column.
pub fn map1<A: Native, R: Native>(
    args: &[Rc<Vector>],
    rows: usize,
    f: impl Fn(A) -> R,
) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(R::PHYS, rows));
    }
    let values = match view::<A>(argument(args, 0)?)? {
        Column::Flat(values) => values.iter().map(|value| f(*value)).collect(),
        Column::Const(value) => alloc::vec![f(value); rows],
    };
    Ok(R::vector(values).with_nulls(joined_nulls(args)))
}

/// A total function of two columns.
pub fn map2<A: Native, B: Native, R: Native>(
    args: &[Rc<Vector>],
    rows: usize,
    f: impl Fn(A, B) -> R,
) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(R::PHYS, rows));
    }
    let (left, right) = (
        view::<A>(argument(args, 0)?)?,
        view::<B>(argument(args, 1)?)?,
    );
    let values: Vec<R> = match (left, right) {
        (Column::Flat(left), Column::Flat(right)) => {
            left.iter().zip(right).map(|(a, b)| f(*a, *b)).collect()
        }
        (Column::Flat(left), Column::Const(b)) => left.iter().map(|a| f(*a, b)).collect(),
        (Column::Const(a), Column::Flat(right)) => right.iter().map(|b| f(a, *b)).collect(),
        (Column::Const(a), Column::Const(b)) => alloc::vec![f(a, b); rows],
    };
    Ok(R::vector(values).with_nulls(joined_nulls(args)))
}

/// A function of one column that may fail.
pub fn try_map1<A: Native, R: Native>(
    args: &[Rc<Vector>],
    rows: usize,
    f: impl Fn(A) -> Result<R>,
) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(R::PHYS, rows));
    }
    let column = view::<A>(argument(args, 0)?)?;
    let nulls = joined_nulls(args);
    let mut values = Vec::with_capacity(rows);
    match &nulls {
        None => {
            for row in 0..rows {
                values.push(f(column.get(row))?);
            }
        }
        Some(nulls) => {
            for row in 0..rows {
                values.push(if nulls.get(row) {
                    R::default()
                } else {
                    f(column.get(row))?
                });
            }
        }
    }
    Ok(R::vector(values).with_nulls(nulls))
}

/// A function of two columns that may fail.
pub fn try_map2<A: Native, B: Native, R: Native>(
    args: &[Rc<Vector>],
    rows: usize,
    f: impl Fn(A, B) -> Result<R>,
) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(R::PHYS, rows));
    }
    let (left, right) = (
        view::<A>(argument(args, 0)?)?,
        view::<B>(argument(args, 1)?)?,
    );
    let nulls = joined_nulls(args);
    let mut values = Vec::with_capacity(rows);
    match &nulls {
        None => {
            for row in 0..rows {
                values.push(f(left.get(row), right.get(row))?);
            }
        }
        Some(nulls) => {
            for row in 0..rows {
                let value = if nulls.get(row) {
                    R::default()
                } else {
                    f(left.get(row), right.get(row))?
                };
                values.push(value);
            }
        }
    }
    Ok(R::vector(values).with_nulls(nulls))
}

/// Row by row through datums: what cold functions are run by.
pub fn by_row(
    args: &[Rc<Vector>],
    rows: usize,
    ret: Phys,
    strict: bool,
    mut f: impl FnMut(&[Datum]) -> Result<Datum>,
) -> Result<Vector> {
    if strict && any_const_null(args) {
        return Ok(Vector::all_null(ret, rows));
    }
    let mut builder = VectorBuilder::with_capacity(ret, rows);
    let mut row_args: Vec<Datum> = alloc::vec![Datum::Null; args.len()];
    for row in 0..rows {
        let mut null = false;
        for (place, vector) in row_args.iter_mut().zip(args) {
            *place = vector.datum(row);
            null |= place.is_null();
        }
        if strict && null {
            builder.push_null();
        } else {
            builder.push_datum(&f(&row_args)?)?;
        }
    }
    Ok(builder.finish())
}
