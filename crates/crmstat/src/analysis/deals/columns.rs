//! What the model sees of a deal, and which columns it must not see.

use super::past::{Past, amount};
use crate::{
    Lang,
    data::{DealStatus, Field},
};

/// A column of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    AgeDays,
    AgeBand,
    Stage,
    StageDays,
    StagesEntered,
    Amount,
    Pipeline,
    Owner,
    Product,
    Source,
    Region,
    Channel,
    CustomerWon,
    CustomerLost,
    CustomerShareWon,
    Activities,
    Activities30d,
    DaysSinceActivity,
    FirstActivityDays,
}

/// All columns, in the order in which the model has them.
pub(super) const NAMES: [Column; 19] = [
    Column::AgeDays,
    Column::AgeBand,
    Column::Stage,
    Column::StageDays,
    Column::StagesEntered,
    Column::Amount,
    Column::Pipeline,
    Column::Owner,
    Column::Product,
    Column::Source,
    Column::Region,
    Column::Channel,
    Column::CustomerWon,
    Column::CustomerLost,
    Column::CustomerShareWon,
    Column::Activities,
    Column::Activities30d,
    Column::DaysSinceActivity,
    Column::FirstActivityDays,
];

impl Column {
    /// Its name in a saved model and in codes.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AgeDays => "age_days",
            Self::AgeBand => "age_band",
            Self::Stage => "stage",
            Self::StageDays => "stage_days",
            Self::StagesEntered => "stages_entered",
            Self::Amount => "amount",
            Self::Pipeline => "pipeline",
            Self::Owner => "owner",
            Self::Product => "product",
            Self::Source => "source",
            Self::Region => "region",
            Self::Channel => "channel",
            Self::CustomerWon => "customer_won",
            Self::CustomerLost => "customer_lost",
            Self::CustomerShareWon => "customer_share_won",
            Self::Activities => "activities",
            Self::Activities30d => "activities_30d",
            Self::DaysSinceActivity => "days_since_activity",
            Self::FirstActivityDays => "first_activity_days",
        }
    }

    /// The column of that name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        NAMES.into_iter().find(|column| column.name() == name)
    }

    /// The field whose texts it is.
    pub(super) const fn field(self) -> Option<Field> {
        match self {
            Self::Pipeline => Some(Field::Pipeline),
            Self::Owner => Some(Field::Owner),
            Self::Product => Some(Field::Product),
            Self::Source => Some(Field::Source),
            Self::Region => Some(Field::Region),
            Self::Channel => Some(Field::Channel),
            _ => None,
        }
    }

    /// Whether twice as much matters alike for little and much.
    pub(super) const fn acts_by_ratio(self) -> bool {
        !matches!(self, Self::CustomerShareWon)
    }
}

/// What one or several columns say together: the unit of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Theme {
    Age,
    Stage,
    StageDays,
    Amount,
    Text(Column),
    Customer,
    Activity,
}

impl Theme {
    pub(super) const fn of(column: Column) -> Self {
        match column {
            Column::AgeDays | Column::AgeBand => Self::Age,
            Column::Stage | Column::StagesEntered => Self::Stage,
            Column::StageDays => Self::StageDays,
            Column::Amount => Self::Amount,
            Column::CustomerWon | Column::CustomerLost | Column::CustomerShareWon => Self::Customer,
            Column::Activities
            | Column::Activities30d
            | Column::DaysSinceActivity
            | Column::FirstActivityDays => Self::Activity,
            text => Self::Text(text),
        }
    }

    /// Its stable code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Stage => "stage",
            Self::StageDays => "stage_days",
            Self::Amount => "amount",
            Self::Text(column) => column.name(),
            Self::Customer => "customer",
            Self::Activity => "activity",
        }
    }
}

/// Which columns the model may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Use {
    left_out: Vec<Column>,
}

/// A column is written with the outcome, or with the close, where it is filled in for so much more of the won, lost or
/// open deals than of another of these, and by more than chance.
const WRITTEN_LATER: f64 = 0.1;
const CHANCE: f64 = 3.0;
/// Deals of a kind that are needed to see that.
const ENOUGH: usize = 20;

impl Use {
    /// Every column but those that are filled in when a deal is closed: what is missing for a much larger share of won,
    /// lost or open deals than of others tells the outcome, and was not there while the deal was open.
    pub(super) fn of(past: &Past<'_>) -> Self {
        let deals = past.view.deals;
        let of = |status| -> Vec<usize> {
            let is = |deal: &usize| past.view.status[*deal] == status;
            past.usable.iter().copied().filter(is).collect()
        };
        let kinds = [DealStatus::Won, DealStatus::Lost, DealStatus::Open].map(of);
        let differs = |has: &dyn Fn(usize) -> bool| {
            let enough = kinds.iter().filter(|rows| rows.len() >= ENOUGH);
            let shares: Vec<(f64, f64)> = enough
                .map(|rows| {
                    let filled = rows.iter().filter(|deal| has(**deal)).count();
                    (filled as f64 / rows.len() as f64, rows.len() as f64)
                })
                .collect();
            let apart = |(one, n): &(f64, f64), (other, m): &(f64, f64)| {
                let pooled = (one * n + other * m) / (n + m);
                let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
                (one - other).abs() > WRITTEN_LATER.max(CHANCE * error)
            };
            shares.iter().any(|one| shares.iter().any(|other| apart(one, other)))
        };
        let is_text = |field: Field| {
            deals.labels(field).is_some_and(|labels| differs(&|deal| labels.code(deal).is_some()))
        };
        let customers = is_text(Field::CustomerId);
        let left_out = NAMES.into_iter().filter(|column| match column {
            Column::Amount => differs(&|deal| amount(deals, deal).is_some()),
            Column::CustomerWon | Column::CustomerLost | Column::CustomerShareWon => customers,
            column => column.field().is_some_and(is_text),
        });
        Self { left_out: left_out.collect() }
    }

    pub(super) fn takes(&self, column: Column) -> bool {
        !self.left_out.contains(&column)
    }

    /// What is left out, a sentence for a reader where anything is.
    pub(super) fn told(&self, lang: Lang) -> Option<String> {
        let names: Vec<String> =
            self.left_out.iter().map(|column| format!("`{}`", column.name())).collect();
        let names = names.join(", ");
        (!self.left_out.is_empty()).then(|| match lang {
            Lang::En => format!(
                "not used: {names}: filled in for won, lost and open deals unequally often, so written when a deal is \
                 closed"
            ),
            Lang::Ru => format!(
                "не использовано: {names}: у выигранных, проигранных и открытых сделок заполнено по-разному часто, \
                 значит пишется при закрытии"
            ),
        })
    }
}
