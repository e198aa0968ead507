//! What became of every row, and every decision taken.

use super::{Page, name_of, top, whole};
use crate::{
    Lang, Result,
    analysis::inspect::russian::said,
    data::table::{Column, Table},
    report::Content,
};

/// Rejections and decisions that a page shows; files have all.
const SHOWN: usize = 40;

impl Page<'_> {
    pub(super) fn quality(&self) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let ledger = &self.results.account.ledger;
        let number = |rows: u64| locale.decimal(rows as f64, 0);
        let summary = match lang {
            Lang::En => format!(
                "{} were read: {} accepted, {} rejected, {} left out by a rule.",
                locale.counted(ledger.read, ["row", "rows"], ["", "", ""]),
                number(ledger.accepted),
                number(ledger.quarantined),
                number(ledger.ignored_total())
            ),
            Lang::Ru => format!(
                "Прочитано {}: принято {}, отклонено {}, не учтено по правилам {}.",
                locale.counted(ledger.read, ["", ""], ["строка", "строки", "строк"]),
                number(ledger.accepted),
                number(ledger.quarantined),
                number(ledger.ignored_total())
            ),
        };
        let mut tables = Vec::new();
        let notices = self.notices_table()?;
        if notices.rows() > 0 {
            let title = locale.pick("What changes the figures", "Что меняет показатели");
            tables.push(top(title, notices, SHOWN));
        }
        tables.push(whole(locale.pick("Every row", "Все строки"), self.ledger_table()?));
        let rejected = self.rejected_table()?;
        if rejected.rows() > 0 {
            tables.push(top(locale.pick("Rejected rows", "Отклонённые строки"), rejected, SHOWN));
        }
        if !self.results.beside.is_empty() {
            tables.push(whole(
                locale.pick("Tables beside the orders", "Таблицы рядом с заказами"),
                self.beside_table()?,
            ));
        }
        tables.push(top(
            locale.pick("What was decided while reading", "Решения при чтении"),
            self.decisions_table()?,
            SHOWN,
        ));
        let note = locale.pick(
            "Every row read is accepted, rejected with its reason, or left out by a named rule; the \
             numbers add up.",
            "Каждая прочитанная строка принята, отклонена с причиной или не учтена по названному \
             правилу; числа сходятся.",
        );
        Ok(Content {
            summary: vec![summary],
            tables,
            notes: vec![note.to_owned()],
            ..Content::default()
        })
    }

    /// What changes the figures and nobody has settled, the worst first, with the money that depends on it.
    fn notices_table(&self) -> Result<Table> {
        let lang = self.locale.lang();
        let notices = || self.results.account.notices.iter();
        let found: Vec<String> = notices().map(|notice| notice.text(lang)).collect();
        let settings: Vec<String> = notices()
            .map(|notice| notice.options().join(self.locale.pick(" or ", " или ")))
            .collect();
        Table::new(
            "notices",
            vec![
                Column::text("found", "Что найдено", found.iter().map(String::as_str)),
                Column::int("rows", "Строк", notices().map(|notice| notice.rows as i64)),
                Column::money("amount", "Сумма", notices().map(|notice| notice.money)),
                Column::text("file", "Файл", notices().map(|notice| name_of(&notice.file))),
                Column::text("option", "Параметр", settings.iter().map(String::as_str)),
            ],
        )
    }

    fn ledger_table(&self) -> Result<Table> {
        let locale = self.locale;
        let ledger = &self.results.account.ledger;
        let mut rows = vec![
            (locale.pick("read", "прочитано").to_owned(), ledger.read),
            (locale.pick("accepted", "принято").to_owned(), ledger.accepted),
            (locale.pick("rejected", "отклонено").to_owned(), ledger.quarantined),
        ];
        rows.extend(ledger.ignored().map(|(rule, count)| {
            let rule = rule.text(locale.lang());
            (format!("{}: {rule}", locale.pick("left out", "не учтено")), count)
        }));
        Table::new(
            "rows",
            vec![
                Column::text("fate", "Судьба", rows.iter().map(|(fate, _)| fate.as_str())),
                Column::int("rows", "Строк", rows.iter().map(|(_, count)| *count as i64)),
            ],
        )
    }

    /// Rejected rows by reason; a value may name a customer, whom pseudonyms hide.
    fn rejected_table(&self) -> Result<Table> {
        let lang = self.locale.lang();
        let groups = self.results.account.rejections.groups();
        let rows = || groups.iter();
        let reasons: Vec<String> = rows().map(|group| group.reason(lang)).collect();
        let values =
            rows().map(|group| (!self.results.pseudonymised).then_some(group.first.value.as_str()));
        Table::new(
            "rejected",
            vec![
                Column::text("reason", "Причина", reasons.iter().map(String::as_str)),
                Column::int("rows", "Строк", rows().map(|group| group.rows as i64)),
                Column::text(
                    "column",
                    "Столбец",
                    rows().map(|group| group.first.place.column.as_deref()),
                ),
                Column::text("first_value", "Первое значение", values),
                Column::text("file", "Файл", rows().map(|group| name_of(&group.first.place.file))),
                Column::int(
                    "line",
                    "Строка",
                    rows().map(|group| group.first.place.line.map(|line| line as i64)),
                ),
            ],
        )
    }

    fn beside_table(&self) -> Result<Table> {
        let lang = self.locale.lang();
        let beside = || self.results.beside.iter();
        let kinds: Vec<String> = beside().map(|(kind, ..)| said(kind.name(), lang)).collect();
        Table::new(
            "tables_beside",
            vec![
                Column::text("table", "Таблица", kinds.iter().map(String::as_str)),
                Column::int("rows", "Строк", beside().map(|(_, rows, _)| *rows as i64)),
                Column::int(
                    "unmatched",
                    "Без пары",
                    beside().map(|(.., unmatched)| *unmatched as i64),
                ),
            ],
        )
    }

    fn decisions_table(&self) -> Result<Table> {
        let lang = self.locale.lang();
        let decisions = || self.results.account.decisions.iter();
        let words = |of: fn(&crate::data::Decision) -> &str| -> Vec<String> {
            decisions().map(|decision| said(of(decision), lang)).collect()
        };
        let topics = words(|decision| &decision.topic);
        let values = words(|decision| &decision.value);
        let reasons = words(|decision| &decision.reason);
        Table::new(
            "decisions",
            vec![
                Column::text("file", "Файл", decisions().map(|decision| name_of(&decision.file))),
                Column::text("topic", "Что", topics.iter().map(String::as_str)),
                Column::text("decided", "Решение", values.iter().map(String::as_str)),
                Column::text("evidence", "Основание", reasons.iter().map(String::as_str)),
                Column::text("option", "Параметр", decisions().map(|decision| decision.option)),
            ],
        )
    }
}
