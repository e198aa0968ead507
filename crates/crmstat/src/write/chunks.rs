//! Rows formatted by all threads and written in order, a bounded number of bytes at a time.

use std::{
    io::{self, Write},
    ops::Range,
};

use crmstat_models::parallel::map_chunks;

/// Rows that one task formats: enough to outweigh handing it out.
const CHUNK: usize = 4096;
/// Rows formatted while others are written: what bounds memory, to some tens of megabytes.
const BATCH: usize = 32 * CHUNK;

/// Formats `0..rows` with `format`, which appends the bytes of the rows it is given, and writes them.
pub(super) fn write_in_chunks(
    rows: usize,
    out: &mut (dyn Write + Send),
    format: impl Fn(Range<usize>, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    let format_batch = |start: usize| {
        map_chunks(BATCH.min(rows - start), CHUNK, |chunk| {
            let mut bytes = Vec::with_capacity(CHUNK * 64);
            format(start + chunk.start..start + chunk.end, &mut bytes);
            bytes
        })
    };
    let mut formatted = Vec::new();
    for start in (0..rows).step_by(BATCH) {
        let (written, next) = rayon::join(|| write_all(out, &formatted), || format_batch(start));
        written?;
        formatted = next;
    }
    write_all(out, &formatted)
}

fn write_all(out: &mut (dyn Write + Send), chunks: &[Vec<u8>]) -> io::Result<()> {
    chunks.iter().try_for_each(|bytes| out.write_all(bytes))
}
