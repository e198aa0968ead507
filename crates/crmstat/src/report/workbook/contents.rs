//! The first sheet: the answer, the key figures, and where everything is.

use super::{Book, Page, charts::Tables, sheet::fitting, style};
use crate::{
    Lang,
    report::{Figure, Report, SectionId, Unit},
};
use rust_xlsxwriter::{ColNum, RowNum, Sparkline, Url, Worksheet, XlsxError};

/// Widths of the columns: labels, values, changes, and what is said beside.
const WIDTHS: [f64; 6] = [34.0, 16.0, 30.0, 24.0, 24.0, 20.0];
/// Characters of a sentence in one line over all columns; letters of sentences are narrower than digits.
const LINE: usize = 150;
/// The height of a line.
const LINE_HEIGHT: f64 = 15.0;
/// The most lines that a sentence is given.
const MOST_LINES: usize = 8;

/// The key figures.
pub(super) fn figures(report: &Report) -> impl Iterator<Item = &Figure> {
    report
        .sections
        .iter()
        .filter(|section| section.id == SectionId::Answer)
        .flat_map(|section| section.content.iter().flat_map(|content| &content.figures))
}

/// Writes the sheet.
pub(super) fn write(
    book: &Book<'_>,
    tables: &Tables<'_>,
    page: &mut Worksheet,
) -> Result<(), XlsxError> {
    for (at, width) in (0..).zip(WIDTHS) {
        page.set_column_width(at, width)?;
    }
    page.set_screen_gridlines(false);
    page.set_landscape().set_print_fit_to_pages(1, 0);
    let mut contents = Contents { book, page, row: 0 };
    contents.head()?;
    contents.answer()?;
    contents.figures(tables)?;
    contents.sheets()
}

struct Contents<'a> {
    book: &'a Book<'a>,
    page: &'a mut Worksheet,
    row: RowNum,
}

impl Contents<'_> {
    fn head(&mut self) -> Result<(), XlsxError> {
        let Report { title, as_of, span, files, locale, .. } = self.book.report;
        self.page.write_string_with_format(0, 0, fitting(title), &style::title())?;
        let [as_of, first, last] = [as_of.date(), span.0, span.1].map(|date| locale.date(date));
        let said = match locale.lang() {
            Lang::En => {
                format!("As of {as_of} · orders from {first} to {last} · {}", files.join(", "))
            }
            Lang::Ru => format!("На {as_of} · заказы с {first} по {last} · {}", files.join(", ")),
        };
        self.page.write_string_with_format(1, 0, fitting(&said), &style::note())?;
        self.row = 3;
        Ok(())
    }

    fn heading(&mut self, text: &str) -> Result<(), XlsxError> {
        self.page.write_string_with_format(self.row, 0, text, &style::heading())?;
        self.row += 1;
        Ok(())
    }

    fn answer(&mut self) -> Result<(), XlsxError> {
        let report = self.book.report;
        let answer = report.sections.iter().find(|section| section.id == SectionId::Answer);
        let Some(Ok(content)) = answer.map(|section| &section.content) else { return Ok(()) };
        self.heading(SectionId::Answer.title(report.lang()))?;
        let format = style::sentence();
        for sentence in content.warnings.iter().chain(&content.summary) {
            let lines = sentence.chars().count().div_ceil(LINE).clamp(1, MOST_LINES);
            let right = (WIDTHS.len() - 1) as ColNum;
            let text = fitting(sentence);
            self.page.merge_range(self.row, 0, self.row, right, &text, &format)?;
            self.page.set_row_height(self.row, LINE_HEIGHT * lines as f64)?;
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    /// One row for each figure: its value, its changes by what they are against, its trend.
    fn figures(&mut self, tables: &Tables<'_>) -> Result<(), XlsxError> {
        let report = self.book.report;
        if figures(report).next().is_none() {
            return Ok(());
        }
        self.heading(self.book.locale.pick("Key figures", "Ключевые показатели"))?;
        let mut against: Vec<&str> = Vec::new();
        for change in figures(report).flat_map(|figure| &figure.changes) {
            if !against.contains(&change.against.as_str()) {
                against.push(&change.against);
            }
        }
        let trend_at = 2 + against.len() as ColNum;
        let header = style::header();
        let named = [(0, ["Figure", "Показатель"]), (1, ["Value", "Значение"])];
        for (at, [english, russian]) in named {
            let name = self.book.locale.pick(english, russian);
            self.page.write_string_with_format(self.row, at, name, &header)?;
        }
        for (at, name) in (2..).zip(&against) {
            let since = match report.lang() {
                Lang::En => format!("Change {name}"),
                Lang::Ru => format!("Изменение {name}"),
            };
            self.page.write_string_with_format(self.row, at, since, &header)?;
        }
        let trend_of = figures(report).find(|figure| !figure.trend.is_empty());
        if let Some(figure) = trend_of {
            self.page.write_string_with_format(self.row, trend_at, &figure.trend_of, &header)?;
        }
        self.row += 1;
        for (number, figure) in figures(report).enumerate() {
            self.page.write_string(self.row, 0, &figure.label)?;
            if figure.value.is_finite() {
                let format = style::of_unit(figure.unit, self.book.locale);
                self.page.write_number_with_format(self.row, 1, figure.value, &format)?;
            }
            for change in figure.changes.iter().filter(|change| change.relative.is_finite()) {
                let at = against.iter().position(|name| *name == change.against).unwrap_or(0);
                let at = 2 + at as ColNum;
                self.page.write_number_with_format(
                    self.row,
                    at,
                    change.relative,
                    &style::change(),
                )?;
            }
            if let (Some(data), Some((column, rows))) = (&self.book.data, tables.trend(number)) {
                let line = Sparkline::new()
                    .set_range((data.as_str(), rows.start, column, rows.end - 1, column))
                    .set_sparkline_color(style::OBSERVED);
                self.page.add_sparkline(self.row, trend_at, &line)?;
            }
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    /// Every section with links to its sheets, or the reason why it is absent.
    fn sheets(&mut self) -> Result<(), XlsxError> {
        let book = self.book;
        let lang = book.report.lang();
        self.heading(book.locale.pick("Sheets", "Листы"))?;
        let header = style::header();
        let names = book.locale.pick(["Section", "Rows", "Sheet"], ["Раздел", "Строк", "Лист"]);
        for (at, name) in (0..).zip(names) {
            self.page.write_string_with_format(self.row, at, name, &header)?;
        }
        self.row += 1;
        if let Some(charts) = &book.charts {
            self.page.write_string(self.row, 0, charts)?;
            self.link(charts, charts)?;
        }
        for section in &book.report.sections {
            let title = section.id.title(lang);
            if let Err(absent) = &section.content {
                let hint = absent.hint.as_deref().unwrap_or_default();
                let said = format!("{} {hint}", absent.reason);
                self.page.write_string(self.row, 0, title)?;
                let said = fitting(said.trim_end()).into_owned();
                self.page.write_string_with_format(self.row, 2, &said, &style::note())?;
                self.row += 1;
            }
            for sheet in book.sheets.iter().filter(|sheet| sheet.section == section.id) {
                self.page.write_string(self.row, 0, title)?;
                if let Page::Table(exhibit) = &sheet.page {
                    let rows = exhibit.table.rows() as f64;
                    let format = style::of_unit(Unit::Count, book.locale);
                    self.page.write_number_with_format(self.row, 1, rows, &format)?;
                }
                self.link(&sheet.name, sheet.page.title())?;
            }
        }
        if let Some(data) = &book.data {
            self.page.write_string(self.row, 0, data)?;
            self.link(data, data)?;
        }
        Ok(())
    }

    /// A link to the sheet `name` under `text`, and the next row.
    fn link(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        let to = Url::new(format!("internal:'{name}'!A1"));
        self.page.write_url_with_text(self.row, 2, to, text)?;
        self.row += 1;
        Ok(())
    }
}
