//! Orders added up by labels and day while they are read: memory grows with these, not with the orders.

use super::{
    all_rows::body,
    per_customer::count_repeated,
    reader::{OrderReader, OrderRows, Wish},
    repeated_ids::{OrderIds, Repeats},
};
use crate::{
    Error, Money, Result, Window,
    collections::interner::Interner,
    data::{ColumnKey, Ignored, Texts, column::MISSING, sales::is_purchase},
    ingest::{
        Imported, Keep, ReadOptions,
        columns::FieldPart,
        pass::{batches::BatchRecords, input::Input, tally::Tally, verdict::account},
    },
};
use std::collections::{BTreeMap, HashMap};

/// What is added up of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaySum {
    /// The amount, in units of money.
    pub(crate) units: i64,
    /// Orders, and those and refunds.
    pub(crate) orders: u32,
    pub(crate) rows: u32,
}

/// Sums by label and day.
#[derive(Clone, Debug, Default)]
pub(crate) struct DailySums {
    /// The labels of each column, in the order of their bytes.
    pub(crate) labels: Vec<Texts>,
    /// By the codes of the labels ([`MISSING`] is none): the first day, and the sums from it on.
    pub(crate) days: BTreeMap<Vec<u32>, (i32, Vec<DaySum>)>,
}

/// Adds up the orders of `inputs` by the columns `keys` and by day, in one pass. `None` where that cannot be told
/// row by row: where an order may be in several rows, or may be cancelled by another row.
///
/// # Errors
/// As [`collect_orders`](super::all_rows::collect_orders).
pub(crate) fn add_up(
    inputs: &mut [Input],
    options: &ReadOptions,
    window: Window,
    keys: &[ColumnKey],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<Imported<DailySums>>> {
    let wish = Wish { window, body: None, anonymous: true };
    let start = || State {
        texts: keys.iter().map(|_| Interner::new()).collect(),
        nodes: Nodes::default(),
        tally: Tally::default(),
        order_ids: OrderIds::default(),
        rows: OrderRows::default(),
        has_refund: false,
        is_too_large: false,
    };
    let mut states: Vec<State> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    for input in &mut *inputs {
        let extra = keys.iter().filter_map(|key| input.column_of(key)).collect();
        let reader = OrderReader::new(input, options, &wish, extra)?;
        let input = reader.input();
        let parts: Vec<Option<FieldPart<'_>>> = keys
            .iter()
            .map(|key| input.column_of(key))
            .map(|column| column.map(|column| FieldPart::new(input, &reader.wanted, column)))
            .collect();
        states = input.scan(&reader.wanted, states, progress, |state, mut records| {
            state.take(&reader, &parts, &mut records);
            Ok(())
        })?;
    }
    let mut all = start();
    for state in states {
        all.add(state);
    }
    let repeats = std::mem::take(&mut all.order_ids).repeats();
    let is_cancelled = all.has_refund && options.cancelled != Some(Keep::Keep);
    // Such orders have lines besides their first row, which divide them.
    let has_lines = !keys.is_empty() && all.tally.ledger.ignored_by(Ignored::FurtherLine) > 0;
    if repeats != Repeats::None
        || has_lines
        || is_cancelled
        || body(&all.tally, window, options).is_some()
    {
        return Ok(None);
    }
    if all.is_too_large {
        return Err(Error::data("the sales add up to more than money can hold"));
    }
    count_repeated(inputs, options, &wish, &mut all.tally)?;
    all.tally.until = window.until;
    let (tally, sums) = (std::mem::take(&mut all.tally), all.finish());
    account(sums, tally, None, inputs, options).map(Some)
}

/// What one thread keeps while it reads.
struct State {
    texts: Vec<Interner<()>>,
    nodes: Nodes,
    tally: Tally,
    order_ids: OrderIds,
    rows: OrderRows,
    has_refund: bool,
    is_too_large: bool,
}

/// The sums of each combination of codes.
#[derive(Default)]
struct Nodes {
    /// Where there is one column: the place of each code, one more than that of no node.
    of_code: Vec<u32>,
    places: HashMap<Vec<u32>, u32>,
    days: Vec<Days>,
}

impl Nodes {
    fn place(&mut self, path: &[u32]) -> usize {
        if let [code] = path {
            // The code of a missing label comes first.
            let at = code.wrapping_add(1) as usize;
            if at >= self.of_code.len() {
                self.of_code.resize(at + 1, 0);
            }
            if self.of_code[at] > 0 {
                return self.of_code[at] as usize - 1;
            }
            self.of_code[at] = self.days.len() as u32 + 1;
        } else if let Some(place) = self.places.get(path) {
            return *place as usize;
        }
        self.places.insert(path.to_vec(), self.days.len() as u32);
        self.days.push(Days::default());
        self.days.len() - 1
    }
}

/// Sums of days in a row.
#[derive(Default)]
struct Days {
    first: i32,
    sums: Vec<DaySum>,
}

/// Days that are added before the first one at a time, so that falling days cost no more than rising ones.
const ROOM: i32 = 400;

impl Days {
    fn at(&mut self, day: i32) -> &mut DaySum {
        if self.sums.is_empty() {
            self.first = day;
        }
        if day < self.first {
            let more = (self.first - day + ROOM) as usize;
            self.sums.splice(0..0, std::iter::repeat_n(DaySum::default(), more));
            self.first -= more as i32;
        }
        let at = (day - self.first) as usize;
        if at >= self.sums.len() {
            self.sums.resize(at + 1, DaySum::default());
        }
        &mut self.sums[at]
    }

    /// Without days of nothing at either end.
    fn trimmed(self) -> (i32, Vec<DaySum>) {
        let is_some = |sum: &DaySum| sum.rows > 0;
        let start = self.sums.iter().position(is_some).unwrap_or(0);
        let end = self.sums.iter().rposition(is_some).map_or(start, |at| at + 1);
        (self.first + start as i32, self.sums[start..end].to_vec())
    }
}

impl State {
    fn take(
        &mut self,
        reader: &OrderReader<'_>,
        parts: &[Option<FieldPart<'_>>],
        records: &mut BatchRecords<'_>,
    ) {
        let Self { texts, nodes, tally, order_ids, rows, has_refund, is_too_large } = self;
        reader.read(tally, records, rows);
        if reader.has_order_ids() {
            if rows.order.iter().all(|id| id.len > 0) {
                order_ids.observe(&records.block.bytes, &rows.order);
            } else {
                let filled: Vec<_> = rows.order.iter().copied().filter(|id| id.len > 0).collect();
                order_ids.observe(&records.block.bytes, &filled);
            }
        }
        let mut path = vec![MISSING; parts.len()];
        for (at, row) in rows.record.iter().enumerate() {
            if std::str::from_utf8(rows.customer[at].of(&records.block.bytes)).is_err() {
                reader.reject_customer(tally, records, *row);
                continue;
            }
            for ((code, part), texts) in path.iter_mut().zip(parts).zip(&mut *texts) {
                let text =
                    part.as_ref().and_then(|part| part.text(part.cell(records, *row as usize)));
                // Text that is not UTF-8 gets the same mark as a missing one.
                *code = text.map_or(MISSING, |text| texts.intern(text));
            }
            let amount: Money = rows.amount[at];
            *has_refund |= !is_purchase(amount);
            let place = nodes.place(&path);
            let sum = nodes.days[place].at(rows.at[at].date().days());
            match sum.units.checked_add(amount.units()) {
                Some(units) => sum.units = units,
                None => *is_too_large = true,
            }
            sum.orders += u32::from(is_purchase(amount));
            sum.rows += 1;
        }
    }

    /// Takes in what another thread has.
    fn add(&mut self, other: Self) {
        let codes: Vec<Vec<u32>> = self
            .texts
            .iter_mut()
            .zip(&other.texts)
            .map(|(own, theirs)| own.adopt(theirs))
            .collect();
        for (path, place) in other.nodes.places {
            let known = |(code, codes): (&u32, &Vec<u32>)| match *code {
                MISSING => MISSING,
                code => codes[code as usize],
            };
            let path: Vec<u32> = path.iter().zip(&codes).map(known).collect();
            let own = self.nodes.place(&path);
            let days = &other.nodes.days[place as usize];
            for (day, theirs) in (days.first..).zip(&days.sums) {
                if theirs.rows == 0 {
                    continue;
                }
                let sum = self.nodes.days[own].at(day);
                sum.orders += theirs.orders;
                sum.rows += theirs.rows;
                match sum.units.checked_add(theirs.units) {
                    Some(units) => sum.units = units,
                    None => self.is_too_large = true,
                }
            }
        }
        self.tally.add(other.tally);
        self.order_ids = std::mem::take(&mut self.order_ids).merge(other.order_ids);
        self.has_refund |= other.has_refund;
        self.is_too_large |= other.is_too_large;
    }

    /// The sums by labels in the order of their bytes.
    fn finish(self) -> DailySums {
        let mut labels = Vec::new();
        let mut ranks: Vec<Vec<u32>> = Vec::new();
        let mut scratch = [0; 16];
        for texts in &self.texts {
            let sorted = texts.sorted();
            let mut rank = vec![0; sorted.len()];
            let mut own = Texts::default();
            for (place, id) in (0_u32..).zip(&sorted) {
                rank[*id as usize] = place;
                own.push(Some(texts.text(*id, &mut scratch)));
            }
            labels.push(own);
            ranks.push(rank);
        }
        let mut nodes: Vec<Option<Days>> = self.nodes.days.into_iter().map(Some).collect();
        let of = |(path, place): (Vec<u32>, u32)| {
            let ranked = |(code, rank): (&u32, &Vec<u32>)| match *code {
                MISSING => MISSING,
                code => rank[code as usize],
            };
            let path = path.iter().zip(&ranks).map(ranked).collect();
            Some((path, nodes[place as usize].take()?.trimmed()))
        };
        DailySums { labels, days: self.nodes.places.into_iter().filter_map(of).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::Days;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn days_come_in_any_order(days in prop::collection::vec((-900_i32..900, 1_i64..9), 1..60)) {
            let (mut sums, mut slow) = (Days::default(), BTreeMap::<i32, i64>::new());
            for (day, units) in &days {
                let sum = sums.at(*day);
                (sum.units, sum.rows) = (sum.units + units, sum.rows + 1);
                *slow.entry(*day).or_default() += units;
            }
            let (first, found) = sums.trimmed();
            let found: BTreeMap<i32, i64> = (first..)
                .zip(&found)
                .filter(|(_, sum)| sum.rows > 0)
                .map(|(day, sum)| (day, sum.units))
                .collect();
            prop_assert_eq!(found, slow);
        }
    }
}
