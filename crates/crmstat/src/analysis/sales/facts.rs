//! The lines of orders with what is known of each: by what they are divided, quantity, cost, discount.

use super::{
    cube::Cell,
    dimensions::{By, Scored},
};
use crate::{
    Error, Lang, Money, Result, Window,
    data::{
        Column, ColumnKey, Divided, Field, Labels, Orders, OrdersQuery, Records, TableKind,
        line_numbers::{CostEvidence, cost_of_pieces, cost_of_row, quantity_of},
        sales::is_purchase,
    },
    ingest::{
        Dimension, Export, Imported, first_rows,
        orders::{daily::NUMBERS, line_amounts::amounts},
        pass::verdict::no_purchases,
    },
};
use serde::Serialize;
use std::borrow::Cow;

/// What is said of a result, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    english: String,
    russian: String,
}

impl Note {
    pub(in crate::analysis) fn new(english: impl Into<String>, russian: impl Into<String>) -> Self {
        Self { english: english.into(), russian: russian.into() }
    }

    /// The sentence.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.english, &self.russian)
    }
}

/// Whether a number of the lines is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::analysis) enum Need {
    /// It is not.
    #[default]
    No,
    /// It is, and may be nowhere.
    Optional,
    /// Without it there is no answer.
    Must,
}

impl Need {
    /// [`Need::Must`] where it is asked for.
    pub(in crate::analysis) const fn must(is_asked: bool) -> Self {
        if is_asked { Self::Must } else { Self::No }
    }

    /// [`Need::Optional`] where it is asked for.
    pub(in crate::analysis) const fn optional(is_asked: bool) -> Self {
        if is_asked { Self::Optional } else { Self::No }
    }
}

/// Which numbers of the lines are looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::analysis) struct Needs {
    pub(in crate::analysis) quantity: Need,
    pub(in crate::analysis) cost: Need,
    pub(in crate::analysis) discount: Need,
    /// Whether a segment that no column holds is that of RFM.
    pub(in crate::analysis) may_score: bool,
}

impl Needs {
    /// Whether the number `field` of the lines is looked for: costs may be those of pieces.
    pub(super) fn are_of(self, field: Field) -> bool {
        match field {
            Field::Quantity => self.quantity != Need::No || self.cost != Need::No,
            Field::Cost => self.cost != Need::No,
            _ => self.discount != Need::No,
        }
    }
}

/// Orders ready to be added up.
pub(in crate::analysis) struct Facts<'a> {
    pub(in crate::analysis) orders: Cow<'a, Orders>,
    /// The name of each dimension and its label on each line.
    pub(in crate::analysis) dims: Vec<(String, Labels)>,
    /// What was found of the customers among them.
    pub(in crate::analysis) scored: Vec<Scored>,
    /// In millionths, by line.
    pub(in crate::analysis) quantity: Option<Vec<Option<i64>>>,
    /// With the sign of the amount of the line.
    pub(in crate::analysis) cost: Option<Vec<Option<Money>>>,
    pub(in crate::analysis) discount: Option<Vec<Option<Money>>>,
    pub(in crate::analysis) notes: Vec<Note>,
}

impl<'a> Facts<'a> {
    /// Reads the orders of `export` and lays the `tables` beside it over them.
    ///
    /// # Errors
    /// What the export cannot bear, nobody who bought, an unknown dimension, or numbers that are needed and
    /// nowhere.
    pub(in crate::analysis) fn read(
        export: &mut Export,
        window: Window,
        by: &[String],
        needs: Needs,
        tables: &[Records],
    ) -> Result<Imported<Self>> {
        let dimensions =
            By::all(by, needs.may_score, |name| Dimension::find(name, export, tables))?;
        let mut query = OrdersQuery { window, anonymous: true, ..OrdersQuery::default() };
        let mut want = |key: ColumnKey| match key {
            ColumnKey::Field(field) if !query.fields.contains(&field) => query.fields.push(field),
            ColumnKey::Header(name) if !query.headers.contains(&name) => query.headers.push(name),
            _ => {}
        };
        dimensions.iter().flat_map(By::wanted).for_each(&mut want);
        let table = |kind: TableKind| tables.iter().find(|table| table.kind() == kind);
        if lines_for(&dimensions, needs, tables).is_some() {
            want(Field::OrderId.into());
        }
        NUMBERS
            .into_iter()
            .filter(|field| needs.are_of(*field))
            .for_each(|field| want(field.into()));
        if needs.cost != Need::No && table(TableKind::Products).is_some() {
            want(Field::Product.into());
        }
        let read = Orders::read(export, &query)?;
        if !read.result.has_purchases() {
            return Err(no_purchases(export, &read));
        }
        read.try_map(|orders| {
            Self::assemble(Cow::Owned(orders), &dimensions, window, needs, tables)
        })
    }

    /// Lays the `tables` over those of `orders` that lie in `window`.
    ///
    /// # Errors
    /// As [`Facts::read`].
    pub(in crate::analysis) fn of_orders(
        orders: &'a Orders,
        window: Window,
        by: &[String],
        needs: Needs,
        tables: &[Records],
    ) -> Result<Self> {
        let orders = orders.within(window);
        if !orders.has_purchases() {
            return Err(Error::data("no purchase in the window")
                .with_hint("check the first day and the day of observation"));
        }
        let dimensions =
            By::all(by, needs.may_score, |name| Dimension::find_among(name, &orders, tables))?;
        Self::assemble(orders, &dimensions, window, needs, tables)
    }

    fn assemble(
        mut orders: Cow<'a, Orders>,
        dimensions: &[By],
        window: Window,
        needs: Needs,
        tables: &[Records],
    ) -> Result<Self> {
        let mut notes = Vec::new();
        let table = |kind: TableKind| tables.iter().find(|table| table.kind() == kind);
        if let Some(lines) = lines_for(dimensions, needs, tables) {
            let (divided, how) = orders.with_lines(lines, &amounts(lines)?);
            notes.extend(differing(how));
            orders = Cow::Owned(divided);
        }
        let (mut dims, mut scored) = (Vec::new(), Vec::new());
        for (at, dimension) in dimensions.iter().enumerate() {
            let (labels, russian) = dimension.labels(&orders, window, tables, &mut notes)?;
            dims.push((dimension.name().to_owned(), labels));
            scored.extend(russian.map(|russian| Scored { at, russian }));
        }
        let quantity = quantities(&orders);
        let products = table(TableKind::Products).filter(|_| needs.cost != Need::No);
        let (cost, note) = costs(&orders, quantity.as_deref(), products);
        notes.extend(note.filter(|_| needs.cost != Need::No));
        let discount = money_of(&orders, Field::Discount).map(<[Option<Money>]>::to_vec);
        let lacks = [
            (needs.quantity == Need::Must && quantity.is_none(), Field::Quantity),
            (needs.cost == Need::Must && cost.is_none(), Field::Cost),
            (needs.discount == Need::Must && discount.is_none(), Field::Discount),
        ];
        if let Some((_, field)) = lacks.into_iter().find(|(lacks, _)| *lacks) {
            return Err(Error::data(format!("no column says the {field} of the sales"))
                .with_hint(hint_for(field)));
        }
        Ok(Self { orders, dims, scored, quantity, cost, discount, notes })
    }

    /// What the line number `line` adds to a cell, but for orders and customers.
    pub(in crate::analysis) fn line(&self, line: usize) -> Cell {
        let amount = self.orders.line_amount()[line];
        let mut cell = Cell { units: amount.units(), lines: 1, ..Cell::default() };
        if let Some(quantity) = self.quantity.as_ref().and_then(|all| all[line]) {
            (cell.quantity, cell.quantified) = (quantity, 1);
            cell.quantified_units = amount.units();
        }
        if let Some(cost) = self.cost.as_ref().and_then(|all| all[line]) {
            (cell.costed, cell.cost, cell.costed_lines) = (amount.units(), cost.units(), 1);
        }
        let discount = self.discount.as_ref().and_then(|all| all[line]);
        if let Some(discount) = discount.filter(|_| is_purchase(amount)) {
            let units = discount.units().saturating_abs();
            cell.discount = units;
            cell.priced = amount.units().saturating_add(units);
            cell.discounted_lines = 1;
        }
        cell
    }
}

/// The order lines among `tables`, where something of them is wanted: a column to divide by, or numbers that they
/// have. Otherwise orders are not divided into lines, which would change no figure.
pub(super) fn lines_for<'t>(
    dimensions: &[By],
    needs: Needs,
    tables: &'t [Records],
) -> Option<&'t Records> {
    let lines = tables.iter().find(|table| table.kind() == TableKind::Lines)?;
    let has_products = tables.iter().any(|table| table.kind() == TableKind::Products);
    // What a line says of itself goes before what its order says.
    let divides = |by: &By| match by {
        By::Segment(_) | By::Cluster(_) => false,
        By::Column(dimension) => match dimension.table() {
            None => lines.keys().any(|key| *key == dimension.key()),
            Some(table) => table != TableKind::Customers,
        },
    };
    let is_wanted = dimensions.iter().any(divides)
        || needs.quantity != Need::No
        || needs.cost == Need::Must
        || needs.cost != Need::No && (has_products || lines.has(Field::Cost))
        || needs.discount == Need::Must
        || needs.discount != Need::No && lines.has(Field::Discount);
    is_wanted.then_some(lines)
}

fn hint_for(field: Field) -> String {
    match field {
        Field::Cost => {
            "name it with `--map cost=COLUMN`, or give lines with a cost, or a table of products with a cost \
             beside sales with a product and a quantity"
                .to_owned()
        }
        _ => format!("name it with `--map {field}=COLUMN`, or give the order lines"),
    }
}

fn differing(how: Divided) -> Option<Note> {
    let Divided { orders, differing, units } = how;
    let worth = i64::try_from(units).map_or_else(
        |_| "more than money can hold".to_owned(),
        |units| Money::from_units(units).to_string(),
    );
    (differing > 0).then(|| {
        Note::new(
            format!(
                "{differing} of {orders} orders with lines are worth something else than their lines, by {worth} in \
                 all: the difference has no product"
            ),
            format!(
                "у {differing} из {orders} заказов с позициями сумма не равна сумме позиций, всего на {worth}: \
                 разница ни к какому товару не отнесена"
            ),
        )
    })
}

fn money_of(orders: &Orders, field: Field) -> Option<&[Option<Money>]> {
    match orders.field(field)? {
        Column::Money(values) if values.iter().any(Option::is_some) => Some(values),
        _ => None,
    }
}

/// The quantity of each line, with the sign of its amount.
fn quantities(orders: &Orders) -> Option<Vec<Option<i64>>> {
    let Some(Column::Number(values)) = orders.field(Field::Quantity) else { return None };
    if !values.iter().any(|value| value.is_finite()) {
        return None;
    }
    let lines = values.iter().zip(orders.line_amount());
    Some(lines.map(|(value, amount)| quantity_of(*value, *amount)).collect())
}

/// That costs are those of pieces.
pub(super) fn of_a_piece() -> Note {
    Note::new(
        "the cost is taken for that of a piece, as it goes with the price of a piece and not with the amount",
        "себестоимость считается за единицу: она следует за ценой единицы, а не за суммой строки",
    )
}

/// The cost of each line, and what was decided about it.
fn costs(
    orders: &Orders,
    quantity: Option<&[Option<i64>]>,
    products: Option<&Records>,
) -> (Option<Vec<Option<Money>>>, Option<Note>) {
    let amounts = orders.line_amount();
    let times = |line: usize, unit: Money| cost_of_pieces(unit, quantity?[line]?, amounts[line]);
    if let Some(own) = money_of(orders, Field::Cost) {
        let mut evidence = CostEvidence::default();
        for (line, cost) in own.iter().enumerate() {
            evidence.add(*cost, quantity.and_then(|quantity| quantity[line]), amounts[line]);
        }
        let is_unit = evidence.is_of_a_piece();
        let of = |line: usize| match own[line] {
            Some(cost) if is_unit => times(line, cost),
            Some(cost) => cost_of_row(cost, amounts[line]),
            None => None,
        };
        return (Some((0..amounts.len()).map(of).collect()), is_unit.then(of_a_piece));
    }
    let of_catalogue = || -> Option<Vec<Option<Money>>> {
        let products = products?;
        let (own, _) = (orders.labels(Field::Product)?, quantity?);
        let Some(Column::Money(costs)) = products.field(Field::Cost) else { return None };
        let rows = first_rows(products, Field::Product, own.labels());
        let of = |line: usize| {
            let row = rows[own.code(line)? as usize]?;
            times(line, costs[row as usize]?)
        };
        Some((0..amounts.len()).map(of).collect())
    };
    let found = of_catalogue();
    let note = found.as_ref().map(|_| {
        Note::new(
            "the cost is that of the products, as they are now, times the quantity",
            "себестоимость — из справочника товаров на сегодня, умноженная на количество",
        )
    });
    (found, note)
}
