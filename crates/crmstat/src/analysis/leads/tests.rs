//! Leads counted one by one.

use super::{Query, count};
use crate::{
    AsOf, Date,
    analysis::{cohorts::Period, funnel::Rate},
    data::{DealFinding, Deals, Field, Finding, Records, TableKind},
    ingest::{Export, ReadOptions},
};

const LEADS: &str = "\
Lead ID,Created,Source,Status,Manager,Deal\n\
1,2024-01-05,web,Converted,Ann,10\n\
2,2024-01-06,web,Junk Lead,Ann,\n\
3,2024-01-20,fair,Converted,Bob,11\n\
4,2024-02-01,web,In progress,Bob,\n\
5,2024-02-02,,Nurturing,,\n\
6,2024-02-03,fair,Converted,Ann,12\n\
7,2024-02-03,fair,,Ann,99\n";

const DEALS: &str = "\
deal_id,customer_id,status,stage,created_at,closed_at,amount\n\
10,A,won,Won,2024-01-06,2024-01-30,100\n\
11,B,lost,Lost,2024-01-21,2024-02-20,100\n\
12,C,open,Offer,2024-02-04,,100\n";

fn leads() -> Records {
    let options = ReadOptions { kind: Some(TableKind::Leads), ..ReadOptions::default() };
    let mut export = Export::from_bytes("leads.csv", LEADS, options).unwrap();
    Records::read(&mut export).unwrap().result
}

fn deals() -> Deals {
    let mut export = Export::from_bytes("deals.csv", DEALS, ReadOptions::default()).unwrap();
    Deals::read(&mut export).unwrap().result
}

#[test]
fn leads_are_sold_by_their_deals() {
    let found = count(&leads(), Some(&deals()), &Query::default()).unwrap();
    let all = &found.parts[0];
    // 10 is won, 11 is lost, 12 is open, 99 is unknown; 2 is junk.
    assert_eq!((all.leads, all.converted, all.sold, all.lost, all.open), (7, 4, 1, 2, 4));
    assert_eq!(all.cr, Rate::new(1, 7, 0.95).unwrap());
    let said = |finding: &Finding| found.notices.iter().any(|notice| notice.finding == *finding);
    assert!(said(&Finding::Deals(DealFinding::LeadsOfUnknownDeals)));
    let labels = "Nurturing".to_owned();
    assert!(said(&Finding::Deals(DealFinding::LeadStatusesOpen { labels })));
}

#[test]
fn without_deals_the_status_decides() {
    let all = count(&leads(), None, &Query::default()).unwrap().parts.remove(0);
    assert_eq!((all.leads, all.converted, all.sold, all.lost, all.open), (7, 4, 3, 1, 3));
}

#[test]
fn cohorts_and_sources_add_up() {
    let query = Query { cohort: Some(Period::Month), by: vec![Field::Source], ..Query::default() };
    let found = count(&leads(), Some(&deals()), &query).unwrap();
    let rows: Vec<(String, Option<&str>, u64, u64)> = found.parts[1..]
        .iter()
        .map(|part| {
            let cohort = part.cohort.unwrap().to_string();
            (cohort, part.labels[0].as_deref(), part.leads, part.sold)
        })
        .collect();
    let expected = [
        ("2024-01-01", Some("fair"), 1, 0),
        ("2024-01-01", Some("web"), 2, 1),
        ("2024-02-01", Some("fair"), 2, 0),
        ("2024-02-01", Some("web"), 1, 0),
        ("2024-02-01", None, 1, 0),
    ];
    let expected =
        expected.map(|(cohort, source, leads, sold)| (cohort.to_owned(), source, leads, sold));
    assert_eq!(rows, expected);
    assert_eq!(found.table(crate::Lang::Ru).unwrap().rows(), 6);
}

#[test]
fn an_earlier_instant_knows_neither_later_leads_nor_later_sales() {
    let as_of = AsOf::start_of("2024-01-30".parse::<Date>().unwrap());
    let query = Query { as_of: Some(as_of), ..Query::default() };
    let all = count(&leads(), Some(&deals()), &query).unwrap().parts.remove(0);
    assert_eq!((all.leads, all.converted, all.sold, all.lost), (3, 2, 0, 1));
    let early = Query { as_of: Some(AsOf::start_of(Date::from_days(0))), ..Query::default() };
    assert!(count(&leads(), None, &early).unwrap_err().is_data());
    let by = Query { by: vec![Field::Region], ..Query::default() };
    let refused = count(&leads(), None, &by).unwrap_err();
    assert!(refused.hint().unwrap().contains("source"), "{refused:?}");
}
