//! Which encoding a text is in: forced, marked, declared, or decided by its bytes.

use std::io::{self, Read};

use encoding_rs::{Encoding, IBM866, KOI8_R, UTF_8, WINDOWS_1251, WINDOWS_1252};

use super::{few_bytes, kind};
use crate::{Error, Result};

/// A file up to this size is checked to its end.
const CHECKED_WHOLE: u64 = 64 << 20;
/// The start of a longer one that is checked.
const CHECKED_START: u64 = 8 << 20;
/// Bytes around non-ASCII text that the choice among legacy encodings looks at.
const SAMPLE: usize = 1 << 20;
/// Bytes checked at once.
const BLOCK: usize = 256 << 10;
/// A text is UTF-8 with a few broken cells when it holds this many valid characters of several bytes
/// for each broken sequence. Text in another encoding hardly ever forms such a character by chance.
const VALID_PER_BROKEN: u64 = 3;

/// The encoding of a text, and how sure that is.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    pub(super) skip: u64,
    /// The caller named it: what it cannot decode is an error.
    pub(super) forced: bool,
    /// Why it was chosen.
    pub(super) evidence: String,
    /// It was chosen on little evidence.
    pub(super) guessed: bool,
}

impl Chosen {
    /// Text that crmstat wrote itself.
    pub(super) fn utf8() -> Self {
        Self { encoding: UTF_8, skip: 0, forced: false, evidence: String::new(), guessed: false }
    }

    pub(super) fn name(&self) -> &'static str {
        self.encoding.name()
    }
}

/// The encoding that the caller calls `name`: a WHATWG label or what spreadsheets call it.
pub(super) fn by_name(name: &str) -> Result<&'static Encoding> {
    let plain = name.trim().to_ascii_lowercase();
    let label = match plain.as_str() {
        "utf-8-sig" | "utf8-sig" | "utf8-bom" => "utf-8",
        "1251" | "ansi-1251" | "win1251" | "win-1251" => "windows-1251",
        "1252" | "ansi" | "win1252" | "win-1252" => "windows-1252",
        "866" | "dos" => "ibm866",
        "koi8r" => "koi8-r",
        "utf16" | "utf16le" => "utf-16le",
        "utf16be" => "utf-16be",
        other => other,
    };
    Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        Error::usage(format!("`{name}` is not an encoding that crmstat knows")).with_hint(
            "use utf-8, utf-16le, utf-16be, windows-1251, windows-1252, koi8-r, ibm866 or another \
             name of the WHATWG encoding standard",
        )
    })
}

/// Chooses the encoding of `stream`, whose length is `known_length` where known.
///
/// `forced` is the caller's word, `declared` what an HTML page says of itself.
pub(super) fn choose(
    stream: impl Read,
    known_length: Option<u64>,
    forced: Option<&'static Encoding>,
    declared: Option<&'static Encoding>,
) -> io::Result<Chosen> {
    let checked = match known_length {
        Some(length) if length > CHECKED_WHOLE => CHECKED_START,
        _ => CHECKED_WHOLE,
    };
    let mut stream = stream.take(checked);
    let mut head = Vec::with_capacity(BLOCK);
    stream.by_ref().take(BLOCK as u64).read_to_end(&mut head)?;
    let marked = Encoding::for_bom(&head);
    let chosen = |encoding, evidence: String| Chosen {
        encoding,
        skip: marked.filter(|(mark, _)| *mark == encoding).map_or(0, |(_, length)| length as u64),
        forced: false,
        evidence,
        guessed: false,
    };
    if let Some(encoding) = forced {
        return Ok(Chosen { forced: true, ..chosen(encoding, "as given".to_owned()) });
    }
    if let Some((encoding, _)) = marked {
        return Ok(chosen(encoding, "the file begins with its byte order mark".to_owned()));
    }
    if let Some((encoding, _)) = kind::utf16_byte_order(&head) {
        let evidence = "every other byte of ASCII characters is NUL".to_owned();
        return Ok(chosen(encoding, evidence));
    }
    let survey = Survey::of(head, stream)?;
    if survey.broken == 0 {
        let evidence = if survey.multibyte == 0 {
            "every byte is ASCII".to_owned()
        } else {
            format!("{} characters beyond ASCII, all valid UTF-8", survey.multibyte)
        };
        return Ok(chosen(UTF_8, evidence));
    }
    // A file put together of two encodings: what the greater part of its lines are in.
    if survey.valid_lines > 0 && survey.valid_lines >= survey.broken_lines
        || survey.multibyte >= VALID_PER_BROKEN * survey.broken
    {
        let evidence = format!(
            "{} characters beyond ASCII are valid UTF-8; {} broken sequences are not",
            survey.multibyte, survey.broken
        );
        return Ok(chosen(UTF_8, evidence));
    }
    let declared = declared.filter(|encoding| decodes(encoding, &survey.sample));
    if let Some(encoding) = declared {
        return Ok(chosen(encoding, "the page declares it".to_owned()));
    }
    let (encoding, evidence, guessed) = legacy(&survey.sample);
    Ok(Chosen { guessed, ..chosen(encoding, evidence) })
}

/// What a pass over the bytes of a text found, read as UTF-8.
#[derive(Debug, Default)]
struct Survey {
    /// Characters of several bytes.
    multibyte: u64,
    /// Sequences that are not UTF-8.
    broken: u64,
    /// Lines with characters of several bytes and none broken, and lines with a broken one.
    valid_lines: u64,
    broken_lines: u64,
    /// The line that is not complete yet: whether it has either.
    line: (bool, bool),
    /// The blocks with bytes beyond ASCII, up to [`SAMPLE`].
    sample: Vec<u8>,
}

impl Survey {
    fn of(head: Vec<u8>, mut rest: io::Take<impl Read>) -> io::Result<Self> {
        let mut survey = Self::default();
        let mut block = head;
        loop {
            let carried = survey.add(&block);
            block.drain(..block.len() - carried);
            if rest.by_ref().take(BLOCK as u64).read_to_end(&mut block)? == 0 {
                // What is carried past the end is a character cut short, unless the check ended there.
                let is_cut = carried > 0 && rest.limit() > 0;
                survey.broken += u64::from(is_cut);
                survey.line.1 |= is_cut;
                survey.end_line();
                return Ok(survey);
            }
        }
    }

    /// Takes in `block` and returns how many bytes at its end begin a character that may go on.
    fn add(&mut self, block: &[u8]) -> usize {
        if block.is_ascii() {
            if block.contains(&b'\n') {
                self.end_line();
            }
            return 0;
        }
        let room = SAMPLE.saturating_sub(self.sample.len());
        self.sample.extend_from_slice(&block[..block.len().min(room)]);
        let mut position = 0;
        for chunk in block.utf8_chunks() {
            for line in chunk.valid().split_inclusive('\n') {
                let leads = line.bytes().filter(|byte| *byte >= 0xC0).count();
                self.multibyte += leads as u64;
                self.line.0 |= leads > 0;
                if line.ends_with('\n') {
                    self.end_line();
                }
            }
            position += chunk.valid().len() + chunk.invalid().len();
            if chunk.invalid().is_empty() {
                continue;
            }
            let is_cut_short = position == block.len()
                && std::str::from_utf8(chunk.invalid()).is_err_and(|e| e.error_len().is_none());
            if is_cut_short {
                return chunk.invalid().len();
            }
            self.broken += 1;
            self.line.1 = true;
        }
        0
    }

    fn end_line(&mut self) {
        let (has_valid, is_broken) = std::mem::take(&mut self.line);
        self.valid_lines += u64::from(has_valid && !is_broken);
        self.broken_lines += u64::from(is_broken);
    }
}

/// Whether all of `sample` is valid under `encoding`; its last character may be cut.
fn decodes(encoding: &'static Encoding, sample: &[u8]) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(sample.len() * 3 + 16);
    let (result, _) = decoder.decode_to_string_without_replacement(sample, &mut text, false);
    result == encoding_rs::DecoderResult::InputEmpty
}

/// The ten commonest letters of Russian: two thirds of the letters of a text.
const COMMON_LETTERS: &str = "оеаинтсрвл";
/// The share of [`COMMON_LETTERS`] from which letters are Russian. Bytes read under a wrong encoding
/// spread over the alphabet, where ten letters of 33 make less than a third.
const COMMON_SHARE: f64 = 0.45;

/// Chooses among the encodings of a byte per character, and what else `chardetng` knows; whether that is a
/// guess.
fn legacy(sample: &[u8]) -> (&'static Encoding, String, bool) {
    // A few words that every row repeats are few runs of bytes, and yet letters enough to tell.
    let words = few_bytes::words(sample);
    let are_russian = [WINDOWS_1251, KOI8_R, IBM866]
        .into_iter()
        .any(|encoding| russian_share(encoding, &words) >= COMMON_SHARE);
    let few = few_bytes::guess(sample);
    if let Some((encoding, evidence)) =
        few.filter(|(encoding, _)| *encoding != WINDOWS_1252 || !are_russian)
    {
        let is_russian = [WINDOWS_1251, KOI8_R, IBM866].contains(&encoding);
        let is_sure = is_russian && russian_share(encoding, sample) >= COMMON_SHARE;
        return (encoding, evidence, !is_sure);
    }
    let cyrillic = [WINDOWS_1251, KOI8_R, IBM866]
        .into_iter()
        .map(|encoding| (russian_share(encoding, sample), encoding))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((share, encoding)) = cyrillic.filter(|(share, _)| *share >= COMMON_SHARE) {
        let percent = (share * 100.0).round();
        let evidence = format!(
            "not UTF-8; read so, {percent} % of the letters are the ten commonest of Russian"
        );
        return (encoding, evidence, false);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    if guess != UTF_8 && decodes(guess, sample) {
        (guess, "not UTF-8; the pattern of its letters is of this encoding".to_owned(), true)
    } else {
        (WINDOWS_1252, "not UTF-8 and no other encoding recognised".to_owned(), true)
    }
}

/// How Russian `sample` looks under `encoding`: the share of common letters among those beyond ASCII,
/// less what stands where no Russian letter can.
///
/// A letter that touches an ASCII letter is Western text (`Müller`), a capital after a small letter is
/// the mark of KOI8-R and Windows-1251 taken for each other, and signs such as box drawings and letters
/// that Russian lacks speak against the encoding. No-break spaces, numero and quotation marks are neutral.
fn russian_share(encoding: &'static Encoding, sample: &[u8]) -> f64 {
    let (text, _) = encoding.decode_without_bom_handling(sample);
    let (mut letters, mut common, mut misplaced) = (0_u64, 0_u64, 0_u64);
    let mut previous = ' ';
    for character in text.chars() {
        let is_russian = matches!(character, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё');
        if is_russian {
            letters += 1;
            let small = character.to_lowercase().next().unwrap_or(character);
            common += u64::from(COMMON_LETTERS.contains(small));
            let follows_small = previous.is_lowercase() && character.is_uppercase();
            misplaced += u64::from(previous.is_ascii_alphabetic() || follows_small);
        } else if matches!(character, '\u{2500}'..='\u{25FF}' | '\u{80}'..='\u{9F}' | '\u{FFFD}')
            || (!character.is_ascii() && character.is_alphabetic())
        {
            letters += 1;
        }
        misplaced += u64::from(character.is_ascii_alphabetic() && is_cyrillic(previous));
        previous = character;
    }
    if letters == 0 { 0.0 } else { (common as f64 - misplaced as f64) / letters as f64 }
}

pub(super) fn is_cyrillic(character: char) -> bool {
    matches!(character, '\u{0400}'..='\u{04FF}')
}
