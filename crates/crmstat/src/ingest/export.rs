//! The files of one data set, opened and recognised.

use super::{
    ReadOptions,
    audit::{TableAudit, audit},
    columns::RawColumn,
    deals::{CollectedDeals, collect_deals},
    merge::{self, Merged},
    source::{ExportFile, expand},
};
use crate::{
    Error, Place, Result, Window,
    collections::sharded_map::Groups,
    data::{ColumnKey, Field, Imported, OrdersQuery, Records, TableKind, Texts},
    ingest::{
        distinct_ids::keys,
        options::Duplicates,
        orders::{
            all_rows::{Collected, collect_orders},
            amount::decided,
            daily::{Asked, DailySums, add_up},
            line_amounts::LineAmounts,
            per_customer::{PerCustomer, gather, survey},
            product_prices::ProductPrices,
        },
        pass::{input::Input, repeats::Repeats, tally::Tally},
        records::collect_records,
    },
};
use std::sync::Arc;

/// What is told how many bytes or rows have been read since it was last told.
type Progress = Box<dyn Fn(u64) + Send + Sync>;

/// One or more files of one data set, ready to be read as often as needed.
///
/// ```no_run
/// use crmstat::{ingest::{Export, ReadOptions}, analysis::rfm};
///
/// let mut export = Export::open(&["deals.csv"], ReadOptions::default())?;
/// let scored = rfm::score(&mut export, &rfm::Options::default())?;
/// println!("{} customers as of {}", scored.result.len(), scored.result.as_of());
/// # Ok::<(), crmstat::Error>(())
/// ```
pub struct Export {
    inputs: Vec<Input>,
    options: ReadOptions,
    progress: Option<Progress>,
}

impl Export {
    /// Opens `files`: paths, glob patterns, or `-` for standard input.
    ///
    /// # Errors
    /// A pattern without a file, a file that cannot be read or recognised, or files of different tables.
    pub fn open<S: AsRef<str>>(files: &[S], options: ReadOptions) -> Result<Self> {
        Self::open_as(&named(files)?, options, false)
    }

    /// Opens `bytes`, in any format that a file may have, as a file called `name`.
    ///
    /// ```
    /// use crmstat::{analysis::rfm, ingest::{Export, ReadOptions}};
    ///
    /// let csv = "customer_id,order_date,amount\nA,2025-01-05,10\nB,2025-02-03,15\n";
    /// let mut export = Export::from_bytes("orders", csv, ReadOptions::default())?;
    /// let scored = rfm::score(&mut export, &rfm::Options::default())?;
    /// assert_eq!(scored.result.len(), 2);
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Export::open`].
    pub fn from_bytes(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        options: ReadOptions,
    ) -> Result<Self> {
        Self::of([ExportFile::bytes(name, bytes)], options)
    }

    /// Opens what `reader` gives up to its end as a file called `name`; see [`ExportFile::reader`].
    ///
    /// # Errors
    /// As [`Export::open`], and a reader that fails.
    pub fn from_reader(
        name: impl Into<String>,
        reader: impl std::io::Read,
        options: ReadOptions,
    ) -> Result<Self> {
        Self::of([ExportFile::reader(name, reader)?], options)
    }

    /// Opens `files` of one data set, wherever they are. A path is taken literally.
    ///
    /// # Errors
    /// As [`Export::open`].
    pub fn of(
        files: impl IntoIterator<Item = impl Into<ExportFile>>,
        options: ReadOptions,
    ) -> Result<Self> {
        let files: Vec<ExportFile> = files.into_iter().map(Into::into).collect();
        Self::open_as(&files, options, false)
    }

    /// Opens `files` to be looked at: what an analysis would refuse is noted by the inputs.
    pub(crate) fn open_inspected(files: &[ExportFile], options: ReadOptions) -> Result<Self> {
        Self::open_as(files, options, true)
    }

    fn open_as(files: &[ExportFile], options: ReadOptions, inspected: bool) -> Result<Self> {
        let mut inputs = files
            .iter()
            .enumerate()
            .map(|(number, file)| Input::open(file, number, &options, inspected))
            .collect::<Result<Vec<_>>>()?;
        if let [first, rest @ ..] = &inputs[..]
            && let Some(other) = rest.iter().find(|input| input.mapping.kind != first.mapping.kind)
        {
            let error = Error::data(format!(
                "holds {}, but `{}` holds {}",
                other.mapping.kind,
                first.name(),
                first.mapping.kind
            ))
            .at(Place { file: other.name().to_owned(), ..Place::default() })
            .with_hint("give tables of other kinds with their own options, such as `--lines`");
            inputs[0].refuse(error)?;
        }
        let others = identical(&inputs, &options)?;
        match others {
            Identical::Refused(error) => inputs[0].refuse(error)?,
            Identical::Left(numbers) => {
                inputs.retain(|input| !numbers.contains(&input.number));
                inputs.iter_mut().enumerate().for_each(|(at, input)| input.number = at);
            }
        }
        merge::find(&mut inputs, &options)?;
        if let Some(repeats) = Repeats::find(&mut inputs, &options)?.map(Arc::new) {
            for input in &mut inputs {
                input.repeats = Some(Arc::clone(&repeats));
            }
        }
        Ok(Self { inputs, options, progress: None })
    }

    /// Calls `progress` with the bytes of text or the rows of Parquet read since the last call.
    #[must_use]
    pub fn on_progress(mut self, progress: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// What progress adds up to: bytes of text, rows of Parquet; `None` where a length is not known.
    pub fn len_hint(&self) -> Option<u64> {
        self.inputs.iter().map(Input::len_hint).sum()
    }

    /// The names of the files, in the order in which they are read.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(Input::name)
    }

    /// The labels that are read as another one, as [`ReadOptions::merge`] asks, by file and column.
    pub fn merged(&self) -> impl Iterator<Item = &Merged> {
        self.inputs.iter().flat_map(|input| &input.merges).map(|merge| &merge.merged)
    }

    /// What the rows of the files are.
    pub fn kind(&self) -> Option<TableKind> {
        self.inputs.first().map(|input| input.mapping.kind)
    }

    /// The name of the profile that the first file follows.
    pub fn profile(&self) -> Option<&str> {
        self.inputs.first().map(|input| input.mapping.profile.name.as_str())
    }

    /// Takes the amounts of the orders from their `lines`, in the files that have no amount themselves:
    /// the sum of price times quantity less the discount.
    ///
    /// Open such files with [`ReadOptions::amounts_in_lines`], since without it orders need an amount.
    ///
    /// # Errors
    /// Lines without ids of orders, without prices, or in several currencies.
    pub fn take_amounts_of(&mut self, lines: &Records) -> Result<()> {
        let without = |input: &&mut Input| {
            let has = |field| input.mapping.column(field).is_some();
            !(has(Field::Amount) || has(Field::Price) && has(Field::Quantity))
        };
        let mut inputs = self.inputs.iter_mut().filter(without).peekable();
        if inputs.peek().is_none() {
            return Ok(());
        }
        let amounts = Arc::new(LineAmounts::of(lines)?);
        for input in inputs {
            input.decisions.push(decided(input, "summed over the order lines"));
            input.line_amounts = Some(Arc::clone(&amounts));
        }
        Ok(())
    }

    /// Takes the prices of the orders or lines from the table of `products`, in the files that have neither
    /// amounts nor prices themselves: an amount is then price times quantity less the discount.
    ///
    /// Open such files with [`ReadOptions::prices_in_products`], since without it they need a price.
    ///
    /// # Errors
    /// Products without ids or prices.
    pub fn take_prices_of(&mut self, products: &Records) -> Result<()> {
        let takes = |input: &&mut Input| {
            let has = |field| input.mapping.column(field).is_some();
            let is_line = input.mapping.kind == TableKind::Lines || has(Field::Quantity);
            has(Field::Product) && is_line && !has(Field::Amount) && !has(Field::Price)
        };
        let mut inputs = self.inputs.iter_mut().filter(takes).peekable();
        if inputs.peek().is_none() {
            return Ok(());
        }
        let prices = Arc::new(ProductPrices::of(products)?);
        for input in inputs {
            input.decisions.push(decided(input, "quantities at the prices of the products"));
            input.product_prices = Some(Arc::clone(&prices));
        }
        Ok(())
    }

    /// The distinct texts of `field` in every row, whatever becomes of the row: what rows of other tables
    /// are joined to. Empty where no file has the field.
    ///
    /// # Errors
    /// Unreadable files.
    pub fn keys(&self, field: Field) -> Result<Texts> {
        keys(&self.inputs, field, progress_of(self.progress.as_ref()))
    }

    pub(crate) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    pub(crate) fn inputs_mut(&mut self) -> &mut [Input] {
        &mut self.inputs
    }

    /// The account of all rows, without refusing what only the whole of them shows.
    pub(crate) fn survey(&mut self) -> Result<Tally> {
        survey(&mut self.inputs, &self.options, progress_of(self.progress.as_ref()))
    }

    /// What the cells of every mapped column hold.
    pub(crate) fn audit(&mut self) -> Result<TableAudit> {
        audit(&mut self.inputs, &self.options, progress_of(self.progress.as_ref()))
    }

    pub(crate) fn options(&self) -> &ReadOptions {
        &self.options
    }

    /// Gathers the orders of `window` by customer.
    pub(crate) fn gather<V: PerCustomer>(&mut self, window: Window) -> Result<Imported<Groups<V>>> {
        gather(&mut self.inputs, &self.options, window, progress_of(self.progress.as_ref()))
    }

    /// Collects the orders that `query` asks for.
    pub(crate) fn collect_orders(&mut self, query: &OrdersQuery) -> Result<Imported<Collected>> {
        collect_orders(&mut self.inputs, &self.options, query, progress_of(self.progress.as_ref()))
    }

    /// Adds up the orders that are `asked` for by labels and day; `None` where that takes more than a pass.
    pub(crate) fn add_up(&mut self, asked: &Asked<'_>) -> Result<Option<Imported<DailySums>>> {
        let progress = progress_of(self.progress.as_ref());
        add_up(&mut self.inputs, &self.options, asked, progress)
    }

    /// Collects every deal, whatever became of it.
    /// `fields` begin with [`Deals::FIELDS`](crate::data::Deals::FIELDS).
    pub(crate) fn collect_deals(
        &mut self,
        columns: &[ColumnKey],
    ) -> Result<Imported<CollectedDeals>> {
        let progress = progress_of(self.progress.as_ref());
        collect_deals(&mut self.inputs, &self.options, columns, progress)
    }

    /// Collects the rows of a table that is neither orders nor deals.
    pub(crate) fn collect_records(
        &mut self,
        headers: &[String],
    ) -> Result<Imported<Vec<(ColumnKey, RawColumn)>>> {
        let progress = progress_of(self.progress.as_ref());
        collect_records(&mut self.inputs, &self.options, headers, progress)
    }
}

/// The files that paths and patterns name.
fn named<S: AsRef<str>>(patterns: &[S]) -> Result<Vec<ExportFile>> {
    let patterns: Vec<String> = patterns.iter().map(|file| file.as_ref().to_owned()).collect();
    Ok(expand(&patterns)?.into_iter().map(ExportFile::path).collect())
}

/// What becomes of files that hold the same bytes.
enum Identical {
    Refused(Error),
    /// The numbers of those that are not read.
    Left(Vec<usize>),
}

/// Finds files among `inputs` that hold the same bytes.
fn identical(inputs: &[Input], options: &ReadOptions) -> Result<Identical> {
    let mut left = Vec::new();
    if options.duplicates == Some(Duplicates::Keep) {
        return Ok(Identical::Left(left));
    }
    for (at, input) in inputs.iter().enumerate() {
        for earlier in &inputs[..at] {
            if input.partitions() != earlier.partitions()
                || !input.source.holds_the_same(&earlier.source)?
            {
                continue;
            }
            if options.duplicates != Some(Duplicates::Drop) {
                let error = Error::data(format!("holds the same bytes as `{}`", earlier.name()))
                    .at(input.place(None))
                    .with_hint(
                        "name it once, or read one of them with `--duplicates drop`; to count every row twice, keep them",
                    );
                return Ok(Identical::Refused(error));
            }
            left.push(input.number);
            break;
        }
    }
    Ok(Identical::Left(left))
}

fn progress_of(progress: Option<&Progress>) -> &(dyn Fn(u64) + Sync) {
    match progress {
        Some(progress) => progress,
        None => &|_| {},
    }
}
