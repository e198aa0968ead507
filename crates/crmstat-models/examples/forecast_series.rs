//! How does a model forecast many series? Reads `id,v1,v2,…` a row, writes `id,f1,f2,…`.
//!
//! ```text
//! cargo run --release -p crmstat-models --example forecast_series -- FILE MODEL SEASON HORIZON
//! ```
//!
//! MODEL is a name that `by_name` knows. Forecasts go to standard output; the time of the fits on one
//! core, that of the slowest series and every refusal go to standard error.

use std::{
    env, fs,
    io::{self, BufWriter, Write},
    process::ExitCode,
    time::Instant,
};

use crmstat_models::forecast::{
    Model, Series,
    arima::Arima,
    baseline::Baseline,
    ces::Ces,
    ensemble::Ensemble,
    ets::{Ets, Form},
    intermittent::Intermittent,
    mstl::Mstl,
    theta::{Theta, Variant},
};

fn by_name(name: &str) -> Option<Box<dyn Model>> {
    Some(match name {
        "naive" => Box::new(Baseline::Naive),
        "seasonal-naive" => Box::new(Baseline::SeasonalNaive),
        "drift" => Box::new(Baseline::Drift),
        "cautious-drift" => Box::new(Baseline::CautiousDrift),
        "ensemble" => Box::new(Ensemble::standard()),
        "theta" => Box::new(Theta::new(Variant::Standard)),
        "otm" => Box::new(Theta::new(Variant::Optimised)),
        "dstm" => Box::new(Theta::new(Variant::DynamicStandard)),
        "dotm" => Box::new(Theta::new(Variant::DynamicOptimised)),
        "ces" => Box::new(Ces::new()),
        "arima" => Box::new(Arima::automatic()),
        "imapa" => Box::new(Intermittent::default()),
        "mstl" => Box::new(Mstl::automatic()),
        "ets" => Box::new(Ets::automatic()),
        "ets-non-seasonal" => Box::new(Ets::non_seasonal()),
        form => Box::new(Ets::form(form.parse::<Form>().ok()?)),
    })
}

fn main() -> ExitCode {
    match run(&env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [file, model, season, horizon] = arguments else {
        return Err("usage: forecast_series FILE MODEL SEASON HORIZON".into());
    };
    let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
    let (season, horizon) = (number(season)?, number(horizon)?);
    let model = by_name(model).ok_or_else(|| format!("no model `{model}`"))?;
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;

    let mut output = BufWriter::new(io::stdout().lock());
    let (mut fitted, mut refused, mut slowest) = (0, 0, 0.0_f64);
    let began = Instant::now();
    for line in text.lines() {
        let mut cells = line.split(',');
        let id = cells.next().unwrap_or_default();
        let values: Vec<f64> = cells.map_while(|cell| cell.parse().ok()).collect();
        let start = Instant::now();
        let fit = Series::new(&values, season).and_then(|series| model.fit(&series));
        slowest = slowest.max(start.elapsed().as_secs_f64());
        match fit {
            Ok(fit) => {
                fitted += 1;
                let mean = fit.forecast(horizon).mean;
                let cells: Vec<String> = mean.iter().map(f64::to_string).collect();
                writeln!(output, "{id},{}", cells.join(",")).map_err(|error| error.to_string())?;
            }
            Err(error) => {
                refused += 1;
                eprintln!("{id}: {error}");
            }
        }
    }
    output.flush().map_err(|error| error.to_string())?;
    let seconds = began.elapsed().as_secs_f64();
    eprintln!(
        "{fitted} fitted, {refused} refused, {seconds:.3} s, {:.1}/s, slowest {slowest:.3} s",
        f64::from(fitted) / seconds
    );
    Ok(())
}
