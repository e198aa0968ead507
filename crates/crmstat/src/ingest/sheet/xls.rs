//! What an XLS workbook would take in memory, checked before its reader lays it out.
//!
//! The reader makes room for what a sheet says are its dimensions, then for the rectangle around its
//! cells, however few they are. So the streams of the compound file ([MS-CFB]) and the records of its
//! sheets ([MS-XLS] 2.4) are walked here once for these numbers alone.

use std::{collections::HashSet, io::Read};

use super::limits::broken;
use crate::{Error, Result, ingest::source::SharedFile};

/// Bytes of the file, which its reader holds in memory whole.
const MAX_FILE: u64 = 256 << 20;
/// Cells of all sheets together, the empty ones between others included.
const MAX_CELLS: u64 = 20_000_000;
/// Places laid out, below which it does not matter how many of them hold a cell, and how many may be laid
/// out for each cell beyond.
const FREE_PLACES: u64 = 2_000_000;
const PLACES_PER_CELL: u64 = 64;
/// Streams shorter than this lie in the small sectors.
const SMALL_STREAM: usize = 4096;
const SMALL_SECTOR: usize = 64;
const DIRECTORY_ENTRY: usize = 128;

/// Refuses a workbook whose sheets would not fit.
pub(super) fn check(file: &SharedFile) -> Result<()> {
    if file.len() > MAX_FILE {
        return Err(too_large(&format!("{} MiB", MAX_FILE >> 20)));
    }
    let mut bytes = Vec::new();
    file.reader_at(0).read_to_end(&mut bytes).map_err(|cause| broken(&cause))?;
    let stream = workbook_stream(&bytes).ok_or_else(|| broken(&"it has no workbook stream"))?;
    let Extent { places, cells } = extent(&stream);
    if places > MAX_CELLS {
        return Err(too_large(&format!("{} million cells", MAX_CELLS / 1_000_000)));
    }
    if places > FREE_PLACES.saturating_add(cells.saturating_mul(PLACES_PER_CELL)) {
        return Err(too_large(&format!(
            "{PLACES_PER_CELL} empty places for each of its {cells} cells"
        )));
    }
    Ok(())
}

fn too_large(limit: &str) -> Error {
    Error::data(format!("holds more than {limit}, the limit for XLS"))
        .with_hint("save it as XLSX or CSV")
}

/// The stream named `Workbook`, or `Book` before Excel 97, of a compound file.
fn workbook_stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let sector = 1_usize << u16_at(bytes, 30).filter(|shift| matches!(shift, 9 | 12))?;
    let sectors = |start: u32, table: &[u32]| chain(bytes.get(sector..)?, sector, start, table);
    // The header has room for 109 sectors of the table; a chain of sectors names the rest, the last
    // number of each being the next sector.
    let mut table_sectors = numbers(bytes.get(76..512)?);
    let mut next = u32_at(bytes, 68)?;
    let mut seen = HashSet::new();
    while let Some(start) = offset(next, sector).filter(|_| seen.insert(next)) {
        let Some(more) = bytes.get(start..start + sector) else { break };
        table_sectors.extend(numbers(more));
        next = table_sectors.pop()?;
    }
    let table: Vec<u32> = table_sectors
        .iter()
        .filter_map(|number| bytes.get(offset(*number, sector)?..)?.get(..sector))
        .take(bytes.len() / sector + 1)
        .flat_map(numbers)
        .collect();
    let directory = sectors(u32_at(bytes, 48)?, &table)?;
    let entries = || directory.chunks_exact(DIRECTORY_ENTRY);
    let entry = ["WORKBOOK", "BOOK"].iter().find_map(|name| {
        entries().find(|entry| entry_name(entry).is_some_and(|found| found == *name))
    })?;
    let (start, length) = (u32_at(entry, 116)?, u32_at(entry, 120)? as usize);
    let mut stream = if length < SMALL_STREAM {
        let small = sectors(u32_at(entries().next()?, 116)?, &table)?;
        let small_table = numbers(&sectors(u32_at(bytes, 60)?, &table)?);
        chain(&small, SMALL_SECTOR, start, &small_table)?
    } else {
        sectors(start, &table)?
    };
    stream.truncate(length);
    Some(stream)
}

/// Where sector `number` begins, past the header; `None` for the numbers that mean something else.
fn offset(number: u32, sector: usize) -> Option<usize> {
    const FIRST_RESERVED: u32 = 0xFFFF_FFFA;
    (number < FIRST_RESERVED).then(|| (number as usize + 1) * sector)
}

/// The bytes of the sectors from `start` on, each of which `table` says what follows.
fn chain(bytes: &[u8], sector: usize, start: u32, table: &[u32]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut number = start;
    let mut seen = HashSet::new();
    while let Some(begin) = offset(number, sector).map(|offset| offset - sector) {
        let rest = bytes.get(begin..).filter(|rest| !rest.is_empty() && seen.insert(number))?;
        content.extend_from_slice(&rest[..sector.min(rest.len())]);
        number = table.get(number as usize).copied().unwrap_or(u32::MAX);
    }
    Some(content)
}

/// The name of a directory entry in upper case.
fn entry_name(entry: &[u8]) -> Option<String> {
    // The length in bytes counts the closing NUL.
    let length = usize::from(u16_at(entry, 64)?).saturating_sub(2).min(64);
    let units: Vec<u16> = entry[..length]
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    Some(String::from_utf16_lossy(&units).to_uppercase())
}

/// What the reader makes room for, and the cells that are there.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    places: u64,
    cells: u64,
}

/// The extent of all sheets of `stream`.
fn extent(stream: &[u8]) -> Extent {
    const BOUND_SHEET: u16 = 0x0085;
    let sheets = records(stream).take_while(|(kind, _)| *kind != END);
    sheets
        .filter(|(kind, _)| *kind == BOUND_SHEET)
        .filter_map(|(_, data)| stream.get(u32_at(data, 0)? as usize..))
        .map(sheet_extent)
        .fold(Extent::default(), |all, sheet| Extent {
            places: all.places.saturating_add(sheet.places),
            cells: all.cells.saturating_add(sheet.cells),
        })
}

const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;

/// The sheet at the start of `stream`: the larger of what it says of its dimensions and the rectangle around
/// its cells.
fn sheet_extent(stream: &[u8]) -> Extent {
    const DIMENSIONS: u16 = 0x0200;
    const CELLS: [u16; 8] = [0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E];
    const SEVERAL_NUMBERS: u16 = 0x00BD;
    let (mut declared, mut cells) = (0_u64, 0_u64);
    let (mut rows, mut columns) = ((u64::MAX, 0), (u64::MAX, 0));
    let mut depth = 0_u32;
    for (kind, data) in records(stream) {
        match kind {
            BEGIN => depth += 1,
            // Charts inside the sheet have a beginning and an end of their own.
            END if depth <= 1 => break,
            END => depth -= 1,
            DIMENSIONS if depth <= 1 => {
                // Rows have 32 bits since Excel 97 and had 16 before.
                let wide = data.len() >= 14;
                let row = |at: usize| {
                    let narrow = u16_at(data, at * 2).map(u64::from);
                    if wide { u32_at(data, at * 4).map(u64::from) } else { narrow }
                };
                let column = |at: usize| u16_at(data, if wide { 8 } else { 4 } + at * 2);
                if let (Some(first), Some(last)) = (row(0), row(1)) {
                    let width = column(1).unwrap_or(0).saturating_sub(column(0).unwrap_or(0));
                    let area = (last.saturating_sub(first) + 1) * (u64::from(width) + 1);
                    declared = declared.saturating_add(area);
                }
            }
            _ if depth <= 1 && CELLS.contains(&kind) => {
                let Some((row, column)) = u16_at(data, 0).zip(u16_at(data, 2)) else { continue };
                let last = match kind {
                    SEVERAL_NUMBERS => u16_at(data, data.len().saturating_sub(2)).unwrap_or(column),
                    _ => column,
                };
                cells += 1 + u64::from(last.saturating_sub(column));
                rows = (rows.0.min(row.into()), rows.1.max(row.into()));
                columns = (columns.0.min(column.into()), columns.1.max(last.max(column).into()));
            }
            _ => {}
        }
    }
    if rows.0 == u64::MAX {
        return Extent { places: declared, cells };
    }
    let around = (rows.1 - rows.0 + 1) * (columns.1 - columns.0 + 1);
    Extent { places: declared.max(around), cells }
}

/// The records of a stream: kind and data.
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let data = rest.get(4..4 + length)?;
        rest = &rest[4 + length..];
        Some((kind, data))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|chunk| u32_at(chunk, 0)).collect()
}
