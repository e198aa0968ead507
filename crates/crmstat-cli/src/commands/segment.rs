//! `crmstat segment`: clusters of customers, their profiles, their names.

use super::open;
use crate::{
    args::{ScaleArg, SegmentArgs, TransformArg},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Lang, Window,
    analysis::segments::{Customers, Model, Options, Segments, fit, migration},
    features::{Feature, History},
    ingest::{Export, Field, Imported, ReadOptions, TableKind, TableQuery},
    models::segments::{Scaling, Transform},
    output::{Meta, Table},
    tables::{CustomerTable, Orders, OrdersQuery, Records},
};

/// Groups the customers of the exports or of the table.
pub(crate) fn run(args: &SegmentArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let model = args.model.as_deref().map(Model::load).transpose()?;
    match &args.table {
        Some(file) => of_table(args, &printer, model.as_ref(), file),
        None => of_exports(args, &printer, model.as_ref()),
    }
}

fn of_table(
    args: &SegmentArgs,
    printer: &Printer,
    model: Option<&Model>,
    file: &str,
) -> Result<()> {
    let columns = match model {
        Some(model) => Some(model.characteristics().map(str::to_owned).collect()),
        None if args.features.is_empty() => None,
        None => Some(args.features.clone()),
    };
    let query = TableQuery { id: args.id.clone(), columns, texts: Vec::new() };
    let imported = CustomerTable::read(file, &query, settings::read_options(&args.read)?)?;
    account(args, printer, &imported)?;
    let mut customers = Customers::of_table(&imported.result)?;
    if let Some(value) = &args.value {
        customers = customers.valued_by(value)?;
    }
    let found = found(args, printer, model, &customers)?;
    let table = answer(args, &found, printer.lang())?;
    printer.table(&table, meta(args, &found).ledger(&imported.ledger))
}

fn of_exports(args: &SegmentArgs, printer: &Printer, model: Option<&Model>) -> Result<()> {
    let window = settings::window(args.as_of.as_deref(), None)?;
    let mut export = open(&args.read, printer)?;
    let query = OrdersQuery { window, fields: fields(args, model)? };
    let imported = Orders::read(&mut export, &query)?;
    account(args, printer, &imported)?;
    let as_of = as_of(window, &imported)?;

    let activities = records(&args.read.activities, TableKind::Activities)?;
    let customers = records(&args.read.customers, TableKind::Customers)?;
    let mut history = History::new(&imported.result);
    if let Some(activities) = &activities {
        history = history.with_activities(activities)?;
    }
    if let Some(customers) = &customers {
        history = history.with_customers(customers)?;
    }
    let (activities, customers) = history.unmatched();
    if activities + customers > 0 {
        printer.note(format!(
            "of nobody with an order: {activities} activities, {customers} rows of customers"
        ));
    }

    let features = features(args, model, &history, as_of)?;
    let found = found(args, printer, model, &Customers::at(&history, as_of, &features)?)?;
    printer.note(format!("as of {as_of}"));
    let lang = printer.lang();
    let table = match args.answer.migrate.as_ref().or(args.answer.movers.as_ref()) {
        None => answer(args, &found, lang)?,
        Some(day) => {
            let earlier = AsOf::start_of(day.parse::<Date>()?);
            if earlier >= as_of {
                return Err(Error::usage(format!("{earlier} is not before {as_of}")).into());
            }
            let then = Customers::at(&history, earlier, &features)?;
            let moves = migration(&found.model().assign(&then)?, &found)?;
            if let Some(moved) = moves.moved() {
                printer.note(format!("{:.1} % moved since {earlier}", 100.0 * moved));
            }
            if args.answer.migrate.is_some() { moves.table(lang)? } else { moves.movers(lang)? }
        }
    };
    let mut meta = meta(args, &found).as_of(as_of).ledger(&imported.ledger);
    if let Some(profile) = export.profile() {
        meta = meta.profile(profile);
    }
    printer.table(&table, meta)
}

/// Fits or assigns, and says what was found.
fn found(
    args: &SegmentArgs,
    printer: &Printer,
    model: Option<&Model>,
    customers: &Customers,
) -> Result<Segments> {
    let found = match model {
        Some(model) => model.assign(customers)?,
        None => fit(customers, &options(args)?)?,
    };
    printer.note(match found.choice().map(|choice| choice.k) {
        Some(None) => format!(
            "no clusters among {} customers: no number of them is tight, apart and stable at once (see \
             `--choice-table`); `--k N` cuts the continuum into N",
            found.len()
        ),
        Some(Some(k)) => {
            format!("{} customers in {k} clusters, chosen by `--choice-table`", found.len())
        }
        None => format!("{} customers, {} clusters", found.len(), found.k()),
    });
    if let Some(path) = &args.save_model {
        found.model().save(path)?;
    }
    Ok(found)
}

fn answer(args: &SegmentArgs, found: &Segments, lang: Lang) -> Result<Table> {
    Ok(if args.answer.profile_table {
        found.profile_table(lang)?
    } else if args.answer.choice_table {
        found.choice_table()?
    } else if args.answer.drift {
        found.drift_table(lang)?
    } else {
        found.table(lang)?
    })
}

fn account<T>(args: &SegmentArgs, printer: &Printer, imported: &Imported<T>) -> Result<()> {
    printer.account(imported);
    match &args.read.quarantine {
        Some(path) => printer.quarantine(&imported.rejections, path),
        None => Ok(()),
    }
}

fn meta(args: &SegmentArgs, found: &Segments) -> Meta {
    let meta = Meta::new().with("k", found.k());
    if args.model.is_some() { meta } else { meta.seed(args.seed) }
}

fn options(args: &SegmentArgs) -> Result<Options> {
    let k =
        match args.k.as_str() {
            "auto" => None,
            given => Some(given.parse().map_err(|_| {
                Error::usage(format!("`--k {given}` is neither a number nor `auto`"))
            })?),
        };
    Ok(Options {
        k,
        transform: match args.transform {
            None => Transform::Log1pIfSkewed,
            Some(TransformArg::Log1p) => Transform::Log1p,
            Some(TransformArg::YeoJohnson) => Transform::YeoJohnson,
            Some(TransformArg::None) => Transform::None,
        },
        scaling: match args.scale {
            ScaleArg::Standard => Scaling::Standard,
            ScaleArg::Robust => Scaling::Robust,
            ScaleArg::None => Scaling::None,
        },
        winsorise: args.winsorise,
        category_weight: args.category_weight,
        starts: args.n_init,
        seed: args.seed,
    })
}

/// The features asked for, those of the model, or those that customers are grouped by unless told.
fn features(
    args: &SegmentArgs,
    model: Option<&Model>,
    history: &History<'_>,
    as_of: AsOf,
) -> Result<Vec<Feature>> {
    if args.features == ["all"] && model.is_none() {
        return Ok(history.available(as_of));
    }
    named(args, model)
}

fn named(args: &SegmentArgs, model: Option<&Model>) -> Result<Vec<Feature>> {
    let parsed = match model {
        Some(model) => model.characteristics().map(str::parse).collect::<crmstat::Result<_>>(),
        None if args.features.is_empty() => return Ok(Customers::DEFAULT.to_vec()),
        None => args.features.iter().map(|name| name.parse()).collect(),
    };
    Ok(parsed?)
}

/// The fields of orders that the features use; no other column is read.
fn fields(args: &SegmentArgs, model: Option<&Model>) -> Result<Vec<Field>> {
    if args.features == ["all"] && model.is_none() {
        return Ok(History::FIELDS.to_vec());
    }
    let features = named(args, model)?;
    let used = |field: &Field| features.iter().any(|own| own.order_field() == Some(*field));
    Ok(History::FIELDS.iter().copied().filter(used).collect())
}

pub(super) fn as_of(window: Window, imported: &Imported<Orders>) -> Result<AsOf> {
    let last = imported.span.map(|(_, last)| AsOf::day_after(last.date()));
    window.until.or(last).ok_or_else(|| Error::data("there is no order to observe").into())
}

/// A table beside the orders, if its files are given.
pub(super) fn records(files: &[String], kind: TableKind) -> Result<Option<Records>> {
    if files.is_empty() {
        return Ok(None);
    }
    let options = ReadOptions { kind: Some(kind), ..ReadOptions::default() };
    Ok(Some(Records::read(&mut Export::open(files, options)?)?.result))
}
