//! Every other KPI that the data bear: cards of the last whole period with their trend.

use super::{Page, file_only};
use crate::{
    Lang, Result,
    analysis::{
        kpi::{Kpi, KpiUnit, Kpis, definitions},
        sales::Period,
    },
    report::{Content, Figure, Unit},
};

/// Periods of a trend.
const TREND: usize = 24;
/// What the first screen and the tables of other sections say already.
const ELSEWHERE: [Kpi; 9] = [
    Kpi::Revenue,
    Kpi::Growth,
    Kpi::GrowthYear,
    Kpi::Orders,
    Kpi::ActiveCustomers,
    Kpi::NewCustomers,
    Kpi::Aov,
    Kpi::WinRate,
    Kpi::WinRateValue,
];

impl Page<'_> {
    pub(super) fn kpis(&self, kpis: &Kpis) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let figures: Vec<Figure> = Kpi::ALL.iter().filter_map(|kpi| self.kpi(kpis, *kpi)).collect();
        let last = last_whole(kpis).map(|day| match kpis.period() {
            Period::Month => locale.month(day),
            _ => locale.date(day),
        });
        let summary = last.map(|last| match (kpis.period(), lang) {
            (Period::Month, Lang::En) => {
                format!("Of {last}, the last whole month; what is of no single month is of all the time.")
            }
            (_, Lang::En) => {
                format!("Of the last whole week, from {last} on; what is of no single week is of all the time.")
            }
            (Period::Month, Lang::Ru) => {
                format!("Последний полный месяц\u{A0}— {last}; что не относится к одному месяцу\u{A0}— за всё время.")
            }
            (_, Lang::Ru) => {
                format!("Последняя полная неделя\u{A0}— с {last}; что не относится к одной неделе\u{A0}— за всё время.")
            }
        });
        let notes = kpis.notes().iter().map(|note| super::sentence(note.text(lang))).collect();
        Ok(Content {
            summary: summary.into_iter().collect(),
            figures,
            tables: vec![
                file_only(
                    locale.pick("KPIs by period", "Показатели по периодам"),
                    kpis.table(lang)?.renamed("kpis"),
                ),
                file_only(
                    locale.pick("Definitions of KPIs", "Определения показателей"),
                    definitions(&[], lang)?,
                ),
            ],
            notes,
            ..Content::default()
        })
    }

    /// The last whole period's value of `kpi` with its trend; that of all the time where no period has one.
    fn kpi(&self, kpis: &Kpis, kpi: Kpi) -> Option<Figure> {
        if ELSEWHERE.contains(&kpi) {
            return None;
        }
        let locale = self.locale;
        let last = last_whole(kpis)?;
        let rows = || kpis.rows().iter().filter(move |row| row.kpi == kpi && row.group.is_none());
        let whole = |day: crate::Date| {
            rows().find(|row| row.period.as_ref().is_some_and(|period| period.span.first == day))
        };
        let now = whole(last).or_else(|| rows().find(|row| row.period.is_none()))?;
        let is_of_period = now.period.is_some();
        let unit = unit_of(kpi.unit());
        let values: Vec<f64> = rows()
            .filter(|row| row.period.as_ref().is_some_and(|period| period.span.first <= last))
            .map(|row| row.estimate.value)
            .collect();
        let trend = if is_of_period {
            values[values.len().saturating_sub(TREND)..].to_vec()
        } else {
            Vec::new()
        };
        let by = match kpis.period() {
            Period::Month => locale.pick("by month", "по месяцам"),
            _ => locale.pick("by week", "по неделям"),
        };
        let counted_in = match (kpi.unit(), kpis.period()) {
            (KpiUnit::Hours, _) => locale.pick(", hours", ", часов"),
            (KpiUnit::Days, _) => locale.pick(", days", ", дней"),
            (KpiUnit::Periods, Period::Month) => locale.pick(", months", ", мес."),
            (KpiUnit::Periods, _) => locale.pick(", weeks", ", недель"),
            (KpiUnit::MoneyPerDay, _) => locale.pick(", per day", ", в день"),
            _ => "",
        };
        Some(Figure {
            label: format!("{}{counted_in}", kpi.title(locale.lang())),
            value: now.estimate.value,
            unit,
            changes: Vec::new(),
            trend,
            trend_of: by.to_owned(),
        })
    }
}

/// The first day of the last period that is over.
fn last_whole(kpis: &Kpis) -> Option<crate::Date> {
    let periods = kpis.rows().iter().filter_map(|row| row.period.as_ref());
    periods.filter(|period| period.is_complete()).map(|period| period.span.first).max()
}

/// The unit of a card.
const fn unit_of(unit: KpiUnit) -> Unit {
    match unit {
        KpiUnit::Money | KpiUnit::MoneyPerDay => Unit::Money,
        KpiUnit::Share => Unit::Share,
        KpiUnit::Count => Unit::Count,
        KpiUnit::Days => Unit::Days,
        KpiUnit::Periods | KpiUnit::Hours | KpiUnit::Points => Unit::Number(1),
        KpiUnit::Ratio => Unit::Number(2),
    }
}
