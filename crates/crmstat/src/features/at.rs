//! The features of every customer at a cutoff, in one parallel pass over the orders.

use super::{
    Value,
    activities::Activities,
    feature::{DaysAgo, Feature},
    history::{History, code_of, lacks},
    lines::Lines,
    purchases::{Customer, Purchase, money, ratio},
};
use crate::{
    AsOf, Error, Money, Result, Timestamp,
    data::{Column, Field, Labels, Orders, Texts},
};
use crmstat_models::parallel::map_chunks;
use rayon::prelude::*;

/// Customers per task.
const CHUNK: usize = 4096;

/// Features of the customers who bought before a cutoff, in the order of their ids' bytes.
///
/// ```
/// use crmstat::{AsOf, features::{Feature, FeatureValues, Features, History}};
/// use crmstat::{ingest::{Export, ReadOptions}, data::{Orders, OrdersQuery}};
///
/// let orders = "customer_id,order_date,amount\nA,2025-01-01,10\nA,2025-02-01,30\nB,2025-03-01,5\n";
/// let mut export = Export::from_bytes("orders.csv", orders, ReadOptions::default())?;
/// let orders = Orders::read(&mut export, &OrdersQuery::default())?.result;
/// let history = History::new(&orders);
/// let as_of = AsOf::start_of("2025-02-11".parse()?);
/// let found = Features::at(&history, as_of, &["recency_days".parse()?, "monetary".parse()?])?;
/// // B bought on 1 March, which does not exist yet.
/// assert_eq!(found.ids(&orders).collect::<Vec<_>>(), ["A"]);
/// let FeatureValues::Number(recency) = found.values(&Feature::RecencyDays).unwrap() else { panic!() };
/// assert_eq!(recency, &[10.0]);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Features {
    as_of: AsOf,
    customers: Vec<u32>,
    columns: Vec<FeatureColumn>,
}

/// One feature of all customers.
#[derive(Clone, Debug)]
pub struct FeatureColumn {
    /// Which feature.
    pub feature: Feature,
    /// Its values, one per customer.
    pub values: FeatureValues,
}

/// The values of a feature.
#[derive(Clone, Debug)]
pub enum FeatureValues {
    /// Numbers; a NaN is missing.
    Number(Vec<f64>),
    /// Categories: the labels in the order of their bytes, and the code of each customer's.
    Category {
        /// The labels.
        labels: Texts,
        /// The number of each customer's label; `None` is missing.
        codes: Vec<Option<u32>>,
    },
}

impl Features {
    /// The `features` of everybody who bought strictly before `as_of`.
    ///
    /// # Errors
    /// A data error when a feature needs a table or column that `history` has not.
    pub fn at(history: &History<'_>, as_of: AsOf, features: &[Feature]) -> Result<Self> {
        Self::of(history, as_of, features, |_| true)
    }

    /// The same of those customers, by their numbers among those of the orders, whom `takes` takes: the
    /// others cost nothing.
    ///
    /// # Errors
    /// Those of [`Features::at`].
    pub fn of(
        history: &History<'_>,
        as_of: AsOf,
        features: &[Feature],
        takes: impl Fn(usize) -> bool + Sync,
    ) -> Result<Self> {
        let steps: Vec<Step<'_>> =
            features.iter().map(|feature| Step::new(history, feature)).collect::<Result<_>>()?;
        let blocks = map_chunks(history.orders().customers().len(), CHUNK, |range| {
            let mut block = Block::new(&steps);
            let mut customer = Customer::new(history.orders(), as_of);
            for number in range.filter(|number| takes(*number)) {
                if customer.turn_to(number) {
                    block.customers.push(number as u32);
                    for (step, part) in steps.iter().zip(&mut block.parts) {
                        match part {
                            Part::Number(values) => values.push(step.number(history, &customer)),
                            Part::Category(codes) => codes.push(step.category(history, &customer)),
                        }
                    }
                }
            }
            block
        });
        let mut all = Block::new(&steps);
        all.customers.extend(blocks.iter().flat_map(|block| &block.customers));
        all.parts.par_iter_mut().enumerate().for_each(|(place, part)| {
            for block in &blocks {
                part.append(&block.parts[place]);
            }
        });
        let columns = features
            .iter()
            .zip(steps)
            .zip(all.parts)
            .map(|((feature, step), part)| FeatureColumn {
                feature: feature.clone(),
                values: match part {
                    Part::Number(values) => FeatureValues::Number(values),
                    Part::Category(codes) => {
                        FeatureValues::Category { labels: step.labels(), codes }
                    }
                },
            })
            .collect();
        Ok(Self { as_of, customers: all.customers, columns })
    }

    /// The values of the customer in `row` by the names of the features: what a model's `score_one` takes.
    ///
    /// # Panics
    /// When there is no such row, as a slice does.
    pub fn named(&self, row: usize) -> Vec<(String, Value<'_>)> {
        fn value(values: &FeatureValues, row: usize) -> Value<'_> {
            match values {
                FeatureValues::Number(numbers) => Value::from(numbers[row]),
                FeatureValues::Category { labels, codes } => {
                    Value::from(codes[row].and_then(|code| labels.get(code as usize)))
                }
            }
        }
        self.columns
            .iter()
            .map(|column| (column.feature.to_string(), value(&column.values, row)))
            .collect()
    }

    /// The exclusive instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether nobody bought before the cutoff.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// The numbers of the customers among those of the orders, ascending.
    pub fn customers(&self) -> &[u32] {
        &self.customers
    }

    /// The ids of the customers, by the `orders` of the history.
    pub fn ids<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = &'a str> {
        self.customers
            .iter()
            .map(|customer| orders.customers().get(*customer as usize).unwrap_or_default())
    }

    /// The features, in the order asked for.
    pub fn columns(&self) -> &[FeatureColumn] {
        &self.columns
    }

    /// The features, in the order asked for, to be kept.
    pub fn into_columns(self) -> Vec<FeatureColumn> {
        self.columns
    }

    /// The values of `feature`, if it was asked for.
    pub fn values(&self, feature: &Feature) -> Option<&FeatureValues> {
        self.columns.iter().find(|column| column.feature == *feature).map(|column| &column.values)
    }
}

/// How one feature is found.
enum Step<'a> {
    /// From the purchases alone.
    Purchases(fn(&Customer<'_>) -> f64),
    Orders(DaysAgo),
    Spend(DaysAgo),
    DiscountShare(Lines<'a>, &'a [Option<Money>]),
    SpendShare(Lines<'a>, &'a Labels, Option<u32>),
    Favourite(Lines<'a>, &'a Labels),
    Activities(&'a Activities, Option<DaysAgo>, Choice<'a>),
    ActivityRecency(&'a Activities, Choice<'a>),
    /// The codes of the outcomes, and which of them say that nobody answered.
    UnansweredShare(&'a Activities, Option<DaysAgo>, &'a [Option<u32>], Vec<bool>),
    CustomerNumber(&'a [f64]),
    CustomerText(&'a Labels),
    ContractAge(&'a [Option<Timestamp>]),
}

/// Which activities count.
enum Choice<'a> {
    All,
    /// Those whose code is this one; `None` is a label that no activity has.
    OfLabel(&'a [Option<u32>], Option<u32>),
}

impl<'a> Choice<'a> {
    fn new(activities: &'a Activities, of: Option<&(Field, String)>) -> Result<Self> {
        let Some((field, label)) = of else { return Ok(Self::All) };
        let (codes, code) = activities.codes(*field, label)?;
        Ok(Self::OfLabel(codes, code))
    }

    fn takes(&self, activity: usize) -> bool {
        match self {
            Self::All => true,
            Self::OfLabel(codes, label) => label.is_some() && codes[activity] == *label,
        }
    }
}

impl<'a> Step<'a> {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the methods themselves are not general over the lifetime of the orders"
    )]
    fn new(history: &'a History<'a>, feature: &Feature) -> Result<Self> {
        Ok(match feature {
            Feature::RecencyDays => Self::Purchases(|customer| f64::from(customer.recency())),
            Feature::Frequency => Self::Purchases(|customer| customer.purchases.len() as f64),
            Feature::Monetary => {
                Self::Purchases(|customer| money(customer.gross - customer.refunded))
            }
            Feature::MeanOrder => {
                Self::Purchases(|customer| money(customer.gross) / customer.purchases.len() as f64)
            }
            Feature::MedianOrder => Self::Purchases(|customer| customer.median_order()),
            Feature::TenureDays => Self::Purchases(|customer| f64::from(customer.tenure())),
            Feature::MeanGapDays => Self::Purchases(|customer| customer.mean_gap()),
            Feature::GapSpreadDays => Self::Purchases(|customer| customer.gap_spread()),
            Feature::RecencyInGaps => Self::Purchases(|customer| {
                ratio(f64::from(customer.recency()), customer.mean_gap())
            }),
            Feature::SpendTrend => Self::Purchases(|customer| customer.spend_trend()),
            Feature::Lines => Self::Purchases(|customer| {
                let lines = |purchase: &Purchase| customer.orders.lines_of(purchase.order).len();
                customer.purchases.iter().map(lines).sum::<usize>() as f64
            }),
            Feature::RefundShare => {
                Self::Purchases(|customer| ratio(customer.refunded as f64, customer.gross as f64))
            }
            Feature::DiscountShare => match history.lines_with(Field::Discount)? {
                (lines, Column::Money(discounts)) => Self::DiscountShare(lines, discounts),
                _ => return Err(lacks("orders", Field::Discount)),
            },
            Feature::Orders(days) => Self::Orders(*days),
            Feature::Spend(days) => Self::Spend(*days),
            Feature::SpendShare(field, label) => {
                let (lines, labels) = history.labelled_lines(*field)?;
                Self::SpendShare(lines, labels, code_of(labels.labels(), label))
            }
            Feature::Favourite(field) => {
                let (lines, labels) = history.labelled_lines(*field)?;
                Self::Favourite(lines, labels)
            }
            Feature::Activities(days, of) => {
                let activities = history.activities()?;
                Self::Activities(activities, *days, Choice::new(activities, of.as_ref())?)
            }
            Feature::ActivityRecencyDays(of) => {
                let activities = history.activities()?;
                Self::ActivityRecency(activities, Choice::new(activities, of.as_ref())?)
            }
            Feature::UnansweredShare(days) => {
                let activities = history.activities()?;
                let (codes, unanswered) = activities.unanswered().ok_or_else(|| {
                    Error::data("no outcome of the activities says that nobody answered").with_hint(
                        "name the column with `--map activities.outcome=COLUMN`; outcomes such as \
                         `no answer`, `missed` and `voicemail` are known",
                    )
                })?;
                Self::UnansweredShare(activities, *days, codes, unanswered)
            }
            Feature::Satisfaction => match history.customer_column(Field::Satisfaction)? {
                Column::Number(values) => Self::CustomerNumber(values),
                _ => return Err(lacks("customers", Field::Satisfaction)),
            },
            Feature::ContractAgeDays => match history.customer_column(Field::ContractStart)? {
                Column::Date(values) => Self::ContractAge(values),
                _ => return Err(lacks("customers", Field::ContractStart)),
            },
            Feature::Customer(field) => match history.customer_column(*field)? {
                Column::Text(labels) => Self::CustomerText(labels),
                _ => {
                    return Err(Error::usage(format!("`{feature}` is not a category"))
                        .with_hint("region, channel, source, owner and segment are"));
                }
            },
        })
    }

    /// The value of a number for `customer`; NaN is missing.
    fn number(&self, history: &History<'_>, customer: &Customer<'a>) -> f64 {
        match self {
            Self::Purchases(value) => value(customer),
            Self::Orders(days) => customer.within(*days).count() as f64,
            Self::Spend(days) => money(customer.net_within(*days)),
            Self::DiscountShare(lines, discounts) => {
                let cells = || customer.lines(*lines).filter_map(|line| discounts[line]);
                if cells().next().is_none() {
                    return f64::NAN;
                }
                let discount: i128 = cells().map(|cell| i128::from(cell.units())).sum();
                ratio(discount as f64, (customer.gross + discount) as f64)
            }
            Self::SpendShare(lines, labels, code) => {
                let (mut of_label, mut all) = (0, 0);
                for line in customer.lines(*lines) {
                    let amount = lines.amount(line);
                    all += amount;
                    if code.is_some() && labels.code(line) == *code {
                        of_label += amount;
                    }
                }
                ratio(of_label as f64, all as f64)
            }
            Self::Activities(activities, days, choice) => {
                let before = activities.before(customer.number, customer.end);
                let counts = |activity: &usize| {
                    choice.takes(*activity) && customer.is_within(*days, activities.at()[*activity])
                };
                before.filter(counts).count() as f64
            }
            Self::ActivityRecency(activities, choice) => activities
                .before(customer.number, customer.end)
                .rev()
                .find(|activity| choice.takes(*activity))
                .map_or(f64::NAN, |last| f64::from(customer.days_since(activities.at()[last]))),
            Self::UnansweredShare(activities, days, codes, unanswered) => {
                let (mut without, mut all) = (0.0, 0.0);
                for activity in activities.before(customer.number, customer.end) {
                    let Some(code) = codes[activity] else { continue };
                    if customer.is_within(*days, activities.at()[activity]) {
                        all += 1.0;
                        without += f64::from(u8::from(unanswered[code as usize]));
                    }
                }
                ratio(without, all)
            }
            Self::CustomerNumber(values) => {
                history.customer_row(customer.number).map_or(f64::NAN, |row| values[row])
            }
            Self::ContractAge(starts) => history
                .customer_row(customer.number)
                .and_then(|row| starts[row])
                .filter(|start| *start < customer.end)
                .map_or(f64::NAN, |start| f64::from(customer.days_since(start))),
            Self::Favourite(..) | Self::CustomerText(_) => f64::NAN,
        }
    }

    /// The code of a category for `customer`.
    fn category(&self, history: &History<'_>, customer: &Customer<'a>) -> Option<u32> {
        match self {
            Self::Favourite(lines, labels) => customer.favourite(*lines, labels),
            Self::CustomerText(labels) => {
                history.customer_row(customer.number).and_then(|row| labels.code(row))
            }
            _ => None,
        }
    }

    fn is_category(&self) -> bool {
        matches!(self, Self::Favourite(..) | Self::CustomerText(_))
    }

    fn labels(&self) -> Texts {
        match self {
            Self::Favourite(_, labels) | Self::CustomerText(labels) => labels.labels().clone(),
            _ => Texts::default(),
        }
    }
}

/// The values of some customers.
struct Block {
    customers: Vec<u32>,
    parts: Vec<Part>,
}

enum Part {
    Number(Vec<f64>),
    Category(Vec<Option<u32>>),
}

impl Block {
    fn new(steps: &[Step<'_>]) -> Self {
        let part = |step: &Step<'_>| {
            if step.is_category() { Part::Category(Vec::new()) } else { Part::Number(Vec::new()) }
        };
        Self { customers: Vec::new(), parts: steps.iter().map(part).collect() }
    }
}

impl Part {
    fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Number(mine), Self::Number(theirs)) => mine.extend(theirs),
            (Self::Category(mine), Self::Category(theirs)) => mine.extend(theirs),
            // Both were made for the same step.
            _ => {}
        }
    }
}
