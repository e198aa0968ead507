//! A mailing to half of the customers, left to chance, whose effect on each of them is known.

use super::{
    names::{self, CHANNELS, REGIONS},
    side::Ids,
    world::{Topic, World},
};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
};
use rand::RngExt;
use std::ops::Range;

/// The share of customers who are mailed.
const MAILED: f64 = 0.5;
/// The chance of one more visit.
const ONE_MORE: f64 = 0.7;
/// The most visits.
const MOST_VISITS: i64 = 20;
/// The probability of a response without a visit and without the mailing, and what a visit adds up to ten.
const RESPONSE: f64 = 0.06;
const OF_A_VISIT: f64 = 0.01;
/// What the mailing adds to the response of those who hesitate, of those who are annoyed, and of the others.
const OF_HESITATING: f64 = 0.14;
const OF_ANNOYED: f64 = -0.05;
const OF_OTHERS: f64 = 0.01;
/// The channel of those who are annoyed by a mailing, by its place.
const ANNOYED: &str = "phone";

/// What the mailing adds to the probability of a response of a customer with so many `visits` who came by `channel`, by
/// its English name: 0.14 with one to four visits, less 0.05 without a visit by phone, 0.01 otherwise.
pub fn campaign_uplift(visits: i64, channel: &str) -> f64 {
    match visits {
        1..=4 => OF_HESITATING,
        0 if channel == ANNOYED => OF_ANNOYED,
        _ => OF_OTHERS,
    }
}

impl World {
    /// `customer_id, region, channel, satisfaction, visits, mailed, responded`.
    pub(super) fn campaign(&self, customers: Range<usize>) -> Result<Table> {
        let customers = || customers.clone().map(|customer| customer as u32);
        let contacts: Vec<_> = customers().map(|customer| self.contact(customer)).collect();
        let drawn: Vec<(i64, bool, bool)> = customers()
            .zip(&contacts)
            .map(|(customer, contact)| {
                let random = &mut self.stream(Topic::Campaign, customer);
                let mut visits = 0;
                while visits < MOST_VISITS && random.random::<f64>() < ONE_MORE {
                    visits += 1;
                }
                let is_mailed = random.random::<f64>() < MAILED;
                let channel = names::pick(CHANNELS[usize::from(contact.channel)], Lang::En);
                let added = if is_mailed { campaign_uplift(visits, channel) } else { 0.0 };
                let chance = RESPONSE + OF_A_VISIT * visits.min(10) as f64 + added;
                (visits, is_mailed, random.random::<f64>() < chance)
            })
            .collect();
        let said = |is_so: bool| match (self.lang(), is_so) {
            (Lang::En, true) => "yes",
            (Lang::En, false) => "no",
            (Lang::Ru, true) => "да",
            (Lang::Ru, false) => "нет",
        };
        let words = |words: &[[&'static str; 2]]| self.words(words);
        Table::new(
            "campaign",
            vec![
                Column::text("customer_id", "Клиент", Ids::of(customers()).iter()),
                Column::category(
                    "region",
                    "Регион",
                    words(&REGIONS),
                    contacts.iter().map(|contact| u32::from(contact.region)),
                ),
                Column::category(
                    "channel",
                    "Канал",
                    words(&CHANNELS),
                    contacts.iter().map(|contact| u32::from(contact.channel)),
                ),
                Column::int("satisfaction", "Оценка", customers().map(|c| self.satisfaction(c))),
                Column::int("visits", "Визиты", drawn.iter().map(|own| own.0)),
                Column::text("mailed", "Рассылка", drawn.iter().map(|own| said(own.1))),
                Column::text("responded", "Отклик", drawn.iter().map(|own| said(own.2))),
            ],
        )
    }
}
