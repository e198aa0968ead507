//! Orders that were cancelled, taken off sums that each row was added to.

use super::{
    all_rows::Customers,
    customer_periods::{CustomerPeriod, CustomerPeriods},
    daily::{All, DayCache, Dictionary, Parts, Reading, adopt},
    filter::Filter,
    reader::{OrderReader, OrderRows},
};
use crate::{
    Money, Result, Timestamp,
    collections::{
        interner::Interner,
        sharded_map::Sorter,
        short_text::{Cell, hash_cell},
    },
    data::{
        ColumnKey,
        column::MISSING,
        sales::{is_purchase, pairs},
    },
    ingest::pass::{batches::BatchRecords, tally::Tally},
};
use std::collections::HashMap;

/// One order or refund of a customer who has refunds.
struct Order {
    at: Timestamp,
    amount: Money,
    /// The codes of its labels.
    path: Vec<u32>,
}

/// What one thread keeps while it reads them.
struct Again {
    /// The rows have been accounted for: nobody asks for it.
    tally: Tally,
    rows: OrderRows,
    labels: Vec<Dictionary>,
    /// By the number of the customer among those with refunds.
    orders: Vec<Vec<Order>>,
}

impl Again {
    fn take(
        &mut self,
        reader: &OrderReader<'_>,
        parts: &Parts<'_>,
        records: &mut BatchRecords<'_>,
        find: impl Fn(&[u8], Cell) -> Option<usize>,
    ) {
        reader.read(&mut self.tally, records, &mut self.rows);
        for own in &mut self.labels {
            own.recent.begin(reader.input().number);
        }
        for (at, row) in self.rows.record.iter().enumerate() {
            let Some(number) = find(&records.block.bytes, self.rows.customer[at]) else { continue };
            let mut path = vec![MISSING; self.labels.len()];
            parts.labels(&mut self.labels, records, *row, &mut path);
            let (at, amount) = (self.rows.at[at], self.rows.amount[at]);
            self.orders[number].push(Order { at, amount, path });
        }
    }
}

impl Reading<'_> {
    /// Takes the orders that were cancelled off `all`: those of the customers with refunds are looked at once more,
    /// side by side. What is left of them by period, and by their numbers among the `customers` how many orders and
    /// refunds were taken off.
    pub(super) fn leave_out_cancelled(
        &mut self,
        all: &mut All,
        customers: Option<&Customers>,
    ) -> Result<(CustomerPeriods, HashMap<u32, u64>)> {
        let refunded = std::mem::take(&mut all.refunded);
        let numbers: HashMap<&[u8], usize> =
            refunded.iter().zip(0..).map(|(customer, number)| (&**customer, number)).collect();
        let filter = Filter::new(numbers.keys().copied());
        let find = |bytes: &[u8], cell: Cell| {
            let may_be = cell.len > 0 && filter.may_hold(hash_cell(bytes, cell));
            if may_be { numbers.get(cell.of(bytes)).copied() } else { None }
        };
        let start = || Again {
            tally: Tally::default(),
            rows: OrderRows::default(),
            labels: self.asked.keys.iter().map(|_| Dictionary::new()).collect(),
            orders: numbers.iter().map(|_| Vec::new()).collect(),
        };
        let mut states: Vec<Again> =
            std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
        for input in &mut *self.inputs {
            let extra = self.asked.keys.iter().filter_map(|key| input.column_of(key)).collect();
            let reader = OrderReader::new(input, self.options, &self.wish, extra)?;
            let parts = Parts::new(&reader, self.asked);
            states = reader.input().scan(
                &reader.wanted,
                states,
                self.progress,
                |state, mut records| {
                    state.take(&reader, &parts, &mut records, find);
                    Ok(())
                },
            )?;
        }
        let mut orders: Vec<Vec<Order>> = numbers.iter().map(|_| Vec::new()).collect();
        for state in states {
            let texts: Vec<_> = state.labels.into_iter().map(|own| own.texts).collect();
            let codes = adopt(&mut all.texts, &texts);
            let known = |(code, codes): (&u32, &Vec<u32>)| match *code {
                MISSING => MISSING,
                code => codes[code as usize],
            };
            for (own, theirs) in orders.iter_mut().zip(state.orders) {
                own.extend(theirs.into_iter().map(|mut order| {
                    order.path = order.path.iter().zip(&codes).map(known).collect();
                    order
                }));
            }
        }
        let ids = match customers {
            Some(customers) => numbers_of(customers, refunded.iter().map(|customer| &**customer)),
            None => vec![0; orders.len()],
        };
        let ranks = self.ranks(&all.texts);
        let are_long = self.asked.periods.is_some_and(|periods| periods.are_long);
        let mut people = CustomerPeriods::new(are_long);
        let mut days = DayCache::new();
        let mut taken_off = HashMap::new();
        for (mut own, id) in orders.into_iter().zip(&ids) {
            // In the order of `Orders`: what it falls to among equals is the same.
            own.sort_by_cached_key(|order| (order.at, order.amount, ranks.of(&order.path)));
            let mut kept = vec![true; own.len()];
            let told: Vec<(Timestamp, Money)> =
                own.iter().map(|order| (order.at, order.amount)).collect();
            let pairs = pairs(&told);
            taken_off.insert(*id, 2 * pairs.len() as u64);
            for (order, twin) in pairs {
                all.tally.cancelled.count(told[order].1);
                (kept[order], kept[twin]) = (false, false);
            }
            for (order, is_kept) in own.iter().zip(kept) {
                let (place, day) = (all.nodes.place(&order.path), order.at.date().days());
                if !is_kept {
                    all.nodes.take_off(place, day, order.amount);
                } else if let Some(periods) = &self.asked.periods {
                    people.push(CustomerPeriod::order(
                        (*id, place as u32),
                        days.of(day, periods),
                        (order.amount.units(), is_purchase(order.amount)),
                        are_long,
                    ));
                }
            }
        }
        Ok((people, taken_off))
    }

    fn ranks(&self, texts: &[Interner<()>]) -> Ranks {
        let of = |texts: &Interner<()>| {
            let mut rank = vec![0; texts.len()];
            for (place, id) in (0_u32..).zip(texts.sorted()) {
                rank[id as usize] = place;
            }
            rank
        };
        let is_field = |at: &usize| matches!(self.asked.keys[*at], ColumnKey::Field(_));
        let (fields, headers): (Vec<usize>, Vec<usize>) = (0..texts.len()).partition(is_field);
        Ranks { order: [fields, headers].concat(), of_texts: texts.iter().map(of).collect() }
    }
}

/// The order of labels: columns that are fields before others, as orders have them.
struct Ranks {
    order: Vec<usize>,
    of_texts: Vec<Vec<u32>>,
}

impl Ranks {
    fn of(&self, path: &[u32]) -> Vec<u32> {
        let rank = |at: &usize| match path[*at] {
            MISSING => MISSING,
            code => self.of_texts[*at][code as usize],
        };
        self.order.iter().map(rank).collect()
    }
}

/// The numbers of `texts` among the customers, in their order.
fn numbers_of<'a>(customers: &Customers, texts: impl Iterator<Item = &'a [u8]>) -> Vec<u32> {
    let (mut buffer, mut cells, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for text in texts {
        cells.push(Cell { start: buffer.len() as u32, len: text.len() as u32 });
        buffer.extend_from_slice(text);
    }
    customers.number(&buffer, &cells, &mut Sorter::default(), &mut numbers);
    numbers
}
