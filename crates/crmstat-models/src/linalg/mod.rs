//! Small dense linear algebra: what the models need of it.

pub mod cholesky;
pub mod inverse;
pub mod qr;
