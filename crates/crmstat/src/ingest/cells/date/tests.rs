use super::{DateEvidence, DateFormat, DateOrder, Stamp};
use crate::{
    Date,
    ingest::cells::{Parsed, Verdict},
};
use proptest::prelude::*;

const DMY: DateFormat = DateFormat::new(DateOrder::Dmy);
const MDY: DateFormat = DateFormat::new(DateOrder::Mdy);
const YMD: DateFormat = DateFormat::new(DateOrder::Ymd);

fn parse(format: DateFormat, cell: &str) -> Parsed<String> {
    format.parse(cell.as_bytes()).map(|stamp| stamp.to_string())
}

fn value(text: &str) -> Parsed<String> {
    Parsed::Value(text.to_owned())
}

#[test]
fn dates_that_read_one_way_only_read_so_in_every_order() {
    for (cell, stamp) in [
        ("2024-01-05", "2024-01-05T00:00:00"),
        ("2024-01-05 10:20", "2024-01-05T10:20:00"),
        ("2024-01-05 10:20:30", "2024-01-05T10:20:30"),
        ("2024-01-05T10:20:30.999Z", "2024-01-05T10:20:30"),
        ("2024-01-05T10:20:30,5+03:00", "2024-01-05T10:20:30"),
        ("2024-01-05 10:20:30 UTC", "2024-01-05T10:20:30"),
        ("2024/1/5", "2024-01-05T00:00:00"),
        ("2024.01.05", "2024-01-05T00:00:00"),
        ("20240105", "2024-01-05T00:00:00"),
        ("20240105102030", "2024-01-05T10:20:30"),
        ("20240105T102030Z", "2024-01-05T10:20:30"),
        ("'2024-01-05", "2024-01-05T00:00:00"),
        ("=\"2024-01-05\"", "2024-01-05T00:00:00"),
        ("\u{A0}2024-01-05\u{A0}10:20 ", "2024-01-05T10:20:00"),
        ("12 янв. 2024", "2024-01-12T00:00:00"),
        ("5 марта 2024 г.", "2024-03-05T00:00:00"),
        ("5 МАЯ 2024 г., 9:05", "2024-05-05T09:05:00"),
        ("Jan 5, 2024", "2024-01-05T00:00:00"),
        ("January 5th, 2024 at 3:04 PM", "2024-01-05T15:04:00"),
        ("Fri, 5 Jan 2024 12:00:00 a.m.", "2024-01-05T00:00:00"),
        ("05-Jan-2024", "2024-01-05T00:00:00"),
        ("05-Jan-24", "2024-01-05T00:00:00"),
        ("сент. 2024", "2024-09-01T00:00:00"),
        ("2024-09", "2024-09-01T00:00:00"),
        ("09.2024", "2024-09-01T00:00:00"),
        ("45292", "2024-01-01T00:00:00"),
        ("45292.375", "2024-01-01T09:00:00"),
        ("45292,999999999999999", "2024-01-02T00:00:00"),
        ("1900-01-01", "1900-01-01T00:00:00"),
        ("2199-12-31 23:59:60", "2199-12-31T23:59:59"),
    ] {
        for format in [DMY, MDY, YMD] {
            assert_eq!(parse(format, cell), value(stamp), "{cell}");
        }
    }
}

#[test]
fn numeric_dates_follow_the_columns_order() {
    for (format, cell, stamp) in [
        (DMY, "07.05.2017 09:00:07", "2017-05-07T09:00:07"),
        (DMY, "07.05.2017 09:00", "2017-05-07T09:00:00"),
        (DMY, "07.05.2017", "2017-05-07T00:00:00"),
        (DMY, "7.5.17", "2017-05-07T00:00:00"),
        (DMY, "7/5/2017 1:02 pm", "2017-05-07T13:02:00"),
        (DMY, "07-05-1999", "1999-05-07T00:00:00"),
        (DMY, "07.05.69", "1969-05-07T00:00:00"),
        (DMY, "07.05.68", "2068-05-07T00:00:00"),
        (MDY, "5/7/2017", "2017-05-07T00:00:00"),
        (MDY, "05.07.2017", "2017-05-07T00:00:00"),
        (MDY, "12/31/2017 12:30 AM", "2017-12-31T00:30:00"),
        (YMD, "17-05-07", "2017-05-07T00:00:00"),
        (YMD, "07.05.2017", "2017-05-07T00:00:00"),
        (YMD, "13/5/2017", "2017-05-13T00:00:00"),
        (YMD, "5/13/2017", "2017-05-13T00:00:00"),
    ] {
        assert_eq!(parse(format, cell), value(stamp), "{cell}");
    }
}

#[test]
fn months_as_spreadsheets_write_them_stand_for_their_first_day() {
    for cell in ["Feb-24", "feb.24", "Feb'24", "February-24", "фев.24", "февр.24", "Фев-24"]
    {
        assert_eq!(parse(DMY, cell), value("2024-02-01T00:00:00"), "{cell}");
    }
    assert_eq!(parse(MDY, "Dec-99"), value("1999-12-01T00:00:00"));
}

#[test]
fn texts_for_no_date_are_missing() {
    for cell in [
        "",
        "не закрыта",
        "Не закрыта",
        "—",
        "-",
        "нет",
        "null",
        "N/A",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "00.00.0000",
        "\u{A0}",
    ] {
        assert_eq!(parse(DMY, cell), Parsed::Missing, "{cell:?}");
    }
}

#[test]
fn what_is_not_a_date_says_why() {
    for (format, cell, reason) in [
        (DMY, "0001-01-01", "a year outside 1900 to 2199"),
        (DMY, "9999-12-31", "a year outside 1900 to 2199"),
        (DMY, "31.12.9999", "a year outside 1900 to 2199"),
        (DMY, "2024-02-30", "no such day in the calendar"),
        (DMY, "31.04.2024", "no such day in the calendar"),
        (DMY, "12/31/2024", "no such day in the calendar"),
        (MDY, "31/12/2024", "no such day in the calendar"),
        (YMD, "05/06/2024", "a date whose day and month cannot be told apart"),
        (DMY, "2024-01-05 24:00:00", "no such time of day"),
        (DMY, "2024-01-05 10:60", "no such time of day"),
        (DMY, "2024-01-05 13:00 PM", "no such time of day"),
        (DMY, "2024-01-05T10:00:00+15:00", "no such offset from UTC"),
        (DMY, "2024", "a year alone is no date"),
        (DMY, "5 марта", "a date without a year"),
        (DMY, "20-Jan", "a date without a year"),
        (DMY, "Jan 20", "a date without a year"),
        (DMY, "Jan-2", "a date without a year"),
        (DMY, "soon", "not a date"),
        (DMY, "1 2 3 4", "not a date"),
        (DMY, "5/6/123", "not a date"),
        (DMY, "99999999999999999999", "not a date"),
    ] {
        assert_eq!(parse(format, cell), Parsed::Invalid(reason), "{cell}");
    }
    assert_eq!(DMY.parse(b"\xFF\xFE"), Parsed::Invalid("not UTF-8"));
}

#[test]
fn zones_are_kept_beside_the_wall_time() {
    for (cell, offset) in [
        ("2024-01-05T10:00:00Z", Some(0)),
        ("2024-01-05T10:00:00+03:00", Some(10_800)),
        ("2024-01-05 10:00:00-0530", Some(-19_800)),
        ("2024-01-05 10:00:00 +3", Some(10_800)),
        ("2024-01-05 10:00:00 MSK", Some(10_800)),
        ("2024-01-05 10:00:00", None),
    ] {
        let Parsed::Value(Stamp { local, offset: got }) = DMY.parse_stamp(cell.as_bytes()) else {
            panic!("{cell} is a date");
        };
        assert_eq!((local.to_string().as_str(), got), ("2024-01-05T10:00:00", offset), "{cell}");
    }
}

#[test]
fn day_numbers_of_workbooks_are_dates() {
    assert_eq!(parse(DMY, "45292"), value("2024-01-01T00:00:00"));
}

fn evidence(cells: &[&str]) -> DateEvidence {
    let mut evidence = DateEvidence::default();
    for cell in cells {
        evidence.observe(cell.as_bytes());
    }
    evidence
}

#[test]
fn the_order_is_told_from_the_column() {
    for (cells, order) in [
        (&["05/06/2024", "13/06/2024"][..], DateOrder::Dmy),
        (&["05/06/2024", "06/13/2024"], DateOrder::Mdy),
        (&["05.06.2024", "не закрыта"], DateOrder::Dmy),
        (&["05.06.2024", "06.13.2024"], DateOrder::Mdy),
        (&["2024-01-05", "x"], DateOrder::Ymd),
        (&["45292"], DateOrder::Ymd),
        (&["5/5/2024"], DateOrder::Dmy),
        (&["99-01-05", "98-02-03"], DateOrder::Ymd),
    ] {
        match evidence(cells).decide(None, None) {
            Verdict::Decided { format, .. } => {
                assert_eq!(format, DateFormat::new(order), "{cells:?}");
            }
            verdict => panic!("{cells:?}: {verdict:?}"),
        }
    }
    assert_eq!(evidence(&["", "не закрыта", "x"]).decide(None, None), Verdict::Empty);
}

#[test]
fn slashes_without_evidence_are_refused_unless_told() {
    let evidence = evidence(&["05/06/2024", "01/02/2024", "03/03/2024"]);
    let Verdict::Ambiguous { examples, .. } = evidence.decide(None, None) else {
        panic!("either order fits");
    };
    assert_eq!(examples, ["01/02/2024"]);
    for (forced, usual) in [(Some(DateOrder::Mdy), None), (None, Some(DateOrder::Mdy))] {
        assert!(matches!(evidence.decide(forced, usual), Verdict::Decided { format: MDY, .. }));
    }
}

#[test]
fn contradictions_need_a_majority_of_nine_in_ten() {
    let mut cells = vec!["13/06/2024"; 9];
    cells.push("06/13/2024");
    assert!(matches!(evidence(&cells).decide(None, None), Verdict::Decided { format: DMY, .. }));
    cells.push("06/13/2024");
    let Verdict::Ambiguous { examples, .. } = evidence(&cells).decide(None, Some(DateOrder::Dmy))
    else {
        panic!("two of eleven disagree");
    };
    assert_eq!(examples, ["13/06/2024", "06/13/2024"]);
}

#[test]
fn zoned_cells_are_counted_and_parts_merge() {
    let mut merged = evidence(&["2024-01-05T10:00:00Z", "05/06/2024"]);
    merged.merge(&evidence(&["2024-01-05T10:00:00+03:00", "01/02/2024"]));
    assert_eq!(merged.zoned(), 2);
    assert_eq!(
        merged.decide(None, None),
        evidence(&["05/06/2024", "01/02/2024"]).decide(None, None)
    );
}

const EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const RU: [&str; 12] = [
    "янв.",
    "фев.",
    "мар.",
    "апр.",
    "мая",
    "июн.",
    "июл.",
    "авг.",
    "сент.",
    "окт.",
    "нояб.",
    "дек.",
];

prop_compose! {
    fn any_stamp()(days in Date::MIN.days()..=Date::MAX.days(), second in 0_i64..86_400) -> (Date, i64) {
        (Date::from_days(days), second)
    }
}

proptest! {
    #[test]
    fn the_hot_path_reads_as_the_general_one(
        cell in "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,4})?)?( ?[AaPp][Mm]|Z|[+-][0-9]{2}:[0-9]{2})?)?",
    ) {
        for format in [DMY, MDY, YMD] {
            let general = format.any(cell.as_bytes());
            if let Some(stamp) = format.numeric(cell.as_bytes()) {
                prop_assert_eq!(Parsed::Value(stamp), general);
            }
            prop_assert_eq!(format.parse_stamp(cell.as_bytes()), general);
        }
    }

    #[test]
    fn stamps_round_trip_in_every_dialect((date, second) in any_stamp()) {
        let (y, m, d) = date.to_ymd();
        let (hour, minute, sec) = (second / 3600, second / 60 % 60, second % 60);
        let clock = format!("{hour:02}:{minute:02}:{sec:02}");
        let (half, twelve) = (if hour < 12 { "AM" } else { "PM" }, (hour + 11) % 12 + 1);
        let (en, ru) = (EN[m as usize - 1], RU[m as usize - 1]);
        let seconds = date.midnight().seconds() + second;
        for (format, cell) in [
            (YMD, format!("{y:04}-{m:02}-{d:02} {clock}")),
            (DMY, format!("{y:04}-{m:02}-{d:02}T{clock}.123+03:00")),
            (MDY, format!("{y:04}{m:02}{d:02}T{hour:02}{minute:02}{sec:02}")),
            (DMY, format!("{d:02}.{m:02}.{y:04} {clock}")),
            (DMY, format!("{d}/{m}/{y:04} {twelve}:{minute:02}:{sec:02} {half}")),
            (MDY, format!("{m}/{d}/{y:04} {twelve}:{minute:02}:{sec:02} {half}")),
            (DMY, format!("{d:02}-{m:02}-{y:04} {clock}")),
            (YMD, format!("{d} {ru} {y} г. {clock}")),
            (YMD, format!("{en} {d}, {y} {clock}")),
            (YMD, format!("{d:02}-{en}-{y} {clock}")),
        ] {
            match format.parse(cell.as_bytes()) {
                Parsed::Value(stamp) => prop_assert_eq!(stamp.seconds(), seconds, "{}", cell),
                other => return Err(TestCaseError::fail(format!("{cell}: {other:?}"))),
            }
        }
    }

    #[test]
    fn the_fast_path_agrees_with_the_general_one(
        cell in "[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?|[0-3][0-9]\\.[01][0-9]\\.(19|20)[0-9]{2}( [0-2][0-9]:[0-5][0-9])?"
    ) {
        // A leading space leads past the fast path.
        prop_assert_eq!(DMY.parse(cell.as_bytes()), DMY.parse(format!(" {cell}").as_bytes()));
    }

    #[test]
    fn any_bytes_never_panic(cell in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = (DMY.parse(&cell), MDY.parse(&cell), YMD.parse(&cell));
        DateEvidence::default().observe(&cell);
    }

    #[test]
    fn any_text_of_date_characters_never_panics(cell in "[-+./,:0-9TZ янвmayPMpg'\u{A0}]{0,30}") {
        let _ = (DMY.parse(cell.as_bytes()), MDY.parse(cell.as_bytes()), YMD.parse(cell.as_bytes()));
        DateEvidence::default().observe(cell.as_bytes());
    }
}
