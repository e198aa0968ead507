//! Segments: what kinds of customers there are, what they are called, whether they are real, who moved.
//!
//! [`Customers`] hold the characteristics to group by: features of a [`History`](crate::features::History)
//! at a cutoff, or the columns of a table. [`fit`] prepares them, chooses the number of clusters (or says
//! that there are none), clusters, orders the clusters by value and names them by what sets them apart.
//! The result keeps a [`Model`] that assigns other customers alike. The methods and their sources are the
//! models': [`crmstat_models::segments`].
//!
//! | question | answer |
//! |---|---|
//! | who belongs where? | [`Segments::table`] |
//! | what are they like? | [`Segments::profile_table`] |
//! | how many, and are they real? | [`Segments::choice_table`] |
//! | are they still the same? | [`Segments::drift_table`] |
//! | who moved? | [`migration()`] |
//!
//! A missing number counts as the median and a missing category as the average, so that neither draws a
//! customer towards any cluster; medians and shares of a profile leave them out.

mod customers;
mod migration;
mod model;
mod names;
mod tables;
#[cfg(test)]
mod tests;

pub use customers::{Customers, Values};
pub use migration::{Migration, migration};
pub use model::Model;

use crate::{Error, Lang, Result, data::Texts};
use crmstat_models::{
    matrix::Matrix,
    segments::{
        Assignment, Baseline, Choice, ChooseK, Clustering, Drift, KMeans, Preparation, Profile,
        Scaling, Transform, profiles,
    },
};

/// How to find segments. The default lets the data choose the number of clusters.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of clusters; `None` lets the data choose from 2 to 10, or say that there are none: then the
    /// customers are cut into 3 to 6 for work, under that name.
    pub k: Option<usize>,
    /// The transform of numbers.
    pub transform: Transform,
    /// Their unit.
    pub scaling: Scaling,
    /// The share of customers at each end whose numbers are pulled in to the quantile.
    pub winsorise: f64,
    /// The weight of a category against a number.
    pub category_weight: f64,
    /// Starts, of which the best is kept.
    pub starts: usize,
    /// The seed of every random choice.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            k: None,
            transform: Transform::ByData,
            scaling: Scaling::Standard,
            winsorise: 0.0,
            category_weight: 1.0,
            starts: 10,
            seed: 42,
        }
    }
}

/// Customers in named clusters; cluster 0 is the one whose customers are worth most.
#[derive(Clone, Debug)]
pub struct Segments {
    ids: Texts,
    values: Option<Vec<f64>>,
    assignments: Vec<Assignment>,
    profiles: Vec<Profile>,
    choice: Option<Choice>,
    /// How far two halves of the customers agree on a number of clusters that was given or is a working cut.
    agreement: Option<f64>,
    drift: Option<Drift>,
    model: Model,
}

/// The agreement of halves below which a cut depends on who was looked at and on the seed.
const FIRM: f64 = 0.8;

/// The share of customers with values unknown to a saved model that is told.
const UNKNOWN: f64 = 0.05;

/// Typical and borderline customers shown of each cluster.
const EXAMPLES: usize = 3;

/// Groups `customers`.
///
/// The clusters are in descending order of the mean value of their customers, where values are known, and
/// of size elsewhere. Where the data choose and there are no clusters, the customers are cut for work, and the
/// names of the parts say so.
///
/// ```
/// use crmstat::{Lang, analysis::segments::{Customers, Options, Values, fit}};
///
/// // 60 customers: 40 small, 20 large.
/// let ids: Vec<String> = (0..60).map(|i| format!("C{i:02}")).collect();
/// let spend: Vec<f64> = (0..60).map(|i| f64::from(if i < 40 { 10 + i % 7 } else { 900 + i })).collect();
/// let columns = vec![("monetary".to_owned(), Values::number(&spend))];
/// let customers = Customers::new(ids.iter().map(|id| Some(id.as_str())).collect(), columns)?
///     .valued_by("monetary")?;
/// let found = fit(&customers, &Options::default())?;
/// assert_eq!(found.k(), 2);
/// assert_eq!(found.name(0, Lang::En), "high value");
/// assert_eq!(found.name(1, Lang::Ru), "недорогие");
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// A usage error for an option out of its range; a data error when there are no customers, a
/// characteristic is missing for all of them, or they have fewer distinct values than `k`.
pub fn fit(customers: &Customers, options: &Options) -> Result<Segments> {
    let columns = customers.columns();
    let preparation = Preparation::params()
        .transform(options.transform)
        .scaling(options.scaling)
        .winsorise(options.winsorise)
        .category_weight(options.category_weight)
        .check()
        .and_then(|params| params.fit(&columns))
        .map_err(Error::from_model)?;
    let rows = preparation.apply(&columns).map_err(Error::from_model)?;
    let matrix = Matrix::new(&rows, preparation.width()).map_err(Error::from_model)?;
    let choice = match options.k {
        Some(_) => None,
        None => {
            let choose = ChooseK::params().seed(options.seed).check();
            let chosen = choose.and_then(|choose| choose.choose_prepared(matrix, &preparation));
            Some(chosen.map_err(Error::from_model)?)
        }
    };
    let chosen = choice.as_ref().and_then(|choice| choice.k);
    let is_working_cut = options.k.is_none() && chosen.is_none();
    let working_cut = || choice.as_ref().and_then(Choice::working_cut).unwrap_or(1);
    let k = options.k.or(chosen).unwrap_or_else(working_cut);
    let agreement = (chosen.is_none() && k > 1).then(|| {
        let halves = ChooseK::params().seed(options.seed).check();
        // Too few customers for two halves say nothing.
        halves.and_then(|halves| halves.agreement_of_halves(matrix, k)).ok()
    });
    let Clustering { model, labels } = KMeans::params(k)
        .restarts(options.starts)
        .seed(options.seed)
        .check()
        .and_then(|params| params.fit(matrix))
        .map_err(Error::from_model)?;
    let (kmeans, new_index) =
        model.sorted_by(&worth(&labels, k, customers.values())).map_err(Error::from_model)?;
    let labels: Vec<u32> = labels.iter().map(|label| new_index[*label as usize]).collect();
    let baseline = Baseline::fit(&columns, &labels, k).map_err(Error::from_model)?;
    let profiles = describe(&preparation, &kmeans, customers)?;
    let mut names = names::compose(customers, &profiles, &kmeans, &preparation)?;
    if is_working_cut && k > 1 {
        names.iter_mut().for_each(names::of_working_cut);
    }
    let assignments = kmeans.assign(matrix).map_err(Error::from_model)?;
    let model = Model::new(customers, preparation, kmeans, names, baseline);
    Ok(Segments {
        ids: customers.ids().clone(),
        values: customers.values().map(<[f64]>::to_vec),
        assignments,
        profiles,
        choice,
        agreement: agreement.flatten(),
        drift: None,
        model,
    })
}

/// What each cluster is ordered by: the mean value of its customers, or their number.
fn worth(labels: &[u32], k: usize, values: Option<&[f64]>) -> Vec<f64> {
    let mut members = vec![Vec::new(); k];
    for (row, label) in labels.iter().enumerate() {
        members[*label as usize].push(values.map_or(1.0, |values| values[row]));
    }
    members
        .into_iter()
        .map(|mut own| {
            // In ascending order the sum is the same for any order of the customers.
            own.sort_unstable_by(f64::total_cmp);
            let sum = crmstat_models::sum::compensated(own.iter().copied());
            if values.is_some() { sum / own.len().max(1) as f64 } else { sum }
        })
        .collect()
}

fn describe(
    preparation: &Preparation,
    model: &KMeans,
    customers: &Customers,
) -> Result<Vec<Profile>> {
    let unknown;
    let values = match customers.values() {
        Some(values) => values,
        None => {
            unknown = vec![0.0; customers.len()];
            &unknown
        }
    };
    profiles(preparation, model, &customers.columns(), values, EXAMPLES).map_err(Error::from_model)
}

impl Segments {
    /// The number of clusters.
    pub fn k(&self) -> usize {
        self.profiles.len()
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.assignments.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.assignments.is_empty()
    }

    /// The id of each customer, with its cluster and its distance to the centre; in the order given.
    pub fn customers(&self) -> impl Iterator<Item = (&str, Assignment)> {
        (self.assignments.iter().enumerate())
            .map(|(row, assignment)| (self.ids.get(row).unwrap_or_default(), *assignment))
    }

    /// The name of a cluster.
    ///
    /// # Panics
    /// When there is no such cluster, as a slice does.
    pub fn name(&self, cluster: usize, lang: Lang) -> &str {
        self.model.name(cluster, lang)
    }

    /// What each cluster is like.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// What the number of clusters was chosen from; `None` where it was given.
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.as_ref()
    }

    /// Whether the parts are a cut for work alone, as the data have no clusters.
    pub fn is_working_cut(&self) -> bool {
        self.k() > 1 && self.choice().is_some_and(|choice| choice.k.is_none())
    }

    /// What the reader must know of the clusters, one sentence each.
    pub fn warnings(&self, lang: Lang) -> Vec<String> {
        let mut told = Vec::new();
        if self.choice().is_some_and(Choice::is_at_limit) {
            let k = self.k();
            told.push(match lang {
                Lang::En => format!(
                    "{k} clusters are the most that were looked for: there may be more, or a continuum that \
                     every further cut fits better (`--k N` sets a number)"
                ),
                Lang::Ru => format!(
                    "{k} кластеров — больше не искали: их может быть больше, или это непрерывный ряд, который \
                     можно делить и дальше (`--k N` задаёт число)"
                ),
            });
        }
        if let Some(agreement) = self.agreement.filter(|own| *own < FIRM) {
            told.push(match lang {
                Lang::En => format!(
                    "the cut is loose: two halves of the customers, cut by themselves, agree to {agreement:.2} \
                     (adjusted Rand index; 1 is the same), so another seed or other customers move many"
                ),
                Lang::Ru => format!(
                    "деление непрочно: две половины клиентов, разделённые порознь, согласны на \
                     {agreement:.2} (индекс Рэнда с поправкой; 1 — одинаково), так что другое зерно или \
                     другие клиенты переместят многих"
                ),
            });
        }
        told.extend(self.strangeness(lang));
        told
    }

    /// What of customers assigned by a saved model is unlike those that it was made of: one sentence for each
    /// characteristic.
    fn strangeness(&self, lang: Lang) -> Vec<String> {
        /// The index from which a distribution is another one (Siddiqi, 2006), and what chance adds to it.
        const ANOTHER: f64 = 0.25;
        const GROUPS: f64 = 10.0;
        let Some(drift) = self.drift() else { return Vec::new() };
        let chance = 2.0 * GROUPS / self.len().max(1) as f64;
        let moved = (self.model.characteristics().zip(&drift.features))
            .zip(drift.unknown.iter())
            .filter(|((_, psi), unknown)| **psi > ANOTHER + chance || **unknown > UNKNOWN);
        moved
            .map(|((name, psi), unknown)| match (lang, *unknown > UNKNOWN) {
                (Lang::En, true) => format!(
                    "`{name}`: {:.0} % of the customers have values that the clusters were not made of, and \
                     count as average",
                    100.0 * unknown
                ),
                (Lang::Ru, true) => format!(
                    "`{name}`: у {:.0} % клиентов значения, которых не было при построении кластеров; они \
                     считаются средними",
                    100.0 * unknown
                ),
                (Lang::En, false) => format!(
                    "`{name}` is distributed otherwise than when the clusters were made (PSI {psi:.2})"
                ),
                (Lang::Ru, false) => format!(
                    "`{name}` распределён иначе, чем при построении кластеров (PSI {psi:.2})"
                ),
            })
            .collect()
    }

    /// How the customers differ from those the model was fitted to; `None` where it was fitted to them.
    pub fn drift(&self) -> Option<&Drift> {
        self.drift.as_ref()
    }

    /// What assigns other customers alike.
    pub fn model(&self) -> &Model {
        &self.model
    }
}
