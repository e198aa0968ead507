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

/// One row of a table of thresholds: the values that have a score.
#[derive(Clone, Copy)]
struct Interval {
    line: usize,
    score: usize,
    /// Open ends have none.
    lower: Option<f64>,
    upper: Option<f64>,
}

/// The bounds between the intervals of a table of thresholds; the ends of the outermost ones are no bounds,
/// whether they are given or not.
fn from_thresholds(text: &str) -> Result<Cuts> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    let column = |name: &str| header.iter().position(|header| *header == name);
    let (Some(metric), Some(score), Some(lower)) =
        (column("metric"), column("score"), column("lower"))
    else {
        return Err(Error::data(
            "a table of thresholds has the columns `metric`, `score` and `lower`",
        ));
    };
    let upper = column("upper");
    let mut intervals = BTreeMap::<&str, Vec<Interval>>::new();
    let mut closed = Closed::Right;
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        if column("closed").is_some_and(|at| cell(at) == "left") {
            closed = Closed::Left;
        }
        let line = number + 2;
        let no_number = |text: &str| Error::data(format!("line {line}: `{text}` is not a number"));
        let bound = |at: usize| match cell(at) {
            "" => Ok(None),
            text => text.parse::<f64>().map(Some).map_err(|_| no_number(text)),
        };
        let score = cell(score).parse().map_err(|_| no_number(cell(score)))?;
        let (lower, upper) = (bound(lower)?, upper.map_or(Ok(None), bound)?);
        intervals.entry(cell(metric)).or_default().push(Interval { line, score, lower, upper });
    }
    let mut of = |metric: &str| bounds(metric, intervals.remove(metric).unwrap_or_default());
    let (recency, frequency, monetary) = (of("recency")?, of("frequency")?, of("monetary")?);
    Cuts::new(recency, frequency, monetary, closed).map_err(Error::from_model)
}

/// The bounds between the intervals of one metric, which must lie side by side and have the scores from 1 on:
/// the last purchase is the better the nearer it is, orders and money the more they are.
fn bounds(metric: &str, mut intervals: Vec<Interval>) -> Result<Vec<f64>> {
    intervals.sort_by(|left, right| {
        let key = |own: &Interval| own.lower.unwrap_or(f64::NEG_INFINITY);
        key(left).total_cmp(&key(right))
    });
    let count = intervals.len();
    for (place, own) in intervals.iter().enumerate() {
        let wanted = if metric == "recency" { count - place } else { place + 1 };
        if own.score != wanted {
            return Err(Error::data(format!(
                "line {}: the score {} of {metric} should be {wanted}",
                own.line, own.score
            ))
            .with_hint("scores go from 1 to the number of rows: the lower the days, the more the orders and money, the higher"));
        }
    }
    let mut bounds = Vec::new();
    for pair in intervals.windows(2) {
        let Some(lower) = pair[1].lower else {
            let line = pair[1].line;
            return Err(Error::data(format!("line {line}: two rows of {metric} have no `lower`")));
        };
        if let Some(upper) = pair[0].upper.filter(|upper| *upper != lower) {
            return Err(Error::data(format!(
                "line {}: {metric} goes on at {lower}, but line {} ends at {upper}",
                pair[1].line, pair[0].line
            )));
        }
        bounds.push(lower);
    }
    Ok(bounds)
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

    #[test]
    fn the_ends_of_the_outermost_rows_are_no_cut_points() {
        let own = "metric,score,lower,upper\nrecency,3,0,30\nrecency,2,30,90\nrecency,1,90,\n\
            frequency,1,0,2\nfrequency,2,2,\nmonetary,2,10,1000000\nmonetary,1,0,10\n";
        let toml = "recency = [30, 90]\nfrequency = [2]\nmonetary = [10]\n";
        assert_eq!(cuts_from_text(own).unwrap(), cuts_from_text(toml).unwrap());
    }

    #[test]
    fn rows_that_are_no_scale_are_refused() {
        for (rows, said) in [
            ("recency,1,0,30\nrecency,2,30,\n", "line 2: the score 1 of recency should be 2"),
            (
                "recency,2,0,30\nrecency,1,40,\n",
                "line 3: recency goes on at 40, but line 2 ends at 30",
            ),
            ("recency,5,0,30\nrecency,3,30,\n", "line 2: the score 5 of recency should be 2"),
            ("recency,2,,30\nrecency,1,,\n", "two rows of recency have no `lower`"),
            ("recency,best,0,30\n", "line 2: `best` is not a number"),
        ] {
            let text = format!("metric,score,lower,upper\n{rows}");
            let error = cuts_from_text(&text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
