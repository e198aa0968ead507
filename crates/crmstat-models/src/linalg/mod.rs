//! Small dense linear algebra: what the models need of it.
