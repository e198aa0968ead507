//! Amounts, days and instants as they are displayed, so that results can be serialised exactly.

use crate::{Date, Money, Timestamp};
use serde::Serializer;

/// Units of money as an exact decimal.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
pub(super) fn money<S: Serializer>(units: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Money::from_units(*units))
}

/// Days since 1970 as an ISO date.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
pub(super) fn date<S: Serializer>(days: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Date::from_days(*days))
}

/// Seconds since 1970 as an ISO stamp.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
pub(super) fn timestamp<S: Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Timestamp::from_seconds(*seconds))
}

#[cfg(test)]
mod tests {
    use crate::{AsOf, Date, Money, Timestamp};

    #[test]
    fn results_carry_exact_amounts_and_iso_days() {
        let day = Date::from_days(20_000);
        let all = (Money::from_units(1_234_500), day, AsOf::start_of(day), day.midnight());
        let shown = serde_json::to_string(&all).unwrap();
        assert_eq!(shown, r#"["123.45","2024-10-04","2024-10-04","2024-10-04T00:00:00"]"#);
        assert_eq!(
            serde_json::to_string(&Timestamp::from_seconds(-1)).unwrap(),
            r#""1969-12-31T23:59:59""#
        );
    }
}
