//! `crmstat churn`: who is about to leave, why, and what is at stake.

use super::{
    history::{Observed, observe, read_table},
    told, unused,
};
use crate::{
    args::{
        CalibrationArg, ChurnArgs, ChurnCommand, ChurnScoreArgs, EventArg, LearnerArg,
        PopulationArg, SortArg, SubjectArgs,
    },
    printer::Printer,
};
use anyhow::Result;
use crmstat::{
    AsOf, Date, Error, Lang,
    analysis::churn::{
        Campaign, Churn, Event, LearnerKind, Learning, Model, Options, Order, Population,
        TableOptions, fit, fit_table,
    },
    data::table::Table,
    features::Feature,
    models::churn::CalibrationMethod,
    write::Meta,
};

/// Fits and judges a model, and scores the customers of the exports or of the table.
pub(crate) fn run(args: &ChurnArgs) -> Result<()> {
    if let Some(ChurnCommand::Score(args)) = &args.command {
        return score(args);
    }
    let printer = Printer::new(&args.output)?;
    let subjects = &args.subjects;
    let (churn, meta) = match &subjects.table {
        Some(file) => {
            let options = table_options(args)?;
            let named = (!args.features.is_empty()).then(|| args.features.clone());
            let columns = named.map(|columns| with_value(subjects, columns));
            let texts = vec![options.label.clone()];
            let imported = read_table(subjects, file, columns, texts, &printer)?;
            let churn = fit_table(&imported.result, &options)?;
            (churn, Meta::new().ledger(&imported.ledger).notices(&imported.notices))
        }
        None => {
            let mut options = options(args)?;
            let fields = options.features.as_deref().map_or_else(Vec::new, Feature::order_fields);
            // Contracts are in the table of customers.
            let of_contracts = options.event == Event::ContractEnd;
            let of_contracts = of_contracts.then_some(Feature::ContractAgeDays);
            let named = options.features.as_ref().map(|named| {
                named.iter().cloned().chain(of_contracts.clone()).collect::<Vec<Feature>>()
            });
            let Observed { history, as_of, meta, unused } =
                observe(subjects, fields, named.as_deref(), &printer)?;
            options.as_of = Some(as_of);
            let churn = fit(&history, &options)?;
            let columns = churn.model.columns().filter_map(|name| name.parse().ok());
            let made_of: Vec<Feature> = columns.chain(of_contracts).collect();
            told(&subjects.read, &printer, &unused::unless_made_of(unused, &made_of))?;
            (churn, meta)
        }
    };
    say(&printer, &churn);
    if let Some(path) = &args.save_model {
        churn.model.save(path)?;
    }
    let table = answer(args, &churn, printer.lang())?;
    let meta = meta.seed(args.seed).with("learner", churn.model.learner().name());
    printer.table(&table, meta)
}

/// Scores by a saved model.
fn score(args: &ChurnScoreArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let model = Model::load(&args.model)?;
    let subjects = &args.subjects;
    let (scores, meta) = match &subjects.table {
        Some(file) => {
            let columns = with_value(subjects, model.columns().map(str::to_owned).collect());
            let imported = read_table(subjects, file, Some(columns), Vec::new(), &printer)?;
            let scores = model.score_table(&imported.result, subjects.value.as_deref())?;
            (scores, Meta::new().ledger(&imported.ledger).notices(&imported.notices))
        }
        None => {
            let features = model.columns().map(str::parse).collect::<Result<Vec<Feature>, _>>();
            let features = features.unwrap_or_default();
            let fields = Feature::order_fields(&features);
            let Observed { history, as_of, meta, .. } =
                observe(subjects, fields, Some(&features), &printer)?;
            if let Some(fitted) = model.as_of().filter(|fitted| *fitted != as_of) {
                printer.note(match printer.lang() {
                    Lang::En => {
                        format!(
                            "the model was fitted for {fitted} and holds the season of that day"
                        )
                    }
                    Lang::Ru => format!("модель построена на {fitted} и учитывает сезон того дня"),
                });
            }
            (model.score(&history, as_of)?, meta)
        }
    };
    let (lang, count) = (printer.lang(), scores.len());
    printer.note(match lang {
        Lang::En => format!("{count} customers"),
        Lang::Ru => format!("клиентов: {count}"),
    });
    for sentence in model.strangeness(&scores)? {
        let means =
            lang.pick("the probabilities may mean nothing", "вероятности могут ничего не значить");
        printer.warning(format!("{sentence}; {means}"));
    }
    let table = if args.drift {
        model.drift_table(&scores)?
    } else {
        scores.table(order(args.sort), printer.lang())?
    };
    printer.table(&table, meta)
}

/// The `columns` of the table with what a customer is worth.
fn with_value(subjects: &SubjectArgs, mut columns: Vec<String>) -> Vec<String> {
    columns.extend(subjects.value.clone().filter(|value| !columns.contains(value)));
    columns
}

/// Says how the model was made and how far it can be trusted.
fn say(printer: &Printer, churn: &Churn) {
    let (lang, evaluation) = (printer.lang(), &churn.evaluation);
    let judged = match (&churn.cutoffs, lang) {
        (Some(cutoffs), _) => {
            let training: Vec<String> =
                cutoffs.training.iter().map(|each| each.cutoff.to_string()).collect();
            let (training, target) = (training.join(", "), cutoffs.target);
            match lang {
                Lang::En => format!("learned at {training}, judged at {target}"),
                Lang::Ru => format!("обучение на {training}, проверка на {target}"),
            }
        }
        (None, Lang::En) => "judged by cross-validation".to_owned(),
        (None, Lang::Ru) => "перекрёстная проверка".to_owned(),
    };
    let (auc, brier) = (evaluation.auc, evaluation.brier.value);
    let (value, lower, upper) = (auc.value, auc.lower, auc.upper);
    let (rate, tested) = (evaluation.base_rate, evaluation.tested);
    printer.note(match lang {
        Lang::En => format!(
            "{judged}: AUC {value:.3} ({lower:.3} to {upper:.3}), Brier {brier:.3}, base rate {rate:.3}, {tested} \
             held-out customers"
        ),
        Lang::Ru => format!(
            "{judged}: AUC {value:.3} (от {lower:.3} до {upper:.3}), Брайер {brier:.3}, доля ушедших {rate:.3}, \
             клиентов в проверке {tested}"
        ),
    });
    let learner = churn.model.learner().name();
    for rival in &evaluation.rivals {
        let (ahead, error) = rival.ahead;
        let against = lang.pick("against", "против");
        let score = lang.pick("Brier", "Брайер");
        printer.note(format!(
            "  {learner} {against} {}: AUC {:.3}, {ahead:+.4} ± {error:.4}; {score} {:.3}",
            rival.name, rival.auc, rival.brier
        ));
    }
    if let Some(season) = churn.model.season() {
        printer.note(match lang {
            Lang::En => {
                format!("the same weeks a year before move the log-odds of churn by {season:+.2}")
            }
            Lang::Ru => {
                format!("по тем же неделям год назад логарифм шансов ухода сдвинут на {season:+.2}")
            }
        });
    }
    for warning in &churn.warnings {
        printer.warning(warning);
    }
    let scored = churn.scores.len();
    printer.note(match lang {
        Lang::En => format!("{scored} customers scored"),
        Lang::Ru => format!("оценено клиентов: {scored}"),
    });
}

fn answer(args: &ChurnArgs, churn: &Churn, lang: Lang) -> Result<Table> {
    let answer = &args.answer;
    Ok(if answer.metrics {
        churn.evaluation.metrics_table()?
    } else if answer.reliability {
        churn.evaluation.reliability_table()?
    } else if answer.gains {
        churn.evaluation.gains_table()?
    } else if answer.importance {
        churn.importance_table(lang)?
    } else {
        churn.scores.table(order(args.sort), lang)?
    })
}

fn order(sort: SortArg) -> Order {
    match sort {
        SortArg::Probability => Order::Probability,
        SortArg::Revenue => Order::Revenue,
    }
}

fn options(args: &ChurnArgs) -> Result<Options> {
    let date = |text: &String| text.parse::<Date>().map(AsOf::start_of);
    let training: Vec<AsOf> = args.train_cutoffs.iter().map(date).collect::<Result<_, _>>()?;
    let features = args.features.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
    Ok(Options {
        event: match args.event {
            EventArg::NoOrder => Event::NoOrder,
            EventArg::ContractEnd => Event::ContractEnd,
        },
        population: match args.population {
            PopulationArg::Active => Population::Active,
            PopulationArg::All => Population::All,
        },
        allowed: args.allow.clone(),
        horizon: args.horizon.parse()?,
        cutoff: args.cutoff.as_ref().map(date).transpose()?,
        training: (!training.is_empty()).then_some(training),
        features: (!features.is_empty()).then_some(features),
        learning: learning(args),
        ..Options::default()
    })
}

fn table_options(args: &ChurnArgs) -> Result<TableOptions> {
    let (Some(label), Some(positive)) = (&args.label, &args.positive) else {
        return Err(Error::usage("a table does not say by itself who churned")
            .with_hint("name the column and its value: `--label Churn --positive Yes`")
            .into());
    };
    Ok(TableOptions {
        label: label.clone(),
        positive: positive.clone(),
        negative: args.negative.clone(),
        allowed: args.allow.clone(),
        value: args.subjects.value.clone(),
        learning: learning(args),
    })
}

fn learning(args: &ChurnArgs) -> Learning {
    Learning {
        learner: match args.learner {
            LearnerArg::Auto => None,
            LearnerArg::Logistic => Some(LearnerKind::Logistic),
            LearnerArg::Trees => Some(LearnerKind::Trees),
        },
        calibration: match args.calibration {
            CalibrationArg::None => None,
            CalibrationArg::Platt => Some(CalibrationMethod::Platt),
            CalibrationArg::Beta => Some(CalibrationMethod::Beta),
            CalibrationArg::Isotonic => Some(CalibrationMethod::Isotonic),
        },
        campaign: args.cost.zip(args.benefit).map(|(cost, benefit)| Campaign { cost, benefit }),
        importance: args.answer.importance,
        seed: args.seed,
    }
}
