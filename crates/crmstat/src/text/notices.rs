//! Notices in words.

use crate::{
    Lang,
    data::{DiscountUnit, Finding, Notice},
};

impl Notice {
    /// What was found and what was made of it, in one sentence without a full stop; neither the money nor
    /// the settings.
    pub fn text(&self, lang: Lang) -> String {
        let rows = self.rows;
        match &self.finding {
            Finding::RoundedAmounts { decimals } => match lang {
                Lang::En => {
                    format!("{rows} amounts have more than {decimals} decimals and are rounded")
                }
                Lang::Ru => {
                    format!(
                        "сумм, у которых больше {decimals} знаков после запятой: {rows}; они округлены"
                    )
                }
            },
            Finding::NoCurrency { assumed } => match lang {
                Lang::En => format!("{rows} amounts name no currency and count as {assumed}"),
                Lang::Ru => format!("сумм без валюты: {rows}; они считаются в {assumed}"),
            },
            Finding::OpenEnd => lang
                .pick(
                    "the last line has no end: if the file was cut, its last cell may be cut, too",
                    "последняя строка не завершена: если файл обрезан, обрезана может быть и последняя ячейка",
                )
                .to_owned(),
            Finding::GuessedEncoding { encoding } => match lang {
                Lang::En => format!("the encoding is a guess: {encoding}"),
                Lang::Ru => format!("кодировка определена предположительно: {encoding}"),
            },
            Finding::FarDates { far: (first, last), others: (from, until), rest } => {
                let far =
                    if first == last { first.to_string() } else { format!("{first} – {last}") };
                match lang {
                    Lang::En => format!(
                        "rows set aside: {rows}, dated {far}, far from the other {rest}, of {from} – {until}"
                    ),
                    Lang::Ru => format!(
                        "отложено строк: {rows}, с датами {far}, далёкими от остальных {rest} ({from} – {until})"
                    ),
                }
            }
            Finding::LateAsOf { until, last } => {
                let days = until.days() - last.days();
                match lang {
                    Lang::En => format!(
                        "the day of observation, {until}, is {days} days after the last order, of {last}"
                    ),
                    Lang::Ru => format!(
                        "день наблюдения {until} наступил через {days} дн. после последнего заказа ({last})"
                    ),
                }
            }
            Finding::Cancelled => match lang {
                Lang::En => format!(
                    "orders refunded in full within a day are left out, with their refunds: {rows}"
                ),
                Lang::Ru => format!(
                    "не учтены заказы, возвращённые полностью в течение суток, вместе с возвратами: {rows}"
                ),
            },
            Finding::NoCustomer => match lang {
                Lang::En => {
                    format!("rows that name no customer count in sales and not here: {rows}")
                }
                Lang::Ru => {
                    format!("строки без клиента учитываются в продажах, но не здесь: {rows}")
                }
            },
            Finding::Refunded { column } => match lang {
                Lang::En => format!("what was given back, by `{column}`, is taken off the amount"),
                Lang::Ru => format!("возвращённое (столбец «{column}») вычтено из суммы"),
            },
            Finding::Discount { column, unit, example } => {
                let (english, russian) = match unit {
                    DiscountUnit::Amount => ("money", "суммы"),
                    DiscountUnit::Percent => ("per cent of the price", "проценты от цены"),
                    DiscountUnit::Fraction => ("fractions of the price", "доли цены"),
                    DiscountUnit::None => ("nothing", "пропуски"),
                };
                match lang {
                    Lang::En => format!(
                        "the discounts in `{column}`, such as `{example}`, are read as {english}: {rows} \
                         rows have one"
                    ),
                    Lang::Ru => format!(
                        "скидки в столбце «{column}», например `{example}`, прочитаны как {russian}; строк \
                         со скидкой: {rows}"
                    ),
                }
            }
            Finding::DiscountAside { discount, amount } => match lang {
                Lang::En => format!(
                    "`{amount}` is read as what was paid: the discounts in `{discount}` are not taken off"
                ),
                Lang::Ru => format!(
                    "«{amount}» считается уплаченной суммой: скидки из столбца «{discount}» не вычтены"
                ),
            },
            Finding::Guest { id } => match lang {
                Lang::En => {
                    format!("the customer `{id}` has {rows} orders and may stand for all guests")
                }
                Lang::Ru => {
                    format!("у клиента `{id}` заказов: {rows}; возможно, это все гости сразу")
                }
            },
        }
    }
}
