//! Series of sales: one value per period, from orders or from a table of series.

use super::Period;
use crate::{
    AsOf, Date, Error, Money, Result, Timestamp, Window,
    analysis::sales::facts::{Facts, Need, Needs},
    data::{Column, Field, Labels, Orders, Records, Texts, sales::is_purchase},
    ingest::{Dimension, Export, Imported},
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What is counted in each period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// The net amount: refunds are taken off in the period in which they were made.
    #[default]
    Revenue,
    /// Purchases; a refund is none.
    Orders,
    /// Units, as the column of quantities says.
    Quantity,
    /// Customers with at least one purchase.
    Customers,
}

impl Measure {
    /// The name used by `--measure`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Orders => "orders",
            Self::Quantity => "quantity",
            Self::Customers => "customers",
        }
    }

    /// Whether the parts add up to the whole. An order with two products counts for each of them, and a
    /// customer of two regions for each of these.
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Revenue | Self::Quantity)
    }

    /// Units of the exact sums in one of the measure.
    const fn scale(self) -> f64 {
        match self {
            Self::Revenue => Money::SCALE as f64,
            Self::Quantity => QUANTITY_SCALE,
            Self::Orders | Self::Customers => 1.0,
        }
    }
}

impl std::str::FromStr for Measure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Revenue, Self::Orders, Self::Quantity, Self::Customers]
            .into_iter()
            .find(|measure| measure.name() == text)
            .ok_or_else(|| {
                Error::usage(format!("`{text}` is nothing to forecast"))
                    .with_hint("one of revenue, orders, quantity, customers")
            })
    }
}

/// Quantities are summed in millionths, so that their order changes nothing.
const QUANTITY_SCALE: f64 = 1e6;

/// Most periods of a series: hourly ones of a decade.
const LONGEST: i32 = 100_000;

/// The series of orders that are wanted.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The days whose orders count.
    pub window: Window,
    /// The length of a period.
    pub period: Period,
    /// What is counted.
    pub measure: Measure,
    /// The columns by which the total is divided, the coarsest first: see [`Dimension`].
    pub by: Vec<String>,
}

/// One series: its name and its values, one per period without gaps, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// `total`, or the values of the dimensions.
    pub name: String,
    /// The number of the first period; see [`Period::number`].
    pub first: i32,
    /// The values.
    pub values: Vec<f64>,
    /// Periods without an observation that were filled.
    pub filled: usize,
}

impl History {
    /// The number of the period after the last one.
    pub fn next(&self) -> i32 {
        self.first + self.values.len() as i32
    }
}

/// Series of one period length, and what was decided about them.
#[derive(Clone, Debug)]
pub struct SeriesSet {
    pub(super) period: Period,
    pub(super) series: Vec<History>,
    /// For a total divided by dimensions: for each series the path of its parts, the total's empty.
    pub(super) paths: Option<Vec<Vec<u32>>>,
    /// Whether the parts' values are the whole's.
    pub(super) adds_up: bool,
    pub(super) notes: Vec<String>,
}

impl SeriesSet {
    /// Counts the orders of `export` by period: the total first, then, level by level, what it is divided
    /// into, in the order of the values' bytes.
    ///
    /// A series begins with the first period in which it has an order. From there on a period without
    /// orders is a zero: nothing was sold. The last period is left out unless the data reach its end, that
    /// is, unless the next one begins by `window.until`. Where that is not given the data end with the last order, or
    /// with the period, if it lacks so few days that nothing is usually sold on as many, or one day of a month. The
    /// first period is left out where `window.since` lies within it.
    ///
    /// # Errors
    /// What the export cannot bear, nobody who bought, a dimension without a column, or no complete period
    /// with an order.
    pub fn from_orders(export: &mut Export, query: &Query) -> Result<Imported<Self>> {
        Self::from_orders_with(export, query, &[])
    }

    /// As [`SeriesSet::from_orders`], divided by columns of the `tables` beside the export, too: customers,
    /// products and order lines, which divide the orders and may give their quantities.
    ///
    /// # Errors
    /// As [`SeriesSet::from_orders`].
    pub fn from_orders_with(
        export: &mut Export,
        query: &Query,
        tables: &[Records],
    ) -> Result<Imported<Self>> {
        let quantity = Need::optional(query.measure == Measure::Quantity);
        let needs = Needs { quantity, ..Needs::default() };
        let facts = Facts::read(export, query.window, &query.by, needs, tables)?;
        let files: Vec<&str> = export.files().collect();
        let files = files.join("`, `");
        facts.try_map(|facts| {
            let dimensions: Vec<&Labels> = facts.dims.iter().map(|(_, labels)| labels).collect();
            Self::divided(&facts.orders, &dimensions, query, &files)
        })
    }

    /// Counts the orders of `query.window` among `orders` that have been read by period; see
    /// [`SeriesSet::from_orders`].
    ///
    /// # Errors
    /// A dimension without a column, nobody who bought, or no complete period with an order.
    pub fn of_orders(orders: &Orders, query: &Query) -> Result<Self> {
        let orders = orders.within(query.window);
        if !orders.has_purchases() {
            return Err(
                Error::data("no purchase in the window").with_hint("check `--as-of` and `--since`")
            );
        }
        Self::counted(&orders, query, "orders")
    }

    /// The series of `values` by name: of each the day of its first period, and a value for every period from
    /// there on; NaN is a gap, which is filled as one of a table is, and counted.
    ///
    /// Series come in the order of their names' bytes.
    ///
    /// ```
    /// use crmstat::{Date, analysis::forecast::{Options, Period, SeriesSet, forecast}};
    ///
    /// let first: Date = "2022-01-01".parse()?;
    /// let values: Vec<f64> = (0..36).map(|month| f64::from(100 + month + month % 12)).collect();
    /// let sales = SeriesSet::of_values(Period::Month, [("chairs", first, values)])?;
    /// let plan = forecast(&sales, &Options::default())?;
    /// assert_eq!(plan.series()[0].mean.len(), 12);
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    ///
    /// # Errors
    /// A name that is given twice or not at all, an infinite value, or a series without a value.
    pub fn of_values<N: AsRef<str>>(
        period: Period,
        values: impl IntoIterator<Item = (N, Date, Vec<f64>)>,
    ) -> Result<Self> {
        let mut observed: BTreeMap<String, Vec<(Timestamp, f64)>> = BTreeMap::new();
        for (name, first, values) in values {
            let name = name.as_ref().trim();
            let refused = |fault: &str| Error::usage(format!("series `{name}` {fault}"));
            if let Some(value) = values.iter().find(|value| value.is_infinite()) {
                return Err(refused(&format!("holds {value}")));
            }
            let first = period.number_at(first.midnight());
            let rows: Vec<(Timestamp, f64)> = (first..)
                .zip(values)
                .filter(|(_, value)| !value.is_nan())
                .map(|(number, value)| (period.start(number), value))
                .collect();
            if name.is_empty() || rows.is_empty() {
                return Err(refused("has no name or no value"));
            }
            if observed.insert(name.to_owned(), rows).is_some() {
                return Err(refused("is given twice"));
            }
        }
        if observed.is_empty() {
            return Err(Error::usage("there is no series"));
        }
        let series = observed.iter().map(|(name, rows)| history(name, rows, period));
        let series = series.collect::<Result<_>>()?;
        Ok(Self { period, series, paths: None, adds_up: false, notes: Vec::new() })
    }

    /// Counts `orders` by period; `files` is where they come from, for messages.
    pub(crate) fn counted(orders: &Orders, query: &Query, files: &str) -> Result<Self> {
        let labels = |name: &String| Dimension::find_among(name, orders, &[])?.labels(orders, &[]);
        let dimensions: Vec<Labels> = query.by.iter().map(labels).collect::<Result<_>>()?;
        Self::divided(orders, &dimensions.iter().collect::<Vec<_>>(), query, files)
    }

    fn divided(
        orders: &Orders,
        dimensions: &[&Labels],
        query: &Query,
        files: &str,
    ) -> Result<Self> {
        let Query { window, period, measure, ref by } = *query;
        for (name, labels) in by.iter().zip(dimensions) {
            if labels.labels().is_empty() {
                return Err(Error::data(format!("the column `{name}` of `{files}` is empty"))
                    .with_hint(SEE_INSPECT));
            }
        }
        let (first_day, last_day) = orders
            .span()
            .ok_or_else(|| Error::data(format!("no order in `{files}`")).with_hint(SEE_INSPECT))?;
        let quantity = match (measure, orders.field(Field::Quantity)) {
            // A field without a column is read as one of missing cells.
            (Measure::Quantity, Some(Column::Number(values)))
                if values.iter().any(|value| value.is_finite()) =>
            {
                Some(values)
            }
            (Measure::Quantity, _) => return Err(no_column(Field::Quantity, files)),
            _ => None,
        };

        let mut notes = Vec::new();
        let end_of_data = window.until.map_or(last_day.plus_days(1), AsOf::date);
        let mut end = period.number(end_of_data);
        if end <= period.number(last_day) {
            let missing = period.first_day(end + 1).days() - end_of_data.days();
            let length = period.first_day(end + 1).days() - period.first_day(end).days();
            let days = || orders.at().iter().map(|at| at.date().days()).collect();
            let usual = || {
                missing * NEARLY_NONE <= length || usual_gap(&days(), end_of_data.days(), missing)
            };
            let whole = window.until.is_none()
                && (missing * MOST_MISSING <= length && usual()
                    || totals_of_periods(&days(), period));
            let (name, first) = (period.name(), period.first_day(end));
            if whole {
                let as_of = period.first_day(end + 1);
                notes.push(format!(
                    "the last order is of {last_day}; the {name} that begins on {first} is taken as whole, as \
                     `--as-of {as_of}` would (to leave it out: `--as-of {end_of_data}`)"
                ));
                end += 1;
            } else {
                // An instant of observation that was given says already what is known.
                let counted = match window.until {
                    None => {
                        format!(" (to count it as whole: `--as-of {}`)", period.first_day(end + 1))
                    }
                    Some(_) => String::new(),
                };
                notes.push(format!(
                    "the {name} that begins on {first} is incomplete, as the data end before {end_of_data}: it is \
                     left out{counted}"
                ));
            }
        }
        let mut start = period.number(first_day);
        if let Some(since) = window.since
            && period.number(since) == start
            && period.first_day(start) < since
        {
            notes.push(format!(
                "the {} that begins on {} is incomplete, as the data begin on {since}: it is left out",
                period.name(),
                period.first_day(start),
            ));
            start += 1;
        }
        check_length(start, end, period)?;

        let count = orders.groups();
        let parts = rayon::current_num_threads().min(MOST_PARTS);
        let of_part = |part: usize| {
            let mut nodes = Nodes::new(dimensions.len(), start, (end - start) as usize);
            let mut path = Vec::new();
            for customer in count * part / parts..count * (part + 1) / parts {
                let is_customer = customer < orders.customers().len();
                for order in orders.of_customer(customer) {
                    let at = period.number_at(orders.at()[order]);
                    if at < start || at >= end {
                        continue;
                    }
                    let is_purchase = is_purchase(orders.amount()[order]);
                    for line in orders.lines_of(order) {
                        let (amount, mark) = match measure {
                            Measure::Revenue => {
                                (i128::from(orders.line_amount()[line].units()), None)
                            }
                            Measure::Quantity => {
                                let units = quantity.map_or(0.0, |values| values[line]);
                                // A missing quantity is NaN, which becomes 0.
                                ((units * QUANTITY_SCALE).round() as i128, None)
                            }
                            Measure::Orders => (i128::from(is_purchase), Some(order)),
                            Measure::Customers => {
                                (i128::from(is_purchase && is_customer), Some(customer))
                            }
                        };
                        path.clear();
                        path.extend(
                            dimensions.iter().map(|labels| labels.code(line).unwrap_or(u32::MAX)),
                        );
                        nodes.add(&path, at, amount, mark);
                    }
                }
            }
            nodes
        };
        let nodes = Nodes::merged((0..parts).into_par_iter().map(of_part).collect());
        if nodes.is_empty() {
            return Err(Error::data(format!(
                "`{files}` has no complete {} with an order",
                period.name()
            ))
            .with_hint(SHORTER));
        }
        let (paths, series) = nodes
            .into_iter()
            .map(|(path, node)| {
                let name = name_of(&path, dimensions);
                let first = start + node.first as i32;
                let exact = node.sums[node.first..].iter();
                let values = exact.map(|sum| *sum as f64 / measure.scale()).collect();
                (path, History { name, first, values, filled: 0 })
            })
            .unzip();
        let paths = (!by.is_empty()).then_some(paths);
        Ok(Self { period, series, paths, adds_up: measure.adds_up(), notes })
    }

    /// Reads series from a table with a row per observation; `export` must have been opened as
    /// [`TableKind::Series`](crate::data::TableKind::Series).
    ///
    /// Series come in the order of their names' bytes; without a column of names there is one, `total`.
    /// Values of one period add up. A period without a value between two others is a gap, not a zero: it is
    /// filled on the line between its neighbours, its place in the cycle allowed for, and counted. Without `period` it
    /// is the longest one of which hardly any series has two dates.
    ///
    /// # Errors
    /// What the export cannot bear, or no observation at all.
    pub fn from_table(export: &mut Export, period: Option<Period>) -> Result<Imported<Self>> {
        let records = Records::read(export)?;
        let files: Vec<&str> = export.files().collect();
        let files = files.join("`, `");
        if let (true, [group, ..]) = (records.result.is_empty(), &records.rejections.groups()[..]) {
            let (rows, first) = (group.rows, &group.first);
            return Err(Error::data(format!(
                "no observation in `{files}`: {rows} rows are rejected: {} `{}` at {}",
                first.reason, first.value, first.place
            ))
            .with_hint(SEE_INSPECT));
        }
        records.try_map(|records| Self::gather(&records, period, &files))
    }

    /// The series of `records` that have been read, of the kind
    /// [`TableKind::Series`](crate::data::TableKind::Series); see [`SeriesSet::from_table`].
    ///
    /// # Errors
    /// No observation at all, or a series of too many periods.
    pub fn of_records(records: &Records, period: Option<Period>) -> Result<Self> {
        Self::gather(records, period, records.kind().name())
    }

    fn gather(records: &Records, period: Option<Period>, files: &str) -> Result<Self> {
        let (Some(Column::Date(dates)), Some(Column::Number(values))) =
            (records.field(Field::Date), records.field(Field::Value))
        else {
            return Err(no_column(Field::Value, files));
        };
        let names = records.labels(Field::Series);
        let mut observed: BTreeMap<&str, Vec<(Timestamp, f64)>> = BTreeMap::new();
        for row in 0..records.len() {
            let (Some(at), value) = (dates[row], values[row]) else { continue };
            if value.is_finite() {
                let name = names.map_or(TOTAL, |names| names.get(row).unwrap_or(MISSING));
                observed.entry(name).or_default().push((at, value));
            }
        }
        if observed.is_empty() {
            return Err(Error::data(format!("no observation in `{files}`")).with_hint(SEE_INSPECT));
        }
        for rows in observed.values_mut() {
            // Equal rows are equal in every order; sums of one period are taken in this one.
            rows.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
        }
        let mut notes = Vec::new();
        let period = period.unwrap_or_else(|| {
            let found = usual_period(&observed);
            notes.push(format!("a period is a {}: the longest without two dates", found.name()));
            found
        });
        notes.extend(added_up(&observed, period, names.is_some()));
        let series = observed
            .into_iter()
            .map(|(name, rows)| history(name, &rows, period))
            .collect::<Result<_>>()?;
        Ok(Self { period, series, paths: None, adds_up: false, notes })
    }

    /// What was known `back` periods before the end of every series, and which series that was; those without a sale
    /// or value by then are not in it.
    pub(super) fn before(&self, back: usize) -> (Self, Vec<usize>) {
        let begun = |at: &usize| self.series[*at].values.len() > back;
        let places: Vec<usize> = (0..self.series.len()).filter(begun).collect();
        let head = |history: &History| {
            let known = history.values.len() - back;
            History { values: history.values[..known].to_vec(), ..history.clone() }
        };
        let set = Self {
            period: self.period,
            series: places.iter().map(|at| head(&self.series[*at])).collect(),
            paths: self
                .paths
                .as_ref()
                .map(|paths| places.iter().map(|at| paths[*at].clone()).collect()),
            adds_up: self.adds_up,
            notes: Vec::new(),
        };
        (set, places)
    }

    /// The length of a period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The series.
    pub fn series(&self) -> &[History] {
        &self.series
    }

    /// What was decided about all of them, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// The name of the series of everything.
pub(super) const TOTAL: &str = "total";
/// The name of what has no value in a dimension.
pub(super) const MISSING: &str = "(none)";
const SEE_INSPECT: &str = "see `crmstat inspect` for how the rows are read";
const SHORTER: &str = "choose a shorter `--period`, or say with `--as-of` how far the data reach";

fn no_column(field: Field, files: &str) -> Error {
    Error::data(format!("`{files}` has no column of texts or numbers for {field}"))
        .with_hint(format!("name it with `--map {field}=COLUMN`"))
}

/// Whether it is usual that nothing is sold on `missing` days in a row from `from` on: that happened on at least
/// one in twenty stretches that began on the same day of the week.
fn usual_gap(days: &BTreeSet<i32>, from: i32, missing: i32) -> bool {
    let Some(first) = days.first() else { return false };
    let starts = (1..).map(|week| from - 7 * week).take_while(|start| start > first);
    let (mut count, mut empty) = (0, 0);
    for start in starts {
        count += 1;
        empty += i32::from(days.range(start..start + missing).next().is_none());
    }
    count > 0 && empty * RARELY >= count
}

/// Whether every date is the same day of its period, as the first of the month: such rows are totals of whole
/// periods, or what is paid once in each, and the last of them is as whole as those before it.
fn totals_of_periods(days: &BTreeSet<i32>, period: Period) -> bool {
    let place = |day: &i32| {
        let number = period.number(Date::from_days(*day));
        (number, day - period.first_day(number).days())
    };
    let places: Vec<(i32, i32)> = days.iter().map(place).collect();
    places.len() > FEWEST_TOTALS && places.windows(2).all(|pair| pair[0].1 == pair[1].1)
}

/// Periods with one date each that show a rule.
const FEWEST_TOTALS: usize = 3;

/// A period that lacks more than one in so many of its days is incomplete whatever is usual, and one that lacks no
/// more than one in so many is whole.
const MOST_MISSING: i32 = 4;
const NEARLY_NONE: i32 = 28;

/// One in so many is not rare.
const RARELY: i32 = 20;

fn check_length(start: i32, end: i32, period: Period) -> Result<()> {
    if end <= start {
        let message = format!("the data hold no complete {}", period.name());
        return Err(Error::data(message).with_hint(SHORTER));
    }
    if end - start > LONGEST {
        return Err(Error::data(format!(
            "the data span {} periods from {}, more than {LONGEST}",
            end - start,
            period.first_day(start)
        ))
        .with_hint("choose a longer `--period`, or leave out wrong dates with `--since`"));
    }
    Ok(())
}

/// Most parts of the customers that are counted by themselves, as each has its own sums; those are exact, so that
/// it does not matter how many parts there are.
const MOST_PARTS: usize = 8;

/// Exact sums by path and period.
struct Nodes {
    start: i32,
    length: usize,
    /// The paths of every depth, that of the total first.
    by_depth: Vec<BTreeMap<Vec<u32>, Node>>,
}

struct Node {
    /// The first period with a row.
    first: usize,
    sums: Vec<i128>,
    /// The last order or customer counted in each period; none is `usize::MAX`.
    marks: Vec<usize>,
}

impl Nodes {
    fn new(dimensions: usize, start: i32, length: usize) -> Self {
        Self { start, length, by_depth: (0..=dimensions).map(|_| BTreeMap::new()).collect() }
    }

    /// Adds `amount` to `path` and all above it; with a `mark`, once for each mark. Equal marks come in a row.
    fn add(&mut self, path: &[u32], at: i32, amount: i128, mark: Option<usize>) {
        let at = (at - self.start) as usize;
        for (depth, nodes) in self.by_depth.iter_mut().enumerate() {
            let path = &path[..depth];
            // Looking first spares a copy of the path for every row.
            if let Some(node) = nodes.get_mut(path) {
                node.add(at, amount, mark);
                continue;
            }
            let marks = if mark.is_some() { vec![usize::MAX; self.length] } else { Vec::new() };
            let mut node = Node { first: at, sums: vec![0; self.length], marks };
            node.add(at, amount, mark);
            nodes.insert(path.to_vec(), node);
        }
    }

    /// The nodes of all parts, no customer of which is in another: by depth, then by path.
    fn merged(parts: Vec<Self>) -> Vec<(Vec<u32>, Node)> {
        let merge = |mut all: Self, part: Self| {
            for (all, part) in all.by_depth.iter_mut().zip(part.by_depth) {
                for (path, node) in part {
                    match all.get_mut(&path) {
                        Some(known) => known.merge(&node),
                        None => {
                            all.insert(path, node);
                        }
                    }
                }
            }
            all
        };
        let all = parts.into_iter().reduce(merge);
        all.into_iter().flat_map(|all| all.by_depth).flatten().collect()
    }
}

impl Node {
    fn add(&mut self, at: usize, amount: i128, mark: Option<usize>) {
        self.first = self.first.min(at);
        if let Some(mark) = mark {
            if amount == 0 || self.marks[at] == mark {
                return;
            }
            self.marks[at] = mark;
        }
        self.sums[at] += amount;
    }

    fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
    }
}

fn name_of(path: &[u32], dimensions: &[&Labels]) -> String {
    if path.is_empty() {
        return TOTAL.to_owned();
    }
    let text = |labels: &Texts, code: u32| {
        let known = (code as usize) < labels.len();
        known.then(|| labels.get(code as usize)).flatten().unwrap_or(MISSING).to_owned()
    };
    let parts: Vec<String> =
        path.iter().zip(dimensions).map(|(code, labels)| text(labels.labels(), *code)).collect();
    parts.join(" / ")
}

/// The longest period of which hardly any series has two dates. Rows of the same date say nothing of it.
fn usual_period(series: &BTreeMap<&str, Vec<(Timestamp, f64)>>) -> Period {
    let share_of_repeats = |period: Period| {
        let (mut pairs, mut repeats) = (0_usize, 0_usize);
        for rows in series.values() {
            for pair in rows.windows(2).filter(|pair| pair[0].0 != pair[1].0) {
                pairs += 1;
                repeats += usize::from(period.number_at(pair[0].0) == period.number_at(pair[1].0));
            }
        }
        repeats as f64 / pairs.max(1) as f64
    };
    let found = Period::LONGEST_FIRST.into_iter().find(|period| share_of_repeats(*period) <= STRAY);
    found.unwrap_or(Period::Day)
}

/// Dates in a period that has one already, up to which they are strays: a date mistyped.
const STRAY: f64 = 0.02;

/// What is said of rows that fall into a period that has a value already; `None` where there are none.
fn added_up(
    series: &BTreeMap<&str, Vec<(Timestamp, f64)>>,
    period: Period,
    named: bool,
) -> Option<String> {
    let repeats = |rows: &&Vec<(Timestamp, f64)>| {
        rows.windows(2)
            .filter(|pair| period.number_at(pair[0].0) == period.number_at(pair[1].0))
            .count()
    };
    let count: usize = series.values().map(|rows| repeats(&rows)).sum();
    let all: usize = series.values().map(Vec::len).sum();
    (count > 0).then(|| {
        let hint = if named || count * 2 < all {
            ""
        } else {
            "; if they belong to several series, name their column with `--map series=COLUMN`"
        };
        let (rows, share) =
            if count == 1 { ("row falls", "it is") } else { ("rows fall", "they are") };
        format!(
            "{count} of {all} {rows} into a {} that has a value already: {share} added up{hint}",
            period.name()
        )
    })
}

/// What each place in the cycle has more than the mean of all, by what is observed of it; zero where some place was
/// not seen twice, or nothing has to be filled.
fn usual_season(values: &[Option<f64>], cycle: usize) -> Vec<f64> {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (count, sum) = values.fold((0_usize, 0.0), |(n, sum), value| (n + 1, sum + value));
        (count, sum / count as f64)
    };
    let (count, overall) = mean(&mut values.iter().flatten().copied());
    let phases: Vec<(usize, f64)> = (0..cycle)
        .map(|phase| mean(&mut values.iter().skip(phase).step_by(cycle).flatten().copied()))
        .collect();
    if count == values.len() || phases.iter().any(|(count, _)| *count < 2) {
        return vec![0.0];
    }
    phases.into_iter().map(|(_, of_phase)| of_phase - overall).collect()
}

/// The series of sorted observations, at least one.
fn history(name: &str, rows: &[(Timestamp, f64)], period: Period) -> Result<History> {
    let first = period.number_at(rows[0].0);
    let end = period.number_at(rows[rows.len() - 1].0) + 1;
    check_length(first, end, period).map_err(|error| {
        Error::data(format!("series `{name}`: {error}")).with_hint("choose a longer `--period`")
    })?;
    let mut sums: Vec<Option<f64>> = vec![None; (end - first) as usize];
    for (date, value) in rows {
        let sum = &mut sums[(period.number_at(*date) - first) as usize];
        *sum = Some(sum.unwrap_or(0.0) + value);
    }
    let season = usual_season(&sums, period.season());
    let of_phase = |at: usize| season[at % season.len()];
    let mut values: Vec<f64> = Vec::with_capacity(sums.len());
    for (at, sum) in sums.iter().enumerate() {
        values.push(match sum {
            Some(sum) => *sum,
            // The first and the last period are observed, so both neighbours exist.
            None => {
                let ahead = sums[at..].iter().position(Option::is_some).unwrap_or(1);
                let next = sums.get(at + ahead).copied().flatten().unwrap_or_default();
                let before = values[at - 1] - of_phase(at - 1);
                let after = next - of_phase(at + ahead);
                of_phase(at) + before + (after - before) / (ahead + 1) as f64
            }
        });
    }
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Err(Error::data(format!("series `{name}` adds up to {value}")));
    }
    let filled = sums.iter().filter(|sum| sum.is_none()).count();
    Ok(History { name: name.to_owned(), first, values, filled })
}
