//! `crmstat response`: who answers a campaign, whom it moves, and whom to send it to.

use super::history::read_customers;
use crate::{
    args::{ReadArgs, ResponseArgs, ResponseCommand, ResponseScoreArgs, ResponseTable},
    printer::Printer,
};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::{
        inspect::Titled,
        response::{Advice, Model, Offer, Options, Quality, Response, Treatment, fit},
    },
    write::Meta,
};

/// Customers that people are shown; programs get all.
const SHOWN: usize = 20;

/// Learns from the customers of the table and scores them.
pub(crate) fn run(args: &ResponseArgs) -> Result<()> {
    if let Some(ResponseCommand::Score(args)) = &args.command {
        return score(args);
    }
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let options = options(args)?;
    let file = table(&args.read)?;
    let columns = (!args.features.is_empty()).then(|| args.features.clone());
    let treatment = options.treatment.iter().map(|own| own.column.clone());
    let texts = std::iter::once(options.label.clone()).chain(treatment).collect();
    let imported = read_customers(&args.read, args.id.as_deref(), file, columns, texts, &printer)?;
    let found = fit(&imported.result, &options)?;
    say(&printer, &found);
    if let Some(path) = &args.save_model {
        found.model.save(path)?;
    }
    let meta = Meta::new().ledger(&imported.ledger).notices(&imported.notices).seed(args.seed);
    let customers = found.scores.table(&found.model, None, lang)?;
    match args.show {
        Some(ResponseTable::Customers) => printer.table(&customers, meta),
        Some(ResponseTable::Bands) => printer.table(&found.bands_table()?, meta),
        Some(ResponseTable::Depths) => printer.table(&found.depths_table()?, meta),
        Some(ResponseTable::Metrics) => printer.table(&found.metrics_table()?, meta),
        Some(ResponseTable::Balance) => match found.balance_table()? {
            Some(balance) => printer.table(&balance, meta),
            None => Err(Error::usage("without a treatment there is nothing to balance")
                .with_hint("name who was treated: `--treatment COLUMN --treated VALUE`")
                .into()),
        },
        None => {
            let sections = [
                Titled {
                    title: lang.pick("How deep to send", "До какой глубины отправлять"),
                    table: found.depths_table()?,
                },
                Titled {
                    title: lang.pick("Foreseen and come, by tenth", "Прогноз и факт по децилям"),
                    table: found.bands_table()?,
                },
                Titled {
                    title: lang.pick("Customers at the top", "Первые клиенты списка"),
                    table: found.scores.table(&found.model, Some(SHOWN), lang)?,
                },
            ];
            printer.sections(&sections, &customers, meta)
        }
    }
}

/// Scores by a saved model.
fn score(args: &ResponseScoreArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let model = Model::load(&args.model)?;
    let file = table(&args.read)?;
    let columns = Some(model.columns().map(str::to_owned).collect());
    let id = args.id.as_deref();
    let imported = read_customers(&args.read, id, file, columns, Vec::new(), &printer)?;
    let scores = model.score(&imported.result)?;
    let customers = scores.len();
    printer.note(match printer.lang() {
        Lang::En => format!("{customers} customers"),
        Lang::Ru => format!("клиентов: {customers}"),
    });
    let meta = Meta::new().ledger(&imported.ledger).notices(&imported.notices);
    printer.table(&scores.table(&model, None, printer.lang())?, meta)
}

/// The only table.
fn table(args: &ReadArgs) -> Result<&str> {
    match &args.exports[..] {
        [file] => Ok(file),
        files => Err(Error::usage(format!("{} tables are given, one is needed", files.len()))
            .with_hint("put the customers into one table first")
            .into()),
    }
}

/// Says how good the model is, and what it advises.
fn say(printer: &Printer, found: &Response) {
    let lang = printer.lang();
    match &found.quality {
        Quality::Response(own) => {
            let (auc, rate) = (own.auc, 100.0 * own.base_rate);
            let (value, lower, upper) = (auc.value, auc.lower, auc.upper);
            let (tested, brier) = (own.tested, own.brier.value);
            printer.note(match lang {
                Lang::En => format!(
                    "{rate:.1} % of {tested} customers responded; judged by cross-validation: AUC {value:.3} \
                     ({lower:.3} to {upper:.3}), Brier {brier:.3}"
                ),
                Lang::Ru => format!(
                    "откликнулись {rate:.1} % из {tested} клиентов; проверка на клиентах, которых модель не видела: \
                     AUC {value:.3} (от {lower:.3} до {upper:.3}), Брайер {brier:.3}"
                ),
            });
        }
        Quality::Uplift(own) => {
            let of = |value: f64| 100.0 * value;
            let overall = own.overall;
            let (value, lower, upper) = (of(overall.value), of(overall.lower), of(overall.upper));
            let qini = own.ranking.qini;
            let customers = own.customers;
            printer.note(match lang {
                Lang::En => format!(
                    "the treatment moves the response of {customers} customers by {value:+.2} points ({lower:+.2} to \
                     {upper:+.2}); whom it moves more: Qini {:.3} ({:.3} to {:.3}), each half judged by a model of the \
                     other",
                    qini.value, qini.lower, qini.upper
                ),
                Lang::Ru => format!(
                    "воздействие меняет отклик {customers} клиентов на {value:+.2} п. п. (от {lower:+.2} до \
                     {upper:+.2}); на кого сильнее: Qini {:.3} (от {:.3} до {:.3}), каждая половина проверена моделью \
                     другой",
                    qini.value, qini.lower, qini.upper
                ),
            });
        }
    }
    for warning in &found.warnings {
        printer.warning(warning.text(lang));
    }
    let advice = found.scores.predictions().iter().filter_map(|own| found.model.advice(*own));
    let (mut send, mut skip, mut never) = (0, 0, 0);
    for own in advice {
        match own {
            Advice::Send => send += 1,
            Advice::Skip => skip += 1,
            Advice::Never => never += 1,
        }
    }
    if send + skip + never > 0 {
        printer.note(match lang {
            Lang::En => {
                format!("send to {send} customers, leave out {skip}, never send to {never}")
            }
            Lang::Ru => {
                format!("отправить: {send}; не отправлять: {skip}; никогда не отправлять: {never}")
            }
        });
    }
}

fn options(args: &ResponseArgs) -> Result<Options> {
    let (Some(label), Some(positive)) = (&args.label, &args.positive) else {
        return Err(Error::usage("a table does not say by itself who responded")
            .with_hint("name the column and its value: `--label answered --positive yes`")
            .into());
    };
    let named = args.treatment.as_ref().zip(args.treated.as_ref());
    Ok(Options {
        label: label.clone(),
        positive: positive.clone(),
        negative: args.negative.clone(),
        treatment: named.map(|(column, treated)| Treatment {
            column: column.clone(),
            treated: treated.clone(),
            untreated: args.untreated.clone(),
        }),
        allowed: args.allow.clone(),
        offer: args.value.zip(args.cost).map(|(value, cost)| Offer { value, cost }),
        seed: args.seed,
    })
}
