//! How fast is a logistic regression on a table of a given size?
//!
//! Reads `FEATURES` (row-major) and `LABELS` (0 or 1), both raw little-endian `f64`, fits an L2 penalty
//! of strength 1 and prints one line of JSON: the objective, the seconds of the fit and of scoring.
//! `benches/compare/logistic.py` runs it beside scikit-learn.
//!
//! `cargo run --release -p crmstat-models --example logistic_fit -- FEATURES LABELS WIDTH [SOLVER]`

mod raw;

use raw::read;
use std::error::Error;
use std::time::Instant;

use crmstat_models::churn::{Logistic, Penalty, Rows, Sample, Solver};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [features, labels, width, rest @ ..] = arguments.as_slice() else {
        return Err("usage: logistic_fit FEATURES LABELS WIDTH [auto|newton|lbfgs]".into());
    };
    let solver = match rest.first().map(String::as_str) {
        None | Some("auto") => Solver::Auto,
        Some("newton") => Solver::Newton,
        Some("lbfgs") => Solver::Lbfgs,
        Some(other) => return Err(format!("unknown solver `{other}`").into()),
    };
    let values = read(features)?;
    let labels: Vec<bool> = read(labels)?.into_iter().map(|label| label > 0.5).collect();
    let rows = Rows::new(&values, width.parse()?)?;
    let params = Logistic::params().penalty(Penalty::L2 { strength: 1.0 }).solver(solver);

    let start = Instant::now();
    let model = params.fit(Sample::new(rows, &labels)?)?;
    let fit_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let probabilities = model.probabilities(rows)?;
    let score_seconds = start.elapsed().as_secs_f64();

    let diagnostics = model.diagnostics();
    println!(
        "{{\"objective\": {:.17e}, \"fit_seconds\": {fit_seconds}, \"score_seconds\": {score_seconds}, \
         \"rows\": {}, \"solver\": \"{:?}\", \"iterations\": {}, \"evaluations\": {}, \
         \"converged\": {}, \"mean_probability\": {}}}",
        diagnostics.objective,
        diagnostics.rows,
        diagnostics.solver,
        diagnostics.iterations,
        diagnostics.evaluations,
        diagnostics.converged,
        probabilities.iter().sum::<f64>() / probabilities.len() as f64,
    );
    Ok(())
}
