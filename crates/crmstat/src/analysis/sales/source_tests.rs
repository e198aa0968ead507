//! Sums made while orders are read, beside the same orders read first and added up then.

use super::{
    Measure, Period, Query, Sales,
    facts::Facts,
    source::{Source, Wanted},
    wanted,
};
use crate::{
    AsOf, Date, Window,
    analysis::{
        cohorts::{self, Flow},
        kpi,
    },
    ingest::{Export, Imported, ReadOptions},
};
use proptest::prelude::*;

/// An export of orders, and what is asked of it.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Case {
    csv: String,
    by: Vec<String>,
    period: Period,
    window: Window,
    has_refunds: bool,
    has_numbers: bool,
}

const START: i32 = 19_700;

/// Orders with twins that cancel some of them, refunds, gaps, orders of nobody and missing labels; with and without
/// numbers of the lines.
pub(in crate::analysis) fn cases() -> impl Strategy<Value = Case> {
    let row = (
        prop::option::weighted(0.9, 0_usize..12),
        (0_i32..700, 0_u8..24),
        prop::sample::select(vec![100, 100, 200, 300, 0, -100, -200, -300]),
        prop::option::of(0_usize..3),
        0_usize..2,
        (prop::option::of(1_u8..5), prop::option::of(1_u8..90), prop::option::of(0_u8..9)),
    );
    let asked = (
        prop::sample::select(vec![vec![], vec!["region"], vec!["channel", "region"], vec!["Box"]]),
        prop::sample::select(vec![Period::Week, Period::Month, Period::Quarter, Period::Year]),
        prop::option::of(0_i32..300),
        prop::option::of(400_i32..720),
    );
    (prop::collection::vec(row, 1..60), asked, any::<bool>(), any::<bool>()).prop_map(
        |(rows, (by, period, since, until), has_refunds, has_numbers)| {
            let numbers = if has_numbers { ",quantity,cost,discount" } else { "" };
            let mut csv =
                format!("order_id,customer_id,order_date,amount,region,channel,Box{numbers}\n");
            for (at, (customer, (day, hour), amount, region, channel, numbers)) in
                rows.into_iter().enumerate()
            {
                let customer = customer.map(|own| format!("C{own}")).unwrap_or_default();
                let day = Date::from_days(START + day);
                let amount: i32 = if has_refunds { amount } else { amount.abs() };
                let region = region.map_or("", |region| ["East", "North", "West"][region]);
                let channel = ["web", "store"][channel];
                let boxed = if at % 3 == 0 { "red" } else { "" };
                csv += &format!(
                    "{},{customer},{day} {hour:02}:00,{amount}.00,{region},{channel},{boxed}",
                    1000 + at
                );
                if has_numbers {
                    let text =
                        |value: Option<u8>| value.map(|own| own.to_string()).unwrap_or_default();
                    let (pieces, cost, discount) = numbers;
                    let discount = discount.map(|own| format!("{own}.50")).unwrap_or_default();
                    csv += &format!(",{},{},{discount}", text(pieces), text(cost));
                }
                csv.push('\n');
            }
            let day = |days: i32| Date::from_days(START + days);
            let window = Window {
                since: since.map(day),
                until: until.map(|days| AsOf::start_of(day(days))),
            };
            let by = by.into_iter().map(str::to_owned).collect();
            Case { csv, by, period, window, has_refunds, has_numbers }
        },
    )
}

/// The figures of `case` by `of`, of sums and of orders. `None` where nobody bought, of either.
pub(in crate::analysis) fn both(
    case: &Case,
    wanted: Wanted,
    of: impl Fn(&Source<'_>) -> String,
) -> Option<(String, String)> {
    let export = || {
        let options = ReadOptions {
            discounts: Some(crate::data::DiscountUnit::Amount),
            ..ReadOptions::default()
        };
        Export::from_bytes("orders.csv", case.csv.clone(), options).unwrap()
    };
    let facts = Facts::read(&mut export(), wanted.window, &case.by, wanted.needs, &[]);
    let sums = Source::read(&mut export(), &case.by, wanted, &[]);
    let (facts, sums) = match (facts, sums) {
        (Ok(facts), Ok(sums)) => (facts, sums),
        (Err(facts), Err(sums)) => {
            assert_eq!(facts.to_string(), sums.to_string());
            return None;
        }
        (facts, sums) => panic!("{:?} beside {:?}", facts.err(), sums.err()),
    };
    // Numbers of lines of which some may be cancelled are added up afterwards.
    let is_read_twice = case.has_refunds && case.has_numbers;
    assert!(is_read_twice || matches!(sums.result, Source::Sums(_)));
    let said = |read: &Imported<Source>| {
        let figures = of(&read.result);
        format!("{figures}\n{:?}\n{:?}\n{:?}", read.result.notes(), read.ledger, read.notices)
    };
    let facts = facts.try_map(|facts| Ok(Source::Orders(Box::new(facts)))).unwrap();
    Some((said(&sums), said(&facts)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sales_of_sums_are_those_of_orders(case in cases(), has_top: bool, totals: bool) {
        let measures = Measure::ALL.into_iter().filter(|measure| {
            let of_lines = measure.needs_quantity() || measure.needs_cost() || measure.needs_discount();
            case.has_numbers || !of_lines
        });
        let query = Query {
            window: case.window,
            period: case.period,
            measures: measures.collect(),
            by: case.by.clone(),
            top: has_top.then_some(1),
            totals: totals && !has_top,
            plan: None,
        };
        let found = both(&case, wanted(&query), |source| match Sales::of(source, &query) {
            Ok(sales) => format!("{:?}\n{:?}\n{:?}", sales.groups(), sales.rows(), sales.notes()),
            Err(error) => error.to_string(),
        });
        if let Some((sums, orders)) = found {
            prop_assert_eq!(sums, orders);
        }
    }

    #[test]
    fn kpis_of_sums_are_those_of_orders(case in cases()) {
        let by = case.by.first().cloned();
        let case = Case { by: by.iter().cloned().collect(), ..case };
        let query = kpi::Query { window: case.window, period: case.period, by, ..kpi::Query::default() };
        let found = both(&case, kpi::wanted(&query), |source| kpi::shown(source, &query));
        if let Some((sums, orders)) = found {
            prop_assert_eq!(sums, orders);
        }
    }

    #[test]
    fn flows_of_sums_are_those_of_orders(case in cases()) {
        let by = case.by.first().cloned();
        let case = Case { by: by.iter().cloned().collect(), ..case };
        let options = cohorts::Options { window: case.window, ..cohorts::Options::default() };
        let found = both(&case, cohorts::flow_wanted(&options), |source| {
            match Flow::of(source, &options, by.as_deref()) {
                Ok(flow) => format!("{:?}", flow.groups()),
                Err(error) => error.to_string(),
            }
        });
        if let Some((sums, orders)) = found {
            prop_assert_eq!(sums, orders);
        }
    }
}
