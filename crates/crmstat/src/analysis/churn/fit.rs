//! From the history of customers to a judged model and today's scores.

use super::{
    Churn, Event, Learning, Options, Population,
    cohort::{CohortParams, Cohorts, Everybody, People},
    cutoffs::{Cutoffs, Span},
    evaluation::{Evaluation, clearly_better, share},
    frame::Frame,
    leaks::{refuse_leaks, too_good},
    model::{Facts, Model, Source},
    outcome::Outcome,
    predictor::{Examples, LearnerKind, Predictor},
    scores::Scores,
    warnings_of,
};
use crate::{
    AsOf, Error, Result,
    features::{DaysAgo, Feature, History},
};
use crmstat_models::churn::{
    Rows, Sample,
    evaluation::{Importance, permutation_importance},
};

/// Learns from the customers of `history`, judges on a later cutoff, and scores them as of now.
///
/// # Errors
/// A usage error for a training cutoff that sees the future; a data error where the horizon runs past the
/// data, the history cannot hold two horizons, everybody or nobody churned, or a feature carries the
/// future.
pub fn fit(history: &History<'_>, options: &Options) -> Result<Churn> {
    let orders = history.orders();
    let Some((first, last)) = orders.span() else {
        return Err(Error::data("there is no order to learn from")
            .with_hint("see `crmstat inspect` for how the rows are read"));
    };
    let as_of = options.as_of.unwrap_or(AsOf::day_after(last));
    let span = Span { first, as_of, horizon: options.horizon };
    let target = options.cutoff.unwrap_or(AsOf::start_of(span.latest_cutoff()));
    span.require_labelled(target)?;
    let cutoffs = span.cutoffs(target, options.training.as_deref())?;
    let features = match &options.features {
        Some(features) => features.clone(),
        None => usual_features(history, cutoffs.training[0].cutoff),
    };
    // What the caller names is what the model sees.
    let with_silence = options.features.is_none() && options.event == Event::NoOrder;
    let undated: Vec<String> =
        features.iter().filter(|each| !each.is_dated()).map(Feature::to_string).collect();
    let most = options.most_customers;
    let event = options.event;
    let population = options.population;
    let params = CohortParams { span, event, population, features, with_silence, most };
    let people = People::new(history, params)?;
    let mut cohorts = Cohorts::of(&people);

    let mut warnings = Vec::new();
    if span.is_short() {
        warnings.push(format!(
            "the history of {} days is shorter than two horizons: the model learned from little, and \
             from the same weeks that it is judged by",
            as_of.date().days() - first.days()
        ));
    }
    if !undated.is_empty() {
        warnings.push(format!(
            "{} of the table of customers have no dates: they are those of the export, and may know \
             more than was known at a cutoff",
            undated.join(", ")
        ));
    }
    if event == Event::NoOrder && history.contracts().is_ok() {
        warnings.push(
            "the table of customers says when contracts end: `--event contract-end` learns who ends one"
                .to_owned(),
        );
    }
    if orders.customers().len() > options.most_customers {
        warnings.push(format!(
            "learned from and judged by a sample of about {} customers; all are scored",
            options.most_customers
        ));
    }

    let gone = people.gone(as_of);
    if gone > 0 {
        warnings.push(format!(
            "{gone} customers have been silent for longer than the horizon and three of their usual gaps or \
             a year: they have gone, and are neither learned from, judged by nor scored (`--population all` \
             takes them in)"
        ));
    }

    // Learning leaves threads the time to look at everybody.
    let (judged, everybody) =
        rayon::join(|| judge(&mut cohorts, &cutoffs, options), || people.everybody(as_of));
    let judged = judged?;
    warnings.extend(warnings_of(&judged.evaluation));
    if !undated.is_empty() {
        warnings.extend(too_good(&examples(&mut cohorts, &cutoffs)?, judged.evaluation.auc.value)?);
    }

    // The cutoffs of today's model: as many as were judged, the latest of them the judged one.
    let mut known: Vec<AsOf> = cutoffs.training.iter().map(|each| each.cutoff).collect();
    known.push(target);
    let training = known.split_off(known.len() - cutoffs.training.len());
    let today = span.cutoffs(as_of, Some(&training))?;
    let examples = examples(&mut cohorts, &today)?;
    let model = learn(&mut cohorts, &today, judged.kind, &options.learning, &examples)?;
    let Everybody { ids, frame, silence } = everybody?;
    if frame.rows == 0 {
        return Err(Error::data(format!("there is no customer to score as of {as_of}")).with_hint(
            "every contract has ended, everybody has long been silent (`--population all`), or `--as-of` is \
             too early",
        ));
    }
    let facts = Facts {
        rows: examples.labels.len(),
        base_rate: share(&examples.labels),
        auc: judged.evaluation.auc.value,
        brier: judged.evaluation.brier.value,
    };
    let source = Source::Orders {
        horizon: options.horizon,
        as_of: as_of.to_string(),
        event,
        population,
        with_silence,
        silence,
    };
    let encoded = model.encode(&frame)?;
    let model = Model::new(source, model, facts, &frame, &encoded)?;
    let scores = Scores::new(&model, ids, frame, &encoded, None)?;
    Ok(Churn { model, evaluation: judged.evaluation, cutoffs: Some(cutoffs), scores, warnings })
}

/// Recency, frequency and money in all time and in windows, and what activities and the table of
/// customers add.
fn usual_features(history: &History<'_>, cutoff: AsOf) -> Vec<Feature> {
    let last = |days: u32| DaysAgo::last(days);
    let mut features = vec![
        Feature::RecencyDays,
        Feature::TenureDays,
        Feature::Frequency,
        Feature::Monetary,
        Feature::MeanGapDays,
        Feature::RecencyInGaps,
    ];
    features.extend([30, 60, 90, 180, 365].map(|days| Feature::Orders(last(days))));
    features.extend([90, 365].map(|days| Feature::Spend(last(days))));
    // The weeks to come, a year ago.
    features.push(Feature::Orders(DaysAgo { from: 275, to: 365 }));
    features.extend(history.available(cutoff).into_iter().filter(|feature| {
        matches!(
            feature,
            Feature::Activities(..)
                | Feature::ActivityRecencyDays(_)
                | Feature::UnansweredShare(_)
                | Feature::Satisfaction
                | Feature::ContractAgeDays
                | Feature::Customer(_)
        )
    }));
    features
}

/// What the held-out cutoff says.
struct Judged {
    kind: LearnerKind,
    evaluation: Evaluation,
}

fn judge(cohorts: &mut Cohorts<'_>, cutoffs: &Cutoffs, options: &Options) -> Result<Judged> {
    let learning = &options.learning;
    let held_out = cohorts.at(cutoffs.target)?;
    let labels = &held_out.churned;
    require_both(labels, &cutoffs.target.to_string(), options)?;
    let training = examples(cohorts, cutoffs)?;
    let days: Vec<String> = cutoffs.training.iter().map(|each| each.cutoff.to_string()).collect();
    require_both(&training.labels, &days.join(", "), options)?;
    let undated = |name: &str| name.parse().is_ok_and(|feature: Feature| !feature.is_dated());
    refuse_leaks(&training, &options.allowed, undated, Outcome::Churn)?;
    let logistic = learn(cohorts, cutoffs, LearnerKind::Logistic, learning, &training)?;
    let trees = learn(cohorts, cutoffs, LearnerKind::Trees, learning, &training)?;
    let by_logistic = logistic.probabilities(&held_out.frame)?;
    let by_trees = trees.probabilities(&held_out.frame)?;
    let kind = match learning.learner {
        Some(kind) => kind,
        None if clearly_better(&by_trees, &by_logistic, labels)? => LearnerKind::Trees,
        None => LearnerKind::Logistic,
    };
    let (model, own, other, rival) = match kind {
        LearnerKind::Logistic => (&logistic, &by_logistic, &by_trees, LearnerKind::Trees),
        LearnerKind::Trees => (&trees, &by_trees, &by_logistic, LearnerKind::Logistic),
    };
    let mut evaluation = Evaluation::new(training.labels.len(), own, labels, learning.campaign)?;
    evaluation.add_rival(rival.name(), own, other, labels)?;
    if let Some(silent) = cohorts.without_labels(&held_out, cutoffs.target) {
        evaluation.add_rival("btyd", own, &silent, labels)?;
    }
    let recency = Feature::RecencyDays.to_string();
    if let (Some(frame), Some(judged)) =
        (training.frame.only(&recency), held_out.frame.only(&recency))
    {
        let alone = Predictor::fit(
            LearnerKind::Logistic,
            &Examples {
                frame,
                labels: training.labels.clone(),
                weights: training.weights.clone(),
                customers: training.customers.clone(),
            },
        )?;
        evaluation.add_rival("recency", own, &alone.probabilities(&judged)?, labels)?;
    }
    let base_rate = vec![share(&training.labels); labels.len()];
    evaluation.add_rival("base_rate", own, &base_rate, labels)?;
    if learning.importance {
        evaluation.importance = importance(model, &held_out.frame, labels, learning.seed)?;
    }
    Ok(Judged { kind, evaluation })
}

/// The rows of the training cutoffs.
fn examples(cohorts: &mut Cohorts<'_>, cutoffs: &Cutoffs) -> Result<Examples> {
    let weighted = cutoffs.training.iter().map(|each| (each.cutoff, each.weight));
    cohorts.examples(&weighted.collect::<Vec<_>>())
}

/// One model for the target of `cutoffs`, calibrated and moved to its season.
fn learn(
    cohorts: &mut Cohorts<'_>,
    cutoffs: &Cutoffs,
    kind: LearnerKind,
    learning: &Learning,
    training: &Examples,
) -> Result<Predictor> {
    let mut model = Predictor::fit(kind, training)?;
    if let Some(method) = learning.calibration {
        let [earlier @ .., last] = &cutoffs.training[..] else {
            return Err(Error::usage("there is no training cutoff"));
        };
        if earlier.is_empty() {
            return Err(Error::data("one training cutoff leaves none to calibrate on")
                .with_hint("leave out `--calibration`, or take a shorter `--horizon`"));
        }
        // Calibrated as it is used: learned from earlier cutoffs, bent by what came of a later one.
        let weighted: Vec<_> = earlier.iter().map(|each| (each.cutoff, each.weight)).collect();
        let rehearsal = Predictor::fit(kind, &cohorts.examples(&weighted)?)?;
        let last = cohorts.at(last.cutoff)?;
        let claimed = rehearsal.probabilities(&last.frame)?;
        model = model.calibrated(method, &claimed, &last.churned)?;
    }
    if let Some(season) = cutoffs.season {
        let year_before = cohorts.at(season)?;
        if year_before.churned.contains(&true) && year_before.churned.contains(&false) {
            model = model.in_season(&year_before.frame, &year_before.churned)?;
        }
    }
    Ok(model)
}

/// Refuses cutoffs, to judge by or to learn from, at which everybody or nobody churned.
fn require_both(labels: &[bool], cutoffs: &str, options: &Options) -> Result<()> {
    let (who, did) = match options.event {
        Event::NoOrder => ("known", "ordered"),
        Event::ContractEnd => ("under contract", "kept the contract"),
    };
    let (what, hint) = match (labels.contains(&true), labels.contains(&false)) {
        (true, true) => return Ok(()),
        (true, false) => ("nobody", "there is nobody to keep: take a longer `--horizon`"),
        (false, true) => ("everybody", "there is no churn to learn: take a shorter `--horizon`"),
        (false, false)
            if options.population == Population::Active && options.event == Event::NoOrder =>
        {
            return Err(Error::data(format!(
                "no customer was active at the cutoff {cutoffs}: nobody had ordered by then, or everybody \
                 had been silent for longer than {} and three of their usual gaps or a year",
                options.horizon
            ))
            .with_hint(
                "take later ones by `--cutoff` and `--train-cutoffs`, or everybody who ever ordered by \
                 `--population all`",
            ));
        }
        (false, false) => {
            return Err(Error::data(format!("there is no customer before the cutoff {cutoffs}"))
                .with_hint("take later ones by `--cutoff` and `--train-cutoffs`"));
        }
    };
    Err(Error::data(format!(
        "{what} of the {} customers {who} on {cutoffs} {did} in the {} after it",
        labels.len(),
        options.horizon
    ))
    .with_hint(format!("{hint}, or other days by `--cutoff` and `--train-cutoffs`")))
}

/// Rows that importance is measured on: enough for two digits.
const MOST_SHUFFLED: usize = 20_000;
/// Shuffles of each feature.
const SHUFFLES: usize = 5;

/// What each column is worth to `model` on unseen customers, most first.
pub(super) fn importance(
    model: &Predictor,
    frame: &Frame,
    labels: &[bool],
    seed: u64,
) -> Result<Vec<(String, Importance)>> {
    let kept: Vec<usize> = (0..frame.rows.min(MOST_SHUFFLED)).collect();
    let encoded = model.encode(&frame.take(&kept))?;
    let measure = |rows| {
        let sample = Sample::new(rows, &labels[..kept.len()])?;
        let score = |rows: Rows<'_>| model.probabilities_of(rows);
        permutation_importance(sample, &model.groups(), SHUFFLES, seed, score)
    };
    let measured = measure(encoded.rows()?).map_err(Error::from_model)?;
    let names = model.schema().iter().map(|schema| schema.name.clone());
    let mut importance: Vec<(String, Importance)> = names.zip(measured).collect();
    importance.sort_by(|(_, a), (_, b)| b.auc_loss.total_cmp(&a.auc_loss));
    Ok(importance)
}
