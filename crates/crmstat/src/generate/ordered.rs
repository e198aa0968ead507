//! Records of all customers in the order of their days, in bounded memory.
//!
//! Customers are simulated independently, but an export is sorted by date. The days are cut into slices
//! of a bounded number of records; for each slice every customer is simulated again and only the records
//! of the slice are kept. Nothing is spilled to disk, and 100 million records need no more memory than
//! one slice.

use std::ops::Range;

use crmstat_models::parallel::map_chunks;

use crate::Result;

/// Records held at once: a few hundred megabytes with their sorted copy.
const SLICE: u64 = 6_000_000;
/// Customers that one task simulates.
const CUSTOMERS: usize = 2048;
/// Customers that tell how many records fall on each day.
const SAMPLE: u32 = 1 << 16;

/// Something that happens on a day.
pub(super) trait Record: Copy + Default + Send + Sync {
    /// The day by which it is sorted.
    fn day(&self) -> u16;
}

/// Hands the records of `customers` customers on `days` days to `emit`, ordered by day, then customer,
/// then as they were made, with the index of the first record of each batch.
///
/// `simulate` appends a customer's records of the days it is given. `expected` is about how many records
/// there will be in all.
pub(super) fn in_order<R: Record>(
    customers: u32,
    days: u16,
    expected: f64,
    simulate: impl Fn(u32, Range<u16>, &mut Vec<R>) + Sync,
    mut emit: impl FnMut(u64, &[R]) -> Result<()>,
) -> Result<()> {
    let simulated = |slice: Range<u16>| {
        map_chunks(customers as usize, CUSTOMERS, |chunk| {
            let mut records = Vec::new();
            for customer in chunk {
                simulate(customer as u32, slice.clone(), &mut records);
            }
            records
        })
    };
    // Chance adds little to so many records; half as much again never happens.
    let slices = if expected * 1.5 <= SLICE as f64 {
        std::iter::once(0..days).collect()
    } else {
        cut(days, &sampled_counts(customers, days, &simulate))
    };
    let mut first = 0;
    for slice in slices {
        let sorted = sorted_by_day(&simulated(slice.clone()), slice);
        emit(first, &sorted)?;
        first += sorted.len() as u64;
    }
    Ok(())
}

/// About how many records fall on each day: those of a sample of the customers, scaled.
fn sampled_counts<R: Record>(
    customers: u32,
    days: u16,
    simulate: &(impl Fn(u32, Range<u16>, &mut Vec<R>) + Sync),
) -> Vec<u64> {
    let stride = customers.div_ceil(SAMPLE);
    let sampled = customers.div_ceil(stride) as usize;
    let chunks = map_chunks(sampled, CUSTOMERS, |chunk| {
        let (mut counts, mut records) = (vec![0_u64; days.into()], Vec::new());
        for index in chunk {
            simulate(index as u32 * stride, 0..days, &mut records);
            records.drain(..).for_each(|record| counts[usize::from(record.day())] += 1);
        }
        counts
    });
    let total = |day: usize| chunks.iter().map(|counts| counts[day]).sum::<u64>();
    (0..days.into()).map(|day| total(day) * u64::from(stride)).collect()
}

/// Cuts the days of `counts` into slices of at most [`SLICE`] records, or of one day.
fn cut(days: u16, counts: &[u64]) -> Vec<Range<u16>> {
    let mut slices = Vec::new();
    let (mut start, mut records) = (0, 0);
    for (day, count) in (0..days).zip(counts) {
        if records + count > SLICE && day > start {
            slices.push(start..day);
            (start, records) = (day, 0);
        }
        records += count;
    }
    slices.push(start..days);
    slices
}

/// The records of all chunks by day: a stable counting sort.
fn sorted_by_day<R: Record>(chunks: &[Vec<R>], days: Range<u16>) -> Vec<R> {
    let slot = |record: &R| usize::from(record.day() - days.start);
    let mut places = vec![0_usize; usize::from(days.end - days.start) + 1];
    for record in chunks.iter().flatten() {
        places[slot(record) + 1] += 1;
    }
    for day in 1..places.len() {
        places[day] += places[day - 1];
    }
    let mut sorted = vec![R::default(); places[places.len() - 1]];
    for record in chunks.iter().flatten() {
        let place = &mut places[slot(record)];
        sorted[*place] = *record;
        *place += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::{Record, SLICE, cut, in_order};

    impl Record for (u16, u32, u32) {
        fn day(&self) -> u16 {
            self.0
        }
    }

    #[test]
    fn slices_give_what_one_sort_gives() {
        let simulate = |customer: u32, days: std::ops::Range<u16>, out: &mut Vec<_>| {
            for sequence in 0..customer % 5 {
                let day = (customer * 7 + sequence * 13) as u16 % 50;
                if days.contains(&day) {
                    out.push((day, customer, sequence));
                }
            }
        };
        let collect = |expected| {
            let mut all: Vec<(u16, u32, u32)> = Vec::new();
            in_order(10_000, 50, expected, simulate, |first, records| {
                assert_eq!(first, all.len() as u64);
                all.extend(records);
                Ok(())
            })
            .unwrap();
            all
        };
        let mut expected = Vec::new();
        (0..10_000).for_each(|customer| simulate(customer, 0..50, &mut expected));
        expected.sort_unstable();
        assert_eq!(collect(20_000.0), expected);
        assert_eq!(collect(1e12), expected);
    }

    #[test]
    fn a_slice_is_bounded_and_never_empty_of_days() {
        assert_eq!(cut(4, &[SLICE / 2; 4]), [0..2, 2..4]);
        assert_eq!(cut(3, &[2 * SLICE; 3]), [0..1, 1..2, 2..3]);
        assert_eq!(cut(3, &[0; 3]).as_slice(), std::slice::from_ref(&(0..3)));
    }
}
