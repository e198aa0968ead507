//! The columns of the regression and their rows at any period.

use std::f64::consts::TAU;

use super::{Regression, Seasonality};

/// One column: what it says at period `t`, counted from 0.
enum Column<'a> {
    Intercept,
    Trend,
    /// One at this period of the cycle.
    Dummy(usize),
    Sine(usize),
    Cosine(usize),
    /// Beyond the last value that one is held.
    Regressor(&'a str, &'a [f64]),
}

pub(super) struct Design<'a> {
    columns: Vec<Column<'a>>,
    season: usize,
}

impl<'a> Design<'a> {
    pub(super) fn of(params: &'a Regression, season: usize) -> Self {
        let mut columns = vec![Column::Intercept];
        if params.trend {
            columns.push(Column::Trend);
        }
        match params.seasonality {
            Seasonality::Dummies => columns.extend((1..season).map(Column::Dummy)),
            Seasonality::Fourier(pairs) if season > 1 => {
                for k in 1..=pairs {
                    columns.push(Column::Cosine(k));
                    // At half the season the sine is zero everywhere.
                    if 2 * k != season {
                        columns.push(Column::Sine(k));
                    }
                }
            }
            Seasonality::None | Seasonality::Fourier(_) => {}
        }
        columns.extend(params.regressors.iter().map(|r| Column::Regressor(&r.name, &r.values)));
        Self { columns, season }
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| match column {
                Column::Intercept => "intercept".into(),
                Column::Trend => "trend".into(),
                Column::Dummy(period) => format!("season {}", period + 1),
                Column::Sine(k) => format!("sine {k}"),
                Column::Cosine(k) => format!("cosine {k}"),
                Column::Regressor(name, _) => (*name).into(),
            })
            .collect()
    }

    pub(super) fn row(&self, t: usize) -> Vec<f64> {
        let angle = |k: usize| TAU * (k * (t % self.season)) as f64 / self.season as f64;
        self.columns
            .iter()
            .map(|column| match column {
                Column::Intercept => 1.0,
                Column::Trend => (t + 1) as f64,
                Column::Dummy(period) => f64::from(u8::from(t % self.season == *period)),
                Column::Sine(k) => libm::sin(angle(*k)),
                Column::Cosine(k) => libm::cos(angle(*k)),
                Column::Regressor(_, values) => values[t.min(values.len() - 1)],
            })
            .collect()
    }

    /// The columns over the first `n` periods.
    pub(super) fn columns(&self, n: usize) -> Vec<Vec<f64>> {
        let mut columns = vec![Vec::with_capacity(n); self.len()];
        for t in 0..n {
            for (column, value) in columns.iter_mut().zip(self.row(t)) {
                column.push(value);
            }
        }
        columns
    }
}
