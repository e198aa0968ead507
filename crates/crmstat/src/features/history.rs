//! What the tables of a CRM say of the customers of some orders, joined once.

use super::feature::{DaysAgo, Feature};
use crate::{
    AsOf, Error, Result, Timestamp,
    ingest::Field,
    output::Texts,
    tables::{Column, Labels, Orders, Records},
};
use std::ops::Range;

/// Labels of one field that [`History::available`] offers a share or count of: those with the most lines.
const LABELS: usize = 12;
/// Fields of orders by which spend is divided.
const DIVIDED_BY: [Field; 2] = [Field::Category, Field::Channel];
/// Fields of orders that have a favourite.
const FAVOURITES: [Field; 3] = [Field::Category, Field::Region, Field::Channel];
/// Texts of the table of customers that say what kind of customer it is.
const KINDS: [Field; 5] =
    [Field::Region, Field::Channel, Field::Source, Field::Owner, Field::Segment];

/// Orders with the activities and attributes of their customers, ready for any number of cutoffs.
#[derive(Clone, Debug)]
pub struct History<'a> {
    orders: &'a Orders,
    activities: Option<Activities>,
    customers: Option<Customers<'a>>,
}

/// Activities by customer and time.
#[derive(Clone, Debug)]
pub(super) struct Activities {
    /// Where those of each customer begin, and the end of all.
    first: Vec<u32>,
    at: Vec<Timestamp>,
    /// The codes of each activity's labels, with the labels.
    labels: Vec<(Field, Texts, Vec<Option<u32>>)>,
    unmatched: u64,
}

/// Rows of the table of customers by the customers of the orders.
#[derive(Clone, Debug)]
struct Customers<'a> {
    records: &'a Records,
    row: Vec<Option<u32>>,
    unmatched: u64,
}

impl<'a> History<'a> {
    /// Fields of orders that features use besides customer, time and amount; for
    /// [`OrdersQuery`](crate::tables::OrdersQuery).
    pub const FIELDS: &'static [Field] =
        &[Field::Category, Field::Region, Field::Channel, Field::Discount];

    /// The history that `orders` alone tell.
    pub fn new(orders: &'a Orders) -> Self {
        Self { orders, activities: None, customers: None }
    }

    /// Adds a table of activities.
    ///
    /// # Errors
    /// A data error when the table has no customers or times.
    pub fn with_activities(mut self, records: &Records) -> Result<Self> {
        let Some(Column::Date(at)) = records.field(Field::At) else {
            return Err(lacks("activities", Field::At));
        };
        if records.labels(Field::CustomerId).is_none() {
            return Err(lacks("activities", Field::CustomerId));
        }
        let matched = records.matched(Field::CustomerId, self.orders.customers());
        let mut rows: Vec<(u32, Timestamp, u32)> = (matched.rows.iter().zip(at).zip(0_u32..))
            .filter_map(|((customer, at), row)| Some(((*customer)?, (*at)?, row)))
            .collect();
        rows.sort_unstable();
        let mut first = vec![0_u32; self.orders.customers().len() + 1];
        for (customer, _, _) in &rows {
            first[*customer as usize + 1] += 1;
        }
        for customer in 1..first.len() {
            first[customer] += first[customer - 1];
        }
        let labels = [Field::Kind, Field::Outcome]
            .into_iter()
            .filter_map(|field| Some((field, records.labels(field)?)))
            .map(|(field, labels)| {
                let codes = rows.iter().map(|(_, _, row)| labels.code(*row as usize)).collect();
                (field, labels.labels().clone(), codes)
            })
            .collect();
        self.activities = Some(Activities {
            first,
            at: rows.iter().map(|(_, at, _)| *at).collect(),
            labels,
            unmatched: matched.unmatched_rows,
        });
        Ok(self)
    }

    /// Adds the table of customers; where a customer has several rows, the first in the table's order
    /// counts.
    ///
    /// # Errors
    /// A data error when the table has no customers.
    pub fn with_customers(mut self, records: &'a Records) -> Result<Self> {
        if records.labels(Field::CustomerId).is_none() {
            return Err(lacks("customers", Field::CustomerId));
        }
        let matched = records.matched(Field::CustomerId, self.orders.customers());
        let mut row = vec![None; self.orders.customers().len()];
        for (number, customer) in matched.rows.iter().enumerate() {
            if let Some(customer) = customer {
                row[*customer as usize].get_or_insert(number as u32);
            }
        }
        self.customers = Some(Customers { records, row, unmatched: matched.unmatched_rows });
        Ok(self)
    }

    /// The orders.
    pub fn orders(&self) -> &'a Orders {
        self.orders
    }

    /// Activities, and rows of the table of customers, of nobody who has an order.
    pub fn unmatched(&self) -> (u64, u64) {
        (
            self.activities.as_ref().map_or(0, |activities| activities.unmatched),
            self.customers.as_ref().map_or(0, |customers| customers.unmatched),
        )
    }

    /// Every feature that the tables bear. Where a field has many labels, the 12 with the most lines or
    /// activities strictly before `as_of` have features of their own, in the order of their bytes.
    pub fn available(&self, as_of: AsOf) -> Vec<Feature> {
        let mut features = Feature::OF_ORDERS.to_vec();
        let days = DaysAgo::last(90);
        features.extend([Feature::Orders(days), Feature::Spend(days)]);
        if self.order_column(Field::Discount).is_ok() {
            features.push(Feature::DiscountShare);
        }
        for field in DIVIDED_BY {
            if let Ok(labels) = self.order_labels(field) {
                let end = as_of.date().midnight();
                let lines = (0..self.orders.len())
                    .filter(|order| self.orders.at()[*order] < end)
                    .flat_map(|order| self.orders.lines_of(order))
                    .filter_map(|line| labels.code(line));
                let frequent = frequent(labels.labels(), lines).into_iter();
                features.extend(frequent.map(|label| Feature::SpendShare(field, label)));
            }
        }
        let favourites = FAVOURITES.into_iter().filter(|field| self.order_labels(*field).is_ok());
        features.extend(favourites.map(Feature::Favourite));
        if let Some(activities) = &self.activities {
            features.extend([Feature::Activities(None), Feature::ActivityRecencyDays(None)]);
            for (field, labels, codes) in &activities.labels {
                let end = as_of.date().midnight();
                let before = codes.iter().zip(&activities.at).filter(|(_, at)| **at < end);
                for label in frequent(labels, before.filter_map(|(code, _)| *code)) {
                    features.push(Feature::Activities(Some((*field, label.clone()))));
                    if *field == Field::Kind {
                        features.push(Feature::ActivityRecencyDays(Some((*field, label))));
                    }
                }
            }
        }
        if let Some(customers) = &self.customers {
            let has = |field: Field| customers.records.field(field).is_some();
            features.extend(has(Field::Satisfaction).then_some(Feature::Satisfaction));
            features.extend(has(Field::ContractStart).then_some(Feature::ContractAgeDays));
            features.extend(KINDS.into_iter().filter(|field| has(*field)).map(Feature::Customer));
        }
        features
    }

    pub(super) fn activities(&self) -> Result<&Activities> {
        self.activities.as_ref().ok_or_else(|| {
            Error::data("no activities are given").with_hint("add `--activities FILE`")
        })
    }

    /// A column of the table of customers.
    pub(super) fn customer_column(&self, field: Field) -> Result<&'a Column> {
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

    /// A column of the orders that has a value.
    pub(super) fn order_column(&self, field: Field) -> Result<&'a Column> {
        let column = self.orders.field(field).filter(|column| match column {
            Column::Text(labels) => !labels.labels().is_empty(),
            Column::Date(values) => values.iter().any(Option::is_some),
            Column::Money(values) => values.iter().any(Option::is_some),
            Column::Number(values) => values.iter().any(|value| !value.is_nan()),
        });
        column.ok_or_else(|| lacks("orders", field))
    }

    /// A text column of the orders that has a value.
    pub(super) fn order_labels(&self, field: Field) -> Result<&'a Labels> {
        match self.order_column(field)? {
            Column::Text(labels) => Ok(labels),
            _ => Err(lacks("orders", field)),
        }
    }
}

impl Activities {
    /// Those of `customer` before `end`.
    pub(super) fn before(&self, customer: usize, end: Timestamp) -> Range<usize> {
        let first = self.first[customer] as usize;
        let all = &self.at[first..self.first[customer + 1] as usize];
        first..first + all.partition_point(|at| *at < end)
    }

    pub(super) fn at(&self) -> &[Timestamp] {
        &self.at
    }

    /// The codes of `field`, and that of `label`, if any activity has it.
    pub(super) fn codes(&self, field: Field, label: &str) -> Result<(&[Option<u32>], Option<u32>)> {
        self.labels
            .iter()
            .find(|(found, _, _)| *found == field)
            .map(|(_, labels, codes)| (&codes[..], code_of(labels, label)))
            .ok_or_else(|| lacks("activities", field))
    }
}

/// The code of `label`, if there is one.
pub(super) fn code_of(labels: &Texts, label: &str) -> Option<u32> {
    (0..labels.len()).find(|code| labels.get(*code) == Some(label)).map(|code| code as u32)
}

pub(super) fn lacks(table: &str, field: Field) -> Error {
    Error::data(format!("the {table} have no `{field}`"))
        .with_hint(format!("name its column with `--map {field}=COLUMN`"))
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
