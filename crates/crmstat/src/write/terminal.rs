//! The table that a terminal shows: aligned, fitted to its width, long ones cut in the middle.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    Lang,
    data::table::{Column, Table, Values},
    write::display::{MISSING, display, printable},
};

/// How a terminal is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// The language of titles and numbers.
    pub lang: Lang,
    /// Columns of the screen; `None` lets lines be as long as they need.
    pub width: Option<usize>,
    /// Rows to show of a longer table, half from each end; `None` shows all.
    pub max_rows: Option<usize>,
    /// Whether to use ANSI colours.
    pub color: bool,
}

/// What stands between two columns.
const GAP: &str = "  ";
/// A column of text is not made narrower than this to fit the screen; then columns are left out.
const NARROWEST: usize = 12;
const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RESET: &str = "\u{1b}[0m";

/// Writes `table` as `terminal` shows it.
pub(super) fn write(
    table: &Table,
    terminal: Terminal,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    let shown = Shown::new(table.rows(), terminal.max_rows);
    let rendered: Vec<Rendered> =
        table.columns().iter().map(|column| Rendered::new(column, &shown, terminal.lang)).collect();
    let widths = fit(&rendered, terminal.width);
    let columns = &rendered[..widths.len()];

    let titles = line(columns, &widths, |column| &column.title);
    let rule: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
    writeln!(out, "{}", styled(&titles, BOLD, terminal.color))?;
    writeln!(out, "{}", styled(&rule.join(GAP), DIM, terminal.color))?;
    for row in 0..shown.len() {
        if row == shown.head && shown.hidden > 0 {
            let note =
                more(shown.hidden, terminal.lang, ("row", "rows"), ["строка", "строки", "строк"]);
            writeln!(out, "{}", styled(&note, DIM, terminal.color))?;
        }
        writeln!(out, "{}", line(columns, &widths, |column| &column.cells[row]))?;
    }
    let left_out = rendered.len() - columns.len();
    if left_out > 0 {
        let forms = ["столбец", "столбца", "столбцов"];
        let note = more(left_out, terminal.lang, ("column", "columns"), forms);
        writeln!(out, "{}", styled(&note, DIM, terminal.color))?;
    }
    Ok(())
}

/// The rows on the screen: some from the top, some from the bottom.
struct Shown {
    head: usize,
    hidden: usize,
    tail: usize,
}

impl Shown {
    fn new(rows: usize, max_rows: Option<usize>) -> Self {
        match max_rows {
            Some(most) if rows > most => {
                let tail = most / 2;
                Self { head: most - tail, hidden: rows - most, tail }
            }
            _ => Self { head: rows, hidden: 0, tail: 0 },
        }
    }

    fn len(&self) -> usize {
        self.head + self.tail
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        let after = self.head + self.hidden;
        (0..self.head).chain(after..after + self.tail)
    }
}

/// A column's title and shown cells as text, and the room they want.
struct Rendered {
    title: String,
    cells: Vec<String>,
    is_numeric: bool,
    /// Whether it is text, which may be cut; half a date or a number says something else.
    is_text: bool,
    width: usize,
}

impl Rendered {
    fn new(column: &Column, shown: &Shown, lang: Lang) -> Self {
        let title = printable(column.title(lang)).into_owned();
        let cells: Vec<String> = shown
            .rows()
            .map(|row| column.values().get(row))
            .map(|cell| cell.map_or_else(|| MISSING.to_owned(), |cell| display(cell, lang)))
            .collect();
        let width = cells.iter().map(|cell| cell.width()).fold(title.width(), usize::max);
        let is_numeric = column.values().is_numeric();
        let is_text =
            !is_numeric && !matches!(column.values(), Values::Date(_) | Values::Timestamp(_));
        Self { title, cells, is_numeric, is_text, width }
    }
}

/// The width of each column that fits into `screen`: text gives way first, the widest column of it
/// before the others, then columns from the right are left out, and text takes what room is left.
fn fit(columns: &[Rendered], screen: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.width).collect();
    let Some(screen) = screen else { return widths };
    let total = |widths: &[usize]| widths.iter().map(|width| width + GAP.len()).sum::<usize>();
    loop {
        let excess = total(&widths).saturating_sub(screen + GAP.len());
        if excess == 0 || widths.len() == 1 {
            break;
        }
        let widest = (0..widths.len())
            .filter(|&index| columns[index].is_text && widths[index] > NARROWEST)
            .max_by_key(|&index| (widths[index], index));
        match widest {
            Some(index) => widths[index] -= 1,
            None => {
                widths.pop();
            }
        }
    }
    // Columns that were left out may have left room.
    let mut room = (screen + GAP.len()).saturating_sub(total(&widths));
    for (width, column) in widths.iter_mut().zip(columns) {
        let more = room.min(column.width.saturating_sub(*width));
        *width += more;
        room -= more;
    }
    widths
}

/// One line of `columns`: numbers to the right, text to the left, nothing after the last text.
fn line<'a>(
    columns: &'a [Rendered],
    widths: &[usize],
    cell: impl Fn(&'a Rendered) -> &'a String,
) -> String {
    let mut line = String::new();
    for (index, (column, &width)) in columns.iter().zip(widths).enumerate() {
        if index > 0 {
            line.push_str(GAP);
        }
        let text = truncated(cell(column), width);
        let padding = " ".repeat(width - text.width());
        let (before, after) =
            if column.is_numeric { (padding, String::new()) } else { (String::new(), padding) };
        line.extend([before, text, after]);
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// `text` in at most `width` columns of the screen, its cut end marked.
fn truncated(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1; // the mark
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

fn styled(text: &str, style: &str, color: bool) -> String {
    if color { format!("{style}{text}{RESET}") } else { text.to_owned() }
}

/// `… 1,234 more rows`, in Russian with the form of the noun that the number asks for.
fn more(count: usize, lang: Lang, english: (&str, &str), russian: [&str; 3]) -> String {
    let number = display(crate::data::table::Cell::Int(count as i64), lang);
    match lang {
        Lang::En => {
            format!("… {number} more {}", if count == 1 { english.0 } else { english.1 })
        }
        Lang::Ru => {
            let noun = match (count % 10, count % 100) {
                (1, hundred) if hundred != 11 => russian[0],
                (2..=4, hundred) if !(12..=14).contains(&hundred) => russian[1],
                _ => russian[2],
            };
            format!("… ещё {number} {noun}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Terminal, UnicodeWidthStr, write};
    use crate::{
        Lang,
        data::table::{Column, Table},
        write::tests::sample,
    };

    fn shown(table: &Table, terminal: Terminal) -> String {
        let mut out = Vec::new();
        write(table, terminal, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_stand_right_and_text_left() {
        let expected = "\
customer_id    segment    last_order  at                      orders   revenue  p_alive  active
─────────────  ─────────  ──────────  ───────────────────  ─────────  ────────  ───────  ──────
C1             Champions  2024-02-29  2024-02-29 10:05:09  1,234,567  1,234.50    0.937  yes
a \"b\", c       –          –           –                           -3   -0.0001    0.000  no
=HYPERLINK(1)  At risk    1999-12-31  1969-12-31 23:59:59          –         –        –  –
               Champions  –           –                            0      0.00    2.000  yes
";
        assert_eq!(shown(&sample(), Terminal::default()), expected);
    }

    #[test]
    fn long_tables_are_cut_in_the_middle_and_wide_ones_at_the_right() {
        let names: Vec<String> = (0..1300).map(|n| format!("Клиент номер {n}")).collect();
        let table = Table::new(
            "t",
            vec![
                Column::text("customer", "Клиент", names.iter().map(String::as_str)),
                Column::int("orders", "Заказов", 0..1300),
                Column::int("revenue", "Выручка", 0..1300),
            ],
        )
        .unwrap();
        let terminal =
            Terminal { lang: Lang::Ru, width: Some(22), max_rows: Some(3), color: false };
        // One of the narrowest, and the room that the third column leaves.
        let expected = "\
Клиент         Заказов
─────────────  ───────
Клиент номер…        0
Клиент номер…        1
… ещё 1\u{A0}297 строк
Клиент номер…    1\u{A0}299
… ещё 1 столбец
";
        assert_eq!(shown(&table, terminal), expected);
    }

    #[test]
    fn wide_characters_keep_the_columns_straight() {
        let table = Table::new(
            "t",
            vec![Column::text("a", "а", ["日本", "x"]), Column::int("b", "б", [1, 2])],
        )
        .unwrap();
        assert_eq!(shown(&table, Terminal::default()), "a     b\n────  ─\n日本  1\nx     2\n");
        let narrow = Terminal { width: Some(5), ..Terminal::default() };
        assert!(
            shown(&table, narrow).lines().all(|line| line.width() <= 5 || line.starts_with('…'))
        );
    }

    #[test]
    fn color_is_asked_for() {
        let table = Table::new("t", vec![Column::int("a", "а", [1])]).unwrap();
        let colored = Terminal { color: true, ..Terminal::default() };
        assert_eq!(shown(&table, colored), "\u{1b}[1ma\u{1b}[0m\n\u{1b}[2m─\u{1b}[0m\n1\n");
        assert!(!shown(&sample(), Terminal::default()).contains('\u{1b}'));
    }
}
