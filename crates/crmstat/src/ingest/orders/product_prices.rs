//! What a piece of each product costs, where only the table of products says so.

use crate::{
    Error, Money, Result,
    data::{Column, Field, Records},
};
use std::collections::HashMap;

/// The prices of products, by id or name.
#[derive(Debug)]
pub(crate) struct ProductPrices {
    /// `None` where the product has no price, or rows of it have different ones.
    of_product: HashMap<Box<[u8]>, Option<Money>>,
}

impl ProductPrices {
    /// The prices in the table `products`.
    ///
    /// # Errors
    /// Products without ids or prices.
    pub(crate) fn of(products: &Records) -> Result<Self> {
        let lacks = |field: Field| {
            Error::data(format!("the products have no column for {field}"))
                .with_hint(format!("name it with `--map products.{field}=COLUMN`"))
        };
        let ids = products.labels(Field::Product).ok_or_else(|| lacks(Field::Product))?;
        let Some(Column::Money(prices)) = products.field(Field::Price) else {
            return Err(lacks(Field::Price));
        };
        let mut of_product = HashMap::<Box<[u8]>, Option<Money>>::new();
        for (row, price) in prices.iter().enumerate() {
            let Some(id) = ids.get(row) else { continue };
            let known = of_product.entry(id.as_bytes().into()).or_insert(*price);
            if *known != *price {
                *known = None;
            }
        }
        Ok(Self { of_product })
    }

    /// The price of `product`.
    ///
    /// # Errors
    /// Why it cannot be said.
    pub(crate) fn get(&self, product: &[u8]) -> Result<Money, &'static str> {
        match self.of_product.get(product) {
            Some(Some(price)) => Ok(*price),
            Some(None) => Err("the table of products has no single price of it"),
            None => Err("the table of products does not have it"),
        }
    }
}
