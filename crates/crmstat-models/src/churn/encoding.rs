//! From columns of numbers and categories to the table of numbers a model takes.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Rows encoded by one thread at a time.
const CHUNK: usize = 8192;

/// A column as it comes.
#[derive(Clone, Copy, Debug)]
pub enum RawColumn<'a> {
    /// Numbers; a missing one is a NaN.
    Number(&'a [f64]),
    /// Categories; a missing one is `None`.
    Category(&'a [Option<&'a str>]),
}

impl RawColumn<'_> {
    /// Whether the value of a row is missing.
    pub(super) fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Number(values) => values[row].is_nan(),
            Self::Category(values) => values[row].is_none(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Category(values) => values.len(),
        }
    }
}

/// What a column of the encoded table says about the raw column `source`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// The raw column.
    pub source: usize,
    /// What it says.
    pub meaning: Meaning,
}

/// The meaning of an encoded column; all but the first are 1 for yes and 0 for no.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Meaning {
    /// The number itself.
    Value,
    /// The value is missing.
    Missing,
    /// The category is this one.
    Level(String),
    /// The category is one of the rare ones, or was never seen.
    Rare,
    /// The number of the category among all levels, for [`super::Boosting`]; the rare ones and those never
    /// seen have the number behind the last.
    Code,
}

/// The choices for an [`Encoder`], made by [`Encoder::params`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncoderParams {
    least_rows: usize,
    reference: bool,
    keep_missing: bool,
    codes: bool,
}

impl Default for EncoderParams {
    fn default() -> Self {
        Self { least_rows: 20, reference: true, keep_missing: false, codes: false }
    }
}

impl EncoderParams {
    /// The rows that a category needs to stand for itself; rarer ones are pooled, and their names are
    /// not kept. By default 20.
    #[must_use]
    pub fn least_rows(self, least_rows: usize) -> Self {
        Self { least_rows, ..self }
    }

    /// Whether the most frequent category is left out, as the one the others are compared with; by
    /// default it is. Without a penalty it must be.
    #[must_use]
    pub fn reference(self, reference: bool) -> Self {
        Self { reference, ..self }
    }

    /// Whether a missing number stays a NaN, for [`super::Boosting`]; by default it becomes the median
    /// and a flag says so.
    #[must_use]
    pub fn keep_missing(self, keep_missing: bool) -> Self {
        Self { keep_missing, ..self }
    }

    /// Whether a category becomes one column of its levels' numbers, a missing one a NaN, for
    /// [`super::Boosting`]; by default each level has a column of its own.
    #[must_use]
    pub fn codes(self, codes: bool) -> Self {
        Self { codes, ..self }
    }

    /// Learns the encoding from the columns of the training rows.
    ///
    /// # Errors
    /// When there is no column or no row, the columns differ in length, or a number is infinite.
    pub fn fit(self, columns: &[RawColumn<'_>]) -> Result<Encoder> {
        let rows = rows_of(columns)?;
        if rows == 0 {
            return Err(Error::data("there is no row to learn the encoding from"));
        }
        let codes = columns.iter().enumerate().map(|(source, column)| match column {
            RawColumn::Number(values) => number_code(source, values, self.keep_missing),
            RawColumn::Category(values) => Ok(category_code(values, self)),
        });
        Ok(Encoder { codes: codes.collect::<Result<_>>()? })
    }
}

/// How is each column said in numbers?
///
/// # Formula
/// A number stays itself; a missing one becomes the training median, with a flag where the training rows
/// had missing ones. A category becomes one column of 0 and 1 per level; rare and unseen levels share
/// one.
///
/// # Assumptions
/// A category's levels have no order.
///
/// # When not to use
/// On a category with a level per customer: every level is rare, and nothing is left.
///
/// # Units and shapes
/// Columns in; a row-major table out, whose columns [`Encoder::features`] explains.
///
/// # Errors
/// Columns of another number, kind or length, infinite numbers.
///
/// # Examples
/// ```
/// use crmstat_models::churn::{Encoder, RawColumn};
///
/// let orders = [3.0, f64::NAN, 1.0];
/// let region = [Some("north"), Some("south"), None];
/// let columns = [RawColumn::Number(&orders), RawColumn::Category(&region)];
/// let encoder = Encoder::params().least_rows(1).fit(&columns)?;
/// // Orders, whether they are missing, south (north is the reference), whether the region is missing.
/// assert_eq!(encoder.encode(&columns)?, [
///     3.0, 0.0, 0.0, 0.0,
///     2.0, 1.0, 1.0, 0.0,
///     1.0, 0.0, 0.0, 1.0,
/// ]);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    codes: Vec<Code>,
}

/// How one column is encoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Code {
    Number {
        /// What a missing value becomes; `None` keeps it missing.
        fill: Option<f64>,
        missing: bool,
    },
    Category {
        /// The level that has no column, if any.
        reference: Option<String>,
        levels: Vec<String>,
        rare: bool,
        missing: bool,
    },
    /// A category by number.
    Codes {
        levels: Vec<String>,
        /// Whether levels were rare: one that was never seen is one of them, else it is missing.
        rare: bool,
    },
}

/// The most levels that have a number of their own: trees take codes of a byte.
const MOST_LEVELS: usize = 253;

fn number_code(source: usize, values: &[f64], keep_missing: bool) -> Result<Code> {
    require_finite_or_missing(source, values)?;
    let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    if keep_missing {
        return Ok(Code::Number { fill: None, missing: false });
    }
    let missing = present.len() < values.len();
    present.sort_by(f64::total_cmp);
    let median = match present.len() {
        // Nothing is known of the column: any constant will do, and the model will see one.
        0 => 0.0,
        count => 0.5 * present[(count - 1) / 2] + 0.5 * present[count / 2],
    };
    Ok(Code::Number { fill: Some(median), missing })
}

fn category_code(values: &[Option<&str>], params: EncoderParams) -> Code {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for level in values.iter().flatten() {
        *counts.entry(level).or_default() += 1;
    }
    let mut levels: Vec<(&str, usize)> =
        counts.iter().map(|(level, count)| (*level, *count)).collect();
    // Most frequent first; equals by name, which is their order already.
    levels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let kept = levels.partition_point(|(_, count)| *count >= params.least_rows.max(1));
    if params.codes {
        let kept = kept.min(MOST_LEVELS);
        let rare = kept < levels.len();
        let levels = levels[..kept].iter().map(|(level, _)| (*level).to_owned()).collect();
        return Code::Codes { levels, rare };
    }
    let rare = kept < levels.len();
    let mut levels: Vec<String> =
        levels[..kept].iter().map(|(level, _)| (*level).to_owned()).collect();
    let reference = (params.reference && !levels.is_empty()).then(|| levels.remove(0));
    Code::Category { reference, levels, rare, missing: values.contains(&None) }
}

impl Encoder {
    /// The choices, at their defaults.
    pub fn params() -> EncoderParams {
        EncoderParams::default()
    }

    /// The columns of the encoded table, in order.
    pub fn features(&self) -> Vec<Feature> {
        let mut features = Vec::new();
        for (source, code) in self.codes.iter().enumerate() {
            let mut add = |meaning| features.push(Feature { source, meaning });
            match code {
                Code::Number { missing, .. } => {
                    add(Meaning::Value);
                    if *missing {
                        add(Meaning::Missing);
                    }
                }
                Code::Category { levels, rare, missing, .. } => {
                    for level in levels {
                        add(Meaning::Level(level.clone()));
                    }
                    if *rare {
                        add(Meaning::Rare);
                    }
                    if *missing {
                        add(Meaning::Missing);
                    }
                }
                Code::Codes { .. } => add(Meaning::Code),
            }
        }
        features
    }

    /// The share of the rows of each category that have a value which is none of its levels: one that was rare
    /// or was never seen. `None` for numbers, and where every value is missing.
    ///
    /// # Errors
    /// When there is another number of columns, or one is of another length.
    pub fn unknown_shares(&self, columns: &[RawColumn<'_>]) -> Result<Vec<Option<f64>>> {
        self.require_columns(columns)?;
        rows_of(columns)?;
        let share = |(code, column): (&Code, &RawColumn<'_>)| {
            let RawColumn::Category(values) = column else { return None };
            let known = |value: &str| match code {
                Code::Number { .. } => true,
                Code::Category { reference, levels, .. } => {
                    reference.as_deref() == Some(value) || levels.iter().any(|level| level == value)
                }
                Code::Codes { levels, .. } => levels.iter().any(|level| level == value),
            };
            let filled = values.iter().flatten().count();
            let unknown = values.iter().flatten().filter(|value| !known(value)).count();
            (filled > 0).then(|| unknown as f64 / filled as f64)
        };
        Ok(self.codes.iter().zip(columns).map(share).collect())
    }

    /// The levels of a category that the model knows by name; none for a number.
    pub fn levels(&self, column: usize) -> Vec<&str> {
        match self.codes.get(column) {
            Some(Code::Category { reference, levels, .. }) => {
                reference.iter().chain(levels).map(String::as_str).collect()
            }
            Some(Code::Codes { levels, .. }) => levels.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    fn require_columns(&self, columns: &[RawColumn<'_>]) -> Result<()> {
        if columns.len() == self.codes.len() {
            return Ok(());
        }
        Err(Error::data(format!(
            "the encoder has {} columns, the table has {}",
            self.codes.len(),
            columns.len()
        )))
    }

    /// The number of columns of the encoded table.
    pub fn width(&self) -> usize {
        self.codes.iter().map(Code::width).sum()
    }

    /// The row-major table of the columns.
    ///
    /// # Errors
    /// When there is another number of columns, one is of another kind or length, or a number is
    /// infinite.
    pub fn encode(&self, columns: &[RawColumn<'_>]) -> Result<Vec<f64>> {
        self.require_columns(columns)?;
        let rows = rows_of(columns)?;
        for (source, (code, column)) in self.codes.iter().zip(columns).enumerate() {
            match (code, column) {
                (Code::Number { .. }, RawColumn::Number(values)) => {
                    require_finite_or_missing(source, values)?;
                }
                (Code::Category { .. } | Code::Codes { .. }, RawColumn::Category(_)) => (),
                (Code::Number { .. }, RawColumn::Category(_)) => {
                    return Err(Error::data(format!("column {source} was learned as numbers")));
                }
                (Code::Category { .. } | Code::Codes { .. }, RawColumn::Number(_)) => {
                    return Err(Error::data(format!("column {source} was learned as categories")));
                }
            }
        }
        let width = self.width();
        let mut table = vec![0.0; rows * width];
        if width == 0 {
            return Ok(table);
        }
        let write = |first: usize, cells: &mut [f64]| {
            for (place, mut cells) in cells.chunks_exact_mut(width).enumerate() {
                for (code, column) in self.codes.iter().zip(columns) {
                    cells = code.write(column, first + place, cells);
                }
            }
        };
        if rows <= CHUNK {
            write(0, &mut table);
        } else {
            let chunks = table.par_chunks_mut(CHUNK * width).enumerate();
            chunks.for_each(|(chunk, cells)| write(chunk * CHUNK, cells));
        }
        Ok(table)
    }
}

impl Code {
    /// The number of columns that it is said in.
    fn width(&self) -> usize {
        match self {
            Self::Number { missing, .. } => 1 + usize::from(*missing),
            Self::Category { levels, rare, missing, .. } => {
                levels.len() + usize::from(*rare) + usize::from(*missing)
            }
            Self::Codes { .. } => 1,
        }
    }

    /// Writes what the encoding says of one row to the first of `cells`, which are zero; returns the rest.
    fn write<'c>(&self, column: &RawColumn<'_>, row: usize, cells: &'c mut [f64]) -> &'c mut [f64] {
        let mut place = 0;
        let mut next = |value: f64| {
            cells[place] = value;
            place += 1;
        };
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        match (self, column) {
            (Self::Number { fill, missing }, RawColumn::Number(values)) => {
                let value = values[row];
                next(if value.is_nan() { fill.unwrap_or(value) } else { value });
                if *missing {
                    next(flag(value.is_nan()));
                }
            }
            (Self::Category { reference, levels, rare, missing }, RawColumn::Category(values)) => {
                let value = values[row];
                let mut known = value.is_none() || value == reference.as_deref();
                for level in levels {
                    let is_level = value == Some(level.as_str());
                    known |= is_level;
                    next(flag(is_level));
                }
                if *rare {
                    next(flag(!known));
                }
                if *missing {
                    next(flag(value.is_none()));
                }
            }
            (Self::Codes { levels, rare }, RawColumn::Category(values)) => {
                let unknown = if *rare { levels.len() as f64 } else { f64::NAN };
                next(values[row].map_or(f64::NAN, |value| {
                    let known = levels.iter().position(|level| level == value);
                    known.map_or(unknown, |code| code as f64)
                }));
            }
            // `encode` has refused columns of another kind.
            _ => (),
        }
        &mut cells[place..]
    }
}

fn rows_of(columns: &[RawColumn<'_>]) -> Result<usize> {
    let Some(first) = columns.first() else {
        return Err(Error::data("there is no column to encode"));
    };
    match columns.iter().position(|column| column.len() != first.len()) {
        None => Ok(first.len()),
        Some(index) => Err(Error::data(format!(
            "column 0 has {} rows, column {index} has {}",
            first.len(),
            columns[index].len()
        ))),
    }
}

fn require_finite_or_missing(source: usize, values: &[f64]) -> Result<()> {
    match values.iter().position(|value| value.is_infinite()) {
        None => Ok(()),
        Some(row) => Err(Error::data(format!("column {source} of row {row} is {}", values[row]))
            .with_hint("a missing value is a NaN")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoder, Meaning, RawColumn};

    const REGIONS: [Option<&str>; 6] =
        [Some("b"), Some("a"), Some("b"), Some("a"), Some("c"), Some("a")];

    #[test]
    fn rare_and_unseen_levels_are_pooled_and_not_named() {
        let encoder =
            Encoder::params().least_rows(2).fit(&[RawColumn::Category(&REGIONS)]).unwrap();
        let meanings: Vec<Meaning> =
            encoder.features().into_iter().map(|feature| feature.meaning).collect();
        assert_eq!(meanings, [Meaning::Level("b".to_owned()), Meaning::Rare]);
        assert_eq!(encoder.width(), 2);
        let new = [Some("a"), Some("b"), Some("c"), Some("never seen"), None];
        let table = encoder.encode(&[RawColumn::Category(&new)]).unwrap();
        assert_eq!(table, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        assert!(!serde_json::to_string(&encoder).unwrap().contains("\"c\""));
    }

    #[test]
    fn every_level_has_a_column_where_there_is_no_reference() {
        let params = Encoder::params().least_rows(1).reference(false);
        let encoder = params.fit(&[RawColumn::Category(&REGIONS)]).unwrap();
        let table = encoder.encode(&[RawColumn::Category(&REGIONS[..2])]).unwrap();
        assert_eq!(table, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn levels_are_numbered_for_trees_and_strangers_told() {
        let columns = [RawColumn::Category(&REGIONS)];
        let encoder = Encoder::params().least_rows(2).codes(true).fit(&columns).unwrap();
        assert_eq!(encoder.features()[0].meaning, Meaning::Code);
        assert_eq!(encoder.encode(&columns).unwrap(), [1.0, 0.0, 1.0, 0.0, 2.0, 0.0]);
        let shares = |values: &[Option<&str>]| {
            encoder.unknown_shares(&[RawColumn::Category(values)]).unwrap()
        };
        assert_eq!(shares(&[Some("x"), None, Some("a"), Some("y"), Some("b")]), [Some(0.5)]);
        assert_eq!(shares(&[None]), [None]);
        // Where no level was rare, one never seen is missing.
        let all = Encoder::params().least_rows(1).codes(true).fit(&columns).unwrap();
        assert!(all.encode(&[RawColumn::Category(&[Some("x")])]).unwrap()[0].is_nan());
        assert!(encoder.unknown_shares(&[]).unwrap_err().is_data());
    }

    #[test]
    fn missing_numbers_are_filled_and_flagged_or_kept() {
        let values = [1.0, f64::NAN, 3.0, 10.0];
        let columns = [RawColumn::Number(&values)];
        let table = Encoder::params().fit(&columns).unwrap().encode(&columns).unwrap();
        assert_eq!(table, [1.0, 0.0, 3.0, 1.0, 3.0, 0.0, 10.0, 0.0]);
        let kept = Encoder::params().keep_missing(true).fit(&columns).unwrap();
        let table = kept.encode(&columns).unwrap();
        assert!(table.len() == 4 && table[1].is_nan());
        let nothing = [f64::NAN; 2];
        let columns = [RawColumn::Number(&nothing)];
        let table = Encoder::params().fit(&columns).unwrap().encode(&columns).unwrap();
        assert_eq!(table, [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn other_columns_than_learned_are_refused() {
        let numbers = [1.0, 2.0];
        let encoder = Encoder::params().fit(&[RawColumn::Number(&numbers)]).unwrap();
        assert!(encoder.encode(&[]).unwrap_err().is_data());
        assert!(encoder.encode(&[RawColumn::Category(&REGIONS)]).unwrap_err().is_data());
        assert!(encoder.encode(&[RawColumn::Number(&[f64::INFINITY])]).unwrap_err().is_data());
        assert!(Encoder::params().fit(&[]).unwrap_err().is_data());
        assert!(Encoder::params().fit(&[RawColumn::Number(&[])]).unwrap_err().is_data());
        let uneven = [RawColumn::Number(&numbers), RawColumn::Category(&REGIONS)];
        assert!(Encoder::params().fit(&uneven).unwrap_err().to_string().contains("column 1"));
    }
}
