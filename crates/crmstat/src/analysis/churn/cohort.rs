//! Customers at a cutoff: their features before it, their label behind it.

use super::{cutoffs::Span, frame::Frame, predictor::Examples};
use crate::{
    AsOf, Error, Result,
    features::{Feature, Features, History},
    key::hash_text,
    tables::Orders,
};
use crmstat_models::clv::{
    BgNbd, Dropout, FitParams, Purchase, PurchaseProcess, Span as Length, Summaries, SummaryParams,
    TimeUnit,
};
use std::{collections::BTreeMap, rc::Rc};

/// Labelled customers of one cutoff.
pub(super) struct Cohort {
    /// Their numbers among those of the orders.
    pub(super) customers: Vec<u32>,
    pub(super) frame: Frame,
    pub(super) churned: Vec<bool>,
}

/// The cohorts of one history, each made once.
pub(super) struct Cohorts<'a> {
    history: &'a History<'a>,
    span: Span,
    features: Vec<Feature>,
    most: usize,
    made: BTreeMap<AsOf, Rc<Cohort>>,
}

impl<'a> Cohorts<'a> {
    /// Cohorts of at most about `most` customers: a sample by their ids where there are more.
    pub(super) fn new(
        history: &'a History<'a>,
        span: Span,
        features: Vec<Feature>,
        most: usize,
    ) -> Self {
        Self { history, span, features, most, made: BTreeMap::new() }
    }

    /// Everybody who bought before `as_of`.
    pub(super) fn everybody(&self, as_of: AsOf) -> Result<Features> {
        Features::at(self.history, as_of, &self.features)
    }

    /// The labelled customers of `cutoff`.
    pub(super) fn at(&mut self, cutoff: AsOf) -> Result<Rc<Cohort>> {
        if let Some(made) = self.made.get(&cutoff) {
            return Ok(Rc::clone(made));
        }
        self.span.require_labelled(cutoff)?;
        let features = self.everybody(cutoff)?;
        let orders = self.history.orders();
        let kept = sample(&features, orders, self.most);
        let customers: Vec<u32> = kept.iter().map(|row| features.customers()[*row]).collect();
        let churned: Vec<bool> =
            customers.iter().map(|customer| self.churned(*customer, cutoff)).collect();
        let whole = kept.len() == features.len();
        let frame = Frame::of_features(&features);
        let frame = if whole { frame } else { frame.take(&kept) };
        let cohort = Rc::new(Cohort { customers, frame, churned });
        self.made.insert(cutoff, Rc::clone(&cohort));
        Ok(cohort)
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
                    });
                }
                Some(all) => {
                    all.frame.append(&cohort.frame);
                    all.labels.extend(&cohort.churned);
                    all.weights.extend(weights);
                }
            }
        }
        all.ok_or_else(|| Error::usage("there is no training cutoff"))
    }

    /// Whether a customer bought nothing in the horizon from `cutoff`.
    fn churned(&self, customer: u32, cutoff: AsOf) -> bool {
        let orders = self.history.orders();
        let range = orders.of_customer(customer as usize);
        let (at, amount) = (&orders.at()[range.clone()], &orders.amount()[range]);
        let end = cutoff.date().plus_days(self.span.horizon.in_days()).midnight();
        let from = at.partition_point(|at| *at < cutoff.date().midnight());
        let to = at.partition_point(|at| *at < end);
        amount[from..to].iter().all(|amount| amount.is_negative())
    }

    /// P(no order in the horizon) of the customers of `cohort` by the MBG/NBD, which has seen no label;
    /// `None` where it cannot be fitted to their orders.
    pub(super) fn without_labels(&self, cohort: &Cohort, cutoff: AsOf) -> Option<Vec<f64>> {
        let orders = self.history.orders();
        let until = cutoff.date().midnight();
        let params = SummaryParams::new(cutoff.date().plus_days(-1).days(), TimeUnit::Week);
        let summary = |customer: &u32| {
            let purchases: Vec<Purchase> = orders
                .of_customer(*customer as usize)
                .filter(|order| {
                    orders.at()[*order] < until && !orders.amount()[*order].is_negative()
                })
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
        let horizon = Length::new(f64::from(self.span.horizon.in_days()), TimeUnit::Day).ok()?;
        let silent = model.for_each_customer(&summaries, |_, customer| {
            model.probability(customer, 0, horizon).clamp(0.0, 1.0)
        });
        silent.ok()
    }
}

/// The rows of about `most` customers, chosen by their ids and by nothing else, so that a customer is
/// chosen at every cutoff or at none.
fn sample(features: &Features, orders: &Orders, most: usize) -> Vec<usize> {
    let customers = orders.customers().len();
    if customers <= most {
        return (0..features.len()).collect();
    }
    // A hash below this share of all hashes is in the sample.
    let bound = (most as u128 * (1_u128 << 64) / customers as u128) as u64;
    let ids = features.ids(orders).enumerate();
    ids.filter(|(_, id)| hash_text(id.as_bytes()) < bound).map(|(row, _)| row).collect()
}
