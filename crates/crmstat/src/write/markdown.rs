//! A Markdown table (the dialect of GitHub), as people read it.

use std::io::{self, Write};

use crate::{
    Lang,
    data::table::Table,
    write::{
        chunks::write_in_chunks,
        display::{MISSING, display, printable},
    },
};

/// Writes `table` with titles and numbers in `lang`.
pub(super) fn write(table: &Table, lang: Lang, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let columns = table.columns();
    let titles: Vec<String> = columns.iter().map(|column| escaped(column.title(lang))).collect();
    let rules: String = columns
        .iter()
        .map(|column| if column.values().is_numeric() { " ---: |" } else { " --- |" })
        .collect();
    writeln!(out, "| {} |\n|{rules}", titles.join(" | "))?;
    write_in_chunks(table.rows(), out, |rows, bytes| {
        for row in rows {
            bytes.push(b'|');
            for column in columns {
                let cell = column.values().get(row);
                let text = cell.map_or_else(|| MISSING.to_owned(), |cell| display(cell, lang));
                bytes.push(b' ');
                bytes.extend_from_slice(escaped(&text).as_bytes());
                bytes.extend_from_slice(b" |");
            }
            bytes.push(b'\n');
        }
    })
}

/// `text` with everything escaped that Markdown or HTML would take for markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::{
        Lang,
        data::table::{Column, Table},
        write::tests::sample,
    };

    #[test]
    fn a_table_in_russian() {
        let mut out = Vec::new();
        write(&sample(), Lang::Ru, &mut out).unwrap();
        let expected = "\
| Клиент | Сегмент | Последний заказ | Когда | Заказов | Выручка | Активен с вероятностью | Активен |
| --- | --- | --- | --- | ---: | ---: | ---: | --- |
| C1 | Champions | 2024-02-29 | 2024-02-29 10:05:09 | 1\u{A0}234\u{A0}567 | 1\u{A0}234,50 | 0,937 | да |
| a \"b\", c | – | – | – | -3 | -0,0001 | 0,000 | нет |
| =HYPERLINK(1) | At risk | 1999-12-31 | 1969-12-31 23:59:59 | – | – | – | – |
|  | Champions | – | – | 0 | 0,00 | 2,000 | да |
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn markup_in_a_cell_stays_text() {
        let cells = ["a|b", "<script>", "[x](javascript:y)"];
        let table = Table::new("t", vec![Column::text("a_b", "а", cells)]).unwrap();
        let mut out = Vec::new();
        write(&table, Lang::En, &mut out).unwrap();
        let expected =
            "| a\\_b |\n| --- |\n| a\\|b |\n| &lt;script> |\n| \\[x\\](javascript:y) |\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
