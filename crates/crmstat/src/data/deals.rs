//! Deals: what is in the pipeline, what was won and what was lost.

use crate::{
    Error, Money, Result, Timestamp,
    data::{Column, ColumnKey, DealStatus, Field, Labels, Records, column::column_of},
};
use std::cmp::Ordering;

/// All deals of an export, in the order of their ids' bytes, then of their cells, so that the order of rows
/// in the file changes nothing.
///
/// Rows of one id are one deal: its lines, whose amounts add up, or copies, of which the one with the largest
/// amount stays.
#[derive(Clone, Debug)]
pub struct Deals {
    status: Vec<DealStatus>,
    created: Vec<Option<Timestamp>>,
    closed: Vec<Option<Timestamp>>,
    amount: Vec<Option<Money>>,
    fields: Vec<(ColumnKey, Column)>,
    stages: DealStages,
}

/// What the profile of an export says of its stages, and of its close dates.
#[derive(Clone, Debug, Default)]
pub(crate) struct DealStages {
    /// Labels that the profile takes for stages in progress, in its order.
    pub(crate) order: Vec<String>,
    /// Labels among those of the stages that say that a deal is closed.
    pub(crate) closing: Vec<String>,
    /// Whether an open deal's close date is the expected one.
    pub(crate) close_is_planned: bool,
}

impl Deals {
    /// What is known of a deal besides its status and amount, where the export has it.
    pub const FIELDS: [Field; 14] = [
        Field::OrderId,
        Field::CustomerId,
        Field::CreatedAt,
        Field::WonAt,
        Field::LostAt,
        Field::ClosedAt,
        Field::Stage,
        Field::Pipeline,
        Field::Owner,
        Field::Source,
        Field::LostReason,
        Field::Product,
        Field::Region,
        Field::Channel,
    ];

    /// Puts rows in order: `fields` begin with the id, whose rows add up where `are_lines`.
    ///
    /// # Errors
    /// A deal that is worth more than money can hold.
    pub(crate) fn assemble(
        status: &[DealStatus],
        amount: &[Option<Money>],
        fields: &[(ColumnKey, Column)],
        are_lines: bool,
    ) -> Result<Self> {
        let mut rows: Vec<u32> = (0..status.len() as u32).collect();
        // The first field is the id.
        rows.sort_by(|left, right| {
            let (l, r) = (*left as usize, *right as usize);
            let mut cells = fields.iter().map(|(_, column)| column.compare(l, r));
            let cells = cells.find(|found| found.is_ne()).unwrap_or(Ordering::Equal);
            cells.then(status[l].cmp(&status[r])).then(amount[l].cmp(&amount[r]))
        });
        let id = |row: u32| match &fields[0].1 {
            Column::Text(ids) => ids.code(row as usize),
            _ => None,
        };
        let mut heads: Vec<u32> = Vec::new();
        let mut amounts: Vec<Option<Money>> = Vec::new();
        let discount = fields.iter().find_map(|(key, column)| match column {
            Column::Money(values) if key.field() == Some(Field::Discount) => Some(values),
            _ => None,
        });
        let mut discounts: Vec<Option<Money>> = Vec::new();
        for row in rows {
            let own = amount[row as usize];
            let off = discount.and_then(|values| values[row as usize]);
            let same = heads.last().is_some_and(|head| id(*head).is_some() && id(*head) == id(row));
            match amounts.last_mut().zip(discounts.last_mut()).filter(|_| same) {
                Some((whole, all_off)) if are_lines => {
                    *whole = sum(*whole, own)?;
                    *all_off = sum(*all_off, off)?;
                }
                Some((whole, all_off)) => {
                    *whole = own.max(*whole);
                    *all_off = off.max(*all_off);
                }
                None => {
                    heads.push(row);
                    amounts.push(own);
                    discounts.push(off);
                }
            }
        }
        let mut deals = Self {
            status: heads.iter().map(|row| status[*row as usize]).collect(),
            created: Vec::new(),
            closed: Vec::new(),
            amount: amounts,
            fields: fields
                .iter()
                .map(|(key, column)| match key.field() {
                    Some(Field::Discount) if discount.is_some() => {
                        (key.clone(), Column::Money(discounts.clone()))
                    }
                    _ => (key.clone(), column.reordered(&heads)),
                })
                .collect(),
            stages: DealStages::default(),
        };
        let dates = |field| match deals.field(field) {
            Some(Column::Date(dates)) => dates.clone(),
            _ => vec![None; heads.len()],
        };
        let [won, lost, closed] = [Field::WonAt, Field::LostAt, Field::ClosedAt].map(dates);
        let created = dates(Field::CreatedAt);
        let when = |deal: usize| match deals.status[deal] {
            DealStatus::Won => won[deal].or(closed[deal]),
            DealStatus::Lost => lost[deal].or(closed[deal]),
            DealStatus::Open => None,
        };
        let closed = (0..heads.len()).map(when).collect();
        deals.created = created;
        deals.closed = closed;
        Ok(deals)
    }

    /// The number of deals.
    pub fn len(&self) -> usize {
        self.status.len()
    }

    /// Whether there is no deal.
    pub fn is_empty(&self) -> bool {
        self.status.is_empty()
    }

    /// What became of each deal.
    pub fn status(&self) -> &[DealStatus] {
        &self.status
    }

    /// When each deal was created.
    pub fn created(&self) -> &[Option<Timestamp>] {
        &self.created
    }

    /// When each deal was won or lost; `None` is open, or unknown.
    pub fn closed(&self) -> &[Option<Timestamp>] {
        &self.closed
    }

    /// What each deal is worth.
    pub fn amount(&self) -> &[Option<Money>] {
        &self.amount
    }

    /// The ids.
    pub fn ids(&self) -> Option<&Labels> {
        self.labels(Field::OrderId)
    }

    /// The deal that each row of `records` names, by number; `None` where it names none, or one that is not there.
    pub(crate) fn named_by(&self, records: &Records) -> Vec<Option<usize>> {
        let Some(ids) = self.ids() else { return vec![None; records.len()] };
        let mut of_id = vec![None; ids.labels().len()];
        for deal in 0..self.len() {
            if let Some(code) = ids.code(deal) {
                of_id[code as usize] = Some(deal);
            }
        }
        let matched = records.matched(Field::OrderId, ids.labels()).rows;
        matched.into_iter().map(|id| of_id[id? as usize]).collect()
    }

    /// The texts of `field`, such as the owner; `None` where it is not read.
    pub fn labels(&self, field: Field) -> Option<&Labels> {
        match self.field(field)? {
            Column::Text(labels) => Some(labels),
            _ => None,
        }
    }

    /// The values of `field`; `None` where it is not read. A field that the export does not have is read as
    /// missing in every deal.
    pub fn field(&self, field: Field) -> Option<&Column> {
        self.column(&field.into())
    }

    /// The values of the column `key`; `None` where it is not read.
    pub fn column(&self, key: &ColumnKey) -> Option<&Column> {
        column_of(&self.fields, key)
    }

    /// What the columns that were read are known by.
    pub fn keys(&self) -> impl Iterator<Item = &ColumnKey> {
        self.fields.iter().map(|(key, _)| key)
    }

    /// Whether any deal has a value of `field`.
    pub fn has(&self, field: Field) -> bool {
        match self.field(field) {
            None => false,
            Some(Column::Text(labels)) => !labels.labels().is_empty(),
            Some(Column::Date(dates)) => dates.iter().any(Option::is_some),
            Some(Column::Money(amounts)) => amounts.iter().any(Option::is_some),
            Some(Column::Number(numbers)) => numbers.iter().any(|number| !number.is_nan()),
        }
    }

    /// When `deal`, an open one, is expected to close; `None` is unknown.
    ///
    /// That is [`Field::ExpectedCloseAt`] where it was read, and otherwise the close date in an export whose
    /// open deals carry the planned one.
    pub fn expected_close(&self, deal: usize) -> Option<Timestamp> {
        let date = |field| match self.field(field) {
            Some(Column::Date(dates)) => dates[deal],
            _ => None,
        };
        let planned = || date(Field::ClosedAt).filter(|_| self.stages.close_is_planned);
        date(Field::ExpectedCloseAt).or_else(planned)
    }

    /// The labels of stages in progress that the profile of the export knows, in its order.
    pub fn profile_stages(&self) -> &[String] {
        &self.stages.order
    }

    /// The labels among those of the stages that say that a deal is closed, such as "Closed Won": no stage of
    /// the way there.
    pub fn closing_stages(&self) -> &[String] {
        &self.stages.closing
    }

    /// The same deals with what the profile says of their stages.
    pub(crate) fn with_stages(self, stages: DealStages) -> Self {
        Self { stages, ..self }
    }
}

/// The sum of two amounts, as far as they are known.
fn sum(left: Option<Money>, right: Option<Money>) -> Result<Option<Money>> {
    let (Some(one), Some(other)) = (left, right) else { return Ok(left.or(right)) };
    let sum = one.checked_add(other);
    sum.map(Some).ok_or_else(|| Error::data("a deal is worth more than money can hold"))
}
