//! A summary in Markdown, for chats and mails.

use super::{Exhibit, Figure, Locale, Report, SectionId, cells};
use crate::{Lang, write::markdown_text};

/// Rows of the list of customers to call.
const CALLED: usize = 5;

impl Report {
    /// The report in short: the answer, the key figures, whom to call, and what is not there and why.
    pub fn markdown(&self) -> String {
        let locale = self.locale;
        let mut text = format!("# {}\n\n", markdown_text(&self.title));
        let (first, last) = (locale.date(self.span.0), locale.date(self.span.1));
        let as_of = locale.date(self.as_of.date());
        text.push_str(&match self.lang() {
            Lang::En => format!("As of {as_of}; orders from {first} to {last}.\n"),
            Lang::Ru => format!("На {as_of}; заказы с {first} по {last}.\n"),
        });
        for section in &self.sections {
            let Ok(content) = &section.content else { continue };
            if section.id != SectionId::Answer {
                continue;
            }
            text.push('\n');
            for sentence in content.warnings.iter().chain(&content.summary) {
                text.push_str(&format!("- {}\n", markdown_text(sentence)));
            }
            let heading = locale.pick("Key figures", "Ключевые показатели");
            text.push_str(&format!("\n## {heading}\n\n"));
            for figure in &content.figures {
                text.push_str(&self.line(figure));
            }
        }
        let call = self.tables().find(|exhibit| exhibit.table.name() == "call_list");
        if let Some(exhibit) = call {
            text.push_str(&format!("\n## {}\n\n", markdown_text(&exhibit.caption)));
            text.push_str(&exhibit.markdown(CALLED, locale));
        }
        let absent: Vec<String> = self
            .sections
            .iter()
            .filter_map(|section| {
                let reason = markdown_text(&section.content.as_ref().err()?.reason);
                Some(format!("- {}: {reason}\n", section.id.title(self.lang())))
            })
            .collect();
        if !absent.is_empty() {
            let heading = locale.pick("Not in this report", "Чего нет в отчёте");
            text.push_str(&format!("\n## {heading}\n\n{}", absent.concat()));
        }
        text
    }

    fn line(&self, figure: &Figure) -> String {
        let changes: Vec<String> = figure
            .changes
            .iter()
            .map(|change| format!("{} {}", self.locale.change(change.relative), change.against))
            .collect();
        let changes =
            if changes.is_empty() { String::new() } else { format!(" ({})", changes.join(", ")) };
        let value = self.locale.compact(figure.value, figure.unit);
        format!("- {}: **{value}**{}\n", markdown_text(&figure.label), markdown_text(&changes))
    }
}

impl Exhibit {
    /// The first `rows` rows as a Markdown table.
    fn markdown(&self, rows: usize, locale: Locale) -> String {
        let columns = self.table.columns();
        let titles: Vec<String> = columns
            .iter()
            .map(|column| markdown_text(&locale.heading(column.title(locale.lang()))))
            .collect();
        let rule: String = columns
            .iter()
            .map(|column| if column.values().is_numeric() { " ---: |" } else { " --- |" })
            .collect();
        let mut text = format!("| {} |\n|{rule}\n", titles.join(" | "));
        for row in 0..rows.min(self.table.rows()) {
            let cell = |column| markdown_text(&cells::text(column, row, None, locale));
            let cells: Vec<String> = columns.iter().map(cell).collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text
    }
}
