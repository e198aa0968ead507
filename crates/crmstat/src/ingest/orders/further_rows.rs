//! Rows behind the one that has the amount of their order, as lines of it.
//!
//! They have a product and a price, and neither amount nor, mostly, customer and day: these are those of the order.

use crate::{
    Money, Timestamp,
    collections::interner::Interner,
    ingest::orders::{all_rows::Rows, per_customer::SEPARATOR},
};
use std::collections::HashMap;

/// Which of the rows are such lines, and of which order each is by its id.
pub(crate) struct FurtherRows {
    pub(crate) ids: Interner<()>,
    /// The row and its id.
    pub(crate) rows: Vec<(usize, u32)>,
}

impl FurtherRows {
    pub(crate) fn new() -> Self {
        Self { ids: Interner::new(), rows: Vec::new() }
    }

    /// Adds those of another thread, whose rows come behind `before` others.
    pub(crate) fn append(&mut self, other: &Self, before: usize) {
        let known = self.ids.adopt(&other.ids);
        self.rows.extend(other.rows.iter().map(|(row, id)| (before + row, known[*id as usize])));
    }
}

impl Rows {
    /// Gives the further rows the customer, the day and the missing labels of their orders, and leaves those whose
    /// order is no sale.
    pub(crate) fn place_further(&mut self) {
        let further = std::mem::replace(&mut self.further, FurtherRows::new());
        let Some((keys, order)) = self.order.as_mut().filter(|_| !further.rows.is_empty()) else {
            return;
        };
        let mut is_further = vec![false; order.len()];
        further.rows.iter().for_each(|(row, _)| is_further[*row] = true);
        // The row that says what is of the whole order: of several the one with the largest amount.
        let mut heads: Vec<Option<usize>> = vec![None; keys.len()];
        for row in (0..order.len()).filter(|row| !is_further[*row]) {
            let head = &mut heads[order[row] as usize];
            if head.is_none_or(|known| self.amount[row] > self.amount[known]) {
                *head = Some(row);
            }
        }
        let mut scratch = [0; 16];
        let mut of_id: HashMap<String, u32> = HashMap::new();
        for key in keys.sorted() {
            let text = keys.text(key, &mut scratch);
            if let (Some((id, _)), Some(_)) = (text.rsplit_once(SEPARATOR), heads[key as usize]) {
                of_id.entry(id.to_owned()).or_insert(key);
            }
        }
        let mut is_kept: Vec<bool> = is_further.iter().map(|further| !further).collect();
        for (row, id) in further.rows {
            let id = further.ids.text(id, &mut scratch);
            let Some(key) = of_id.get(id) else { continue };
            let Some(head) = heads[*key as usize] else { continue };
            order[row] = *key;
            self.customer[row] = self.customer[head];
            self.at[row] = self.at[head];
            self.fields.iter_mut().for_each(|(_, column)| column.inherit(row, head));
            is_kept[row] = true;
        }
        let rows: Vec<usize> = (0..is_kept.len()).filter(|row| is_kept[*row]).collect();
        let kept = |row: &usize| self.customer[*row];
        self.customer = rows.iter().map(kept).collect();
        self.at = rows.iter().map(|row| self.at[*row]).collect::<Vec<Timestamp>>();
        self.amount = rows.iter().map(|row| self.amount[*row]).collect();
        *order = rows.iter().map(|row| order[*row]).collect();
        self.fields.iter_mut().for_each(|(_, column)| column.keep(&rows));
    }

    /// The orders of several rows of which one has an amount.
    pub(crate) fn orders_with_one_amount(&self) -> u64 {
        let Some((ids, order)) = &self.order else { return 0 };
        let mut found = vec![(0_u32, 0_u32); ids.len()];
        for (order, amount) in order.iter().zip(&self.amount) {
            let (rows, amounts) = &mut found[*order as usize];
            *rows += 1;
            *amounts += u32::from(*amount != Money::ZERO);
        }
        found.iter().filter(|(rows, amounts)| *rows > 1 && *amounts == 1).count() as u64
    }
}
