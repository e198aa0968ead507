//! One file on its way in: what it is, which column is which field, how its cells are written.

use crate::{
    Error, Place, Result,
    collections::short_text::hash_text,
    data::{
        ColumnKey, Decision, DiscountUnit, Field, Finding, Notice, Setting, Severity, TableKind,
        field::FieldType,
    },
    ingest::{
        ReadOptions, Zone,
        cells::{
            Parsed, Verdict,
            date::{DateEvidence, DateFormat, DateReader},
            number::{NumberEvidence, NumberFormat},
        },
        hierarchy, json,
        merge::Merge,
        orders::{line_amounts::LineAmounts, product_prices::ProductPrices, refunded},
        pass::{
            batches::{BatchRecords, Text, scan},
            repeats::Repeats,
        },
        profile::{
            DateOrder, Decimal, Expected, Mapping,
            guess::{self, Looks},
            header_key, outcome,
        },
        source::{
            ExportFile, Kind, Source, SourceOptions,
            partitions::{self, Partition},
        },
        text::{Batch, Block, Layout, Wanted},
        typed::{self, Left, TypedRows},
        typed_file::TypedFile,
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// What the orders or deals of a data set are for, beside tables of other kinds.
const MAIN_ROLE: &str = "export";

/// A file whose columns are known.
#[derive(Debug)]
pub(crate) struct Input {
    /// Its place among the inputs of the data set.
    pub(crate) number: usize,
    pub(crate) source: Source,
    pub(crate) body: Body,
    /// The file's own, then those that its folders name.
    pub(crate) headers: Vec<String>,
    partitions: Vec<Partition>,
    pub(crate) mapping: Mapping,
    /// What was decided so far.
    pub(crate) decisions: Vec<Decision>,
    /// What changes the answer and was found on opening it.
    pub(crate) notices: Vec<Notice>,
    /// What each order is worth, where that is in a table of its own.
    pub(crate) line_amounts: Option<Arc<LineAmounts>>,
    /// What a piece of each product costs, where that is in a table of its own.
    pub(crate) product_prices: Option<Arc<ProductPrices>>,
    /// What the discounts are, once it is decided.
    pub(crate) discounts: Option<DiscountUnit>,
    /// Labels that are read as another one.
    pub(crate) merges: Vec<Merge>,
    /// Which of its rows count, where some are in another file as well.
    pub(crate) repeats: Option<Arc<Repeats>>,
    /// What would be refused, were the input not only looked at.
    problems: Option<Vec<Error>>,
    zone: Option<Zone>,
    sample: Vec<Vec<String>>,
    dates: BTreeMap<usize, DateFormat>,
    numbers: BTreeMap<usize, NumberFormat>,
}

/// How its rows are stored.
#[derive(Debug)]
pub(crate) enum Body {
    /// As delimited text, or as a sheet that was turned into it.
    Text(Text),
    /// As typed columns.
    Typed(TypedFile),
}

impl Input {
    /// Opens `file`, the `number`-th input of the data set.
    ///
    /// # Errors
    /// What cannot be read or recognised; columns that make up no table are a problem to be noted where
    /// the input is only to be `inspected`.
    pub(crate) fn open(
        file: &ExportFile,
        number: usize,
        options: &ReadOptions,
        inspected: bool,
    ) -> Result<Self> {
        // A profile that the caller chose also says how its files are written.
        let dialect = options.profile.as_ref().map(|profile| profile.dialect.clone());
        let dialect = dialect.unwrap_or_default();
        let encoding = options.encoding.clone().or(dialect.encoding);
        let delimiter =
            options.delimiter.or(dialect.delimiter.and_then(|mark| u8::try_from(mark).ok()));
        let name = file.name();
        let source = Source::open(
            file,
            &SourceOptions {
                encoding,
                sheet: options.sheet.clone(),
                inputs: options.inputs.clone(),
                role: options.kind.map_or(MAIN_ROLE, TableKind::name),
            },
        )?;
        let mut decisions = source.decisions().to_vec();
        let (body, mut headers, mut sample, telling) = if let Some(file) = TypedFile::open(&source)?
        {
            let headers: Vec<String> =
                file.columns().iter().map(|column| column.name.clone()).collect();
            let names: Vec<&str> = headers.iter().map(String::as_str).collect();
            let sample = typed::sample(&file)?;
            let telling = outcome::telling(&names, &sample);
            (Body::Typed(file), headers, sample, telling)
        } else {
            let failure = |cause| source.failure(cause);
            let layout = match source.kind() {
                Kind::Json => Layout::known(source.reader()?).map_err(failure)?,
                // A sheet is always turned into commas.
                Kind::Sheet => Layout::sniff(source.reader()?, name, None, failure)?,
                _ => Layout::sniff(source.reader()?, name, delimiter, failure)?,
            };
            if source.kind() != Kind::Sheet {
                decisions.extend(layout.decisions);
            }
            let text = Text { dialect: layout.dialect, skip: layout.skip };
            let names: Vec<&str> = layout.headers.iter().map(String::as_str).collect();
            let telling = outcome::telling(&names, &layout.sample);
            (Body::Text(text), layout.headers, layout.sample, telling)
        };
        let mut partitions = partitions::of(name);
        // Some writers keep the keys in the file as well.
        partitions.retain(|partition| !headers.contains(&partition.key));
        if !partitions.is_empty() {
            let keys: Vec<&str> = partitions.iter().map(|found| found.key.as_str()).collect();
            decisions.push(Decision {
                file: name.to_owned(),
                topic: "columns".to_owned(),
                value: format!("`{}` added", keys.join("`, `")),
                reason: "the folders of the file name them".to_owned(),
                option: None,
            });
        }
        headers.extend(partitions.iter().map(|partition| partition.key.clone()));
        for row in &mut sample {
            row.resize(headers.len() - partitions.len(), String::new());
            row.extend(partitions.iter().map(|partition| partition.value.clone()));
        }
        let names: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut problems = inspected.then(Vec::new);
        let looks = Looks::of(names.len(), &sample);
        let found = Expected::new(options).recognise(&names, &telling, &looks);
        let found = found.map_err(|error| {
            let error = in_other_sheet(error, &source, file, options);
            error.at(Place { file: name.to_owned(), ..Place::default() })
        });
        let found = hierarchy::refuse(found, &headers, &sample).map_err(|error| {
            let file = name.to_owned();
            if error.place().is_some() {
                error
            } else {
                error.at(Place { file, ..Place::default() })
            }
        });
        let mut mapping = match (found, &mut problems) {
            (Err(error), Some(problems)) => {
                problems.push(error);
                Mapping::unknown(&names, options.kind)
            }
            (found, _) => found?,
        };
        if !sample.is_empty() {
            mapping.prefer_filled(|column| {
                sample.iter().any(|row| row.get(column).is_some_and(|cell| !cell.trim().is_empty()))
            });
        }
        if !options.map.iter().any(|(field, _)| *field == Field::Refunded) {
            let is_flag =
                |column: usize| matches!(&body, Body::Typed(file) if file.is_flag(column));
            refunded::check(&mut mapping, &headers, |column| {
                if is_flag(column) {
                    return vec!["true"];
                }
                sample.iter().filter_map(|row| Some(row.get(column)?.as_str())).collect()
            });
        }
        decisions.extend(
            mapping
                .decisions
                .drain(..)
                .map(|decision| Decision { file: name.to_owned(), ..decision }),
        );
        let guess = source.guessed_encoding().map(|encoding| {
            let finding = Finding::GuessedEncoding { encoding };
            let notice = Notice::new(Severity::Warning, finding, 0).of_file(name);
            notice.settled_by("encoding", encoding.to_lowercase())
        });
        let sheets = source.chosen_sheet().map(|chosen| {
            let finding =
                Finding::OtherSheets { sheet: chosen.name.clone(), others: quoted(&chosen.others) };
            let notice = Notice::new(Severity::Warning, finding, 0).of_file(name);
            notice.settled_by("sheet", chosen.name.clone())
        });
        let guessed = guess::notices(&mapping, &headers, &sample, &options.map, name);
        let point = NumberFormat::new(Decimal::Point);
        let numbers = source.numbers().iter().map(|column| (*column, point)).collect();
        let mut input = Self {
            number,
            source,
            body,
            headers,
            partitions,
            mapping,
            decisions,
            notices: guess.into_iter().chain(guessed).chain(sheets).collect(),
            line_amounts: None,
            product_prices: None,
            discounts: None,
            merges: Vec::new(),
            repeats: None,
            problems,
            zone: options.zone.clone(),
            sample,
            dates: BTreeMap::new(),
            numbers,
        };
        for column in 0..input.headers.len() {
            let is_date = |field: &Field| field.field_type() == FieldType::Date;
            let mut fields = input.mapping.columns.iter();
            if input.is_utc(column) && fields.any(|(field, at)| *at == column && is_date(field)) {
                input.decide_zone(column, "the column's type is an instant in UTC".to_owned());
            }
        }
        Ok(input)
    }

    /// Whether its rows are typed columns.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self.body, Body::Typed(_))
    }

    /// The columns whose cells can be read.
    pub(crate) fn readable_columns(&self) -> Vec<usize> {
        let all = 0..self.headers.len();
        match &self.body {
            Body::Text(_) => all.filter(|column| self.source.nested(*column).is_none()).collect(),
            Body::Typed(file) => {
                let own = self.own_columns();
                all.filter(|column| *column >= own || file.is_readable(*column)).collect()
            }
        }
    }

    /// Notes `error` where the input is only looked at.
    ///
    /// # Errors
    /// The same error everywhere else.
    pub(crate) fn refuse(&mut self, error: Error) -> Result<()> {
        match &mut self.problems {
            Some(problems) => {
                problems.push(error);
                Ok(())
            }
            None => Err(error),
        }
    }

    /// The problems noted so far.
    pub(crate) fn take_problems(&mut self) -> Vec<Error> {
        self.problems.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether `cell` is one of the profile's own words for "nothing here".
    pub(crate) fn is_null(&self, cell: &[u8]) -> bool {
        let profile = &self.mapping.profile;
        !profile.null.is_empty()
            && std::str::from_utf8(cell).is_ok_and(|cell| profile.is_null(cell))
    }

    /// `parsed`, or a missing value where `cell` is invalid only because it is a word for "nothing here".
    pub(crate) fn or_null<T>(&self, cell: &[u8], parsed: Parsed<T>) -> Parsed<T> {
        match parsed {
            Parsed::Invalid(_) if self.is_null(cell) => Parsed::Missing,
            parsed => parsed,
        }
    }

    /// The name under which it was opened.
    pub(crate) fn name(&self) -> &str {
        self.source.name()
    }

    /// Bytes of text or rows of Parquet, where known.
    pub(crate) fn len_hint(&self) -> Option<u64> {
        match &self.body {
            Body::Text(_) => self.source.len_hint(),
            Body::Typed(file) => Some(file.rows_hint()),
        }
    }

    /// The delimiter of its records.
    pub(crate) fn delimiter(&self) -> u8 {
        match &self.body {
            Body::Text(text) => text.dialect.delimiter,
            Body::Typed(_) => typed::DELIMITER,
        }
    }

    /// The first rows of a text or sheet.
    pub(crate) fn sample(&self) -> &[Vec<String>] {
        &self.sample
    }

    /// The delimiter of a text that is no sheet.
    pub(crate) fn text_delimiter(&self) -> Option<char> {
        match (&self.body, self.source.kind()) {
            (Body::Text(text), Kind::Text { .. }) => Some(char::from(text.dialect.delimiter)),
            _ => None,
        }
    }

    /// The order of the dates that do not begin with the year, where all columns agree on one.
    pub(crate) fn date_order(&self) -> Option<DateOrder> {
        only(self.dates.values().map(|format| format.order()).filter(|at| *at != DateOrder::Ymd))
    }

    /// The decimal sign, where all columns agree on one.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        only(self.numbers.values().map(|format| format.decimal()))
    }

    /// The place of a column, or of the whole file.
    pub(crate) fn place(&self, column: Option<usize>) -> Place {
        Place {
            file: self.name().to_owned(),
            line: None,
            column: column.and_then(|column| self.headers.get(column)).cloned(),
        }
    }

    /// The column that `key` names, from 0. A header is found as a person would: letter case, spaces and
    /// punctuation do not count unless they tell two headers apart; `#3` is the third column.
    pub(crate) fn column_of(&self, key: &ColumnKey) -> Option<usize> {
        let name = match key {
            ColumnKey::Field(field) => return self.mapping.column(*field),
            ColumnKey::Header(name) => name.trim(),
        };
        if let Some(place) = name.strip_prefix('#').and_then(|place| place.parse::<usize>().ok()) {
            return place.checked_sub(1).filter(|column| *column < self.headers.len());
        }
        let find = |is: &dyn Fn(&str) -> bool| self.headers.iter().position(|own| is(own));
        let wanted = header_key(name);
        find(&|own| own.trim() == name)
            .or_else(|| find(&|own| !wanted.is_empty() && header_key(own) == wanted))
    }

    /// The wanted columns of a text.
    pub(crate) fn wanted(&self, columns: Vec<usize>) -> Wanted {
        let own = &self.headers[..self.own_columns()];
        let phantom = own.last().is_some_and(|header| header.trim().is_empty());
        Wanted::new(columns, own.len(), phantom)
    }

    /// The number of columns in the file itself.
    fn own_columns(&self) -> usize {
        self.headers.len() - self.partitions.len()
    }

    /// What tells its rows from equal ones in other folders.
    pub(crate) fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// What tells the records of its text from equal ones in other folders; 0 where no folder tells anything.
    pub(crate) fn record_seed(&self) -> u64 {
        let keys = self.partitions.iter();
        let text: String = keys.flat_map(|found| [&*found.key, "\u{1F}", &*found.value]).collect();
        if text.is_empty() { 0 } else { hash_text(text.as_bytes()) }
    }

    /// The values of the wanted columns that the folders name.
    fn wanted_partitions(&self, wanted: &Wanted) -> Vec<&str> {
        let own = self.own_columns();
        let columns = wanted.columns().iter().filter_map(|column| column.checked_sub(own));
        columns.map(|at| self.partitions[at].value.as_str()).collect()
    }

    /// How the dates of `column` are read; decided by [`Input::decide_formats`].
    pub(crate) fn date_reader(&self, column: usize) -> DateReader<'_> {
        DateReader {
            format: self.dates.get(&column).copied().unwrap_or(DateFormat::new(DateOrder::Ymd)),
            zone: self.zone.as_ref(),
            is_utc: self.is_utc(column),
        }
    }

    /// How the numbers of `column` are written; decided by [`Input::decide_formats`].
    pub(crate) fn number_format(&self, column: usize) -> NumberFormat {
        self.numbers.get(&column).copied().unwrap_or(NumberFormat::new(Decimal::Point))
    }

    /// Decides how the dates and numbers of these columns are written: from the first rows, and from
    /// every row where those leave it open.
    ///
    /// # Errors
    /// Where all rows leave it open, too.
    pub(crate) fn decide_formats(
        &mut self,
        dates: &[usize],
        numbers: &[usize],
        options: &ReadOptions,
    ) -> Result<()> {
        let open = |known: bool, column: usize| !known && self.is_text(column);
        let mut evidence = Evidence::of_columns(
            dates.iter().copied().filter(|at| open(self.dates.contains_key(at), *at)).collect(),
            numbers.iter().copied().filter(|at| open(self.numbers.contains_key(at), *at)).collect(),
        );
        for row in &self.sample {
            evidence.observe(|column| row.get(column).map_or(&[][..], String::as_bytes));
        }
        let open = evidence.open(options);
        if !open.is_empty() {
            let of_all_rows = self.evidence_of_all_rows(&open)?;
            evidence.replace(of_all_rows);
        }
        for (column, verdict) in evidence.date_verdicts(options, self.mapping.profile.date_order) {
            let format = self.settle(column, "dates", "--date-order", verdict)?;
            self.dates.extend(format.map(|format| (column, format)));
            let zoned = evidence.dates[&column].zoned();
            if zoned > 0 {
                self.decide_zone(column, format!("{zoned} of the cells looked at name a zone"));
            }
        }
        for (column, verdict) in evidence.number_verdicts(options, self.mapping.profile.decimal) {
            let format = self.settle(column, "numbers", "--decimal", verdict)?;
            self.numbers.extend(format.map(|format| (column, format)));
        }
        Ok(())
    }

    /// Records what becomes of stamps that carry a zone.
    fn decide_zone(&mut self, column: usize, evidence: String) {
        self.decisions.push(Decision {
            file: self.name().to_owned(),
            topic: format!("time zone in `{}`", self.headers[column].trim()),
            value: match &self.zone {
                Some(zone) => format!("moved to {zone}"),
                None => "left aside, the wall time kept".to_owned(),
            },
            reason: evidence,
            option: Some("--tz"),
        });
    }

    /// Records a verdict as a decision, or refuses what is ambiguous.
    fn settle<F: std::fmt::Display>(
        &mut self,
        column: usize,
        what: &str,
        option: &'static str,
        verdict: Verdict<F>,
    ) -> Result<Option<F>> {
        match verdict {
            Verdict::Decided { format, reason } => {
                self.decisions.push(Decision {
                    file: self.name().to_owned(),
                    topic: format!("{what} in `{}`", self.headers[column].trim()),
                    value: format.to_string(),
                    reason,
                    option: Some(option),
                });
                Ok(Some(format))
            }
            Verdict::Empty => Ok(None),
            Verdict::Ambiguous { examples, reason } => {
                let message = format!(
                    "the {what} can be read in two ways, such as `{}`: {reason}",
                    examples.join("`, `")
                );
                let error = Error::data(message)
                    .at(self.place(Some(column)))
                    .with_hint(format!("say which is meant with `{option}`"));
                self.refuse(error).map(|()| None)
            }
        }
    }

    fn evidence_of_all_rows(&self, open: &Evidence) -> Result<Evidence> {
        let wanted = self.wanted(open.columns());
        let states = vec![open.clone(); rayon::current_num_threads()];
        let parts = self.scan(&wanted, states, &|_| {}, |state, records| {
            for row in records.first..records.batch.len() {
                state.observe(|column| {
                    let cells = wanted.position(column).map(|at| &records.batch.cells[at]);
                    cells.map_or(&[][..], |cells| cells[row].of(&records.block.bytes))
                });
            }
            Ok(())
        })?;
        Ok(parts.into_iter().fold(open.clone(), |mut all, part| {
            all.merge(&part);
            all
        }))
    }

    /// One pass over the rows: gives the wanted cells, batch by batch, to `states`, each of which
    /// belongs to one thread.
    ///
    /// # Errors
    /// What cannot be read, or the earliest error of `visit`.
    pub(crate) fn scan<S: Send>(
        &self,
        wanted: &Wanted,
        states: Vec<S>,
        progress: &(dyn Fn(u64) + Sync),
        visit: impl Fn(&mut S, BatchRecords<'_>) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        self.scan_typed(wanted, states, progress, |_, _| Left::All, visit)
    }

    /// As [`Input::scan`], but typed rows go to `take` first, which says which of them it leaves.
    ///
    /// # Errors
    /// As [`Input::scan`].
    pub(crate) fn scan_typed<S: Send>(
        &self,
        wanted: &Wanted,
        states: Vec<S>,
        progress: &(dyn Fn(u64) + Sync),
        take: impl Fn(&mut S, &TypedRows<'_>) -> Left + Sync,
        visit: impl Fn(&mut S, BatchRecords<'_>) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        let nested = |column: &usize| Some((*column, self.source.nested(*column)?));
        if let Some((column, line)) = wanted.columns().iter().find_map(nested) {
            return Err(json::nested(self.name(), &self.headers[column], line));
        }
        let scanned = match &self.body {
            Body::Text(text) => {
                let own = wanted.first(self.own_columns());
                let more = self.wanted_partitions(wanted);
                let fill = |block: &mut Block, batch: &mut Batch| {
                    batch.fill(block, text.dialect, &own);
                    for value in &more {
                        batch.push_constant(block, value.as_bytes());
                    }
                };
                scan(&self.source, text, fill, states, progress, visit)
            }
            Body::Typed(file) => {
                let own = wanted.first(self.own_columns());
                let more = self.wanted_partitions(wanted);
                typed::scan(file, own.columns(), &more, states, progress, take, visit)
            }
        };
        // Whatever was found in a file that changed meanwhile, it is not what the file holds.
        self.source.check_unchanged()?;
        scanned
    }

    /// Whether the stamps of `column` are in UTC, as its type says.
    fn is_utc(&self, column: usize) -> bool {
        match &self.body {
            Body::Text(_) => false,
            Body::Typed(file) => file.is_utc(column),
        }
    }

    /// Whether the cells of `column` are text that must be parsed.
    fn is_text(&self, column: usize) -> bool {
        match &self.body {
            Body::Text(_) => true,
            Body::Typed(file) => column >= self.own_columns() || file.is_text(column),
        }
    }
}

/// `error` of a sheet that is no table that is known, with the sheets that may be meant.
fn in_other_sheet(
    error: Error,
    source: &Source,
    file: &ExportFile,
    options: &ReadOptions,
) -> Error {
    let Some(chosen) = source.chosen_sheet() else { return error };
    let is_meant = |sheet: &&String| {
        let options = ReadOptions { sheet: Some((*sheet).clone()), ..options.clone() };
        Input::open(file, 0, &options, false).is_ok_and(|input| {
            let kind = input.mapping.kind;
            options.kind.is_some() || matches!(kind, TableKind::Orders | TableKind::Deals)
        })
    };
    let hint = match chosen.others.iter().find(is_meant) {
        Some(sheet) => format!("`{}` reads another sheet", Setting::new("sheet", sheet)),
        None => "another sheet may be meant: name it with `--sheet NAME`".to_owned(),
    };
    let sheets =
        format!("this is the sheet `{}`, the others are {}", chosen.name, quoted(&chosen.others));
    let own = error.hint().map(|own| format!("; {own}")).unwrap_or_default();
    let hint = format!("{hint}; {sheets}{own}");
    error.with_hint(hint)
}

/// `words`, quoted, one after another.
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The value that all of `values` are.
fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// What the cells of the columns in question say about how they are written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    dates: BTreeMap<usize, DateEvidence>,
    numbers: BTreeMap<usize, NumberEvidence>,
}

impl Evidence {
    fn of_columns(dates: Vec<usize>, numbers: Vec<usize>) -> Self {
        Self {
            dates: dates.into_iter().map(|column| (column, DateEvidence::default())).collect(),
            numbers: numbers
                .into_iter()
                .map(|column| (column, NumberEvidence::default()))
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.dates.is_empty() && self.numbers.is_empty()
    }

    /// The columns in question.
    pub(crate) fn columns(&self) -> Vec<usize> {
        self.dates.keys().chain(self.numbers.keys()).copied().collect()
    }

    /// Takes one row into account.
    pub(crate) fn observe<'a>(&mut self, cell: impl Fn(usize) -> &'a [u8]) {
        for (column, evidence) in &mut self.dates {
            evidence.observe(cell(*column));
        }
        for (column, evidence) in &mut self.numbers {
            evidence.observe(cell(*column));
        }
    }

    /// Adds what another part of the rows says.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (column, theirs) in &other.dates {
            self.dates.entry(*column).or_default().merge(theirs);
        }
        for (column, theirs) in &other.numbers {
            self.numbers.entry(*column).or_default().merge(theirs);
        }
    }

    /// The columns that this leaves open, without evidence.
    fn open(&self, options: &ReadOptions) -> Self {
        let decided = |at: &usize| {
            !matches!(self.dates[at].decide(options.date_order, None), Verdict::Decided { .. })
        };
        let told = |at: &usize| options.decimal.is_none() && !self.numbers[at].is_telling();
        Self::of_columns(
            self.dates.keys().copied().filter(decided).collect(),
            self.numbers.keys().copied().filter(told).collect(),
        )
    }

    fn replace(&mut self, other: Self) {
        self.dates.extend(other.dates);
        self.numbers.extend(other.numbers);
    }

    /// What each date column says; a column that leaves it open follows `usual`, or the other columns
    /// where those agree: a CRM writes all its dates alike.
    fn date_verdicts(
        &self,
        options: &ReadOptions,
        usual: Option<DateOrder>,
    ) -> Vec<(usize, Verdict<DateFormat>)> {
        let forced = options.date_order;
        let all = self.dates.values().fold(DateEvidence::default(), |mut all, evidence| {
            all.merge(evidence);
            all
        });
        let verdict = |evidence: &DateEvidence| match evidence.decide(forced, None) {
            Verdict::Ambiguous { .. } => match all.decide(forced, None) {
                Verdict::Decided { format, .. } => {
                    Verdict::Decided { format, reason: "as in the other date columns".to_owned() }
                }
                _ => evidence.decide(forced, usual),
            },
            clear => clear,
        };
        self.dates.iter().map(|(column, evidence)| (*column, verdict(evidence))).collect()
    }

    fn number_verdicts(
        &self,
        options: &ReadOptions,
        usual: Option<Decimal>,
    ) -> Vec<(usize, Verdict<NumberFormat>)> {
        self.numbers
            .iter()
            .map(|(column, evidence)| (*column, evidence.decide(options.decimal, usual)))
            .collect()
    }
}
