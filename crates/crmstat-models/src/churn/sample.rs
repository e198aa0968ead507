//! The data a model learns from: a row-major table with a label, and maybe a weight, per row.

use crate::{Error, Result};

/// A borrowed row-major table: the values of the first row, then of the second, and so on.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    values: &'a [f64],
    width: usize,
}

impl<'a> Rows<'a> {
    /// The table of `values` with `width` columns.
    ///
    /// # Errors
    /// When `width` is zero or `values` does not fill whole rows.
    pub fn new(values: &'a [f64], width: usize) -> Result<Self> {
        if width == 0 {
            return Err(Error::data("a table needs at least one column"));
        }
        if !values.len().is_multiple_of(width) {
            return Err(Error::data(format!(
                "{} values do not fill rows of {width} columns",
                values.len()
            )));
        }
        Ok(Self { values, width })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The values of one row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, index: usize) -> &'a [f64] {
        &self.values[index * self.width..][..self.width]
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [f64]> + use<'a> {
        self.values.chunks_exact(self.width)
    }

    /// The values of one column, copied.
    pub fn column(&self, index: usize) -> Vec<f64> {
        self.iter().map(|row| row[index]).collect()
    }

    /// The values of a range of rows.
    pub(super) fn slice(&self, rows: std::ops::Range<usize>) -> &'a [f64] {
        &self.values[rows.start * self.width..rows.end * self.width]
    }

    /// Refuses a table whose width is not that of the model.
    pub(super) fn require_width(&self, width: usize) -> Result<()> {
        if self.width == width {
            return Ok(());
        }
        Err(Error::data(format!("the model has {width} features, the table has {}", self.width)))
    }
}

/// Rows with their labels (`true`: churned) and optional weights.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    rows: Rows<'a>,
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
}

impl<'a> Sample<'a> {
    /// Pairs each row with its label.
    ///
    /// # Errors
    /// When there is no row or not one label per row.
    pub fn new(rows: Rows<'a>, labels: &'a [bool]) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::data("there is no row to learn from"));
        }
        if rows.len() != labels.len() {
            return Err(Error::data(format!("{} rows but {} labels", rows.len(), labels.len())));
        }
        Ok(Self { rows, labels, weights: None })
    }

    /// Gives each row a weight: a row of weight 2 counts as two rows, one of weight 0 as none.
    ///
    /// # Errors
    /// When there is not one weight per row, or a weight is negative or not finite.
    pub fn weighted(self, weights: &'a [f64]) -> Result<Self> {
        if weights.len() != self.labels.len() {
            return Err(Error::data(format!(
                "{} rows but {} weights",
                self.labels.len(),
                weights.len()
            )));
        }
        if let Some(row) = weights.iter().position(|weight| !(*weight >= 0.0 && weight.is_finite()))
        {
            return Err(Error::data(format!("the weight of row {row} is {}", weights[row]))
                .with_hint("weights are finite and not negative"));
        }
        Ok(Self { weights: Some(weights), ..self })
    }

    /// The table.
    pub fn rows(&self) -> Rows<'a> {
        self.rows
    }

    /// The labels.
    pub fn labels(&self) -> &'a [bool] {
        self.labels
    }

    /// The weights, if given.
    pub fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    /// The weight of one row.
    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The weight of the rows labelled `false` and of those labelled `true`.
    ///
    /// # Errors
    /// When one of them is zero: one class cannot be told from another that is not there.
    pub(super) fn class_weights(&self) -> Result<[f64; 2]> {
        let total = |wanted: bool| {
            let rows = (0..self.labels.len()).filter(|row| self.labels[*row] == wanted);
            crate::sum::compensated(rows.map(|row| self.weight(row)))
        };
        let totals = [total(false), total(true)];
        if totals[1] <= 0.0 {
            return Err(Error::data("no row is labelled as churned")
                .with_hint("take a longer horizon or more cutoffs"));
        }
        if totals[0] <= 0.0 {
            return Err(Error::data("every row is labelled as churned")
                .with_hint("take a longer horizon or an earlier cutoff"));
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, Sample};

    #[test]
    fn rows_must_be_whole_and_labelled() {
        assert!(Rows::new(&[1.0, 2.0, 3.0], 2).unwrap_err().is_data());
        assert!(Rows::new(&[], 0).unwrap_err().is_data());
        let rows = Rows::new(&[1.0, 2.0, 3.0, 4.0], 2).unwrap();
        assert_eq!((rows.len(), rows.row(1), rows.column(1)), (2, &[3.0, 4.0][..], vec![2.0, 4.0]));
        assert!(Sample::new(rows, &[true]).is_err());
        assert!(Sample::new(Rows::new(&[], 1).unwrap(), &[]).is_err());
    }

    #[test]
    fn weights_must_be_finite_and_leave_both_classes() {
        let rows = Rows::new(&[1.0, 2.0], 1).unwrap();
        let sample = Sample::new(rows, &[true, false]).unwrap();
        assert!(sample.weighted(&[1.0]).is_err());
        assert!(sample.weighted(&[1.0, f64::NAN]).is_err());
        assert!(sample.weighted(&[1.0, -1.0]).is_err());
        let one_class = sample.weighted(&[1.0, 0.0]).unwrap();
        assert!(one_class.class_weights().unwrap_err().to_string().contains("every row"));
    }
}
