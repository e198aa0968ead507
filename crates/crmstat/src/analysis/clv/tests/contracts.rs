//! Contracts, from the table of customers.

use super::{csv, day_after};
use crate::{
    Error,
    analysis::clv::{Beside, Clv, Options, OrderModel, Warning, estimate_with},
    data::{Records, TableKind},
    ingest::{Export, ReadOptions},
};
use crmstat_models::clv::TimeUnit;
use std::fmt::Write;

fn valued(orders: &str, contracts: &str, until: &str) -> Result<Clv, Error> {
    let orders = format!("customer_id,order_date,amount\n{orders}");
    let contracts = format!("customer_id,contract_start,contract_end\n{contracts}");
    let of_customers = ReadOptions { kind: Some(TableKind::Customers), ..ReadOptions::default() };
    let mut contracts = Export::from_bytes("customers.csv", contracts, of_customers)?;
    let contracts = Records::read(&mut contracts)?.result;
    let beside = Beside { contracts: Some(&contracts), ..Beside::default() };
    let options = Options {
        window: day_after(until),
        model: OrderModel::Sbg,
        unit: TimeUnit::Month,
        ..Options::default()
    };
    let mut orders = Export::from_bytes("orders.csv", orders, ReadOptions::default())?;
    estimate_with(&mut orders, beside, &options).map(|found| found.result)
}

const ORDERS: &str = "a,2024-01-01,10\na,2024-02-01,20\na,2024-03-01,40\nb,2024-01-15,7\n\
                      b,2024-02-15,9\nz,2024-01-01,1\n";

#[test]
fn terms_are_counted_from_each_contracts_own_first_day() {
    let contracts = "a,2024-01-01,\nb,2024-01-15,2024-03-01\nc,2024-01-31,2024-02-10\n\
                     d,2024-02-20,2024-12-31\ne,,\nf,2024-07-01,\ng,2024-03-01,2024-02-01\n";
    let found = valued(ORDERS, contracts, "2024-04-30").unwrap();
    let summaries: Vec<(&str, u32, f64, Option<f64>, f64)> = found
        .customers()
        .map(|customer| {
            let own = customer.summary;
            (customer.id, own.x(), own.T(), own.mean_repeat_value(), customer.value.p_alive)
        })
        .collect();
    assert_eq!(
        summaries,
        [
            // Renewed on 02-01, 03-01 and 04-01; it paid twice after the first month.
            ("a", 3, 3.0, Some(20.0), 1.0),
            // Renewed on 02-15 and not on 03-15.
            ("b", 1, 3.0, Some(9.0), 0.0),
            ("c", 0, 3.0, None, 0.0),
            ("d", 2, 2.0, None, 1.0),
        ]
    );
    let left_out: Vec<u64> = found
        .warnings()
        .iter()
        .filter_map(|warning| match warning {
            Warning::LeftOut(rows, _) => Some(*rows),
            _ => None,
        })
        .collect();
    assert_eq!(left_out, [1, 1, 1, 1], "{:?}", found.warnings());
}

/// 1,000 customers of Fader and Hardie (2007), the regular segment, as contracts of months.
#[test]
fn the_papers_customers_are_projected() {
    let survivors = [1000, 631, 468, 382, 326, 289, 262, 241];
    let mut contracts = String::new();
    for customer in 0..1000 {
        let renewals = survivors.iter().skip(1).take_while(|left| customer < **left).count();
        let end =
            if renewals == 7 { String::new() } else { format!("2024-{:02}-28", renewals + 1) };
        writeln!(contracts, "c{customer:04},2024-01-01,{end}").unwrap();
    }
    let found = valued(ORDERS, &contracts, "2024-08-01").unwrap();
    let parameters = found.model().orders().parameters();
    assert!((parameters[0].value - 0.704).abs() < 6e-4, "{parameters:?}");
    assert!((parameters[1].value - 1.182).abs() < 6e-4, "{parameters:?}");
    let running = found.customers().filter(|customer| customer.value.p_alive == 1.0);
    let renewals: Vec<f64> = running.map(|customer| customer.value.expected_orders).collect();
    assert_eq!(renewals.len(), 241);
    let [alpha, beta] = [parameters[0].value, parameters[1].value];
    let rate = |period: f64| (beta + period - 1.0) / (alpha + beta + period - 1.0);
    let (mut stays, mut expected) = (1.0, 0.0);
    for period in 8..20 {
        stays *= rate(f64::from(period));
        expected += stays;
    }
    assert!((renewals[0] - expected).abs() < 1e-9, "{} {expected}", renewals[0]);
    assert!(csv(&found.table().unwrap()).lines().count() == 1001);
}

#[test]
fn what_is_no_table_of_contracts_is_refused() {
    let refused = |contracts: &str| valued(ORDERS, contracts, "2024-04-30").unwrap_err();
    for contracts in
        ["a,,\n", "a,2025-01-01,\n", "a,2024-01-01,\na,2024-02-01,\n", "a,2024-01-01,\n"]
    {
        let error = refused(contracts);
        assert!(error.is_data() && error.hint().is_some(), "{contracts}: {error}");
    }
}
