//! Orders added up by labels and day, and by customer and period, while they are read: memory grows with these, not
//! with the orders.

use super::{
    all_rows::{Customers, body, decide},
    customer_periods::{CustomerPeriod, CustomerPeriods, Periods},
    daily_nodes::{DaySum, LineNumbers, Node, Nodes, NumberSum},
    per_customer::count_repeated,
    reader::{OrderReader, OrderRows, Wish},
    repeated_ids::{OrderIds, Repeats},
};
use crate::{
    Date, Error, Money, Result, Window,
    collections::{
        interner::{Interner, NOT_UTF8},
        recent::RecentCodes,
        sharded_map::{Groups, Sorter},
        short_text::Cell,
    },
    data::{
        ColumnKey, Field, Ignored, Notice, Texts, column::MISSING, guests,
        line_numbers::CostEvidence, sales::is_purchase,
    },
    ingest::{
        Imported, Keep, ReadOptions,
        columns::{FieldPart, value},
        pass::{batches::BatchRecords, faults::Part, input::Input, tally::Tally, verdict::account},
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is added up.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The days whose orders count.
    pub(crate) window: Window,
    /// The columns by whose labels.
    pub(crate) keys: &'a [ColumnKey],
    /// The numbers of the lines, of [`NUMBERS`].
    pub(crate) numbers: &'a [Field],
    /// By customer and these periods, too.
    pub(crate) periods: Option<Periods<'a>>,
}

/// The numbers of lines that can be added up.
pub(crate) const NUMBERS: [Field; 3] = [Field::Quantity, Field::Cost, Field::Discount];

/// Sums by label and day.
pub(crate) struct DailySums {
    /// The labels of each column, in the order of their bytes.
    pub(crate) labels: Vec<Texts>,
    /// By the codes of the labels, in the order of these.
    pub(crate) nodes: Vec<Node>,
    /// What each customer did.
    pub(crate) customers: Option<CustomerSums>,
    /// What the costs of the lines tell of themselves.
    pub(crate) evidence: CostEvidence,
}

/// What each customer did in each period.
pub(crate) struct CustomerSums {
    /// The number of each customer, from 1 on.
    pub(crate) numbers: Groups<u32>,
    /// Parts of the customers: each by customer, place of the node and period.
    pub(crate) parts: Vec<Vec<CustomerPeriod>>,
    /// See [`Periods`].
    pub(crate) are_long: bool,
}

impl DailySums {
    /// The first and the last day with an order.
    pub(crate) fn span(&self) -> Option<(Date, Date)> {
        let days = || self.nodes.iter().filter_map(Node::span);
        let first = days().map(|(first, _)| first).min()?;
        let last = days().map(|(_, last)| last).max()?;
        Some((Date::from_days(first), Date::from_days(last)))
    }
}

/// Adds up the orders of `inputs` in one pass. `None` where that cannot be told row by row: where an order may be in
/// several rows, or where some of several numbers may be cancelled by another row.
///
/// # Errors
/// As [`collect_orders`](super::all_rows::collect_orders).
pub(crate) fn add_up(
    inputs: &mut [Input],
    options: &ReadOptions,
    asked: &Asked<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<Imported<DailySums>>> {
    let wish = Wish { window: asked.window, body: None, anonymous: true };
    let mut reading = Reading { inputs, options, asked, wish, progress };
    let (mut all, mut customers) = reading.pass(OrderIds::default)?;
    reading.wish.body = body(&all.tally, asked.window, options);
    if reading.wish.body.is_some() {
        drop(all);
        (all, customers) = reading.pass(OrderIds::default)?;
    }
    let repeats = match std::mem::take(&mut all.order_ids).repeats() {
        Repeats::Unproven => {
            drop(all);
            (all, customers) = reading.pass(OrderIds::hashing)?;
            std::mem::take(&mut all.order_ids).repeats()
        }
        proven => proven,
    };
    // Such orders have lines besides their first row, which divide them.
    let has_lines = !(asked.keys.is_empty() && asked.numbers.is_empty())
        && all.tally.ledger.ignored_by(Ignored::FurtherLine) > 0;
    // Equal orders of other numbers would have to be told apart.
    let is_cancelled = !(all.refunded.is_empty() || asked.numbers.is_empty());
    if repeats != Repeats::None || has_lines || is_cancelled {
        return Ok(None);
    }
    let (mut again, mut taken_off) = (None, HashMap::new());
    if !all.refunded.is_empty() {
        let (left, numbers) = reading.leave_out_cancelled(&mut all, customers.as_ref())?;
        (again, taken_off) = (Some(left), numbers);
    }
    if all.nodes.is_too_large {
        return Err(Error::data("the sales add up to more than money can hold"));
    }
    count_repeated(reading.inputs, options, &reading.wish, &mut all.tally)?;
    all.tally.until = asked.window.until;
    let tally = std::mem::take(&mut all.tally);
    let numbers = customers.map(|customers| customers.numbers.finish());
    let sums = all.finish(asked, numbers, again.map(|left| (left, &taken_off)));
    let told = told_of_ids(&sums, &taken_off);
    let mut read = account(sums, tally, None, reading.inputs, options)?;
    read.notices.extend(told);
    Notice::sort(&mut read.notices);
    if options.strict {
        Notice::refuse(&read.notices)?;
    }
    Ok(Some(read))
}

/// What is said of the ids of the customers; orders that were `taken_off` are some of their own.
fn told_of_ids(sums: &DailySums, taken_off: &HashMap<u32, u64>) -> Vec<Notice> {
    let Some(customers) = &sums.customers else { return Vec::new() };
    let mut of_number = vec![(0_u64, 0_i128); customers.numbers.len() + 1];
    for row in customers.parts.iter().flatten() {
        let (count, units) = &mut of_number[row.customer as usize];
        *count += u64::from(row.purchases) + u64::from(row.refunds);
        *units += i128::from(row.units);
    }
    for (number, count) in taken_off {
        of_number[*number as usize].0 += count;
    }
    let most = of_number.iter().map(|(count, _)| *count).max().unwrap_or_default();
    let all: u64 = of_number.iter().map(|(count, _)| *count).sum();
    let mut letters = guests::Letters::default();
    customers.numbers.for_each(|id, _| letters.see(id));
    // Nobody has so many that it could be a guest, and the ids are sorted for nothing.
    if most * guests::LEAST_SHARE < all && !letters.may_be_alike() {
        return Vec::new();
    }
    let mut named: Vec<(String, u32)> = Vec::new();
    customers.numbers.for_each(|id, number| {
        if of_number[*number as usize].0 > 0 {
            named.push((id.to_owned(), *number));
        }
    });
    named.sort_unstable();
    let ids: Texts = named.iter().map(|(id, _)| Some(id.as_str())).collect();
    guests::notices(&ids, |at| {
        let (count, units) = of_number[named[at].1 as usize];
        (count, i64::try_from(units).map(Money::from_units).unwrap_or_default())
    })
}

/// One pass over the rows, as far as it is the same for every way to add them up.
pub(super) struct Reading<'a> {
    pub(super) inputs: &'a mut [Input],
    pub(super) options: &'a ReadOptions,
    pub(super) asked: &'a Asked<'a>,
    pub(super) wish: Wish,
    pub(super) progress: &'a (dyn Fn(u64) + Sync),
}

impl Reading<'_> {
    fn pass(&mut self, order_ids: impl Fn() -> OrderIds) -> Result<(All, Option<Customers>)> {
        let Self { asked, options, .. } = *self;
        let customers = asked.periods.map(|_| Customers::new());
        let start = || State::new(asked, order_ids());
        let mut states: Vec<State> =
            std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
        let notes_refunds = options.cancelled != Some(Keep::Keep);
        for input in &mut *self.inputs {
            let keys: Vec<ColumnKey> = asked
                .keys
                .iter()
                .cloned()
                .chain(asked.numbers.iter().copied().map(ColumnKey::from))
                .collect();
            decide(input, &keys, options)?;
            let extra = keys.iter().filter_map(|key| input.column_of(key)).collect();
            let reader = OrderReader::new(input, options, &self.wish, extra)?;
            let parts = Parts::new(&reader, asked);
            states = reader.input().scan(
                &reader.wanted,
                states,
                self.progress,
                |state, mut records| {
                    let numbered = customers.as_ref().zip(asked.periods);
                    state.take(&reader, &parts, &mut records, numbered, notes_refunds);
                    Ok(())
                },
            )?;
        }
        let mut all = All::new(asked, order_ids());
        for state in states {
            all.add(state);
        }
        Ok((all, customers))
    }
}

/// Where the labels and numbers stand in the records of one input.
pub(super) struct Parts<'a> {
    labels: Vec<Option<FieldPart<'a>>>,
    numbers: [Option<FieldPart<'a>>; NUMBERS.len()],
}

impl<'a> Parts<'a> {
    pub(super) fn new(reader: &'a OrderReader<'a>, asked: &Asked<'_>) -> Self {
        let input = reader.input();
        let part = |key: &ColumnKey| {
            input.column_of(key).map(|column| FieldPart::new(input, &reader.wanted, column))
        };
        let number = |field: Field| part(&field.into()).filter(|_| asked.numbers.contains(&field));
        Self { labels: asked.keys.iter().map(part).collect(), numbers: NUMBERS.map(number) }
    }

    /// Puts the codes of the labels of record `row` into `path`.
    pub(super) fn labels(
        &self,
        labels: &mut [Dictionary],
        records: &BatchRecords<'_>,
        row: u32,
        path: &mut [u32],
    ) {
        for ((code, part), Dictionary { texts, recent }) in
            path.iter_mut().zip(&self.labels).zip(labels)
        {
            *code = part.as_ref().map_or(MISSING, |part| {
                // Text that is not UTF-8 gets the same mark as a missing one.
                recent.code(&records.block.bytes, part.raw(records, row as usize), |cell| {
                    part.text(cell).map_or(MISSING, |text| texts.intern(text))
                })
            });
        }
    }

    /// The numbers of record `row`, which is worth `amount`.
    fn numbers(
        &self,
        reader: &OrderReader<'_>,
        records: &BatchRecords<'_>,
        row: u32,
        amount: Money,
    ) -> Result<LineNumbers, (Option<Part>, &'static str)> {
        let cell = |part: &FieldPart<'_>| part.cell(records, row as usize);
        let [quantity, cost, discount] = &self.numbers;
        let fault = |part: &FieldPart<'_>, reason| (Some(part.part()), reason);
        let mut found = LineNumbers::default();
        if let Some(part) = quantity {
            let found_value =
                value(part.number(cell(part))).map_err(|reason| fault(part, reason))?;
            found.quantity = found_value.filter(|value| value.is_finite());
        }
        if let Some(part) = cost {
            found.cost = value(part.money(cell(part))).map_err(|reason| fault(part, reason))?;
        }
        if let Some(part) = discount {
            let found_value =
                value(part.money(cell(part))).map_err(|reason| fault(part, reason))?;
            found.discount = match reader.input().discounts {
                Some(unit) => found_value.and_then(|own| unit.off_before(amount, own)),
                None => found_value,
            };
        }
        Ok(found)
    }
}

/// Whether `bytes` are UTF-8, as nearly all are at a glance.
fn is_text(bytes: &[u8]) -> bool {
    bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()
}

/// The labels of one column, as one thread has read them.
pub(super) struct Dictionary {
    pub(super) texts: Interner<()>,
    pub(super) recent: RecentCodes,
}

impl Dictionary {
    pub(super) fn new() -> Self {
        Self { texts: Interner::new(), recent: RecentCodes::new() }
    }
}

/// What one thread keeps while it reads.
struct State {
    labels: Vec<Dictionary>,
    nodes: Nodes,
    people: Option<CustomerPeriods>,
    evidence: CostEvidence,
    tally: Tally,
    order_ids: OrderIds,
    rows: OrderRows,
    sorter: Sorter,
    /// The customers of a batch.
    numbers: Vec<u32>,
    /// The customers with a refund.
    refunded: HashSet<Box<[u8]>>,
    days: DayCache,
}

/// The period of each of the days that were met last.
pub(super) struct DayCache(Vec<(i32, i32, i32)>);

impl DayCache {
    const DAYS: usize = 1 << 12;

    pub(super) fn new() -> Self {
        Self(vec![(i32::MIN, 0, 0); Self::DAYS])
    }

    /// The number of the period of `day`, and the day from 0 at its beginning.
    pub(super) fn of(&mut self, day: i32, periods: &Periods<'_>) -> (i32, i32) {
        let known = &mut self.0[day as usize % Self::DAYS];
        if known.0 != day {
            let (number, first) = (periods.of)(day);
            *known = (day, number, day - first);
        }
        (known.1, known.2)
    }
}

impl State {
    fn new(asked: &Asked<'_>, order_ids: OrderIds) -> Self {
        Self {
            labels: asked.keys.iter().map(|_| Dictionary::new()).collect(),
            nodes: Nodes::new(!asked.numbers.is_empty()),
            people: asked.periods.map(|periods| CustomerPeriods::new(periods.are_long)),
            evidence: CostEvidence::default(),
            tally: Tally::default(),
            order_ids,
            rows: OrderRows::default(),
            sorter: Sorter::default(),
            numbers: Vec::new(),
            refunded: HashSet::new(),
            days: DayCache::new(),
        }
    }

    fn take(
        &mut self,
        reader: &OrderReader<'_>,
        parts: &Parts<'_>,
        records: &mut BatchRecords<'_>,
        customers: Option<(&Customers, Periods<'_>)>,
        notes_refunds: bool,
    ) {
        let Self { labels, nodes, tally, order_ids, rows, .. } = self;
        for own in labels.iter_mut() {
            own.recent.begin(reader.input().number);
        }
        reader.read(tally, records, rows);
        if reader.has_order_ids() {
            if rows.order.iter().all(|id| id.len > 0) {
                order_ids.observe(&records.block.bytes, &rows.order);
            } else {
                let filled: Vec<_> = rows.order.iter().copied().filter(|id| id.len > 0).collect();
                order_ids.observe(&records.block.bytes, &filled);
            }
        }
        if let Some((customers, _)) = customers {
            let bytes = &records.block.bytes;
            customers.number(bytes, &rows.customer, &mut self.sorter, &mut self.numbers);
        }
        let has_numbers = parts.numbers.iter().any(Option::is_some);
        let mut path = vec![MISSING; parts.labels.len()];
        for (at, row) in rows.record.iter().enumerate() {
            let customer: Cell = rows.customer[at];
            let is_text = match customers {
                Some(_) => self.numbers[at] != NOT_UTF8,
                None => is_text(customer.of(&records.block.bytes)),
            };
            if !is_text {
                reader.reject_customer(tally, records, *row);
                continue;
            }
            let amount: Money = rows.amount[at];
            let mut numbers = LineNumbers::default();
            if has_numbers {
                match parts.numbers(reader, records, *row, amount) {
                    Ok(found) => numbers = found,
                    Err((part, reason)) => {
                        reader.reject_accepted(tally, records, *row, part, reason);
                        continue;
                    }
                }
            }
            parts.labels(labels, records, *row, &mut path);
            let is_purchase = is_purchase(amount);
            if !is_purchase && notes_refunds && customer.len > 0 {
                self.refunded.insert(customer.of(&records.block.bytes).into());
            }
            let place = nodes.place(&path);
            let day = rows.at[at].date().days();
            nodes.add(place, day, &DaySum::of(amount));
            if has_numbers {
                self.evidence.add(numbers.cost, numbers.quantity_of(amount), amount);
                nodes.add_numbers(place, day, &NumberSum::of(&numbers, amount));
            }
            if let (Some((_, periods)), Some(people)) = (&customers, &mut self.people)
                && self.numbers[at] > 0
            {
                people.push(CustomerPeriod::order(
                    (self.numbers[at], place as u32),
                    self.days.of(day, periods),
                    (amount.units(), is_purchase),
                    periods.are_long,
                ));
            }
        }
    }
}

/// What all threads have read.
pub(super) struct All {
    pub(super) texts: Vec<Interner<()>>,
    pub(super) nodes: Nodes,
    /// Of each thread, with the number here of each of its nodes.
    people: Vec<(CustomerPeriods, Vec<u32>)>,
    evidence: CostEvidence,
    pub(super) tally: Tally,
    order_ids: OrderIds,
    pub(super) refunded: BTreeSet<Box<[u8]>>,
}

impl All {
    fn new(asked: &Asked<'_>, order_ids: OrderIds) -> Self {
        Self {
            texts: asked.keys.iter().map(|_| Interner::new()).collect(),
            nodes: Nodes::new(!asked.numbers.is_empty()),
            people: Vec::new(),
            evidence: CostEvidence::default(),
            tally: Tally::default(),
            order_ids,
            refunded: BTreeSet::new(),
        }
    }

    /// Takes in what a thread has.
    fn add(&mut self, other: State) {
        let texts: Vec<_> = other.labels.into_iter().map(|own| own.texts).collect();
        let codes = adopt(&mut self.texts, &texts);
        let places = self.nodes.adopt(&other.nodes, &codes);
        self.people.extend(other.people.map(|people| (people, places)));
        self.evidence.merge(&other.evidence);
        self.tally.add(other.tally);
        self.order_ids = std::mem::take(&mut self.order_ids).merge(other.order_ids);
        self.refunded.extend(other.refunded);
    }

    /// The sums by labels in the order of their bytes; the customers of `again` have what was read again alone.
    fn finish(
        mut self,
        asked: &Asked<'_>,
        numbers: Option<Groups<u32>>,
        again: Option<(CustomerPeriods, &HashMap<u32, u64>)>,
    ) -> DailySums {
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
        let (nodes, places) = self.nodes.finish(&ranks);
        let (again, left_out) = again.unzip();
        let customers = numbers.zip(asked.periods).map(|(numbers, periods)| {
            let are_long = periods.are_long;
            let sorted =
                |map: &mut Vec<u32>| map.iter_mut().for_each(|at| *at = places[*at as usize]);
            self.people.iter_mut().for_each(|(_, map)| sorted(map));
            let is_left_out =
                |customer: u32| left_out.is_some_and(|numbers| numbers.contains_key(&customer));
            let people = std::mem::take(&mut self.people);
            let mut parts = CustomerPeriods::join(people, are_long, is_left_out);
            if let Some(again) = again {
                let again =
                    CustomerPeriods::join(vec![(again, places.clone())], are_long, |_| false);
                for (part, more) in parts.iter_mut().zip(again) {
                    // Of other customers, whom a stable order keeps apart.
                    part.extend(more);
                    part.sort_by_key(|row| row.customer);
                }
            }
            CustomerSums { numbers, parts, are_long }
        });
        DailySums { labels, nodes, customers, evidence: self.evidence }
    }
}

/// The codes in `own` of the texts of another thread.
pub(super) fn adopt(own: &mut [Interner<()>], theirs: &[Interner<()>]) -> Vec<Vec<u32>> {
    own.iter_mut().zip(theirs).map(|(own, theirs)| own.adopt(theirs)).collect()
}
