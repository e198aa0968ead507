//! `crmstat baskets`: rules, sets, sequences, offers, what is refused.

use crate::support::{Folder, dataset};

/// Orders of two kinds of customers: printers and their ink, desks and lamps; every fifth order holds one product.
fn folder() -> Folder {
    let mut csv = "order_id,customer_id,order_date,amount,product\n".to_owned();
    for order in 0..40 {
        let (first, second) = if order % 2 == 0 { ("printer", "ink") } else { ("desk", "lamp") };
        let day = 1 + order % 28;
        csv += &format!("{order},C{order},2025-01-{day:02},90,{first}\n");
        if order % 5 > 0 {
            csv += &format!("{order},C{order},2025-01-{day:02},10,{second}\n");
        }
    }
    Folder::with("lines.csv", csv)
}

#[test]
fn rules_stand_with_their_test() {
    let run = folder().run(&["baskets", "lines.csv", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(run.answer()).unwrap();
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    let lamp = rows.iter().find(|row| row["antecedent"] == "lamp").unwrap();
    assert_eq!((lamp["consequent"].as_str(), lamp["baskets"].as_i64()), (Some("desk"), Some(16)));
    assert_eq!((lamp["confidence"].as_f64(), lamp["lift"].as_f64()), (Some(1.0), Some(2.0)));
    // All 16 baskets with lamps are among the 20 with desks: C(20, 16) / C(40, 16).
    let p_value = lamp["p_value"].as_f64().unwrap();
    assert!((p_value / (4845.0 / 62_852_101_650.0) - 1.0).abs() < 1e-9, "{p_value}");
    assert!(run.stderr.contains("32 of 40 baskets hold two products and more"), "{}", run.stderr);
}

#[test]
fn sets_are_those_of_baskets_as_they_are_asked_for() {
    let run = folder().run(&["baskets", "lines.csv", "--show", "sets", "-q"]);
    assert_eq!(
        run.answer(),
        "products,size,baskets,support,lift\ndesk + lamp,2,16,0.4,2.0\nink + printer,2,16,0.4,2.0\n"
    );
}

#[test]
fn offers_say_why_and_how_good_they_are() {
    let run = Folder::new().run(&[
        "baskets",
        &dataset("orders.csv"),
        "--show",
        "judged",
        "--top",
        "2",
        "-q",
    ]);
    let methods: Vec<&str> =
        run.answer().lines().skip(1).map(|row| row.split(',').nth(3).unwrap()).collect();
    assert_eq!(methods, ["popularity", "model", "popularity", "bought_before", "model"]);
    let run = Folder::new().run(&[
        "baskets",
        &dataset("orders.csv"),
        "--show",
        "next",
        "--lang",
        "ru",
        "--top",
        "1",
    ]);
    assert!(run.answer().lines().count() > 500);
    assert!(run.stderr.contains("полнота / доля попаданий / MRR"), "{}", run.stderr);
}

#[test]
fn what_has_no_say_or_no_answer_is_refused() {
    let refused = |arguments: &[&str], code: i32, told: &str| {
        let arguments: Vec<&str> =
            ["baskets", "lines.csv"].iter().chain(arguments).copied().collect();
        let run = folder().run(&arguments);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(run.stderr.contains(told), "{}", run.stderr);
    };
    refused(&["--within", "9d"], 2, "`--within` has no say in `--show rules`");
    refused(&["--show", "next", "--size", "3"], 2, "leave it out, or show rules or sets");
    refused(&["--least", "0"], 2, "write it as in `20` or `0.5%`");
    refused(&["--false-discovery", "0"], 2, "is not above 0 and at most 1");
    refused(&["--size", "7"], 2, "from 2 to 4");
    refused(&["--show", "sequences"], 1, "no purchase has been observed for 90 days");
    refused(&["--spend", "lines.csv"], 2, "does not use `--spend`");
    let run = Folder::new().run(&["baskets", &dataset("orders.csv")]);
    run.is(
        1,
        "",
        "error: no basket holds two products\n\
         hint: give the lines of the orders, or take all that a customer bought for one basket\n",
    );
}
