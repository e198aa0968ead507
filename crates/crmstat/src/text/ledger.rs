//! Where rows went, in words.

use super::{Sentences, said};
use crate::{
    Lang,
    data::{Ignored, Ledger, RejectionGroup},
};

impl Ignored {
    /// The rule for people.
    pub const fn text(self, lang: Lang) -> &'static str {
        let Lang::Ru = lang else { return self.rule() };
        match self {
            Self::Blank => "пустые строки",
            Self::Footer => "итоги и подписи под таблицей",
            Self::RepeatedHeader => "повторы заголовка",
            Self::Lost => "проигранные сделки",
            Self::Open => "сделки в работе",
            Self::AtOrAfterAsOf => "на дату наблюдения и позже",
            Self::BeforeSince => "до начала срока",
            Self::FarDate => "дата далека от всех остальных",
            Self::Refunded => "возвращены полностью",
            Self::NoCustomer => "без клиента",
            Self::Repeated => "повторы другой строки",
            Self::OlderVersion => "есть новее в более позднем файле",
            Self::FurtherLine => "другие позиции того же заказа",
            Self::NotSelected => "не входят в отбор",
        }
    }
}

impl Ledger {
    /// The account in one line: what was read, accepted, rejected and left out by which rule.
    pub fn text(&self, lang: Lang) -> String {
        let ignored: Vec<String> = self
            .ignored()
            .map(|(rule, rows)| match lang {
                Lang::En => format!("{rows} {}", rule.text(lang)),
                Lang::Ru => format!("{}: {rows}", rule.text(lang)),
            })
            .collect();
        let mut line = match lang {
            Lang::En => format!("{} rows read: {} accepted", self.read, self.accepted),
            Lang::Ru => format!("прочитано строк: {}; принято {}", self.read, self.accepted),
        };
        if self.quarantined > 0 {
            line.push_str(&match lang {
                Lang::En => format!(", {} rejected", self.quarantined),
                Lang::Ru => format!(", отклонено {}", self.quarantined),
            });
        }
        if !ignored.is_empty() {
            let (total, rules) = (self.ignored_total(), ignored.join(", "));
            line.push_str(&match lang {
                Lang::En => format!(", {total} left out ({rules})"),
                Lang::Ru => format!(", не учтено {total} ({rules})"),
            });
        }
        line
    }
}

impl RejectionGroup {
    /// Why its rows were rejected, for people.
    pub fn reason(&self, lang: Lang) -> String {
        said(self.first.reason, lang, REASONS)
    }
}

/// Why rows are rejected.
const REASONS: &Sentences = &[
    ("the row has fewer cells than the header", "в строке меньше ячеек, чем в заголовке"),
    ("the row has more cells than the header", "в строке больше ячеек, чем в заголовке"),
    ("not UTF-8", "не UTF-8"),
    ("not a number", "не число"),
    ("not a finite number", "не конечное число"),
    ("two decimal signs", "два десятичных знака"),
    ("more than one sign", "больше одного знака числа"),
    ("thousands are not grouped in threes", "разряды отделены не по три цифры"),
    ("a number past the range of floats", "слишком большое число"),
    ("an amount past the range of money", "слишком большая сумма"),
    ("price times quantity is too large", "цена, умноженная на количество, слишком велика"),
    ("two currencies in one cell", "две валюты в одной ячейке"),
    ("a percentage is not an amount", "процент вместо суммы"),
    ("a percentage among amounts", "процент среди сумм"),
    ("a discount of more than the whole price", "скидка больше цены"),
    ("the discount is larger than the price", "скидка больше цены"),
    ("an error of a spreadsheet", "ошибка формулы в таблице"),
    ("neither yes nor no", "ни да, ни нет"),
    ("no amount", "нет суммы"),
    ("no date", "нет даты"),
    ("no customer", "нет клиента"),
    ("no stage or status", "нет этапа или статуса"),
    ("unknown closing stage", "неизвестный завершающий этап"),
    ("a required cell is empty", "пуста обязательная ячейка"),
    ("not a date", "не дата"),
    ("no such day in the calendar", "такого дня нет в календаре"),
    ("no such time of day", "такого времени не бывает"),
    ("no such offset from UTC", "такого часового пояса не бывает"),
    ("a year outside 1900 to 2199", "год не из 1900–2199"),
    ("a year alone is no date", "год без дня и месяца"),
    ("a date without a year", "дата без года"),
    ("a date whose day and month cannot be told apart", "в дате не отличить день от месяца"),
    ("no exchange rate for the currency", "нет курса валюты"),
    ("the order has no lines", "у заказа нет позиций"),
    ("a line of the order has no amount", "у позиции заказа нет суммы"),
    ("the table of products does not have it", "такого товара нет в таблице товаров"),
    ("the table of products has no single price of it", "в таблице товаров у него несколько цен"),
];

#[cfg(test)]
mod tests {
    use super::REASONS;
    use crate::text::assert_paired;

    #[test]
    fn both_sides_have_the_same_holes() {
        assert_paired(REASONS);
    }
}
