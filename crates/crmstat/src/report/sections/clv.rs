//! What customers are worth: in all, who, and in how few hands.

use super::{Page, TOP, figures::card, file_only, refusals::said, top};
use crate::{
    Lang, Money, Result,
    analysis::clv::{Clv, Customer, OrderModel, Warning, limit_words},
    collections::ranking::{largest_first, rank},
    data::table::{Column, Table},
    report::{Chart, ChartKind, Content, Line, Role, Unit, locale::capitalised},
};
use crmstat_models::clv::Interval;

/// Steps of the curve of concentration.
const STEPS: usize = 20;

impl Page<'_> {
    pub(super) fn clv(&self, clv: &Clv) -> Result<Content> {
        let locale = self.locale;
        let overview = clv.overview();
        // The most valuable first; equals stay in the order of their ids.
        let worths: Vec<f64> = clv.customers().map(|customer| worth(&customer)).collect();
        let ranked = largest_first(worths.iter().copied().map(rank));
        let values: Vec<f64> = ranked.iter().map(|at| worths[*at]).collect();
        let top_customers: Vec<Customer<'_>> =
            ranked.iter().take(TOP).map(|at| clv.customer(*at)).collect();
        let figures = [
            card(
                locale.pick("Value of all customers", "Ценность всех клиентов"),
                overview.total_clv,
                Unit::Money,
            ),
            card(locale.pick("Mean value", "Средняя ценность"), overview.mean_clv, Unit::Money),
            card(
                locale.pick("Expected to be active", "Ожидается активных"),
                Some(overview.expected_alive),
                Unit::Count,
            ),
            card(
                locale.pick("Orders expected", "Ожидается заказов"),
                Some(overview.expected_orders),
                Unit::Count,
            ),
        ];
        let mut summary = vec![self.worth(clv)];
        summary.extend(self.concentration(&values));
        let tables = vec![
            top(
                locale.pick("The most valuable customers", "Самые ценные клиенты"),
                self.most_valuable(&top_customers)?,
                TOP,
            ),
            file_only(
                locale.pick("All customers together", "Все клиенты вместе"),
                clv.summary(locale.lang())?.renamed("clv_summary"),
            ),
            file_only(locale.pick("Value by customer", "Ценность клиентов"), clv.table()?),
        ];
        Ok(Content {
            summary,
            figures: figures.into_iter().flatten().collect(),
            charts: lorenz(&values)
                .map(|shares| self.concentration_chart(shares))
                .into_iter()
                .collect(),
            tables,
            notes: clv.warnings().iter().map(|warning| self.warning(warning)).collect(),
            ..Content::default()
        })
    }

    /// What all customers are worth, in a sentence.
    pub(super) fn worth(&self, clv: &Clv) -> String {
        let locale = self.locale;
        let overview = clv.overview();
        let orders = locale.compact(overview.expected_orders, Unit::Count);
        match (overview.total_clv, locale.lang()) {
            (Some(total), Lang::En) => format!(
                "Over the next year today's customers are expected to place {orders} orders, worth {} \
                 after discounting.",
                locale.compact(total, Unit::Money)
            ),
            (Some(total), Lang::Ru) => format!(
                "За год от нынешних клиентов ожидается заказов: {orders}, их ценность с учётом \
                 дисконтирования {}.",
                locale.compact(total, Unit::Money)
            ),
            (None, Lang::En) => {
                format!(
                    "Over the next year today's customers are expected to place {orders} orders."
                )
            }
            (None, Lang::Ru) => format!("За год от нынешних клиентов ожидается заказов: {orders}."),
        }
    }

    /// How much the best tenth is worth; `None` where nothing is known.
    fn concentration(&self, values: &[f64]) -> Option<String> {
        let locale = self.locale;
        let shares = lorenz(values)?;
        let share = locale.percent(shares[STEPS / 10], 0);
        Some(match locale.lang() {
            Lang::En => format!("The most valuable tenth of the customers hold {share} of it."),
            Lang::Ru => format!("На самую ценную десятую часть клиентов приходится {share}."),
        })
    }

    fn concentration_chart(&self, shares: Vec<f64>) -> Chart {
        let locale = self.locale;
        let step = |at: usize| at as f64 / STEPS as f64;
        let line = |name: &str, role: Role, values: Vec<f64>| Line {
            name: name.to_owned(),
            role,
            values: values.into_iter().map(Some).collect(),
        };
        Chart {
            name: "clv_concentration_chart".to_owned(),
            title: locale.pick("In how few hands the value lies", "В чьих руках ценность").to_owned(),
            description: locale
                .pick(
                    "The share of the value that the most valuable share of customers holds; the dashed \
                     line is equality.",
                    "Доля ценности у самой ценной доли клиентов; пунктир: при равенстве.",
                )
                .to_owned(),
            unit: Unit::Share,
            kind: ChartKind::Lines {
                axis: locale.pick("share of customers", "доля клиентов").to_owned(),
                labels: (0..=STEPS).map(|at| locale.percent(step(at), 0)).collect(),
                lines: vec![
                    line(locale.pick("share of value", "доля ценности"), Role::Observed, shares),
                    line(
                        locale.pick("equality", "равенство"),
                        Role::Reference,
                        (0..=STEPS).map(step).collect(),
                    ),
                ],
                bands: Vec::new(),
            },
        }
    }

    fn most_valuable(&self, customers: &[Customer<'_>]) -> Result<Table> {
        let rows = || customers.iter();
        let mut columns = self.id_columns(rows().map(|customer| customer.id));
        let money = |value: Option<f64>| value.and_then(Money::from_f64);
        let cents = |value: f64| (value * 100.0).round() / 100.0;
        columns.push(Column::money(
            "clv",
            "CLV",
            rows().map(|own| money(own.value.clv.map(cents))),
        ));
        if rows().any(|own| own.interval.is_some()) {
            for (name, title, bound) in [
                ("clv_lower", "CLV, от", (|own| own.lower) as fn(Interval) -> f64),
                ("clv_upper", "CLV, до", |own| own.upper),
            ] {
                let bounds = rows().map(|own| money(own.interval.map(|own| cents(bound(own)))));
                columns.push(Column::money(name, title, bounds));
            }
        }
        columns.extend([
            Column::float(
                "p_alive",
                "Вероятность, что активен",
                3,
                rows().map(|own| own.value.p_alive),
            ),
            Column::float(
                "expected_orders",
                "Ожидается заказов",
                1,
                rows().map(|own| own.value.expected_orders),
            ),
        ]);
        Table::new("clv_top", columns)
    }

    fn warning(&self, warning: &Warning) -> String {
        let locale = self.locale;
        if locale.lang() == Lang::En {
            return format!("{}.", capitalised(&warning.to_string()));
        }
        match warning {
            Warning::FewRepeatCustomers(customers) => format!(
                "Повторных покупателей всего {customers}, меньше {}: параметры ненадёжны.",
                Warning::FEW_REPEAT_CUSTOMERS
            ),
            Warning::NotConverged(model) => {
                format!("Оценка {model} не сошлась к одному решению: прогнозы с осторожностью.")
            }
            Warning::Nested(model, limits) => {
                let limits: Vec<&str> =
                    limits.iter().map(|limit| limit_words(*limit, Lang::Ru)).collect();
                format!(
                    "Данные не различают параметры {model}: взята вложенная модель, в которой {}.",
                    limits.join(" и ")
                )
            }
            Warning::Correlated(correlation) => format!(
                "Частота и сумма заказов связаны ({}): модель считает их независимыми, ценность частых \
                 клиентов смещена.",
                locale.decimal(*correlation, 2)
            ),
            Warning::NoSpend(reason) => {
                format!("Только заказы, без ценности: {}.", said(reason, Lang::Ru))
            }
            Warning::InfiniteMean(_) => {
                "У разовых покупателей нет ожидаемой ценности: среднее модели бесконечно."
                    .to_owned()
            }
            Warning::NoIntervals(reason) => format!("Без интервалов: {}.", said(reason, Lang::Ru)),
            Warning::LongHorizon(times) => format!(
                "Горизонт в {} раза длиннее самого долгого наблюдения: дальний конец додуман.",
                locale.decimal(*times, 1)
            ),
            Warning::AnotherFits(own, other, by) => format!(
                "{other} описывает эти заказы лучше, чем {own}: логарифм правдоподобия выше на {}.",
                locale.decimal(*by, 1)
            ),
            Warning::AliveByAssumption(share) => format!(
                "{} клиентов без повторного заказа; bg-nbd считает их активными, `{}` нет.",
                locale.percent(*share, 0),
                OrderModel::MbgNbd.name()
            ),
            Warning::OccasionCutOff(day) => format!(
                "Период с {} не закончен: заказы в нём ещё не считаются.",
                locale.date(*day)
            ),
            Warning::LeftOut(rows, why) => format!("Не учтено: {rows} ({why})."),
            Warning::UnknownCovariates(customers) => format!(
                "У {customers} клиентов признак не указан или неизвестен модели: принято среднее."
            ),
        }
    }
}

/// What a customer is worth, nothing where that is not known.
fn worth(customer: &Customer<'_>) -> f64 {
    customer.value.clv.unwrap_or(0.0)
}

/// The share of the whole that the first shares of `descending` values hold, step by step; `None` where
/// they add up to nothing.
fn lorenz(descending: &[f64]) -> Option<Vec<f64>> {
    let total: f64 = descending.iter().sum();
    if total <= 0.0 || descending.is_empty() {
        return None;
    }
    let mut sums = Vec::with_capacity(STEPS + 1);
    let (mut sum, mut taken) = (0.0, 0);
    for step in 0..=STEPS {
        let until = descending.len() * step / STEPS;
        sum += descending[taken..until].iter().sum::<f64>();
        taken = until;
        sums.push((sum / total).min(1.0));
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::lorenz;

    #[test]
    fn equal_values_lie_on_the_diagonal_and_one_hand_holds_all() {
        let equal = lorenz(&[2.0; 40]).unwrap();
        assert!(
            equal.iter().enumerate().all(|(at, share)| (share - at as f64 / 20.0).abs() < 1e-12)
        );
        let mut one = vec![0.0; 40];
        one[0] = 5.0;
        assert_eq!(lorenz(&one).unwrap()[1..], [1.0; 20]);
        assert_eq!(lorenz(&[0.0; 3]), None);
    }
}
