//! Orders divided into the lines of a table beside them.

use super::{Orders, starts};
use crate::{
    Money,
    data::{Column, ColumnKey, Field, Labels, Records, Texts, column::MISSING},
};
use std::collections::{HashMap, HashSet};

/// Columns by which lines find their orders, and those that orders have themselves.
const OF_ORDERS: [Field; 4] = [Field::OrderId, Field::CustomerId, Field::OrderedAt, Field::Amount];

/// The rows of a table of order lines by the orders that they belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinesByOrder {
    /// Where the rows of each order begin, and the end of all.
    pub(crate) first: Vec<u32>,
    /// The rows, order by order.
    pub(crate) rows: Vec<u32>,
    /// Lines of no order.
    pub(crate) unmatched: u64,
}

impl LinesByOrder {
    /// Joins `lines` to `orders` by the ids of the orders, which must have been read.
    pub(crate) fn join(lines: &Records, orders: &Orders) -> Self {
        let mut of_id: HashMap<&str, u32> = HashMap::new();
        if let Some(ids) = orders.labels(Field::OrderId) {
            for order in 0..orders.len() {
                if let Some(id) = ids.get(orders.lines_of(order).start) {
                    of_id.entry(id).or_insert(order as u32);
                }
            }
        }
        let known = lines.labels(Field::OrderId);
        let order = |row: usize| of_id.get(known?.get(row)?).copied();
        let mut rows: Vec<(u32, u32)> = (0..lines.len())
            .filter_map(|row| order(row).map(|order| (order, row as u32)))
            .collect();
        rows.sort_unstable();
        let mut counts = vec![0_usize; orders.len()];
        for (order, _) in &rows {
            counts[*order as usize] += 1;
        }
        Self {
            first: starts(counts.into_iter()),
            unmatched: (lines.len() - rows.len()) as u64,
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// The rows of the order number `order`.
    pub(crate) fn of(&self, order: usize) -> &[u32] {
        &self.rows[self.first[order] as usize..self.first[order + 1] as usize]
    }
}

/// How the amounts of orders and of their lines in a table beside them agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Divided {
    /// Orders with lines.
    pub(crate) orders: u64,
    /// Orders that are worth something else than their lines together.
    pub(crate) differing: u64,
    /// What these differ by, without the signs, in units of money.
    pub(crate) units: i128,
}

/// One line of an order: a line of its own, a row of the table, or what both do not explain.
#[derive(Clone, Copy)]
struct Line {
    /// The line of the order that has its own columns.
    own: u32,
    /// Whether the numbers of that line count here; they count once.
    counts: bool,
    beside: Option<u32>,
}

impl Orders {
    /// The same orders, each divided into its lines in the table `lines`, of which each is worth `amounts`.
    ///
    /// What an order is worth does not change: what its lines do not explain is a line without values. Its
    /// own texts and dates stand on every line, its own numbers on the first. Orders without lines in the
    /// table, and orders that have lines of their own, stay as they are.
    pub(crate) fn with_lines(&self, lines: &Records, amounts: &[Option<Money>]) -> (Self, Divided) {
        let joined = LinesByOrder::join(lines, self);
        let mut made: Vec<Line> = Vec::with_capacity(self.len());
        let mut worth: Vec<Money> = Vec::with_capacity(self.len());
        let mut counts = Vec::with_capacity(self.len());
        let mut divided = Divided::default();
        for order in 0..self.len() {
            let own = self.lines_of(order);
            let (beside, before) = (joined.of(order), made.len());
            if beside.is_empty() || own.len() > 1 {
                for line in own {
                    made.push(Line { own: line as u32, counts: true, beside: None });
                    worth.push(self.line_amount()[line]);
                }
            } else {
                let own = own.start as u32;
                divided.orders += 1;
                let mut rest = i128::from(self.amount[order].units());
                for (at, row) in beside.iter().enumerate() {
                    let amount = amounts[*row as usize].unwrap_or_default();
                    rest -= i128::from(amount.units());
                    made.push(Line { own, counts: at == 0, beside: Some(*row) });
                    worth.push(amount);
                }
                if rest != 0 {
                    divided.differing += 1;
                    divided.units += rest.abs();
                    // A sum of lines past the range of money is taken apart.
                    let parts = rest.unsigned_abs().div_ceil(i64::MAX as u128).max(1) as i128;
                    for part in 0..parts {
                        let units = rest / parts + i128::from(part == 0) * (rest % parts);
                        made.push(Line { own, counts: false, beside: None });
                        worth.push(Money::from_units(units as i64));
                    }
                }
            }
            counts.push(made.len() - before);
        }
        let taken: HashSet<&ColumnKey> = lines
            .keys()
            .filter(|key| key.field().is_none_or(|field| !OF_ORDERS.contains(&field)))
            .collect();
        let mut fields = Vec::new();
        for (key, own) in &self.fields {
            let beside = lines.column(key).filter(|_| taken.contains(key));
            fields.push((key.clone(), column(own, beside, &made)));
        }
        for key in lines.keys().filter(|key| taken.contains(key) && self.column(key).is_none()) {
            if let Some(beside) = lines.column(key) {
                fields.push((key.clone(), only_beside(beside, &made)));
            }
        }
        let orders = Self {
            customers: self.customers.clone(),
            first_order: self.first_order.clone(),
            at: self.at.clone(),
            amount: self.amount.clone(),
            first_line: Some(starts(counts.into_iter())),
            line_amount: Some(worth),
            fields,
        };
        (orders, divided)
    }
}

/// A column of the orders over the lines: that of the table where a line is in it.
fn column(own: &Column, beside: Option<&Column>, made: &[Line]) -> Column {
    fn cells<T: Copy>(own: &[T], beside: Option<&[T]>, none: T, made: &[Line]) -> Vec<T> {
        let cell = |line: &Line| match (beside, line.beside) {
            (Some(beside), Some(row)) => beside[row as usize],
            // Lines of the table have what the whole order has; it is not counted again.
            (Some(_), None) if !line.counts => none,
            _ if line.counts => own[line.own as usize],
            _ => none,
        };
        made.iter().map(cell).collect()
    }
    match (own, beside) {
        (Column::Money(own), beside) => {
            let beside = match beside {
                Some(Column::Money(values)) => Some(&values[..]),
                _ => None,
            };
            Column::Money(cells(own, beside, None, made))
        }
        (Column::Number(own), beside) => {
            let beside = match beside {
                Some(Column::Number(values)) => Some(&values[..]),
                _ => None,
            };
            Column::Number(cells(own, beside, f64::NAN, made))
        }
        (Column::Text(own), Some(Column::Text(beside))) => Column::Text(merged(own, beside, made)),
        _ => {
            let rows: Vec<u32> = made.iter().map(|line| line.own).collect();
            own.reordered(&rows)
        }
    }
}

/// A column that the table alone has.
fn only_beside(beside: &Column, made: &[Line]) -> Column {
    match beside {
        Column::Text(labels) => {
            let code = |line: &Line| labels.code(line.beside? as usize);
            let codes = made.iter().map(|line| code(line).unwrap_or(MISSING)).collect();
            Column::Text(Labels::new(labels.labels().clone(), codes))
        }
        Column::Date(values) => Column::Date(
            made.iter().map(|line| line.beside.and_then(|row| values[row as usize])).collect(),
        ),
        Column::Money(values) => Column::Money(
            made.iter().map(|line| line.beside.and_then(|row| values[row as usize])).collect(),
        ),
        Column::Number(values) => {
            let value = |line: &Line| line.beside.map_or(f64::NAN, |row| values[row as usize]);
            Column::Number(made.iter().map(value).collect())
        }
    }
}

/// The texts of the table where a line is in it, those of the orders elsewhere.
fn merged(own: &Labels, beside: &Labels, made: &[Line]) -> Labels {
    let of = |labels: &Labels| -> Vec<String> {
        let texts = labels.labels();
        (0..texts.len()).map(|code| texts.get(code).unwrap_or_default().to_owned()).collect()
    };
    let (mine, theirs) = (of(own), of(beside));
    let mut all: Vec<&str> = mine.iter().chain(&theirs).map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    let place = |text: &String| all.binary_search(&text.as_str()).map_or(MISSING, |at| at as u32);
    let (of_mine, of_theirs): (Vec<u32>, Vec<u32>) =
        (mine.iter().map(place).collect(), theirs.iter().map(place).collect());
    let code = |line: &Line| match line.beside {
        Some(row) => beside.code(row as usize).map(|code| of_theirs[code as usize]),
        None if line.counts => own.code(line.own as usize).map(|code| of_mine[code as usize]),
        None => None,
    };
    let codes = made.iter().map(|line| code(line).unwrap_or(MISSING)).collect();
    let texts: Texts = all.iter().map(|text| Some(*text)).collect();
    Labels::new(texts, codes)
}
