//! Clusters of customers: k-means, its preparation, its choice of k and its profiles.

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
mod order;
mod params;
mod preparation;
mod principal;
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
