//! Optimisers of smooth and of plain functions, without hidden penalties.

pub mod lbfgs;
