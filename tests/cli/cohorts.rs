//! `crmstat cohorts`: matrices, survival, what is refused.

use crate::support::{Folder, ORDERS, dataset};

fn folder() -> Folder {
    Folder::with("orders.csv", ORDERS)
}

#[test]
fn one_row_per_cohort_and_age() {
    let table = "\
cohort,customers,age,period,complete,active,retention,revenue,revenue_per_customer,cumulative_revenue_per_customer
2024-01-01,1,0,2024-01-01,true,1,1.0,10.00,10.0,10.0
2024-01-01,1,1,2024-02-01,true,0,0.0,0.00,0.0,10.0
2024-01-01,1,2,2024-03-01,true,1,1.0,50.00,50.0,60.0
2024-02-01,1,0,2024-02-01,true,1,1.0,250.50,250.5,250.5
2024-02-01,1,1,2024-03-01,true,0,0.0,0.00,0.0,250.5
2024-03-01,1,0,2024-03-01,true,1,1.0,5.25,5.25,5.25
";
    folder().run(&["cohorts", "orders.csv"]).is(
        0,
        table,
        "5 rows read: 5 accepted\n3 cohorts as of 2024-04-01\n",
    );
}

#[test]
fn matrices_leave_open_what_has_not_happened() {
    let run = |figure: &str| {
        let run = folder().run(&["cohorts", "orders.csv", "--matrix", figure, "-q"]);
        run.answer().to_owned()
    };
    assert_eq!(
        run("active"),
        "cohort,customers,age_0,age_1,age_2\n2024-01-01,1,1,0,1\n2024-02-01,1,1,0,\n2024-03-01,1,1,,\n"
    );
    assert_eq!(
        run("retention"),
        "cohort,customers,age_0,age_1,age_2\n2024-01-01,1,1.0,0.0,1.0\n2024-02-01,1,1.0,0.0,\n\
         2024-03-01,1,1.0,,\n"
    );
    assert_eq!(
        run("cumulative"),
        "cohort,customers,age_0,age_1,age_2\n2024-01-01,1,10.0,10.0,60.0\n2024-02-01,1,250.5,250.5,\n\
         2024-03-01,1,5.25,,\n"
    );
    assert!(run("revenue").contains("2024-01-01,1,10.0,0.0,50.0\n"));
}

#[test]
fn a_period_cut_off_is_said_to_be_incomplete() {
    let run =
        folder().run(&["cohorts", "orders.csv", "--period", "quarter", "--as-of", "2024-03-21"]);
    assert!(
        run.answer().contains("2024-01-01,3,0,2024-01-01,false,3,1.0,285.75"),
        "{}",
        run.stdout
    );
    let told = "1 cohorts as of 2024-03-21; the quarter from 2024-01-01 on is incomplete\n";
    assert!(run.stderr.ends_with(told), "{}", run.stderr);
}

#[test]
fn survival_of_the_wait_for_the_next_order() {
    let run = folder().run(&["cohorts", "orders.csv", "--survival", "next-order"]);
    // Anna waited 65 and 21 days; open are 0 (Anna), 59 (Boris) and 11 days (Clara).
    let header = run.answer().lines().next();
    assert_eq!(header, Some("days,at_risk,ended,survival,std_error,lower,upper"));
    assert_eq!(column(run.answer(), "days"), ["21", "65"]);
    assert_eq!(column(run.answer(), "at_risk"), ["3", "1"]);
    // Two in three, with Greenwood's error and limits on ln(−ln S).
    let first = ["survival", "std_error", "lower", "upper"]
        .map(|name| column(run.answer(), name)[0].parse::<f64>().unwrap());
    for (found, expected) in first.into_iter().zip([2.0 / 3.0, 0.272_166, 0.054_073, 0.945_206]) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
    assert!(run.stdout.ends_with("65,1,1,0.0,,,\n"), "{}", run.stdout);
    let told =
        "5 waits for the next order as of 2024-04-01, 2 ended; half last longer than 65 days\n";
    assert!(run.stderr.ends_with(told), "{}", run.stderr);
}

#[test]
fn survival_of_contracts() {
    let contracts = "\
customer_id,contract_start,contract_end
anna,2024-01-01,2024-01-31
boris,2024-01-01,
clara,2024-02-01,2024-02-01
dora,,
";
    let folder = folder().and("customers.csv", contracts);
    let run = folder.run(&[
        "cohorts",
        "orders.csv",
        "--customers",
        "customers.csv",
        "--survival",
        "contracts",
        "--level",
        "80",
    ]);
    assert_eq!(column(run.answer(), "days"), ["0", "30"]);
    assert_eq!(column(run.answer(), "at_risk"), ["3", "2"]);
    assert!(
        run.stderr.contains("1 rows of customers have no start of a contract"),
        "{}",
        run.stderr
    );
    let told = "3 contracts as of 2024-04-01, 2 ended; half last longer than 30 days\n";
    assert!(run.stderr.ends_with(told), "{}", run.stderr);
}

/// The cells of a CSV answer under `name`.
fn column<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let at = answer.lines().next().unwrap().split(',').position(|own| own == name).unwrap();
    answer.lines().skip(1).map(|line| line.split(',').nth(at).unwrap()).collect()
}

#[test]
fn titles_are_russian_on_request() {
    let run = folder().run(&["cohorts", "orders.csv", "--lang", "ru", "--format", "md", "-q"]);
    assert!(run.answer().starts_with("| Когорта | Клиентов | Возраст |"), "{}", run.stdout);
}

#[test]
fn the_shops_cohorts_add_up_to_its_revenue() {
    let orders = dataset("orders.csv");
    let run = Folder::new().run(&["cohorts", &orders, "-q"]);
    let sum: f64 = column(run.answer(), "revenue").iter().map(|r| r.parse::<f64>().unwrap()).sum();
    assert!((sum - 400_776.94).abs() < 1e-6, "{sum}");
    let ages = column(run.answer(), "age");
    let counts = column(run.answer(), "customers").into_iter().zip(ages);
    let customers: u32 =
        counts.filter(|(_, age)| *age == "0").map(|(count, _)| count.parse::<u32>().unwrap()).sum();
    assert_eq!(customers, 800);
}

#[test]
fn threads_and_the_order_of_rows_change_nothing() {
    let text = std::fs::read_to_string(dataset("orders.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let folder = Folder::with("reversed.csv", format!("{header}\n{}\n", rows.join("\n")));
    let orders = dataset("orders.csv");
    for arguments in [&[][..], &["--matrix", "revenue"], &["--survival", "next-order"]] {
        let answer = |file: &str, threads: &str| {
            let all = [&["cohorts", file, "-q", "--threads", threads], arguments].concat();
            folder.run(&all).answer().to_owned()
        };
        let one = answer(&orders, "1");
        assert_eq!(answer(&orders, "3"), one, "{arguments:?}");
        assert_eq!(answer("reversed.csv", "2"), one, "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for (arguments, code, message) in [
        (
            &["--period", "week"][..],
            2,
            "error: `week` is not a period of cohorts\nhint: one of `month`, `quarter`, `year`\n",
        ),
        (
            &["--matrix", "churn"],
            2,
            "error: there is no matrix `churn`\n\
             hint: one of `retention`, `active`, `revenue`, `cumulative`\n",
        ),
        (
            &["--survival", "contracts"],
            2,
            "error: `--survival contracts` needs a table of customers\n\
             hint: give it with `--customers FILE`\n",
        ),
        (
            &["--survival", "next-order", "--level", "100"],
            2,
            "error: `--level 100` is not between 0 and 100\n",
        ),
    ] {
        folder()
            .run(&[&["cohorts", "orders.csv", "-q"], arguments].concat())
            .refuses(code, message);
    }
    let early = folder().run(&["cohorts", "orders.csv", "--as-of", "2023-01-01"]);
    assert_eq!(early.code, Some(1));
    assert!(early.stderr.contains("error: no purchase in `orders.csv`"), "{}", early.stderr);
    let both = ["cohorts", "orders.csv", "--survival", "next-order", "--matrix", "active"];
    assert_eq!(folder().run(&both).code, Some(2));
}
