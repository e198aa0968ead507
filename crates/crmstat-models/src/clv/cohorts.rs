//! Acquisition cohorts: who came when, how many came back, what they brought.

use serde::{Deserialize, Serialize};

use crate::sum::compensated;
use crate::{Error, Result};

/// One order, placed in a numbered period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CohortOrder {
    /// The customer, by any number of the caller's.
    pub customer: u64,
    /// The period (month, quarter …) by its number.
    pub period: u32,
    /// The amount; negative for a refund, which is revenue of its period but no activity.
    pub amount: f64,
}

/// The customers whose first order falls in one period.
///
/// `active` and `revenue` have one entry per age, the number of periods since the first, up to the last
/// observed period: a cohort has no entry for what has not happened yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// The period of the first order.
    pub period: u32,
    /// The customers.
    pub customers: u64,
    /// How many of them ordered at each age; all of them at age 0.
    pub active: Vec<u64>,
    /// What they brought at each age.
    pub revenue: Vec<f64>,
}

impl Cohort {
    /// The share of the cohort that ordered at each age.
    pub fn retention(&self) -> Vec<f64> {
        self.active.iter().map(|active| *active as f64 / self.customers as f64).collect()
    }

    /// Revenue per customer of the cohort, summed up to each age.
    pub fn cumulative_revenue_per_customer(&self) -> Vec<f64> {
        (1..=self.revenue.len())
            .map(|ages| compensated(self.revenue[..ages].iter().copied()) / self.customers as f64)
            .collect()
    }
}

/// Groups customers by the period of their first order and follows them to `last_period`, inclusive.
///
/// Cohorts come in order of their period; periods in which nobody came have none. Orders after
/// `last_period` do not exist. The result does not depend on the order of `orders`.
///
/// # Errors
/// When an amount is not finite.
///
/// # Examples
/// ```
/// use crmstat_models::clv::{CohortOrder, acquisition_cohorts};
///
/// let orders = [(1, 0, 10.0), (2, 0, 20.0), (1, 2, 5.0), (3, 1, 7.0)];
/// let orders = orders.map(|(customer, period, amount)| CohortOrder { customer, period, amount });
/// let cohorts = acquisition_cohorts(&orders, 2)?;
/// assert_eq!(cohorts[0].retention(), [1.0, 0.0, 0.5]);
/// assert_eq!(cohorts[1].revenue, [7.0, 0.0]);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
pub fn acquisition_cohorts(orders: &[CohortOrder], last_period: u32) -> Result<Vec<Cohort>> {
    if let Some(odd) = orders.iter().find(|order| !order.amount.is_finite()) {
        return Err(Error::data(format!("an amount of period {} is {}", odd.period, odd.amount)));
    }
    let mut seen: Vec<CohortOrder> =
        orders.iter().copied().filter(|order| order.period <= last_period).collect();
    // The amount breaks ties, so that sums have one order.
    seen.sort_by(|a, b| {
        let place = (a.customer, a.period).cmp(&(b.customer, b.period));
        place.then(a.amount.total_cmp(&b.amount))
    });
    // Per period of acquisition: the age and amount of every order, and of every active customer.
    let mut members: Vec<Member> = Vec::new();
    for customer in seen.chunk_by(|a, b| a.customer == b.customer) {
        // A customer known by refunds alone was never acquired.
        let Some(first) = customer.iter().find(|order| order.amount >= 0.0) else {
            continue;
        };
        for period in customer.chunk_by(|a, b| a.period == b.period) {
            // A refund of an order from before the data falls on the first age.
            let age = period[0].period.saturating_sub(first.period);
            members.push(Member {
                cohort: first.period,
                age,
                active: period.iter().any(|order| order.amount >= 0.0),
                revenue: compensated(period.iter().map(|order| order.amount)),
            });
        }
    }
    members.sort_by_key(|member| (member.cohort, member.age));
    Ok(members
        .chunk_by(|a, b| a.cohort == b.cohort)
        .map(|members| cohort(members, last_period))
        .collect())
}

/// What one customer did in one period.
struct Member {
    cohort: u32,
    age: u32,
    active: bool,
    revenue: f64,
}

fn cohort(members: &[Member], last_period: u32) -> Cohort {
    let period = members[0].cohort;
    let ages = (last_period - period) as usize + 1;
    let (mut active, mut revenue) = (vec![0; ages], vec![0.0; ages]);
    for same_age in members.chunk_by(|a, b| a.age == b.age) {
        let age = same_age[0].age as usize;
        active[age] = same_age.iter().filter(|member| member.active).count() as u64;
        revenue[age] = compensated(same_age.iter().map(|member| member.revenue));
    }
    Cohort { period, customers: active[0], active, revenue }
}

#[cfg(test)]
mod tests {
    use super::{CohortOrder, acquisition_cohorts};

    fn orders(rows: &[(u64, u32, f64)]) -> Vec<CohortOrder> {
        rows.iter()
            .map(|&(customer, period, amount)| CohortOrder { customer, period, amount })
            .collect()
    }

    #[test]
    fn the_order_of_rows_changes_nothing_and_revenue_is_kept() {
        let rows: Vec<(u64, u32, f64)> = (0..500_u32)
            .map(|i| (u64::from(i * 7 % 40), i * 13 % 11, 0.1 * f64::from(i)))
            .collect();
        let mut data = orders(&rows);
        let cohorts = acquisition_cohorts(&data, 10).unwrap();
        data.reverse();
        assert_eq!(acquisition_cohorts(&data, 10).unwrap(), cohorts);
        let total: f64 = cohorts.iter().flat_map(|cohort| &cohort.revenue).sum();
        assert!((total - data.iter().map(|order| order.amount).sum::<f64>()).abs() < 1e-9);
        assert_eq!(cohorts.iter().map(|cohort| cohort.customers).sum::<u64>(), 40);
        for cohort in &cohorts {
            assert_eq!(cohort.active[0], cohort.customers);
            assert_eq!(cohort.active.len() as u32, 11 - cohort.period);
        }
    }

    #[test]
    fn refunds_are_revenue_but_no_activity() {
        let data = orders(&[(1, 0, 10.0), (1, 1, -4.0), (2, 0, 6.0), (2, 1, 2.0), (3, 0, -1.0)]);
        let cohorts = acquisition_cohorts(&data, 1).unwrap();
        assert_eq!(cohorts[0].active, [2, 1]);
        assert_eq!(cohorts[0].revenue, [16.0, -2.0]);
        assert_eq!(cohorts[0].cumulative_revenue_per_customer(), [8.0, 7.0]);
    }

    #[test]
    fn nothing_after_the_last_period_exists() {
        let data = orders(&[(1, 0, 10.0), (1, 5, 10.0), (2, 5, 1.0)]);
        let cohorts = acquisition_cohorts(&data, 3).unwrap();
        assert_eq!((cohorts.len(), cohorts[0].active.len()), (1, 4));
        assert!(acquisition_cohorts(&[], 3).unwrap().is_empty());
        assert!(acquisition_cohorts(&orders(&[(1, 0, f64::NAN)]), 3).unwrap_err().is_data());
    }
}
