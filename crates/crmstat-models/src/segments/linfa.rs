//! linfa's `Fit` and `Predict` for [`KMeans`]; the feature `linfa`.

use super::kmeans::KMeans;
use super::params::KMeansValidParams;
use crate::Error;
use crate::matrix::Matrix;
use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, Data, Ix2};
use std::fmt;

/// Why a fit through linfa's trait failed: our error, or one of linfa's own.
///
/// linfa asks that its error converts into the model's; this type keeps that conversion out of
/// [`Error`].
#[derive(Debug)]
pub enum LinfaError {
    /// The fit failed.
    Model(Error),
    /// linfa refused the data set.
    Dataset(linfa::Error),
}

impl fmt::Display for LinfaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => error.fmt(f),
            Self::Dataset(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LinfaError {}

impl From<linfa::Error> for LinfaError {
    fn from(error: linfa::Error) -> Self {
        Self::Dataset(error)
    }
}

impl From<Error> for LinfaError {
    fn from(error: Error) -> Self {
        Self::Model(error)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, LinfaError> for KMeansValidParams {
    type Object = KMeans;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans, LinfaError> {
        let rows = dataset.records().as_standard_layout();
        let values = rows.as_slice().unwrap_or_default();
        let matrix = Matrix::new(values, rows.ncols())?;
        let fitted = match dataset.weights() {
            None => self.fit(matrix)?,
            Some(weights) => {
                let weights: Vec<f64> = weights.iter().copied().map(f64::from).collect();
                self.fit_weighted(matrix, &weights)?
            }
        };
        Ok(fitted.model)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    /// # Panics
    /// When the rows have other columns than the model or hold a number that is not finite: linfa's
    /// signature has no error. [`KMeans::assign`] has.
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, clusters: &mut Array1<usize>) {
        let rows = rows.as_standard_layout();
        let assigned = rows
            .as_slice()
            .ok_or_else(|| Error::data("the rows are not contiguous"))
            .and_then(|values| Matrix::new(values, rows.ncols()))
            .and_then(|matrix| self.assign(matrix));
        match assigned {
            Ok(assigned) => {
                *clusters = assigned.iter().map(|found| found.cluster as usize).collect();
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(rows.nrows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa::traits::Predict;
    use ndarray::array;

    #[test]
    fn a_fit_through_linfa_is_the_fit() {
        let rows = array![[0.0, 0.0], [1.0, 0.0], [9.0, 9.0], [9.0, 8.0]];
        let params = KMeans::params(2).check().unwrap();
        let model = Fit::fit(&params, &DatasetBase::from(rows.clone())).unwrap();
        let values: Vec<f64> = rows.iter().copied().collect();
        let ours = params.fit(Matrix::new(&values, 2).unwrap()).unwrap();
        assert_eq!(model, ours.model);
        let labels: Array1<usize> = model.predict(&rows);
        assert!(labels.iter().zip(&ours.labels).all(|(a, b)| *a == *b as usize));
        let broken = Fit::fit(&params, &DatasetBase::from(array![[f64::NAN]]));
        assert!(matches!(broken, Err(LinfaError::Model(_))));
    }
}
