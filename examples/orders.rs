//! Which products bring the revenue? Typed orders for an analysis of one's own.
//!
//! ```text
//! cargo run --release -p crmstat-examples --example orders
//! ```

use crmstat::{
    Money, Result,
    data::{Field, Orders, OrdersQuery},
    ingest::{Export, ReadOptions},
};
use std::collections::BTreeMap;

fn main() -> Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/orders.parquet");
    let mut export = Export::open(&[file], ReadOptions::default())?;
    // Only the columns asked for are read.
    let query = OrdersQuery { fields: vec![Field::Product], ..OrdersQuery::default() };
    let orders = Orders::read(&mut export, &query)?.result;

    if let Some((first, last)) = orders.span() {
        println!("{} orders from {first} to {last}", orders.len());
    }
    let mut revenue = BTreeMap::<&str, Vec<Money>>::new();
    if let Some(products) = orders.labels(Field::Product) {
        for order in 0..orders.len() {
            for line in orders.lines_of(order) {
                let product = products.get(line).unwrap_or("unknown");
                revenue.entry(product).or_default().push(orders.line_amount()[line]);
            }
        }
    }
    for (product, amounts) in revenue {
        // Sums of money are exact, and `None` past its range.
        let sum: Option<Money> = amounts.iter().copied().sum();
        let sum = sum.map_or_else(|| "too much".to_owned(), |sum| sum.to_string());
        println!("{product:<16} {:>5} lines {sum:>12}", amounts.len());
    }
    Ok(())
}
