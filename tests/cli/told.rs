//! What changes an answer is said, and what must stay secret is not.

use crate::support::{Folder, ORDERS, dataset};

const HEADER: &str = "order_id,customer_id,order_date,amount,currency";

/// A file that was cut reads as a shorter file, with the last amount cut too.
#[test]
fn a_last_line_without_an_end_is_said() {
    let said = "the last line has no end";
    for (content, is_said) in [
        (ORDERS.to_owned(), false),
        (ORDERS.trim_end().to_owned(), true),
        (ORDERS[..ORDERS.len() - 3].to_owned(), true),
        (format!("{ORDERS}  "), false),
        (format!("{ORDERS}\u{1a}"), false),
        (ORDERS.replace('\n', "\r\n"), false),
        (ORDERS.trim_end().replace('\n', "\r\n"), true),
    ] {
        let run = Folder::with("x.csv", &content).run(&["rfm", "x.csv"]);
        run.answer();
        assert_eq!(run.stderr.contains(said), is_said, "{content:?}: {}", run.stderr);
    }
    // One that is short is rejected besides.
    let run = Folder::with("x.csv", &ORDERS[..ORDERS.len() - 7]).run(&["rfm", "x.csv"]);
    run.answer();
    assert!(run.stderr.contains(said) && run.stderr.contains("fewer cells"), "{}", run.stderr);
}

/// An amount in a currency that nobody knows is no amount in the currency of the others.
#[test]
fn unknown_currencies_are_not_added_up() {
    let file = |second: &str, third: &str| {
        let rows = [("1,anna", "RUB"), ("2,boris", second), ("3,clara", third)];
        let rows = rows.map(|(row, currency)| format!("{row},2024-01-05,10,{currency}\n")).concat();
        Folder::with("x.csv", format!("{HEADER}\n{rows}"))
    };
    for (word, name) in [("BTC", "`BTC`"), ("у.е.", "`у.е.`"), ("kr", "`kr`"), ("USD", "USD")] {
        let run = file(word, "RUB").run(&["rfm", "x.csv"]);
        assert_eq!(run.code, Some(1), "{word}: {}", run.stderr);
        let expected = format!("the amounts are in several currencies: RUB, {name}");
        assert!(run.stderr.contains(&expected), "{word}: {}", run.stderr);
        assert!(run.stderr.contains("--rates FILE"), "{word}: {}", run.stderr);
    }
    let run = file("", "").run(&["rfm", "x.csv"]);
    run.answer();
    assert!(run.stderr.contains("2 amounts name no currency and count as RUB"), "{}", run.stderr);
    // One word for all is one currency, whatever it is.
    let all = file("kr", "kr").read("x.csv").replace("RUB", "kr");
    let run = Folder::with("x.csv", all).run(&["rfm", "x.csv"]);
    run.answer();
    assert!(!run.stderr.contains("currenc"), "{}", run.stderr);
    // With rates, a word without one has none.
    let folder = file("BTC", "").and("rates.csv", "currency,rate\nRUB,1\nUSD,90\n");
    let run = folder.run(&["rfm", "x.csv", "--rates", "rates.csv"]);
    run.answer();
    assert!(run.stderr.contains("no exchange rate for the currency"), "{}", run.stderr);
    assert!(run.stderr.contains("1 amounts name no currency and count as RUB"), "{}", run.stderr);
}

const SHORT: [&str; 2] = ["--sections", "answer,figures,rfm"];

#[test]
fn with_pseudonyms_no_id_is_said() {
    let orders =
        format!("{ORDERS}6,secret-id-6,never,5\n7,secret-id-7,2024-02-30,1\nsecret-id-8\n");
    let folder = Folder::with("orders.csv", orders)
        .and("customers.csv", "customer_id,region\nanna,South\nsecret-id-9,North\n");
    let options = ["--customers", "customers.csv", "--pseudonymize", "correct horse battery", "-v"];
    let run = folder.run(&[&["report", "orders.csv", "-o", "out"][..], &SHORT, &options].concat());
    run.answer();
    assert!(run.stderr.contains("  rejected 1: "), "{}", run.stderr);
    for id in ["secret-id", "anna", "boris", "clara"] {
        assert!(!run.stderr.contains(id) && !run.stdout.contains(id), "{id}: {}", run.stderr);
    }
}

#[test]
fn what_is_no_number_is_refused_in_plain_words() {
    let orders = dataset("orders.csv");
    for (arguments, option) in [
        (&["forecast", &orders, "--target", "nan"][..], "--target"),
        (&["forecast", &orders, "--target", "inf"], "--target"),
        (&["clv", &orders, "--margin", "nan"], "--margin"),
        (&["clv", &orders, "--level", "infinity"], "--level"),
        (&["rfm", &orders, "--threads", "many"], "--threads"),
        (&["rfm", &orders, "--threads", "99999999999999999999"], "--threads"),
    ] {
        let run = Folder::new().run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(option), "{arguments:?}: {}", run.stderr);
        for words in ["digit found", "target type", "float literal", "f64", "usize"] {
            assert!(!run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
        }
    }
}
