//! `crmstat deals`: which open deal will be won, when, why, and what to do first.

use super::{meta, open_with_tables, told, unused};
use crate::{
    args::{DealsArgs, DealsCommand, DealsScoreArgs, DealsTable, LearnerArg, ReadArgs},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    analysis::{
        churn::LearnerKind,
        deals::{FIELDS, Model, Options, fit},
        funnel::Beside,
        inspect::Titled,
    },
    data::{Deals, Records, TableKind},
    ingest::{Export, Imported},
};

/// Learns from past deals and scores the open ones of the exports.
pub(crate) fn run(args: &DealsArgs) -> Result<()> {
    if let Some(DealsCommand::Score(args)) = &args.command {
        return score(args);
    }
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let options = Options {
        as_of: settings::window(args.as_of.as_deref(), None)?.until,
        horizon: args.horizon.as_deref().map(str::parse).transpose()?,
        learner: match args.learner {
            LearnerArg::Auto => None,
            LearnerArg::Logistic => Some(LearnerKind::Logistic),
            LearnerArg::Trees => Some(LearnerKind::Trees),
        },
        stale_days: args.stale,
    };
    let (export, tables, imported) = read(&args.read, &printer)?;
    let found = fit(&imported.result, beside(&tables), &options)?;
    told(&args.read, &printer, &found.notices)?;
    unused::tell(&args.read, &printer, &tables)?;
    let sentences = found.scores.sentences(lang);
    for sentence in sentences.into_iter().chain(found.sentences(lang)) {
        printer.note(sentence);
    }
    if let Some(path) = &args.save_model {
        found.model.save(path)?;
    }
    let meta = meta(&export, &imported)
        .as_of(found.scores.as_of())
        .with("learner", found.model.learner().name())
        .with("horizon", found.model.horizon().to_string());
    let deals = found.scores.table(lang)?;
    match args.show {
        Some(DealsTable::Deals) => printer.table(&deals, meta),
        Some(DealsTable::Quality) => printer.table(&found.quality.table(lang)?, meta),
        None => {
            let title =
                lang.pick("Open deals, those to look at first", "Открытые сделки по очереди");
            let sections = [
                Titled { title, table: deals.clone() },
                Titled {
                    title: lang.pick("How good the probabilities were", "Качество вероятностей"),
                    table: found.quality.table(lang)?,
                },
            ];
            printer.sections(&sections, &deals, meta)
        }
    }
}

/// Scores by a saved model.
fn score(args: &DealsScoreArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let model = Model::load(&args.model)?;
    let as_of = settings::window(args.as_of.as_deref(), None)?.until;
    let (export, tables, imported) = read(&args.read, &printer)?;
    let scores = model.score(&imported.result, beside(&tables), as_of, args.stale)?;
    told(&args.read, &printer, scores.notices())?;
    unused::tell(&args.read, &printer, &tables)?;
    for sentence in scores.sentences(lang) {
        printer.note(sentence);
    }
    let meta = meta(&export, &imported)
        .as_of(scores.as_of())
        .with("learner", model.learner().name())
        .with("horizon", model.horizon().to_string());
    printer.table(&scores.table(lang)?, meta)
}

/// Reads the deals with the tables beside them.
fn read(args: &ReadArgs, printer: &Printer) -> Result<(Export, Vec<Records>, Imported<Deals>)> {
    let (mut export, tables) = open_with_tables(args, printer)?;
    let imported = Deals::read_with(&mut export, &FIELDS)?;
    printer.account(&imported);
    if let Some(path) = &args.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    Ok((export, tables, imported))
}

fn beside(tables: &[Records]) -> Beside<'_> {
    let table = |kind| tables.iter().find(|table| table.kind() == kind);
    Beside {
        history: table(TableKind::History),
        activities: table(TableKind::Activities),
        ..Beside::default()
    }
}
