//! How offers made before the last part of a history would have met it.
//!
//! # Protocol
//! Everything is learned from the purchases before the first day of the last part. Customers who bought before and in
//! it are each offered `top` products by each method; *hit rate* is the share of customers who bought one of them in
//! the last part, *recall* the mean share of what they bought there that had been offered, *MRR* the mean of one over
//! the place of the first offer that was bought. For [`Target::New`] both offers and purchases are products that the
//! customer had not bought before; for [`Target::All`] they are any. Purchases of products that nobody had bought
//! before do not count: nobody could have offered them. The lead over the most popular products is the mean of the
//! customers' differences in recall, with its standard error.

use super::{Known, OfferQuery};
use crate::{
    Date, Error, Lang, Result,
    analysis::{baskets::purchases::Purchases, sales::Note},
};
use crmstat_models::{
    baskets::offers::{Met, highest},
    parallel::map_chunks,
    sum::compensated,
};

/// Days by which offers are judged where nobody says.
const HOLDOUT: i32 = 90;
/// Customers without whom nothing is said.
const FEWEST: usize = 20;
/// The normal quantile of 97.5 %.
const BEYOND_CHANCE: f64 = 1.96;

/// How offers were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The products with the most customers.
    Popularity,
    /// What the customer bought on the most days, then the most popular.
    BoughtBefore,
    /// The model of what goes together; see [`crate::models::baskets::offers`].
    Model,
}

impl Method {
    /// The code that output uses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::BoughtBefore => "bought_before",
            Self::Model => "model",
        }
    }

    /// What people call it.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Popularity => lang.pick("most popular", "самые популярные"),
            Self::BoughtBefore => lang.pick("bought before", "купленное раньше"),
            Self::Model => lang.pick("model", "модель"),
        }
    }
}

/// By which purchases offers are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Products that the customer had not bought before.
    New,
    /// Any.
    All,
}

impl Target {
    /// The code that output uses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::All => "all",
        }
    }

    /// What people call it.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::New => lang.pick("new to the customer", "новое для клиента"),
            Self::All => lang.pick("all purchases", "все покупки"),
        }
    }
}

/// One way of making offers, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedMethod {
    /// By which purchases.
    pub target: Target,
    /// The way.
    pub method: Method,
    /// Customers with such a purchase.
    pub customers: usize,
    /// The share of them who bought an offer.
    pub hit_rate: f64,
    /// The mean share of their purchases that had been offered.
    pub recall: f64,
    /// The mean of one over the place of the first offer that was bought.
    pub mrr: f64,
    /// The recall beyond that of the most popular products, and its standard error.
    pub lead: (f64, f64),
}

/// How offers would have met the last part of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Its first day.
    pub from: Date,
    /// Its days.
    pub days: u32,
    /// Offers to each customer.
    pub top: usize,
    /// By target, the simplest first.
    pub methods: Vec<JudgedMethod>,
}

pub(super) fn judge(purchases: &Purchases<'_>, query: &OfferQuery) -> Result<Judgement> {
    let end = purchases.as_of.date().days();
    let first = purchases.facts.orders.span().map_or(end, |(first, _)| first.days());
    let usual = HOLDOUT.min((end - first) / 4).max(1);
    let days = query.holdout.map_or(usual, |days| i32::try_from(days).unwrap_or(i32::MAX));
    let cut = end.saturating_sub(days);
    if cut <= first {
        return Err(Error::data("the history is no longer than the part to judge by"));
    }
    let known = Known::before(cut, purchases, query)?;
    let mut methods = Vec::new();
    for (target, ways) in [
        (Target::New, &[Method::Popularity, Method::Model][..]),
        (Target::All, &[Method::Popularity, Method::BoughtBefore, Method::Model]),
    ] {
        let met = met(&known, target, ways, query.top);
        if met.len() < FEWEST {
            return Err(Error::data(format!(
                "fewer than {FEWEST} customers who bought before bought {} later",
                if target == Target::New { "something new" } else { "anything" }
            )));
        }
        let mean = |of: &dyn Fn(&[Met]) -> f64| {
            compensated(met.iter().map(|own| of(own))) / met.len() as f64
        };
        for (at, method) in ways.iter().enumerate() {
            let lead = mean(&|own| own[at].recall - own[0].recall);
            let squares = mean(&|own| (own[at].recall - own[0].recall - lead).powi(2));
            methods.push(JudgedMethod {
                target,
                method: *method,
                customers: met.len(),
                hit_rate: mean(&|own| own[at].hit),
                recall: mean(&|own| own[at].recall),
                mrr: mean(&|own| own[at].reciprocal_rank),
                lead: (lead, (squares / (met.len() - 1) as f64).sqrt()),
            });
        }
    }
    let days = u32::try_from(days).unwrap_or_default();
    Ok(Judgement { from: Date::from_days(cut), days, top: query.top, methods })
}

/// How the offers of each of `ways` met each customer with a purchase of the `target`.
fn met(known: &Known<'_>, target: Target, ways: &[Method], top: usize) -> Vec<Vec<Met>> {
    let is_known: Vec<bool> = known.last_sold.iter().map(|day| *day != i32::MIN).collect();
    let popularity: Vec<f64> =
        known.model.popularity().iter().map(|count| f64::from(*count)).collect();
    let products = known.model.products();
    let chunks = map_chunks(known.purchases.customers(), super::CHUNK, |range| {
        let mut found = Vec::new();
        for customer in range {
            let before = known.customers.products_of(customer);
            let is_new = |product: u32| before.binary_search(&product).is_err();
            let later = known.purchases.of_group(customer).skip_while(|own| own.day < known.end);
            let mut bought: Vec<u32> = later
                .flat_map(|own| known.purchases.products(&own).collect::<Vec<_>>())
                .filter(|product| is_known[*product as usize])
                .filter(|product| target == Target::All || is_new(*product))
                .collect();
            bought.sort_unstable();
            bought.dedup();
            if before.is_empty() || bought.is_empty() {
                continue;
            }
            let popular = |most: usize, not: &[u32]| -> Vec<u32> {
                let allowed = |place: usize| {
                    known.on_sale[place]
                        && (target == Target::All || is_new(products[place]))
                        && !not.contains(&products[place])
                };
                let places = highest(&popularity, most, allowed);
                places.into_iter().map(|place| products[place]).collect()
            };
            let offered = |method: &Method| match method {
                Method::Popularity => popular(top, &[]),
                Method::BoughtBefore => {
                    let counts = &known.buyers;
                    let mut own = known.bought_days(customer);
                    own.sort_by_key(|(product, days)| {
                        (std::cmp::Reverse((*days, counts[*product as usize])), *product)
                    });
                    let mut own: Vec<u32> =
                        own.into_iter().take(top).map(|(product, _)| product).collect();
                    let more = popular(top - own.len(), &own);
                    own.extend(more);
                    own
                }
                Method::Model => {
                    let best = known.best(customer, target == Target::All, top);
                    best.into_iter().map(|(product, _)| product).collect()
                }
            };
            found.push(ways.iter().map(|method| Met::of(&offered(method), &bought)).collect());
        }
        found
    });
    chunks.concat()
}

impl Judgement {
    /// What is to be said under the offers.
    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        for target in [Target::New, Target::All] {
            let of: Vec<&JudgedMethod> =
                self.methods.iter().filter(|own| own.target == target).collect();
            let customers = of.first().map_or(0, |own| own.customers);
            let said = |lang: Lang| -> String {
                let one = |own: &&JudgedMethod| {
                    format!(
                        "{} {:.4} / {:.4} / {:.4}",
                        own.method.text(lang),
                        own.recall,
                        own.hit_rate,
                        own.mrr
                    )
                };
                of.iter().map(one).collect::<Vec<_>>().join("; ")
            };
            let (from, days, top) = (self.from, self.days, self.top);
            notes.push(Note::new(
                format!(
                    "judged on the {days} days from {from}, {top} offers to {customers} customers, {}: recall / hit rate \
                     / MRR of {}",
                    target.text(Lang::En),
                    said(Lang::En)
                ),
                format!(
                    "проверено на {days} днях с {from}, предложений клиенту: {top}, клиентов: {customers}, {}: полнота / \
                     доля попаданий / MRR: {}",
                    target.text(Lang::Ru),
                    said(Lang::Ru)
                ),
            ));
        }
        let model = self
            .methods
            .iter()
            .find(|own| own.target == Target::New && own.method == Method::Model);
        if let Some(JudgedMethod { lead: (lead, error), .. }) = model
            && *lead <= BEYOND_CHANCE * error
        {
            notes.push(Note::new(
                format!(
                    "warning: these offers are not better than the most popular products beyond chance: recall \
                     {lead:+.4} ± {error:.4}"
                ),
                format!(
                    "внимание: эти предложения не лучше самых популярных товаров, разница в полноте в пределах \
                     случайности: {lead:+.4} ± {error:.4}"
                ),
            ));
        }
        notes
    }
}
