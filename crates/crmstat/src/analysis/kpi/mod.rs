//! KPIs: one figure per KPI and period, each with its definition and, where it is an estimate, its interval.
//!
//! [`kpis`] computes what the data bear. What they do not bear is left out with the reason, never zero:
//! [`Kpis::left_out`]. [`Kpi::definition`] says how each is computed, and [`definitions`] lists them all.
//!
//! Divided by a column, each group is looked at by its own orders: who is new there has not bought there before.
//! Satisfaction of customers has no dates; it is that at the export.
//!
//! Activities, tickets and leads beside the sales have KPIs of their own; an export of leads or tickets has them without
//! any sales. Divided, a row belongs to the group that its
//! own column names, else to that of its deal, else to that of its customer.

mod activities;
mod beside;
mod compute;
pub(in crate::analysis) mod customers;
mod definition;
pub(in crate::analysis) mod estimate;
mod lead_table;
mod pipeline;
mod spend;
mod support;
#[cfg(test)]
mod tables_tests;
#[cfg(test)]
mod tests;
mod without_sales;
mod words;

pub use definition::{Kpi, KpiUnit, definitions};
pub use estimate::Estimate;

use crate::{
    AsOf, Error, Lang, Result, Window,
    analysis::sales::{
        Note, Period, PeriodSpan,
        dimensions::is_found_of_customers,
        facts::{Need, Needs},
        source::{Source, Wanted},
    },
    data::{
        DealStatus, Deals, Field, Orders, Records, TableKind,
        table::{Column, Table},
    },
    ingest::{Dimension, Export, Imported, field_of},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Which KPIs, and how.
#[derive(Clone, Debug)]
pub struct Query {
    /// The days whose orders count.
    pub window: Window,
    /// The length of a period: not an hour and not a day.
    pub period: Period,
    /// The column by which they are divided.
    pub by: Option<String>,
    /// Which KPIs; every one where none is named.
    pub kpis: Vec<Kpi>,
    /// The level of the intervals, between 0 and 1.
    pub level: f64,
    /// The share of revenue that is margin, where it is not to be measured.
    pub margin: Option<f64>,
    /// What statuses of leads mean, besides the usual ones.
    pub lead_statuses: Vec<(String, DealStatus)>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            window: Window::default(),
            period: Period::Month,
            by: None,
            kpis: Vec::new(),
            level: 0.95,
            margin: None,
            lead_statuses: Vec::new(),
        }
    }
}

/// One KPI of one group in one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiRow {
    /// The period; `None` is the whole time.
    pub period: Option<PeriodSpan>,
    /// The group; `None` is all.
    pub group: Option<String>,
    /// What it is.
    pub kpi: Kpi,
    /// The figure.
    pub estimate: Estimate,
}

/// KPIs, and what is left out.
#[derive(Clone, Debug, Serialize)]
pub struct Kpis {
    as_of: AsOf,
    period: Period,
    by: Option<String>,
    rows: Vec<KpiRow>,
    left_out: Vec<(Kpi, Note)>,
    notes: Vec<Note>,
    /// The Russian names of groups that were found of the customers.
    #[serde(skip)]
    russian: BTreeMap<String, String>,
}

/// Computes the KPIs of `export`; `tables` are those beside it: customers with a score, lines and products with a
/// cost, spend, activities, tickets, leads.
///
/// ```
/// use crmstat::{analysis::kpi::{self, Kpi, Query}, ingest::{Export, ReadOptions}};
///
/// let csv = "customer_id,order_date,amount\nA,2025-01-05,10\nB,2025-01-31,30\nA,2025-02-28,20\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let found = kpi::kpis(&mut export, &Query::default(), &[])?.result;
/// let retention = found.rows().iter().find(|row| row.kpi == Kpi::RetentionRate);
/// assert_eq!(retention.map(|row| row.estimate.value), Some(0.5));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, an unknown column to divide by, or, where KPIs are named, none
/// of them that the data bear.
pub fn kpis(export: &mut Export, query: &Query, tables: &[Records]) -> Result<Imported<Kpis>> {
    check(query)?;
    if matches!(export.kind(), Some(TableKind::Leads | TableKind::Tickets)) {
        let read = Records::read(export)?;
        return read
            .try_map(|records| without_sales::of_tables(&[&[records], tables].concat(), query));
    }
    let by: Vec<String> = query.by.iter().cloned().collect();
    let field = match &query.by {
        Some(name) => field_named(name, Dimension::find(name, export, tables))?,
        None => None,
    };
    let is_of_deals = export.kind() == Some(TableKind::Deals);
    let deals = if is_of_deals { Some(Deals::read(export)?.result) } else { None };
    let source = Source::read(export, &by, wanted(query), tables)?;
    source.try_map(|source| compute::all(&source, deals.as_ref(), field, query, tables))
}

/// Computes the KPIs of `orders` and `deals` that have been read.
///
/// # Errors
/// As [`kpis`].
pub fn of_orders(
    orders: &Orders,
    deals: Option<&Deals>,
    query: &Query,
    tables: &[Records],
) -> Result<Kpis> {
    check(query)?;
    let by: Vec<String> = query.by.iter().cloned().collect();
    let field = match &query.by {
        Some(name) => field_named(name, Dimension::find_among(name, orders, tables))?,
        None => None,
    };
    let source = Source::of_orders(orders, &by, wanted(query), tables)?;
    compute::all(&source, deals, field, query, tables)
}

/// The field that a column divided by stands for in other tables: its own, or what its name is a word for. A segment or
/// cluster that no column holds is found of the customers, and in no other table.
fn field_named(name: &str, found: Result<Dimension>) -> Result<Option<Field>> {
    match found {
        Ok(dimension) => Ok(dimension
            .field()
            .or_else(|| field_of(dimension.name()).filter(|field| field.is_text()))),
        Err(_) if is_found_of_customers(name) => Ok(None),
        Err(error) => Err(error),
    }
}

fn check(query: &Query) -> Result<()> {
    if matches!(query.period, Period::Hour | Period::Day) {
        return Err(Error::usage(format!("KPIs are not computed by the {}", query.period.name()))
            .with_hint("one of week, month, quarter, year"));
    }
    if !(query.level > 0.0 && query.level < 1.0) {
        return Err(Error::usage(format!("a level of {} is not between 0 and 1", query.level)));
    }
    if let Some(margin) = query.margin
        && !(margin > 0.0 && margin <= 1.0)
    {
        return Err(Error::usage(format!("a margin of {margin} is not above 0 and up to 1"))
            .with_hint("write 30 % as 0.3"));
    }
    Ok(())
}

/// Costs and discounts are used where there are any.
pub(in crate::analysis) fn wanted(query: &Query) -> Wanted {
    let is_asked = |wanted: fn(Kpi) -> bool| {
        query.kpis.is_empty() || query.kpis.iter().any(|kpi| wanted(*kpi))
    };
    let of_margin =
        |kpi: Kpi| kpi.needs_cost() || matches!(kpi, Kpi::Romi | Kpi::LtvCac | Kpi::Payback);
    let needs = Needs {
        quantity: Need::No,
        cost: Need::optional(is_asked(of_margin)),
        discount: Need::optional(is_asked(|kpi| kpi == Kpi::DiscountShare)),
        may_score: true,
    };
    Wanted { window: query.window, needs, customers_by: Some(query.period) }
}

/// The figures of `source`, or what is wrong with them, for tests.
#[cfg(test)]
pub(in crate::analysis) fn shown(source: &Source<'_>, query: &Query) -> String {
    match compute::all(source, None, None, query, &[]) {
        Ok(kpis) => format!("{:?}\n{:?}\n{:?}", kpis.rows, kpis.left_out, kpis.notes),
        Err(error) => error.to_string(),
    }
}

impl Kpis {
    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The length of a period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The figures: all before the groups by their labels, of each the whole time first and then by period, in
    /// the order of [`Kpi::ALL`].
    pub fn rows(&self) -> &[KpiRow] {
        &self.rows
    }

    /// What the data do not bear, and why.
    pub fn left_out(&self) -> &[(Kpi, Note)] {
        &self.left_out
    }

    /// What has to be known of the figures.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// One row per group, period and KPI.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | `period` | the first day of the period; missing for the whole time |
    /// | the column divided by | the group; missing for all |
    /// | `kpi`, `title` | its name, and what people call it |
    /// | `value`, `unit` | the figure, and what it is counted in |
    /// | `lower`, `upper` | its interval, where it is an estimate |
    /// | `base` | of how many customers, orders or deals |
    /// | `complete` | whether the data reach the end of the period |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.rows.iter();
        let mut columns = vec![Column::date(
            "period",
            "Период",
            rows().map(|row| row.period.map(|period| period.whole.first)),
        )];
        if let Some(by) = &self.by {
            let ours =
                ["period", "kpi", "title", "value", "unit", "lower", "upper", "base", "complete"];
            let name = if ours.contains(&by.as_str()) { format!("by_{by}") } else { by.clone() };
            let translated = |group: &str| match lang {
                Lang::Ru => self.russian.get(group).cloned(),
                Lang::En => None,
            };
            let shown = |group: &str| translated(group).unwrap_or_else(|| group.to_owned());
            let groups: Vec<Option<String>> =
                rows().map(|row| row.group.as_deref().map(shown)).collect();
            columns.push(Column::text(name.clone(), name, groups.iter().map(Option::as_deref)));
        }
        columns.extend([
            Column::text("kpi", "Код", rows().map(|row| row.kpi.name())),
            Column::text("title", "Показатель", rows().map(|row| row.kpi.title(lang))),
            Column::float("value", "Значение", 4, rows().map(|row| row.estimate.value)),
            Column::text("unit", "Единица", rows().map(|row| row.kpi.unit().name())),
            Column::float(
                "lower",
                "Нижняя граница",
                4,
                rows().map(|row| row.estimate.interval.map(|(lower, _)| lower)),
            ),
            Column::float(
                "upper",
                "Верхняя граница",
                4,
                rows().map(|row| row.estimate.interval.map(|(_, upper)| upper)),
            ),
            Column::int(
                "base",
                "База",
                rows().map(|row| row.estimate.base.map(|base| base as i64)),
            ),
            Column::bool(
                "complete",
                "Период полный",
                rows().map(|row| row.period.map(|period| period.is_complete())),
            ),
        ]);
        Table::new("kpi", columns)
    }
}
