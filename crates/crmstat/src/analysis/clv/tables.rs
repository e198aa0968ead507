//! The tables of a CLV run.

use super::{Clv, GAMMA_GAMMA, Parameter, process::parameters, warning::limit_words};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};
use crmstat_models::clv::{CustomerValue, Estimate, GammaGamma, Interval, Limit, Summary};

impl Clv {
    /// What nested models of orders and of spend take for granted, by the name of the model.
    fn nested(&self) -> Vec<(&'static str, Limit)> {
        let orders = self.model.orders();
        let spend = self.model.spend().and_then(GammaGamma::estimate);
        let of = |model, estimate: Option<&Estimate>| {
            let limits = estimate.map(|estimate| estimate.limits.clone()).unwrap_or_default();
            limits.into_iter().map(move |limit| (model, limit))
        };
        of(orders.model().name(), orders.estimate()).chain(of(GAMMA_GAMMA, spend)).collect()
    }

    /// One row per customer, by customer id; time in the unit of the model.
    ///
    /// `clv_lower` and `clv_upper` bound the mean, `orders_…` and `value_…` what will come.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let customers = || self.customers();
        let value = |of: fn(&CustomerValue) -> Option<f64>| {
            self.values.iter().map(of).collect::<Vec<Option<f64>>>()
        };
        let bound = |of: fn(&Interval) -> f64| {
            let bounds = self.intervals.iter().map(|interval| interval.as_ref().map(of));
            bounds.collect::<Vec<Option<f64>>>()
        };
        let summaries = self.summaries.customers();
        let mut columns = vec![
            Column::text("customer_id", "Клиент", customers().map(|customer| customer.id)),
            Column::int(
                "x",
                "Повторных заказов (x)",
                summaries.iter().map(|summary| i64::from(summary.x())),
            ),
            Column::float(
                "t_x",
                "От первого до последнего (t_x)",
                2,
                summaries.iter().map(Summary::t_x),
            ),
            Column::float("T", "Наблюдение (T)", 2, summaries.iter().map(Summary::T)),
            Column::float(
                "p_alive",
                "Вероятность, что активен",
                4,
                value(|value| Some(value.p_alive)),
            ),
            Column::float(
                "expected_orders",
                "Ожидается заказов",
                3,
                value(|value| Some(value.expected_orders)),
            ),
            Column::float(
                "expected_value",
                "Ожидаемый средний чек",
                2,
                value(|value| value.expected_value),
            ),
            Column::float("clv", "CLV", 2, value(|value| value.clv)),
            Column::float("clv_lower", "Средний CLV, от", 2, bound(|interval| interval.lower)),
            Column::float("clv_upper", "Средний CLV, до", 2, bound(|interval| interval.upper)),
        ];
        if self.residual.is_some() {
            let residual = customers().map(|customer| customer.residual);
            columns.push(Column::float("residual_value", "Ценность без срока", 2, residual));
        }
        if let Some(outcomes) = &self.outcomes {
            let orders = |of: fn(&Interval) -> f64| outcomes.iter().map(move |own| of(&own.orders));
            columns.push(Column::float("orders_lower", "Заказов, от", 0, orders(|o| o.lower)));
            columns.push(Column::float("orders_upper", "Заказов, до", 0, orders(|o| o.upper)));
            let value = |of: fn(&Interval) -> f64| {
                outcomes.iter().map(move |own| own.value.as_ref().map(of))
            };
            columns.push(Column::float("value_lower", "Принесёт, от", 2, value(|own| own.lower)));
            columns.push(Column::float("value_upper", "Принесёт, до", 2, value(|own| own.upper)));
        }
        if let Some(distribution) = &self.distribution {
            for n in 0..distribution.first().map_or(0, Vec::len) {
                let of = distribution.iter().map(move |own| own[n]);
                let title = format!("Вероятность заказов: {n}");
                columns.push(Column::float(format!("p_{n}"), title, 4, of));
            }
            let more = distribution.iter().map(|own| (1.0 - own.iter().sum::<f64>()).max(0.0));
            columns.push(Column::float("p_more", "Вероятность заказов: больше", 4, more));
        }
        Table::new("clv", columns)
    }

    /// One row per parameter, then how it was found, of the model of orders and of that of spend.
    ///
    /// `converged` is 1 or 0; `condition` is missing where the likelihood is not curved down in every
    /// direction.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn parameters(&self) -> Result<Table> {
        let orders = self.model.orders();
        let mut rows = Rows::default();
        rows.model(orders.model().name(), orders.parameters(), orders.estimate());
        if let Some(spend) = self.model.spend() {
            let estimate = spend.estimate();
            let parameters = parameters(GammaGamma::PARAMETERS, &spend.parameters(), estimate);
            rows.model(GAMMA_GAMMA, parameters, estimate);
        }
        let rows = || rows.0.iter();
        Table::new(
            "parameters",
            vec![
                Column::text("parameter", "Параметр", rows().map(|row| row.name.as_str())),
                Column::float("estimate", "Оценка", 6, rows().map(|row| row.estimate)),
                Column::float("std_error", "Стандартная ошибка", 6, rows().map(|row| row.error)),
                Column::text("model", "Модель", rows().map(|row| row.model)),
            ],
        )
    }

    /// One row per figure of all customers together, the simple lifetime value among them.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn summary(&self, lang: Lang) -> Result<Table> {
        let all = &self.overview;
        let rows = [
            ("customers", "Клиентов", Some(all.customers as f64)),
            ("repeat_customers", "С повторным заказом", Some(all.repeat_customers as f64)),
            ("revenue", "Выручка", Some(all.revenue.to_f64())),
            ("expected_alive", "Ожидается активных", Some(all.expected_alive)),
            ("expected_orders", "Ожидается заказов", Some(all.expected_orders)),
            ("total_clv", "CLV всех", all.total_clv),
            ("mean_clv", "Средний CLV", all.mean_clv),
            ("simple_ltv", "Простой LTV (ARPU × срок)", all.simple_ltv),
            (
                "new_customer_orders",
                "Повторных заказов нового клиента",
                Some(all.new_customer_orders),
            ),
            ("mean_order_value", "Ожидаемый средний чек", all.mean_order_value),
            (
                "frequency_value_correlation",
                "Связь частоты и чека",
                all.frequency_value_correlation,
            ),
            ("regularity", "Регулярность заказов (1 — случайно)", all.regularity),
        ];
        let nested = self.nested().into_iter().map(|(model, limit)| {
            let nested = lang.pick("nested model of", "вложенная модель");
            (format!("{nested} {model}: {}", limit_words(limit, lang)), Some(1.0))
        });
        let named = |(english, russian, value): (&'static str, &'static str, Option<f64>)| {
            (lang.pick(english, russian).to_owned(), value)
        };
        let rows: Vec<(String, Option<f64>)> = rows.into_iter().map(named).chain(nested).collect();
        Table::new(
            "summary",
            vec![
                Column::text("metric", "Показатель", rows.iter().map(|row| row.0.as_str())),
                Column::float("value", "Значение", 2, rows.iter().map(|row| row.1)),
            ],
        )
    }
}

/// The rows of the table of parameters.
#[derive(Default)]
struct Rows(Vec<Row>);

struct Row {
    model: &'static str,
    name: String,
    estimate: Option<f64>,
    error: Option<f64>,
}

impl Rows {
    fn model(&mut self, model: &'static str, parameters: Vec<Parameter>, found: Option<&Estimate>) {
        self.0.extend(parameters.into_iter().map(|Parameter { name, value, standard_error }| {
            Row { model, name, estimate: Some(value), error: standard_error }
        }));
        let Some(found) = found else { return };
        let facts = [
            ("log_likelihood", Some(found.log_likelihood)),
            ("converged", Some(f64::from(u8::from(found.converged)))),
            ("gradient_norm", Some(found.gradient_norm)),
            ("condition", found.condition),
            ("customers", Some(found.customers)),
        ];
        let row = |(name, estimate): (&str, _)| Row {
            model,
            name: name.to_owned(),
            estimate,
            error: None,
        };
        self.0.extend(facts.map(row));
        let limits = found.limits.iter().map(|limit| limit_words(*limit, Lang::En));
        self.0.extend(limits.map(|limit| row((&format!("nested: {limit}"), Some(1.0)))));
    }
}
