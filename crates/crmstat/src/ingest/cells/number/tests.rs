use super::{Amount, Decimal, NumberEvidence, NumberFormat, small_number};
use crate::{
    Money,
    collections::short_text::Cell,
    data::Currency,
    ingest::cells::{Parsed, Verdict},
};
use proptest::prelude::*;

const POINT: NumberFormat = NumberFormat::new(Decimal::Point);
const COMMA: NumberFormat = NumberFormat::new(Decimal::Comma);

fn money(format: NumberFormat, cell: &str) -> Parsed<String> {
    format.money(cell.as_bytes()).map(|amount| amount.money.to_string())
}

fn value(text: &str) -> Parsed<String> {
    Parsed::Value(text.to_owned())
}

#[test]
fn the_usual_amount_takes_the_short_way() {
    assert_eq!(POINT.short(b"1234.56"), Some((123_456, 2)));
    assert_eq!(COMMA.short(b"99999,99"), Some((9_999_999, 2)));
    assert_eq!(POINT.short(b"1234"), Some((1234, 0)));
    for cell in ["123.", ".123", "1,234.5", "-123.4", "1.2.3", "12 34", "1234 ", "123"] {
        assert_eq!(POINT.short(cell.as_bytes()), None, "{cell}");
    }
}

#[test]
fn amounts_under_a_decimal_point() {
    for (cell, amount) in [
        ("0", "0.00"),
        ("1234.56", "1234.56"),
        ("-1234.5", "-1234.50"),
        ("1,234,567.89", "1234567.89"),
        ("1,234", "1234.00"),
        ("$3,250.00", "3250.00"),
        ("-$5", "-5.00"),
        ("$-5", "-5.00"),
        ("(1,234.50)", "-1234.50"),
        ("($1,234.50)", "-1234.50"),
        ("$(12.5)", "-12.50"),
        ("1234.5-", "-1234.50"),
        ("\u{2212}12.5", "-12.50"),
        ("'-12.5", "-12.50"),
        ("'12.5", "12.50"),
        ("\"12.5\"", "12.50"),
        ("1'234'567.5", "1234567.50"),
        ("1.2E+3", "1200.00"),
        ("1.5e-3", "0.0015"),
        ("12345e-2", "123.45"),
        (" 350\u{A0}000 ₽ ", "350000.00"),
        ("350\u{202F}000\u{2009}руб.", "350000.00"),
        ("р. 100.5", "100.50"),
        ("руб.100", "100.00"),
        ("$.50", "0.50"),
        ("100 BYN", "100.00"),
        ("EUR100", "100.00"),
        ("5.", "5.00"),
        (".5", "0.50"),
        ("+7", "7.00"),
        ("000012.30", "12.30"),
        ("922337203685477.5807", "922337203685477.5807"),
        ("-922337203685477.5808", "-922337203685477.5808"),
    ] {
        assert_eq!(money(POINT, cell), value(amount), "{cell}");
    }
}

#[test]
fn amounts_under_a_decimal_comma() {
    for (cell, amount) in [
        ("1.234,56", "1234.56"),
        ("1234,56", "1234.56"),
        ("1 234 567,8 руб", "1234567.80"),
        ("1.234.567", "1234567.00"),
        ("1.234", "1234.00"),
        ("−5,25 €", "-5.25"),
        ("12,5р.", "12.50"),
    ] {
        assert_eq!(money(COMMA, cell), value(amount), "{cell}");
    }
}

#[test]
fn what_is_not_an_amount_says_why() {
    for (format, cell, reason) in [
        (POINT, "1.234,56", "a decimal comma where the column has a decimal point"),
        (POINT, "12,5", "a decimal comma where the column has a decimal point"),
        (COMMA, "1,234.56", "a decimal point where the column has a decimal comma"),
        (COMMA, "12.5", "a decimal point where the column has a decimal comma"),
        (POINT, "12 34", "thousands are not grouped in threes"),
        (POINT, "1.2.3", "two decimal signs"),
        (POINT, "NaN", "not a finite number"),
        (POINT, "inf", "not a finite number"),
        (POINT, "-Infinity", "not a finite number"),
        (POINT, "#DIV/0!", "an error of a spreadsheet"),
        (POINT, "20%", "a percentage is not an amount"),
        (POINT, "--5", "more than one sign"),
        (POINT, "5 USD EUR", "not a number"),
        (POINT, "€5 USD", "two currencies in one cell"),
        (POINT, "922337203685477.58075", "an amount past the range of money"),
        (POINT, "1e999999999999", "an amount past the range of money"),
        (POINT, "five", "not a number"),
        (POINT, "1e", "not a number"),
        (POINT, ".", "not a number"),
        (POINT, "()", "not a number"),
        (POINT, "12 apples", "not a number"),
    ] {
        assert_eq!(money(format, cell), Parsed::Invalid(reason), "{cell}");
    }
    assert_eq!(POINT.money(b"\xFF12"), Parsed::Invalid("not UTF-8"));
}

#[test]
fn nothing_is_missing_not_zero() {
    for cell in ["", " ", "\u{A0}", "-", "—", "нет", "N/A", "null", "не указано", "\"\""]
    {
        assert_eq!(money(POINT, cell), Parsed::Missing, "{cell:?}");
        assert_eq!(POINT.number(cell.as_bytes()), Parsed::Missing, "{cell:?}");
    }
}

#[test]
fn currencies_beside_the_amount_are_kept() {
    for (cell, code) in [
        ("100 ₽", "RUB"),
        ("$5", "USD"),
        ("5 руб.", "RUB"),
        ("EUR 7", "EUR"),
        ("7 US Dollars", "USD"),
        ("£(7)", "GBP"),
    ] {
        let Parsed::Value(Amount { currency, .. }) = POINT.money(cell.as_bytes()) else {
            panic!("{cell} is an amount");
        };
        assert_eq!(currency, Currency::from_name(code), "{cell}");
    }
}

#[test]
fn decimals_past_the_scale_round_half_away_from_zero_and_say_so() {
    for (cell, units, rounded) in [
        ("0.00005", 1, true),
        ("-0.00005", -1, true),
        ("0.000049999", 0, true),
        ("1.00000", 10_000, false),
        ("1.23455", 12_346, true),
        ("5e-40", 0, true),
        ("0.0000000000000000000000000000000000000000001", 0, true),
        ("1.00000000000000000000000000000000000000000001", 10_000, true),
    ] {
        let Parsed::Value(amount) = POINT.money(cell.as_bytes()) else {
            panic!("{cell} is an amount");
        };
        assert_eq!((amount.money.units(), amount.rounded), (units, rounded), "{cell}");
    }
}

#[test]
fn numbers_are_the_nearest_floats() {
    for (cell, number) in [
        ("0.1", 0.1),
        ("123456789.123456789", 123_456_789.123_456_79),
        ("1e22", 1e22),
        ("1e-300", 1e-300),
        ("20 %", 20.0),
        ("(3)", -3.0),
        ("17976931348623157e292", f64::MAX),
    ] {
        assert_eq!(POINT.number(cell.as_bytes()), Parsed::Value(number), "{cell}");
    }
    let Parsed::Value(zero) = POINT.number(b"(0)") else {
        panic!("zero is a number");
    };
    assert!(zero.is_sign_positive());
    assert_eq!(POINT.number(b"1e400"), Parsed::Invalid("a number past the range of floats"));
}

fn decide(cells: &[&str], usual: Option<Decimal>) -> Verdict<NumberFormat> {
    let mut evidence = NumberEvidence::default();
    for cell in cells {
        evidence.observe(cell.as_bytes());
    }
    evidence.decide(None, usual)
}

#[test]
fn the_decimal_sign_is_told_from_the_column() {
    for (cells, decimal) in [
        (&["3,250.00", "1,234"][..], Decimal::Point),
        (&["3 250,5", "1.234"], Decimal::Comma),
        (&["1,234,567"], Decimal::Point),
        (&["1.234.567"], Decimal::Comma),
        (&["12,5"], Decimal::Comma),
        (&["0.123"], Decimal::Point),
        (&["1234,567"], Decimal::Comma),
        (&["1 234,567"], Decimal::Comma),
        (&["12", "350 000", "x"], Decimal::Point),
        (&["1,00,000.00", "999.00"], Decimal::Point),
        (&["12,34,567"], Decimal::Point),
        // What is no number in any way says nothing.
        (&["1,2,3", "1a.2,3", "1 ,", "12,34.5", "1,234.50", "10", "1.2.3"], Decimal::Point),
        (&["1.2.3", "2,5", "1.5,5"], Decimal::Comma),
    ] {
        match decide(cells, None) {
            Verdict::Decided { format, .. } => {
                assert_eq!(format, NumberFormat::new(decimal), "{cells:?}");
            }
            verdict => panic!("{cells:?}: {verdict:?}"),
        }
    }
    assert_eq!(decide(&["", "нет", "x"], None), Verdict::Empty);
}

#[test]
fn lakhs_and_crores_are_grouped_in_twos() {
    for (cell, units) in [
        ("1,00,000.00", 1_000_000_000),
        ("12,34,567.5", 12_345_675_000),
        ("₹1,23,45,678", 123_456_780_000),
        ("(1,00,000)", -1_000_000_000),
    ] {
        let Parsed::Value(amount) = POINT.money(cell.as_bytes()) else {
            panic!("{cell} is an amount");
        };
        assert_eq!(amount.money.units(), units, "{cell}");
    }
    // Neither in threes nor in twos.
    for cell in [
        "12,34.5",
        "1,2,3",
        "123,45,678",
        "1,000,00,000",
        "1,00,00",
        "1 00 000",
        "0,234",
        "00,123,456",
    ] {
        assert!(matches!(POINT.money(cell.as_bytes()), Parsed::Invalid(_)), "{cell}");
    }
}

#[test]
fn a_sign_that_can_be_either_is_refused_unless_the_profile_knows() {
    assert!(matches!(decide(&["1,234", "12"], None), Verdict::Ambiguous { .. }));
    assert!(matches!(decide(&["1.234"], None), Verdict::Ambiguous { .. }));
    assert!(matches!(
        decide(&["1,234"], Some(Decimal::Point)),
        Verdict::Decided { format: POINT, .. }
    ));
    let Verdict::Ambiguous { examples, .. } = decide(&["1.5", "2,5"], Some(Decimal::Point)) else {
        panic!("both signs are used");
    };
    assert_eq!(examples, ["1.5", "2,5"]);
}

#[test]
fn merged_evidence_is_the_evidence_of_the_whole() {
    let cells = ["1.5", "2,5", "1,234", "7", "9.25", "1.234"];
    let mut whole = NumberEvidence::default();
    let mut merged = NumberEvidence::default();
    for cell in cells {
        whole.observe(cell.as_bytes());
        let mut part = NumberEvidence::default();
        part.observe(cell.as_bytes());
        merged.merge(&part);
    }
    assert_eq!(merged.decide(None, None), whole.decide(None, None));
}

/// Writes `units` the long way round: the oracle of the round trip.
fn written(units: i64, decimal: char, group: &str) -> String {
    let magnitude = units.unsigned_abs();
    let whole = (magnitude / 10_000).to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push_str(group);
        }
        grouped.push(digit);
    }
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{grouped}{decimal}{:04}", magnitude % 10_000)
}

proptest! {
    #[test]
    fn short_cells_read_as_longer_ones_do(cell in "[0-9]{0,6}[.,]?[0-9]{0,3}|[0-9.,x-]{3,9}") {
        for format in [POINT, COMMA] {
            if let Some(short) = format.short(cell.as_bytes()) {
                prop_assert_eq!(Some(short), format.plain(cell.as_bytes()));
            }
        }
    }

    #[test]
    fn money_round_trips_in_every_dialect(
        units: i64,
        dialect in prop::sample::select(vec![
            (POINT, '.', ""), (POINT, '.', ","), (POINT, '.', "'"), (COMMA, ',', "."),
            (COMMA, ',', "\u{A0}"), (COMMA, ',', "\u{202F}"), (COMMA, ',', " "),
        ]),
        affixes in prop::sample::select(vec![("", ""), ("$", ""), ("", " ₽"), ("", "\u{A0}руб."), ("EUR ", "")]),
    ) {
        let (format, decimal, group) = dialect;
        let cell = format!("{}{}{}", affixes.0, written(units, decimal, group), affixes.1);
        let Parsed::Value(amount) = format.money(cell.as_bytes()) else {
            return Err(TestCaseError::fail(cell));
        };
        prop_assert_eq!(amount.money, Money::from_units(units));
        prop_assert!(!amount.rounded);
    }

    #[test]
    fn floats_round_trip(number in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
        let number = number + 0.0;
        prop_assert_eq!(POINT.number(format!("{number:e}").as_bytes()), Parsed::Value(number));
    }

    #[test]
    fn the_fast_path_agrees_with_the_general_one(cell in "-?[0-9]{1,12}(\\.[0-9]{1,6})?") {
        // A leading space leads past the fast path.
        let slow = format!(" {cell}");
        prop_assert_eq!(POINT.money(cell.as_bytes()), POINT.money(slow.as_bytes()));
        prop_assert_eq!(POINT.number(cell.as_bytes()), POINT.number(slow.as_bytes()));
    }

    #[test]
    fn any_bytes_never_panic(cell in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = (POINT.money(&cell), COMMA.number(&cell));
        NumberEvidence::default().observe(&cell);
    }

    #[test]
    fn any_text_of_number_characters_never_panics(cell in "[-+().,0-9eE '%$€₽рубRUB\u{A0}−]{0,24}") {
        let _ = (POINT.money(cell.as_bytes()), COMMA.number(cell.as_bytes()));
        NumberEvidence::default().observe(cell.as_bytes());
    }
}

proptest! {
    #[test]
    fn a_small_number_is_what_its_digits_say(text in "[0-9]{0,12}|[0-9a;.]{1,9}", behind in "[0-9,]{0,9}") {
        let buffer = format!("{text}{behind}").into_bytes();
        let cell = Cell { start: 0, len: text.len() as u32 };
        let number = text.parse::<u64>().ok();
        let expected = number.filter(|number| number.to_string() == text && text.len() <= 11);
        prop_assert_eq!(small_number(&buffer, cell), expected);
    }
}
