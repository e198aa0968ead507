//! One cell of a workbook to text.

use std::fmt::Write;

use calamine::{Data, DataRef, ExcelDateTime};

use crate::{Date, Timestamp};

const SECONDS_PER_DAY: f64 = 86_400.0;
/// The serial day after the last that Excel knows, 9999-12-31, in the system of 1900.
const SERIAL_END: f64 = 2_958_466.0;
/// Days from the start of the system of 1900 to that of 1904.
const DAYS_1904: f64 = 1_462.0;
/// The serial that the system of 1900 gives to 29 February 1900, a day that never was.
const LEAP_DAY_OF_1900: i32 = 60;

/// Up to here a float is one whole number.
const EXACT: f64 = (1_u64 << 53) as f64;

/// Appends `value` to `text` as the text path reads it; false for an error such as `#DIV/0!`.
///
/// Dates become ISO; numbers keep every digit that tells them from their neighbours.
pub(super) fn write(value: &DataRef<'_>, text: &mut String) -> bool {
    // Writing into a string cannot fail.
    let _ = match value {
        DataRef::Empty => Ok(()),
        DataRef::Error(_) => return false,
        DataRef::String(value) => text.write_str(value),
        DataRef::SharedString(value) => text.write_str(value),
        DataRef::Bool(value) => write!(text, "{value}"),
        DataRef::Int(value) => write!(text, "{value}"),
        // It stands for several whole numbers; written with all its digits it would pass for one of them.
        DataRef::Float(value) if value.abs() > EXACT => {
            let digits = format!("{value:E}");
            write!(text, "{}", digits.replacen('E', "E+", 1))
        }
        // The sum turns a negative zero into a plain one.
        DataRef::Float(value) => write!(text, "{}", value + 0.0),
        DataRef::DateTime(value) => write_serial(value, text),
        DataRef::DateTimeIso(value) => text.write_str(without_fraction(value)),
        DataRef::DurationIso(value) => text.write_str(&clock_time(value)),
    };
    true
}

/// `data` as the streaming readers give it.
pub(super) fn borrowed(data: &Data) -> DataRef<'_> {
    match data {
        Data::Empty => DataRef::Empty,
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::String(value) => DataRef::SharedString(value),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(value) => DataRef::DateTimeIso(value.clone()),
        Data::DurationIso(value) => DataRef::DurationIso(value.clone()),
    }
}

/// A serial day: `YYYY-MM-DD` at midnight, `YYYY-MM-DDTHH:MM:SS` otherwise, `HH:MM:SS` for a time of day
/// or a duration, and the bare number where the calendar of Excel ends.
fn write_serial(value: &ExcelDateTime, text: &mut String) -> std::fmt::Result {
    let serial = value.as_f64();
    if value.is_duration() {
        return write_clock((serial * SECONDS_PER_DAY).round(), text);
    }
    if !(0.0..SERIAL_END).contains(&serial) {
        return write!(text, "{}", serial + 0.0);
    }
    if serial < 1.0 {
        return write_clock((serial * SECONDS_PER_DAY).round(), text);
    }
    let serial = if value_is_1904(value) { serial + DAYS_1904 } else { serial };
    let seconds = (serial * SECONDS_PER_DAY).round() as i64;
    let day = seconds.div_euclid(SECONDS_PER_DAY as i64) as i32;
    let second = seconds.rem_euclid(SECONDS_PER_DAY as i64);
    if day == LEAP_DAY_OF_1900 {
        // No calendar has it, so it is written as it is shown, for the parser to refuse.
        return text.write_str("1900-02-29");
    }
    // Days count from 1899-12-31 = 0 before the day that never was, and from 1899-12-30 after it.
    let first = Date::from_ymd(1899, 12, if day < LEAP_DAY_OF_1900 { 31 } else { 30 });
    let date = first.unwrap_or_default().plus_days(day);
    if second == 0 {
        write!(text, "{date}")
    } else {
        let instant = Timestamp::from_seconds(date.midnight().seconds() + second);
        write!(text, "{instant}")
    }
}

/// Whether the workbook counts days from 1904. The type keeps that to itself, but shows it in a date:
/// day 1 is a day of 1904 in one system and of 1900 in the other.
fn value_is_1904(value: &ExcelDateTime) -> bool {
    value.to_ymd_hms_milli().0 >= 1904 && {
        let plain =
            ExcelDateTime::new(value.as_f64(), calamine::ExcelDateTimeType::DateTime, false);
        plain.to_ymd_hms_milli() != value.to_ymd_hms_milli()
    }
}

/// Whole seconds as hours, minutes and seconds.
fn write_clock(seconds: f64, text: &mut String) -> std::fmt::Result {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = seconds.abs() as u64;
    write!(text, "{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// An ISO instant without the fraction of its seconds.
fn without_fraction(iso: &str) -> &str {
    match iso.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        _ => iso,
    }
}

/// An ISO duration such as `PT09H30M05S` as `09:30:05`; anything else as it is.
fn clock_time(iso: &str) -> String {
    let parts = || {
        let (hours, rest) = iso.strip_prefix("PT")?.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        let seconds = rest.strip_suffix('S')?.split(['.', ',']).next()?;
        let parts = [hours, minutes, seconds].map(|part| part.parse::<u32>().ok());
        match parts {
            [Some(hours), Some(minutes), Some(seconds)] => {
                Some(format!("{hours:02}:{minutes:02}:{seconds:02}"))
            }
            _ => None,
        }
    };
    parts().unwrap_or_else(|| iso.to_owned())
}
