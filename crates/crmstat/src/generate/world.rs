//! A checked spec: the customers with their hidden truth, and what each of them does.

use crmstat_models::random::{Generator, stream};
use rand::RngExt;
use rand_distr::{Beta, Distribution, Exp1, Gamma};

use crate::{
    Date, Error, Money, Result,
    generate::{Process, Spec, clock::Clock, names},
};

/// Deals take at most this long from creation to close.
pub(super) const LONGEST_CYCLE: u16 = 180;
/// The mean of a deal's length, in days.
const MEAN_CYCLE: f64 = 21.0;
/// How often a customer buys through the channel that brought them.
const OWN_CHANNEL: f64 = 0.7;
/// Each product sells this fraction of the one before it.
const NEXT_PRODUCT: f64 = 0.8;
/// Customers whose rates stand for all when the number of orders is fitted.
const FITTED_CUSTOMERS: u32 = 1 << 14;
const DAYS_PER_WEEK: f64 = 7.0;
/// Nobody buys more units of a product at once.
const MOST_UNITS: f64 = 99.0;
/// No amount is larger, however heavy the tail.
const LARGEST_AMOUNT: f64 = 1e9;

/// What makes the streams of a customer's attributes, deals and activities differ from their purchases.
#[derive(Clone, Copy)]
pub(super) enum Topic {
    Purchases = 0,
    Attributes = 1,
    Deals = 2,
    Activities = 3,
    Satisfaction = 4,
    Campaign = 5,
}

/// A synthetic CRM that can be written, part by part.
///
/// Every customer draws from streams of their own, so the parts agree, threads do not matter, and nothing
/// about a customer is held in memory.
pub struct World {
    pub(super) spec: Spec,
    pub(super) clock: Clock,
    /// Days of the export.
    pub(super) days: u16,
    pub(super) expected_orders: f64,
    rate: Gamma<f64>,
    dropout: Dropouts,
    spend: Gamma<f64>,
    nu: Gamma<f64>,
    cycle: Gamma<f64>,
}

enum Dropouts {
    AfterPurchase(Beta<f64>),
    AtRate(Gamma<f64>),
}

/// How one customer leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Dropout {
    /// With this probability after every repeat purchase.
    AfterPurchase(f64),
    /// At this rate per business day.
    AtRate(f64),
}

/// What is true of a customer and stands in no export.
#[derive(Clone, Copy)]
pub(super) struct Latent {
    /// The business time of the first purchase.
    pub(super) start: f64,
    /// Purchases per business day.
    pub(super) rate: f64,
    pub(super) dropout: Dropout,
}

impl Latent {
    /// Repeat purchases expected within `time` business days by a customer who is alive at its start:
    /// (1 − e^{−λpt}) / p, or λ / μ (1 − e^{−μt}).
    pub(super) fn expected(&self, time: f64) -> f64 {
        let leaving = match self.dropout {
            Dropout::AfterPurchase(p) => self.rate * p,
            Dropout::AtRate(mu) => mu,
        };
        // Both are λ times the expected time alive, (1 − e^{−ct}) / c, which goes to t as c goes to 0.
        let alive =
            if leaving * time < 1e-12 { time } else { -(-leaving * time).exp_m1() / leaving };
        self.rate * alive
    }

    /// The probability to leave before the next purchase: the customer's risk, from 0 to 1.
    pub(super) fn risk(&self) -> f64 {
        match self.dropout {
            Dropout::AfterPurchase(p) => p,
            Dropout::AtRate(mu) => mu / (mu + self.rate),
        }
    }
}

/// Where a customer belongs.
#[derive(Clone, Copy)]
pub(super) struct Contact {
    pub(super) region: u8,
    pub(super) manager: u8,
    pub(super) channel: u8,
}

/// What every deal of a customer shares.
#[derive(Clone, Copy)]
pub(super) struct Attributes {
    contact: Contact,
    /// The inverse scale ν of the amounts.
    nu: f64,
}

/// What one deal is about.
pub(super) struct Sale {
    pub(super) product: u8,
    pub(super) quantity: u8,
    pub(super) amount: Money,
}

impl World {
    /// The world of a spec whose ranges are checked.
    pub(super) fn new(spec: Spec) -> Result<Self> {
        let days = (spec.to.days() - spec.from.days()) as u16;
        let clock_days = days + spec.horizon_days.max(LONGEST_CYCLE + LONGEST_CYCLE);
        let clock = Clock::new(spec.from, days, clock_days, spec.seasonality, spec.growth);
        let (r, alpha) = match spec.process {
            Process::BgNbd { r, alpha, .. } | Process::ParetoNbd { r, alpha, .. } => (r, alpha),
        };
        let dropout = match spec.process {
            Process::BgNbd { a, b, .. } => {
                Dropouts::AfterPurchase(Beta::new(a, b).map_err(unusable)?)
            }
            Process::ParetoNbd { s, beta, .. } => {
                Dropouts::AtRate(Gamma::new(s, 1.0 / (beta * DAYS_PER_WEEK)).map_err(unusable)?)
            }
        };
        let mut world = Self {
            clock,
            days,
            expected_orders: 0.0,
            rate: Gamma::new(r, 1.0 / (alpha * DAYS_PER_WEEK)).map_err(unusable)?,
            dropout,
            spend: Gamma::new(spec.spend.p, 1.0).map_err(unusable)?,
            nu: Gamma::new(spec.spend.q, 1.0 / spec.spend.gamma).map_err(unusable)?,
            cycle: Gamma::new(2.0, MEAN_CYCLE / 2.0).map_err(unusable)?,
            spec,
        };
        let fitted: Vec<Latent> = (0..world.spec.customers.min(FITTED_CUSTOMERS))
            .map(|customer| world.latent(customer).0)
            .collect();
        let scale = match world.spec.orders {
            Some(orders) => world.scale_for(orders, &fitted)?,
            None => 1.0,
        };
        world.rate = Gamma::new(r, scale / (alpha * DAYS_PER_WEEK)).map_err(unusable)?;
        world.expected_orders = world.expected_at(scale, &fitted);
        Ok(world)
    }

    /// The factor of all rates with which `orders` are expected.
    fn scale_for(&self, orders: u64, fitted: &[Latent]) -> Result<f64> {
        let wanted = orders as f64;
        // Twenty doublings either way are a millionfold; past that a customer would buy every minute.
        let (mut low, mut high) = (2_f64.powi(-20), 2_f64.powi(20));
        if self.expected_at(high, fitted) < wanted {
            return Err(Error::usage(format!(
                "{orders} orders cannot come from {} customers who leave this soon",
                self.spec.customers
            ))
            .with_hint("ask for more customers, or lower the dropout of the process"));
        }
        // The number of orders grows with the rates, so halving the bracket finds the factor; 60 times
        // leave no more than the last bits of it.
        for _ in 0..60 {
            let middle = (low * high).sqrt();
            if self.expected_at(middle, fitted) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(high)
    }

    /// The expected number of orders of all customers, when the `fitted` ones stand for them and every
    /// rate is `scale` times what it is.
    fn expected_at(&self, scale: f64, fitted: &[Latent]) -> f64 {
        let observed = self.clock.start_of(self.days);
        let repeats = fitted.iter().map(|latent| {
            Latent { rate: latent.rate * scale, ..*latent }.expected(observed - latent.start)
        });
        let repeats = crmstat_models::sum::compensated(repeats);
        f64::from(self.spec.customers) * (1.0 + repeats / fitted.len() as f64)
    }

    /// The stream of `topic` of `customer`.
    pub(super) fn stream(&self, topic: Topic, customer: u32) -> Generator {
        stream(self.spec.seed, (topic as u64) << 56 | u64::from(customer))
    }

    /// The stream of the deal that led to a purchase, whichever purchases are looked at.
    pub(super) fn deal_stream(&self, customer: u32, sequence: usize) -> Generator {
        let deal = u64::from(customer) | (sequence as u64 & 0xFF_FFFF) << 32;
        stream(self.spec.seed, (Topic::Deals as u64) << 56 | deal)
    }

    /// The hidden truth of `customer`, and the stream that goes on with their purchases.
    pub(super) fn latent(&self, customer: u32) -> (Latent, Generator) {
        let mut random = self.stream(Topic::Purchases, customer);
        let start = random.random::<f64>() * self.clock.start_of(self.days);
        let rate = self.rate.sample(&mut random);
        let dropout = match &self.dropout {
            Dropouts::AfterPurchase(p) => Dropout::AfterPurchase(p.sample(&mut random)),
            Dropouts::AtRate(mu) => Dropout::AtRate(mu.sample(&mut random)),
        };
        (Latent { start, rate, dropout }, random)
    }

    /// The purchases of `customer` up to the end of the clock, or none if the first is at or after
    /// `limit`; an early limit saves the work that comes after it.
    pub(super) fn purchases(&self, customer: u32, limit: f64) -> Purchases {
        let (latent, mut random) = self.latent(customer);
        let leaves = match latent.dropout {
            Dropout::AfterPurchase(_) => f64::INFINITY,
            Dropout::AtRate(mu) => {
                let life: f64 = Exp1.sample(&mut random);
                latent.start + life / mu
            }
        };
        let limit = limit.min(self.clock.end());
        Purchases { latent, random, next: Some(latent.start), leaves, limit }
    }

    /// Where `customer` belongs.
    pub(super) fn contact(&self, customer: u32) -> Contact {
        self.contact_and_stream(customer).0
    }

    /// What every deal of `customer` shares.
    pub(super) fn attributes(&self, customer: u32) -> Attributes {
        let (contact, mut random) = self.contact_and_stream(customer);
        Attributes { contact, nu: self.nu.sample(&mut random) }
    }

    fn contact_and_stream(&self, customer: u32) -> (Contact, Generator) {
        let mut random = self.stream(Topic::Attributes, customer);
        let contact = Contact {
            region: random.random_range(0..names::REGIONS.len() as u8),
            manager: random.random_range(0..names::MANAGERS.len() as u8),
            channel: random.random_range(0..names::CHANNELS.len() as u8),
        };
        (contact, random)
    }

    /// The mean amount p / ν of a customer.
    pub(super) fn mean_spend(&self, attributes: &Attributes) -> f64 {
        self.spec.spend.p / attributes.nu
    }

    /// What is sold to a customer: a product, the first of the catalogue most often, for a Gamma-Gamma
    /// amount that a whole number of units makes up to the cent.
    pub(super) fn sale(&self, attributes: &Attributes, random: &mut Generator) -> Sale {
        let last = names::PRODUCTS.len() as u8 - 1;
        let product = (0..last).find(|_| random.random::<f64>() > NEXT_PRODUCT).unwrap_or(last);
        let amount = (self.spend.sample(random) / attributes.nu).min(LARGEST_AMOUNT);
        let list_price = names::PRODUCTS[usize::from(product)].price as f64;
        let quantity = (amount / list_price).round().clamp(1.0, MOST_UNITS);
        let price = ((amount * 100.0 / quantity).round() as i64).max(1);
        let cents = price * quantity as i64;
        Sale {
            product,
            quantity: quantity as u8,
            amount: Money::from_units(cents * (Money::SCALE / 100)),
        }
    }

    /// The days from a deal's creation to its close.
    pub(super) fn cycle(&self, random: &mut Generator) -> u16 {
        (self.cycle.sample(random) as u16).min(LONGEST_CYCLE)
    }

    /// The date of `day`.
    pub(super) fn date(&self, day: u16) -> Date {
        self.spec.from.plus_days(day.into())
    }
}

/// The channel of an order: mostly the customer's own.
pub(super) fn channel(attributes: &Attributes, random: &mut Generator) -> u8 {
    if random.random::<f64>() < OWN_CHANNEL {
        attributes.contact.channel
    } else {
        random.random_range(0..names::CHANNELS.len() as u8)
    }
}

/// A distribution that refuses parameters which `Spec::check` has let through.
fn unusable(error: impl std::error::Error) -> Error {
    Error::usage(format!("the parameters give no distribution: {error}"))
}

/// The business times of a customer's purchases, in order.
pub(super) struct Purchases {
    pub(super) latent: Latent,
    random: Generator,
    next: Option<f64>,
    /// When the customer leaves; infinity while that is open.
    pub(super) leaves: f64,
    limit: f64,
}

impl Iterator for Purchases {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let now = self.next.filter(|&now| now < self.limit)?;
        // BG/NBD: the first purchase is the trial, after which nobody leaves yet.
        if let Dropout::AfterPurchase(p) = self.latent.dropout
            && now > self.latent.start
            && self.random.random::<f64>() < p
        {
            self.leaves = now;
        }
        let gap: f64 = Exp1.sample(&mut self.random);
        let next = now + gap / self.latent.rate;
        self.next = (next < self.leaves && next.is_finite()).then_some(next);
        Some(now)
    }
}
