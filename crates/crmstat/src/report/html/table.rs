//! Tables: a caption, headings with a scope, and cells whose values the script sorts by.

use super::escape::{SHOWN, TEXT, escape, shown};
use crate::{
    Lang,
    data::table::{Cell, Column, Table, Values},
    report::{Exhibit, Locale, Unit, cells},
};

/// Characters from which on a text is given room in a narrow table.
const LONG: usize = 28;

/// An exhibit with the rows that a page shows, and where the others are. On a phone the cells of a row of a
/// `stacked` one stand below each other, each with its heading.
pub(super) fn exhibit(exhibit: &Exhibit, stacked: bool, locale: Locale) -> String {
    let table = &exhibit.table;
    let rows = exhibit.shown.min(table.rows());
    let more = if rows < table.rows() {
        let (rows, all) = (rows.to_string(), locale.decimal(table.rows() as f64, 0));
        let said = match locale.lang() {
            Lang::En => {
                format!("The first {rows} of {all} rows; all are in tables/{}.", table.name())
            }
            Lang::Ru => format!("Первые {rows} из {all} строк; все в tables/{}.", table.name()),
        };
        format!("<p class=\"more\">{}</p>", escape(&said))
    } else {
        String::new()
    };
    format!("{}{more}\n", written(table, &exhibit.caption, rows, None, stacked, locale))
}

/// The data of a chart in `unit`.
pub(super) fn data(table: &Table, unit: Unit, locale: Locale) -> String {
    written(table, locale.pick("Data", "Данные"), table.rows(), Some(unit), false, locale)
}

fn written(
    table: &Table,
    caption: &str,
    rows: usize,
    unit: Option<Unit>,
    stacked: bool,
    locale: Locale,
) -> String {
    let name = escape(table.name());
    let caption = escape(caption);
    let mut html = format!(
        "<div class=\"table{}\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">\
         <table data-name=\"{name}\"><caption>{caption}</caption>\n<thead><tr>",
        if stacked { " stacked" } else { "" }
    );
    for column in table.columns() {
        let class = if column.values().is_numeric() { " class=\"n\"" } else { "" };
        let (text, title) = shown(&locale.heading_of(column), SHOWN);
        html.push_str(&format!("<th scope=\"col\"{class}{title}>{text}</th>"));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in 0..rows {
        html.push_str("<tr>");
        for (at, column) in table.columns().iter().enumerate() {
            html.push_str(&cell_of(column, row, unit, at == 0, stacked, locale));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// One cell; the first of a row heads it. Numbers and dates carry the value that they are sorted by.
fn cell_of(
    column: &Column,
    row: usize,
    unit: Option<Unit>,
    is_first: bool,
    stacked: bool,
    locale: Locale,
) -> String {
    let (open, close) = if is_first { ("<th scope=\"row\"", "</th>") } else { ("<td", "</td>") };
    let label = if stacked {
        let heading = locale.heading_of(column);
        format!(" data-label=\"{}\"", escape(&heading))
    } else {
        String::new()
    };
    let open = format!("{open}{label}");
    let class = match column.values() {
        values if values.is_numeric() => " class=\"n\"",
        Values::Date(_) | Values::Timestamp(_) => " class=\"d\"",
        _ => "",
    };
    let is_id = is_first || matches!(column.name(), "customer_id" | "name");
    let length = if is_id { SHOWN } else { TEXT };
    let (text, title) = shown(&cells::text(column, row, unit, locale), length);
    let value = match column.values().get(row) {
        None => String::new(),
        Some(Cell::Text(_)) => {
            let wide = if text.chars().count() > LONG { " class=\"w\"" } else { "" };
            return format!("{open}{wide} dir=\"auto\"{title}>{text}{close}");
        }
        Some(Cell::Bool(_)) => return format!("{open}>{text}{close}"),
        Some(Cell::Int(value)) => value.to_string(),
        Some(Cell::Float(value, _)) => value.to_string(),
        Some(Cell::Money(value)) => value.to_string(),
        Some(Cell::Date(value)) => value.to_string(),
        Some(Cell::Timestamp(value)) => value.to_string(),
    };
    format!("{open}{class} data-v=\"{value}\">{text}{close}")
}

#[cfg(test)]
mod tests {
    use super::exhibit;
    use crate::{
        Date, Lang, Money,
        data::table::{Column, Table},
        report::{Exhibit, Locale},
    };

    #[test]
    fn cells_are_escaped_formatted_and_sortable() {
        let long = "я".repeat(10_000);
        let columns = vec![
            Column::text("customer_id", "Клиент", [Some("<script>"), None, Some(long.as_str())]),
            Column::money("revenue", "Выручка", [Money::from_whole(12_345), None, None]),
            Column::float("share_revenue", "Доля", 4, [Some(0.256), None, None]),
            Column::date("day", "День", [Date::from_ymd(2026, 1, 5), None, None]),
            Column::bool("ok", "Верно", [Some(true), None, None]),
        ];
        let table = Table::new("t", columns).unwrap();
        let shown = Exhibit { caption: "A & B".to_owned(), table, shown: 2 };
        let html = exhibit(&shown, false, Locale::new(Lang::En, None));
        for part in [
            "<caption>A &amp; B</caption>",
            "<th scope=\"row\" dir=\"auto\">&lt;script&gt;</th>",
            "<th scope=\"col\" class=\"n\">Share revenue</th>",
            "<td class=\"n\" data-v=\"12345.00\">12,345.00</td>",
            "<td class=\"n\" data-v=\"0.256\">25.6%</td>",
            "data-v=\"2026-01-05\">5\u{A0}Jan\u{A0}2026</td>",
            "<td>yes</td>",
            "The first 2 of 3 rows; all are in tables/t.",
        ] {
            assert!(html.contains(part), "{part}\n{html}");
        }
        let all = Exhibit { shown: 3, ..shown };
        assert!(exhibit(&all, false, Locale::new(Lang::Ru, None)).len() < 5000);
    }
}
