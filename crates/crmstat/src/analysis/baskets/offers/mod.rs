//! What to offer to whom, and how good such offers would have been.

mod judge;
mod table;

pub use judge::{JudgedMethod, Judgement, Method, Target};

use super::purchases::Purchases;
use crate::{
    AsOf, Error, Result, Window,
    analysis::sales::Note,
    data::{Orders, Records},
    ingest::{Export, Imported},
};
use crmstat_models::{
    baskets::{
        Baskets,
        offers::{self, Params, highest},
    },
    parallel::map_chunks,
};

/// What is asked of offers.
#[derive(Clone, Debug)]
pub struct OfferQuery {
    /// The days whose orders count.
    pub window: Window,
    /// What a product is: a column of the export or of a table beside it.
    pub by: String,
    /// Offers to each customer.
    pub top: usize,
    /// Whether what a customer has bought before is offered again.
    pub repeat: bool,
    /// Days at the end by which offers are judged; `None` is 90, or a quarter of the history where that is less.
    pub holdout: Option<u32>,
    /// What nobody has bought for so many days is not offered; `None` offers everything.
    pub sold_within: Option<u32>,
    /// How the model learns.
    pub model: Params,
}

impl Default for OfferQuery {
    /// Five products that the customer has not bought and somebody has within 90 days.
    fn default() -> Self {
        Self {
            window: Window::default(),
            by: "product".to_owned(),
            top: 5,
            repeat: false,
            holdout: None,
            sold_within: Some(90),
            model: Params::default(),
        }
    }
}

/// A product for a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The product.
    pub product: String,
    /// What the model says for it; larger is better, and the unit has no meaning.
    pub score: f64,
    /// The product bought before that says most for it.
    pub because: Option<String>,
    /// Days on which the customer has bought it before.
    pub bought_days: u32,
    /// Customers who have bought it.
    pub buyers: u32,
}

/// The offers to one customer, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerOffers {
    /// The id.
    pub id: String,
    /// The offers.
    pub offers: Vec<Offer>,
}

/// What to offer to whom.
#[derive(Clone, Debug)]
pub struct Offers {
    as_of: AsOf,
    customers: Vec<CustomerOffers>,
    judgement: Option<Judgement>,
    notes: Vec<Note>,
}

/// Finds the next products for the customers of `export`, and judges such offers on its last part.
///
/// ```
/// use crmstat::{analysis::baskets::{self, OfferQuery}, ingest::{Export, ReadOptions}};
///
/// let mut csv = "customer_id,order_date,amount,product\n".to_owned();
/// for customer in 10..30 {
///     let products = if customer % 2 == 0 { ["printer", "ink"] } else { ["desk", "lamp"] };
///     for product in products {
///         csv += &format!("C{customer},2025-01-{customer},9,{product}\n");
///     }
/// }
/// csv += "X,2025-02-01,9,desk\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let found = baskets::offers(&mut export, &OfferQuery::default(), &[])?.result;
/// let of_x = &found.customers().last().unwrap().offers[0];
/// assert_eq!((&*of_x.product, of_x.because.as_deref()), ("lamp", Some("desk")));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, no customer with two products that others have, or a setting out of
/// range.
pub fn offers(
    export: &mut Export,
    query: &OfferQuery,
    tables: &[Records],
) -> Result<Imported<Offers>> {
    check(query)?;
    let by = [query.by.clone()];
    let read = Purchases::read(export, query.window, &by, tables)?;
    read.try_map(|purchases| Offers::of(&purchases, query))
}

/// Finds the next products for the customers of `orders` that have been read.
///
/// # Errors
/// As [`offers`](fn@offers).
pub fn offers_of(orders: &Orders, query: &OfferQuery, tables: &[Records]) -> Result<Offers> {
    check(query)?;
    let by = [query.by.clone()];
    Offers::of(&Purchases::of_orders(orders, query.window, &by, tables)?, query)
}

fn check(query: &OfferQuery) -> Result<()> {
    if query.top == 0 {
        return Err(Error::usage("no offer is asked for").with_hint("ask for one or more"));
    }
    if query.holdout == Some(0) || query.sold_within == Some(0) {
        return Err(Error::usage("a time of no days").with_hint("ask for one day or more"));
    }
    Ok(())
}

/// What is known of customers and products before a day, and the model of it.
struct Known<'a> {
    purchases: &'a Purchases<'a>,
    customers: Baskets,
    model: offers::Offers,
    /// The day before which all is known.
    end: i32,
    /// Which places of the model may be offered.
    on_sale: Vec<bool>,
    /// Customers of each product, and the last day on which it was bought.
    buyers: Vec<u32>,
    last_sold: Vec<i32>,
    oldest: i32,
}

impl<'a> Known<'a> {
    fn before(end: i32, purchases: &'a Purchases<'a>, query: &OfferQuery) -> Result<Self> {
        let products = purchases.facts.dims[0].1.labels().len();
        let customers = purchases.of_customers(end, products);
        let model = query.model.fit(&customers).map_err(Error::from_model)?;
        let mut last_sold = vec![i32::MIN; products];
        for group in 0..purchases.facts.orders.groups() {
            for purchase in purchases.of_group(group).take_while(|purchase| purchase.day < end) {
                for product in purchases.products(&purchase) {
                    let last = &mut last_sold[product as usize];
                    *last = purchase.day.max(*last);
                }
            }
        }
        let within = query.sold_within.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        let oldest = within.map_or(i32::MIN, |days| end.saturating_sub(days));
        let sold = |product: &u32| last_sold[*product as usize] >= oldest;
        let on_sale = model.products().iter().map(sold).collect();
        let buyers = customers.counts();
        Ok(Self { purchases, customers, model, end, on_sale, buyers, last_sold, oldest })
    }

    /// On how many days the customer has bought each product, by product.
    fn bought_days(&self, customer: usize) -> Vec<(u32, u32)> {
        let mut days: Vec<(u32, i32)> = Vec::new();
        let own = self.purchases.of_group(customer);
        for purchase in own.take_while(|purchase| purchase.day < self.end) {
            days.extend(self.purchases.products(&purchase).map(|product| (product, purchase.day)));
        }
        days.sort_unstable();
        days.dedup();
        let mut counts: Vec<(u32, u32)> = Vec::new();
        for (product, _) in days {
            match counts.last_mut() {
                Some((last, count)) if *last == product => *count += 1,
                _ => counts.push((product, 1)),
            }
        }
        counts
    }

    /// The `top` products for a customer with their scores, the best first.
    ///
    /// What was bought before is scored by the logarithm of its days, too: who buys it often goes on.
    fn best(&self, customer: usize, repeat: bool, top: usize) -> Vec<(u32, f64)> {
        let bought = self.customers.products_of(customer);
        let products = self.model.products();
        let mut scores = self.model.scores(bought);
        if !repeat {
            let has = |place: usize| bought.binary_search(&products[place]).is_ok();
            let places = highest(&scores, top, |place| self.on_sale[place] && !has(place));
            return places.into_iter().map(|place| (products[place], scores[place])).collect();
        }
        let mut rare: Vec<(u32, f64)> = Vec::new();
        for (product, days) in self.bought_days(customer) {
            let gain = f64::from(days).ln_1p();
            match self.model.place_of(product) {
                Some(place) => scores[place] += gain,
                None if self.last_sold[product as usize] >= self.oldest => {
                    rare.push((product, gain));
                }
                None => {}
            }
        }
        let places = highest(&scores, top, |place| self.on_sale[place]);
        let mut found: Vec<(u32, f64)> =
            places.into_iter().map(|place| (products[place], scores[place])).collect();
        found.append(&mut rare);
        found.sort_by(|one, other| other.1.total_cmp(&one.1));
        found.truncate(top);
        found
    }
}

/// Customers that one thread looks at in one go.
const CHUNK: usize = 256;

impl Offers {
    fn of(purchases: &Purchases<'_>, query: &OfferQuery) -> Result<Self> {
        let end = purchases.as_of.date().days();
        let known = Known::before(end, purchases, query)?;
        let labels = purchases.labels();
        let chunks = map_chunks(purchases.customers(), CHUNK, |range| {
            let own = range.filter(|customer| !known.customers.products_of(*customer).is_empty());
            own.map(|customer| {
                let bought = known.customers.products_of(customer);
                let days = known.bought_days(customer);
                let best = known.best(customer, query.repeat, query.top);
                let offer = |(product, score): (u32, f64)| {
                    let because = known.model.reason(bought, product);
                    let own = days.binary_search_by_key(&product, |(own, _)| *own);
                    Offer {
                        product: labels[product as usize].clone(),
                        score,
                        because: because.map(|own| labels[own as usize].clone()),
                        bought_days: own.map_or(0, |at| days[at].1),
                        buyers: known.buyers[product as usize],
                    }
                };
                let offers = best.into_iter().map(offer).collect();
                CustomerOffers { id: purchases.id(customer).to_owned(), offers }
            })
            .collect::<Vec<_>>()
        });
        let mut notes = purchases.notes();
        let (offered, left_out) = (known.model.products().len(), known.model.left_out());
        if left_out > 0 {
            notes.push(Note::new(
                format!("the {offered} products with the most customers are offered, {left_out} rarer ones are not"),
                format!("предлагаются {offered} товаров с наибольшим числом покупателей, {left_out} более редких — нет"),
            ));
        }
        let judgement = match judge::judge(purchases, query) {
            Ok(judgement) => {
                notes.extend(judgement.notes());
                Some(judgement)
            }
            // What cannot be judged may still be offered, and that is said.
            Err(error) if error.is_data() => {
                notes.push(Note::new(
                    format!("the offers have not been judged on a later period: {error}"),
                    format!("предложения не проверены на более позднем периоде: {error}"),
                ));
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self { as_of: purchases.as_of, customers: chunks.concat(), judgement, notes })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// In the order of their ids' bytes.
    pub fn customers(&self) -> &[CustomerOffers] {
        &self.customers
    }

    /// How such offers would have met the last part of the history; `None` where that is too short to tell.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.judgement.as_ref()
    }

    /// What has to be known of the offers.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
