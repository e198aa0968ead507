//! KPIs beside slow and obvious ones.

use super::{Kpi, KpiRow, Kpis, Query, of_orders};
use crate::{
    AsOf, Date, Money, Window,
    analysis::sales::Period,
    data::{DealRow, DealStatus, Deals, Field, OrderRow, Orders, RecordRow, Records, TableKind},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const START: i32 = 19_723; // 2024-01-01

/// Customer, day and amount.
type Order = (usize, i32, i64);

fn built(orders: &[Order]) -> Orders {
    let mut builder = Orders::builder();
    for (at, (customer, day, units)) in orders.iter().enumerate() {
        let day = Date::from_days(*day);
        builder.push(
            OrderRow::new(&format!("C{customer}")[..], day, Money::from_units(*units))
                .id(&format!("{at:04}")[..])
                .with(Field::Channel, if customer.is_multiple_of(2) { "web" } else { "store" }),
        );
    }
    builder.build().unwrap().complete().unwrap()
}

fn found(kpis: &Kpis, kpi: Kpi, period: Option<usize>, group: Option<&str>) -> Option<f64> {
    let first = |row: &KpiRow| row.period.map(|period| period.number);
    let wanted = period.map(|at| {
        let mut all: Vec<i32> = kpis.rows().iter().filter_map(first).collect();
        all.sort_unstable();
        all.dedup();
        all[at]
    });
    let is =
        |row: &&KpiRow| row.kpi == kpi && first(row) == wanted && row.group.as_deref() == group;
    kpis.rows().iter().find(is).map(|row| row.estimate.value)
}

pub(super) fn same(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9 * (1.0 + other.abs()),
        (one, other) => one == other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn customers_from_month_to_month_are_the_slow_ones(
        orders in prop::collection::vec((0_usize..7, 0_i32..400, -40_i64..200), 1..60),
        is_divided: bool,
    ) {
        let orders: Vec<Order> = orders
            .into_iter()
            .map(|(customer, day, amount)| (customer, START + day, amount * 10_000))
            .collect();
        let purchases: Vec<Order> = orders.iter().copied().filter(|own| own.2 >= 0).collect();
        // One of them is not taken back in full within a day.
        let is_undone = |own: &Order| {
            let takes_back = |other: &&Order| {
                other.0 == own.0 && other.2 == -own.2 && (other.1 - own.1).abs() <= 1
            };
            own.2 != 0 && orders.iter().any(|other| takes_back(&other))
        };
        prop_assume!(purchases.iter().any(|own| !is_undone(own)));
        let last = orders.iter().map(|own| own.1).max().unwrap();
        let as_of = AsOf::day_after(Date::from_days(last));
        let query = Query {
            window: Window { since: None, until: Some(as_of) },
            by: is_divided.then(|| "channel".to_owned()),
            ..Query::default()
        };
        let kpis = of_orders(&built(&orders), None, &query, &[]).unwrap();
        let month = |day: i32| Period::Month.number(Date::from_days(day));
        let first = orders.iter().map(|own| month(own.1)).min().unwrap();
        let groups: &[Option<&str>] =
            if is_divided { &[None, Some("web"), Some("store")] } else { &[None] };
        for group in groups {
            let is_own = |own: &&Order| match group {
                Some("web") => own.0.is_multiple_of(2),
                Some(_) => !own.0.is_multiple_of(2),
                None => true,
            };
            let bought: Vec<&Order> = purchases.iter().filter(is_own).collect();
            if bought.is_empty() {
                continue;
            }
            let active = |number: i32| -> BTreeSet<usize> {
                bought.iter().filter(|own| month(own.1) == number).map(|own| own.0).collect()
            };
            let mut firsts: BTreeMap<usize, i32> = BTreeMap::new();
            for own in &bought {
                let day = firsts.entry(own.0).or_insert(own.1);
                *day = (*day).min(own.1);
            }
            for number in first..=month(last) {
                let at = (number - first) as usize;
                let now = active(number);
                let value = |kpi: Kpi| found(&kpis, kpi, Some(at), *group);
                let new = now.iter().filter(|own| month(firsts[*own]) == number).count() as f64;
                prop_assert!(same(value(Kpi::ActiveCustomers), Some(now.len() as f64)));
                prop_assert!(same(value(Kpi::NewCustomers), Some(new)));
                let revenue: i64 = orders.iter().filter(is_own)
                    .filter(|own| month(own.1) == number).map(|own| own.2).sum();
                prop_assert!(same(value(Kpi::Revenue), Some(revenue as f64 / 1e4)));
                let count = bought.iter().filter(|own| month(own.1) == number).count();
                prop_assert!(same(value(Kpi::Orders), Some(count as f64)));
                let twice = now.iter().filter(|who| {
                    bought.iter().filter(|own| own.0 == **who && month(own.1) == number).count() > 1
                }).count() as f64;
                let rate = (!now.is_empty()).then(|| twice / now.len() as f64);
                prop_assert!(same(value(Kpi::RepeatRate), rate));
                let is_whole = Period::Month.first_day(number + 1) <= as_of.date();
                if at > 0 && is_whole {
                    let before = active(number - 1);
                    let kept = before.intersection(&now).count() as f64;
                    let lost = before.difference(&now).count() as f64;
                    let back = now.len() as f64 - kept - new;
                    prop_assert!(same(value(Kpi::ReturningCustomers), Some(kept)));
                    prop_assert!(same(value(Kpi::LostCustomers), Some(lost)));
                    prop_assert!(same(value(Kpi::ReactivatedCustomers), Some(back)));
                    let rate = (!before.is_empty()).then(|| kept / before.len() as f64);
                    prop_assert!(same(value(Kpi::RetentionRate), rate));
                    prop_assert!(same(value(Kpi::ChurnRate), rate.map(|rate| 1.0 - rate)));
                } else {
                    prop_assert_eq!(value(Kpi::RetentionRate), None);
                }
            }
            // The whole time.
            let spans: Vec<f64> = firsts.iter().map(|(who, first)| {
                let last = bought.iter().filter(|own| own.0 == *who).map(|own| own.1).max();
                f64::from(last.unwrap() - first)
            }).collect();
            let lifetime = spans.iter().sum::<f64>() / spans.len() as f64 / (365.25 / 12.0);
            let value = |kpi: Kpi| found(&kpis, kpi, None, *group);
            prop_assert!(same(value(Kpi::Lifetime), Some(lifetime)));
            let months: usize = (first..=month(last)).map(|number| active(number).len()).sum();
            let of_months: f64 =
                orders.iter().filter(is_own).map(|own| own.2 as f64 / 1e4).sum();
            let ltv = of_months / months as f64 * lifetime;
            prop_assert!(same(value(Kpi::Ltv), Some(ltv)), "{:?} {ltv}", value(Kpi::Ltv));
        }
        prop_assert!(kpis.rows().iter().all(|row| row.estimate.value.is_finite()));
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn money_spent_is_laid_beside_what_it_brought() {
    let orders = built(&[
        (0, day("2024-01-05").days(), 1_000_000),
        (1, day("2024-01-06").days(), 3_000_000),
        (2, day("2024-02-06").days(), 2_000_000),
        (0, day("2024-02-29").days(), 500_000),
    ]);
    let row = |period: &str, channel: &'static str, amount: i64| {
        RecordRow::new()
            .with(Field::Period, day(period))
            .with(Field::Channel, channel)
            .with(Field::Amount, Money::from_whole(amount))
    };
    let spend = Records::builder(TableKind::Spend)
        .row(row("2024-01-01", "web", 40))
        .row(row("2024-01-01", "store", 60))
        .row(row("2024-02-01", "web", 50))
        .build()
        .unwrap()
        .complete()
        .unwrap();
    let query = Query { by: Some("channel".to_owned()), margin: Some(0.4), ..Query::default() };
    let kpis = of_orders(&orders, None, &query, &[spend]).unwrap();
    for (kpi, period, group, expected) in [
        (Kpi::Cac, Some(0), None, Some(50.0)),
        (Kpi::Cac, Some(0), Some("web"), Some(40.0)),
        (Kpi::Cac, Some(1), Some("web"), Some(50.0)),
        (Kpi::Cac, Some(1), Some("store"), None),
        (Kpi::Roi, Some(0), Some("web"), Some((100.0 - 40.0) / 40.0)),
        (Kpi::Romi, Some(0), Some("web"), Some((100.0 * 0.4 - 40.0) / 40.0)),
        (Kpi::Spend, None, None, Some(150.0)),
        (Kpi::Cac, None, None, Some(50.0)),
    ] {
        let value = found(&kpis, kpi, period, group);
        assert!(same(value, expected), "{kpi:?} {period:?} {group:?}: {value:?}");
    }
    let left: Vec<Kpi> = kpis.left_out().iter().map(|(kpi, _)| *kpi).collect();
    for kpi in [Kpi::Margin, Kpi::WinRate, Kpi::Nps, Kpi::DiscountShare] {
        assert!(left.contains(&kpi), "{kpi:?}");
    }
    assert!(!left.contains(&Kpi::Romi));
}

#[test]
fn deals_are_counted_in_the_period_in_which_they_were_closed() {
    let deal = |status, created: &str, closed: Option<&str>, amount: Option<i64>| {
        let at = |text: &str| Date::midnight(day(text));
        DealRow::new(status)
            .amount(amount.and_then(Money::from_whole))
            .created(at(created))
            .closed(closed.map(at))
    };
    let deals = Deals::builder()
        .row(deal(DealStatus::Won, "2024-01-01", Some("2024-01-11"), Some(100)))
        .row(deal(DealStatus::Won, "2024-01-05", Some("2024-01-25"), Some(300)))
        .row(deal(DealStatus::Lost, "2024-01-07", Some("2024-01-27"), Some(100)))
        .row(deal(DealStatus::Lost, "2024-01-09", Some("2024-02-09"), Some(0)))
        .row(deal(DealStatus::Open, "2024-01-20", None, None))
        .build()
        .unwrap()
        .complete()
        .unwrap();
    let orders = built(&[
        (0, day("2024-01-11").days(), 1_000_000),
        (1, day("2024-01-25").days(), 3_000_000),
    ]);
    let until = Some(AsOf::start_of(day("2024-03-01")));
    let query = Query { window: Window { since: None, until }, ..Query::default() };
    let kpis = of_orders(&orders, Some(&deals), &query, &[]).unwrap();
    for (kpi, period, expected) in [
        (Kpi::Leads, Some(0), Some(5.0)),
        (Kpi::LeadConversion, Some(0), Some(0.4)),
        (Kpi::LostLeadShare, Some(0), Some(0.4)),
        (Kpi::WinRate, Some(0), Some(2.0 / 3.0)),
        (Kpi::WinRate, Some(1), Some(0.0)),
        (Kpi::WinRateValue, Some(0), Some(0.8)),
        // Nothing is known of what was lost in February.
        (Kpi::WinRateValue, Some(1), None),
        (Kpi::CycleDays, Some(0), Some(15.0)),
        (Kpi::CycleDaysMedian, Some(0), Some(15.0)),
        // Two open at the end of January.
        (Kpi::Velocity, Some(0), Some(2.0 * (2.0 / 3.0) * 200.0 / 15.0)),
        (Kpi::WinRate, None, Some(0.5)),
    ] {
        let value = found(&kpis, kpi, period, None);
        assert!(same(value, expected), "{kpi:?} {period:?}: {value:?}");
    }
}

#[test]
fn scores_are_of_ten_or_of_five() {
    let orders = built(&[(0, START, 10_000), (1, START, 10_000), (2, START + 1, 10_000)]);
    let table = |scores: [f64; 2]| {
        let row = |at: usize| {
            RecordRow::new()
                .with(Field::CustomerId, if at == 0 { "C0" } else { "C2" })
                .with(Field::Satisfaction, scores[at])
        };
        let table = Records::builder(TableKind::Customers).row(row(0)).row(row(1));
        table.build().unwrap().complete().unwrap()
    };
    let of = |scores| of_orders(&orders, None, &Query::default(), &[table(scores)]).unwrap();
    assert_eq!(found(&of([9.0, 3.0]), Kpi::Nps, None, None), Some(0.0));
    assert_eq!(found(&of([9.0, 3.0]), Kpi::Csat, None, None), None);
    assert_eq!(found(&of([5.0, 3.0]), Kpi::Csat, None, None), Some(0.5));
    assert_eq!(found(&of([5.0, 30.0]), Kpi::Nps, None, None), None);
}

#[test]
fn every_kpi_is_defined_in_both_languages() {
    let names: BTreeSet<&str> = Kpi::ALL.iter().map(|kpi| kpi.name()).collect();
    assert_eq!(names.len(), Kpi::ALL.len());
    for kpi in Kpi::ALL {
        assert_eq!(kpi.name().parse::<Kpi>().unwrap(), *kpi);
        assert!(
            kpi.definition(crate::Lang::En).is_ascii()
                || kpi.definition(crate::Lang::En).contains(['×', '÷'])
        );
        assert!(!kpi.definition(crate::Lang::Ru).is_ascii());
    }
    assert_eq!(super::definitions(&[], crate::Lang::Ru).unwrap().rows(), Kpi::ALL.len());
    assert!("happiness".parse::<Kpi>().unwrap_err().is_usage());
}

#[test]
fn what_is_asked_for_and_not_there_is_refused_with_the_reason() {
    let orders = built(&[(0, START, 10_000)]);
    let query = Query { kpis: vec![Kpi::Cac], ..Query::default() };
    let error = of_orders(&orders, None, &query, &[]).unwrap_err();
    assert!(error.is_data());
    assert_eq!(error.hint(), Some("`cac`: no spend is given"));
    let by_day = Query { period: Period::Day, ..Query::default() };
    assert!(of_orders(&orders, None, &by_day, &[]).unwrap_err().is_usage());
}
