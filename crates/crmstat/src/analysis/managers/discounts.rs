//! What managers take off the price.

use crate::{
    Result,
    data::{Column, Deals, Field, Records},
    ingest::orders::line_amounts,
};

/// The discount of a deal and the price before it, in units of money; both 0 where they are not known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Discount {
    pub(super) off: i128,
    pub(super) priced: i128,
}

impl Discount {
    /// The discount over the price before it.
    pub(super) fn share(self) -> Option<f64> {
        (self.priced > 0).then(|| self.off as f64 / self.priced as f64)
    }
}

/// The discounts of the lines of every deal, of those that have both a discount and an amount.
///
/// # Errors
/// Lines without prices.
pub(super) fn of_lines(deals: &Deals, lines: &Records) -> Result<Vec<Discount>> {
    let mut of_deal = vec![Discount::default(); deals.len()];
    let Some(Column::Money(off)) = lines.field(Field::Discount) else { return Ok(of_deal) };
    let net = line_amounts::amounts(lines)?;
    for (row, deal) in deals.named_by(lines).into_iter().enumerate() {
        if let (Some(deal), Some(net), Some(off)) = (deal, net[row], off[row]) {
            let (net, off) = (i128::from(net.units()), i128::from(off.units()));
            of_deal[deal].off += off;
            of_deal[deal].priced += net + off;
        }
    }
    Ok(of_deal)
}

/// The discounts of the deals themselves, of those that have both a discount and an amount, which is what is left after
/// it. `None` where no deal has a discount.
pub(super) fn of_deals(deals: &Deals) -> Option<Vec<Discount>> {
    let Some(Column::Money(discounts)) = deals.field(Field::Discount) else { return None };
    let of = |deal: usize| {
        let (net, off) = (deals.amount()[deal]?, discounts[deal]?);
        let off = i128::from(off.units()).abs();
        Some(Discount { off, priced: i128::from(net.units()) + off })
    };
    let is_any = discounts.iter().any(Option::is_some);
    is_any.then(|| (0..deals.len()).map(|deal| of(deal).unwrap_or_default()).collect())
}
