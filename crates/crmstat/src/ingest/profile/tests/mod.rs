//! Recognition, mapping and stages on made-up headers; `headers` and `exports` have the real ones.

mod exports;
mod headers;
mod outcome;

use super::{BUILTIN, CloseDate, DealSigns, Mapping, Profile, Resolution, Stages, recognise};
use crate::data::{DealStatus, Field, TableKind};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn plain(headers: &[&str]) -> Mapping {
    recognise(headers, None, None, &[]).unwrap()
}

/// The header of each field, to be read in a failed assertion.
fn named<'a>(mapping: &Mapping, headers: &[&'a str]) -> BTreeMap<&'static str, &'a str> {
    mapping.columns.iter().map(|(field, &column)| (field.name(), headers[column])).collect()
}

#[test]
fn every_built_in_profile_is_read_and_written() {
    for text in BUILTIN {
        let profile = Profile::from_toml(text).unwrap();
        assert_eq!(Profile::from_toml(&profile.to_toml()).unwrap(), profile, "{}", profile.name);
    }
    let names: BTreeSet<&str> = Profile::builtin().iter().map(|profile| &*profile.name).collect();
    assert_eq!(names.len(), BUILTIN.len());
}

#[test]
fn a_wrong_profile_is_refused_with_the_line() {
    let error = Profile::from_toml("name = \"x\"\ntitle = \"X\"\ncolour = \"red\"\n").unwrap_err();
    assert!(error.is_data() && error.to_string().contains("line 3"), "{error}");
    assert!(Profile::from_toml("name = \"x\"\ntitle = \"X\"\ntables = []\n").is_err());
}

#[test]
fn the_callers_columns_come_first() {
    let headers = ["customer_id", "order_date", "amount", "profit"];
    let given = [(Field::Amount, "PROFIT".to_owned())];
    let mapping = recognise(&headers, None, None, &given).unwrap();
    assert_eq!(mapping.column(Field::Amount), Some(3));
    assert!(mapping.decisions.iter().any(|decision| {
        decision.topic == "column amount" && decision.reason == "given by `--map`"
    }));
    assert_eq!(mapping.unmapped, [2]);
}

#[test]
fn columns_that_crmstat_cannot_guess_are_mapped_by_hand() {
    let headers = ["who", "when", "how_much"];
    let error = recognise(&headers, None, None, &[]).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("`how_much`"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--map")));
    let given = [
        (Field::CustomerId, "who".to_owned()),
        (Field::OrderedAt, "when".to_owned()),
        (Field::Amount, "how_much".to_owned()),
    ];
    let mapping = recognise(&headers, None, None, &given).unwrap();
    assert_eq!((mapping.kind, mapping.customer[0].column), (TableKind::Orders, 0));
}

#[test]
fn an_absent_column_names_the_nearest() {
    let headers = ["customer_id", "order_date", "amount"];
    let given = [(Field::Amount, "amuont".to_owned())];
    let error = recognise(&headers, None, None, &given).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("the nearest is `amount`"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("`order_date`")));
    let twice = [(Field::Amount, "amount".to_owned()), (Field::Amount, "order_date".to_owned())];
    assert!(recognise(&headers, None, None, &twice).unwrap_err().is_usage());
}

#[test]
fn a_chosen_profile_needs_no_signature_but_its_columns() {
    let amocrm = Profile::named("amocrm");
    let headers = ["Компания", "Бюджет, руб", "Статус сделки", "Дата закрытия"];
    let mapping = recognise(&headers, None, amocrm, &[]).unwrap();
    assert_eq!(mapping.profile.name, "amocrm");
    assert!(recognise(&["a", "b"], None, amocrm, &[]).is_err());
    assert!(recognise(&["", " "], None, None, &[]).is_err());
    assert!(recognise(&[], None, None, &[]).is_err());
}

#[test]
fn competing_columns_are_said() {
    let mapping = plain(&["customer_id", "customer", "date", "total", "amount"]);
    let of = |topic: &str| mapping.decisions.iter().find(|d| d.topic == topic).unwrap();
    assert_eq!(of("column amount").reason, "preferred to `total` (column 4)");
    assert_eq!(of("column customer_id").reason, "preferred to `customer` (column 2)");
}

#[test]
fn repeated_headers_follow_the_data() {
    let headers = [
        "ID",
        "Название сделки",
        "Бюджет",
        "Этап сделки",
        "Дата закрытия",
        "Компания",
        "Товар",
        "Товар",
    ];
    let mut mapping = plain(&headers);
    assert_eq!(mapping.column(Field::Product), Some(6));
    mapping.prefer_filled(|column| column != 6);
    assert_eq!(mapping.column(Field::Product), Some(7));
    assert_eq!(mapping.unmapped, [6]);
    assert!(
        mapping
            .decisions
            .iter()
            .any(|d| d.topic == "column product" && d.value == "Товар (column 8)")
    );
    mapping.prefer_filled(|_| false);
    assert_eq!(mapping.column(Field::Product), Some(7));
}

#[test]
fn amounts_of_bitrix24_are_of_lines_when_the_product_is_shown() {
    let with = ["ID", "Стадия сделки", "Название сделки", "Сумма", "Товар", "Дата создания"];
    assert!(plain(&with).lines);
    let without = ["ID", "Стадия сделки", "Название сделки", "Сумма", "Дата создания"];
    let mapping = plain(&without);
    assert!(!mapping.lines);
    assert_eq!(mapping.close_date, CloseDate::Planned);
    assert!(mapping.require(&[Field::Amount]).is_ok());
    let error = mapping.require(&[Field::Amount, Field::Owner]).unwrap_err();
    assert!(error.to_string().starts_with("no column for owner"), "{error}");
}

fn resolve(profile: &str, signs: DealSigns<'_>) -> Resolution {
    Stages::new(Profile::named(profile).unwrap(), &[]).resolve(&signs)
}

#[test]
fn stages_resolve_in_the_stated_order() {
    use DealStatus::{Lost, Open, Won};
    let known = Resolution::Known;
    let unknown = |label: &str| Resolution::Unknown(label.to_owned());
    let stage = |label| DealSigns { stage: Some(label), ..DealSigns::default() };
    let closed = |label| DealSigns { has_closed_at: true, ..stage(label) };
    let flag = |label, is_closed| DealSigns { is_closed: Some(is_closed), ..stage(label) };
    for (profile, signs, expected) in [
        ("amocrm", closed("успешно  реализовано"), known(Won)),
        ("amocrm", closed("143"), known(Lost)),
        ("amocrm", closed("Отгружено"), unknown("Отгружено")),
        ("amocrm", stage("Замер"), known(Open)),
        ("bitrix24", flag("C9:WON", true), known(Won)),
        ("bitrix24", flag("C12:LOSE", true), known(Lost)),
        ("bitrix24", flag("Сделка сорвалась", true), unknown("Сделка сорвалась")),
        ("bitrix24", DealSigns { has_closed_at: true, ..flag("Замер", false) }, known(Open)),
        ("bitrix24", flag("В работе", true), unknown("В работе")),
        ("hubspot", closed("closedwon"), known(Won)),
        (
            "hubspot",
            DealSigns { is_won: Some(false), is_lost: Some(true), ..closed("Gone") },
            known(Lost),
        ),
        (
            "hubspot",
            DealSigns { is_won: Some(false), is_lost: Some(false), ..closed("Demo booked") },
            known(Open),
        ),
        (
            "salesforce",
            DealSigns { is_won: Some(false), is_closed: Some(true), ..closed("Gone") },
            known(Lost),
        ),
        (
            "salesforce-report",
            DealSigns { probability: Some(40.0), ..closed("Pilot") },
            known(Open),
        ),
        (
            "salesforce-report",
            DealSigns { probability: Some(100.0), ..closed("Signed") },
            unknown("Signed"),
        ),
        ("pipedrive", DealSigns { status: Some("Won"), ..closed("Contract") }, known(Won)),
        ("pipedrive", DealSigns { has_lost_at: true, ..closed("Contract") }, known(Lost)),
        ("pipedrive", DealSigns { has_won_at: true, ..closed("Contract") }, known(Won)),
        ("dynamics365", DealSigns { status: Some("LOST"), ..DealSigns::default() }, known(Lost)),
        ("generic", stage("Engaging"), known(Open)),
        ("generic", DealSigns::default(), Resolution::Missing),
        ("generic", stage("  "), Resolution::Missing),
    ] {
        assert_eq!(resolve(profile, signs), expected, "{profile} {signs:?}");
    }
}

#[test]
fn the_callers_labels_and_a_pipelines_own_win() {
    let mut profile = Profile::named("amocrm").unwrap().clone();
    profile.pipelines = toml::from_str("\"Опт\" = { won = [\"Переговоры\"] }").unwrap();
    let stages = Stages::new(&profile, &[("Замер".to_owned(), DealStatus::Lost)]);
    let signs =
        |pipeline, stage| DealSigns { pipeline, stage: Some(stage), ..DealSigns::default() };
    for (pipeline, stage, expected) in [
        (Some("опт"), "Переговоры", DealStatus::Won),
        (Some("Розница"), "Переговоры", DealStatus::Open),
        (None, "Переговоры", DealStatus::Open),
        (None, "замер", DealStatus::Lost),
    ] {
        assert_eq!(stages.resolve(&signs(pipeline, stage)), Resolution::Known(expected));
    }
}

#[test]
fn footers_and_words_for_nothing() {
    let report = Profile::named("salesforce-report").unwrap();
    assert!(report.is_footer("Grand Totals (300 records)"));
    assert!(report.is_footer("Confidential Information - Do Not Distribute"));
    assert!(!report.is_footer("Konex"));
    assert!(Profile::named("amocrm").unwrap().is_null("Не закрыта"));
}

proptest! {
    #[test]
    fn any_headers_are_mapped_or_refused(headers in prop::collection::vec("\\PC{0,12}|ID|Stage|Amount|Date|Customer", 0..8)) {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        if let Ok(mapping) = recognise(&headers, None, None, &[]) {
            let taken: BTreeSet<usize> = mapping.columns.values().copied().collect();
            prop_assert_eq!(taken.len(), mapping.columns.len(), "no column serves two fields");
            prop_assert!(mapping.unmapped.iter().all(|column| !taken.contains(column)));
        }
    }
}
