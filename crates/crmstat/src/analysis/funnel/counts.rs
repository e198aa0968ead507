//! Deals counted by outcome.

use crate::{Money, Result, data::DealStatus};
use serde::Serialize;

/// Deals of one outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deals {
    /// How many.
    pub deals: u64,
    /// How many of them have an amount.
    pub with_amount: u64,
    /// The sum of the amounts that are known; see [`Deals::worth`].
    pub amount: Money,
}

impl Deals {
    /// Counts one more deal.
    pub(in crate::analysis) fn add(&mut self, amount: Option<Money>) -> Result<()> {
        self.deals += 1;
        let Some(amount) = amount else { return Ok(()) };
        self.with_amount += 1;
        self.amount = self.amount.checked_add(amount).ok_or_else(|| {
            crate::Error::data("the amounts of the deals are past the range of money")
        })?;
        Ok(())
    }

    /// Deals whose amount is not known.
    pub fn without_amount(&self) -> u64 {
        self.deals - self.with_amount
    }

    /// What the deals whose amount is known are worth; `None` where none is: unknown is not zero.
    pub fn worth(&self) -> Option<Money> {
        (self.with_amount > 0).then_some(self.amount)
    }
}

/// Deals that share a label, by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The stage, owner or reason; `None` is none.
    pub label: Option<String>,
    /// Won deals.
    pub won: Deals,
    /// Lost deals.
    pub lost: Deals,
    /// Deals in progress.
    pub open: Deals,
}

impl Group {
    pub(super) fn add(&mut self, status: DealStatus, amount: Option<Money>) -> Result<()> {
        match status {
            DealStatus::Won => self.won.add(amount),
            DealStatus::Lost => self.lost.add(amount),
            DealStatus::Open => self.open.add(amount),
        }
    }

    /// Deals of every outcome.
    pub fn deals(&self) -> u64 {
        self.won.deals + self.lost.deals + self.open.deals
    }

    /// Won deals among the closed ones; `None` where none is closed.
    pub fn win_rate(&self) -> Option<f64> {
        let closed = self.won.deals + self.lost.deals;
        (closed > 0).then(|| self.won.deals as f64 / closed as f64)
    }

    /// The amount won among the amounts won and lost; `None` where that is not above zero, where fewer than
    /// half of the deals of one outcome have an amount, or where all that was lost is worth 0: what was lost
    /// without an amount is not worth nothing, and some CRMs write 0 when they close it.
    pub fn win_rate_by_value(&self) -> Option<f64> {
        let known = |deals: &Deals| 2 * deals.with_amount >= deals.deals;
        let (won, lost) = (self.won.amount.to_f64(), self.lost.amount.to_f64());
        let is_told = self.lost.deals == 0 || lost > 0.0;
        let is_known = known(&self.won) && known(&self.lost) && is_told && won + lost > 0.0;
        is_known.then(|| won / (won + lost))
    }

    /// Deals of every outcome whose amount is not known.
    pub fn without_amount(&self) -> u64 {
        self.won.without_amount() + self.lost.without_amount() + self.open.without_amount()
    }
}

#[cfg(test)]
mod tests {
    use super::Deals;
    use crate::{
        Money,
        analysis::funnel::{self, Beside, Query},
        ingest::{Export, ReadOptions},
    };

    #[test]
    fn deals_are_counted_by_outcome_owner_stage_and_reason() {
        let rows = "deal_id,customer_id,status,stage,owner,lost_reason,created_at,closed_at,amount\n\
            1,A,won,Signed,Ann,,2024-01-01,2024-01-11,100\n\
            2,B,lost,Offer,Ann,Price,2024-01-02,2024-01-05,300\n\
            3,C,open,Offer,Bob,,2024-01-03,,50\n\
            4,D,won,Signed,Bob,,2024-01-03,2024-01-07,40\n\
            5,E,lost,Call,,,2024-01-03,2024-01-08,\n";
        let mut export = Export::from_bytes("deals.csv", rows, ReadOptions::default()).unwrap();
        let by = |name: &str| Query { by: vec![name.to_owned()], ..Query::default() };
        let deals = crate::data::Deals::read(&mut export).unwrap().result;
        let found = funnel::analyse(&deals, Beside::default(), &by("owner")).unwrap();
        let all = &found.whole().overview;
        assert_eq!(all.deals.deals(), 5);
        assert_eq!(all.win_rate.map(|rate| rate.value), Some(0.5));
        assert_eq!(all.win_rate_by_value, Some(140.0 / 440.0));
        assert_eq!(all.cycle_median_days, Some(7.0));
        let open = Deals { deals: 1, with_amount: 1, amount: Money::from_whole(50).unwrap() };
        assert_eq!(all.deals.open, open);
        assert_eq!((all.deals.lost.without_amount(), all.deals.without_amount()), (1, 1));
        let labels = |found: &funnel::DealFunnel| -> Vec<(Option<String>, u64)> {
            let parts = found.divisions[1..].iter();
            parts.map(|part| (part.labels[0].clone(), part.overview.deals.deals())).collect()
        };
        let some = |label: &str, deals: u64| (Some(label.to_owned()), deals);
        assert_eq!(labels(&found), [some("Ann", 2), some("Bob", 2), (None, 1)]);
        let reasons: Vec<_> = found.whole().reasons.iter().map(|own| &own.reason).collect();
        assert_eq!(reasons, [&Some("Price".to_owned()), &None]);
        // The reason of the one lost deal without an amount: unknown, not zero.
        assert_eq!(found.whole().reasons[1].lost.worth(), None);
        let found = funnel::analyse(&deals, Beside::default(), &by("stage")).unwrap();
        assert_eq!(labels(&found), [some("Call", 1), some("Offer", 2), some("Signed", 2)]);
        assert_eq!(found.divisions[1].overview.win_rate_by_value, None);
    }
}
