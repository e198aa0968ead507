//! Stages that say what became of the money: invoiced, paid, shipped.

use super::order::folded;
use crate::Lang;
use serde::Serialize;

/// What a stage says of the money of the deals that reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyStage {
    /// An invoice is written.
    Invoiced,
    /// It is paid.
    Paid,
    /// The goods are shipped.
    Shipped,
}

/// The beginnings of words, in the order in which they are tried: an invoice that is paid is paid.
const WORDS: [(MoneyStage, &[&str]); 3] = [
    (
        MoneyStage::Shipped,
        &["shipped", "delivered", "dispatched", "отгружен", "отгрузка", "доставлен", "поставлен"],
    ),
    (
        MoneyStage::Paid,
        &[
            "paid",
            "payment received",
            "prepaid",
            "оплачен",
            "оплата получена",
            "предоплата получена",
        ],
    ),
    (MoneyStage::Invoiced, &["invoice", "счет", "счета"]),
];
/// Words that put off or deny what follows, as in "awaiting payment" and "не оплачен".
const NOT_YET: [&str; 13] = [
    "not",
    "un",
    "no",
    "awaiting",
    "await",
    "pending",
    "prepare",
    "preparing",
    "to",
    "не",
    "ожид",
    "подготов",
    "готов",
];

impl MoneyStage {
    /// What the stage called `name` says of money; `None` where it says nothing.
    pub(super) fn of(name: &str) -> Option<Self> {
        let folded = folded(name);
        let words: Vec<&str> = folded
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let is_not_yet = words.iter().any(|word| {
            let stem = |own: &&str| match own.chars().count() {
                // Long ones are stems, short ones words.
                4.. => word.starts_with(*own),
                _ => word == own,
            };
            NOT_YET.iter().any(stem)
        });
        let text = words.join(" ");
        let begins = |stem: &str| text.starts_with(stem) || text.contains(&format!(" {stem}"));
        let found = WORDS.into_iter().find(|(_, stems)| stems.iter().any(|stem| begins(stem)));
        found.map(|(stage, _)| stage).filter(|_| !is_not_yet)
    }

    /// What people call it.
    pub const fn title(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Invoiced, Lang::En) => "invoiced",
            (Self::Paid, Lang::En) => "paid",
            (Self::Shipped, Lang::En) => "shipped",
            (Self::Invoiced, Lang::Ru) => "выставлено счетов",
            (Self::Paid, Lang::Ru) => "оплачено",
            (Self::Shipped, Lang::Ru) => "отгружено",
        }
    }

    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        self.title(Lang::En)
    }
}

#[cfg(test)]
mod tests {
    use super::MoneyStage::{self, Invoiced, Paid, Shipped};

    #[test]
    fn stages_say_what_became_of_the_money() {
        for (name, expected) in [
            ("Invoice sent", Some(Invoiced)),
            ("Счёт на предоплату", Some(Invoiced)),
            ("Счёт выставлен", Some(Invoiced)),
            ("Счёт оплачен", Some(Paid)),
            ("Paid", Some(Paid)),
            ("Оплата получена", Some(Paid)),
            ("Не оплачен", None),
            ("Awaiting payment", None),
            ("Ожидание оплаты", None),
            ("Unpaid invoice", Some(Invoiced)),
            ("Отгружено", Some(Shipped)),
            ("Shipped", Some(Shipped)),
            ("Подготовка к отгрузке", None),
            ("Negotiation", None),
            ("Расчёт", None),
            ("", None),
        ] {
            assert_eq!(MoneyStage::of(name), expected, "{name}");
        }
    }
}
