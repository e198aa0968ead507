//! Deals of every outcome: won, lost and open, with the texts that a funnel is divided by.

use super::{
    Field, ReadOptions,
    collect::decide,
    columns::{FieldPart, RawColumn},
    input::Input,
    orders::OrderReader,
    profile::DealStatus,
    scan::Records,
    tally::Tally,
};
use crate::{Money, Result, Window};

/// Deals as they were read, in no particular order.
pub(crate) struct CollectedDeals {
    pub(crate) status: Vec<DealStatus>,
    /// `None` where a deal has no amount, as open ones may.
    pub(crate) amount: Vec<Option<Money>>,
    pub(crate) fields: Vec<(Field, RawColumn)>,
}

impl CollectedDeals {
    fn new(fields: &[Field]) -> Self {
        Self {
            status: Vec::new(),
            amount: Vec::new(),
            fields: fields.iter().map(|field| (*field, RawColumn::new(*field))).collect(),
        }
    }

    fn append(&mut self, other: Self) {
        self.status.extend(other.status);
        self.amount.extend(other.amount);
        for ((_, mine), (_, theirs)) in self.fields.iter_mut().zip(other.fields) {
            mine.append(theirs);
        }
    }

    fn take(
        &mut self,
        tally: &mut Tally,
        reader: &OrderReader<'_>,
        parts: &[Option<FieldPart<'_>>],
        records: &Records<'_>,
    ) {
        let mut ragged = records.batch.ragged.iter().map(|(row, _)| *row as usize).peekable();
        for row in 0..records.batch.len() {
            let is_ragged = ragged.next_if_eq(&row).is_some();
            if row < records.first || is_ragged {
                continue;
            }
            let Some((status, amount)) = reader.deal(tally, records, row) else { continue };
            for ((_, column), part) in self.fields.iter_mut().zip(parts) {
                if column.push(part.as_ref(), records, row).is_err() {
                    column.push_missing();
                }
            }
            self.status.push(status);
            self.amount.push(amount);
        }
    }
}

/// Collects the deals of `inputs` with the cells of `fields`; what is no deal is left out, as the account
/// of the orders in the same rows tells. A cell of `fields` that cannot be read is missing.
///
/// # Errors
/// As for orders.
pub(crate) fn collect_deals(
    inputs: &mut [Input],
    options: &ReadOptions,
    fields: &[Field],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<CollectedDeals> {
    let start = || (CollectedDeals::new(fields), Tally::default());
    let mut states: Vec<(CollectedDeals, Tally)> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    for input in &mut *inputs {
        decide(input, fields, options)?;
        let extra = fields.iter().filter_map(|field| input.mapping.column(*field)).collect();
        let reader = OrderReader::new(input, options, Window::default(), extra)?;
        let input = reader.input();
        let parts: Vec<Option<FieldPart<'_>>> = fields
            .iter()
            .map(|field| input.mapping.column(*field))
            .map(|column| column.map(|column| FieldPart::new(input, &reader.wanted, column)))
            .collect();
        states = input.scan(&reader.wanted, states, progress, |(deals, tally), records| {
            deals.take(tally, &reader, &parts, &records);
            Ok(())
        })?;
    }
    let mut joined = CollectedDeals::new(fields);
    for (state, _) in states {
        joined.append(state);
    }
    Ok(joined)
}
