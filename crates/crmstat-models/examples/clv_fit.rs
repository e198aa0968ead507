//! Fits a model of repeat purchases to a file of `x,t_x,T` in weeks and says how long it took.
//!
//! ```sh
//! cargo run --release -p crmstat-models --example clv_fit -- customers.csv bg-nbd
//! ```

use std::error::Error;
use std::time::Instant;

use crmstat_models::clv::{
    BgNbd, Dropout, FitParams, ParetoNbd, PurchaseProcess, Span, Summaries, Summary, TimeUnit,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: clv_fit FILE bg-nbd|mbg-nbd|pareto-nbd";
    let (path, model) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let customers = read(&path)?;
    let params = FitParams::default();
    let started = Instant::now();
    match model.as_str() {
        "bg-nbd" => {
            let fitted = BgNbd::fit(&customers, Dropout::AfterRepeatOrder, params)?;
            report(&fitted, &customers, started)
        }
        "mbg-nbd" => {
            let fitted = BgNbd::fit(&customers, Dropout::AfterEveryOrder, params)?;
            report(&fitted, &customers, started)
        }
        "pareto-nbd" => report(&ParetoNbd::fit(&customers, params)?, &customers, started),
        _ => Err(usage.into()),
    }
}

/// Reads a header and rows of `x,t_x,T`.
fn read(path: &str) -> Result<Summaries, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut customers = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let place = || format!("line {}: `{line}` is not x,t_x,T", number + 1);
        let field: Vec<&str> = line.split(',').collect();
        let &[x, t_x, end] = field.as_slice() else { return Err(place().into()) };
        customers.push(Summary::new(
            x.parse().map_err(|_| place())?,
            t_x.parse().map_err(|_| place())?,
            end.parse().map_err(|_| place())?,
        )?);
    }
    Ok(Summaries::new(TimeUnit::Week, customers))
}

/// Prints `name value` lines: the fit, its time, and how fast every customer's year is predicted.
fn report<P: PurchaseProcess>(
    fitted: &P,
    customers: &Summaries,
    started: Instant,
) -> Result<(), Box<dyn Error>> {
    let seconds = started.elapsed().as_secs_f64();
    for (name, value) in P::PARAMETERS.iter().zip(fitted.parameters()) {
        println!("{name} {value:.9}");
    }
    if let Some(estimate) = fitted.estimate() {
        println!("log_likelihood {:.9}", estimate.log_likelihood);
        println!("converged {}", estimate.converged);
        println!("iterations {}", estimate.iterations);
    }
    println!("fit_seconds {seconds:.6}");
    let started = Instant::now();
    let forecasts = fitted.predict(customers, Span::new(52.0, TimeUnit::Week)?)?;
    let per_second = forecasts.len() as f64 / started.elapsed().as_secs_f64();
    println!("predictions_per_second {per_second:.0}");
    Ok(())
}
