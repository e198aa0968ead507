//! Report: one answer from an export, for the analyst who runs it and the director who opens it.
//!
//! ```text
//! Export ─► Results (every analysis, from one reading) ─► Report (plain data) ─► renderers
//!                                                                    html · workbook · markdown · tables · …
//! ```
//!
//! [`Results`] holds the structs of the analyses, each of them an answer or the reason why the data do not
//! bear one. [`Report::new`] turns them into words, figures, charts and tables. Renderers read the report
//! and nothing else; [`Report::save`] calls them and puts the folder in its place whole or not at all.
//!
//! # The contract of a renderer
//!
//! - [`Report::sections`] are in the order of reading. A [`Section`] has [`Content`], or the reason why it
//!   is [`Absent`]; an absent one is told too, never dropped.
//! - Content comes in the order summary, figures, charts, tables, notes. Sentences are plain text in the
//!   report's language, without markup: a renderer escapes every text, whoever wrote it.
//! - Numbers are numbers with a [`Unit`]. [`Locale`] writes them: [`Report::locale`] carries language and
//!   currency. A share of 0.25 is `0.25` with [`Unit::Share`], never a text.
//! - A [`Chart`] is data: labels and values, gaps as `None`. [`Chart::table`] gives the same data as a
//!   [`Table`](crate::data::table::Table), for readers who cannot see it and for native charts of a workbook.
//! - An [`Exhibit`] is a whole table under a name that is unique in the report and the stem of its file. Only
//!   its first [`Exhibit::shown`] rows are for a page, 0 for none; files carry all. Ids are in columns named
//!   `customer_id`; pseudonyms are already in their place.
//! - Nothing depends on the clock, the number of threads, or the order of rows in the export: the same
//!   report is the same bytes.
//!
//! ```no_run
//! use crmstat::{ingest::{Export, ReadOptions}, report::{Report, Results, Options}};
//!
//! let mut export = Export::open(&["orders.csv"], ReadOptions::default())?;
//! let results = Results::of(&mut export, &[], &Options::default(), &|_| {})?;
//! let report = Report::new(&results, &Options::default())?;
//! println!("{}", report.markdown());
//! std::fs::write("report.html", report.html()?).unwrap();
//! # Ok::<(), crmstat::Error>(())
//! ```

mod activity;
mod calls;
mod cells;
mod divided;
mod document;
mod folder;
mod html;
mod locale;
mod markdown;
mod options;
mod results;
mod run;
mod sections;
mod since;
mod team;
mod workbook;

pub use activity::{Activity, Recent, Totals};
pub use calls::Call;
pub use divided::{Division, Part};
pub use document::{
    Absent, Band, BarSeries, Change, Chart, ChartKind, Content, Exhibit, Figure, Line, Report,
    Role, Section, SectionId,
};
pub use folder::{TableFormat, replace_folder};
pub use html::{SplitIndex, SplitPart};
pub use locale::{Locale, Unit};
pub use options::{Logo, Options};
pub use results::{Answer, Pipeline, Reason, Results, Sales, Scored, Stage};
pub use run::{
    Account, Decided, InputFile, Meant, Noticed, OutputFile, Rejected, Run, SectionRecord, Timing,
};
pub use since::{Called, Earlier, Expected, Since};
