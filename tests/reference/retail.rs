//! Online Retail II, 2009–2010 (UCI, CC BY 4.0): invoice lines with cancellations and unknown customers.
//!
//! The figures are DuckDB's, which sums the prices as exact decimals:
//!
//! ```sql
//! WITH orders AS (
//!   SELECT "Customer ID" AS customer, Invoice, sum(Quantity * Price::DECIMAL(18, 4)) AS net
//!   FROM 'online_retail_ii_year_2009_2010.parquet' WHERE "Customer ID" IS NOT NULL GROUP BY ALL),
//! customers AS (
//!   SELECT customer, count(*) FILTER (net >= 0) AS orders, sum(net) AS net FROM orders GROUP BY ALL)
//! SELECT (SELECT count(*) FROM orders),                   -- 23587 invoices
//!        (SELECT count(*) FROM orders WHERE net < 0),     -- 4372, all of them cancellations
//!        count(*),                                        -- 4383 customers
//!        count(*) FILTER (orders > 0),                    -- 4314 of them with a purchase
//!        sum(orders) FILTER (orders > 0),                 -- 19215 purchases
//!        sum(net) FILTER (orders > 0)                     -- 8410820.0440
//! FROM customers
//! ```
//!
//! They are those of orders that were cancelled and kept. Without them, a loop over the orders of each customer in
//! Python (the latest earlier order of the negated amount, within 86,400 s, each once) takes 93 pairs away: 23,401
//! invoices are left, 4,279 of them refunds, 4,310 customers with 19,122 purchases worth 8,421,773.5440 net, and 70
//! customers with refunds alone.

use crate::{shared, totals};
use crmstat::{
    Money,
    analysis::rfm::{self, Options, Rfm},
    data::{Field, Finding, Ignored, Orders, OrdersQuery},
    ingest::{Export, Imported, Keep, ReadOptions},
};

const FILE: &str = "data/customers/retail/online_retail_ii_year_2009_2010.parquet";

/// The export, with what becomes of orders that were cancelled.
fn export(cancelled: Option<Keep>) -> Export {
    let options = ReadOptions { cancelled, ..ReadOptions::default() };
    Export::open(&[shared(FILE)], options).unwrap()
}

fn score(cancelled: Option<Keep>) -> Imported<Rfm> {
    let scored = rfm::score(&mut export(cancelled), &Options::default()).unwrap();
    assert!(scored.ledger.balances());
    scored
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn rows_without_a_customer_are_left_out_by_name_needs_shared_data() {
    let scored = score(None);
    let rows = &scored.ledger;
    assert_eq!((rows.read, rows.accepted, rows.quarantined), (525_461, 417_534, 0));
    assert_eq!(rows.ignored_total(), 107_927);
    assert_eq!(rows.ignored_by(Ignored::NoCustomer), 107_927);
    let mut notices = scored.notices.iter();
    assert_eq!(notices.find(|found| found.finding == Finding::Cancelled).unwrap().rows, 93);
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn totals_equal_the_query_needs_shared_data() {
    let named = [
        ("12346", 11, -646_800),
        ("12347", 2, 13_233_200),
        ("14911", 205, 1_376_759_100),
        ("18287", 4, 23_406_100),
    ];
    let scored = score(Some(Keep::Keep)).result;
    assert_eq!((scored.len(), scored.refunded_only()), (4_314, 69));
    assert_eq!(totals(&scored), (19_215, 84_108_200_440));
    for (customer, orders, net) in named {
        let found = scored.customers().find(|found| found.id == customer).unwrap();
        let wanted = (orders, Money::from_units(net));
        assert_eq!((found.frequency, found.revenue), wanted, "{customer}");
    }

    let scored = score(None).result;
    assert_eq!((scored.len(), scored.refunded_only()), (4_310, 70));
    assert_eq!(totals(&scored), (19_122, 84_217_735_440));
    // Eight of this customer's orders were cancelled, which takes nothing off the net amount.
    let found = scored.customers().find(|found| found.id == "14911").unwrap();
    assert_eq!((found.frequency, found.revenue.units()), (197, 1_376_759_100));
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn cancellations_are_refunds_unless_they_come_within_a_day_needs_shared_data() {
    for (cancelled, invoices, negative) in
        [(Some(Keep::Keep), 23_587, 4_372), (None, 23_401, 4_279)]
    {
        let query = OrdersQuery { fields: vec![Field::OrderId], ..OrdersQuery::default() };
        let orders = Orders::read(&mut export(cancelled), &query).unwrap().result;
        assert_eq!(orders.len(), invoices);
        let refunds = orders.amount().iter().filter(|amount| amount.is_negative()).count();
        assert_eq!(refunds, negative);
        let net: Option<Money> = orders.amount().iter().copied().sum();
        assert_eq!(net, Some(Money::from_units(83_482_085_740)));
    }
}
