//! Baskets: what is bought together, what is bought next, what to offer to whom?
//!
//! | function | question |
//! |---|---|
//! | [`rules::mine`] | which products are bought together more often than by chance? |
//! | [`sequences::mine`] | which products are bought after others? |
//! | [`offers::Params::fit`] | which products does a customer lack that customers like them have? |
//!
//! Products are numbers below a count; what they are called is the caller's.

pub mod offers;
pub mod rules;
pub mod sequences;

/// What ends each basket among its products.
const END: u32 = u32::MAX;

/// Baskets, each a set of products.
///
/// # Examples
/// ```
/// let mut baskets = crmstat_models::baskets::Baskets::new(3);
/// baskets.push(&mut vec![2, 0, 2]);
/// assert_eq!((baskets.len(), baskets.products_of(0)), (1, &[0, 2][..]));
/// ```
#[derive(Clone, Debug)]
pub struct Baskets {
    products: usize,
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Baskets {
    /// No baskets yet, of so many products.
    pub fn new(products: usize) -> Self {
        Self { products, starts: vec![0], items: Vec::new() }
    }

    /// Adds a basket; products that it names twice count once. `basket` is sorted.
    ///
    /// # Panics
    /// A product that is not below the number of products, or four billion products in all.
    pub fn push(&mut self, basket: &mut Vec<u32>) {
        basket.sort_unstable();
        basket.dedup();
        assert!(
            basket.last().is_none_or(|last| (*last as usize) < self.products),
            "no such product"
        );
        self.items.extend_from_slice(basket);
        let end = u32::try_from(self.items.len()).ok().filter(|end| *end < END);
        self.starts.push(end.expect("fewer than four billion products in baskets"));
    }

    /// The number of baskets.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no basket.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of products that there are.
    pub fn products(&self) -> usize {
        self.products
    }

    /// The products of the basket number `basket`, rising.
    pub fn products_of(&self, basket: usize) -> &[u32] {
        &self.items[self.starts[basket] as usize..self.starts[basket + 1] as usize]
    }

    /// In how many baskets each product is.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.products];
        for item in &self.items {
            counts[*item as usize] += 1;
        }
        counts
    }

    /// The baskets, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|basket| self.products_of(basket))
    }
}
