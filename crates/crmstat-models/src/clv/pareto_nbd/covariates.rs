//! Static covariates on the rates of ordering and of leaving.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ParetoNbd, mixture, region};
use crate::clv::fit::{Held, maximise};
use crate::clv::jet::Jet;
use crate::clv::summary::History;
use crate::clv::{Estimate, FitParams, Grouped, Limit, PurchaseProcess, Summary, TimeUnit};
use crate::optimise::newton::Evaluation;
use crate::parallel::map_chunks;
use crate::{Error, Result};

/// A customer with the covariates of both rates.
#[derive(Clone, Debug, PartialEq)]
pub struct CovariateCustomer {
    /// How the customer bought.
    pub summary: Summary,
    /// What may make orders more frequent.
    pub purchase: Vec<f64>,
    /// What may make leaving more likely.
    pub dropout: Vec<f64>,
}

/// How do a customer's unchanging attributes (channel, region, gender) act on orders and on leaving?
///
/// # Formula
/// The [`ParetoNbd`] with α·exp(−γ′z) for α and β·exp(−δ′w) for β: a positive γ raises the rate of
/// orders, a positive δ that of leaving, each by the factor exp(γ) per unit of its covariate.
///
/// # Assumptions
/// Those of the Pareto/NBD; covariates do not change in time.
///
/// # Citation
/// Fader and Hardie, "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models"
/// (2007), section 2.
///
/// # When not to use it
/// With attributes that change after the first order, or that are known only of customers who stay.
///
/// # Units and shapes
/// Every customer has the same number of covariates; bring them to comparable scales.
///
/// # Errors
/// See [`ParetoNbdCovariates::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::clv::{CovariateCustomer, FitParams, ParetoNbdCovariates, Summary, TimeUnit};
///
/// let customers: Vec<CovariateCustomer> = (0..60)
///     .map(|i| CovariateCustomer {
///         summary: Summary::new(i % 5, f64::from(i % 5) * 4.0, 30.0 + f64::from(i % 7)).unwrap(),
///         purchase: vec![f64::from(i % 2)],
///         dropout: vec![],
///     })
///     .collect();
/// let model = ParetoNbdCovariates::fit(&customers, TimeUnit::Week, FitParams::default())?;
/// assert_eq!(model.purchase_effects().len(), 1);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct ParetoNbdCovariates {
    base: ParetoNbd,
    purchase: Vec<f64>,
    dropout: Vec<f64>,
    estimate: Estimate,
}

/// The model as it is stored, before it is checked.
#[derive(Deserialize)]
struct Raw {
    base: ParetoNbd,
    purchase: Vec<f64>,
    dropout: Vec<f64>,
    estimate: Estimate,
}

impl TryFrom<Raw> for ParetoNbdCovariates {
    type Error = Error;

    fn try_from(Raw { base, purchase, dropout, estimate }: Raw) -> Result<Self> {
        if let Some(odd) = purchase.iter().chain(&dropout).find(|effect| !effect.is_finite()) {
            return Err(Error::parameter("effect", odd, "finite"));
        }
        let estimate = estimate.checked(4 + purchase.len() + dropout.len())?;
        Ok(Self { base, purchase, dropout, estimate })
    }
}

impl ParetoNbdCovariates {
    /// Fits the model to `customers`, whose times are counted in `unit`.
    ///
    /// # Errors
    /// When customers differ in the number of covariates, a covariate is not finite, there is no customer
    /// or none with a repeat order, or a parameter of `params` is out of range.
    pub fn fit(customers: &[CovariateCustomer], unit: TimeUnit, params: FitParams) -> Result<Self> {
        let Some(first) = customers.first() else {
            return Err(Error::data("there is no customer"));
        };
        if customers.iter().all(|customer| customer.summary.x() == 0) {
            return Err(Error::data("no customer has a repeat order"));
        }
        let (purchase, dropout) = (first.purchase.len(), first.dropout.len());
        for (index, customer) in customers.iter().enumerate() {
            if (customer.purchase.len(), customer.dropout.len()) != (purchase, dropout) {
                return Err(Error::data(format!(
                    "customer {index} has {} and {} covariates, the first {purchase} and {dropout}",
                    customer.purchase.len(),
                    customer.dropout.len()
                )));
            }
            if customer.purchase.iter().chain(&customer.dropout).any(|value| !value.is_finite()) {
                return Err(Error::data(format!("a covariate of customer {index} is not finite")));
            }
        }
        let count = customers.len() as f64;
        let ends = customers.iter().map(|customer| customer.summary.T());
        let time = (crate::sum::compensated(ends) / count).max(f64::MIN_POSITIVE);
        let mut region = region(time);
        for start in &mut region.starts {
            start.resize(4 + purchase + dropout, 0.0);
        }
        region.bounds.resize(4 + purchase + dropout, (f64::NEG_INFINITY, f64::INFINITY));
        // Where nobody leaves nothing acts on leaving.
        for nest in &mut region.nests {
            if nest.limits.contains(&Limit::NobodyLeaves) {
                let effects = 4 + purchase..4 + purchase + dropout;
                nest.held.extend(effects.map(|index| Held { index, value: 0.0, follows: None }));
            }
        }
        let distinct = distinct(customers);
        let (point, estimate) =
            maximise(|point| descent(&distinct, purchase, point), count, &region, params)?;
        Ok(Self {
            base: ParetoNbd::new(std::array::from_fn(|i| point[i].exp()), unit)?,
            purchase: point[4..4 + purchase].to_vec(),
            dropout: point[4 + purchase..].to_vec(),
            estimate,
        })
    }

    /// The coefficients γ of the rate of orders.
    pub fn purchase_effects(&self) -> &[f64] {
        &self.purchase
    }

    /// The coefficients δ of the rate of leaving.
    pub fn dropout_effects(&self) -> &[f64] {
        &self.dropout
    }

    /// How the parameters were found. Its covariance is that of ln r, ln α, ln s, ln β, γ, δ.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// The model of a customer whose covariates are all 0.
    pub fn base(&self) -> &ParetoNbd {
        &self.base
    }

    /// The model of a customer with these covariates, which answers every question; the covariance of its
    /// parameters holds that of the effects.
    ///
    /// # Errors
    /// When the number of covariates is not that of the fit, or one of them is so large that a rate is
    /// not finite.
    pub fn for_covariates(&self, purchase: &[f64], dropout: &[f64]) -> Result<ParetoNbd> {
        if (purchase.len(), dropout.len()) != (self.purchase.len(), self.dropout.len()) {
            return Err(Error::parameter(
                "covariates",
                format!("{} and {}", purchase.len(), dropout.len()),
                format!("{} and {} as in the fit", self.purchase.len(), self.dropout.len()),
            ));
        }
        let [r, alpha, s, beta] = self.base.parameters;
        let alpha = alpha * (-dot(&self.purchase, purchase)).exp();
        let beta = beta * (-dot(&self.dropout, dropout)).exp();
        let model = ParetoNbd::new([r, alpha, s, beta], self.base.unit)?;
        let covariance =
            self.estimate.covariance.as_ref().map(|whole| own_covariance(whole, purchase, dropout));
        let estimate = Estimate { covariance, ..self.estimate.clone() };
        Ok(ParetoNbd { estimate: Some(estimate), ..model })
    }

    /// The models of these customers, one for all with the same covariates.
    ///
    /// # Errors
    /// As [`ParetoNbdCovariates::for_covariates`].
    pub fn for_customers(&self, customers: &[CovariateCustomer]) -> Result<Grouped<ParetoNbd>> {
        let mut numbers: BTreeMap<Vec<u64>, u32> = BTreeMap::new();
        let mut models = Vec::new();
        let mut groups = Vec::with_capacity(customers.len());
        for CovariateCustomer { purchase, dropout, .. } in customers {
            let key = purchase.iter().chain(dropout).map(|value| value.to_bits()).collect();
            let number = match numbers.get(&key) {
                Some(number) => *number,
                None => {
                    let number = models.len() as u32;
                    models.push(self.for_covariates(purchase, dropout)?);
                    numbers.insert(key, number);
                    number
                }
            };
            groups.push(number);
        }
        Grouped::new(self.base.unit(), models, groups)
    }
}

/// For each parameter of the whole model, the own log-parameter of a customer that it moves, and by how
/// much: the rows of the Jacobian of ln r, ln α, ln s, ln β by ln r, ln α, ln s, ln β, γ, δ.
fn moves<'a>(
    purchase: &'a [f64],
    dropout: &'a [f64],
) -> impl Iterator<Item = (usize, f64)> + Clone + 'a {
    let own = (0..4).map(|index| (index, 1.0));
    own.chain(purchase.iter().map(|z| (1, -z))).chain(dropout.iter().map(|w| (3, -w)))
}

/// The covariance of a customer's own log-parameters, `J V Jᵀ`.
fn own_covariance(whole: &[f64], purchase: &[f64], dropout: &[f64]) -> Vec<f64> {
    let mut own = vec![0.0; 16];
    let moves = || moves(purchase, dropout);
    let mut entries = whole.iter();
    for (i, by_i) in moves() {
        for ((j, by_j), entry) in moves().zip(entries.by_ref()) {
            own[4 * i + j] += by_i * by_j * entry;
        }
    }
    own
}

/// Different customers with how many are equal to each, in an order that is their own.
fn distinct(customers: &[CovariateCustomer]) -> Vec<(&CovariateCustomer, f64)> {
    // Any order will do as long as it is one of values, such as that of their bits.
    let key = |customer: &CovariateCustomer| {
        let CovariateCustomer { summary, purchase, dropout } = customer;
        let times = [f64::from(summary.x()), summary.t_x(), summary.T()];
        let values = times.into_iter().chain(purchase.iter().chain(dropout).copied());
        values.map(f64::to_bits).collect::<Vec<u64>>()
    };
    let mut sorted: Vec<(Vec<u64>, &CovariateCustomer)> =
        customers.iter().map(|customer| (key(customer), customer)).collect();
    sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let equal = sorted.chunk_by(|a, b| a.0 == b.0);
    equal.map(|equal| (equal[0].1, equal.len() as f64)).collect()
}

/// The negated log-likelihood by ln r, ln α, ln s, ln β, γ, δ.
fn descent(customers: &[(&CovariateCustomer, f64)], purchase: usize, point: &[f64]) -> Evaluation {
    /// Customers per task; each takes a few microseconds.
    const CHUNK: usize = 256;
    let size = point.len();
    let zero =
        || Evaluation { value: 0.0, gradient: vec![0.0; size], hessian: vec![0.0; size * size] };
    let parts = map_chunks(customers.len(), CHUNK, |range| {
        let mut sum = zero();
        for (customer, count) in &customers[range] {
            add_customer(&mut sum, customer, *count, purchase, point);
        }
        sum
    });
    let mut total = zero();
    for part in parts {
        total.value += part.value;
        for (entry, more) in total.gradient.iter_mut().zip(part.gradient) {
            *entry += more;
        }
        for (entry, more) in total.hessian.iter_mut().zip(part.hessian) {
            *entry += more;
        }
    }
    total
}

fn add_customer(
    sum: &mut Evaluation,
    customer: &CovariateCustomer,
    count: f64,
    purchase: usize,
    point: &[f64],
) {
    let size = point.len();
    let log_alpha = point[1] - dot(&point[4..4 + purchase], &customer.purchase);
    let log_beta = point[3] - dot(&point[4 + purchase..], &customer.dropout);
    let own = [point[0].exp(), log_alpha.exp(), point[2].exp(), log_beta.exp()];
    let x = f64::from(customer.summary.x());
    let history =
        History { x, t_x: customer.summary.t_x(), end: customer.summary.T(), customers: 1.0 };
    let [r, ..] = Jet::variables(&own);
    let likelihood = (r.ln_rise(x) + mixture(&history, &own)) * count;
    let own = likelihood.descend_in_logs(&own);
    // The customer's log-parameters are linear in the point.
    let moves: Vec<(usize, f64)> = moves(&customer.purchase, &customer.dropout).collect();
    sum.value += own.value;
    for (i, &(own_i, by_i)) in moves.iter().enumerate() {
        sum.gradient[i] += by_i * own.gradient[own_i];
        for (j, &(own_j, by_j)) in moves.iter().enumerate() {
            sum.hessian[i * size + j] += by_i * by_j * own.hessian[own_i * 4 + own_j];
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
