//! Why a customer has the probability they have, in words with values.

use super::{
    frame::{Cells, Frame, Schema},
    silence,
};
use crate::{
    Lang,
    features::{DaysAgo, Feature},
};
use std::fmt::Write;

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

    /// The themes that raise the log-odds most, of those that have something to `say`; largest first, of equals
    /// the earlier one.
    pub(super) fn top<const N: usize>(
        &self,
        contributions: &[f64],
        says: impl Fn(u32) -> bool,
    ) -> [Option<u32>; N] {
        let mut sums = vec![0.0; self.themes.len()];
        for (theme, contribution) in self.of_column.iter().zip(contributions) {
            sums[*theme] += contribution;
        }
        let mut raising: Vec<usize> =
            (0..sums.len()).filter(|at| sums[*at] > 0.0 && says(*at as u32)).collect();
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
    Season {
        orders: Option<&'a [f64]>,
        tenure: Option<&'a [f64]>,
        /// How many days ago those weeks began.
        began: f64,
    },
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
            Theme::Season(feature) => Told::Season {
                orders: numbers(feature.clone()),
                tenure: numbers(Feature::TenureDays),
                began: match feature {
                    Feature::Orders(days) => f64::from(days.to),
                    _ => 0.0,
                },
            },
            Theme::Feature(feature) => Told::Value {
                word: feature.description(lang),
                cells: frame.cells(&feature.to_string()),
            },
            Theme::Column(name) => Told::Value { word: name.clone(), cells: frame.cells(name) },
        };
        Self { told: themes.themes.iter().map(told).collect(), lang }
    }

    /// Whether a theme says something of the customer in `row`: what is missing, or of weeks before they came,
    /// is no reason that anybody can act on.
    pub(super) fn says(&self, theme: u32, row: usize) -> bool {
        match &self.told[theme as usize] {
            Told::Season { orders: Some(orders), tenure, began } => {
                !orders[row].is_nan() && tenure.is_none_or(|tenure| tenure[row] >= *began)
            }
            Told::Season { orders: None, .. } | Told::Value { cells: None, .. } => false,
            Told::Value { cells: Some(Cells::Number(values)), .. } => !values[row].is_nan(),
            Told::Value { cells: Some(Cells::Category { codes, .. }), .. } => codes[row].is_some(),
            Told::Silence { .. } | Told::Windows { .. } | Told::Tenure(_) => true,
        }
    }

    /// Appends a theme in words, with the values of `row`.
    pub(super) fn tell(&self, theme: u32, row: usize, text: &mut String) {
        let of = |values: Option<&[f64]>| values.map(|values| values[row]);
        let lang = self.lang;
        match &self.told[theme as usize] {
            Told::Silence { recency, gap } => tell_silence(text, of(*recency), of(*gap), lang),
            Told::Windows { word, windows, all } => {
                text.push_str(word);
                let (within, unit) = lang.pick((" in ", " days"), (" за ", " дн."));
                let mut before = ": ";
                for (days, values) in windows {
                    text.push_str(before);
                    push_rounded(text, values[row]);
                    text.push_str(within);
                    push_rounded(text, f64::from(*days));
                    text.push_str(unit);
                    before = ", ";
                }
                if let Some(all) = of(*all) {
                    let (first, last) = lang.pick(("", " in all"), ("всего ", ""));
                    text.push_str(before);
                    text.push_str(first);
                    push_rounded(text, all);
                    text.push_str(last);
                }
            }
            Told::Tenure(days) => {
                text.push_str(lang.pick("first order ", "первый заказ "));
                push_days(text, of(*days).unwrap_or_default(), lang);
                text.push_str(lang.pick(" ago", " назад"));
            }
            Told::Season { orders, .. } => {
                text.push_str(lang.pick(
                    "orders in these weeks a year ago: ",
                    "заказов в эти недели год назад: ",
                ));
                push_rounded(text, of(*orders).unwrap_or_default());
            }
            Told::Value { word, cells } => {
                text.push_str(word);
                text.push_str(": ");
                push_value(text, *cells, row, lang);
            }
        }
    }
}

fn tell_silence(text: &mut String, recency: Option<f64>, gap: Option<f64>, lang: Lang) {
    // Several orders of one day have a gap of nothing; a missing one is a NaN.
    let gap = gap.map(f64::round).filter(|gap| *gap >= 1.0);
    text.push_str(lang.pick("no order for ", "нет заказов "));
    push_days(text, recency.unwrap_or_default(), lang);
    match gap {
        Some(gap) => {
            text.push_str(lang.pick(", usually every ", ", обычно раз в "));
            push_rounded(text, gap);
        }
        None => text.push_str(lang.pick(" after the first", " после первого")),
    }
}

/// Appends the value of a cell as people write it.
fn push_value(text: &mut String, cells: Option<&Cells>, row: usize, lang: Lang) {
    match cells {
        Some(Cells::Number(values)) if !values[row].is_nan() => push_rounded(text, values[row]),
        Some(Cells::Category { labels, codes }) => {
            let label = codes[row].and_then(|code| labels.get(code as usize));
            text.push_str(label.unwrap_or(lang.pick("unknown", "неизвестно")));
        }
        _ => text.push_str(lang.pick("unknown", "неизвестно")),
    }
}

/// Appends a number: whole from a hundred up, otherwise with two decimals at most.
pub(in crate::analysis) fn push_rounded(text: &mut String, value: f64) {
    /// Hundredths up to here are whole numbers to a float.
    const EXACT: f64 = 1e13;
    let hundredths = (value.abs() * 100.0).round();
    // Writing to a string cannot fail.
    let _ = if value.abs() >= EXACT {
        write!(text, "{value:.0}")
    } else if value.abs() >= 100.0 {
        write!(text, "{}", value.round() as i64)
    } else {
        let sign = if value < 0.0 && hundredths > 0.0 { "-" } else { "" };
        let (whole, decimals) = (hundredths as u32 / 100, hundredths as u32 % 100);
        match (decimals / 10, decimals % 10) {
            (0, 0) => write!(text, "{sign}{whole}"),
            (tenths, 0) => write!(text, "{sign}{whole}.{tenths}"),
            (tenths, last) => write!(text, "{sign}{whole}.{tenths}{last}"),
        }
    };
}

pub(in crate::analysis) fn push_days(text: &mut String, days: f64, lang: Lang) {
    push_rounded(text, days);
    text.push(' ');
    text.push_str(match lang {
        Lang::En if days == 1.0 => "day",
        Lang::En => "days",
        Lang::Ru => russian_days(days as u64),
    });
}

/// «1 день», «2 дня», «5 дней», «11 дней».
fn russian_days(days: u64) -> &'static str {
    match (days % 10, days % 100) {
        (_, 11..=14) => "дней",
        (1, _) => "день",
        (2..=4, _) => "дня",
        _ => "дней",
    }
}

#[cfg(test)]
mod tests {
    use super::{Teller, Theme, Themes, push_days, push_rounded, tell_silence};
    use crate::{Lang, analysis::churn::frame::Frame};

    #[test]
    fn silence_is_told_with_the_usual_gap() {
        let told = |recency, gap, lang| {
            let mut text = String::new();
            tell_silence(&mut text, Some(recency), gap, lang);
            text
        };
        assert_eq!(told(94.0, Some(20.8), Lang::En), "no order for 94 days, usually every 21");
        assert_eq!(told(94.0, Some(20.8), Lang::Ru), "нет заказов 94 дня, обычно раз в 21");
        assert_eq!(told(1.0, None, Lang::En), "no order for 1 day after the first");
    }

    #[test]
    fn russian_counts_days_as_russians_do() {
        for (days, words) in
            [(1.0, "1 день"), (22.0, "22 дня"), (11.0, "11 дней"), (100.0, "100 дней")]
        {
            let mut text = String::new();
            push_days(&mut text, days, Lang::Ru);
            assert_eq!(text, words);
        }
    }

    #[test]
    fn numbers_are_as_short_as_they_may_be() {
        for (value, expected) in [
            (3.0, "3"),
            (0.5, "0.5"),
            (0.05, "0.05"),
            (1234.56, "1235"),
            (100.0, "100"),
            (-0.25, "-0.25"),
            (-0.001, "0"),
            (2e15, "2000000000000000"),
        ] {
            let mut text = String::new();
            push_rounded(&mut text, value);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn weeks_before_a_customer_came_and_missing_values_are_no_reasons() {
        let mut frame = Frame { rows: 3, columns: Vec::new() };
        frame.push("tenure_days", vec![88.0, 400.0, 400.0]);
        frame.push("orders_275d_365d", vec![0.0, 0.0, f64::NAN]);
        frame.push("satisfaction", vec![f64::NAN, 3.0, 4.0]);
        let themes = Themes::new(&frame.schema(), true);
        let teller = Teller::new(&themes, &frame, Lang::En);
        let says = |row| (0..3).map(|theme| teller.says(theme, row)).collect::<Vec<_>>();
        assert_eq!(says(0), [true, false, false]);
        assert_eq!(says(1), [true, true, true]);
        assert_eq!(says(2), [true, false, true]);
        let top = |row| themes.top::<3>(&[0.1, 0.3, 0.2], |theme| teller.says(theme, row));
        assert_eq!(top(0), [Some(0), None, None]);
        assert_eq!(top(1), [Some(1), Some(2), Some(0)]);
    }

    #[test]
    fn features_that_say_the_same_share_a_theme() {
        assert_eq!(Theme::of("recency_days"), Theme::of("recency_in_gaps"));
        assert_eq!(Theme::of("orders_30d"), Theme::of("frequency"));
        assert_ne!(Theme::of("orders_274d_365d"), Theme::of("frequency"));
        assert_eq!(Theme::of("Contract"), Theme::Column("Contract".to_owned()));
    }
}
