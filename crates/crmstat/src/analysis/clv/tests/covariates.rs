//! Attributes of customers that act on their rates.

use super::{csv, dataset, day_after, of_text, open};
use crate::{
    Error,
    analysis::clv::{Beside, Clv, Model, Options, OrderModel, Warning, estimate, estimate_with},
    data::CustomerTable,
    ingest::{ExportFile, ReadOptions, TableQuery},
};
use std::fmt::Write;

fn options() -> Options {
    Options { model: OrderModel::ParetoNbd, window: day_after("2025-12-31"), ..Options::default() }
}

fn table(columns: &[&str]) -> CustomerTable {
    let columns = Some(columns.iter().map(|column| (*column).to_owned()).collect());
    let query = TableQuery { columns, ..TableQuery::default() };
    CustomerTable::read(dataset("customers.csv"), &query, ReadOptions::default()).unwrap().result
}

fn of_shop(attributes: &CustomerTable, options: &Options) -> Result<Clv, Error> {
    let beside = Beside { attributes: Some(attributes), ..Beside::default() };
    estimate_with(&mut open(&dataset("orders.csv")), beside, options).map(|found| found.result)
}

#[test]
fn numbers_and_categories_become_effects_on_both_rates() {
    let found = of_shop(&table(&["satisfaction", "channel"]), &options()).unwrap();
    let parameters = found.model().orders().parameters();
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names[..5], ["r", "alpha", "s", "beta", "orders: satisfaction"]);
    assert!(names.contains(&"leaving: channel=web"), "{names:?}");
    assert!(names.contains(&"leaving: satisfaction"), "{names:?}");
    assert!(parameters.iter().all(|parameter| parameter.standard_error.is_some()));
    // Some have not answered, so that nothing is known of their satisfaction.
    let unknown = |warning: &Warning| matches!(warning, Warning::UnknownCovariates(n) if *n > 50);
    assert!(found.warnings().iter().any(unknown), "{:?}", found.warnings());

    let plain = estimate(&mut open(&dataset("orders.csv")), &options()).unwrap().result;
    let likelihood = |of: &Clv| of.model().orders().estimate().unwrap().log_likelihood;
    assert!(likelihood(&found) > likelihood(&plain), "more parameters fit no worse");
    for customer in found.customers() {
        let (value, interval) = (customer.value.clv.unwrap(), customer.interval.unwrap());
        assert!(interval.lower <= value && value <= interval.upper && value.is_finite());
    }
}

/// Twice as many orders in the south: the effect on the rate of orders is ln 2.
#[test]
fn a_doubled_rate_is_found() {
    let (mut orders, mut customers) = (String::new(), String::new());
    for customer in 0..400 {
        let south = customer % 2 == 0;
        writeln!(customers, "c{customer:03},{}", if south { "South" } else { "North" }).unwrap();
        // Rates from a fixed spread; what matters is that the two regions share it.
        let gap = (1 + customer / 2 % 20) * if south { 6 } else { 12 };
        for day in (customer % 40..700).step_by(gap) {
            let date = crate::Date::from_days(19_000 + day as i32);
            writeln!(orders, "c{customer:03},{date},10").unwrap();
        }
    }
    let customers = format!("customer_id,region\n{customers}");
    let customers = ExportFile::bytes("customers.csv", customers);
    let query = TableQuery::default();
    let table = CustomerTable::read(customers, &query, ReadOptions::default()).unwrap().result;
    let beside = Beside { attributes: Some(&table), ..Beside::default() };
    let found = estimate_with(&mut of_text(&orders), beside, &options()).unwrap().result;
    let parameters = found.model().orders().parameters();
    let effect = parameters.iter().find(|each| each.name == "orders: region=South").unwrap();
    assert!((effect.value - 2.0_f64.ln()).abs() < 0.1, "{effect:?}");
}

#[test]
fn a_saved_model_needs_its_covariates_and_values_alike() {
    let attributes = table(&["region"]);
    let found = of_shop(&attributes, &options()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    found.model().save(&path).unwrap();
    let fitted = Some(Model::load(&path).unwrap());
    assert_eq!(fitted.as_ref().unwrap().orders().attributes().collect::<Vec<_>>(), ["region"]);
    let options = Options { fitted, ..options() };
    let again = of_shop(&attributes, &options).unwrap();
    assert_eq!(csv(&found.table().unwrap()), csv(&again.table().unwrap()));

    let without = estimate(&mut open(&dataset("orders.csv")), &options).unwrap_err();
    assert!(without.is_usage() && without.to_string().contains("`region`"), "{without}");
    let other = of_shop(&table(&["channel"]), &options).unwrap_err();
    assert!(other.is_usage() && other.to_string().contains("`region`"), "{other}");
}

#[test]
fn attributes_that_say_nothing_are_refused() {
    let error = of_shop(&table(&["name"]), &options()).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("800 kinds"), "{error}");
    let error = of_shop(&table(&["region"]), &Options { model: OrderModel::BgNbd, ..options() });
    let error = error.unwrap_err();
    assert!(error.is_usage() && error.hint().is_some(), "{error}");
}
