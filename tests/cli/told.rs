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

#[test]
fn a_hierarchical_report_is_refused_by_that_name() {
    let report = "Отчёт по продажам;;\nКонтрагент;Количество;Сумма\nООО «Ромашка»;3;300\n\
        Реализация товаров и услуг 0000-000001 от 05.01.2025 12:00:00;1;100\n\
        Реализация товаров и услуг 0000-000002 от 07.02.2025 12:00:00;2;200\n\
        АО Заря;1;50\nРеализация товаров и услуг 0000-000003 от 09.02.2025 12:00:00;1;50\nИтого;4;350\n";
    let run = Folder::with("report.csv", report).run(&["rfm", "report.csv"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("is a hierarchical report"), "{}", run.stderr);
    assert!(run.stderr.contains("0000-000001 от 05.01.2025"), "{}", run.stderr);
}

#[test]
fn odoo_keeps_its_losses_in_the_archive() {
    let header = "ID,Opportunity,Customer,Expected Revenue,Stage,Probability,Active,Salesperson,Created on,Closed Date";
    let deals = format!(
        "{header}\n1,A,anna,100,Won,100,True,m,2024-01-05,2024-02-05\n2,B,boris,200,Proposition,0,True,m,2024-01-06,\n\
         3,C,clara,300,Qualified,20,False,m,2024-01-07,\n4,D,anna,50,Won,100,False,m,2024-01-08,2024-03-08\n\
         5,E,boris,70,New,10,True,m,2024-01-09,\n"
    );
    let run = Folder::with("leads.csv", deals).run(&["rfm", "leads.csv"]);
    let answer = run.answer();
    assert!(answer.contains("anna,2024-03-08,1,2,150.00"), "{answer}");
    assert!(run.stderr.contains("2 deal lost, 1 deal open"), "{}", run.stderr);
    assert!(run.stderr.contains("have a `Probability` of 0"), "{}", run.stderr);
    assert!(run.stderr.contains("1 rows are no sales by `Active`"), "{}", run.stderr);
}

#[test]
fn a_day_that_cannot_be_takes_its_deal_aside() {
    let mut deals = String::from("deal_id,customer,deal_stage,created_at,close_date,amount\n");
    for at in 0..80 {
        let (month, day) = (1 + at / 10, 1 + at % 10 * 2);
        let year = if at == 40 { 2042 } else { 2024 };
        deals += &format!(
            "d{at},c{},Won,2024-{month:02}-{day:02},{year}-{:02}-{day:02},100\n",
            at % 9,
            month + 1
        );
    }
    let run = Folder::with("deals.csv", deals).run(&[
        "forecast",
        "deals.csv",
        "--pipeline",
        "--horizon",
        "2",
    ]);
    run.answer();
    assert!(run.stderr.contains("1 date far from all others"), "{}", run.stderr);
    assert!(run.stderr.contains("2042") && run.stderr.contains("--far-dates"), "{}", run.stderr);
}

#[test]
fn a_table_that_a_command_does_not_look_at_is_refused() {
    let folder =
        Folder::with("x.csv", ORDERS).and("spend.csv", "month,channel,spend\n2024-01,web,5\n");
    let run = folder.run(&["rfm", "x.csv", "--spend", "spend.csv"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("`rfm` does not use `--spend`"), "{}", run.stderr);
    let run = folder.run(&["clv", "x.csv", "--customers", "spend.csv"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("name covariates of it with `--covariates`"), "{}", run.stderr);
}

#[test]
fn phones_leave_as_they_came_and_formulas_where_asked_for() {
    let orders = "order_id,customer_id,order_date,amount\n1,+7 900 123-45-67,2024-01-05,10\n2,=cmd,2024-01-06,20\n";
    let folder = Folder::with("x.csv", orders);
    let (usual, raw) = (folder.run(&["rfm", "x.csv"]), folder.run(&["rfm", "x.csv", "--raw"]));
    assert!(usual.answer().contains("\n+7 900 123-45-67,"), "{}", usual.stdout);
    assert!(usual.answer().contains("\n'=cmd,"), "{}", usual.stdout);
    assert!(raw.answer().contains("\n=cmd,"), "{}", raw.stdout);
}

#[test]
fn what_is_told_stands_in_json_and_in_the_record_of_a_report() {
    let folder = Folder::with("x.csv", "Sold,Buyer,Amount\n2024-01-05,a,5\n2024-02-01,b,7\n");
    let run = folder.run(&["rfm", "x.csv", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(run.answer()).unwrap();
    let told = &json["meta"]["notices"][0];
    assert_eq!(told["settings"][0]["value"], "ordered_at=Sold", "{}", run.stdout);
    assert!(run.stderr.contains("`Sold` is read as ordered_at"), "{}", run.stderr);
    folder.run(&[&["report", "x.csv", "-o", "out"][..], &SHORT].concat()).answer();
    let record: serde_json::Value = serde_json::from_str(&folder.read("out/run.json")).unwrap();
    assert_eq!(record["notices"][0]["settings"][0], "--map ordered_at=Sold");
}

#[test]
fn a_horizon_past_all_that_is_known_is_said() {
    let run = Folder::new().run(&["forecast", &dataset("orders.csv"), "--horizon", "60"]);
    run.answer();
    assert!(run.stderr.contains("60 periods ahead are more than the"), "{}", run.stderr);
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

/// The sum below a table is no order and no deal, whatever it is called.
#[test]
fn a_row_of_totals_is_no_row() {
    let mut orders = String::from("order_id,customer_id,order_date,amount\n");
    let mut deals = String::from("deal_id,title,customer,stage,created_at,closed_at,amount\n");
    for at in 0..40 {
        let (month, day) = (1 + at % 6, 1 + at % 28);
        orders += &format!("{at},c{},2024-{month:02}-{day:02},10\n", at % 7);
        let stage = if at % 2 == 0 { "Won" } else { "Lost" };
        deals += &format!(
            "{at},deal {at},c{},{stage},2024-{month:02}-{day:02},2024-07-{day:02},10\n",
            at % 7
        );
    }
    for word in ["TOTAL", "Итого:", "Grand total"] {
        let folder = Folder::with("orders.csv", format!("{orders},{word},2024-06-28,400\n"))
            .and("deals.csv", format!("{deals}{word},,,,,,400\n"));
        for command in [&["rfm", "orders.csv"][..], &["funnel", "deals.csv"]] {
            let run = folder.run(command);
            run.answer();
            assert!(run.stderr.contains("1 left out (1 footer)"), "{word}: {}", run.stderr);
        }
    }
    // A deal that is called so is one.
    let run = Folder::with(
        "deals.csv",
        format!("{deals}total,Total,Total,Won,2024-06-01,2024-06-02,400\n"),
    )
    .run(&["funnel", "deals.csv"]);
    run.answer();
    assert!(run.stderr.contains("41 rows read: 41 accepted"), "{}", run.stderr);
}

/// What no longer counts is told with its money: a weekly snapshot has the deals of the week before once more.
#[test]
fn older_versions_are_told_with_their_money() {
    let file = |amount: u32, last: u32| {
        let rows = (1..=last).map(|deal| {
            format!("{deal},c{},Won,2024-01-{deal:02},2024-02-{deal:02},{amount}\n", deal % 3)
        });
        format!("deal_id,customer,stage,created_at,closed_at,amount\n{}", rows.collect::<String>())
    };
    let folder = Folder::with("week1.csv", file(10, 8)).and("week2.csv", file(25, 9));
    let run = folder.run(&["rfm", "week1.csv", "week2.csv"]);
    let answer = run.answer();
    assert!(answer.contains(",75.00,"), "{answer}");
    assert!(run.stderr.contains("8 rows are older versions"), "{}", run.stderr);
    assert!(run.stderr.contains(", worth 80.00"), "{}", run.stderr);
}

/// What waits is no sale, which is told with its money; where nothing else is there, the hint makes sales of it.
#[test]
fn orders_that_wait_are_told_and_named() {
    let file = |first: &str| {
        let rows = (1..=9).map(|at| {
            let status = if at % 3 == 0 { "on-hold" } else { first };
            format!("{at},c{},2024-01-{at:02},10,{status}\n", at % 4)
        });
        let rows: String = rows.collect();
        Folder::with("x.csv", format!("order_id,customer_id,order_date,amount,status\n{rows}"))
    };
    let run = file("completed").run(&["sales", "x.csv"]);
    run.answer();
    let said = "note: 3 rows are no sales yet by their status: `on-hold` 3, worth 30.00 [--stage on-hold=won]";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    let run = file("completed").run(&["sales", "x.csv", "--stage", "on-hold=open"]);
    assert!(!run.stderr.contains("no sales yet"), "{}", run.stderr);
    let folder = file("processing");
    let run = folder.run(&["sales", "x.csv"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    let option = "--stage processing=won --stage on-hold=won";
    assert!(run.stderr.contains(option), "{}", run.stderr);
    let options: Vec<&str> = option.split(' ').collect();
    let answer = folder.run(&[&["sales", "x.csv", "--format", "csv"][..], &options].concat());
    assert!(answer.answer().contains("revenue,90.00"), "{}", answer.stdout);
}

/// A spreadsheet that opened a file as one column saves it in lines that are one cell each.
#[test]
fn lines_that_are_one_quoted_cell_are_read() {
    let text = "order_id,customer,order_date,amount;\n\"1,\"\"Smith, John\"\",2024-01-05,10\";\n\
                2,anna,2024-02-05,20;\n\"3,\"\"Smith, John\"\",2024-03-05,30\";\n";
    let run = Folder::with("x.csv", text).run(&["rfm", "x.csv", "--format", "csv"]);
    let answer = run.answer();
    assert!(answer.contains("\"Smith, John\",2024-03-05,"), "{answer}");
    assert!(run.stderr.contains("3 rows read: 3 accepted"), "{}", run.stderr);
}

/// Where no header says what a column is, its cells say which ones may be meant.
#[test]
fn a_table_in_another_language_is_refused_with_its_columns() {
    let text = "numero,comprador,fecha,importe\n1,ana,2024-01-05,10.5\n2,ben,2024-02-05,20\n3,ana,2024-03-05,30\n";
    let folder = Folder::with("x.csv", text);
    let run = folder.run(&["rfm", "x.csv"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    for option in ["--map customer_id=comprador", "--map ordered_at=fecha", "--map amount=importe"]
    {
        assert!(run.stderr.contains(option), "{}", run.stderr);
    }
    let args = "rfm x.csv --map customer_id=comprador --map ordered_at=fecha --map amount=importe";
    let run = folder.run(&args.split(' ').collect::<Vec<_>>());
    assert!(run.answer().contains("40.50"), "{}", run.stdout);
}

/// Where the export has what it converted, several currencies need no rates: the hint names the columns.
#[test]
fn amounts_that_were_converted_are_offered() {
    let text = "order_id,customer_id,order_date,amount,currency,converted_amount,converted_currency\n\
                1,anna,2024-01-05,10,EUR,11,USD\n2,ben,2024-02-05,20,USD,20,USD\n";
    let folder = Folder::with("x.csv", text);
    let run = folder.run(&["sales", "x.csv", "--period", "year"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    let option = "--map amount=converted_amount --map currency=converted_currency";
    assert!(run.stderr.contains(option), "{}", run.stderr);
    let options: Vec<&str> = option.split(' ').collect();
    let run = folder.run(&[&["rfm", "x.csv", "--format", "csv"][..], &options].concat());
    assert!(run.answer().contains(",11.00"), "{}", run.stdout);
}
