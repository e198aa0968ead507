//! The tables of a pipeline forecast.

use super::PipelineForecast;
use crate::{
    Lang, Result,
    data::{
        Deals, Field,
        table::{Column, Table},
    },
};

impl PipelineForecast {
    /// One row per series and period: the columns of [`Forecasts::table`](crate::analysis::forecast::Forecasts::table),
    /// then what the forecast is made of.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let table = self.forecasts.table(lang)?;
        let mut columns = table.columns().to_vec();
        let parts = || self.parts.iter().flatten();
        columns.extend([
            Column::float("won", "Выиграно", 2, parts().map(|part| part.won)),
            Column::float("from_open", "Из открытых сделок", 2, parts().map(|part| part.from_open)),
            Column::float("from_new", "Из новых сделок", 2, parts().map(|part| part.from_new)),
            Column::float("from_series", "По ряду", 2, parts().map(|part| part.series)),
        ]);
        Table::new(table.name(), columns)
    }

    /// One row per open deal, those that bring most first; `deals` is the table that was forecast.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn deals_table(&self, deals: &Deals, lang: Lang) -> Result<Table> {
        let open = || self.open.iter();
        let text = |name, title, field| {
            let labels = deals.labels(field);
            Column::text(name, title, open().map(|deal| labels.and_then(|all| all.get(deal.row))))
        };
        Table::new(
            lang.pick("open deals", "открытые сделки"),
            vec![
                text("deal_id", "Сделка", Field::OrderId),
                text("stage", "Этап", Field::Stage),
                text("owner", "Ответственный", Field::Owner),
                Column::date("created", "Создана", open().map(|deal| deal.created)),
                Column::int("age_days", "Возраст, дней", open().map(|deal| deal.age_days as i64)),
                Column::float("amount", "Сумма", 2, open().map(|deal| deal.amount)),
                Column::float("p_won", "Вероятность выигрыша", 3, open().map(|deal| deal.won)),
                Column::float("p_lost", "Вероятность проигрыша", 3, open().map(|deal| deal.lost)),
                Column::float(
                    "expected",
                    "Ожидается",
                    2,
                    open().map(|deal| deal.won * deal.amount),
                ),
                Column::date("likely_period", "Вероятный период", open().map(|deal| deal.period)),
            ],
        )
    }
}
