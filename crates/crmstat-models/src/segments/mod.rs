//! Clusters of customers: k-means, its preparation, its choice of k and its profiles.
