//! How a text is delimited, and where its header stands.

use super::{Batch, Block, Blocks, SPACE, SpaceRuns, Wanted};
use crate::{Error, Place, Result, data::Decision};
use std::io::{self, Read};

/// The delimiters that exports use, in the order of preference at a tie.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// Records looked at to decide on the dialect.
const SAMPLE: usize = 1_000;
/// Records among which the header is looked for; before it stand a title and a period at most.
const PREAMBLE: usize = 30;

/// The rules by which bytes are cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Between two cells; a space stands for any run of spaces and tabs.
    pub(crate) delimiter: u8,
    /// Whether a backslash escapes a quote inside a quoted cell.
    pub(crate) backslash: bool,
}

/// A text's dialect and header.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The rules by which bytes are cells.
    pub(crate) dialect: Dialect,
    /// The header's cells; a last one without a name is a phantom column.
    pub(crate) headers: Vec<String>,
    /// Records up to and including the header.
    pub(crate) skip: usize,
    /// The first records behind the header, for evidence on dates and numbers.
    pub(crate) sample: Vec<Vec<String>>,
    /// What was decided, and why.
    pub(crate) decisions: Vec<Decision>,
}

impl Layout {
    /// The layout of the text `input`, named `file`; `delimiter` overrides the evidence, `failure` says
    /// what a failure to read means.
    ///
    /// # Errors
    /// Where nothing can be read or no record is there.
    pub(crate) fn sniff(
        input: impl Read,
        file: &str,
        delimiter: Option<u8>,
        failure: impl Fn(io::Error) -> Error,
    ) -> Result<Self> {
        let mut head = Vec::new();
        let ended = read_head(input, &mut head).map_err(failure)?;
        if head.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::data("the file is empty")
                .at(Place { file: file.to_owned(), ..Place::default() }));
        }
        if delimiter == Some(SPACE) {
            head = closed_up(&head);
        }
        let mut best: Option<Candidate> = None;
        let candidates = match &delimiter {
            Some(chosen) => std::slice::from_ref(chosen),
            None => &DELIMITERS,
        };
        let escapes: &[bool] =
            if memchr::memmem::find(&head, b"\\\"").is_some() { &[false, true] } else { &[false] };
        for (delimiter, backslash) in
            candidates.iter().flat_map(|d| escapes.iter().map(move |escape| (*d, *escape)))
        {
            let candidate = Candidate::read(&head, ended, Dialect { delimiter, backslash });
            if best.as_ref().is_none_or(|best| candidate.score() > best.score()) {
                best = Some(candidate);
            }
        }
        if delimiter.is_none() && best.as_ref().is_none_or(|best| best.width < 2) {
            let dialect = Dialect { delimiter: SPACE, backslash: false };
            let printed = Candidate::read(&closed_up(&head), ended, dialect);
            best = Some(printed).filter(Candidate::is_table).or(best);
        }
        if best.as_ref().is_none_or(|best| best.width <= 1) {
            // Nothing is split where the delimiter that would split it meets a quote never closed.
            for delimiter in candidates.iter().filter(|delimiter| head.contains(delimiter)) {
                let dialect = Dialect { delimiter: *delimiter, backslash: false };
                sample_blocks(&head, file, dialect).next_into(&mut Block::default())?;
            }
        }
        best.filter(|best| !best.records.is_empty())
            .map(|best| best.layout(file, delimiter.is_some()))
            .ok_or_else(|| {
                Error::data("no record could be read")
                    .at(Place { file: file.to_owned(), ..Place::default() })
            })
    }

    /// The layout of a text that crmstat wrote itself: commas, the header first.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn known(input: impl Read) -> io::Result<Self> {
        let mut head = Vec::new();
        let ended = read_head(input, &mut head)?;
        let dialect = Dialect { delimiter: b',', backslash: false };
        let mut records = Candidate::read(&head, ended, dialect).records.into_iter();
        let headers = records.next().unwrap_or_default();
        let sample = records.take(SAMPLE).collect();
        Ok(Self { dialect, headers, skip: 1, sample, decisions: Vec::new() })
    }
}

fn sample_blocks<'a>(head: &'a [u8], file: &'a str, dialect: Dialect) -> Blocks<'a, &'a [u8]> {
    Blocks::new(head, file, dialect, move |cause| Error::io("cannot read", file, cause))
}

/// The text with its runs of spaces closed up.
fn closed_up(head: &[u8]) -> Vec<u8> {
    let mut closed = Vec::with_capacity(head.len());
    // Reading from memory does not fail.
    let _ = SpaceRuns::new(head).read_to_end(&mut closed);
    closed
}

/// Bytes that are looked at; more where the records among which the header stands are longer.
const LOOKED_AT: usize = super::blocks::BLOCK;
/// The longest head of a table: thousands of columns with long names.
const LONGEST_HEAD: usize = 16 << 20;

/// Reads what a sample needs: as many lines as may stand before the first row; `true` where that is the whole
/// input.
fn read_head(mut input: impl Read, head: &mut Vec<u8>) -> io::Result<bool> {
    let mut wanted = LOOKED_AT;
    loop {
        let missing = wanted - head.len();
        if input.by_ref().take(missing as u64).read_to_end(head)? < missing {
            return Ok(true);
        }
        let lines = memchr::memchr2_iter(b'\n', b'\r', head).count();
        if lines > PREAMBLE {
            return Ok(false);
        }
        if wanted >= LONGEST_HEAD {
            if lines > 0 {
                return Ok(false);
            }
            return Err(io::Error::other(
                Error::data(format!("its first line is longer than {} MiB", LONGEST_HEAD >> 20))
                    .with_hint("this does not look like a table; see `crmstat inspect`"),
            ));
        }
        wanted *= 2;
    }
}

/// The sample read by one dialect.
struct Candidate {
    dialect: Dialect,
    records: Vec<Vec<String>>,
    /// The most frequent number of cells.
    width: usize,
    /// Records that have it.
    regular: usize,
}

impl Candidate {
    fn read(head: &[u8], ended: bool, dialect: Dialect) -> Self {
        let mut records = Vec::new();
        // All of it is one block, and where nothing follows its end is seen: the header may be longer than
        // usual ones.
        let mut blocks = sample_blocks(head, "", dialect)
            .with_block_size(head.len().max(1) + usize::from(ended));
        let (mut block, mut batch) = (Block::default(), Batch::default());
        let widest = head
            .split(|byte| *byte == b'\n')
            .map(|line| memchr::memchr_iter(dialect.delimiter, line).count() + 1)
            .max()
            .unwrap_or(1);
        // No record has `widest + 2` cells, so that each is listed with its own number.
        let wanted = Wanted::new((0..widest).collect(), widest + 2, false);
        if blocks.next_into(&mut block).unwrap_or(false) {
            batch.fill(&mut block, dialect, &wanted);
            for (row, width) in &batch.ragged {
                let cells = batch.cells.iter().take(*width as usize);
                records.push(
                    cells
                        .map(|cells| {
                            String::from_utf8_lossy(cells[*row as usize].of(&block.bytes))
                                .into_owned()
                        })
                        .collect::<Vec<_>>(),
                );
                if records.len() > SAMPLE {
                    break;
                }
            }
            if !ended && records.len() > 1 && records.len() <= SAMPLE {
                records.pop(); // cut off by the end of the sample
            }
        }
        let mut widths: Vec<usize> = records.iter().map(Vec::len).collect();
        widths.sort_unstable();
        let (regular, width) =
            widths.chunk_by(PartialEq::eq).map(|run| (run.len(), run[0])).max().unwrap_or((0, 0));
        Self { dialect, records, width, regular }
    }

    /// Regular records that are split at all, then the number of cells.
    fn score(&self) -> (usize, usize) {
        let share = if self.width > 1 { self.regular * 100 / self.records.len() } else { 0 };
        (share, self.width)
    }

    /// Whether nearly every record has the same number of cells, and more than one: prose has not.
    fn is_table(&self) -> bool {
        self.score().0 >= 90
    }

    fn layout(mut self, file: &str, forced: bool) -> Layout {
        let decision = |topic: &str, value: String, reason: String, option| Decision {
            file: file.to_owned(),
            topic: topic.to_owned(),
            value,
            reason,
            option,
        };
        let mut decisions = Vec::new();
        if !forced {
            decisions.push(decision(
                "delimiter",
                match self.dialect.delimiter {
                    b'\t' => "tab".to_owned(),
                    SPACE => "spaces".to_owned(),
                    byte => char::from(byte).to_string(),
                },
                format!(
                    "{} of {} records have {} cells",
                    self.regular,
                    self.records.len(),
                    self.width
                ),
                Some("--delimiter"),
            ));
        }
        if self.dialect.backslash {
            let reason = "a backslash before a quote makes the records regular".to_owned();
            decisions.push(decision("escape", "\\".to_owned(), reason, None));
        }
        let header = self.header();
        if let Some(header @ 1..) = header {
            let reason = format!("the first {header} records are a title, not a table");
            decisions.push(decision("header", format!("record {}", header + 1), reason, None));
        }
        let (headers, skip) = match header {
            Some(header) => {
                let headers = self.records.drain(..=header).next_back().unwrap_or_default();
                (headers, header + 1)
            }
            None => {
                let reason =
                    "the first record holds data; columns are named by position".to_owned();
                decisions.push(decision("header", "none".to_owned(), reason, Some("--map")));
                ((1..=self.width).map(|column| format!("column {column}")).collect(), 0)
            }
        };
        self.records.truncate(SAMPLE);
        Layout { dialect: self.dialect, headers, skip, sample: self.records, decisions }
    }

    /// The header: the first record of about the common width that is made of labels.
    fn header(&self) -> Option<usize> {
        let first = self.records.first()?;
        if self.records.len() == 1 {
            return Some(0);
        }
        let found = self.records.iter().take(PREAMBLE).position(|record| {
            let filled = record.iter().filter(|cell| !cell.trim().is_empty()).count();
            let labels = record.iter().filter(|cell| is_label(cell)).count();
            record.len().abs_diff(self.width) <= 1
                && filled * 2 > self.width
                && labels * 10 >= filled * 8
        });
        found.or_else(|| first.iter().any(|cell| is_label(cell) && cell.len() > 1).then_some(0))
    }
}

/// Whether a cell may be a column's name: it has a letter, and no digit first.
fn is_label(cell: &str) -> bool {
    let cell = cell.trim_start_matches('\u{feff}').trim();
    cell.contains(char::is_alphabetic) && !cell.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::Layout;
    use crate::{Error, Result};

    fn try_sniff(text: &str) -> Result<Layout> {
        let failure = |cause| Error::io("cannot read", "test.csv", cause);
        Layout::sniff(text.as_bytes(), "test.csv", None, failure)
    }

    fn sniff(text: &str) -> Layout {
        try_sniff(text).unwrap()
    }

    #[test]
    fn decimal_commas_do_not_pass_for_delimiters() {
        let layout = sniff("id;date;amount\n1;01.02.2024;1,5\n2;03.02.2024;2,5\n");
        assert_eq!(layout.dialect.delimiter, b';');
        assert_eq!(layout.headers, ["id", "date", "amount"]);
    }

    #[test]
    fn a_title_before_the_header_is_skipped_and_said() {
        let layout =
            sniff("Отчёт по сделкам;;\nПериод: 2024;;\nКлиент;Дата;Сумма\nА;01.02.2024;5\n");
        assert_eq!(layout.skip, 3);
        assert_eq!(layout.headers, ["Клиент", "Дата", "Сумма"]);
        assert!(layout.decisions.iter().any(|decision| decision.topic == "header"));
    }

    #[test]
    fn a_table_without_a_header_gets_columns_by_position() {
        let layout = sniff("1,2024-01-02,5\n2,2024-01-03,6\n");
        assert_eq!(layout.skip, 0);
        assert_eq!(layout.headers, ["column 1", "column 2", "column 3"]);
    }

    #[test]
    fn runs_of_spaces_set_columns_apart_where_nothing_else_does() {
        let layout = sniff(" 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n");
        assert_eq!((layout.dialect.delimiter, layout.headers.len()), (b' ', 4));
        let layout = sniff("customer\nAnna Ivanova\nBob\nC D E\n");
        assert_eq!(layout.headers, ["customer"]);
    }

    /// Such a header was cut in silence, and with it the columns behind.
    #[test]
    fn a_header_longer_than_a_block_is_read_whole() {
        let names: Vec<String> = (0..40_000).map(|n| format!("column number {n}")).collect();
        let row = vec!["1"; names.len()].join(";");
        for title in ["", "Report\n"] {
            let layout = sniff(&format!("{title}{}\n{row}\n{row}\n", names.join(";")));
            assert_eq!(layout.headers, names);
            assert_eq!(layout.sample.len(), 2);
        }
        let error = try_sniff(&"x".repeat(17 << 20)).unwrap_err();
        assert!(error.to_string().contains("longer than 16 MiB"), "{error}");
    }

    #[test]
    fn an_empty_file_is_refused() {
        let error = try_sniff(" \n").unwrap_err();
        assert_eq!(error.to_string(), "test.csv: the file is empty");
    }

    #[test]
    fn a_quote_never_closed_is_named_instead_of_an_unsplit_header() {
        let error = try_sniff("id,name,amount\n1,a,5\n2,\"b,6\n3,c,7\n").unwrap_err();
        assert_eq!(error.to_string(), "test.csv:3: a quote opens a cell here and is never closed");
    }
}
