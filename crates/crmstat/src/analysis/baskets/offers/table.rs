//! Offers as tables.

use super::{Judgement, Offers};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};

impl Offers {
    /// One row per customer and offer.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | `customer_id`, `rank` | who, and the place of the offer |
    /// | `product`, `score` | what; larger is better, and the unit has no meaning |
    /// | `because` | the product bought before that says most for it |
    /// | `bought_days` | days on which the customer has bought it before |
    /// | `buyers` | customers who have |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let rows = || {
            self.customers.iter().flat_map(|customer| {
                customer.offers.iter().enumerate().map(move |(place, own)| (customer, place, own))
            })
        };
        Table::new(
            "baskets_next",
            vec![
                Column::text("customer_id", "Клиент", rows().map(|(own, ..)| &*own.id)),
                Column::int("rank", "Место", rows().map(|(_, place, _)| place as i64 + 1)),
                Column::text("product", "Предложить", rows().map(|(.., own)| &*own.product)),
                Column::float("score", "Оценка", 4, rows().map(|(.., own)| own.score)),
                Column::text(
                    "because",
                    "Потому что покупал",
                    rows().map(|(.., own)| own.because.as_deref()),
                ),
                Column::int(
                    "bought_days",
                    "Дней с покупкой",
                    rows().map(|(.., own)| i64::from(own.bought_days)),
                ),
                Column::int("buyers", "Покупателей", rows().map(|(.., own)| i64::from(own.buyers))),
            ],
        )
    }
}

impl Judgement {
    /// One row per target and method: customers, `hit_rate`, `recall`, `mrr`, the lead in recall over the most popular
    /// products and its standard error.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.methods.iter();
        Table::new(
            "baskets_judged",
            vec![
                Column::text("target", "Что покупают", rows().map(|own| own.target.text(lang))),
                Column::text("target_code", "Код цели", rows().map(|own| own.target.code())),
                Column::text("method", "Способ", rows().map(|own| own.method.text(lang))),
                Column::text("method_code", "Код способа", rows().map(|own| own.method.code())),
                Column::int("customers", "Клиентов", rows().map(|own| own.customers as i64)),
                Column::int("offers", "Предложений", rows().map(|_| self.top as i64)),
                Column::float("hit_rate", "Доля попаданий", 4, rows().map(|own| own.hit_rate)),
                Column::float("recall", "Полнота", 4, rows().map(|own| own.recall)),
                Column::float("mrr", "MRR", 4, rows().map(|own| own.mrr)),
                Column::float("lead", "Лучше популярных", 4, rows().map(|own| own.lead.0)),
                Column::float("lead_error", "Ошибка разницы", 4, rows().map(|own| own.lead.1)),
            ],
        )
    }
}
