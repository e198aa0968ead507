//! Which model of orders the customers themselves speak for: by likelihood, and by orders held back.

use super::{
    Options, OrderModel,
    buyers::{Buyers, Observation, last_day, purchases},
};
use crate::{
    AsOf, Date, Error, Result,
    data::{
        Orders,
        table::{Column, Table},
    },
};
use crmstat_models::clv::{Span, Summaries, SummaryParams, TimeUnit};
use rayon::prelude::*;

/// How well one model describes the orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    /// The model.
    pub model: OrderModel,
    /// The stages between two orders, of a model that has them.
    pub k: Option<u32>,
    /// The log-likelihood of the customers looked at.
    pub log_likelihood: f64,
    /// The parameters that it was reached with.
    pub parameters: u32,
    /// Whether the fit settled.
    pub converged: bool,
    /// The mean logarithm of the probability that the model, fitted to the time before, gave to the number of
    /// orders that were held back; `None` where too few customers had come back by then.
    pub held_back: Option<f64>,
}

impl Rival {
    /// The log-likelihood less the number of parameters (Akaike's criterion, halved and negated).
    pub fn criterion(&self) -> f64 {
        self.log_likelihood - f64::from(self.parameters)
    }
}

/// The models of orders at any time, compared on the same customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    rivals: Vec<Rival>,
    chosen: OrderModel,
    customers: usize,
}

/// The models that are compared.
const RIVALS: [OrderModel; 4] = OrderModel::AT_ANY_TIME;

impl Comparison {
    /// Customers looked at; more are represented by so many, spread evenly.
    const MOST: usize = 8000;
    /// Customers who came back before the orders that are held back; with fewer these say nothing.
    const FEWEST: usize = 100;
    /// Standard errors by which held-back orders must speak against the likelihood.
    const ERRORS: f64 = 2.0;

    /// Compares the models on the customers of `orders` as of `as_of`, and on those who ordered in the first two
    /// thirds of the time: the last third is held back.
    pub(super) fn of(orders: &Orders, as_of: AsOf, options: &Options) -> Result<Self> {
        let observed = observation(as_of, options);
        let buyers = Buyers::of(orders, observed)?;
        let looked_at = spread(&buyers, Self::MOST);
        let customers = summaries(&buyers, &looked_at);
        let mut rivals = rivals(&customers, &RIVALS)?;
        let held_back = held_back(orders, as_of, options)?;
        for (rival, scores) in rivals.iter_mut().zip(held_back.iter().flatten()) {
            rival.held_back = Some(scores.iter().sum::<f64>() / scores.len().max(1) as f64);
        }
        let chosen = choose(&rivals, held_back.as_deref());
        Ok(Self { rivals, chosen, customers: looked_at.len() })
    }

    /// The model that was chosen: the likeliest that settled, unless another gave held-back orders a
    /// probability that is greater by more than two standard errors.
    pub fn chosen(&self) -> OrderModel {
        self.chosen
    }

    /// What it was chosen from.
    pub fn rivals(&self) -> &[Rival] {
        &self.rivals
    }

    /// Customers looked at.
    pub fn customers(&self) -> usize {
        self.customers
    }

    /// One row per model.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let rivals = || self.rivals.iter();
        Table::new(
            "models",
            vec![
                Column::text("model", "Модель", rivals().map(|own| own.model.name())),
                Column::bool("chosen", "Выбрана", rivals().map(|own| own.model == self.chosen)),
                Column::int(
                    "k",
                    "Стадий между заказами (k)",
                    rivals().map(|own| own.k.map(i64::from)),
                ),
                Column::float(
                    "log_likelihood",
                    "Логарифм правдоподобия",
                    2,
                    rivals().map(|own| own.log_likelihood),
                ),
                Column::int(
                    "parameters",
                    "Параметров",
                    rivals().map(|own| i64::from(own.parameters)),
                ),
                Column::bool("converged", "Подгонка сошлась", rivals().map(|own| own.converged)),
                Column::float(
                    "held_back_score",
                    "Логарифм вероятности отложенных заказов, на клиента",
                    5,
                    rivals().map(|own| own.held_back),
                ),
                Column::int("customers", "Клиентов", rivals().map(|_| self.customers as i64)),
            ],
        )
    }
}

/// The likeliest of `rivals` that settled, unless held-back orders speak for another. `scores` are those of each
/// rival, customer by customer.
fn choose(rivals: &[Rival], scores: Option<&[Vec<f64>]>) -> OrderModel {
    let best = |value: &dyn Fn(usize) -> f64| {
        let settled = (0..rivals.len()).filter(|at| rivals[*at].converged);
        settled.reduce(|best, next| if value(next) > value(best) { next } else { best })
    };
    let Some(likeliest) = best(&|at| rivals[at].criterion()) else { return OrderModel::default() };
    let Some(scores) = scores else { return rivals[likeliest].model };
    let foresees = best(&|at| scores[at].iter().sum()).unwrap_or(likeliest);
    let gains: Vec<f64> =
        scores[foresees].iter().zip(&scores[likeliest]).map(|(own, other)| own - other).collect();
    let count = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / count;
    let variance = gains.iter().map(|gain| (gain - mean) * (gain - mean)).sum::<f64>() / count;
    let is_better = mean > Comparison::ERRORS * (variance / count).sqrt();
    rivals[if is_better { foresees } else { likeliest }].model
}

/// Each of `models` fitted to `customers`; those that cannot be are left out.
fn rivals(customers: &Summaries, models: &[OrderModel]) -> Result<Vec<Rival>> {
    let mut found = Vec::with_capacity(models.len());
    for model in models {
        let process = model.fit(customers)?;
        let Some(estimate) = process.estimate() else { continue };
        let k = process.stages();
        // Of a nested model those that are held count for nothing.
        let told = (0..4).filter(|at| estimate.log_standard_error(*at).is_some()).count() as u32;
        let free = if estimate.covariance.is_some() { told } else { 4 };
        found.push(Rival {
            model: *model,
            k,
            log_likelihood: estimate.log_likelihood,
            // k is one more, where orders do take stages.
            parameters: free + u32::from(k.is_some_and(|k| k > 1)),
            converged: estimate.converged,
            held_back: None,
        });
    }
    Ok(found)
}

/// Of a model that fits `customers` better than `model` does: its name, and by how much its criterion is greater,
/// on so many customers at most.
pub(super) fn better_than(
    model: OrderModel,
    customers: &Summaries,
) -> Result<Option<(OrderModel, f64)>> {
    /// Enough to tell models apart that expect other orders, few enough to cost a fraction of a fit to all.
    const MOST: usize = 1000;
    /// Beyond it the data have "essentially no" support for the other model (Burnham and Anderson 2002,
    /// section 2.6: a difference of 10 in AIC, which is twice the criterion).
    const CLEAR: f64 = 5.0;
    let step = customers.customers().len().div_ceil(MOST).max(1);
    let some: Vec<_> = customers.customers().iter().copied().step_by(step).collect();
    if some.iter().all(|own| own.x() == 0 || own.gaps().is_none()) {
        return Ok(None);
    }
    let rivals = rivals(&Summaries::new(customers.unit(), some), &RIVALS)?;
    let Some(own) = rivals.iter().find(|rival| rival.model == model) else { return Ok(None) };
    let settled = rivals.iter().filter(|rival| rival.converged);
    // Of equals the first: one stage between orders is the same model as none.
    let best =
        settled.reduce(|best, next| if next.criterion() > best.criterion() { next } else { best });
    let gain = |best: &Rival| best.criterion() - own.criterion();
    Ok(best.filter(|best| gain(best) > CLEAR).map(|best| (best.model, gain(best))))
}

/// What each model, fitted to the first two thirds of the time, made of the orders of the last third: the
/// logarithm of their probability, customer by customer; `None` where too few had come back by then.
fn held_back(orders: &Orders, as_of: AsOf, options: &Options) -> Result<Option<Vec<Vec<f64>>>> {
    let Some((first, _)) = orders.span() else { return Ok(None) };
    let end = last_day(as_of);
    let days = end - first.days();
    let held = days / 3;
    if held == 0 {
        return Ok(None);
    }
    let until = AsOf::day_after(Date::from_days(end - held));
    let observed = observation(until, options);
    let buyers = Buyers::of(orders, observed)?;
    let looked_at = spread(&buyers, Comparison::MOST);
    let customers = summaries(&buyers, &looked_at);
    if customers.customers().iter().filter(|own| own.x() > 0).count() < Comparison::FEWEST {
        return Ok(None);
    }
    let params = SummaryParams::new(end, options.unit).zero_amount(options.zero_amount);
    let came: Vec<u32> = looked_at
        .par_iter()
        .map(|at| {
            let Some(customer) = buyers.numbers[*at] else { return Ok(0) };
            let days = params.purchase_days(&purchases(orders, customer));
            let later = days.map_err(Error::from_model)?;
            Ok(later.iter().filter(|day| day.day > end - held).count() as u32)
        })
        .collect::<Result<_>>()?;
    let horizon = Span::new(f64::from(held), TimeUnit::Day).map_err(Error::from_model)?;
    let mut scores = Vec::with_capacity(RIVALS.len());
    for model in RIVALS {
        let process = model.fit(&customers)?;
        scores.push(process.log_probabilities(&customers, &came, horizon)?);
    }
    Ok(Some(scores))
}

fn observation(as_of: AsOf, options: &Options) -> Observation {
    Observation { as_of, unit: options.unit, zero_amount: options.zero_amount }
}

/// The places of at most `most` of the buyers, spread evenly over the order of their ids.
fn spread(buyers: &Buyers, most: usize) -> Vec<usize> {
    let count = buyers.summaries.customers().len();
    (0..count).step_by(count.div_ceil(most).max(1)).collect()
}

fn summaries(buyers: &Buyers, places: &[usize]) -> Summaries {
    let all = buyers.summaries.customers();
    Summaries::new(buyers.summaries.unit(), places.iter().map(|at| all[*at]).collect())
}

#[cfg(test)]
mod tests {
    use super::{OrderModel, Rival, choose};

    #[test]
    fn the_likeliest_is_chosen_unless_held_back_orders_speak_for_another() {
        let rival = |model, log_likelihood, converged| Rival {
            model,
            k: None,
            log_likelihood,
            parameters: 4,
            converged,
            held_back: None,
        };
        let rivals = [
            rival(OrderModel::MbgNbd, -100.0, true),
            rival(OrderModel::BgNbd, -90.0, true),
            rival(OrderModel::ParetoNbd, -80.0, false),
        ];
        assert_eq!(choose(&rivals, None), OrderModel::BgNbd);
        let even = vec![vec![-1.0, -1.1, -0.9]; 3];
        assert_eq!(choose(&rivals, Some(&even)), OrderModel::BgNbd);
        let against = vec![vec![-0.5, -0.6, -0.4], vec![-1.0, -1.1, -0.9], vec![0.0; 3]];
        assert_eq!(choose(&rivals, Some(&against)), OrderModel::MbgNbd);
        assert_eq!(choose(&rivals[2..], None), OrderModel::default());
    }
}
