//! What the tables of a CRM say of the customers of some orders, joined once.

use super::{
    activities::Activities,
    feature::{DaysAgo, Feature},
    lines::{Lines, OrderLines},
};
use crate::{
    AsOf, Error, Result, Timestamp,
    data::{Column, Field, Labels, Orders, OrdersQuery, Records, TableKind, Texts},
    ingest::{Export, Imported, pass::verdict::no_purchases},
};
use std::borrow::Cow;

/// Labels of one field that [`History::available`] offers a share or count of: those with the most lines.
const LABELS: usize = 12;
/// Fields of orders by which spend is divided.
const DIVIDED_BY: [Field; 2] = [Field::Category, Field::Channel];
/// Fields of orders that have a favourite.
const FAVOURITES: [Field; 3] = [Field::Category, Field::Region, Field::Channel];
/// Texts of the table of customers that say what kind of customer it is.
const KINDS: [Field; 5] =
    [Field::Region, Field::Channel, Field::Source, Field::Owner, Field::Segment];
/// The days of the windows that [`History::available`] offers.
const WINDOW: DaysAgo = DaysAgo::last(90);

/// Orders with the activities, attributes and order lines of their customers, ready for any number of
/// cutoffs.
#[derive(Clone, Debug)]
pub struct History<'a> {
    orders: Cow<'a, Orders>,
    activities: Option<Activities>,
    customers: Option<Customers<'a>>,
    lines: Option<OrderLines>,
}

/// Rows of the table of customers by the customers of the orders.
#[derive(Clone, Debug)]
struct Customers<'a> {
    records: Cow<'a, Records>,
    row: Vec<Option<u32>>,
    unmatched: u64,
}

/// Rows of the tables beside the orders that belong to nobody who has an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// Activities.
    pub activities: u64,
    /// Rows of the table of customers.
    pub customers: u64,
    /// Lines of no order.
    pub lines: u64,
}

impl<'a> History<'a> {
    /// Fields of orders that features use besides customer, time and amount; for [`OrdersQuery`].
    pub const FIELDS: &'static [Field] =
        &[Field::Category, Field::Region, Field::Channel, Field::Discount];

    /// Reads the orders of `export` that `query` asks for and joins the tables `beside` them, each read
    /// once by [`Records::read`]. Activities, customers and order lines say something of customers;
    /// other tables are left aside.
    ///
    /// ```
    /// use crmstat::{features::History, ingest::{Export, ReadOptions}, data::TableKind};
    /// use crmstat::data::{OrdersQuery, Records};
    ///
    /// let orders = "order_id,customer_id,order_date,amount\n1,A,2025-01-01,10\n";
    /// let calls = "customer_id,at,kind\nA,2025-01-02,call\nZ,2025-01-02,call\n";
    /// let activities = ReadOptions { kind: Some(TableKind::Activities), ..ReadOptions::default() };
    /// let mut activities = Export::from_bytes("calls.csv", calls, activities)?;
    /// let activities = Records::read(&mut activities)?.result;
    /// let mut export = Export::from_bytes("orders.csv", orders, ReadOptions::default())?;
    /// let read = History::read(&mut export, &OrdersQuery::default(), vec![activities])?;
    /// assert_eq!(read.ledger.accepted, 1);
    /// assert_eq!(read.result.unmatched().activities, 1);
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Orders::read`], nobody who bought, and a table without the columns that join it.
    pub fn read(
        export: &mut Export,
        query: &OrdersQuery,
        beside: Vec<Records>,
    ) -> Result<Imported<History<'static>>> {
        let mut query = query.clone();
        if beside.iter().any(|table| table.kind() == TableKind::Lines)
            && !query.fields.contains(&Field::OrderId)
        {
            query.fields.push(Field::OrderId);
        }
        let read = Orders::read(export, &query)?;
        if !read.result.has_purchases() {
            return Err(no_purchases(export, &read));
        }
        read.try_map(|orders| {
            let mut history = History::of(Cow::Owned(orders));
            for table in beside {
                match table.kind() {
                    TableKind::Activities => history = history.with_activities(&table)?,
                    TableKind::Lines => history = history.with_lines(&table)?,
                    TableKind::Customers => {
                        let customers = Customers::join(Cow::Owned(table), &history.orders)?;
                        history.customers = Some(customers);
                    }
                    _ => {}
                }
            }
            Ok(history)
        })
    }

    /// The history that `orders` alone tell.
    pub fn new(orders: &'a Orders) -> Self {
        Self::of(Cow::Borrowed(orders))
    }

    fn of(orders: Cow<'a, Orders>) -> Self {
        Self { orders, activities: None, customers: None, lines: None }
    }

    /// Adds a table of activities.
    ///
    /// # Errors
    /// A data error when the table has no customers or times.
    pub fn with_activities(mut self, records: &Records) -> Result<Self> {
        self.activities = Some(Activities::join(records, &self.orders)?);
        Ok(self)
    }

    /// Adds the table of customers; where a customer has several rows, the first in the table's order
    /// counts.
    ///
    /// # Errors
    /// A data error when the table has no customers.
    pub fn with_customers(mut self, records: &'a Records) -> Result<Self> {
        self.customers = Some(Customers::join(Cow::Borrowed(records), &self.orders)?);
        Ok(self)
    }

    /// Adds a table of order lines. They are joined by the ids of the orders, which must have been read:
    /// [`Field::OrderId`] in the query.
    ///
    /// # Errors
    /// A data error when the table has no amounts or prices, or they are in several currencies.
    pub fn with_lines(mut self, records: &Records) -> Result<Self> {
        self.lines = Some(OrderLines::join(records, &self.orders)?);
        Ok(self)
    }

    /// The orders.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// What the tables beside the orders say of nobody who has an order.
    pub fn unmatched(&self) -> Unmatched {
        Unmatched {
            activities: self.activities.as_ref().map_or(0, Activities::unmatched),
            customers: self.customers.as_ref().map_or(0, |customers| customers.unmatched),
            lines: self.lines.as_ref().map_or(0, OrderLines::unmatched),
        }
    }

    /// Every feature that the tables bear. Where a field has many labels, the 12 with the most lines or
    /// activities strictly before `as_of` have features of their own, in the order of their bytes.
    pub fn available(&self, as_of: AsOf) -> Vec<Feature> {
        let mut features = Feature::OF_ORDERS.to_vec();
        features.extend([Feature::Orders(WINDOW), Feature::Spend(WINDOW)]);
        if self.lines_with(Field::Discount).is_ok() {
            features.push(Feature::DiscountShare);
        }
        for field in DIVIDED_BY {
            if let Ok((lines, labels)) = self.labelled_lines(field) {
                let end = as_of.date().midnight();
                let codes = (0..self.orders.len())
                    .filter(|order| self.orders.at()[*order] < end)
                    .flat_map(|order| lines.of_order(order))
                    .filter_map(|line| labels.code(line));
                let frequent = frequent(labels.labels(), codes).into_iter();
                features.extend(frequent.map(|label| Feature::SpendShare(field, label)));
            }
        }
        let favourites = FAVOURITES.into_iter().filter(|field| self.labelled_lines(*field).is_ok());
        features.extend(favourites.map(Feature::Favourite));
        if let Some(activities) = &self.activities {
            features.extend(of_activities(activities, as_of));
        }
        if let Some(customers) = &self.customers {
            let has = |field: Field| customers.records.has(field);
            features.extend(has(Field::Satisfaction).then_some(Feature::Satisfaction));
            features.extend(has(Field::ContractStart).then_some(Feature::ContractAgeDays));
            features.extend(KINDS.into_iter().filter(|field| has(*field)).map(Feature::Customer));
        }
        features
    }

    /// When the contract of each customer of the orders began and ended, as the table of customers says;
    /// an end may lie in the future.
    ///
    /// # Errors
    /// A data error when there is no table of customers, or it has no ends of contracts.
    pub(crate) fn contracts(&self) -> Result<Vec<Contract>> {
        let ends = match self.customer_column(Field::ContractEnd) {
            Ok(Column::Date(ends)) => ends,
            Err(error) if self.customers.is_none() => return Err(error),
            _ => {
                return Err(lacks("customers", Field::ContractEnd).with_hint(
                    "name its column with `--map customers.contract_end=COLUMN`; a status without a \
                     date does not say when: learn from it by `--table FILE --label COLUMN --positive VALUE`",
                ));
            }
        };
        let starts = match self.customer_column(Field::ContractStart) {
            Ok(Column::Date(starts)) => Some(starts),
            _ => None,
        };
        let customers = 0..self.orders.customers().len();
        let of = |customer: usize| match self.customer_row(customer) {
            Some(row) => Contract {
                known: starts.is_none_or(|starts| starts[row].is_some()) || ends[row].is_some(),
                start: starts.and_then(|starts| starts[row]),
                end: ends[row],
            },
            None => Contract::default(),
        };
        Ok(customers.map(of).collect())
    }

    pub(super) fn activities(&self) -> Result<&Activities> {
        self.activities.as_ref().ok_or_else(|| {
            Error::data("no activities are given").with_hint("add `--activities FILE`")
        })
    }

    /// A column of the table of customers.
    pub(super) fn customer_column(&self, field: Field) -> Result<&Column> {
        let Some(customers) = &self.customers else {
            return Err(Error::data(format!("`{field}` needs the table of customers"))
                .with_hint("add `--customers FILE`"));
        };
        customers.records.field(field).ok_or_else(|| lacks("customers", field))
    }

    /// The row of the table of customers of a customer.
    pub(super) fn customer_row(&self, customer: usize) -> Option<usize> {
        self.customers.as_ref()?.row[customer].map(|row| row as usize)
    }

    /// The lines that have a value of `field`, with the values: those of the orders themselves or, where
    /// they have none, those of the table of order lines.
    pub(super) fn lines_with(&self, field: Field) -> Result<(Lines<'_>, &Column)> {
        let own = self.orders.field(field).map(|column| (Lines::Own(&self.orders), column));
        let beside = self.lines.as_ref().and_then(|lines| lines.field(field));
        [own, beside]
            .into_iter()
            .flatten()
            .find(|(_, column)| has_value(column))
            .ok_or_else(|| lacks("orders", field))
    }

    /// The same of a field that holds texts.
    pub(super) fn labelled_lines(&self, field: Field) -> Result<(Lines<'_>, &Labels)> {
        match self.lines_with(field)? {
            (lines, Column::Text(labels)) => Ok((lines, labels)),
            _ => Err(lacks("orders", field)),
        }
    }
}

/// When a contract began and ended; `known` unless nothing is said of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Contract {
    pub(crate) known: bool,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
}

impl<'a> Customers<'a> {
    fn join(records: Cow<'a, Records>, orders: &Orders) -> Result<Self> {
        if !records.has(Field::CustomerId) {
            return Err(lacks("customers", Field::CustomerId));
        }
        let matched = records.matched(Field::CustomerId, orders.customers());
        let mut row = vec![None; orders.customers().len()];
        for (number, customer) in matched.rows.iter().enumerate() {
            if let Some(customer) = customer {
                row[*customer as usize].get_or_insert(number as u32);
            }
        }
        Ok(Self { records, row, unmatched: matched.unmatched_rows })
    }
}

/// The features that `activities` bear.
fn of_activities(activities: &Activities, as_of: AsOf) -> Vec<Feature> {
    let mut features = vec![
        Feature::Activities(None, None),
        Feature::Activities(Some(WINDOW), None),
        Feature::ActivityRecencyDays(None),
    ];
    if activities.unanswered().is_some() {
        features.extend([Feature::UnansweredShare(None), Feature::UnansweredShare(Some(WINDOW))]);
    }
    for field in [Field::Kind, Field::Outcome] {
        let Some((labels, codes)) = activities.labels_before(field, as_of.date().midnight()) else {
            continue;
        };
        for label in frequent(labels, codes) {
            let of_label = Some((field, label));
            features.push(Feature::Activities(None, of_label.clone()));
            features.push(Feature::Activities(Some(WINDOW), of_label.clone()));
            if field == Field::Kind {
                features.push(Feature::ActivityRecencyDays(of_label));
            }
        }
    }
    features
}

fn has_value(column: &Column) -> bool {
    match column {
        Column::Text(labels) => !labels.labels().is_empty(),
        Column::Date(values) => values.iter().any(Option::is_some),
        Column::Money(values) => values.iter().any(Option::is_some),
        Column::Number(values) => values.iter().any(|value| !value.is_nan()),
    }
}

/// The code of `label`, if there is one.
pub(super) fn code_of(labels: &Texts, label: &str) -> Option<u32> {
    (0..labels.len()).find(|code| labels.get(*code) == Some(label)).map(|code| code as u32)
}

pub(super) fn lacks(table: &str, field: Field) -> Error {
    let of_table = if table == "orders" { String::new() } else { format!("{table}.") };
    Error::data(format!("the {table} have no `{field}`"))
        .with_hint(format!("name its column with `--map {of_table}{field}=COLUMN`"))
}

/// The labels that occur most, ties to the earlier one, in the order of the labels.
fn frequent(labels: &Texts, codes: impl Iterator<Item = u32>) -> Vec<String> {
    let mut counts = vec![0_u64; labels.len()];
    for code in codes {
        counts[code as usize] += 1;
    }
    let mut found: Vec<usize> = (0..counts.len()).filter(|code| counts[*code] > 0).collect();
    found.sort_by_key(|code| (std::cmp::Reverse(counts[*code]), *code));
    found.truncate(LABELS);
    found.sort_unstable();
    found.into_iter().filter_map(|code| labels.get(code)).map(str::to_owned).collect()
}
