//! What do models of uplift make of a campaign?
//!
//! Reads `FEATURES` (row-major), `RESPONSES` and `TREATED` (0 or 1) and the features of `OTHERS`, all raw little-endian
//! `f64`, fits every method and the one chosen on held-out rows, and writes the uplift of the others to `OUT.0` to
//! `OUT.3`. Prints the place of the chosen method. `benches/compare/uplift.py` runs it beside scikit-uplift.
//!
//! `uplift_fit FEATURES RESPONSES TREATED WIDTH OTHERS OUT`

mod raw;

use raw::read;
use std::error::Error;

use crmstat_models::{
    churn::Rows,
    uplift::{Method, Trial, choose},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [features, responses, treated, width, others, out] = arguments.as_slice() else {
        return Err("usage: uplift_fit FEATURES RESPONSES TREATED WIDTH OTHERS OUT".into());
    };
    let width = width.parse()?;
    let (values, others) = (read(features)?, read(others)?);
    let labels = |path: &str| -> Result<Vec<bool>, Box<dyn Error>> {
        Ok(read(path)?.into_iter().map(|label| label > 0.5).collect())
    };
    let (responded, treated) = (labels(responses)?, labels(treated)?);
    let rows = Rows::new(&values, width)?;
    let trial = Trial::new(&responded, &treated)?;
    for (place, method) in Method::ALL.into_iter().enumerate() {
        let model = method.fit(rows, trial, None, 1)?;
        let found = model.predictions(Rows::new(&others, width)?)?;
        let bytes: Vec<u8> = found.iter().flat_map(|own| own.to_le_bytes()).collect();
        std::fs::write(format!("{out}.{place}"), bytes)?;
    }
    let (chosen, _) = choose(rows, trial, None, 1)?;
    println!("{}", Method::ALL.iter().position(|own| *own == chosen).unwrap_or_default());
    Ok(())
}
