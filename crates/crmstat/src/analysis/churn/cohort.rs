//! Customers at a cutoff: their features before it, their label behind it.

use super::{
    Event, Population,
    activity::Activity,
    cutoffs::Span,
    frame::Frame,
    predictor::Examples,
    silence::{Silence, add_column},
};
use crate::{
    AsOf, Error, Result,
    collections::short_text::hash_text,
    data::{Texts, sales::is_purchase},
    features::{Contract, Feature, Features, History},
};
use crmstat_models::clv::{
    BgNbd, Dropout, FitParams, Purchase, PurchaseProcess, Span as Length, Summaries, SummaryParams,
    TimeUnit,
};
use std::{collections::BTreeMap, sync::Arc};

/// Labelled customers of one cutoff.
pub(super) struct Cohort {
    /// Their numbers among those of the orders.
    pub(super) customers: Vec<u32>,
    pub(super) frame: Frame,
    pub(super) churned: Vec<bool>,
    /// A hash of each customer's id.
    pub(super) hashes: Vec<u64>,
}

/// Customers of one moment, who may have no label yet.
pub(super) struct Everybody {
    pub(super) ids: Texts,
    pub(super) frame: Frame,
    pub(super) silence: Option<Silence>,
}

/// What the customers of all cutoffs have in common.
pub(super) struct CohortParams {
    pub(super) span: Span,
    pub(super) event: Event,
    /// Who is looked at.
    pub(super) population: Population,
    pub(super) features: Vec<Feature>,
    /// Whether the rhythm of orders is a column of its own.
    pub(super) with_silence: bool,
    /// About how many customers a cohort has: a sample by their ids where there are more.
    pub(super) most: usize,
}

/// The customers of one history, and what is asked of them.
pub(super) struct People<'a> {
    history: &'a History<'a>,
    params: CohortParams,
    contracts: Option<Vec<Contract>>,
}

impl<'a> People<'a> {
    /// # Errors
    /// A data error where churn is the end of a contract and no table says when contracts end.
    pub(super) fn new(history: &'a History<'a>, params: CohortParams) -> Result<Self> {
        let contracts = contracts(history, params.event)?;
        Ok(Self { history, params, contracts })
    }

    /// Everybody who bought before `as_of` and, where churn is the end of a contract, is under one.
    pub(super) fn everybody(&self, as_of: AsOf) -> Result<Everybody> {
        let contracts = self.contracts.as_deref();
        let activity = self.activity(as_of);
        let takes = |customer| is_at_risk(contracts, customer, as_of) && activity.takes(customer);
        let features = Features::of(self.history, as_of, &self.params.features, takes)?;
        let ids = features.ids(self.history.orders()).map(Some).collect();
        let (frame, silence) = self.with_silence(Frame::of_features(features));
        Ok(Everybody { ids, frame, silence })
    }

    /// The labelled customers of `cutoff`.
    fn at(&self, cutoff: AsOf) -> Result<Cohort> {
        let CohortParams { span, features, most, .. } = &self.params;
        span.require_labelled(cutoff)?;
        let contracts = self.contracts.as_deref();
        let sampled = sample(self.history, *most);
        let activity = self.activity(cutoff);
        let takes = |customer| {
            sampled(customer) && is_at_risk(contracts, customer, cutoff) && activity.takes(customer)
        };
        let features = Features::of(self.history, cutoff, features, takes)?;
        let customers = features.customers().to_vec();
        let churned =
            customers.iter().map(|customer| self.churned(*customer as usize, cutoff)).collect();
        let (frame, _) = self.with_silence(Frame::of_features(features));
        let ids = self.history.orders().customers();
        let hash =
            |customer: &u32| ids.get(*customer as usize).map_or(0, |id| hash_text(id.as_bytes()));
        let hashes = customers.iter().map(hash).collect();
        Ok(Cohort { customers, frame, churned, hashes })
    }

    /// How many customers have been silent for too long to be looked at.
    pub(super) fn gone(&self, as_of: AsOf) -> usize {
        self.activity(as_of).gone(self.history, as_of)
    }

    /// Who is looked at as of `as_of`.
    fn activity(&self, as_of: AsOf) -> Activity {
        Activity::of(self.history, &self.params, as_of)
    }

    /// The frame with the rhythm of its customers' orders, and the process that found it.
    fn with_silence(&self, mut frame: Frame) -> (Frame, Option<Silence>) {
        if !self.params.with_silence {
            return (frame, None);
        }
        let silence = Silence::fit(&frame, self.params.span.horizon);
        add_column(silence.as_ref(), &mut frame);
        (frame, silence)
    }

    /// Whether a customer churned in the horizon from `cutoff`.
    fn churned(&self, customer: usize, cutoff: AsOf) -> bool {
        let start = cutoff.date().midnight();
        let end = cutoff.date().plus_days(self.params.span.horizon.in_days()).midnight();
        if let Some(contracts) = &self.contracts {
            return contracts[customer].end.is_some_and(|ended| ended < end);
        }
        let orders = self.history.orders();
        let range = orders.of_customer(customer);
        let (at, amount) = (&orders.at()[range.clone()], &orders.amount()[range]);
        let from = at.partition_point(|at| *at < start);
        let to = at.partition_point(|at| *at < end);
        !amount[from..to].iter().any(|amount| is_purchase(*amount))
    }

    /// P(no order in the horizon) of the customers of `cohort` by the MBG/NBD, which has seen no label;
    /// `None` where it cannot be fitted to their orders, or churn is another event.
    fn without_labels(&self, cohort: &Cohort, cutoff: AsOf) -> Option<Vec<f64>> {
        if self.contracts.is_some() {
            return None;
        }
        let orders = self.history.orders();
        let until = cutoff.date().midnight();
        let params = SummaryParams::new(cutoff.date().plus_days(-1).days(), TimeUnit::Week);
        let summary = |customer: &u32| {
            let purchases: Vec<Purchase> = orders
                .of_customer(*customer as usize)
                .filter(|order| orders.at()[*order] < until && is_purchase(orders.amount()[*order]))
                .map(|order| Purchase {
                    day: orders.at()[order].date().days(),
                    amount: orders.amount()[order].to_f64(),
                })
                .collect();
            params.summary(&purchases).ok().flatten()
        };
        let summaries: Option<Vec<_>> = cohort.customers.iter().map(summary).collect();
        let summaries = Summaries::new(TimeUnit::Week, summaries?);
        let model = BgNbd::fit(&summaries, Dropout::AfterEveryOrder, FitParams::default()).ok()?;
        let horizon = f64::from(self.params.span.horizon.in_days());
        let horizon = Length::new(horizon, TimeUnit::Day).ok()?;
        let silent = model.for_each_customer(&summaries, |_, customer| {
            model.probability(customer, 0, horizon).clamp(0.0, 1.0)
        });
        silent.ok()
    }
}

/// The cohorts of some people, each made once.
pub(super) struct Cohorts<'a> {
    people: &'a People<'a>,
    made: BTreeMap<AsOf, Arc<Cohort>>,
}

impl<'a> Cohorts<'a> {
    pub(super) fn of(people: &'a People<'a>) -> Self {
        Self { people, made: BTreeMap::new() }
    }

    /// The labelled customers of `cutoff`.
    pub(super) fn at(&mut self, cutoff: AsOf) -> Result<Arc<Cohort>> {
        if let Some(made) = self.made.get(&cutoff) {
            return Ok(Arc::clone(made));
        }
        let cohort = Arc::new(self.people.at(cutoff)?);
        self.made.insert(cutoff, Arc::clone(&cohort));
        Ok(cohort)
    }

    /// P(no order in the horizon) of the customers of `cohort` by the rhythm of their orders alone; see
    /// [`People::without_labels`].
    pub(super) fn without_labels(&self, cohort: &Cohort, cutoff: AsOf) -> Option<Vec<f64>> {
        self.people.without_labels(cohort, cutoff)
    }

    /// The cohorts of several cutoffs, one below the other, with the weights of the cutoffs.
    pub(super) fn examples(&mut self, cutoffs: &[(AsOf, f64)]) -> Result<Examples> {
        let mut all: Option<Examples> = None;
        for (cutoff, weight) in cutoffs {
            let cohort = self.at(*cutoff)?;
            let weights = std::iter::repeat_n(*weight, cohort.churned.len());
            match &mut all {
                None => {
                    all = Some(Examples {
                        frame: cohort.frame.clone(),
                        labels: cohort.churned.clone(),
                        weights: weights.collect(),
                        customers: cohort.hashes.clone(),
                    });
                }
                Some(all) => {
                    all.frame.append(&cohort.frame);
                    all.labels.extend(&cohort.churned);
                    all.weights.extend(weights);
                    all.customers.extend(&cohort.hashes);
                }
            }
        }
        all.ok_or_else(|| Error::usage("there is no training cutoff"))
    }
}

/// The contracts, where churn is the end of one.
pub(super) fn contracts(history: &History<'_>, event: Event) -> Result<Option<Vec<Contract>>> {
    match event {
        Event::NoOrder => Ok(None),
        Event::ContractEnd => history.contracts().map(Some),
    }
}

/// Whether a customer can still churn at `cutoff`: where contracts end, only who is under one.
pub(super) fn is_at_risk(contracts: Option<&[Contract]>, customer: usize, cutoff: AsOf) -> bool {
    let cutoff = cutoff.date().midnight();
    contracts.is_none_or(|contracts| {
        let Contract { known, start, end } = contracts[customer];
        known && start.is_none_or(|start| start < cutoff) && end.is_none_or(|end| end >= cutoff)
    })
}

/// Whether a customer is one of about `most`, by the id and by nothing else, so that a customer is chosen
/// at every cutoff or at none.
fn sample<'a>(history: &'a History<'_>, most: usize) -> impl Fn(usize) -> bool + Sync + 'a {
    let ids = history.orders().customers();
    // A hash below this share of all hashes is in the sample.
    let bound = most as u128 * (1_u128 << 64) / ids.len().max(1) as u128;
    move |customer| {
        let hash = |id: &str| u128::from(hash_text(id.as_bytes()));
        ids.get(customer).is_some_and(|id| hash(id) < bound)
    }
}
