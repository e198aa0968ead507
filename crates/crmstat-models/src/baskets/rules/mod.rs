//! Which products are bought together more often than by chance?
//!
//! # Formula
//! A *set* is frequent where at least `least` baskets hold all of it. Each frequent set makes one *rule* per product
//! of it: who buys the others, `A`, buys that one, `c`. *Support* is the share of baskets with all, *confidence* the
//! share of the baskets with `A` that have `c`, *lift* that over the share of all baskets that have `c`.
//!
//! The test asks, for every product `x` of `A`, whether among the baskets with the rest of `A` those with `x` have `c`
//! more often than the draw of so many baskets would: Fisher's exact test, one-sided; the largest of these p-values is
//! that of the rule. So a rule of three products counts only where none of `A` is idle. The p-values of each size of
//! sets are corrected together, by Benjamini and Hochberg, for *all* rules that products of `least` baskets could make,
//! not only those found: which sets are frequent is seen from the same baskets.
//!
//! # Assumptions
//! Baskets are independent and of one size. Those of one customer are alike, and a large basket holds more of everything:
//! both make p-values too small, the second for every pair of products alike, so that lifts should be compared with each
//! other rather than with 1.
//!
//! # Citation
//! R. Agrawal, T. Imieliński, A. Swami, *SIGMOD* 1993, 207–216 (support and confidence); G. I. Webb, *Machine Learning*
//! 68 (2007) 1–33, section 3.4 (the test of productive rules).
//!
//! # When not to use it
//! Where a basket holds one product: there is nothing together. For offers to a customer use
//! [`offers`](super::offers), which weighs everything that they bought.

#[cfg(test)]
mod tests;

use super::{Baskets, END};
use crate::{
    error::{Error, Result},
    special::counts::{Hypergeometric, false_discovery_rates},
};
use rayon::prelude::*;
use std::collections::HashMap;

/// The most products of a set.
pub const MOST: usize = 4;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    least: u32,
    size: usize,
}

impl Params {
    /// Pairs that at least `least` baskets hold.
    pub const fn new(least: u32) -> Self {
        Self { least, size: 2 }
    }

    /// Sets of up to `size` products, from 2 to [`MOST`].
    #[must_use]
    pub const fn size(self, size: usize) -> Self {
        Self { size, ..self }
    }
}

/// A set of products that are frequent together: rising numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Set {
    len: u8,
    items: [u32; MOST],
}

impl Set {
    fn of(products: &[u32]) -> Self {
        let mut items = [END; MOST];
        items[..products.len()].copy_from_slice(products);
        items[..products.len()].sort_unstable();
        Self { len: products.len() as u8, items }
    }

    /// The products.
    pub fn products(&self) -> &[u32] {
        &self.items[..usize::from(self.len)]
    }

    fn without(&self, product: u32) -> Self {
        let mut left = [END; MOST];
        let mut len = 0;
        for own in self.products().iter().filter(|own| **own != product) {
            left[len] = *own;
            len += 1;
        }
        Self { len: len as u8, items: left }
    }
}

/// Who buys the antecedent buys the consequent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// What is bought.
    pub antecedent: Set,
    /// What is bought with it.
    pub consequent: u32,
    /// Baskets with all of it.
    pub baskets: u32,
    /// Baskets with the antecedent.
    pub antecedent_baskets: u32,
    /// Baskets with the consequent.
    pub consequent_baskets: u32,
    /// How likely so many baskets are by chance.
    pub p_value: f64,
    /// The false discovery rate at which this rule would just be called one.
    pub q_value: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// All baskets.
    pub baskets: u32,
    /// Products that at least `least` baskets hold.
    pub frequent: u32,
    /// The sets of two products and more with their baskets, smaller sets first, then by their products.
    pub sets: Vec<(Set, u32)>,
    /// The rules, in the order of their sets.
    pub rules: Vec<Rule>,
}

/// Finds the frequent sets of `baskets` and the rules that they make.
///
/// ```
/// use crmstat_models::baskets::{Baskets, rules};
///
/// let mut baskets = Baskets::new(3);
/// for basket in [vec![0, 1], vec![0, 1], vec![0, 1], vec![2], vec![2], vec![0, 2]] {
///     baskets.push(&mut basket.clone());
/// }
/// let found = rules::mine(&baskets, rules::Params::new(2))?;
/// assert_eq!((found.rules[0].baskets, found.rules[0].consequent), (3, 1));
/// assert!((found.rules[0].p_value - 0.2).abs() < 1e-12); // C(4, 3) C(2, 0) / C(6, 3)
/// # Ok::<(), crmstat_models::Error>(())
/// ```
///
/// # Errors
/// A least number of zero, or a size out of range.
pub fn mine(baskets: &Baskets, params: Params) -> Result<Rules> {
    let Params { least, size } = params;
    if least == 0 {
        return Err(Error::parameter("least", least, "at least 1"));
    }
    if !(2..=MOST).contains(&size) {
        return Err(Error::parameter("size", size, format!("from 2 to {MOST}")));
    }
    let counts = baskets.counts();
    let sets = frequent_sets(baskets, &counts, params);
    let frequent = counts.iter().filter(|count| **count >= least).count();
    let rules = rules_of(&sets, &counts, baskets.len() as u32, frequent);
    Ok(Rules { baskets: baskets.len() as u32, frequent: frequent as u32, sets, rules })
}

/// Baskets of frequent products alone, by rank from the rarest, each with [`END`] behind it, and where in them each
/// product is.
struct Ranked {
    /// The product of each rank.
    products: Vec<u32>,
    items: Vec<u32>,
    places: Vec<u32>,
    starts: Vec<u32>,
}

impl Ranked {
    fn new(baskets: &Baskets, counts: &[u32], least: u32) -> Self {
        let mut products: Vec<u32> =
            (0..counts.len() as u32).filter(|at| counts[*at as usize] >= least).collect();
        products.sort_unstable_by_key(|at| (counts[*at as usize], *at));
        let mut rank = vec![END; counts.len()];
        for (place, product) in products.iter().enumerate() {
            rank[*product as usize] = place as u32;
        }
        let mut items: Vec<u32> = Vec::with_capacity(baskets.items.len() + baskets.len());
        for basket in baskets.iter() {
            let start = items.len();
            let ranks = basket.iter().map(|product| rank[*product as usize]);
            items.extend(ranks.filter(|rank| *rank != END));
            if items.len() - start < 2 {
                // A single product is with nothing.
                items.truncate(start);
                continue;
            }
            items[start..].sort_unstable();
            items.push(END);
        }
        let mut starts = vec![0_u32; products.len() + 1];
        for item in items.iter().filter(|item| **item != END) {
            starts[*item as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![0_u32; starts[products.len()] as usize];
        for (place, item) in items.iter().enumerate().filter(|(_, item)| **item != END) {
            places[next[*item as usize] as usize] = place as u32 + 1;
            next[*item as usize] += 1;
        }
        Self { products, items, places, starts }
    }

    /// Adds the frequent sets that begin with `prefix`, whose baskets go on behind `places`, to `found`.
    fn extend(
        &self,
        prefix: &mut Vec<u32>,
        places: &[u32],
        params: Params,
        counts: &mut [u32],
        found: &mut Vec<(Set, u32)>,
    ) {
        let mut met: Vec<u32> = Vec::new();
        for place in places {
            for item in self.behind(*place) {
                let count = &mut counts[*item as usize];
                if *count == 0 {
                    met.push(*item);
                }
                *count += 1;
            }
        }
        met.sort_unstable();
        let mut frequent: Vec<(u32, u32)> = Vec::new();
        for item in met {
            let count = std::mem::take(&mut counts[item as usize]);
            if count >= params.least {
                frequent.push((item, count));
            }
        }
        for (item, count) in frequent {
            prefix.push(self.products[item as usize]);
            found.push((Set::of(prefix), count));
            if prefix.len() < params.size {
                let on = |place: &u32| {
                    let at = self.behind(*place).position(|own| *own == item)?;
                    Some(place + at as u32 + 1)
                };
                let narrowed: Vec<u32> = places.iter().filter_map(on).collect();
                self.extend(prefix, &narrowed, params, counts, found);
            }
            prefix.pop();
        }
    }

    /// What stands behind `place` in its basket.
    fn behind(&self, place: u32) -> impl Iterator<Item = &u32> {
        self.items[place as usize..].iter().take_while(|item| **item != END)
    }
}

fn frequent_sets(baskets: &Baskets, counts: &[u32], params: Params) -> Vec<(Set, u32)> {
    let ranked = Ranked::new(baskets, counts, params.least);
    let parts: Vec<Vec<(Set, u32)>> = (0..ranked.products.len())
        .into_par_iter()
        .map_init(
            || vec![0_u32; ranked.products.len()],
            |scratch, first| {
                let mut found = Vec::new();
                let places = &ranked.places
                    [ranked.starts[first] as usize..ranked.starts[first + 1] as usize];
                let mut prefix = vec![ranked.products[first]];
                ranked.extend(&mut prefix, places, params, scratch, &mut found);
                found
            },
        )
        .collect();
    let mut sets = parts.concat();
    sets.par_sort_unstable();
    sets
}

fn rules_of(sets: &[(Set, u32)], counts: &[u32], baskets: u32, frequent: usize) -> Vec<Rule> {
    let larger = sets.last().is_some_and(|(set, _)| set.len > 2);
    let known: HashMap<Set, u32> =
        if larger { sets.iter().copied().collect() } else { HashMap::new() };
    // Every part of a frequent set is frequent.
    let count = |set: &Set| match set.products() {
        [] => baskets,
        [product] => counts[*product as usize],
        _ => known[set],
    };
    let made: Vec<Vec<Rule>> = sets
        .par_iter()
        .map(|(set, together)| {
            let rule = |consequent: u32, p_value: f64| {
                let antecedent = set.without(consequent);
                Rule {
                    antecedent,
                    consequent,
                    baskets: *together,
                    antecedent_baskets: count(&antecedent),
                    consequent_baskets: counts[consequent as usize],
                    p_value,
                    q_value: 1.0,
                }
            };
            // The test of a pair is the same both ways.
            if let [first, second] = *set.products() {
                let p_value = Hypergeometric {
                    all: u64::from(baskets),
                    marked: u64::from(counts[first as usize]),
                    drawn: u64::from(counts[second as usize]),
                };
                let p_value = p_value.at_least(u64::from(*together));
                return vec![rule(second, p_value), rule(first, p_value)];
            }
            let products = set.products().iter();
            products
                .map(|consequent| {
                    let antecedent = set.without(*consequent);
                    let idle = |idle: &u32| {
                        let rest = antecedent.without(*idle);
                        let draw = Hypergeometric {
                            all: u64::from(count(&rest)),
                            marked: u64::from(count(&set.without(*idle))),
                            drawn: u64::from(count(&antecedent)),
                        };
                        draw.at_least(u64::from(*together))
                    };
                    let p_value = antecedent.products().iter().map(idle).fold(0.0, f64::max);
                    rule(*consequent, p_value)
                })
                .collect()
        })
        .collect();
    let mut rules = made.concat();
    for size in 2..=MOST {
        let of_size = |rule: &Rule| usize::from(rule.antecedent.len) + 1 == size;
        let first = rules.partition_point(|rule| usize::from(rule.antecedent.len) + 1 < size);
        let len = rules[first..].iter().take_while(|rule| of_size(rule)).count();
        let own = &mut rules[first..first + len];
        if size == 2 {
            // Both rules of a pair are one hypothesis.
            let p_values: Vec<f64> = own.iter().step_by(2).map(|rule| rule.p_value).collect();
            let rates = false_discovery_rates(&p_values, hypotheses(frequent, size));
            for (pair, rate) in own.chunks_exact_mut(2).zip(rates) {
                pair[0].q_value = rate;
                pair[1].q_value = rate;
            }
        } else {
            let p_values: Vec<f64> = own.iter().map(|rule| rule.p_value).collect();
            let rates = false_discovery_rates(&p_values, hypotheses(frequent, size));
            for (rule, rate) in own.iter_mut().zip(rates) {
                rule.q_value = rate;
            }
        }
    }
    rules
}

/// How many rules of `size` products `frequent` products make; the two of a pair are one.
fn hypotheses(frequent: usize, size: usize) -> f64 {
    let sets = (0..size).fold(1.0, |all, at| all * (frequent as f64 - at as f64) / (at + 1) as f64);
    if size == 2 { sets } else { sets * size as f64 }
}
