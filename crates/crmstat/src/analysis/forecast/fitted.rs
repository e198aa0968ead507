//! The forecast and its reasons: level, season and what is known ahead, over the past and the horizon.

use super::{Fit, Forecasts};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};
use crmstat_models::forecast::{Fitted, Series, mstl::Mstl};

/// One period of one series.
struct Row<'a> {
    series: &'a str,
    number: i32,
    value: Option<f64>,
    fitted: f64,
    level: Option<f64>,
    season: Option<f64>,
    drivers: f64,
}

impl Fit<'_> {
    /// One row per series and period, past and future: what was observed, what the model says of it (one period ahead
    /// in the past), and what that is made of. Level and season are those of a decomposition by loess; the season of
    /// the last cycle goes on, and the level is what the forecast has beyond season and drivers.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn fitted_table(&self, forecasts: &Forecasts, lang: Lang) -> Result<Table> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        let cycle = self.set.period.season();
        for ((history, fit), forecast) in
            self.set.series.iter().zip(&self.fits).zip(forecasts.series())
        {
            let (count, horizon) = (history.values.len(), forecast.mean.len());
            let drivers: Vec<f64> = (0..count + horizon).map(|at| fit.effect(at)).collect();
            let left: Vec<f64> =
                history.values.iter().zip(&drivers).map(|(value, effect)| value - effect).collect();
            let parts = Series::new(&left, cycle)
                .and_then(|left| Mstl::automatic().decompose(&left))
                .ok()
                .filter(|parts| !parts.seasonal.is_empty());
            let season = |at: usize| {
                let seasonal = &parts.as_ref()?.seasonal[0];
                Some(if at < count {
                    seasonal[at]
                } else {
                    seasonal[count - cycle + (at - count) % cycle]
                })
            };
            for (at, driver) in drivers.iter().enumerate().take(count + horizon) {
                let (value, fitted) = if at < count {
                    (Some(history.values[at]), fit.fitted_values()[at])
                } else {
                    (None, forecast.mean[at - count])
                };
                let level = match (&parts, at < count) {
                    (Some(parts), true) => Some(parts.trend[at]),
                    _ => Some(fitted - driver - season(at).unwrap_or(0.0)),
                };
                rows.push(Row {
                    series: &history.name,
                    number: history.first + at as i32,
                    value,
                    fitted,
                    level,
                    season: season(at),
                    drivers: drivers[at],
                });
            }
        }
        let of = |cell: fn(&Row<'_>) -> Option<f64>| rows.iter().map(move |row| cell(row));
        Table::new(
            lang.pick("fitted", "подгонка"),
            vec![
                Column::text("series", "Ряд", rows.iter().map(|row| row.series)),
                self.set.period.column(rows.iter().map(|row| row.number)),
                Column::float("value", "Факт", 2, of(|row| row.value)),
                Column::float("fitted", "Модель", 2, of(|row| Some(row.fitted))),
                Column::float(
                    "error",
                    "Ошибка",
                    2,
                    of(|row| row.value.map(|value| value - row.fitted)),
                ),
                Column::float("level", "Уровень", 2, of(|row| row.level)),
                Column::float("season", "Сезон", 2, of(|row| row.season)),
                Column::float("drivers", "Известное заранее", 2, of(|row| Some(row.drivers))),
            ],
        )
    }
}
