//! Frozen cut points from a file.

use crate::{Error, Result};
use crmstat_models::rfm::{Closed, Cuts};
use std::collections::BTreeMap;

/// Reads cut points: TOML with the lists `recency`, `frequency` and `monetary` and, optionally,
/// `closed = "left"` (lower ≤ value < upper) or `"right"` (lower < value ≤ upper, the default); or the
/// table that `crmstat rfm --thresholds` writes as CSV.
///
/// # Errors
/// A data error that says what is wrong.
pub fn cuts_from_text(text: &str) -> Result<Cuts> {
    if text.lines().next().is_some_and(|header| header.starts_with("metric,")) {
        return from_thresholds(text);
    }
    toml::from_str(text).map_err(|cause| {
        Error::data(format!("the cut points cannot be read: {}", cause.to_string().trim_end()))
            .with_hint(
                "write `recency = [30, 90, 180, 365]`, and so on, or use a table of `--thresholds`",
            )
    })
}

/// The upper bounds of a table of thresholds; those of the highest values are open and have none.
fn from_thresholds(text: &str) -> Result<Cuts> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| header.iter().position(|header| *header == name);
    let (Some(metric), Some(lower)) = (column("metric"), column("lower")) else {
        return Err(Error::data("a table of thresholds has the columns `metric` and `lower`"));
    };
    let mut cuts = BTreeMap::<&str, Vec<f64>>::new();
    let mut closed = Closed::Right;
    for (number, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        if column("closed").is_some_and(|at| cell(at) == "left") {
            closed = Closed::Left;
        }
        if cell(lower).is_empty() {
            continue;
        }
        let bound = cell(lower).parse().map_err(|_| {
            Error::data(format!("line {}: `{}` is not a number", number + 2, cell(lower)))
        })?;
        cuts.entry(cell(metric)).or_default().push(bound);
    }
    let mut of = |metric: &str| {
        let mut cuts = cuts.remove(metric).unwrap_or_default();
        cuts.sort_by(f64::total_cmp);
        cuts
    };
    Cuts::new(of("recency"), of("frequency"), of("monetary"), closed).map_err(Error::from_model)
}

#[cfg(test)]
mod tests {
    use super::cuts_from_text;

    #[test]
    fn both_forms_give_the_same_cut_points() {
        let toml = "recency = [30, 90]\nfrequency = [1, 2.5]\nmonetary = [100]\n";
        let csv = "metric,score,lower,upper,customers,closed\n\
            recency,1,90,,5,right\nrecency,2,30,90,5,right\nrecency,3,,30,5,right\n\
            frequency,1,,1,5,right\nfrequency,2,1,2.5,5,right\nfrequency,3,2.5,,5,right\n\
            monetary,1,,100,5,right\nmonetary,2,100,,5,right\n";
        assert_eq!(cuts_from_text(toml).unwrap(), cuts_from_text(csv).unwrap());
    }

    #[test]
    fn a_misspelt_metric_is_refused() {
        let error = cuts_from_text("recency = [1]\nfrequency = [1]\nmoney = [1]\n").unwrap_err();
        assert!(error.to_string().contains("money"), "{error}");
    }
}
