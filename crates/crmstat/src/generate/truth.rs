//! What is true of the customers and stands in no export.

use std::ops::Range;

use crate::{
    Date, Result,
    data::table::{Column, Table},
    generate::{
        Process,
        side::Ids,
        world::{Dropout, World},
    },
};

const DAYS_PER_WEEK: f64 = 7.0;

/// What is true of a customer.
struct Truth {
    lambda: f64,
    /// p, or μ per week.
    dropout: f64,
    mean_spend: f64,
    first_order: Date,
    orders: i64,
    left_on: Option<Date>,
    expected_next: f64,
    orders_next: i64,
}

impl World {
    /// What is true of each customer and stands in no export: `customer_id, lambda, p` or `mu`,
    /// `mean_spend, first_order, orders, alive, left_on, expected_next, orders_next`.
    ///
    /// λ and μ are per week of the bent clock. `expected_next` is the expectation of the repeat orders in
    /// the horizon given λ, p or μ and whether the customer is alive; `orders_next` is how many came.
    pub(super) fn truth(&self, customers: Range<usize>) -> Result<Table> {
        let customers = || customers.clone().map(|customer| customer as u32);
        let truths: Vec<Truth> = customers().map(|customer| self.truth_of(customer)).collect();
        let truth = || truths.iter();
        let dropout = match self.spec.process {
            Process::BgNbd { .. } => "p",
            Process::ParetoNbd { .. } => "mu",
        };
        Table::new(
            "truth",
            vec![
                Column::text("customer_id", "Клиент", Ids::of(customers()).iter()),
                Column::float("lambda", "Частота", 4, truth().map(|t| t.lambda)),
                Column::float(dropout, "Уход", 4, truth().map(|t| t.dropout)),
                Column::float("mean_spend", "Средний чек", 2, truth().map(|t| t.mean_spend)),
                Column::date("first_order", "Первый заказ", truth().map(|t| t.first_order)),
                Column::int("orders", "Заказов", truth().map(|t| t.orders)),
                Column::bool("alive", "Активен", truth().map(|t| t.left_on.is_none())),
                Column::date("left_on", "Ушёл", truth().map(|t| t.left_on)),
                Column::float("expected_next", "Ожидается", 2, truth().map(|t| t.expected_next)),
                Column::int("orders_next", "Будет", truth().map(|t| t.orders_next)),
            ],
        )
    }

    fn truth_of(&self, customer: u32) -> Truth {
        let end = self.clock.start_of(self.days);
        let horizon_end = self.clock.start_of(self.days + self.spec.horizon_days);
        let mut purchases = self.purchases(customer, horizon_end);
        let (mut orders, mut orders_next) = (0, 0);
        for at in purchases.by_ref() {
            *if at < end { &mut orders } else { &mut orders_next } += 1;
        }
        let latent = purchases.latent;
        let is_alive = purchases.leaves >= end;
        Truth {
            lambda: latent.rate * DAYS_PER_WEEK,
            dropout: match latent.dropout {
                Dropout::AfterPurchase(p) => p,
                Dropout::AtRate(mu) => mu * DAYS_PER_WEEK,
            },
            mean_spend: self.mean_spend(&self.attributes(customer)),
            first_order: self.date(self.clock.day_of(latent.start)),
            orders,
            left_on: (!is_alive).then(|| self.date(self.clock.day_of(purchases.leaves))),
            expected_next: if is_alive { latent.expected(horizon_end - end) } else { 0.0 },
            orders_next,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        generate::{Part, Process, Spec},
        write::Format,
    };

    /// The columns of the truth of 40,000 customers on a flat clock, by name.
    fn truth(process: Process) -> impl Fn(&str) -> Vec<f64> {
        let spec = Spec::new().customers(40_000).seasonality(0.0).growth(0.0).process(process);
        let mut out = Vec::new();
        spec.check().unwrap().write(Part::Truth, Format::Csv, &mut out).unwrap();
        let mut reader = csv::Reader::from_reader(&out[..]);
        let names = reader.headers().unwrap().clone();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        move |name| {
            let column = names.iter().position(|column| column == name).unwrap();
            let number = |cell: &str| match cell {
                "true" => 1.0,
                "false" => 0.0,
                // Days from the first order to the end.
                date if date.contains('-') && name == "first_order" => {
                    let first: crate::Date = date.parse().unwrap();
                    f64::from(20_454 - first.days())
                }
                number => number.parse().unwrap(),
            };
            records.iter().map(|record| number(&record[column])).collect()
        }
    }

    fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
        let values: Vec<f64> = values.into_iter().collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn assert_near(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual / expected - 1.0).abs() < tolerance, "{actual} is not near {expected}");
    }

    #[test]
    fn bg_nbd_customers_behave_as_the_theory_says() {
        let Process::BgNbd { r, alpha, a, b } = Process::BG_NBD else { unreachable!() };
        let truth = truth(Process::BG_NBD);
        let (lambda, p) = (truth("lambda"), truth("p"));
        // T to the middle of the first day.
        let weeks: Vec<f64> = truth("first_order").iter().map(|days| (days - 0.5) / 7.0).collect();
        assert_near(mean(lambda.iter().copied()), r / alpha, 0.02);
        assert_near(mean(p.iter().copied()), a / (a + b), 0.02);
        let each = || lambda.iter().zip(&p).zip(&weeks);
        // Fader, Hardie and Lee (2005): leaving is a Poisson process of rate λp, so
        // P(alive at T) = e^{−λpT} and E[x] = (1 − e^{−λpT}) / p.
        let alive = mean(each().map(|((lambda, p), t)| (-lambda * p * t).exp()));
        assert_near(mean(truth("alive")), alive, 0.01);
        let repeats = mean(each().map(|((lambda, p), t)| (1.0 - (-lambda * p * t).exp()) / p));
        assert_near(mean(truth("orders")) - 1.0, repeats, 0.01);
        assert_near(mean(truth("orders_next")), mean(truth("expected_next")), 0.02);
        // Gamma-Gamma: pγ / (q − 1).
        assert_near(mean(truth("mean_spend")), 80.0, 0.02);
    }

    #[test]
    fn pareto_nbd_customers_behave_as_the_theory_says() {
        let truth = truth(Process::PARETO_NBD);
        let (lambda, mu) = (truth("lambda"), truth("mu"));
        let weeks: Vec<f64> = truth("first_order").iter().map(|days| (days - 0.5) / 7.0).collect();
        let each = || lambda.iter().zip(&mu).zip(&weeks);
        assert_near(mean(mu.iter().copied()), 0.8 / 50.0, 0.02);
        let alive = mean(each().map(|((_, mu), t)| (-mu * t).exp()));
        assert_near(mean(truth("alive")), alive, 0.01);
        let repeats = mean(each().map(|((lambda, mu), t)| lambda / mu * (1.0 - (-mu * t).exp())));
        assert_near(mean(truth("orders")) - 1.0, repeats, 0.01);
        assert_near(mean(truth("orders_next")), mean(truth("expected_next")), 0.02);
    }
}
