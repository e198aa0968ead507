//! Strategies: one of seven for every customer, why, and what to do next.
//!
//! The seven: protect, re-engineer, enhance, harvest, end, win back, start (F. Buttle, *Customer Relationship
//! Management*). Rules over five levels give them; the shipped ones stand in `default.toml`, one's own are read by
//! [`Rules::from_toml`], which refuses gaps and rules that never decide.
//!
//! - *worth*: what the customer would bring within the horizon if they are still active: the lifetime value over
//!   P(alive), from the models of [`clv`]. High and low are shares of the customers; equal ones get
//!   equal levels.
//! - *activity*: P(alive) of the same models.
//! - *tenure*: days since the first purchase.
//! - *trend*: net spend of the last days against as many days before; steady for who has not been there so long.
//! - *cost*: refunds over purchases.
//!
//! The *budget ceiling* is worth × uplift of the strategy: more than that an action cannot bring back. The uplift
//! is an assumption of the rules until a test of one's own replaces it.

mod rules;
mod tables;
#[cfg(test)]
mod tests;

pub use rules::{Activity, Cost, Cuts, Levels, Rules, Strategy, Tenure, Trend, Value};

use crate::{
    AsOf, Date, Error, Lang, Money, Result,
    analysis::{clv, rfm},
    data::{Orders, OrdersQuery, sales::is_purchase},
    ingest::{Export, Imported, pass::verdict::no_purchases},
};
use serde::Serialize;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How lifetime values are estimated: the window, the model, horizon, discount and margin.
    pub clv: clv::Options,
    /// The rules.
    pub rules: Rules,
}

/// The strategies of all customers.
#[derive(Clone, Debug, Serialize)]
pub struct Strategies {
    /// The exclusive instant of observation.
    pub as_of: AsOf,
    /// In the order of their ids' bytes.
    pub customers: Vec<Customer>,
    /// Customers without a purchase that was kept: they have no strategy.
    pub without_purchase: u64,
    #[serde(skip)]
    rules: Rules,
    #[serde(skip)]
    segments: rfm::Segments,
    #[serde(skip)]
    warnings: Vec<clv::Warning>,
}

/// One customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Customer {
    /// The id.
    pub id: String,
    /// What to do.
    pub strategy: Strategy,
    /// Why.
    pub levels: Levels,
    /// What an active customer like this brings within the horizon.
    pub worth: f64,
    /// What this one is expected to bring.
    pub clv: f64,
    /// The probability that the customer is still active.
    pub p_alive: f64,
    /// The most that an action may cost; `None` where nothing is to be spent.
    pub budget: Option<f64>,
    /// Net revenue so far.
    pub revenue: Money,
    /// The day of the first purchase.
    pub first_order: Date,
    /// The day of the last purchase.
    pub last_order: Date,
    /// The relative change of spend; `None` for who has not been there so long, or spent in neither time.
    pub trend: Option<f64>,
    /// Refunds over purchases.
    pub refund_share: f64,
    /// The number of the RFM segment among the published ones.
    pub segment: Option<u32>,
}

/// Gives the customers of `export` their strategies.
///
/// # Errors
/// As [`clv::estimate`].
pub fn choose(export: &mut Export, options: &Options) -> Result<Imported<Strategies>> {
    let query = OrdersQuery { window: options.clv.window, ..OrdersQuery::default() };
    let orders = Orders::read(export, &query)?;
    if !orders.result.has_purchases() {
        return Err(no_purchases(export, &orders));
    }
    let last = orders.span.map(|(_, last)| AsOf::day_after(last.date()));
    let until = options.clv.window.until.or(last);
    orders.try_map(|orders| {
        let mut options = options.clone();
        options.clv.window.until = until;
        choose_of(&orders, &options)
    })
}

/// Gives the customers of `orders` that have been read their strategies.
///
/// ```no_run
/// use crmstat::{analysis::strategy::{self, Options}, ingest::{Export, ReadOptions}};
///
/// let mut export = Export::open(&["orders.csv"], ReadOptions::default())?;
/// for customer in strategy::choose(&mut export, &Options::default())?.result.customers {
///     println!("{}: {}", customer.id, customer.strategy.code());
/// }
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// As [`clv::estimate_orders`].
pub fn choose_of(orders: &Orders, options: &Options) -> Result<Strategies> {
    let orders = &*orders.within(options.clv.window);
    let valued = clv::estimate_orders(orders, clv::Beside::default(), &options.clv)?;
    let as_of = valued.as_of();
    let window = crate::Window { until: Some(as_of), ..options.clv.window };
    let scored = rfm::score_orders(orders, &rfm::Options { window, ..rfm::Options::default() })?;
    choose_from(orders, &valued, &scored, &options.rules, options.clv.margin)
}

/// [`choose_of`] from the models of `orders` that have been made: lifetime values with `margin`, and scores as of the
/// same instant.
///
/// # Errors
/// Revenue of a customer past the range of money.
pub fn choose_from(
    orders: &Orders,
    valued: &clv::Clv,
    scored: &rfm::Rfm,
    rules: &Rules,
    margin: f64,
) -> Result<Strategies> {
    let as_of = valued.as_of();
    let mut scored_by_id = scored.customers().peekable();
    let mut facts: Vec<Facts> = Vec::new();
    let mut customers = valued.customers().peekable();
    let mut without_purchase = 0;
    for number in 0..orders.customers().len() {
        let id = orders.customers().get(number).unwrap_or_default();
        // All three are in the order of the ids' bytes.
        while scored_by_id.next_if(|other| other.id < id).is_some() {}
        let segment = scored_by_id.next_if(|other| other.id == id).and_then(|own| own.segment);
        while customers.next_if(|other| other.id < id).is_some() {}
        let Some(found) = customers.next_if(|other| other.id == id) else {
            without_purchase += 1;
            continue;
        };
        match Facts::of(orders, number, &found, segment, as_of, (rules.cuts(), margin))? {
            Some(own) => facts.push(own),
            None => without_purchase += 1,
        }
    }
    let worths: Vec<f64> = facts.iter().map(|facts| facts.worth).collect();
    let cuts = rules.cuts();
    let quantile = |p: f64| crmstat_models::rfm::quantile(&mut worths.clone(), p);
    let high = quantile(1.0 - cuts.high_share).unwrap_or(f64::INFINITY);
    let low = quantile(cuts.low_share).unwrap_or(0.0);
    let chosen = facts.into_iter().map(|facts| facts.choose(rules, high, low, as_of));
    Ok(Strategies {
        as_of,
        customers: chosen.collect(),
        without_purchase,
        rules: rules.clone(),
        segments: scored.segments().clone(),
        warnings: valued.warnings().to_vec(),
    })
}

/// What is known of one customer.
struct Facts {
    id: String,
    worth: f64,
    clv: f64,
    p_alive: f64,
    revenue: Money,
    first_order: Date,
    last_order: Date,
    trend: Option<f64>,
    refund_share: f64,
    segment: Option<u32>,
}

/// Below this P(alive) what an active customer is worth cannot be told from what this one is.
const LEAST_ALIVE: f64 = 1e-6;

impl Facts {
    fn of(
        orders: &Orders,
        number: usize,
        found: &clv::Customer<'_>,
        segment: Option<u32>,
        as_of: AsOf,
        (cuts, margin): (Cuts, f64),
    ) -> Result<Option<Self>> {
        let own = orders.of_customer(number);
        let amounts =
            || own.clone().map(|order| (orders.at()[order].date(), orders.amount()[order]));
        let bought = || amounts().filter(|(_, amount)| is_purchase(*amount));
        let (Some((first_order, _)), Some((last_order, _))) =
            (bought().next(), bought().next_back())
        else {
            return Ok(None);
        };
        let units = |amount: Money| i128::from(amount.units());
        let net: i128 = amounts().map(|(_, amount)| units(amount)).sum();
        let gross: i128 = bought().map(|(_, amount)| units(amount)).sum();
        let middle = as_of.date().plus_days(-(cuts.trend_days as i32));
        let begin = middle.plus_days(-(cuts.trend_days as i32));
        let spent = |from: Date, to: Date| -> i128 {
            let within = amounts().filter(|(day, _)| from <= *day && *day < to);
            within.map(|(_, amount)| units(amount)).sum()
        };
        let (before, lately) = (spent(begin, middle), spent(middle, as_of.date()));
        let trend = match (before, lately) {
            _ if first_order > begin => None,
            (before, lately) if before > 0 => Some(lately as f64 / before as f64 - 1.0),
            (_, lately) if lately > 0 => Some(1.0),
            _ => None,
        };
        let value = found.value;
        let mean_order = gross as f64 / Money::SCALE as f64 / bought().count() as f64;
        let clv = value.clv.unwrap_or(value.expected_orders * mean_order * margin);
        let revenue = i64::try_from(net).map(Money::from_units);
        Ok(Some(Self {
            id: found.id.to_owned(),
            worth: clv / value.p_alive.max(LEAST_ALIVE),
            clv,
            p_alive: value.p_alive,
            revenue: revenue
                .map_err(|_| Error::data("a customer's revenue is past the range of money"))?,
            first_order,
            last_order,
            trend,
            refund_share: if gross > 0 { (gross - net) as f64 / gross as f64 } else { 0.0 },
            segment,
        }))
    }

    fn choose(self, rules: &Rules, high: f64, low: f64, as_of: AsOf) -> Customer {
        let cuts = rules.cuts();
        let tenure = as_of.date().days() - self.first_order.days();
        let levels = Levels {
            value: match self.worth {
                worth if worth >= high => Value::High,
                worth if worth < low => Value::Low,
                _ => Value::Middle,
            },
            activity: match self.p_alive {
                p if p >= cuts.active => Activity::Active,
                p if p < cuts.gone => Activity::Gone,
                _ => Activity::Fading,
            },
            tenure: if tenure <= cuts.new_days as i32 { Tenure::New } else { Tenure::Established },
            trend: match self.trend {
                Some(change) if change >= cuts.trend => Trend::Rising,
                Some(change) if change <= -cuts.trend => Trend::Falling,
                _ => Trend::Steady,
            },
            cost: if self.refund_share >= cuts.costly_refunds { Cost::Costly } else { Cost::Usual },
        };
        let strategy = rules.strategy(levels);
        let uplift = rules.uplift(strategy);
        Customer {
            strategy,
            levels,
            budget: (uplift > 0.0).then_some(self.worth.max(0.0) * uplift),
            id: self.id,
            worth: self.worth,
            clv: self.clv,
            p_alive: self.p_alive,
            revenue: self.revenue,
            first_order: self.first_order,
            last_order: self.last_order,
            trend: self.trend,
            refund_share: self.refund_share,
            segment: self.segment,
        }
    }
}

impl Strategies {
    /// The customer whose id is `id`; `None` where nobody with a strategy has it.
    pub fn of(&self, id: &str) -> Option<&Customer> {
        let at = self.customers.binary_search_by(|own| own.id.as_str().cmp(id)).ok()?;
        self.customers.get(at)
    }

    /// The rules by which they were chosen.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What to know before using the values of customers.
    pub fn warnings(&self) -> &[clv::Warning] {
        &self.warnings
    }
}

impl Customer {
    /// Why the customer has this strategy, in words.
    pub fn reason(&self, lang: Lang) -> String {
        let [value, activity, tenure, trend, cost] = self.levels.names(lang);
        let mut parts = vec![value.to_owned()];
        let p = format!("{:.0} %", 100.0 * self.p_alive);
        parts.push(format!("{activity} ({p})"));
        if self.levels.tenure == Tenure::New {
            parts.push(tenure.to_owned());
        }
        match self.trend {
            Some(change) if self.levels.trend != Trend::Steady => {
                parts.push(format!("{trend} ({:+.0} %)", 100.0 * change));
            }
            Some(_) => parts.push(trend.to_owned()),
            None => {}
        }
        if self.levels.cost == Cost::Costly {
            parts.push(format!("{cost} ({:.0} %)", 100.0 * self.refund_share));
        }
        parts.join(", ")
    }
}
