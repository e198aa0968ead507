//! Learning who responds, or whom a treatment moves.

use super::{
    Offer, Options, Quality, Response, Trial, Warning,
    assignment::{Assignment, names},
    depth::{Depth, TENTHS},
    model::{Learned, Limits, Model, Scores},
};
use crate::{
    Error, Result,
    analysis::churn::{
        Evaluation, Learning,
        frame::Frame,
        leaks::{refuse_leaks, too_good},
        outcome::Outcome,
        predictor::Examples,
        table::{Asked, Judged, Labelled},
    },
    collections::short_text::hash_text,
    data::CustomerTable,
};
use crmstat_models::{
    churn::{Encoder, Rows},
    uplift::{self, Method, bands, choose, ranking},
};

/// Responses and absences of them that each group has at least: a fifth of a half is left out in turn.
const FEWEST: u64 = 20;
/// Customers below which figures are left to chance.
const FEW: usize = 500;
/// Columns that are named.
const NAMED: usize = 3;
/// The propensity nearest to certainty: no row weighs more than fifty others.
const LEAST_PROPENSITY: f64 = 0.02;

/// Learns from the customers of `table` whose label is known, and scores all of them.
///
/// Every customer of those is scored by a model that had not seen them.
///
/// # Errors
/// A data error for a column that is not there, a label or treatment that nobody or everybody has, too few customers of
/// a kind, or a column that carries the response.
pub fn fit(table: &CustomerTable, options: &Options) -> Result<Response> {
    check(options)?;
    let Options { label, positive, negative, .. } = options;
    let asked = Asked { label, positive, negative, outcome: Outcome::Response };
    let (responses, told) = asked.labels(table)?;
    let warnings: Vec<Warning> = told.into_iter().map(Warning::Labels).collect();
    let mut left_out = vec![label.as_str()];
    left_out.extend(options.treatment.iter().map(|own| own.column.as_str()));
    let frame = Frame::of_table(table, &left_out);
    match &options.treatment {
        None => of_response(table, &frame, &responses, asked, options, warnings),
        Some(_) => of_uplift(table, &frame, &responses, options, warnings),
    }
}

fn check(options: &Options) -> Result<()> {
    let Some(Offer { value, cost }) = options.offer else { return Ok(()) };
    if value.is_finite() && value > 0.0 && cost.is_finite() && cost >= 0.0 {
        return Ok(());
    }
    Err(Error::usage(format!("an offer cannot bring {value} and cost {cost}"))
        .with_hint("the value of a response is above 0, the cost of sending not below"))
}

/// Learns the probability of a response.
fn of_response(
    table: &CustomerTable,
    frame: &Frame,
    responses: &[Option<bool>],
    asked: Asked<'_>,
    options: &Options,
    mut warnings: Vec<Warning>,
) -> Result<Response> {
    let labelled = Labelled::new(table, frame, responses)?;
    let examples = &labelled.examples;
    refuse_leaks(examples, &options.allowed, |_| true, Outcome::Response)?;
    let learning = Learning { seed: options.seed, ..Learning::default() };
    let Judged { model, evaluation, held_out } = labelled.judged(asked, learning)?;
    warnings.extend(warned(&evaluation));
    warnings.extend(too_good(examples, evaluation.auc.value)?.map(Warning::TooGood));
    let depths = Depth::of_responses(&held_out, &examples.labels, options.offer)?;
    let tells = evaluation.auc.lower > 0.5;
    let rate = evaluation.base_rate;
    let limits = Limits {
        send_from: options.offer.and_then(|offer| {
            if tells {
                return Depth::best(&depths).map(|best| best.from);
            }
            (rate * offer.value > offer.cost).then_some(f64::MIN)
        }),
        never_below: None,
        alike: (!tells).then_some(rate),
    };
    let model =
        Model::new(options, Learned::Response(Box::new(model)), examples.labels.len(), limits);
    let known = labelled.of_all(&held_out, table.len());
    let scores = Scores::of(&model, table, frame, &known)?;
    let quality = Quality::Response(Box::new(evaluation));
    Ok(Response { model, quality, depths, scores, warnings })
}

fn warned(evaluation: &Evaluation) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if evaluation.tested < FEW {
        warnings.push(Warning::Few(evaluation.tested));
    }
    let auc = evaluation.auc;
    if auc.lower <= 0.5 {
        warnings.push(Warning::NoRanking { auc: (auc.value, auc.lower, auc.upper) });
    }
    warnings
}

/// Learns whom the treatment moves.
fn of_uplift(
    table: &CustomerTable,
    frame: &Frame,
    responses: &[Option<bool>],
    options: &Options,
    mut warnings: Vec<Warning>,
) -> Result<Response> {
    let Some(treatment) = &options.treatment else {
        return Err(Error::usage("nothing says who was treated"));
    };
    let asked = Asked {
        label: &treatment.column,
        positive: &treatment.treated,
        negative: &treatment.untreated,
        outcome: Outcome::Treatment,
    };
    let (treated, told) = asked.labels(table)?;
    warnings.extend(told.into_iter().map(Warning::Labels));
    let is_known = |row: usize| responses[row].is_some() && treated[row].is_some();
    let both: Vec<Option<bool>> =
        (0..table.len()).map(|row| treated[row].filter(|_| is_known(row))).collect();
    let labelled = Labelled::new(table, frame, &both)?;
    let responded: Vec<bool> = labelled.rows.iter().filter_map(|row| responses[*row]).collect();
    let treated = &labelled.examples.labels;
    let trial = uplift::Trial::new(&responded, treated).map_err(Error::from_model)?;
    enough(trial)?;
    refuse_known(&labelled, &responded, options)?;

    let schema = labelled.examples.frame.measured_schema();
    let encoder = labelled.examples.frame.raw(&schema, |raw| Encoder::params().fit(raw));
    let encoder = encoder.map_err(Error::from_model)?;
    let encoded = labelled.examples.frame.encode(&encoder, &schema)?;
    let propensities = labelled.held_out(asked, options.seed)?;
    let assignment = Assignment::new(&propensities, treated, &encoded, &names(&encoder, &schema))?;
    let weights: Option<Vec<f64>> = (!assignment.is_by_chance()).then(|| {
        let bound = |own: &f64| own.clamp(LEAST_PROPENSITY, 1.0 - LEAST_PROPENSITY);
        propensities.iter().map(bound).collect()
    });

    let halves = halves(&labelled.ids, trial, &responded, treated, options.seed);
    let rows = encoded.rows()?;
    let sample = Sample { rows, responded: &responded, treated, weights: weights.as_deref() };
    let (held_out, tried) = sample.cross_fitted(&halves, options.seed)?;
    let method =
        tried.iter().fold(tried[0], |best, own| if own.1 > best.1 { *own } else { best }).0;
    let judged = || {
        let learned = method.fit(rows, trial, weights.as_deref(), options.seed)?;
        let ranking = ranking(&held_out, trial, options.seed)?;
        Ok::<_, crmstat_models::Error>((learned, ranking, bands(&held_out, trial, TENTHS)?))
    };
    let (learned, ranking, bands) = judged().map_err(Error::from_model)?;
    let overall = trial
        .counts(0..trial.len())
        .uplift()
        .ok_or_else(|| Error::data("nobody was treated, or everybody"))?;
    let quality =
        Trial { customers: trial.len(), overall, ranking, method, tried, bands, assignment };
    if trial.len() < FEW {
        warnings.push(Warning::Few(trial.len()));
    }
    if !quality.assignment.is_by_chance() {
        let auc = quality.assignment.auc;
        let columns = quality.assignment.differing(NAMED);
        warnings.push(Warning::NotByChance { auc: (auc.value, auc.lower), columns });
    }
    if !quality.tells_apart() {
        let qini = ranking.qini;
        warnings.push(Warning::NoDifference { qini: (qini.value, qini.lower, qini.upper) });
    }
    let depths = Depth::of_bands(&quality.bands, options.offer);
    let limits = limits(&quality, &depths, options.offer);
    let learned = Learned::Uplift { schema, encoder: Box::new(encoder), uplift: Box::new(learned) };
    let model = Model::new(options, learned, trial.len(), limits);
    let known = labelled.of_all(&held_out, table.len());
    let scores = Scores::of(&model, table, frame, &known)?;
    Ok(Response { model, quality: Quality::Uplift(Box::new(quality)), depths, scores, warnings })
}

/// # Errors
/// A group with too few responses or absences of them to learn from and to judge by.
fn enough(trial: uplift::Trial<'_>) -> Result<()> {
    let arms = trial.counts(0..trial.len());
    for ((responses, all), name) in [(arms.treated, "treated"), (arms.untreated, "untreated")] {
        if responses.min(all - responses) < FEWEST {
            return Err(Error::data(format!(
                "of {all} {name} customers {responses} responded: too few to learn from and judge by"
            ))
            .with_hint(format!(
                "each group needs {FEWEST} who responded and {FEWEST} who did not; some thousand are better"
            )));
        }
    }
    Ok(())
}

/// Refuses columns that know the response: what customers did with the campaign is known too late.
fn refuse_known(labelled: &Labelled<'_>, responded: &[bool], options: &Options) -> Result<()> {
    let known = &labelled.examples;
    let examples = Examples {
        frame: known.frame.clone(),
        labels: responded.to_vec(),
        weights: known.weights.clone(),
        customers: known.customers.clone(),
    };
    refuse_leaks(&examples, &options.allowed, |_| true, Outcome::Response)
}

/// Who is in the second half: by a hash of id and seed, each half with its share of responses and of the treated, so
/// that the order of rows changes nothing.
fn halves(
    ids: &[&str],
    trial: uplift::Trial<'_>,
    responded: &[bool],
    treated: &[bool],
    seed: u64,
) -> Vec<bool> {
    let mut order: Vec<usize> = (0..trial.len()).collect();
    order.sort_by_cached_key(|row| {
        let hash = hash_text(format!("{seed}:{}", ids[*row]).as_bytes());
        (responded[*row], treated[*row], hash, ids[*row])
    });
    let mut second = vec![false; order.len()];
    for (place, row) in order.into_iter().enumerate() {
        second[row] = place % 2 == 1;
    }
    second
}

/// What was foreseen of rows held out, and what every method reached.
type CrossFitted = (Vec<f64>, Vec<(Method, f64)>);

/// Rows of which some were treated.
struct Sample<'a> {
    rows: Rows<'a>,
    responded: &'a [bool],
    treated: &'a [bool],
    weights: Option<&'a [f64]>,
}

impl Sample<'_> {
    /// The uplift of each row by the method that was the best on the other half and learned from it, and what every
    /// method reached there on average.
    fn cross_fitted(&self, second: &[bool], seed: u64) -> Result<CrossFitted> {
        let mut found = vec![0.0; second.len()];
        let mut reached: Vec<(Method, f64)> = Method::ALL.map(|method| (method, 0.0)).to_vec();
        for half in [false, true] {
            let (out, kept): (Vec<usize>, Vec<usize>) =
                (0..second.len()).partition(|row| second[*row] == half);
            let values: Vec<f64> =
                kept.iter().flat_map(|row| self.rows.row(*row)).copied().collect();
            let of = |all: &[bool]| kept.iter().map(|row| all[*row]).collect::<Vec<bool>>();
            let (responded, treated) = (of(self.responded), of(self.treated));
            let weights: Option<Vec<f64>> =
                self.weights.map(|all| kept.iter().map(|row| all[*row]).collect());
            let mut learn = || {
                let rows = Rows::new(&values, self.rows.width())?;
                let trial = uplift::Trial::new(&responded, &treated)?;
                let (method, tried) = choose(rows, trial, weights.as_deref(), seed)?;
                let learned = method.fit(rows, trial, weights.as_deref(), seed)?;
                for row in &out {
                    found[*row] = learned.predict(self.rows.row(*row))?;
                }
                Ok::<_, crmstat_models::Error>(tried)
            };
            for (method, ranking) in learn().map_err(Error::from_model)? {
                let own = reached.iter_mut().filter(|(own, _)| *own == method);
                own.for_each(|(_, qini)| *qini += ranking.qini.value / 2.0);
            }
        }
        Ok((found, reached))
    }
}

/// Whom to send to, and whom never.
fn limits(trial: &Trial, depths: &[Depth], offer: Option<Offer>) -> Limits {
    let everybody = |pays: bool| pays.then_some(f64::MIN);
    if !trial.tells_apart() {
        // One and the same for all.
        let least = offer.map_or(0.0, |offer| offer.cost / offer.value);
        return Limits {
            send_from: everybody(trial.overall.value > least),
            never_below: (trial.overall.upper < 0.0).then_some(f64::MAX),
            alike: Some(trial.overall.value),
        };
    }
    // From the bottom up, as long as the treatment does harm beyond chance.
    let does_harm = |band: &&uplift::Band| band.arms.uplift().is_some_and(|own| own.upper < 0.0);
    let harmed = trial.bands.iter().rev().take_while(does_harm).last();
    Limits {
        send_from: Depth::best(depths).map(|best| best.from),
        never_below: harmed.map(|band| band.bounds.1),
        alike: None,
    }
}
