//! Columns of orders that no profile lists: known by the words of their headers and by their cells.
//!
//! Every seller's table has headers of its own, made of the same few words: `SalesOrderNumber`,
//! `Created date (UTC)`, `TotalDue`. A header of such words alone, above cells that fit, is taken and told;
//! what fits less is named in the message of what is lacking.

use super::{GENERIC, Mapping, words};
use crate::{
    data::{Field, Finding, Notice, Severity},
    ingest::cells::{
        Parsed,
        date::{DateFormat, DateOrder},
        number::{Decimal, NumberFormat},
        text,
    },
};
use std::collections::BTreeMap;

/// A column that was taken for a field without a header that says so plainly.
#[derive(Clone, Debug)]
pub(crate) struct Guess {
    pub(crate) field: Field,
    pub(crate) column: usize,
    /// Further columns of which the same may be said.
    pub(crate) others: Vec<usize>,
}

/// Columns that a message offers where no header says which one is meant.
const MOST_LIKE: usize = 4;
/// Different labels that a column of stages has at most.
const FEW_LABELS: usize = 20;

/// The cells of a column that say something, and how many of them differ.
struct Filled {
    filled: usize,
    distinct: usize,
}

/// What the cells of columns look like in the first rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks {
    dates: Vec<usize>,
    numbers: Vec<usize>,
    sample: Vec<Vec<String>>,
}

impl Looks {
    /// Looks at the rows of `sample`.
    pub(crate) fn of(headers: usize, sample: &[Vec<String>]) -> Self {
        let mut looks = Self { sample: sample.to_vec(), ..Self::default() };
        for column in 0..headers {
            let cells = || sample.iter().filter_map(|row| row.get(column)).map(String::as_str);
            let filled = || cells().filter(|cell| !text::says_nothing(cell.trim()));
            if filled().next().is_none() {
                continue;
            }
            if filled().all(is_date) {
                looks.dates.push(column);
            } else if filled().all(is_number) {
                looks.numbers.push(column);
            }
        }
        looks
    }

    fn fits(&self, field: Field, column: usize) -> bool {
        match field {
            Field::OrderedAt => self.dates.contains(&column),
            Field::Amount | Field::Price | Field::Refunded => self.numbers.contains(&column),
            _ => true,
        }
    }

    /// The first rows.
    pub(super) fn sample(&self) -> &[Vec<String>] {
        &self.sample
    }

    /// The columns of numbers.
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Whether the cells of `column` are all 0 or 1.
    pub(super) fn is_flag(&self, column: usize) -> bool {
        let cells = self.sample.iter().filter_map(|row| row.get(column)).map(|cell| cell.trim());
        let mut filled = cells.filter(|cell| !text::says_nothing(cell)).peekable();
        filled.peek().is_some() && filled.all(|cell| matches!(cell, "0" | "1"))
    }

    /// Whether values of the column `key` repeat, and rows of one value are equal in all the columns `same`.
    pub(super) fn repeats_within(&self, key: usize, same: &[usize]) -> bool {
        let cell =
            |row: &Vec<String>, column: usize| row.get(column).map(|cell| cell.trim().to_owned());
        let mut seen: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        let mut repeats = false;
        for row in &self.sample {
            let Some(key) = cell(row, key).filter(|key| !text::says_nothing(key)) else { continue };
            let cells = same.iter().map(|column| cell(row, *column)).collect();
            match seen.get(&key) {
                None => {
                    seen.insert(key, cells);
                }
                Some(known) if *known == cells => repeats = true,
                Some(_) => return false,
            }
        }
        repeats
    }

    /// The `free` columns whose cells are as those of `field` are, for a message: first those whose header, in
    /// whatever language, has a word for it. At most [`MOST_LIKE`].
    pub(super) fn like(
        &self,
        field: Field,
        headers: &[impl AsRef<str>],
        free: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let (words, is_like): (&[&str], fn(&Filled) -> bool) = match field {
            // Many values, of which some come again.
            Field::CustomerId => (
                &[
                    "client", "kund", "klient", "compra", "achet", "empresa", "firma", "soci",
                    "azienda",
                ],
                |cells| cells.distinct > FEW_LABELS.min(cells.filled / 5) && cells.distinct > 1,
            ),
            Field::Stage | Field::Status => (
                &["etapa", "fase", "phase", "estad", "statu", "stato", "étape", "stufe"],
                |cells| {
                    (2..=FEW_LABELS).contains(&cells.distinct) && cells.distinct * 2 <= cells.filled
                },
            ),
            Field::Amount => (
                &[
                    "import", "monto", "total", "betrag", "umsatz", "summe", "montant", "valor",
                    "venta",
                ],
                |_| true,
            ),
            _ => return Vec::new(),
        };
        let of_numbers = field == Field::Amount;
        let rank = |column: usize| {
            let header = headers[column].as_ref().to_lowercase();
            words.iter().position(|word| header.contains(word)).unwrap_or(words.len())
        };
        let mut found: Vec<usize> = (0..headers.len())
            .filter(|column| free(*column) && !self.dates.contains(column))
            .filter(|column| self.numbers.contains(column) == of_numbers)
            .filter(|column| is_like(&self.filled(*column)))
            .collect();
        found.sort_by_key(|column| (rank(*column), *column));
        // A header that says it leaves the others behind.
        let named = found.iter().filter(|column| rank(**column) < words.len()).count();
        found.truncate(if named > 0 { named.min(MOST_LIKE) } else { MOST_LIKE });
        found
    }

    fn filled(&self, column: usize) -> Filled {
        let cells = self.sample.iter().filter_map(|row| row.get(column)).map(|cell| cell.trim());
        let mut filled: Vec<&str> = cells.filter(|cell| !text::says_nothing(cell)).collect();
        let all = filled.len();
        filled.sort_unstable();
        filled.dedup();
        Filled { filled: all, distinct: filled.len() }
    }

    /// The only column of dates.
    pub(crate) fn only_date(&self) -> Option<usize> {
        match self.dates[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The columns of dates.
    pub(crate) fn dates(&self) -> &[usize] {
        &self.dates
    }
}

/// Whether `cell` is a date as people write it; of bare numbers only one of eight digits is.
fn is_date(cell: &str) -> bool {
    let cell = cell.trim().as_bytes();
    let is_bare = cell.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    let points = cell.iter().filter(|byte| !byte.is_ascii_digit()).count();
    if is_bare && points < 2 && (points == 1 || cell.len() != 8) {
        return false;
    }
    [DateOrder::Dmy, DateOrder::Mdy]
        .iter()
        .any(|order| matches!(DateFormat::new(*order).parse(cell), Parsed::Value(_)))
}

fn is_number(cell: &str) -> bool {
    [Decimal::Point, Decimal::Comma].iter().any(|decimal| {
        matches!(NumberFormat::new(*decimal).money(cell.as_bytes()), Parsed::Value(_))
    })
}

/// The columns among `free` ones whose headers are made of the words of `field`, the best first; of equals
/// the one whose header comes first in the alphabet, so that the order of columns decides nothing.
pub(super) fn by_words(
    field: Field,
    headers: &[&str],
    looks: &Looks,
    free: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let Some(vocabulary) = vocabulary(field) else { return Vec::new() };
    let mut found: Vec<(usize, usize, &str, usize)> = headers
        .iter()
        .enumerate()
        .filter(|(column, _)| free(*column) && looks.fits(field, *column))
        .filter_map(|(column, header)| {
            let words = words::of(header);
            let rank = vocabulary.rank(&words)?;
            Some((rank, words.len(), header.trim(), column))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., column)| column).collect()
}

/// Of what words the headers of a field are made.
struct Vocabulary {
    /// One of these is there; the earlier, the surer.
    kernel: &'static [&'static str],
    /// One of these is there, too, unless there are none.
    kind: &'static [&'static str],
    /// These may be.
    around: &'static [&'static str],
}

impl Vocabulary {
    /// The place of the first word of the kernel that is there; `None` where another word stands in the
    /// header.
    fn rank(&self, words: &[String]) -> Option<usize> {
        let is = |list: &[&str], word: &String| list.contains(&word.as_str());
        let all = words
            .iter()
            .all(|word| is(self.kernel, word) || is(self.kind, word) || is(self.around, word));
        let is_of_kind = self.kind.is_empty() || words.iter().any(|word| is(self.kind, word));
        let rank = self.kernel.iter().position(|kernel| words.iter().any(|word| word == kernel))?;
        (all && is_of_kind).then_some(rank)
    }
}

fn vocabulary(field: Field) -> Option<Vocabulary> {
    match field {
        Field::OrderId => Some(Vocabulary {
            kernel: &[
                "order",
                "orders",
                "invoice",
                "receipt",
                "transaction",
                "ticket",
                "bill",
                "заказ",
                "заказа",
                "чек",
                "чека",
                "счет",
                "счета",
                "накладная",
                "накладной",
                "документ",
                "документа",
            ],
            kind: &[
                "id",
                "no",
                "nr",
                "num",
                "number",
                "key",
                "ref",
                "reference",
                "номер",
                "код",
                "ид",
                "n",
                "sales",
                "sale",
            ],
            around: &["web", "shop", "external", "продажи", "реализации"],
        }),
        Field::OrderedAt => Some(Vocabulary {
            kernel: &[
                "order",
                "ordered",
                "orders",
                "sale",
                "sales",
                "sold",
                "invoice",
                "invoiced",
                "purchase",
                "purchased",
                "transaction",
                "created",
                "creation",
                "placed",
                "payment",
                "paid",
                "заказа",
                "продажи",
                "реализации",
                "покупки",
                "чека",
                "счета",
                "документа",
                "создания",
                "оплаты",
            ],
            kind: &[
                "date",
                "datetime",
                "time",
                "timestamp",
                "day",
                "at",
                "on",
                "when",
                "sold",
                "ordered",
                "purchased",
                "placed",
                "дата",
                "время",
                "день",
                "момент",
            ],
            around: &[
                "of", "the", "key", "utc", "gmt", "msk", "local", "and", "и", "была", "мск", "full",
            ],
        }),
        Field::Amount => Some(Vocabulary {
            kernel: &[
                "total",
                "amount",
                "sum",
                "revenue",
                "sales",
                "turnover",
                "value",
                "paid",
                "extended",
                "сумма",
                "итого",
                "итог",
                "всего",
                "выручка",
                "стоимость",
                "оборот",
            ],
            kind: &[],
            around: &[
                "order",
                "orders",
                "invoice",
                "line",
                "item",
                "net",
                "sale",
                "sold",
                "due",
                "grand",
                "price",
                "in",
                "n",
                "formatted",
                "transaction",
                "purchase",
                "payment",
                "of",
                "the",
                "заказа",
                "заказу",
                "продажи",
                "продаж",
                "реализации",
                "по",
                "чека",
                "документа",
                "документу",
                "документам",
                "строки",
                "с",
                "учетом",
                "скидки",
                "скидок",
                "скидкой",
                "без",
                "руб",
                "рублей",
                "в",
                "rub",
                "usd",
                "eur",
                "gbp",
            ],
        }),
        Field::Refunded => Some(Vocabulary {
            kernel: &[
                "refunded",
                "refund",
                "refunds",
                "returned",
                "return",
                "returns",
                "chargeback",
                "chargebacks",
                "credit",
                "credited",
                "rembourse",
                "remboursement",
                "reembolso",
                "erstattung",
                "возвращено",
                "возвращенная",
                "возврат",
                "возврата",
                "возвраты",
                "возвратов",
            ],
            kind: &[
                "amount",
                "value",
                "sum",
                "total",
                "money",
                "montant",
                "importe",
                "betrag",
                "refunded",
                "refunds",
                "chargeback",
                "chargebacks",
                "credited",
                "сумма",
                "стоимость",
                "возвращено",
            ],
            around: &[
                "note",
                "notes",
                "memo",
                "of",
                "to",
                "the",
                "customer",
                "order",
                "sales",
                "in",
                "usd",
                "eur",
                "gbp",
                "rub",
                "по",
                "заказу",
                "клиенту",
                "покупателю",
                "руб",
                "в",
                "за",
            ],
        }),
        Field::Price => Some(Vocabulary {
            kernel: &["price", "цена", "цене"],
            kind: &[
                "discounted",
                "discount",
                "discounts",
                "net",
                "final",
                "actual",
                "sold",
                "selling",
                "paid",
                "promo",
                "reduced",
                "скидкой",
                "скидки",
                "скидок",
                "фактическая",
                "итоговая",
                "акционная",
            ],
            around: &[
                "after",
                "with",
                "incl",
                "unit",
                "item",
                "per",
                "each",
                "за",
                "ед",
                "единицу",
                "шт",
                "с",
                "учетом",
                "со",
                "по",
                "продажи",
            ],
        }),
        _ => None,
    }
}

/// What is told of the columns of `mapping` that no header says plainly, and of those that say something else
/// than another column of the same meaning; the fields that are `given` are settled.
pub(crate) fn notices(
    mapping: &Mapping,
    headers: &[String],
    sample: &[Vec<String>],
    given: &[(Field, String)],
    file: &str,
) -> Vec<Notice> {
    let header = |column: usize| headers[column].trim().to_owned();
    let all = |columns: &[usize]| {
        let columns: Vec<String> = columns.iter().map(|at| format!("`{}`", header(*at))).collect();
        columns.join(", ")
    };
    let told = |guess: &Guess, severity, finding| {
        let column = header(guess.column);
        let notice = Notice::new(severity, finding, 0).of_file(file);
        notice.settled_by("map", format!("{}={column}", guess.field))
    };
    // What names the order beyond doubt needs no word.
    let guesses = mapping.guesses.iter().filter(|guess| guess.field != Field::OrderId);
    let guesses = guesses.map(|guess| {
        let (column, others) = (header(guess.column), all(&guess.others));
        let severity = if others.is_empty() { Severity::Note } else { Severity::Warning };
        told(guess, severity, Finding::GuessedColumn { field: guess.field, column, others })
    });
    let rivals = mapping.rivals.iter().filter_map(|rival| {
        let differs = |other: &usize| says_otherwise(rival.field, rival.column, *other, sample);
        let others: Vec<usize> = rival.others.iter().copied().filter(differs).collect();
        let severity = match rival.field {
            Field::Amount | Field::Price => Severity::Warning,
            _ => Severity::Note,
        };
        let (column, others) = (header(rival.column), all(&others));
        let finding = Finding::RivalColumn { field: rival.field, column, others: others.clone() };
        (!others.is_empty()).then(|| told(rival, severity, finding))
    });
    let is_given = given.iter().any(|(field, _)| *field == Field::Amount);
    let products = products(mapping, headers, sample, file).filter(|_| !is_given);
    guesses.chain(rivals).chain(products).collect()
}

/// What is told where the amounts are neither price times quantity nor what a discount leaves of it.
fn products(
    mapping: &Mapping,
    headers: &[String],
    sample: &[Vec<String>],
    file: &str,
) -> Option<Notice> {
    let column = |field: Field| mapping.column(field);
    let (amount, price) = column(Field::Amount).zip(column(Field::Price))?;
    let quantity = column(Field::Quantity).filter(|_| mapping.profile.name == GENERIC)?;
    let discount = column(Field::Discount);
    let number = |row: &Vec<String>, column: usize| -> Option<f64> {
        let cell = row.get(column)?.trim_end_matches('%').as_bytes();
        [Decimal::Point, Decimal::Comma].iter().find_map(|decimal| {
            match NumberFormat::new(*decimal).money(cell) {
                Parsed::Value(amount) => Some(amount.money.to_f64()),
                _ => None,
            }
        })
    };
    let (mut compared, mut unlike) = (0, 0);
    for row in sample {
        let numbers = number(row, amount).zip(number(row, price)).zip(number(row, quantity));
        let Some(((amount, price), quantity)) = numbers else { continue };
        let product = price * quantity;
        let off = discount.and_then(|column| number(row, column)).unwrap_or(0.0);
        let left = [product, product - off, product * (1.0 - off), product * (1.0 - off / 100.0)];
        let is_near = |value: &f64| (value - amount).abs() <= 0.01 * value.abs().max(1.0);
        compared += 1;
        unlike += usize::from(!left.iter().any(is_near));
    }
    let header = |column: usize| headers[column].trim().to_owned();
    let others = format!("`{}` times `{}`", header(price), header(quantity));
    let finding = Finding::RivalColumn { field: Field::Amount, column: header(amount), others };
    (2 * unlike > compared).then(|| {
        let notice = Notice::new(Severity::Note, finding, 0).of_file(file);
        notice.settled_by("map", format!("amount={}", header(amount)))
    })
}

/// Whether column `other` says something else of its rows than `column`: other customers for ids, other values
/// for anything else.
fn says_otherwise(field: Field, column: usize, other: usize, sample: &[Vec<String>]) -> bool {
    let cell = |row: &'_ Vec<String>, at: usize| -> Option<String> {
        let cell = row.get(at)?.trim();
        (!text::says_nothing(cell)).then(|| cell.to_owned())
    };
    let pairs = sample.iter().filter_map(|row| Some((cell(row, column)?, cell(row, other)?)));
    if field != Field::CustomerId {
        return pairs.into_iter().any(|(one, two)| one != two);
    }
    let (mut forth, mut back) = (BTreeMap::new(), BTreeMap::new());
    pairs.into_iter().any(|(one, two)| {
        let is_same = |map: &mut BTreeMap<String, String>, key: &String, value: &String| {
            map.entry(key.clone()).or_insert_with(|| value.clone()) == value
        };
        !is_same(&mut forth, &one, &two) || !is_same(&mut back, &two, &one)
    })
}

#[cfg(test)]
mod tests {
    use super::{Looks, by_words};
    use crate::data::Field;

    fn first<'a>(field: Field, columns: &[(&'a str, &str)]) -> Option<&'a str> {
        let headers: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
        let sample = [columns.iter().map(|(_, cell)| (*cell).to_owned()).collect()];
        let looks = Looks::of(headers.len(), &sample);
        by_words(field, &headers, &looks, |_| true).first().map(|column| headers[*column])
    }

    #[test]
    fn headers_made_of_the_words_of_a_field_are_found() {
        let fact = [
            ("DueDateKey", "20110110"),
            ("OrderDateKey", "20101229"),
            ("SalesOrderLineNumber", "1"),
            ("SalesOrderNumber", "SO43697"),
            ("TaxAmt", "286.26"),
            ("TotalDue", "3953.99"),
            ("SubTotal", "3578.27"),
            ("CustomerPONumber", "12"),
        ];
        assert_eq!(first(Field::OrderId, &fact), Some("SalesOrderNumber"));
        assert_eq!(first(Field::OrderedAt, &fact), Some("OrderDateKey"));
        assert_eq!(first(Field::Amount, &fact), Some("TotalDue"));
        for (field, header, cell) in [
            (Field::OrderedAt, "Created date (UTC)", "2024-01-03 08:00:00"),
            (Field::OrderedAt, "Sold on", "03.01.2024"),
            (Field::OrderedAt, "Дата реализации", "03.01.2024"),
            (Field::Amount, "Order Total Amount", "12.5"),
            (Field::Amount, "Сумма по документу", "12,50"),
            (Field::OrderId, "Номер чека", "17"),
            (Field::Refunded, "Return Value", "3"),
            (Field::Refunded, "chargeback_amount", "3"),
            (Field::Refunded, "credit note amount", "3"),
            (Field::Price, "discounted_price", "3"),
            (Field::Price, "Цена со скидкой", "3"),
        ] {
            assert_eq!(first(field, &[(header, cell)]), Some(header), "{header}");
        }
    }

    #[test]
    fn other_words_and_other_cells_are_left() {
        for (field, header, cell) in [
            (Field::OrderedAt, "Ship date", "2024-01-03"),
            (Field::OrderedAt, "Order date", "yes"),
            (Field::Amount, "Order Subtotal Amount", "12.5"),
            (Field::Amount, "Order Total Tax Amount", "12.5"),
            (Field::Amount, "Discount Amount", "12.5"),
            (Field::Amount, "Total", "three"),
            (Field::OrderId, "Sales Order Line", "1"),
            (Field::OrderId, "Order Status", "open"),
            (Field::OrderId, "Order", "1"),
            (Field::Refunded, "Returned quantity", "1"),
            (Field::Refunded, "return", "1"),
            (Field::Refunded, "credit limit", "1"),
            (Field::Price, "compare at price", "1"),
        ] {
            assert_eq!(first(field, &[(header, cell)]), None, "{header}");
        }
    }
}
