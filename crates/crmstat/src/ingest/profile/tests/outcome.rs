//! Columns that say by their cells what became of their rows.

use crate::{
    data::{DealStatus, Field, TableKind},
    ingest::{
        ReadOptions,
        profile::{
            Expected,
            guess::Looks,
            outcome::{Says, Topic, is_set, likely, telling},
        },
    },
};

fn says(header: &str, cells: &[&str]) -> Option<Says> {
    let sample: Vec<Vec<String>> = cells.iter().map(|cell| vec![(*cell).to_owned()]).collect();
    telling(&[header], &sample).first().map(|told| told.says)
}

#[test]
fn words_of_status_tell_under_any_header() {
    for (header, cells, topic) in [
        ("outcome", &["won", "lost", "open", "won"][..], Topic::Deal),
        ("phase", &["Closed Won", "Closed Lost", "Negotiation"], Topic::Deal),
        ("stage_id", &["PRODUCTION", "PROPOSAL", "WON", "LOST"], Topic::Deal),
        ("order_state", &["completed", "cancelled", "pending"], Topic::Order),
        ("state", &["Shipped", "Cancelled"], Topic::Order),
        ("fulfillment_status", &["fulfilled", "cancelled", "unfulfilled"], Topic::Delivery),
        ("Состояние", &["Выполнен", "Отменён", "В работе"], Topic::Order),
        ("Оплата", &["Оплачено", "Не оплачено", "Возврат"], Topic::Payment),
        ("f7", &["Paid", "Unpaid"], Topic::Payment),
        // What is called a status is one, whatever its words.
        ("Estado", &["Ganado", "Perdido"], Topic::Order),
        ("order_status_id", &["5", "7"], Topic::Order),
        ("dealstage", &["closedwon", "decisionmakerboughtin"], Topic::Order),
        ("Итог", &["Успешно", "Отказ", "В работе"], Topic::Deal),
        ("step", &["Signed", "Dead", "Proposal"], Topic::Order),
        // Kinds of documents, some of which are no sales.
        ("type", &["sale", "return"], Topic::Order),
        ("transaction_type", &["Purchase", "Refund", "Gift"], Topic::Order),
        // One label of several is not known: the column is refused, not passed over.
        ("progress", &["Cancelled", "Completed", "At the depot"], Topic::Order),
    ] {
        assert_eq!(says(header, cells), Some(Says::Words(topic)), "{header}");
    }
}

#[test]
fn flags_tell_by_their_header() {
    for header in [
        "is_cancelled",
        "isCancelled",
        "Cancelled",
        "canceled?",
        "Returned",
        "is_return",
        "is_test",
        "Test order",
        "deleted",
        "Is Deleted",
        "voided",
        "sandbox",
        "Пометка удаления",
        "ПометкаУдаления",
        "Отменён",
        "Заказ отменен",
        "Возврат",
        "Тестовый",
    ] {
        for cells in
            [&["0", "1", "0"][..], &["Да", "", "Нет"], &["true", "false", ""], &["Yes", "", ""]]
        {
            assert_eq!(says(header, cells), Some(Says::LostIf), "{header} {cells:?}");
        }
        // Nothing in the first rows; later rows may say it.
        assert_eq!(says(header, &["", "", ""]), Some(Says::LostIf), "{header}");
    }
    for header in [
        "paid",
        "Is Paid",
        "Проведен",
        "Проведён",
        "Оплачен",
        "Оплата",
        "confirmed",
        "is_completed",
        "livemode",
        "win",
        "is_valid",
    ] {
        assert_eq!(says(header, &["1", "0", "1"]), Some(Says::WonIf), "{header}");
        assert_eq!(says(header, &["Да", "Нет", "Да"]), Some(Says::WonIf), "{header}");
    }
    for header in ["archived", "is_active", "Активен"] {
        assert_eq!(says(header, &["1", "0"]), Some(Says::Unclear), "{header}");
        assert_eq!(says(header, &["1", "1"]), None, "{header}");
    }
    for header in ["lost reason", "Cancel Reason", "Причина отмены"] {
        assert_eq!(says(header, &["", "too dear"]), Some(Says::LostAt), "{header}");
    }
    for header in ["cancelled_at", "Cancelled at", "refunded_at", "deleted on", "Дата отмены"]
    {
        assert_eq!(says(header, &["", "2024-01-05 10:00", ""]), Some(Says::LostAt), "{header}");
        assert_eq!(says(header, &["", ""]), Some(Says::LostAt), "{header}");
    }
}

#[test]
fn other_columns_tell_nothing() {
    for (header, cells) in [
        ("payment_method", &["Card", "Cash", "Paid later"][..]),
        ("payment", &["Visa", "PayPal", "Cash"]),
        ("customer_status", &["active", "cancelled"]),
        ("subscription", &["Cancelled", "Active"]),
        ("state", &["New York", "California", "Ohio"]),
        ("priority", &["New", "High", "Low"]),
        ("customer type", &["New", "Returning"]),
        ("condition", &["New", "Used"]),
        ("return reason", &["Price", "Lost to a rival"]),
        ("comment", &["paid in cash", "delivered late"]),
        ("type", &["Shipped", "Pickup", "Locker"]),
        ("window", &["1", "0"]),
        ("VIP status", &["gold", "silver"]),
        ("Способ доставки", &["Курьер", "Доставка почтой"]),
        ("category", &["Furniture", "Technology"]),
        ("test_group", &["0", "1", "0"]),
        ("is_new", &["1", "0"]),
        ("return_date", &["2024-02-01", "", "2024-02-03"]),
        ("shipped", &["2024-02-01", "2024-02-03", ""]),
        ("amount", &["1", "0", "1"]),
        ("return rate", &["0", "1"]),
        ("not paid", &["0", "1"]),
    ] {
        assert_eq!(says(header, cells), None, "{header}");
    }
    let many: Vec<String> = (0..40).map(|at| format!("paid by order {at}")).collect();
    let cells: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(says("state", &cells), None);
}

#[test]
fn a_flag_is_set_by_any_mark() {
    for (cell, set) in [
        ("", None),
        ("-", None),
        ("Нет", Some(false)),
        ("0", Some(false)),
        ("x", Some(true)),
        ("Да", Some(true)),
        ("cancelled", Some(true)),
    ] {
        assert_eq!(is_set(cell.as_bytes()), set, "{cell}");
    }
}

#[test]
fn what_an_unknown_label_likely_means_can_be_copied() {
    use DealStatus::{Lost, Open, Won};
    for (label, status) in [
        ("Resolved", Some(Won)),
        ("Disputed", Some(Lost)),
        ("Approved", Some(Won)),
        ("In Process of packing", Some(Open)),
        ("Cancelled by the bank", Some(Lost)),
        ("Not delivered", Some(Open)),
        ("Частично отгружен", Some(Open)),
        ("Отменён складом", Some(Lost)),
        ("Partially refunded by us", Some(Won)),
        ("Gamma", None),
    ] {
        assert_eq!(likely(label), status, "{label}");
    }
}

fn recognised(
    headers: &[&str],
    rows: &[&[&str]],
    map: &[(Field, &str)],
) -> crate::Result<super::Mapping> {
    let sample: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    let map = map.iter().map(|(field, column)| (*field, (*column).to_owned())).collect();
    let options = ReadOptions { map, ..ReadOptions::default() };
    Expected::new(&options).recognise(
        headers,
        &telling(headers, &sample),
        &Looks::of(headers.len(), &sample),
    )
}

#[test]
fn a_table_with_won_and_lost_is_of_deals() {
    let headers = ["id", "company", "created_at", "closed_at", "amount", "outcome"];
    let rows: [&[&str]; 2] = [
        &["D1", "Alpha", "2024-01-05", "2024-02-01", "100", "won"],
        &["D2", "Beta", "2024-01-06", "", "200", "open"],
    ];
    let mapping = recognised(&headers, &rows, &[]).unwrap();
    assert_eq!((mapping.kind, mapping.column(Field::Status)), (TableKind::Deals, Some(5)));
    assert_eq!(mapping.column(Field::ClosedAt), Some(3));
}

#[test]
fn a_state_of_an_order_is_no_region() {
    let headers = ["order_id", "customer_id", "order_date", "amount", "state", "country"];
    let rows: [&[&str]; 2] = [
        &["1", "a", "2024-01-05", "10", "complete", "DE"],
        &["2", "b", "2024-01-06", "20", "canceled", "DE"],
    ];
    let mapping = recognised(&headers, &rows, &[]).unwrap();
    assert_eq!(mapping.column(Field::Status), Some(4));
    assert_ne!(mapping.column(Field::Region), Some(4));
    // What the caller says comes first.
    let mapping = recognised(&headers, &rows, &[(Field::Region, "state")]).unwrap();
    assert_eq!(mapping.column(Field::Region), Some(4));
    assert_eq!(mapping.column(Field::Status), None);
}

#[test]
fn naming_the_amount_does_not_make_orders_of_deals() {
    let headers = [
        "deal_id",
        "title",
        "created_at",
        "step",
        "company_id",
        "expected_amount",
        "closed_at",
        "lost_reason",
    ];
    let rows: [&[&str]; 1] = [&["D1", "t", "2026-06-01", "alpha", "C200", "150000.00", "", ""]];
    let error = recognised(&headers, &rows, &[(Field::Amount, "expected_amount")]).unwrap_err();
    assert!(
        error.to_string().contains("looks like deals, by `lost_reason`, `closed_at`"),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("the field stage")));
    // The stage is known by its words.
    let headers = headers.map(|header| if header == "step" { "stage_id" } else { header });
    let rows: [&[&str]; 2] = [
        &["D1", "t", "2026-06-01", "WON", "C200", "150000.00", "2026-06-02", ""],
        &["D2", "t", "2026-06-01", "PRODUCTION", "C200", "150000.00", "", ""],
    ];
    let mapping = recognised(&headers, &rows, &[(Field::Amount, "expected_amount")]).unwrap();
    assert_eq!((mapping.kind, mapping.column(Field::Status)), (TableKind::Deals, Some(3)));
}

#[test]
fn naming_columns_does_not_make_a_crm() {
    let headers = ["n", "who", "when", "how much", "what", "whose"];
    let map = [
        (Field::OrderId, "n"),
        (Field::CustomerId, "who"),
        (Field::OrderedAt, "when"),
        (Field::Amount, "how much"),
        (Field::Status, "what"),
        (Field::Owner, "whose"),
    ];
    let mapping = recognised(&headers, &[], &map).unwrap();
    assert_eq!(&*mapping.profile.name, "generic");
}

#[test]
fn further_columns_overrule_the_status() {
    let headers = [
        "order_id",
        "customer_id",
        "order_date",
        "amount",
        "status",
        "payment_state",
        "is_test",
        "shipping",
    ];
    let rows: [&[&str]; 2] = [
        &["1", "a", "2024-01-05", "10", "completed", "paid", "0", "delivered"],
        &["2", "b", "2024-01-06", "20", "completed", "unpaid", "1", "returned"],
    ];
    let mapping = recognised(&headers, &rows, &[]).unwrap();
    // In the alphabet of their headers, so that the order of columns decides nothing.
    let signs: Vec<usize> = mapping.signs.iter().map(|told| told.column).collect();
    assert_eq!((mapping.column(Field::Status), signs), (Some(4), vec![6, 5, 7]));
}
