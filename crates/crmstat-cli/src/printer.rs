//! The only place that prints: data to standard output or a file, everything else to standard error.

use crate::args::{ColorArg, LangArg, OutputArgs};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    ingest::{Decision, Imported, Rejections},
    output::{Column, Format, Meta, Table, Terminal, Writer},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

/// Rows of a long table that a terminal shows.
const TERMINAL_ROWS: usize = 40;
/// Reasons of rejection that are told one by one.
const REASONS: usize = 5;

/// Prints by the output options of the command line.
pub(crate) struct Printer {
    format: Option<Format>,
    output: Option<PathBuf>,
    lang: Lang,
    color: ColorArg,
    quiet: bool,
    verbose: bool,
}

impl Printer {
    /// A printer that follows `args`, with the threads they ask for.
    pub(crate) fn new(args: &OutputArgs) -> Result<Self> {
        if let Some(threads) = args.threads {
            if threads == 0 {
                return Err(Error::usage("`--threads 0` leaves nobody to do the work").into());
            }
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        }
        Ok(Self {
            format: args.format.as_deref().map(str::parse).transpose()?,
            output: args.output.clone(),
            lang: match args.lang {
                LangArg::En => Lang::En,
                LangArg::Ru => Lang::Ru,
            },
            color: args.color,
            quiet: args.quiet,
            verbose: args.verbose,
        })
    }

    /// The language of names and titles.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// Writes `table`, the answer of the command; `meta` goes with JSON.
    pub(crate) fn table(&self, table: &Table, meta: Meta) -> Result<()> {
        let to_terminal = self.output.is_none() && io::stdout().is_terminal();
        let format = match (self.format, &self.output) {
            (Some(format), _) => format,
            (None, Some(path)) => Format::of_path(path)?,
            (None, None) if to_terminal => Format::Table,
            (None, None) => Format::Csv,
        };
        if format.is_binary() && to_terminal {
            return Err(Error::usage(format!("{} is not for a terminal", format.name()))
                .with_hint("name a file with `-o FILE`")
                .into());
        }
        let color = match self.color {
            ColorArg::Auto => to_terminal && std::env::var_os("NO_COLOR").is_none(),
            ColorArg::Always => true,
            ColorArg::Never => false,
        };
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let writer = Writer::new(format).meta(meta.into_json()).terminal(Terminal {
            lang: self.lang,
            width: width.filter(|_| to_terminal),
            max_rows: to_terminal.then_some(TERMINAL_ROWS),
            color,
        });
        match &self.output {
            Some(path) => writer.save(table, path)?,
            None => writer.write(table, &mut io::stdout())?,
        }
        Ok(())
    }

    /// Says something that is not the answer.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", text.as_ref());
        }
    }

    /// Says where every row went and, if asked, what was decided.
    pub(crate) fn account<T>(&self, imported: &Imported<T>) {
        if self.quiet {
            return;
        }
        if self.verbose {
            for decision in &imported.decisions {
                eprintln!("{}", decided(decision));
            }
        }
        let ledger = &imported.ledger;
        let ignored: Vec<String> =
            ledger.ignored().map(|(rule, rows)| format!("{rows} {}", rule.rule())).collect();
        let mut line = format!("{} rows read: {} accepted", ledger.read, ledger.accepted);
        if ledger.quarantined > 0 {
            line.push_str(&format!(", {} rejected", ledger.quarantined));
        }
        if !ignored.is_empty() {
            line.push_str(&format!(
                ", {} left out ({})",
                ledger.ignored_total(),
                ignored.join(", ")
            ));
        }
        eprintln!("{line}");
        let groups = imported.rejections.groups();
        for group in groups.iter().take(REASONS) {
            let first = &group.first;
            eprintln!(
                "  rejected {}: {} `{}` at {}",
                group.rows, first.reason, first.value, first.place
            );
        }
        if groups.len() > REASONS {
            eprintln!(
                "  and {} more reasons; see all with `--quarantine FILE`",
                groups.len() - REASONS
            );
        }
    }

    /// Writes every rejected row to `path`.
    pub(crate) fn quarantine(&self, rejections: &Rejections, path: &Path) -> Result<()> {
        let rows = || rejections.rows();
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

    /// A bar for reading `bytes`, shown on a terminal only.
    pub(crate) fn progress(&self, bytes: Option<u64>) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let Some(bytes) = bytes else { return ProgressBar::hidden() };
        let style = ProgressStyle::with_template("reading {bar:30} {bytes}/{total_bytes} {eta}");
        let bar = ProgressBar::new(bytes);
        style.map_or(ProgressBar::hidden(), |style| bar.with_style(style))
    }
}

/// A decision in one line.
pub(crate) fn decided(decision: &Decision) -> String {
    let option = decision.option.map_or(String::new(), |option| format!(" [{option}]"));
    let Decision { file, topic, value, reason, .. } = decision;
    format!("{file}: {topic}: {value} ({reason}){option}")
}
