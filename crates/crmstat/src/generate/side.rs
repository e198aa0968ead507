//! The tables around the main one.

use std::ops::Range;

use crmstat_models::random::Generator;
use rand::RngExt;
use rand_distr::{Distribution, Exp1, StandardNormal};

use crate::{
    Date, Lang, Money, Result, Timestamp,
    data::table::{Column, Table},
    generate::{
        deal::{Deal, Status},
        names::{self, CHANNELS, PRODUCTS, REGIONS},
        ordered::Record,
        world::{Topic, World},
    },
};

/// Kinds of activity, as the exports name them.
const KINDS: [&str; 4] = ["call", "meeting", "email", "inquiry"];
const INQUIRY: u8 = 3;
/// How activities end.
const OUTCOMES: [&str; 4] = ["answered", "no answer", "resolved", "complaint"];
const ANSWERED: u8 = 0;
const NO_ANSWER: u8 = 1;
const RESOLVED: u8 = 2;
const COMPLAINT: u8 = 3;
/// Days between contacts with a customer who is there.
const CONTACT_GAP: f64 = 30.0;
/// Before leaving, customers complain for this many days …
const COMPLAINING_DAYS: f64 = 45.0;
/// … as often as this.
const COMPLAINT_GAP: f64 = 15.0;
/// After a customer has left, sellers keep trying for this many days.
const TRYING_DAYS: f64 = 180.0;
/// A customer who is there misses this share of contacts; one who has left misses nearly all.
const MISSED: f64 = 0.15;
const MISSED_AFTER_LEAVING: f64 = 0.9;
/// The share of customers who never answered the survey.
const NO_SURVEY: f64 = 0.3;
/// Satisfaction of a customer without risk, what a risk of 1 takes from it, and its noise.
const SATISFIED: f64 = 9.4;
const RISK_WEIGHT: f64 = 7.5;
const SURVEY_NOISE: f64 = 1.2;
/// The cost of goods as a share of the price, in percent.
const COST_PERCENT: i64 = 62;
/// A month's spend on the first channel per customer, before noise; the n-th gets an n-th of it.
const MONTHLY_SPEND_PER_CUSTOMER: f64 = 0.8;

/// Something that happened with a customer.
#[derive(Clone, Copy, Default)]
pub(super) struct Activity {
    second: i64,
    customer: u32,
    day: u16,
    kind: u8,
    outcome: u8,
}

impl Record for Activity {
    fn day(&self) -> u16 {
        self.day
    }
}

impl World {
    /// About how many activities there will be.
    pub(super) fn expected_activities(&self) -> f64 {
        f64::from(self.spec.customers) * (f64::from(self.days) / CONTACT_GAP + 8.0)
    }

    /// Appends the activities of `customer` on `days`.
    ///
    /// What happens depends on whether the customer is there at that time: contacts are answered,
    /// complaints come before leaving, and calls after it are missed.
    pub(super) fn push_activities(
        &self,
        customer: u32,
        days: Range<u16>,
        activities: &mut Vec<Activity>,
    ) {
        let mut purchases = self.purchases(customer, self.clock.end());
        let start = purchases.latent.start;
        purchases.by_ref().for_each(drop);
        let leaves = purchases.leaves.max(start);
        let random = &mut self.stream(Topic::Activities, customer);
        let mut happens =
            |gap: f64, from: f64, until: f64, what: &dyn Fn(&mut Generator) -> (u8, u8)| {
                let until = until.min(self.clock.start_of(self.days));
                let mut at = from;
                loop {
                    let wait: f64 = Exp1.sample(random);
                    at += wait * gap;
                    if at >= until {
                        return;
                    }
                    let (kind, outcome) = what(random);
                    let day = self.clock.day_of(at);
                    // The whole course is drawn whatever the days, so that slices agree.
                    let second = 9 * 3600 + i64::from(random.random_range(0..9 * 3600));
                    if days.contains(&day) {
                        activities.push(Activity { second, customer, day, kind, outcome });
                    }
                }
            };
        let contact = |missed: f64| {
            move |random: &mut Generator| {
                let kind = random.random_range(0..KINDS.len() as u8);
                let outcome = if random.random::<f64>() < missed {
                    NO_ANSWER
                } else if kind == INQUIRY {
                    RESOLVED
                } else {
                    ANSWERED
                };
                (kind, outcome)
            }
        };
        happens(CONTACT_GAP, start, leaves, &contact(MISSED));
        happens(COMPLAINT_GAP, (leaves - COMPLAINING_DAYS).max(start), leaves, &|_| {
            (INQUIRY, COMPLAINT)
        });
        happens(CONTACT_GAP, leaves, leaves + TRYING_DAYS, &contact(MISSED_AFTER_LEAVING));
    }

    /// `customer_id, at, kind, outcome`.
    pub(super) fn activities(&self, activities: &[Activity]) -> Result<Table> {
        let ids = Ids::of(activities.iter().map(|activity| activity.customer));
        let at = activities.iter().map(|activity| {
            let midnight = self.date(activity.day).midnight().seconds();
            Timestamp::from_seconds(midnight + activity.second)
        });
        Table::new(
            "activities",
            vec![
                Column::text("customer_id", "Клиент", ids.iter()),
                Column::timestamp("at", "Когда", at),
                Column::category(
                    "kind",
                    "Вид",
                    KINDS,
                    activities.iter().map(|a| u32::from(a.kind)),
                ),
                Column::category(
                    "outcome",
                    "Итог",
                    OUTCOMES,
                    activities.iter().map(|a| u32::from(a.outcome)),
                ),
            ],
        )
    }

    /// `customer_id, name, region, channel, manager, first_order, satisfaction`.
    ///
    /// Satisfaction depends on the customer's lasting risk to leave, not on whether they have left, so it
    /// tells nothing of the future that a survey could not.
    pub(super) fn customers(&self, customers: Range<usize>) -> Result<Table> {
        let customers = || customers.clone().map(|customer| customer as u32);
        let contacts: Vec<_> = customers().map(|customer| self.contact(customer)).collect();
        let names: Vec<String> = customers()
            .map(|customer| {
                let mut name = Vec::new();
                names::push_company(&mut name, customer, self.lang());
                String::from_utf8_lossy(&name).into_owned()
            })
            .collect();
        let words = |words: &[[&'static str; 2]]| self.words(words);
        Table::new(
            "customers",
            vec![
                Column::text("customer_id", "Клиент", Ids::of(customers()).iter()),
                Column::text("name", "Название", names.iter().map(String::as_str)),
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
                Column::category(
                    "manager",
                    "Менеджер",
                    words(&names::MANAGERS),
                    contacts.iter().map(|contact| u32::from(contact.manager)),
                ),
                Column::date(
                    "first_order",
                    "Первый заказ",
                    customers().map(|c| self.first_order(c)),
                ),
                Column::int("satisfaction", "Оценка", customers().map(|c| self.satisfaction(c))),
            ],
        )
    }

    fn first_order(&self, customer: u32) -> Date {
        self.date(self.clock.day_of(self.latent(customer).0.start))
    }

    /// The customer's answer from 0 to 10, or none.
    pub(super) fn satisfaction(&self, customer: u32) -> Option<i64> {
        let mut random = self.stream(Topic::Satisfaction, customer);
        let noise: f64 = StandardNormal.sample(&mut random);
        let score = SATISFIED - RISK_WEIGHT * self.latent(customer).0.risk() + SURVEY_NOISE * noise;
        (random.random::<f64>() >= NO_SURVEY).then_some(score.round().clamp(0.0, 10.0) as i64)
    }

    /// One line per order or deal: `order_id, product, category, quantity, price, discount, cost`, where
    /// the amount is quantity × price − discount to the cent.
    pub(super) fn lines(&self, first: u64, deals: &[Deal]) -> Result<Table> {
        let product = |deal: &Deal| &PRODUCTS[usize::from(deal.product)];
        let categories: Vec<[&str; 2]> = PRODUCTS.iter().map(|product| product.category).collect();
        let codes = || deals.iter().map(|deal| u32::from(deal.product));
        let lines: Vec<Line> = deals.iter().map(Line::of).collect();
        let cost = |deal: &Deal| {
            Money::from_units(
                product(deal).price * Money::SCALE / 100 * COST_PERCENT * i64::from(deal.quantity),
            )
        };
        Table::new(
            "lines",
            vec![
                Column::int(
                    "order_id",
                    "Заказ",
                    (0..deals.len() as i64).map(|row| first as i64 + row + 1),
                ),
                Column::category(
                    "product",
                    "Товар",
                    self.words(&PRODUCTS.map(|p| p.name)),
                    codes(),
                ),
                Column::category("category", "Категория", self.words(&categories), codes()),
                Column::int(
                    "quantity",
                    "Количество",
                    deals.iter().map(|deal| i64::from(deal.quantity)),
                ),
                Column::money("price", "Цена", lines.iter().map(|line| line.price)),
                Column::money("discount", "Скидка", lines.iter().map(|line| line.discount)),
                Column::money("cost", "Себестоимость", deals.iter().map(cost)),
            ],
        )
    }

    /// The stages that every deal went through: `deal_id, stage, entered_at`.
    pub(super) fn history(&self, first: u64, deals: &[Deal]) -> Result<Table> {
        let words = self.spec.dialect.layout().words;
        let mut labels = words.stages.to_vec();
        labels.extend([words.won_stage, words.lost_stage]);
        let (mut ids, mut stages, mut entered) = (Vec::new(), Vec::new(), Vec::new());
        for (id, deal) in (first as i64 + 1..).zip(deals) {
            let open_stages = words.stages.len();
            for stage in 0..=deal.last_stage(self, open_stages) {
                ids.push(id);
                stages.push(stage as u32);
                entered.push(deal.entered_at(self, stage, open_stages));
            }
            let last = match deal.status(self.days) {
                Status::Open => continue,
                Status::Won => 0,
                Status::Lost(_) => 1,
            };
            ids.push(id);
            stages.push(open_stages as u32 + last);
            entered.push(deal.closed_at(self));
        }
        Table::new(
            "history",
            vec![
                Column::int("deal_id", "Сделка", ids),
                Column::category("stage", "Этап", labels, stages),
                Column::timestamp("entered_at", "Когда", entered),
            ],
        )
    }

    /// `product, category, price, cost`.
    pub(super) fn products(&self) -> Result<Table> {
        let money = |units: i64| Money::from_units(units * Money::SCALE / 100);
        let words = |words: fn(&names::Product) -> [&'static str; 2]| {
            PRODUCTS.iter().map(move |product| names::pick(words(product), self.lang()))
        };
        Table::new(
            "products",
            vec![
                Column::text("product", "Товар", words(|product| product.name)),
                Column::text("category", "Категория", words(|product| product.category)),
                Column::money("price", "Цена", PRODUCTS.iter().map(|p| money(p.price * 100))),
                Column::money(
                    "cost",
                    "Себестоимость",
                    PRODUCTS.iter().map(|p| money(p.price * COST_PERCENT)),
                ),
            ],
        )
    }

    /// Marketing spend by month and channel: `period, channel, amount`.
    pub(super) fn spend_table(&self) -> Result<Table> {
        let (mut periods, mut channels, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
        let base = f64::from(self.spec.customers) * MONTHLY_SPEND_PER_CUSTOMER;
        // Streams of customers count from 0; the spend takes one that no customer can have.
        let mut random = self.stream(Topic::Satisfaction, u32::MAX);
        for day in 0..self.days {
            let (year, month, of_month) = self.date(day).to_ymd();
            if of_month != 1 && day != 0 {
                continue;
            }
            for channel in 0..CHANNELS.len() {
                let share = base / (channel + 1) as f64 * (0.8 + 0.4 * random.random::<f64>());
                periods.push(Date::from_ymd(year, month, 1));
                channels.push(channel as u32);
                amounts.push(Money::from_f64((share * 100.0).round() / 100.0));
            }
        }
        Table::new(
            "spend",
            vec![
                Column::date("period", "Период", periods),
                Column::category("channel", "Канал", self.words(&CHANNELS), channels),
                Column::money("amount", "Сумма", amounts),
            ],
        )
    }

    pub(super) fn lang(&self) -> Lang {
        self.spec.dialect.layout().words.lang
    }

    pub(super) fn words(&self, words: &[[&'static str; 2]]) -> Vec<&'static str> {
        words.iter().map(|&word| names::pick(word, self.lang())).collect()
    }
}

/// The ids of some customers, one after the other.
pub(super) struct Ids {
    arena: Vec<u8>,
    ends: Vec<usize>,
}

impl Ids {
    pub(super) fn of(customers: impl Iterator<Item = u32>) -> Self {
        let (mut arena, mut ends) = (Vec::new(), Vec::new());
        for customer in customers {
            names::push_customer_id(&mut arena, customer);
            ends.push(arena.len());
        }
        Self { arena, ends }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        // Ids are letters and digits, so they always are text.
        starts.zip(&self.ends).map(|(start, &end)| str::from_utf8(&self.arena[start..end]).ok())
    }
}

/// The price and discount of a line, whose amount is the deal's.
struct Line {
    price: Money,
    discount: Money,
}

impl Line {
    /// Every fourth deal has a discount of a tenth; the rest of the division by the quantity is one too.
    fn of(deal: &Deal) -> Self {
        let cent = Money::SCALE / 100;
        let cents = deal.amount.units() / cent;
        let quantity = i64::from(deal.quantity);
        let gross = if cents % 4 == 0 { cents + cents / 9 } else { cents };
        let price = (gross + quantity - 1) / quantity;
        Self {
            price: Money::from_units(price * cent),
            discount: Money::from_units((price * quantity - cents) * cent),
        }
    }
}
