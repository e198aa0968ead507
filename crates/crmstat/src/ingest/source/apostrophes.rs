//! Texts whose cells are quoted with `'`, as some databases write them, and so fall apart at every delimiter within.
//!
//! ```text
//! id,product,amount
//! 1,'Chairs, rounded back',731.94
//! ```

use super::{SharedFile, Spool};
use std::io::{self, Read, Write};

/// Lines that are looked at, beside the header.
const LOOKED_AT: usize = 500;
/// Cells that a header has at least.
const FEWEST_CELLS: usize = 3;
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The delimiter of the text that begins with `head`, where its lines have the cells of the header if `'` quotes them, and
/// some of them do not otherwise.
pub(super) fn delimiter(head: &[u8], is_whole: bool) -> Option<u8> {
    let mut lines = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).split(|byte| *byte == b'\n');
    let header = lines.next()?;
    let delimiter =
        DELIMITERS.into_iter().max_by_key(|delimiter| cells(header, *delimiter).count())?;
    let width = cells(header, delimiter).count();
    let mut lines: Vec<&[u8]> = lines.take(LOOKED_AT).collect();
    // The last one may be cut.
    if !is_whole && lines.len() < LOOKED_AT {
        lines.pop();
    }
    lines.retain(|line| !line.trim_ascii().is_empty());
    let fits = |line: &&&[u8]| cells(line, delimiter).count() == width;
    let falls_apart = |line: &&&[u8]| {
        line.contains(&b'\'') && line.split(|byte| *byte == delimiter).count() > width
    };
    // A quoted cell may go on in the next line.
    let has_other_quotes = lines.iter().any(|line| {
        cells(line, delimiter).any(|cell| cell.starts_with(b"\"") || cell.ends_with(b"\""))
            && !line.contains(&b'\'')
    });
    (width >= FEWEST_CELLS
        && !has_other_quotes
        && lines.iter().filter(falls_apart).count() > 0
        && lines.iter().all(|line| fits(&line)))
    .then_some(delimiter)
}

/// The text of `reader` with `"` around cells where `'` was. Lines stay where they are.
pub(super) fn requoted(mut reader: impl Read, delimiter: u8) -> io::Result<SharedFile> {
    let mut text = Vec::new();
    reader.read_to_end(&mut text)?;
    let mut out = io::BufWriter::new(Spool::default());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let end = line.len() - line.iter().rev().take_while(|byte| b"\r\n".contains(byte)).count();
        for (at, cell) in cells(&line[..end], delimiter).enumerate() {
            if at > 0 {
                out.write_all(&[delimiter])?;
            }
            match unquoted(cell) {
                None => out.write_all(cell)?,
                Some(inner) => {
                    out.write_all(b"\"")?;
                    for byte in inner {
                        out.write_all(if *byte == b'"' {
                            b"\"\""
                        } else {
                            std::slice::from_ref(byte)
                        })?;
                    }
                    out.write_all(b"\"")?;
                }
            }
        }
        out.write_all(&line[end..])?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
}

/// What stands between the `'` of a cell that has them on both sides.
fn unquoted(cell: &[u8]) -> Option<&[u8]> {
    cell.strip_prefix(b"'").and_then(|rest| rest.strip_suffix(b"'"))
}

/// The cells of `line`: one that begins with `'` ends behind the next `'` that stands before a delimiter or the end.
fn cells(line: &[u8], delimiter: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line.strip_suffix(b"\r").unwrap_or(line));
    std::iter::from_fn(move || {
        let line = rest?;
        let of_quoted = || {
            let inner = line.strip_prefix(b"'")?;
            let ends = |at: &usize| {
                inner[*at] == b'\'' && inner.get(at + 1).is_none_or(|next| *next == delimiter)
            };
            (0..inner.len()).find(ends).map(|at| at + 2)
        };
        let plain = || line.iter().position(|byte| *byte == delimiter);
        let end = of_quoted().or_else(plain).unwrap_or(line.len());
        rest = line.get(end + 1..);
        Some(&line[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::{delimiter, requoted};
    use std::io::Read;

    #[test]
    fn cells_in_apostrophes_are_told_from_names_with_one() {
        for (text, found) in [
            ("id,product,amount\n1,'Chairs, rounded back',7\n2,Desk,8\n", Some(b',')),
            ("id;product;amount\r\n1;'a; b';7\r\n", Some(b';')),
            ("id,product,amount\n1,O'Neil,7\n2,'til dawn,8\n", None),
            ("id,product,amount\n1,\"Chairs, rounded back\",7\n", None),
            ("id,product,amount\n1,'Chairs, rounded back',7\n2,a,b,c\n", None),
            ("id,product,amount\n1,'Chairs',7\n", None),
            ("id,product,amount\n1,Chairs, rounded back,7\n", None),
            ("", None),
        ] {
            assert_eq!(delimiter(text.as_bytes(), true), found, "{text}");
        }
    }

    #[test]
    fn they_become_quotes_on_their_line() {
        let text = "id,product,amount\r\n1,'8\" mouse, black',7\r\n2,O'Neil,8";
        let mut out = String::new();
        let file = requoted(text.as_bytes(), b',').unwrap();
        file.reader_at(0).read_to_string(&mut out).unwrap();
        assert_eq!(out, "id,product,amount\r\n1,\"8\"\" mouse, black\",7\r\n2,O'Neil,8");
    }
}
