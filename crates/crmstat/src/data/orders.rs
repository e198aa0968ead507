//! Orders: who bought what, when, for how much.

mod lines;

pub(crate) use lines::{Divided, LinesByOrder};

use crate::{
    Date, Money, Pseudonyms, Result, Timestamp, Window,
    data::{
        Column, ColumnKey, Field, Labels, Texts,
        column::{column_of, gather},
        sales::{Rows, is_purchase, pairs},
    },
};
use rayon::prelude::*;
use std::{borrow::Cow, ops::Range};

/// Which orders to read, and what else of them besides customer, time and amount.
#[derive(Clone, Debug, Default)]
pub struct OrdersQuery {
    /// The days whose orders count.
    pub window: Window,
    /// Fields to read where the export has them, such as [`Field::Product`].
    pub fields: Vec<Field>,
    /// Further columns to read as texts, by their header in the file: [`Orders::header`].
    pub headers: Vec<String>,
    /// Keep orders that name no customer, which count where sales are looked at and not who bought:
    /// [`Orders::of_nobody`].
    pub anonymous: bool,
}

/// Orders by customer and time, with the lines they are made of.
///
/// Customers are in the order of their ids' bytes; the orders of a customer in the order of time, then of
/// amount and of every other field, so that the order of rows in the file changes nothing. A refund is an
/// order below zero; an order that was cancelled is not among them. Gross is the sum of the purchases, net
/// that of the purchases and the refunds.
#[derive(Clone, Debug)]
pub struct Orders {
    customers: Texts,
    /// Where the orders of each customer begin, then those of nobody, and the end of all.
    first_order: Vec<u32>,
    at: Vec<Timestamp>,
    amount: Vec<Money>,
    /// Where the lines of each order begin; `None` where each order is one line.
    first_line: Option<Vec<u32>>,
    line_amount: Option<Vec<Money>>,
    /// Fields of lines.
    fields: Vec<(ColumnKey, Column)>,
}

/// What the amounts of the rows of orders are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Totals {
    /// Of each row.
    #[default]
    OfRows,
    /// Of the whole order, repeated on each of its rows.
    OnEach,
    /// Of the whole order, where one of several rows has an amount.
    OnOne,
}

impl Totals {
    /// What the order is worth whose rows have `amounts`, where that is to be shared out.
    fn of(self, amounts: &[Money]) -> Option<Money> {
        let mut worth = amounts.iter().filter(|amount| **amount != Money::ZERO);
        match self {
            Self::OfRows => None,
            Self::OnEach => amounts.first().copied(),
            Self::OnOne => worth.next().copied().filter(|_| worth.next().is_none()),
        }
    }
}

/// Orders as columns, in no particular order of rows.
pub(crate) struct OrderColumns {
    /// The customers' ids in the order of their bytes.
    pub(crate) customers: Texts,
    /// The place of each row's customer among them; one more is nobody's.
    pub(crate) customer: Vec<u32>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) amount: Vec<Money>,
    /// Where rows are lines: the place of each row's order among the sorted ids of orders.
    pub(crate) order: Option<Vec<u32>>,
    /// What the amounts of rows are of.
    pub(crate) totals: Totals,
    pub(crate) fields: Vec<(ColumnKey, Column)>,
}

impl Orders {
    /// Puts `columns` in order.
    ///
    /// # Errors
    /// An order that is worth more than money can hold.
    pub(crate) fn assemble(columns: OrderColumns) -> Result<Self> {
        let OrderColumns { customers: ids, customer: owner, at, amount, order, totals, fields } =
            columns;
        // When an order was placed: with its first line.
        let placed: Option<Vec<Timestamp>> = order.as_ref().map(|order| {
            let orders = order.iter().max().map_or(0, |last| *last as usize + 1);
            let mut placed = vec![Timestamp::from_seconds(i64::MAX); orders];
            for (order, at) in order.iter().zip(&at) {
                placed[*order as usize] = placed[*order as usize].min(*at);
            }
            placed
        });
        let instant = |row: u32| match (&placed, &order) {
            (Some(placed), Some(order)) => placed[order[row as usize] as usize],
            _ => at[row as usize],
        };
        let by_cells = |left: usize, right: usize| {
            let mut cells = fields.iter().map(|(_, column)| column.compare(left, right));
            amount[left].cmp(&amount[right]).then_with(|| {
                cells.find(|found| found.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            })
        };
        let (lines, first) = by_customer(&owner, ids.len() + 1, instant, |left, right| {
            let (l, r) = (left as usize, right as usize);
            let by_order = order.as_ref().map(|order| order[l].cmp(&order[r]));
            by_order
                .unwrap_or(std::cmp::Ordering::Equal)
                .then_with(|| by_cells(l, r))
                .then_with(|| l.cmp(&r))
        });

        let fields: Vec<(ColumnKey, Column)> =
            fields.iter().map(|(key, column)| (key.clone(), column.reordered(&lines))).collect();
        let mut line_amounts = gather(&amount, &lines);
        let first_line = order.as_ref().map(|order| {
            let mut first: Vec<u32> = (0..lines.len() as u32)
                .filter(|at| {
                    let of = |at: u32| order[lines[at as usize] as usize];
                    *at == 0 || of(*at) != of(*at - 1)
                })
                .collect();
            first.push(lines.len() as u32);
            first
        });
        let at_of = |rows: &[u32]| rows.par_iter().map(|row| instant(*row)).collect();
        let Some(first_line) = first_line else {
            return Ok(Self {
                customers: ids,
                first_order: first,
                at: at_of(&lines),
                amount: line_amounts,
                first_line: None,
                line_amount: None,
                fields,
            });
        };
        for pair in first_line.windows(2).filter(|_| totals != Totals::OfRows) {
            let lines = pair[0] as usize..pair[1] as usize;
            if let Some(total) = totals.of(&line_amounts[lines.clone()]) {
                share_out(&mut line_amounts, &fields, lines, total);
            }
        }
        let heads: Vec<u32> =
            first_line[..first_line.len() - 1].iter().map(|line| lines[*line as usize]).collect();
        let amount =
            first_line
                .windows(2)
                .map(|pair| {
                    let lines = &line_amounts[pair[0] as usize..pair[1] as usize];
                    lines.iter().copied().sum::<Option<Money>>().ok_or_else(|| {
                        crate::Error::data("an order is worth more than money can hold")
                    })
                })
                .collect::<Result<_>>()?;
        let order_of = |line: &u32| first_line.partition_point(|first| first < line) as u32;
        Ok(Self {
            customers: ids,
            first_order: first.iter().map(order_of).collect(),
            at: at_of(&heads),
            amount,
            first_line: Some(first_line),
            line_amount: Some(line_amounts),
            fields,
        })
    }

    /// The ids of the customers.
    pub fn customers(&self) -> &Texts {
        &self.customers
    }

    /// The number of orders, refunds among them.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there is no order.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Whether somebody bought: an order that is no refund.
    pub fn has_purchases(&self) -> bool {
        self.amount.iter().any(|amount| is_purchase(*amount))
    }

    /// The orders of the customer number `customer`; one more than the last are those of nobody.
    pub fn of_customer(&self, customer: usize) -> Range<usize> {
        self.first_order[customer] as usize..self.first_order[customer + 1] as usize
    }

    /// The orders that name no customer: behind those of all customers, by time.
    pub fn of_nobody(&self) -> Range<usize> {
        let customers = self.customers.len();
        self.first_order[customers] as usize..self.first_order[customers + 1] as usize
    }

    /// How many groups of orders there are: those of each customer, by the customer's number, and behind them
    /// those of nobody, where there are any.
    pub(crate) fn groups(&self) -> usize {
        self.customers.len() + usize::from(!self.of_nobody().is_empty())
    }

    /// When each order was placed.
    pub fn at(&self) -> &[Timestamp] {
        &self.at
    }

    /// What each order is worth.
    pub fn amount(&self) -> &[Money] {
        &self.amount
    }

    /// The lines of the order number `order`.
    pub fn lines_of(&self, order: usize) -> Range<usize> {
        match &self.first_line {
            None => order..order + 1,
            Some(first) => first[order] as usize..first[order + 1] as usize,
        }
    }

    /// What each line is worth.
    pub fn line_amount(&self) -> &[Money] {
        self.line_amount.as_deref().unwrap_or(&self.amount)
    }

    /// The values of `field` of each line; `None` where it was not asked for or no file has it.
    pub fn field(&self, field: Field) -> Option<&Column> {
        column_of(&self.fields, &field.into())
    }

    /// What the columns besides customer, time and amount are known by.
    pub fn keys(&self) -> impl Iterator<Item = &ColumnKey> {
        self.fields.iter().map(|(key, _)| key)
    }

    /// The values of each line of the column `key`; `None` where it was not asked for or no file has it.
    pub fn column(&self, key: &ColumnKey) -> Option<&Column> {
        column_of(&self.fields, key)
    }

    /// The texts of each line of the column under the header `name`, which was asked for.
    pub fn header(&self, name: &str) -> Option<&Labels> {
        match self.column(&ColumnKey::Header(name.to_owned()))? {
            Column::Text(labels) => Some(labels),
            _ => None,
        }
    }

    /// The texts of `field` of each line.
    pub fn labels(&self, field: Field) -> Option<&Labels> {
        match self.field(field)? {
            Column::Text(labels) => Some(labels),
            _ => None,
        }
    }

    /// The same orders under the pseudonyms of their customers, who are in the order of these.
    #[must_use]
    pub fn pseudonymised(&self, pseudonyms: &Pseudonyms) -> Self {
        let ids: Vec<String> = (0..self.customers.len())
            .into_par_iter()
            .map(|customer| pseudonyms.of(self.customers.get(customer).unwrap_or_default()))
            .collect();
        let mut turn: Vec<usize> = (0..ids.len()).collect();
        turn.par_sort_unstable_by(|left, right| ids[*left].cmp(&ids[*right]));
        let customers = turn.iter().map(|customer| Some(ids[*customer].as_str())).collect();
        Self { customers, ..self.of_customers(&turn) }
    }

    /// The orders of the days of `window`, as if only these had been read: customers without one are left
    /// out, and so are texts that no order has.
    ///
    /// ```
    /// use crmstat::{Date, Window, data::{OrderRow, Orders}};
    ///
    /// let day: Date = "2025-01-05".parse()?;
    /// let orders = Orders::builder()
    ///     .row(OrderRow::new("A", day, 10))
    ///     .row(OrderRow::new("B", day.plus_days(30), 20))
    ///     .build()?
    ///     .complete()?;
    /// let later = orders.within(Window { since: Some(day.plus_days(1)), until: None });
    /// assert_eq!((later.len(), later.customers().get(0)), (1, Some("B")));
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    pub fn within(&self, window: Window) -> Cow<'_, Self> {
        let Window { since, until } = window;
        let from = since.map(Date::midnight);
        let end = until.map(|as_of| as_of.date().midnight());
        let is_in =
            |at: Timestamp| from.is_none_or(|from| at >= from) && end.is_none_or(|end| at < end);
        if self.at.iter().all(|at| is_in(*at)) {
            return Cow::Borrowed(self);
        }
        let kept: Vec<bool> = self.at.iter().map(|at| is_in(*at)).collect();
        let has_orders = |customer: &usize| self.of_customer(*customer).any(|order| kept[order]);
        let customers: Vec<usize> = (0..self.customers.len()).filter(has_orders).collect();
        let mut within = self.kept(&customers, &kept);
        for (_, column) in &mut within.fields {
            column.leave_out_unused();
        }
        Cow::Owned(within)
    }

    /// The orders of some customers, these in the order given, and those of nobody; orders are in the order of
    /// ids' bytes where these are.
    fn of_customers(&self, customers: &[usize]) -> Self {
        let all: Vec<bool> = vec![true; self.len()];
        self.kept(customers, &all)
    }

    /// Those of the orders of some customers, and of those of nobody, that are `kept`.
    fn kept(&self, customers: &[usize], kept: &[bool]) -> Self {
        let groups = || customers.iter().copied().chain([self.customers.len()]);
        let of = |group: usize| self.of_customer(group).filter(|order| kept[*order]);
        let orders: Vec<u32> = groups().flat_map(of).map(|order| order as u32).collect();
        let lines: Vec<u32> = orders
            .iter()
            .flat_map(|order| self.lines_of(*order as usize))
            .map(|line| line as u32)
            .collect();
        let lines_of = |order: &u32| self.lines_of(*order as usize).len();
        Self {
            customers: customers.iter().map(|customer| self.customers.get(*customer)).collect(),
            first_order: starts(groups().map(|group| of(group).count())),
            at: gather(&self.at, &orders),
            amount: gather(&self.amount, &orders),
            first_line: self.first_line.as_ref().map(|_| starts(orders.iter().map(lines_of))),
            line_amount: self.line_amount.as_ref().map(|amounts| gather(amounts, &lines)),
            fields: self
                .fields
                .iter()
                .map(|(key, column)| (key.clone(), column.reordered(&lines)))
                .collect(),
        }
    }

    /// Leaves out the orders that were cancelled, with the twins that cancel them, and customers who then
    /// have no order; counts the former. See `data::sales`.
    pub(crate) fn leave_out_cancelled(&mut self) -> Rows {
        let mut cancelled = Rows::default();
        let mut kept = vec![true; self.len()];
        for (order, kept) in kept.iter_mut().enumerate() {
            if self.amount[order] == Money::ZERO && self.first_line.is_some() {
                let lines = &self.line_amount()[self.lines_of(order)];
                if lines.iter().any(|amount| !is_purchase(*amount)) {
                    *kept = false;
                    cancelled.rows += 1;
                    let bought = lines.iter().filter(|amount| is_purchase(**amount));
                    cancelled.units += bought.map(|own| i128::from(own.units())).sum::<i128>();
                }
            }
        }
        for customer in 0..self.customers.len() {
            let own = self.of_customer(customer);
            let amounts = &self.amount[own.clone()];
            if amounts.iter().all(|amount| is_purchase(*amount)) {
                continue;
            }
            let orders: Vec<_> =
                self.at[own.clone()].iter().copied().zip(amounts.iter().copied()).collect();
            for (order, twin) in pairs(&orders) {
                cancelled.count(orders[order].1);
                kept[own.start + order] = false;
                kept[own.start + twin] = false;
            }
        }
        if cancelled.rows > 0 {
            let has_orders =
                |customer: &usize| self.of_customer(*customer).any(|order| kept[order]);
            let customers: Vec<usize> = (0..self.customers.len()).filter(has_orders).collect();
            *self = self.kept(&customers, &kept);
        }
        cancelled
    }

    /// The days of the first and the last order.
    pub fn span(&self) -> Option<(Date, Date)> {
        let first = self.at.iter().min()?;
        let last = self.at.iter().max()?;
        Some((first.date(), last.date()))
    }
}

/// Shares what an order is worth, `total`, out among its `lines`: by price times quantity
/// where all have them, in equal parts elsewhere. What does not go up falls to the first lines.
fn share_out(
    amounts: &mut [Money],
    fields: &[(ColumnKey, Column)],
    lines: Range<usize>,
    total: Money,
) {
    let total = i128::from(total.units());
    let of = |wanted: Field| column_of(fields, &wanted.into());
    let product = |line: usize| match (of(Field::Price), of(Field::Quantity)) {
        (Some(Column::Money(prices)), Some(Column::Number(pieces))) => {
            let pieces = Money::from_f64(pieces[line]).filter(|pieces| pieces.units() > 0)?;
            let price = prices[line].filter(|price| !price.is_negative())?;
            Some(i128::from(price.units()) * i128::from(pieces.units()))
        }
        _ => None,
    };
    let weights: Option<Vec<i128>> = lines.clone().map(product).collect();
    let weights = weights
        .filter(|weights| weights.iter().sum::<i128>() > 0)
        .unwrap_or_else(|| vec![1; lines.len()]);
    let whole: i128 = weights.iter().sum();
    // Weights are scaled down so that their product with the total stays within 128 bits.
    let scale = (whole >> 62) + 1;
    let mut shares: Vec<i64> = weights
        .iter()
        .map(|weight| (total * (weight / scale) / (whole / scale).max(1)) as i64)
        .collect();
    let shared: i128 = shares.iter().map(|share| i128::from(*share)).sum();
    let mut rest = (total - shared) as i64;
    let mut at = 0;
    while rest != 0 {
        let count = shares.len();
        shares[at % count] += rest.signum();
        rest -= rest.signum();
        at += 1;
    }
    for (line, share) in lines.zip(shares) {
        amounts[line] = Money::from_units(share);
    }
}

/// Where each of several stretches begins, and the end of all.
fn starts(lengths: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut starts = vec![0];
    let mut end = 0;
    for length in lengths {
        end += length as u32;
        starts.push(end);
    }
    starts
}

/// Customers whose rows are sorted in one task.
const CHUNK: usize = 4096;

/// The rows, whose owners are given, by their owner, then by instant, then by `compare`; and where the rows
/// of each owner begin, with the end of all.
///
/// The rows are first dealt out to their owners by counting, then those of each sorted by themselves: a
/// sort of all would compare rows across the whole of memory, again and again. Every thread deals out to
/// owners of its own.
fn by_customer(
    owner: &[u32],
    customers: usize,
    instant: impl Fn(u32) -> Timestamp + Sync,
    compare: impl Fn(u32, u32) -> std::cmp::Ordering + Sync,
) -> (Vec<u32>, Vec<u32>) {
    let share = customers.div_ceil(rayon::current_num_threads()).max(1);
    let mut first = vec![0_u32; customers + 1];
    first[1..].par_chunks_mut(share).enumerate().for_each(|(thread, counts)| {
        for owner in owner {
            if let Some(count) = counts.get_mut((*owner as usize).wrapping_sub(thread * share)) {
                *count += 1;
            }
        }
    });
    for customer in 0..customers {
        first[customer + 1] += first[customer];
    }
    let mut sorted = vec![0_u32; owner.len()];
    let mut rest = &mut sorted[..];
    let mut shares = Vec::new();
    for start in (0..customers).step_by(share) {
        let end = customers.min(start + share);
        let (rows, others) = rest.split_at_mut((first[end] - first[start]) as usize);
        shares.push((start, first[start..end].to_vec(), rows));
        rest = others;
    }
    shares.into_par_iter().for_each(|(start, mut next, rows)| {
        let base = next.first().copied().unwrap_or(0);
        for (row, owner) in (0_u32..).zip(owner) {
            if let Some(next) = next.get_mut((*owner as usize).wrapping_sub(start)) {
                rows[(*next - base) as usize] = row;
                *next += 1;
            }
        }
    });

    let count = |customer: usize| (first[customer + 1] - first[customer]) as usize;
    let mut rest = &mut sorted[..];
    let mut parts = Vec::with_capacity(customers.div_ceil(CHUNK));
    for start in (0..customers).step_by(CHUNK) {
        let of_part = start..customers.min(start + CHUNK);
        let (part, others) = rest.split_at_mut(of_part.clone().map(count).sum());
        parts.push((of_part, part));
        rest = others;
    }
    parts.into_par_iter().for_each(|(of_part, mut part)| {
        let mut keyed: Vec<(Timestamp, u32)> = Vec::new();
        for customer in of_part {
            let (own, others) = part.split_at_mut(count(customer));
            keyed.clear();
            keyed.extend(own.iter().map(|row| (instant(*row), *row)));
            keyed.sort_unstable_by(|left, right| {
                left.0.cmp(&right.0).then_with(|| compare(left.1, right.1))
            });
            own.iter_mut().zip(&keyed).for_each(|(place, (_, row))| *place = *row);
            part = others;
        }
    });
    (sorted, first)
}
