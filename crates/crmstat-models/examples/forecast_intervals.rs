//! Do the standard ensemble's intervals hold what they promise? Reads `id,v1,v2,…` a row, writes
//! `id,step,mean,lower_80,upper_80,lower_95,upper_95`.
//!
//! ```text
//! cargo run --release -p crmstat-models --example forecast_intervals -- FILE SEASON HORIZON
//! ```

use std::{
    env, fs,
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use crmstat_models::forecast::{Fitted, Series, ensemble::Ensemble, intervals};

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
    for ((id, _), fit) in rows.iter().zip(Ensemble::standard().fit_all(&series)) {
        let forecast = fit.forecast(horizon);
        let bounds = |level| intervals::calibrated(&forecast, level).map_err(|e| e.to_string());
        let (of_80, of_95) = (bounds(0.8)?, bounds(0.95)?);
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
