//! Numbers, dates and counts as people of a language write them.

use crate::{
    Date, Lang,
    data::{
        Currency,
        table::{Column, Values},
    },
};

/// What a number of a report is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An amount in the currency of the report.
    Money,
    /// A number of things.
    Count,
    /// A share of a whole, from 0 to 1; people read percent.
    Share,
    /// Days.
    Days,
    /// A number without a unit, with so many decimals.
    Number(usize),
}

/// A language and a currency: how numbers and dates are written.
///
/// ```
/// use crmstat::{Lang, report::{Locale, Unit}};
/// let english = Locale::new(Lang::En, None);
/// assert_eq!(english.number(1_234_567.0, Unit::Count), "1,234,567");
/// assert_eq!(english.number(0.256, Unit::Share), "25.6%");
/// assert_eq!(english.compact(1_234_567.0, Unit::Money), "1.23M");
/// let russian = Locale::new(Lang::Ru, None);
/// assert_eq!(russian.number(1_234.6, Unit::Money), "1\u{A0}235");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    lang: Lang,
    currency: Option<Currency>,
}

/// Stands for what is not known.
pub(super) const MISSING: &str = "–";

impl Locale {
    /// The locale of `lang`, with amounts in `currency` where it is known.
    pub fn new(lang: Lang, currency: Option<Currency>) -> Self {
        Self { lang, currency }
    }

    /// The language.
    pub fn lang(self) -> Lang {
        self.lang
    }

    /// The ISO 4217 code of the currency of amounts, where the export names it.
    pub fn currency(self) -> Option<Currency> {
        self.currency
    }

    /// `english` or `russian`, whichever the language is.
    pub(super) fn pick<T: Copy>(self, english: T, russian: T) -> T {
        self.lang.pick(english, russian)
    }

    /// `value` in `unit`, whole where decimals would say nothing: amounts and days from 100 up.
    pub fn number(self, value: f64, unit: Unit) -> String {
        let decimals = match unit {
            Unit::Share => return self.percent(value, 1),
            Unit::Money if value.abs() < 100.0 && value.fract() != 0.0 => 2,
            Unit::Count | Unit::Money => 0,
            Unit::Days if value.fract() == 0.0 || value.abs() >= 100.0 => 0,
            Unit::Days => 1,
            Unit::Number(decimals) => decimals,
        };
        let text = self.decimal(value, decimals);
        if unit == Unit::Money { self.with_sign(&text) } else { text }
    }

    /// `value` in three digits and a word for thousands, millions, billions: for axes and cards.
    pub fn compact(self, value: f64, unit: Unit) -> String {
        const STEPS: [(f64, &str, &str); 4] = [
            (1e12, "T", "\u{A0}трлн"),
            (1e9, "B", "\u{A0}млрд"),
            (1e6, "M", "\u{A0}млн"),
            (1e4, "K", "\u{A0}тыс."),
        ];
        if unit == Unit::Share {
            return self.percent(value, usize::from(value.abs() < 0.1 && value != 0.0));
        }
        let size = value.abs();
        // A number that rounds up to the next step is written by it.
        let Some((step, english, russian)) =
            STEPS.into_iter().find(|(step, ..)| size >= step * 0.9995)
        else {
            return self.number(value, unit);
        };
        let unit_size = if step == 1e4 { 1e3 } else { step };
        let scaled = value / unit_size;
        let decimals = match scaled.abs() {
            size if size < 9.995 => 2,
            size if size < 99.95 => 1,
            _ => 0,
        };
        let digits = self.decimal(scaled, decimals);
        let text = format!("{}{}", self.trimmed(&digits), self.pick(english, russian));
        if unit == Unit::Money { self.with_sign(&text) } else { text }
    }

    /// A share as percent with `decimals`.
    pub(super) fn percent(self, share: f64, decimals: usize) -> String {
        format!("{}{}", self.decimal(share * 100.0, decimals), self.pick("%", "\u{A0}%"))
    }

    /// A relative change with its sign.
    pub(super) fn change(self, change: f64) -> String {
        let decimals = usize::from(change.abs() < 0.0995);
        let text = self.percent(change.abs(), decimals);
        let sign = if change < 0.0 { "−" } else { "+" };
        format!("{sign}{text}")
    }

    /// `value` with grouped thousands and `decimals`, a real minus, and no sign on a zero.
    pub(super) fn decimal(self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return MISSING.to_owned();
        }
        let written = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
        let (separator, point) = self.pick((',', '.'), ('\u{A0}', ','));
        let is_zero = written.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let mut text = String::from(if value < 0.0 && !is_zero { "−" } else { "" });
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                text.push(separator);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }

    /// Without zeros behind the point.
    fn trimmed(self, digits: &str) -> &str {
        let point = self.pick('.', ',');
        if digits.contains(point) {
            digits.trim_end_matches('0').trim_end_matches(point)
        } else {
            digits
        }
    }

    /// An amount with the sign of its currency, before it in English and behind it in Russian; a currency
    /// without a well-known sign has its code behind it.
    fn with_sign(self, amount: &str) -> String {
        let Some(currency) = &self.currency else { return amount.to_owned() };
        let Some(sign) = sign_of(*currency) else {
            return format!("{amount}\u{A0}{}", currency.code());
        };
        match (self.lang, amount.strip_prefix('−')) {
            (Lang::Ru, _) => format!("{amount}\u{A0}{sign}"),
            (Lang::En, Some(amount)) => format!("−{sign}{amount}"),
            (Lang::En, None) => format!("{sign}{amount}"),
        }
    }

    /// A day: `5 Jan 2026`, `5 января 2026`.
    pub fn date(self, date: Date) -> String {
        const GENITIVE: [&str; 12] = [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ];
        let (year, month, day) = date.to_ymd();
        let month = month as usize - 1;
        format!("{day}\u{A0}{}\u{A0}{year}", self.pick(ENGLISH_MONTHS[month], GENITIVE[month]))
    }

    /// A month: `Jan 2026`, `янв 2026`.
    pub fn month(self, date: Date) -> String {
        const SHORT: [&str; 12] =
            ["янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"];
        let (year, month, _) = date.to_ymd();
        let month = month as usize - 1;
        format!("{}\u{A0}{year}", self.pick(ENGLISH_MONTHS[month], SHORT[month]))
    }

    /// `count` with the form of a noun that goes with it: English singular and plural; Russian for one
    /// («клиент»), for two («клиента») and for five («клиентов»).
    pub(super) fn counted(self, count: u64, english: [&str; 2], russian: [&str; 3]) -> String {
        let word = match self.lang {
            Lang::En => english[usize::from(count != 1)],
            Lang::Ru => match (count % 10, count % 100) {
                (_, 11..=14) => russian[2],
                (1, _) => russian[0],
                (2..=4, _) => russian[1],
                _ => russian[2],
            },
        };
        format!("{}\u{A0}{word}", self.decimal(count as f64, 0))
    }

    /// `count` customers.
    pub(super) fn customers(self, count: u64) -> String {
        self.counted(count, ["customer", "customers"], ["клиент", "клиента", "клиентов"])
    }

    /// `count` days.
    pub(super) fn days(self, count: u64) -> String {
        self.counted(count, ["day", "days"], ["день", "дня", "дней"])
    }

    /// The heading of `column` in a table of the page: amounts have their currency beside it.
    pub(super) fn heading_of(self, column: &Column) -> String {
        let heading = self.heading(column.title(self.lang));
        match (column.values(), self.currency) {
            (Values::Money(_), Some(currency)) => {
                format!("{heading}, {}", sign_of(currency).unwrap_or_else(|| currency.code()))
            }
            _ => heading,
        }
    }

    /// The column's heading: in English its name without underscores, as titles are names there.
    pub(super) fn heading(self, title: &str) -> String {
        const ACRONYMS: [&str; 4] = ["auc", "clv", "id", "rfm"];
        if self.lang == Lang::Ru {
            return title.to_owned();
        }
        let words = title.split('_').map(|word| {
            if ACRONYMS.contains(&word) { word.to_uppercase() } else { word.to_owned() }
        });
        capitalised(&words.collect::<Vec<_>>().join(" "))
    }
}

/// The well-known sign of a currency.
fn sign_of(currency: Currency) -> Option<&'static str> {
    Some(match currency.code() {
        "RUB" | "RUR" => "₽",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "KZT" => "₸",
        "UAH" => "₴",
        _ => return None,
    })
}

/// `text` with its first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

const ENGLISH_MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::{Locale, Unit};
    use crate::{Date, Lang, data::Currency};

    #[test]
    fn amounts_carry_the_sign_of_their_currency() {
        let dollars = Locale::new(Lang::En, Currency::from_name("USD"));
        assert_eq!(dollars.number(-1234.4, Unit::Money), "−$1,234");
        assert_eq!(dollars.number(12.345, Unit::Money), "$12.35");
        let roubles = Locale::new(Lang::Ru, Currency::from_name("RUB"));
        assert_eq!(roubles.compact(12_345_678.0, Unit::Money), "12,3\u{A0}млн\u{A0}₽");
        let francs = Locale::new(Lang::En, Currency::from_name("CHF"));
        assert_eq!(francs.number(1000.0, Unit::Money), "1,000\u{A0}CHF");
    }

    #[test]
    fn compact_numbers_never_round_into_a_fourth_digit() {
        let english = Locale::new(Lang::En, None);
        for (value, text) in [
            (0.0, "0"),
            (9_994.0, "9,994"),
            (12_000.0, "12K"),
            (99_960.0, "100K"),
            (999_600.0, "1M"),
            (1_500_000_000.0, "1.5B"),
            (-20_000.0, "−20K"),
        ] {
            assert_eq!(english.compact(value, Unit::Count), text);
        }
        assert_eq!(english.compact(0.05, Unit::Share), "5.0%");
        assert_eq!(english.number(f64::NAN, Unit::Count), "–");
        assert_eq!(english.number(-0.001, Unit::Number(2)), "0.00");
    }

    #[test]
    fn changes_keep_their_sign_and_a_small_one_its_decimal() {
        let english = Locale::new(Lang::En, None);
        assert_eq!(english.change(0.234), "+23%");
        assert_eq!(english.change(-0.012), "−1.2%");
    }

    #[test]
    fn nouns_follow_their_numbers() {
        let russian = Locale::new(Lang::Ru, None);
        for (count, words) in [(1, "1 клиент"), (3, "3 клиента"), (11, "11 клиентов")]
        {
            assert_eq!(russian.customers(count).replace('\u{A0}', " "), words);
        }
        assert_eq!(Locale::new(Lang::En, None).days(1), "1\u{A0}day");
        let date = Date::from_ymd(2026, 1, 5).unwrap();
        assert_eq!(russian.date(date).replace('\u{A0}', " "), "5 января 2026");
        assert_eq!(Locale::new(Lang::En, None).heading("revenue_at_risk"), "Revenue at risk");
        assert_eq!(Locale::new(Lang::En, None).heading("customer_id"), "Customer ID");
    }
}
