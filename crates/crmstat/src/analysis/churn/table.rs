//! Churn as a column of a table says it: one row per customer, judged by cross-validation.

use super::{
    Churn, Learning,
    evaluation::{Evaluation, clearly_better, share},
    fit::importance,
    frame::Frame,
    leaks::{refuse_leaks, too_good},
    model::{Facts, Model, Source},
    outcome::Outcome,
    predictor::{Examples, LearnerKind, Predictor},
    scores::Scores,
    warnings_of,
};
use crate::{
    Error, Result,
    collections::short_text::hash_text,
    data::{Column, CustomerTable},
};
use crmstat_models::churn::{CalibrationMethod, Calibrator};

/// Parts of the cross-validation.
const FOLDS: usize = 5;

/// Which column says who churned, and how to learn from the others.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// The header of the label.
    pub label: String,
    /// What the label says of a customer who churned.
    pub positive: String,
    /// What it says of those who stayed: customers of any other label are scored, but not learned from. Empty:
    /// the one other value that there is.
    pub negative: Vec<String>,
    /// Columns that are known to be honest, however much they tell.
    pub allowed: Vec<String>,
    /// The header of what each customer is worth in the time that the label is about.
    pub value: Option<String>,
    /// What learns and how it is judged.
    pub learning: Learning,
}

/// Learns from the labelled customers of `table` and scores all of them.
///
/// Every labelled customer is scored by a model that had not seen them: that of the four other fifths.
///
/// # Errors
/// A data error for a column that is not there, a label that nobody or everybody has, fewer customers of
/// a label than fifths, or a column that carries the label.
pub fn fit_table(table: &CustomerTable, options: &TableOptions) -> Result<Churn> {
    let TableOptions { label, positive, negative, .. } = options;
    let asked = Asked { label, positive, negative, outcome: Outcome::Churn };
    let (labels, mut warnings) = asked.labels(table)?;
    let left_out: Vec<&str> =
        std::iter::once(options.label.as_str()).chain(options.value.as_deref()).collect();
    let frame = Frame::of_table(table, &left_out);
    let labelled = Labelled::new(table, &frame, &labels)?;
    let examples = &labelled.examples;
    refuse_leaks(examples, &options.allowed, |_| true, Outcome::Churn)?;
    let Judged { model, evaluation, held_out: own } = labelled.judged(asked, options.learning)?;
    let facts = Facts {
        rows: examples.labels.len(),
        base_rate: share(&examples.labels),
        auc: evaluation.auc.value,
        brier: evaluation.brier.value,
    };
    let source = Source::Table { label: options.label.clone(), positive: options.positive.clone() };
    let encoded = model.encode(&frame)?;
    let model = Model::new(source, model, facts, &frame, &encoded)?;
    let worth = options.value.as_deref().map(|name| worth(table, name)).transpose()?;
    let ids = (0..table.len()).map(|row| table.ids().get(row)).collect();
    let known = labelled.of_all(&own, table.len());
    let scores = Scores::new(&model, ids, frame.clone(), &encoded, worth.clone())?
        .with_probabilities(&known, worth.as_deref());
    warnings.extend(warnings_of(&evaluation));
    warnings.extend(too_good(examples, evaluation.auc.value)?);
    Ok(Churn { model, evaluation, cutoffs: None, scores, warnings })
}

/// The customers of a table whose label is known.
pub(in crate::analysis) struct Labelled<'a> {
    pub(in crate::analysis) rows: Vec<usize>,
    pub(in crate::analysis) ids: Vec<&'a str>,
    pub(in crate::analysis) examples: Examples,
}

/// A model, its proof, and what it says of customers whom it had not seen.
pub(in crate::analysis) struct Judged {
    pub(in crate::analysis) model: Predictor,
    pub(in crate::analysis) evaluation: Evaluation,
    pub(in crate::analysis) held_out: Vec<f64>,
}

impl<'a> Labelled<'a> {
    /// Those of `table` of whom `labels` tells; `frame` has what is known of all.
    ///
    /// # Errors
    /// A frame without a column.
    pub(in crate::analysis) fn new(
        table: &'a CustomerTable,
        frame: &Frame,
        labels: &[Option<bool>],
    ) -> Result<Self> {
        if frame.columns.is_empty() {
            return Err(Error::data(
                "there is no column to learn from besides the id and the label",
            ));
        }
        let rows: Vec<usize> = (0..labels.len()).filter(|row| labels[*row].is_some()).collect();
        let ids: Vec<&str> =
            rows.iter().map(|row| table.ids().get(*row).unwrap_or_default()).collect();
        let labels: Vec<bool> = rows.iter().filter_map(|row| labels[*row]).collect();
        let examples = Examples {
            frame: frame.take(&rows),
            weights: vec![1.0; labels.len()],
            labels,
            customers: ids.iter().map(|id| hash_text(id.as_bytes())).collect(),
        };
        Ok(Self { rows, ids, examples })
    }

    /// `values` of these customers among all `len`.
    pub(in crate::analysis) fn of_all(&self, values: &[f64], len: usize) -> Vec<Option<f64>> {
        let mut known = vec![None; len];
        self.rows.iter().zip(values).for_each(|(row, own)| known[*row] = Some(*own));
        known
    }

    /// Learns from these customers; each is judged by a model of the four other fifths.
    ///
    /// # Errors
    /// Fewer customers of a label than fifths, and what the learners refuse.
    pub(in crate::analysis) fn judged(
        &self,
        asked: Asked<'_>,
        learning: Learning,
    ) -> Result<Judged> {
        let examples = &self.examples;
        let folds = folds(&self.ids, &examples.labels, asked, learning.seed)?;
        let validation = Validation { examples, folds: &folds, learning };
        let by_logistic = validation.held_out(LearnerKind::Logistic)?;
        let by_trees = validation.held_out(LearnerKind::Trees)?;
        let labels = &examples.labels;
        let kind = match learning.learner {
            Some(kind) => kind,
            None if clearly_better(&by_trees, &by_logistic, labels)? => LearnerKind::Trees,
            None => LearnerKind::Logistic,
        };
        let (own, other, rival) = match kind {
            LearnerKind::Logistic => (&by_logistic, &by_trees, LearnerKind::Trees),
            LearnerKind::Trees => (&by_trees, &by_logistic, LearnerKind::Logistic),
        };
        let mut evaluation = Evaluation::new(labels.len(), own, labels, learning.campaign)?;
        evaluation.add_rival(rival.name(), own, other, labels)?;
        evaluation.add_rival("base_rate", own, &vec![share(labels); labels.len()], labels)?;
        if learning.importance {
            let (model, held_out) = validation.one_fold(kind)?;
            evaluation.importance =
                importance(&model, &held_out.frame, &held_out.labels, learning.seed)?;
        }
        let mut model = Predictor::fit(kind, examples)?;
        if let Some(method) = learning.calibration {
            model = model.calibrated(method, &validation.raw(kind)?, labels)?;
        }
        Ok(Judged { model, evaluation, held_out: own.clone() })
    }

    /// The probabilities of these customers by logistic regressions of the four other fifths.
    ///
    /// # Errors
    /// As [`Labelled::judged`].
    pub(in crate::analysis) fn held_out(&self, asked: Asked<'_>, seed: u64) -> Result<Vec<f64>> {
        let folds = folds(&self.ids, &self.examples.labels, asked, seed)?;
        let learning = Learning { seed, ..Learning::default() };
        Validation { examples: &self.examples, folds: &folds, learning }.raw(LearnerKind::Logistic)
    }
}

/// The numbers of the column `name`; NaN where it is missing.
pub(super) fn worth(table: &CustomerTable, name: &str) -> Result<Vec<f64>> {
    match table.column(name) {
        Some(Column::Number(values)) => Ok(values.clone()),
        Some(_) => Err(Error::data(format!("the value column `{name}` does not hold numbers"))),
        None => Err(Error::data(format!("there is no column `{name}`"))),
    }
}

/// Which column says what became of customers, and by which values.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Asked<'a> {
    pub(in crate::analysis) label: &'a str,
    pub(in crate::analysis) positive: &'a str,
    /// Empty: the one other value that there is.
    pub(in crate::analysis) negative: &'a [String],
    pub(in crate::analysis) outcome: Outcome,
}

impl Asked<'_> {
    /// Whether it is so of each customer, `None` where that is not known, and what must be said of it.
    ///
    /// # Errors
    /// No such column, nobody of either kind, or more than two values of which it is not said what they mean.
    pub(in crate::analysis) fn labels(
        self,
        table: &CustomerTable,
    ) -> Result<(Vec<Option<bool>>, Vec<String>)> {
        let Self { label, positive, negative, outcome } = self;
        let (meaning, setting) = outcome.positive();
        let Some(Column::Text(texts)) = table.column(label) else {
            return Err(Error::data(format!("there is no column `{label}` with the label")));
        };
        let mut counts = vec![0; texts.labels().len()];
        let mut empty = 0;
        for row in 0..table.len() {
            match texts.code(row) {
                Some(code) => counts[code as usize] += 1,
                None => empty += 1,
            }
        }
        let values: Vec<(&str, usize)> = (0..texts.labels().len())
            .filter_map(|code| texts.labels().get(code))
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .collect();
        let told = || {
            /// Values that are listed.
            const SOME: usize = 10;
            let some: Vec<String> =
                values.iter().take(SOME).map(|(own, count)| format!("`{own}` ({count})")).collect();
            some.join(", ") + if values.len() > SOME { " and more" } else { "" }
        };
        let is_there = |wanted: &&str| values.iter().any(|(own, _)| own == wanted);
        let named = std::iter::once(positive).chain(negative.iter().map(String::as_str));
        if let Some(wanted) = named.into_iter().find(|own| !is_there(own)) {
            return Err(Error::data(format!("nobody has `{wanted}` in `{label}`")).with_hint(
                format!("the column holds {}; say which means {meaning} with `{setting}`", told()),
            ));
        }
        if values.len() == 1 {
            return Err(Error::data(format!(
                "everybody has `{positive}` in `{label}`: there is nothing to tell apart"
            )));
        }
        let others: Vec<&str> =
            values.iter().map(|(own, _)| *own).filter(|own| *own != positive).collect();
        if negative.is_empty() && others.len() > 1 {
            let row = (0..table.len()).find(|row| texts.get(*row) == others.get(1).copied());
            let id = row.and_then(|row| table.ids().get(row)).unwrap_or_default();
            return Err(Error::data(format!(
            "`{label}` holds {} values, such as `{}` for the customer `{id}`: {}; who of them {} is not \
             known",
            values.len(),
            others[1],
            told(),
            outcome.who(false)
        ))
        .with_hint(format!(
            "name the values of those who {}: `{} '{}'`; customers of any other value are scored, but not \
             learned from",
            outcome.who(false),
            outcome.negative(),
            others.join(",")
        )));
        }
        let state = |value: &str| {
            let stayed = negative.is_empty() || negative.iter().any(|own| own == value);
            if value == positive { Some(true) } else { stayed.then_some(false) }
        };
        let labels: Vec<Option<bool>> =
            (0..table.len()).map(|row| texts.get(row).and_then(state)).collect();
        let mut warnings = Vec::new();
        if empty > 0 {
            let row = (0..table.len()).find(|row| texts.code(*row).is_none());
            let id = row.and_then(|row| table.ids().get(row)).unwrap_or_default();
            warnings.push(format!(
            "{empty} of {} customers have an empty `{label}`, such as `{id}`: scored, but neither learned \
             from nor judged by",
            table.len()
        ));
        }
        let unknown = labels.iter().filter(|own| own.is_none()).count() - empty;
        if unknown > 0 {
            warnings.push(format!(
            "{unknown} customers have neither `{positive}` nor {} in `{label}`: scored, but neither learned \
             from nor judged by",
            negative.iter().map(|own| format!("`{own}`")).collect::<Vec<_>>().join(", ")
        ));
        }
        Ok((labels, warnings))
    }
}

/// The part of each customer: by a hash of id and seed within each label, so that the order of rows
/// changes nothing and every part has its share of both labels.
fn folds(ids: &[&str], labels: &[bool], asked: Asked<'_>, seed: u64) -> Result<Vec<usize>> {
    let mut folds = vec![0; ids.len()];
    for label in [false, true] {
        let mut rows: Vec<usize> = (0..ids.len()).filter(|row| labels[*row] == label).collect();
        if rows.len() < FOLDS {
            return Err(Error::data(format!(
                "{} customers {} by `{}`: too few to learn from and judge by",
                rows.len(),
                asked.outcome.who(label),
                asked.label
            ))
            .with_hint(format!(
                "at least {FOLDS} of either kind are needed, some hundred are better"
            )));
        }
        rows.sort_by_cached_key(|row| {
            (hash_text(format!("{seed}:{}", ids[*row]).as_bytes()), ids[*row])
        });
        rows.iter().enumerate().for_each(|(place, row)| folds[*row] = place % FOLDS);
    }
    Ok(folds)
}

/// A cross-validation.
struct Validation<'a> {
    examples: &'a Examples,
    folds: &'a [usize],
    learning: Learning,
}

impl Validation<'_> {
    /// The probability of each customer by the model of the other parts, calibrated by the other parts.
    fn held_out(&self, kind: LearnerKind) -> Result<Vec<f64>> {
        let raw = self.raw(kind)?;
        match self.learning.calibration {
            None => Ok(raw),
            Some(method) => self.calibrated(method, &raw).map_err(Error::from_model),
        }
    }

    /// The probability of each customer by the model of the other parts.
    fn raw(&self, kind: LearnerKind) -> Result<Vec<f64>> {
        let mut probabilities = vec![0.0; self.folds.len()];
        for fold in 0..FOLDS {
            let model = Predictor::fit(kind, &self.part(|own| own != fold))?;
            let scored = model.probabilities(&self.part(|own| own == fold).frame)?;
            let rows = (0..self.folds.len()).filter(|row| self.folds[*row] == fold);
            rows.zip(scored).for_each(|(row, scored)| probabilities[row] = scored);
        }
        Ok(probabilities)
    }

    fn calibrated(
        &self,
        method: CalibrationMethod,
        raw: &[f64],
    ) -> crmstat_models::Result<Vec<f64>> {
        let mut calibrated = raw.to_vec();
        for fold in 0..FOLDS {
            let others = || (0..raw.len()).filter(|row| self.folds[*row] != fold);
            let claimed: Vec<f64> = others().map(|row| raw[row]).collect();
            let labels: Vec<bool> = others().map(|row| self.examples.labels[row]).collect();
            let calibrator = Calibrator::fit(method, &claimed, &labels)?;
            for row in (0..raw.len()).filter(|row| self.folds[*row] == fold) {
                calibrated[row] = calibrator.apply(raw[row])?;
            }
        }
        Ok(calibrated)
    }

    /// The model of all parts but the first, and the first.
    fn one_fold(&self, kind: LearnerKind) -> Result<(Predictor, Examples)> {
        let model = Predictor::fit(kind, &self.part(|own| own != 0))?;
        Ok((model, self.part(|own| own == 0)))
    }

    fn part(&self, wanted: impl Fn(usize) -> bool) -> Examples {
        let rows: Vec<usize> =
            (0..self.folds.len()).filter(|row| wanted(self.folds[*row])).collect();
        Examples {
            frame: self.examples.frame.take(&rows),
            labels: rows.iter().map(|row| self.examples.labels[*row]).collect(),
            weights: vec![1.0; rows.len()],
            customers: rows.iter().map(|row| self.examples.customers[*row]).collect(),
        }
    }
}
