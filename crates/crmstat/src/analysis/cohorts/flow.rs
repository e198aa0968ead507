//! Where customers come from and go to, from period to period.

use super::{Options, Period};
use crate::{
    AsOf, Lang, Result,
    analysis::{
        kpi::customers::{Activities, follow},
        sales::{
            self, PeriodSpan,
            calendar::Calendar,
            facts::Needs,
            source::{Source, Wanted},
        },
    },
    data::{
        Orders, Records,
        table::{Column, Table},
    },
    ingest::{Export, Imported},
};
use serde::Serialize;

/// What became of the customers of a group in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FlowRow {
    /// The period.
    pub period: PeriodSpan,
    /// Active in the period before; `None` of the first period.
    pub before: Option<u64>,
    /// Active then and now.
    pub returning: u64,
    /// Active now, not then, and not new.
    pub reactivated: u64,
    /// Whose first purchase lies in the period.
    pub new: u64,
    /// Active then and not now; `None` while the period is not over.
    pub lost: Option<u64>,
    /// Active now: returning, reactivated and new.
    pub active: u64,
}

/// New, active, reactivated and lost customers by period, of all and of each group.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    as_of: AsOf,
    by: Option<String>,
    /// Of each group its label; `None` is all.
    groups: Vec<(Option<String>, Vec<FlowRow>)>,
}

/// Follows the customers of `export` from period to period; divided by the column `by`, each group is looked at by
/// its own orders.
///
/// # Errors
/// What the export cannot bear, no purchase in the window, or a column that nobody has.
pub fn flow(
    export: &mut Export,
    options: &Options,
    by: Option<&str>,
    tables: &[Records],
) -> Result<Imported<Flow>> {
    let names: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
    let source = Source::read(export, &names, wanted(options), tables)?;
    source.try_map(|source| Flow::of(&source, options, by))
}

/// Follows the customers of `orders` that have been read.
///
/// # Errors
/// As [`flow`].
pub fn flow_of(
    orders: &Orders,
    options: &Options,
    by: Option<&str>,
    tables: &[Records],
) -> Result<Flow> {
    let names: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
    let source = Source::of_orders(orders, &names, wanted(options), tables)?;
    Flow::of(&source, options, by)
}

pub(in crate::analysis) fn wanted(options: &Options) -> Wanted {
    let customers_by = Some(period_of(options));
    Wanted { window: options.window, needs: Needs::default(), customers_by }
}

/// The period as that of sales.
fn period_of(options: &Options) -> sales::Period {
    match options.period {
        Period::Month => sales::Period::Month,
        Period::Quarter => sales::Period::Quarter,
        Period::Year => sales::Period::Year,
    }
}

impl Flow {
    pub(in crate::analysis) fn of(
        source: &Source,
        options: &Options,
        by: Option<&str>,
    ) -> Result<Self> {
        let (first, last) = source.span().ok_or_else(super::none_in_window)?;
        let as_of = options.window.until.unwrap_or(AsOf::day_after(last));
        let period = period_of(options);
        let calendar = Calendar::new(period, options.window.since, first, as_of)?;
        let labels = source.dims().first().map(|(_, labels)| labels);
        let name = |code: u32| {
            let label = labels.and_then(|labels| labels.labels().get(code as usize));
            label.unwrap_or(MISSING).to_owned()
        };
        let is_known = |code: u32| labels.is_some_and(|own| (code as usize) < own.labels().len());
        let label = |code: u32| if is_known(code) { name(code) } else { MISSING.to_owned() };
        let groups = follow(source, &calendar, false)
            .into_iter()
            .map(|(code, activities)| (code.map(label), rows(&activities, &calendar)))
            .collect();
        Ok(Self { as_of, by: by.map(str::to_owned), groups })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The label of each group, `None` for all, and what became of its customers.
    pub fn groups(&self) -> &[(Option<String>, Vec<FlowRow>)] {
        &self.groups
    }

    /// One row per group and period: the group where it is divided (missing for all), `period`, `complete`,
    /// `before`, `returning`, `reactivated`, `new`, `active`, `lost`, `retention`.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || {
            self.groups.iter().flat_map(|(group, rows)| rows.iter().map(move |row| (group, row)))
        };
        let int =
            |name: &'static str, russian: &'static str, of: &dyn Fn(&FlowRow) -> Option<u64>| {
                let cells = rows().map(|(_, row)| of(row).map(|count| count as i64));
                Column::int(name, russian, cells)
            };
        let mut columns = Vec::new();
        if let Some(by) = &self.by {
            let shown = |label: &str| match label {
                MISSING => lang.pick(MISSING, "(нет)").to_owned(),
                label => label.to_owned(),
            };
            let labels: Vec<Option<String>> =
                rows().map(|(group, _)| group.as_deref().map(shown)).collect();
            let name = if OURS.contains(&by.as_str()) { format!("by_{by}") } else { by.clone() };
            columns.push(Column::text(name.clone(), name, labels.iter().map(Option::as_deref)));
        }
        let retention = |row: &FlowRow| {
            let before = row.before.filter(|before| *before > 0 && row.lost.is_some())?;
            Some(row.returning as f64 / before as f64)
        };
        columns.extend([
            Column::date("period", "Период", rows().map(|(_, row)| row.period.whole.first)),
            Column::bool(
                "complete",
                "Период полный",
                rows().map(|(_, row)| row.period.is_complete()),
            ),
            int("before", "Активных до того", &|row| row.before),
            int("returning", "Удержано", &|row| row.before.map(|_| row.returning)),
            int("reactivated", "Вернулось", &|row| row.before.map(|_| row.reactivated)),
            int("new", "Новых", &|row| Some(row.new)),
            int("active", "Активных", &|row| Some(row.active)),
            int("lost", "Потеряно", &|row| row.lost),
            Column::float("retention", "Удержание", 4, rows().map(|(_, row)| retention(row))),
        ]);
        Table::new("customer_flow", columns)
    }
}

const MISSING: &str = "(none)";
const OURS: [&str; 9] = [
    "period",
    "complete",
    "before",
    "returning",
    "reactivated",
    "new",
    "active",
    "lost",
    "retention",
];

fn rows(activities: &Activities, calendar: &Calendar) -> Vec<FlowRow> {
    let row = |(at, period): (usize, &PeriodSpan)| {
        let own = &activities[at];
        let before = (at > 0).then(|| own.returning + own.lost);
        FlowRow {
            period: *period,
            before,
            returning: own.returning,
            reactivated: own.reactivated,
            new: own.new,
            lost: before.filter(|_| period.is_complete()).map(|_| own.lost),
            active: own.active,
        }
    };
    calendar.periods.iter().enumerate().map(row).collect()
}
