//! Sales as rows: every group and period beside its past, the whole and the plan.

use super::{
    Measure, PeriodSpan, Query, Value,
    calendar::Calendar,
    cube::{Cell, Cube, NONE, OTHERS, Path},
    dimensions::Scored,
    facts::Note,
    plan::Planned,
    source::Source,
};
use crate::{AsOf, Date, Error, Result};
use serde::Serialize;
use std::{cmp::Ordering, collections::BTreeMap};

/// What was planned, and how far it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Attainment {
    /// What was planned for the whole period.
    pub plan: f64,
    /// The fact over the plan; `None` where nothing was planned.
    pub attainment: Option<f64>,
    /// What the whole period comes to if it goes on as it began; `None` of a measure that does not grow with the
    /// days.
    pub run_rate: Option<f64>,
}

/// One measure of one group in one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The period, as a place in [`Sales::periods`].
    pub period: usize,
    /// The group, as a place in [`Sales::groups`].
    pub group: usize,
    /// What is measured.
    pub measure: Measure,
    /// What it came to; `None` is not known.
    pub value: Option<Value>,
    /// The same of the period before, or of as many days of it.
    pub previous: Option<Value>,
    /// The same of these days of the year before.
    pub year_ago: Option<Value>,
    /// The share of the whole; parts that do not add up have shares of more than one together.
    pub share: Option<f64>,
    /// The place among the groups of the period, 1 for the most; equals share a place.
    pub rank: Option<u32>,
    /// The part of the growth of the whole since the period before that this group brought; together they are
    /// the growth of the whole.
    pub contribution: Option<f64>,
    /// What was planned, where there is a plan.
    pub plan: Option<Attainment>,
}

impl Row {
    /// The change since the period before.
    pub fn change(&self) -> Option<Value> {
        self.value?.minus(self.previous?)
    }

    /// The growth since the period before: 0.1 is a tenth more.
    pub fn growth(&self) -> Option<f64> {
        Some(self.value?.over(self.previous?)? - 1.0)
    }

    /// The change since the year before.
    pub fn change_of_year(&self) -> Option<Value> {
        self.value?.minus(self.year_ago?)
    }

    /// The growth since the year before.
    pub fn growth_of_year(&self) -> Option<f64> {
        Some(self.value?.over(self.year_ago?)? - 1.0)
    }
}

/// The labels of a group in each dimension; `None` where it is not divided by that.
pub(super) type Labels = Vec<Option<String>>;

/// Sales by period, group and measure.
#[derive(Clone, Debug, Serialize)]
pub struct Sales {
    pub(super) as_of: AsOf,
    pub(super) period: super::Period,
    pub(super) by: Vec<String>,
    pub(super) measures: Vec<Measure>,
    pub(super) periods: Vec<PeriodSpan>,
    pub(super) groups: Vec<Labels>,
    pub(super) rows: Vec<Row>,
    /// The values of each group over the whole time, measure by measure.
    pub(super) overall: Vec<Vec<Option<Value>>>,
    pub(super) notes: Vec<Note>,
    #[serde(skip)]
    pub(super) has_plan: bool,
    /// Which of the columns were found of the customers, under English names.
    #[serde(skip)]
    pub(super) scored: Vec<Scored>,
}

/// The label of what has no value in a dimension.
pub(super) const MISSING: &str = "(none)";
/// The label of the groups that are not among the largest.
pub(super) const OTHERS_LABEL: &str = "(others)";

impl Sales {
    pub(super) fn of(source: &Source<'_>, query: &Query) -> Result<Self> {
        let (first, last) = source.span().ok_or_else(|| Error::data("there is no order"))?;
        let as_of = query.window.until.unwrap_or(AsOf::day_after(last));
        let calendar = Calendar::new(query.period, query.window.since, first, as_of)?;
        let measures = match &query.measures[..] {
            [] => vec![Measure::default()],
            measures => measures.to_vec(),
        };
        let mut cube = source.cube(&calendar, &|_| {})?;
        let depth = source.dims().len();
        let mut notes = source.notes().to_vec();
        if let Some(top) = query.top
            && depth > 0
        {
            if query.totals && depth > 1 {
                return Err(Error::usage("the largest groups have no totals between them")
                    .with_hint("leave out `--top` or `--totals`, or divide by one column"));
            }
            let kept = largest(&cube, depth, calendar.all, measures[0], top);
            cube = source.cube(&calendar, &|path: &mut Path| {
                if kept.binary_search(path).is_err() {
                    path.fill(OTHERS);
                }
            })?;
        }
        let planned = query
            .plan
            .as_ref()
            .map(|plan| plan.lay(source.dims(), query.period, &calendar, &measures, &mut notes))
            .transpose()?;
        let mut sales = Self {
            as_of,
            period: query.period,
            by: query.by.clone(),
            measures,
            periods: calendar.periods.clone(),
            groups: Vec::new(),
            rows: Vec::new(),
            overall: Vec::new(),
            notes,
            has_plan: planned.is_some(),
            scored: source.scored().to_vec(),
        };
        sales.fill(source, &calendar, &cube, query.totals, planned.as_ref());
        sales.notes.extend(sales.incomplete());
        sales.notes.extend(late_begin(&sales, first));
        sales.notes.extend(covered(&cube, &calendar, &sales.measures));
        Ok(sales)
    }

    fn fill(
        &mut self,
        source: &Source<'_>,
        calendar: &Calendar,
        cube: &Cube,
        totals: bool,
        planned: Option<&Planned>,
    ) {
        let depth = source.dims().len();
        let empty = vec![Cell::default(); calendar.spans.len()];
        // Groups that are planned and sold nothing are groups, too.
        let mut paths: Vec<Path> = cube.nodes().map(|(path, _)| path.clone()).collect();
        paths.extend(planned.into_iter().flat_map(Planned::paths).cloned());
        paths.retain(|path| path.len() == depth || totals || planned.is_some_and(|p| p.has(path)));
        paths.sort_unstable();
        paths.dedup();
        let names = |path: &Path| -> Labels {
            let label = |at: usize| {
                let code = *path.get(at)?;
                Some(match code {
                    NONE => MISSING.to_owned(),
                    OTHERS => OTHERS_LABEL.to_owned(),
                    code => {
                        let known = source.dims()[at].1.labels();
                        match (code as usize).checked_sub(known.len()) {
                            None => known.get(code as usize).unwrap_or(MISSING).to_owned(),
                            Some(new) => planned
                                .and_then(|planned| planned.label(at, new))
                                .unwrap_or(MISSING)
                                .to_owned(),
                        }
                    }
                })
            };
            (0..depth).map(label).collect()
        };
        self.groups = paths.iter().map(names).collect();
        let cells = |path: &Path| cube.get(path).unwrap_or(&empty);
        let whole = cube.get(&[]).unwrap_or(&empty);
        let overall = |path: &Path| {
            let all = &cells(path)[calendar.all];
            self.measures.iter().map(|measure| measure.of(all)).collect()
        };
        self.overall = paths.iter().map(overall).collect();
        let measures = self.measures.clone();
        for (at, period) in calendar.periods.iter().enumerate() {
            for measure in &measures {
                let value = |cells: &[Cell], span: Option<usize>| measure.of(&cells[span?]);
                let (total, total_before) =
                    (value(whole, Some(period.own)), value(whole, period.previous));
                let mut rows: Vec<Row> = Vec::new();
                for (group, path) in paths.iter().enumerate() {
                    let cells = cells(path);
                    let spans = [Some(period.own), period.previous, period.year_ago];
                    let is_seen = spans.iter().flatten().any(|span| cells[*span].lines > 0);
                    let plan = planned.and_then(|planned| planned.get(path, at, *measure));
                    if !is_seen && plan.is_none() && !path.is_empty() {
                        continue;
                    }
                    let (own, previous) =
                        (value(cells, Some(period.own)), value(cells, period.previous));
                    let contribution = || {
                        let change = own?.minus(previous?)?.to_f64();
                        let before = total_before?.to_f64();
                        (measure.adds_up() && before > 0.0).then(|| change / before)
                    };
                    rows.push(Row {
                        period: at,
                        group,
                        measure: *measure,
                        value: own,
                        previous,
                        year_ago: value(cells, period.year_ago),
                        share: own.zip(total).and_then(|(own, total)| {
                            if measure.is_mean() { None } else { own.over(total) }
                        }),
                        rank: None,
                        contribution: contribution(),
                        plan: plan.map(|plan| attained(plan, own, period, *measure)),
                    });
                }
                rank(&mut rows, &paths, depth);
                let is_others = |row: &Row| paths[row.group].contains(&OTHERS);
                let is_finest = |row: &Row| paths[row.group].len() == depth;
                // Groups of which nothing is known, and the others, come last.
                let place = |row: &Row| row.rank.unwrap_or(u32::MAX);
                rows.sort_by_key(|row| (is_finest(row), is_others(row), place(row), row.group));
                self.rows.extend(rows);
            }
        }
    }

    /// What is said of periods that the data do not reach the end of.
    fn incomplete(&self) -> Option<Note> {
        let last = self.periods.last().filter(|last| !last.is_complete())?;
        let (first, days, of) = (last.whole.first, last.span.days(), last.whole.days());
        let (name, as_of) = (self.period.name(), self.as_of);
        Some(Note::new(
            format!(
                "the {name} from {first} on is incomplete as of {as_of}: {days} of {of} days, compared with as many \
                 days of the {name} before and with the same days a year before"
            ),
            format!(
                "{} с {first} на {as_of} не закончен: {days} из {of} дней; сравнение — с таким же числом дней \
                 предыдущего периода и с теми же днями год назад",
                russian(self.period)
            ),
        ))
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The length of a period.
    pub fn period(&self) -> super::Period {
        self.period
    }

    /// The names of the columns by which sales are divided.
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// What is measured.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The periods, oldest first.
    pub fn periods(&self) -> &[PeriodSpan] {
        &self.periods
    }

    /// The labels of each group; `None` where it is not divided by that column: a total.
    pub fn groups(&self) -> &[Vec<Option<String>>] {
        &self.groups
    }

    /// The rows: by period, measure, totals first, then by rank.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What the group number `group` came to over the whole time, measure by measure.
    pub fn overall(&self, group: usize) -> &[Option<Value>] {
        &self.overall[group]
    }

    /// What has to be known of the figures.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// What Russians call a period.
pub(super) const fn russian(period: super::Period) -> &'static str {
    match period {
        super::Period::Hour => "час",
        super::Period::Day => "день",
        super::Period::Week => "период (неделя)",
        super::Period::Month => "месяц",
        super::Period::Quarter => "квартал",
        super::Period::Year => "год",
    }
}

/// The finest paths with the most of `measure` over the span `all`, sorted; of equals the first ones.
fn largest(cube: &Cube, depth: usize, all: usize, measure: Measure, top: usize) -> Vec<Path> {
    let mut paths: Vec<(f64, &Path)> = cube
        .nodes()
        .filter(|(path, _)| path.len() == depth)
        .map(|(path, cells)| {
            (measure.of(&cells[all]).map_or(f64::NEG_INFINITY, Value::to_f64), path)
        })
        .collect();
    paths.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    let mut kept: Vec<Path> = paths.into_iter().take(top).map(|(_, path)| path.clone()).collect();
    kept.sort_unstable();
    kept
}

/// Ranks the finest rows by their values.
fn rank(rows: &mut [Row], paths: &[Path], depth: usize) {
    let mut order: Vec<usize> = (0..rows.len())
        .filter(|at| {
            let path = &paths[rows[*at].group];
            path.len() == depth && !path.contains(&OTHERS) && rows[*at].value.is_some()
        })
        .collect();
    let value = |row: &Row| row.value.map_or(f64::NEG_INFINITY, Value::to_f64);
    let by_value = |left: &Row, right: &Row| match (left.value, right.value) {
        (Some(Value::Money(left)), Some(Value::Money(right))) => right.cmp(&left),
        _ => value(right).total_cmp(&value(left)),
    };
    order
        .sort_by(|left, right| by_value(&rows[*left], &rows[*right]).then_with(|| left.cmp(right)));
    let mut known: BTreeMap<usize, u32> = BTreeMap::new();
    for (place, at) in order.iter().enumerate() {
        let same = place.checked_sub(1).map(|before| order[before]);
        let same = same.filter(|before| by_value(&rows[*before], &rows[*at]) == Ordering::Equal);
        let own = same.and_then(|before| known.get(&before).copied()).unwrap_or(place as u32 + 1);
        known.insert(*at, own);
    }
    for (at, rank) in known {
        rows[at].rank = Some(rank);
    }
}

fn attained(plan: f64, own: Option<Value>, period: &PeriodSpan, measure: Measure) -> Attainment {
    let fact = own.map(Value::to_f64);
    let days = f64::from(period.span.days());
    let run_rate = fact.filter(|_| measure.accrues() && days > 0.0).map(|fact| {
        if period.is_complete() { fact } else { fact / days * f64::from(period.whole.days()) }
    });
    Attainment { plan, attainment: fact.filter(|_| plan > 0.0).map(|fact| fact / plan), run_rate }
}

/// What is said where the data begin long after their first period: more than a quarter of it is missing, or was
/// without an order.
fn late_begin(sales: &Sales, first: Date) -> Option<Note> {
    let span = sales.periods.first()?.span;
    let missing = first.days() - span.first.days();
    let (name, begin) = (sales.period.name(), span.first);
    (4 * missing > span.days() && sales.periods.len() > 1).then(|| {
        Note::new(
            format!(
                "the first order is of {first}: the {name} from {begin} on may lack its beginning, and growth since it \
                 says little"
            ),
            format!(
                "первый заказ — от {first}: {} с {begin}, возможно, неполный, и рост к нему мало о чём говорит",
                russian(sales.period)
            ),
        )
    })
}

/// Of how much of the revenue cost, quantity or discount are known, where it is not all.
fn covered(cube: &Cube, calendar: &Calendar, measures: &[Measure]) -> Vec<Note> {
    let Some(all) = cube.get(&[]).map(|cells| cells[calendar.all]) else { return Vec::new() };
    let mut notes = Vec::new();
    let mut say = |is_asked: bool, lines: u64, english: &str, russian: &str| {
        if is_asked && lines < all.lines {
            notes.push(Note::new(
                format!("the {english} is known of {lines} of {} lines; the others are left out of it", all.lines),
                format!("{russian} известна для {lines} из {} строк; остальные в этот показатель не входят", all.lines),
            ));
        }
    };
    say(measures.iter().any(|own| own.needs_cost()), all.costed_lines, "cost", "себестоимость");
    say(
        measures.iter().any(|own| own.needs_quantity()),
        all.quantified,
        "quantity",
        "величина «количество»",
    );
    notes
}
