//! Columns of text, page by page, with their dictionaries kept.
//!
//! The `parquet` crate hands out pages; their levels, codes and lengths are decoded here, so that a text
//! is never copied out of its page and a dictionary is never expanded.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use parquet::{
    basic::Encoding,
    column::page::{Page, PageReader},
    errors::{ParquetError, Result},
};

use super::{Column, Values, chunks::varint};
use crate::collections::short_text::Cell;

/// Texts of a page, in order.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    page: Bytes,
    spans: Vec<Cell>,
}

impl Texts {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Text number `index`, or an empty one past the end.
    pub(crate) fn get(&self, index: usize) -> &[u8] {
        // Spans are checked against the page when they are made.
        self.spans.get(index).map_or(&[], |span| span.of(&self.page))
    }

    /// Texts that lie in `page`, where `spans` say.
    #[cfg(feature = "arrow")]
    pub(crate) fn of(page: Bytes, spans: Vec<Cell>) -> Self {
        Self { page, spans }
    }

    /// One text.
    pub(super) fn one(text: &[u8]) -> Self {
        let span = Cell { start: 0, len: text.len() as u32 };
        Self { page: Bytes::copy_from_slice(text), spans: vec![span] }
    }

    /// Texts joined end to end into a page of their own; `None` is a missing one.
    pub(crate) fn from_values<'a>(values: impl Iterator<Item = Option<&'a [u8]>>) -> Result<Self> {
        let mut bytes = Vec::new();
        let mut spans = Vec::new();
        for value in values {
            let value = value.unwrap_or_default();
            spans.push(Cell { start: narrow(bytes.len())?, len: narrow(value.len())? });
            bytes.extend_from_slice(value);
        }
        Ok(Self { page: bytes.into(), spans })
    }

    /// Takes the text that begins with its length at `position`, and moves `position` past it.
    fn take(&mut self, position: &mut usize) -> Result<()> {
        let length = self
            .page
            .get(*position..)
            .and_then(|rest| rest.first_chunk())
            .map(|length| u32::from_le_bytes(*length))
            .ok_or_else(|| general("a page of text is cut short"))?;
        let start = *position + size_of::<u32>();
        let end = start + length as usize;
        if end > self.page.len() {
            return Err(general("a text reaches past its page"));
        }
        self.spans.push(Cell { start: narrow(start)?, len: length });
        *position = end;
        Ok(())
    }
}

/// A column of text in a slice.
#[derive(Debug)]
pub(crate) enum TextColumn {
    /// Codes into the dictionary of the column in the row group: one and the same for all of its slices.
    Dictionary {
        /// The distinct texts, or nearly so.
        dictionary: Arc<Texts>,
        /// The place of every row's text in the dictionary; 0 for a missing one.
        codes: Vec<u32>,
    },
    /// The texts themselves, one per row; empty for a missing one.
    Plain(Texts),
}

impl TextColumn {
    /// The text of row `row`, empty where it is missing.
    pub(crate) fn get(&self, row: usize) -> &[u8] {
        match self {
            Self::Plain(texts) => texts.get(row),
            Self::Dictionary { dictionary, codes } => dictionary.get(codes[row] as usize),
        }
    }

    /// The bytes that the texts lie in.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(texts) => &texts.page,
            Self::Dictionary { dictionary, .. } => &dictionary.page,
        }
    }

    /// Puts where the texts of `rows` lie into `cells`.
    pub(crate) fn cells(&self, rows: Range<usize>, cells: &mut Vec<Cell>) {
        match self {
            Self::Plain(texts) => cells.extend_from_slice(&texts.spans[rows]),
            Self::Dictionary { dictionary, codes } => {
                // The dictionary of missing texts alone is empty.
                let span = |code: &u32| dictionary.spans.get(*code as usize).copied();
                cells.extend(codes[rows].iter().map(|code| span(code).unwrap_or_default()));
            }
        }
    }

    /// Where the text of `row` lies in [`TextColumn::bytes`].
    pub(crate) fn cell(&self, row: usize) -> Cell {
        match self {
            Self::Plain(texts) => texts.spans.get(row),
            Self::Dictionary { dictionary, codes } => dictionary.spans.get(codes[row] as usize),
        }
        .copied()
        .unwrap_or_default()
    }
}

/// Whether pages of this encoding are read here; the `parquet` crate reads the others.
pub(super) fn reads(encoding: Encoding) -> bool {
    #[expect(deprecated, reason = "writers still list it for levels, which these columns lack")]
    let bit_packed = Encoding::BIT_PACKED;
    matches!(
        encoding,
        Encoding::PLAIN | Encoding::RLE | Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY
    ) || encoding == bit_packed
}

/// Reads one column of text of one row group.
pub(super) struct TextReader {
    pages: Box<dyn PageReader>,
    is_optional: bool,
    dictionary: Option<Arc<Texts>>,
    page: Option<OpenPage>,
}

/// A data page, part read.
struct OpenPage {
    rows_left: usize,
    /// 1 where a value is there; `None` when the column has them all.
    levels: Option<Hybrid>,
    body: Body,
}

enum Body {
    Codes { codes: Hybrid, dictionary: Arc<Texts> },
    Plain { page: Bytes, position: usize },
}

impl TextReader {
    pub(super) fn new(pages: Box<dyn PageReader>, is_optional: bool) -> Self {
        Self { pages, is_optional, dictionary: None, page: None }
    }

    /// Rows left in the current page, or in the next that has any; 0 at the end of the row group.
    pub(super) fn available(&mut self) -> Result<usize> {
        loop {
            match &self.page {
                Some(page) if page.rows_left > 0 => return Ok(page.rows_left),
                _ => {}
            }
            match self.pages.get_next_page()? {
                None => return Ok(0),
                Some(Page::DictionaryPage { buf, num_values, .. }) => {
                    let mut texts = Texts { page: buf, spans: Vec::new() };
                    let mut position = 0;
                    for _ in 0..num_values {
                        texts.take(&mut position)?;
                    }
                    self.dictionary = Some(Arc::new(texts));
                }
                Some(page) => self.page = Some(self.open(page)?),
            }
        }
    }

    /// Finds levels and values in a data page.
    fn open(&self, page: Page) -> Result<OpenPage> {
        let encoding = page.encoding();
        let rows = page.num_values() as usize;
        let (levels, body) = match page {
            Page::DataPage { buf, .. } if self.is_optional => {
                let length = buf
                    .first_chunk()
                    .map(|length| u32::from_le_bytes(*length) as usize)
                    .filter(|length| size_of::<u32>() + length <= buf.len())
                    .ok_or_else(|| general("the levels of a page reach past it"))?;
                let end = size_of::<u32>() + length;
                (Some(buf.slice(size_of::<u32>()..end)), buf.slice(end..))
            }
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let start = rep_levels_byte_len as usize;
                let end = start + def_levels_byte_len as usize;
                if end > buf.len() {
                    return Err(general("the levels of a page reach past it"));
                }
                (self.is_optional.then(|| buf.slice(start..end)), buf.slice(end..))
            }
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => (None, buf),
        };
        let body = match encoding {
            Encoding::PLAIN => Body::Plain { page: body, position: 0 },
            Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => {
                let dictionary = self.dictionary.clone();
                let dictionary = dictionary.ok_or_else(|| general("a dictionary is missing"))?;
                // A page whose every value is missing may have no body, not even the width of a code.
                let width = body.first().copied().unwrap_or(0);
                let codes = Hybrid::new(body.slice(body.len().min(1)..), width)?;
                Body::Codes { codes, dictionary }
            }
            other => return Err(general(&format!("a page of text is encoded as {other}"))),
        };
        let levels = levels.map(|levels| Hybrid::new(levels, 1)).transpose()?;
        Ok(OpenPage { rows_left: rows, levels, body })
    }

    /// The next `rows` rows, which [`TextReader::available`] said there are.
    pub(super) fn read(&mut self, rows: usize) -> Result<Column> {
        let page = self.page.as_mut().filter(|page| rows <= page.rows_left);
        let page = page.ok_or_else(|| general("a page of text ends early"))?;
        page.rows_left -= rows;
        let valid = match &mut page.levels {
            None => None,
            Some(levels) => {
                let mut present = Vec::with_capacity(rows);
                levels.take(rows, &mut present)?;
                let has_all = present.iter().all(|level| *level == 1);
                (!has_all).then(|| present.iter().map(|level| *level == 1).collect::<Vec<bool>>())
            }
        };
        let present = valid.as_ref().map_or(rows, |valid| valid.iter().filter(|v| **v).count());
        let text = match &mut page.body {
            Body::Codes { codes, dictionary } => {
                let mut values = Vec::with_capacity(rows);
                codes.take(present, &mut values)?;
                if values.iter().max().is_some_and(|code| *code as usize >= dictionary.len()) {
                    return Err(general("a code points past its dictionary"));
                }
                if let Some(valid) = &valid {
                    spread(&mut values, valid);
                }
                TextColumn::Dictionary { dictionary: Arc::clone(dictionary), codes: values }
            }
            Body::Plain { page, position } => {
                let mut texts = Texts { page: page.clone(), spans: Vec::with_capacity(rows) };
                for _ in 0..present {
                    texts.take(position)?;
                }
                if let Some(valid) = &valid {
                    spread(&mut texts.spans, valid);
                }
                TextColumn::Plain(texts)
            }
        };
        Ok(Column { valid, values: Values::Text(text) })
    }
}

/// Moves the values of `values`, which are those of the rows that are `valid`, to their rows; a default
/// stands for the others.
pub(super) fn spread<T: Default + Clone>(values: &mut Vec<T>, valid: &[bool]) {
    let mut from = values.len();
    values.resize(valid.len(), T::default());
    for (row, is_valid) in valid.iter().enumerate().rev() {
        if *is_valid {
            // There are as many values as valid rows, so none moves towards the front, and what it
            // changes places with is a default.
            from -= 1;
            values.swap(from, row);
        }
    }
}

/// Numbers as runs and packed bits in turn: the format's "RLE / bit-packing hybrid".
struct Hybrid {
    bytes: Bytes,
    position: usize,
    /// Bits of a number.
    width: u32,
    run: Run,
}

enum Run {
    /// This number, so many times more.
    Repeated { value: u32, left: usize },
    /// Numbers packed from bit `bit` of the bytes on, so many more.
    Packed { bit: usize, left: usize },
}

impl Hybrid {
    fn new(bytes: Bytes, width: u8) -> Result<Self> {
        if width > 32 {
            return Err(general(&format!("numbers of {width} bits")));
        }
        let run = Run::Repeated { value: 0, left: 0 };
        Ok(Self { bytes, position: 0, width: u32::from(width), run })
    }

    /// Appends the next `count` numbers to `out`.
    fn take(&mut self, count: usize, out: &mut Vec<u32>) -> Result<()> {
        let target = out.len() + count;
        while out.len() < target {
            let wanted = target - out.len();
            match &mut self.run {
                Run::Repeated { left: 0, .. } | Run::Packed { left: 0, .. } => self.next_run()?,
                Run::Repeated { value, left } => {
                    let taken = wanted.min(*left);
                    out.resize(out.len() + taken, *value);
                    *left -= taken;
                }
                Run::Packed { bit, left } => {
                    let taken = wanted.min(*left);
                    unpack(&self.bytes, *bit, self.width, taken, out);
                    *bit += taken * self.width as usize;
                    *left -= taken;
                }
            }
        }
        Ok(())
    }

    /// Reads the header of a run: an even number is twice the length of a repetition, an odd one says
    /// how many groups of eight packed numbers follow.
    fn next_run(&mut self) -> Result<()> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let (header, rest) = varint(rest).ok_or_else(|| general("a page has too few values"))?;
        let start = self.bytes.len() - rest.len();
        let length = usize::try_from(header >> 1).map_err(|_| general("a run is too long"))?;
        if header & 1 == 0 {
            let size = self.width.div_ceil(8) as usize;
            let bytes = rest.get(..size).ok_or_else(|| general("a run is cut short"))?;
            let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            self.position = start + size;
            self.run = Run::Repeated { value, left: length };
        } else {
            // The last group may be cut short in the file: what is missing is never asked for in a
            // sound file, and ends in an error in another.
            let size = rest.len().min(length.saturating_mul(self.width as usize));
            let held = if self.width == 0 { length * 8 } else { size * 8 / self.width as usize };
            self.position = start + size;
            self.run = Run::Packed { bit: start * 8, left: held.min(length.saturating_mul(8)) };
        }
        Ok(())
    }
}

/// Appends `count` numbers of `width` bits from bit `bit` of `bytes` on, lowest bits first.
///
/// The caller checked that the bytes hold them.
fn unpack(bytes: &[u8], bit: usize, width: u32, count: usize, out: &mut Vec<u32>) {
    let mask = (1_u64 << width) - 1;
    out.extend((0..count).map(|index| {
        let at = bit + index * width as usize;
        // Eight bytes hold any number of up to 32 bits, wherever in a byte it begins.
        let rest = &bytes[(at / 8).min(bytes.len())..];
        let word = match rest.first_chunk::<8>() {
            Some(word) => u64::from_le_bytes(*word),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        (word >> (at % 8) & mask) as u32
    }));
}

fn narrow(length: usize) -> Result<u32> {
    u32::try_from(length).map_err(|_| general("a page of text is larger than 4 GiB"))
}

fn general(message: &str) -> ParquetError {
    ParquetError::General(message.to_owned())
}
