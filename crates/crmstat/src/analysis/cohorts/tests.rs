//! End to end, from files to cohorts and curves.

use super::{
    Acquisition, Contracts, Figure, Options, Period, SurvivalOptions, acquisition, contracts,
    time_to_next_order,
};
use crate::{
    AsOf, Date, Error, Window,
    data::{Records, TableKind, table::Table},
    ingest::{Export, ReadOptions},
    write::{Format, Writer},
};
use std::{fmt::Write, fs};

fn until(day: &str) -> Window {
    let day: Date = day.parse().unwrap();
    Window { since: None, until: Some(AsOf::start_of(day)) }
}

/// These rows, opened as orders and as customers.
fn opened(orders: &str, customers: &str) -> (Export, Export) {
    let orders = format!("customer_id,order_date,amount\n{orders}");
    let customers = format!("customer_id,contract_start,contract_end\n{customers}");
    let of_customers = ReadOptions { kind: Some(TableKind::Customers), ..ReadOptions::default() };
    (
        Export::from_bytes("orders.csv", orders, ReadOptions::default()).unwrap(),
        Export::from_bytes("customers.csv", customers, of_customers).unwrap(),
    )
}

fn csv(table: &Table) -> String {
    let mut text = Vec::new();
    Writer::new(Format::Csv).write(table, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

const ORDERS: &str = "a,2024-01-05,10\na,2024-02-20,20.5\na,2024-04-01,5\n\
                      b,2024-01-31,30\nb,2024-02-01,-10\n\
                      c,2024-03-15,7\nc,2024-04-02,7\nd,2024-02-02,-3\n";

fn grouped(period: Period, window: Window) -> Acquisition {
    let (mut export, _) = opened(ORDERS, "a,2024-01-01,\n");
    acquisition(&mut export, &Options { window, period }).unwrap().result
}

#[test]
fn cohorts_are_followed_to_the_last_period() {
    let found = grouped(Period::Month, until("2024-05-01"));
    assert_eq!(found.incomplete(), None);
    assert_eq!(
        csv(&found.matrix(Figure::Active).unwrap()),
        "cohort,customers,age_0,age_1,age_2,age_3\n\
         2024-01-01,2,2,1,0,1\n2024-03-01,1,1,1,,\n"
    );
    assert_eq!(
        csv(&found.matrix(Figure::Revenue).unwrap()),
        "cohort,customers,age_0,age_1,age_2,age_3\n\
         2024-01-01,2,40.0,10.5,0.0,5.0\n2024-03-01,1,7.0,7.0,,\n"
    );
    let table = csv(&found.table().unwrap());
    let second = table.lines().nth(2).unwrap();
    assert_eq!(second, "2024-01-01,2,1,2024-02-01,true,1,0.5,10.50,5.25,25.25");
    assert_eq!(table.lines().count(), 1 + 4 + 2);
}

#[test]
fn a_period_cut_off_is_not_a_full_one() {
    let found = grouped(Period::Quarter, Window::default());
    assert_eq!(found.as_of().to_string(), "2024-04-03");
    assert_eq!(found.incomplete(), "2024-04-01".parse().ok());
    assert_eq!(
        csv(&found.matrix(Figure::Retention).unwrap()),
        "cohort,customers,age_0,age_1\n2024-01-01,3,1.0,\n"
    );
    let table = csv(&found.table().unwrap());
    assert!(table.lines().nth(2).unwrap().contains("2024-04-01,false,2"), "{table}");
}

#[test]
fn waits_end_with_the_next_order_or_with_observation() {
    let (mut export, _) = opened(ORDERS, "a,2024-01-01,\n");
    let options = SurvivalOptions { window: until("2024-05-01"), ..SurvivalOptions::default() };
    let found = time_to_next_order(&mut export, &options).unwrap().result;
    // 46, 41 and 18 days; still waiting after 29 (a), 90 (b) and 28 (c).
    assert_eq!((found.lifetimes(), found.ended()), (6, 3));
    let steps: Vec<(f64, u64)> =
        found.curve().steps().iter().map(|step| (step.time, step.at_risk)).collect();
    assert_eq!(steps, [(18.0, 6), (41.0, 3), (46.0, 2)]);
    let level = SurvivalOptions { level: 0.0, ..options };
    assert!(time_to_next_order(&mut export, &level).unwrap_err().is_usage());
}

fn signed(customers: &str) -> Result<Contracts, Error> {
    let (mut export, mut customers) = opened(ORDERS, customers);
    let customers = Records::read(&mut customers)?.result;
    let options = SurvivalOptions { window: until("2024-05-01"), ..SurvivalOptions::default() };
    contracts(&mut export, &customers, &options).map(|found| found.result)
}

#[test]
fn contracts_end_or_run_and_every_other_row_is_counted() {
    let found = signed(
        "a,2024-01-01,2024-01-31\nb,2024-01-01,2024-05-01\nc,2024-02-01,\n\
         d,,2024-03-01\ne,2024-06-01,\nf,2024-03-01,2024-02-01\n",
    )
    .unwrap();
    assert_eq!((found.survival.lifetimes(), found.survival.ended()), (3, 1));
    assert_eq!(found.survival.curve().steps()[0].time, 30.0);
    assert_eq!((found.without_start, found.not_started, found.reversed), (1, 1, 1));
    assert!(signed("a,2024-06-01,\n").unwrap_err().is_data());
}

/// `reference_values.json`, `telco_recomputed`: Kaplan–Meier by tenure, a day here for a month there.
#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn telcos_survival_is_as_recomputed_needs_shared_data() {
    let path = crmstat_testkit::shared("data/customers/churn/telco_customer_churn.csv");
    let as_of: Date = "2024-05-01".parse().unwrap();
    let mut customers = String::new();
    for line in fs::read_to_string(path).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let tenure: i32 = cells[5].parse().unwrap();
        let churned = cells[20].trim() == "Yes";
        let start = as_of.plus_days(-1 - tenure);
        let end = if churned { as_of.plus_days(-1).to_string() } else { String::new() };
        writeln!(customers, "{},{start},{end}", cells[0]).unwrap();
    }
    let found = signed(&customers).unwrap();
    let expected = [
        (1.0, 0.945_961),
        (6.0, 0.884_826),
        (12.0, 0.8432),
        (24.0, 0.788_736),
        (48.0, 0.708_84),
        (72.0, 0.592_79),
    ];
    for (days, share) in expected {
        let survival = found.survival.curve().survival(days);
        assert!((survival - share).abs() < 1e-6, "{survival} after {days}");
    }
}

#[test]
fn nobody_makes_no_cohort() {
    let (mut export, _) = opened("a,2024-01-01,-5\n", "a,2024-01-01,\n");
    let error = acquisition(&mut export, &Options::default()).unwrap_err();
    assert!(error.is_data() && error.hint().is_some());
    assert!("week".parse::<Period>().unwrap_err().is_usage());
    assert!("churn".parse::<Figure>().unwrap_err().is_usage());
}

mod divided {
    use crate::{
        Date, Lang, Money,
        analysis::cohorts::{Divided, Figure, Options, divided, flow_of},
        data::{Field, OrderRow, Orders},
        ingest::{Export, ReadOptions},
    };

    const ORDERS: &str = "\
order_id,customer_id,order_date,amount,channel
1,A,2025-01-05,10,web
2,A,2025-02-05,20,store
3,B,2025-01-07,30,store
4,C,2025-02-09,40,
5,B,2025-03-31,50,web
6,D,2025-03-30,-5,web
";

    type Group<'a> = (Option<&'a str>, Vec<Vec<u64>>, f64);

    #[test]
    fn customers_stay_where_their_first_purchase_was() {
        let read = || {
            let mut export =
                Export::from_bytes("orders.csv", ORDERS, ReadOptions::default()).unwrap();
            divided(&mut export, &Options::default(), "channel", &[]).unwrap().result
        };
        let found: Divided = read();
        let groups: Vec<Group<'_>> = found
            .groups()
            .iter()
            .map(|(label, own)| {
                let cohorts = own.cohorts();
                let revenue = cohorts.iter().flat_map(|cohort| &cohort.revenue).sum::<f64>();
                let active = cohorts.iter().map(|cohort| cohort.active.clone()).collect();
                (label.as_deref(), active, revenue / Money::SCALE as f64)
            })
            .collect();
        // Who has refunds alone was never acquired.
        assert_eq!(
            groups,
            [
                (Some("store"), vec![vec![1, 0, 1]], 80.0),
                (Some("web"), vec![vec![1, 1, 0]], 30.0),
                (None, vec![vec![1, 0]], 40.0),
            ]
        );
        let table = found.table(Lang::Ru).unwrap();
        assert_eq!((table.columns()[0].name(), table.rows()), ("channel", 8));
        let matrix = found.matrix(Figure::Active, Lang::En).unwrap();
        assert_eq!((matrix.rows(), matrix.columns().len()), (3, 6));
    }

    #[test]
    fn who_was_active_is_kept_or_lost() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let mut builder = Orders::builder();
        for (customer, at) in [
            ("A", "2025-01-05"),
            ("A", "2025-02-05"),
            ("B", "2025-01-07"),
            ("B", "2025-03-31"),
            ("C", "2025-02-09"),
            ("C", "2025-03-09"),
        ] {
            let row = OrderRow::new(customer, day(at), 10).with(Field::Region, "North");
            builder.push(row);
        }
        let orders = builder.build().unwrap().complete().unwrap();
        let found = flow_of(&orders, &Options::default(), Some("region"), &[]).unwrap();
        assert_eq!(found.groups().len(), 2);
        for (_, rows) in found.groups() {
            let counts: Vec<_> = rows
                .iter()
                .map(|row| {
                    (row.before, row.returning, row.reactivated, row.new, row.lost, row.active)
                })
                .collect();
            assert_eq!(
                counts,
                [
                    (None, 0, 0, 2, None, 2),
                    (Some(2), 1, 0, 1, Some(1), 2),
                    (Some(2), 1, 1, 0, Some(1), 2),
                ]
            );
        }
        assert_eq!(found.table(Lang::En).unwrap().rows(), 6);
    }
}
