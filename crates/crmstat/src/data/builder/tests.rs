//! Tables out of memory: what is accepted, in which order, and what is said of the rest.

use super::{CustomerRow, DealRow, OrderRow, OrdersBuilder, RecordRow};
use crate::{
    AsOf, Date, Error, Money, Window,
    data::{
        Column, CustomerTable, DealStatus, Deals, Field, Ignored, Imported, Orders, Records,
        TableKind,
    },
};
use proptest::prelude::*;

fn day(days: i32) -> Date {
    Date::from_days(20_000 + days)
}

/// Customer, day, amount and product of every line, as they stand.
fn lines(orders: &Orders) -> Vec<(String, i32, i64, Option<String>)> {
    let products = orders.labels(Field::Product);
    (0..orders.customers().len())
        .flat_map(|customer| orders.of_customer(customer).map(move |order| (customer, order)))
        .flat_map(|(customer, order)| {
            orders.lines_of(order).map(move |line| (customer, order, line))
        })
        .map(|(customer, order, line)| {
            (
                orders.customers().get(customer).unwrap().to_owned(),
                orders.at()[order].date().days() - 20_000,
                orders.line_amount()[line].units(),
                products.and_then(|products| products.get(line)).map(str::to_owned),
            )
        })
        .collect()
}

fn rejected<T>(built: &Imported<T>) -> Vec<String> {
    built
        .rejections
        .rows()
        .map(|row| format!("{}: {} `{}`", row.place, row.reason, row.value))
        .collect()
}

#[test]
fn rows_that_cannot_be_used_are_told_by_number_field_and_reason() {
    let built = Orders::builder()
        .named("ledger")
        .row(OrderRow::new("A", day(0), Money::from_whole(5)))
        .row(OrderRow::new(" \u{A0}", day(0), 5.0))
        .row(OrderRow::new("n/a", day(0), 5.0))
        .row(OrderRow::new("B", None::<Date>, 5.0))
        .row(OrderRow::new("B", Date::from_days(1_000_000), 5.0))
        .row(OrderRow::new("B", "2025-01-01", 5.0))
        .row(OrderRow::new("B", day(1), f64::NAN))
        .row(OrderRow::new("B", day(1), "five"))
        .row(OrderRow::new("B", day(1), 1e300))
        .row(OrderRow::new("B", day(1), 1.0).with(Field::Quantity, f64::INFINITY))
        .row(OrderRow::new(17_850, day(1), 7))
        .build()
        .unwrap();
    assert_eq!(
        rejected(&built),
        [
            "ledger:2, column `customer_id`: no customer ``",
            "ledger:3, column `customer_id`: no customer ``",
            "ledger:4, column `ordered_at`: no date ``",
            "ledger:5, column `ordered_at`: a year outside 1900 to 2199 `4707-11-29T00:00:00`",
            "ledger:6, column `ordered_at`: not a date `2025-01-01`",
            "ledger:7, column `amount`: no amount ``",
            "ledger:8, column `amount`: not an amount `five`",
            &format!("ledger:9, column `amount`: not an amount `{}`", 1e300),
            "ledger:10, column `quantity`: not a number `inf`",
        ]
    );
    assert!(built.ledger.balances());
    assert_eq!((built.ledger.read, built.ledger.accepted), (11, 2));
    assert_eq!(built.result.customers().get(0), Some("17850"));
    let error = built.complete().unwrap_err();
    assert!(error.is_data() && error.to_string().contains("9 rows are rejected"), "{error}");
}

#[test]
fn the_window_leaves_out_and_the_ledger_says_so() {
    let window = Window { since: Some(day(1)), until: Some(AsOf::start_of(day(3))) };
    let rows = (0..5).map(|at| OrderRow::new("A", day(at), i64::from(at)));
    let built = rows.collect::<OrdersBuilder>().window(window).build().unwrap();
    assert_eq!(built.result.len(), 2);
    let ignored: Vec<_> = built.ledger.ignored().collect();
    assert_eq!(ignored, [(Ignored::AtOrAfterAsOf, 2), (Ignored::BeforeSince, 1)]);
    assert_eq!(built.span.map(|(first, last)| (first.date(), last.date())), Some((day(1), day(2))));
}

#[test]
fn rows_of_one_id_are_lines_unless_they_are_copies() {
    let rows = || {
        [
            ("A", 0, 5.0, Some("1")),
            ("A", 2, 7.0, Some("1")),
            ("A", 1, 3.0, None),
            ("B", 0, 1.0, Some("1")),
        ]
        .map(|(customer, at, amount, id)| OrderRow::new(customer, day(at), amount).id(id))
    };
    let built = rows().into_iter().collect::<OrdersBuilder>().build().unwrap();
    let orders = &built.result;
    let all: Vec<(Date, String)> = (0..orders.len())
        .map(|at| (orders.at()[at].date(), orders.amount()[at].to_string()))
        .collect();
    assert_eq!(all, [(day(0), "12.00".into()), (day(1), "3.00".into()), (day(0), "1.00".into())]);
    assert_eq!(built.decisions[0].value, "order lines");

    let copies = rows().into_iter().collect::<OrdersBuilder>().copies().build().unwrap();
    let amounts: Vec<String> = copies.result.amount().iter().map(Money::to_string).collect();
    assert_eq!(amounts, ["3.00", "7.00", "1.00"]);
}

#[test]
fn columns_and_rows_make_the_same_orders() {
    let by_row = Orders::builder()
        .row(OrderRow::new("B", day(3), 4.5).id("2").with(Field::Product, "Desk"))
        .row(OrderRow::new("A", day(1), -2.0).id("1"))
        .row(OrderRow::new("A", day(1), 9.0).id("1").with(Field::Product, "Chair"))
        .build()
        .unwrap();
    let money = |whole: f64| Money::from_f64(whole);
    let by_column = Orders::builder()
        .columns([
            (Field::CustomerId, Column::texts([Some("B"), Some("A"), Some("A")])),
            (Field::OrderedAt, Column::Date([3, 1, 1].map(|at| Some(day(at).midnight())).to_vec())),
            (Field::Amount, Column::Money([4.5, -2.0, 9.0].map(money).to_vec())),
            (Field::OrderId, Column::texts([Some("2"), Some("1"), Some("1")])),
            (Field::Product, Column::texts([Some("Desk"), None, Some("Chair")])),
        ])
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(lines(&by_row.result), lines(&by_column.result));
    assert_eq!(by_row.ledger, by_column.ledger);

    let uneven = Orders::builder().columns([
        (Field::CustomerId, Column::texts([Some("B")])),
        (Field::Amount, Column::Money(Vec::new())),
    ]);
    assert!(uneven.unwrap_err().is_usage());
    let other = Orders::builder().columns([(Field::CustomerId, Column::Number(vec![1.0]))]);
    assert!(other.unwrap_err().to_string().contains("a text"));
}

#[test]
fn deals_have_every_field_of_an_export() {
    let built = Deals::builder()
        .row(DealRow::new(DealStatus::Won).id("2").amount(7).closed(day(4)).created(day(1)))
        .row(DealRow::new(DealStatus::Open).id("1").amount(None::<f64>).with(Field::Owner, "Ann"))
        .row(DealRow::new(None::<DealStatus>).id("3"))
        .row(DealRow::new(DealStatus::Won).id("2").amount(3).closed(day(4)).created(day(1)))
        .build()
        .unwrap();
    assert_eq!(rejected(&built), ["deals:3, column `status`: no stage or status ``"]);
    let deals = &built.result;
    assert_eq!(deals.status(), [DealStatus::Open, DealStatus::Won]);
    assert_eq!(deals.amount(), [None, Money::from_whole(10)]);
    assert_eq!(deals.closed()[1].map(crate::Timestamp::date), Some(day(4)));
    assert_eq!(deals.labels(Field::Owner).unwrap().get(0), Some("Ann"));
    assert!(Deals::FIELDS.iter().all(|field| !field.is_text() || deals.labels(*field).is_some()));
}

#[test]
fn records_need_what_rows_of_their_kind_need() -> Result<(), Error> {
    let built = Records::builder(TableKind::Customers)
        .row(RecordRow::new().with(Field::CustomerId, "B").with(Field::Region, "South"))
        .row(RecordRow::new().with(Field::Region, "North"))
        .row(RecordRow::new().with(Field::CustomerId, "A").with(Field::Satisfaction, 9))
        .build()?;
    assert_eq!(
        rejected(&built),
        ["customers:2, column `customer_id`: a required cell is empty ``"]
    );
    let ids = built.result.labels(Field::CustomerId).unwrap();
    assert_eq!([ids.get(0), ids.get(1)], [Some("A"), Some("B")]);
    let none = Records::builder(TableKind::Activities)
        .row(RecordRow::new().with(Field::CustomerId, "B"))
        .build();
    assert!(none.unwrap_err().to_string().contains("need `at`"));
    assert!(Records::builder(TableKind::Orders).build().unwrap_err().is_usage());
    Ok(())
}

#[test]
fn a_table_of_customers_is_by_id_and_each_has_one_row() {
    let row = |id: &'static str, age: f64| CustomerRow::new(id).with("age", age);
    let built = CustomerTable::builder()
        .row(row("B", 40.0).with("city", "Omsk"))
        .row(row("A", f64::NAN))
        .row(CustomerRow::new(None::<&str>).with("age", 1))
        .row(CustomerRow::new("C").with("age", "young"))
        .build()
        .unwrap();
    assert_eq!(
        rejected(&built),
        [
            "customers:3, column `customer_id`: a required cell is empty ``",
            "customers:4, column `age`: not a number `young`",
        ]
    );
    let table = &built.result;
    assert_eq!((table.ids().get(0), table.ids().get(1)), (Some("A"), Some("B")));
    let Some(Column::Number(ages)) = table.column("age") else { panic!("a number") };
    assert!(ages[0].is_nan() && ages[1] == 40.0);
    let twice = CustomerTable::builder().row(row("A", 1.0)).row(row("A", 2.0)).build();
    assert!(twice.unwrap_err().to_string().contains("in two rows"));
    let columns = CustomerTable::builder()
        .columns([Some("A"), Some("B")], [("x".to_owned(), Column::Number(vec![1.0, 2.0]))])
        .unwrap();
    assert_eq!(columns.build().unwrap().result.len(), 2);
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nothing(
        rows in proptest::collection::vec((0_u8..4, 0_i32..4, -2_i64..3, 0_u8..4, 0_u8..3), 0..30),
        turn in 0_usize..30,
    ) {
        let build = |rows: &[(u8, i32, i64, u8, u8)]| {
            let texts: Vec<[String; 3]> = rows
                .iter()
                .map(|(customer, _, _, id, product)| [customer, id, product].map(u8::to_string))
                .collect();
            let row = |((customer, at, amount, id, product), texts): (&(u8, i32, i64, u8, u8), _)| {
                let _ = (customer, product);
                let [customer, id_text, product]: &[String; 3] = texts;
                let id = (*id > 0).then_some(id_text);
                OrderRow::new(customer, day(*at), *amount).id(id).with(Field::Product, product)
            };
            rows.iter().zip(&texts).map(row).collect::<OrdersBuilder>().build().unwrap()
        };
        let one = build(&rows);
        let mut other = rows.clone();
        other.rotate_left(turn.min(rows.len()));
        other.reverse();
        let other = build(&other);
        prop_assert_eq!(lines(&one.result), lines(&other.result));
        prop_assert_eq!(one.ledger, other.ledger);
        prop_assert_eq!(one.result.amount(), other.result.amount());
    }
}
