//! `crmstat churn`: its tables, its models, and what it refuses to learn from.

use crate::support::{Folder, Run, dataset, rows_turned};
use crmstat::Date;
use std::fmt::Write;

/// A day of 2024 or 2025, `day` days after the first.
fn day(day: usize) -> Date {
    Date::from_ymd(2024, 1, 1).unwrap().plus_days(i32::try_from(day).unwrap())
}

/// Customers who order every `gap` days over two years; `last` says for each until when.
fn shop(customers: usize, gap: impl Fn(usize) -> usize, last: impl Fn(usize) -> usize) -> String {
    let mut text = "order_id,customer_id,order_date,amount\n".to_owned();
    for id in 0..customers {
        for (at, number) in (id % gap(id)..last(id)).step_by(gap(id)).zip(0..) {
            writeln!(text, "{id}-{number},c{id:03},{},{}", day(at), 10 + id % 7).unwrap();
        }
    }
    text
}

/// A hundred and fifty customers, every third of whom stops at some time.
fn stopping_shop() -> String {
    shop(150, |id| 10 + id % 40, |id| if id % 3 == 0 { 120 + id * 37 % 600 } else { 730 })
}

/// Customers in two columns of a table, some of whom have left, with one more column.
fn contracts(more: impl Fn(usize, bool) -> String) -> String {
    let mut text = "id,tenure,Churn,extra\n".to_owned();
    for id in 0..300 {
        let tenure = id * 7919 % 61;
        let left = id * 104_729 % 100 < 70 - tenure;
        let label = if left { "Yes" } else { "No" };
        writeln!(text, "{id},{tenure},{label},{}", more(id, left)).unwrap();
    }
    text
}

/// The cells under `header`.
fn column<'a>(answer: &'a str, header: &str) -> Vec<&'a str> {
    let place = answer.lines().next().unwrap().split(',').position(|own| own == header).unwrap();
    answer.lines().skip(1).map(|line| line.split(',').nth(place).unwrap()).collect()
}

fn numbers(answer: &str, header: &str) -> Vec<f64> {
    column(answer, header).into_iter().map(|cell| cell.parse().unwrap()).collect()
}

/// The value of one measure of `--metrics`.
fn metric(answer: &str, name: &str) -> f64 {
    let line = answer.lines().find(|line| line.split(',').next() == Some(name)).unwrap();
    line.split(',').nth(1).unwrap().parse().unwrap()
}

fn is_sorted_down(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] >= pair[1])
}

#[track_caller]
fn refused(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (Some(code), ""), "{}", run.stderr);
    for part in parts {
        assert!(run.stderr.contains(part), "`{part}` in: {}", run.stderr);
    }
}

#[test]
fn customers_are_listed_with_reasons_and_what_is_at_stake() {
    let folder = Folder::with("orders.csv", stopping_shop());
    let run = folder.run(&["churn", "orders.csv", "--population", "all"]);
    let answer = run.answer();
    assert_eq!(
        answer.lines().next(),
        Some("customer_id,probability,decile,revenue_at_risk,reason_1,reason_2,reason_3")
    );
    let probabilities = numbers(answer, "probability");
    assert_eq!(probabilities.len(), 150);
    assert!(
        is_sorted_down(&probabilities) && probabilities.iter().all(|p| (0.0..=1.0).contains(p))
    );
    assert!(numbers(answer, "decile").windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(answer.contains("no order for "), "{answer}");
    for said in ["learned at ", "judged at 2025-10-01", "against recency", "customers are few"] {
        assert!(run.stderr.contains(said), "`{said}` in: {}", run.stderr);
    }

    let revenue = folder.run(&["churn", "orders.csv", "--sort", "revenue", "-q"]);
    assert!(is_sorted_down(&numbers(revenue.answer(), "revenue_at_risk")));
    let russian = folder.run(&["churn", "orders.csv", "--lang", "ru", "--format", "md", "-q"]);
    for said in ["Вероятность ухода", "Причина 1", "нет заказов", "обычно раз в"]
    {
        assert!(russian.answer().contains(said), "{said}");
    }
}

#[test]
fn the_evaluation_has_a_table_for_each_question() {
    let folder = Folder::with("orders.csv", stopping_shop());
    let of = |option: &str| {
        let campaign = ["--cost", "2", "--benefit", "10"];
        folder
            .run(&[&["churn", "orders.csv", "-q", option], &campaign[..]].concat())
            .answer()
            .to_owned()
    };
    let metrics = of("--metrics");
    assert!((0.5..1.0).contains(&metric(&metrics, "auc")), "{metrics}");
    assert!((metric(&metrics, "act_from_probability") - 0.2).abs() < 1e-12);
    for name in
        ["brier", "log_loss", "lift_top_decile", "base_rate", "n_train", "n_test", "btyd_auc"]
    {
        assert!(metric(&metrics, name).is_finite(), "{name}");
    }
    let decomposed = metric(&metrics, "brier_reliability") - metric(&metrics, "brier_resolution")
        + metric(&metrics, "brier_uncertainty");
    assert!((decomposed - metric(&metrics, "brier")).abs() < 0.02, "{metrics}");

    let reliability = of("--reliability");
    let customers: f64 = numbers(&reliability, "customers").iter().sum();
    assert_eq!(customers, metric(&metrics, "n_test"));
    let gains = of("--gains");
    assert_eq!(numbers(&gains, "cumulative_gain").last(), Some(&1.0));
    let importance = of("--importance");
    assert!(is_sorted_down(&numbers(&importance, "auc_loss")));
    assert!(column(&importance, "feature").contains(&"recency_days"));
    assert!(column(&importance, "feature").contains(&"btyd_no_order"));
}

#[test]
fn a_saved_model_scores_and_watches_other_exports() {
    let folder = Folder::with("orders.csv", stopping_shop());
    let fitted = folder.run(&["churn", "orders.csv", "--save-model", "model.json", "-q"]);
    let score = |more: &[&str]| {
        folder.run(&[&["churn", "score", "--model", "model.json", "orders.csv"], more].concat())
    };
    assert_eq!(score(&["-q"]).answer(), fitted.answer());
    let drift = score(&["-q", "--drift"]);
    assert!(numbers(drift.answer(), "psi").iter().all(|psi| *psi < 1e-9));
    let earlier = score(&["--as-of", "2024-09-01"]);
    assert!(earlier.stderr.contains("the model was fitted for 2025-12-30"), "{}", earlier.stderr);
    assert!(earlier.answer().lines().count() > 100);
    let drift = score(&["-q", "--drift", "--as-of", "2024-09-01"]);
    assert!(numbers(drift.answer(), "psi")[0] > 0.25);

    let table = Folder::with("table.csv", contracts(|_, _| "a".to_owned()));
    let saved = ["--label", "Churn", "--positive", "Yes", "--save-model", "model.json", "-q"];
    table.run(&[&["churn", "--table", "table.csv"], &saved[..]].concat()).answer();
    let table = table.and("orders.csv", stopping_shop());
    let run = table.run(&["churn", "score", "--model", "model.json", "orders.csv", "-q"]);
    refused(&run, 2, &["the model was fitted to a table", "--table FILE"]);
    let run = table.run(&["churn", "score", "--model", "model.json", "--table", "table.csv", "-q"]);
    assert_eq!(run.answer().lines().count(), 301);
}

#[test]
fn a_table_says_itself_who_left() {
    let folder = Folder::with("table.csv", contracts(|id, _| format!("plan{}", id % 3)));
    let labelled = ["churn", "--table", "table.csv", "--label", "Churn", "--positive", "Yes"];
    let run = folder.run(&labelled);
    assert_eq!(run.answer().lines().count(), 301);
    assert!(run.stderr.contains("judged by cross-validation"), "{}", run.stderr);
    let metrics = folder.run(&[&labelled[..], &["--metrics", "-q"]].concat());
    assert!(metric(metrics.answer(), "auc") > 0.6);
    let valued = folder.run(&[&labelled[..], &["--value", "tenure", "-q"]].concat());
    assert!(valued.answer().lines().nth(1).unwrap().split(',').nth(3).unwrap().contains('.'));

    let refuses = |arguments: &[&str], code, parts: &[&str]| {
        refused(
            &folder.run(&[&["churn", "--table", "table.csv"], arguments].concat()),
            code,
            parts,
        );
    };
    refuses(&[], 2, &["does not say by itself who churned", "--label Churn --positive Yes"]);
    refuses(&["--label", "Churn"], 2, &["--positive"]);
    refuses(
        &["--label", "Churn", "--positive", "1"],
        1,
        &["nobody has `1`", "`No` (179), `Yes` (121)"],
    );
    refuses(&["--label", "Left", "--positive", "1"], 1, &["Left"]);
    refuses(&["--event", "contract-end"], 2, &["--event"]);
}

#[test]
fn a_feature_that_carries_the_future_is_refused_by_name() {
    let labelled = ["churn", "--table", "table.csv", "--label", "Churn", "--positive", "Yes"];
    let reason = contracts(|_, left| if left { "price" } else { "" }.to_owned());
    let run = Folder::with("table.csv", reason).run(&labelled);
    refused(&run, 1, &["1 column seems to carry the future: `extra`", "--features 'tenure'"]);
    let ranks = contracts(|id, left| (id % 50 + if left { 60 } else { 0 }).to_string());
    let run = Folder::with("table.csv", ranks).run(&labelled);
    refused(&run, 1, &["1 column seems to carry the future: `extra`", "AUC of 1.000"]);

    // In an export: a score of the table of customers that was filled in after they had gone.
    let mut customers = "customer_id,satisfaction\n".to_owned();
    for id in 0..150 {
        writeln!(customers, "c{id:03},{}", if id % 3 == 0 { 0 } else { 10 }).unwrap();
    }
    let orders = shop(150, |id| 10 + id % 20, |id| if id % 3 == 0 { 400 + id } else { 730 });
    let folder = Folder::with("orders.csv", orders).and("customers.csv", customers);
    let of = |more: &[&str]| {
        let named = [
            "--features",
            "recency_days,satisfaction",
            "--cutoff",
            "2025-09-12",
            "--population",
            "all",
        ];
        let beside = ["churn", "orders.csv", "--customers", "customers.csv"];
        folder.run(&[&beside[..], &named, more].concat())
    };
    let run = of(&["--train-cutoffs", "2025-07-09", "--horizon", "60d"]);
    refused(&run, 1, &["carry the future: `satisfaction`"]);
    // At this cutoff nobody had stopped yet.
    let run = of(&["--train-cutoffs", "2025-01-10", "--horizon", "29d"]);
    refused(&run, 1, &["everybody of the 150 customers known on 2025-01-10", "--train-cutoffs"]);
}

#[test]
fn data_that_teach_nothing_say_what_is_wrong() {
    let refuses = |orders: String, arguments: &[&str], parts: &[&str]| {
        let folder = Folder::with("orders.csv", orders);
        refused(&folder.run(&[&["churn", "orders.csv"], arguments].concat()), 1, parts);
    };
    let all_stay = shop(40, |_| 20, |_| 730);
    refuses(
        all_stay,
        &[],
        &["everybody of the 40 customers known on", "take a shorter `--horizon`"],
    );
    let all_go = shop(40, |_| 20, |_| 300) + "x-1,newcomer,2025-12-30,5\n";
    refuses(all_go, &[], &["`--cutoff`"]);
    let one = "order_id,customer_id,order_date,amount\n1,a,2025-01-01,5\n".to_owned();
    refuses(one, &[], &["hint: "]);
    let one_often = shop(1, |_| 20, |_| 730);
    refuses(one_often, &[], &["everybody of the 1 customers"]);
    refuses(
        stopping_shop(),
        &["--cutoff", "2025-12-01"],
        &[
            "run past the data, which end before 2025-12-30",
            "the latest possible cutoff is 2025-10-01",
        ],
    );
    refuses(stopping_shop(), &["--horizon", "700d"], &["--horizon"]);
    refuses(stopping_shop(), &["--features", "favourite_region"], &["`region`", "--map"]);
    refuses(stopping_shop(), &["--event", "contract-end"], &["--customers FILE"]);
}

#[test]
fn the_command_line_is_checked_before_the_data_are_read() {
    let folder = Folder::new();
    for (arguments, part) in [
        (&["--horizon", "3m"][..], "`3m` is not a horizon"),
        (&["--horizon", "0d"], "0 days"),
        (&["--cutoff", "soon"], "`soon` is not a date"),
        (&["--features", "recency"], "there is no feature `recency`"),
        (&["--cost", "3"], "--benefit"),
        (&["--label", "Churn", "--positive", "Yes"], "--label"),
        (&["--value", "spend"], "--value"),
        (&["--metrics", "--gains"], "--gains"),
    ] {
        refused(&folder.run(&[&["churn", "no-such.csv"], arguments].concat()), 2, &[part]);
    }
    let folder = Folder::with("orders.csv", stopping_shop());
    let peeking = ["--cutoff", "2025-06-01", "--train-cutoffs", "2025-05-01"];
    let run = folder.run(&[&["churn", "orders.csv"], &peeking[..]].concat());
    refused(
        &run,
        2,
        &["would have learned from the future", "the latest training cutoff is 2025-03-03"],
    );
}

#[test]
fn constant_features_are_borne() {
    let constant = contracts(|_, _| "1".to_owned());
    let folder = Folder::with("table.csv", constant);
    let labelled = ["churn", "--table", "table.csv", "--label", "Churn", "--positive", "Yes"];
    assert_eq!(folder.run(&labelled).answer().lines().count(), 301);
    let alone = folder.run(&[&labelled[..], &["--features", "extra", "-q"]].concat());
    let probabilities = numbers(alone.answer(), "probability");
    assert!(probabilities.iter().all(|p| (p - probabilities[0]).abs() < 0.02));
}

/// Contracts of the stopping shop: who stops ends it a month later, the others have none to end or one
/// that runs until long after the data.
#[test]
fn contracts_end_by_the_table_of_customers() {
    let last = |id: usize| if id.is_multiple_of(3) { 120 + id * 37 % 600 } else { 730 };
    let mut customers = "customer_id,contract_start,contract_end\n".to_owned();
    for id in 0..150 {
        let end = match id % 3 {
            0 => day(last(id) + 30).to_string(),
            1 => "2030-01-01".to_owned(),
            _ => String::new(),
        };
        writeln!(customers, "c{id:03},{},{end}", day(id % 30)).unwrap();
    }
    let folder = Folder::with("orders.csv", stopping_shop()).and("customers.csv", customers);
    let beside = ["churn", "orders.csv", "--customers", "customers.csv"];
    let silent = folder.run(&beside);
    assert!(
        silent.stderr.contains("`--event contract-end` learns who ends one"),
        "{}",
        silent.stderr
    );
    let ended = [&beside[..], &["--event", "contract-end", "--save-model", "model.json"]].concat();
    let run = folder.run(&ended);
    let scored = column(run.answer(), "customer_id");
    // Those whose contract ended before the data did are no customers any more.
    assert!(scored.contains(&"c001") && !scored.contains(&"c000"), "{scored:?}");
    assert!(scored.len() > 100 && scored.len() < 115, "{}", scored.len());
    let score = ["churn", "score", "--model", "model.json", "orders.csv"];
    let again = folder.run(&[&score[..], &["--customers", "customers.csv", "-q"]].concat());
    assert_eq!(again.answer(), run.answer());
    refused(&folder.run(&[&score[..], &["-q"]].concat()), 1, &["--customers FILE"]);
    let folder = folder.and("status.csv", "customer_id,segment\nc001,left\n");
    let undated = ["churn", "orders.csv", "--event", "contract-end", "--customers", "status.csv"];
    refused(&folder.run(&undated), 1, &["`contract_end`", "--table FILE --label COLUMN"]);
}

#[test]
fn activities_and_attributes_say_more_and_are_read_once() {
    let folder = Folder::new();
    let (orders, activities, customers) =
        (dataset("orders.csv"), dataset("activities.csv"), dataset("customers.csv"));
    let beside = ["--activities", &activities, "--customers", &customers];
    let run = folder.run(&[&["churn", &orders, "--importance"], &beside[..]].concat());
    let features = column(run.answer(), "feature");
    for feature in ["unanswered_share", "activities_90d:outcome=complaint", "satisfaction"] {
        assert!(features.contains(&feature), "{features:?}");
    }
    assert_eq!(run.stderr.matches("activities:\n").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("satisfaction, customer_region"), "{}", run.stderr);
    assert!(!run.stderr.contains("does not beat"), "{}", run.stderr);
    let named = ["--features", "recency_days,frequency,favourite_region,unanswered_share_90d"];
    let run =
        folder.run(&[&["churn", &orders, "--importance", "-q"], &beside[..2], &named].concat());
    assert_eq!(column(run.answer(), "feature").len(), 4);
}

#[test]
fn row_order_and_threads_change_nothing() {
    let orders = stopping_shop();
    let folder = Folder::with("orders.csv", &orders).and("turned.csv", rows_turned(&orders));
    let of = |file: &str, threads: &str| {
        let mut all = String::new();
        for answer in [&[][..], &["--metrics"], &["--importance"]] {
            let run = folder.run(&[&["churn", file, "--threads", threads], answer].concat());
            all.push_str(run.answer());
            all.push_str(&run.stderr);
        }
        all
    };
    let whole = of("orders.csv", "1");
    assert_eq!(of("turned.csv", "3"), whole);

    let table = contracts(|id, _| format!("plan{}", id % 5));
    let folder = Folder::with("table.csv", &table).and("turned.csv", rows_turned(&table));
    let of = |file: &str, threads: &str| {
        let labelled = ["--label", "Churn", "--positive", "Yes", "--threads", threads];
        folder.run(&[&["churn", "--table", file], &labelled[..]].concat()).answer().to_owned()
    };
    assert_eq!(of("turned.csv", "3"), of("table.csv", "1"));
}
