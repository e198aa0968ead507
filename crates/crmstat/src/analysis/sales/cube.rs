//! Exact sums of lines by group and span.

use super::{Period, calendar::Calendar, facts::Facts, source::Sums};
use crate::{
    Date, Error, Result,
    data::sales::is_purchase,
    ingest::orders::{
        customer_periods::CustomerPeriod, daily::CustomerSums, daily_nodes::NumberSum,
    },
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The values of the dimensions, as codes of their labels; shorter for what is divided less.
pub(in crate::analysis) type Path = Vec<u32>;

/// The code of what has no value in a dimension.
pub(in crate::analysis) const NONE: u32 = u32::MAX;
/// The code of the groups that are not among the largest.
pub(in crate::analysis) const OTHERS: u32 = u32::MAX - 1;

/// What is added up of one group in one span. Amounts are in units of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::analysis) struct Cell {
    /// The net amount.
    pub(in crate::analysis) units: i64,
    pub(in crate::analysis) lines: u64,
    /// In millionths.
    pub(in crate::analysis) quantity: i64,
    /// Lines whose quantity is known, and their net amount.
    pub(in crate::analysis) quantified: u64,
    pub(in crate::analysis) quantified_units: i64,
    /// The net amount of the lines whose cost is known, and the cost.
    pub(in crate::analysis) costed: i64,
    pub(in crate::analysis) cost: i64,
    pub(in crate::analysis) costed_lines: u64,
    /// Discounts of purchases, and the price before them.
    pub(in crate::analysis) discount: i64,
    pub(in crate::analysis) priced: i64,
    pub(in crate::analysis) discounted_lines: u64,
    pub(in crate::analysis) orders: u64,
    pub(in crate::analysis) customers: u64,
    pub(in crate::analysis) newcomers: u64,
}

impl Cell {
    /// The numbers of some lines.
    fn of_numbers(sum: &NumberSum, costs_are_of_pieces: bool) -> Self {
        let costed = if costs_are_of_pieces { &sum.of_pieces } else { &sum.of_rows };
        Self {
            quantity: sum.quantity,
            quantified: u64::from(sum.quantified),
            quantified_units: sum.quantified_units,
            costed: costed.units,
            cost: costed.cost,
            costed_lines: u64::from(costed.lines),
            discount: sum.discount,
            priced: sum.priced,
            discounted_lines: u64::from(sum.discounted),
            ..Self::default()
        }
    }

    /// Adds the cell of other customers; `None` past the range of money.
    fn add(&mut self, other: &Self) -> Option<()> {
        self.units = self.units.checked_add(other.units)?;
        self.quantity = self.quantity.checked_add(other.quantity)?;
        self.quantified_units = self.quantified_units.checked_add(other.quantified_units)?;
        self.costed = self.costed.checked_add(other.costed)?;
        self.cost = self.cost.checked_add(other.cost)?;
        self.discount = self.discount.checked_add(other.discount)?;
        self.priced = self.priced.checked_add(other.priced)?;
        self.lines += other.lines;
        self.quantified += other.quantified;
        self.costed_lines += other.costed_lines;
        self.discounted_lines += other.discounted_lines;
        self.orders += other.orders;
        self.customers += other.customers;
        self.newcomers += other.newcomers;
        Some(())
    }
}

/// A cell while it is added up: each order and customer counts once in it.
#[derive(Clone, Copy, Default)]
struct Counting {
    cell: Cell,
    /// One more than the last order and customer that were counted.
    order: usize,
    customer: usize,
}

/// Cells by path and span.
pub(in crate::analysis) struct Cube {
    nodes: BTreeMap<Path, Vec<Cell>>,
}

/// Most parts of the customers that are added up by themselves, as each has its own sums.
const MOST_PARTS: usize = 8;

impl Cube {
    /// Adds up `facts` by the spans of `calendar`: the whole, and every division, the finest last. `place`
    /// changes where a finest path is counted.
    ///
    /// # Errors
    /// A sum past the range of money.
    pub(in crate::analysis) fn new(
        facts: &Facts<'_>,
        calendar: &Calendar,
        place: &(dyn Fn(&mut Path) + Sync),
    ) -> Result<Self> {
        let orders = &facts.orders;
        let count = orders.groups();
        let parts = rayon::current_num_threads().clamp(1, MOST_PARTS);
        let of_part = |part: usize| -> Option<BTreeMap<Path, Vec<Cell>>> {
            let mut adding = Adding::new(calendar.spans.len());
            let mut path = Path::new();
            for group in count * part / parts..count * (part + 1) / parts {
                let is_customer = group < orders.customers().len();
                let own = orders.of_customer(group);
                let first = own.clone().find(|order| is_purchase(orders.amount()[*order]));
                let first = first.map(|order| orders.at()[order].date().days());
                for order in own {
                    let spans = calendar.of(orders.at()[order].date());
                    let bought = is_purchase(orders.amount()[order]);
                    for line in orders.lines_of(order) {
                        let found = facts.line(line);
                        path.clear();
                        path.extend(
                            facts.dims.iter().map(|(_, own)| own.code(line).unwrap_or(NONE)),
                        );
                        place(&mut path);
                        for depth in 0..=path.len() {
                            let node = adding.node(&path[..depth]);
                            for span in spans {
                                let counting = &mut adding.cells[node][*span as usize];
                                counting.cell.add(&found)?;
                                if bought && counting.order != order + 1 {
                                    counting.order = order + 1;
                                    counting.cell.orders += 1;
                                }
                                if bought && is_customer && counting.customer != group + 1 {
                                    counting.customer = group + 1;
                                    counting.cell.customers += 1;
                                    let is_new =
                                        first.is_some_and(|day| calendar.contains(*span, day));
                                    counting.cell.newcomers += u64::from(is_new);
                                }
                            }
                        }
                    }
                }
            }
            Some(adding.finish())
        };
        let found: Vec<_> = (0..parts).into_par_iter().map(of_part).collect();
        let mut nodes: BTreeMap<Path, Vec<Cell>> = BTreeMap::new();
        for part in found {
            let part = part.ok_or_else(too_large)?;
            for (path, cells) in part {
                match nodes.get_mut(&path) {
                    None => {
                        nodes.insert(path, cells);
                    }
                    Some(known) => {
                        for (own, other) in known.iter_mut().zip(&cells) {
                            own.add(other).ok_or_else(too_large)?;
                        }
                    }
                }
            }
        }
        Ok(Self { nodes })
    }

    /// Adds up sums of days, and counts `customers` where they are given, by the spans of `calendar`; see [`Cube::new`].
    ///
    /// # Errors
    /// A sum past the range of money.
    pub(in crate::analysis) fn of_sums(
        sums: &Sums,
        customers: Option<&CustomerSums>,
        calendar: &Calendar,
        place: &(dyn Fn(&mut Path) + Sync),
    ) -> Result<Self> {
        let mut nodes: BTreeMap<Path, Vec<Cell>> = BTreeMap::new();
        let mut placed: Vec<Path> = Vec::new();
        for node in &sums.days.nodes {
            let mut cells = vec![Cell::default(); calendar.spans.len()];
            let mut add = |day: i32, cell: &Cell| -> Result<()> {
                for span in calendar.of(Date::from_days(day)) {
                    cells[*span as usize].add(cell).ok_or_else(too_large)?;
                }
                Ok(())
            };
            for (day, sum) in node.days() {
                let (lines, orders) = (u64::from(sum.rows), u64::from(sum.orders));
                add(day, &Cell { units: sum.units, lines, orders, ..Cell::default() })?;
            }
            for (day, sum) in node.numbers() {
                add(day, &Cell::of_numbers(sum, sums.costs_are_of_pieces))?;
            }
            let mut path = node.path.clone();
            place(&mut path);
            placed.push(path.clone());
            if node.span().is_none() {
                continue;
            }
            for depth in 0..=path.len() {
                let known = nodes
                    .entry(path[..depth].to_vec())
                    .or_insert_with(|| vec![Cell::default(); calendar.spans.len()]);
                for (own, other) in known.iter_mut().zip(&cells) {
                    own.add(other).ok_or_else(too_large)?;
                }
            }
        }
        if let Some(customers) = customers {
            let of_part = |part: &Vec<CustomerPeriod>| {
                counted(part, customers.are_long, sums.period, &placed, calendar)
            };
            let found: Vec<_> = customers.parts.par_iter().map(of_part).collect();
            for (path, cells) in found.into_iter().flatten() {
                for (own, other) in nodes.entry(path).or_default().iter_mut().zip(&cells) {
                    own.add(other).ok_or_else(too_large)?;
                }
            }
        }
        Ok(Self { nodes })
    }

    /// The cells of every path, in the order of the paths.
    pub(in crate::analysis) fn nodes(&self) -> impl Iterator<Item = (&Path, &[Cell])> {
        self.nodes.iter().map(|(path, cells)| (path, &cells[..]))
    }

    /// The cells of `path`.
    pub(in crate::analysis) fn get(&self, path: &[u32]) -> Option<&[Cell]> {
        self.nodes.get(path).map(Vec::as_slice)
    }
}

/// The customers and newcomers of `part` by path and span, where each node is counted at the path in `placed`.
fn counted(
    part: &[CustomerPeriod],
    are_long: bool,
    period: Period,
    placed: &[Path],
    calendar: &Calendar,
) -> BTreeMap<Path, Vec<Cell>> {
    let mut adding = Adding::new(calendar.spans.len());
    let days = |row: &CustomerPeriod| {
        let first = period.first_day(row.period).days();
        row.days().map(|days| days.days(are_long).map(move |day| first + day))
    };
    for own in part.chunk_by(|one, other| one.customer == other.customer) {
        let Some(first) = own.iter().filter_map(days).flatten().min() else { continue };
        let customer = own[0].customer as usize;
        for row in own {
            let path = &placed[row.node as usize];
            for day in days(row).into_iter().flatten() {
                for depth in 0..=path.len() {
                    let node = adding.node(&path[..depth]);
                    for span in calendar.of(Date::from_days(day)) {
                        let counting = &mut adding.cells[node][*span as usize];
                        if counting.customer != customer {
                            counting.customer = customer;
                            counting.cell.customers += 1;
                            let is_new = calendar.contains(*span, first);
                            counting.cell.newcomers += u64::from(is_new);
                        }
                    }
                }
            }
        }
    }
    adding.finish()
}

fn too_large() -> Error {
    Error::data("the sales add up to more than money can hold")
        .with_hint("see `crmstat inspect` for how the amounts are read")
}

/// The cells of one part of the customers.
struct Adding {
    spans: usize,
    numbers: BTreeMap<Path, usize>,
    cells: Vec<Vec<Counting>>,
    /// The path and the number of the last line, depth by depth.
    last: Vec<(Path, usize)>,
}

impl Adding {
    fn new(spans: usize) -> Self {
        Self { spans, numbers: BTreeMap::new(), cells: Vec::new(), last: Vec::new() }
    }

    fn node(&mut self, path: &[u32]) -> usize {
        let depth = path.len();
        // Comparing nothing with nothing, at no address, takes a processor longest of all.
        if let Some((last, number)) = self.last.get(depth)
            && (depth == 0 || last == path)
        {
            return *number;
        }
        let number = match self.numbers.get(path) {
            Some(number) => *number,
            None => {
                self.cells.push(vec![Counting::default(); self.spans]);
                self.numbers.insert(path.to_vec(), self.cells.len() - 1);
                self.cells.len() - 1
            }
        };
        match self.last.get_mut(depth) {
            Some((last, known)) => {
                last.clear();
                last.extend_from_slice(path);
                *known = number;
            }
            // Depths are asked for from the whole on.
            None => self.last.push((path.to_vec(), number)),
        }
        number
    }

    fn finish(self) -> BTreeMap<Path, Vec<Cell>> {
        let cells = self.cells;
        let of = |(path, number): (Path, usize)| {
            (path, cells[number].iter().map(|counting| counting.cell).collect())
        };
        self.numbers.into_iter().map(of).collect()
    }
}
