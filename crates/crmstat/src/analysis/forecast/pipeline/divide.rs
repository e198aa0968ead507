//! The forecast divided by a field of deals: groups that add up to it.

use super::{Combined, DealFlow, Options, Origin, PATHS, Part};
use crate::{Error, Result};
use crmstat_models::forecast::{intervals::Paths, pipeline::Outcome};

/// The field that divides the deals.
#[derive(Clone, Debug)]
pub(super) struct Division {
    /// The place of the field among the traits of a deal.
    pub(super) place: usize,
    /// The name of every level.
    pub(super) names: Vec<String>,
}

/// One group of deals.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) forecast: Combined,
    pub(super) parts: Vec<Part>,
}

/// What one group brings, before it is made to add up.
struct Raw {
    level: usize,
    /// What is won already in the first period.
    won: f64,
    from_open: Vec<f64>,
    from_new: Vec<f64>,
    /// By path, then by period, what is won already included.
    paths: Vec<Vec<f64>>,
}

/// Divides `whole`, which was forecast at `now`: one group for each level that had a deal by then.
///
/// The groups of a path add up to the path of the pipeline. Where that stands in the middle of all paths, say,
/// the whole's path stands there too, and the groups get as much of it as they have of the pipeline.
pub(super) fn divide(
    flow: &DealFlow,
    division: &Division,
    now: &Origin,
    whole: &Combined,
    options: &Options,
) -> Result<Vec<Group>> {
    let raw = raw(flow, division, now, options)?;
    let parts = now.parts(flow);
    let shares: Vec<Vec<f64>> = (0..parts.len())
        .map(|at| {
            let part = &parts[at];
            let sum = part.won + part.from_open + part.from_new;
            raw.iter().map(|group| group.mean(at) / sum).collect()
        })
        .map(|shares: Vec<f64>| {
            // Where nothing is expected, or less, nobody has a share of it.
            let fair = shares.iter().all(|share| share.is_finite() && *share >= 0.0);
            if fair { shares } else { vec![1.0 / raw.len() as f64; raw.len()] }
        })
        .collect();
    let of_horizon: Vec<f64> = (0..raw.len())
        .map(|group| shares.iter().map(|shares| shares[group]).sum::<f64>() / shares.len() as f64)
        .collect();

    let means: Vec<Vec<f64>> = (0..parts.len())
        .map(|at| {
            let of_groups: Vec<f64> = raw.iter().map(|group| group.mean(at)).collect();
            apportion(&of_groups, whole.mean[at], &shares[at])
        })
        .collect();
    // By period, then by path, then by group.
    let values: Vec<Vec<Vec<f64>>> = (0..parts.len())
        .map(|at| {
            let sorted = whole.paths.paths().iter().map(|path| path[at]).collect();
            along(&raw, |path| path[at], sorted, &shares[at])
        })
        .collect();
    let sums = along(&raw, |path| path.iter().sum(), whole.sums.clone(), &of_horizon);

    let group = |(place, raw): (usize, &Raw)| -> Result<Group> {
        let path = |path: usize| values.iter().map(|of_period| of_period[path][place]).collect();
        let paths = (0..sums.len()).map(path).collect();
        let part = |at: usize| Part {
            won: if at == 0 { raw.won } else { 0.0 },
            from_open: raw.from_open[at],
            from_new: raw.from_new[at],
            series: parts[at].series * shares[at][place],
        };
        Ok(Group {
            name: division.names[raw.level].clone(),
            forecast: Combined {
                mean: means.iter().map(|of_period| of_period[place]).collect(),
                paths: Paths::from_paths(paths).map_err(Error::from_model)?,
                sums: sums.iter().map(|of_path| of_path[place]).collect(),
            },
            parts: (0..parts.len()).map(part).collect(),
        })
    };
    raw.iter().enumerate().map(group).collect()
}

impl Raw {
    /// What is expected of period `at`.
    fn mean(&self, at: usize) -> f64 {
        let won = if at == 0 { self.won } else { 0.0 };
        won + self.from_open[at] + self.from_new[at]
    }
}

/// What every group brings that had a deal by now; the same draws as the whole's.
fn raw(flow: &DealFlow, division: &Division, now: &Origin, options: &Options) -> Result<Vec<Raw>> {
    let level_of =
        |deal: &crmstat_models::forecast::pipeline::Deal| deal.traits[division.place] as usize;
    let mut won = vec![None; division.names.len()];
    let start = flow.start_of(now.current);
    for deal in flow.deals.iter().filter(|deal| deal.created < now.cutoff) {
        let of_level = won[level_of(deal)].get_or_insert(0.0);
        if let Some((at, Outcome::Won)) = deal.closed_before(now.cutoff)
            && at >= start
        {
            *of_level += deal.amount.unwrap_or(0.0);
        }
    }
    let outlooks = now
        .pipeline
        .simulate_by(division.place, now.horizon(), PATHS, options.seed)
        .map_err(Error::from_model)?;
    let groups = won.into_iter().enumerate().filter_map(|(level, won)| Some((level, won?)));
    let raw = groups.map(|(level, won)| {
        // A level whose deals are all closed, the last of them long ago, brings nothing.
        let nothing = || vec![0.0; now.horizon()];
        let (from_open, from_new, mut paths) = match outlooks.get(level) {
            Some(outlook) => (
                outlook.from_open().to_vec(),
                outlook.from_new().to_vec(),
                outlook.paths().paths().to_vec(),
            ),
            None => (nothing(), nothing(), vec![nothing(); PATHS]),
        };
        for path in &mut paths {
            path[0] += won;
        }
        Raw { level, won, from_open, from_new, paths }
    });
    Ok(raw.collect())
}

/// By path and group: what the groups get of the whole's `sorted` value at the rank of their path.
fn along(
    raw: &[Raw],
    value: impl Fn(&[f64]) -> f64,
    sorted: Vec<f64>,
    shares: &[f64],
) -> Vec<Vec<f64>> {
    let of_path =
        |path: usize| -> Vec<f64> { raw.iter().map(|group| value(&group.paths[path])).collect() };
    let mut values: Vec<Vec<f64>> = (0..sorted.len()).map(of_path).collect();
    let sums: Vec<f64> = values.iter().map(|groups| groups.iter().sum()).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Paths of one sum keep their order.
    order.sort_by(|left, right| sums[*left].total_cmp(&sums[*right]));
    for (path, whole) in order.into_iter().zip(sorted) {
        values[path] = apportion(&values[path], whole, shares);
    }
    values
}

/// Parts of `whole` in the ratio of `parts`; where those have none, or some are negative, what is missing goes
/// by `shares`.
fn apportion(parts: &[f64], whole: f64, shares: &[f64]) -> Vec<f64> {
    let sum: f64 = parts.iter().sum();
    if sum > 0.0 && parts.iter().all(|part| *part >= 0.0) {
        return parts.iter().map(|part| part * (whole / sum)).collect();
    }
    parts.iter().zip(shares).map(|(part, share)| part + share * (whole - sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_get_all_of_the_whole() {
        assert_eq!(apportion(&[1.0, 3.0], 8.0, &[0.5, 0.5]), [2.0, 6.0]);
        assert_eq!(apportion(&[0.0, 0.0], 8.0, &[0.25, 0.75]), [2.0, 6.0]);
        assert_eq!(apportion(&[-1.0, 2.0], 3.0, &[0.5, 0.5]), [0.0, 3.0]);
    }
}
