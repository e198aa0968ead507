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

/// Writes the orders or deals, and the other tables that were asked for.
pub(crate) fn run(args: &GenerateArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let world = spec(args)?.check()?;
    let format = args.output.format.as_deref().map(str::parse).transpose()?;
    match &args.output.output {
        Some(path) => {
            let report = write(&world, Part::Main, format, path)?;
            printer.note(told(&report, path));
        }
        None if args.part.is_empty() || !io::stdout().is_terminal() => {
            world.write(Part::Main, format.unwrap_or(Format::Csv), &mut io::stdout())?;
        }
        None => {}
    }
    for (name, path) in args.parts() {
        if path.as_os_str().is_empty() {
            return Err(Error::usage(format!("`--part {name}` names no file"))
                .with_hint("write it as in `--part truth=truth.csv`")
                .into());
        }
        let report = write(&world, name.parse()?, None, &path)?;
        printer.note(format!("{} rows of {name} in `{}`", report.rows, path.display()));
    }
    Ok(())
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

fn told(report: &Report, path: &Path) -> String {
    let mut line = format!(
        "{} rows in `{}`: {} orders worth {}",
        report.rows,
        path.display(),
        report.orders,
        report.revenue
    );
    if let Some((first, last)) = report.dates {
        line += &format!(", from {first} to {last}");
    }
    for (fault, rows) in report.faults.iter().filter(|(_, rows)| *rows > 0) {
        line += &format!(", {rows} with {}", fault.name());
    }
    line
}
