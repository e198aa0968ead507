//! Would it have been right? The end of the data is held back, foreseen and compared.

use super::{
    Beside, Model, Options, OrderModel, Warning,
    buyers::{Buyers, Observation, last_day, purchases},
};
use crate::{
    AsOf, Date, Error, Result, Window,
    data::{
        Orders, OrdersQuery, Texts,
        table::{Column, Table},
    },
    ingest::{Export, Imported, pass::verdict::no_purchases},
};
use crmstat_models::clv::{
    ClvParams, CustomerValue, Holdout, Interval, OrderDraws, Span, Summaries, SummaryParams,
    TimeUnit, TrackingRow, ZeroAmount, share_of_best_caught,
};
use rayon::prelude::*;

/// Customers with this many repeat orders or more share a row, as in the literature on CDNOW.
const MOST_FREQUENT: u32 = 7;
/// Customers whose interval of what will come is looked at, and draws for each.
const SIMULATED: usize = 5000;
const DRAWS: usize = 1000;
/// The share of customers who are the best.
const BEST: f64 = 0.1;

/// What to validate. The default: every model of orders at any time, to the end of the data.
#[derive(Clone, Debug)]
pub struct ValidationOptions {
    /// The models to compare.
    pub models: Vec<OrderModel>,
    /// How long to hold back after `as_of`; `None` is to the last event.
    pub holdout: Option<Span>,
}

impl Default for ValidationOptions {
    fn default() -> Self {
        Self { models: OrderModel::AT_ANY_TIME.to_vec(), holdout: None }
    }
}

/// Who foresees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predictor {
    /// A model fitted to the calibration.
    Model(OrderModel),
    /// "Same as last year": every customer orders and spends what they did in the span of the same length
    /// before.
    SameAsBefore,
}

impl Predictor {
    /// The name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model(model) => model.name(),
            Self::SameAsBefore => "same-as-before",
        }
    }
}

/// How well one predictor foresaw the holdout.
#[derive(Clone, Debug)]
pub struct Score {
    /// Who foresaw.
    pub predictor: Predictor,
    /// Orders: totals, errors per customer, means by frequency.
    pub orders: Holdout,
    /// Money expected in the holdout; `None` without a model of spend.
    pub expected_value: Option<f64>,
    /// Of the money of the best tenth of customers, the share that the tenth foreseen as best brought.
    pub best_caught: Option<f64>,
    /// The share of customers whose number of orders was within the interval of [`Options::level`] of what will
    /// come; of so many customers at most, spread evenly. `None` for the baseline.
    pub orders_within: Option<f64>,
    /// The same of the money that they brought.
    pub value_within: Option<f64>,
}

/// Repeat orders of all customers by period, foreseen and real.
#[derive(Clone, Debug)]
pub struct Tracking {
    /// The model.
    pub model: OrderModel,
    /// One row per whole period from the first order on.
    pub rows: Vec<TrackingRow>,
}

/// Foreseen and real orders of a holdout.
#[derive(Clone, Debug)]
pub struct Validation {
    as_of: AsOf,
    last_day: Date,
    first_day: Date,
    period: TimeUnit,
    customers: usize,
    actual_value: f64,
    scores: Vec<Score>,
    tracking: Vec<Tracking>,
    warnings: Vec<Warning>,
}

/// Fits the models to the orders before `options.window.until` and compares what they expect after it
/// with what came. Only customers who ordered before it take part.
///
/// # Errors
/// What the export cannot bear ([`Export`]), no `until`, a holdout that runs past the data or is shorter
/// than a day, no purchase, or nobody with a repeat order.
pub fn validate(
    export: &mut Export,
    options: &Options,
    validation: &ValidationOptions,
) -> Result<Imported<Validation>> {
    check(options, validation)?;
    let since = options.window.since;
    let query = OrdersQuery { window: Window { since, until: None }, ..OrdersQuery::default() };
    let orders = Orders::read(export, &query)?;
    let span = orders.span.map(|(first, last)| (first.date(), last.date()));
    match held_back(&orders.result, span, options, validation)? {
        Some(found) => orders.try_map(|_| Ok(found)),
        None => Err(no_purchases(export, &orders)),
    }
}

/// The same of `orders` that have been read, those before `options.window.since` left out.
///
/// # Errors
/// As [`validate`], what an export cannot bear aside.
pub fn validate_orders(
    orders: &Orders,
    options: &Options,
    validation: &ValidationOptions,
) -> Result<Validation> {
    check(options, validation)?;
    let orders = orders.within(Window { since: options.window.since, until: None });
    held_back(&orders, orders.span(), options, validation)?
        .ok_or_else(|| Error::data("there is no order to validate by").with_hint("check `--since`"))
}

fn check(options: &Options, validation: &ValidationOptions) -> Result<()> {
    options.check(Beside::default())?;
    if let Some(model) = validation.models.iter().find(|model| model.is_stepwise()) {
        let names = OrderModel::AT_ANY_TIME.map(OrderModel::name).join("`, `");
        let message = format!("`{}` cannot be validated on a span of days", model.name());
        return Err(Error::usage(message).with_hint(format!("name one of `{names}`")));
    }
    Ok(())
}

/// The validation on `orders`; `None` without one.
fn held_back(
    orders: &Orders,
    span: Option<(Date, Date)>,
    options: &Options,
    validation: &ValidationOptions,
) -> Result<Option<Validation>> {
    let Some((first, last)) = span else { return Ok(None) };
    let as_of = options.window.until.ok_or_else(|| nothing_held_back(first, last))?;
    let end = holdout_end(as_of, validation.holdout, last)
        .ok_or_else(|| holdout_too_long(as_of, validation.holdout, first, last))?;
    Validation::new(orders, as_of, end, options, &validation.models).map(Some)
}

/// The last day of the holdout, if the data reach it and it is not before `as_of`.
fn holdout_end(as_of: AsOf, holdout: Option<Span>, last: Date) -> Option<Date> {
    let end = match holdout {
        // A month or a year is not a whole number of days; a day that has begun is not part of it.
        Some(span) => {
            let days = (span.in_units(TimeUnit::Day) + 1e-9).floor().min(f64::from(i32::MAX / 2));
            as_of.date().plus_days(days as i32 - 1)
        }
        None => last,
    };
    (as_of.date() <= end && end <= last).then_some(end)
}

fn nothing_held_back(first: Date, last: Date) -> Error {
    Error::usage("a validation needs the last day of the calibration").with_hint(format!(
        "`--calibration-end {}` holds back the last third of the data",
        two_thirds(first, last)
    ))
}

fn holdout_too_long(as_of: AsOf, holdout: Option<Span>, first: Date, last: Date) -> Error {
    let message = match holdout {
        Some(span) => {
            let days = span.in_units(TimeUnit::Day).floor();
            format!(
                "a holdout of {days} days from {as_of} on does not fit the data, which end on {last}"
            )
        }
        None => format!("nothing is left to hold back from {as_of} on: the data end on {last}"),
    };
    Error::data(message).with_hint(format!(
        "`--calibration-end {}` without `--holdout` holds back the last third of the data",
        two_thirds(first, last)
    ))
}

/// The day two thirds of the way.
fn two_thirds(first: Date, last: Date) -> Date {
    first.plus_days((last.days() - first.days()) / 3 * 2)
}

/// What one customer did after `as_of`, and in the span of the same length before it.
struct Outcome {
    first: i32,
    /// Days of repeat orders, in the calibration and the holdout.
    repeats: Vec<i32>,
    orders: f64,
    value: f64,
    orders_before: f64,
    value_before: f64,
}

impl Outcome {
    fn of(orders: &Orders, customer: usize, ends: [i32; 2], zero: ZeroAmount) -> Result<Self> {
        let purchases = purchases(orders, customer);
        let days_until = |end: i32| {
            let params = SummaryParams::new(end, TimeUnit::Day).zero_amount(zero);
            params.purchase_days(&purchases).map_err(Error::from_model)
        };
        let [calibration, holdout] = ends;
        // A refund of the holdout may undo a day of the calibration, which nobody could foresee.
        let before = days_until(calibration)?;
        let mut after = days_until(holdout)?;
        after.retain(|day| day.day > calibration);
        let span = holdout - calibration;
        let recent = || before.iter().filter(|day| day.day > calibration - span);
        Ok(Self {
            first: before.first().map_or(calibration, |day| day.day),
            repeats: before.iter().skip(1).chain(&after).map(|day| day.day).collect(),
            orders: after.len() as f64,
            value: after.iter().map(|day| day.amount).sum(),
            orders_before: recent().count() as f64,
            value_before: recent().map(|day| day.amount).sum(),
        })
    }
}

/// Intervals of what will come of some customers, spread evenly over all.
struct Simulated<'a> {
    customers: &'a Summaries,
    level: f64,
    horizon: Span,
}

impl Simulated<'_> {
    /// The shares of customers whose orders and money, as they came, are within the intervals of `model`.
    fn held(&self, model: &Model, came: [&[f64]; 2]) -> Result<[Option<f64>; 2]> {
        let step = self.customers.customers().len().div_ceil(SIMULATED).max(1);
        let some = self.customers.customers().iter().copied().step_by(step).collect();
        let some = Summaries::new(self.customers.unit(), some);
        let (asked, _) = model.orders().for_customers(&some, &Texts::default(), None)?;
        let draws = OrderDraws { level: self.level, draws: DRAWS, seed: 0 };
        let outcomes = asked.outcomes(ClvParams::new(self.horizon), model.spend(), draws)?;
        let share = |intervals: Vec<Option<Interval>>, came: &[f64]| {
            let held = intervals.into_iter().zip(came.iter().step_by(step));
            let held = held.map(|(own, came)| Some(own?.lower <= *came && *came <= own?.upper));
            let held: Option<Vec<bool>> = held.collect();
            held.map(|held| held.iter().filter(|own| **own).count() as f64 / held.len() as f64)
        };
        Ok([
            share(outcomes.iter().map(|own| Some(own.orders)).collect(), came[0]),
            share(outcomes.iter().map(|own| own.value).collect(), came[1]),
        ])
    }
}

impl Validation {
    fn new(
        orders: &Orders,
        as_of: AsOf,
        end: Date,
        options: &Options,
        models: &[OrderModel],
    ) -> Result<Self> {
        let (unit, zero_amount) = (options.unit, options.zero_amount);
        let buyers = Buyers::of(orders, Observation { as_of, unit, zero_amount })?;
        if buyers.numbers.is_empty() {
            return Err(Error::data(format!("no purchase before {as_of}"))
                .with_hint("choose a later `--calibration-end`"));
        }
        let customers = &buyers.summaries;
        let calibration_end = last_day(as_of);
        let outcomes: Vec<Outcome> = buyers
            .numbers
            .par_iter()
            .flatten()
            .map(|customer| {
                let ends = [calibration_end, end.days()];
                Outcome::of(orders, *customer, ends, zero_amount)
            })
            .collect::<Result<_>>()?;
        let of = |field: fn(&Outcome) -> f64| outcomes.iter().map(field).collect::<Vec<f64>>();
        let (actual, actual_value) = (of(|each| each.orders), of(|each| each.value));
        let score = |predictor, expected: &[f64], value: Option<&[f64]>| {
            let best = |value| share_of_best_caught(value, &actual_value, BEST);
            Ok(Score {
                predictor,
                orders: Holdout::of(customers, expected, &actual, MOST_FREQUENT)
                    .map_err(Error::from_model)?,
                expected_value: value.map(|value| value.iter().sum()),
                best_caught: value.map(best).transpose().map_err(Error::from_model)?.flatten(),
                orders_within: None,
                value_within: None,
            })
        };

        let days = f64::from(end.days() - calibration_end);
        let horizon = Span::new(days, TimeUnit::Day).map_err(Error::from_model)?;
        let period = if options.unit == TimeUnit::Day { TimeUnit::Week } else { options.unit };
        let first = outcomes.iter().map(|outcome| outcome.first).min().unwrap_or(calibration_end);
        let periods = Periods::new(&outcomes, first - 1, end.days(), period)?;
        let mut found = Self {
            as_of,
            last_day: end,
            first_day: Date::from_days(first),
            period,
            customers: outcomes.len(),
            actual_value: actual_value.iter().sum(),
            scores: Vec::new(),
            tracking: Vec::new(),
            warnings: Vec::new(),
        };
        for model in models {
            let (fitted, warning) = Model::fit(customers, *model)?;
            found.warnings.extend(warning);
            let process = fitted.orders();
            found.warnings.extend(Warning::of_fit(model.name(), process.estimate()));
            let (asked, _) = process.for_customers(customers, &buyers.ids, None)?;
            let values = asked.values(ClvParams::new(horizon), horizon, fitted.spend())?;
            let expected: Vec<f64> = values.iter().map(|value| value.expected_orders).collect();
            let value = |value: &CustomerValue| Some(value.expected_orders * value.expected_value?);
            let value: Option<Vec<f64>> = values.iter().map(value).collect();
            let mut scored = score(Predictor::Model(*model), &expected, value.as_deref())?;
            let simulated = Simulated { customers, level: options.level, horizon };
            let [orders, value] = simulated.held(&fitted, [&actual, &actual_value])?;
            (scored.orders_within, scored.value_within) = (orders, value);
            found.scores.push(scored);
            let rows =
                process.track(&periods.first, &periods.repeats, periods.length, periods.count)?;
            found.tracking.push(Tracking { model: *model, rows });
        }
        found.warnings.dedup();
        let (expected, value) = (of(|each| each.orders_before), of(|each| each.value_before));
        found.scores.push(score(Predictor::SameAsBefore, &expected, Some(&value))?);
        Ok(found)
    }

    /// The exclusive end of the calibration.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The last day of the holdout.
    pub fn last_day(&self) -> Date {
        self.last_day
    }

    /// Customers who ordered in the calibration.
    pub fn customers(&self) -> usize {
        self.customers
    }

    /// The models' scores in the order asked for, then the baseline's.
    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// Repeat orders by period, for each model.
    pub fn tracking(&self) -> &[Tracking] {
        &self.tracking
    }

    /// What to know before using the numbers.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// One row per predictor: how far it was off.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let scores = || self.scores.iter();
        let orders = |of: fn(&Holdout) -> f64| scores().map(move |score| of(&score.orders));
        Table::new(
            "validation",
            vec![
                Column::text("model", "Модель", scores().map(|score| score.predictor.name())),
                Column::float("actual_orders", "Заказов", 0, orders(|each| each.actual)),
                Column::float(
                    "expected_orders",
                    "Ожидалось заказов",
                    1,
                    orders(|each| each.expected),
                ),
                Column::float(
                    "total_error",
                    "Ошибка суммы, доля",
                    4,
                    orders(|each| each.expected / each.actual - 1.0),
                ),
                Column::float("mae", "MAE", 4, orders(|each| each.mae)),
                Column::float("rmse", "RMSE", 4, orders(|each| each.rmse)),
                Column::float("actual_value", "Выручка", 2, scores().map(|_| self.actual_value)),
                Column::float(
                    "expected_value",
                    "Ожидалось выручки",
                    2,
                    scores().map(|score| score.expected_value),
                ),
                Column::float(
                    "best_tenth_caught",
                    "Найдено выручки лучших 10 %",
                    4,
                    scores().map(|score| score.best_caught),
                ),
                Column::float(
                    "orders_within",
                    "Заказов в интервале, доля клиентов",
                    4,
                    scores().map(|score| score.orders_within),
                ),
                Column::float(
                    "value_within",
                    "Выручка в интервале, доля клиентов",
                    4,
                    scores().map(|score| score.value_within),
                ),
            ],
        )
    }

    /// One row per predictor and number of repeat orders in the calibration: mean orders of the holdout.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn by_frequency(&self) -> Result<Table> {
        let rows = || {
            self.scores.iter().flat_map(|score| {
                score.orders.by_frequency.iter().map(move |row| (score.predictor.name(), row))
            })
        };
        Table::new(
            "validation_by_frequency",
            vec![
                Column::text("model", "Модель", rows().map(|(model, _)| model)),
                Column::int("x", "Повторных заказов (x)", rows().map(|(_, row)| i64::from(row.x))),
                Column::bool("or_more", "И больше", rows().map(|(_, row)| row.x == MOST_FREQUENT)),
                Column::int("customers", "Клиентов", rows().map(|(_, row)| row.customers as i64)),
                Column::float("actual", "Заказов", 4, rows().map(|(_, row)| row.actual)),
                Column::float("expected", "Ожидалось", 4, rows().map(|(_, row)| row.expected)),
            ],
        )
    }

    /// One row per model and whole period since the first order: repeat orders of all customers.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn by_period(&self) -> Result<Table> {
        let rows = || {
            self.tracking
                .iter()
                .flat_map(|tracking| tracking.rows.iter().map(move |row| (tracking.model, row)))
        };
        let number = |of: fn(&TrackingRow) -> f64| rows().map(move |(_, row)| of(row));
        Table::new(
            "validation_tracking",
            vec![
                Column::text("model", "Модель", rows().map(|(model, _)| model.name())),
                Column::int("period", "Период", rows().map(|(_, row)| row.period as i64)),
                Column::date("last_day", "Последний день", rows().map(|(_, row)| self.end_of(row))),
                Column::bool(
                    "holdout",
                    "После калибровки",
                    rows().map(|(_, row)| self.end_of(row) >= self.as_of.date()),
                ),
                Column::float("actual", "Заказов", 0, number(|row| row.actual)),
                Column::float("expected", "Ожидалось", 2, number(|row| row.expected)),
                Column::float(
                    "actual_to_date",
                    "Заказов с начала",
                    0,
                    number(|row| row.actual_to_date),
                ),
                Column::float(
                    "expected_to_date",
                    "Ожидалось с начала",
                    2,
                    number(|row| row.expected_to_date),
                ),
            ],
        )
    }

    /// The last day of a period: one on a border belongs to the earlier.
    fn end_of(&self, row: &TrackingRow) -> Date {
        self.first_day.plus_days((row.period as f64 * self.period.days()).floor() as i32 - 1)
    }
}

/// Orders counted in whole periods from the eve of the first order of all: the first week ends with its
/// seventh day.
struct Periods {
    length: Span,
    count: usize,
    first: Vec<f64>,
    repeats: Vec<f64>,
}

impl Periods {
    fn new(outcomes: &[Outcome], start: i32, end: i32, unit: TimeUnit) -> Result<Self> {
        let moment = |day: i32| f64::from(day - start) / unit.days();
        Ok(Self {
            length: Span::new(1.0, unit).map_err(Error::from_model)?,
            count: moment(end).floor() as usize,
            first: outcomes.iter().map(|outcome| moment(outcome.first)).collect(),
            repeats: outcomes
                .iter()
                .flat_map(|outcome| outcome.repeats.iter().map(|day| moment(*day)))
                .collect(),
        })
    }
}
