//! A regression by name: trend, season, holidays and regressors with coefficients, and what those mean.

use super::{Fit, History, Options, Period};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};
use crmstat_models::forecast::{
    Fitted, Series,
    drivers::{DrivenFit, Driver},
    ensemble::{Ensemble, Note},
    regression::{Coefficient, Method, Regression, RegressionFit, Seasonality},
};
use std::any::Any;

/// The names by which regressions are chosen, and what their coefficients minimise.
pub(super) const NAMES: [(&str, Method); 3] = [
    ("regression", Method::LeastSquares),
    ("regression-robust", Method::Huber),
    ("regression-ridge", Method::Ridge(PENALTY)),
];

/// The penalty of ridge on standardised coefficients: as much as one more observation in twenty that says nothing.
const PENALTY: f64 = 0.05;

/// The greatest number of pairs of waves for a long season.
const MOST_WAVES: usize = 6;

/// The method of the regression of this name; `None` for another model.
pub(super) fn method(name: &str) -> Option<Method> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
}

/// Fits the regression of least Akaike's criterion over ways to describe the season, with all `drivers` that vary. A
/// driver that depends on others is left out; a series too short for any is left to the standard ensemble.
pub(super) fn fit(
    view: &Series<'_>,
    drivers: &[Driver],
    method: Method,
    horizon: usize,
) -> DrivenFit {
    let seen = view.len();
    let mut regressors: Vec<(String, Vec<f64>)> = Vec::new();
    for driver in drivers {
        let values = driver.known_after(seen, seen + horizon);
        if values[..seen].iter().any(|value| *value != values[0]) {
            regressors.push((driver.name().to_owned(), values));
        }
    }
    loop {
        let best = seasons(view)
            .into_iter()
            .filter_map(|season| {
                let mut model =
                    Regression::new().seasonality(season).method(method).autoregressive(true);
                for (name, values) in &regressors {
                    model = model.regressor(name.clone(), values);
                }
                let fit = model.fit(view).ok()?;
                Some((criterion(&fit, seen), fit))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, fit)) = best {
            let checks = fit.checks();
            let note = Note::Regression { explained: checks.r_squared, noise: checks.ljung_box };
            return DrivenFit::of(Ensemble::stand_in(view, Box::new(fit), vec![note]), view);
        }
        // The last of them may be the one that depends on the others.
        if regressors.pop().is_none() {
            return DrivenFit::of(Ensemble::standard().fit(view), view);
        }
    }
}

/// The ways to describe the season that the length bears, the plainest first.
fn seasons(view: &Series<'_>) -> Vec<Seasonality> {
    let (season, count) = (view.season(), view.len());
    let mut all = vec![Seasonality::None];
    if season < 2 || count < season + season / 2 {
        return all;
    }
    all.extend((1..=MOST_WAVES.min(season / 2)).map(Seasonality::Fourier));
    if season <= 12 && count >= 2 * season {
        all.push(Seasonality::Dummies);
    }
    all
}

/// Akaike's criterion corrected for few observations.
fn criterion(fit: &RegressionFit, count: usize) -> f64 {
    let (n, k) = (count as f64, fit.coefficients().count() as f64 + 2.0);
    let freedom = n - k - 1.0;
    if freedom <= 0.0 {
        return f64::INFINITY;
    }
    let squares = fit.residuals().iter().map(|error| error * error).sum::<f64>();
    n * (squares / n).max(f64::MIN_POSITIVE).ln() + 2.0 * k + 2.0 * k * (k + 1.0) / freedom
}

/// What is asked of a coefficient's bounds, in percent.
const LEVEL: u8 = 95;

impl Fit<'_> {
    /// The coefficients of the regressions, one row each: estimate, standard error, bounds of 95 %, p-value and what
    /// that means. Series that a regression was not fitted to have none.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn coefficients(&self, options: &Options, lang: Lang) -> Result<Table> {
        let mut rows: Vec<(&str, Coefficient, String)> = Vec::new();
        for (history, fit) in self.set.series.iter().zip(&self.fits) {
            let Some(fit) = regression_of(fit) else { continue };
            let drivers = options.drivers.of(history, self.set.period, 0)?;
            let level = f64::from(LEVEL) / 100.0;
            for coefficient in fit.inference(level).map_err(crate::Error::from_model)? {
                let meaning = meaning(&coefficient, history, self.set.period, &drivers, lang);
                let name = term(&coefficient.name, history, self.set.period, lang);
                rows.push((&history.name, Coefficient { name, ..coefficient }, meaning));
            }
        }
        let of = |value: fn(&Coefficient) -> f64| rows.iter().map(move |(_, one, _)| value(one));
        Table::new(
            lang.pick("coefficients", "коэффициенты"),
            vec![
                Column::text("series", "Ряд", rows.iter().map(|(series, ..)| *series)),
                Column::text("term", "Член", rows.iter().map(|(_, one, _)| one.name.as_str())),
                Column::float("estimate", "Оценка", 2, of(|one| one.estimate)),
                Column::float("std_error", "Ст. ошибка", 2, of(|one| one.error)),
                Column::float(
                    format!("lower_{LEVEL}"),
                    format!("Нижняя граница {LEVEL} %"),
                    2,
                    of(|one| one.bounds.0),
                ),
                Column::float(
                    format!("upper_{LEVEL}"),
                    format!("Верхняя граница {LEVEL} %"),
                    2,
                    of(|one| one.bounds.1),
                ),
                Column::float("t", "t", 2, of(|one| one.t)),
                Column::float("p_value", "p", 4, of(|one| one.p_value)),
                Column::text(
                    "meaning",
                    "Что это значит",
                    rows.iter().map(|(.., meaning)| meaning.as_str()),
                ),
            ],
        )
    }
}

fn regression_of(fit: &DrivenFit) -> Option<&RegressionFit> {
    fit.ensemble().members().find_map(|member| {
        let any: &dyn Any = member;
        any.downcast_ref()
    })
}

/// The name of a coefficient, periods of the cycle by the calendar.
fn term(name: &str, history: &History, period: Period, lang: Lang) -> String {
    let place = name.strip_prefix("season ").and_then(|place| place.parse::<i32>().ok());
    match (place, name) {
        (Some(place), _) => of_cycle(history.first + place - 1, period, lang),
        (None, "intercept") => lang.pick("intercept", "константа").to_owned(),
        (None, "trend") => lang.pick("trend", "тренд").to_owned(),
        (None, other) => other.to_owned(),
    }
}

/// The place in the cycle of the period `number`: a month, a quarter, a day of the week.
fn of_cycle(number: i32, period: Period, lang: Lang) -> String {
    const MONTHS: [[&str; 2]; 12] = [
        ["January", "январь"],
        ["February", "февраль"],
        ["March", "март"],
        ["April", "апрель"],
        ["May", "май"],
        ["June", "июнь"],
        ["July", "июль"],
        ["August", "август"],
        ["September", "сентябрь"],
        ["October", "октябрь"],
        ["November", "ноябрь"],
        ["December", "декабрь"],
    ];
    const DAYS: [[&str; 2]; 7] = [
        ["Monday", "понедельник"],
        ["Tuesday", "вторник"],
        ["Wednesday", "среда"],
        ["Thursday", "четверг"],
        ["Friday", "пятница"],
        ["Saturday", "суббота"],
        ["Sunday", "воскресенье"],
    ];
    let pick = |[en, ru]: [&'static str; 2]| lang.pick(en, ru).to_owned();
    match period {
        Period::Month => pick(MONTHS[number.rem_euclid(12) as usize]),
        Period::Quarter => {
            let quarter = number.rem_euclid(4) + 1;
            match lang {
                Lang::En => format!("quarter {quarter}"),
                Lang::Ru => format!("{quarter}-й квартал"),
            }
        }
        // 1970-01-01 was a Thursday, the fourth day of its week.
        Period::Day => pick(DAYS[(number + 3).rem_euclid(7) as usize]),
        Period::Hour => format!("{:02}:00", number.rem_euclid(24)),
        Period::Week | Period::Year => number.to_string(),
    }
}

/// What a coefficient says, in a sentence.
fn meaning(
    coefficient: &Coefficient,
    history: &History,
    period: Period,
    drivers: &[Driver],
    lang: Lang,
) -> String {
    let Coefficient { name, estimate, bounds, p_value, .. } = coefficient;
    let half = 0.5 * (bounds.1 - bounds.0);
    let amount = format!("{} ± {}", rounded(*estimate), rounded(half));
    let sure = if *p_value < 0.05 {
        ""
    } else {
        lang.pick("; it may be nothing", "; возможно, эффекта нет")
    };
    let (one, of_one) = match period {
        Period::Hour => ("hour", "час"),
        Period::Day => ("day", "день"),
        Period::Week => ("week", "неделю"),
        Period::Month => ("month", "месяц"),
        Period::Quarter => ("quarter", "квартал"),
        Period::Year => ("year", "год"),
    };
    if let Some(place) = name.strip_prefix("season ").and_then(|place| place.parse::<i32>().ok()) {
        let (this, base) = (
            of_cycle(history.first + place - 1, period, lang),
            of_cycle(history.first, period, lang),
        );
        return match lang {
            Lang::En => format!("{this} brings {amount} more than {base}{sure}"),
            Lang::Ru => format!("{this}: на {amount} больше, чем {base}{sure}"),
        };
    }
    if name == "intercept" {
        return String::new();
    }
    if name == "trend" {
        return match lang {
            Lang::En => format!("every {one} brings {amount} more than the one before{sure}"),
            Lang::Ru => format!("прирост за каждый {of_one}: {amount}{sure}"),
        };
    }
    let driver = drivers.iter().find(|driver| driver.name() == name);
    let Some(driver) = driver else { return String::new() };
    let seen = history.values.len();
    let is_flag = driver.known_after(seen, seen).iter().all(|value| [0.0, 1.0].contains(value));
    match (lang, is_flag) {
        (Lang::En, true) => format!("a {one} with {name} brings {amount} more{sure}"),
        (Lang::En, false) => format!("one more of {name} brings {amount}{sure}"),
        (Lang::Ru, true) => format!("«{name}» добавляет за {of_one} {amount}{sure}"),
        (Lang::Ru, false) => format!("единица «{name}» добавляет {amount}{sure}"),
    }
}

/// A number with three digits that count, or as a whole number.
fn rounded(value: f64) -> String {
    if value.abs() >= 100.0 {
        return format!("{value:.0}");
    }
    let digits = if value.abs() >= 10.0 {
        1
    } else if value.abs() >= 1.0 {
        2
    } else {
        4
    };
    format!("{value:.digits$}")
}
