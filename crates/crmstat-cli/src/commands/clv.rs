//! `crmstat clv`: P(alive), expected orders and lifetime value per customer.

use super::{meta, open, open_with_tables, unused};
use crate::{
    args::{ClvArgs, ValidateArg, ZeroArg},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Lang, Window,
    analysis::clv::{
        self, Beside, Model, Options, OrderModel, Simulation, ValidationOptions,
        discount_from_text, span_from_text, unit_from_text, unit_name,
    },
    data::{CustomerTable, TableKind},
    ingest::{Export, ReadOptions, TableQuery},
    models::clv::ZeroAmount,
};
use std::path::Path;

/// Values the customers of the exports, or validates the models on them.
pub(crate) fn run(args: &ClvArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let options = options(args)?;
    match args.validate {
        Some(table) => validate(args, &options, table, &printer),
        None => estimate(args, &options, &printer),
    }
}

fn estimate(args: &ClvArgs, options: &Options, printer: &Printer) -> Result<()> {
    let attributes = attributes(args, options)?;
    let (export, imported) = if args.events {
        let events = ReadOptions {
            kind: Some(TableKind::Activities),
            ..settings::read_options(&args.read)?
        };
        let mut export = Export::open(&args.read.exports, events)?;
        let imported = clv::estimate_events(&mut export, options)?;
        (export, imported)
    } else {
        let (mut export, tables) = open_with_tables(&args.read, printer)?;
        let beside = Beside {
            contracts: tables.iter().find(|table| table.kind() == TableKind::Customers),
            attributes: attributes.as_ref(),
        };
        let imported = clv::estimate_with(&mut export, beside, options)?;
        // Covariates are read by themselves.
        let read = attributes.is_some().then_some(TableKind::Customers);
        let others = tables.iter().filter(|table| Some(table.kind()) != read);
        unused::tell(&args.read, printer, others)?;
        (export, imported)
    };
    let found = &imported.result;

    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let unit = unit_name(found.summaries().unit());
    let orders = found.model().orders().model().name();
    let as_of = found.as_of();
    let (lang, count, undone) = (printer.lang(), found.len(), found.undone());
    printer.note(match lang {
        Lang::En => format!("{count} customers as of {as_of}, {orders} in {unit}s"),
        Lang::Ru => {
            format!("клиентов на {as_of}: {count}; модель {orders}, единица времени {unit}")
        }
    });
    if undone > 0 {
        printer.note(match lang {
            Lang::En => format!("{undone} customers have no purchase left after refunds"),
            Lang::Ru => {
                format!("клиентов, у которых после возвратов не осталось покупок: {undone}")
            }
        });
    }
    for warning in found.warnings() {
        printer.warning(warning);
    }
    if let (Some(mean), Some(simple)) = (found.overview().mean_clv, found.overview().simple_ltv) {
        printer.note(match lang {
            Lang::En => format!("mean clv {mean:.2}; simple_ltv (ARPU × lifetime) {simple:.2}"),
            Lang::Ru => {
                format!("средняя clv {mean:.2}; simple_ltv (ARPU × срок жизни) {simple:.2}")
            }
        });
    }
    if let Some(path) = &args.save_model {
        found.model().save(path)?;
    }

    if let Some(comparison) = found.comparison() {
        let (chosen, customers) = (comparison.chosen().name(), comparison.customers());
        printer.note(format!(
            "{chosen} chosen by likelihood and held-back orders of {customers} customers"
        ));
    }

    let table = if let Some(comparison) = found.comparison().filter(|_| args.models) {
        comparison.table()?
    } else if args.parameters {
        found.parameters()?
    } else if args.summary {
        found.summary(printer.lang())?
    } else {
        found.table()?
    };
    let mut meta = meta(&export, &imported)
        .as_of(as_of)
        .with("model", orders)
        .with("unit", unit)
        .with("horizon", args.horizon.as_str())
        .with("discount", args.discount.as_str())
        .with("margin", args.margin)
        .with("level", args.level);
    if args.simulate.is_some() || args.interval_draws.is_some() {
        meta = meta.seed(args.seed);
    }
    printer.table(&table, meta)
}

/// The covariates asked for, or those that the saved model needs.
fn attributes(args: &ClvArgs, options: &Options) -> Result<Option<CustomerTable>> {
    let names = match &options.fitted {
        None => args.covariates.clone(),
        Some(model) => model.orders().attributes().map(str::to_owned).collect(),
    };
    if names.is_empty() {
        return Ok(None);
    }
    let tables = settings::beside(&args.read)?;
    let table = tables.into_iter().find(|table| table.options.kind == Some(TableKind::Customers));
    let Some(table) = table else { return Ok(None) };
    let [file] = &table.files[..] else {
        return Err(Error::usage("covariates are read from one file of `--customers`")
            .with_hint("put the rows of all into one file")
            .into());
    };
    let query = TableQuery { id: None, columns: Some(names), texts: Vec::new() };
    Ok(Some(CustomerTable::read(file, &query, table.options.clone())?.result))
}

fn validate(
    args: &ClvArgs,
    options: &Options,
    table: ValidateArg,
    printer: &Printer,
) -> Result<()> {
    let mut validation = ValidationOptions {
        holdout: args.holdout.as_deref().map(span_from_text).transpose()?,
        ..ValidationOptions::default()
    };
    if options.fitted.is_some() {
        return Err(Error::usage("`--validate` fits models itself, so it takes no saved one")
            .with_hint("name a model, such as `--model mbg-nbd`, or leave out `--model`")
            .into());
    }
    if options.choose {
        return Err(Error::usage("`--validate` compares models, so it chooses none")
            .with_hint("name a model, or leave out `--model`")
            .into());
    }
    if args.model.is_some() {
        validation.models = vec![options.model];
    }
    let mut export = open(&args.read, printer)?;
    let imported = clv::validate(&mut export, options, &validation)?;
    let found = &imported.result;

    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let (as_of, last) = (found.as_of(), found.last_day());
    let count = found.customers();
    printer.note(match printer.lang() {
        Lang::En => format!("{count} customers as of {as_of}, held back until {last} inclusive"),
        Lang::Ru => format!(
            "клиентов на {as_of}: {count}; для проверки отложено время по {last} включительно"
        ),
    });
    for warning in found.warnings() {
        printer.warning(warning);
    }
    let table = match table {
        ValidateArg::Scores => found.table()?,
        ValidateArg::Frequency => found.by_frequency()?,
        ValidateArg::Tracking => found.by_period()?,
    };
    let meta = meta(&export, &imported)
        .as_of(as_of)
        .with("unit", unit_name(options.unit))
        .with("holdout_last_day", last.to_string());
    printer.table(&table, meta)
}

fn options(args: &ClvArgs) -> Result<Options> {
    let window = match args.calibration_end.as_deref() {
        None => settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        Some(last) => {
            let window = settings::window(None, args.since.as_deref())?;
            let until = AsOf::day_after(last.parse::<Date>()?);
            if window.since.is_some_and(|since| since >= until.date()) {
                return Err(
                    Error::usage(format!("`--since` is after `--calibration-end {last}`")).into()
                );
            }
            Window { until: Some(until), ..window }
        }
    };
    let choose = args.models || args.model.as_deref() == Some("auto");
    if args.models && args.model.as_deref().is_some_and(|model| model != "auto") {
        return Err(Error::usage("`--models` compares models, so it takes none of `--model`")
            .with_hint("leave out `--model`")
            .into());
    }
    let (model, fitted) = match args.model.as_deref() {
        None | Some("auto") => (None, None),
        Some(path) if Path::new(path).extension().is_some_and(|end| end == "json") => {
            (None, Some(Model::load(Path::new(path))?))
        }
        Some(name) => (Some(name.parse::<OrderModel>()?), None),
    };
    let unit = args.unit.as_deref().map(unit_from_text).transpose()?;
    if let (Some(unit), Some(fitted)) = (unit, &fitted)
        && unit != fitted.orders().unit()
    {
        return Err(Error::usage(format!(
            "the saved model counts time in {}s, not in {}s",
            unit_name(fitted.orders().unit()),
            unit_name(unit)
        ))
        .with_hint("leave out `--unit`")
        .into());
    }
    let simulation = |draws| Simulation { draws, seed: args.seed };
    if fitted.is_some() && !args.covariates.is_empty() {
        return Err(Error::usage("a saved model brings its own covariates")
            .with_hint("leave out `--covariates`")
            .into());
    }
    let usual =
        if args.covariates.is_empty() { OrderModel::default() } else { OrderModel::ParetoNbd };
    let model = model.unwrap_or(usual);
    Ok(Options {
        window,
        model,
        choose,
        fitted,
        unit: unit.unwrap_or(model.usual_unit()),
        zero_amount: match args.zero_orders {
            ZeroArg::Purchase => ZeroAmount::Purchase,
            ZeroArg::Nothing => ZeroAmount::Nothing,
        },
        horizon: span_from_text(&args.horizon)?,
        discount: discount_from_text(&args.discount)?,
        margin: args.margin,
        level: settings::level(args.level)?,
        lifetime: args.lifetime.as_deref().map(span_from_text).transpose()?,
        residual: args.residual,
        simulation: args.simulate.map(simulation),
        interval_draws: args.interval_draws.map(simulation),
        distribution: args.orders_distribution,
    })
}
