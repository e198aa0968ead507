//! Numbers, dates and amounts as bytes: what the file formats share.
//!
//! These run once per cell of a large table, so they write digits themselves, two at a time.

use crate::{Date, Money, Timestamp};

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Appends `number`.
pub(crate) fn push_unsigned(out: &mut Vec<u8>, mut number: u64) {
    // The longest, 2^64 - 1, has 20 digits.
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    while number >= 100 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
    if number >= 10 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[number as usize]);
    } else {
        start -= 1;
        digits[start] = b'0' + number as u8;
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends `number`.
pub(crate) fn push_signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_unsigned(out, number.unsigned_abs());
}

/// The two digits of `number`, below 100.
fn pair(number: u32) -> [u8; 2] {
    PAIRS[number as usize % 100]
}

/// Appends the two digits of `number`, below 100.
pub(crate) fn push_pair(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&pair(number));
}

/// Appends `amount` as its `Display` does: a point, two to four decimals.
pub(crate) fn push_money(out: &mut Vec<u8>, amount: Money) {
    if amount.is_negative() {
        out.push(b'-');
    }
    let magnitude = amount.units().unsigned_abs();
    let scale = Money::SCALE.unsigned_abs();
    push_unsigned(out, magnitude / scale);
    out.push(b'.');
    let fraction = (magnitude % scale) as u32;
    push_pair(out, fraction / 100);
    let fine = fraction % 100;
    if fine != 0 {
        push_pair(out, fine);
        if fine.is_multiple_of(10) {
            out.pop();
        }
    }
}

/// Appends `date` as `YYYY-MM-DD`.
pub(crate) fn push_date(out: &mut Vec<u8>, date: Date) {
    let (year, month, day) = date.to_ymd();
    let Ok(year @ 0..=9999) = u32::try_from(year) else {
        push_signed(out, i64::from(year));
        out.extend_from_slice(&month_and_day(month, day));
        return;
    };
    let [c1, c2] = pair(year / 100);
    let [y1, y2] = pair(year % 100);
    let [dash1, m1, m2, dash2, d1, d2] = month_and_day(month, day);
    out.extend_from_slice(&[c1, c2, y1, y2, dash1, m1, m2, dash2, d1, d2]);
}

/// `-MM-DD`.
fn month_and_day(month: u32, day: u32) -> [u8; 6] {
    let ([m1, m2], [d1, d2]) = (pair(month), pair(day));
    [b'-', m1, m2, b'-', d1, d2]
}

/// Appends `at` as `YYYY-MM-DDTHH:MM:SS`.
pub(crate) fn push_timestamp(out: &mut Vec<u8>, at: Timestamp) {
    push_date(out, at.date());
    out.push(b'T');
    push_time_of_day(out, at);
}

/// Appends the time of the day of `at` as `HH:MM:SS`.
pub(crate) fn push_time_of_day(out: &mut Vec<u8>, at: Timestamp) {
    let second = (at.seconds() - at.date().midnight().seconds()) as u32;
    push_pair(out, second / 3600);
    out.push(b':');
    push_pair(out, second / 60 % 60);
    out.push(b':');
    push_pair(out, second % 60);
}

/// Appends the shortest digits that read back as the finite `number`.
pub(crate) fn push_float(out: &mut Vec<u8>, number: f64) {
    out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_standard_library(
            int in any::<i64>(),
            small in -1000_i64..1000,
            days in -700_000_i32..2_900_000,
            seconds in -60_000_000_000_i64..250_000_000_000,
            float in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO,
        ) {
            for int in [int, small] {
                prop_assert_eq!(text(|out| push_signed(out, int)), int.to_string());
                let money = Money::from_units(int);
                prop_assert_eq!(text(|out| push_money(out, money)), money.to_string());
            }
            let date = Date::from_days(days);
            prop_assert_eq!(text(|out| push_date(out, date)), date.to_string());
            let at = Timestamp::from_seconds(seconds);
            prop_assert_eq!(text(|out| push_timestamp(out, at)), at.to_string());
            let read: f64 = text(|out| push_float(out, float)).parse().unwrap();
            prop_assert_eq!(read.to_bits(), float.to_bits());
        }
    }

    #[test]
    fn the_ends_of_the_ranges_print() {
        assert_eq!(text(|out| push_unsigned(out, u64::MAX)), u64::MAX.to_string());
        assert_eq!(text(|out| push_signed(out, i64::MIN)), i64::MIN.to_string());
        let least = Money::from_units(i64::MIN);
        assert_eq!(text(|out| push_money(out, least)), least.to_string());
    }
}
