//! The guard against features that carry the future.

use super::{
    frame::{Cells, Frame},
    predictor::Examples,
};
use crate::{Error, Result};
use crmstat_models::churn::{
    Rows, Sample,
    leakage::{Leak, LeakSign, find_leaks},
};

/// Refuses examples one of whose columns, of those that are `undated`, knows the label. What is made of
/// dated events cannot: it ends at the cutoff, and where customers order like clockwork the days of silence
/// do tell nearly all.
pub(super) fn refuse_leaks(examples: &Examples, undated: impl Fn(&str) -> bool) -> Result<()> {
    let frame = &examples.frame;
    for (column, (schema, cells)) in frame.columns.iter().enumerate() {
        if !undated(&schema.name) {
            continue;
        }
        let views = match cells {
            Cells::Number(values) => vec![values.clone()],
            Cells::Category { labels, codes } => views(labels.len(), codes, &examples.labels),
        };
        for values in views {
            let leaks = Rows::new(&values, 1)
                .and_then(|rows| Sample::new(rows, &examples.labels))
                .and_then(find_leaks)
                .map_err(Error::from_model)?;
            if let Some(leak) = leaks.first() {
                return Err(told(&schema.name, *leak, frame, column));
            }
        }
    }
    Ok(())
}

/// A category as numbers: whether it is there at all, and how its levels rank by their own churn.
fn views(levels: usize, codes: &[Option<u32>], labels: &[bool]) -> Vec<Vec<f64>> {
    let present = codes.iter().map(|code| code.map_or(f64::NAN, |_| 0.0)).collect();
    // A level per customer ranks everybody by chance.
    if levels * 10 > codes.len() {
        return vec![present];
    }
    let mut counts = vec![(0.0, 0.0); levels];
    for (code, label) in codes.iter().zip(labels) {
        if let Some(code) = code {
            counts[*code as usize].0 += f64::from(u8::from(*label));
            counts[*code as usize].1 += 1.0;
        }
    }
    let rate = |code: u32| {
        let (churned, rows) = counts[code as usize];
        churned / rows
    };
    vec![present, codes.iter().map(|code| code.map_or(f64::NAN, rate)).collect()]
}

fn told(name: &str, leak: Leak, frame: &Frame, column: usize) -> Error {
    let state = |churned: bool| if churned { "left" } else { "stayed" };
    let sign = match leak.sign {
        LeakSign::Ranks { auc } => {
            format!("alone it tells who leaves with an AUC of {auc:.3}, as no honest feature does")
        }
        LeakSign::FilledFor { churned, rows } => {
            format!("it is filled for {rows} customers, all of whom {}", state(churned))
        }
        LeakSign::MissingFor { churned, rows } => {
            format!("it is missing for {rows} customers, all of whom {}", state(churned))
        }
    };
    let others: Vec<&str> = (frame.columns.iter().enumerate())
        .filter(|(other, _)| *other != column)
        .map(|(_, (schema, _))| schema.name.as_str())
        .collect();
    Error::data(format!("`{name}` carries the future: {sign}")).with_hint(format!(
        "it was filled in after the customers left, or computed after the cutoff; leave it out: \
         `--features {}`",
        others.join(",")
    ))
}
