use super::{MOST_ROWS, Names};
use crate::{
    AsOf, Date, Lang, Money,
    data::table::{Column, Table},
    report::{
        Absent, Band, BarSeries, Change, Chart, ChartKind, Content, Exhibit, Figure, Line, Locale,
        Report, Role, Section, SectionId, Unit,
    },
};
use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

fn table() -> Table {
    let columns = vec![
        Column::text("customer_id", "Клиент", ["=HYPERLINK(1)", "<b>", ""]),
        Column::money("revenue", "Выручка", [Money::from_whole(12), None, None]),
        Column::float("share_revenue", "Доля", 4, [Some(0.256), Some(0.5), None]),
        Column::date("day", "День", [Date::from_ymd(2026, 1, 5), None, None]),
    ];
    Table::new("customers", columns).unwrap()
}

fn charts() -> Vec<Chart> {
    let labels = || vec!["Jan".to_owned(), "Feb".to_owned()];
    let chart = |name: &'static str, kind| Chart {
        name: name.to_owned(),
        title: format!("Chart of {name}"),
        description: "What is to be seen.".to_owned(),
        unit: Unit::Money,
        kind,
    };
    let line =
        Line { name: "sold".to_owned(), role: Role::Observed, values: vec![Some(1.5), None] };
    let band = Band {
        name: "80%".to_owned(),
        lower: vec![None, Some(-1.0)],
        upper: vec![None, Some(3.0)],
    };
    let bars = BarSeries { name: "revenue".to_owned(), values: vec![Some(7.0), Some(8.0)] };
    vec![
        chart(
            "lines",
            ChartKind::Lines {
                axis: "month".to_owned(),
                labels: labels(),
                lines: vec![line],
                bands: vec![band],
            },
        ),
        chart(
            "bars",
            ChartKind::Bars { axis: "segment".to_owned(), labels: labels(), series: vec![bars] },
        ),
        chart(
            "grid",
            ChartKind::Heat {
                row_axis: "r".to_owned(),
                rows: labels(),
                column_axis: "f".to_owned(),
                columns: vec!["1".to_owned()],
                values: vec![vec![Some(0.25)], vec![None]],
            },
        ),
    ]
}

fn report(lang: Lang, exhibits: Vec<Exhibit>) -> Report {
    let figure = Figure {
        label: "Revenue".to_owned(),
        value: 1234.5,
        unit: Unit::Money,
        changes: vec![Change { relative: -0.25, against: "vs a year ago".to_owned() }],
        trend: vec![1.0, 2.0, 3.0],
        trend_of: "by month".to_owned(),
    };
    let answer = Content {
        warnings: vec!["+1 day is far off.".to_owned()],
        summary: vec!["-1 is no formula.".to_owned()],
        figures: vec![figure],
        ..Content::default()
    };
    let sales = Content { charts: charts(), tables: exhibits, ..Content::default() };
    let absent = Absent { reason: "There are too few.".to_owned(), hint: None };
    Report {
        title: "@title".to_owned(),
        as_of: AsOf::start_of(Date::from_ymd(2026, 1, 6).unwrap()),
        span: (Date::from_days(19_000), Date::from_days(20_000)),
        files: vec!["orders.csv".to_owned()],
        locale: Locale::new(lang, None),
        logo: None,
        sections: vec![
            Section { id: SectionId::Answer, content: Ok(answer) },
            Section { id: SectionId::Figures, content: Ok(Content::default()) },
            Section { id: SectionId::Sales, content: Ok(sales) },
            Section { id: SectionId::Churn, content: Err(absent) },
        ],
    }
}

fn exhibit(caption: &str, table: Table) -> Exhibit {
    Exhibit { caption: caption.to_owned(), table, shown: 0 }
}

fn opened(report: &Report) -> Xlsx<Cursor<Vec<u8>>> {
    calamine::open_workbook_from_rs(Cursor::new(report.workbook().unwrap())).unwrap()
}

fn cell(book: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str, at: (u32, u32)) -> Data {
    book.worksheet_range(sheet).unwrap().get_value(at).cloned().unwrap_or_default()
}

#[test]
fn every_table_and_grid_has_a_sheet_of_typed_cells() {
    let mut book = opened(&report(Lang::En, vec![exhibit("Customers: all", table())]));
    assert_eq!(
        book.sheet_names(),
        ["Contents", "Charts", "Chart of grid", "Customers all", "Chart data"]
    );
    let mut at = |row, column| cell(&mut book, "Customers all", (row, column));
    assert_eq!(at(0, 0), Data::String("Customers: all".to_owned()));
    assert_eq!(at(1, 1), Data::String("All 3 rows; the same as tables/customers".to_owned()));
    assert_eq!(at(2, 2), Data::String("Share revenue".to_owned()));
    assert_eq!(at(3, 0), Data::String("=HYPERLINK(1)".to_owned()));
    assert_eq!(at(3, 1), Data::Float(12.0));
    assert_eq!(at(4, 1), Data::Empty);
    assert_eq!(at(4, 2), Data::Float(0.5));
    assert!(matches!(at(3, 3), Data::DateTime(day) if day.as_f64() == 46_027.0), "{:?}", at(3, 3));
    assert_eq!(cell(&mut book, "Chart of grid", (3, 1)), Data::Float(0.25));
    assert_eq!(cell(&mut book, "Chart of grid", (4, 1)), Data::Empty);
}

#[test]
fn the_first_sheet_answers_and_says_what_is_absent() {
    let mut book = opened(&report(Lang::En, Vec::new()));
    let range = book.worksheet_range("Contents").unwrap();
    let texts: Vec<String> = range.rows().flatten().map(ToString::to_string).collect();
    for text in [
        "@title",
        "+1 day is far off.",
        "-1 is no formula.",
        "Revenue",
        "1234.5",
        "-0.25",
        "Change vs a year ago",
        "Who is about to leave",
        "There are too few.",
    ] {
        assert!(texts.iter().any(|found| found == text), "{text} in {texts:?}");
    }
}

#[test]
fn charts_are_native_and_stand_on_their_numbers() {
    let report = report(Lang::Ru, Vec::new());
    let mut book = opened(&report);
    let data = book.worksheet_range("Данные графиков").unwrap();
    // Labels, the line and both bounds of the band; an empty column; labels and the bars; the trend.
    let header: Vec<String> = data.rows().nth(1).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        header,
        ["month", "sold", "80%, от", "80%, до", "", "segment", "revenue", "", "by month"]
    );
    assert_eq!(data.get_value((4, 8)), Some(&Data::Float(3.0)));
    let bytes = report.workbook().unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        text
    };
    let lines = part("xl/charts/chart1.xml");
    assert!(lines.contains("<c:lineChart>") && lines.contains("$D$3:$D$4"), "{lines}");
    assert!(part("xl/charts/chart2.xml").contains("<c:barChart>"));
    assert!(part("xl/worksheets/sheet1.xml").contains("sparkline"));
    assert!(part("xl/worksheets/sheet3.xml").contains("colorScale"));
}

#[test]
fn a_report_of_nothing_is_a_workbook_too() {
    let report = Report { sections: Vec::new(), ..report(Lang::En, Vec::new()) };
    assert_eq!(opened(&report).sheet_names(), ["Contents"]);
}

#[test]
fn the_same_report_is_the_same_bytes() {
    let report = report(Lang::En, vec![exhibit("Customers", table())]);
    assert_eq!(report.workbook().unwrap(), report.workbook().unwrap());
}

#[test]
fn a_longer_table_is_cut_and_says_where_the_whole_is() {
    let rows = MOST_ROWS as i64 + 1;
    let long = Table::new("rfm", vec![Column::int("n", "н", 1..=rows)]).unwrap();
    let mut book = opened(&report(Lang::En, vec![exhibit("Scores", long)]));
    let note = "The first 50,000 of 50,001 rows; all are in tables/rfm";
    assert_eq!(cell(&mut book, "Scores", (1, 1)), Data::String(note.to_owned()));
    let range = book.worksheet_range("Scores").unwrap();
    assert_eq!(range.end(), Some((2 + MOST_ROWS as u32, 1)));
    assert_eq!(range.get_value((2 + MOST_ROWS as u32, 0)), Some(&Data::Float(MOST_ROWS as f64)));
}

#[test]
fn a_text_that_no_cell_holds_is_cut() {
    let long = "🙂".repeat(40_000);
    let texts = Table::new("t", vec![Column::text("a", "а", [long.as_str()])]).unwrap();
    let mut book = opened(&report(Lang::En, vec![exhibit("Texts", texts)]));
    let Data::String(text) = cell(&mut book, "Texts", (3, 0)) else { panic!("no text") };
    assert!(text.ends_with('…') && text.encode_utf16().count() < 32_767);
}

#[test]
fn names_of_sheets_are_unique_whatever_their_case() {
    let mut names = Names::default();
    assert_eq!(names.unique("Deals"), "Deals");
    assert_eq!(names.unique("deals"), "deals 2");
    assert_eq!(names.unique("a/b"), "ab");
    let long = "Клиенты, которым позвонить в первую очередь";
    let (first, second) = (names.unique(long), names.unique(long));
    assert_eq!(first.chars().count(), 31);
    assert!(second.ends_with(" 2") && second.chars().count() <= 31, "{second}");
    assert_eq!(names.unique(""), "table");
}
