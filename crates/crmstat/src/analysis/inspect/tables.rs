//! An inspection as tables: one with a row per finding, or a titled one per section for people.

use super::{ColumnReport, FileReport, Inspection, Quality, TableReport, russian};
use crate::{
    Lang, Result,
    data::{
        Notice, Setting, TableKind,
        table::{Column, Table},
    },
};

/// What a finding is about, in the order in which findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Notices,
    Files,
    Columns,
    Decisions,
    Rows,
    Rejected,
    Joins,
    Quality,
    Spellings,
    Problems,
}

impl Section {
    const ALL: [Self; 10] = [
        Self::Notices,
        Self::Files,
        Self::Columns,
        Self::Decisions,
        Self::Rows,
        Self::Rejected,
        Self::Joins,
        Self::Quality,
        Self::Spellings,
        Self::Problems,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Notices => "notice",
            Self::Files => "file",
            Self::Columns => "column",
            Self::Decisions => "decision",
            Self::Rows => "rows",
            Self::Rejected => "rejected",
            Self::Joins => "join",
            Self::Quality => "quality",
            Self::Spellings => "spelling",
            Self::Problems => "problem",
        }
    }

    fn title(self, lang: Lang) -> &'static str {
        let (english, russian) = match self {
            Self::Notices => ("What changes an answer", "Что меняет ответ"),
            Self::Files => ("What the files are", "Что это за файлы"),
            Self::Columns => ("What the columns mean", "Что значат столбцы"),
            Self::Decisions => {
                ("What was decided, and how to say otherwise", "Что решено и как указать иначе")
            }
            Self::Rows => ("Where every row goes", "Куда попадает каждая строка"),
            Self::Rejected => ("Rows that cannot be used", "Строки, которые использовать нельзя"),
            Self::Joins => ("How the tables fit together", "Как таблицы сходятся"),
            Self::Quality => ("Quality of the data", "Качество данных"),
            Self::Spellings => ("Labels that may be one", "Похожие написания"),
            Self::Problems => ("What an analysis would refuse", "Что анализ не примет"),
        };
        lang.pick(english, russian)
    }
}

/// One finding.
#[derive(Clone, Debug)]
struct Finding {
    section: Section,
    table: TableKind,
    file: String,
    item: String,
    value: String,
    count: Option<i64>,
    note: String,
    option: String,
}

fn of_notice(table: TableKind, notice: &Notice, lang: Lang) -> Finding {
    let settings: Vec<String> = notice.settings.iter().map(Setting::to_string).collect();
    Finding {
        section: Section::Notices,
        table,
        file: notice.file.clone(),
        item: notice.text(lang),
        value: notice.money.map_or(String::new(), |money| money.to_string()),
        count: Some(notice.rows as i64),
        note: String::new(),
        option: settings.join(" "),
    }
}

/// A titled table for people.
#[derive(Clone, Debug)]
pub struct Titled {
    /// What it shows.
    pub title: &'static str,
    /// The findings, without columns that say nothing.
    pub table: Table,
}

impl Inspection {
    /// One row per finding, in the order of the sections.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let findings = self.findings(lang);
        let rows: Vec<&Finding> = findings.iter().collect();
        let section = rows.iter().map(|row| row.section.name());
        let mut columns = vec![Column::text("section", "Раздел", section)];
        columns.extend(columns_of(&rows, lang, |_| true));
        Table::new("inspection", columns)
    }

    /// A table per section that has findings, for people.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn sections(&self, lang: Lang) -> Result<Vec<Titled>> {
        let findings = self.findings(lang);
        let several = |text: fn(&Finding) -> &str| {
            let mut texts: Vec<&str> =
                findings.iter().map(text).filter(|text| !text.is_empty()).collect();
            texts.sort_unstable();
            texts.dedup();
            texts.len() > 1
        };
        let several_files = several(|finding| &finding.file);
        let several_tables = several(|finding| finding.table.name());
        let mut titled = Vec::new();
        for section in Section::ALL {
            let rows: Vec<&Finding> =
                findings.iter().filter(|finding| finding.section == section).collect();
            if rows.is_empty() {
                continue;
            }
            let columns = columns_of(&rows, lang, |name| match name {
                "table" => several_tables && section != Section::Problems,
                "file" => {
                    section == Section::Files
                        || several_files && rows.iter().any(|row| !row.file.is_empty())
                }
                "value" => rows.iter().any(|row| !row.value.is_empty()),
                "count" => rows.iter().any(|row| row.count.is_some()),
                "note" => rows.iter().any(|row| !row.note.is_empty()),
                "option" => rows.iter().any(|row| !row.option.is_empty()),
                _ => true,
            });
            let table = Table::new(section.name(), columns)?;
            titled.push(Titled { title: section.title(lang), table });
        }
        Ok(titled)
    }

    fn findings(&self, lang: Lang) -> Vec<Finding> {
        let mut findings = Vec::new();
        for table in &self.tables {
            findings.extend(table.notices.iter().map(|notice| of_notice(table.kind, notice, lang)));
            for file in &table.files {
                findings.extend(of_file(table.kind, file, lang));
            }
            findings.extend(of_rows(table, lang));
            findings.extend(of_quality(table.kind, &table.quality, lang));
        }
        let main = self.tables.first().map_or(TableKind::Orders, |table| table.kind);
        let of = |section, item: String| Finding {
            section,
            table: main,
            file: String::new(),
            item,
            value: String::new(),
            count: None,
            note: String::new(),
            option: String::new(),
        };
        findings.extend(self.joins.iter().map(|join| {
            let examples = match &join.unmatched_examples[..] {
                [] => String::new(),
                examples => {
                    format!("{}: `{}`", lang.pick("such as", "например"), examples.join("`, `"))
                }
            };
            let value = match lang {
                Lang::En => format!(
                    "{} of {} rows have no partner; {} of {} ids have no row",
                    join.unmatched_rows, join.rows, join.unmatched_keys, join.keys
                ),
                Lang::Ru => format!(
                    "строк без пары: {} из {}; ключей без строк: {} из {}",
                    join.unmatched_rows, join.rows, join.unmatched_keys, join.keys
                ),
            };
            Finding {
                table: join.table,
                value,
                count: Some(join.unmatched_rows as i64),
                note: examples,
                ..of(Section::Joins, format!("{} {}", lang.pick("by", "по"), join.by.name()))
            }
        }));
        findings.extend(self.spellings.iter().map(|(field, spelling)| Finding {
            value: format!("{} → {}", spelling.label, spelling.meant),
            count: Some(spelling.cells as i64),
            note: spelling.note(*field),
            ..of(Section::Spellings, field.name().to_owned())
        }));
        findings.extend(self.problems.iter().map(|problem| Finding {
            note: problem.hint.clone().unwrap_or_default(),
            ..of(Section::Problems, problem.message.clone())
        }));
        findings.sort_by_key(|finding| {
            Section::ALL.iter().position(|section| *section == finding.section)
        });
        findings
    }
}

fn columns_of(rows: &[&Finding], lang: Lang, wanted: impl Fn(&str) -> bool) -> Vec<Column> {
    let text = |name, russian, of: fn(&Finding) -> &str| {
        let cells = rows.iter().map(|row| Some(of(row)).filter(|text| !text.is_empty()));
        Column::text(name, russian, cells)
    };
    let kinds = rows.iter().map(|row| row.table.text(lang));
    let columns = [
        Column::text("table", "Таблица", kinds),
        text("file", "Файл", |row| &row.file),
        text("item", "Что", |row| &row.item),
        text("value", "Значение", |row| &row.value),
        Column::int("count", "Количество", rows.iter().map(|row| row.count)),
        text("note", "Пояснение", |row| &row.note),
        text("option", "Параметр", |row| &row.option),
    ];
    columns.into_iter().filter(|column| wanted(column.name())).collect()
}

fn of_file(table: TableKind, file: &FileReport, lang: Lang) -> Vec<Finding> {
    let of = |section, item: &str, value: String| Finding {
        section,
        table,
        file: file.name.clone(),
        item: item.to_owned(),
        value,
        count: None,
        note: String::new(),
        option: String::new(),
    };
    let mut findings = vec![of(Section::Files, lang.pick("format", "формат"), file.format.clone())];
    let mut say = |item, value: Option<String>| {
        findings.extend(value.map(|value| of(Section::Files, item, value)));
    };
    say(lang.pick("encoding", "кодировка"), file.encoding.clone());
    let delimiter = file.delimiter.map(|delimiter| match delimiter {
        '\t' => lang.pick("tab", "табуляция").to_owned(),
        ' ' => lang.pick("spaces", "пробелы").to_owned(),
        mark => mark.to_string(),
    });
    say(lang.pick("delimiter", "разделитель"), delimiter);
    let profile = match &file.profile {
        Some((name, title)) => format!("{name} ({title})"),
        None => lang.pick("none fits", "ни один не подходит").to_owned(),
    };
    say(lang.pick("profile", "профиль"), Some(profile));
    say(lang.pick("table", "таблица"), Some(table.text(lang).to_owned()));
    findings.extend(file.columns.iter().map(|column| {
        let ColumnReport { number, header, field, reason } = column;
        let used = field.map(|field| field.name().to_owned());
        Finding {
            value: used.unwrap_or_else(|| lang.pick("not used", "не используется").to_owned()),
            note: russian::said(reason, lang),
            option: field.map_or_else(
                || format!("--map FIELD=#{number}"),
                |field| format!("--map {field}="),
            ),
            ..of(Section::Columns, header, String::new())
        }
    }));
    findings.extend(file.decisions.iter().map(|decision| Finding {
        note: russian::said(&decision.reason, lang),
        option: decision.option.unwrap_or_default().to_owned(),
        ..of(
            Section::Decisions,
            &russian::said(&decision.topic, lang),
            russian::said(&decision.value, lang),
        )
    }));
    findings
}

fn of_rows(table: &TableReport, lang: Lang) -> Vec<Finding> {
    let of = |section, item: String, count: u64| Finding {
        section,
        table: table.kind,
        file: String::new(),
        item,
        value: String::new(),
        count: Some(count as i64),
        note: String::new(),
        option: String::new(),
    };
    let Some(ledger) = &table.ledger else { return Vec::new() };
    let said =
        |english: &'static str, russian: &'static str| lang.pick(english, russian).to_owned();
    let mut findings = vec![
        of(Section::Rows, said("read", "прочитано"), ledger.read),
        of(Section::Rows, said("accepted", "принято"), ledger.accepted),
        of(Section::Rows, said("rejected", "отклонено"), ledger.quarantined),
    ];
    findings.extend(ledger.ignored().map(|(rule, rows)| {
        let rule = russian::said(rule.rule(), lang);
        of(Section::Rows, format!("{}: {rule}", lang.pick("left out", "не учтено")), rows)
    }));
    findings.extend(table.rejections.groups().into_iter().map(|group| {
        let first = &group.first;
        let place = format!("{} {}", lang.pick("first at", "впервые:"), first.place);
        Finding {
            file: first.place.file.clone(),
            value: first.value.clone(),
            note: place,
            option: "--quarantine".to_owned(),
            ..of(Section::Rejected, russian::said(first.reason, lang), group.rows)
        }
    }));
    findings
}

fn of_quality(table: TableKind, quality: &Quality, lang: Lang) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |item: String, value: String, count: Option<u64>, note: &str| {
        findings.push(Finding {
            section: Section::Quality,
            table,
            file: String::new(),
            item,
            value,
            count: count.map(|count| count as i64),
            note: note.to_owned(),
            option: String::new(),
        });
    };
    let mut counted = |count: u64, item: &str, note: &str| {
        if count > 0 {
            say(item.to_owned(), String::new(), Some(count), note);
        }
    };
    counted(
        quality.duplicate_rows,
        lang.pick("rows that repeat another", "строки, повторяющие другую"),
        "",
    );
    let of_ids = match (table, quality.ids_are_lines) {
        (TableKind::Orders | TableKind::Deals, true) => lang.pick(
            "rows of one id are taken as lines and summed",
            "строки с одним номером считаются позициями и складываются",
        ),
        (TableKind::Orders | TableKind::Deals, false) => lang.pick(
            "rows of one id are taken as copies and counted once",
            "строки с одним номером считаются копиями и учитываются один раз",
        ),
        _ => "",
    };
    counted(
        quality.repeated_ids,
        lang.pick("ids that were there before", "повторные номера"),
        of_ids,
    );
    let rows = quality.rows.max(1) as f64;
    for (field, cells) in &quality.missing {
        let item = format!("{} {field}", lang.pick("empty", "пусто:"));
        say(item, format!("{:.1} %", *cells as f64 * 100.0 / rows), Some(*cells), "");
    }
    for (field, cells) in &quality.invalid {
        let item = format!("{} {field}", lang.pick("unreadable", "не читается:"));
        say(item, format!("{:.1} %", *cells as f64 * 100.0 / rows), Some(*cells), "");
    }
    for (field, first, last) in &quality.spans {
        let item = format!("{} {field}", lang.pick("range of", "диапазон"));
        say(item, format!("{} … {}", first.date(), last.date()), None, "");
    }
    for gap in &quality.gaps {
        say(
            lang.pick("days without a row", "дни без строк").to_owned(),
            format!("{} … {}", gap.after.plus_days(1), gap.before.plus_days(-1)),
            Some(gap.days() as u64),
            lang.pick(
                "longer than a week and ten times the usual distance",
                "дольше недели и десяти обычных промежутков",
            ),
        );
    }
    let mut counted = |count: u64, item: &str, note: &str| {
        if count > 0 {
            say(item.to_owned(), String::new(), Some(count), note);
        }
    };
    counted(
        quality.refunds,
        lang.pick("amounts below zero", "суммы меньше нуля"),
        lang.pick(
            "refunds: taken off the money, no purchases",
            "возвраты: вычитаются, покупками не считаются",
        ),
    );
    let of_deals = match table {
        TableKind::Deals => {
            lang.pick("lost and open deals among them", "в том числе проигранные и открытые сделки")
        }
        _ => "",
    };
    counted(quality.zero_amounts, lang.pick("amounts of zero", "нулевые суммы"), of_deals);
    if let Some(outliers) = &quality.outliers {
        let note = match lang {
            Lang::En => format!(
                "outside {:.2} to {:.2}; the largest is {} at {}",
                outliers.lower, outliers.upper, outliers.largest, outliers.place
            ),
            Lang::Ru => format!(
                "вне {:.2} … {:.2}; наибольшая {}: {}",
                outliers.lower, outliers.upper, outliers.largest, outliers.place
            ),
        };
        let count = outliers.below + outliers.above;
        say(
            lang.pick("amounts far from the others", "суммы, далёкие от остальных").to_owned(),
            String::new(),
            Some(count),
            &note,
        );
    }
    for (currency, cells) in &quality.currencies {
        say(lang.pick("currency", "валюта").to_owned(), currency.clone(), Some(*cells), "");
    }
    findings
}
