//! How long does k-means take on rows and starting centres from files?
//!
//! `kmeans_fit ROWS CENTRES COLUMNS ITERATIONS TOLERANCE REPEATS` reads raw little-endian `f64` files,
//! runs Lloyd's algorithm from the centres and prints the best time in seconds, the iterations and the
//! inertia. With `choose` after that it prints the time of choosing k from 2 to 10 too.
//! `benches/compare/kmeans.py` drives it beside scikit-learn.

mod raw;

use crmstat_models::matrix::Matrix;
use crmstat_models::segments::{ChooseK, KMeans};
use raw::read;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, centres, columns, iterations, tolerance, repeats, choose @ ..] =
        arguments.as_slice()
    else {
        return Err(
            "usage: kmeans_fit ROWS CENTRES COLUMNS ITERATIONS TOLERANCE REPEATS [choose]".into()
        );
    };
    let (rows, centres, columns) = (read(rows)?, read(centres)?, columns.parse::<usize>()?);
    let params = KMeans::params(centres.len() / columns.max(1))
        .start(centres)
        .iterations(iterations.parse()?)
        .tolerance(tolerance.parse()?)
        .check()?;
    let mut best = f64::INFINITY;
    let mut fitted = None;
    for _ in 0..repeats.parse::<usize>()? {
        let begun = Instant::now();
        let clustering = params.fit(Matrix::new(&rows, columns)?)?;
        best = best.min(begun.elapsed().as_secs_f64());
        fitted = Some(clustering.model);
    }
    let model = fitted.ok_or("REPEATS must be at least 1")?;
    println!("{best} {} {}", model.iterations(), model.inertia());
    if choose == ["choose"] {
        let begun = Instant::now();
        let choice = ChooseK::params().check()?.choose(Matrix::new(&rows, columns)?)?;
        println!("{} {:?}", begun.elapsed().as_secs_f64(), choice.k);
    }
    Ok(())
}
