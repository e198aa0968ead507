//! The only place that prints: data to standard output or a file, everything else to standard error.

use crate::{
    args::{ColorArg, LangArg, OutputArgs},
    border::{answer, say},
    memory, signals, threads,
};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::inspect::Titled,
    data::{
        Currency, Decision, Join, Notice, Rejections, Severity,
        table::{Column, Table},
    },
    ingest::{Imported, JoinedBy},
    report::{SectionId, Stage},
    write::{Format, Meta, Terminal, Writer, write_atomically},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    cell::{Cell, RefCell},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Rows of a long table that a terminal shows.
const TERMINAL_ROWS: usize = 40;
/// Rows of one section of several: every column of an export, and not every spelling.
const SECTION_ROWS: usize = 120;
/// Reasons of rejection that are told one by one.
const REASONS: usize = 5;
/// Notices that are told one by one where nobody asks for all.
const NOTICES: usize = 4;

/// Prints by the output options of the command line.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Printer {
    format: Option<Format>,
    output: Option<PathBuf>,
    lang: Lang,
    color: ColorArg,
    raw: bool,
    quiet: bool,
    verbose: bool,
    /// Whether cells are not to be shown, since ids are among them.
    hides_values: bool,
    /// What amounts are in.
    currency: Cell<Option<Currency>>,
    /// What was rejected in the tables beside the main one.
    beside: RefCell<Vec<Rejections>>,
}

impl Printer {
    /// A printer that follows `args`, with the threads they ask for.
    pub(crate) fn new(args: &OutputArgs) -> Result<Self> {
        memory::limit(args.memory.as_deref())?;
        threads::start(args.threads)?;
        if args.output.is_some() {
            signals::watch();
        }
        Ok(Self {
            format: args.format.as_deref().map(str::parse).transpose()?,
            output: args.output.clone(),
            lang: match args.lang {
                LangArg::En => Lang::En,
                LangArg::Ru => Lang::Ru,
            },
            color: args.color,
            raw: args.raw,
            quiet: args.quiet,
            verbose: args.verbose,
            hides_values: false,
            currency: Cell::default(),
            beside: RefCell::default(),
        })
    }

    /// The same; where `hides`, no cell is shown.
    pub(crate) fn without_values(self, hides: bool) -> Self {
        Self { hides_values: hides, ..self }
    }

    /// The language of names and titles.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// Writes `table`, the answer of the command; `meta` goes with JSON.
    pub(crate) fn table(&self, table: &Table, meta: Meta) -> Result<()> {
        let writer = self.writer(self.format()?, Some(TERMINAL_ROWS)).meta(meta);
        match &self.output {
            Some(path) => writer.save(table, path)?,
            None => writer.write(table, &mut io::stdout())?,
        }
        Ok(())
    }

    /// Writes titled tables, the answer of the command, for people; programs get the one table `flat`.
    pub(crate) fn sections(&self, sections: &[Titled], flat: &Table, meta: Meta) -> Result<()> {
        let format = self.format()?;
        let heading = match format {
            Format::Table => "",
            Format::Markdown => "## ",
            _ => return self.table(flat, meta),
        };
        let writer = self.writer(format, Some(SECTION_ROWS));
        let write = |out: &mut (dyn Write + Send)| {
            for (at, section) in sections.iter().enumerate() {
                let space = if at > 0 { "\n" } else { "" };
                writeln!(out, "{space}{heading}{}\n", section.title)
                    .map_err(|cause| Error::io("cannot write", "the output", cause))?;
                writer.write(&section.table, out)?;
            }
            Ok(())
        };
        match &self.output {
            Some(path) => write_atomically(path, write)?,
            None => write(&mut io::stdout())?,
        }
        Ok(())
    }

    /// The format of the answer. Asked for before the work is done, it is refused before it.
    pub(crate) fn format(&self) -> Result<Format> {
        let format = match (self.format, &self.output) {
            (Some(format), _) => format,
            (None, Some(path)) => Format::of_path(path)?,
            (None, None) if self.is_to_terminal() => Format::Table,
            (None, None) => Format::Csv,
        };
        if format.is_binary() && self.is_to_terminal() {
            return Err(Error::usage(format!("{} is not for a terminal", format.name()))
                .with_hint("name a file with `-o FILE`")
                .into());
        }
        Ok(format)
    }

    fn is_to_terminal(&self) -> bool {
        self.output.is_none() && io::stdout().is_terminal()
    }

    fn writer(&self, format: Format, max_rows: Option<usize>) -> Writer {
        let to_terminal = self.is_to_terminal();
        let color = match self.color {
            ColorArg::Auto => to_terminal && std::env::var_os("NO_COLOR").is_none(),
            ColorArg::Always => true,
            ColorArg::Never => false,
        };
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Writer::new(format).raw(self.raw).terminal(Terminal {
            lang: self.lang,
            width: width.filter(|_| to_terminal),
            max_rows: max_rows.filter(|_| to_terminal),
            color,
        })
    }

    /// Says something that is not the answer.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            say(text);
        }
    }

    /// Says what limits the answer.
    pub(crate) fn warning(&self, text: impl std::fmt::Display) {
        self.note(format!("{}: {text}", self.lang.pick("warning", "предупреждение")));
    }

    /// Says where every row went and, if asked, what was decided.
    pub(crate) fn account<T>(&self, imported: &Imported<T>) {
        if self.quiet {
            return;
        }
        if self.verbose {
            for decision in &imported.decisions {
                say(decided(decision));
            }
        }
        say(imported.ledger.text(self.lang));
        let groups = imported.rejections.groups();
        for group in groups.iter().take(REASONS) {
            let (first, reason) = (&group.first, group.reason(self.lang));
            let value =
                if self.hides_values { String::new() } else { format!(" `{}`", first.value) };
            let (rows, place) = (group.rows, &first.place);
            say(match self.lang {
                Lang::En => format!("  rejected {rows}: {reason}{value} at {place}"),
                Lang::Ru => format!("  отклонено {rows}: {reason}{value}, {place}"),
            });
        }
        if groups.len() > REASONS {
            let more = groups.len() - REASONS;
            say(match self.lang {
                Lang::En => format!("  and {more} more reasons; see all with `--quarantine FILE`"),
                Lang::Ru => format!("  и ещё причин: {more}; все покажет `--quarantine FILE`"),
            });
        }
        self.currency.set(imported.currency.or(self.currency.get()));
        self.notices(&imported.notices);
    }

    /// Says what changes the answer, the worst first; `notices` are sorted.
    pub(crate) fn notices(&self, notices: &[Notice]) {
        let shown = if self.verbose { notices.len() } else { notices.len().min(NOTICES) };
        for notice in &notices[..shown] {
            self.note(noticed(notice, self.currency.get(), self.lang));
        }
        match notices.len() - shown {
            0 => {}
            more => self.note(match self.lang {
                Lang::En => format!("and {more} more notices; see all with `-v`"),
                Lang::Ru => format!("и ещё предупреждений: {more}; все покажет `-v`"),
            }),
        }
    }

    /// Says how a table beside the main one finds its partners.
    pub(crate) fn joined(&self, join: &Join) {
        let Join { table, by, rows, unmatched_rows, unmatched_examples, keys, unmatched_keys } =
            join;
        let examples = self.examples(unmatched_examples);
        self.note(match self.lang {
            Lang::En => format!(
                "{table} by {by}: {unmatched_rows} of {rows} rows have no partner{examples}; \
                 {unmatched_keys} of {keys} ids have no row"
            ),
            Lang::Ru => format!(
                "{} по {by}: без пары строк {unmatched_rows} из {rows}{examples}; ключей без строк \
                 {unmatched_keys} из {keys}",
                table.text(self.lang)
            ),
        });
    }

    /// Says by what a further table was joined, and what found no partner.
    pub(crate) fn joined_by(&self, joined: &JoinedBy) {
        let JoinedBy { table, key, column, rows, keys, unmatched_keys, unmatched_examples } =
            joined;
        let examples = self.examples(unmatched_examples);
        self.note(match self.lang {
            Lang::En => format!(
                "{table} with {rows} rows is joined by `{column}` of the export = `{key}`: {unmatched_keys} of \
                 {keys} values have no row{examples}"
            ),
            Lang::Ru => format!(
                "таблица {table} (строк {rows}) присоединена по «{column}» выгрузки = «{key}»: без строки \
                 {unmatched_keys} из {keys} значений{examples}"
            ),
        });
    }

    /// Some values, unless they are to be hidden.
    fn examples(&self, values: &[String]) -> String {
        if self.hides_values || values.is_empty() {
            return String::new();
        }
        format!(" ({} `{}`)", self.lang.pick("such as", "например"), values.join("`, `"))
    }

    /// Keeps what was rejected in a table beside the main one, to be written with its own.
    pub(crate) fn remember(&self, rejections: &Rejections) {
        self.beside.borrow_mut().push(rejections.clone());
    }

    /// Writes every rejected row to `path`.
    pub(crate) fn quarantine(&self, rejections: &Rejections, path: &Path) -> Result<()> {
        let beside = self.beside.borrow();
        let rows = || rejections.rows().chain(beside.iter().flat_map(Rejections::rows));
        let table = Table::new(
            "quarantine",
            vec![
                Column::text("file", "Файл", rows().map(|row| row.place.file.as_str())),
                Column::int(
                    "line",
                    "Строка",
                    rows().map(|row| row.place.line.map(|line| line as i64)),
                ),
                Column::text("column", "Столбец", rows().map(|row| row.place.column.as_deref())),
                Column::text("value", "Значение", rows().map(|row| row.value.as_str())),
                Column::text("reason", "Причина", rows().map(|row| row.reason)),
                Column::text("row", "Запись", rows().map(|row| row.row.as_deref())),
            ],
        )?;
        let format = Format::of_path(path).unwrap_or(Format::Csv);
        Writer::new(format).save(&table, path)?;
        self.note(format!("{} rejected rows are in `{}`", table.rows(), path.display()));
        Ok(())
    }

    /// Writes `text`, the answer of the command in words.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        Ok(answer(text.as_bytes())?)
    }

    /// The steps of a long work, shown on a terminal only.
    pub(crate) fn steps(&self) -> Arc<Steps> {
        let style = ProgressStyle::with_template("{msg:16} {bar:30} {percent}% {eta}");
        let bar = match style {
            Ok(style) if !self.quiet && io::stderr().is_terminal() => {
                ProgressBar::new(STEPS_LENGTH).with_style(style)
            }
            _ => ProgressBar::hidden(),
        };
        Arc::new(Steps { bar, read: AtomicU64::new(0) })
    }

    /// A bar for reading `length` bytes or rows, shown on a terminal only.
    pub(crate) fn progress(&self, length: Option<u64>) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let Some(length) = length else { return ProgressBar::hidden() };
        let style = ProgressStyle::with_template("reading {bar:30} {percent}% {eta}");
        let bar = ProgressBar::new(length);
        style.map_or(ProgressBar::hidden(), |style| bar.with_style(style))
    }
}

/// The length of a bar of steps.
const STEPS_LENGTH: u64 = 1000;
/// How much of it is reading.
const READING: u64 = 55;

/// The steps of a long work and, by their usual shares, the time that is left.
pub(crate) struct Steps {
    bar: ProgressBar,
    read: AtomicU64,
}

impl Steps {
    /// Shows that `bytes` more of `length` have been read.
    pub(crate) fn read(&self, bytes: u64, length: Option<u64>) {
        if let Some(length) = length.filter(|length| *length > 0) {
            let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
            let share = read as f64 / length as f64;
            self.bar.set_position(((share * READING as f64) as u64).min(READING));
        }
    }

    /// Shows that `stage` begins.
    pub(crate) fn begin(&self, stage: Stage) {
        // The shares of ten million orders of a million customers.
        let (from, name) = match stage {
            Stage::Reading => (0, "reading"),
            Stage::Section(section) => match section {
                SectionId::Funnel => (READING, "deals"),
                SectionId::Sales => (READING + 5, "sales"),
                SectionId::Rfm => (READING + 10, "rfm"),
                SectionId::Clusters => (75, "clusters"),
                SectionId::Churn => (135, "churn"),
                SectionId::Clv => (260, "lifetime value"),
                SectionId::Cohorts => (680, "cohorts"),
                _ => (READING, "key figures"),
            },
            Stage::Writing => (690, "writing"),
        };
        self.bar.set_message(name);
        self.bar.set_position(from);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A notice in one line: its weight, the file, the sentence, the money in `currency` and the options to copy.
fn noticed(notice: &Notice, currency: Option<Currency>, lang: Lang) -> String {
    let code = currency.map_or(String::new(), |currency| format!(" {}", currency.code()));
    let weight = match notice.severity {
        Severity::Note => lang.pick("note", "примечание"),
        Severity::Warning => lang.pick("warning", "предупреждение"),
        Severity::Grave => lang.pick("WARNING", "ВНИМАНИЕ"),
    };
    let file = if notice.file.is_empty() { String::new() } else { format!("{}: ", notice.file) };
    let money = notice.money.map_or(String::new(), |money| match lang {
        Lang::En => format!(", worth {money}{code}"),
        Lang::Ru => format!(", на сумму {money}{code}"),
    });
    let settings = match &notice.options()[..] {
        [] => String::new(),
        options => format!(" [{}]", options.join(lang.pick("] or [", "] или ["))),
    };
    format!("{weight}: {file}{}{money}{settings}", notice.text(lang))
}

/// A decision in one line.
pub(crate) fn decided(decision: &Decision) -> String {
    let option = decision.option.map_or(String::new(), |option| format!(" [{option}]"));
    let Decision { file, topic, value, reason, .. } = decision;
    format!("{file}: {topic}: {value} ({reason}){option}")
}
