//! What a careful analyst would want to know before using the numbers.

use super::OrderModel;
use crate::{Date, Lang};
use crmstat_models::clv::{Estimate, Limit};
use std::fmt;

/// A doubt about a result; its `Display` is one line that says what to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// So few customers came back that the parameters are guesses.
    FewRepeatCustomers(usize),
    /// A fit did not meet its stopping rule, or ended on a ridge.
    NotConverged(&'static str),
    /// The data do not tell the parameters of a model apart: a nested model with these limits is used.
    Nested(&'static str, Vec<Limit>),
    /// The first model describes the orders worse than the second: by so much of the log-likelihood, less the
    /// number of parameters, on 1,000 customers at most.
    AnotherFits(&'static str, &'static str, f64),
    /// Frequent customers spend otherwise than rare ones: by this correlation.
    Correlated(f64),
    /// There is no model of spend, for this reason.
    NoSpend(String),
    /// The mean spend of one-time buyers is infinite: q of the Gamma-Gamma model is this.
    InfiniteMean(f64),
    /// There are no intervals, for this reason.
    NoIntervals(String),
    /// The horizon is so many times the longest observation of a customer.
    LongHorizon(f64),
    /// The BG/NBD takes everybody without a repeat order for alive: this share of customers.
    AliveByAssumption(f64),
    /// The period from this day on is not over, so that it is no occasion yet.
    OccasionCutOff(Date),
    /// So many rows or customers are left out, for this reason.
    LeftOut(u64, &'static str),
    /// So many customers lack a covariate, or have one of a kind that the fit did not know.
    UnknownCovariates(usize),
}

impl Warning {
    /// The 946 repeat customers of CDNOW leave a standard error of a third in b of the MBG/NBD; errors grow
    /// with the root, so that a hundred leave one as large as b itself.
    pub const FEW_REPEAT_CUSTOMERS: usize = 100;
    /// Beyond this correlation of frequency and value, values of frequent customers are off.
    pub const CORRELATION: f64 = 0.3;
    /// Beyond so many times the longest observation, expectations are extrapolated.
    pub const HORIZON: f64 = 2.0;
    /// From this share of one-time buyers on, the BG/NBD's assumption about them matters.
    pub const ONE_TIME_BUYERS: f64 = 0.5;
}

/// What a nested model takes for granted.
pub(crate) fn limit_words(limit: Limit, lang: Lang) -> &'static str {
    match limit {
        Limit::NobodyLeaves => lang.pick("nobody leaves", "никто не уходит"),
        Limit::LeavingAlike => {
            lang.pick("all customers leave alike", "все клиенты уходят с одной вероятностью")
        }
        Limit::LeavingAtOnceOrNever => lang.pick(
            "customers leave at the first chance or never",
            "клиенты уходят сразу или никогда",
        ),
        Limit::OrderingAlike => {
            lang.pick("all customers order at one rate", "все клиенты заказывают одинаково часто")
        }
        Limit::SteadySpending => lang.pick(
            "the orders of a customer all cost the same",
            "заказы одного клиента стоят одинаково",
        ),
        Limit::SpendingAlike => {
            lang.pick("all customers spend alike", "все клиенты тратят одинаково")
        }
    }
}

impl Warning {
    /// What an estimate says against its own model.
    pub(super) fn of_fit(model: &'static str, estimate: Option<&Estimate>) -> Option<Self> {
        let estimate = estimate?;
        if !estimate.converged {
            return Some(Self::NotConverged(model));
        }
        let limits = &estimate.limits;
        (!limits.is_empty()).then(|| Self::Nested(model, limits.clone()))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewRepeatCustomers(customers) => write!(
                f,
                "only {customers} customers have a repeat order, fewer than {}: the parameters are \
                 uncertain, see their standard errors",
                Self::FEW_REPEAT_CUSTOMERS
            ),
            Self::NotConverged(model) => write!(
                f,
                "the fit of {model} did not settle on one best set of parameters: use its predictions \
                 with care and its parameters not at all"
            ),
            Self::Nested(model, limits) => {
                let limits: Vec<&str> =
                    limits.iter().map(|limit| limit_words(*limit, Lang::En)).collect();
                write!(
                    f,
                    "the data do not tell the parameters of {model} apart: its nested model is used, in \
                     which {}",
                    limits.join(" and ")
                )
            }
            Self::AnotherFits(own, other, by) => write!(
                f,
                "{other} fits these orders better than {own}: its log-likelihood is higher by {by:.1} on up to \
                 1,000 customers"
            ),
            Self::Correlated(correlation) => write!(
                f,
                "frequency and value of orders are correlated ({correlation:.2}, beyond {:.1}): \
                 Gamma-Gamma takes them to be independent, so values of frequent customers are off",
                Self::CORRELATION
            ),
            Self::NoSpend(reason) => write!(f, "no values, only orders: {reason}"),
            Self::InfiniteMean(q) => write!(
                f,
                "one-time buyers have no expected value: the mean of Gamma-Gamma is infinite for \
                 q = {q:.3}"
            ),
            Self::NoIntervals(reason) => write!(f, "no intervals: {reason}"),
            Self::LongHorizon(times) => write!(
                f,
                "the horizon is {times:.1} times the longest time a customer was observed: \
                 the far end is extrapolation"
            ),
            Self::AliveByAssumption(share) => write!(
                f,
                "{:.0} % of customers have no repeat order, and bg-nbd takes them for alive with \
                 certainty: `{}` does not",
                share * 100.0,
                OrderModel::MbgNbd.name()
            ),
            Self::OccasionCutOff(day) => {
                write!(f, "the period from {day} on is not over: orders in it do not count yet")
            }
            Self::LeftOut(rows, why) => write!(f, "{rows} {why} and are left out"),
            Self::UnknownCovariates(customers) => write!(
                f,
                "{customers} customers lack a covariate, or have one of a new kind: it counts as average \
                 for them"
            ),
        }
    }
}
