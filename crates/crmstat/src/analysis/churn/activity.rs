//! Who can still be lost: customers whose silence is not yet an answer.

use super::{Event, Horizon, Population, cohort::CohortParams};
use crate::{AsOf, Date, data::sales::is_purchase, features::History};
use crmstat_models::parallel::map_chunks;

/// How many of their usual gaps a customer may be silent.
const GAPS: f64 = 3.0;
/// The longest that gaps let a customer be silent, in days: the window over which spend at risk is counted.
/// One gap of most of a year, between the only two orders, would otherwise let two years of silence pass.
const LONGEST: f64 = 365.0;
/// Customers per task.
const CHUNK: usize = 4096;

/// Which customers are looked at as of a day.
///
/// A customer is *active* who has been silent for no longer than the horizon, or than three of their usual
/// gaps, up to a year, where these are longer; the usual gap of who has ordered on one day alone is the median
/// one of all others. Everybody else has gone already by the very meaning of churn: they have let a whole
/// horizon, and three chances to order or a year, pass.
pub(super) struct Activity {
    /// Whether each customer is active; `None` where everybody is looked at.
    active: Option<Vec<bool>>,
}

impl Activity {
    pub(super) fn of(history: &History<'_>, params: &CohortParams, as_of: AsOf) -> Self {
        Self::new(history, params.population, params.event, params.span.horizon, as_of)
    }

    pub(super) fn new(
        history: &History<'_>,
        population: Population,
        event: Event,
        horizon: Horizon,
        as_of: AsOf,
    ) -> Self {
        // Who is under a contract can end it, however silent they are.
        if population == Population::All || event == Event::ContractEnd {
            return Self { active: None };
        }
        let count = history.orders().customers().len();
        let chunks = map_chunks(count, CHUNK, |range| {
            range.map(|customer| Rhythm::of(history, customer, as_of)).collect::<Vec<_>>()
        });
        let rhythms: Vec<Option<Rhythm>> = chunks.into_iter().flatten().collect();
        let mut gaps: Vec<f64> = rhythms.iter().flatten().filter_map(|rhythm| rhythm.gap).collect();
        gaps.sort_unstable_by(f64::total_cmp);
        let typical = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
        let is_active = |rhythm: &Option<Rhythm>| {
            rhythm.as_ref().is_some_and(|rhythm| {
                let by_rhythm = (GAPS * rhythm.gap.unwrap_or(typical)).min(LONGEST);
                let longest = f64::from(horizon.in_days()).max(by_rhythm);
                f64::from(rhythm.silence) <= longest
            })
        };
        Self { active: Some(rhythms.iter().map(is_active).collect()) }
    }

    pub(super) fn takes(&self, customer: usize) -> bool {
        self.active.as_ref().is_none_or(|active| active[customer])
    }

    /// How many customers have ordered, but are no longer active.
    pub(super) fn gone(&self, history: &History<'_>, as_of: AsOf) -> usize {
        let Some(active) = &self.active else { return 0 };
        let until = as_of.date().midnight();
        let orders = history.orders();
        let has_ordered = |customer: usize| {
            let mut range = orders.of_customer(customer);
            range.any(|order| orders.at()[order] < until && is_purchase(orders.amount()[order]))
        };
        (0..active.len()).filter(|customer| !active[*customer] && has_ordered(*customer)).count()
    }
}

/// When a customer orders.
struct Rhythm {
    /// Days since the last purchase.
    silence: i32,
    /// Days between the days of purchases, on average.
    gap: Option<f64>,
}

impl Rhythm {
    /// That of the purchases before `as_of`; `None` where there is none.
    fn of(history: &History<'_>, customer: usize, as_of: AsOf) -> Option<Self> {
        let until = as_of.date();
        let orders = history.orders();
        let mut days: Option<(Date, Date, u32)> = None;
        for order in orders.of_customer(customer) {
            let day = orders.at()[order].date();
            if day >= until || !is_purchase(orders.amount()[order]) {
                continue;
            }
            days = Some(match days {
                None => (day, day, 0),
                Some((first, last, gaps)) => (first, day, gaps + u32::from(day > last)),
            });
        }
        let (first, last, gaps) = days?;
        let gap = (gaps > 0).then(|| f64::from(last.days() - first.days()) / f64::from(gaps));
        Some(Self { silence: until.days() - last.days(), gap })
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, AsOf, Date, Event, Horizon, Population};
    use crate::{
        data::{OrderRow, Orders},
        features::History,
    };

    /// Whether the customers of `orders` are active on 1 January 2026.
    fn active(orders: &[(&str, &[&str])]) -> Vec<bool> {
        let mut rows = Orders::builder();
        for (id, days) in orders {
            for day in *days {
                rows = rows.row(OrderRow::new(*id, day.parse::<Date>().unwrap(), 10.0));
            }
        }
        let orders = rows.build().unwrap().result;
        let history = History::new(&orders);
        let as_of = AsOf::start_of("2026-01-01".parse().unwrap());
        let (population, event) = (Population::Active, Event::NoOrder);
        let activity = Activity::new(&history, population, event, Horizon::default(), as_of);
        (0..orders.customers().len()).map(|customer| activity.takes(customer)).collect()
    }

    #[test]
    fn three_gaps_of_silence_are_borne_up_to_a_year() {
        let found = active(&[
            // 30 days between orders: 80 days of silence are within the horizon, 100 beyond both.
            ("a", &["2025-09-13", "2025-10-13"]),
            ("b", &["2025-08-24", "2025-09-23"]),
            // 200 days between orders: 300 of silence are borne, 400 are not, though below 600.
            ("c", &["2024-08-19", "2025-03-07"]),
            ("d", &["2024-05-11", "2024-11-27"]),
        ]);
        assert_eq!(found, [true, false, true, false]);
    }
}
