//! A scored table of a million customers in every format that holds as many.

use criterion::{Criterion, Throughput};
use crmstat::{
    Date, Money,
    data::table::{Column, Table},
    write::{Format, Writer},
};
use std::io;

const ROWS: i64 = 1_000_000;

fn table() -> Table {
    let rows = || 0..ROWS;
    let ids: Vec<String> = rows().map(|row| format!("C{row:07}")).collect();
    Table::new(
        "rfm",
        vec![
            Column::text("customer_id", "Клиент", ids.iter().map(String::as_str)),
            Column::date(
                "last_order",
                "Последний заказ",
                rows().map(|row| Date::from_days(19_000 + (row % 900) as i32)),
            ),
            Column::int("frequency", "Заказов", rows().map(|row| row % 40)),
            Column::money("monetary", "Сумма", rows().map(|row| Money::from_units(row * 7_919))),
            Column::float(
                "p_alive",
                "Активен с вероятностью",
                3,
                rows().map(|row| 1.0 / row as f64),
            ),
            Column::category(
                "segment",
                "Сегмент",
                ["Champions", "Lost"],
                rows().map(|row| row as u32 % 2),
            ),
        ],
    )
    .expect("columns of one length")
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let table = table();
    let mut group = criterion.benchmark_group("write");
    group.throughput(Throughput::Elements(ROWS as u64));
    for format in [Format::Csv, Format::Json, Format::Ndjson, Format::Parquet] {
        group.bench_function(format.name(), |bencher| {
            bencher.iter(|| Writer::new(format).write(&table, &mut io::sink()).expect("a sink"));
        });
    }
    group.finish();
    criterion.final_summary();
}
