//! From dated purchases to what the models read: x, `t_x`, T and the mean repeat value.

#[cfg(test)]
mod tests;

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::TimeUnit;
use crate::{Error, Result};

/// One dated amount of one customer: an order, or a refund when negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Purchase {
    /// The number of the day, from any fixed origin.
    pub day: i32,
    /// The amount; negative for a refund.
    pub amount: f64,
}

/// What a day counts as whose orders sum to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZeroAmount {
    /// A purchase, as in the literature (CDNOW has 80); it enters the mean value as zero.
    #[default]
    Purchase,
    /// No purchase.
    Nothing,
}

/// What the times between the consecutive orders of a customer tell of their regularity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gaps {
    /// The sum of their logarithms, in the unit of the summary.
    pub log_sum: f64,
    /// The last one's share of the last two; `None` with fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_share: Option<f64>,
}

impl Gaps {
    /// Of the times between consecutive orders; `None` without any, or where one is not positive and finite.
    pub fn of(times: &[f64]) -> Option<Self> {
        let log_sum: f64 = times.iter().map(|time| time.ln()).sum();
        let last_share = match times {
            [.., before, last] => Some(last / (before + last)),
            _ => None,
        };
        (!times.is_empty() && log_sum.is_finite()).then_some(Self { log_sum, last_share })
    }

    fn is_sound(self) -> bool {
        self.log_sum.is_finite() && self.last_share.is_none_or(|share| (0.0..=1.0).contains(&share))
    }
}

/// How a customer bought until the end of the calibration.
///
/// | | |
/// |---|---|
/// | x | repeat orders: days with a purchase after the first |
/// | t_x | time from the first order to the last; 0 when x is 0 |
/// | T | time from the first order to the end of the calibration |
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Summary {
    x: u32,
    t_x: f64,
    #[serde(rename = "T")]
    end: f64,
    mean_repeat_value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gaps: Option<Gaps>,
}

/// A summary as it is stored, before its invariants are checked.
#[derive(Deserialize)]
struct Raw {
    x: u32,
    t_x: f64,
    #[serde(rename = "T")]
    end: f64,
    mean_repeat_value: Option<f64>,
    gaps: Option<Gaps>,
}

impl TryFrom<Raw> for Summary {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let mut summary = Self::new(raw.x, raw.t_x, raw.end)?;
        summary.gaps = raw.gaps.filter(|gaps| raw.x > 0 && gaps.is_sound());
        raw.mean_repeat_value.map_or(Ok(summary), |value| summary.with_mean_repeat_value(value))
    }
}

impl Summary {
    /// A summary without a value.
    ///
    /// # Errors
    /// Unless `0 ≤ t_x ≤ T`, both finite, and `t_x = 0` for a customer without a repeat order.
    pub fn new(x: u32, t_x: f64, end: f64) -> Result<Self> {
        if !(end.is_finite() && end >= 0.0) {
            return Err(Error::parameter("T", end, "finite and not negative"));
        }
        if !(0.0..=end).contains(&t_x) {
            return Err(Error::parameter("t_x", t_x, format!("between 0 and T = {end}")));
        }
        if x == 0 && t_x != 0.0 {
            return Err(Error::parameter("t_x", t_x, "0 for a customer without a repeat order"));
        }
        Ok(Self { x, t_x, end, mean_repeat_value: None, gaps: None })
    }

    /// The same with a mean value of the repeat orders.
    ///
    /// # Errors
    /// When `value` is not finite or the customer has no repeat order.
    pub fn with_mean_repeat_value(mut self, value: f64) -> Result<Self> {
        if !value.is_finite() {
            return Err(Error::parameter("mean_repeat_value", value, "finite"));
        }
        if self.x == 0 {
            return Err(Error::parameter(
                "mean_repeat_value",
                value,
                "absent without repeat orders",
            ));
        }
        self.mean_repeat_value = Some(value);
        Ok(self)
    }

    /// The same with the times between its orders; nothing changes without a repeat order.
    #[must_use]
    pub fn with_gaps(mut self, gaps: Gaps) -> Self {
        self.gaps = Some(gaps).filter(|_| self.x > 0);
        self
    }

    /// Repeat orders.
    pub fn x(&self) -> u32 {
        self.x
    }

    /// Time from the first order to the last.
    pub fn t_x(&self) -> f64 {
        self.t_x
    }

    /// Time from the first order to the end of the calibration.
    #[expect(non_snake_case, reason = "the literature's name")]
    pub fn T(&self) -> f64 {
        self.end
    }

    /// Mean value of the repeat orders; `None` without any.
    pub fn mean_repeat_value(&self) -> Option<f64> {
        self.mean_repeat_value
    }

    /// What the times between its orders tell; `None` without a repeat order, or where only their number is
    /// known.
    pub fn gaps(&self) -> Option<Gaps> {
        self.gaps
    }
}

/// How purchases become a summary.
///
/// - Purchases after `calibration_end`, the last observed day, do not exist.
/// - Amounts of one day are one purchase.
/// - A refund is taken from the purchases of its day and, what is left of it, from the latest day before
///   that still has value; what exceeds them all is dropped. A day that refunds bring to nothing is no
///   purchase: the order was undone.
/// - A day without refunds that sums to zero follows [`ZeroAmount`].
/// - The first purchase counts in neither x nor the mean repeat value.
///
/// # Examples
/// ```
/// use crmstat_models::clv::{Purchase, SummaryParams, TimeUnit};
///
/// let bought = [(0, 29.33), (17, 20.0), (17, 9.73), (213, 14.96)];
/// let purchases = bought.map(|(day, amount)| Purchase { day, amount });
/// let summary = SummaryParams::new(272, TimeUnit::Week).summary(&purchases)?.unwrap();
/// assert_eq!((summary.x(), summary.t_x() * 7.0, summary.T() * 7.0), (2, 213.0, 272.0));
/// assert!((summary.mean_repeat_value().unwrap() - 22.345).abs() < 1e-12);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SummaryParams {
    calibration_end: i32,
    unit: TimeUnit,
    zero_amount: ZeroAmount,
}

impl SummaryParams {
    /// Observes until the day `calibration_end`, inclusive, and counts time in `unit`.
    pub fn new(calibration_end: i32, unit: TimeUnit) -> Self {
        Self { calibration_end, unit, zero_amount: ZeroAmount::default() }
    }

    /// What a day counts as that sums to nothing.
    #[must_use]
    pub fn zero_amount(mut self, rule: ZeroAmount) -> Self {
        self.zero_amount = rule;
        self
    }

    /// Summarises one customer, whose purchases may come in any order; `None` when none of them counts.
    ///
    /// # Errors
    /// When an amount is not finite.
    pub fn summary(&self, purchases: &[Purchase]) -> Result<Option<Summary>> {
        let days = self.purchase_days(purchases)?;
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return Ok(None);
        };
        let units = |from: i32, to: i32| (f64::from(to) - f64::from(from)) / self.unit.days();
        let repeats = &days[1..];
        let x = u32::try_from(repeats.len())
            .map_err(|_| Error::data("a customer has more than four billion purchase days"))?;
        let summary =
            Summary::new(x, units(first.day, last.day), units(first.day, self.calibration_end))?;
        if repeats.is_empty() {
            return Ok(Some(summary));
        }
        let times = days.windows(2).map(|pair| units(pair[0].day, pair[1].day));
        let gaps = Gaps::of(&times.collect::<Vec<f64>>());
        let summary = gaps.map_or(summary, |gaps| summary.with_gaps(gaps));
        let total = crate::sum::compensated(repeats.iter().map(|day| day.amount));
        summary.with_mean_repeat_value(total / f64::from(x)).map(Some)
    }

    /// The days that count as a purchase, oldest first, with what each brought after refunds.
    ///
    /// # Errors
    /// When an amount is not finite.
    pub fn purchase_days(&self, purchases: &[Purchase]) -> Result<Vec<Purchase>> {
        if let Some(odd) = purchases.iter().find(|purchase| !purchase.amount.is_finite()) {
            return Err(Error::data(format!("an amount on day {} is {}", odd.day, odd.amount)));
        }
        let mut seen: Vec<Purchase> =
            purchases.iter().copied().filter(|p| p.day <= self.calibration_end).collect();
        // Refunds come last within a day; the amount breaks ties so that sums have one order.
        seen.sort_by(|a, b| a.day.cmp(&b.day).then(b.amount.total_cmp(&a.amount)));
        let mut days: Vec<Purchase> = Vec::with_capacity(seen.len());
        for purchase in seen {
            match days.last_mut() {
                _ if purchase.amount < 0.0 => refund(&mut days, -purchase.amount),
                Some(day) if day.day == purchase.day => day.amount += purchase.amount,
                _ => days.push(purchase),
            }
        }
        if self.zero_amount == ZeroAmount::Nothing {
            days.retain(|day| day.amount > 0.0);
        }
        Ok(days)
    }
}

/// Takes `left` from the latest days of value, removing those that it brings to nothing.
fn refund(days: &mut Vec<Purchase>, mut left: f64) {
    while left > 0.0 {
        let Some(at) = days.iter().rposition(|day| day.amount > 0.0) else {
            return;
        };
        if days[at].amount > left {
            days[at].amount -= left;
            return;
        }
        left -= days[at].amount;
        days.remove(at);
    }
}

/// The summaries of many customers in one unit of time: what a model is fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summaries {
    unit: TimeUnit,
    customers: Vec<Summary>,
}

impl Summaries {
    /// The `customers`, whose times are counted in `unit`.
    pub fn new(unit: TimeUnit, customers: Vec<Summary>) -> Self {
        Self { unit, customers }
    }

    /// The unit of `t_x` and T.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The customers in their given order.
    pub fn customers(&self) -> &[Summary] {
        &self.customers
    }

    /// The customers a purchase process can be fitted to, equal ones together.
    pub(super) fn histories(&self) -> Result<Histories> {
        if self.customers.is_empty() {
            return Err(Error::data("there is no customer"));
        }
        if self.customers.iter().all(|customer| customer.x == 0) {
            return Err(Error::data("no customer has a repeat order")
                .with_hint("observe longer: the rate of orders cannot be told from first orders"));
        }
        Ok(self.equal_histories())
    }

    /// Equal customers together, whatever they are.
    pub(super) fn equal_histories(&self) -> Histories {
        Histories::of(&self.customers)
    }
}

/// Customers with the same x, `t_x` and T.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct History {
    pub(super) x: f64,
    pub(super) t_x: f64,
    pub(super) end: f64,
    pub(super) customers: f64,
}

/// Distinct histories in order of x, `t_x` and T, so that no result depends on the order of customers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histories {
    pub(super) distinct: Vec<History>,
    /// Each x with the number of its customers.
    pub(super) by_x: Vec<(f64, f64)>,
    pub(super) customers: f64,
    /// The mean of T; positive, because someone has ordered again.
    pub(super) mean_end: f64,
}

impl Histories {
    fn of(customers: &[Summary]) -> Self {
        // Times are not negative, so the order of their bits is their own.
        let mut keys: Vec<(u32, u64, u64)> = customers
            .iter()
            .map(|c| (c.x, (c.t_x + 0.0).to_bits(), (c.end + 0.0).to_bits()))
            .collect();
        keys.par_sort_unstable();
        let distinct: Vec<History> = keys
            .chunk_by(|a, b| a == b)
            .map(|equal| History {
                x: f64::from(equal[0].0),
                t_x: f64::from_bits(equal[0].1),
                end: f64::from_bits(equal[0].2),
                customers: equal.len() as f64,
            })
            .collect();
        Self::of_distinct(distinct)
    }

    fn of_distinct(distinct: Vec<History>) -> Self {
        let by_x: Vec<(f64, f64)> = distinct
            .chunk_by(|a, b| a.x == b.x)
            .map(|equal| (equal[0].x, equal.iter().map(|h| h.customers).sum()))
            .collect();
        let customers: f64 = by_x.iter().map(|(_, customers)| customers).sum();
        let time = crate::sum::compensated(distinct.iter().map(|h| h.customers * h.end));
        let mean_end = (time / customers).max(f64::MIN_POSITIVE);
        Self { distinct, by_x, customers, mean_end }
    }

    /// The log-likelihood with a rate for each customer that fits it best, which no model of one distribution
    /// of rates can exceed, where an order takes so many `stages`: with m of these `λᵐ e^(−λ t_x)` is largest
    /// at λ = m / `t_x`.
    pub(super) fn greatest_log_likelihood(&self, stages: u32) -> f64 {
        let ordered = self.distinct.iter().filter(|history| history.x > 0.0);
        crate::sum::compensated(ordered.map(|&History { x, t_x, customers, .. }| {
            let passed = f64::from(stages) * x;
            customers * (passed * (passed / t_x).ln() - passed)
        }))
    }

    /// About `most` histories spread evenly over all; `None` when there are not many more.
    pub(super) fn thinned(&self, most: usize) -> Option<Self> {
        let step = self.distinct.len() / most.max(1);
        (step > 1).then(|| Self::of_distinct(self.distinct.iter().copied().step_by(step).collect()))
    }
}
