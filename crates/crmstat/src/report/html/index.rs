//! The page that lists the reports of the parts of one export.

use super::{
    STYLE,
    escape::{cut, escape},
    policy,
};
use crate::{AsOf, Lang, data::Currency, report::Locale};

/// What the page says of itself.
const MARK: &str = "<meta name=\"generator\" content=\"crmstat-index ";
/// Characters of a value or a reason.
const LONGEST: usize = 300;

/// Reports of the parts of one export, by the values of a column: what each is, and what is left out.
#[derive(Clone, Debug)]
pub struct SplitIndex {
    column: String,
    as_of: AsOf,
    lang: Lang,
    without: u64,
    parts: Vec<SplitPart>,
}

/// The report of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPart {
    /// The value.
    pub value: String,
    /// Its rows: orders, or deals.
    pub rows: u64,
    /// The page of its report, from the page that lists them; or why there is none.
    pub page: Result<String, String>,
}

impl SplitIndex {
    /// No reports yet, by the values of `column`.
    pub fn new(column: impl Into<String>, as_of: AsOf, lang: Lang) -> Self {
        Self { column: column.into(), as_of, lang, without: 0, parts: Vec::new() }
    }

    /// Notes that `rows` have no value and are in no report.
    pub fn without_value(&mut self, rows: u64) {
        self.without = rows;
    }

    /// Adds a report.
    pub fn add(&mut self, part: SplitPart) {
        self.parts.push(part);
    }

    /// Whether `page` lists reports.
    pub fn is_one(page: &str) -> bool {
        page.contains(MARK)
    }

    fn title(&self) -> String {
        match self.lang {
            Lang::En => format!("Reports by {}", self.column),
            Lang::Ru => format!("Отчёты: {}", self.column),
        }
    }

    /// What is left out, where something is.
    fn left_out(&self) -> Option<String> {
        let locale = Locale::new(self.lang, None::<Currency>);
        let rows = locale.decimal(self.without as f64, 0);
        (self.without > 0).then(|| match self.lang {
            Lang::En => {
                format!("Left out: {rows} rows without a value; they are in none of these reports.")
            }
            Lang::Ru => {
                format!("Не вошли строки без значения: {rows}. Их нет ни в одном из отчётов.")
            }
        })
    }

    /// The list as text.
    pub fn markdown(&self) -> String {
        let line = |part: &SplitPart| match &part.page {
            Ok(page) => format!("- {}: {page}\n", part.value),
            Err(reason) => format!("- {}: {reason}\n", part.value),
        };
        let lines: String = self.parts.iter().map(line).collect();
        let left_out = self.left_out().map_or_else(String::new, |said| format!("\n{said}\n"));
        format!("# {}\n\n{lines}{left_out}", self.title())
    }

    /// The page.
    pub fn html(&self) -> String {
        let locale = Locale::new(self.lang, None::<Currency>);
        let [rows, report, open, none] = self
            .lang
            .pick(["Rows", "Report", "open", "none"], ["Строк", "Отчёт", "открыть", "нет"]);
        let row = |part: &SplitPart| {
            let value = escape(&cut(&part.value, LONGEST));
            let count = locale.decimal(part.rows as f64, 0);
            let cell = match &part.page {
                Ok(page) => format!(
                    "<a href=\"{}\" aria-label=\"{open}: {value}\">{open}</a>",
                    escape(page)
                ),
                Err(reason) => format!("{none}: {}", escape(&cut(reason, LONGEST))),
            };
            format!(
                "<tr><th scope=\"row\">{value}</th><td class=\"n\">{count}</td><td>{cell}</td></tr>\n"
            )
        };
        let body: String = self.parts.iter().map(row).collect();
        let title = escape(&cut(&self.title(), LONGEST));
        let as_of = match self.lang {
            Lang::En => format!("as of {}", locale.date(self.as_of.date())),
            Lang::Ru => format!("на {}", locale.date(self.as_of.date())),
        };
        let left_out =
            self.left_out().map_or_else(String::new, |said| format!("<p>{}</p>\n", escape(&said)));
        format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             {MARK}{}\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<header><div><h1>{title}</h1><p>{}</p></div></header>\n\
             <main id=\"content\">\n<section>\n{left_out}<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">{}</th>\
             <th scope=\"col\" class=\"n\">{rows}</th><th scope=\"col\">{report}</th></tr></thead>\n<tbody>\n{body}</tbody>\n\
             </table></div>\n</section>\n</main>\n</body>\n</html>\n",
            self.lang.pick("en", "ru"),
            policy(),
            env!("CARGO_PKG_VERSION"),
            escape(&as_of),
            escape(&cut(&self.column, LONGEST)),
        )
    }
}
