//! What orders are worth where only their lines say so.

use crate::{
    Error, Money, Result,
    data::{Column, Currency, DiscountUnit, Field, Records},
    ingest::orders::amount::multiply,
};
use std::collections::HashMap;

/// The amounts of orders, summed over their lines.
#[derive(Debug)]
pub(crate) struct LineAmounts {
    /// By the order's id; `None` where a line has no amount or the sum leaves the range.
    of_order: HashMap<Box<[u8]>, Option<Money>>,
}

impl LineAmounts {
    /// The amounts of the orders that `lines` name: the sum of what each line is
    /// worth, by [`amounts`].
    ///
    /// # Errors
    /// Lines without ids of orders, without prices, or in several currencies.
    pub(crate) fn of(lines: &Records) -> Result<Self> {
        let ids = lines
            .labels(Field::OrderId)
            .ok_or_else(|| missing("the order's id", Field::OrderId))?;
        let mut of_order = HashMap::<Box<[u8]>, Option<Money>>::new();
        for (line, amount) in amounts(lines)?.into_iter().enumerate() {
            let Some(id) = ids.get(line) else { continue };
            let sum = of_order.entry(id.as_bytes().into()).or_insert(Some(Money::ZERO));
            *sum = sum.zip(amount).and_then(|(sum, more)| sum.checked_add(more));
        }
        Ok(Self { of_order })
    }

    /// What the order `id` is worth.
    ///
    /// # Errors
    /// Why it cannot be said.
    pub(crate) fn get(&self, id: &[u8]) -> Result<Money, &'static str> {
        match self.of_order.get(id) {
            Some(Some(amount)) => Ok(*amount),
            Some(None) => Err("a line of the order has no amount"),
            None => Err("the order has no lines"),
        }
    }
}

/// The amount of each line: its own or, where lines have none, price times quantity less the discount; less
/// what was given back of it. A line without a quantity is of one piece.
///
/// # Errors
/// Lines without prices, or in several currencies.
pub(crate) fn amounts(lines: &Records) -> Result<Vec<Option<Money>>> {
    let (amount, price) = (lines.field(Field::Amount), lines.field(Field::Price));
    if amount.is_none() && price.is_none() {
        return Err(missing("a price or an amount", Field::Price));
    }
    check_currency(lines)?;
    let quantity = lines.field(Field::Quantity);
    // In money, whatever the file has: see `collect_records`.
    let (discount, refunded) = (lines.field(Field::Discount), lines.field(Field::Refunded));
    let of_line = |line: usize| -> Option<Money> {
        let left = |worth: Money| {
            let back = money(refunded, line).filter(|_| !worth.is_negative());
            let back = back.unwrap_or_default().units().saturating_abs();
            worth.checked_sub(Money::from_units(back))
        };
        if amount.is_some() {
            return left(money(amount, line)?);
        }
        let quantity = match quantity {
            Some(Column::Number(pieces)) if !pieces[line].is_nan() => {
                Money::from_f64(pieces[line])?
            }
            _ => Money::from_whole(1)?,
        };
        let full = multiply(money(price, line)?, quantity)?;
        let off = money(discount, line).unwrap_or_default();
        left(Money::from_units(full.units() - DiscountUnit::Amount.off(full, off).ok()?.units()))
    };
    Ok((0..lines.len()).map(of_line).collect())
}

fn missing(what: &str, field: Field) -> Error {
    Error::data(format!("the order lines have no column for {what}"))
        .with_hint(format!("name it with `--map lines.{field}=COLUMN`"))
}

fn money(column: Option<&Column>, line: usize) -> Option<Money> {
    match column? {
        Column::Money(amounts) => amounts[line],
        _ => None,
    }
}

/// Refuses lines in several currencies, whose sums would mean nothing.
fn check_currency(lines: &Records) -> Result<()> {
    let Some(labels) = lines.labels(Field::Currency) else { return Ok(()) };
    let mut codes: Vec<String> = (0..labels.labels().len())
        .filter_map(|label| labels.labels().get(label))
        .map(|label| match Currency::from_name(label) {
            Some(currency) => currency.code().to_owned(),
            None => label.to_owned(),
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.len() < 2 {
        return Ok(());
    }
    Err(Error::data(format!("the order lines are in several currencies: {}", codes.join(", ")))
        .with_hint("give the orders an amount of their own, or lines in one currency"))
}
