//! What rows are worth, and which of them are no sales.

use crate::{
    Result,
    data::{Column, DiscountUnit, Field, Finding, Notice, Orders, OrdersQuery, Records, TableKind},
    ingest::{Export, Imported, Keep, ReadOptions},
};
use std::io::Write;

fn open(text: &str, options: ReadOptions) -> Result<Export> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    // The file is open from here on; its name is not needed again.
    Export::open(&[file.path().display().to_string()], options)
}

fn read(text: &str, options: ReadOptions, query: &OrdersQuery) -> Result<Imported<Orders>> {
    Orders::read(&mut open(text, options)?, query)
}

/// Customer and amount of every order; nobody is `-`.
fn told(orders: &Orders) -> Vec<String> {
    let ids = orders.customers();
    let name = |group: usize| if group < ids.len() { ids.get(group) } else { None };
    let groups = (0..orders.groups()).map(|group| (name(group).unwrap_or("-"), group));
    groups
        .flat_map(|(id, group)| {
            orders.of_customer(group).map(move |order| format!("{id} {}", orders.amount()[order]))
        })
        .collect()
}

fn amounts(text: &str) -> Vec<String> {
    let found = read(text, ReadOptions::default(), &OrdersQuery::default()).unwrap();
    assert!(found.ledger.balances());
    told(&found.result)
}

fn findings(notices: &[Notice]) -> Vec<&Finding> {
    notices.iter().map(|notice| &notice.finding).collect()
}

#[test]
fn discounts_are_taken_off_price_times_quantity_by_what_they_are() {
    let rows = |header: &str, discounts: &[&str]| {
        let mut text = format!("customer,date,quantity,price,{header}\n");
        for (row, discount) in discounts.iter().enumerate() {
            text.push_str(&format!("C{row},2024-01-{:02},2,50,{discount}\n", row + 1));
        }
        text
    };
    for (header, discounts, expected) in [
        ("discount", &["15", "0", ""][..], &["C0 85.00", "C1 100.00", "C2 100.00"][..]),
        ("discount", &["0.15", "0.5", "0"], &["C0 85.00", "C1 50.00", "C2 100.00"]),
        ("discount", &["15%", "5 %", ""], &["C0 85.00", "C1 95.00", "C2 100.00"]),
        ("Discount %", &["15", "5", "1"], &["C0 85.00", "C1 95.00", "C2 99.00"]),
        ("скидка %", &["12.5"], &["C0 87.50"]),
        ("Discount Amount", &["0.15", "-15"], &["C0 99.85", "C1 85.00"]),
        // As money some would be more than the price; as money one is above 100.
        ("discount", &["15", "100"], &["C0 85.00", "C1 0.00"]),
    ] {
        assert_eq!(amounts(&rows(header, discounts)), expected, "{header} {discounts:?}");
    }
}

#[test]
fn discounts_that_may_be_either_are_refused_and_settled_by_the_caller() {
    let mut text = "customer,date,quantity,price,discount\n".to_owned();
    for row in 0..12 {
        text.push_str(&format!("C,2024-01-{:02},1,{},{}\n", row + 1, 900 + row, 5 + row % 4 * 5));
    }
    let error = read(&text, ReadOptions::default(), &OrdersQuery::default()).unwrap_err();
    assert!(error.to_string().contains("can be money or per cent"), "{error}");
    assert!(error.hint().unwrap().contains("--discounts percent"));
    for (unit, first) in [
        (DiscountUnit::Percent, "C 855.00"),
        (DiscountUnit::Amount, "C 895.00"),
        (DiscountUnit::None, "C 900.00"),
    ] {
        let options = ReadOptions { discounts: Some(unit), ..ReadOptions::default() };
        let found = read(&text, options, &OrdersQuery::default()).unwrap();
        assert_eq!(told(&found.result)[0], first);
    }
}

#[test]
fn a_discount_is_money_in_the_column_that_features_see() {
    let query = OrdersQuery { fields: vec![Field::Discount], ..OrdersQuery::default() };
    let text = "customer,date,quantity,price,discount\nA,2024-01-01,2,100,0.15\n";
    let found = read(text, ReadOptions::default(), &query).unwrap().result;
    let Some(Column::Money(discounts)) = found.field(Field::Discount) else { panic!() };
    assert_eq!(discounts[0].unwrap().to_string(), "30.00");
}

#[test]
fn amounts_before_the_discount_are_told_from_those_after_it() {
    let rows = |amounts: [&str; 2]| {
        format!(
            "customer,date,quantity,price,discount,amount\nA,2024-01-01,2,100,0.15,{}\n\
             B,2024-01-02,1,40,0.5,{}\n",
            amounts[0], amounts[1]
        )
    };
    assert_eq!(amounts(&rows(["170", "20"])), ["A 170.00", "B 20.00"]);
    assert_eq!(amounts(&rows(["200", "40"])), ["A 170.00", "B 20.00"]);
    // Without a price nobody can tell: the amount stands, and it is said.
    let text = "customer,date,amount,discount\nA,2024-01-01,100,15\n";
    let found = read(text, ReadOptions::default(), &OrdersQuery::default()).unwrap();
    assert_eq!(told(&found.result), ["A 100.00"]);
    assert!(matches!(findings(&found.notices)[..], [Finding::DiscountAside { .. }]));
    let options = ReadOptions { discounts: Some(DiscountUnit::Percent), ..ReadOptions::default() };
    let found = read(text, options, &OrdersQuery::default()).unwrap();
    assert_eq!((told(&found.result)[0].as_str(), found.notices.len()), ("A 85.00", 0));
}

#[test]
fn what_was_given_back_beside_the_amount_is_taken_off() {
    let text = "customer,date,amount,Amount Refunded\nA,2024-01-01,100,40\nA,2024-02-01,60,0.00\n\
                B,2024-01-01,25,25\nC,2024-01-03,0,\n";
    let found = read(text, ReadOptions::default(), &OrdersQuery::default()).unwrap();
    // The order of B was given back in full: no purchase. That of C was free: one.
    assert_eq!(told(&found.result), ["A 60.00", "A 60.00", "C 0.00"]);
    assert!(found.ledger.balances());
    assert!(matches!(findings(&found.notices)[..], [Finding::Refunded { .. }]));
    assert_eq!(found.notices[0].money.unwrap().to_string(), "65.00");
    // A flag is no amount, and a net amount has it off already.
    let text = "customer,date,amount,refunded\nA,2024-01-01,100,0\nB,2024-02-01,60,1\n";
    assert_eq!(amounts(text), ["A 100.00", "B 60.00"]);
    let text = "customer,date,net sales,refunds\nA,2024-01-01,100,40\n";
    assert_eq!(amounts(&text.replace("net sales", "net amount")), ["A 100.00"]);
}

#[test]
fn an_order_and_its_twin_are_no_sale() {
    let text = "order_id,customer,date,amount\n1,A,2024-01-01 10:01,77183.6\n\
                C1,A,2024-01-01 10:17,-77183.6\n2,B,2024-01-02 09:00,50\nC2,B,2024-01-20 09:00,-50\n\
                3,C,2024-01-03 09:00,10\n4,C,2024-01-03 09:05,10\nC4,C,2024-01-03 09:06,-10\n";
    let found = read(text, ReadOptions::default(), &OrdersQuery::default()).unwrap();
    // A bought nothing and is nobody's customer; B brought something back later.
    assert_eq!(told(&found.result), ["B 50.00", "B -50.00", "C 10.00"]);
    assert_eq!(found.result.at()[2].to_string(), "2024-01-03T09:00:00");
    assert_eq!((found.notices[0].rows, &found.notices[0].finding), (2, &Finding::Cancelled));
    assert_eq!(found.notices[0].money.unwrap().to_string(), "77193.60");
    let options = ReadOptions { cancelled: Some(Keep::Keep), ..ReadOptions::default() };
    let found = read(text, options, &OrdersQuery::default()).unwrap();
    assert_eq!((found.result.len(), found.notices.len()), (7, 0));
}

#[test]
fn lines_that_take_each_other_off_make_no_order() {
    let text = "order_id,customer,date,amount\n1,A,2024-01-01,30\n1,A,2024-01-01,20\n\
                1,A,2024-01-05,-50\n2,B,2024-01-02,50\n2,B,2024-01-02,-20\n3,B,2024-01-03,0\n\
                3,B,2024-01-03,0\n";
    let found = read(text, ReadOptions::default(), &OrdersQuery::default()).unwrap();
    assert_eq!(told(&found.result), ["B 30.00", "B 0.00"]);
    let cancelled = found.notices.iter().find(|notice| notice.finding == Finding::Cancelled);
    assert_eq!(cancelled.map(|notice| notice.rows), Some(1));
}

#[test]
fn sales_need_no_customer() {
    let text =
        "order_id,customer,date,amount\n1,A,2024-01-01,10\n2,,2024-01-02,20\n3,0,2024-01-03,5\n";
    let sales = OrdersQuery { anonymous: true, ..OrdersQuery::default() };
    let found = read(text, ReadOptions::default(), &sales).unwrap();
    assert_eq!(told(&found.result), ["0 5.00", "A 10.00", "- 20.00"]);
    assert_eq!((found.result.of_nobody(), found.ledger.accepted), (2..3, 3));
    let options = || ReadOptions { guests: vec!["0".to_owned()], ..ReadOptions::default() };
    let found = read(text, options(), &sales).unwrap();
    assert_eq!(told(&found.result), ["A 10.00", "- 20.00", "- 5.00"]);
    // Where customers are looked at the same rows are left out, by a rule with its money.
    let found = read(text, options(), &OrdersQuery::default()).unwrap();
    assert_eq!(told(&found.result), ["A 10.00"]);
    assert!(found.ledger.balances() && found.ledger.ignored_total() == 2);
    assert_eq!(found.notices[0].finding, Finding::NoCustomer);
    assert_eq!(found.notices[0].money.unwrap().to_string(), "25.00");
}

#[test]
fn a_till_file_is_a_file_of_sales() {
    let text = "receipt,date,total\n1,2024-01-01,10\n2,2024-01-02,20\n";
    let sales = OrdersQuery { anonymous: true, ..OrdersQuery::default() };
    assert_eq!(told(&read(text, ReadOptions::default(), &sales).unwrap().result).len(), 2);
    let error = read(text, ReadOptions::default(), &OrdersQuery::default()).unwrap_err();
    assert!(error.to_string().contains("no column for customer_id"), "{error}");
}

#[test]
fn dates_that_cannot_be_are_set_aside_unless_they_are_kept() {
    let mut text = "customer,date,amount\nA,1970-01-01,7\nB,2042-05-06,5\n".to_owned();
    for row in 0..60 {
        text.push_str(&format!("C,2024-{:02}-{:02},10\n", row / 6 + 1, row % 6 * 4 + 1));
    }
    let found = read(&text, ReadOptions::default(), &OrdersQuery::default()).unwrap();
    assert_eq!(found.result.len(), 60);
    assert!(found.ledger.balances() && found.ledger.ignored_total() == 2);
    let notice = &found.notices[0];
    assert!(matches!(notice.finding, Finding::FarDates { .. }));
    assert_eq!((notice.rows, notice.money.unwrap().to_string()), (2, "12.00".to_owned()));
    let settings: Vec<String> = notice.settings.iter().map(ToString::to_string).collect();
    assert_eq!(settings, ["--far-dates drop"]);
    let options = ReadOptions { far_dates: Some(Keep::Keep), ..ReadOptions::default() };
    let found = read(&text, options, &OrdersQuery::default()).unwrap();
    assert_eq!((found.result.len(), found.notices.len()), (62, 0));
}

#[test]
fn prices_of_products_price_orders_and_lines() {
    let beside = |text: &str, kind, prices: Option<&Records>| {
        let options = ReadOptions {
            kind: Some(kind),
            prices_in_products: prices.is_some(),
            ..ReadOptions::default()
        };
        let mut export = open(text, options).unwrap();
        if let Some(products) = prices {
            export.take_prices_of(products).unwrap();
        }
        Records::read(&mut export).unwrap().result
    };
    let products = beside("sku,price\nCup,3\nPot,5\n", TableKind::Products, None);
    let options = ReadOptions { prices_in_products: true, ..ReadOptions::default() };
    let text = "order_id,customer,date,sku,quantity,discount\n1,A,2024-01-01,Cup,1,\n\
                1,A,2024-01-01,Pot,2,0.5\n2,B,2024-01-02,Pot,1,\n3,B,2024-01-03,Jug,1,\n";
    let mut export = open(text, options).unwrap();
    export.take_prices_of(&products).unwrap();
    let found = Orders::read(&mut export, &OrdersQuery::default()).unwrap();
    assert_eq!(told(&found.result), ["A 8.00", "B 5.00"]);
    assert_eq!(found.rejections.groups()[0].first.reason, "the table of products does not have it");

    let lines = "order_id,product,quantity,discount\n1,Cup,1,\n1,Pot,2,0.5\n";
    let lines = beside(lines, TableKind::Lines, Some(&products));
    let text = "order_id,customer,date\n1,A,2024-01-01\n";
    let options = ReadOptions { amounts_in_lines: true, ..ReadOptions::default() };
    let mut export = open(text, options).unwrap();
    export.take_amounts_of(&lines).unwrap();
    let found = Orders::read(&mut export, &OrdersQuery::default()).unwrap();
    assert_eq!(told(&found.result), ["A 8.00"]);
}
