//! Units, spans and discounts as people write them.

use crate::{Error, Result};
use crmstat_models::clv::{DiscountRate, Span, TimeUnit};

/// The names of units, as options and output write them.
const UNITS: [(TimeUnit, &str); 4] = [
    (TimeUnit::Day, "day"),
    (TimeUnit::Week, "week"),
    (TimeUnit::Month, "month"),
    (TimeUnit::Year, "year"),
];

/// The name of `unit`: `day`, `week`, `month` or `year`.
pub fn unit_name(unit: TimeUnit) -> &'static str {
    UNITS.iter().find(|(known, _)| *known == unit).map_or("", |(_, name)| name)
}

/// The unit written as `week` or `w`, and likewise day, month and year.
///
/// # Errors
/// Any other text.
///
/// # Examples
/// ```
/// use crmstat::{analysis::clv::unit_from_text, models::clv::TimeUnit};
/// assert_eq!(unit_from_text("week")?, TimeUnit::Week);
/// # Ok::<(), crmstat::Error>(())
/// ```
pub fn unit_from_text(text: &str) -> Result<TimeUnit> {
    UNITS
        .iter()
        .find(|(_, name)| *name == text || name[..1] == *text)
        .map(|(unit, _)| *unit)
        .ok_or_else(|| {
            Error::usage(format!("`{text}` is not a unit of time"))
                .with_hint("one of `day`, `week`, `month`, `year`")
        })
}

/// The span written as a number and a unit: `52w`, `365d`, `12m`, `1.5y`.
///
/// # Errors
/// A text without a unit, or a length that is not above zero.
///
/// # Examples
/// ```
/// use crmstat::{analysis::clv::span_from_text, models::clv::TimeUnit};
/// assert_eq!(span_from_text("52w")?.in_units(TimeUnit::Day), 364.0);
/// assert!(span_from_text("52").unwrap_err().is_usage());
/// # Ok::<(), crmstat::Error>(())
/// ```
pub fn span_from_text(text: &str) -> Result<Span> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (length, unit) = text.split_at(unit_at);
    let span = length.trim().parse::<f64>().ok().zip(unit_from_text(unit).ok());
    span.and_then(|(length, unit)| Span::new(length, unit).ok()).ok_or_else(|| {
        Error::usage(format!("`{text}` is not a span of time"))
            .with_hint("write a length above zero and its unit, such as `52w`, `90d`, `12m`, `1y`")
    })
}

/// The rate written as `10%/year` or `0.01/month`; `0` is none.
///
/// # Errors
/// A text without a unit of time, or a rate that is negative or not finite.
///
/// # Examples
/// ```
/// use crmstat::{analysis::clv::discount_from_text, models::clv::DiscountRate};
/// assert_eq!(discount_from_text("10%/year")?, DiscountRate::per_year(0.1)?);
/// assert!(discount_from_text("10%").unwrap_err().is_usage());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn discount_from_text(text: &str) -> Result<DiscountRate> {
    if text == "0" {
        return Ok(DiscountRate::NONE);
    }
    let parsed = text.split_once('/').and_then(|(rate, unit)| {
        let rate = match rate.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
            None => rate.trim().parse::<f64>().ok()?,
        };
        let span = Span::new(1.0, unit_from_text(unit.trim()).ok()?).ok()?;
        DiscountRate::per(rate, span).ok()
    });
    parsed.ok_or_else(|| {
        Error::usage(format!("`{text}` is not a discount rate")).with_hint(
            "write a rate and its unit of time, such as `10%/year` or `1%/month`; `0` is none",
        )
    })
}
