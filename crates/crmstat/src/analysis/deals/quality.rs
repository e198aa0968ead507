//! What the probabilities were worth on later moments, beside those of simpler ways.

use crate::{AsOf, Error, Lang, Result, analysis::churn::Horizon};
use crmstat_models::churn::evaluation::{
    Auc, BrierScore, ReliabilityLine, auc_of_groups, brier, gains, log_loss, mean_of_groups,
    reliability_line,
};

/// How good the ways to a probability were on deals as they stood at later moments.
#[derive(Clone, Debug)]
pub struct Quality {
    /// The days in which a deal was won or not.
    pub horizon: Horizon,
    /// The first and the last moment of judgement.
    pub judged: (AsOf, AsOf),
    /// Rows that were learned from: deals, once per moment at which they were open.
    pub trained: usize,
    /// Rows that were judged.
    pub tested: usize,
    /// The deals among them.
    pub deals: usize,
    /// The share of rows that were won within the horizon.
    pub base_rate: f64,
    /// Whether the learner was chosen on earlier moments; otherwise it is the logistic regression.
    pub was_chosen: bool,
    /// The model first, then the other ways.
    pub ways: Vec<Way>,
    /// How much smaller the log-loss is than that of the base rate, with its 95 % interval over deals.
    pub gain: (f64, f64, f64),
    /// The share of the deals won in the horizon that were won by the day that the model had expected.
    pub won_by_expected: Option<f64>,
}

/// One way to a probability.
#[derive(Clone, Debug)]
pub struct Way {
    /// `logistic`, `trees`, `competing_risks`, `naive_bayes`, `stage_weights` or `base_rate`.
    pub name: &'static str,
    /// Ranking, with a 95 % interval over deals.
    pub auc: Auc,
    /// Accuracy and its parts.
    pub brier: BrierScore,
    /// Accuracy in nats.
    pub log_loss: f64,
    /// Calibration; `None` where all probabilities are equal.
    pub line: Option<ReliabilityLine>,
    /// How many times the base rate the tenth with the highest probabilities was won.
    pub lift: Option<f64>,
}

/// Groups of the Brier score's parts, and tenths of the lift.
const GROUPS: usize = 10;
/// The quantile of the normal distribution at which a 95 % interval ends.
const INTERVAL: f64 = 1.96;

impl Way {
    pub(super) fn judge(
        name: &'static str,
        probabilities: &[f64],
        labels: &[bool],
        groups: &[usize],
    ) -> Result<Self> {
        let judge = || {
            Ok::<_, crmstat_models::Error>(Self {
                name,
                auc: auc_of_groups(probabilities, labels, groups)?,
                brier: brier(probabilities, labels, GROUPS)?,
                log_loss: log_loss(probabilities, labels, None)?,
                line: reliability_line(probabilities, labels).ok(),
                lift: gains(probabilities, labels, GROUPS.min(labels.len()))?
                    .first()
                    .map(|band| band.lift),
            })
        };
        judge().map_err(Error::from_model)
    }
}

/// How much smaller the log-loss of `own` is than that of `other`, and its standard error over deals.
pub(super) fn gain(
    own: &[f64],
    other: &[f64],
    labels: &[bool],
    groups: &[usize],
) -> Result<(f64, f64)> {
    /// A wrong certainty costs much, not everything.
    const LEAST: f64 = 1e-15;
    let cost = |p: f64, label: bool| -(if label { p } else { 1.0 - p }).max(LEAST).ln();
    let saved: Vec<f64> = own
        .iter()
        .zip(other)
        .zip(labels)
        .map(|((own, other), label)| cost(*other, *label) - cost(*own, *label))
        .collect();
    mean_of_groups(&saved, groups).map_err(Error::from_model)
}

/// The interval of a gain.
pub(super) fn interval((value, error): (f64, f64)) -> (f64, f64, f64) {
    (value, value - INTERVAL * error, value + INTERVAL * error)
}

impl Quality {
    /// The model's own.
    pub fn own(&self) -> &Way {
        &self.ways[0]
    }

    /// The way of that name.
    pub fn way(&self, name: &str) -> Option<&Way> {
        self.ways.iter().find(|way| way.name == name)
    }

    /// Whether this history tells deals apart: the interval of the AUC is above a half, and that of the gain in log-loss
    /// over the base rate above nothing.
    pub fn tells_apart(&self) -> bool {
        self.own().auc.lower > 0.5 && self.gain.1 > 0.0
    }

    /// What a reader must know, one sentence each.
    pub fn sentences(&self, lang: Lang) -> Vec<String> {
        let own = self.own();
        let (first, last) = self.judged;
        let percent = 100.0 * self.base_rate;
        let mut told = vec![match lang {
            Lang::En => format!(
                "judged on {} deals as they stood from {first} to {last}: won within {}: {percent:.0} %; AUC {:.3} \
                 ({:.3} to {:.3}), Brier {:.3}",
                self.deals,
                self.horizon,
                own.auc.value,
                own.auc.lower,
                own.auc.upper,
                own.brier.value
            ),
            Lang::Ru => format!(
                "проверено на {} сделках, какими они были с {first} по {last}: выиграно за {} дн.: {percent:.0} %; AUC \
                 {:.3} (от {:.3} до {:.3}), Brier {:.3}",
                self.deals,
                self.horizon.in_days(),
                own.auc.value,
                own.auc.lower,
                own.auc.upper,
                own.brier.value
            ),
        }];
        if !self.tells_apart() {
            told.push(
                lang.pick(
                    "this history does not tell deals apart: the probabilities are no better than one and the same for \
                     all; rank deals by amount",
                    "эта история не отличает сделки друг от друга: вероятности не лучше одной общей для всех; \
                     сортируйте сделки по сумме",
                )
                .to_owned(),
            );
        }
        for way in self.ways[1..].iter().filter(|way| way.log_loss < own.log_loss) {
            told.push(match lang {
                Lang::En => format!(
                    "the model does not beat {}: log-loss {:.4} against {:.4}",
                    way.said(lang),
                    own.log_loss,
                    way.log_loss
                ),
                Lang::Ru => format!(
                    "модель не лучше, чем {}: log-loss {:.4} против {:.4}",
                    way.said(lang),
                    own.log_loss,
                    way.log_loss
                ),
            });
        }
        told
    }
}

impl Way {
    /// The way in words.
    pub(super) fn said(&self, lang: Lang) -> &'static str {
        match self.name {
            "logistic" => lang.pick("logistic regression", "логистическая регрессия"),
            "trees" => lang.pick("boosted trees", "деревья с бустингом"),
            "competing_risks" => lang.pick(
                "the competing risks of the pipeline forecast",
                "конкурирующие риски прогноза воронки",
            ),
            "naive_bayes" => lang.pick("Odoo's naive Bayes", "наивный Байес из Odoo"),
            "stage_weights" => lang.pick("stage weights", "веса этапов"),
            _ => lang.pick("the base rate", "доля выигранных"),
        }
    }
}
