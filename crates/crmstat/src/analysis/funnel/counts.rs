//! Deals counted by outcome, stage, owner and reason of loss.

use crate::{
    Money, Result, Timestamp,
    data::{
        self, DealStatus, Field,
        table::{Column, Table},
    },
    ingest::Export,
};
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeMap};

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

/// The deals of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Funnel {
    /// All of them.
    pub all: Group,
    /// By stage, most deals first; equals in the order of their bytes. Empty where there is no such column.
    pub stages: Vec<Group>,
    /// By owner, the most won first.
    pub owners: Vec<Group>,
    /// Lost deals by reason, most first.
    pub reasons: Vec<Group>,
    /// The median of the days from creation to winning; `None` where no won deal has both.
    pub cycle_days: Option<f64>,
}

/// Counts the deals of `export`.
///
/// ```no_run
/// use crmstat::{analysis::funnel, ingest::{Export, ReadOptions}};
///
/// let mut export = Export::open(&["deals.csv"], ReadOptions::default())?;
/// let funnel = funnel::count(&mut export)?;
/// println!("{:?} of closed deals are won", funnel.all.win_rate());
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, or sums past the range of money.
pub fn count(export: &mut Export) -> Result<Funnel> {
    Funnel::of(&data::Deals::read(export)?.result)
}

#[derive(Default)]
struct Builder {
    all: Group,
    /// Stages, owners, reasons of lost deals.
    by: [BTreeMap<Option<String>, Group>; 3],
    cycles: Vec<i32>,
}

/// The place of the reasons of loss in [`Builder::by`].
const REASONS: usize = 2;

impl Builder {
    fn add(&mut self, deals: &data::Deals, deal: usize) -> Result<()> {
        let (status, amount) = (deals.status()[deal], deals.amount()[deal]);
        self.all.add(status, amount)?;
        for (at, field) in [Field::Stage, Field::Owner, Field::LostReason].into_iter().enumerate() {
            let labels = deals.labels(field).filter(|labels| !labels.labels().is_empty());
            let Some(labels) = labels.filter(|_| at != REASONS || status == DealStatus::Lost)
            else {
                continue;
            };
            let label = labels.get(deal).map(str::to_owned);
            let group = || Group { label: label.clone(), ..Group::default() };
            self.by[at].entry(label.clone()).or_insert_with(group).add(status, amount)?;
        }
        Ok(())
    }

    fn cycle(&mut self, created: Option<Timestamp>, closed: Option<Timestamp>) {
        if let (Some(created), Some(closed)) = (created, closed)
            && created <= closed
        {
            self.cycles.push(closed.date().days() - created.date().days());
        }
    }

    fn finish(mut self) -> Funnel {
        let [stages, owners, reasons] =
            self.by.map(|groups| groups.into_values().collect::<Vec<Group>>());
        let sorted = |mut groups: Vec<Group>, key: fn(&Group) -> (i64, u64)| {
            groups.sort_by_key(|group| Reverse(key(group)));
            groups
        };
        self.cycles.sort_unstable();
        let middle = |at: usize| self.cycles.get(at).map(|days| f64::from(*days));
        let half = self.cycles.len() / 2;
        let cycle_days = match self.cycles.len() % 2 {
            1 => middle(half),
            _ => half
                .checked_sub(1)
                .and_then(middle)
                .zip(middle(half))
                .map(|(a, b)| f64::midpoint(a, b)),
        };
        Funnel {
            all: self.all,
            stages: sorted(stages, |group| (0, group.deals())),
            owners: sorted(owners, |group| (group.won.amount.units(), group.deals())),
            reasons: sorted(reasons, |group| (0, group.deals())),
            cycle_days,
        }
    }
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

impl Funnel {
    /// Counts `deals`.
    ///
    /// # Errors
    /// Sums past the range of money.
    pub fn of(deals: &data::Deals) -> Result<Self> {
        let mut builder = Builder::default();
        for deal in 0..deals.len() {
            builder.add(deals, deal)?;
            if deals.status()[deal] == DealStatus::Won {
                builder.cycle(deals.created()[deal], deals.closed()[deal]);
            }
        }
        Ok(builder.finish())
    }

    /// One row per stage.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn stages_table(&self) -> Result<Table> {
        groups_table("deals_by_stage", ("stage", "Стадия"), &self.stages)
    }

    /// One row per owner.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn owners_table(&self) -> Result<Table> {
        groups_table("deals_by_owner", ("owner", "Ответственный"), &self.owners)
    }

    /// One row per reason of loss.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn reasons_table(&self) -> Result<Table> {
        let reasons = || self.reasons.iter();
        let lost = self.all.lost.deals.max(1) as f64;
        Table::new(
            "lost_reasons",
            vec![
                Column::text("reason", "Причина", reasons().map(|group| group.label.as_deref())),
                Column::int("lost", "Проиграно", reasons().map(|group| group.lost.deals as i64)),
                Column::float(
                    "share_lost",
                    "Доля проигранных",
                    4,
                    reasons().map(|group| group.lost.deals as f64 / lost),
                ),
                Column::money("amount", "Сумма", reasons().map(|group| group.lost.worth())),
                Column::int(
                    "without_amount",
                    "Без суммы",
                    reasons().map(|group| group.lost.without_amount() as i64),
                ),
            ],
        )
    }
}

fn groups_table(
    name: &str,
    (label, russian): (&'static str, &'static str),
    groups: &[Group],
) -> Result<Table> {
    let rows = || groups.iter();
    let count = |of: fn(&Group) -> u64| rows().map(move |group| of(group) as i64);
    Table::new(
        name,
        vec![
            Column::text(label, russian, rows().map(|group| group.label.as_deref())),
            Column::int("deals", "Сделок", count(Group::deals)),
            Column::int("open", "Открыто", count(|group| group.open.deals)),
            Column::int("won", "Выиграно", count(|group| group.won.deals)),
            Column::int("lost", "Проиграно", count(|group| group.lost.deals)),
            Column::money("amount_open", "Сумма открытых", rows().map(|group| group.open.worth())),
            Column::money("amount_won", "Сумма выигранных", rows().map(|group| group.won.worth())),
            Column::float("win_rate", "Доля побед", 4, rows().map(Group::win_rate)),
            Column::float(
                "win_rate_by_value",
                "Доля побед по сумме",
                4,
                rows().map(Group::win_rate_by_value),
            ),
            Column::int("without_amount", "Без суммы", count(Group::without_amount)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::{Deals, count};
    use crate::{
        Money,
        ingest::{Export, ReadOptions},
    };

    #[test]
    fn deals_are_counted_by_outcome_and_lines_of_one_deal_once() {
        let rows = "deal_id,customer_id,status,stage,owner,lost_reason,created_at,closed_at,amount\n\
            1,A,won,Signed,Ann,,2024-01-01,2024-01-11,100\n\
            2,B,lost,Offer,Ann,Price,2024-01-02,2024-01-05,300\n\
            3,C,open,Offer,Bob,,2024-01-03,,50\n\
            4,D,won,Signed,Bob,,2024-01-03,2024-01-07,40\n\
            5,E,lost,Call,,,2024-01-03,2024-01-08,\n";
        let mut export = Export::from_bytes("deals.csv", rows, ReadOptions::default()).unwrap();
        let funnel = count(&mut export).unwrap();
        assert_eq!(funnel.all.deals(), 5);
        assert_eq!(funnel.all.win_rate(), Some(0.5));
        assert_eq!(funnel.all.win_rate_by_value(), Some(140.0 / 440.0));
        assert_eq!(funnel.cycle_days, Some(7.0));
        let open = Deals { deals: 1, with_amount: 1, amount: Money::from_whole(50).unwrap() };
        assert_eq!(funnel.all.open, open);
        let labels = |groups: &[super::Group]| -> Vec<String> {
            groups.iter().map(|group| group.label.clone().unwrap_or_default()).collect()
        };
        assert_eq!(labels(&funnel.stages), ["Offer", "Signed", "Call"]);
        assert_eq!(labels(&funnel.owners), ["Ann", "Bob", ""]);
        assert_eq!(labels(&funnel.reasons), ["", "Price"]);
        assert_eq!(funnel.reasons_table().unwrap().rows(), 2);
        assert_eq!((funnel.all.lost.without_amount(), funnel.all.without_amount()), (1, 1));
        // The reason of the one lost deal without an amount: unknown, not zero.
        assert_eq!(funnel.reasons[0].lost.worth(), None);
        assert_eq!(funnel.stages[2].win_rate_by_value(), None);
    }
}
