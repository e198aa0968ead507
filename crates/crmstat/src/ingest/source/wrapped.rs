//! Texts whose lines are each one cell: a comma-separated file that a spreadsheet of another country opened as one
//! column and saved again. Lines with a quote were quoted once more, the others were not.
//!
//! ```text
//! id,name,amount;
//! "1,""Smith, John"",10";
//! 2,Anna,20;
//! ```

use super::{SharedFile, Spool};
use std::io::{self, Read, Write};

/// Lines that are looked at, beside the header.
const LOOKED_AT: usize = 200;
/// Cells that a header has at least; fewer are a column of sentences with commas.
const FEWEST_CELLS: usize = 3;
/// What may stand between the cells of the file as it was.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// What the spreadsheet writes behind a cell.
const ENDS: [u8; 2] = [b';', b'\t'];

/// Whether the text that begins with `head` is so, which is the whole of it where it `is_whole`.
pub(super) fn is_wrapped(head: &[u8], is_whole: bool) -> bool {
    let mut lines =
        head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).split_inclusive(|byte| *byte == b'\n');
    let Some(header) = lines.next() else { return false };
    let header = unquoted(header).unwrap_or_else(|| bare(header).to_vec());
    let cells = |line: &[u8]| DELIMITERS.map(|delimiter| cells_of(line, delimiter));
    let of_header = cells(&header);
    if of_header.iter().all(|cells| *cells < FEWEST_CELLS) {
        return false;
    }
    let mut lines: Vec<&[u8]> = lines.take(LOOKED_AT).collect();
    // The last one may be cut.
    if !is_whole && lines.len() < LOOKED_AT {
        lines.pop();
    }
    lines.retain(|line| line.contains(&b'"'));
    let Some(inner) = lines.into_iter().map(unquoted).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let is_row = |line: &Vec<u8>| {
        let pairs = cells(line).into_iter().zip(of_header);
        pairs.filter(|(_, own)| *own >= FEWEST_CELLS).any(|(found, own)| found.abs_diff(own) <= 1)
    };
    inner.iter().any(is_row)
}

/// The text of `reader` with what stands in the only cell of every line in its place. Lines stay where they are.
pub(super) fn unwrap(mut reader: impl Read) -> io::Result<SharedFile> {
    let mut text = Vec::new();
    reader.read_to_end(&mut text)?;
    let mut out = Spool::default();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match unquoted(line) {
            Some(inner) => out.write_all(&inner)?,
            None => out.write_all(bare(line))?,
        }
        out.write_all(if line.ends_with(b"\n") { b"\n" } else { b"" })?;
    }
    out.finish()
}

/// `line` without its end and what the spreadsheet wrote behind its cell.
fn bare(line: &[u8]) -> &[u8] {
    let is_end = |byte: &&u8| byte.is_ascii_whitespace() || ENDS.contains(byte);
    &line[..line.len() - line.iter().rev().take_while(is_end).count()]
}

/// What stands in the only cell of `line`, where that is quoted.
fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    let rest = bare(line).strip_prefix(b"\"")?;
    let mut inner = Vec::with_capacity(rest.len());
    let mut bytes = rest.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if *byte != b'"' {
            inner.push(*byte);
        } else if rest.get(at + 1) == Some(&b'"') {
            inner.push(b'"');
            bytes.next();
        } else {
            return (at + 1 == rest.len()).then_some(inner);
        }
    }
    None
}

/// The cells of `line` between `delimiter`.
fn cells_of(line: &[u8], delimiter: u8) -> usize {
    let mut is_quoted = false;
    let ends = line.iter().filter(|byte| {
        is_quoted ^= **byte == b'"';
        **byte == delimiter && !is_quoted
    });
    1 + ends.count()
}

#[cfg(test)]
mod tests {
    use super::{is_wrapped, unwrap};
    use std::io::Read;

    #[test]
    fn lines_that_are_one_cell_are_told_from_others() {
        for (text, is_so) in [
            ("id,name,amount\n\"1,\"\"Smith, John\"\",10\";\n\"2,Anna,20\";\n", true),
            ("id,name,amount;\n\"1,\"\"Smith, John\"\",10\";\n2,Anna,20;\n", true),
            ("\"id,name,amount\"\r\n\"1,\"\"a\"\",10\"\r\n", true),
            ("\u{feff}\"id;name;amount;note\"\n\"1;Anna;10;\"\n", true),
            ("id,name,amount\n1,\"Smith, John\",10\n", false),
            ("id,name,amount\n1,\"Smith\nJohn\",10\n", false),
            ("\"id\",\"name\",\"amount\"\n\"1\",\"Anna\",\"10\"\n", false),
            ("\"id\";\"name\";\"amount\"\n\"1\";\"Anna\";\"10\"\n", false),
            ("note\n\"one, two, three\"\n", false),
            ("a,b,c\n\"one\"\n", false),
            ("id,name,amount\n1,2,3\n", false),
            ("", false),
        ] {
            assert_eq!(is_wrapped(text.as_bytes(), true), is_so, "{text}");
        }
    }

    #[test]
    fn what_is_unwrapped_stays_on_its_line() {
        // The line feed in a cell ended the spreadsheet's line.
        let text = "id,name,note;\n\"1,\"\"a\";\r\n\"b\"\",x\"\n\n2,c,y";
        let mut out = String::new();
        let file = unwrap(text.as_bytes()).unwrap();
        file.reader_at(0).read_to_string(&mut out).unwrap();
        assert_eq!(out, "id,name,note\n1,\"a\nb\",x\n\n2,c,y");
    }
}
