//! Orders out of memory.

use super::{FieldValue, raw::Raw, rows::Rows};
use crate::{
    Error, Money, Result, Timestamp, Window,
    data::{
        Column, Currency, Decision, Field, Ignored, Imported, Labels, OrderColumns, Orders, Totals,
        column::MISSING,
        far_dates::{DateCounts, SetAside},
        guests,
    },
};
use std::{cell::RefCell, cmp::Reverse};

/// One order, refund, or line of an order.
#[derive(Clone, Debug, Default)]
pub struct OrderRow<'a> {
    customer: FieldValue<'a>,
    at: FieldValue<'a>,
    amount: FieldValue<'a>,
    fields: Vec<(Field, FieldValue<'a>)>,
}

impl<'a> OrderRow<'a> {
    /// What `customer` ordered `at` an instant or day for `amount`; an amount below zero is a refund.
    ///
    /// Each may be an `Option`: a row without one of them is rejected, with its number.
    pub fn new(
        customer: impl Into<FieldValue<'a>>,
        at: impl Into<FieldValue<'a>>,
        amount: impl Into<FieldValue<'a>>,
    ) -> Self {
        Self { customer: customer.into(), at: at.into(), amount: amount.into(), fields: Vec::new() }
    }

    /// The order's id: rows of one id and customer are one order.
    #[must_use]
    pub fn id(self, id: impl Into<FieldValue<'a>>) -> Self {
        self.with(Field::OrderId, id)
    }

    /// The value of another field, such as [`Field::Product`].
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<FieldValue<'a>>) -> Self {
        self.fields.push((field, value.into()));
        self
    }
}

/// Puts orders together that a program holds, row by row or as columns.
///
/// ```
/// use crmstat::{Date, Money, analysis::rfm, data::{Field, OrderRow, Orders}};
///
/// let day: Date = "2025-01-05".parse()?;
/// let built = Orders::builder()
///     .row(OrderRow::new("A", day, Money::from_whole(120)).id("1").with(Field::Product, "Chair"))
///     .row(OrderRow::new("A", day, Money::from_whole(80)).id("1").with(Field::Product, "Desk"))
///     .row(OrderRow::new("B", day.plus_days(9), 59.9).id("2"))
///     .row(OrderRow::new(None::<&str>, day, 10.0).id("3"))
///     .build()?;
/// assert_eq!((built.result.len(), built.ledger.quarantined), (2, 1));
/// assert_eq!(built.rejections.groups()[0].first.place.to_string(), "orders:4, column `customer_id`");
///
/// let scored = rfm::score_orders(&built.result, &rfm::Options::default())?;
/// assert_eq!(scored.customers().next().map(|customer| customer.revenue), Money::from_whole(200));
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OrdersBuilder {
    rows: Rows,
    window: Window,
    are_copies: bool,
    keeps_cancelled: bool,
    keeps_far_dates: bool,
    currency: Option<Currency>,
}

impl Default for OrdersBuilder {
    fn default() -> Self {
        Self {
            rows: Rows::new("orders"),
            window: Window::default(),
            are_copies: false,
            keeps_cancelled: false,
            keeps_far_dates: false,
            currency: None,
        }
    }
}

impl OrdersBuilder {
    /// The name of the rows in messages; `orders` unless given.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.rows.rename(name.into());
        self
    }

    /// The days whose orders count.
    #[must_use]
    pub fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Takes rows of one order for copies, of which the one with the largest amount counts; they are its
    /// lines, whose amounts add up, unless this is said.
    #[must_use]
    pub fn copies(mut self) -> Self {
        self.are_copies = true;
        self
    }

    /// Keeps an order and the refund of its whole amount within a day, which cancel each other and are left out
    /// unless this is said.
    #[must_use]
    pub fn keep_cancelled(mut self) -> Self {
        self.keeps_cancelled = true;
        self
    }

    /// Keeps rows whose dates are far from all others, such as those of a mistyped year, which are left out unless
    /// this is said.
    #[must_use]
    pub fn keep_far_dates(mut self) -> Self {
        self.keeps_far_dates = true;
        self
    }

    /// The currency of all amounts.
    #[must_use]
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Adds a row.
    pub fn push(&mut self, row: OrderRow<'_>) {
        let OrderRow { customer, at, amount, fields } = row;
        let parts =
            [(Field::CustomerId, customer), (Field::OrderedAt, at), (Field::Amount, amount)];
        self.rows.push(parts.into_iter().chain(fields));
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: OrderRow<'_>) -> Self {
        self.push(row);
        self
    }

    /// Adds rows column by column: [`Field::CustomerId`], [`Field::OrderedAt`], [`Field::Amount`] and any
    /// others, each as long as the others.
    ///
    /// # Errors
    /// Columns of different lengths or of another type than their field's.
    pub fn columns(mut self, columns: impl IntoIterator<Item = (Field, Column)>) -> Result<Self> {
        self.rows.extend(columns, None)?;
        Ok(self)
    }

    /// The number of rows so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The orders, with the account of the rows that could not be used, and notices of what changes the result: the
    /// rules are those by which files are read.
    ///
    /// # Errors
    /// An order that is worth more than money can hold, or more rows than a table may have.
    pub fn build(self) -> Result<Imported<Orders>> {
        let Self { rows, window, are_copies, keeps_cancelled, keeps_far_dates, currency } = self;
        let mut checked = rows.checked()?;
        checked.require(Field::CustomerId, "no customer");
        checked.require(Field::OrderedAt, "no date");
        checked.require(Field::Amount, "no amount");
        let take = |columns: &mut std::collections::BTreeMap<Field, Raw>, field: Field| {
            columns.remove(&field).unwrap_or_else(|| Raw::new(field.field_type()))
        };
        let instants = match take(&mut checked.columns, Field::OrderedAt) {
            Raw::Date(instants) => instants,
            _ => Vec::new(),
        };
        let left_out = |row: usize| {
            let day = instants[row]?.date();
            if window.until.is_some_and(|as_of| day >= as_of.date()) {
                Some(Ignored::AtOrAfterAsOf)
            } else {
                window.since.is_some_and(|since| day < since).then_some(Ignored::BeforeSince)
            }
        };
        let amounts = match take(&mut checked.columns, Field::Amount) {
            Raw::Money(amounts) => amounts,
            _ => Vec::new(),
        };
        let mut dates = DateCounts::default();
        for (row, at) in instants.iter().enumerate() {
            let counts = !checked.faults.contains_key(&(row as u32)) && left_out(row).is_none();
            if let Some(at) = at.filter(|_| counts && !keeps_far_dates) {
                dates.count(&[at], at, at);
            }
        }
        let body = dates.body(window);
        let set_aside = RefCell::new(SetAside::default());
        let left_out = |row: usize| {
            left_out(row).or_else(|| {
                let at = instants[row]?;
                if body.as_ref()?.contains(at) {
                    return None;
                }
                set_aside.borrow_mut().count(at, amounts[row].unwrap_or_default());
                Some(Ignored::FarDate)
            })
        };
        let (mut kept, mut account) = checked.account(Some(&instants), left_out);
        account.currency = currency;
        account.notices.extend(set_aside.into_inner().notice(account.span, kept.len() as u64));
        let customers = take(&mut checked.columns, Field::CustomerId);
        let repeated = repeats(&checked.columns, &customers, &kept);
        if let Some(orders) = repeated {
            account.decisions.push(decision(&checked.name, kept.len(), orders, are_copies));
            if are_copies {
                let key = |row: u32| (instants[row as usize], Reverse(amounts[row as usize]));
                kept = without_copies(&checked.columns, &customers, &kept, key);
            }
        }
        let as_lines = repeated.is_some() && !are_copies;
        let fields: Vec<(Field, Column)> = (checked.columns.into_iter())
            .map(|(field, column)| (field, column.finish(&kept)))
            .collect();
        let Column::Text(customers) = customers.finish(&kept) else {
            return Err(Error::data("ids of customers are texts"));
        };
        // What is kept has both.
        let at: Vec<Timestamp> =
            kept.iter().map(|row| instants[*row as usize].unwrap_or_default()).collect();
        let amount: Vec<Money> =
            kept.iter().map(|row| amounts[*row as usize].unwrap_or_default()).collect();
        let order = as_lines.then(|| orders_of(&customers, &at, &amount, &fields));
        let fields = fields.into_iter().map(|(field, column)| (field.into(), column)).collect();
        let (customers, customer) = customers.into_parts();
        let columns =
            OrderColumns { customers, customer, at, amount, order, totals: Totals::OfRows, fields };
        let mut orders = Orders::assemble(columns)?;
        account.notices.extend(guests::among(&orders));
        if !keeps_cancelled {
            account.notices.extend(orders.leave_out_cancelled().notice());
        }
        Ok(account.of(orders))
    }
}

impl Orders {
    /// Puts orders together that a program holds.
    pub fn builder() -> OrdersBuilder {
        OrdersBuilder::default()
    }
}

impl<'a> Extend<OrderRow<'a>> for OrdersBuilder {
    fn extend<I: IntoIterator<Item = OrderRow<'a>>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl<'a> FromIterator<OrderRow<'a>> for OrdersBuilder {
    fn from_iter<I: IntoIterator<Item = OrderRow<'a>>>(rows: I) -> Self {
        let mut builder = Self::default();
        builder.extend(rows);
        builder
    }
}

type Columns = std::collections::BTreeMap<Field, Raw>;

/// The code of each row's order id, where there is one, and that of its customer.
fn key_of<'a>(
    columns: &'a Columns,
    customers: &'a Raw,
) -> Option<impl Fn(u32) -> Option<(u32, u32)> + 'a> {
    let (Some(Raw::Text(ids)), Raw::Text(customers)) = (columns.get(&Field::OrderId), customers)
    else {
        return None;
    };
    Some(|row: u32| {
        let id = ids.codes()[row as usize];
        (id != MISSING).then(|| (id, customers.codes()[row as usize]))
    })
}

/// The number of orders, where rows share one.
fn repeats(columns: &Columns, customers: &Raw, kept: &[u32]) -> Option<usize> {
    let key = key_of(columns, customers)?;
    let mut keys: Vec<(u32, u32)> = kept.iter().filter_map(|row| key(*row)).collect();
    let without = kept.len() - keys.len();
    keys.sort_unstable();
    keys.dedup();
    Some(keys.len() + without).filter(|orders| *orders < kept.len())
}

/// Of the rows of one order the one with the largest amount, the earliest of equal ones.
fn without_copies(
    columns: &Columns,
    customers: &Raw,
    kept: &[u32],
    place: impl Fn(u32) -> (Option<Timestamp>, Reverse<Option<Money>>),
) -> Vec<u32> {
    let Some(key) = key_of(columns, customers) else { return kept.to_vec() };
    let mut rows: Vec<_> = kept.iter().map(|row| (key(*row), place(*row), *row)).collect();
    rows.sort_unstable_by(|left, right| {
        let ((at, amount), (other_at, other_amount)) = (left.1, right.1);
        let by_amount = amount.cmp(&other_amount).then(at.cmp(&other_at));
        left.0.cmp(&right.0).then(by_amount).then(left.2.cmp(&right.2))
    });
    rows.dedup_by(|later, first| first.0.is_some() && later.0 == first.0);
    let mut kept: Vec<u32> = rows.into_iter().map(|(_, _, row)| row).collect();
    kept.sort_unstable();
    kept
}

/// The number of each row's order: by id, then by customer; a row without an id is an order of its own and
/// comes before them, in an order that that of the rows does not change.
fn orders_of(
    customers: &Labels,
    at: &[Timestamp],
    amount: &[Money],
    fields: &[(Field, Column)],
) -> Vec<u32> {
    let ids = fields.iter().find_map(|(field, column)| match column {
        Column::Text(ids) if *field == Field::OrderId => Some(ids),
        _ => None,
    });
    let key = |row: usize| (ids.and_then(|ids| ids.code(row)), customers.code(row));
    let mut rows: Vec<u32> = (0..at.len() as u32).collect();
    rows.sort_unstable_by(|left, right| {
        let (l, r) = (*left as usize, *right as usize);
        let by_cells = || {
            let mut cells = fields.iter().map(|(_, column)| column.compare(l, r));
            cells.find(|found| found.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        };
        let by_order = key(l).cmp(&key(r));
        by_order.then_with(|| (at[l], amount[l]).cmp(&(at[r], amount[r]))).then_with(by_cells)
    });
    let mut order = vec![0; rows.len()];
    let mut number = 0;
    for (place, row) in rows.iter().enumerate() {
        let own = key(*row as usize);
        if place > 0 && (own.0.is_none() || own != key(rows[place - 1] as usize)) {
            number += 1;
        }
        order[*row as usize] = number;
    }
    order
}

/// What is said where rows share an order.
fn decision(name: &str, rows: usize, orders: usize, are_copies: bool) -> Decision {
    let (value, verb) = if are_copies {
        ("copies of orders", "counted once as")
    } else {
        ("order lines", "summed into")
    };
    Decision {
        file: name.to_owned(),
        topic: "rows".to_owned(),
        value: value.to_owned(),
        reason: format!("order ids repeat: {rows} rows are {verb} {orders} orders"),
        option: None,
    }
}
