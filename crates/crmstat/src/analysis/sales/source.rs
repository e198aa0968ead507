//! What sales are added up from: orders with all that is known of them, or sums made while they were read.

use super::{
    Period,
    calendar::Calendar,
    cube::{Cube, Path},
    dimensions::{By, Scored},
    facts::{Facts, Need, Needs, Note, lines_for, of_a_piece},
};
use crate::{
    Date, Result, Window,
    data::{Column, ColumnKey, Field, Labels, Orders, Records, TableKind},
    ingest::{
        Dimension, Export, Imported, first_rows,
        orders::{
            customer_periods::{MOST_DAYS, Periods},
            daily::{Asked, DailySums, NUMBERS},
            daily_nodes::{Node, NumberSum},
        },
        pass::verdict::no_purchases,
    },
};
use std::collections::HashMap;

/// What sales are added up from.
pub(in crate::analysis) enum Source<'a> {
    /// Orders.
    Orders(Box<Facts<'a>>),
    /// Sums of days and, where they were asked for, of customers.
    Sums(Box<Sums>),
}

/// Sums made while the orders were read.
pub(in crate::analysis) struct Sums {
    /// Of each dimension its name and labels, which have no rows.
    pub(in crate::analysis) dims: Vec<(String, Labels)>,
    pub(in crate::analysis) days: DailySums,
    /// The periods of the customers.
    pub(in crate::analysis) period: Period,
    /// Whether the costs of the lines are those of pieces.
    pub(in crate::analysis) costs_are_of_pieces: bool,
    has_cost: bool,
    has_discount: bool,
    notes: Vec<Note>,
}

/// What is read of orders, beside what they are divided by.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Wanted {
    pub(in crate::analysis) window: Window,
    pub(in crate::analysis) needs: Needs,
    /// What each customer did in each of these periods, too.
    pub(in crate::analysis) customers_by: Option<Period>,
}

impl<'a> Source<'a> {
    /// Reads the orders of `export`: adds them up while they are read where that takes no more than a pass.
    ///
    /// # Errors
    /// As [`Facts::read`].
    pub(in crate::analysis) fn read(
        export: &mut Export,
        by: &[String],
        wanted: Wanted,
        tables: &[Records],
    ) -> Result<Imported<Self>> {
        if let Some(sums) = Sums::read(export, by, wanted, tables)? {
            return sums.try_map(|sums| Ok(Self::Sums(Box::new(sums))));
        }
        let facts = Facts::read(export, wanted.window, by, wanted.needs, tables)?;
        facts.try_map(|facts| Ok(Self::Orders(Box::new(facts))))
    }

    /// Those of `orders` that have been read.
    ///
    /// # Errors
    /// As [`Facts::of_orders`].
    pub(in crate::analysis) fn of_orders(
        orders: &'a Orders,
        by: &[String],
        wanted: Wanted,
        tables: &[Records],
    ) -> Result<Self> {
        let facts = Facts::of_orders(orders, wanted.window, by, wanted.needs, tables)?;
        Ok(Self::Orders(Box::new(facts)))
    }

    /// The name of each dimension and its labels.
    pub(in crate::analysis) fn dims(&self) -> &[(String, Labels)] {
        match self {
            Self::Orders(facts) => &facts.dims,
            Self::Sums(sums) => &sums.dims,
        }
    }

    /// What was found of the customers among the dimensions.
    pub(in crate::analysis) fn scored(&self) -> &[Scored] {
        match self {
            Self::Orders(facts) => &facts.scored,
            Self::Sums(_) => &[],
        }
    }

    pub(in crate::analysis) fn notes(&self) -> &[Note] {
        match self {
            Self::Orders(facts) => &facts.notes,
            Self::Sums(sums) => &sums.notes,
        }
    }

    /// Whether the cost of some line is known.
    pub(in crate::analysis) fn has_cost(&self) -> bool {
        match self {
            Self::Orders(facts) => facts.cost.is_some(),
            Self::Sums(sums) => sums.has_cost,
        }
    }

    /// Whether the discount of some line is known.
    pub(in crate::analysis) fn has_discount(&self) -> bool {
        match self {
            Self::Orders(facts) => facts.discount.is_some(),
            Self::Sums(sums) => sums.has_discount,
        }
    }

    /// The days of the first and the last order.
    pub(in crate::analysis) fn span(&self) -> Option<(Date, Date)> {
        match self {
            Self::Orders(facts) => facts.orders.span(),
            Self::Sums(sums) => sums.days.span(),
        }
    }

    /// Adds up by the spans of `calendar`; see [`Cube::new`].
    ///
    /// # Errors
    /// A sum past the range of money.
    pub(in crate::analysis) fn cube(
        &self,
        calendar: &Calendar,
        place: &(dyn Fn(&mut Path) + Sync),
    ) -> Result<Cube> {
        match self {
            Self::Orders(facts) => Cube::new(facts, calendar, place),
            Self::Sums(sums) => Cube::of_sums(sums, sums.days.customers.as_ref(), calendar, place),
        }
    }

    /// As [`Source::cube`], where nobody asks how many customers there were.
    ///
    /// # Errors
    /// As [`Source::cube`].
    pub(in crate::analysis) fn cube_of_money(&self, calendar: &Calendar) -> Result<Cube> {
        match self {
            Self::Orders(facts) => Cube::new(facts, calendar, &|_| {}),
            Self::Sums(sums) => Cube::of_sums(sums, None, calendar, &|_| {}),
        }
    }

    /// The numbers `field` of the table of `customers` by the number of each customer who has orders; NaN is none.
    pub(in crate::analysis) fn of_customers(
        &self,
        customers: &Records,
        field: Field,
    ) -> Option<Vec<f64>> {
        let Some(Column::Number(values)) = customers.field(field) else { return None };
        let sums = match self {
            Self::Orders(facts) => {
                let rows = first_rows(customers, Field::CustomerId, facts.orders.customers());
                let of = |row: &Option<u32>| row.map_or(f64::NAN, |row| values[row as usize]);
                return Some(rows.iter().map(of).collect());
            }
            Self::Sums(sums) => sums.days.customers.as_ref()?,
        };
        let mut found = vec![f64::NAN; sums.numbers.len() + 1];
        let Some(labels) = customers.labels(Field::CustomerId) else { return Some(found) };
        let mut first: HashMap<&str, usize> = HashMap::new();
        for row in 0..labels.len() {
            if let Some(id) = labels.get(row) {
                first.entry(id).or_insert(row);
            }
        }
        let mut has_orders = vec![false; found.len()];
        for row in sums.parts.iter().flatten() {
            has_orders[row.customer as usize] = true;
        }
        sums.numbers.for_each(|id, number| {
            if let Some(row) = first.get(id).filter(|_| has_orders[*number as usize]) {
                found[*number as usize] = values[*row];
            }
        });
        Some(found)
    }
}

impl Sums {
    /// Adds up the orders of `export` while they are read. `None` where that takes more than a pass.
    fn read(
        export: &mut Export,
        by: &[String],
        wanted: Wanted,
        tables: &[Records],
    ) -> Result<Option<Imported<Self>>> {
        let Wanted { window, needs, customers_by } = wanted;
        let dimensions =
            By::all(by, needs.may_score, |name| Dimension::find(name, export, tables))?;
        let has_lines = lines_for(&dimensions, needs, tables).is_some();
        let keys: Option<Vec<ColumnKey>> = dimensions.iter().map(By::own_column).collect();
        let Some(keys) = keys.filter(|_| !has_lines) else { return Ok(None) };
        let has = |field: Field| {
            export.inputs().iter().any(|input| input.column_of(&field.into()).is_some())
        };
        let costs_of_products =
            |table: &Records| table.kind() == TableKind::Products && table.has(Field::Cost);
        if needs.cost != Need::No && tables.iter().any(costs_of_products) {
            return Ok(None);
        }
        let numbers: Vec<Field> =
            NUMBERS.into_iter().filter(|field| needs.are_of(*field) && has(*field)).collect();
        let must = [
            (needs.quantity, Field::Quantity),
            (needs.cost, Field::Cost),
            (needs.discount, Field::Discount),
        ];
        if must.iter().any(|(need, field)| *need == Need::Must && !has(*field)) {
            // What there is in its place, or why there is nothing, is said there.
            return Ok(None);
        }
        let period = customers_by.unwrap_or(Period::Day);
        let of_day = |day: i32| {
            let number = period.number(Date::from_days(day));
            (number, period.first_day(number).days())
        };
        let longest = match period {
            Period::Hour | Period::Day => 1,
            Period::Week => 7,
            Period::Month => 31,
            Period::Quarter => 92,
            Period::Year => 366,
        };
        let periods = Periods { of: &of_day, are_long: longest > MOST_DAYS };
        let asked = Asked {
            window,
            keys: &keys,
            numbers: &numbers,
            periods: customers_by.map(|_| periods),
        };
        let Some(read) = export.add_up(&asked)? else { return Ok(None) };
        let of_days = || read.result.nodes.iter().flat_map(Node::days);
        if of_days().all(|(_, sum)| sum.orders == 0) {
            return Err(no_purchases(export, &read));
        }
        let lines = |of: fn(&NumberSum) -> u32| {
            let sums = read.result.nodes.iter().flat_map(Node::numbers);
            sums.map(|(_, sum)| u64::from(of(sum))).sum::<u64>()
        };
        let (has_cost, has_discount) =
            (lines(|sum| sum.any_cost) > 0, lines(|sum| sum.any_discount) > 0);
        let has_quantity = lines(|sum| sum.quantified) > 0;
        let lacks = [
            (needs.quantity, has_quantity),
            (needs.cost, has_cost),
            (needs.discount, has_discount),
        ];
        if lacks.iter().any(|(need, has)| *need == Need::Must && !has) {
            return Ok(None);
        }
        let names = dimensions.iter().map(|own| own.name().to_owned());
        let with = |mut days: DailySums| {
            let labels = std::mem::take(&mut days.labels).into_iter();
            let labels = labels.map(|texts| Labels::new(texts, Vec::new()));
            let costs_are_of_pieces = days.evidence.is_of_a_piece();
            let notes = (costs_are_of_pieces && has_cost).then(of_a_piece).into_iter().collect();
            let dims = names.zip(labels).collect();
            Ok(Self { dims, days, period, costs_are_of_pieces, has_cost, has_discount, notes })
        };
        read.try_map(with).map(Some)
    }
}
