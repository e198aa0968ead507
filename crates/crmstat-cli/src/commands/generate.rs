//! `crmstat generate`: synthetic CRM data with known truth.

use crate::{args::GenerateArgs, printer::Printer};
use anyhow::Result;
use crmstat::{
    generate::{Part, Report, Spec},
    write::{Format, write_atomically},
};
use std::io;

/// Writes one part of a synthetic CRM.
pub(crate) fn run(args: &GenerateArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let part: Part = args.part.parse()?;
    let world = spec(args)?.check()?;
    let format = args.output.format.as_deref().map(str::parse).transpose()?;
    let report = match &args.output.output {
        None => world.write(part, format.unwrap_or(Format::Csv), &mut io::stdout())?,
        Some(path) => {
            // An extension that names no format, such as Bitrix24's `.xls`, gets the dialect's text.
            let format = format.or_else(|| Format::of_path(path).ok()).unwrap_or(Format::Csv);
            write_atomically(path, |out| world.write(part, format, out))?
        }
    };
    printer.note(told(&report));
    Ok(())
}

fn spec(args: &GenerateArgs) -> Result<Spec> {
    let mut spec = Spec::new().dialect(args.dialect.parse()?);
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
    if let Some(process) = &args.process {
        spec = spec.process(process.parse()?);
    }
    if let Some(spend) = &args.spend {
        spec = spec.spend(spend.parse()?);
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
    if let Some(days) = args.horizon {
        spec = spec.horizon_days(days);
    }
    if let Some(dirt) = args.dirt {
        spec = spec.dirt(dirt);
    }
    Ok(spec)
}

fn told(report: &Report) -> String {
    let mut line = format!("{} rows written", report.rows);
    if let Some((first, last)) = report.dates {
        let (orders, revenue) = (report.orders, report.revenue);
        line += &format!(": {orders} orders worth {revenue}, from {first} to {last}");
    }
    for (fault, rows) in report.faults.iter().filter(|(_, rows)| *rows > 0) {
        line += &format!(", {rows} with {}", fault.name());
    }
    line
}
