//! What became of an earlier report.

use super::{Page, whole};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
    report::{Content, Since, Unit},
};

impl Page<'_> {
    pub(super) fn since(&self, since: &Since) -> Result<Content> {
        let locale = self.locale;
        let mut summary = vec![self.sold_since(since)];
        summary.extend(self.forecast_held(since));
        summary.extend(self.calls_brought(since));
        let mut tables = Vec::new();
        if !since.forecast.is_empty() {
            let caption =
                locale.pick("The last forecast beside what came", "Прошлый прогноз и факт");
            tables.push(whole(caption, forecast_table(since)?));
        }
        let note = locale.pick(
            "Who moved between segments since then stands with the RFM segments.",
            "Кто с тех пор перешёл в другой сегмент, показано в разделе RFM-сегментов.",
        );
        Ok(Content { summary, tables, notes: vec![note.to_owned()], ..Content::default() })
    }

    fn sold_since(&self, since: &Since) -> String {
        let locale = self.locale;
        let then = locale.date(since.as_of.date());
        let revenue = locale.compact(since.revenue.to_f64(), Unit::Money);
        let customers = locale.customers(since.customers);
        let new = locale.decimal(since.new_customers as f64, 0);
        let orders =
            locale.counted(since.orders, ["order", "orders"], ["заказ", "заказа", "заказов"]);
        match locale.lang() {
            Lang::En => format!(
                "Since the report of {then}: {revenue} in {orders} of {customers}, {new} of them new."
            ),
            Lang::Ru => format!(
                "С отчёта на {then}: выручка {revenue}, {orders}, покупали {customers}, из них новых\u{A0}— {new}."
            ),
        }
    }

    /// How the forecast of then did, over the periods that are over; nothing where none is.
    fn forecast_held(&self, since: &Since) -> Option<String> {
        let locale = self.locale;
        let count = since.forecast.len();
        if count == 0 {
            return None;
        }
        let money = |value: f64| locale.compact(value, Unit::Money);
        let expected: f64 = since.forecast.iter().map(|(expected, _)| expected.mean).sum();
        let came: f64 = since.forecast.iter().map(|(_, came)| came).sum();
        let within = since
            .forecast
            .iter()
            .filter(|(expected, came)| (expected.bounds.0..=expected.bounds.1).contains(came));
        let within = within.count();
        let change = (expected > 0.0).then(|| locale.change(came / expected - 1.0));
        let change = change.map_or_else(String::new, |change| format!(" ({change})"));
        let (expected, came) = (money(expected), money(came));
        Some(match locale.lang() {
            Lang::En => format!(
                "It expected {expected} of the periods that are over; {came} came{change}. {within} of {count} \
                 were within its 80% interval."
            ),
            Lang::Ru => format!(
                "На завершившиеся периоды прогноз обещал {expected}, факт\u{A0}— {came}{change}. В интервал 80\u{A0}% \
                 попало {within} из {count}."
            ),
        })
    }

    fn calls_brought(&self, since: &Since) -> Option<String> {
        let locale = self.locale;
        let called = since.called?;
        let (all, bought) =
            (locale.decimal(called.customers as f64, 0), locale.decimal(called.bought as f64, 0));
        let revenue = locale.compact(called.revenue.to_f64(), Unit::Money);
        Some(match locale.lang() {
            Lang::En => format!(
                "Of the {all} customers on its call list {bought} have bought since, for {revenue}."
            ),
            Lang::Ru => format!(
                "Из {all} клиентов прошлого списка звонков с тех пор купили {bought}\u{A0}— на {revenue}."
            ),
        })
    }
}

fn forecast_table(since: &Since) -> Result<Table> {
    let rows = || since.forecast.iter();
    Table::new(
        "since_forecast",
        vec![
            Column::date("period", "Период", rows().map(|(expected, _)| expected.first_day)),
            Column::float("forecast", "Прогноз", 2, rows().map(|(expected, _)| expected.mean)),
            Column::float(
                "lower_80",
                "Нижняя граница 80 %",
                2,
                rows().map(|(expected, _)| expected.bounds.0),
            ),
            Column::float(
                "upper_80",
                "Верхняя граница 80 %",
                2,
                rows().map(|(expected, _)| expected.bounds.1),
            ),
            Column::float("revenue", "Факт", 2, rows().map(|(_, came)| *came)),
        ],
    )
}
