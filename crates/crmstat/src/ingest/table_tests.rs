use crate::{
    Result,
    data::{Column, Field, Join, Orders, OrdersQuery, Records, TableKind},
    ingest::{Export, ReadOptions, profile::Profile},
};

fn open(text: &str, options: ReadOptions) -> Result<Export> {
    Export::from_bytes("table.csv", text, options)
}

fn beside(text: &str, kind: TableKind) -> Records {
    let mut export = open(text, ReadOptions { kind: Some(kind), ..Default::default() }).unwrap();
    Records::read(&mut export).unwrap().result
}

/// Customer, instant and amount of every order.
fn orders(export: &mut Export) -> Vec<(String, String, String)> {
    let orders = Orders::read(export, &OrdersQuery::default()).unwrap().result;
    let of = |customer: usize| {
        let id = orders.customers().get(customer).unwrap_or_default().to_owned();
        let (at, amount) = (orders.at(), orders.amount());
        let row =
            move |order: usize| (id.clone(), at[order].to_string(), amount[order].to_string());
        orders.of_customer(customer).map(row).collect::<Vec<_>>()
    };
    (0..orders.customers().len()).flat_map(of).collect()
}

fn row(customer: &str, at: &str, amount: &str) -> (String, String, String) {
    (customer.to_owned(), at.to_owned(), amount.to_owned())
}

const LINES: &str = "order_id,product,quantity,price,discount\n\
                     1,Chair,2,10.25,1.5\n\
                     1,Desk,,100,\n\
                     2,Desk,0.5,100,\n\
                     9,Desk,1,100,\n";

#[test]
fn orders_without_amounts_take_them_from_their_lines() {
    let options = ReadOptions { amounts_in_lines: true, ..Default::default() };
    let text = "order_id,customer_id,order_date\n1,A,2024-01-31\n2,B,2024-02-01\n3,B,2024-02-02\n";
    let mut export = open(text, options).unwrap();
    let lines = beside(LINES, TableKind::Lines);
    export.take_amounts_of(&lines).unwrap();
    let read = Orders::read(&mut export, &OrdersQuery::default()).unwrap();
    // 2 × 10.25 − 1.5 + 100; half a desk; order 3 has no lines.
    assert_eq!(
        read.result.amount().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["119.00", "50.00"]
    );
    assert_eq!(read.rejections.groups()[0].first.reason, "the order has no lines");
    assert!(read.ledger.balances());
    assert!(read.decisions.iter().any(|decision| decision.topic == "amounts"));
    let join = Join::new(&export, &lines, None).unwrap().unwrap();
    assert_eq!((join.by, join.rows, join.unmatched_rows), (Field::OrderId, 4, 1));
    assert_eq!((join.keys, join.unmatched_keys), (3, 1));
    assert_eq!(join.unmatched_examples, ["9"]);
}

#[test]
fn without_lines_orders_need_an_amount() {
    let error = open("order_id,customer_id,order_date\n1,A,2024-01-31\n", ReadOptions::default());
    assert!(error.err().unwrap().is_data());
}

#[test]
fn a_line_without_a_price_leaves_its_order_without_an_amount() {
    let options = ReadOptions { amounts_in_lines: true, ..Default::default() };
    let mut export = open("order_id,customer_id,order_date\n1,A,2024-01-31\n", options).unwrap();
    let lines = beside("order_id,product,price\n1,Desk,5\n1,Chair,\n", TableKind::Lines);
    export.take_amounts_of(&lines).unwrap();
    let read = Orders::read(&mut export, &OrdersQuery::default()).unwrap();
    assert_eq!(read.rejections.groups()[0].first.reason, "a line of the order has no amount");
}

#[test]
fn lines_in_several_currencies_are_refused() {
    let options = ReadOptions { amounts_in_lines: true, ..Default::default() };
    let mut export = open("order_id,customer_id,order_date\n1,A,2024-01-31\n", options).unwrap();
    let lines = "order_id,product,price,currency\n1,Desk,5,USD\n1,Chair,5,EUR\n";
    let error = export.take_amounts_of(&beside(lines, TableKind::Lines)).unwrap_err();
    assert_eq!(error.to_string(), "the order lines are in several currencies: EUR, USD");
}

#[test]
fn products_are_joined_by_the_lines_where_orders_have_none() {
    let export =
        open("order_id,customer_id,order_date,amount\n1,A,2024-01-31,5\n", ReadOptions::default())
            .unwrap();
    let products =
        beside("product,category,price\nDesk,Furniture,100\nLamp,Light,5\n", TableKind::Products);
    assert_eq!(Join::new(&export, &products, None).unwrap(), None);
    let join =
        Join::new(&export, &products, Some(&beside(LINES, TableKind::Lines))).unwrap().unwrap();
    assert_eq!((join.unmatched_rows, join.unmatched_keys), (1, 1), "the lamp; the chair");
}

#[test]
fn activities_may_name_the_deal_alone() {
    let activities =
        beside("deal_id,activity_type,activity_date\n7,call,2024-01-31\n", TableKind::Activities);
    assert!(matches!(activities.field(Field::At), Some(Column::Date(_))));
    assert_eq!(activities.len(), 1);
}

#[test]
fn columns_set_apart_by_spaces_are_found_by_position() {
    let text =
        " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n";
    let map = [(Field::CustomerId, "#1"), (Field::OrderedAt, "#2"), (Field::Amount, "#4")];
    let map = map.map(|(field, column)| (field, column.to_owned())).to_vec();
    let mut export = open(text, ReadOptions { map, ..Default::default() }).unwrap();
    assert_eq!(
        orders(&mut export),
        [
            row("00001", "1997-01-01T00:00:00", "11.77"),
            row("00002", "1997-01-12T00:00:00", "12.00"),
            row("00002", "1997-01-12T00:00:00", "77.00"),
        ]
    );
}

#[test]
fn stamps_with_a_zone_move_only_when_told_where_to() {
    let text =
        "customer_id,order_date,amount\nA,2024-07-01T23:30:00Z,10\nB,2024-07-01 23:30:00,10\n";
    let at = |zone: Option<&str>| {
        let zone = zone.map(|zone| zone.parse().unwrap());
        let mut export = open(text, ReadOptions { zone, ..Default::default() }).unwrap();
        let found = orders(&mut export);
        (found[0].1.clone(), found[1].1.clone())
    };
    let plain = "2024-07-01T23:30:00".to_owned();
    assert_eq!(at(None), (plain.clone(), plain.clone()));
    assert_eq!(at(Some("Europe/Moscow")), ("2024-07-02T02:30:00".to_owned(), plain));
}

#[test]
fn an_order_status_that_nothing_explains_is_refused_not_left_out() {
    let text =
        "customer_id,order_date,amount,status\nA,2024-01-31,10,paid\nB,2024-01-31,10,frobbed\n";
    let error =
        Orders::read(&mut open(text, ReadOptions::default()).unwrap(), &OrdersQuery::default());
    let error = error.err().unwrap();
    assert!(error.to_string().contains("`frobbed` closes 1 orders"), "{error}");
    assert!(error.hint().unwrap().contains("--stage \"frobbed=open\""));
    let silent = "customer_id,order_date,amount,status\nA,2024-01-31,10,\n";
    assert_eq!(orders(&mut open(silent, ReadOptions::default()).unwrap()).len(), 1);
}

#[test]
fn a_profile_has_its_own_words_for_nothing() {
    let mut profile = Profile::named("generic").unwrap().clone();
    profile.null = vec!["tbd".to_owned()];
    let options = ReadOptions { profile: Some(profile), ..Default::default() };
    let text = "customer_id,order_date,amount\nA,2024-01-31,10\nTBD,2024-01-31,10\nB,tbd,10\nC,2024-01-31,tbd\n";
    let read = Orders::read(&mut open(text, options).unwrap(), &OrdersQuery::default()).unwrap();
    let groups = read.rejections.groups();
    let reasons: Vec<&str> = groups.iter().map(|group| group.first.reason).collect();
    assert_eq!(reasons, ["no date", "no amount"]);
    assert_eq!((read.ledger.accepted, read.ledger.ignored_total()), (1, 1));
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_five_exports_are_the_deals_of_the_ground_truth_needs_shared_data() {
    let root = crmstat_testkit::shared_text("data/crm/exports/");
    let truth = std::fs::read_to_string(format!("{root}ground_truth.csv")).unwrap();
    // id,customer,cust_id,owner,product,stage,status,created,closed,amount
    let won: Vec<csv::StringRecord> = csv::Reader::from_reader(truth.as_bytes())
        .records()
        .map(std::result::Result::unwrap)
        .filter(|deal| &deal[6] == "won")
        .collect();
    for (name, customer, has_time) in [
        ("amocrm_old_comma_utf8.csv", 1, true),
        ("amocrm_new_semicolon_cp1251.csv", 1, true),
        ("bitrix24_DEAL.csv", 1, false),
        ("bitrix24_DEAL_20261122_1245eb64.xls", 1, false),
        ("pipedrive_deals.csv", 2, true),
        ("salesforce_report.csv", 1, false),
        ("ground_truth.csv", 2, true),
    ] {
        let at = |at: &str| if has_time { at.to_owned() } else { at[..10].to_owned() };
        let mut expected: Vec<_> = won
            .iter()
            .map(|deal| {
                let amount: f64 = deal[9].parse().unwrap();
                row(&deal[customer], &at(&deal[8]), &format!("{amount:.2}"))
            })
            .collect();
        let mut export = Export::open(&[format!("{root}{name}")], ReadOptions::default()).unwrap();
        let mut found: Vec<_> = orders(&mut export)
            .into_iter()
            .map(|(customer, when, amount)| row(&customer, &at(&when), &amount))
            .collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{name}");
    }
}
