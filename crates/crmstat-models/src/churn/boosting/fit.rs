//! From a sample to a model: all rows and a given number of trees, or parts held out in turn.

use super::bins::Binned;
use super::learn::{Course, Learned, learn};
use super::params::{CheckedBoostingParams, HeldOutParams, Monotone, Size};
use super::split::Rules;
use super::{Boosting, Facts};
use crate::churn::Sample;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// The sizes of trees that held-out rows choose from: small ones that see half of the features, for tables
/// whose columns add up, and larger ones that see all, for tables whose columns only tell together.
const SIZES: [Size; 2] =
    [Size { leaves: 8, column_share: 0.5 }, Size { leaves: 16, column_share: 1.0 }];
/// The learning rate of a course that held-out rows end.
const LEARNING_RATE: f64 = 0.15;
/// The share of rows that each of its trees sees: less than all makes trees differ, which their sum is
/// the better for.
const ROW_SHARE: f64 = 0.7;
/// The penalty and the least weight of its leaves.
const RULES: Rules = Rules { l2: 1.0, least_weight: 10.0 };
/// The most groups of a feature: finer cuts cost time and learn noise.
const BINS: usize = 63;

/// All rows, a given number of trees.
pub(super) fn fit(params: &CheckedBoostingParams, sample: Sample<'_>) -> Result<Boosting> {
    // Thousands of short parallel parts: from a thread of the pool they need no waking of another.
    rayon::scope(|_| {
        let [stayed, left] = sample.class_weights()?;
        let binned = prepared(&sample, params.bins, &params.monotone, &params.categories)?;
        let course = Course {
            trees: params.trees,
            patience: params.trees,
            size: Size { leaves: params.leaves, column_share: params.column_share },
            learning_rate: params.learning_rate,
            row_share: params.row_share,
            rules: Rules { l2: params.l2, least_weight: params.least_weight },
            monotone: &params.monotone,
            seed: params.seed,
        };
        let rows = weighty(&sample, |_| true);
        let learned = learn(&course, &binned, &sample, libm::log(left / stayed), &rows, &[]);
        Ok(model(&sample, [stayed, left], vec![learned]))
    })
}

/// The mean of models learned without one part of the rows each.
pub(super) fn fit_held_out(
    params: &HeldOutParams,
    sample: Sample<'_>,
    parts: &[usize],
) -> Result<Boosting> {
    if params.trees == 0 {
        return Err(Error::parameter("trees", 0, "at least 1"));
    }
    if params.patience == 0 {
        return Err(Error::parameter("patience", 0, "at least 1"));
    }
    if parts.len() != sample.rows().len() {
        let (rows, parts) = (sample.rows().len(), parts.len());
        return Err(Error::data(format!("{rows} rows but {parts} parts of rows")));
    }
    let count = parts.iter().max().map_or(0, |last| last + 1);
    if count < 2 {
        return Err(Error::data("one part alone leaves no rows to learn from"));
    }
    rayon::scope(|_| {
        let classes = sample.class_weights()?;
        let binned = prepared(&sample, BINS, &params.monotone, &params.categories)?;
        let without = |part: usize, size: Size| {
            let learned = weighty(&sample, |row| parts[row] != part);
            let held_out = weighty(&sample, |row| parts[row] == part);
            let base = base(&sample, &learned)?;
            let course = Course {
                trees: params.trees,
                patience: params.patience,
                size,
                learning_rate: LEARNING_RATE,
                row_share: ROW_SHARE,
                rules: RULES,
                monotone: &params.monotone,
                seed: params.seed.wrapping_add(part as u64),
            };
            Ok(learn(&course, &binned, &sample, base, &learned, &held_out))
        };
        // The first part chooses the size of the trees; of equals the smaller.
        let tried = map_chunks(SIZES.len(), 1, |size| without(0, SIZES[size.start]));
        let tried = tried.into_iter().collect::<Result<Vec<Learned>>>()?;
        let best = (1..SIZES.len()).fold(0, |best, size| {
            if tried[size].held_out_loss < tried[best].held_out_loss { size } else { best }
        });
        let first = tried.into_iter().nth(best);
        let others = map_chunks(count - 1, 1, |part| without(part.start + 1, SIZES[best]));
        let others = others.into_iter().collect::<Result<Vec<Learned>>>()?;
        Ok(model(&sample, classes, first.into_iter().chain(others).collect()))
    })
}

/// The table in groups, its constraints checked.
fn prepared(
    sample: &Sample<'_>,
    bins: usize,
    monotone: &[Monotone],
    categories: &[usize],
) -> Result<Binned> {
    let width = sample.rows().width();
    if !monotone.is_empty() && monotone.len() != width {
        let allowed = format!("one constraint for each of the {width} features");
        return Err(Error::parameter("monotone", monotone.len(), allowed));
    }
    if let Some(column) = categories.iter().find(|column| **column >= width) {
        return Err(Error::parameter("categories", column, format!("below the {width} features")));
    }
    if let Some(column) = categories
        .iter()
        .find(|column| monotone.get(**column).is_some_and(|own| *own != Monotone::Free))
    {
        return Err(Error::parameter("monotone", column, "free, as a category has no direction"));
    }
    if u32::try_from(sample.rows().len()).is_err() {
        let rows = sample.rows().len();
        return Err(Error::data(format!("{rows} rows are too many to grow trees on")));
    }
    Binned::new(sample.rows(), bins, |column| categories.contains(&column))
}

/// The rows that are `wanted`, but those of weight zero, which count as absent.
fn weighty(sample: &Sample<'_>, wanted: impl Fn(usize) -> bool) -> Vec<u32> {
    // `prepared` has refused tables of more rows.
    (0..sample.rows().len())
        .filter(|row| wanted(*row) && sample.weight(*row) > 0.0)
        .map(|row| row as u32)
        .collect()
}

/// The log-odds of the base rate of some rows.
fn base(sample: &Sample<'_>, rows: &[u32]) -> Result<f64> {
    let weight = |wanted: bool| {
        let own = rows.iter().filter(|row| sample.labels()[**row as usize] == wanted);
        crate::sum::compensated(own.map(|row| sample.weight(*row as usize)))
    };
    let [stayed, left] = [weight(false), weight(true)];
    if stayed <= 0.0 || left <= 0.0 {
        return Err(Error::data("without one part of the rows, all others are of one label")
            .with_hint("every part needs rows of both labels"));
    }
    Ok(libm::log(left / stayed))
}

/// The mean of some models.
fn model(sample: &Sample<'_>, [stayed, left]: [f64; 2], learned: Vec<Learned>) -> Boosting {
    let share = 1.0 / learned.len() as f64;
    let base = learned.iter().map(|own| own.base * share).sum();
    let trees = learned.into_iter().flat_map(|own| own.trees);
    let trees =
        if share < 1.0 { trees.map(|tree| tree.scaled(share)).collect() } else { trees.collect() };
    let facts = Facts { rows: sample.rows().len(), base_rate: left / (stayed + left) };
    Boosting { features: sample.rows().width(), base, trees, facts }
}
