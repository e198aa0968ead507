//! Why revenue moved between two periods: by which factor, and by whom.
//!
//! # By factor
//! Net revenue is `customers × orders per customer × mean order − refunds + orders of nobody`. Where every purchase
//! line has a quantity the mean order is divided further: `units per order × Σ share × price` over products, whose
//! change is one of the *mix* (shares) and one of the *prices*. A product that was sold in one of the periods alone
//! has one price, so that it changes the mix and no price.
//!
//! The change of the product is given to its factors by Shapley's value: the mean over all orders in which the
//! factors may have changed one after another. It treats all factors alike, leaves no residue, and here adds up to
//! the last unit of money: what rounding leaves goes to the largest remainders. Refunds and orders of nobody
//! change by themselves.
//!
//! # By whom
//! A customer is *lost* (bought before and not now), *new* (first purchase ever), *reactivated* (bought earlier than
//! both periods), *growing*, *shrinking*, *unchanged*, or has *refunds alone*. The changes add up to the whole, as
//! do those of the products, categories, managers, regions, channels and sources.
//!
//! # Beyond chance
//! For a group with changes `d` of its customers, `z = Σd / √Σd²`: were every customer as likely to change by `d`
//! as by `−d`, it would have mean 0 and variance 1 (a test of random signs, which lets the orders of a customer
//! depend on one another). A group is beyond chance where the two-sided p-value times the number of groups of its
//! dimension still to be told, smallest first, stays below 5 % (Holm, *Scandinavian Journal of Statistics* 6,
//! 1979). A group of few customers cannot be.
//!
//! Shapley: L. S. Shapley, *Contributions to the Theory of Games II* (1953) 307–317; for decompositions: A. F.
//! Shorrocks, *Journal of Economic Inequality* 11 (2013) 99–126.

mod groups;
mod span;
mod tables;
#[cfg(test)]
mod tests;

pub use groups::{Contribution, Movement, MovementKind};
pub use span::{Against, Span};

use crate::{
    Error, Money, Result, Window,
    analysis::sales::{
        Note,
        facts::{Facts, Need, Needs},
    },
    data::{Column, Field, Labels, Orders, OrdersQuery, Records, sales::is_purchase},
    ingest::{Dimension, Export, Imported, field_of},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The fields by which a change is told apart, where the orders have them.
pub const DIMENSIONS: [Field; 6] =
    [Field::Product, Field::Category, Field::Owner, Field::Region, Field::Channel, Field::Source];

/// Which periods are compared.
#[derive(Clone, Debug)]
pub struct Query {
    /// The later period.
    pub later: Span,
    /// What it is compared with.
    pub against: Against,
    /// The columns by which the change is told apart, those of tables beside the orders among them: see
    /// [`Dimension`]. Where none is named, [`DIMENSIONS`].
    pub by: Vec<String>,
}

impl Query {
    /// Compares `later` with `against`, told apart by [`DIMENSIONS`].
    pub fn new(later: Span, against: Against) -> Self {
        Self { later, against, by: Vec::new() }
    }
}

/// Why revenue moved.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// The period that is explained.
    pub later: Span,
    /// The period it is compared with.
    pub earlier: Span,
    /// Net revenue of the earlier and the later period.
    pub revenue: [Money; 2],
    /// The factors, in the order of the formula; their changes add up to that of the revenue.
    pub effects: Vec<Effect>,
    /// Customers by how they moved; with the orders of nobody their changes add up to that of the revenue.
    pub movements: Vec<Movement>,
    /// What moved most: customers, then the groups of each dimension, the largest change first.
    pub contributions: Vec<Contribution>,
    /// What has to be known of the figures.
    #[serde(skip)]
    pub notes: Vec<Note>,
}

/// A factor of revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Customers with a purchase.
    Customers,
    /// Purchases per customer.
    Frequency,
    /// Gross amount per purchase.
    MeanOrder,
    /// Pieces per purchase.
    Units,
    /// Which products the pieces are.
    Mix,
    /// What the products cost.
    Price,
    /// What was given back.
    Refunds,
    /// Orders that name no customer.
    Nobody,
}

/// What one factor did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The factor.
    pub factor: Factor,
    /// Its value in the earlier period; `None` where it is not one number, or cannot be told.
    pub earlier: Option<f64>,
    /// Its value in the later one.
    pub later: Option<f64>,
    /// What its change did to revenue.
    pub change: Money,
}

/// Explains the change of revenue of `export`.
///
/// ```
/// use crmstat::{analysis::why::{self, Against, Query}, ingest::{Export, ReadOptions}};
///
/// let csv = "customer_id,order_date,amount\nA,2024-01-05,100\nA,2025-01-05,60\nB,2025-01-07,60\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let query = Query::new("2025-01".parse()?, Against::YearBefore);
/// let why = why::explain(&mut export, &query, &[])?.result;
/// // Twice the customers, 0.6 of the mean order: (100 + 60) / 2 and −(40 + 80) / 2.
/// assert_eq!(why.effects[0].change.to_string(), "80.00");
/// assert_eq!(why.effects[2].change.to_string(), "-60.00");
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear; periods that overlap or of which one has no order; a column that nobody has; sums past
/// the range of money.
pub fn explain(export: &mut Export, query: &Query, tables: &[Records]) -> Result<Imported<Why>> {
    // Orders before both periods tell new customers from reactivated ones.
    if query.by.is_empty() && tables.is_empty() {
        let mut fields = DIMENSIONS.to_vec();
        fields.push(Field::Quantity);
        let read = OrdersQuery { fields, anonymous: true, ..OrdersQuery::default() };
        let imported = Orders::read(export, &read)?;
        return imported.try_map(|orders| of(&orders, &usual(&orders), query));
    }
    let by: Vec<String> = if query.by.is_empty() {
        let is_known = |field: &Field| Dimension::find(field.name(), export, tables).is_ok();
        DIMENSIONS.iter().filter(|field| is_known(field)).map(Field::to_string).collect()
    } else {
        query.by.clone()
    };
    let facts = Facts::read(export, Window::default(), &by, needs(), tables)?;
    facts.try_map(|facts| of_facts(&facts, query))
}

/// Explains the change of revenue of `orders` that were read with quantities, where they have them, and [`DIMENSIONS`] or
/// the columns that are asked for; `tables` are those beside them.
///
/// # Errors
/// As [`explain`].
pub fn explain_orders(orders: &Orders, query: &Query, tables: &[Records]) -> Result<Why> {
    if query.by.is_empty() {
        return of(orders, &usual(orders), query);
    }
    let facts = Facts::of_orders(orders, Window::default(), &query.by, needs(), tables)?;
    of_facts(&facts, query)
}

/// A column by which the change is told apart, with a label for each line.
struct Divided<'a> {
    name: String,
    field: Option<Field>,
    labels: &'a Labels,
}

fn needs() -> Needs {
    Needs { quantity: Need::Optional, may_score: true, ..Needs::default() }
}

fn usual(orders: &Orders) -> Vec<Divided<'_>> {
    let of = |field: Field| {
        let labels = orders.labels(field).filter(|labels| !labels.labels().is_empty())?;
        Some(Divided { name: field.name().to_owned(), field: Some(field), labels })
    };
    DIMENSIONS.into_iter().filter_map(of).collect()
}

fn named<'a>(facts: &'a Facts<'_>) -> Vec<Divided<'a>> {
    // Customers are told one by one anyway.
    let dims = facts.dims.iter().filter(|(name, _)| field_of(name) != Some(Field::CustomerId));
    dims.map(|(name, labels)| Divided { name: name.clone(), field: field_of(name), labels })
        .collect()
}

fn of_facts(facts: &Facts<'_>, query: &Query) -> Result<Why> {
    let found = of(&facts.orders, &named(facts), query)?;
    Ok(Why { notes: facts.notes.clone(), ..found })
}

fn of(orders: &Orders, dimensions: &[Divided<'_>], query: &Query) -> Result<Why> {
    let later = query.later;
    let earlier = query.against.of(later)?;
    let place = |order: usize| {
        let day = orders.at()[order].date();
        [earlier, later].iter().position(|span| span.holds(day))
    };
    let mut sums = [Sums::default(); 2];
    let mut products: BTreeMap<Option<u32>, [Sold; 2]> = BTreeMap::new();
    let quantities = Quantities::of(orders);
    let mut has_quantity = quantities.is_some();
    for customer in 0..=orders.customers().len() {
        let is_nobody = customer == orders.customers().len();
        let own = if is_nobody { orders.of_nobody() } else { orders.of_customer(customer) };
        let mut bought = [false; 2];
        for order in own {
            let Some(at) = place(order) else { continue };
            let amount = orders.amount()[order];
            let units = i128::from(amount.units());
            sums[at].orders_seen += 1;
            match (is_nobody, is_purchase(amount)) {
                (true, _) => sums[at].nobody += units,
                (false, false) => sums[at].refunds -= units,
                (false, true) => {
                    sums[at].gross += units;
                    sums[at].orders += 1;
                    bought[at] = true;
                    let Some(quantities) = quantities.as_ref().filter(|_| has_quantity) else {
                        continue;
                    };
                    has_quantity = quantities.count(orders, order, at, &mut products);
                }
            }
        }
        for (sums, bought) in sums.iter_mut().zip(bought) {
            sums.customers += u64::from(bought);
        }
    }
    for (sums, span) in sums.iter().zip([earlier, later]) {
        if sums.orders_seen == 0 {
            return Err(Error::data(format!(
                "there is no order from {} to {}",
                span.first, span.last
            ))
            .with_hint("choose periods within the data; `crmstat inspect` shows its days"));
        }
    }
    // Pieces that take each other off say nothing of prices.
    let is_sound = |at: usize| {
        products.values().map(|sold| sold[at].pieces).sum::<f64>() > 0.0
            && products.values().all(|sold| sold[at].pieces > 0.0 || sold[at].units == 0)
    };
    let has_quantity = has_quantity && is_sound(0) && is_sound(1);
    let effects = effects(&sums, has_quantity.then_some(&products))?;
    let money = |units: i128| {
        let units = i64::try_from(units).map(Money::from_units);
        units.map_err(|_| Error::data("the revenue of a period is past the range of money"))
    };
    let net = |sums: &Sums| money(sums.gross - sums.refunds + sums.nobody);
    Ok(Why {
        later,
        earlier,
        revenue: [net(&sums[0])?, net(&sums[1])?],
        effects,
        movements: groups::movements(orders, &place, earlier)?,
        contributions: groups::contributions(orders, dimensions, &place)?,
        notes: Vec::new(),
    })
}

/// What a period brought, in units of money.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    orders_seen: u64,
    customers: u64,
    orders: u64,
    gross: i128,
    refunds: i128,
    nobody: i128,
}

/// Pieces of a product and what they brought.
#[derive(Clone, Copy, Debug, Default)]
struct Sold {
    pieces: f64,
    units: i128,
}

/// The pieces of every line.
struct Quantities<'a>(&'a [f64]);

impl<'a> Quantities<'a> {
    fn of(orders: &'a Orders) -> Option<Self> {
        match orders.field(Field::Quantity) {
            Some(Column::Number(quantities)) => Some(Self(quantities)),
            _ => None,
        }
    }

    /// Adds the lines of a purchase to its products; whether all of them have a quantity.
    fn count(
        &self,
        orders: &Orders,
        order: usize,
        at: usize,
        products: &mut BTreeMap<Option<u32>, [Sold; 2]>,
    ) -> bool {
        let labels = orders.labels(Field::Product);
        for line in orders.lines_of(order) {
            let pieces = self.0[line];
            if !pieces.is_finite() {
                return false;
            }
            let product = labels.and_then(|labels| labels.code(line));
            let sold = &mut products.entry(product).or_default()[at];
            sold.pieces += pieces;
            sold.units += i128::from(orders.line_amount()[line].units());
        }
        true
    }
}

/// What each factor did to revenue.
fn effects(
    sums: &[Sums; 2],
    products: Option<&BTreeMap<Option<u32>, [Sold; 2]>>,
) -> Result<Vec<Effect>> {
    let number = |value: u64| value as f64;
    let per = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let of = |figure: &dyn Fn(&Sums) -> Option<f64>| [figure(&sums[0]), figure(&sums[1])];
    let customers = of(&|sums| Some(number(sums.customers)));
    let frequency = of(&|sums| per(number(sums.orders), number(sums.customers)));
    let scale = Money::SCALE as f64;
    let mean_order = of(&|sums| per(sums.gross as f64 / scale, number(sums.orders)));
    let pieces = |at: usize| {
        let sold = products.into_iter().flat_map(BTreeMap::values);
        crmstat_models::sum::compensated(sold.map(|sold| sold[at].pieces))
    };
    let units = [0, 1].map(|at| per(pieces(at), number(sums[at].orders)));
    let price = [0, 1].map(|at| per(sums[at].gross as f64 / scale, pieces(at)));

    let mut factors = vec![(Factor::Customers, customers), (Factor::Frequency, frequency)];
    match products {
        None => factors.push((Factor::MeanOrder, mean_order)),
        Some(_) => {
            factors.push((Factor::Units, units));
            factors.push((Factor::Mix, [None, None]));
            factors.push((Factor::Price, price));
        }
    }
    let change = sums[1].gross - sums[0].gross;
    let shares = if sums.iter().any(|sums| sums.orders == 0) {
        // Of a period without a purchase there is no frequency and no mean order: all of it is customers.
        let mut shares = vec![0.0; factors.len()];
        shares[0] = change as f64;
        shares
    } else {
        let value = |set: u32| {
            let pick = |factor: usize, values: [Option<f64>; 2]| {
                values[usize::from(set & 1 << factor != 0)].unwrap_or(0.0)
            };
            let base = pick(0, customers) * pick(1, frequency);
            match products {
                None => scale * base * pick(2, mean_order),
                Some(products) => {
                    let mean_price = mean_price(products, set & 8 != 0, set & 16 != 0);
                    base * pick(2, units) * mean_price
                }
            }
        };
        shapley(factors.len(), value)
    };
    let mut found: Vec<Effect> = factors
        .iter()
        .zip(rounded(&shares, change)?)
        .map(|((factor, [earlier, later]), change)| Effect {
            factor: *factor,
            earlier: *earlier,
            later: *later,
            change,
        })
        .collect();
    for (factor, values) in [
        (Factor::Refunds, [-sums[0].refunds, -sums[1].refunds]),
        (Factor::Nobody, [sums[0].nobody, sums[1].nobody]),
    ] {
        if values != [0, 0] {
            let [earlier, later] = values.map(|units| Some(units as f64 / scale));
            let change = rounded(&[0.0], values[1] - values[0])?[0];
            found.push(Effect { factor, earlier, later, change });
        }
    }
    Ok(found)
}

/// The mean price of a piece in units of money, with the shares and prices of one period or the other.
fn mean_price(
    products: &BTreeMap<Option<u32>, [Sold; 2]>,
    later_mix: bool,
    later_price: bool,
) -> f64 {
    let (mix, price) = (usize::from(later_mix), usize::from(later_price));
    let all = crmstat_models::sum::compensated(products.values().map(|sold| sold[mix].pieces));
    let price_of = |sold: &[Sold; 2]| {
        // What was sold in one period alone has one price.
        let known = [price, 1 - price].into_iter().find(|at| sold[*at].pieces > 0.0);
        known.map_or(0.0, |at| sold[at].units as f64 / sold[at].pieces)
    };
    let parts = products.values().map(|sold| sold[mix].pieces / all * price_of(sold));
    crmstat_models::sum::compensated(parts)
}

/// Shapley's value of each of a few players, of what `value` gives for every set of them, as bits.
fn shapley(players: usize, value: impl Fn(u32) -> f64) -> Vec<f64> {
    let values: Vec<f64> = (0..1_u32 << players).map(value).collect();
    let factorial = |n: usize| (1..=n).product::<usize>() as f64;
    let weight =
        |others: usize| factorial(others) * factorial(players - others - 1) / factorial(players);
    (0..players)
        .map(|player| {
            let without = (0..1_u32 << players).filter(|set| set & 1 << player == 0);
            crmstat_models::sum::compensated(without.map(|set| {
                let gain = values[(set | 1 << player) as usize] - values[set as usize];
                weight(set.count_ones() as usize) * gain
            }))
        })
        .collect()
}

/// `shares`, in units of money, as amounts that add up to `whole`: what rounding down leaves goes to the largest
/// remainders, of equal ones to the first. Where the whole is one of cents, so are its parts.
fn rounded(shares: &[f64], whole: i128) -> Result<Vec<Money>> {
    let cent = i128::from(Money::SCALE) / 100;
    let grain = if whole % cent == 0 { cent } else { 1 };
    let whole = whole / grain;
    let shares: Vec<f64> = shares.iter().map(|share| share / grain as f64).collect();
    let mut units: Vec<i128> = shares.iter().map(|share| share.floor() as i128).collect();
    let left = whole - units.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| {
        let remainder = |at: &usize| shares[*at] - shares[*at].floor();
        remainder(b).total_cmp(&remainder(a)).then(a.cmp(b))
    });
    // Floats of large sums may be off by more than a unit a share; the rest is spread all the same.
    let count = shares.len() as i128;
    for (place, at) in order.iter().enumerate() {
        let place = place as i128;
        units[*at] += left.div_euclid(count) + i128::from(place < left.rem_euclid(count));
    }
    let money = |units: i128| i64::try_from(units).ok().map(Money::from_units);
    let found: Option<Vec<Money>> = units.into_iter().map(|units| money(units * grain)).collect();
    found.ok_or_else(|| Error::data("the change of revenue is past the range of money"))
}
