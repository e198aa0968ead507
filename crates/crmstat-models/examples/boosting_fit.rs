//! What do boosted trees make of a table, and at what cost?
//!
//! Reads `FEATURES` (row-major; a category as a code, a missing value as a NaN), `LABELS` (0 or 1) and the
//! features of `OTHERS`, all raw little-endian `f64`; `CATEGORIES` is a list of columns, such as `3,7`, or
//! `-`. Fits with `PARTS` parts held out in turn, writes the probabilities of the others to `OUT` and prints
//! the processor seconds of the fit and the number of trees. `benches/compare/boosting.py` runs it beside
//! `LightGBM` and `CatBoost`.
//!
//! `boosting_fit FEATURES LABELS WIDTH CATEGORIES PARTS OTHERS OUT`

mod raw;

use raw::read;
use std::error::Error;

use crmstat_models::churn::{Boosting, Rows, Sample};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [features, labels, width, categories, parts, others, out] = arguments.as_slice() else {
        return Err("usage: boosting_fit FEATURES LABELS WIDTH CATEGORIES PARTS OTHERS OUT".into());
    };
    let width = width.parse()?;
    let values = read(features)?;
    let labels: Vec<bool> = read(labels)?.into_iter().map(|label| label > 0.5).collect();
    let others = read(others)?;
    let categories = match categories.as_str() {
        "-" => Vec::new(),
        list => list.split(',').map(str::parse).collect::<Result<_, _>>()?,
    };
    // Each label in turn over all parts; the caller has put the rows in no order.
    let parts: usize = parts.parse()?;
    let mut next = [0; 2];
    let part = |label: &bool| {
        let next = &mut next[usize::from(*label)];
        *next += 1;
        *next % parts
    };
    let parts: Vec<usize> = labels.iter().map(part).collect();
    let sample = Sample::new(Rows::new(&values, width)?, &labels)?;

    let before = processor_seconds()?;
    let model = Boosting::held_out().categories(categories).fit(sample, &parts)?;
    let seconds = processor_seconds()? - before;
    let probabilities = model.probabilities(Rows::new(&others, width)?)?;
    let bytes: Vec<u8> = probabilities.iter().flat_map(|own| own.to_le_bytes()).collect();
    std::fs::write(out, bytes)?;
    println!("{seconds} {}", model.trees());
    Ok(())
}

/// The processor time of all threads so far.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let of = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += of.split(' ').next().unwrap_or_default().parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}
