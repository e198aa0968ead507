//! Orders and deals: the records of the main table.

use std::ops::Range;

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use crate::{
    Date, Money, Result, Timestamp,
    generate::{
        names,
        ordered::{Record, in_order},
        world::{Attributes, LONGEST_CYCLE, World, channel},
    },
};

/// Sellers work from this hour …
const OPENING_SECOND: i64 = 9 * 3600;
/// … for this long.
const WORKING_SECONDS: u32 = 9 * 3600;
/// An attempt that fails ends this many days after the purchase that encouraged it, on average …
const MEAN_ATTEMPT: f64 = 10.0;
/// … and at most.
const LONGEST_ATTEMPT: f64 = 60.0;

/// One deal, or the order that it became.
#[derive(Clone, Copy, Default)]
pub(super) struct Deal {
    pub(super) amount: Money,
    pub(super) customer: u32,
    /// Two times of day and the last open stage, drawn together.
    chance: u32,
    pub(super) closed: u16,
    /// Days from its creation to its close.
    cycle: u16,
    /// The day it is sorted by: of the order, or of the deal's creation, which for the first ones was
    /// before the first day and counts as that.
    day: u16,
    pub(super) product: u8,
    pub(super) quantity: u8,
    pub(super) channel: u8,
    /// 0 for won, else one more than the loss reason.
    fate: u8,
}

impl Record for Deal {
    fn day(&self) -> u16 {
        self.day
    }
}

/// What is known of a deal on the day of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Open,
    Won,
    /// With the index of the reason.
    Lost(usize),
}

impl Deal {
    /// What is known of it before `end`.
    pub(super) fn status(&self, end: u16) -> Status {
        match self.fate {
            _ if self.closed >= end => Status::Open,
            0 => Status::Won,
            reason => Status::Lost(usize::from(reason) - 1),
        }
    }

    /// The day it was created.
    pub(super) fn opened_on(&self, world: &World) -> Date {
        world.date(self.closed).plus_days(-i32::from(self.cycle))
    }

    /// When it was created.
    pub(super) fn opened_at(&self, world: &World) -> Timestamp {
        let second = self.chance % (WORKING_SECONDS / 2);
        stamp(self.opened_on(world), second)
    }

    /// When it was or will be closed: on the same day later than created.
    pub(super) fn closed_at(&self, world: &World) -> Timestamp {
        let second = WORKING_SECONDS / 2 + self.chance / 7 % (WORKING_SECONDS / 2);
        stamp(world.date(self.closed), second)
    }

    /// When it entered the open stage `stage` out of `stages`, if it got that far.
    pub(super) fn entered_at(&self, world: &World, stage: usize, stages: usize) -> Timestamp {
        let (opened, closed) = (self.opened_at(world).seconds(), self.closed_at(world).seconds());
        Timestamp::from_seconds(opened + (closed - opened) * stage as i64 / stages as i64)
    }

    /// The last open stage out of `stages` that it entered before the end: a won deal goes through all of
    /// them, a lost one stops somewhere.
    pub(super) fn last_stage(&self, world: &World, stages: usize) -> usize {
        let last = if self.fate == 0 { stages - 1 } else { self.chance as usize % stages };
        let end = world.date(world.days).midnight();
        (0..=last).rev().find(|&stage| self.entered_at(world, stage, stages) < end).unwrap_or(0)
    }
}

fn stamp(date: Date, second: u32) -> Timestamp {
    let midnight = date.midnight().seconds();
    Timestamp::from_seconds(midnight + OPENING_SECOND + i64::from(second))
}

impl World {
    /// Hands out every order of the export by date, or every deal by date of creation.
    pub(super) fn deals_in_order(
        &self,
        emit: impl FnMut(u64, &[Deal]) -> Result<()>,
    ) -> Result<()> {
        let simulate = |customer, days: Range<u16>, deals: &mut Vec<Deal>| {
            if self.spec.dialect.holds_deals() {
                self.push_deals(customer, days, deals);
            } else {
                self.push_orders(customer, days, deals);
            }
        };
        in_order(self.spec.customers, self.days, self.expected_rows(), simulate, emit)
    }

    /// The expected number of rows of the main table.
    pub(super) fn expected_rows(&self) -> f64 {
        let attempts = if self.spec.dialect.holds_deals() { 1.0 / self.spec.win_rate } else { 1.0 };
        self.expected_orders * attempts
    }

    fn push_orders(&self, customer: u32, days: Range<u16>, orders: &mut Vec<Deal>) {
        let mut attributes = None;
        let purchases = self.purchases(customer, self.clock.start_of(days.end));
        for (sequence, at) in purchases.enumerate() {
            let day = self.clock.day_of(at);
            if day >= days.start {
                let attributes = attributes.get_or_insert_with(|| self.attributes(customer));
                let (order, _) = self.won(customer, sequence, day, attributes);
                orders.push(Deal { day, ..order });
            }
        }
    }

    fn push_deals(&self, customer: u32, days: Range<u16>, deals: &mut Vec<Deal>) {
        let attributes = self.attributes(customer);
        // A deal created on the last of the days may take the longest cycle to be won.
        let last = (days.end + LONGEST_CYCLE).min(self.days + LONGEST_CYCLE);
        let purchases = self.purchases(customer, self.clock.start_of(last));
        for (sequence, at) in purchases.enumerate() {
            let (won, mut random) =
                self.won(customer, sequence, self.clock.day_of(at), &attributes);
            let mut keep = |deal: Deal| {
                let day = deal.closed.saturating_sub(deal.cycle);
                if days.contains(&day) {
                    deals.push(Deal { day, ..deal });
                }
            };
            keep(won);
            // Attempts that fail end after the purchase that encouraged them, so that a lost deal says
            // nothing about what the customer did later.
            while random.random::<f64>() >= self.spec.win_rate {
                let gap: f64 = Exp1.sample(&mut random);
                let closed = won.closed + 1 + (gap * MEAN_ATTEMPT).min(LONGEST_ATTEMPT) as u16;
                let sale = self.sale(&attributes, &mut random);
                keep(Deal {
                    amount: sale.amount,
                    closed,
                    cycle: self.cycle(&mut random),
                    chance: random.random(),
                    product: sale.product,
                    quantity: sale.quantity,
                    fate: random.random_range(1..=names::LOSS_REASONS.len() as u8),
                    ..won
                });
            }
        }
    }

    /// The won deal of a customer's purchase, and the stream that goes on with what follows from it.
    fn won(
        &self,
        customer: u32,
        sequence: usize,
        closed: u16,
        attributes: &Attributes,
    ) -> (Deal, crmstat_models::random::Generator) {
        let mut random = self.deal_stream(customer, sequence);
        let sale = self.sale(attributes, &mut random);
        let deal = Deal {
            amount: sale.amount,
            customer,
            chance: random.random(),
            closed,
            cycle: self.cycle(&mut random),
            day: 0,
            product: sale.product,
            quantity: sale.quantity,
            channel: channel(attributes, &mut random),
            fate: 0,
        };
        (deal, random)
    }
}
