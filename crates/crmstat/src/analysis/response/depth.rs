//! How deep to send.

use super::Offer;
use crate::{Error, Result};
use crmstat_models::{
    rates::wilson,
    uplift::{Arms, Band},
};

/// Tenths of the customers.
pub(super) const TENTHS: usize = 10;
/// The level of the intervals.
const LEVEL: f64 = 0.95;

/// The customers from the top of the list down to a depth, all of them held out.
#[derive(Clone, Debug, PartialEq)]
pub struct Depth {
    /// The share of all customers that they are.
    pub share: f64,
    /// Their number.
    pub customers: u64,
    /// The lowest prediction among them.
    pub from: f64,
    /// The rate of responses among them, or their uplift.
    pub rate: f64,
    /// The lower end of its 95 % interval.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// The responses, or those that the treatment brings.
    pub responses: f64,
    /// What sending to all of them brings, less what it costs; `None` without an offer.
    pub gain: Option<f64>,
}

impl Depth {
    /// Every depth by uplift.
    pub(super) fn of_bands(bands: &[Band], offer: Option<Offer>) -> Vec<Self> {
        let count = |arms: Arms| arms.treated.1 + arms.untreated.1;
        let all: u64 = bands.iter().map(|band| count(band.arms)).sum();
        let mut arms = Arms::default();
        let mut found = Vec::new();
        for band in bands {
            arms.treated.0 += band.arms.treated.0;
            arms.treated.1 += band.arms.treated.1;
            arms.untreated.0 += band.arms.untreated.0;
            arms.untreated.1 += band.arms.untreated.1;
            // A band that one group lacks says nothing by itself.
            let Some(uplift) = arms.uplift() else { continue };
            let interval = (uplift.value, uplift.lower, uplift.upper);
            found.push(Self::new(count(arms), all, band.bounds.0, interval, offer));
        }
        found
    }

    /// Every depth by the probability of a response.
    ///
    /// # Errors
    /// Never, as the probabilities have been judged.
    pub(super) fn of_responses(
        probabilities: &[f64],
        responded: &[bool],
        offer: Option<Offer>,
    ) -> Result<Vec<Self>> {
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|one, other| probabilities[*other].total_cmp(&probabilities[*one]));
        let all = order.len();
        let mut found = Vec::new();
        let mut end = 0;
        for tenth in 1..=TENTHS {
            let mut until = (all * tenth).div_ceil(TENTHS).max(end);
            // Equal probabilities are not parted.
            while until > 0
                && until < all
                && probabilities[order[until]] == probabilities[order[until - 1]]
            {
                until += 1;
            }
            if until == end {
                continue;
            }
            end = until;
            let count = order[..end].iter().filter(|row| responded[**row]).count() as u64;
            let (lower, upper) = wilson(count, end as u64, LEVEL)
                .ok_or_else(|| Error::data("there is no customer to judge by"))?;
            let interval = (count as f64 / end as f64, lower, upper);
            let from = probabilities[order[end - 1]];
            found.push(Self::new(end as u64, all as u64, from, interval, offer));
        }
        Ok(found)
    }

    fn new(
        customers: u64,
        all: u64,
        from: f64,
        (rate, lower, upper): (f64, f64, f64),
        offer: Option<Offer>,
    ) -> Self {
        let count = customers as f64;
        Self {
            share: count / all.max(1) as f64,
            customers,
            from,
            rate,
            lower,
            upper,
            responses: count * rate,
            gain: offer.map(|offer| count * (rate * offer.value - offer.cost)),
        }
    }

    /// What is highest at the best depth: the gain or, without an offer, the responses.
    fn worth(&self) -> f64 {
        self.gain.unwrap_or(self.responses)
    }

    /// The best of `depths`; `None` where sending to nobody is as good. Of equal ones the shallowest.
    pub(super) fn best(depths: &[Self]) -> Option<&Self> {
        depths.iter().filter(|own| own.worth() > 0.0).fold(None, |best, own| match best {
            Some(best) if Self::worth(best) >= own.worth() => Some(best),
            _ => Some(own),
        })
    }
}
