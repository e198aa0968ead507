//! Divisions by columns of joined tables, by segments and by discounts, beside slow counts of the same rows.

use crate::{
    AsOf, Lang,
    analysis::{funnel, kpi, managers, products, rfm, sales, segments, why},
    data::{Deals, Field, Orders, OrdersQuery, Records},
    features::History,
    ingest::{Export, ExportFile, ReadOptions},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// A deal: agent, status, amount, discount in per cent.
type Deal = (&'static str, &'static str, Option<i64>, Option<i64>);

const AGENTS: [(&str, &str); 4] =
    [("Ann", "East"), ("Bob", "West"), ("Cid", "East"), ("Eve", "West")];

fn deals() -> Vec<Deal> {
    let status = ["won", "lost", "open", "won", "lost", "won", "won"];
    let of = |number: usize| {
        let status = status[number % status.len()];
        let amount = (!number.is_multiple_of(5)).then_some(90 + 10 * (number as i64 % 4));
        let discount = (!number.is_multiple_of(3)).then_some([0, 10, 25][number % 7 % 3]);
        (AGENTS[number % 4].0, status, amount, discount)
    };
    (0..120).map(of).collect()
}

fn export(deals: &[Deal]) -> Export {
    let mut csv =
        "deal_id,customer_id,agent,status,created_at,closed_at,amount,Discount %\n".to_owned();
    for (number, (agent, status, amount, discount)) in deals.iter().enumerate() {
        let closed = if *status == "open" { "" } else { "2025-02-03" };
        let text = |number: &Option<i64>| number.map(|own| own.to_string()).unwrap_or_default();
        let (amount, discount) = (text(amount), text(discount));
        let customer = number % 11;
        writeln!(
            csv,
            "{number},C{customer},{agent},{status},2025-01-05,{closed},{amount},{discount}"
        )
        .unwrap();
    }
    Export::from_bytes("deals.csv", csv, ReadOptions::default()).unwrap()
}

fn teams(export: &Export) -> Records {
    let mut csv = "agent,office\n".to_owned();
    for (agent, office) in AGENTS {
        writeln!(csv, "{agent},{office}").unwrap();
    }
    let file = ExportFile::bytes("teams.csv", csv);
    Records::joined(export, file, None, ReadOptions::default()).unwrap().result.0
}

fn office(agent: &str) -> &'static str {
    AGENTS.iter().find(|(own, _)| *own == agent).unwrap().1
}

#[test]
fn a_funnel_and_managers_are_divided_by_a_joined_table() {
    let made = deals();
    let mut export = export(&made);
    let joined = [teams(&export)];
    for name in ["office", "teams.office"] {
        let query = funnel::Query { by: vec![name.to_owned()], ..funnel::Query::default() };
        let deals = Deals::read_columns(&mut export, &query.columns(&joined)).unwrap().result;
        let beside = funnel::Beside { joined: &joined, ..funnel::Beside::default() };
        let found = funnel::analyse(&deals, beside, &query).unwrap();
        let query = managers::Query { by: Some(name.to_owned()), ..managers::Query::default() };
        let deals = Deals::read_columns(&mut export, &query.columns(&joined)).unwrap().result;
        let beside = managers::Beside { joined: &joined, ..managers::Beside::default() };
        let team = managers::compare(&deals, beside, &query).unwrap();
        assert_eq!((found.divisions.len(), team.rows.len()), (3, 3));
        for own in ["East", "West"] {
            let count = |wanted: &str| {
                let is = |deal: &&Deal| office(deal.0) == own && deal.1 == wanted;
                let all: Vec<&Deal> = made.iter().filter(is).collect();
                (all.len() as u64, all.iter().filter_map(|deal| deal.2).sum::<i64>() as f64)
            };
            let is = |label: &Option<String>| label.as_deref() == Some(own);
            let part = found.divisions.iter().find(|part| part.labels.iter().any(is)).unwrap();
            let of = |deals: funnel::Deals| (deals.deals, deals.amount.to_f64());
            let group = &part.overview.deals;
            assert_eq!(
                (of(group.won), of(group.lost), of(group.open)),
                (count("won"), count("lost"), count("open"))
            );
            let row = team.rows.iter().find(|row| is(&row.name)).unwrap();
            assert_eq!((of(row.won), of(row.lost)), (count("won"), count("lost")));
        }
    }
}

#[test]
fn an_unknown_division_of_deals_lists_the_known() {
    let mut export = export(&deals());
    let joined = [teams(&export)];
    let query = funnel::Query { by: vec!["weather".to_owned()], ..funnel::Query::default() };
    let deals = Deals::read_columns(&mut export, &query.columns(&joined)).unwrap().result;
    let beside = funnel::Beside { joined: &joined, ..funnel::Beside::default() };
    let error = funnel::analyse(&deals, beside, &query).unwrap_err();
    assert!(error.is_usage() && error.hint().unwrap().contains("teams.office"), "{error:?}");
}

#[test]
fn discounts_of_deals_are_habits_of_their_managers() {
    let made = deals();
    let query = managers::Query::default();
    let deals = Deals::read_columns(&mut export(&made), &query.columns(&[])).unwrap().result;
    let team = managers::compare(&deals, managers::Beside::default(), &query).unwrap();
    for row in &team.rows {
        let is_own = |deal: &&Deal| row.is_team || row.name.as_deref() == Some(deal.0);
        let won = made.iter().filter(|deal| deal.1 == "won").filter(is_own);
        // What is left after `percent` is the amount.
        let known: Vec<(f64, f64)> = won
            .filter_map(|deal| {
                let (net, percent) = (deal.2? as f64, deal.3? as f64);
                Some((net * percent / (100.0 - percent), net * 100.0 / (100.0 - percent)))
            })
            .collect();
        let off: f64 = known.iter().map(|(off, _)| off).sum();
        let full: f64 = known.iter().map(|(_, full)| full).sum();
        assert!((row.discount_share.unwrap() - off / full).abs() < 1e-5, "{row:?}");
        let mut shares: Vec<f64> =
            known.iter().map(|(off, full)| off / full).filter(|share| *share > 0.0).collect();
        shares.sort_by(f64::total_cmp);
        let discounted = row.discounted.unwrap();
        assert_eq!(
            (discounted.successes, discounted.trials),
            (shares.len() as u64, known.len() as u64)
        );
        let half = shares.len() / 2;
        let median = match shares.len() % 2 {
            1 => shares[half],
            _ => f64::midpoint(shares[half - 1], shares[half]),
        };
        assert!((row.usual_discount.unwrap() - median).abs() < 1e-5);
    }
}

fn orders() -> Export {
    let mut csv = "order_id,customer_id,order_date,amount,shop\n".to_owned();
    for number in 0_usize..300 {
        let (customer, day, month) = (number * number % 37, number % 28 + 1, number / 28 + 1);
        let (amount, shop) = (5 + 7 * (number % 13), ["Riga", "Oslo", "Bern"][number % 3]);
        writeln!(csv, "{number},C{customer},2025-{month:02}-{day:02},{amount},{shop}").unwrap();
    }
    Export::from_bytes("orders.csv", csv, ReadOptions::default()).unwrap()
}

#[test]
fn a_segment_that_no_column_holds_is_that_of_rfm() {
    let mut expected: BTreeMap<String, f64> = BTreeMap::new();
    let scored = rfm::score(&mut orders(), &rfm::Options::default()).unwrap().result;
    let names = scored.segments().names(Lang::En);
    for customer in scored.customers() {
        let name = names[customer.segment.unwrap() as usize].to_owned();
        *expected.entry(name).or_default() += customer.monetary.to_f64();
    }
    let query = sales::Query { by: vec!["segment".to_owned()], ..sales::Query::default() };
    let found = sales::sales(&mut orders(), &query, &[]).unwrap().result;
    let of = |at: usize| found.overall(at)[0].unwrap().to_f64();
    let told: BTreeMap<String, f64> = found
        .groups()
        .iter()
        .enumerate()
        .map(|(at, labels)| (labels[0].clone().unwrap(), of(at)))
        .collect();
    assert_eq!(told, expected);
    let note = |notes: &[sales::Note]| notes.iter().any(|note| note.text(Lang::En).contains("RFM"));
    assert!(note(found.notes()));
    let query = kpi::Query {
        by: Some("segment".to_owned()),
        kpis: vec![kpi::Kpi::Revenue],
        ..kpi::Query::default()
    };
    let kpis = kpi::kpis(&mut orders(), &query, &[]).unwrap().result;
    assert!(note(kpis.notes()));
    let told: BTreeMap<String, f64> = kpis
        .rows()
        .iter()
        .filter(|row| row.period.is_none())
        .filter_map(|row| Some((row.group.clone()?, row.estimate.value)))
        .collect();
    assert_eq!(told, expected);
    let russian = kpis.table(Lang::Ru).unwrap();
    assert!(format!("{russian:?}").contains("Чемпионы"));
}

#[test]
fn a_cluster_that_no_column_holds_is_found() {
    let read = OrdersQuery { fields: History::FIELDS.to_vec(), ..OrdersQuery::default() };
    let all = Orders::read(&mut orders(), &read).unwrap().result;
    let as_of = AsOf::day_after(all.span().unwrap().1);
    let history = History::new(&all);
    let customers = segments::Customers::at(&history, as_of, &history.available(as_of)).unwrap();
    let clusters = segments::fit(&customers, &segments::Options::default()).unwrap();
    let names: BTreeMap<&str, &str> = clusters
        .customers()
        .map(|(id, own)| (id, clusters.name(own.cluster as usize, Lang::En)))
        .collect();
    assert!(clusters.k() > 1);
    let mut expected: BTreeMap<String, f64> = BTreeMap::new();
    let scored = rfm::score(&mut orders(), &rfm::Options::default()).unwrap().result;
    for customer in scored.customers() {
        *expected.entry(names[customer.id].to_owned()).or_default() += customer.monetary.to_f64();
    }
    let query = sales::Query { by: vec!["cluster".to_owned()], ..sales::Query::default() };
    let found = sales::sales(&mut orders(), &query, &[]).unwrap().result;
    let groups = found.groups().iter().enumerate();
    let told: BTreeMap<String, f64> = groups
        .map(|(at, labels)| (labels[0].clone().unwrap(), found.overall(at)[0].unwrap().to_f64()))
        .collect();
    assert_eq!(told, expected);
    assert!(
        found.notes().iter().any(|note| note.text(Lang::En).contains("cluster of each customer"))
    );
    let russian = format!("{:?}", found.table(Lang::Ru).unwrap());
    assert!(russian.contains(clusters.name(0, Lang::Ru)), "{russian}");
    let query = kpi::Query { by: Some("cluster".to_owned()), ..kpi::Query::default() };
    let kpis = kpi::kpis(&mut orders(), &query, &[]).unwrap().result;
    let groups: BTreeSet<&str> =
        kpis.rows().iter().filter_map(|row| row.group.as_deref()).collect();
    assert!(groups.into_iter().eq(expected.keys()));
}

#[test]
fn a_change_is_told_apart_by_any_column_and_adds_up() {
    let mut export = orders();
    let towns = ExportFile::bytes("towns.csv", "shop,country\nRiga,LV\nOslo,NO\nBern,CH\n");
    let joined = Records::joined(&export, towns, None, ReadOptions::default()).unwrap().result.0;
    let query = why::Query {
        by: ["shop", "country", "segment"].map(str::to_owned).to_vec(),
        ..why::Query::new("2025-Q2".parse().unwrap(), why::Against::Before)
    };
    let found = why::explain(&mut export, &query, &[joined]).unwrap().result;
    let names: Vec<&str> = found.contributions.iter().map(|own| &own.dimension[..]).collect();
    for name in ["customer_id", "shop", "country", "segment"] {
        assert!(names.contains(&name), "{name}");
        let own = found.contributions.iter().filter(|own| own.dimension == name);
        let sum: crate::Money = own.map(|own| own.change).sum::<Option<_>>().unwrap();
        assert_eq!(sum, found.change(), "{name}");
    }
    let of = |label: &str| {
        let is = |own: &&why::Contribution| own.label.as_deref() == Some(label);
        found.contributions.iter().find(is).map(|own| (own.earlier, own.later)).unwrap()
    };
    assert_eq!(of("Oslo"), of("NO"));
    assert_eq!(found.notes.len(), 1);
    let field =
        |name: &str| found.contributions.iter().find(|own| own.dimension == name).unwrap().field;
    assert_eq!((field("segment"), field("country")), (Some(Field::Segment), None));
}

#[test]
fn results_are_plain_values() {
    let query = sales::Query { by: vec!["shop".to_owned()], ..sales::Query::default() };
    let found = sales::sales(&mut orders(), &query, &[]).unwrap().result;
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["by"][0], "shop");
    assert_eq!(json["measures"][0], "revenue");
    assert_eq!(json["periods"][0]["span"]["first"], "2025-01-01");
    let value = found.rows()[0].value.unwrap().money().unwrap();
    assert_eq!(json["rows"][0]["value"], value.to_string());
    let found = kpi::kpis(&mut orders(), &kpi::Query::default(), &[]).unwrap().result;
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["rows"][0]["kpi"], "revenue");
    assert_eq!(json["rows"][0]["estimate"]["value"], found.rows()[0].estimate.value);
    let query = products::Query { by: "shop".to_owned(), ..products::Query::default() };
    let found = products::products(&mut orders(), &query, &[]).unwrap().result;
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["products"].as_array().unwrap().len(), 3);
}
