//! What one customer will in fact do and bring: predictive intervals, by simulation.

use rand::RngExt;

use super::interval::{countable, two_sided};
use super::process::for_each;
use super::{
    ClvParams, GammaGamma, Interval, Models, OrderDraws, PurchaseProcess, Summaries, Summary,
};
use crate::Result;
use crate::random::stream;

/// What will come of one customer within the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The number of orders.
    pub orders: Interval,
    /// What they bring, margin and discount applied; `None` without a model of spend.
    pub value: Option<Interval>,
}

impl ClvParams {
    /// The intervals that hold the orders that each customer will place within the horizon, and what these
    /// will bring, with probability `draws.level` or, as orders are whole, a little more; a lower bound of nothing
    /// leaves nothing out below, so that the upper one is nearer.
    ///
    /// Whether the customer is alive, the rates, the orders and what each brings are drawn from the customer's
    /// own distribution, at the fitted parameters. The discount is the mean one of the orders expected.
    /// Customer `i` draws from stream `i` of the seed, so that results depend neither on the number of threads
    /// nor on other customers.
    ///
    /// The interval of the *expected* value, [`ClvParams::value_intervals`], is far narrower: it says how well
    /// the mean is known.
    ///
    /// # Errors
    /// A parameter out of range, no draw, or models that are not for these customers.
    ///
    /// # Examples
    /// ```
    /// use crmstat_models::clv::*;
    ///
    /// let model = BgNbd::new(Dropout::AfterEveryOrder, [0.525, 6.183, 0.891, 1.614], TimeUnit::Week)?;
    /// let spend = GammaGamma::new([6.25, 3.74, 15.44])?;
    /// let customer = Summary::new(9, 30.0, 31.0)?.with_mean_repeat_value(40.0)?;
    /// let customers = Summaries::new(TimeUnit::Week, vec![customer]);
    /// let year = ClvParams::new(Span::new(52.0, TimeUnit::Week)?);
    /// let draws = OrderDraws { level: 0.95, draws: 2000, seed: 1 };
    /// let [next] = year.outcomes(&model, Some(&spend), &customers, draws)?[..] else { unreachable!() };
    /// assert!(next.orders.lower < 4.0 && next.orders.upper > 14.0);
    /// assert!(next.value.is_some_and(|value| value.lower < value.estimate && value.estimate < value.upper));
    /// # Ok::<(), crmstat_models::Error>(())
    /// ```
    pub fn outcomes<M: Models>(
        self,
        orders: &M,
        spend: Option<&GammaGamma>,
        customers: &Summaries,
        draws: OrderDraws,
    ) -> Result<Vec<Outcome>> {
        two_sided(draws.level)?;
        countable(draws.draws)?;
        let schedule = self.check()?.schedule();
        for_each(orders, customers, |model, index, customer| {
            let ahead = model.orders_ahead(customer, &schedule);
            let discount = if ahead.orders > 0.0 { ahead.worth / ahead.orders } else { 1.0 };
            self.outcome(model, spend, customer, discount, (draws, index as u64))
        })
    }

    fn outcome<P: PurchaseProcess>(
        self,
        model: &P,
        spend: Option<&GammaGamma>,
        customer: &Summary,
        discount: f64,
        (draws, index): (OrderDraws, u64),
    ) -> Outcome {
        let generator = &mut stream(draws.seed, index);
        let alive = model.p_alive(customer);
        let (mut counts, mut values) = (Vec::with_capacity(draws.draws), Vec::new());
        for _ in 0..draws.draws {
            let is_alive = generator.random::<f64>() < alive;
            let orders = if is_alive {
                model.draw_orders_if_alive(customer, self.horizon, generator)
            } else {
                0
            };
            let orders = orders as f64;
            counts.push(orders);
            values.extend(spend.map(|spend| match orders {
                0.0 => 0.0,
                _ => self.margin * discount * spend.draw_total(customer, orders, generator),
            }));
        }
        let interval = |mut drawn: Vec<f64>| {
            drawn.sort_unstable_by(f64::total_cmp);
            let estimate = drawn.iter().sum::<f64>() / drawn.len() as f64;
            let (lower, upper) = holding(&drawn, draws.level);
            Interval { estimate, lower, upper }
        };
        Outcome { orders: interval(counts), value: spend.map(|_| interval(values)) }
    }
}

/// The bounds that hold the share `level` of `sorted` values and leave out no more than half of the rest below:
/// where many are nothing, nothing is left out there, and the upper bound is that much nearer.
fn holding(sorted: &[f64], level: f64) -> (f64, f64) {
    let count = sorted.len() as f64;
    let at = |place: f64| sorted[(place.ceil() as usize).clamp(1, sorted.len()) - 1];
    let lower = at(0.5 * (1.0 - level) * count);
    let below = sorted.partition_point(|value| *value < lower) as f64;
    (lower, at(below + level * count))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_distr::{Beta, Distribution, Gamma};

    use crate::clv::{
        BgNbd, ClvParams, Dropout, FitParams, GammaGamma, Interval, OrderDraws, Purchase, Span,
        Summaries, SummaryParams, TimeUnit,
    };
    use crate::random::stream;

    /// Orders and amounts of 104 weeks by day; half of the customers begin later.
    fn customer(index: u64) -> Vec<Purchase> {
        let generator = &mut stream(21, index);
        let rate: f64 = Gamma::new(0.8, 1.0 / 6.0).unwrap().sample(generator);
        let p: f64 = Beta::new(0.9, 3.0).unwrap().sample(generator);
        let inverse: f64 = Gamma::new(4.0, 1.0 / 15.0).unwrap().sample(generator);
        let amount = Gamma::new(6.0, 1.0 / inverse).unwrap();
        let mut now: f64 = if index.is_multiple_of(2) { 0.0 } else { 12.0 };
        let mut purchases = Vec::new();
        while now < 104.0 {
            let day = (7.0 * now).ceil() as i32;
            purchases.push(Purchase { day, amount: amount.sample(generator) });
            if generator.random::<f64>() < p {
                break;
            }
            now -= (1.0 - generator.random::<f64>()).ln() / rate;
        }
        purchases
    }

    #[test]
    fn what_comes_is_within_the_interval_as_often_as_it_says() {
        let purchases: Vec<Vec<Purchase>> = (0..3000).map(customer).collect();
        let end = 364;
        let params = SummaryParams::new(end, TimeUnit::Week);
        let data = purchases.iter().map(|own| params.summary(own).unwrap().unwrap()).collect();
        let data = Summaries::new(TimeUnit::Week, data);
        let orders = BgNbd::fit(&data, Dropout::default(), FitParams::default()).unwrap();
        let spend = GammaGamma::fit(&data, FitParams::default()).unwrap();
        let horizon = ClvParams::new(Span::new(52.0, TimeUnit::Week).unwrap());
        for level in [0.8, 0.95] {
            let draws = OrderDraws { level, draws: 1000, seed: 3 };
            let found = horizon.outcomes(&orders, Some(&spend), &data, draws).unwrap();
            let (mut held, mut worth, mut alive, mut alive_worth) = (0, 0, 0, 0);
            let mut probably = 0;
            for (outcome, own) in found.iter().zip(&purchases) {
                let later = own.iter().filter(|one| one.day > end && one.day <= 2 * end);
                let (count, value) =
                    later.fold((0.0, 0.0), |(n, sum), one| (n + 1.0, sum + one.amount));
                let holds = |of: Interval, what: f64| of.lower <= what && what <= of.upper;
                let (count, value) =
                    (holds(outcome.orders, count), holds(outcome.value.unwrap(), value));
                held += i32::from(count);
                worth += i32::from(value);
                if outcome.orders.estimate >= 1.0 {
                    probably += 1;
                    alive += i32::from(count);
                    alive_worth += i32::from(value);
                }
            }
            let share = |count: i32, of: i32| f64::from(count) / f64::from(of);
            println!(
                "level {level}: orders {:.3}, value {:.3}; of {probably} with an order or more expected {:.3}, {:.3}",
                share(held, 3000),
                share(worth, 3000),
                share(alive, probably),
                share(alive_worth, probably)
            );
            // Four standard errors of a share of 3,000 are 0.03 at 0.8 and 0.016 at 0.95; whole numbers of
            // orders, and customers who are probably gone, hold more.
            for (count, of) in
                [(held, 3000), (worth, 3000), (alive, probably), (alive_worth, probably)]
            {
                let error = (level * (1.0 - level) / f64::from(of)).sqrt();
                assert!(share(count, of) > level - 4.0 * error, "{level}: {}", share(count, of));
            }
            let error = (level * (1.0 - level) / f64::from(probably)).sqrt();
            assert!(share(alive_worth, probably) < level + 0.04 + 4.0 * error);
        }
    }

    #[test]
    fn bounds_hold_their_share_and_no_more_than_they_must() {
        let even: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(super::holding(&even, 0.9), (50.0, 949.0));
        let mut mostly_nothing = vec![0.0; 500];
        mostly_nothing.extend((1..=500).map(f64::from));
        assert_eq!(super::holding(&mostly_nothing, 0.9), (0.0, 400.0));
        assert_eq!(super::holding(&[0.0; 7], 0.95), (0.0, 0.0));
        assert_eq!(super::holding(&[3.0], 0.95), (3.0, 3.0));
    }

    #[test]
    fn the_mean_of_what_comes_is_the_expected_value() {
        let orders = BgNbd::new(Dropout::default(), [0.8, 6.0, 0.9, 3.0], TimeUnit::Week).unwrap();
        let spend = GammaGamma::new([6.0, 4.0, 15.0]).unwrap();
        let summary = crate::clv::Summary::new(4, 20.0, 26.0).unwrap();
        let data =
            Summaries::new(TimeUnit::Week, vec![summary.with_mean_repeat_value(30.0).unwrap()]);
        let discount = crate::clv::DiscountRate::per_year(0.1).unwrap();
        let params = ClvParams::new(Span::new(52.0, TimeUnit::Week).unwrap());
        let params = params.discount(discount).margin(0.3);
        let expected = params.values(&orders, &spend, &data).unwrap()[0];
        let draws = OrderDraws { level: 0.95, draws: 40_000, seed: 3 };
        let found = params.outcomes(&orders, Some(&spend), &data, draws).unwrap()[0];
        assert!((found.orders.estimate / expected.expected_orders - 1.0).abs() < 0.03);
        assert!((found.value.unwrap().estimate / expected.clv.unwrap() - 1.0).abs() < 0.04);
        let none = params.outcomes(&orders, None, &data, draws).unwrap()[0];
        assert_eq!((none.value, none.orders.upper), (None, found.orders.upper));
        assert!(params.outcomes(&orders, None, &data, OrderDraws { draws: 0, ..draws }).is_err());
    }
}
