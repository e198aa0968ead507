//! A trend in the size of a word.

use super::at;
use crate::report::{Locale, Unit, html::escape::escape};

const WIDTH: f64 = 132.0;
const HEIGHT: f64 = 34.0;
/// Room for the dot at the end.
const MARGIN: f64 = 3.0;

/// `values` as a line with a dot at its end; `name` says what they are. Nothing for fewer than two.
pub(in crate::report::html) fn sparkline(
    values: &[f64],
    name: &str,
    unit: Unit,
    locale: Locale,
) -> String {
    if values.len() < 2 {
        return String::new();
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = if high > low { high - low } else { 1.0 };
    let step = (WIDTH - 2.0 * MARGIN) / (values.len() - 1) as f64;
    let point = |index: usize| {
        let x = MARGIN + step * index as f64;
        let y = HEIGHT - MARGIN - (values[index] - low) / spread * (HEIGHT - 2.0 * MARGIN);
        (at(x), at(y))
    };
    let points: Vec<String> = (0..values.len())
        .map(|index| {
            let (x, y) = point(index);
            format!("{x},{y}")
        })
        .collect();
    let (x, y) = point(values.len() - 1);
    let ends = [values[0], values[values.len() - 1]].map(|value| locale.compact(value, unit));
    let title = format!("{name}: {} → {}", ends[0], ends[1]);
    format!(
        "<svg class=\"spark\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{0}\">\
         <title>{0}</title><polyline points=\"{1}\"/><circle cx=\"{x}\" cy=\"{y}\" r=\"3\"/></svg>",
        escape(&title),
        points.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::sparkline;
    use crate::{
        Lang,
        report::{Locale, Unit},
    };

    #[test]
    fn a_trend_needs_two_values_and_may_be_flat() {
        let locale = Locale::new(Lang::En, None);
        assert_eq!(sparkline(&[1.0], "x", Unit::Count, locale), "");
        let flat = sparkline(&[5.0, 5.0], "a<b", Unit::Count, locale);
        assert!(flat.contains("points=\"3,31 129,31\""), "{flat}");
        assert!(flat.contains("a&lt;b: 5 → 5") && !flat.contains("NaN"), "{flat}");
    }
}
