//! Do the standard ensemble's intervals hold what they promise? Reads `id,v1,v2,…` a row, writes
//! `id,step,mean,lower_80,upper_80,lower_95,upper_95`; the step 0 is the horizon as a whole.
//!
//! ```text
//! cargo run --release -p crmstat-models --example forecast_intervals -- FILE SEASON HORIZON
//! ```

use std::{
    env, fs,
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use crmstat_models::forecast::{
    Fitted, Series,
    ensemble::{Ensemble, Note},
    intervals::{Outcome, Past, Paths},
};

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
    let [file, season, horizon] = arguments else {
        return Err("usage: forecast_intervals FILE SEASON HORIZON".into());
    };
    let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
    let (season, horizon) = (number(season)?, number(horizon)?);
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let rows: Vec<(&str, Vec<f64>)> = text
        .lines()
        .filter_map(|line| line.split_once(','))
        .map(|(id, cells)| (id, cells.split(',').map_while(|cell| cell.parse().ok()).collect()))
        .collect();
    let series: Vec<Series<'_>> = rows
        .iter()
        .map(|(id, values)| Series::new(values, season).map_err(|error| format!("{id}: {error}")))
        .collect::<Result<_, _>>()?;

    let mut output = BufWriter::new(io::stdout().lock());
    let fits = Ensemble::standard().fit_all(&series);
    for (((id, _), series), fit) in rows.iter().zip(&series).zip(fits) {
        let forecast = fit.forecast(horizon);
        let paths = Paths::simulate(&fit, horizon, 400, 1).map_err(|error| error.to_string())?;
        let mixture = fit.notes().iter().any(Note::is_mixture);
        let past = Past::of(&fit, series, horizon);
        let bounds = |level| {
            let interval =
                if mixture { paths.interval(level) } else { past.interval(&forecast, level) };
            interval.map(|interval| interval.at_least(fit.floor().unwrap_or(f64::MIN)))
        };
        let (of_80, of_95) = bounds(0.8)
            .and_then(|of_80| Ok((of_80, bounds(0.95)?)))
            .map_err(|error| error.to_string())?;
        let whole = if mixture {
            Outcome::of_sums(&paths)
        } else {
            let paths = paths.matched(&forecast).map_err(|error| error.to_string())?;
            let mean = forecast.mean.iter().sum::<f64>();
            let errors = paths.paths().iter().map(|path| path.iter().sum::<f64>() - mean);
            let variance = errors.map(|error| error * error).sum::<f64>() / 400.0;
            past.sum(mean, variance.sqrt(), fit.floor())
        };
        let (lower, upper) = whole.interval(0.8).map_err(|error| error.to_string())?;
        let (least, most) = whole.interval(0.95).map_err(|error| error.to_string())?;
        let mean = forecast.mean.iter().sum::<f64>();
        writeln!(output, "{id},0,{mean},{lower},{upper},{least},{most}")
            .map_err(|error| error.to_string())?;
        for (step, mean) in forecast.mean.iter().enumerate() {
            let cells = [
                mean,
                &of_80.lower[step],
                &of_80.upper[step],
                &of_95.lower[step],
                &of_95.upper[step],
            ]
            .map(f64::to_string)
            .join(",");
            writeln!(output, "{id},{},{cells}", step + 1).map_err(|error| error.to_string())?;
        }
    }
    output.flush().map_err(|error| error.to_string())
}
