//! `crmstat generate`: synthetic CRM data with known truth.

use crate::{
    args::{GenerateArgs, ProcessArg},
    printer::Printer,
};
use anyhow::Result;
use crmstat::{
    Error,
    generate::{Part, Process, Report, Spec, World},
    output::{Format, write_atomically},
};
use std::{
    io::{self, IsTerminal},
    path::Path,
};

/// Writes the orders or deals, or the table asked for instead, and the tables asked for beside it.
pub(crate) fn run(args: &GenerateArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let world = spec(args)?.check()?;
    let format = args.output.format.as_deref().map(str::parse).transpose()?;
    let part = answer(args)?;
    match &args.output.output {
        Some(path) => {
            let report = write(&world, part, format, path)?;
            printer.note(told(&report, part, path));
        }
        None if args.beside().next().is_none() || !io::stdout().is_terminal() => {
            world.write(part, format.unwrap_or(Format::Csv), &mut io::stdout())?;
        }
        None => {}
    }
    for (name, path) in args.beside() {
        if path.as_os_str().is_empty() {
            return Err(Error::usage(format!("`--part {name}=` names no file"))
                .with_hint("write it as in `--part truth=truth.csv`")
                .into());
        }
        let part = name.parse()?;
        let report = write(&world, part, None, &path)?;
        printer.note(told(&report, part, &path));
    }
    Ok(())
}

/// The table that goes to standard output or `-o`.
fn answer(args: &GenerateArgs) -> Result<Part> {
    let instead: Vec<&str> = args.instead().collect();
    match instead[..] {
        [] => Ok(Part::Main),
        [part] => Ok(part.parse()?),
        [first, second, ..] => Err(Error::usage(format!(
            "`--part {first}` and `--part {second}` cannot both be written instead of the orders"
        ))
        .with_hint("name a file for all but one, as in `--part truth=truth.csv`")
        .into()),
    }
}

fn spec(args: &GenerateArgs) -> Result<Spec> {
    let mut spec = Spec::new().dialect(args.dialect.parse()?).process(match args.process {
        ProcessArg::BgNbd => Process::BG_NBD,
        ProcessArg::ParetoNbd => Process::PARETO_NBD,
    });
    if let Some(customers) = args.customers {
        spec = spec.customers(customers);
    }
    if let Some(orders) = args.orders {
        spec = spec.orders(orders);
    }
    if let Some(seed) = args.seed {
        spec = spec.seed(seed);
    }
    if let Some(from) = &args.from {
        spec = spec.from(from.parse()?);
    }
    if let Some(to) = &args.to {
        spec = spec.to(to.parse()?);
    }
    if let Some(seasonality) = args.seasonality {
        spec = spec.seasonality(seasonality);
    }
    if let Some(growth) = args.growth {
        spec = spec.growth(growth);
    }
    if let Some(win_rate) = args.win_rate {
        spec = spec.win_rate(win_rate);
    }
    if let Some(days) = args.horizon_days {
        spec = spec.horizon_days(days);
    }
    if let Some(dirt) = args.dirt {
        spec = spec.dirt(dirt);
    }
    Ok(spec)
}

fn write(world: &World, part: Part, format: Option<Format>, path: &Path) -> Result<Report> {
    // An extension that names no format, such as Bitrix24's `.xls`, gets the text of the dialect.
    let format = format.or_else(|| Format::of_path(path).ok()).unwrap_or(Format::Csv);
    Ok(write_atomically(path, |out| world.write(part, format, out))?)
}

fn told(report: &Report, part: Part, path: &Path) -> String {
    if part != Part::Main {
        return format!("{} rows of {} in `{}`", report.rows, part.name(), path.display());
    }
    let mut line = format!(
        "{} rows in `{}`: {} orders worth {}",
        report.rows,
        path.display(),
        report.orders,
        report.revenue
    );
    if let Some((first, last)) = report.dates {
        line.push_str(&format!(", from {first} to {last}"));
    }
    for (fault, rows) in report.faults.iter().filter(|(_, rows)| *rows > 0) {
        line.push_str(&format!(", {rows} with {}", fault.name()));
    }
    line
}
