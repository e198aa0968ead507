//! Notices in words.

use crate::{
    Lang,
    data::{DiscountUnit, Finding, MoneyUnit, Notice, TableKind},
};

impl Notice {
    /// What was found and what was made of it, in one sentence without a full stop; neither the money nor
    /// the settings.
    pub fn text(&self, lang: Lang) -> String {
        let rows = self.rows;
        match &self.finding {
            Finding::GuessedColumn { field, column, others } => {
                let no_others = others.is_empty();
                match lang {
                    Lang::En if no_others => {
                        format!("`{column}` is read as {field}, by its name and its cells")
                    }
                    Lang::En => format!(
                        "`{column}` is read as {field}, by its name and its cells; {others} may be meant as well"
                    ),
                    Lang::Ru if no_others => {
                        format!("столбец «{column}» прочитан как {field} по названию и содержимому")
                    }
                    Lang::Ru => format!(
                        "столбец «{column}» прочитан как {field} по названию и содержимому; подходят и {others}"
                    ),
                }
            }
            Finding::RivalColumn { field, column, others } => match lang {
                Lang::En => format!(
                    "{field} is read from `{column}`; {others} may be meant as well, and says something else"
                ),
                Lang::Ru => format!(
                    "{field} читается из столбца «{column}»; подходит и {others}, но значения там другие"
                ),
            },
            Finding::OtherSheets { sheet, others } => match lang {
                Lang::En => format!("the sheet `{sheet}` is read, and not {others}"),
                Lang::Ru => format!("прочитан лист «{sheet}», но не {others}"),
            },
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
            Finding::AmountUnit { column, unit } => {
                let (english, russian) = match unit {
                    MoneyUnit::Hundredths => ("hundredths", "в сотых долях"),
                    MoneyUnit::Thousands => ("thousands", "в тысячах"),
                    MoneyUnit::Millions => ("millions", "в миллионах"),
                };
                match lang {
                    Lang::En => format!(
                        "`{column}` is in {english} of the currency, and so is every amount of the answer"
                    ),
                    Lang::Ru => format!(
                        "столбец «{column}» — {russian} денежной единицы, и все суммы ответа тоже"
                    ),
                }
            }
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
            Finding::DiscountOpen { discount } => match lang {
                Lang::En => {
                    format!("the discounts in `{discount}` can be money or per cent: they are left aside")
                }
                Lang::Ru => format!(
                    "скидки в столбце «{discount}» могут быть суммами или процентами, поэтому не учтены"
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
            Finding::AlikeIds { one, other } => match lang {
                Lang::En => format!(
                    "`{other}` and `{one}` are different customers, as are others whose ids differ only in \
                     letter case or spaces: {rows} orders"
                ),
                Lang::Ru => format!(
                    "«{other}» и «{one}» считаются разными клиентами, как и другие, чьи коды отличаются только \
                     регистром букв или пробелами; заказов: {rows}"
                ),
            },
            Finding::RowsInSeveralFiles => match lang {
                Lang::En => {
                format!(
                    "{rows} rows repeat a row of another file in every cell and are not counted"
                )
            },
                Lang::Ru => format!(
                "строк, которые целиком повторяют строку другого файла: {rows}; они не учтены"
            ),
            },
            Finding::OlderVersions { latest } => match lang {
                Lang::En => format!(
                "{rows} rows are older versions of deals or orders in a later file, which count \
                 (the latest is `{latest}`)"
            ),
                Lang::Ru => format!(
                "строк со старыми версиями сделок или заказов: {rows}; учтены версии из более позднего \
                 файла (последний — «{latest}»)"
            ),
            },
            Finding::DuplicateRows { is_estimate } => match lang {
                Lang::En => {
                let about = if *is_estimate { "about " } else { "" };
                format!("{about}{rows} rows repeat another row in every cell and are counted")
            },
                Lang::Ru => {
                let about = if *is_estimate { "примерно " } else { "" };
                format!("строк, которые целиком повторяют другую: {about}{rows}; они учтены")
            },
            },
            Finding::OrderTotalOnce => match lang {
                Lang::En => format!(
                "{rows} orders have their total on every row; it counts once for each order"
            ),
                Lang::Ru => format!(
                "заказов, у которых общая сумма повторена в каждой строке: {rows}; она учтена один раз"
            ),
            },
            Finding::OrderTotalShared => match lang {
                Lang::En => format!(
                    "{rows} orders have their total on one of their rows; it is shared out among all by price \
                     times quantity, or in equal parts where these are not known"
                ),
                Lang::Ru => format!(
                    "заказов, у которых сумма стоит в одной из строк: {rows}; она разделена между всеми строками \
                     по цене и количеству, а где их нет — поровну"
                ),
            },
            Finding::OrderTotalSummed => match lang {
                Lang::En => format!(
                "{rows} orders have one amount on all their rows; it is added up, though it may be their total"
            ),
                Lang::Ru => format!(
                "заказов с одной и той же суммой во всех строках: {rows}; строки сложены, хотя это может \
                 быть общая сумма заказа"
            ),
            },
            Finding::SeveralIds => match lang {
                Lang::En => {
                format!("{rows} rows name several customers in one cell; the first one counts")
            },
                Lang::Ru => {
                format!("строк, где в ячейке несколько клиентов: {rows}; учтён первый")
            },
            },
            Finding::RoundedIds => match lang {
                Lang::En => format!(
                "{rows} rows have a customer's id that a spreadsheet has rounded, such as 4.12346E+15: \
                 different customers became one; export the ids as text"
            ),
                Lang::Ru => format!(
                "строк, где код клиента округлён таблицей, как 4.12346E+15: {rows}; разные клиенты \
                 слились в одного; выгрузите коды как текст"
            ),
            },
            Finding::StatusByContent { column, labels } => match lang {
                Lang::En => format!(
                "`{column}` is read as the status by its words ({labels}): {rows} rows are no sales"
            ),
                Lang::Ru => format!(
                "столбец «{column}» прочитан как статус по его словам ({labels}): строк без продажи {rows}"
            ),
            },
            Finding::NoSaleBy { column } => match lang {
                Lang::En => {
                format!("{rows} rows are no sales by `{column}`")
            },
                Lang::Ru => {
                format!("строк, которые не продажи по столбцу «{column}»: {rows}")
            },
            },
            Finding::NotYetSales { labels } => match lang {
                Lang::En => format!("{rows} rows are no sales yet by their status: {labels}"),
                Lang::Ru => format!("строк, которые по статусу ещё не продажи: {rows} ({labels})"),
            },
            Finding::StatusNotUsed { column, labels } => match lang {
                Lang::En => {
                format!("`{column}` may say that rows are no sales ({labels}) and is not used")
            },
                Lang::Ru => {
                format!("столбец «{column}» ({labels}) может говорить, что строка не продажа, но он не учтён")
            },
            },
            Finding::TableNotUsed { table, columns } => match lang {
                Lang::En => {
                    format!("nothing of the table of {table} is used: the answer needs none of {columns}")
                }
                Lang::Ru => format!(
                    "из таблицы «{}» ничего не взято: столбцы {columns} для ответа не нужны",
                    table.text(lang)
                ),
            },
            Finding::NoPartner { table, by } => match lang {
                Lang::En => format!(
                    "no row of the table of {table} has a partner by {by}: is it of the same data?"
                ),
                Lang::Ru => format!(
                    "ни одна строка таблицы «{}» не нашла пары по полю {by}: те ли это данные?",
                    table.text(lang)
                ),
            },
            Finding::LostByReason { column } => match lang {
                Lang::En => {
                format!("{rows} deals in an open stage have a `{column}` and are counted as lost")
            },
                Lang::Ru => format!(
                "сделок в открытой стадии, у которых заполнен столбец «{column}»: {rows}; они учтены как проигранные"
            ),
            },
            Finding::LostByProbability { column } => match lang {
                Lang::En => format!(
                "{rows} deals in an open stage have a `{column}` of 0 and are counted as lost"
            ),
                Lang::Ru => format!(
                "сделок в открытой стадии, у которых в столбце «{column}» ноль: {rows}; они учтены как проигранные"
            ),
            },
            Finding::Deals(finding) => finding.text(rows, lang),
            Finding::OpenWithCloseDate { column } => match lang {
                Lang::En => {
                format!("{rows} deals in an open stage have a `{column}` and are counted as open")
            },
                Lang::Ru => format!(
                "сделок в открытой стадии, у которых заполнен столбец «{column}»: {rows}; они учтены как открытые"
            ),
            },
        }
    }
}

impl TableKind {
    /// What it is called for people.
    pub fn text(self, lang: Lang) -> &'static str {
        let russian = match self {
            Self::Orders => "заказы",
            Self::Deals => "сделки",
            Self::Activities => "активности",
            Self::Customers => "клиенты",
            Self::Lines => "позиции",
            Self::Products => "товары",
            Self::History => "история стадий",
            Self::Spend => "расходы",
            Self::Series => "ряды",
            Self::Leads => "лиды",
            Self::Tickets => "обращения",
            Self::Attributes => "признаки",
        };
        lang.pick(self.name(), russian)
    }
}
