//! What the probabilities are worth on customers that the model has not seen.

use crate::{Error, Result};
use crmstat_models::churn::evaluation::{
    Auc, BrierScore, CostThreshold, GainBand, Importance, ReliabilityBin, ReliabilityLine, auc,
    auc_difference, average_precision, best_threshold, break_even, brier, gains, log_loss,
    log_loss_difference, reliability, reliability_line,
};

/// Groups of the reliability table and bands of the gain table.
const GROUPS: usize = 10;

/// What acting on a customer costs, and what it brings if the customer would have churned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Campaign {
    /// The cost of acting on one customer.
    pub cost: f64,
    /// The benefit if the customer would have churned.
    pub benefit: f64,
}

/// How good the probabilities were on held-out customers, beside those of simpler ways.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Customers learned from, once per training cutoff.
    pub trained: usize,
    /// Held-out customers.
    pub tested: usize,
    /// The share of them that churned.
    pub base_rate: f64,
    /// Ranking, with its 95 % interval.
    pub auc: Auc,
    /// Ranking, weighted to the top.
    pub average_precision: f64,
    /// Accuracy and its parts.
    pub brier: BrierScore,
    /// Accuracy in nats.
    pub log_loss: f64,
    /// Calibration; `None` where all probabilities are equal.
    pub line: Option<ReliabilityLine>,
    /// Claimed against observed churn, lowest probability first.
    pub reliability: Vec<ReliabilityBin>,
    /// Lift and gain, highest probability first.
    pub gains: Vec<GainBand>,
    /// Other ways to the same probabilities.
    pub rivals: Vec<Rival>,
    /// The probability from which acting pays, and the best threshold on the held-out customers.
    pub campaign: Option<(f64, CostThreshold)>,
    /// The loss of AUC when each feature is shuffled, largest first, where asked for.
    pub importance: Vec<(String, Importance)>,
}

/// Another way to probabilities, judged on the same customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    /// `logistic`, `trees`, `btyd`, `recency` or `base_rate`.
    pub name: &'static str,
    /// Its area under the ROC curve.
    pub auc: f64,
    /// Its Brier score.
    pub brier: f64,
    /// Its log-loss.
    pub log_loss: f64,
    /// The model's AUC less its own, and the standard error of that (`DeLong`).
    pub ahead: (f64, f64),
}

impl Evaluation {
    /// Judges `probabilities` by what came of the customers.
    pub(super) fn new(
        trained: usize,
        probabilities: &[f64],
        labels: &[bool],
        campaign: Option<Campaign>,
    ) -> Result<Self> {
        let judge = || {
            let campaign = campaign
                .map(|Campaign { cost, benefit }| {
                    let threshold = break_even(cost, benefit)?;
                    Ok::<_, crmstat_models::Error>((
                        threshold,
                        best_threshold(probabilities, labels, cost, benefit)?,
                    ))
                })
                .transpose()?;
            Ok::<_, crmstat_models::Error>(Self {
                trained,
                tested: labels.len(),
                base_rate: share(labels),
                auc: auc(probabilities, labels)?,
                average_precision: average_precision(probabilities, labels)?,
                brier: brier(probabilities, labels, GROUPS)?,
                log_loss: log_loss(probabilities, labels, None)?,
                line: reliability_line(probabilities, labels).ok(),
                reliability: reliability(probabilities, labels, GROUPS)?,
                gains: gains(probabilities, labels, GROUPS.min(labels.len()))?,
                rivals: Vec::new(),
                campaign,
                importance: Vec::new(),
            })
        };
        judge().map_err(Error::from_model)
    }

    /// Judges another way on the same customers.
    pub(super) fn add_rival(
        &mut self,
        name: &'static str,
        own: &[f64],
        rival: &[f64],
        labels: &[bool],
    ) -> Result<()> {
        let judge = || {
            Ok::<_, crmstat_models::Error>(Rival {
                name,
                auc: auc(rival, labels)?.value,
                brier: brier(rival, labels, GROUPS)?.value,
                log_loss: log_loss(rival, labels, None)?,
                ahead: auc_difference(own, rival, labels)?,
            })
        };
        self.rivals.push(judge().map_err(Error::from_model)?);
        Ok(())
    }

    /// Rivals that rank the held-out customers at least as well.
    pub fn not_beaten(&self) -> impl Iterator<Item = &Rival> {
        self.rivals.iter().filter(|rival| rival.ahead.0 <= 0.0)
    }

    /// The group of similar probabilities whose churn lies farthest beyond what chance allows its probability,
    /// if any does: ten groups at 95 % together.
    pub fn misjudged(&self) -> Option<&ReliabilityBin> {
        /// The quantile of the normal distribution of 95 % over ten groups (Bonferroni).
        const TOGETHER: f64 = 2.807;
        let excess = |bin: &ReliabilityBin| {
            let expected = bin.mean_probability;
            let error = (expected * (1.0 - expected) / bin.rows as f64).sqrt();
            (bin.churn_rate - expected).abs() / error.max(f64::MIN_POSITIVE)
        };
        let worst = self.reliability.iter().max_by(|a, b| excess(a).total_cmp(&excess(b)))?;
        (excess(worst) > TOGETHER).then_some(worst)
    }

    /// The expected calibration error: how far the groups' churn is from what was claimed, on average.
    pub fn calibration_error(&self) -> f64 {
        let off = self
            .reliability
            .iter()
            .map(|bin| bin.rows as f64 * (bin.churn_rate - bin.mean_probability).abs());
        off.sum::<f64>() / self.tested.max(1) as f64
    }

    /// Every measure by name: what `--metrics` lists.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let named = |name: &str, value: f64| (name.to_owned(), value);
        let mut metrics = vec![
            named("auc", self.auc.value),
            named("auc_lower", self.auc.lower),
            named("auc_upper", self.auc.upper),
            named("average_precision", self.average_precision),
            named("brier", self.brier.value),
            named("brier_reliability", self.brier.reliability),
            named("brier_resolution", self.brier.resolution),
            named("brier_uncertainty", self.brier.uncertainty),
            named("log_loss", self.log_loss),
            named("calibration_error", self.calibration_error()),
        ];
        metrics.extend(self.gains.first().map(|top| named("lift_top_decile", top.lift)));
        metrics.push(named("base_rate", self.base_rate));
        metrics.push(named("n_train", self.trained as f64));
        metrics.push(named("n_test", self.tested as f64));
        if let Some(line) = self.line {
            metrics.push(named("reliability_slope", line.slope));
            metrics.push(named("reliability_intercept", line.intercept));
        }
        for rival in &self.rivals {
            let of = |measure: &str| format!("{}_{measure}", rival.name);
            metrics.push((of("auc"), rival.auc));
            metrics.push((of("brier"), rival.brier));
            metrics.push((of("log_loss"), rival.log_loss));
            metrics.push((format!("auc_ahead_of_{}", rival.name), rival.ahead.0));
            metrics.push((format!("auc_ahead_of_{}_std_error", rival.name), rival.ahead.1));
        }
        if let Some((from, best)) = self.campaign {
            metrics.push(named("act_from_probability", from));
            metrics.push(named("best_threshold", best.threshold));
            metrics.push(named("best_threshold_customers", best.acted as f64));
            metrics.push(named("best_threshold_churners", best.reached as f64));
            metrics.push(named("best_threshold_profit", best.profit));
        }
        metrics
    }
}

/// The gain in AUC below which a model that can be read at a glance is worth more.
const WORTH_IT: f64 = 0.005;

/// The quantile of the normal distribution at which a 95 % interval ends.
const INTERVAL: f64 = 1.96;

/// The AUC that a model with better probabilities may lie behind.
const NO_LOSS: f64 = 0.002;

/// Whether the challenger is clearly better: in ranking by so much that it matters even at the lower end
/// of the interval, and nearer to the truth; or nearer to the truth by more than chance, and not worse in
/// ranking.
pub(super) fn clearly_better(challenger: &[f64], simple: &[f64], labels: &[bool]) -> Result<bool> {
    let judge = || {
        let (ahead, error) = auc_difference(challenger, simple, labels)?;
        let (saved, saved_error) = log_loss_difference(simple, challenger, labels)?;
        let ranks_better = ahead - INTERVAL * error > WORTH_IT && saved > 0.0;
        let is_truer = saved - INTERVAL * saved_error > 0.0 && ahead > -NO_LOSS;
        Ok::<_, crmstat_models::Error>(ranks_better || is_truer)
    };
    judge().map_err(Error::from_model)
}

/// The share of churned customers.
pub(super) fn share(labels: &[bool]) -> f64 {
    labels.iter().filter(|label| **label).count() as f64 / labels.len().max(1) as f64
}
