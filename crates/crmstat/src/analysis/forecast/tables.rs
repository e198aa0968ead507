//! The tables of forecasts and backtests.

use super::{Evaluations, Forecasts};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};

impl Forecasts {
    /// One row per series and period; a period is known by its first day.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || {
            self.series.iter().flat_map(|series| (0..series.mean.len()).map(move |at| (series, at)))
        };
        let period = rows().map(|(series, at)| series.first + at as i32);
        let mut columns = vec![
            Column::text("series", "Ряд", rows().map(|(series, _)| series.name.as_str())),
            self.period.column(period),
            Column::float("forecast", "Прогноз", 2, rows().map(|(series, at)| series.mean[at])),
        ];
        for (number, level) in self.levels.iter().enumerate() {
            let lower = rows().map(|(series, at)| series.intervals[number].lower[at]);
            let upper = rows().map(|(series, at)| series.intervals[number].upper[at]);
            columns.push(lower_column(*level, lower));
            columns.push(upper_column(*level, upper));
        }
        columns.push(Column::text(
            "model",
            "Модель",
            rows().map(|(series, _)| series.model.as_str()),
        ));
        let notes: Vec<String> = self.series.iter().map(|series| series.notes.join("; ")).collect();
        if notes.iter().any(|note| !note.is_empty()) {
            let notes = self.series.iter().zip(&notes).flat_map(|(series, note)| {
                let note = (!note.is_empty()).then_some(note.as_str());
                std::iter::repeat_n(note, series.mean.len())
            });
            columns.push(Column::text("note", "Примечание", notes));
        }
        Table::new(lang.pick("forecast", "прогноз"), columns)
    }

    /// One row per series: the horizon as a whole, and the probability that the target is reached.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn totals(&self, lang: Lang) -> Result<Table> {
        let rows = || self.series.iter();
        let day = |number: i32| self.period.first_day(number);
        let last = rows().map(|row| day(row.first + row.mean.len() as i32).plus_days(-1));
        let mut columns = vec![
            Column::text("series", "Ряд", rows().map(|row| row.name.as_str())),
            Column::date("from", "С", rows().map(|row| day(row.first))),
            Column::date("to", "По", last),
            Column::float("forecast", "Прогноз", 2, rows().map(|row| row.total.mean)),
        ];
        for (number, level) in self.levels.iter().enumerate() {
            let bounds = |row: &super::SeriesForecast| row.total.bounds[number];
            columns.push(lower_column(*level, rows().map(|row| bounds(row).0)));
            columns.push(upper_column(*level, rows().map(|row| bounds(row).1)));
        }
        if let Some(target) = self.target {
            columns.push(Column::float("target", "План", 2, rows().map(|_| target)));
            let reached = rows().map(|row| row.total.reached);
            columns.push(Column::float("probability", "Вероятность плана", 3, reached));
        }
        Table::new(lang.pick("totals", "итоги"), columns)
    }
}

impl Evaluations {
    /// One row per series and model; the means over all series come first, under `all`.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.rows.iter();
        let all = lang.pick("all", "все");
        let series = rows().map(|row| row.series.as_deref().unwrap_or(all));
        let mut columns = vec![
            Column::text("series", "Ряд", series),
            Column::text("model", "Модель", rows().map(|row| row.model.as_str())),
            Column::int("folds", "Проверок", rows().map(|row| row.folds as i64)),
            Column::float("mase", "MASE", 3, rows().map(|row| row.accuracy.mase)),
            Column::float("smape", "sMAPE, %", 2, rows().map(|row| row.accuracy.smape)),
            Column::float("rmse", "RMSE", 2, rows().map(|row| row.rmse)),
        ];
        for (number, level) in self.levels.iter().enumerate() {
            let name = format!("coverage_{level}");
            let title = format!("Покрытие {level} %");
            columns.push(Column::float(name, title, 3, rows().map(|row| row.coverage[number])));
        }
        columns.push(Column::float("rmsse", "RMSSE", 3, rows().map(|row| row.accuracy.rmsse)));
        columns.push(Column::float("bias", "Смещение", 3, rows().map(|row| row.accuracy.bias)));
        columns.push(Column::float("skill", "Выигрыш", 3, rows().map(|row| row.skill)));
        Table::new(lang.pick("backtest", "проверка"), columns)
    }
}

fn lower_column(level: u8, cells: impl Iterator<Item = f64>) -> Column {
    Column::float(format!("lower_{level}"), format!("Нижняя граница {level} %"), 2, cells)
}

fn upper_column(level: u8, cells: impl Iterator<Item = f64>) -> Column {
    Column::float(format!("upper_{level}"), format!("Верхняя граница {level} %"), 2, cells)
}
