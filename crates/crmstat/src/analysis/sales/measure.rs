//! What is measured, and what it is worth.

use super::cube::Cell;
use crate::{Error, Money, Result, data::line_numbers::QUANTITY_SCALE};
use serde::{Serialize, Serializer};
use std::str::FromStr;

/// What is measured of sales; see the [module](super) for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The net amount.
    #[default]
    Revenue,
    /// Purchases.
    Orders,
    /// Pieces.
    Quantity,
    /// Revenue per piece, of the lines whose quantity is known.
    Price,
    /// Customers with a purchase.
    Customers,
    /// Revenue per purchase.
    MeanOrder,
    /// What the goods cost, where it is known.
    Cost,
    /// Revenue less cost, where the cost is known.
    Margin,
    /// The margin over the revenue of the same lines.
    MarginShare,
    /// Discounts, where they are known.
    Discount,
    /// Discounts over the price before them.
    DiscountShare,
    /// Customers whose first purchase it was.
    NewCustomers,
    /// The share of these among the customers.
    NewShare,
}

impl Measure {
    /// Every measure, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Revenue,
        Self::Orders,
        Self::Quantity,
        Self::Price,
        Self::Customers,
        Self::MeanOrder,
        Self::Cost,
        Self::Margin,
        Self::MarginShare,
        Self::Discount,
        Self::DiscountShare,
        Self::NewCustomers,
        Self::NewShare,
    ];

    /// The name that options and output use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Orders => "orders",
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Customers => "customers",
            Self::MeanOrder => "mean_order",
            Self::Cost => "cost",
            Self::Margin => "margin",
            Self::MarginShare => "margin_share",
            Self::Discount => "discount",
            Self::DiscountShare => "discount_share",
            Self::NewCustomers => "new_customers",
            Self::NewShare => "new_share",
        }
    }

    /// What people call it in Russian.
    pub const fn russian(self) -> &'static str {
        match self {
            Self::Revenue => "выручка",
            Self::Orders => "заказы",
            Self::Quantity => "количество",
            Self::Price => "средняя цена",
            Self::Customers => "клиенты",
            Self::MeanOrder => "средний чек",
            Self::Cost => "себестоимость",
            Self::Margin => "маржа",
            Self::MarginShare => "рентабельность продаж",
            Self::Discount => "скидки",
            Self::DiscountShare => "доля скидок",
            Self::NewCustomers => "новые клиенты",
            Self::NewShare => "доля новых клиентов",
        }
    }

    /// Whether the parts add up to the whole.
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Revenue | Self::Quantity | Self::Cost | Self::Margin | Self::Discount)
    }

    /// Whether it grows with the days of a period, so that it can be projected to the end of one.
    pub const fn accrues(self) -> bool {
        self.adds_up() || matches!(self, Self::Orders | Self::NewCustomers)
    }

    /// Whether it is a mean or a share itself, of which there is no share.
    pub(super) const fn is_mean(self) -> bool {
        matches!(
            self,
            Self::Price
                | Self::MeanOrder
                | Self::MarginShare
                | Self::DiscountShare
                | Self::NewShare
        )
    }

    /// Whether it is an amount of money.
    pub const fn is_money(self) -> bool {
        matches!(
            self,
            Self::Revenue
                | Self::Price
                | Self::MeanOrder
                | Self::Cost
                | Self::Margin
                | Self::Discount
        )
    }

    /// Whether it has to be known who bought.
    pub(super) const fn needs_customers(self) -> bool {
        matches!(self, Self::Customers | Self::NewCustomers | Self::NewShare)
    }

    pub(super) const fn needs_quantity(self) -> bool {
        matches!(self, Self::Quantity | Self::Price)
    }

    pub(super) const fn needs_cost(self) -> bool {
        matches!(self, Self::Cost | Self::Margin | Self::MarginShare)
    }

    pub(super) const fn needs_discount(self) -> bool {
        matches!(self, Self::Discount | Self::DiscountShare)
    }

    /// What it is of `cell`; `None` is not known, or means nothing, as a mean of no order.
    pub(in crate::analysis) fn of(self, cell: &Cell) -> Option<Value> {
        let money = |units: i64| Some(Value::Money(Money::from_units(units)));
        let number = |value: f64| Some(Value::Number(value));
        let share =
            |part: i64, whole: i64| (whole > 0).then(|| Value::Number(part as f64 / whole as f64));
        let known = |lines: u64| lines > 0 || cell.lines == 0;
        match self {
            Self::Revenue => money(cell.units),
            Self::Orders => number(cell.orders as f64),
            Self::Quantity => {
                known(cell.quantified).then(|| Value::Number(cell.quantity as f64 / QUANTITY_SCALE))
            }
            Self::Price => {
                let pieces = cell.quantity as f64 / QUANTITY_SCALE;
                (pieces > 0.0)
                    .then(|| (cell.quantified_units as f64 / pieces).round() as i64)
                    .and_then(money)
            }
            Self::Customers => number(cell.customers as f64),
            Self::MeanOrder => {
                let mean = (cell.orders > 0).then(|| cell.units as f64 / cell.orders as f64)?;
                money(mean.round() as i64)
            }
            Self::Cost => known(cell.costed_lines).then_some(()).and_then(|()| money(cell.cost)),
            Self::Margin => known(cell.costed_lines)
                .then_some(())
                .and_then(|()| money(cell.costed.checked_sub(cell.cost)?)),
            Self::MarginShare => share(cell.costed.checked_sub(cell.cost)?, cell.costed),
            Self::Discount => {
                known(cell.discounted_lines).then_some(()).and_then(|()| money(cell.discount))
            }
            Self::DiscountShare => share(cell.discount, cell.priced),
            Self::NewCustomers => number(cell.newcomers as f64),
            Self::NewShare => share(cell.newcomers as i64, cell.customers as i64),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Measure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.trim().replace('-', "_").to_lowercase();
        Self::ALL
            .into_iter()
            .find(|own| own.name() == wanted || own.russian() == wanted)
            .ok_or_else(|| {
                let names: Vec<&str> = Self::ALL.iter().map(|measure| measure.name()).collect();
                Error::usage(format!("`{text}` is no measure of sales"))
                    .with_hint(format!("one of {}", names.join(", ")))
            })
    }
}

/// What a measure came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// An exact amount.
    Money(Money),
    /// A count, a quantity or a share.
    Number(f64),
}

impl Value {
    /// The value as a float; money in whole units of the currency.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Money(money) => money.to_f64(),
            Self::Number(number) => number,
        }
    }

    /// The amount; `None` for what is no money.
    pub fn money(self) -> Option<Money> {
        match self {
            Self::Money(money) => Some(money),
            Self::Number(_) => None,
        }
    }

    /// The difference; `None` past the range of money.
    pub fn minus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Money(own), Self::Money(other)) => own.checked_sub(other).map(Self::Money),
            (own, other) => Some(Self::Number(own.to_f64() - other.to_f64())),
        }
    }

    /// How many times as much it is as `other`; `None` where that is not above zero.
    pub fn over(self, other: Self) -> Option<f64> {
        let other = other.to_f64();
        (other > 0.0).then(|| self.to_f64() / other)
    }
}
