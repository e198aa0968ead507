//! Every KPI of every group and period.

use super::{
    Kpi, KpiRow, Kpis, Query, beside,
    customers::{Activity, follow},
    estimate::{Estimate, gini, nps, share, top_share},
    pipeline,
    spend::Spend,
};
use crate::{
    AsOf, Error, Money, Result,
    analysis::sales::{
        Measure, Note, Period, Value,
        calendar::Calendar,
        cube::{Cell, Cube, NONE},
        source::Source,
    },
    data::{Deals, Field, Labels, Records, TableKind},
};
use std::collections::BTreeSet;

/// The label of what has no value in the column divided by.
pub(super) const MISSING: &str = "(none)";

/// Everything that the figures are computed of.
struct Sources<'a> {
    query: &'a Query,
    calendar: Calendar,
    cube: Cube,
    spend: Option<Spend>,
    /// The score of each customer; NaN is none.
    scores: Option<Vec<f64>>,
    is_nps: bool,
    deals: Option<&'a Deals>,
    as_of: AsOf,
    has_cost: bool,
    has_discount: bool,
}

/// One group while its figures are computed.
struct Group<'a> {
    label: Option<String>,
    path: Vec<u32>,
    activities: Option<&'a Vec<Activity>>,
    /// The labels of the deals and the code of the group among them.
    deals: Option<(&'a Labels, Option<u32>)>,
    /// Whether deals and spend can be divided as this group is.
    has_deals: bool,
    has_spend: bool,
}

pub(super) fn all(
    source: &Source<'_>,
    deals: Option<&Deals>,
    by: Option<Field>,
    query: &Query,
    tables: &[Records],
) -> Result<Kpis> {
    let (first, last) = source.span().ok_or_else(|| Error::data("there is no order"))?;
    let as_of = query.window.until.unwrap_or(AsOf::day_after(last));
    let calendar = Calendar::new(query.period, query.window.since, first, as_of)?;
    let cube = source.cube_of_money(&calendar)?;
    let table = |kind: TableKind| {
        tables.iter().find(|table| table.kind() == kind && beside::counts(query, kind))
    };
    let mut left_out: Vec<(Kpi, Note)> = Vec::new();
    let is_asked = |kpi: &Kpi| query.kpis.is_empty() || query.kpis.contains(kpi);
    let mut leave_out = |kpis: &[Kpi], note: &Note| {
        let asked = kpis.iter().filter(|kpi| is_asked(kpi));
        left_out.extend(asked.map(|kpi| (*kpi, note.clone())));
    };

    let is_by_channel = matches!(by, Some(Field::Channel | Field::Source));
    let spend = match table(TableKind::Spend) {
        Some(records) => Spend::of(records, query.period, &calendar, is_by_channel),
        None => Err(Note::new("no spend is given", "затраты не заданы")),
    };
    let of_spend = [Kpi::Spend, Kpi::Cac, Kpi::LtvCac, Kpi::Payback, Kpi::Romi, Kpi::Roi];
    let spend = spend.map_err(|note| leave_out(&of_spend, &note)).ok();

    let customers = table(TableKind::Customers);
    let scores: Option<Vec<f64>> =
        customers.and_then(|customers| source.of_customers(customers, Field::Satisfaction));
    let known = |bound: f64| scores.iter().flatten().any(|score| *score > bound);
    // A score of 6 or more is none of five; one outside 0 to 10 is no score of either.
    let is_nps = known(5.0);
    let is_odd = scores.iter().flatten().any(|score| *score > 10.0 || *score < 0.0);
    match &scores {
        None => leave_out(
            &[Kpi::Nps, Kpi::Csat],
            &Note::new(
                "no table of customers with a score of satisfaction is given",
                "не задана таблица клиентов с оценкой удовлетворённости",
            ),
        ),
        Some(_) if is_odd => leave_out(
            &[Kpi::Nps, Kpi::Csat],
            &Note::new("some scores are outside 0 to 10", "есть оценки вне шкалы от 0 до 10"),
        ),
        Some(_) if is_nps => leave_out(
            &[Kpi::Csat],
            &Note::new("the scores go up to 10, not to 5", "оценки по шкале до 10, а не до 5"),
        ),
        Some(_) => leave_out(
            &[Kpi::Nps],
            &Note::new("the scores go up to 5, not to 10", "оценки по шкале до 5, а не до 10"),
        ),
    }
    let scores = scores.filter(|_| !is_odd);

    let of_deals = [
        Kpi::Leads,
        Kpi::LeadConversion,
        Kpi::LostLeadShare,
        Kpi::WinRate,
        Kpi::WinRateValue,
        Kpi::CycleDays,
        Kpi::CycleDaysMedian,
        Kpi::Velocity,
    ];
    if deals.is_none() {
        leave_out(
            &of_deals,
            &Note::new("the export holds orders, not deals", "в выгрузке заказы, а не сделки"),
        );
    }
    if !source.has_cost() {
        let note = match tables.iter().find(|table| table.has(Field::Cost)) {
            None => Note::new("no column says the cost", "нет столбца с себестоимостью"),
            Some(_) => Note::new(
                "the cost of the products is known, and not how many of which were sold",
                "себестоимость товаров известна, но не то, сколько и каких продано",
            ),
        };
        leave_out(&[Kpi::Margin, Kpi::MarginShare], &note);
        if query.margin.is_none() && spend.is_some() {
            leave_out(&[Kpi::Romi], &note);
        }
    }
    if !source.has_discount() {
        let note = Note::new("no column says the discount", "нет столбца со скидкой");
        leave_out(&[Kpi::DiscountShare], &note);
    }
    let labels = source.dims().first().map(|(_, labels)| labels);
    let deal_labels = by.and_then(|field| deals?.labels(field));
    let by_name = source.dims().first().map(|(name, _)| name.clone());
    if let (Some(_), Some(name), None) = (deals, &by_name, deal_labels) {
        let note = Note::new(
            format!("deals are not divided by `{name}`: their figures are those of all"),
            format!("сделки не делятся по «{name}»: их показатели даны только в целом"),
        );
        leave_out(&of_deals, &note);
    }
    if let (Some(_), Some(name), false) = (&spend, &by_name, is_by_channel) {
        let note = Note::new(
            format!("spend is not divided by `{name}`: its figures are those of all"),
            format!("затраты не делятся по «{name}»: эти показатели даны только в целом"),
        );
        leave_out(&of_spend, &note);
    }

    let followed = follow(source, &calendar, scores.is_some());
    let sources = Sources {
        query,
        cube,
        spend,
        scores,
        is_nps,
        deals,
        as_of,
        has_cost: source.has_cost(),
        has_discount: source.has_discount(),
        calendar,
    };
    let mut groups = vec![Group {
        label: None,
        path: Vec::new(),
        activities: followed.get(&None),
        deals: None,
        has_deals: deals.is_some(),
        has_spend: sources.spend.is_some(),
    }];
    if let Some(labels) = labels {
        let codes: BTreeSet<u32> =
            sources.cube.nodes().filter_map(|(path, _)| path.first().copied()).collect();
        for code in codes {
            let label = labels.labels();
            let known = (code != NONE).then(|| label.get(code as usize)).flatten();
            let of_deals = deal_labels.and_then(|own| {
                let code = match known {
                    None => None,
                    Some(text) => {
                        let all = own.labels();
                        Some((0..all.len()).find(|at| all.get(*at) == Some(text))? as u32)
                    }
                };
                Some((own, code))
            });
            groups.push(Group {
                label: Some(known.unwrap_or(MISSING).to_owned()),
                path: vec![code],
                activities: followed.get(&Some(code)),
                deals: of_deals,
                has_deals: of_deals.is_some(),
                has_spend: is_by_channel && sources.spend.is_some(),
            });
        }
    }
    let mut rows = Vec::new();
    for group in &groups {
        sources.group(group, &mut rows);
    }
    let mut notes = source.notes().to_vec();
    let context = beside::Context {
        query,
        calendar: &sources.calendar,
        as_of,
        by: by_name.as_deref().map(|name| (name, by)),
        deals,
        tables,
    };
    beside::add(&context, &mut rows, &mut left_out, &mut notes);
    rows.retain(|row| is_asked(&row.kpi));
    if sources.calendar.periods.len() < 2 {
        let note =
            Note::new("the data hold no two periods in a row", "в данных нет двух периодов подряд");
        let asked = Kpi::ALL.iter().filter(|kpi| kpi.needs_whole_period() && is_asked(kpi));
        left_out.extend(asked.map(|kpi| (*kpi, note.clone())));
    }
    if rows.is_empty() {
        let reason = left_out
            .first()
            .map(|(kpi, note)| format!("`{}`: {}", kpi.name(), note.text(crate::Lang::En)));
        return Err(Error::data("the data bear none of the KPIs").with_hint(
            reason.unwrap_or_else(|| "ask for others, or for longer periods".to_owned()),
        ));
    }
    left_out.sort_by_key(|(kpi, _)| *kpi);
    left_out.dedup();
    notes.extend(incomplete(&sources));
    let russian = source.scored().first().map(|own| own.russian.clone()).unwrap_or_default();
    Ok(Kpis { as_of, period: query.period, by: query.by.clone(), rows, left_out, notes, russian })
}

fn incomplete(sources: &Sources<'_>) -> Option<Note> {
    let last = sources.calendar.periods.last().filter(|last| !last.is_complete())?;
    let (first, as_of) = (last.whole.first, sources.as_of);
    Some(Note::new(
        format!(
            "the period from {first} on is incomplete as of {as_of}: who was kept or lost in it, and what a new \
             customer cost, is left out"
        ),
        format!(
            "период с {first} на {as_of} не закончен: удержание, отток и стоимость привлечения за него не даны"
        ),
    ))
}

/// Days of a mean period.
fn days_of(period: Period) -> f64 {
    match period {
        Period::Hour => 1.0 / 24.0,
        Period::Day => 1.0,
        Period::Week => 7.0,
        Period::Month => 365.25 / 12.0,
        Period::Quarter => 365.25 / 4.0,
        Period::Year => 365.25,
    }
}

impl Sources<'_> {
    fn group(&self, group: &Group<'_>, rows: &mut Vec<KpiRow>) {
        let count = self.calendar.periods.len();
        let empty = vec![Cell::default(); self.calendar.spans.len()];
        let cells = self.cube.get(&group.path).unwrap_or(&empty);
        // The whole time first.
        for at in std::iter::once(count).chain(0..count) {
            let period = self.calendar.periods.get(at).copied();
            let span = period.map_or(self.calendar.all, |period| period.own);
            let mut found: Vec<(Kpi, Estimate)> = Vec::new();
            let mut add = |kpi: Kpi, estimate: Option<Estimate>| {
                found.extend(
                    estimate.filter(|own| own.value.is_finite()).map(|estimate| (kpi, estimate)),
                );
            };
            let cell = &cells[span];
            let value = |measure: Measure, cell: &Cell| measure.of(cell).map(Value::to_f64);
            let revenue = value(Measure::Revenue, cell).unwrap_or_default();
            add(Kpi::Revenue, Some(Estimate::exact(revenue)));
            if let Some(period) = period {
                let growth = |span: Option<usize>| {
                    let before = value(Measure::Revenue, &cells[span?])?;
                    (before > 0.0).then(|| Estimate::exact(revenue / before - 1.0))
                };
                add(Kpi::Growth, growth(period.previous));
                add(Kpi::GrowthYear, growth(period.year_ago));
            }
            add(Kpi::Orders, Some(Estimate::exact(cell.orders as f64)));
            let per = |whole: u64| (whole > 0).then(|| Estimate::of(revenue / whole as f64, whole));
            add(Kpi::Aov, per(cell.orders));
            if self.has_cost {
                add(Kpi::Margin, value(Measure::Margin, cell).map(Estimate::exact));
                add(Kpi::MarginShare, value(Measure::MarginShare, cell).map(Estimate::exact));
            }
            if self.has_discount {
                add(Kpi::DiscountShare, value(Measure::DiscountShare, cell).map(Estimate::exact));
            }
            if let Some(activities) = group.activities {
                self.customers(&activities[..], at, &mut add);
                if group.has_spend {
                    self.money(group, &activities[..], at, cells, &mut add);
                }
            }
            if let Some(deals) = self.deals
                && group.has_deals
            {
                let span = self.calendar.spans[span];
                let end = self.as_of.date();
                let level = self.query.level;
                for (kpi, estimate) in pipeline::figures(deals, group.deals, span, end, level) {
                    add(kpi, Some(estimate));
                }
            }
            found.sort_by_key(|(kpi, _)| *kpi);
            let is_whole_time = period.is_none();
            rows.extend(
                found.into_iter().filter(|(kpi, _)| !is_whole_time || kpi.is_of_all()).map(
                    |(kpi, estimate)| KpiRow { period, group: group.label.clone(), kpi, estimate },
                ),
            );
        }
    }

    /// What customers did in the period at `at`, or in the whole time.
    fn customers(
        &self,
        activities: &[Activity],
        at: usize,
        add: &mut dyn FnMut(Kpi, Option<Estimate>),
    ) {
        let level = self.query.level;
        let activity = &activities[at];
        let count = |value: u64| Some(Estimate::exact(value as f64));
        add(Kpi::ActiveCustomers, count(activity.active));
        add(Kpi::NewCustomers, count(activity.new));
        if let Some(period) = self.calendar.periods.get(at)
            && period.previous.is_some()
        {
            add(Kpi::ReactivatedCustomers, count(activity.reactivated));
            if period.is_complete() {
                let before = activity.returning + activity.lost;
                add(Kpi::ReturningCustomers, count(activity.returning));
                add(Kpi::LostCustomers, count(activity.lost));
                add(Kpi::RetentionRate, share(activity.returning, before, level));
                add(Kpi::ChurnRate, share(activity.lost, before, level));
            }
        }
        add(Kpi::RepeatRate, share(activity.repeating, activity.active, level));
        if activity.active > 0 {
            let active = activity.active as f64;
            // Revenue of nobody is no customer's.
            let whole = activity.units as f64 / Money::SCALE as f64;
            add(Kpi::Arpu, Some(Estimate::of(whole / active, activity.active)));
            add(
                Kpi::Frequency,
                Some(Estimate::of(activity.purchases as f64 / active, activity.active)),
            );
        }
        let lifetime = self.lifetime(activity);
        add(Kpi::Lifetime, lifetime);
        add(Kpi::Ltv, self.ltv(activities, at));
        if let Some(scores) = &self.scores {
            let of = |customer: &u32| Some(scores[*customer as usize]).filter(|own| !own.is_nan());
            let answered: Vec<f64> = activity.who.iter().filter_map(of).collect();
            if self.is_nps {
                add(Kpi::Nps, nps(&answered, level));
            } else {
                let good = answered.iter().filter(|score| **score >= 4.0).count() as u64;
                add(Kpi::Csat, share(good, answered.len() as u64, level));
            }
        }
        let net = &activity.net;
        let of = |value: Option<f64>| value.map(|value| Estimate::of(value, activity.active));
        add(Kpi::Top1Share, of(top_share(net, 1)));
        add(Kpi::Top5Share, of(top_share(net, 5)));
        add(Kpi::Top20Share, of(top_share(net, 20)));
        add(Kpi::Gini, of(gini(net)));
    }

    /// The mean time from the first to the last purchase, in periods.
    fn lifetime(&self, activity: &Activity) -> Option<Estimate> {
        let (number, sum, squares) = activity.known;
        if number == 0 {
            return None;
        }
        let (n, days) = (number as f64, days_of(self.query.period));
        let mean = sum / n;
        let error = (number > 1).then(|| {
            let variance = ((squares - sum * mean) / (n - 1.0)).max(0.0);
            let z = crmstat_models::special::normal::quantile(f64::midpoint(1.0, self.query.level));
            z * (variance / n).sqrt()
        });
        let interval = error.map(|error| ((mean - error).max(0.0) / days, (mean + error) / days));
        Some(Estimate { value: mean / days, interval, base: Some(number) })
    }

    /// Revenue per active customer and period: of the period at `at`, or of all of them.
    fn arpu(&self, activities: &[Activity], at: usize) -> Option<f64> {
        let count = self.calendar.periods.len();
        let range = if at < count { at..at + 1 } else { 0..count };
        let active: u64 = activities[range.clone()].iter().map(|own| own.active).sum();
        let units: i128 = activities[range].iter().map(|own| own.units).sum();
        (active > 0).then(|| units as f64 / active as f64 / Money::SCALE as f64)
    }

    fn ltv(&self, activities: &[Activity], at: usize) -> Option<Estimate> {
        let arpu = self.arpu(activities, at)?;
        let Estimate { value, interval, base } = self.lifetime(&activities[at])?;
        let interval = interval.map(|(lower, upper)| (lower * arpu, upper * arpu));
        Some(Estimate { value: value * arpu, interval, base })
    }

    /// What was spent and what it brought.
    fn money(
        &self,
        group: &Group<'_>,
        activities: &[Activity],
        at: usize,
        cells: &[Cell],
        add: &mut dyn FnMut(Kpi, Option<Estimate>),
    ) {
        let Some(spend) = &self.spend else { return };
        let count = self.calendar.periods.len();
        let range = if at < count { at..at + 1 } else { 0..count };
        // Only periods whose spend is known, and that are over, tell what it brought.
        let label = group.label.as_deref();
        let known: Vec<(usize, f64)> =
            range.filter_map(|place| Some((place, spend.get(label, place)?))).collect();
        if known.is_empty() {
            return;
        }
        let all: f64 = known.iter().map(|(_, own)| own).sum();
        add(Kpi::Spend, Some(Estimate::exact(all)));
        let over: Vec<(usize, f64)> = known
            .into_iter()
            .filter(|(place, _)| self.calendar.periods[*place].is_complete())
            .collect();
        let spent: f64 = over.iter().map(|(_, own)| own).sum();
        let new: u64 = over.iter().map(|(place, _)| activities[*place].new).sum();
        if over.is_empty() {
            return;
        }
        let of = |measure: Measure, span: usize| measure.of(&cells[span]).map(Value::to_f64);
        let sum = |measure: Measure| -> Option<f64> {
            over.iter().map(|(place, _)| of(measure, self.calendar.periods[*place].own)).sum()
        };
        let revenue = sum(Measure::Revenue).unwrap_or_default();
        let measured = self.has_cost.then(|| of(Measure::MarginShare, self.calendar.all)).flatten();
        let share = self.query.margin.or(measured);
        if new > 0 {
            let cac = spent / new as f64;
            add(Kpi::Cac, Some(Estimate::of(cac, new)));
            let margin = share.unwrap_or(1.0);
            let ltv = self.ltv(activities, at).map(|ltv| ltv.value * margin / cac);
            add(Kpi::LtvCac, ltv.filter(|_| cac > 0.0).map(|value| Estimate::of(value, new)));
            let arpu = self.arpu(activities, at).map(|arpu| arpu * margin);
            let payback = arpu.filter(|arpu| *arpu > 0.0).map(|arpu| cac / arpu);
            add(Kpi::Payback, payback.map(|value| Estimate::of(value, new)));
        }
        if spent > 0.0 {
            add(Kpi::Roi, Some(Estimate::exact((revenue - spent) / spent)));
            let margin = match self.query.margin {
                Some(share) => Some(revenue * share),
                None if self.has_cost => sum(Measure::Margin),
                None => None,
            };
            add(Kpi::Romi, margin.map(|margin| Estimate::exact((margin - spent) / spent)));
        }
    }
}
