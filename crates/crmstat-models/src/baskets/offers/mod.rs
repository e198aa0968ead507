//! Which products does a customer lack that customers like them have?
//!
//! # Formula
//! `X` has a row per customer and a 1 for each product that they bought. The weights `B`, with a diagonal of zeros,
//! minimise `Σ over customers ‖xᵤ − xᵤ B‖² / nᵤ + λ ‖B‖²`, where the customer has `nᵤ` products: with
//! `P = (Xᵀ D X + λ I)⁻¹`, `D` the diagonal of `1 / nᵤ`, it is `Bᵢⱼ = −Pᵢⱼ / Pⱼⱼ`. The score of product `j` for a
//! customer is the sum of `Bᵢⱼ` over the products `i` that they bought: a linear model, whose largest term is the
//! reason.
//!
//! # Assumptions
//! What customers buy together, at any time, is what they want together. When they bought is not looked at.
//!
//! # Citation
//! H. Steck, *Embarrassingly Shallow Autoencoders for Sparse Data*, WWW 2019, equations 1 to 8. The weight `1 / nᵤ`,
//! by which a customer who buys everything says no more than another, is that of a weighted ridge regression.
//!
//! # When not to use it
//! For customers without a purchase, or of whom each bought one product: nothing is known then but popularity.

#[cfg(test)]
mod tests;

use super::{Baskets, END};
use crate::{
    error::{Error, Result},
    linalg::inverse::inverse,
};
use rayon::prelude::*;

/// How offers are learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    ridge: f64,
    most_products: usize,
    least_customers: u32,
}

impl Default for Params {
    /// A ridge of 10; the 2,000 products with the most customers, of at least 5 each: the inverse takes time with the
    /// third power of their number, and rarer products hardly ever reach a customer's first places.
    fn default() -> Self {
        Self { ridge: 10.0, most_products: 2000, least_customers: 5 }
    }
}

impl Params {
    /// The ridge `λ`, above 0: so many customers say that no product goes with another.
    #[must_use]
    pub const fn ridge(self, ridge: f64) -> Self {
        Self { ridge, ..self }
    }

    /// The most products that are learned and offered: those with the most customers.
    #[must_use]
    pub const fn most_products(self, most_products: usize) -> Self {
        Self { most_products, ..self }
    }

    /// The fewest customers of a product that is learned and offered.
    #[must_use]
    pub const fn least_customers(self, least_customers: u32) -> Self {
        Self { least_customers, ..self }
    }

    /// Learns from all that each customer bought, one basket each.
    ///
    /// ```
    /// use crmstat_models::baskets::{Baskets, offers::Params};
    ///
    /// let mut customers = Baskets::new(3);
    /// for bought in [vec![0, 1], vec![0, 1], vec![0, 1], vec![2], vec![2]] {
    ///     customers.push(&mut bought.clone());
    /// }
    /// let offers = Params::default().least_customers(1).ridge(1.0).fit(&customers)?;
    /// let scores = offers.scores(&[0]);
    /// assert!(scores[1] > scores[2]);
    /// # Ok::<(), crmstat_models::Error>(())
    /// ```
    ///
    /// # Errors
    /// A ridge that is not above 0, no product to be offered, or nobody with two of them.
    pub fn fit(self, customers: &Baskets) -> Result<Offers> {
        if !(self.ridge > 0.0 && self.ridge.is_finite()) {
            return Err(Error::parameter("ridge", self.ridge, "above 0"));
        }
        let counts = customers.counts();
        let least = self.least_customers.max(1);
        let mut products: Vec<u32> =
            (0..counts.len() as u32).filter(|own| counts[*own as usize] >= least).collect();
        products.sort_by_key(|own| (std::cmp::Reverse(counts[*own as usize]), *own));
        let left_out = products.len().saturating_sub(self.most_products);
        products.truncate(self.most_products);
        let mut place = vec![END; counts.len()];
        for (at, product) in products.iter().enumerate() {
            place[*product as usize] = at as u32;
        }
        let size = products.len();
        let gram = gram(customers, &place, size, self.ridge);
        let mixed = |row: usize| (0..row).any(|column| gram[row * size + column] != 0.0);
        if !(0..size).any(mixed) {
            return Err(Error::data("no two products have been bought by one customer"));
        }
        let inverse = inverse(gram, size)
            .map_err(|_| Error::data("the products of the customers are numerically one"))?;
        let mut weights = inverse;
        let diagonal: Vec<f64> = (0..size).map(|at| weights[at * size + at]).collect();
        weights.par_chunks_mut(size).enumerate().for_each(|(row, own)| {
            for (value, pivot) in own.iter_mut().zip(&diagonal) {
                *value /= -pivot;
            }
            own[row] = 0.0;
        });
        let popularity = products.iter().map(|own| counts[*own as usize]).collect();
        Ok(Offers { products, place, weights, popularity, left_out })
    }
}

/// `Xᵀ D X + λ I`.
fn gram(customers: &Baskets, place: &[u32], size: usize, ridge: f64) -> Vec<f64> {
    let mut owners: Vec<Vec<u32>> = vec![Vec::new(); size];
    let mut own: Vec<Vec<u32>> = Vec::with_capacity(customers.len());
    for (customer, bought) in customers.iter().enumerate() {
        let places = bought.iter().map(|product| place[*product as usize]);
        let places: Vec<u32> = places.filter(|place| *place != END).collect();
        for place in &places {
            owners[*place as usize].push(customer as u32);
        }
        own.push(places);
    }
    let mut gram = vec![0.0; size * size];
    // A row at a time, its customers in their order: the sums do not depend on the number of threads.
    gram.par_chunks_mut(size.max(1)).enumerate().for_each(|(row, sums)| {
        for customer in &owners[row] {
            let weight = 1.0 / customers.products_of(*customer as usize).len() as f64;
            own[*customer as usize].iter().for_each(|place| sums[*place as usize] += weight);
        }
        sums[row] += ridge;
    });
    gram
}

/// What customers who bought some products also buy.
#[derive(Clone, Debug)]
pub struct Offers {
    products: Vec<u32>,
    place: Vec<u32>,
    weights: Vec<f64>,
    popularity: Vec<u32>,
    left_out: usize,
}

impl Offers {
    /// The products that are offered, those with the most customers first.
    pub fn products(&self) -> &[u32] {
        &self.products
    }

    /// The customers of each of them.
    pub fn popularity(&self) -> &[u32] {
        &self.popularity
    }

    /// Products with enough customers that were left out, since others had more.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The place of `product` among [`Offers::products`].
    pub fn place_of(&self, product: u32) -> Option<usize> {
        self.place.get(product as usize).filter(|place| **place != END).map(|place| *place as usize)
    }

    /// The score of each of [`Offers::products`] for a customer who bought `bought`; products that are not known say
    /// nothing.
    pub fn scores(&self, bought: &[u32]) -> Vec<f64> {
        let size = self.products.len();
        let mut scores = vec![0.0; size];
        for row in bought.iter().filter_map(|product| self.place_of(*product)) {
            let weights = &self.weights[row * size..(row + 1) * size];
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += weight);
        }
        scores
    }

    /// Which of the products `bought` says most for `product`; `None` where none does.
    pub fn reason(&self, bought: &[u32], product: u32) -> Option<u32> {
        let column = self.place_of(product)?;
        let weight = |own: &u32| {
            let weight = self.weights[self.place_of(*own)? * self.products.len() + column];
            (weight > 0.0).then_some((weight, *own))
        };
        let heavier = |one: &(f64, u32), other: &(f64, u32)| {
            one.0.total_cmp(&other.0).then(other.1.cmp(&one.1))
        };
        bought.iter().filter_map(weight).max_by(heavier).map(|(_, own)| own)
    }
}

/// The places of the `count` highest `scores` among those `allowed`, the highest first; of equal ones the first.
pub fn highest(scores: &[f64], count: usize, allowed: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).filter(|place| allowed(*place)).collect();
    let turn =
        |one: &usize, other: &usize| scores[*other].total_cmp(&scores[*one]).then(one.cmp(other));
    if count < places.len() {
        places.select_nth_unstable_by(count, turn);
        places.truncate(count);
    }
    places.sort_unstable_by(turn);
    places
}

/// How offers met what customers bought later.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Met {
    /// Whether one of them was bought.
    pub hit: f64,
    /// The share of what was bought that had been offered.
    pub recall: f64,
    /// One over the place of the first offer that was bought; 0 without one.
    pub reciprocal_rank: f64,
}

impl Met {
    /// Judges `offered`, the best first, by what was `bought`, rising and not empty.
    pub fn of(offered: &[u32], bought: &[u32]) -> Self {
        let mut hits = offered
            .iter()
            .enumerate()
            .filter(|(_, product)| bought.binary_search(product).is_ok())
            .map(|(place, _)| place);
        let Some(first) = hits.next() else { return Self::default() };
        Self {
            hit: 1.0,
            recall: (1 + hits.count()) as f64 / bought.len() as f64,
            reciprocal_rank: 1.0 / (first + 1) as f64,
        }
    }
}
