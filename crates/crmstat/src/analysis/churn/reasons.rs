//! Why a customer has the probability they have, in words with values.

use super::{
    frame::{Cells, Frame, Schema},
    silence,
};
use crate::{
    Lang,
    features::{DaysAgo, Feature},
};

/// The windows that are told: more of them say the same again.
const TOLD: [u32; 2] = [90, 365];

/// What several features say together: one reason, not five that repeat each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Theme {
    /// The days since the last order against the usual gap.
    Silence,
    /// How often the customer orders.
    Pace,
    /// How much the customer spends.
    Spend,
    /// How long the customer has been one.
    Tenure,
    /// Orders in the coming weeks a year ago.
    Season(Feature),
    /// A feature that speaks for itself.
    Feature(Feature),
    /// A column of a table.
    Column(String),
}

impl Theme {
    fn of(name: &str) -> Self {
        match name.parse::<Feature>() {
            Ok(Feature::RecencyDays | Feature::RecencyInGaps | Feature::MeanGapDays) => {
                Self::Silence
            }
            Ok(Feature::Orders(DaysAgo { from: 0, .. }) | Feature::Frequency) => Self::Pace,
            Ok(Feature::Spend(DaysAgo { from: 0, .. }) | Feature::Monetary) => Self::Spend,
            Ok(Feature::TenureDays) => Self::Tenure,
            Ok(feature @ Feature::Orders(_)) => Self::Season(feature),
            Ok(feature) => Self::Feature(feature),
            Err(_) if name == silence::COLUMN => Self::Silence,
            Err(_) => Self::Column(name.to_owned()),
        }
    }
}

/// The themes of a schema, and the theme of each of its columns.
pub(super) struct Themes {
    themes: Vec<Theme>,
    of_column: Vec<usize>,
}

impl Themes {
    /// Of features where `of_orders`, else of columns of a table, whose headers mean nothing to us.
    pub(super) fn new(schema: &[Schema], of_orders: bool) -> Self {
        let mut themes: Vec<Theme> = Vec::new();
        let of_column = schema
            .iter()
            .map(|column| {
                let name = &column.name;
                let theme =
                    if of_orders { Theme::of(name) } else { Theme::Column(name.to_owned()) };
                themes.iter().position(|known| *known == theme).unwrap_or_else(|| {
                    themes.push(theme);
                    themes.len() - 1
                })
            })
            .collect();
        Self { themes, of_column }
    }

    /// The themes that raise the log-odds most, largest first; of equals the earlier one.
    pub(super) fn top<const N: usize>(&self, contributions: &[f64]) -> [Option<u32>; N] {
        let mut sums = vec![0.0; self.themes.len()];
        for (theme, contribution) in self.of_column.iter().zip(contributions) {
            sums[*theme] += contribution;
        }
        let mut raising: Vec<usize> = (0..sums.len()).filter(|at| sums[*at] > 0.0).collect();
        raising.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]));
        std::array::from_fn(|place| raising.get(place).map(|at| *at as u32))
    }
}

/// A short name of a column, for tables of features.
pub(super) fn describe(column: &str, of_orders: bool, lang: Lang) -> String {
    if of_orders && column == silence::COLUMN {
        return lang
            .pick("no order expected from the rhythm of orders", "ожидание тишины по ритму заказов")
            .to_owned();
    }
    match column.parse::<Feature>() {
        Ok(feature) if of_orders => feature.description(lang),
        _ => column.to_owned(),
    }
}

/// Themes in words, with the columns that they read found once.
pub(super) struct Teller<'a> {
    told: Vec<Told<'a>>,
    lang: Lang,
}

/// What is said of a theme, and of which columns; one that is not there is left out.
enum Told<'a> {
    Silence {
        recency: Option<&'a [f64]>,
        gap: Option<&'a [f64]>,
    },
    /// The values of windows that end at the cutoff, shortest first, then of all time.
    Windows {
        word: &'static str,
        windows: Vec<(u32, &'a [f64])>,
        all: Option<&'a [f64]>,
    },
    Tenure(Option<&'a [f64]>),
    Season(Option<&'a [f64]>),
    Value {
        word: String,
        cells: Option<&'a Cells>,
    },
}

impl<'a> Teller<'a> {
    pub(super) fn new(themes: &Themes, frame: &'a Frame, lang: Lang) -> Self {
        let numbers = |feature: Feature| frame.numbers(&feature.to_string());
        let windows = |of: fn(DaysAgo) -> Feature| {
            let window = |days: &u32| Some((*days, numbers(of(DaysAgo::last(*days)))?));
            TOLD.iter().filter_map(window).collect::<Vec<_>>()
        };
        let told = |theme: &Theme| match theme {
            Theme::Silence => Told::Silence {
                recency: numbers(Feature::RecencyDays),
                gap: numbers(Feature::MeanGapDays),
            },
            Theme::Pace => Told::Windows {
                word: lang.pick("orders", "заказов"),
                windows: windows(Feature::Orders),
                all: numbers(Feature::Frequency),
            },
            Theme::Spend => Told::Windows {
                word: lang.pick("spent", "потрачено"),
                windows: windows(Feature::Spend),
                all: numbers(Feature::Monetary),
            },
            Theme::Tenure => Told::Tenure(numbers(Feature::TenureDays)),
            Theme::Season(feature) => Told::Season(numbers(feature.clone())),
            Theme::Feature(feature) => Told::Value {
                word: feature.description(lang),
                cells: frame.cells(&feature.to_string()),
            },
            Theme::Column(name) => Told::Value { word: name.clone(), cells: frame.cells(name) },
        };
        Self { told: themes.themes.iter().map(told).collect(), lang }
    }

    /// A theme in words, with the values of `row`.
    pub(super) fn tell(&self, theme: u32, row: usize) -> String {
        let of = |values: Option<&[f64]>| values.map(|values| values[row]);
        let lang = self.lang;
        match &self.told[theme as usize] {
            Told::Silence { recency, gap } => silent_for(of(*recency), of(*gap), lang),
            Told::Windows { word, windows, all } => {
                let mut text = format!("{word}: ");
                for (days, values) in windows {
                    let value = rounded(values[row]);
                    match lang {
                        Lang::En => text.push_str(&format!("{value} in {days} days, ")),
                        Lang::Ru => text.push_str(&format!("{value} за {days} дн., ")),
                    }
                }
                if let Some(all) = of(*all).map(rounded) {
                    match lang {
                        Lang::En => text.push_str(&format!("{all} in all, ")),
                        Lang::Ru => text.push_str(&format!("всего {all}, ")),
                    }
                }
                text.truncate(text.trim_end_matches([',', ' ', ':']).len());
                text
            }
            Told::Tenure(days) => {
                let days = of(*days).unwrap_or_default();
                match lang {
                    Lang::En => format!("customer for {}", english_days(days)),
                    Lang::Ru => format!("клиент {}", russian_days(days)),
                }
            }
            Told::Season(orders) => {
                let orders = of(*orders).unwrap_or_default();
                match lang {
                    Lang::En => format!("orders in these weeks a year ago: {orders}"),
                    Lang::Ru => format!("заказов в эти недели год назад: {orders}"),
                }
            }
            Told::Value { word, cells } => format!("{word}: {}", value(*cells, row, lang)),
        }
    }
}

fn silent_for(recency: Option<f64>, gap: Option<f64>, lang: Lang) -> String {
    let recency = recency.unwrap_or_default();
    // Several orders of one day have a gap of nothing; a missing one is a NaN.
    let gap = gap.map(f64::round).filter(|gap| *gap >= 1.0);
    match (lang, gap) {
        (Lang::En, Some(gap)) => {
            format!("no order for {}, usually every {gap}", english_days(recency))
        }
        (Lang::En, None) => format!("no order for {} after the first", english_days(recency)),
        (Lang::Ru, Some(gap)) => {
            format!("нет заказов {}, обычно раз в {gap}", russian_days(recency))
        }
        (Lang::Ru, None) => format!("нет заказов {} после первого", russian_days(recency)),
    }
}

/// The value of a cell as people write it.
fn value(cells: Option<&Cells>, row: usize, lang: Lang) -> String {
    let text = cells.and_then(|cells| match cells {
        Cells::Number(values) => Some(values[row]).filter(|value| !value.is_nan()).map(rounded),
        Cells::Category { labels, codes } => {
            codes[row].and_then(|code| labels.get(code as usize)).map(str::to_owned)
        }
    });
    text.unwrap_or_else(|| lang.pick("unknown", "неизвестно").to_owned())
}

/// Whole from a hundred up, otherwise two decimals at most.
fn rounded(value: f64) -> String {
    let text = if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn english_days(days: f64) -> String {
    format!("{days} {}", if days == 1.0 { "day" } else { "days" })
}

/// «1 день», «2 дня», «5 дней», «11 дней».
fn russian_days(days: f64) -> String {
    let whole = days as u64;
    let word = match (whole % 10, whole % 100) {
        (_, 11..=14) => "дней",
        (1, _) => "день",
        (2..=4, _) => "дня",
        _ => "дней",
    };
    format!("{whole} {word}")
}

#[cfg(test)]
mod tests {
    use super::{Theme, rounded, russian_days, silent_for};
    use crate::Lang;

    #[test]
    fn silence_is_told_with_the_usual_gap() {
        assert_eq!(
            silent_for(Some(94.0), Some(20.8), Lang::En),
            "no order for 94 days, usually every 21"
        );
        assert_eq!(
            silent_for(Some(94.0), Some(20.8), Lang::Ru),
            "нет заказов 94 дня, обычно раз в 21"
        );
        assert_eq!(silent_for(Some(1.0), None, Lang::En), "no order for 1 day after the first");
    }

    #[test]
    fn russian_counts_days_as_russians_do() {
        for (days, words) in
            [(1.0, "1 день"), (22.0, "22 дня"), (11.0, "11 дней"), (100.0, "100 дней")]
        {
            assert_eq!(russian_days(days), words);
        }
    }

    #[test]
    fn numbers_are_as_short_as_they_may_be() {
        for (value, text) in
            [(3.0, "3"), (0.5, "0.5"), (1234.56, "1235"), (100.0, "100"), (-0.25, "-0.25")]
        {
            assert_eq!(rounded(value), text);
        }
    }

    #[test]
    fn features_that_say_the_same_share_a_theme() {
        assert_eq!(Theme::of("recency_days"), Theme::of("recency_in_gaps"));
        assert_eq!(Theme::of("orders_30d"), Theme::of("frequency"));
        assert_ne!(Theme::of("orders_274d_365d"), Theme::of("frequency"));
        assert_eq!(Theme::of("Contract"), Theme::Column("Contract".to_owned()));
    }
}
