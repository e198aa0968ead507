//! `crmstat clv`: what every table holds, what options change, what is refused.

use crate::support::{Folder, ORDERS, dataset};

const COLUMNS: &str =
    "customer_id,x,t_x,T,p_alive,expected_orders,expected_value,clv,clv_lower,clv_upper";

/// The cells of a CSV answer under `column`.
fn cells<'a>(answer: &'a str, column: &str) -> Vec<&'a str> {
    let header = answer.lines().next().unwrap();
    let at = header.split(',').position(|name| name == column).unwrap();
    answer.lines().skip(1).map(|line| line.split(',').nth(at).unwrap()).collect()
}

fn numbers(answer: &str, column: &str) -> Vec<f64> {
    cells(answer, column).iter().map(|cell| cell.parse().unwrap()).collect()
}

/// The answer on the shop's orders.
fn shop(arguments: &[&str]) -> String {
    let orders = dataset("orders.csv");
    Folder::new().run(&[&["clv", &orders, "-q"], arguments].concat()).answer().to_owned()
}

fn parameter(answer: &str, name: &str) -> f64 {
    let row = cells(answer, "parameter").iter().position(|own| *own == name).unwrap();
    numbers(answer, "estimate")[row]
}

#[test]
fn one_row_per_customer_by_id() {
    let answer = shop(&[]);
    assert_eq!(answer.lines().next(), Some(COLUMNS));
    let ids = cells(&answer, "customer_id");
    assert_eq!(ids.len(), 800);
    assert!(ids.is_sorted(), "{ids:?}");
    for share in numbers(&answer, "p_alive") {
        assert!((0.0..=1.0).contains(&share), "{share}");
    }
    let ends = ["clv_lower", "clv", "clv_upper"].map(|column| numbers(&answer, column));
    for (at, value) in ends[1].iter().enumerate() {
        assert!(ends[0][at] <= *value && *value <= ends[2][at], "row {at}");
    }
}

#[test]
fn the_run_is_told_on_standard_error() {
    let run = Folder::new().run(&["clv", &dataset("orders.csv")]);
    run.answer();
    let told = "\
5066 rows read: 5066 accepted
800 customers as of 2026-01-01, mbg-nbd in weeks
warning: bg-nbd fits these orders better than mbg-nbd: its log-likelihood is higher by 14.8 on up to 1,000 customers
mean clv 213.11; simple_ltv (ARPU × lifetime) 407.75
";
    assert_eq!(run.stderr, told);
}

#[test]
fn the_last_observed_day_is_the_eve_of_as_of() {
    for table in [&[][..], &["--parameters"], &["--summary"]] {
        let by_day = shop(&[&["--calibration-end", "2025-06-30"], table].concat());
        assert_eq!(by_day, shop(&[&["--as-of", "2025-07-01"], table].concat()));
        assert_ne!(by_day, shop(table));
    }
}

#[test]
fn parameters_come_with_errors_and_how_they_were_found() {
    let models: [(&str, &[&str]); 4] = [
        ("mbg-nbd", &["r", "alpha", "a", "b"]),
        ("bg-nbd", &["r", "alpha", "a", "b"]),
        ("pareto-nbd", &["r", "alpha", "s", "beta"]),
        ("bg-bb", &["alpha", "beta", "gamma", "delta"]),
    ];
    for (model, names) in models {
        let answer = shop(&["--parameters", "--model", model]);
        assert_eq!(answer.lines().next(), Some("parameter,estimate,std_error,model"));
        let rows = cells(&answer, "parameter");
        assert_eq!(rows[..4], *names, "{model}");
        assert_eq!(rows[4..7], ["log_likelihood", "converged", "gradient_norm"]);
        assert!(rows.ends_with(&["customers"]) && rows.contains(&"q"), "{rows:?}");
        assert_eq!(parameter(&answer, "converged"), 1.0);
        assert!(parameter(&answer, "gradient_norm") < 1e-9);
        assert!(answer.contains(&format!(",{model}\n")));
    }
}

/// The fit counts in any unit; what it foresees does not depend on it.
#[test]
fn units_change_parameters_and_no_expectation() {
    let of = |unit| numbers(&shop(&["--unit", unit]), "expected_orders");
    for (weeks, days) in of("week").iter().zip(of("day")) {
        assert!((weeks - days).abs() < 1e-7 * weeks.max(1.0), "{weeks} {days}");
    }
    let alpha = |unit| parameter(&shop(&["--unit", unit, "--parameters"]), "alpha");
    assert!((alpha("day") / alpha("week") - 7.0).abs() < 1e-6);
}

#[test]
fn margin_and_discount_act_on_value_alone() {
    let plain = shop(&["--discount", "0"]);
    let margin = shop(&["--discount", "0", "--margin", "0.25"]);
    assert_eq!(cells(&plain, "expected_orders"), cells(&margin, "expected_orders"));
    for (whole, part) in numbers(&plain, "clv").iter().zip(numbers(&margin, "clv")) {
        assert!((part - 0.25 * whole).abs() <= 1e-9 * whole);
    }
    let orders = numbers(&plain, "expected_orders");
    let product = orders.iter().zip(numbers(&plain, "expected_value")).map(|(n, v)| n * v);
    for (clv, product) in numbers(&plain, "clv").iter().zip(product) {
        assert!((clv - product).abs() <= 1e-9 * clv.max(1.0), "{clv} {product}");
    }
    // The same rate in two spellings: 1.21 to the power of a twelfth, less one.
    let yearly = shop(&["--discount", "21%/year"]);
    let monthly = numbers(&shop(&["--discount", "0.01601186777338737/month"]), "clv");
    for (a, b) in numbers(&yearly, "clv").iter().zip(monthly) {
        assert!((a - b).abs() <= 1e-9 * a.max(1.0), "{a} {b}");
    }
    for (less, whole) in numbers(&yearly, "clv").iter().zip(numbers(&plain, "clv")) {
        assert!(*less <= whole);
    }
}

#[test]
fn figures_of_all_customers_are_named_in_both_languages() {
    let english = shop(&["--summary"]);
    let names = cells(&english, "metric");
    for name in ["customers", "mean_clv", "simple_ltv", "frequency_value_correlation"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let total = numbers(&english, "value")[names.iter().position(|n| *n == "total_clv").unwrap()];
    let sum: f64 = numbers(&shop(&[]), "clv").iter().sum();
    assert!((total / sum - 1.0).abs() < 1e-9);

    let russian = shop(&["--summary", "--lang", "ru", "--format", "md"]);
    assert!(russian.starts_with("| Показатель | Значение |"), "{russian}");
    assert!(russian.contains("Простой LTV (ARPU × срок)"), "{russian}");
    let titles = shop(&["--lang", "ru", "--format", "md"]);
    assert!(titles.starts_with("| Клиент | Повторных заказов (x) |"), "{titles}");
}

#[test]
fn json_carries_how_the_values_came_about() {
    let answer = shop(&["--format", "json", "--simulate", "20", "--seed", "7"]);
    for part in [
        "\"model\":\"mbg-nbd\"",
        "\"unit\":\"week\"",
        "\"discount\":\"10%/year\"",
        "\"as_of\":\"2026-01-01\"",
        "\"seed\":7",
        "\"accepted\":5066",
    ] {
        assert!(answer.contains(part), "{part} in {}", &answer[..400]);
    }
}

#[test]
fn additions_are_columns_behind_the_others() {
    let answer = shop(&[
        "--residual",
        "--simulate",
        "50",
        "--orders-distribution",
        "2",
        "--interval-draws",
        "20",
    ]);
    let header = answer.lines().next().unwrap();
    let added =
        "residual_value,orders_lower,orders_upper,value_lower,value_upper,p_0,p_1,p_2,p_more";
    assert_eq!(header, format!("{COLUMNS},{added}"));
    let [zero, one, two, more] = ["p_0", "p_1", "p_2", "p_more"].map(|c| numbers(&answer, c));
    for at in 0..zero.len() {
        assert!((zero[at] + one[at] + two[at] + more[at] - 1.0).abs() < 1e-9, "row {at}");
    }
    for (residual, clv) in numbers(&answer, "residual_value").iter().zip(numbers(&answer, "clv")) {
        assert!(*residual > 0.9 * clv);
    }
    let delta = shop(&["--residual", "--simulate", "50", "--orders-distribution", "2"]);
    assert_eq!(cells(&answer, "clv"), cells(&delta, "clv"));
    assert_ne!(cells(&answer, "clv_lower"), cells(&delta, "clv_lower"));
}

#[test]
fn validation_compares_models_and_the_span_before() {
    let calibration = ["--calibration-end", "2025-06-30", "--holdout", "13w"];
    let scores = shop(&[&["--validate"], &calibration[..]].concat());
    assert_eq!(
        cells(&scores, "model"),
        ["mbg-nbd", "bg-nbd", "pareto-nbd", "mbg-cnbd-k", "same-as-before"]
    );
    assert_eq!(numbers(&scores, "actual_orders"), [467.0; 5]);
    let errors = numbers(&scores, "mae");
    assert!(errors[..4].iter().all(|error| *error < errors[4]), "{errors:?}");

    let frequency = shop(&[&["--validate=frequency"], &calibration[..]].concat());
    assert_eq!(frequency.lines().next(), Some("model,x,or_more,customers,actual,expected"));
    assert_eq!(frequency.lines().count(), 1 + 5 * 8);
    let tracking = shop(&["--validate=tracking", "--calibration-end", "2025-06-30"]);
    assert_eq!(
        tracking.lines().next(),
        Some("model,period,last_day,holdout,actual,expected,actual_to_date,expected_to_date")
    );
    assert!(cells(&tracking, "holdout").contains(&"true"));
    let one = shop(&[&["--validate", "--model", "bg-nbd"], &calibration[..]].concat());
    assert_eq!(cells(&one, "model"), ["bg-nbd", "same-as-before"]);
}

#[test]
fn a_saved_model_values_new_data_alike() {
    let folder = Folder::new();
    let orders = dataset("orders.csv");
    for model in ["mbg-nbd", "pareto-nbd", "bg-bb"] {
        let first =
            folder.run(&["clv", &orders, "--model", model, "--save-model", "model.json", "-q"]);
        let again = folder.run(&["clv", &orders, "--model", "model.json", "-q"]);
        assert_eq!(again.answer(), first.answer(), "{model}");
        let parameters = folder.run(&["clv", &orders, "--model", "model.json", "--parameters"]);
        assert!(parameters.answer().contains(model));
    }
    let unit = folder.run(&["clv", &orders, "--model", "model.json", "--unit", "day"]);
    unit.refuses(
        2,
        "error: the saved model counts time in months, not in days\nhint: leave out `--unit`\n",
    );
}

#[test]
fn occasions_are_whole_periods_of_the_calendar() {
    let run = Folder::new().run(&[
        "clv",
        &dataset("orders.csv"),
        "--model",
        "bg-bb",
        "--as-of",
        "2025-12-15",
        "--horizon",
        "6m",
    ]);
    let answer = run.answer();
    assert!(run.stderr.contains("bg-bb in months"), "{}", run.stderr);
    assert!(
        run.stderr.contains("warning: the period from 2025-12-01 on is not over"),
        "{}",
        run.stderr
    );
    for column in ["t_x", "T"] {
        assert!(numbers(answer, column).iter().all(|time| time.fract() == 0.0));
    }
    assert!(numbers(answer, "expected_orders").iter().all(|orders| *orders <= 6.0));
}

/// Two hundred subscriptions, of which a part ends at the end of every month.
fn subscriptions() -> Folder {
    let (mut orders, mut contracts) = (String::new(), String::new());
    for customer in 0..200 {
        let months = 1 + customer * 7 % 11;
        let ends = months < 11;
        let end = if ends { format!("2024-{months:02}-28") } else { String::new() };
        contracts.push_str(&format!("s{customer:03},2024-01-01,{end},plan {}\n", customer % 2));
        for month in 1..=months {
            let price = 10 + customer % 5;
            orders.push_str(&format!("s{customer:03},2024-{month:02}-01,{price}\n"));
        }
    }
    Folder::with("orders.csv", format!("customer_id,order_date,amount\n{orders}"))
        .and("customers.csv", format!("customer_id,contract_start,contract_end,plan\n{contracts}"))
}

#[test]
fn contracts_are_valued_by_the_renewals_to_come() {
    let contracts = ["clv", "orders.csv", "--customers", "customers.csv", "--model", "sbg"];
    let folder = subscriptions();
    let answer = |more: &[&str]| {
        folder
            .run(&[&contracts[..], &["--as-of", "2024-12-01", "-q"], more].concat())
            .answer()
            .to_owned()
    };
    let values = answer(&[]);
    assert_eq!(values.lines().next(), Some(COLUMNS));
    let (alive, renewals) = (numbers(&values, "p_alive"), numbers(&values, "expected_orders"));
    assert!(alive.iter().all(|alive| *alive == 0.0 || *alive == 1.0));
    assert!(alive.contains(&1.0) && alive.contains(&0.0));
    for (at, alive) in alive.iter().enumerate() {
        assert_eq!(renewals[at] > 0.0, *alive == 1.0, "row {at}");
        assert_eq!(numbers(&values, "clv")[at] > 0.0, *alive == 1.0, "row {at}");
    }
    let parameters = answer(&["--parameters"]);
    assert_eq!(cells(&parameters, "parameter")[..2], ["alpha", "beta"]);
    assert_eq!(cells(&parameters, "model")[0], "sbg");
}

#[test]
fn covariates_are_parameters_too() {
    let (orders, customers) = (dataset("orders.csv"), dataset("customers.csv"));
    let covariates = ["--customers", &customers, "--covariates", "satisfaction,region"];
    let folder = Folder::new();
    let run = folder.run(&[&["clv", &orders, "--parameters"], &covariates[..]].concat());
    let names = cells(run.answer(), "parameter");
    assert!(names.contains(&"orders: satisfaction") && names.contains(&"leaving: region=West"));
    assert!(run.stderr.contains("221 customers lack a covariate"), "{}", run.stderr);
    // Who is content stays longer: the data were made so.
    assert!(parameter(run.answer(), "leaving: satisfaction") < 0.0);

    let saved = folder
        .run(&[&["clv", &orders, "-q", "--save-model", "model.json"], &covariates[..]].concat());
    let again =
        folder.run(&["clv", &orders, "-q", "--model", "model.json", "--customers", &customers]);
    assert_eq!(again.answer(), saved.answer());
    folder.run(&["clv", &orders, "-q", "--model", "model.json"]).refuses(
        2,
        "error: the model needs the covariates `satisfaction`, `region`\n\
         hint: give the table that has them with `--customers FILE`\n",
    );
}

#[test]
fn few_customers_are_valued_with_warnings() {
    let folder = Folder::with("orders.csv", ORDERS);
    let run = folder.run(&["clv", "orders.csv"]);
    let p_alive = numbers(run.answer(), "p_alive");
    assert_eq!(p_alive.len(), 3);
    assert!(p_alive.iter().all(|share| (0.0..=1.0).contains(share)));
    assert!(run.stderr.contains("warning: only 1 customers have a repeat order"), "{}", run.stderr);
    assert!(run.stderr.contains("warning: no values, only orders"), "{}", run.stderr);
}

/// All one-time buyers, one day, a century, ten thousand orders, ten customers: an answer or an error.
#[test]
fn odd_data_get_an_answer_or_a_reason() {
    let header = "customer_id,order_date,amount\n";
    let mut daily = String::new();
    for day in 0..10_000 {
        let (year, month) = (1950 + day / 336, 1 + day / 28 % 12);
        daily.push_str(&format!("busy,{year}-{month:02}-{:02},5\n", 1 + day % 28));
    }
    let ten: String = (0..10)
        .flat_map(|customer| {
            (0..=customer % 4).map(move |order| {
                format!(
                    "c{customer},2024-{:02}-0{},{}\n",
                    1 + order * 2,
                    1 + customer % 9,
                    10 + order
                )
            })
        })
        .collect();
    let cases = [
        ("one-time buyers", "a,2024-01-01,1\nb,2024-03-01,1\n".to_owned(), Some(1)),
        ("one day", "a,2024-01-01,1\na,2024-01-01,2\n".to_owned(), Some(1)),
        ("a century", "a,1900-01-01,1\na,1999-12-31,1\nb,1950-01-01,1\n".to_owned(), Some(0)),
        ("ten thousand orders", format!("{daily}rare,1950-01-01,9\n"), Some(0)),
        ("ten customers", ten, Some(0)),
        ("refunds only", "a,2024-01-01,-1\n".to_owned(), Some(1)),
    ];
    for (name, rows, code) in cases {
        let folder = Folder::with("orders.csv", format!("{header}{rows}"));
        for model in ["mbg-nbd", "bg-nbd", "pareto-nbd", "bg-bb"] {
            let run = folder.run(&["clv", "orders.csv", "--model", model, "--unit", "month"]);
            assert_eq!(run.code, code, "{name}, {model}: {}", run.stderr);
            assert!(!run.stdout.contains("NaN") && !run.stdout.contains("inf"), "{name}, {model}");
            if code == Some(1) {
                assert!(run.stderr.contains("error: ") && run.stderr.contains("hint: "), "{name}");
            }
        }
    }
}

#[test]
fn threads_and_the_order_of_rows_change_nothing() {
    let text = std::fs::read_to_string(dataset("orders.csv")).unwrap();
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    let header = text.lines().next().unwrap();
    rows.reverse();
    let half = rows.len() / 2;
    rows.rotate_left(half);
    let folder = Folder::with("shuffled.csv", format!("{header}\n{}\n", rows.join("\n")));
    let (orders, customers) = (dataset("orders.csv"), dataset("customers.csv"));
    let covariates = ["--customers", &customers, "--covariates", "region,satisfaction"];
    for arguments in [
        &["--simulate", "20", "--orders-distribution", "1"][..],
        &["--interval-draws", "20", "--model", "bg-nbd"],
        &["--model", "pareto-nbd"],
        &["--model", "bg-bb"],
        &["--parameters"],
        &["--parameters", "--model", "pareto-nbd"],
        &["--parameters", "--model", "bg-bb"],
        &["--validate", "--calibration-end", "2025-06-30"],
        &covariates,
    ] {
        let answer = |file: &str, threads: &str| {
            let all = [&["clv", file, "-q", "--threads", threads], arguments].concat();
            folder.run(&all).answer().to_owned()
        };
        let one = answer(&orders, "1");
        assert_eq!(answer(&orders, "3"), one, "{arguments:?}");
        assert_eq!(answer("shuffled.csv", "2"), one, "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let orders = dataset("orders.csv");
    let folder = Folder::new();
    for (arguments, code, message) in [
        (
            &["--model", "npv"][..],
            2,
            "error: there is no model `npv`\n\
             hint: one of `mbg-nbd`, `bg-nbd`, `pareto-nbd`, `mbg-cnbd-k`, `bg-cnbd-k`, `bg-bb`, `sbg`, or a saved model `FILE.json`\n",
        ),
        (
            &["--model", "sbg"],
            2,
            "error: `sbg` needs the starts and ends of contracts\n\
             hint: give the table that has them with `--customers FILE`\n",
        ),
        (
            &["--horizon", "52"],
            2,
            "error: `52` is not a span of time\n\
             hint: write a length above zero and its unit, such as `52w`, `90d`, `12m`, `1y`\n",
        ),
        (
            &["--discount", "10%"],
            2,
            "error: `10%` is not a discount rate\n\
             hint: write a rate and its unit of time, such as `10%/year` or `1%/month`; `0` is none\n",
        ),
        (&["--margin", "2"], 2, "error: `margin` is `2`, but must be above 0 and at most 1\n"),
        (&["--level", "100"], 2, "error: `--level 100` is not between 0 and 100\n"),
        (
            &["--residual", "--discount", "0"],
            2,
            "error: what customers are worth for ever needs a discount\n\
             hint: give one with `--discount`, such as `10%/year`\n",
        ),
        (
            &["--model", "bg-bb", "--horizon", "1w"],
            2,
            "error: the horizon is under half a month, and bg-bb counts whole ones\n\
             hint: look further ahead, or count in a shorter unit\n",
        ),
        (
            &["--validate"],
            2,
            "error: a validation needs the last day of the calibration\n\
             hint: `--calibration-end 2025-03-02` holds back the last third of the data\n",
        ),
        (
            &["--validate", "--calibration-end", "2025-12-31"],
            1,
            "error: nothing is left to hold back from 2026-01-01 on: the data end on 2025-12-31\n\
             hint: `--calibration-end 2025-03-02` without `--holdout` holds back the last third of the data\n",
        ),
        (
            &["--validate", "--calibration-end", "2025-06-30", "--model", "bg-bb"],
            2,
            "error: `bg-bb` cannot be validated on a span of days\n\
             hint: name one of `mbg-nbd`, `bg-nbd`, `pareto-nbd`, `mbg-cnbd-k`\n",
        ),
    ] {
        folder.run(&[&["clv", &orders, "-q"], arguments].concat()).refuses(code, message);
    }
    for arguments in [
        &["--parameters", "--summary"][..],
        &["--as-of", "2026-01-01", "--calibration-end", "2025-12-31"],
        &["--covariates", "region"],
        &["--holdout", "13w"],
    ] {
        let run = folder.run(&[&["clv", &orders], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
}
