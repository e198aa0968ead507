//! What a file is, how it would be read, and what is wrong with it.
//!
//! Nothing is computed and nothing is refused: what an analysis would refuse, such as dates that can be
//! read two ways, is a [`Problem`] here, with the option to give.

mod profile;
mod quality;
pub(crate) mod russian;
mod spelling;
mod tables;
#[cfg(test)]
mod tests;

pub use quality::{Gap, Outliers, Quality};
pub use spelling::Spelling;
pub use tables::Titled;

use crate::{
    Error, Result,
    data::{Decision, Field, Join, Ledger, Notice, Records, Rejections, TableKind},
    ingest::{
        Export, ExportFile, ReadOptions,
        audit::{Seen, TableAudit},
        pass::{
            input::Input,
            verdict::{currency_name, notices, refusals, several_currencies},
        },
        profile::Profile,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Fields whose labels people type, so that spellings may differ.
const LABELS: [Field; 10] = [
    Field::CustomerId,
    Field::Product,
    Field::Category,
    Field::Region,
    Field::Owner,
    Field::Source,
    Field::Channel,
    Field::Segment,
    Field::Stage,
    Field::LostReason,
];

/// Files of one table and how they are to be read; a path is taken literally.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The files; [`files_named`](crate::ingest::files_named) finds those of patterns.
    pub files: Vec<ExportFile>,
    /// How to read them.
    pub options: ReadOptions,
}

/// What was found in the files of a CRM.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The orders or deals, then the tables beside them.
    pub tables: Vec<TableReport>,
    /// How the tables beside the orders or deals find their partners.
    pub joins: Vec<Join>,
    /// Labels that look like two spellings of one, by field.
    pub spellings: Vec<(Field, Spelling)>,
    /// What an analysis would refuse, and what to do about it.
    pub problems: Vec<Problem>,
    profile: Profile,
}

/// One table, in one or more files.
#[derive(Clone, Debug)]
pub struct TableReport {
    /// What its rows are.
    pub kind: TableKind,
    /// Its files.
    pub files: Vec<FileReport>,
    /// Where every row would go; `None` where a column is missing without which no row can be read.
    pub ledger: Option<Ledger>,
    /// The rows that could not be used.
    pub rejections: Rejections,
    /// What changes an answer and nobody has settled, the worst first.
    pub notices: Vec<Notice>,
    /// What its cells hold.
    pub quality: Quality,
}

/// One file, as it is understood.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The name under which it was opened.
    pub name: String,
    /// Text, a sheet or Parquet.
    pub format: String,
    /// The encoding of a text.
    pub encoding: Option<String>,
    /// The delimiter of a text; a space stands for runs of spaces.
    pub delimiter: Option<char>,
    /// The name and the title of the profile that it follows; `None` where none fits.
    pub profile: Option<(String, String)>,
    /// Its columns, from the left.
    pub columns: Vec<ColumnReport>,
    /// What was decided about it, columns aside.
    pub decisions: Vec<Decision>,
}

/// One column and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnReport {
    /// Its place, from 1: what `--map FIELD=#N` takes.
    pub number: usize,
    /// Its header.
    pub header: String,
    /// What it is read as; `None` is not used.
    pub field: Option<Field>,
    /// Why.
    pub reason: String,
}

/// What an analysis would refuse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What is wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Inspection {
    /// The profile by which the first file of each table is read, to be edited and given as `--profile`.
    ///
    /// It carries columns, stages, date order and decimal sign, encoding and delimiter; the sheet, the
    /// zone and exchange rates stay options.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }
}

/// Looks at the orders or deals of a CRM and at the tables `beside` them, whose options name their kind.
///
/// # Errors
/// Files that cannot be opened or are no tables at all. Everything else is a [`Problem`].
pub fn inspect(main: &Source, beside: &[Source]) -> Result<Inspection> {
    let mut export = Export::open_inspected(&main.files, main.options.clone())?;
    let mut problems = Vec::new();
    let mut others: Vec<(Export, Option<Records>)> = Vec::new();
    for source in beside {
        let mut other = Export::open_inspected(&source.files, source.options.clone())?;
        let records = if is_known(&other) {
            note(&mut problems, Records::read(&mut other)).map(|read| read.result)
        } else {
            None
        };
        others.push((other, records));
    }
    let records = || others.iter().filter_map(|(_, records)| records.as_ref());
    let lines = records().find(|records| records.kind() == TableKind::Lines);
    if let Some(lines) = lines {
        note(&mut problems, export.take_amounts_of(lines));
    }
    let mut joins = Vec::new();
    if is_known(&export) {
        for records in records() {
            joins.extend(note(&mut problems, Join::new(&export, records, lines)).flatten());
        }
    }
    let mut labels = BTreeMap::new();
    let mut tables = Vec::new();
    for export in std::iter::once(&mut export).chain(others.iter_mut().map(|(other, _)| other)) {
        tables.push(report(export, &mut problems, &mut labels)?);
    }
    let mut seen = BTreeSet::new();
    problems.retain(|problem: &Problem| seen.insert(problem.clone()));
    let others = others.iter().map(|(other, _)| other);
    let exports: Vec<&Export> = std::iter::once(&export).chain(others).collect();
    Ok(Inspection {
        profile: profile::written(&exports),
        spellings: labels
            .iter()
            .flat_map(|(field, labels)| {
                spelling::spellings(labels).into_iter().map(|found| (*field, found))
            })
            .collect(),
        tables,
        joins,
        problems,
    })
}

/// Whether the columns make up a table.
fn is_known(export: &Export) -> bool {
    export.inputs().iter().all(|input| !input.mapping.columns.is_empty())
}

/// The result, or its error as a problem.
fn note<T>(problems: &mut Vec<Problem>, result: Result<T>) -> Option<T> {
    match result {
        Ok(result) => Some(result),
        Err(error) => {
            problems.push(Problem::of(&error));
            None
        }
    }
}

impl Problem {
    fn of(error: &Error) -> Self {
        Self { message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

/// The currencies that the cells of the currency column name, as messages call them.
fn currencies(audit: &TableAudit) -> Vec<String> {
    let Some(Seen::Texts(texts)) = audit.field(Field::Currency).map(|field| &field.seen) else {
        return Vec::new();
    };
    let mut scratch = [0; 16];
    let words = (0..texts.len() as u32).map(|id| texts.text(id, &mut scratch).to_owned());
    words
        .filter(|word| !word.trim().is_empty())
        .map(|word| currency_name(&word))
        .collect::<BTreeSet<String>>()
        .into_iter()
        .collect()
}

/// Every label of the fields that people type, with the number of its cells.
type Labels = BTreeMap<Field, BTreeMap<String, u64>>;

fn report(
    export: &mut Export,
    problems: &mut Vec<Problem>,
    labels: &mut Labels,
) -> Result<TableReport> {
    let kind = export.kind().unwrap_or(TableKind::Orders);
    let audit = export.audit()?;
    collect_labels(&audit, labels);
    let (mut ledger, mut rejections, mut refused) = (None, Rejections::default(), Vec::new());
    let mut told = Vec::new();
    if is_known(export) {
        if matches!(kind, TableKind::Orders | TableKind::Deals) {
            if let Some(mut tally) = note(problems, export.survey()) {
                refused = refusals(&tally, export.inputs(), export.options());
                told = notices(&mut tally, export.inputs(), export.options());
                (ledger, rejections) = (Some(tally.ledger), tally.rejections);
            }
        } else if let Some(read) = note(problems, export.collect_records(&[])) {
            (ledger, rejections, told) = (Some(read.ledger), read.rejections, read.notices);
        }
    }
    let of_files: Vec<Error> =
        export.inputs_mut().iter_mut().flat_map(Input::take_problems).collect();
    if !of_files.is_empty() {
        // Rows that cannot be read yet have not shown their currencies.
        refused.extend(several_currencies(&currencies(&audit), export.inputs(), export.options()));
    }
    problems.extend(of_files.iter().chain(&refused).map(Problem::of));
    let are_lines = export.inputs().iter().all(|input| input.mapping.lines);
    Ok(TableReport {
        kind,
        files: export.inputs().iter().map(file).collect(),
        ledger,
        rejections,
        notices: told,
        quality: Quality::of(kind, are_lines, &audit),
    })
}

fn collect_labels(audit: &TableAudit, labels: &mut Labels) {
    let mut scratch = [0; 16];
    for field in audit.fields.iter().filter(|audit| LABELS.contains(&audit.field)) {
        let Seen::Texts(texts) = &field.seen else { continue };
        let known = labels.entry(field.field).or_default();
        for id in 0..texts.len() as u32 {
            let label = texts.text(id, &mut scratch).to_owned();
            *known.entry(label).or_default() += texts.value(id);
        }
    }
}

fn file(input: &Input) -> FileReport {
    let mapping = &input.mapping;
    let mut columns: Vec<ColumnReport> = input
        .headers
        .iter()
        .enumerate()
        .map(|(at, header)| ColumnReport {
            number: at + 1,
            header: header.trim().to_owned(),
            field: None,
            reason: String::new(),
        })
        .collect();
    for told in &mapping.signs {
        columns[told.column].field = Some(Field::Status);
        columns[told.column].reason = told.meaning();
    }
    for customer in &mapping.customer {
        columns[customer.column].field = Some(Field::CustomerId);
    }
    for (field, column) in &mapping.columns {
        columns[*column].field = Some(*field);
        let topic = format!("column {field}");
        let decision = input.decisions.iter().rev().find(|decision| decision.topic == topic);
        columns[*column].reason =
            decision.map(|decision| decision.reason.clone()).unwrap_or_default();
    }
    // A column without a header and without a field is a phantom behind a trailing delimiter.
    columns.retain(|column| !column.header.is_empty() || column.field.is_some());
    let of_topic = |topic: &str| {
        let found = input.decisions.iter().find(|decision| decision.topic == topic);
        found.map(|decision| decision.value.clone())
    };
    let is_known = !mapping.columns.is_empty();
    let profile = (mapping.profile.name.clone(), mapping.profile.title.clone());
    FileReport {
        name: input.name().to_owned(),
        format: of_topic("kind").unwrap_or_else(|| input.source.kind().name().to_owned()),
        encoding: input.source.kind().encoding().map(str::to_owned),
        delimiter: input.text_delimiter(),
        profile: is_known.then_some(profile),
        columns,
        decisions: input
            .decisions
            .iter()
            .filter(|decision| !decision.topic.starts_with("column "))
            .cloned()
            .collect(),
    }
}
