//! The shared exports, read by everything that this folder and `cells` decide.

use super::{super::Decimal, plain};
use crate::{
    Money,
    data::{DealStatus, Field, TableKind},
    ingest::{
        cells::{
            Parsed, Verdict,
            date::{DateEvidence, DateFormat},
            number::{NumberEvidence, NumberFormat},
            text::{boolean, is_missing, says_nothing},
        },
        profile::{DealSigns, Mapping, Resolution, Stages},
    },
};
use std::collections::BTreeMap;

/// One deal as an export tells it.
#[derive(Debug, Default, PartialEq)]
struct Deal {
    customer: String,
    status: Option<DealStatus>,
    amount: Money,
    created: String,
    closed: String,
}

fn shared(path: &str) -> Vec<u8> {
    std::fs::read(crmstat_testkit::shared(&format!("data/{path}"))).unwrap()
}

/// Reads rows with the `csv` crate: the tests of the importer's own reader are elsewhere.
fn rows(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader.records().map(|record| cells(record.unwrap())).collect()
}

/// The cells of the HTML table that Bitrix24 calls `.xls`.
fn html_rows(text: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| {
        cell[..cell.find("</t").unwrap()].replace("&quot;", "\"").replace("&amp;", "&")
    };
    let row =
        |row: &str| row.replace("<th>", "<td>").split("<td>").skip(1).map(cell).collect::<Vec<_>>();
    text.split("<tr>").skip(1).map(row).collect()
}

/// Reads deals by everything that this folder and `cells` decide. Deals without an id are keyed by place.
fn deals(rows: &[Vec<String>]) -> (Mapping, BTreeMap<String, Deal>) {
    let headers: Vec<&str> = rows[0].iter().map(String::as_str).collect();
    let mut mapping = plain(&headers);
    let body: Vec<&Vec<String>> = rows[1..]
        .iter()
        .filter(|row| row.iter().any(|cell| !cell.is_empty()))
        .filter(|row| !mapping.profile.is_footer(&row[0]))
        .collect();
    mapping.prefer_filled(|column| body.iter().any(|row| !row[column].is_empty()));
    let dates = |column: usize| -> DateFormat {
        let mut evidence = DateEvidence::default();
        for row in &body {
            evidence.observe(row[column].as_bytes());
        }
        match evidence.decide(None, mapping.profile.date_order) {
            Verdict::Decided { format, .. } => format,
            verdict => panic!("{}: {verdict:?}", headers[column]),
        }
    };
    let amount = mapping.column(Field::Amount).unwrap();
    let mut evidence = NumberEvidence::default();
    for row in &body {
        evidence.observe(row[amount].as_bytes());
    }
    let Verdict::Decided { format, .. } = evidence.decide(None, mapping.profile.decimal) else {
        panic!("the amounts are readable");
    };
    let format: NumberFormat = format;
    let stages = Stages::new(&mapping.profile, &[]);
    let formats: BTreeMap<Field, (usize, DateFormat)> =
        [Field::CreatedAt, Field::WonAt, Field::LostAt, Field::ClosedAt]
            .into_iter()
            .filter_map(|field| Some((field, mapping.column(field)?)))
            .map(|(field, column)| (field, (column, dates(column))))
            .collect();
    let mut deals: BTreeMap<String, Deal> = BTreeMap::new();
    for (place, row) in body.iter().enumerate() {
        let cell = |field| mapping.column(field).map(|column| row[column].as_str());
        let filled = |field| cell(field).filter(|cell| !says_nothing(cell));
        let flag = |field| match cell(field).map(|cell| boolean(cell.as_bytes())) {
            Some(Parsed::Value(value)) => Some(value),
            _ => None,
        };
        let stamp = |field| match formats.get(&field).map(|(at, f)| f.parse(row[*at].as_bytes())) {
            Some(Parsed::Value(stamp)) => stamp.to_string(),
            Some(Parsed::Invalid(reason)) => panic!("{field}: {reason}"),
            _ => String::new(),
        };
        let Resolution::Known(status) = stages.resolve(&DealSigns {
            is_void: false,
            is_pending: false,
            pipeline: filled(Field::Pipeline),
            stage: filled(Field::Stage),
            status: filled(Field::Status),
            is_closed: flag(Field::IsClosed),
            is_won: flag(Field::IsWon),
            is_lost: flag(Field::IsLost),
            probability: None,
            has_won_at: filled(Field::WonAt).is_some(),
            has_lost_at: filled(Field::LostAt).is_some(),
            has_closed_at: filled(Field::ClosedAt).is_some(),
        }) else {
            panic!("{row:?}");
        };
        let money = match format.money(row[amount].as_bytes()) {
            Parsed::Value(amount) => amount.money,
            Parsed::Missing => Money::ZERO,
            Parsed::Invalid(reason) => panic!("{row:?}: {reason}"),
        };
        let id = cell(Field::OrderId).map_or(format!("{:06}", 900_001 + place), str::to_owned);
        let customer = mapping
            .customer
            .iter()
            .map(|source| row[source.column].as_str())
            .find(|cell| !is_missing(cell.as_bytes()))
            .unwrap_or_default();
        let deal = deals.entry(id).or_default();
        deal.customer = customer.to_owned();
        deal.status = Some(status);
        assert!(mapping.lines || deal.amount == Money::ZERO);
        deal.amount = deal.amount.checked_add(money).unwrap();
        deal.created = stamp(Field::CreatedAt);
        deal.closed =
            if status == DealStatus::Open { String::new() } else { stamp(Field::ClosedAt) };
    }
    (mapping, deals)
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_five_exports_are_the_same_three_hundred_deals_needs_shared_data() {
    let truth = shared("crm/exports/ground_truth.csv");
    let truth = rows(&truth, b',');
    let read = |name: &str| shared(&format!("crm/exports/{name}"));
    let text = |name: &str| String::from_utf8(read(name)).unwrap();
    let exports = [
        ("amocrm", rows(&read("amocrm_old_comma_utf8.csv"), b',')),
        (
            "amocrm",
            rows(
                encoding_rs::WINDOWS_1251
                    .decode(&read("amocrm_new_semicolon_cp1251.csv"))
                    .0
                    .as_bytes(),
                b';',
            ),
        ),
        ("bitrix24", rows(&read("bitrix24_DEAL.csv"), b';')),
        ("bitrix24", html_rows(&text("bitrix24_DEAL_20261122_1245eb64.xls"))),
        ("pipedrive", rows(&read("pipedrive_deals.csv"), b',')),
        ("salesforce-report", rows(&read("salesforce_report.csv"), b',')),
        ("generic", truth.clone()),
    ];
    for (profile, rows) in exports {
        let (mapping, deals) = deals(&rows);
        assert_eq!((&*mapping.profile.name, deals.len()), (profile, 300));
        let has_ids = mapping.columns.contains_key(&Field::CustomerId)
            && matches!(profile, "pipedrive" | "generic");
        for expected in &truth[1..] {
            let [id, name, customer_id, .., status, created, closed, amount] = &expected[..] else {
                panic!("{expected:?}");
            };
            let deal = &deals[id];
            let status: DealStatus = status.parse().unwrap();
            assert_eq!(deal.customer, *if has_ids { customer_id } else { name }, "{profile} {id}");
            assert_eq!(deal.status, Some(status), "{profile} {id}");
            // Dialects without a time of day, or without one for this date, carry the day.
            let same = |got: &str, want: &str| {
                got == want || (got.ends_with("T00:00:00") && got.get(..10) == want.get(..10))
            };
            assert!(same(&deal.created, created), "{profile} {id}: {} {created}", deal.created);
            assert!(same(&deal.closed, closed), "{profile} {id}: {} {closed}", deal.closed);
            let scaled = NumberFormat::new(Decimal::Point).money(amount.as_bytes());
            let Parsed::Value(amount) = scaled else { panic!("{amount}") };
            assert_eq!(deal.amount, amount.money, "{profile} {id}");
        }
        let won = deals.values().filter(|deal| deal.status == Some(DealStatus::Won));
        let revenue: Option<Money> = won.map(|deal| deal.amount).sum();
        assert_eq!(revenue.unwrap().to_string(), "464226.50", "{profile}");
    }
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_maven_deals_add_up_in_both_date_orders_needs_shared_data() {
    for name in ["sales_pipeline.csv", "sales_pipeline_mdy.csv"] {
        let bytes = shared(&format!("crm/maven/{name}"));
        let (mapping, deals) = deals(&rows(&bytes, b','));
        assert_eq!((&*mapping.profile.name, mapping.kind), ("generic", TableKind::Deals));
        let count = |status| deals.values().filter(|deal| deal.status == Some(status)).count();
        // The figures of the shared README: 1,589 engaging and 500 prospecting deals are open.
        assert_eq!(
            [DealStatus::Won, DealStatus::Lost, DealStatus::Open].map(count),
            [4_238, 2_473, 2_089]
        );
        let won = deals.values().filter(|deal| deal.status == Some(DealStatus::Won));
        let revenue: Option<Money> = won.map(|deal| deal.amount).sum();
        assert_eq!(revenue.unwrap().to_string(), "10005534.00");
    }
}
