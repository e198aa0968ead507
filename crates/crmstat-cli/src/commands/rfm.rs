//! `crmstat rfm`: scores and segment per customer.

use super::open;
use crate::{
    args::RfmArgs,
    printer::Printer,
    settings::{self, text_of, triple},
};
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Lang, Window,
    analysis::rfm::{self, Model, Options, Segments, cuts_from_text, migration},
    write::Meta,
};

/// Scores the customers of the exports.
pub(crate) fn run(args: &RfmArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let options = options(args)?;
    for overlap in options.segments.overlaps()? {
        printer.note(format!("segments: {overlap}"));
    }
    let mut export = open(&args.read, &printer)?;
    let imported = rfm::score(&mut export, &options)?;
    let scored = &imported.result;

    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let (lang, count, as_of) = (printer.lang(), scored.len(), scored.as_of());
    printer.note(match lang {
        Lang::En => format!("{count} customers as of {as_of}"),
        Lang::Ru => format!("клиентов на {as_of}: {count}"),
    });
    if scored.refunded_only() > 0 {
        let count = scored.refunded_only();
        printer.note(match lang {
            Lang::En => format!("{count} customers have refunds only and are not scored"),
            Lang::Ru => format!("клиентов только с возвратами, без оценки: {count}"),
        });
    }
    for metric in scored.fitted().thresholds().chunk_by(|one, next| one.metric == next.metric) {
        let empty = metric.iter().filter(|threshold| threshold.customers == 0);
        let scores: Vec<String> = empty.map(|threshold| threshold.score.to_string()).collect();
        if !scores.is_empty() {
            let (metric, scores) = (metric[0].metric.name(), scores.join(", "));
            printer.note(match lang {
                Lang::En => {
                    format!(
                        "nobody has the {metric} score {scores}: equal customers share one score"
                    )
                }
                Lang::Ru => {
                    format!(
                        "балла {scores} по {metric} нет ни у кого: у одинаковых клиентов он общий"
                    )
                }
            });
        }
    }
    if let Some(path) = &args.save_model {
        scored.model().save(path)?;
    }

    let lang = printer.lang();
    let table = if args.summary {
        scored.summary(lang)?
    } else if args.thresholds {
        scored.thresholds(lang)?
    } else if let Some(day) = &args.compare {
        let earlier = AsOf::start_of(day.parse::<Date>()?);
        if earlier >= scored.as_of() {
            return Err(Error::usage(format!(
                "`--compare {earlier}` is not before {}",
                scored.as_of()
            ))
            .into());
        }
        let window = Window { until: Some(earlier), ..options.window };
        let before = rfm::score(&mut export, &scored.model().options(window))?;
        migration(&before.result, scored)?.table(lang)?
    } else {
        scored.table(lang)?
    };
    let mut meta =
        Meta::new().as_of(scored.as_of()).ledger(&imported.ledger).notices(&imported.notices);
    if let Some(profile) = export.profile() {
        meta = meta.profile(profile);
    }
    printer.table(&table, meta)
}

fn options(args: &RfmArgs) -> Result<Options> {
    let window = settings::window(args.as_of.as_deref(), args.since.as_deref())?;
    if let Some(path) = &args.model {
        return Ok(Model::load(path)?.options(window));
    }
    let segments = match args.segments.as_deref() {
        None | Some("grid11") => Segments::default(),
        Some(path) => Segments::from_toml(&text_of("segments", path.as_ref())?)?,
    };
    let weights =
        args.weights.as_deref().map(|given| triple::<f64>(given, "--weights")).transpose()?;
    if let Some(weights) = weights
        && !(weights.iter().all(|weight| *weight >= 0.0) && weights.iter().sum::<f64>() > 0.0)
    {
        return Err(Error::usage("`--weights` must not be negative, and not all zero").into());
    }
    let monetary = args.monetary.as_deref().map(str::parse).transpose()?;
    Ok(Options {
        window,
        bins: args.bins.as_deref().map(|given| triple(given, "--bins")).transpose()?,
        cuts: args
            .cuts
            .as_deref()
            .map(|path| Ok::<_, anyhow::Error>(cuts_from_text(&text_of("cuts", path)?)?))
            .transpose()?,
        monetary: monetary.unwrap_or_default(),
        segments,
        weights,
    })
}
