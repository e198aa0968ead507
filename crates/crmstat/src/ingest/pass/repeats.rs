//! Rows that stand in several files, and older versions of one deal.
//!
//! Exports of overlapping periods hold the same rows, weekly snapshots the same deals in other stages. Rows
//! that are equal in every cell count as often as in the file that has most of them. Of a deal or order in
//! several versions that of the latest file counts.

use crate::{
    Result, Timestamp,
    collections::short_text::hash_text,
    data::{Field, Ignored, TableKind},
    ingest::{
        ReadOptions,
        cells::{Parsed, text},
        options::Duplicates,
        pass::{batches::BatchRecords, input::Input},
        profile::{header_key, is_modification},
        text::Wanted,
    },
};
use rayon::slice::ParallelSliceMut;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// Between the cells of a hashed row.
const SEPARATOR: u8 = 0x1F;

/// Which rows of a data set count once, and which not at all.
#[derive(Debug)]
pub(crate) struct Repeats {
    /// Whether rows are compared cell by cell, since the files are laid out in different ways.
    by_cells: bool,
    /// How often rows may count, by their hash; only of those that are there too often.
    rows: HashMap<u64, Allowance>,
    /// The rank of the file whose version counts, by the hash of the deal.
    versions: HashMap<u64, u32>,
    /// The rank of each file in time.
    ranks: Vec<u32>,
    /// The name of the latest file.
    pub(crate) latest: String,
}

#[derive(Debug)]
struct Allowance {
    allowed: u32,
    left: AtomicU32,
}

/// A row as a file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    hash: u64,
    file: u32,
}

/// A row of a deal or order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    key: u64,
    file: u32,
    hash: u64,
}

/// What one thread has seen.
#[derive(Default)]
struct Seen {
    rows: Vec<Row>,
    versions: Vec<Version>,
    latest: Option<Timestamp>,
}

impl Repeats {
    /// Looks through `inputs`; `None` where nothing is repeated or the caller keeps all.
    ///
    /// # Errors
    /// Unreadable inputs, or dates that can be read in two ways.
    pub(crate) fn find(inputs: &mut [Input], options: &ReadOptions) -> Result<Option<Self>> {
        let within = matches!(options.duplicates, Some(Duplicates::Drop | Duplicates::Refuse));
        if options.duplicates == Some(Duplicates::Keep) || (inputs.len() < 2 && !within) {
            return Ok(None);
        }
        let layout = |input: &Input| (input.headers.clone(), input.text_delimiter());
        let first = inputs.first().map(layout);
        let by_cells = inputs.iter().any(|input| {
            let is_text = input.text_delimiter().is_some() && input.partitions().is_empty();
            Some(layout(input)) != first || !is_text
        });
        let mut all = Seen::default();
        let mut latest = Vec::with_capacity(inputs.len());
        for input in &mut *inputs {
            let seen = Seen::of(input, by_cells, options)?;
            all.rows.extend(seen.rows);
            all.versions.extend(seen.versions);
            latest.push(seen.latest);
        }
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        order.sort_by_key(|file| (latest[*file], *file));
        let mut ranks = vec![0; inputs.len()];
        for (rank, file) in order.iter().enumerate() {
            ranks[*file] = rank as u32;
        }
        let lines = inputs.iter().any(|input| input.mapping.lines);
        let found = Self {
            by_cells,
            rows: allowances(all.rows, within),
            versions: versions(all.versions, &ranks, lines, inputs.len()),
            latest: order.last().map(|file| inputs[*file].name().to_owned()).unwrap_or_default(),
            ranks,
        };
        Ok((!found.rows.is_empty() || !found.versions.is_empty()).then_some(found))
    }

    /// Makes every row count anew, before another pass.
    pub(crate) fn begin(&self) {
        for allowance in self.rows.values() {
            allowance.left.store(allowance.allowed, Ordering::Relaxed);
        }
    }
}

/// How often rows may count that are in several files or, `within` one too, there twice.
fn allowances(mut rows: Vec<Row>, within: bool) -> HashMap<u64, Allowance> {
    rows.par_sort_unstable();
    let mut allowances = HashMap::new();
    for equal in rows.chunk_by(|one, next| one.hash == next.hash) {
        let most = equal.chunk_by(|one, next| one.file == next.file).map(<[Row]>::len).max();
        let allowed = if within { 1 } else { most.unwrap_or(1) as u32 };
        if equal.len() as u32 > allowed {
            let left = AtomicU32::new(allowed);
            allowances.insert(equal[0].hash, Allowance { allowed, left });
        }
    }
    allowances
}

/// The rank of the file whose version counts, of deals and orders that files tell in different ways.
fn versions(mut rows: Vec<Version>, ranks: &[u32], lines: bool, files: usize) -> HashMap<u64, u32> {
    rows.par_sort_unstable();
    let mut versions = HashMap::new();
    let mut split = 0;
    for of_one in rows.chunk_by(|one, next| one.key == next.key) {
        let hashes = |rows: &[Version]| rows.iter().map(|row| row.hash).collect::<Vec<_>>();
        let mut of_files = of_one.chunk_by(|one, next| one.file == next.file);
        let first = of_files.next().map(hashes);
        if of_files.all(|other| Some(hashes(other)) == first) {
            continue;
        }
        split += 1;
        let latest = of_one.iter().map(|row| ranks[row.file as usize]).max();
        versions.insert(of_one[0].key, latest.unwrap_or(0));
    }
    // An export cut into files by the number of rows parts the lines of one order at each cut.
    if lines && split < files { HashMap::new() } else { versions }
}

impl Seen {
    /// The rows of `input`.
    fn of(input: &mut Input, by_cells: bool, options: &ReadOptions) -> Result<Self> {
        let dates = dates(input);
        input.decide_formats(&dates, &[], options)?;
        let input = &*input;
        let mut columns = columns(input, by_cells);
        columns.extend(&dates);
        let wanted = input.wanted(columns);
        let reader = RowReader::new(input, &wanted, by_cells);
        let file = input.number as u32;
        let start = std::iter::repeat_with(Self::default).take(rayon::current_num_threads());
        let parts = input.scan(&wanted, start.collect(), &|_| {}, |seen, records| {
            for row in records.first..records.batch.len() {
                let hash = reader.hash(&records, row);
                seen.rows.push(Row { hash, file });
                if let Some(key) = reader.key(&records, row) {
                    seen.versions.push(Version { key, file, hash });
                }
                for column in &dates {
                    let Some(position) = wanted.position(*column) else { continue };
                    let cell = records.batch.cells[position][row].of(&records.block.bytes);
                    if let Parsed::Value(at) = input.date_reader(*column).parse(cell) {
                        seen.latest = seen.latest.max(Some(at));
                    }
                }
            }
            Ok(())
        })?;
        let mut all = Self::default();
        for part in parts {
            all.rows.extend(part.rows);
            all.versions.extend(part.versions);
            all.latest = all.latest.max(part.latest);
        }
        Ok(all)
    }
}

/// The columns by whose dates files follow one another: days that have passed, not expected ones.
fn dates(input: &Input) -> Vec<usize> {
    let fields = [Field::CreatedAt, Field::OrderedAt, Field::WonAt, Field::LostAt, Field::At];
    let mut dates: Vec<usize> =
        fields.iter().filter_map(|field| input.mapping.column(*field)).collect();
    let of_changes = input.mapping.unmapped.iter().copied();
    dates.extend(of_changes.filter(|column| is_modification(&input.headers[*column])));
    dates
}

/// The columns that rows are compared by.
fn columns(input: &Input, by_cells: bool) -> Vec<usize> {
    let mut columns = key_columns(input).unwrap_or_default();
    if by_cells {
        columns.extend(input.readable_columns());
    }
    columns
}

/// The columns by which a row is known as one of the same deal or order: its id, its customer and when it
/// came to be, since other shops may count their orders from one as well. `None` where rows have no id.
fn key_columns(input: &Input) -> Option<Vec<usize>> {
    let mapping = &input.mapping;
    let born = match mapping.kind {
        TableKind::Deals => Field::CreatedAt,
        TableKind::Orders => Field::OrderedAt,
        _ => return None,
    };
    let mut columns = vec![mapping.column(Field::OrderId)?];
    match mapping.column(born) {
        // The contact of a deal may change.
        Some(born) if mapping.kind == TableKind::Deals => columns.push(born),
        born => {
            columns.extend(mapping.customer.iter().map(|customer| customer.column));
            columns.extend(born);
        }
    }
    Some(columns)
}

/// Reads of a row what it is compared by.
pub(crate) struct RowReader {
    seed: u64,
    /// Cells in an order that is the same for every file; `None` is the record as it is written.
    cells: Option<Vec<usize>>,
    key: Option<Vec<usize>>,
}

impl RowReader {
    fn new(input: &Input, wanted: &Wanted, by_cells: bool) -> Self {
        let positions = |columns: Vec<usize>| -> Vec<usize> {
            columns.into_iter().filter_map(|column| wanted.position(column)).collect()
        };
        let mut named: Vec<(String, usize)> = (0..input.headers.len())
            .map(|column| (header_key(&input.headers[column]), column))
            .collect();
        named.sort();
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        Self {
            seed: hash_text(names.join("\u{1F}").as_bytes()),
            cells: by_cells
                .then(|| positions(named.into_iter().map(|(_, column)| column).collect())),
            key: key_columns(input).map(positions),
        }
    }

    /// The hash of record `row` in all its cells.
    fn hash(&self, records: &BatchRecords<'_>, row: usize) -> u64 {
        match &self.cells {
            None => hash_of_record(records.record(row)),
            Some(cells) => self.seed ^ hash_cells(records, row, cells),
        }
    }

    /// The hash of the id of the deal or order in record `row`.
    fn key(&self, records: &BatchRecords<'_>, row: usize) -> Option<u64> {
        let key = self.key.as_ref()?;
        let id = records.batch.cells[*key.first()?][row].of(&records.block.bytes);
        (!text::id(id).0.is_empty()).then(|| hash_cells(records, row, key))
    }
}

fn hash_cells(records: &BatchRecords<'_>, row: usize, positions: &[usize]) -> u64 {
    let mut bytes = Vec::with_capacity(128);
    for position in positions {
        let cell = records.batch.cells[*position][row].of(&records.block.bytes);
        bytes.extend_from_slice(text::clean(cell));
        bytes.push(SEPARATOR);
    }
    hash_text(&bytes)
}

/// The hash of a record of text, whether its cells are quoted or not.
pub(crate) fn hash_of_record(record: &[u8]) -> u64 {
    if memchr::memchr(b'"', record).is_none() {
        return hash_text(record);
    }
    let mut bare = Vec::with_capacity(record.len());
    record.split(|byte| *byte == b'"').for_each(|part| bare.extend_from_slice(part));
    hash_text(&bare)
}

/// Which rows of one input count.
pub(crate) struct Counting {
    repeats: Arc<Repeats>,
    rows: RowReader,
    rank: u32,
}

impl Counting {
    /// The columns that are looked at of `input`; empty where all its rows count.
    pub(crate) fn columns(input: &Input) -> Vec<usize> {
        input.repeats.as_ref().map_or_else(Vec::new, |repeats| columns(input, repeats.by_cells))
    }

    /// `None` where all rows count. Begins a new pass with the first input.
    pub(crate) fn new(input: &Input, wanted: &Wanted) -> Option<Self> {
        let repeats = Arc::clone(input.repeats.as_ref()?);
        if input.number == 0 {
            repeats.begin();
        }
        let rows = RowReader::new(input, wanted, repeats.by_cells);
        let rank = repeats.ranks[input.number];
        Some(Self { repeats, rows, rank })
    }

    /// Why record `row`, accepted but for this, does not count; `None` where it does.
    pub(crate) fn left_out(&self, records: &BatchRecords<'_>, row: usize) -> Option<Ignored> {
        if !self.repeats.versions.is_empty()
            && let Some(key) = self.rows.key(records, row)
            && self.repeats.versions.get(&key).is_some_and(|latest| *latest > self.rank)
        {
            return Some(Ignored::OlderVersion);
        }
        let allowance = self.repeats.rows.get(&self.rows.hash(records, row))?;
        let spend = |left: u32| left.checked_sub(1);
        let is_spent =
            allowance.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_err();
        is_spent.then_some(Ignored::Repeated)
    }
}
