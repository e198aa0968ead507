//! Probabilities of churn: logistic regression, boosted trees, calibration and evaluation.
