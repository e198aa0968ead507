//! Small dense linear algebra: what the models need of it.

pub mod qr;
