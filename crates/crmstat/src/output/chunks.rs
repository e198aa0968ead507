//! Rows formatted by all threads and written in order, a bounded number of bytes at a time.

use std::{
    io::{self, Write},
    ops::Range,
};

use crmstat_models::parallel::map_chunks;

/// Rows that one task formats: enough to outweigh handing it out.
const CHUNK: usize = 4096;
/// Rows formatted before they are written: what bounds memory, to some tens of megabytes.
const BATCH: usize = 64 * CHUNK;

/// Formats `0..rows` with `format`, which appends the bytes of the rows it is given, and writes them.
pub(super) fn write_in_chunks(
    rows: usize,
    out: &mut dyn Write,
    format: impl Fn(Range<usize>, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    for start in (0..rows).step_by(BATCH) {
        let batch = BATCH.min(rows - start);
        let formatted = map_chunks(batch, CHUNK, |chunk| {
            let mut bytes = Vec::with_capacity(CHUNK * 64);
            format(start + chunk.start..start + chunk.end, &mut bytes);
            bytes
        });
        for bytes in formatted {
            out.write_all(&bytes)?;
        }
    }
    Ok(())
}
