//! What was bought, from orders with their lines: the products of each purchase.

use super::Basket;
use crate::{
    AsOf, Error, Result, Window,
    analysis::sales::{
        Note,
        facts::{Facts, Needs},
    },
    data::{Orders, Records, sales::is_purchase},
    ingest::{Export, Imported},
};
use crmstat_models::baskets::Baskets;

/// The orders with the product of each line.
pub(super) struct Purchases<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) as_of: AsOf,
}

/// A purchase: its order and its day.
pub(super) struct Purchase {
    pub(super) order: usize,
    pub(super) day: i32,
}

impl<'a> Purchases<'a> {
    /// Reads the orders of `export` with the columns `by`, the first of which says the products.
    pub(super) fn read(
        export: &mut Export,
        window: Window,
        by: &[String],
        tables: &[Records],
    ) -> Result<Imported<Self>> {
        let facts = Facts::read(export, window, by, Needs::default(), tables)?;
        facts.try_map(|facts| Self::of(facts, window))
    }

    /// Those of `orders` that have been read.
    pub(super) fn of_orders(
        orders: &'a Orders,
        window: Window,
        by: &[String],
        tables: &[Records],
    ) -> Result<Self> {
        Self::of(Facts::of_orders(orders, window, by, Needs::default(), tables)?, window)
    }

    fn of(facts: Facts<'a>, window: Window) -> Result<Self> {
        let (_, last) = facts.orders.span().ok_or_else(|| Error::data("there is no order"))?;
        let as_of = window.until.unwrap_or(AsOf::day_after(last));
        Ok(Self { facts, as_of })
    }

    /// How the products are called.
    pub(super) fn labels(&self) -> Vec<String> {
        let labels = self.facts.dims[0].1.labels();
        (0..labels.len()).map(|code| labels.get(code).unwrap_or_default().to_owned()).collect()
    }

    /// The number of customers; one more is nobody.
    pub(super) fn customers(&self) -> usize {
        self.facts.orders.customers().len()
    }

    /// The id of a customer.
    pub(super) fn id(&self, customer: usize) -> &str {
        self.facts.orders.customers().get(customer).unwrap_or_default()
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        self.facts.notes.clone()
    }

    /// The purchases of the group number `group`, by time.
    pub(super) fn of_group(&self, group: usize) -> impl Iterator<Item = Purchase> {
        let orders = &self.facts.orders;
        let is_bought = |order: &usize| is_purchase(orders.amount()[*order]);
        orders
            .of_customer(group)
            .filter(is_bought)
            .map(move |order| Purchase { order, day: orders.at()[order].date().days() })
    }

    /// The products of `purchase`, in the order of its lines.
    pub(super) fn products(&self, purchase: &Purchase) -> impl Iterator<Item = u32> {
        self.lines(purchase).map(|(_, product)| product)
    }

    /// The lines of `purchase` that name a product and are no return, with the product.
    pub(super) fn lines(&self, purchase: &Purchase) -> impl Iterator<Item = (usize, u32)> {
        let orders = &self.facts.orders;
        orders
            .lines_of(purchase.order)
            .filter(|line| is_purchase(orders.line_amount()[*line]))
            .filter_map(|line| Some((line, self.facts.dims[0].1.code(line)?)))
    }

    /// Gives each basket with its products, and a line and the group that it is of, to `each`.
    pub(super) fn baskets(
        &self,
        basket: Basket,
        mut each: impl FnMut(usize, usize, &mut Vec<u32>),
    ) {
        let mut items: Vec<u32> = Vec::new();
        let groups = match basket {
            Basket::Order => self.facts.orders.groups(),
            // Nobody's days are no person's.
            Basket::Day | Basket::Customer => self.customers(),
        };
        for group in 0..groups {
            let mut open: Option<(i32, usize)> = None;
            for purchase in self.of_group(group) {
                let is_same = match basket {
                    Basket::Order => false,
                    Basket::Day => open.is_some_and(|(day, _)| day == purchase.day),
                    Basket::Customer => true,
                };
                if let Some((_, line)) = open.filter(|_| !is_same) {
                    each(group, line, &mut items);
                    items.clear();
                    open = None;
                }
                for (line, product) in self.lines(&purchase) {
                    items.push(product);
                    open.get_or_insert((purchase.day, line));
                }
            }
            if let Some((_, line)) = open {
                each(group, line, &mut items);
                items.clear();
            }
        }
    }

    /// All that each customer bought on the days before `end`, one basket each, in the order of the customers.
    pub(super) fn of_customers(&self, end: i32, products: usize) -> Baskets {
        let mut found = Baskets::new(products);
        let mut items: Vec<u32> = Vec::new();
        for customer in 0..self.customers() {
            items.clear();
            let before = self.of_group(customer).take_while(|purchase| purchase.day < end);
            before.for_each(|purchase| items.extend(self.products(&purchase)));
            found.push(&mut items);
        }
        found
    }
}
