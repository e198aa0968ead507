//! The tables of strategies.

use super::{Customer, Strategies, Strategy};
use crate::{
    Error, Lang, Money, Result,
    data::table::{Column, Table},
};

impl Strategies {
    /// One row per customer, in the order of their ids.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.customers.iter();
        let reasons: Vec<String> = rows().map(|customer| customer.reason(lang)).collect();
        let names = Strategy::ALL.iter().map(|strategy| strategy.name(lang));
        let code = |customer: &Customer| {
            let place = Strategy::ALL.iter().position(|own| *own == customer.strategy);
            place.map(|place| place as u32)
        };
        let segments = self.segments.names(lang);
        Table::new(
            lang.pick("strategies", "стратегии"),
            vec![
                Column::text("customer_id", "Клиент", rows().map(|customer| &*customer.id)),
                Column::category("strategy", "Стратегия", names, rows().map(code)),
                Column::text("strategy_code", "Код стратегии", rows().map(|c| c.strategy.code())),
                Column::text("reason", "Почему", reasons.iter().map(String::as_str)),
                Column::text(
                    "next_step",
                    "Следующий шаг",
                    rows().map(|customer| self.rules.next_step(customer.strategy, lang)),
                ),
                Column::float(
                    "budget",
                    "Потолок затрат",
                    2,
                    rows().map(|customer| customer.budget),
                ),
                Column::float("worth", "Ценность активного", 2, rows().map(|c| c.worth)),
                Column::float("clv", "Ожидаемая ценность (CLV)", 2, rows().map(|c| c.clv)),
                Column::float("p_alive", "Вероятность активности", 4, rows().map(|c| c.p_alive)),
                Column::money("revenue", "Выручка", rows().map(|customer| customer.revenue)),
                Column::date("first_order", "Первый заказ", rows().map(|c| c.first_order)),
                Column::date("last_order", "Последний заказ", rows().map(|c| c.last_order)),
                Column::float("trend", "Изменение трат", 4, rows().map(|customer| customer.trend)),
                Column::float("refund_share", "Доля возвратов", 4, rows().map(|c| c.refund_share)),
                Column::text("value_code", "Код ценности", rows().map(|c| c.levels.value.code())),
                Column::text(
                    "activity_code",
                    "Код активности",
                    rows().map(|customer| customer.levels.activity.code()),
                ),
                Column::text("tenure_code", "Код стажа", rows().map(|c| c.levels.tenure.code())),
                Column::text("trend_code", "Код тренда", rows().map(|c| c.levels.trend.code())),
                Column::text("cost_code", "Код затрат", rows().map(|c| c.levels.cost.code())),
                Column::category("segment", "Сегмент", segments, rows().map(|c| c.segment)),
            ],
        )
    }

    /// One row per strategy, in their usual order: customers, revenue, worth and the budget of all.
    ///
    /// # Errors
    /// Revenue past the range of money.
    pub fn summary(&self, lang: Lang) -> Result<Table> {
        let of = |strategy: &Strategy| {
            let strategy = *strategy;
            self.customers.iter().filter(move |customer| customer.strategy == strategy)
        };
        let all = || Strategy::ALL.iter();
        let revenue = |strategy: &Strategy| {
            let sum = of(strategy).map(|customer| customer.revenue).sum::<Option<Money>>();
            sum.ok_or_else(|| Error::data("the revenue of a strategy is past the range of money"))
        };
        let revenues = all().map(revenue).collect::<Result<Vec<Money>>>()?;
        let count = self.customers.len().max(1) as f64;
        let sum = |of_one: fn(&Customer) -> f64| {
            all().map(move |strategy| crmstat_models::sum::compensated(of(strategy).map(of_one)))
        };
        Table::new(
            lang.pick("strategy summary", "итоги по стратегиям"),
            vec![
                Column::text("strategy", "Стратегия", all().map(|strategy| strategy.name(lang))),
                Column::text("strategy_code", "Код стратегии", all().map(|s| s.code())),
                Column::int("customers", "Клиентов", all().map(|s| of(s).count() as i64)),
                Column::float(
                    "share_customers",
                    "Доля клиентов",
                    4,
                    all().map(|strategy| of(strategy).count() as f64 / count),
                ),
                Column::money("revenue", "Выручка", revenues),
                Column::float("worth", "Ценность активных", 2, sum(|customer| customer.worth)),
                Column::float("clv", "Ожидаемая ценность (CLV)", 2, sum(|customer| customer.clv)),
                Column::float("budget", "Потолок затрат", 2, sum(|c| c.budget.unwrap_or(0.0))),
                Column::text(
                    "next_step",
                    "Следующий шаг",
                    all().map(|strategy| self.rules.next_step(*strategy, lang)),
                ),
            ],
        )
    }
}
