//! Clusters of customers: k-means, its preparation, its choice of k and its profiles.

mod choice;
mod distance;
mod exact;
mod kmeans;
mod lloyd;
mod order;
mod params;
mod principal;
mod quality;
mod screen;
mod seeding;
mod vector;

pub use choice::{Candidate, Choice, ChooseK, ChooseKParams};
pub use kmeans::{Assignment, Clustering, KMeans};
pub use params::{KMeansParams, KMeansValidParams};
pub use quality::{Silhouette, adjusted_rand, calinski_harabasz, davies_bouldin, silhouette};
