//! `crmstat forecast` on the series of small firms: short, with closed days and months, with parts that hardly sell.

use crate::support::{Folder, Run};
use std::fmt::Write as _;

/// The cells of a CSV answer without quotes, the header first.
fn cells(run: &Run) -> Vec<Vec<String>> {
    run.answer().lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The numbers under `header` of the rows whose first cell is `series`.
fn column(run: &Run, series: &str, header: &str) -> Vec<f64> {
    let rows = cells(run);
    let at = rows[0].iter().position(|name| name == header).unwrap();
    rows[1..].iter().filter(|row| row[0] == series).map(|row| row[at].parse().unwrap()).collect()
}

/// A table of one series, `a`, by month from January 2020.
fn months(values: &[f64]) -> String {
    let mut text = "series,date,value\n".to_owned();
    for (at, value) in values.iter().enumerate() {
        writeln!(text, "a,{}-{:02}-01,{value}", 2020 + at / 12, at % 12 + 1).unwrap();
    }
    text
}

fn day(number: i32) -> crmstat::Date {
    crmstat::Date::from_days(19_000 + number)
}

/// `crmstat forecast` of a table of series.
fn of_table(text: impl AsRef<[u8]>, options: &[&str]) -> Run {
    let arguments = ["forecast", "--series", "s.csv", "--format", "csv"];
    Folder::with("s.csv", text).run(&[&arguments[..], options].concat())
}

/// `crmstat forecast` of orders.
fn of_orders(text: impl AsRef<[u8]>, options: &[&str]) -> Run {
    let arguments = ["forecast", "orders.csv", "--format", "csv"];
    Folder::with("orders.csv", text).run(&[&arguments[..], options].concat())
}

#[test]
fn an_outlier_in_a_short_history_explodes_no_bound() {
    let values = [100.0, 120.0, 90.0, 110.0, 95.0, 105.0, 100.0, 9000.0];
    let run = of_table(months(&values), &["--period", "month", "--horizon", "12"]);
    for header in ["forecast", "upper_80", "upper_95"] {
        let highest = column(&run, "a", header).into_iter().fold(0.0, f64::max);
        assert!(highest < 10.0 * 9000.0, "{header}: {highest}");
    }
    // Two values, equal or not, leave much open.
    for values in [[100.0, 5000.0], [100.0, 100.0]] {
        let run = of_table(months(&values), &["--period", "month", "--horizon", "4"]);
        let (lower, upper) = (column(&run, "a", "lower_80"), column(&run, "a", "upper_80"));
        assert!(lower.iter().zip(&upper).all(|(lower, upper)| upper > lower), "{}", run.stdout);
        let highest = column(&run, "a", "upper_95").into_iter().fold(0.0, f64::max);
        assert!(highest < 10.0 * values[1], "{highest}");
    }
}

#[test]
fn a_table_of_series_needs_no_option() {
    let values: Vec<f64> = (0..30).map(|t| f64::from(100 + t % 12)).collect();
    let named = months(&values);
    let single = named.replace("series,date,value", "Месяц,Продажи").replace("a,", "");
    for text in [&named, &single] {
        let run = of_orders(text, &["--horizon", "3"]);
        let asked = of_table(text, &["--horizon", "3"]);
        assert_eq!(run.answer(), asked.answer());
        assert!(run.stderr.contains("(`--series`)"), "{}", run.stderr);
    }
    // What is asked of orders is not answered by a table of series.
    assert_eq!(of_orders(&named, &["--by", "region"]).code, Some(1));
}

#[test]
fn the_odds_of_a_target_are_those_of_the_interval() {
    let values: Vec<f64> = (0..30).map(|at| 100.0 + f64::from(at * 37 % 23)).collect();
    let run = of_table(months(&values), &["--horizon", "6", "--total", "--level", "50,80"]);
    for (header, expected) in
        [("upper_80", 0.1), ("lower_80", 0.9), ("upper_50", 0.25), ("forecast", 0.5)]
    {
        let target = column(&run, "a", header)[0].to_string();
        let run = of_table(months(&values), &["--horizon", "6", "--target", &target]);
        let odds = column(&run, "a", "probability")[0];
        assert!((odds - expected).abs() < 1e-6, "{header}: {odds}");
    }
}

#[test]
fn closed_days_and_months_stay_closed() {
    let mut text = "order_id,customer_id,order_date,amount\n".to_owned();
    for at in 0..140 {
        // Day 19,000 is a Saturday… orders on weekdays alone.
        let weekday = (day(at).days() + 3).rem_euclid(7);
        if weekday < 5 {
            writeln!(text, "{at},c{},{},{}", at % 9, day(at), 150 + at * 7 % 13).unwrap();
        }
    }
    let run = of_orders(text, &["--period", "day", "--horizon", "14"]);
    for row in &cells(&run)[1..] {
        let date: crmstat::Date = row[1].parse().unwrap();
        let value: f64 = row[2].parse().unwrap();
        let open = (date.days() + 3).rem_euclid(7) < 5;
        assert!(if open { (140.0..175.0).contains(&value) } else { value == 0.0 }, "{row:?}");
    }
    assert!(run.stderr.contains("nothing is sold in 2 of the 7 periods"), "{}", run.stderr);

    let summer: Vec<f64> = (0..36)
        .map(|at| if (5..8).contains(&(at % 12)) { 0.0 } else { 700.0 + f64::from(at * 11 % 40) })
        .collect();
    let forecast = column(&of_table(months(&summer), &[]), "a", "forecast");
    for (at, value) in forecast.iter().enumerate() {
        let open = !(5..8).contains(&at);
        assert!(if open { (690.0..745.0).contains(value) } else { *value == 0.0 }, "{at}: {value}");
    }
}

#[test]
fn demand_that_has_ended_is_not_averaged() {
    let values: Vec<f64> =
        (0..40).map(|at| if at < 30 { 50.0 + f64::from(at % 5) } else { 0.0 }).collect();
    let run = of_table(months(&values), &["--horizon", "6"]);
    assert!(column(&run, "a", "forecast").iter().all(|value| *value < 1.0), "{}", run.stdout);
    assert!(run.stderr.contains("nothing was sold in the last 10 periods"), "{}", run.stderr);
    let values: Vec<f64> =
        (0..40).map(|at| if at > 29 { 50.0 + f64::from(at % 5) } else { 0.0 }).collect();
    let run = of_table(months(&values), &["--horizon", "6"]);
    let forecast = column(&run, "a", "forecast");
    assert!(forecast.iter().all(|value| (45.0..60.0).contains(value)), "{forecast:?}");
}

#[test]
fn a_month_that_lacks_its_last_day_counts() {
    let mut text = "order_id,customer_id,order_date,amount\n".to_owned();
    for at in 0..24 {
        for (number, of_month) in [3, 11, 19, 28].into_iter().enumerate() {
            let date = format!("{}-{:02}-{of_month:02}", 2022 + at / 12, at % 12 + 1);
            writeln!(text, "{at}-{number},c{number},{date},100").unwrap();
        }
    }
    let last = |day: &str| format!("{text}last,c1,2023-12-{day},100\n");
    let whole = of_orders(last("30"), &["--horizon", "1"]);
    assert_eq!(cells(&whole)[1][1], "2024-01-01");
    assert!(whole.stderr.contains("`--as-of 2023-12-31`"), "{}", whole.stderr);
    let asked = of_orders(last("30"), &["--horizon", "1", "--as-of", "2023-12-31"]);
    assert_eq!(cells(&asked)[1][1], "2023-12-01");
    let half = of_orders(
        text.replace("2023-12-19", "2023-12-12").replace("2023-12-28", "2023-12-13"),
        &["--horizon", "1"],
    );
    assert_eq!(cells(&half)[1][1], "2023-12-01", "{}", half.stderr);
}

#[test]
fn the_period_of_a_table_is_that_of_its_dates() {
    let values: Vec<f64> = (0..30).map(|at| 100.0 + f64::from(at * 37 % 23)).collect();
    // One row twice.
    let twice = months(&values) + "a,2021-05-01,7\n";
    let run = of_table(twice, &["--horizon", "1"]);
    assert_eq!(cells(&run)[1][1], "2022-07-01");
    assert!(
        run.stderr.contains("1 of 31 row falls into a month that has a value already"),
        "{}",
        run.stderr
    );
    // A row per channel and month, whose column nobody named.
    let mut text = "date,outlet,value\n".to_owned();
    for at in 0..30 {
        for outlet in ["shop", "web", "phone"] {
            writeln!(text, "{}-{:02}-01,{outlet},{}", 2020 + at / 12, at % 12 + 1, 100 + at)
                .unwrap();
        }
    }
    let run = of_table(&text, &["--horizon", "1"]);
    assert_eq!(cells(&run)[1][1], "2022-07-01", "{}", run.stderr);
    let hours: String = (0..240)
        .map(|at| format!("{} {:02}:00,{}\n", day(at / 24), at % 24, 50 + at % 24 * 3 + at * 7 % 5))
        .collect();
    let run = of_table(format!("date,value\n{hours}"), &["--horizon", "24"]);
    let rows = cells(&run);
    assert_eq!((rows.len(), rows[4][1].as_str()), (25, "2022-01-18 03:00"), "{}", run.stderr);
    let value: f64 = rows[4][2].parse().unwrap();
    assert!((value - 61.0).abs() < 4.0, "{value}");
}

#[test]
fn a_gap_is_filled_with_its_place_in_the_week() {
    let mut text = "series,date,value\n".to_owned();
    for at in 0..70 {
        let sunday = at % 7 == 3;
        if at != 24 {
            writeln!(text, "a,{},{}", day(at), if sunday { 10 } else { 100 }).unwrap();
        }
    }
    // Day 24 is one of the low ones; filled as such, the week goes on.
    let run = of_table(text, &["--period", "day", "--horizon", "7", "--fitted"]);
    let rows = cells(&run);
    let at = rows[0].iter().position(|name| name == "value").unwrap();
    let value: Vec<f64> = rows[1..].iter().filter_map(|row| row[at].parse().ok()).collect();
    assert!((value[24] - 10.0).abs() < 1.0, "{}", value[24]);
}

#[test]
fn a_regression_tells_its_coefficients() {
    let promotion = |at: usize| f64::from(u8::from(at % 5 == 2));
    let values: Vec<f64> = (0..48)
        .map(|at| 1000.0 + 5.0 * at as f64 + (at * 7 % 11) as f64 + 300.0 * promotion(at))
        .collect();
    let plan: String = (0..52)
        .map(|at| format!("{}-{:02}-01,{}\n", 2020 + at / 12, at % 12 + 1, promotion(at)))
        .collect();
    let folder = Folder::with("s.csv", months(&values))
        .and("plan.csv", "date,promotion\n".to_owned() + &plan);
    let run = |options: &[&str]| {
        let arguments = [
            "forecast",
            "--series",
            "s.csv",
            "--format",
            "csv",
            "--horizon",
            "4",
            "--regressors",
            "plan.csv",
        ];
        folder.run(&[&arguments[..], options].concat())
    };
    let table = run(&["--model", "regression", "--coefficients"]);
    let rows = cells(&table);
    assert_eq!(rows[0][..6], ["series", "term", "estimate", "std_error", "lower_95", "upper_95"]);
    let row = rows.iter().find(|row| row[1] == "promotion").unwrap();
    let [estimate, error, lower, upper]: [f64; 4] = [2, 3, 4, 5].map(|at| row[at].parse().unwrap());
    assert!(
        lower < 300.0 && 300.0 < upper && error > 0.0 && (estimate - 300.0).abs() < 20.0,
        "{row:?}"
    );
    assert!(
        row[8].starts_with("a month with promotion brings 30")
            || row[8].starts_with("a month with promotion brings 29"),
        "{row:?}"
    );
    let forecast = column(&run(&["--model", "regression"]), "a", "forecast");
    for (at, value) in forecast.iter().enumerate() {
        let expected = 1000.0 + 5.0 * (48 + at) as f64 + 5.0 + 300.0 * promotion(48 + at);
        assert!((value - expected).abs() < 20.0, "{at}: {value} {expected}");
    }
    for model in ["regression-robust", "regression-ridge"] {
        assert_eq!(column(&run(&["--model", model]), "a", "forecast").len(), 4);
    }
    let refused = run(&["--coefficients"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    let kept = run(&["--model", "regression", "--save-model", "kept.json"]);
    let again = run(&["--model", "kept.json"]);
    assert_eq!(kept.stdout, again.stdout);
}

#[test]
fn a_forecast_tells_what_it_is_made_of() {
    let values: Vec<f64> =
        (0..48).map(|at| 100.0 + f64::from(at) + if at % 12 == 11 { 60.0 } else { 0.0 }).collect();
    let run = of_table(months(&values), &["--horizon", "12", "--fitted"]);
    let rows = cells(&run);
    assert_eq!(
        rows[0],
        ["series", "period", "value", "fitted", "error", "level", "season", "drivers"]
    );
    assert_eq!(rows.len(), 61);
    for row in &rows[1..] {
        let [level, season, drivers]: [f64; 3] = [5, 6, 7].map(|at| row[at].parse().unwrap());
        if row[2].is_empty() {
            let fitted: f64 = row[3].parse().unwrap();
            assert!((level + season + drivers - fitted).abs() < 1e-6, "{row:?}");
        }
        assert!(if row[1].contains("-12-") { season > 30.0 } else { season < 30.0 }, "{row:?}");
    }
}
