//! `crmstat segment`: clusters of customers, their profiles, their names.

use super::{
    history::{Observed, observe, read_table},
    told, unused,
};
use crate::{
    args::{ScaleArg, SegmentArgs, TransformArg},
    printer::Printer,
};
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Lang,
    analysis::segments::{Customers, Model, Options, Segments, fit, migration},
    data::table::Table,
    features::{Feature, History},
    models::segments::{Scaling, Transform},
    write::Meta,
};

/// Groups the customers of the exports or of the table.
pub(crate) fn run(args: &SegmentArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    // What is wrong with the options is said before anything is read.
    let way = match &args.model {
        Some(path) => Way::Assign(Box::new(Model::load(path)?)),
        None => Way::Fit(options(args)?),
    };
    match &args.subjects.table {
        Some(file) => of_table(args, &printer, &way, file),
        None => of_exports(args, &printer, &way),
    }
}

/// Into new clusters, or into saved ones.
enum Way {
    Fit(Options),
    Assign(Box<Model>),
}

fn of_table(args: &SegmentArgs, printer: &Printer, way: &Way, file: &str) -> Result<()> {
    let columns = match way {
        Way::Assign(model) => Some(model.characteristics().map(str::to_owned).collect()),
        Way::Fit(_) if args.features.is_empty() => None,
        Way::Fit(_) => Some(args.features.clone()),
    };
    let imported = read_table(&args.subjects, file, columns, Vec::new(), printer)?;
    let mut customers = Customers::of_table(&imported.result)?;
    if let Some(value) = &args.subjects.value {
        customers = customers.valued_by(value)?;
    }
    let found = found(args, printer, way, &customers)?;
    let table = answer(args, &found, printer.lang())?;
    printer.table(
        &table,
        noted(Meta::new().ledger(&imported.ledger).notices(&imported.notices), args, &found),
    )
}

fn of_exports(args: &SegmentArgs, printer: &Printer, way: &Way) -> Result<()> {
    let named = named(args, way)?;
    let since = args.answer.migrate.as_ref().or(args.answer.movers.as_ref());
    let since = since.map(|day| day.parse::<Date>().map(AsOf::start_of)).transpose()?;
    let fields = named.as_deref().map_or(History::FIELDS.to_vec(), Feature::order_fields);
    let Observed { history, as_of, meta, unused } =
        observe(&args.subjects, fields, named.as_deref(), printer)?;
    if let Some(since) = since.filter(|since| *since >= as_of) {
        return Err(Error::usage(format!("{since} is not before {as_of}")).into());
    }
    let features = named.unwrap_or_else(|| history.available(as_of));
    told(&args.subjects.read, printer, &unused::unless_made_of(unused, &features))?;
    let found = found(args, printer, way, &Customers::at(&history, as_of, &features)?)?;
    let lang = printer.lang();
    printer.note(match lang {
        Lang::En => format!("as of {as_of}"),
        Lang::Ru => format!("на {as_of}"),
    });
    let table = match since {
        None => answer(args, &found, lang)?,
        Some(since) => {
            let then = Customers::at(&history, since, &features)?;
            let moves = migration(&found.model().assign(&then)?, &found)?;
            if let Some(moved) = moves.moved() {
                let moved = 100.0 * moved;
                printer.note(match lang {
                    Lang::En => format!("{moved:.1} % moved since {since}"),
                    Lang::Ru => format!("с {since} перешли {moved:.1} % клиентов"),
                });
            }
            if args.answer.migrate.is_some() { moves.table(lang)? } else { moves.movers(lang)? }
        }
    };
    printer.table(&table, noted(meta, args, &found))
}

/// Fits or assigns, and says what was found.
fn found(
    args: &SegmentArgs,
    printer: &Printer,
    way: &Way,
    customers: &Customers,
) -> Result<Segments> {
    let found = match way {
        Way::Assign(model) => model.assign(customers)?,
        Way::Fit(options) => fit(customers, options)?,
    };
    let (lang, count, clusters) = (printer.lang(), found.len(), found.k());
    printer.note(match (found.choice().map(|choice| choice.k), lang) {
        (Some(None), Lang::En) if found.is_working_cut() => format!(
            "no clusters among {count} customers: no number of them is more than chance, apart and stable at once \
             (see `--choice-table`); a working cut into {clusters} is given instead, for handling, not as a finding \
             (`--k N` sets another, `--k 1` none)"
        ),
        (Some(None), Lang::Ru) if found.is_working_cut() => format!(
            "клиентов {count}, кластеров нет: ни при каком их числе они не отличаются от случайных, не разделены и не \
             устойчивы сразу (см. `--choice-table`); дано рабочее деление на {clusters}, для удобства, а не как находка \
             (`--k N` задаёт другое, `--k 1` отменяет)"
        ),
        (Some(None), Lang::En) => format!("no clusters among {count} customers"),
        (Some(None), Lang::Ru) => format!("клиентов {count}, кластеров нет"),
        (Some(Some(k)), Lang::En) => {
            format!("{count} customers in {k} clusters, chosen by `--choice-table`")
        }
        (Some(Some(k)), Lang::Ru) => {
            format!("клиентов {count}, кластеров {k}, число выбрано по `--choice-table`")
        }
        (None, Lang::En) => format!("{count} customers, {clusters} clusters"),
        (None, Lang::Ru) => format!("клиентов {count}, кластеров {clusters}"),
    });
    for warning in found.warnings(lang) {
        printer.warning(warning);
    }
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

/// `meta` with what was asked for and found.
fn noted(meta: Meta, args: &SegmentArgs, found: &Segments) -> Meta {
    let meta = meta.with("k", found.k());
    if args.model.is_some() { meta } else { meta.seed(args.seed) }
}

fn options(args: &SegmentArgs) -> Result<Options> {
    let wrong = |given: &str| {
        Error::usage(format!("`--k {given}` is neither a number of clusters nor `auto`"))
            .with_hint("give a number from 1 up, such as `--k 5`")
    };
    let k = match args.k.as_str() {
        "auto" => None,
        given => Some(given.parse().ok().filter(|k: &usize| *k > 0).ok_or_else(|| wrong(given))?),
    };
    Ok(Options {
        k,
        transform: match args.transform {
            None => Transform::ByData,
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

/// The features asked for, those of the model, or those that customers are grouped by unless told; `None`
/// is all that the tables bear.
fn named(args: &SegmentArgs, way: &Way) -> Result<Option<Vec<Feature>>> {
    let parsed = match way {
        Way::Assign(model) => model.characteristics().map(str::parse).collect::<Result<_, _>>(),
        Way::Fit(_) if args.features.is_empty() => Ok(Customers::DEFAULT.to_vec()),
        Way::Fit(_) if args.features == ["all"] => return Ok(None),
        Way::Fit(_) => args.features.iter().map(|name| name.parse()).collect(),
    };
    Ok(Some(parsed?))
}
