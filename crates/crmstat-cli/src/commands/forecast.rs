//! `crmstat forecast`: sales by period, with intervals.

use super::{open_joined, open_with_tables, unused};
use crate::{args::ForecastArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::forecast::{
        self, DEFAULT_SEED, DealFlow, Drivers, Fit, Forecasts, Options, PipelineQuery, Plan, Query,
        Regressors, SeriesSet, State, WorkCalendar, backtest, backtest_pipeline, forecast_pipeline,
    },
    data::{Deals, TableKind},
    ingest::{Dimension, Export, Imported, ReadOptions},
    write::Meta,
};
use std::path::Path;

/// Series told one by one when they got another model than was asked for.
const TOLD: usize = 5;

/// Forecasts the series of the exports, or their past.
pub(crate) fn run(args: &ForecastArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let state = Path::new(&args.model).extension().is_some_and(|extension| extension == "json");
    let state = state.then(|| State::load(Path::new(&args.model))).transpose()?;
    let model = state.as_ref().map_or(args.model.as_str(), State::model);
    let options = Options {
        horizon: args.horizon,
        model: model.parse()?,
        levels: args.level.clone(),
        target: args.target,
        drivers: drivers(args)?,
        seed: args.seed.unwrap_or(DEFAULT_SEED),
    };
    if args.coefficients && !model.starts_with("regression") {
        return Err(Error::usage("only a regression has coefficients")
            .with_hint("give `--model regression`")
            .into());
    }
    if args.pipeline {
        return pipeline(args, &options, &printer);
    }
    let (export, imported) = read(args, &printer)?;
    let imported = match &state {
        Some(state) => imported.try_map(|set| state.extend(set))?,
        None => imported,
    };
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let set = &imported.result;
    let mut meta = Meta::new()
        .ledger(&imported.ledger)
        .notices(&imported.notices)
        .seed(options.seed)
        .with("period", set.period().name())
        .with("model", options.model.name());
    if let Some(profile) = export.profile() {
        meta = meta.profile(profile);
    }

    let lang = printer.lang();
    let (table, notes) = if args.backtest {
        let tested = backtest(set, &options, plan(args))?;
        (tested.table(lang)?, tested.notes().to_vec())
    } else if args.anomalies {
        (forecast::events(set)?.table(lang)?, set.notes().to_vec())
    } else {
        let fit = match &state {
            Some(state) => Fit::resume(set, state, &options)?,
            None => Fit::new(set, &options)?,
        };
        if let Some(path) = &args.save_model {
            fit.state()?.save(path)?;
        }
        let forecasts = fit.forecast(&options)?;
        tell_series(&printer, &forecasts);
        let table = if args.coefficients {
            fit.coefficients(&options, lang)?
        } else if args.fitted {
            fit.fitted_table(&forecasts, lang)?
        } else if args.total || args.target.is_some() {
            forecasts.totals(lang)?
        } else {
            forecasts.table(lang)?
        };
        (table, forecasts.notes().to_vec())
    };
    for note in &notes {
        printer.note(note);
    }
    printer.table(&table, meta.with("notes", notes))
}

/// Forecasts the pipeline of an export of deals, or its past.
fn pipeline(args: &ForecastArgs, options: &Options, printer: &Printer) -> Result<()> {
    let query = PipelineQuery {
        period: args.period.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        as_of: settings::window(args.as_of.as_deref(), None)?.until,
        by: None,
    };
    let name = divided_by(args)?;
    let (mut export, tables) = open_with_tables(&args.read, printer)?;
    let by = name.map(|name| Dimension::find(name, &export, &[])).transpose()?;
    let query = PipelineQuery { by: by.as_ref().map(Dimension::key), ..query };
    let imported = Deals::read_columns(&mut export, query.by.as_slice())?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let history = tables.iter().find(|table| table.kind() == TableKind::History);
    let flow = DealFlow::new(&imported.result, history, &query)?;
    unused::tell(&args.read, printer, &tables)?;
    let lang = printer.lang();
    let (table, notes) = if args.backtest {
        let tested = backtest_pipeline(&flow, options, plan(args))?;
        (tested.table(lang)?, tested.notes().to_vec())
    } else {
        let forecast = forecast_pipeline(&flow, options)?;
        let table = if args.open_deals {
            forecast.deals_table(&imported.result, lang)?
        } else if args.total || args.target.is_some() {
            forecast.forecasts().totals(lang)?
        } else {
            forecast.table(lang)?
        };
        (table, forecast.forecasts().notes().to_vec())
    };
    for note in &notes {
        printer.note(note);
    }
    let meta = super::meta(&export, &imported)
        .as_of(flow.as_of())
        .seed(options.seed)
        .with("period", query.period.name())
        .with("model", "pipeline");
    printer.table(&table, meta.with("notes", notes))
}

/// The name of the column by which a pipeline is divided.
fn divided_by(args: &ForecastArgs) -> Result<Option<&str>> {
    match &args.by[..] {
        [] => Ok(None),
        [_] if args.backtest => Err(Error::usage("the backtest of a pipeline is not divided")
            .with_hint("leave out `--by` or `--backtest`")
            .into()),
        [name] => Ok(Some(name)),
        _ => Err(Error::usage("a pipeline is divided by one column")
            .with_hint("such as `--by owner`")
            .into()),
    }
}

fn drivers(args: &ForecastArgs) -> Result<Drivers> {
    let calendar = args.holidays.as_deref().map(|holidays| match holidays {
        "ru" => Ok(WorkCalendar::russian()),
        "none" => Ok(WorkCalendar::weekdays()),
        file => WorkCalendar::from_file(file),
    });
    let regressors = args.regressors.as_deref().map(Regressors::from_file);
    Ok(Drivers { calendar: calendar.transpose()?, regressors: regressors.transpose()? })
}

fn plan(args: &ForecastArgs) -> Plan {
    Plan { origins: args.origins, step: args.step, gap: args.gap }
}

fn read(args: &ForecastArgs, printer: &Printer) -> Result<(Export, Imported<SeriesSet>)> {
    let period = args.period.as_deref().map(str::parse).transpose()?;
    if !args.series.is_empty() {
        let mut export = open_series(args, &args.series)?;
        let set = SeriesSet::from_table(&mut export, period)?;
        return Ok((export, set));
    }
    let query = Query {
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        period: period.unwrap_or_default(),
        measure: args.measure.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        by: settings::names(&args.by)?,
    };
    let opened = open_joined(&args.read, &args.join, printer, &query.by);
    // A file that holds no orders may hold dates and values.
    let holds_orders =
        opened.as_ref().is_ok_and(|(export, _)| export.kind() != Some(TableKind::Series));
    if !holds_orders
        && asks_nothing_of_orders(args)
        && let Ok(mut export) = open_series(args, &args.read.exports)
    {
        let set = SeriesSet::from_table(&mut export, period)?;
        printer.note(printer.lang().pick(
            "the file is read as a table of series, one value a row (`--series`)",
            "файл прочитан как таблица рядов, одно значение в строке (`--series`)",
        ));
        return Ok((export, set));
    }
    let (mut export, tables) = opened?;
    let set = SeriesSet::from_orders_with(&mut export, &query, &tables)?;
    unused::tell(&args.read, printer, &tables)?;
    Ok((export, set))
}

/// Whether nothing is given that a table of series has no place for.
fn asks_nothing_of_orders(args: &ForecastArgs) -> bool {
    let read = &args.read;
    let beside = [&read.lines, &read.products, &read.customers, &args.join.join, &args.by];
    let settings = [&args.measure, &args.as_of, &args.since];
    beside.iter().all(|files| files.is_empty()) && settings.iter().all(|given| given.is_none())
}

/// Opens tables of series.
fn open_series(args: &ForecastArgs, files: &[String]) -> Result<Export> {
    let kind = Some(TableKind::Series);
    Ok(Export::open(files, ReadOptions { kind, ..settings::read_options(&args.read)? })?)
}

/// Says what was decided about series, the first few one by one.
fn tell_series(printer: &Printer, forecasts: &Forecasts) {
    let noted = || forecasts.series().iter().filter(|series| !series.notes.is_empty());
    for series in noted().take(TOLD) {
        printer.note(format!("{}: {}", series.name, series.notes.join("; ")));
    }
    let more = noted().count().saturating_sub(TOLD);
    if more > 0 {
        printer.note(match printer.lang() {
            Lang::En => format!("and notes on {more} more series; see the column `note`"),
            Lang::Ru => format!("и замечания ещё к {more} рядам; они в столбце `note`"),
        });
    }
}
