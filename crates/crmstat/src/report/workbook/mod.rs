//! The workbook: everything in one file for those who go on working with it.
//!
//! | sheet | what is on it |
//! |---|---|
//! | the first | the answer in sentences, key figures with their trend, and links to every sheet |
//! | charts | the lines and bars of the report as native charts |
//! | one for each grid and table | typed cells, a frozen header with a filter, colours where they help |
//! | the last | the numbers behind charts and trends |
//!
//! Cells hold every digit; formats only show fewer. Text never becomes a formula. The same report is the
//! same bytes.

mod charts;
mod contents;
mod sheet;
mod style;

use super::{Chart, ChartKind, Exhibit, Locale, Report, SectionId};
use crate::{
    Error, Result,
    write::xlsx::{made, sheet_name},
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use std::collections::HashSet;

/// Rows of a table that its sheet holds; a longer one is whole in its file. Excel would take twenty times as
/// many, but nobody scrolls through them, and four such sheets take minutes to open.
const MOST_ROWS: usize = 50_000;

/// How hard to compress, from 1 to 9.
const COMPRESSION: u8 = 2;

/// A sheet of a grid or of a table.
struct Sheet<'a> {
    name: String,
    section: SectionId,
    page: Page<'a>,
}

/// What a sheet shows.
enum Page<'a> {
    Grid(&'a Chart),
    Table(&'a Exhibit),
}

/// What the workbook is made of.
struct Book<'a> {
    report: &'a Report,
    locale: Locale,
    contents: String,
    /// The sheet of charts, where there are any.
    charts: Option<String>,
    sheets: Vec<Sheet<'a>>,
    /// The sheet of the numbers behind charts and trends, where there are any.
    data: Option<String>,
}

impl Report {
    /// The report as an Excel workbook.
    ///
    /// Of a table with more than 50,000 rows the sheet holds the first ones and says where the others are.
    ///
    /// # Errors
    /// A chart with two lines of one name, or no place for temporary files.
    pub fn workbook(&self) -> Result<Vec<u8>> {
        let book = Book::new(self);
        let tables = charts::tables(self)?;
        made(|| book.write(&tables))
            .map_err(|cause| Error::io("cannot write", "report.xlsx", cause))
    }

    fn charts(&self) -> impl Iterator<Item = (SectionId, &Chart)> {
        self.sections.iter().flat_map(|section| {
            let charts = section.content.iter().flat_map(|content| &content.charts);
            charts.map(|chart| (section.id, chart))
        })
    }
}

impl Chart {
    /// Whether it is a grid, which is a coloured sheet rather than a chart.
    fn is_grid(&self) -> bool {
        matches!(self.kind, ChartKind::Heat { .. })
    }
}

impl<'a> Book<'a> {
    fn new(report: &'a Report) -> Self {
        let locale = report.locale;
        let mut names = Names::default();
        let mut named = |english, russian| names.unique(locale.pick(english, russian));
        let contents = named("Contents", "Содержание");
        let charts = report.charts().any(|(_, chart)| !chart.is_grid());
        let charts = charts.then(|| named("Charts", "Графики"));
        let trends = contents::figures(report).any(|figure| !figure.trend.is_empty());
        let data = (charts.is_some() || trends).then(|| named("Chart data", "Данные графиков"));
        let mut sheets = Vec::new();
        for section in &report.sections {
            let Ok(content) = &section.content else { continue };
            let grids = content.charts.iter().filter(|chart| chart.is_grid());
            let pages = grids.map(Page::Grid).chain(content.tables.iter().map(Page::Table));
            sheets.extend(pages.map(|page| Sheet {
                name: names.unique(page.title()),
                section: section.id,
                page,
            }));
        }
        Self { report, locale, contents, charts, sheets, data }
    }

    fn write(&self, tables: &charts::Tables<'_>) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        // Long sheets take three times as long at the usual level, 6, for a sixth less.
        workbook.set_zip_compression_level(COMPRESSION);
        // The time of writing is no part of a result: the same report is the same bytes.
        let written = ExcelDateTime::from_ymd(2000, 1, 1)?;
        let properties =
            DocProperties::new().set_title(&self.report.title).set_creation_datetime(&written);
        workbook.set_properties(&properties);
        contents::write(self, tables, workbook.add_worksheet().set_name(&self.contents)?)?;
        if let (Some(name), Some(data)) = (&self.charts, &self.data) {
            charts::write(tables, data, workbook.add_worksheet().set_name(name)?)?;
        }
        for sheet in &self.sheets {
            let page = workbook.add_worksheet_with_constant_memory()?.set_name(&sheet.name)?;
            sheet::write(self, sheet, page)?;
        }
        if let Some(name) = &self.data {
            charts::write_data(self, tables, workbook.add_worksheet().set_name(name)?)?;
        }
        workbook.save_to_buffer()
    }
}

impl Page<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Grid(chart) => &chart.title,
            Self::Table(exhibit) => &exhibit.caption,
        }
    }
}

/// Names of sheets that are taken.
#[derive(Default)]
struct Names(HashSet<String>);

/// Characters of a sheet's name.
const LONGEST_NAME: usize = 31;

impl Names {
    /// `wanted` as a sheet may be called, with a number behind it where another sheet has the name; to
    /// Excel letters of either case are the same.
    fn unique(&mut self, wanted: &str) -> String {
        let wanted = sheet_name(wanted);
        let numbered = (2..).map(|number| {
            let number = format!(" {number}");
            let kept: String = wanted.chars().take(LONGEST_NAME - number.len()).collect();
            kept.trim_end().to_owned() + &number
        });
        let mut names = std::iter::once(wanted.trim_end().to_owned()).chain(numbered);
        names.find(|name| self.0.insert(name.to_lowercase())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
