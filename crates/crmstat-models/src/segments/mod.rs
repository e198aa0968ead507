//! What kinds of customers are there? k-means, its preparation, its choice of k and its profiles.
//!
//! | step | type |
//! |---|---|
//! | make features comparable | [`Preparation`] of [`Column`]s: numbers and categories |
//! | how many clusters, if any? | [`ChooseK`] |
//! | which? | [`KMeans`]; [`MiniBatch`] for more rows than memory holds |
//! | what are they? | [`profiles`] |
//! | how good? | [`silhouette`], [`calinski_harabasz`], [`davies_bouldin`], [`adjusted_rand`] |
//! | are they still? who moved? | [`Baseline`], [`movement`], [`population_stability`] |
//!
//! With the feature `gmm` there is `Mixture`, a mixture of Gaussians; with the feature `linfa`,
//! [`KMeansValidParams`] and [`KMeans`] have linfa's `Fit` and `Predict`.
//!
//! # How k-means is fast and yet exact
//!
//! `screen` compares rows with centres in `f32` vectors and bounds its own error; what it cannot decide
//! goes to `distance`, the one `f64` arithmetic that defines every label. `lloyd` remembers by how much
//! each label is certain and skips rows that the centres' moves cannot have changed. `exact` sums
//! integers, so that rows may come in any order, on any number of threads, and a row that moves can be
//! taken out of a sum as exactly as it went in. `order` draws at random from an order that depends on the
//! rows' content alone.
//!
//! ```
//! use crmstat_models::matrix::Matrix;
//! use crmstat_models::segments::{ChooseK, Column, KMeans, Preparation, profiles};
//!
//! // 60 customers: 40 small, 20 large.
//! let spend: Vec<f64> = (0..60).map(|i| f64::from(if i < 40 { 10 + i % 7 } else { 900 + i })).collect();
//! let known: Vec<_> = spend.iter().copied().map(Some).collect();
//! let columns = [Column::Numeric(&known)];
//!
//! let preparation = Preparation::params().check()?.fit(&columns)?;
//! let rows = preparation.apply(&columns)?;
//! let matrix = Matrix::new(&rows, preparation.width())?;
//! let k = ChooseK::params().check()?.choose(matrix)?.k.unwrap_or(1);
//! assert_eq!(k, 2);
//! let fitted = KMeans::params(k).check()?.fit(matrix)?;
//! // The cluster of the greatest spend becomes cluster 0.
//! let (model, _) = fitted.model.sorted_by(fitted.model.centres())?;
//! let found = profiles(&preparation, &model, &columns, &spend, 3)?;
//! assert_eq!((found[0].customers, found[1].customers), (20, 40));
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod cells;
mod choice;
mod distance;
mod drift;
mod exact;
mod kmeans;
#[cfg(feature = "linfa")]
mod linfa;
mod lloyd;
mod mini_batch;
#[cfg(feature = "gmm")]
mod mixture;
mod nulls;
mod order;
mod params;
mod preparation;
mod profile;
mod quality;
mod screen;
mod seeding;
mod vector;

pub use choice::{Candidate, Choice, ChooseK, ChooseKParams};
pub use drift::{Baseline, Drift, Movement, movement, population_stability};
pub use kmeans::{Assignment, Clustering, KMeans};
#[cfg(feature = "linfa")]
pub use linfa::LinfaError;
pub use mini_batch::MiniBatch;
#[cfg(feature = "gmm")]
pub use mixture::{Mixture, MixtureParams, MixtureValidParams};
pub use params::{KMeansParams, KMeansValidParams};
pub use preparation::{
    Column, Original, Preparation, PreparationParams, PreparationValidParams, Scaling, Transform,
};
pub use profile::{FeatureProfile, Profile, profiles};
pub use quality::{Silhouette, adjusted_rand, calinski_harabasz, davies_bouldin, silhouette};
