//! Clusters of customers: k-means, its preparation, its choice of k and its profiles.

mod distance;
mod exact;
mod kmeans;
mod lloyd;
mod order;
mod params;
mod screen;
mod seeding;
mod vector;

pub use kmeans::{Assignment, Clustering, KMeans};
pub use params::{KMeansParams, KMeansValidParams};
