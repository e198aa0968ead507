//! The lines of orders with what is known of each: by what they are divided, quantity, cost, discount.

use super::{
    calendar::Calendar,
    cube::{Cell, Cube, Path},
    measure::QUANTITY_SCALE,
};
use crate::{
    Date, Error, Lang, Money, Result, Window,
    data::{
        Column, ColumnKey, Divided, Field, Labels, Orders, OrdersQuery, Records, TableKind,
        sales::is_purchase,
    },
    ingest::{
        Dimension, Export, Imported, first_rows,
        orders::{daily::DailySums, line_amounts::amounts},
        pass::verdict::no_purchases,
    },
};

/// What is said of a result, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// Orders ready to be added up.
pub(in crate::analysis) struct Facts {
    pub(in crate::analysis) orders: Orders,
    /// The name of each dimension and its label on each line.
    pub(in crate::analysis) dims: Vec<(String, Labels)>,
    /// In millionths, by line.
    pub(in crate::analysis) quantity: Option<Vec<Option<i64>>>,
    /// With the sign of the amount of the line.
    pub(in crate::analysis) cost: Option<Vec<Option<Money>>>,
    pub(in crate::analysis) discount: Option<Vec<Option<Money>>>,
    pub(in crate::analysis) notes: Vec<Note>,
}

/// Fields of lines that are numbers.
const NUMBERS: [Field; 3] = [Field::Quantity, Field::Cost, Field::Discount];

impl Facts {
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
        let find = |name: &String| Dimension::find(name, export, tables);
        let dimensions = by.iter().map(find).collect::<Result<Vec<_>>>()?;
        let mut query = OrdersQuery { window, anonymous: true, ..OrdersQuery::default() };
        let mut want = |key: ColumnKey| match key {
            ColumnKey::Field(field) if !query.fields.contains(&field) => query.fields.push(field),
            ColumnKey::Header(name) if !query.headers.contains(&name) => query.headers.push(name),
            _ => {}
        };
        dimensions.iter().filter_map(Dimension::wanted).for_each(&mut want);
        let table = |kind: TableKind| tables.iter().find(|table| table.kind() == kind);
        if table(TableKind::Lines).is_some() {
            want(Field::OrderId.into());
        }
        let is_needed = |field: Field| match field {
            Field::Quantity => needs.quantity != Need::No || needs.cost != Need::No,
            Field::Cost => needs.cost != Need::No,
            _ => needs.discount != Need::No,
        };
        NUMBERS.into_iter().filter(|field| is_needed(*field)).for_each(|field| want(field.into()));
        if needs.cost != Need::No && table(TableKind::Products).is_some() {
            want(Field::Product.into());
        }
        let read = Orders::read(export, &query)?;
        if !read.result.has_purchases() {
            return Err(no_purchases(export, &read));
        }
        read.try_map(|orders| Self::assemble(orders, &dimensions, needs, tables))
    }

    /// Lays the `tables` over those of `orders` that lie in `window`.
    ///
    /// # Errors
    /// As [`Facts::read`].
    pub(in crate::analysis) fn of_orders(
        orders: &Orders,
        window: Window,
        by: &[String],
        needs: Needs,
        tables: &[Records],
    ) -> Result<Self> {
        let orders = orders.within(window).into_owned();
        if !orders.has_purchases() {
            return Err(Error::data("no purchase in the window")
                .with_hint("check the first day and the day of observation"));
        }
        let find = |name: &String| Dimension::find_among(name, &orders, tables);
        let dimensions = by.iter().map(find).collect::<Result<Vec<_>>>()?;
        Self::assemble(orders, &dimensions, needs, tables)
    }

    fn assemble(
        mut orders: Orders,
        dimensions: &[Dimension],
        needs: Needs,
        tables: &[Records],
    ) -> Result<Self> {
        let mut notes = Vec::new();
        let table = |kind: TableKind| tables.iter().find(|table| table.kind() == kind);
        if let Some(lines) = table(TableKind::Lines) {
            let (divided, how) = orders.with_lines(lines, &amounts(lines)?);
            notes.extend(differing(how));
            orders = divided;
        }
        let dims = dimensions
            .iter()
            .map(|dimension| {
                let labels = dimension.labels(&orders, tables)?;
                Ok((dimension.name().to_owned(), labels))
            })
            .collect::<Result<Vec<_>>>()?;
        let quantity = quantities(&orders);
        let (cost, note) = costs(&orders, quantity.as_deref(), table(TableKind::Products));
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
        Ok(Self { orders, dims, quantity, cost, discount, notes })
    }

    /// What the line number `line` adds to a cell, but for orders and customers.
    pub(in crate::analysis) fn line(&self, line: usize) -> Cell {
        let amount = self.orders.line_amount()[line];
        let mut cell = Cell { units: amount.units(), lines: 1, ..Cell::default() };
        if let Some(quantity) = self.quantity.as_ref().and_then(|all| all[line]) {
            (cell.quantity, cell.quantified) = (quantity, 1);
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

/// What sales are added up from: orders with all that is known of them, or sums of days.
pub(super) enum Source {
    /// Orders.
    Orders(Box<Facts>),
    /// Revenue and orders alone, added up while they were read.
    Days {
        /// Of each dimension its name and labels, which have no rows.
        dims: Vec<(String, Labels)>,
        sums: DailySums,
    },
}

impl Source {
    /// Adds up the orders of `export` while they are read. `None` where that takes more than a pass.
    pub(super) fn days(
        export: &mut Export,
        window: Window,
        by: &[String],
        tables: &[Records],
    ) -> Result<Option<Imported<Self>>> {
        let find = |name: &String| Dimension::find(name, export, tables);
        let dimensions = by.iter().map(find).collect::<Result<Vec<_>>>()?;
        let is_own = |own: &Dimension| own.table().is_none() && own.wanted().is_some();
        let has_lines = tables.iter().any(|table| table.kind() == TableKind::Lines);
        if has_lines || !dimensions.iter().all(is_own) {
            return Ok(None);
        }
        let keys: Vec<ColumnKey> = dimensions.iter().filter_map(Dimension::wanted).collect();
        let Some(read) = export.add_up(window, &keys)? else { return Ok(None) };
        let days = || read.result.days.values().flat_map(|(_, sums)| sums);
        if days().all(|sum| sum.orders == 0) {
            return Err(no_purchases(export, &read));
        }
        let names = dimensions.iter().map(|own| own.name().to_owned());
        let with = |mut sums: DailySums| {
            let labels = std::mem::take(&mut sums.labels).into_iter();
            let labels = labels.map(|texts| Labels::new(texts, Vec::new()));
            Ok(Self::Days { dims: names.zip(labels).collect(), sums })
        };
        read.try_map(with).map(Some)
    }

    /// The name of each dimension and its labels.
    pub(super) fn dims(&self) -> &[(String, Labels)] {
        match self {
            Self::Orders(facts) => &facts.dims,
            Self::Days { dims, .. } => dims,
        }
    }

    pub(super) fn notes(&self) -> &[Note] {
        match self {
            Self::Orders(facts) => &facts.notes,
            Self::Days { .. } => &[],
        }
    }

    /// The days of the first and the last order.
    pub(super) fn span(&self) -> Option<(Date, Date)> {
        match self {
            Self::Orders(facts) => facts.orders.span(),
            Self::Days { sums, .. } => {
                let days = || sums.days.values().filter(|(_, sums)| !sums.is_empty());
                let first = days().map(|(first, _)| *first).min()?;
                let last = days().map(|(first, sums)| first + sums.len() as i32 - 1).max()?;
                Some((Date::from_days(first), Date::from_days(last)))
            }
        }
    }

    /// Adds up by the spans of `calendar`; see [`Cube::new`].
    pub(super) fn cube(
        &self,
        calendar: &Calendar,
        place: &(dyn Fn(&mut Path) + Sync),
    ) -> Result<Cube> {
        match self {
            Self::Orders(facts) => Cube::new(facts, calendar, place),
            Self::Days { sums, .. } => Cube::of_days(sums, calendar, place),
        }
    }
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

/// The quantity of each line, with the sign of its amount: what is given back is taken off.
fn quantities(orders: &Orders) -> Option<Vec<Option<i64>>> {
    let Some(Column::Number(values)) = orders.field(Field::Quantity) else { return None };
    if !values.iter().any(|value| value.is_finite()) {
        return None;
    }
    let of = |(value, amount): (&f64, &Money)| {
        let quantity = (value * QUANTITY_SCALE).round();
        // Quantities past the range of sums are mistakes of the file.
        let quantity = (quantity.abs() < 1e15).then_some(quantity as i64)?;
        Some(if is_purchase(*amount) { quantity } else { -quantity.abs() })
    };
    Some(values.iter().zip(orders.line_amount()).map(of).collect())
}

/// The cost of each line, and what was decided about it.
fn costs(
    orders: &Orders,
    quantity: Option<&[Option<i64>]>,
    products: Option<&Records>,
) -> (Option<Vec<Option<Money>>>, Option<Note>) {
    let amounts = orders.line_amount();
    let signed = |line: usize, units: i128| {
        let units = if is_purchase(amounts[line]) { units.abs() } else { -units.abs() };
        i64::try_from(units).ok().map(Money::from_units)
    };
    let times = |line: usize, unit: Money| {
        let pieces = i128::from(quantity?[line]?);
        signed(line, i128::from(unit.units()) * pieces / QUANTITY_SCALE as i128)
    };
    if let Some(own) = money_of(orders, Field::Cost) {
        let is_unit = quantity.is_some_and(|quantity| is_cost_of_a_piece(own, quantity, amounts));
        let of = |line: usize| match own[line] {
            Some(cost) if is_unit => times(line, cost),
            Some(cost) => signed(line, i128::from(cost.units())),
            None => None,
        };
        let note = is_unit.then(|| {
            Note::new(
                "the cost is taken for that of a piece, as it goes with the price of a piece and not with the amount",
                "себестоимость считается за единицу: она следует за ценой единицы, а не за суммой строки",
            )
        });
        return (Some((0..amounts.len()).map(of).collect()), note);
    }
    let of_catalogue = || -> Option<Vec<Option<Money>>> {
        let products = products?;
        let Some(Column::Money(costs)) = products.field(Field::Cost) else { return None };
        let (own, _) = (orders.labels(Field::Product)?, quantity?);
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

/// Rows of several pieces that have to tell whether a cost is of a piece or of the row.
const MOST_TOLD: usize = 10_000;
const LEAST_TOLD: usize = 10;

/// Whether costs are of one piece: then cost times quantity goes with the amount more closely than cost does.
fn is_cost_of_a_piece(
    costs: &[Option<Money>],
    quantity: &[Option<i64>],
    amounts: &[Money],
) -> bool {
    let ratios = (0..amounts.len()).filter_map(|line| {
        let (cost, pieces) = (costs[line]?.to_f64().abs(), quantity[line]? as f64 / QUANTITY_SCALE);
        let amount = amounts[line].to_f64();
        let tells = cost > 0.0 && amount > 0.0 && pieces > 1.0;
        tells.then(|| ((cost / amount).ln(), (cost * pieces / amount).ln()))
    });
    let ratios: Vec<(f64, f64)> = ratios.take(MOST_TOLD).collect();
    if ratios.len() < LEAST_TOLD {
        return false;
    }
    let spread = |of: fn(&(f64, f64)) -> f64| {
        let mean = ratios.iter().map(of).sum::<f64>() / ratios.len() as f64;
        ratios.iter().map(|ratio| (of(ratio) - mean).powi(2)).sum::<f64>()
    };
    spread(|ratio| ratio.1) < spread(|ratio| ratio.0)
}
