//! Churn on the Telco contracts and on Online Retail II.
//!
//! Figures: `shared/reference/reference_values.json` (statsmodels, scikit-learn, `LightGBM`), and the
//! penalised objectives of scikit-learn 1.9.1 at a tolerance of 1e-10, computed for these tests.

mod folds;
mod retail;
mod telco;
