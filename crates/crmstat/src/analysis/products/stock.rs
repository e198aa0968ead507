//! What to hold of a product: a reorder point and an order quantity from a forecast of the pieces sold.

use crate::{
    AsOf, Error, Result, Window,
    analysis::{
        forecast::{Fit, Forecasts, Options, Period, SeriesSet},
        sales::{
            Note,
            calendar::Calendar,
            cube::{Cube, NONE},
            facts::Facts,
        },
    },
};
use serde::Serialize;

/// Over which time, and how surely, the stock has to last.
#[derive(Clone, Debug, PartialEq)]
pub struct StockOptions {
    /// Days from the order to the delivery.
    pub lead_days: u32,
    /// Days that what is ordered has to last.
    pub review_days: u32,
    /// How often the stock has to last until the delivery, in percent: from 51 to 99.5 by halves.
    pub service: f64,
    /// The seed of the simulated futures.
    pub seed: u64,
}

impl Default for StockOptions {
    fn default() -> Self {
        Self {
            lead_days: 14,
            review_days: 30,
            service: 95.0,
            seed: crate::analysis::forecast::DEFAULT_SEED,
        }
    }
}

/// What to hold of one product.
///
/// Demand is forecast by weeks, with the models for intermittent demand where it is such. The reorder point is the
/// quantile of the demand over the lead time at the service level. A lead time that is no number of weeks takes
/// the share of its days in the mean, and the root of that share in the spread. Neither is below zero, and both
/// are whole pieces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stock {
    /// Pieces that are expected to be sold over the lead time.
    pub lead_demand: f64,
    /// Order when no more than this is left.
    pub reorder_point: f64,
    /// What of the reorder point is there for luck that is not as expected.
    pub safety: f64,
    /// How much to order: what is expected to be sold until the next order.
    pub order_quantity: f64,
    /// The model of the forecast.
    pub model: String,
}

const DAYS_A_WEEK: f64 = 7.0;
/// Farthest forecast, in days.
const FARTHEST: u32 = 730;

impl StockOptions {
    pub(super) fn check(&self) -> Result<()> {
        for (days, what) in [(self.lead_days, "lead time"), (self.review_days, "review")] {
            if !(1..=FARTHEST).contains(&days) {
                return Err(Error::usage(format!(
                    "a {what} of {days} days is not within 1 to {FARTHEST}"
                )));
            }
        }
        self.level().map(drop)
    }

    /// The central interval whose upper bound is the service level, in percent.
    fn level(&self) -> Result<u8> {
        let level = 2.0 * self.service - 100.0;
        let is_whole = (level - level.round()).abs() < 1e-9 && (2.0..=99.0).contains(&level);
        if is_whole {
            return Ok(level.round() as u8);
        }
        Err(Error::usage(format!(
            "a service level of {} % is not from 51 to 99.5 by halves",
            self.service
        ))
        .with_hint("such as 90, 95, 97.5 or 99"))
    }

    pub(super) fn note(&self) -> Note {
        let Self { lead_days, review_days, service, .. } = self;
        Note::new(
            format!(
                "the reorder point lasts for a lead time of {lead_days} days in {service} % of cases; an order lasts \
                 for {review_days} days on average; what is on hand and on its way is not known here"
            ),
            format!(
                "точки заказа хватает на срок поставки {lead_days} дн. в {service} % случаев; заказа — в среднем на \
                 {review_days} дн.; остатки и товар в пути здесь не известны"
            ),
        )
    }
}

/// The stock of each of `codes`; `None` of what is no product or was not sold in whole weeks.
pub(super) fn stocks(
    facts: &Facts<'_>,
    window: Window,
    as_of: AsOf,
    codes: &[u32],
    options: &StockOptions,
) -> Result<Vec<Option<Stock>>> {
    let (first, _) = facts.orders.span().ok_or_else(|| Error::data("there is no order"))?;
    let calendar = Calendar::new(Period::Week, window.since, first, as_of)?;
    let cube = Cube::new(facts, &calendar, &|_| {})?;
    let weeks: Vec<_> = calendar.periods.iter().filter(|week| week.is_complete()).collect();
    let labels = facts.dims[0].1.labels();
    let mut series = Vec::new();
    let mut places: Vec<Option<usize>> = vec![None; codes.len()];
    for (at, code) in codes.iter().enumerate().filter(|(_, code)| **code != NONE) {
        let Some(cells) = cube.get(&[*code]) else { continue };
        let Some(begun) = weeks.iter().position(|week| cells[week.own].orders > 0) else {
            continue;
        };
        let pieces = |week: &&crate::analysis::sales::PeriodSpan| {
            (cells[week.own].quantity as f64 / 1e6).max(0.0)
        };
        let values: Vec<f64> = weeks[begun..].iter().map(pieces).collect();
        places[at] = Some(series.len());
        // The place keeps names apart and in order, whatever the labels are.
        let name =
            format!("{:09} {}", series.len(), labels.get(*code as usize).unwrap_or_default());
        series.push((name, weeks[begun].whole.first, values));
    }
    if series.is_empty() {
        return Ok(vec![None; codes.len()]);
    }
    let set = SeriesSet::of_values(Period::Week, series)?;
    let weeks_of = |days: u32| days.div_ceil(7) as usize;
    let asked = |days: u32| -> Result<Options> {
        Ok(Options {
            horizon: Some(weeks_of(days)),
            levels: vec![options.level()?],
            seed: options.seed,
            ..Options::default()
        })
    };
    let (lead, review) = (asked(options.lead_days)?, asked(options.review_days)?);
    let fit = Fit::new(&set, &lead)?;
    let (lead, review): (Forecasts, Forecasts) = (fit.forecast(&lead)?, fit.forecast(&review)?);
    let share = |days: u32| f64::from(days) / DAYS_A_WEEK / weeks_of(days) as f64;
    let of = |place: usize| {
        let (ahead, next) = (&lead.series()[place], &review.series()[place]);
        let part = share(options.lead_days);
        let mean = ahead.total.mean.max(0.0);
        let upper = ahead.total.bounds.first().map_or(mean, |(_, upper)| *upper);
        let lead_demand = mean * part;
        let reorder = (lead_demand + (upper - mean).max(0.0) * part.sqrt()).max(0.0);
        // Rounding errors of the forecast make no piece.
        let reorder_point = (reorder - 1e-9).ceil().max(0.0);
        let expected = next.total.mean.max(0.0) * share(options.review_days);
        Stock {
            lead_demand,
            reorder_point,
            safety: (reorder_point - lead_demand).max(0.0),
            order_quantity: (expected - 1e-9).ceil().max(0.0),
            model: ahead.model.clone(),
        }
    };
    Ok(places.into_iter().map(|place| place.map(of)).collect())
}
