//! Sales, KPIs and cohorts of the shipped data sets, recomputed with pandas 3.1 and again with the SQL of `sales.py` beside
//! this file; and of Maven's 8,800 deals, with pandas from `sales_pipeline.csv` and `sales_teams.csv`.

use crate::shared;
use crmstat::{
    AsOf, Window,
    analysis::{
        kpi::{self, Kpi, Kpis},
        sales::{self, Measure, Period, Query, Sales, Value},
    },
    data::{DealStatus, Deals, Records, TableKind},
    ingest::{Export, ReadOptions},
};
use std::collections::BTreeMap;

fn dataset(name: &str) -> String {
    let path = crmstat_testkit::checkout().join("datasets").join(name);
    path.into_os_string().into_string().unwrap()
}

fn table(name: &str, kind: TableKind) -> Records {
    let options = ReadOptions { kind: Some(kind), ..ReadOptions::default() };
    let mut export = Export::open(&[dataset(name)], options).unwrap();
    Records::read(&mut export).unwrap().result
}

fn orders() -> Export {
    Export::open(&[dataset("orders.csv")], ReadOptions::default()).unwrap()
}

fn of_2025() -> Window {
    Window {
        since: Some("2025-01-01".parse().unwrap()),
        until: Some(AsOf::start_of("2026-01-01".parse().unwrap())),
    }
}

/// The measures over the whole time by the label of the first column.
fn overall(found: &Sales) -> BTreeMap<String, Vec<f64>> {
    let of = |group: usize| {
        let values = found.overall(group).iter();
        values.map(|value| value.map_or(f64::NAN, Value::to_f64)).collect()
    };
    let labels = found.groups().iter().enumerate();
    labels.map(|(at, own)| (own[0].clone().unwrap_or_default(), of(at))).collect()
}

fn by(export: &mut Export, column: &str, window: Window, measures: &[Measure]) -> Sales {
    let query = Query {
        window,
        period: Period::Year,
        measures: measures.to_vec(),
        by: vec![column.to_owned()],
        ..Query::default()
    };
    sales::sales(export, &query, &[]).unwrap().result
}

/// A label, its revenue and its orders.
type Group = (&'static str, f64, f64);

#[test]
fn the_shipped_orders_of_2025_by_region_channel_manager_and_product() {
    let expected: [(&str, &[Group]); 4] = [
        (
            "region",
            &[
                ("Centre", 36_996.00, 486.0),
                ("Coast", 29_142.02, 356.0),
                ("East", 43_670.66, 486.0),
                ("North", 39_428.45, 570.0),
                ("South", 38_461.27, 468.0),
                ("West", 32_593.67, 371.0),
            ],
        ),
        (
            "channel",
            &[
                ("email", 38_303.34, 499.0),
                ("partner", 52_008.01, 604.0),
                ("phone", 41_253.97, 539.0),
                ("store", 38_229.69, 508.0),
                ("web", 50_497.06, 587.0),
            ],
        ),
        (
            "manager",
            &[
                ("A. Smith", 23_472.81, 318.0),
                ("B. Jones", 25_029.88, 306.0),
                ("C. Brown", 20_890.32, 314.0),
                ("D. Clark", 28_425.33, 292.0),
                ("E. Lewis", 24_709.84, 308.0),
                ("F. Young", 41_495.51, 426.0),
                ("G. Evans", 34_178.42, 429.0),
                ("H. Green", 22_089.96, 344.0),
            ],
        ),
        (
            "product",
            &[
                ("Chair Uno", 9_524.50, 140.0),
                ("Copy A4", 46_657.48, 554.0),
                ("Desk Lamp", 15_838.57, 200.0),
                ("Desk Pro", 5_879.64, 74.0),
                ("Folder", 19_598.61, 255.0),
                ("Monitor 24", 8_152.23, 82.0),
                ("Notebook", 30_890.76, 439.0),
                ("Pen Set", 27_848.80, 352.0),
                ("Scanner S", 3_652.72, 49.0),
                ("Shredder", 10_489.52, 122.0),
                ("Toner X", 19_985.84, 244.0),
                ("Whiteboard", 21_773.40, 226.0),
            ],
        ),
    ];
    for (column, rows) in expected {
        for measures in [
            vec![Measure::Revenue, Measure::Orders],
            // The way of measures that sums of days do not tell.
            vec![Measure::Revenue, Measure::Orders, Measure::Customers],
        ] {
            let found = overall(&by(&mut orders(), column, of_2025(), &measures));
            assert_eq!(found.len(), rows.len(), "{column}");
            for (label, revenue, orders) in rows {
                assert!((found[*label][0] - revenue).abs() < 1e-6, "{column} {label}");
                assert_eq!(found[*label][1], *orders, "{column} {label}");
            }
            let all: f64 = found.values().map(|values| values[0]).sum();
            assert!((all - 220_292.07).abs() < 1e-6, "{column}");
        }
    }
    // Growth of 2025 over 2024, whose orders were worth 148,684.31.
    let query = Query { period: Period::Year, ..Query::default() };
    let found = sales::sales(&mut orders(), &query, &[]).unwrap().result;
    let growth = found.rows().last().unwrap().growth().unwrap();
    assert!((growth - (220_292.07 / 148_684.31 - 1.0)).abs() < 1e-9);
}

#[test]
fn the_margin_of_the_shipped_lines_by_category() {
    let query = Query {
        window: of_2025(),
        measures: vec![Measure::Revenue, Measure::Margin, Measure::Quantity, Measure::Discount],
        by: vec!["category".to_owned()],
        totals: true,
        ..Query::default()
    };
    let lines = [table("lines.csv", TableKind::Lines)];
    let found = overall(&sales::sales(&mut orders(), &query, &lines).unwrap().result);
    for (label, revenue, margin, pieces, discount) in [
        ("Devices", 42_280.31, 4_190.61, 745.0, 1_612.12),
        ("Furniture", 31_242.71, -3_340.89, 680.0, 1_239.76),
        ("Office", 69_220.81, 23_879.59, 9_131.0, 3_693.38),
        ("Paper", 77_548.24, 30_061.20, 15_328.0, 4_252.20),
        ("", 220_292.07, 54_790.51, 25_884.0, 10_797.46),
    ] {
        for (found, expected) in found[label].iter().zip([revenue, margin, pieces, discount]) {
            assert!((found - expected).abs() < 1e-6, "{label}: {found} is not {expected}");
        }
    }
}

fn kpis(query: &kpi::Query) -> Kpis {
    let tables = [
        table("lines.csv", TableKind::Lines),
        table("customers.csv", TableKind::Customers),
        table("spend.csv", TableKind::Spend),
    ];
    kpi::kpis(&mut orders(), query, &tables).unwrap().result
}

fn value(found: &Kpis, kpi: Kpi, first: Option<&str>, group: Option<&str>) -> f64 {
    let is = |row: &&kpi::KpiRow| {
        let period = row.period.map(|period| period.whole.first.to_string());
        row.kpi == kpi && period.as_deref() == first && row.group.as_deref() == group
    };
    let row = found.rows().iter().find(is);
    row.unwrap_or_else(|| panic!("{kpi:?} {first:?} {group:?}")).estimate.value
}

#[test]
fn the_kpis_of_the_shipped_data() {
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found} {expected}");
    };
    let quarters = kpis(&kpi::Query { period: Period::Quarter, ..kpi::Query::default() });
    for (first, before, kept, active, new) in [
        ("2023-10-01", 75.0, 45.0, 131.0, 86.0),
        ("2024-01-01", 131.0, 69.0, 160.0, 83.0),
        ("2024-04-01", 160.0, 107.0, 195.0, 71.0),
        ("2024-07-01", 195.0, 115.0, 207.0, 62.0),
        ("2024-10-01", 207.0, 133.0, 260.0, 86.0),
        ("2025-01-01", 260.0, 150.0, 278.0, 95.0),
        ("2025-04-01", 278.0, 156.0, 268.0, 70.0),
        ("2025-07-01", 268.0, 152.0, 287.0, 73.0),
        ("2025-10-01", 287.0, 194.0, 363.0, 99.0),
    ] {
        near(value(&quarters, Kpi::RetentionRate, Some(first), None), kept / before);
        near(value(&quarters, Kpi::LostCustomers, Some(first), None), before - kept);
        near(value(&quarters, Kpi::ActiveCustomers, Some(first), None), active);
        near(value(&quarters, Kpi::NewCustomers, Some(first), None), new);
    }
    for (kpi, expected) in [
        (Kpi::Lifetime, 2.523_613_963_039_014_4),
        (Kpi::Ltv, 454.769_011_622_324_3),
        (Kpi::Nps, 34.887_737_478_411_05),
        (Kpi::Top1Share, 0.107_601_849_547_531_33),
        (Kpi::Top5Share, 0.304_837_648_593_254_85),
        (Kpi::Top20Share, 0.629_707_313_000_593_1),
        (Kpi::Gini, 0.587_800_791_133_341_8),
    ] {
        near(value(&quarters, kpi, None, None), expected);
    }
    let nps = quarters.rows().iter().find(|row| row.kpi == Kpi::Nps && row.period.is_none());
    let (lower, upper) = nps.unwrap().estimate.interval.unwrap();
    assert!((lower - 29.187_846_320_638).abs() < 1e-6 && (upper - 40.587_628_636_184).abs() < 1e-6);

    let years = kpis(&kpi::Query {
        period: Period::Year,
        by: Some("channel".to_owned()),
        ..kpi::Query::default()
    });
    for (channel, new, spend, roi) in [
        (Some("email"), 148.0, 2_781.05, 12.772_977_832_113_776),
        (Some("partner"), 171.0, 1_875.99, 26.722_967_606_437_134),
        (Some("phone"), 162.0, 3_734.89, 10.045_564_929_623_096),
        (Some("store"), 151.0, 1_583.91, 23.136_276_682_387_25),
        (Some("web"), 139.0, 7_451.20, 5.777_037_255_744_041),
        (None, 337.0, 17_427.04, (220_292.07 - 17_427.04) / 17_427.04),
    ] {
        let of = |kpi| value(&years, kpi, Some("2025-01-01"), channel);
        near(of(Kpi::NewCustomers), new);
        near(of(Kpi::Spend), spend);
        near(of(Kpi::Cac), spend / new);
        near(of(Kpi::Roi), roi);
    }
    let of = |kpi| value(&years, kpi, Some("2025-01-01"), None);
    near(of(Kpi::Romi), (54_790.51 - 17_427.04) / 17_427.04);
    near(of(Kpi::MarginShare), 54_790.51 / 220_292.07);
    near(of(Kpi::DiscountShare), 0.046_724_141_937_542_56);
}

/// Maven's won deals by regional office: revenue and number.
const OFFICES: [Group; 3] = [
    ("Central", 3_346_293.0, 1_629.0),
    ("East", 3_090_594.0, 1_171.0),
    ("West", 3_568_647.0, 1_438.0),
];

/// Maven's won deals by manager: revenue and number.
const MANAGERS: [Group; 6] = [
    ("Cara Losch", 1_130_049.0, 480.0),
    ("Celia Rouche", 1_603_897.0, 610.0),
    ("Dustin Brinkmann", 1_094_363.0, 747.0),
    ("Melvin Marxen", 2_251_930.0, 882.0),
    ("Rocco Neubert", 1_960_545.0, 691.0),
    ("Summer Sewald", 1_964_750.0, 828.0),
];

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn mavens_won_deals_needs_shared_data() {
    let file = shared("data/crm/maven/sales_pipeline.csv");
    let export = || Export::open(&[&file], ReadOptions::default()).unwrap();
    let of = |column: &str| {
        let measures = [Measure::Revenue, Measure::Orders];
        overall(&by(&mut export(), column, Window::default(), &measures))
    };
    let by_agent = of("sales_agent");
    let sum = |found: &BTreeMap<String, Vec<f64>>, at: usize| {
        found.values().map(|values| values[at]).sum::<f64>()
    };
    assert_eq!((sum(&by_agent, 0), sum(&by_agent, 1)), (10_005_534.0, 4_238.0));
    assert_eq!(by_agent["Darcel Schlecht"][0], 1_153_214.0);
    let by_product = of("product");
    for (product, revenue) in [
        ("GTK 500", 400_612.0),
        ("GTX Basic", 499_263.0),
        ("GTX Plus Basic", 705_275.0),
        ("GTX Plus Pro", 2_629_651.0),
        ("GTXPro", 3_510_578.0),
        ("MG Advanced", 2_216_387.0),
        ("MG Special", 43_768.0),
    ] {
        assert_eq!(by_product[product][0], revenue, "{product}");
    }
    // Managers and regions are in another file, keyed by the agent. Expected: pandas, `pipeline.merge(teams)`.
    let teams = || {
        let file = shared("data/crm/maven/sales_teams.csv");
        Records::joined(&export(), file.as_str(), None, ReadOptions::default()).unwrap().result.0
    };
    let of_team = |column: &str| {
        let query = Query {
            measures: vec![Measure::Revenue, Measure::Orders],
            by: vec![column.to_owned()],
            ..Query::default()
        };
        overall(&sales::sales(&mut export(), &query, &[teams()]).unwrap().result)
    };
    for (column, expected) in [("regional_office", &OFFICES[..]), ("manager", &MANAGERS[..])] {
        let found = of_team(column);
        assert_eq!(found.len(), expected.len(), "{column}");
        for (name, revenue, deals) in expected {
            assert_eq!(found[*name], [*revenue, *deals], "{name}");
        }
    }
    let query = Query { period: Period::Quarter, ..Query::default() };
    let quarters = sales::sales(&mut export(), &query, &[]).unwrap().result;
    let values: Vec<f64> =
        quarters.rows().iter().filter_map(|row| row.value).map(Value::to_f64).collect();
    assert_eq!(values, [1_134_672.0, 3_086_111.0, 2_982_255.0, 2_802_496.0]);

    let query = kpi::Query { period: Period::Year, ..kpi::Query::default() };
    let found = kpi::kpis(&mut export(), &query, &[]).unwrap().result;
    assert_eq!(value(&found, Kpi::WinRate, None, None), 4_238.0 / 6_711.0);

    // The products of the catalogue, once the spelling of the deals is merged.
    let merge = vec![("GTXPro".to_owned(), "GTX Pro".to_owned())];
    let options = ReadOptions { merge, ..ReadOptions::default() };
    let mut merged = Export::open(&[&file], options).unwrap();
    assert_eq!(merged.merged().map(|own| own.cells).collect::<Vec<_>>(), [1_480]);
    let found = overall(&by(&mut merged, "product", Window::default(), &[Measure::Revenue]));
    assert_eq!(found["GTX Pro"][0], 3_510_578.0);
    assert!(!found.contains_key("GTXPro"));
    // Missing amounts of open deals stay missing.
    let deals = Deals::read(&mut merged).unwrap().result;
    let is_open = |deal: &usize| deals.status()[*deal] == DealStatus::Open;
    let open: Vec<usize> = (0..deals.len()).filter(is_open).collect();
    assert_eq!((deals.len(), open.len()), (8_800, 2_089));
    assert!(open.iter().all(|deal| deals.amount()[*deal].is_none()));
}
