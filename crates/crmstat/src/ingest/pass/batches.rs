//! One pass over a text: blocks are handed out in turn, their cells are found and used in parallel.

use crate::{
    Error, Result,
    ingest::{
        source::Source,
        text::{Batch, Block, Blocks, Dialect, SPACE, SpaceRuns},
    },
};
use rayon::prelude::*;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// A batch of records on its way through a thread.
pub(crate) struct BatchRecords<'a> {
    /// Holds the bytes of the cells.
    pub(crate) block: &'a mut Block,
    /// The wanted cells.
    pub(crate) batch: &'a Batch,
    /// The first record that is data: those before it are the header and what stands above it.
    pub(crate) first: usize,
    /// What its lines are lines of, where it was made of another text.
    source: Option<&'a Source>,
    /// Up to where newlines were counted, and how many.
    counted_to: usize,
    counted_lines: u64,
}

impl<'a> BatchRecords<'a> {
    pub(crate) fn new(block: &'a mut Block, batch: &'a Batch, first: usize) -> Self {
        Self { block, batch, first, source: None, counted_to: 0, counted_lines: 0 }
    }
}

/// Gives every block of `source` to one of `states`, each of which belongs to one thread; `fill` finds the cells.
///
/// # Errors
/// The error of the earliest block that has one.
pub(crate) fn scan<S: Send>(
    source: &Source,
    text: &Text,
    fill: impl Fn(&mut Block, &mut Batch) + Sync,
    states: Vec<S>,
    progress: &(dyn Fn(u64) + Sync),
    visit: impl Fn(&mut S, BatchRecords<'_>) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let mut input = source.reader()?;
    if text.dialect.delimiter == SPACE {
        input = Box::new(SpaceRuns::new(input));
    }
    let blocks =
        Mutex::new(Blocks::new(input, source.name(), text.dialect, |cause| source.failure(cause)));
    let stop = AtomicBool::new(false);
    let finished: Vec<(S, Option<(u64, Error)>)> = states
        .into_par_iter()
        .with_max_len(1)
        .map(|mut state| {
            let (mut block, mut batch) = (Block::default(), Batch::default());
            let failed = loop {
                if stop.load(Ordering::Relaxed) {
                    break None;
                }
                let more =
                    blocks.lock().unwrap_or_else(PoisonError::into_inner).next_into(&mut block);
                match more {
                    Ok(false) => break None,
                    Err(error) => break Some((u64::MAX, error)),
                    Ok(true) => {}
                }
                progress(block.end as u64);
                fill(&mut block, &mut batch);
                let first = if block.index == 0 { text.skip.min(batch.len()) } else { 0 };
                let index = block.index;
                let mut records = BatchRecords::new(&mut block, &batch, first);
                records.source = Some(source);
                if let Err(error) = visit(&mut state, records) {
                    break Some((index, error));
                }
            };
            if failed.is_some() {
                stop.store(true, Ordering::Relaxed);
            }
            (state, failed)
        })
        .collect();
    if blocks.into_inner().unwrap_or_else(PoisonError::into_inner).has_open_end() {
        source.note_open_end();
    }
    let mut states = Vec::with_capacity(finished.len());
    let mut earliest: Option<(u64, Error)> = None;
    for (state, failed) in finished {
        states.push(state);
        if let Some((index, error)) = failed
            && earliest.as_ref().is_none_or(|(found, _)| index < *found)
        {
            earliest = Some((index, error));
        }
    }
    match earliest {
        Some((_, error)) => Err(error),
        None => Ok(states),
    }
}

/// How a text is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// The rules by which bytes are cells.
    pub(crate) dialect: Dialect,
    /// Records up to and including the header.
    pub(crate) skip: usize,
}

impl BatchRecords<'_> {
    /// The bytes of record `row`, without the newline.
    pub(crate) fn record(&self, row: usize) -> &[u8] {
        let start = self.batch.starts[row] as usize;
        let end = self.batch.starts.get(row + 1).map_or(self.block.end, |next| *next as usize);
        self.block.bytes[start..end].trim_ascii_end()
    }

    /// The line on which record `row` begins, from 1.
    ///
    /// Rows are asked for in rising order, so that each newline is counted once.
    pub(crate) fn line(&mut self, row: usize) -> u64 {
        if let Some(line) = self.block.lines.get(row) {
            return *line;
        }
        let start = self.batch.starts[row] as usize;
        if start < self.counted_to {
            (self.counted_to, self.counted_lines) = (0, 0);
        }
        let between = &self.block.bytes[self.counted_to..start];
        self.counted_lines += memchr::memchr_iter(b'\n', between).count() as u64;
        self.counted_to = start;
        let line = self.block.first_line + self.counted_lines;
        self.source.map_or(line, |source| source.line(line))
    }
}
