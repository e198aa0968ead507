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

use crate::{score, shared, totals};
use crmstat::{
    Money,
    analysis::rfm::Options,
    data::{Field, Orders, OrdersQuery},
    ingest::{Export, ReadOptions},
};

const FILE: &str = "data/customers/retail/online_retail_ii_year_2009_2010.parquet";

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_ledger_adds_up_and_unknown_customers_are_quarantined_needs_shared_data() {
    let file = shared(FILE);
    let ledger = score(&file, &Options::default());
    let rows = &ledger.ledger;
    assert_eq!((rows.read, rows.accepted, rows.quarantined), (525_461, 417_534, 107_927));
    assert_eq!(rows.ignored_total(), 0);
    let groups = ledger.rejections.groups();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].rows, groups[0].first.reason), (107_927, "no customer"));
    assert_eq!(groups[0].first.place.column.as_deref(), Some("Customer ID"));
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn totals_equal_the_query_needs_shared_data() {
    let file = shared(FILE);
    let scored = score(&file, &Options::default()).result;
    assert_eq!(scored.len(), 4_314);
    assert_eq!(scored.refunded_only(), 69);
    assert_eq!(totals(&scored), (19_215, 84_108_200_440));
    for (customer, orders, net) in [
        ("12346", 11, -646_800),
        ("12347", 2, 13_233_200),
        ("14911", 205, 1_376_759_100),
        ("18287", 4, 23_406_100),
    ] {
        let found = scored.customers().find(|found| found.id == customer).unwrap();
        assert_eq!(
            (found.frequency, found.revenue),
            (orders, Money::from_units(net)),
            "{customer}"
        );
    }
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn cancellations_are_refunds_needs_shared_data() {
    let file = shared(FILE);
    let mut export = Export::open(&[file], ReadOptions::default()).unwrap();
    let query = OrdersQuery { fields: vec![Field::OrderId], ..OrdersQuery::default() };
    let orders = Orders::read(&mut export, &query).unwrap().result;
    assert_eq!(orders.len(), 23_587);
    let refunds = orders.amount().iter().filter(|amount| amount.is_negative()).count();
    assert_eq!(refunds, 4_372);
    let net: Option<Money> = orders.amount().iter().copied().sum();
    assert_eq!(net, Some(Money::from_units(83_482_085_740)));
}
