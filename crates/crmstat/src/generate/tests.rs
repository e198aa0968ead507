//! What holds for a whole generated world.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dialect, Fault, Part, Report, Spec, World};
use crate::{Date, Money, write::Format};

fn world(spec: Spec) -> World {
    spec.check().unwrap()
}

fn written(world: &World, part: Part) -> (String, Report) {
    let mut out = Vec::new();
    let report = world.write(part, Format::Csv, &mut out).unwrap();
    let text = String::from_utf8(out)
        .unwrap_or_else(|error| encoding_rs::WINDOWS_1251.decode(error.as_bytes()).0.into_owned());
    (text, report)
}

/// The records of a CSV as maps from header to cell.
fn records(text: &str, delimiter: u8) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            headers.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
        })
        .collect()
}

#[test]
fn a_plain_table_of_orders_reads_as_documented() {
    let (text, report) = written(&world(Spec::new().customers(3).orders(5)), Part::Main);
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("order_id,customer_id,order_date,amount,product,region,manager,channel")
    );
    let first: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(first.len(), 8);
    assert_eq!(first[0], "1");
    assert!(first[1].starts_with("C000000") && first[1].len() == 8);
    assert!(first[2].parse::<Date>().is_ok());
    assert_eq!(text.lines().count() as u64, report.rows + 1);
}

#[test]
fn the_report_adds_up_and_orders_come_by_date() {
    let (text, report) = written(&world(Spec::new().orders(6000)), Part::Main);
    let orders = records(&text, b',');
    assert_eq!((orders.len() as u64, report.orders), (report.rows, report.rows));
    assert!((report.orders as f64 / 6000.0 - 1.0).abs() < 0.05, "{}", report.orders);
    let revenue: i64 = orders
        .iter()
        .map(|order| (order["amount"].parse::<f64>().unwrap() * 10_000.0).round() as i64)
        .sum();
    assert_eq!(report.revenue, Money::from_units(revenue));
    let dates: Vec<&String> = orders.iter().map(|order| &order["order_date"]).collect();
    assert!(dates.is_sorted());
    assert!(dates[0].as_str() >= "2023-07-01" && dates[dates.len() - 1].as_str() < "2026-01-01");
    let customers: BTreeSet<&String> = orders.iter().map(|order| &order["customer_id"]).collect();
    assert_eq!(customers.len(), 1000);
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let bytes = |part, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| written(&world(Spec::new().customers(5000).dirt(17)), part))
    };
    for (part, _) in Part::NAMES {
        assert_eq!(bytes(part, 1), bytes(part, 4), "{part:?}");
    }
}

#[test]
fn another_seed_is_another_world() {
    let text = |seed| written(&world(Spec::new().seed(seed)), Part::Main).0;
    assert_ne!(text(1), text(2));
}

#[test]
fn deals_agree_in_every_dialect() {
    let spec = Spec::new().customers(300).orders(1500);
    let expected = written(&world(spec.clone().dialect(Dialect::Pipedrive)), Part::Main).1;
    assert!(expected.rows > expected.orders);
    for dialect in Dialect::ALL.into_iter().filter(|dialect| dialect.holds_deals()) {
        let (text, report) = written(&world(spec.clone().dialect(dialect)), Part::Main);
        assert_eq!(report, expected, "{dialect:?}");
        assert!(!text.contains('\u{FFFD}') && !text.contains("&#"), "{dialect:?}");
        let lines = text.lines().filter(|line| line.matches([',', ';']).count() > 4).count();
        if dialect == Dialect::Bitrix24Xls {
            assert_eq!(text.matches("<tr>").count() as u64, report.rows + 1);
        } else {
            assert_eq!(lines as u64, report.rows + 1, "{dialect:?}");
        }
    }
}

#[test]
fn pipedrive_deals_are_consistent() {
    let spec = Spec::new().customers(2000).dialect(Dialect::Pipedrive).win_rate(0.4);
    let (text, report) = written(&world(spec), Part::Main);
    let deals = records(&text, b',');
    let with = |status: &str| deals.iter().filter(|deal| deal["Deal - Status"] == status).count();
    let (won, lost, open) = (with("Won"), with("Lost"), with("Open"));
    assert_eq!(won as u64, report.orders);
    assert!(open > 0);
    let win_rate = won as f64 / (won + lost) as f64;
    assert!((win_rate - 0.4).abs() < 0.03, "{win_rate}");
    for deal in &deals {
        let closed = &deal["Deal - Deal closed on"];
        assert_eq!(deal["Deal - Status"] == "Open", closed.is_empty());
        assert_eq!(deal["Deal - Status"] == "Lost", !deal["Deal - Lost reason"].is_empty());
        assert!(closed.is_empty() || *closed > deal["Deal - Deal created"], "{deal:?}");
        assert!(deal["Deal - Deal created"].as_str() < "2026-01-01");
        assert!(closed.as_str() < "2026-01-01");
    }
}

#[test]
fn amocrm_writes_windows_1251_with_a_decimal_comma() {
    let mut out = Vec::new();
    let spec = Spec::new().customers(200).dialect(Dialect::Amocrm);
    world(spec).write(Part::Main, Format::Csv, &mut out).unwrap();
    assert!(std::str::from_utf8(&out).is_err());
    let text = encoding_rs::WINDOWS_1251.decode(&out).0;
    assert!(text.starts_with("ID;Название сделки;Компания;"));
    let deals = records(&text, b';');
    assert!(
        deals.iter().all(|deal| deal["Бюджет, руб"].as_bytes().iter().rev().nth(2) == Some(&b','))
    );
    assert!(deals.iter().any(|deal| deal["Этап сделки"] == "Успешно реализовано"));
}

#[test]
fn dirt_has_the_promised_counts_and_leaves_good_rows_alone() {
    let clean = written(&world(Spec::new()), Part::Main);
    let (text, report) = written(&world(Spec::new().dirt(10)), Part::Main);
    assert_eq!(
        report.faults,
        [
            (Fault::BadDate, 3),
            (Fault::BadAmount, 3),
            (Fault::MissingCustomer, 2),
            (Fault::Duplicate, 2)
        ]
    );
    assert_eq!(report.rows, clean.1.rows + 10);
    assert_eq!((report.orders, report.revenue), (clean.1.orders, clean.1.revenue));
    let orders = records(&text, b',');
    let count = |is_faulty: fn(&BTreeMap<String, String>) -> bool| {
        orders.iter().filter(|order| is_faulty(order)).count()
    };
    assert_eq!(count(|order| order["order_date"].parse::<Date>().is_err()), 3);
    assert_eq!(count(|order| order["amount"].parse::<f64>().is_err()), 3);
    assert_eq!(count(|order| order["customer_id"].is_empty()), 2);
    let ids: BTreeSet<&String> = orders.iter().map(|order| &order["order_id"]).collect();
    assert_eq!(orders.len() - ids.len(), 2);

    let dirty: BTreeSet<&str> = text.lines().collect();
    assert!(clean.0.lines().all(|line| dirty.contains(line)));
}

#[test]
fn more_dirt_than_rows_still_counts() {
    let spec = Spec::new().customers(2).orders(2).dirt(1000);
    let (text, report) = written(&world(spec), Part::Main);
    assert_eq!(report.faults.iter().map(|(_, rows)| rows).sum::<u64>(), 1000);
    assert_eq!(text.lines().count() as u64, report.rows + 1);
}

#[test]
fn lines_sum_to_their_orders_to_the_cent() {
    let world = world(Spec::new().customers(400));
    let orders = records(&written(&world, Part::Main).0, b',');
    let lines = records(&written(&world, Part::Lines).0, b',');
    assert_eq!(orders.len(), lines.len());
    let cents = |text: &String| (text.parse::<f64>().unwrap() * 100.0).round() as i64;
    for (order, line) in orders.iter().zip(&lines) {
        assert_eq!(order["order_id"], line["order_id"]);
        assert_eq!(order["product"], line["product"]);
        let quantity: i64 = line["quantity"].parse().unwrap();
        let discount = cents(&line["discount"]);
        assert!(quantity >= 1 && discount >= 0);
        assert_eq!(cents(&order["amount"]), quantity * cents(&line["price"]) - discount);
    }
}

#[test]
fn history_moves_forward_and_ends_where_the_deal_stands() {
    let world = world(Spec::new().customers(400).dialect(Dialect::Hubspot));
    let deals = records(&written(&world, Part::Main).0.replace('\u{FEFF}', ""), b',');
    let history = records(&written(&world, Part::History).0, b',');
    let mut last = BTreeMap::new();
    for step in &history {
        if let Some(before) = last.insert(&step["deal_id"], step) {
            assert!(before["entered_at"] <= step["entered_at"]);
        }
        assert!(step["entered_at"].as_str() < "2026-01-01");
    }
    assert_eq!(last.len(), deals.len());
    for deal in &deals {
        assert_eq!(deal["Deal Stage"], last[&deal["Record ID"]]["stage"]);
    }
}

#[test]
fn activities_and_satisfaction_tell_who_leaves() {
    let world = world(Spec::new().customers(4000));
    let truth = records(&written(&world, Part::Truth).0, b',');
    let customers = records(&written(&world, Part::Customers).0, b',');
    let activities = records(&written(&world, Part::Activities).0, b',');
    assert!(activities.windows(2).all(|pair| pair[0]["at"][..10] <= pair[1]["at"][..10]));

    let is_alive: BTreeMap<_, _> =
        truth.iter().map(|t| (&t["customer_id"], t["alive"] == "true")).collect();
    let mean_satisfaction = |alive: bool| {
        let scores: Vec<f64> = customers
            .iter()
            .filter(|customer| is_alive[&customer["customer_id"]] == alive)
            .filter_map(|customer| customer["satisfaction"].parse().ok())
            .collect();
        assert!(scores.iter().all(|score| (0.0..=10.0).contains(score)));
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    assert!(mean_satisfaction(true) > mean_satisfaction(false) + 0.3);
    let complaints = |alive: bool| {
        activities
            .iter()
            .filter(|a| a["outcome"] == "complaint" && is_alive[&a["customer_id"]] == alive)
            .count()
    };
    assert!(complaints(false) > 5 * complaints(true).max(1));
}

#[test]
fn typed_formats_carry_the_same_orders() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let world = world(Spec::new().customers(500));
    let (text, report) = written(&world, Part::Main);
    let mut file = tempfile::tempfile().unwrap();
    assert_eq!(world.write(Part::Main, Format::Parquet, &mut file).unwrap(), report);
    let reader = SerializedFileReader::new(file).unwrap();
    let first = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    let cells: Vec<String> =
        first.get_column_iter().map(|(_, cell)| cell.to_string().replace('"', "")).collect();
    let line: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(cells[3].trim_end_matches("00"), line[3]);
    assert_eq!(
        (cells[0].as_str(), &cells[2], &cells[4]),
        (line[0], &line[2].to_owned(), &line[4].to_owned())
    );
    assert_eq!(reader.metadata().file_metadata().num_rows() as u64, report.rows);

    let mut xlsx = Vec::new();
    assert_eq!(world.write(Part::Main, Format::Xlsx, &mut xlsx).unwrap(), report);
    assert!(xlsx.starts_with(b"PK"));
}

#[test]
fn what_cannot_be_generated_is_refused() {
    let day = |days| Date::from_days(20_000 + days);
    for spec in [
        Spec::new().customers(0),
        Spec::new().orders(999),
        Spec::new().from(day(0)).to(day(3)),
        Spec::new().from(day(3)).to(day(0)),
        Spec::new().seasonality(f64::NAN),
        Spec::new().win_rate(0.0),
        Spec::new().horizon_days(0),
        Spec::new().spend(super::Spend { p: 1.0, q: 1.0, gamma: 1.0 }),
        Spec::new()
            .process(super::Process::BgNbd { r: 1.0, alpha: 1.0, a: 900.0, b: 1.0 })
            .orders(9000),
    ] {
        assert!(spec.clone().check().is_err_and(|error| error.is_usage()), "{spec:?}");
    }
    let mut out = Vec::new();
    let world = world(Spec::new().dirt(1));
    assert!(world.write(Part::Main, Format::Parquet, &mut out).unwrap_err().is_usage());
    assert!(world.write(Part::Truth, Format::Json, &mut out).unwrap_err().is_usage());
    assert!("rows".parse::<Part>().is_err() && "Pipedrive".parse::<Dialect>().is_err());
}
