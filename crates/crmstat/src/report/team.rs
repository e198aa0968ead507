//! The answers that name no customer and look at the tables beside the orders: deals and who works on them, products,
//! KPIs.

use super::{Answer, Options, Reason, SectionId, Stage};
use crate::{
    AsOf, Error, Money, Result, Window,
    analysis::{
        funnel::{self, DealFunnel},
        kpi::{self, Kpi, Kpis},
        managers::{self, Team},
        products::{self, Products},
        sales,
    },
    data::{Deals, Field, Orders, Records, TableKind},
    ingest::{Dimension, Export},
};

/// Days below which KPIs are by week.
const MONTHLY_DAYS: i32 = 90;

/// What the answers are made from.
pub(super) struct Asked<'a> {
    pub(super) orders: &'a Orders,
    pub(super) beside: &'a [Records],
    pub(super) as_of: AsOf,
    pub(super) options: &'a Options,
    pub(super) stage: &'a dyn Fn(Stage),
}

impl Asked<'_> {
    fn table(&self, kind: TableKind) -> Option<&Records> {
        self.beside.iter().find(|table| table.kind() == kind)
    }

    fn begin(&self, section: SectionId) -> Result<(), Reason> {
        if !self.options.wants(section) {
            return Err(Reason::NotAsked);
        }
        (self.stage)(Stage::Section(section));
        Ok(())
    }

    fn window(&self) -> Window {
        Window { since: None, until: Some(self.as_of) }
    }

    /// Products by value, steadiness of demand, margin.
    pub(super) fn products(&self) -> Answer<Products> {
        let query = products::Query { window: self.window(), ..products::Query::default() };
        if Dimension::find_among(&query.by, self.orders, self.beside).is_err() {
            return Err(Reason::NoProducts);
        }
        self.begin(SectionId::Products)?;
        let found = products::of_orders(self.orders, &query, self.beside);
        let found = found.map_err(|error| Reason::of(&error))?;
        // A column that was asked for is there where the export has none, and says nothing.
        if found.products().iter().all(|product| product.label.is_none()) {
            return Err(Reason::NoProducts);
        }
        Ok(found)
    }

    /// Every KPI that the data bear.
    pub(super) fn kpis(&self, deals: Option<&Deals>) -> Answer<Kpis> {
        self.begin(SectionId::Kpi)?;
        let first = self.orders.span().map_or(0, |(first, _)| first.days());
        let is_short = self.as_of.date().days() - first < MONTHLY_DAYS;
        let period = if is_short { sales::Period::Week } else { sales::Period::Month };
        let query = kpi::Query { window: self.window(), period, ..kpi::Query::default() };
        kpi::of_orders(self.orders, deals, &query, self.beside).map_err(|error| Reason::of(&error))
    }
}

/// What the purchases of the last days left of their cost; `None` where no cost is known.
pub(super) fn recent_margin(
    asked: &Asked<'_>,
    kpis: &Answer<Kpis>,
    days: Option<i32>,
) -> Option<Money> {
    // Where no cost is known at all, another pass over the orders finds none.
    if kpis.as_ref().is_ok_and(|kpis| kpis.rows().iter().all(|row| row.kpi != Kpi::Margin)) {
        return None;
    }
    let since = asked.as_of.date().plus_days(-days?);
    let window = Window { since: Some(since), until: Some(asked.as_of) };
    let query = kpi::Query { window, kpis: vec![Kpi::Margin], ..kpi::Query::default() };
    let found = kpi::of_orders(asked.orders, None, &query, asked.beside).ok()?;
    let whole = found.rows().iter().find(|row| row.period.is_none())?;
    Money::from_f64(whole.estimate.value)
}

/// The deals of `export` where it has any, their funnel and their managers.
///
/// # Errors
/// Deals that cannot be read, or a history without deals.
pub(super) fn of_deals(
    export: &mut Export,
    asked: &Asked<'_>,
) -> Result<(Option<Deals>, Answer<DealFunnel>, Answer<Team>)> {
    if export.kind() != Some(TableKind::Deals) && asked.table(TableKind::History).is_some() {
        return Err(Error::usage("a history of stages is of deals; the export holds orders")
            .with_hint("leave the history out, or give an export of deals"));
    }
    let sections = [SectionId::Funnel, SectionId::Managers, SectionId::Kpi, SectionId::Sales];
    let lacking = |section| {
        if asked.options.wants(section) { Reason::NoDeals } else { Reason::NotAsked }
    };
    let is_wanted = sections.into_iter().any(|section| asked.options.wants(section));
    if export.kind() != Some(TableKind::Deals) || !is_wanted {
        return Ok((None, Err(lacking(sections[0])), Err(lacking(sections[1]))));
    }
    let mut fields = funnel::FIELDS.to_vec();
    fields.extend(managers::FIELDS.into_iter().filter(|field| !funnel::FIELDS.contains(field)));
    let deals = Deals::read_with(export, &fields)?.result;
    let (history, activities) =
        (asked.table(TableKind::History), asked.table(TableKind::Activities));
    let funnel = asked.begin(SectionId::Funnel).and_then(|()| {
        let query = funnel::Query { as_of: asked.options.as_of, ..funnel::Query::default() };
        let customers = asked.table(TableKind::Customers);
        let beside = funnel::Beside { history, activities, customers, ..funnel::Beside::default() };
        funnel::analyse(&deals, beside, &query).map_err(|error| Reason::of(&error))
    });
    let team = asked.begin(SectionId::Managers).and_then(|()| {
        if !deals.has(Field::Owner) {
            return Err(Reason::NoManagers);
        }
        let query = managers::Query {
            as_of: asked.options.as_of,
            plan: asked.options.plan.clone(),
            ..managers::Query::default()
        };
        let lines = asked.table(TableKind::Lines);
        let beside = managers::Beside { history, activities, lines, ..managers::Beside::default() };
        managers::compare(&deals, beside, &query).map_err(|error| Reason::of(&error))
    });
    Ok((Some(deals), funnel, team))
}
