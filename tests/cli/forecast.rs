//! `crmstat forecast`: every option, from the file to the table.

use crate::support::{Folder, Run, dataset};

/// The cells of a CSV answer, the header first.
fn cells(run: &Run) -> Vec<Vec<String>> {
    run.answer().lines().map(row).collect()
}

/// The cells of a row without line breaks in them.
fn row(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for sign in line.chars() {
        match sign {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            sign => cells.last_mut().unwrap().push(sign),
        }
    }
    cells
}

/// The numbers under `header` of the rows whose first cell is `series`.
fn column(run: &Run, series: &str, header: &str) -> Vec<f64> {
    let rows = cells(run);
    let at = rows[0].iter().position(|name| name == header).unwrap();
    let rows = rows[1..].iter().filter(|row| row[0] == series);
    rows.map(|row| row[at].parse().unwrap()).collect()
}

fn orders(options: &[&str]) -> Run {
    let file = dataset("orders.csv");
    let mut arguments = vec!["forecast", &file, "--as-of", "2026-01-01", "--format", "csv"];
    arguments.extend(options);
    Folder::new().run(&arguments)
}

/// A table of one series by month from January 2020.
fn months(name: &str, values: impl Iterator<Item = f64>) -> String {
    let row = |(at, value): (usize, f64)| {
        format!("{name},{}-{:02}-01,{value}\n", 2020 + at / 12, at % 12 + 1)
    };
    values.enumerate().map(row).collect()
}

fn sales() -> Folder {
    let season = [0.0, -9.0, 4.0, 2.0, 7.0, -3.0, -8.0, 1.0, 5.0, 3.0, 9.0, 20.0];
    let sales = (0..48).map(|at| 100.0 + at as f64 + season[at % 12] + (at * 7 % 5) as f64);
    Folder::with("sales.csv", format!("series,date,value\n{}", months("a", sales)))
}

#[test]
fn twelve_months_of_revenue_with_intervals() {
    let run = orders(&[]);
    let rows = cells(&run);
    assert_eq!(
        rows[0][..8],
        ["series", "period", "forecast", "lower_80", "upper_80", "lower_95", "upper_95", "model"]
    );
    assert_eq!(
        (rows.len(), rows[1][1].as_str(), rows[12][1].as_str()),
        (13, "2026-01-01", "2026-12-01")
    );
    for row in &rows[1..] {
        let numbers: Vec<f64> = row[2..7].iter().map(|cell| cell.parse().unwrap()).collect();
        let [mean, lower_80, upper_80, lower_95, upper_95] = numbers[..] else { panic!("{row:?}") };
        assert!(0.0 <= lower_95 && [lower_95, lower_80, mean, upper_80, upper_95].is_sorted());
    }
}

#[test]
fn parts_add_up_to_the_total() {
    let run = orders(&["--by", "region", "--horizon", "3"]);
    let rows = cells(&run);
    let parts: std::collections::BTreeSet<&str> =
        rows[1..].iter().map(|row| row[0].as_str()).filter(|name| *name != "total").collect();
    assert!(parts.len() > 2, "{parts:?}");
    for (at, total) in column(&run, "total", "forecast").iter().enumerate() {
        let sum: f64 = parts.iter().map(|part| column(&run, part, "forecast")[at]).sum();
        assert!((sum - total).abs() < 1e-9 * total, "{sum} {total}");
    }
    assert!(run.stderr.contains("add up to the total by minimum trace"), "{}", run.stderr);
}

#[test]
fn every_period_and_measure_has_its_forecast() {
    for (period, first) in [
        ("day", "2026-01-01"),
        ("week", "2025-12-29"),
        ("quarter", "2026-01-01"),
        ("year", "2026-01-01"),
    ] {
        let run = orders(&["--period", period, "--horizon", "2", "--model", "theta"]);
        assert_eq!((cells(&run).len(), cells(&run)[1][1].as_str()), (3, first), "{period}");
    }
    for measure in ["orders", "customers"] {
        let run = orders(&["--measure", measure, "--horizon", "1", "--model", "ets"]);
        let expected = column(&run, "total", "forecast")[0];
        assert!((50.0..500.0).contains(&expected), "{measure}: {expected}");
    }
    let error = orders(&["--measure", "quantity"]);
    assert_eq!(error.code, Some(1));
    assert!(error.stderr.contains("--map quantity="), "{}", error.stderr);
}

#[test]
fn the_horizon_as_a_whole_and_a_target() {
    let whole = orders(&["--horizon", "3", "--total", "--level", "50,90"]);
    assert_eq!(
        cells(&whole)[0],
        ["series", "from", "to", "forecast", "lower_50", "upper_50", "lower_90", "upper_90"]
    );
    assert_eq!(cells(&whole)[1][1..3], ["2026-01-01", "2026-03-31"]);
    let sum = column(&whole, "total", "forecast")[0];
    let likely = |target: f64| {
        let run = orders(&["--horizon", "3", "--target", &target.to_string()]);
        column(&run, "total", "probability")[0]
    };
    assert!(likely(0.5 * sum) > 0.9 && likely(1.5 * sum) < 0.1);
}

#[test]
fn a_backtest_names_its_models_and_measures() {
    let run = sales().run(&[
        "forecast",
        "--series",
        "sales.csv",
        "--backtest",
        "--horizon",
        "6",
        "--origins",
        "2",
    ]);
    let rows = cells(&run);
    assert_eq!(
        rows[0],
        [
            "series",
            "model",
            "folds",
            "mase",
            "smape",
            "rmse",
            "coverage_80",
            "coverage_95",
            "rmsse",
            "bias",
            "skill"
        ]
    );
    let models: Vec<&str> = rows[1..].iter().map(|row| row[1].as_str()).collect();
    assert_eq!(models, ["auto", "seasonal-naive", "ets", "theta", "dotm", "ces"]);
    assert!(rows[1][10].parse::<f64>().unwrap() > 0.5, "{rows:?}");
    let gap = sales().run(&[
        "forecast",
        "--series",
        "sales.csv",
        "--backtest",
        "--horizon",
        "3",
        "--origins",
        "3",
        "--gap",
        "2",
        "--step",
        "4",
        "--model",
        "drift",
    ]);
    assert_eq!(cells(&gap)[1][..3], ["a", "drift", "3"]);
}

#[test]
fn what_does_not_belong_is_told() {
    let mut values: Vec<f64> = (0..48).map(|at| 50.0 + f64::from(at * 37 % 11)).collect();
    values[30] = 900.0;
    let folder =
        Folder::with("s.csv", format!("series,date,value\n{}", months("a", values.into_iter())));
    let run = folder.run(&["forecast", "--series", "s.csv", "--anomalies"]);
    assert!(run.answer().contains("2022-07-01"), "{}", run.stdout);
}

#[test]
fn a_table_of_series_is_an_options_value() {
    let apart = sales().run(&["forecast", "--series", "sales.csv"]);
    assert_eq!(cells(&apart).len(), 13);
    assert_eq!(apart.stdout, sales().run(&["forecast", "--series=sales.csv"]).stdout);
    let renamed =
        Folder::with("x.csv", "what,when,much\na,2024-01-01,1\na,2024-02-01,2\na,2024-03-01,3\n");
    let run = renamed.run(&[
        "forecast",
        "--series",
        "x.csv",
        "--horizon",
        "1",
        "--map",
        "series=what",
        "--map",
        "date=when",
        "--map",
        "value=much",
    ]);
    assert_eq!(cells(&run)[1][..2], ["a", "2024-04-01"]);
    let neither = Folder::new().run(&["forecast"]);
    assert_eq!(neither.code, Some(2));
    let both = sales().run(&["forecast", "sales.csv", "--series", "sales.csv"]);
    assert_eq!(both.code, Some(2));
}

#[test]
fn odd_series_get_a_forecast_or_a_reason() {
    let text = String::from("series,date,value\n")
        + &months("below", (0..30).map(|at| -10.0 - f64::from(at % 7)))
        + &months("constant", std::iter::repeat_n(5.0, 30))
        + &months("gap", [1.0, 2.0].into_iter())
        + "gap,2020-03-01,NaN\ngap,2020-04-01,4\n"
        + &months("one", std::iter::once(3.0))
        + &months("spike", (0..30).map(|at| if at == 20 { 1e9 } else { 0.0 }))
        + &months("zero", std::iter::repeat_n(0.0, 30));
    let folder = Folder::with("odd.csv", text);
    let run =
        folder.run(&["forecast", "--series", "odd.csv", "--horizon", "2", "--period", "month"]);
    for series in ["below", "constant", "gap", "one", "spike", "zero"] {
        for header in ["forecast", "lower_95", "upper_95"] {
            let values = column(&run, series, header);
            assert_eq!(values.len(), 2);
            let sound = |value: &f64| value.is_finite() && (series == "below" || *value >= 0.0);
            assert!(values.iter().all(sound), "{series} {header}: {values:?}");
        }
    }
    assert_eq!(column(&run, "constant", "forecast"), [5.0, 5.0]);
    assert!(column(&run, "below", "forecast").iter().all(|value| *value < -5.0));
    let nothing = Folder::with("none.csv", "series,date,value\na,2024-01-01,\n");
    let run = nothing.run(&["forecast", "--series", "none.csv"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
}

#[test]
fn russian_titles_and_every_format() {
    let run = sales().run(&[
        "forecast",
        "--series",
        "sales.csv",
        "--horizon",
        "1",
        "--lang",
        "ru",
        "--format",
        "md",
    ]);
    assert!(run.answer().contains("Прогноз") && run.stdout.contains("Нижняя граница 80 %"));
    let run = sales().run(&[
        "forecast",
        "--series",
        "sales.csv",
        "--horizon",
        "1",
        "--format",
        "json",
        "--seed",
        "7",
    ]);
    let text = run.answer();
    assert!(text.contains("\"seed\": 7") || text.contains("\"seed\":7"), "{text}");
}

#[test]
fn threads_and_repetition_change_nothing() {
    let run = |threads| orders(&["--by", "region", "--horizon", "2", "--threads", threads]).stdout;
    assert_eq!(run("1"), run("3"));
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    for (options, says) in [
        (&["--model", "astrology"][..], "there is no model `astrology`"),
        (&["--horizon", "0"], "is not within 1 to"),
        (&["--level", "100"], "a level of 100 %"),
        (&["--period", "fortnight"], "`fortnight` is no period"),
        (&["--by", "shoe_size"], "there is no column `shoe_size`"),
        (&["--open-deals"], "--pipeline"),
        (&["--pipeline", "--measure", "orders"], "cannot be used with"),
        (&["--origins", "3"], "--backtest"),
    ] {
        let run = orders(options);
        assert_eq!(run.code, Some(2), "{options:?}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{options:?}: {}", run.stderr);
    }
    let run = orders(&["--pipeline"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("holds orders, not deals"), "{}", run.stderr);
}

/// Sales of days that are lower on holidays of one's own.
fn days() -> (String, String) {
    let (mut text, mut holidays) = ("series,date,value\n".to_owned(), "date,name\n".to_owned());
    for at in 0..300 {
        let date = format!("2024-{:02}-{:02}", at / 28 % 12 + 1, at % 28 + 1);
        let is_holiday = at % 23 == 5;
        if is_holiday {
            holidays += &format!("{date},day {at}\n");
        }
        let value = 100 + at * 7 % 11 - if is_holiday { 60 } else { 0 };
        text += &format!("a,{date},{value}\n");
    }
    (text, holidays)
}

#[test]
fn holidays_and_regressors_move_the_forecast() {
    let (text, holidays) = days();
    let folder = Folder::with("days.csv", text).and("holidays.csv", holidays);
    let daily = ["forecast", "--series", "days.csv", "--period", "day", "--horizon", "3"];
    let with = |options: &[&str]| folder.run(&[&daily[..], options].concat());
    let run = with(&["--holidays", "holidays.csv"]);
    let model = &cells(&run)[1];
    assert!(model.iter().any(|cell| cell.contains("holiday")), "{model:?}");
    assert!(
        with(&["--holidays", "ru"]).code == Some(0)
            && with(&["--holidays", "none"]).code == Some(0)
    );
    let missing = with(&["--holidays", "nowhere.csv"]);
    assert_eq!(missing.code, Some(1), "{}", missing.stderr);

    let promotion = |at: usize| f64::from(u8::from(at % 5 == 2));
    let values = (0..48).map(|at| 100.0 + (at * 7 % 5) as f64 + 40.0 * promotion(at));
    let plan = |count: usize| -> String {
        let rows = (0..count)
            .map(|at| format!("{}-{:02}-01,{}\n", 2020 + at / 12, at % 12 + 1, promotion(at)));
        "date,promotion\n".to_owned() + &rows.collect::<String>()
    };
    let folder = Folder::with("s.csv", format!("series,date,value\n{}", months("a", values)))
        .and("plan.csv", plan(52))
        .and("short.csv", plan(49));
    let arguments =
        ["forecast", "--series", "s.csv", "--period", "month", "--horizon", "4", "--regressors"];
    let run = folder.run(&[&arguments[..], &["plan.csv"]].concat());
    let forecast = column(&run, "a", "forecast");

    for (at, mean) in forecast.iter().enumerate() {
        let expected = 102.0 + 40.0 * promotion(48 + at);
        assert!((mean - expected).abs() < 6.0, "{at}: {mean} for {expected}");
    }
    let short = folder.run(&[&arguments[..], &["short.csv"]].concat());
    assert_eq!(short.code, Some(1));
    assert!(
        short.stderr.contains("`promotion`") && short.stderr.contains("the month of 2024-02-01"),
        "{}",
        short.stderr
    );
    assert!(short.stderr.contains("hint: it must be known from 2020-01-01 to 2024-04-30"));
    let backtest = folder.run(&[&arguments[..], &["plan.csv", "--backtest"]].concat());
    let skill = |model: &str| {
        let rows = cells(&backtest);
        rows.iter().find(|row| row[1] == model).unwrap()[10].parse::<f64>().unwrap()
    };
    assert!(skill("auto") > skill("ets") + 0.2, "{}", backtest.stdout);
}

#[test]
fn a_pipeline_is_forecast_from_its_deals() {
    let (deals, history) = (dataset("pipedrive.csv"), dataset("pipedrive_history.csv"));
    let run = |options: &[&str]| {
        let mut arguments = vec![
            "forecast",
            &deals,
            "--pipeline",
            "--history",
            &history,
            "--as-of",
            "2026-01-01",
            "--horizon",
            "2",
            "--format",
            "csv",
        ];
        arguments.extend(options);
        Folder::new().run(&arguments)
    };
    let forecast = run(&[]);
    let header = &cells(&forecast)[0];
    assert_eq!(header[8..], ["won", "from_open", "from_new", "from_series"]);
    for header in ["from_open", "from_new", "from_series"] {
        assert!(column(&forecast, "total", header).iter().all(|value| *value > 0.0), "{header}");
    }
    assert!(forecast.stderr.contains("the pipeline counts for"), "{}", forecast.stderr);
    assert_eq!(forecast.stdout, run(&["--threads", "1"]).stdout);

    let open = run(&["--open-deals"]);
    let rows = cells(&open);
    assert_eq!(rows[0][..4], ["deal_id", "stage", "owner", "created"]);
    for row in &rows[1..] {
        let [won, lost]: [f64; 2] = [6, 7].map(|at| row[at].parse().unwrap());
        assert!(won >= 0.0 && lost >= 0.0 && won + lost <= 1.0 + 1e-9, "{row:?}");
    }
    let backtest = run(&["--backtest", "--origins", "3"]);
    let rows = cells(&backtest);
    let models: Vec<&str> = rows[1..].iter().map(|row| row[1].as_str()).collect();
    assert_eq!(models, ["combined", "pipeline", "series", "stage-weight", "seasonal-naive"]);
    let rmse = |model: usize| rows[1 + model][5].parse::<f64>().unwrap();
    assert!(rmse(0) < rmse(3), "{rows:?}");
    let whole = run(&["--target", "1"]);
    assert!(column(&whole, "total", "probability")[0] > 0.999);

    // Groups add up to the total, which stays as it was.
    // The owner tells the odds of a deal; any other column of the file only divides it.
    for by in ["owner", "Deal - Stage"] {
        let divided = run(&["--by", by]);
        let rows = cells(&divided);
        assert!(rows.len() > 2 * 3, "{}", divided.stdout);
        for header in ["forecast", "won", "from_open", "from_new", "from_series"] {
            let total = column(&divided, "total", header);
            assert_eq!(total, column(&forecast, "total", header), "{header}");
            let place = rows[0].iter().position(|name| name == header).unwrap();
            for (at, total) in total.iter().enumerate() {
                let groups = rows[1..].iter().filter(|row| row[0] != "total").skip(at).step_by(2);
                let sum: f64 = groups.map(|row| row[place].parse::<f64>().unwrap()).sum();
                assert!((sum - total).abs() < 1e-9 * total.max(1.0), "{header}: {sum} {total}");
            }
        }
        for row in &rows[1..] {
            let [forecast, lower, upper]: [f64; 3] = [2, 3, 4].map(|at| row[at].parse().unwrap());
            assert!(0.0 <= lower && lower <= forecast && forecast <= upper, "{row:?}");
        }
    }
    for (options, says) in [
        (&["--by", "owner,product"][..], "divided by one column"),
        (&["--by", "owner", "--backtest"], "is not divided"),
        (&["--by", "weather"], "there is no column `weather`"),
    ] {
        let refused = run(options);
        assert_eq!(refused.code, Some(2), "{options:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(says), "{options:?}: {}", refused.stderr);
    }
    let refused = run(&["--by", "region"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("--map region=COLUMN"), "{}", refused.stderr);
}

#[test]
fn saved_models_go_on_with_new_observations() {
    let text = sales().read("sales.csv");
    let rows: Vec<&str> = text.lines().collect();
    let folder = sales()
        .and("before.csv", rows[..43].join("\n"))
        .and("new.csv", [&rows[..1], &rows[43..]].concat().join("\n"));
    let with = |file: &str, options: &[&str]| {
        let arguments = ["forecast", "--series", file, "--period", "month", "--horizon", "3"];
        folder.run(&[&arguments[..], options].concat())
    };
    let saved = with("before.csv", &["--save-model", "state.json"]);
    assert_eq!(cells(&saved)[1][1], "2023-07-01");
    // The whole history and only what is new are the same.
    let whole = with("sales.csv", &["--model", "state.json"]);
    assert_eq!(cells(&whole)[1][1], "2024-01-01");
    assert_eq!(whole.stdout, with("new.csv", &["--model", "state.json"]).stdout);
    let fresh = column(&with("sales.csv", &[]), "a", "forecast");
    for (ours, theirs) in column(&whole, "a", "forecast").iter().zip(fresh) {
        assert!((ours / theirs - 1.0).abs() < 0.05, "{ours} {theirs}");
    }
    let again = column(&with("before.csv", &["--model", "state.json"]), "a", "forecast");
    for (ours, theirs) in again.iter().zip(column(&saved, "a", "forecast")) {
        assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} {theirs}");
    }

    let changed = folder.and("changed.csv", text.replace("a,2020-03-01,", "a,2020-03-01,9"));
    let run = |file: &str, period: &str| {
        changed.run(&["forecast", "--series", file, "--period", period, "--model", "state.json"])
    };
    let refused = run("changed.csv", "month");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("on 2020-03-01 was"), "{}", refused.stderr);
    let other = run("sales.csv", "quarter");
    assert_eq!(other.code, Some(2), "{}", other.stderr);
}

#[test]
fn saved_models_keep_what_regressors_do() {
    let promotion = |at: usize| u8::from(at % 5 == 2);
    let value = |at: usize| 100.0 + (at * 7 % 5) as f64 + 40.0 * f64::from(promotion(at));
    let plan: String = (0..56)
        .map(|at| format!("{}-{:02}-01,{}\n", 2020 + at / 12, at % 12 + 1, promotion(at)))
        .collect();
    let sales = |count| format!("series,date,value\n{}", months("a", (0..count).map(value)));
    let folder = Folder::with("before.csv", sales(48))
        .and("now.csv", sales(51))
        .and("plan.csv", "date,promotion\n".to_owned() + &plan);
    let with = |file: &str, options: &[&str]| {
        let arguments = ["forecast", "--series", file, "--period", "month", "--horizon", "4"];
        folder.run(&[&arguments[..], options].concat())
    };
    let regressors = ["--regressors", "plan.csv"];
    with("before.csv", &[&regressors[..], &["--save-model", "state.json"]].concat());
    let later = with("now.csv", &[&regressors[..], &["--model", "state.json"]].concat());
    let model = &cells(&later)[1];
    assert!(model.iter().any(|cell| cell.contains("promotion + ")), "{model:?}");
    for (at, mean) in column(&later, "a", "forecast").iter().enumerate() {
        let expected = 102.0 + 40.0 * f64::from(promotion(51 + at));
        assert!((mean - expected).abs() < 6.0, "{at}: {mean} for {expected}");
    }
    let without = with("now.csv", &["--model", "state.json"]);
    assert_eq!(without.code, Some(1), "{}", without.stderr);
    assert!(
        without.stderr.contains("series `a`") && without.stderr.contains("regressor `promotion`"),
        "{}",
        without.stderr
    );
}

#[test]
fn saved_models_keep_the_season_of_the_year() {
    let text = |count: i32| -> String {
        let row = |at: i32| {
            let date = crmstat::Date::from_days(19_000 + at);
            let year = (std::f64::consts::TAU * f64::from(at) / 365.0).sin();
            format!("a,{date},{}\n", 300.0 + 100.0 * year + f64::from(at % 7 * 10 + at * 37 % 17))
        };
        "series,date,value\n".to_owned() + &(0..count).map(row).collect::<String>()
    };
    let folder = Folder::with("before.csv", text(760)).and("now.csv", text(800));
    let with = |file: &str, options: &[&str]| {
        let arguments = ["forecast", "--series", file, "--period", "day", "--horizon", "90"];
        folder.run(&[&arguments[..], options].concat())
    };
    with("before.csv", &["--save-model", "state.json"]);
    let later = with("now.csv", &["--model", "state.json"]);
    assert!(cells(&later)[1].iter().any(|cell| cell.contains("season of the year")));
    let fresh = column(&with("now.csv", &[]), "a", "forecast");
    for (ours, theirs) in column(&later, "a", "forecast").iter().zip(fresh) {
        assert!((ours / theirs - 1.0).abs() < 0.15, "{ours} {theirs}");
    }
}
