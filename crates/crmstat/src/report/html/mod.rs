//! The page: one file that needs nothing else, safe to open from anywhere.
//!
//! Every text goes through [`escape::escape`]. The page may load and run nothing but its own style and
//! script, which its policy names by their hashes; pictures are data. Without the script everything is
//! there to be read; with it tables sort, filter and copy, and charts tell their values.

mod chart;
mod escape;
mod index;
mod table;

pub use index::{SplitIndex, SplitPart};

use super::{Change, Content, Figure, Report, Section, SectionId};
use crate::{Lang, Result};
use escape::{base64, cut, escape};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Characters of a sentence: a name of any length stands in it cut.
const SENTENCE: usize = 1200;
/// Tables of a section that stand open; further ones open at a click, and on paper.
const UNFOLDED: usize = 2;
/// Cards in a row of a wide screen.
const MOST_CARDS: usize = 8;

impl Report {
    /// The report as one HTML page.
    ///
    /// # Errors
    /// A chart with two lines of one name.
    pub fn html(&self) -> Result<String> {
        let sections = self
            .sections
            .iter()
            .map(|section| self.section(section))
            .collect::<Result<String>>()?;
        let lang = self.lang().pick("en", "ru");
        let title = escape(&cut(&self.title, 200));
        let [skip, contents] = self
            .lang()
            .pick(["Skip to the content", "Contents"], ["Перейти к содержанию", "Содержание"]);
        let words = self.lang().pick(
            "data-filter=\"Filter rows\" data-copy=\"Copy table\" data-swipe=\"Swipe to see every column →\" data-copied=\"Copied\" data-sort=\"sort by\"",
            "data-filter=\"Фильтр строк\" data-copy=\"Копировать таблицу\" data-swipe=\"Листайте вбок: справа ещё столбцы →\" data-copied=\"Скопировано\" \
             data-sort=\"сортировать по\"",
        );
        Ok(format!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\" {words}>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"generator\" content=\"crmstat {}\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#content\">{skip}</a>\n{}\n\
             <nav aria-label=\"{contents}\"><ul>{}</ul></nav>\n\
             <main id=\"content\" tabindex=\"-1\">\n{sections}</main>\n{}\n\
             <div id=\"tip\" aria-hidden=\"true\" hidden></div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
            policy(),
            env!("CARGO_PKG_VERSION"),
            self.head(&title),
            self.links(),
            self.foot()
        ))
    }

    fn head(&self, title: &str) -> String {
        let logo = self.logo.as_ref().map_or_else(String::new, |logo| {
            let kind = logo.kind();
            format!(
                "<img class=\"logo\" alt=\"\" src=\"data:{kind};base64,{}\">",
                base64(logo.bytes())
            )
        });
        let (first, last) = (self.locale.date(self.span.0), self.locale.date(self.span.1));
        let files = escape(&cut(&self.files.join(", "), 160));
        let (said, orders) = match self.lang() {
            Lang::En => (
                format!("as of {}", self.locale.date(self.as_of.date())),
                format!("orders from {first} to {last}"),
            ),
            Lang::Ru => (
                format!("на {}", self.locale.date(self.as_of.date())),
                format!("заказы с {first} по {last}"),
            ),
        };
        format!(
            "<header>{logo}<div><h1>{title}</h1><p>{} · {} · {files}</p></div></header>",
            escape(&said),
            escape(&orders)
        )
    }

    fn links(&self) -> String {
        let links = self.sections.iter().map(|section| {
            let class = if section.content.is_err() { " class=\"absent\"" } else { "" };
            let (id, title) = (section.id.name(), escape(section.id.short(self.lang())));
            format!("<li><a href=\"#{id}\"{class}>{title}</a></li>")
        });
        links.collect()
    }

    fn foot(&self) -> String {
        let said = match self.lang() {
            Lang::En => "Whole tables, workbook and record of the run are beside this page.",
            Lang::Ru => "Полные таблицы, книга и запись расчёта лежат рядом с этой страницей.",
        };
        format!("<footer><p>crmstat {} · {said}</p></footer>", env!("CARGO_PKG_VERSION"))
    }

    fn section(&self, section: &Section) -> Result<String> {
        let id = section.id.name();
        let title = escape(section.id.title(self.lang()));
        let heading = format!("<h2 id=\"{id}-title\">{title}</h2>");
        Ok(match &section.content {
            Err(absent) => {
                let hint =
                    absent.hint.as_deref().map(|hint| format!(" {}", escape(&cut(hint, SENTENCE))));
                format!(
                    "<section id=\"{id}\" class=\"absent\" aria-labelledby=\"{id}-title\">\n{heading}\n\
                     <p>{}{}</p>\n</section>\n",
                    escape(&cut(&absent.reason, SENTENCE)),
                    hint.unwrap_or_default()
                )
            }
            Ok(content) => format!(
                "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n{heading}\n{}</section>\n",
                self.content(section.id, content)?
            ),
        })
    }

    fn content(&self, id: SectionId, content: &Content) -> Result<String> {
        let sentence = |text: &String| format!("<p>{}</p>\n", escape(&cut(text, SENTENCE)));
        let sentences = |texts: &[String]| texts.iter().map(sentence).collect::<String>();
        let mut html = String::new();
        if !content.warnings.is_empty() {
            let warnings = sentences(&content.warnings);
            html.push_str(&format!("<div class=\"warnings\" role=\"note\">\n{warnings}</div>\n"));
        }
        html.push_str(&format!("<div class=\"summary\">\n{}</div>\n", sentences(&content.summary)));
        if !content.figures.is_empty() {
            let figures: String =
                content.figures.iter().map(|figure| self.figure(figure)).collect();
            let rows = content.figures.len().div_ceil(MOST_CARDS);
            let columns = content.figures.len().div_ceil(rows);
            html.push_str(&format!("<div class=\"figures by{columns}\">\n{figures}</div>\n"));
        }
        let is_answer = id == SectionId::Answer;
        let charts = content
            .charts
            .iter()
            .map(|chart| chart::figure(chart, is_answer, self.locale))
            .collect::<Result<Vec<_>>>()?;
        let shown = || content.tables.iter().filter(|exhibit| exhibit.shown > 0);
        let tables = shown().map(|exhibit| table::exhibit(exhibit, is_answer, self.locale));
        if id == SectionId::Parts {
            let names = content.charts.iter().map(|chart| chart.title.as_str());
            html.push_str(&panes(names.zip(charts.iter().zip(tables))));
        } else {
            html.push_str(&charts.concat());
            for (at, (exhibit, table)) in shown().zip(tables).enumerate() {
                if at < UNFOLDED {
                    html.push_str(&table);
                } else {
                    let caption = escape(&exhibit.caption);
                    html.push_str(&format!(
                        "<details class=\"fold\"><summary>{caption}</summary>\n{table}</details>\n"
                    ));
                }
            }
        }
        if !content.notes.is_empty() {
            let notes = content.notes.iter();
            let notes: String =
                notes.map(|note| format!("<li>{}</li>\n", escape(&cut(note, SENTENCE)))).collect();
            html.push_str(&format!("<ul class=\"notes\">\n{notes}</ul>\n"));
        }
        Ok(html)
    }

    fn figure(&self, figure: &Figure) -> String {
        let label = escape(&figure.label);
        let value = escape(&self.locale.compact(figure.value, figure.unit));
        let whole = escape(&self.locale.number(figure.value, figure.unit));
        let changes: String = figure.changes.iter().map(|change| self.change(change)).collect();
        let name = format!("{}, {}", figure.label, figure.trend_of);
        let spark = chart::sparkline(&figure.trend, &name, figure.unit, self.locale);
        format!(
            "<div class=\"figure\"><h3>{label}</h3><p class=\"value\" title=\"{whole}\">{value}</p>\
             {changes}{spark}</div>\n"
        )
    }

    /// A change: an arrow that says the direction without colour.
    fn change(&self, change: &Change) -> String {
        let (class, arrow) = match change.relative {
            relative if relative >= 0.0005 => ("up", "▲"),
            relative if relative <= -0.0005 => ("down", "▼"),
            _ => ("flat", "■"),
        };
        format!(
            "<p class=\"change {class}\"><span aria-hidden=\"true\">{arrow}</span> {} <span>{}</span></p>",
            escape(&self.locale.change(change.relative)),
            escape(&change.against)
        )
    }
}

/// Charts with their tables, of which the script shows one at a time, by name.
fn panes<'a>(parts: impl Iterator<Item = (&'a str, (&'a String, String))>) -> String {
    let pane = |(name, (chart, table)): (&str, (&String, String))| {
        format!("<div class=\"pane\" data-name=\"{}\">\n{chart}{table}</div>\n", escape(name))
    };
    format!("<div class=\"panes\">\n{}</div>\n", parts.map(pane).collect::<String>())
}

/// What the page may do: its own style and script, pictures that are data, nothing else.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE};

    #[test]
    fn style_and_script_cannot_end_their_elements_or_reach_out() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("http") && !text.contains("url("));
            assert!(text.is_ascii());
        }
        for word in ["innerHTML", "eval(", "fetch(", "XMLHttpRequest"] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
