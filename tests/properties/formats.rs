//! The same data give the same answer in whatever format they come, and from memory.

use crate::table;
use crmstat::{
    AsOf, Date, Lang, Money, Timestamp,
    analysis::{churn, clv, forecast, rfm, segments},
    data::{
        Field, OrderRow, Orders, OrdersBuilder, OrdersQuery,
        table::{Column, Table},
    },
    features::{Feature, History},
    ingest::{Export, ExportFile, ReadOptions},
    write::{Format, Writer},
};
use proptest::prelude::*;

/// A line of an order, as a program holds it.
#[derive(Clone, Debug)]
struct Row {
    order: String,
    customer: String,
    at: Timestamp,
    amount: Option<Money>,
    product: Option<&'static str>,
}

/// 240 customers who buy at their own pace, every third of whom left after a year: with orders of several lines,
/// refunds, orders that were cancelled, a guest, rows without an amount and a year mistyped.
fn rows() -> Vec<Row> {
    let first: Date = "2023-01-01".parse().unwrap();
    let mut rows = Vec::new();
    for customer in 0..240_i32 {
        let end = if customer % 3 == 0 { 365 } else { 900 };
        for day in (customer % 29..end).step_by(15 + customer as usize % 40) {
            let at = Timestamp::from_seconds(
                first.plus_days(day).midnight().seconds() + i64::from(customer * 331 % 86_000),
            );
            let order = format!("O{customer}-{day}");
            let name = if (customer + day) % 11 == 0 {
                "walk-in".to_owned()
            } else {
                format!("{customer:04}")
            };
            for line in 0..=(customer + day) % 3 {
                let units =
                    i64::from((customer * 7_919 + day * 104_729 + line * 31) % 900_000) + 100;
                // The hundredths of money that every format holds.
                let amount = (units % 97 != 0).then(|| Money::from_units(units * 100));
                let product = [None, Some("чай"), Some("a \"b\", c"), Some("x\ny")][line as usize];
                let customer = name.clone();
                rows.push(Row { order: order.clone(), customer, at, amount, product });
            }
            let twin = |order: String, after: i64, amount: i64| Row {
                order,
                customer: name.clone(),
                at: Timestamp::from_seconds(at.seconds() + after),
                amount: Some(Money::from_units(amount)),
                product: None,
            };
            match day % 17 {
                // Cancelled within the day, and given back a week later.
                3 => {
                    rows.push(twin(format!("{order}c"), 60, 5_550_000));
                    rows.push(twin(format!("{order}r"), 3_600, -5_550_000));
                }
                5 => rows.push(twin(format!("{order}b"), 7 * 86_400, -120_000)),
                _ => {}
            }
        }
    }
    let mistyped: Date = "2105-03-04".parse().unwrap();
    rows[7].at = mistyped.midnight();
    rows
}

/// The rows as an export has them.
fn export(rows: &[Row]) -> Table {
    let columns = vec![
        Column::text("order_id", "", rows.iter().map(|row| row.order.as_str())),
        Column::text("customer_id", "", rows.iter().map(|row| row.customer.as_str())),
        Column::timestamp("order_date", "", rows.iter().map(|row| row.at)),
        Column::money("amount", "", rows.iter().map(|row| row.amount)),
        Column::text("product", "", rows.iter().map(|row| row.product)),
    ];
    Table::new("orders", columns).unwrap()
}

fn built(rows: &[Row]) -> crmstat::Result<crmstat::ingest::Imported<Orders>> {
    let rows = rows.iter().map(|row| {
        OrderRow::new(row.customer.as_str(), row.at, row.amount)
            .id(row.order.as_str())
            .with(Field::Product, row.product)
    });
    rows.collect::<OrdersBuilder>().build()
}

fn written(table: &Table, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::new(format).write(table, &mut out).unwrap();
    out
}

/// The files of every format.
fn files(rows: &[Row]) -> Vec<(&'static str, ExportFile)> {
    let table = export(rows);
    let mut files = vec![
        ("CSV", ExportFile::bytes("orders", written(&table, Format::Csv))),
        ("TSV", ExportFile::bytes("orders", written(&table, Format::Tsv))),
        ("NDJSON", ExportFile::bytes("orders", written(&table, Format::Ndjson))),
        ("Parquet", ExportFile::bytes("orders", written(&table, Format::Parquet))),
        ("XLSX", ExportFile::bytes("orders", written(&table, Format::Xlsx))),
    ];
    let lines = String::from_utf8(written(&table, Format::Ndjson)).unwrap();
    let array = format!("[{}]", lines.trim_end().replace('\n', ",\n "));
    files.push(("JSON", ExportFile::bytes("orders", array)));
    #[cfg(feature = "arrow")]
    {
        let batch = table.to_record_batch().unwrap();
        let schema = batch.schema();
        let reader = arrow_array::RecordBatchIterator::new([Ok(batch)], schema);
        files.push(("Arrow", ExportFile::arrow("orders", reader).unwrap()));
    }
    files
}

fn csv(table: crmstat::Result<Table>) -> String {
    String::from_utf8(written(&table.unwrap(), Format::Csv)).unwrap()
}

/// What every analysis says of `orders`, as CSV.
fn answers(orders: &Orders) -> Vec<(&'static str, String)> {
    let (history, as_of) = (History::new(orders), AsOf::start_of("2025-07-01".parse().unwrap()));
    let features: Vec<Feature> =
        ["recency_days", "frequency", "monetary"].map(|name| name.parse().unwrap()).into();
    let customers = segments::Customers::at(&history, as_of, &features).unwrap();
    let three = segments::Options { k: Some(3), ..segments::Options::default() };
    let options =
        churn::Options { population: churn::Population::All, ..churn::Options::default() };
    let series = forecast::SeriesSet::of_orders(orders, &forecast::Query::default()).unwrap();
    let plan = forecast::forecast(&series, &forecast::Options::default()).unwrap();
    let worth = clv::estimate_orders(orders, clv::Beside::default(), &clv::Options::default());
    let scored = rfm::score_orders(orders, &rfm::Options::default()).unwrap();
    vec![
        ("rfm", csv(scored.table(Lang::En))),
        ("segments", csv(segments::fit(&customers, &three).unwrap().table(Lang::En))),
        (
            "churn",
            csv(churn::fit(&history, &options)
                .unwrap()
                .scores
                .table(churn::Order::default(), Lang::En)),
        ),
        ("clv", csv(worth.unwrap().table())),
        ("forecast", csv(plan.table(Lang::En))),
    ]
}

#[test]
fn every_format_and_memory_give_the_same_bytes_at_any_number_of_threads() {
    let rows = rows();
    let query = OrdersQuery { fields: vec![Field::Product], ..OrdersQuery::default() };
    let mut expected = None;
    for threads in [1, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let memory = built(&rows).unwrap();
            let from_memory = answers(&memory.result);
            let expected = expected.get_or_insert_with(|| from_memory.clone());
            assert_eq!(&from_memory, expected, "memory, {threads} threads");
            let told: Vec<_> =
                memory.notices.iter().map(|notice| (&notice.finding, notice.rows)).collect();
            assert!(told.len() >= 3, "cancelled orders, a guest and far dates are told: {told:?}");
            for (format, file) in files(&rows) {
                let mut export = Export::of([file], ReadOptions::default()).unwrap();
                let read = Orders::read(&mut export, &query).unwrap();
                let says = |what: &str| format!("{format}, {threads} threads: {what}");
                assert_eq!(read.ledger.accepted, memory.ledger.accepted, "{}", says("accepted"));
                let found: Vec<_> =
                    read.notices.iter().map(|notice| (&notice.finding, notice.rows)).collect();
                assert_eq!(found, told, "{}", says("notices"));
                let scored = rfm::score(&mut export, &rfm::Options::default()).unwrap();
                let scored = String::from_utf8(table(&scored.result)).unwrap();
                assert!(scored == expected[0].1, "{}", says("rfm in one pass"));
                // What orders are equal gives equal answers; the models are asked once.
                for customer in 0..read.result.customers().len() {
                    let (one, other) = (&read.result, &memory.result);
                    assert_eq!(one.customers().get(customer), other.customers().get(customer));
                    let own = one.of_customer(customer);
                    assert_eq!(own, other.of_customer(customer), "{}", says("orders"));
                    assert_eq!(
                        one.at()[own.clone()],
                        other.at()[own.clone()],
                        "{}",
                        says("instants")
                    );
                    assert_eq!(
                        one.amount()[own.clone()],
                        other.amount()[own],
                        "{}",
                        says("amounts")
                    );
                }
                if threads == 1 && ["Parquet", "NDJSON"].contains(&format) {
                    assert!(answers(&read.result) == *expected, "{}", says("models"));
                }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn csv_and_json_of_the_same_rows_are_one(
        found in prop::collection::vec(
            ("[a-zA-Zа-я0-9 \"',\n{}]{0,6}", -9_000_i64..90_000, 0_i32..900, prop::option::of("[a-z\"\n]{1,4}")),
            1..40,
        ),
        array in any::<bool>(),
    ) {
        let first: Date = "2023-01-01".parse().unwrap();
        let text = || -> Vec<u8> {
            let mut csv = csv::Writer::from_writer(Vec::new());
            csv.write_record(["customer_id", "order_date", "amount", "note"]).unwrap();
            for (customer, cents, day, note) in &found {
                let at = first.plus_days(*day).to_string();
                let amount = format!("{}.{:02}", cents / 100, cents.abs() % 100);
                csv.write_record([customer, &at, &amount, note.as_deref().unwrap_or("")]).unwrap();
            }
            csv.into_inner().unwrap()
        };
        let objects: Vec<String> = found
            .iter()
            .map(|(customer, cents, day, note)| {
                let at = first.plus_days(*day).to_string();
                let amount = format!("{}.{:02}", cents / 100, cents.abs() % 100);
                format!(
                    "{{\"customer_id\": {}, \"order_date\": \"{at}\", \"amount\": {amount}, \"note\": {}}}",
                    serde_json::to_string(customer).unwrap(),
                    serde_json::to_string(note).unwrap(),
                )
            })
            .collect();
        let json = if array { format!("[{}]", objects.join(",")) } else { objects.join("\n") };
        let told = |bytes: Vec<u8>| {
            let mut export = Export::from_bytes("orders", bytes, ReadOptions::default()).map_err(|error| error.to_string())?;
            let scored = rfm::score(&mut export, &rfm::Options::default()).map_err(|error| error.to_string())?;
            let rejected: Vec<_> =
                scored.rejections.groups().iter().map(|group| (group.first.reason, group.rows)).collect();
            Ok::<_, String>((table(&scored.result), scored.ledger.accepted, rejected))
        };
        prop_assert_eq!(told(text()), told(json.into_bytes()));
    }
}

/// The orders of `tests/formats` as every common writer of Parquet, and where the feature is there of Arrow, wrote
/// them: `tests/formats/make.py`.
#[test]
fn what_every_writer_writes_is_read_alike() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/formats");
    let told = |path: &std::path::Path| {
        let mut export = Export::open(&[path.to_str().unwrap()], ReadOptions::default())?;
        let query =
            OrdersQuery { fields: vec![Field::OrderId, Field::Region], ..OrdersQuery::default() };
        let read = Orders::read(&mut export, &query)?;
        let orders: Vec<String> = (0..read.result.len())
            .map(|order| format!("{} {}", read.result.at()[order], read.result.amount()[order]))
            .collect();
        let scored = rfm::score(&mut export, &rfm::Options::default())?;
        let scored = String::from_utf8(table(&scored.result)).unwrap();
        Ok::<_, crmstat::Error>((
            scored,
            orders,
            format!("{:?}", (read.result.field(Field::OrderId), read.result.field(Field::Region))),
            read.ledger.quarantined,
        ))
    };
    let expected = told(&folder.join("orders.csv")).unwrap();
    let kinds: &[(&str, usize)] =
        if cfg!(feature = "arrow") { &[("parquet", 40), ("arrow", 8)] } else { &[("parquet", 40)] };
    for (kind, least) in kinds {
        let files: Vec<_> = std::fs::read_dir(folder.join(kind))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(files.len() >= *least, "{} files of {kind}", files.len());
        for path in files {
            let found = told(&path).unwrap_or_else(|error| panic!("{error}"));
            assert!(found == expected, "{}: {found:?}", path.display());
        }
    }
}
