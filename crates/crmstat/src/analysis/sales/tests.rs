//! Every figure beside a slow and obvious one, on rows that have everything: refunds, lines, gaps, missing cells.

use super::{Measure, Period, Plan, PlanRow, Query, Row, Sales, Value, of_orders, sales};
use crate::{
    AsOf, Date, Money, Window,
    data::{Field, OrderRow, Orders, RecordRow, Records, TableKind},
    ingest::{Export, ReadOptions},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One line of an order.
#[derive(Clone, Debug)]
struct Line {
    id: usize,
    customer: usize,
    day: i32,
    units: i64,
    region: Option<usize>,
    pieces: Option<i64>,
    cost: Option<i64>,
    discount: Option<i64>,
}

/// A region, or none; the outer one is any.
#[allow(clippy::option_option)]
type Region = Option<Option<usize>>;

const START: i32 = 19_700;
const REGIONS: [&str; 3] = ["East", "North", "West"];

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        0_usize..6,
        0_i32..500,
        -900_i64..5000,
        prop::option::of(0_usize..3),
        prop::option::of(1_i64..9),
        prop::option::of(0_i64..3000),
        prop::option::of(0_i64..400),
    );
    prop::collection::vec((line, 1_usize..3), 1..40).prop_map(|orders| {
        let mut all = Vec::new();
        for (id, ((customer, day, units, region, pieces, cost, discount), count)) in
            orders.into_iter().enumerate()
        {
            for at in 0..count {
                all.push(Line {
                    id,
                    customer,
                    day: START + day,
                    units: units * 100 + at as i64,
                    region: region.map(|region| (region + at) % REGIONS.len()),
                    pieces,
                    cost: cost.map(|cost| cost * 100),
                    discount: discount.map(|discount| discount * 100),
                });
            }
        }
        all
    })
}

fn orders(lines: &[Line]) -> Orders {
    let mut builder = Orders::builder();
    for line in lines {
        let day = Date::from_days(line.day);
        let (customer, id) = (format!("C{}", line.customer), format!("{:03}", line.id));
        let row = OrderRow::new(&customer[..], day, Money::from_units(line.units))
            .id(&id[..])
            .with(Field::Region, line.region.map(|region| REGIONS[region]))
            .with(Field::Quantity, line.pieces.map(|pieces| pieces as f64))
            .with(Field::Cost, line.cost.map(Money::from_units))
            .with(Field::Discount, line.discount.map(Money::from_units));
        builder.push(row);
    }
    builder.build().unwrap().complete().unwrap()
}

/// What `measure` is of the lines on the days from `first` up to `end`, in `region` if one is given.
fn slow(lines: &[Line], measure: Measure, (first, end): (i32, i32), region: Region) -> Option<f64> {
    let total =
        |id: usize| lines.iter().filter(|own| own.id == id).map(|own| own.units).sum::<i64>();
    let found: Vec<&Line> = lines
        .iter()
        .filter(|own| own.day >= first && own.day < end)
        .filter(|own| region.is_none_or(|region| own.region == region))
        .collect();
    let bought: Vec<&&Line> = found.iter().filter(|own| total(own.id) >= 0).collect();
    let orders: BTreeSet<usize> = bought.iter().map(|own| own.id).collect();
    let customers: BTreeSet<usize> = bought.iter().map(|own| own.customer).collect();
    let newcomers = customers
        .iter()
        .filter(|customer| {
            let own = lines.iter().filter(|own| own.customer == **customer && total(own.id) >= 0);
            let day = own.map(|own| own.day).min().unwrap();
            day >= first && day < end
        })
        .count() as f64;
    let units = found.iter().map(|own| own.units).sum::<i64>() as f64 / 1e4;
    let sign = |own: &&Line| if own.units < 0 { -1 } else { 1 };
    let costed: Vec<&&Line> = found.iter().filter(|own| own.cost.is_some()).collect();
    let cost = costed.iter().map(|own| sign(own) * own.cost.unwrap()).sum::<i64>() as f64 / 1e4;
    let of_costed = costed.iter().map(|own| own.units).sum::<i64>() as f64 / 1e4;
    let reduced: Vec<&&Line> =
        found.iter().filter(|own| own.discount.is_some() && own.units >= 0).collect();
    let discount = reduced.iter().map(|own| own.discount.unwrap()).sum::<i64>() as f64 / 1e4;
    let full =
        reduced.iter().map(|own| own.units + own.discount.unwrap()).sum::<i64>() as f64 / 1e4;
    let is_known = |count: usize| count > 0 || found.is_empty();
    match measure {
        Measure::Revenue => Some(units),
        Measure::Orders => Some(orders.len() as f64),
        Measure::Customers => Some(customers.len() as f64),
        Measure::Quantity => {
            let known: Vec<i64> =
                found.iter().filter_map(|own| Some(sign(own) * own.pieces?)).collect();
            is_known(known.len()).then(|| known.iter().sum::<i64>() as f64)
        }
        Measure::Price => {
            let priced: Vec<&&Line> = found.iter().filter(|own| own.pieces.is_some()).collect();
            let pieces: i64 = priced.iter().map(|own| sign(own) * own.pieces.unwrap()).sum();
            let worth = priced.iter().map(|own| own.units).sum::<i64>() as f64 / 1e4;
            (pieces > 0).then(|| worth / pieces as f64)
        }
        Measure::MeanOrder => (!orders.is_empty()).then(|| units / orders.len() as f64),
        Measure::Cost => is_known(costed.len()).then_some(cost),
        Measure::Margin => is_known(costed.len()).then_some(of_costed - cost),
        Measure::MarginShare => (of_costed > 0.0).then(|| (of_costed - cost) / of_costed),
        Measure::Discount => is_known(reduced.len()).then_some(discount),
        Measure::DiscountShare => (full > 0.0).then(|| discount / full),
        Measure::NewCustomers => Some(newcomers),
        Measure::NewShare => (!customers.is_empty()).then(|| newcomers / customers.len() as f64),
    }
}

fn close(found: Option<Value>, expected: Option<f64>) -> bool {
    match (found.map(Value::to_f64), expected) {
        (Some(found), Some(expected)) => {
            (found - expected).abs() <= 1e-4 * (1.0 + expected.abs() * 1e-6)
        }
        (None, None) => true,
        _ => false,
    }
}

/// The measures that the lines bear: whoever has no column of costs is refused its margin.
fn measures(lines: &[Line]) -> Vec<Measure> {
    Measure::ALL
        .into_iter()
        .filter(|measure| {
            (!measure.needs_quantity() || lines.iter().any(|own| own.pieces.is_some()))
                && (!measure.needs_cost() || lines.iter().any(|own| own.cost.is_some()))
                && (!measure.needs_discount() || lines.iter().any(|own| own.discount.is_some()))
        })
        .collect()
}

fn group(sales: &Sales, row: &Row) -> Region {
    let label = sales.groups()[row.group].first()?.as_deref()?;
    Some(REGIONS.iter().position(|region| *region == label))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_figure_is_the_slow_one(
        lines in lines(),
        back in 0_i32..120,
        period in prop::sample::select(vec![Period::Week, Period::Month, Period::Quarter, Period::Year]),
    ) {
        let last = lines.iter().map(|own| own.day).max().unwrap();
        let as_of = AsOf::start_of(Date::from_days(last + 1 - back));
        let lines: Vec<Line> =
            lines.into_iter().filter(|own| own.day < as_of.date().days()).collect();
        prop_assume!(!lines.is_empty());
        let orders = orders(&lines);
        prop_assume!(orders.has_purchases());
        let query = Query {
            window: Window { since: None, until: Some(as_of) },
            period,
            measures: measures(&lines),
            by: vec!["region".to_owned()],
            totals: true,
            ..Query::default()
        };
        let found = of_orders(&orders, &query, &[]).unwrap();
        prop_assume!(found.notes().iter().all(|note| !note.text(crate::Lang::En).contains("piece")));
        for row in found.rows() {
            let span = found.periods()[row.period].span;
            let days = (span.first.days(), span.end.days());
            let region = group(&found, row);
            let expected = slow(&lines, row.measure, days, region);
            prop_assert!(close(row.value, expected), "{:?} is not {:?}", row, expected);
            if row.period > 0 && found.periods()[row.period].is_complete() {
                let before = found.periods()[row.period - 1].span;
                let days = (before.first.days(), before.end.days());
                let expected = slow(&lines, row.measure, days, region);
                prop_assert!(close(row.previous, expected), "{:?} before {:?}", row, expected);
            }
        }
        // The parts of what adds up are the whole, and so are their contributions to its growth.
        for (at, _) in found.periods().iter().enumerate() {
            for measure in query.measures.iter().filter(|measure| measure.adds_up()) {
                let rows = || found.rows().iter()
                    .filter(|row| row.period == at && row.measure == *measure);
                let is_total = |row: &&Row| found.groups()[row.group][0].is_none();
                let parts: f64 = rows().filter(|row| !is_total(row))
                    .filter_map(|row| row.value).map(Value::to_f64).sum();
                let whole = rows().find(is_total).unwrap();
                prop_assert!((parts - whole.value.map_or(0.0, Value::to_f64)).abs() < 1e-6);
                if let (Some(growth), true) = (whole.growth(), *measure == Measure::Revenue) {
                    let given: f64 = rows().filter(|row| !is_total(row))
                        .filter_map(|row| row.contribution).sum();
                    prop_assert!((given - growth).abs() < 1e-9);
                }
            }
        }
        // Every line lies in one period.
        let own: f64 = found.rows().iter()
            .filter(|row| row.measure == Measure::Revenue && found.groups()[row.group][0].is_none())
            .filter_map(|row| row.value).map(Value::to_f64).sum();
        let all = lines.iter().map(|own| own.units).sum::<i64>() as f64 / 1e4;
        prop_assert!((own - all).abs() < 1e-6);
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn few() -> Orders {
    let row = |customer: &'static str, at: &str, amount: i64, region: &'static str| {
        OrderRow::new(customer, day(at), Money::from_whole(amount)).with(Field::Region, region)
    };
    Orders::builder()
        .row(row("A", "2024-01-10", 100, "North"))
        .row(row("B", "2024-02-10", 50, "South"))
        .row(row("A", "2025-01-05", 120, "North"))
        .row(row("B", "2025-01-20", 80, "South"))
        .row(row("C", "2025-02-03", 60, "North"))
        .build()
        .unwrap()
        .complete()
        .unwrap()
}

fn by_region() -> Query {
    Query { by: vec!["region".to_owned()], ..Query::default() }
}

#[test]
fn month_to_date_stands_beside_the_same_days() {
    let found = of_orders(&few(), &Query::default(), &[]).unwrap();
    let last = found.rows().last().unwrap();
    assert_eq!(last.value, Some(Value::Money(Money::from_whole(60).unwrap())));
    // Three days of February beside the first three of January and of February a year before.
    assert_eq!(last.previous, Some(Value::Money(Money::ZERO)));
    assert_eq!(last.year_ago, Some(Value::Money(Money::ZERO)));
    assert!(found.notes()[0].text(crate::Lang::En).contains("3 of 28 days"));
    assert!(found.notes()[0].text(crate::Lang::Ru).contains("3 из 28 дней"));
}

#[test]
fn the_largest_groups_and_the_others_are_the_whole() {
    let query = Query { top: Some(1), ..by_region() };
    let found = of_orders(&few(), &query, &[]).unwrap();
    let names: Vec<_> = found.groups().iter().map(|labels| labels[0].clone().unwrap()).collect();
    assert_eq!(names, ["North", "(others)"]);
    let all: f64 = (0..2).filter_map(|at| found.overall(at)[0]).map(Value::to_f64).sum();
    assert!((all - 410.0).abs() < 1e-9);
    let table = found.pivot(crate::Lang::Ru).unwrap();
    assert_eq!(table.rows(), 2);
    assert_eq!(table.columns().last().unwrap().name(), "total");
}

/// Group, plan, attainment, run rate.
type Planned = (Option<String>, f64, Option<f64>, Option<f64>);

#[test]
fn a_plan_stands_beside_the_fact() {
    let row = |period: &str, region: Option<&str>, value: f64| PlanRow {
        period: (day(period), Some(Period::Month)),
        group: vec![("region".to_owned(), region.map(str::to_owned))],
        measure: Measure::Revenue,
        value,
        line: 2,
    };
    let plan = Plan::new(vec![
        row("2025-01-01", Some("North"), 100.0),
        row("2025-02-01", Some("North"), 100.0),
        row("2025-02-01", Some("East"), 10.0),
        row("2025-02-01", None, 200.0),
        row("2025-07-01", None, 200.0),
    ]);
    let found = of_orders(&few(), &Query { plan: Some(plan.clone()), ..by_region() }, &[]).unwrap();
    let planned: Vec<Planned> = found
        .rows()
        .iter()
        .filter_map(|row| {
            let plan = row.plan?;
            let name = found.groups()[row.group][0].clone();
            Some((name, plan.plan, plan.attainment, plan.run_rate))
        })
        .collect();
    let name = |text: &str| Some(text.to_owned());
    assert_eq!(planned.len(), 4);
    assert!(planned.contains(&(name("North"), 100.0, Some(1.2), Some(120.0))));
    // 60 in 3 of 28 days.
    assert!(planned.contains(&(name("North"), 100.0, Some(0.6), Some(560.0))));
    assert!(planned.contains(&(None, 200.0, Some(0.3), Some(560.0))));
    assert!(planned.contains(&(name("East"), 10.0, Some(0.0), Some(0.0))));
    let notes: Vec<&str> = found.notes().iter().map(|note| note.text(crate::Lang::En)).collect();
    assert!(
        notes.iter().any(|note| note.starts_with("1 rows of the plan are for periods")),
        "{notes:?}"
    );
    assert!(notes.iter().any(|note| note.contains("`East`")), "{notes:?}");

    let quarterly = Plan::new(vec![PlanRow {
        period: (day("2025-01-01"), Some(Period::Quarter)),
        ..row("2025-01-01", None, 1.0)
    }]);
    let query = Query { plan: Some(quarterly), ..by_region() };
    let error = of_orders(&few(), &query, &[]).unwrap_err();
    assert_eq!(error.to_string(), "the plan is by quarter, the sales are by month");
    let query = Query { plan: Some(plan), ..Query::default() };
    assert!(of_orders(&few(), &query, &[]).unwrap_err().hint().unwrap().contains("--by region"));
}

#[test]
fn a_plan_by_customer_is_no_plan_for_all() {
    let plan =
        |csv: &str| Plan::from_file(crate::ingest::ExportFile::bytes("plan.csv", csv)).unwrap();
    let by_customer = plan("period,customer_id,value\n2025-01,A,100\n2025-01,B,200\n");
    let query =
        Query { by: vec!["customer".to_owned()], plan: Some(by_customer), ..Query::default() };
    let found = of_orders(&few(), &query, &[]).unwrap();
    let planned: Vec<(Option<&str>, f64)> = found
        .rows()
        .iter()
        .filter_map(|row| Some((found.groups()[row.group][0].as_deref(), row.plan?.plan)))
        .collect();
    assert_eq!(planned, [(Some("A"), 100.0), (Some("B"), 200.0)]);
    let for_all = plan("period,value\n2025-01,100\n2025-02,200\n");
    let found = of_orders(&few(), &Query { plan: Some(for_all), ..Query::default() }, &[]).unwrap();
    assert_eq!(found.rows().iter().filter_map(|row| row.plan).count(), 2);
}

#[test]
fn lines_and_products_beside_the_orders_give_categories_and_margin() {
    let csv = "order_id,customer_id,order_date,amount\n1,A,2025-01-05,100\n2,B,2025-01-06,40\n3,A,2025-01-07,9\n";
    let line = |id: &'static str, product: &'static str, pieces: f64, price: i64| {
        RecordRow::new()
            .with(Field::OrderId, id)
            .with(Field::Product, product)
            .with(Field::Quantity, pieces)
            .with(Field::Price, Money::from_whole(price))
    };
    let lines = Records::builder(TableKind::Lines)
        .row(line("1", "Chair", 2.0, 30))
        .row(line("1", "Lamp", 1.0, 30))
        .row(line("2", "Lamp", 1.0, 40))
        .build()
        .unwrap()
        .complete()
        .unwrap();
    let product = |name: &'static str, category: &'static str, cost: i64| {
        RecordRow::new()
            .with(Field::Product, name)
            .with(Field::Category, category)
            .with(Field::Cost, Money::from_whole(cost))
    };
    let products = Records::builder(TableKind::Products)
        .row(product("Chair", "Furniture", 12))
        .row(product("Lamp", "Light", 10))
        .build()
        .unwrap()
        .complete()
        .unwrap();
    let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default()).unwrap();
    let query = Query {
        by: vec!["products.category".to_owned()],
        measures: vec![Measure::Revenue, Measure::Quantity, Measure::Margin],
        totals: true,
        ..Query::default()
    };
    let found = sales(&mut export, &query, &[lines, products]).unwrap().result;
    let value = |name: Option<&str>, measure: usize| {
        let at = found.groups().iter().position(|own| own[0].as_deref() == name).unwrap();
        found.overall(at)[measure].map(Value::to_f64)
    };
    // The order 1 is worth 10 more than its lines, the order 3 has none.
    for (name, revenue, pieces, margin) in [
        (Some("Furniture"), 60.0, Some(2.0), Some(36.0)),
        (Some("Light"), 70.0, Some(2.0), Some(50.0)),
        (Some("(none)"), 19.0, None, None),
        (None, 149.0, Some(4.0), Some(86.0)),
    ] {
        assert_eq!(value(name, 0), Some(revenue), "{name:?}");
        assert_eq!(value(name, 1), pieces, "{name:?}");
        assert_eq!(value(name, 2), margin, "{name:?}");
    }
    let notes: Vec<&str> = found.notes().iter().map(|note| note.text(crate::Lang::En)).collect();
    assert!(notes[0].starts_with("1 of 2 orders with lines"), "{notes:?}");
}

#[test]
fn a_cost_of_a_piece_is_told_from_that_of_a_row() {
    let orders = |is_unit: bool| {
        let mut builder = Orders::builder();
        for at in 0..30_i64 {
            let pieces = 2 + at % 7;
            let price = 50 + at % 5;
            let cost = if is_unit { 30 } else { 30 * pieces };
            builder.push(
                OrderRow::new("A", day("2025-01-05"), Money::from_whole(price * pieces))
                    .with(Field::Quantity, pieces as f64)
                    .with(Field::Cost, Money::from_whole(cost)),
            );
        }
        builder.build().unwrap().complete().unwrap()
    };
    let query = Query { measures: vec![Measure::Cost], ..Query::default() };
    let cost = |is_unit| of_orders(&orders(is_unit), &query, &[]).unwrap().overall(0)[0];
    assert_eq!(cost(true), cost(false));
    let found = of_orders(&orders(true), &query, &[]).unwrap();
    assert!(found.notes()[0].text(crate::Lang::En).contains("of a piece"));
}

#[test]
fn what_cannot_be_is_refused() {
    let orders = few();
    let refused = |query: Query| of_orders(&orders, &query, &[]).unwrap_err();
    let unknown = refused(Query { by: vec!["weather".to_owned()], ..Query::default() });
    assert!(unknown.is_usage() && unknown.hint().unwrap().contains("region"));
    let twice = Query { by: vec!["region".to_owned(), "region".to_owned()], ..Query::default() };
    assert!(refused(twice).is_usage());
    assert!(refused(Query { period: Period::Hour, ..Query::default() }).is_usage());
    let margin = refused(Query { measures: vec![Measure::Margin], ..Query::default() });
    assert!(margin.is_data() && margin.hint().unwrap().contains("cost"));
    assert!("profit".parse::<Measure>().unwrap_err().is_usage());
    assert_eq!("Mean-Order".parse::<Measure>().unwrap(), Measure::MeanOrder);
}

#[test]
fn cancelled_and_repeated_orders_do_not_count() {
    for csv in [
        "order_id,customer_id,order_date,amount\n1,A,2025-01-05,10\n2,A,2025-01-05,-10\n3,B,2025-01-06,7\n",
        "order_id,customer_id,order_date,amount\n1,A,2025-01-05,3\n2,B,2025-01-06,1\n1,A,2025-01-05,3\n",
    ] {
        let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default()).unwrap();
        let found = sales(&mut export, &Query::default(), &[]).unwrap().result;
        assert_eq!(found.overall(0)[0], Some(Value::Money(Money::from_whole(7).unwrap())));
    }
}
