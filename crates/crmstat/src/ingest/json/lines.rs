//! Where the objects of records began.

/// The line on which the object of each record begins; where several objects share a line, those behind the
/// first count on from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    runs: Vec<Run>,
}

/// Records at one distance from each other, in the text that was made and in the one that it was made of.
#[derive(Clone, Copy, Debug)]
struct Run {
    record: u64,
    records: u64,
    line: u64,
    step: u64,
}

impl Lines {
    /// Notes that the object of the record on line `record` of the text that was made began on `line`.
    pub(super) fn note(&mut self, record: u64, line: u64) {
        if let Some(last) = self.runs.last_mut() {
            let behind = record - last.record;
            let is_next = behind == last.records;
            if is_next && behind == 1 {
                last.step = line - last.line;
            }
            if is_next && last.line + behind * last.step == line {
                last.records += 1;
                return;
            }
        }
        self.runs.push(Run { record, records: 1, line, step: 1 });
    }

    /// As [`Lines::note`] of `records` in a row, each on the line behind the last.
    pub(super) fn note_all(&mut self, record: u64, line: u64, records: u64) {
        (0..records).for_each(|at| self.note(record + at, line + at));
    }

    /// The line on which the object of the record on line `record` began.
    pub(crate) fn of(&self, record: u64) -> u64 {
        let at = self.runs.partition_point(|run| run.record <= record);
        let Some(run) = at.checked_sub(1).map(|at| self.runs[at]) else { return record };
        run.line + (record - run.record).min(run.records - 1) * run.step
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_told_of_any_layout_and_regular_ones_take_no_room() {
        let mut lines = Lines::default();
        let pretty = (0..1_000).map(|row| (2 + row, 2 + 5 * row));
        // A text of three lines, then objects of one line each, the last two on the same.
        let rest = [(1_002, 5_100), (1_005, 5_101), (1_006, 5_102), (1_007, 5_103)];
        let all: Vec<(u64, u64)> = pretty.chain(rest).collect();
        for (record, line) in &all {
            lines.note(*record, *line);
        }
        assert!(lines.runs.len() <= 3, "{lines:?}");
        for (record, line) in all {
            assert_eq!(lines.of(record), line);
        }
        // Many at once, after each kind of run.
        for first in [vec![], vec![(2, 7)], vec![(2, 7), (3, 9)], vec![(2, 7), (3, 8)]] {
            let mut lines = Lines::default();
            for (record, line) in &first {
                lines.note(*record, *line);
            }
            let (record, line) =
                first.last().map_or((2, 4), |(record, line)| (record + 1, line + 3));
            lines.note_all(record, line, 5);
            let many = (0..5).map(|at| (record + at, line + at));
            for (record, line) in first.into_iter().chain(many) {
                assert_eq!(lines.of(record), line, "{lines:?}");
            }
        }
    }
}
