//! Pipelines out of exports: what is known at a cutoff, what is not, and what comes of it.

use super::*;
use crate::{
    Lang,
    analysis::forecast::Plan,
    data::{Deals, Field, Records, TableKind},
    generate::{Dialect, Part, Spec},
    ingest::{Export, ReadOptions},
    write::Format,
};

fn read(bytes: &[u8]) -> Deals {
    let mut export = Export::from_bytes("deals.csv", bytes, ReadOptions::default()).unwrap();
    Deals::read(&mut export).unwrap().result
}

fn as_of(date: &str) -> PipelineQuery {
    PipelineQuery { as_of: Some(AsOf::start_of(date.parse().unwrap())), ..PipelineQuery::default() }
}

/// A generated sales team: its deals and the history of their stages.
fn team(seed: u64) -> (Deals, Records) {
    let world = Spec::new()
        .customers(60)
        .orders(400)
        .seed(seed)
        .dialect(Dialect::Pipedrive)
        .check()
        .unwrap();
    let written = |part: &str| {
        let mut bytes = Vec::new();
        world.write(part.parse::<Part>().unwrap(), Format::Csv, &mut bytes).unwrap();
        bytes
    };
    let options = ReadOptions { kind: Some(TableKind::History), ..ReadOptions::default() };
    let mut export = Export::from_bytes("history.csv", written("history"), options).unwrap();
    (read(&written("main")), Records::read(&mut export).unwrap().result)
}

/// Two deals a day for a year: one won after 20 days, one lost after 30; only the won have an amount.
fn clockwork() -> String {
    let mut text = "deal_id,account,stage,created,close_date,amount,product\n".to_owned();
    let date = |day: i32| Date::from_days(19_723 + day); // from 2024-01-01
    for day in 0..366 {
        let closing = |after: i32, stage| {
            if day + after < 366 {
                format!("{stage},{},{}", date(day), date(day + after))
            } else {
                format!("Engaging,{},", date(day))
            }
        };
        let amount = if day + 20 < 366 { "50" } else { "" };
        text += &format!("w{day},a,{},{amount},Pen\n", closing(20, "Won"));
        text += &format!("l{day},b,{},,Ink\n", closing(30, "Lost"));
    }
    text
}

#[test]
fn clockwork_goes_on() {
    let flow = DealFlow::new(&read(clockwork().as_bytes()), None, &as_of("2025-01-01")).unwrap();
    assert!(flow.notes().iter().any(|note| note.contains("only won deals have amounts")));
    let options = Options { horizon: Some(2), target: Some(2000.0), ..Options::default() };
    let forecast = forecast_pipeline(&flow, &options).unwrap();
    let [series] = forecast.forecasts().series() else { panic!("one series") };
    // A deal a day is won, each worth 50.
    for (mean, days) in series.mean.iter().zip([31.0, 28.0]) {
        assert!((mean / (50.0 * days) - 1.0).abs() < 0.15, "{mean} for {}", 50.0 * days);
    }
    assert!(series.total.reached.unwrap() > 0.9);
    assert_eq!(forecast.open().len(), 20 + 30);
    let table = forecast.table(Lang::Ru).unwrap();
    assert_eq!((table.rows(), table.columns().last().unwrap().title(Lang::Ru)), (2, "По ряду"));
}

#[test]
fn a_period_that_has_begun_holds_what_was_won() {
    let deals = read(clockwork().as_bytes());
    let flow = DealFlow::new(&deals, None, &as_of("2024-12-16")).unwrap();
    let forecast = forecast_pipeline(&flow, &Options { horizon: Some(1), ..Options::default() });
    let forecast = forecast.unwrap();
    let [part] = forecast.parts()[0][..] else { panic!("one period") };
    assert_eq!(part.won, 15.0 * 50.0);
    let mean = forecast.forecasts().series()[0].mean[0];
    assert!((mean - part.won - part.from_open - part.from_new).abs() < 1e-9);
    assert!((mean / (31.0 * 50.0) - 1.0).abs() < 0.15, "{mean}");
    assert!(forecast.forecasts().series()[0].intervals[1].lower[0] >= part.won);
}

#[test]
fn an_earlier_cutoff_knows_nothing_of_what_came() {
    let (deals, history) = team(3);
    let options = Options { horizon: Some(2), ..Options::default() };
    let at = |date: &str| {
        let flow = DealFlow::new(&deals, Some(&history), &as_of(date)).unwrap();
        let plan = Plan { origins: 1, ..Plan::default() };
        (
            forecast_pipeline(&flow, &options).unwrap(),
            backtest_pipeline(&flow, &options, plan).unwrap(),
        )
    };
    let (then, _) = at("2025-06-01");
    let (_, tested) = at("2025-08-01");
    // The backtest's one origin is the first of June; its errors are those of the forecast made then.
    let flow = DealFlow::new(&deals, Some(&history), &as_of("2025-08-01")).unwrap();
    let won = flow.won(flow.current - 2..flow.current, flow.cutoff);
    let mean = &then.forecasts().series()[0].mean;
    let squares: f64 = won.iter().zip(mean).map(|(y, f)| (y - f).powi(2)).sum();
    let rmse = tested.rows()[0].rmse.unwrap();
    // Fewer paths in a backtest: equal but for their noise.
    assert!((rmse / (squares / 2.0).sqrt() - 1.0).abs() < 0.2, "{rmse} {squares}");
}

#[test]
fn neither_threads_nor_the_order_of_rows_change_anything() {
    let text = clockwork();
    let mut rows: Vec<&str> = text.lines().collect();
    rows[1..].reverse();
    let run = |text: &str, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let flow = DealFlow::new(&read(text.as_bytes()), None, &as_of("2025-01-01")).unwrap();
            let options = Options { horizon: Some(1), ..Options::default() };
            forecast_pipeline(&flow, &options).unwrap().forecasts().series().to_vec()
        })
    };
    assert_eq!(run(&text, 1), run(&rows.join("\n"), 2));
}

#[test]
fn what_no_forecast_can_come_of_is_said() {
    let few = "deal_id,account,stage,created,close_date,amount\n1,a,Won,2024-01-01,2024-02-01,5\n";
    let flow = DealFlow::new(&read(few.as_bytes()), None, &PipelineQuery::default()).unwrap();
    let error = forecast_pipeline(&flow, &Options::default()).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("1 deals were closed"), "{error}");
    let error = backtest_pipeline(&flow, &Options::default(), Plan::default()).unwrap_err();
    assert!(error.is_data(), "{error}");
    let none = Plan { origins: 0, ..Plan::default() };
    assert!(backtest_pipeline(&flow, &Options::default(), none).unwrap_err().is_usage());
    let early = DealFlow::new(&read(few.as_bytes()), None, &as_of("2023-01-01"));
    assert!(early.unwrap_err().to_string().contains("no deal was created before"));
}

#[test]
fn groups_add_up_to_the_total_also_within_a_period() {
    let (deals, history) = team(5);
    let at = |by: Option<Field>| PipelineQuery { by: by.map(Into::into), ..as_of("2025-08-12") };
    let options = Options { horizon: Some(3), target: Some(9000.0), ..Options::default() };
    let flow = |by| DealFlow::new(&deals, Some(&history), &at(by)).unwrap();
    let one = DealFlow::new(&deals, Some(&history), &at(Some(Field::Pipeline))).unwrap_err();
    assert!(one.is_data() && one.to_string().contains("values of pipeline is 1"), "{one}");
    let whole = forecast_pipeline(&flow(None), &options).unwrap();
    for field in [Field::Owner, Field::Product, Field::Source] {
        let divided = forecast_pipeline(&flow(Some(field)), &options).unwrap();
        let [total, groups @ ..] = divided.forecasts().series() else { panic!("no total") };
        assert!(!groups.is_empty(), "{field}");
        let sum_of = |of: &dyn Fn(usize) -> f64| (1..=groups.len()).map(of).sum::<f64>();
        for (at, mean) in total.mean.iter().enumerate() {
            let before = whole.forecasts().series()[0].mean[at];
            assert!((mean - before).abs() < 1e-6 * before, "{field}: {mean} {before}");
            let sum: f64 = groups.iter().map(|group| group.mean[at]).sum();
            assert!((sum - mean).abs() < 1e-9 * mean, "{field}: {sum} {mean}");
            let part = |of: fn(&super::Part) -> f64| {
                let sum = sum_of(&|group| of(&divided.parts()[group][at]));
                (sum - of(&divided.parts()[0][at])).abs() < 1e-9 * mean
            };
            assert!(part(|part| part.won) && part(|part| part.from_open));
            assert!(part(|part| part.from_new) && part(|part| part.series));
        }
        let sum: f64 = groups.iter().map(|group| group.total.mean).sum();
        assert!((sum - total.total.mean).abs() < 1e-9 * sum);
        for group in groups {
            let (lower, upper) = group.total.bounds[0];
            assert!(lower <= group.total.mean && group.total.mean <= upper, "{group:?}");
            assert!(upper - lower <= total.total.bounds[0].1 - total.total.bounds[0].0);
        }
    }
}
