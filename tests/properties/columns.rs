//! A copy of the file, a further column and another order of columns never change an answer in silence, over
//! every dialect of the generator and the well-known shapes in `tests/cases`.

use crate::table;
use crmstat::{
    Lang,
    analysis::{
        forecast::{self, SeriesSet},
        funnel::{self, Beside},
        rfm::{self, Options},
        sales,
    },
    data::{Deals, Notice, OrdersQuery},
    features::History,
    generate::{Dialect, Part, Spec, generate},
    ingest::{Export, ExportFile, Imported, ReadOptions},
    write::{Format, Writer},
};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

/// A file as cells: the header first.
struct Cells {
    name: String,
    delimiter: u8,
    rows: Vec<csv::ByteRecord>,
}

/// What is asked of a file. A forecast is made of nothing but the series, churn of nothing but the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Rfm,
    Sales,
    Forecast,
    Churn,
    Funnel,
}

/// What is answered, and what is said with it.
struct Answer {
    scores: Vec<u8>,
    told: BTreeSet<String>,
    /// Where the rows went that do not count.
    left: String,
}

fn answer(question: Question, files: Vec<(String, Vec<u8>)>) -> crmstat::Result<Answer> {
    let files = files.into_iter().map(|(name, bytes)| ExportFile::bytes(name, bytes));
    let mut export = Export::of(files, ReadOptions::default())?;
    let export = &mut export;
    match question {
        Question::Rfm => {
            let scored = rfm::score(export, &Options::default())?;
            Ok(of(&scored, table(&scored.result)))
        }
        Question::Sales => {
            let sales = sales::sales(export, &sales::Query::default(), &[])?;
            Ok(of(&sales, csv(&sales.result.table(Lang::En)?)))
        }
        Question::Forecast => {
            let series = SeriesSet::from_orders(export, &forecast::Query::default())?;
            let values = format!("{:?}", series.result.series());
            Ok(of(&series, values.into_bytes()))
        }
        Question::Churn => {
            let read = History::read(export, &OrdersQuery::default(), Vec::new())?;
            let orders = read.result.orders();
            let ids: Vec<_> = (0..orders.customers().len())
                .map(|customer| (orders.customers().get(customer), orders.of_customer(customer)))
                .collect();
            let history = format!("{ids:?} {:?} {:?}", orders.at(), orders.amount());
            Ok(of(&read, history.into_bytes()))
        }
        Question::Funnel => {
            let deals = Deals::read(export)?;
            let query = funnel::Query::default();
            let funnel = funnel::analyse(&deals.result, Beside::default(), &query)?;
            let tables = [funnel.stages_table(Lang::En)?, funnel.summary_table(Lang::En)?];
            Ok(of(&deals, tables.iter().flat_map(csv).collect()))
        }
    }
}

fn of<T>(imported: &Imported<T>, scores: Vec<u8>) -> Answer {
    let finding = |notice: &Notice| format!("{:?}", notice.finding);
    let told = imported.notices.iter().map(finding).collect();
    let mut left = format!("{} rejected", imported.ledger.quarantined);
    for (rule, rows) in imported.ledger.ignored() {
        write!(left, ", {rows} {rule:?}").unwrap();
    }
    Answer { scores, told, left }
}

fn csv(table: &crmstat::data::table::Table) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::new(Format::Csv).write(table, &mut out).unwrap();
    out
}

impl Cells {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |sign: u8| memchr::memchr_iter(sign, line).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let rows = reader.byte_records().map(Result::unwrap).collect();
        Self { name: name.to_owned(), delimiter, rows }
    }

    fn width(&self) -> usize {
        self.rows[0].len()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .flexible(true)
            .from_writer(Vec::new());
        self.rows.iter().for_each(|row| writer.write_byte_record(row).unwrap());
        writer.into_inner().unwrap()
    }

    fn file(&self) -> Vec<(String, Vec<u8>)> {
        vec![(self.name.clone(), self.bytes())]
    }

    /// The same with every whole row changed by `change`.
    fn changed(&self, change: impl Fn(usize, &csv::ByteRecord) -> csv::ByteRecord) -> Self {
        let width = self.width();
        let row = |(at, row): (usize, &csv::ByteRecord)| {
            if row.len() == width { change(at, row) } else { row.clone() }
        };
        let rows = self.rows.iter().enumerate().map(row).collect();
        Self { name: self.name.clone(), delimiter: self.delimiter, rows }
    }

    /// With a column behind the others, whose cells take turns.
    fn with_column(&self, header: &str, cells: &[&str]) -> Self {
        self.changed(|at, row| {
            let mut row = row.clone();
            let cell = if at == 0 { header } else { cells[(at - 1) % cells.len()] };
            row.push_field(cell.as_bytes());
            row
        })
    }

    /// With the columns moved round by `by`, or turned round where that is 0.
    fn moved(&self, by: usize) -> Self {
        let width = self.width();
        self.changed(|_, row| {
            let from = |at: usize| if by == 0 { width - 1 - at } else { (at + by) % width };
            (0..width).map(|at| row[from(at)].to_vec()).collect()
        })
    }

    fn has_distinct_headers(&self) -> bool {
        let keys: BTreeSet<&[u8]> = self.rows[0].iter().collect();
        keys.len() == self.width() && !keys.contains(&b""[..])
    }
}

/// Every dialect and shape that is answered without options, and the answer to each question that it answers.
fn files() -> Vec<(Cells, Vec<(Question, Answer)>)> {
    let mut files = Vec::new();
    for dialect in Dialect::ALL {
        if dialect == Dialect::Bitrix24Xls {
            continue;
        }
        let spec = Spec::new().seed(7).customers(40).orders(240).dialect(dialect);
        let mut bytes = Vec::new();
        generate(&spec, Part::Main, Format::Csv, &mut bytes).unwrap();
        files.push(Cells::new(dialect.name(), &bytes));
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut folders: Vec<_> =
        fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        // What stands above a table is not of its columns.
        let is_shape = name.starts_with("first-run") && name != "first-run-onec-documents-client";
        if let Some(bytes) = is_shape.then(|| fs::read(folder.join("in.csv")).ok()).flatten() {
            files.push(Cells::new(name, &bytes));
        }
    }
    // What is asked of orders besides takes turns over the files: it reads them alike.
    let turns = [Question::Sales, Question::Forecast, Question::Churn];
    let answered = files.into_iter().enumerate().map(|(at, cells)| {
        let asked = [Question::Rfm, Question::Funnel, turns[at % turns.len()]];
        let answer = |question| Some((question, answer(question, cells.file()).ok()?));
        let answers = asked.into_iter().filter_map(answer).collect::<Vec<_>>();
        (cells, answers)
    });
    answered.filter(|(_, answers)| !answers.is_empty()).collect()
}

/// Whether `changed` has another answer and nothing says so.
fn is_silent(before: &Answer, changed: crmstat::Result<Answer>) -> bool {
    // A refusal is not silent.
    let Ok(after) = changed else { return false };
    let is_told = after.told.difference(&before.told).next().is_some() || after.left != before.left;
    after.scores != before.scores && !is_told
}

/// Fails where `changed` has another answer and nothing says so.
fn assert_told(before: &Answer, changed: crmstat::Result<Answer>, what: &str) {
    assert!(!is_silent(before, changed), "{what}: another answer, and nothing is told of it");
}

#[test]
fn enough_files_are_answered() {
    let names: Vec<String> = files().into_iter().map(|(cells, _)| cells.name).collect();
    assert!(names.len() >= 28, "{names:?}");
    for question in [Question::Sales, Question::Forecast, Question::Churn, Question::Funnel] {
        let answers =
            |answers: &[(Question, Answer)]| answers.iter().any(|(of, _)| *of == question);
        let count = files().iter().filter(|(_, of)| answers(of)).count();
        assert!(count >= 8, "{question:?} is answered by {count}");
    }
}

#[test]
fn a_copy_of_the_file_changes_nothing_in_silence() {
    for (cells, answers) in files() {
        let copy = [cells.file(), vec![("copy of it".to_owned(), cells.bytes())]].concat();
        // The same rows in other bytes: the last row first.
        let mut turned = cells.changed(|_, row| row.clone());
        turned.rows[1..].reverse();
        let rows = [cells.file(), vec![("another export".to_owned(), turned.bytes())]].concat();
        for (question, before) in answers {
            let what = format!("{question:?} of {}", cells.name);
            assert_told(&before, answer(question, copy.clone()), &format!("{what} twice"));
            assert_told(&before, answer(question, rows.clone()), &format!("{what} and its rows"));
        }
    }
}

#[test]
fn a_further_column_changes_nothing_in_silence() {
    // But a number of orders: it says which rows are one order, and that is all it says.
    let columns: [(&str, &[&str]); 18] = [
        ("note", &["a", "b", ""]),
        ("Amount", &["1", "2.50", "3"]),
        ("Total", &["1", "2.50", "3"]),
        ("Net", &["7", "8"]),
        ("Customer", &["x", "y", "z", "w", "v"]),
        ("Client ID", &["1", "2", "3", "4", "5", "6", "7"]),
        ("Date", &["2020-01-01", "2020-02-01"]),
        ("Created at", &["2020-01-01 10:00:00", "2020-02-01 10:00:00"]),
        ("Quantity", &["1", "2", "3"]),
        ("Price", &["5", "6"]),
        ("Discount", &["0", "0.1", "0.25"]),
        ("Refunded Amount", &["0", "0", "1"]),
        ("Currency", &["EUR"]),
        ("order_state", &["completed", "completed", "cancelled"]),
        ("is_test", &["false", "false", "true"]),
        ("cancelled_at", &["", "", "2024-01-01 00:00:00"]),
        ("Probability", &["10", "50", "0"]),
        ("Lost Reason", &["", "", "price"]),
    ];
    let mut silent = Vec::new();
    for (cells, answers) in files() {
        for (header, values) in columns {
            let file = cells.with_column(header, values).file();
            for (question, before) in &answers {
                if is_silent(before, answer(*question, file.clone())) {
                    silent.push((cells.name.clone(), *question, header));
                }
            }
        }
    }
    assert!(silent.is_empty(), "another answer, and nothing is told of it: {silent:?}");
}

#[test]
fn the_order_of_columns_changes_nothing() {
    for (cells, answers) in files() {
        if !cells.has_distinct_headers() {
            continue;
        }
        for by in [0, 1, cells.width() / 2] {
            for (question, before) in &answers {
                let what = format!("{question:?} of {} moved by {by}", cells.name);
                let after = answer(*question, cells.moved(by).file())
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(before.scores, after.scores, "{what}");
                assert_eq!(before.told, after.told, "{what}");
            }
        }
    }
}
