//! Exchange rates.

use crate::{Error, Money, Result, data::Currency};
use std::collections::BTreeMap;

/// Exchange rates into one base currency, exact as written.
///
/// A rate is what one unit of a currency costs in the base currency. Two forms are read. TOML:
///
/// ```toml
/// base = "RUB"
///
/// [rates]
/// USD = 92.5
/// EUR = "100.1234"
/// ```
///
/// and CSV with the header `currency,rate`, where the base currency is the one whose rate is 1:
///
/// ```csv
/// currency,rate
/// RUB,1
/// USD,92.5
/// ```
///
/// # Examples
/// ```
/// use crmstat::{Money, data::Currency, ingest::profile::Rates};
///
/// let rates = Rates::from_text("currency,rate\nRUB,1\nUSD,92.5\n")?;
/// let dollar = Currency::from_name("USD").unwrap();
/// let converted = rates.convert(Money::from_units(12_500), dollar)?; // 1.25 dollars
/// assert_eq!(converted.to_string(), "115.625");
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    base: Currency,
    rates: BTreeMap<Currency, Rate>,
}

/// `mantissa / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    mantissa: i64,
    decimals: u32,
}

impl Rate {
    const ONE: Self = Self { mantissa: 1, decimals: 0 };

    /// Reads plain digits with a decimal point: up to 18 digits, above zero.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{}", fraction.trim_end_matches('0'));
        let decimals = (digits.len() - whole.len()) as u32;
        let plain = digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let mantissa = digits.parse().ok().filter(|&mantissa| plain && mantissa > 0)?;
        Some(Self { mantissa, decimals })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlRates {
    base: String,
    rates: BTreeMap<String, toml::Value>,
}

impl Rates {
    /// Reads rates written as TOML or as CSV.
    ///
    /// # Errors
    /// A data error that names what is wrong: a currency that is none, a rate that is not a number above
    /// zero, a currency given twice, a CSV without exactly one rate of 1.
    pub fn from_text(text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{FEFF}');
        let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let is_csv = first.to_lowercase().starts_with("currency") && !first.contains('=');
        if is_csv { Self::from_csv(text) } else { Self::from_toml(text) }
    }

    fn from_toml(text: &str) -> Result<Self> {
        let file: TomlRates = toml::from_str(text)
            .map_err(|cause| rates_error(format!("not a file of rates: {}", cause.message())))?;
        let base = currency(&file.base)?;
        let mut rates = BTreeMap::from([(base, Rate::ONE)]);
        for (name, value) in file.rates {
            let written = match value {
                toml::Value::String(text) => text,
                // The shortest digits that read back as the same float are the digits written.
                toml::Value::Float(number) => number.to_string(),
                toml::Value::Integer(number) => number.to_string(),
                other => other.to_string(),
            };
            insert(&mut rates, &name, &written, Some(base))?;
        }
        Ok(Self { base, rates })
    }

    fn from_csv(text: &str) -> Result<Self> {
        let mut rates = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).skip(1) {
            let (name, rate) = line
                .split_once([',', ';', '\t'])
                .ok_or_else(|| rates_error(format!("`{line}` is not `currency,rate`")))?;
            insert(&mut rates, name.trim_matches('"'), rate.trim().trim_matches('"'), None)?;
        }
        let mut ones = rates.iter().filter(|(_, rate)| **rate == Rate::ONE);
        match (ones.next(), ones.next()) {
            (Some((&base, _)), None) => Ok(Self { base, rates }),
            _ => Err(rates_error("exactly one currency must have the rate 1: the base".to_owned())),
        }
    }

    /// The currency that amounts are converted into.
    pub fn base(&self) -> Currency {
        self.base
    }

    /// `amount` of `currency` in the base currency, rounded half away from zero to the scale of
    /// [`Money`]; nothing is rounded before.
    ///
    /// # Errors
    /// A data error where the currency has no rate or the amount leaves the range of money.
    pub fn convert(&self, amount: Money, currency: Currency) -> Result<Money> {
        let rate = self
            .rates
            .get(&currency)
            .ok_or_else(|| rates_error(format!("there is no rate for {currency}")))?;
        // 2^63 × 10^18 is below 2^127, so that the product cannot overflow.
        let product = i128::from(amount.units()) * i128::from(rate.mantissa);
        let divisor = 10_i128.pow(rate.decimals);
        let (whole, rest) = (product / divisor, product % divisor);
        let away = if 2 * rest.abs() >= divisor { product.signum() } else { 0 };
        i64::try_from(whole + away).map(Money::from_units).map_err(|_| {
            Error::data(format!("{amount} {currency} in {} is past the range of money", self.base))
        })
    }
}

fn rates_error(message: String) -> Error {
    Error::data(message).with_hint(
        "`--rates` takes TOML (`base = \"RUB\"`, `[rates]`, `USD = 92.5`) or CSV (`currency,rate`)",
    )
}

fn currency(name: &str) -> Result<Currency> {
    Currency::from_name(name).ok_or_else(|| rates_error(format!("`{name}` is not a currency")))
}

fn insert(
    rates: &mut BTreeMap<Currency, Rate>,
    name: &str,
    written: &str,
    base: Option<Currency>,
) -> Result<()> {
    let currency = currency(name)?;
    let rate = Rate::parse(written)
        .ok_or_else(|| rates_error(format!("the rate of {currency} is `{written}`")))?;
    let known = rates.insert(currency, rate);
    // The base may be listed too, as long as its rate is 1.
    let repeated = known.is_some_and(|known| base != Some(currency) || known != rate);
    if repeated {
        return Err(rates_error(format!("{currency} has two rates")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd() -> Currency {
        Currency::from_name("USD").unwrap()
    }

    #[test]
    fn both_forms_mean_the_same() {
        let toml = "base = \"RUB\"\n[rates]\nUSD = 92.5\nEUR = \"100.1234\"\nRUB = 1\n";
        let csv = "currency,rate\nRUB,1\n\"USD\",92.50\nEuro;100.1234\n";
        let rates = Rates::from_text(toml).unwrap();
        assert_eq!(rates, Rates::from_text(csv).unwrap());
        assert_eq!(rates.base().code(), "RUB");
    }

    #[test]
    fn wrong_files_are_refused_with_the_reason() {
        for (text, said) in [
            ("", "not a file of rates"),
            ("currency,rate\nUSD,92.5\n", "exactly one currency"),
            ("currency,rate\nRUB,1\nUSD,0\n", "the rate of USD is `0`"),
            ("currency,rate\nRUB,1\nUSD,-3\n", "the rate of USD is `-3`"),
            ("currency,rate\nRUB,1\nUSD,NaN\n", "the rate of USD is `NaN`"),
            ("currency,rate\nRUB,1\nUSD,2\nUSD,3\n", "USD has two rates"),
            ("currency,rate\nRUB,1\nPebbles,2\n", "`Pebbles` is not a currency"),
            ("base = \"RUB\"\n[rates]\nRUB = 2\n", "RUB has two rates"),
        ] {
            let error = Rates::from_text(text).unwrap_err();
            assert!(error.is_data() && error.to_string().contains(said), "{text:?}: {error}");
        }
    }

    #[test]
    fn conversion_rounds_once_half_away_from_zero() {
        let rates = Rates::from_text("currency,rate\nRUB,1\nUSD,0.5\n").unwrap();
        for (units, converted) in [(1, 1), (-1, -1), (3, 2), (2, 1), (0, 0)] {
            let money = rates.convert(Money::from_units(units), usd()).unwrap();
            assert_eq!(money.units(), converted);
        }
        let dear = Rates::from_text("currency,rate\nRUB,1\nUSD,2\n").unwrap();
        assert!(dear.convert(Money::from_units(i64::MAX), usd()).is_err());
        let euro = Currency::from_name("EUR").unwrap();
        assert!(dear.convert(Money::ZERO, euro).unwrap_err().to_string().contains("EUR"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(currency,rate\n)?(\\PC{0,8},?[0-9.]{0,6}\n){0,4}") {
            let _ = Rates::from_text(&text);
        }

        #[test]
        fn a_rate_of_one_changes_nothing(units: i64) {
            let rates = Rates::from_text("currency,rate\nUSD,1\n").unwrap();
            let money = Money::from_units(units);
            prop_assert_eq!(rates.convert(money, usd()).unwrap(), money);
        }
    }
}
