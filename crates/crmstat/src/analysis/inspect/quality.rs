//! The audit of a table's cells, judged.

use crate::{
    Date, Money, Place, Timestamp,
    data::{Field, TableKind},
    ingest::audit::{FieldAudit, Seen, TableAudit},
};
use crmstat_models::rfm::quantile;
use std::collections::BTreeMap;

/// A gap is longer than this many days …
const SHORTEST_GAP: i32 = 7;
/// … and than this many times the median distance between two days with rows.
const GAP_RATIO: i32 = 10;
/// The longest gaps that are told.
const GAPS: usize = 3;
/// Tukey's fence for far-out values: this many interquartile ranges beyond the quartiles.
const FENCE: f64 = 3.0;
/// Quartiles of fewer amounts say nothing.
const FEWEST_AMOUNTS: usize = 20;

/// What the cells of a table hold, and what looks wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    /// Rows that are neither blank nor footers nor repeated headers.
    pub rows: u64,
    /// Rows that repeat another one in every cell.
    pub duplicate_rows: u64,
    /// Rows whose id of order or deal was there before.
    pub repeated_ids: u64,
    /// Whether rows of one id are lines whose amounts add up.
    pub ids_are_lines: bool,
    /// Fields with empty cells, and how many.
    pub missing: Vec<(Field, u64)>,
    /// Fields with cells that are no value of their type, and how many.
    pub invalid: Vec<(Field, u64)>,
    /// The first and the last instant of every date field.
    pub spans: Vec<(Field, Timestamp, Timestamp)>,
    /// The longest gaps between days with rows, in the order of time.
    pub gaps: Vec<Gap>,
    /// Amounts below zero.
    pub refunds: u64,
    /// Amounts of zero.
    pub zero_amounts: u64,
    /// Amounts far from the others.
    pub outliers: Option<Outliers>,
    /// Texts of the currency column and how many cells have each, the most frequent first.
    pub currencies: Vec<(String, u64)>,
}

/// Days without a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last day before it.
    pub after: Date,
    /// The first day behind it.
    pub before: Date,
}

impl Gap {
    /// The days without a row.
    pub fn days(self) -> i32 {
        self.before.days() - self.after.days() - 1
    }
}

/// Amounts beyond Tukey's far-out fences of their logarithms: three interquartile ranges beyond the
/// quartiles (type 7). Logarithms, since amounts are skewed and their fences would be crossed by good
/// customers.
#[derive(Clone, Debug)]
pub struct Outliers {
    /// Amounts below the lower fence and above zero.
    pub below: u64,
    /// Amounts above the upper fence.
    pub above: u64,
    /// The lower fence.
    pub lower: f64,
    /// The upper fence.
    pub upper: f64,
    /// The largest amount.
    pub largest: Money,
    /// Where the largest amount is.
    pub place: Place,
}

impl Quality {
    pub(super) fn of(kind: TableKind, ids_are_lines: bool, audit: &TableAudit) -> Self {
        let with = |count: fn(&FieldAudit) -> u64| {
            let fields = audit.fields.iter().map(|field| (field.field, count(field)));
            fields.filter(|(_, cells)| *cells > 0).collect()
        };
        let amounts = match audit.field(Field::Amount).map(|amount| &amount.seen) {
            Some(Seen::Amounts { units, .. }) => &units[..],
            _ => &[],
        };
        let count = |test: fn(i64) -> bool| amounts.iter().filter(|units| test(**units)).count();
        Self {
            rows: audit.rows,
            duplicate_rows: audit.duplicates,
            repeated_ids: repeated_ids(kind, audit),
            ids_are_lines,
            missing: with(|field| field.missing),
            invalid: with(|field| field.invalid),
            spans: audit.fields.iter().filter_map(span).collect(),
            gaps: event_days(kind, audit).map(gaps).unwrap_or_default(),
            refunds: count(|units| units < 0) as u64,
            zero_amounts: count(|units| units == 0) as u64,
            outliers: audit.field(Field::Amount).and_then(outliers),
            currencies: audit.field(Field::Currency).map(by_frequency).unwrap_or_default(),
        }
    }
}

/// Rows whose id was there before, in the tables where an id is meant to be there once.
fn repeated_ids(kind: TableKind, audit: &TableAudit) -> u64 {
    let id = match kind {
        TableKind::Orders | TableKind::Deals => Field::OrderId,
        TableKind::Customers => Field::CustomerId,
        TableKind::Products => Field::Product,
        _ => return 0,
    };
    match audit.field(id) {
        Some(FieldAudit { filled, seen: Seen::Texts(texts), .. }) => filled - texts.len() as u64,
        _ => 0,
    }
}

fn span(audit: &FieldAudit) -> Option<(Field, Timestamp, Timestamp)> {
    match audit.seen {
        Seen::Dates { span: Some((first, last)), .. } => Some((audit.field, first, last)),
        _ => None,
    }
}

/// The days on which the table's events happened.
fn event_days(kind: TableKind, audit: &TableAudit) -> Option<&BTreeMap<i32, u64>> {
    let fields: &[Field] = match kind {
        TableKind::Orders => &[Field::OrderedAt],
        TableKind::Deals => &[Field::CreatedAt, Field::WonAt, Field::ClosedAt],
        TableKind::Activities => &[Field::At],
        TableKind::History => &[Field::EnteredAt],
        TableKind::Leads => &[Field::CreatedAt],
        TableKind::Tickets => &[Field::OpenedAt],
        _ => &[],
    };
    fields.iter().find_map(|field| match &audit.field(*field)?.seen {
        Seen::Dates { days, .. } if !days.is_empty() => Some(days),
        _ => None,
    })
}

fn gaps(days: &BTreeMap<i32, u64>) -> Vec<Gap> {
    let days: Vec<i32> = days.keys().copied().collect();
    let mut distances: Vec<i32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort_unstable();
    let Some(median) = distances.get(distances.len() / 2) else { return Vec::new() };
    let shortest = SHORTEST_GAP.max(median.saturating_mul(GAP_RATIO));
    let mut gaps: Vec<Gap> = days
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > shortest)
        .map(|pair| Gap { after: Date::from_days(pair[0]), before: Date::from_days(pair[1]) })
        .collect();
    gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.days()), gap.after));
    gaps.truncate(GAPS);
    gaps.sort_by_key(|gap| gap.after);
    gaps
}

fn outliers(audit: &FieldAudit) -> Option<Outliers> {
    let Seen::Amounts { units, largest: Some(largest) } = &audit.seen else { return None };
    let positive = || units.iter().filter(|units| **units > 0).map(|units| *units as f64);
    let mut logs: Vec<f64> = positive().map(f64::ln).collect();
    if logs.len() < FEWEST_AMOUNTS {
        return None;
    }
    let (first, third) = (quantile(&mut logs, 0.25)?, quantile(&mut logs, 0.75)?);
    let range = third - first;
    let scale = Money::SCALE as f64;
    let (lower, upper) = ((first - FENCE * range).exp(), (third + FENCE * range).exp());
    // Amounts that are all alike have no fence.
    if range <= 0.0 {
        return None;
    }
    let below = positive().filter(|units| *units < lower).count() as u64;
    let above = positive().filter(|units| *units > upper).count() as u64;
    (below + above > 0).then(|| Outliers {
        below,
        above,
        lower: lower / scale,
        upper: upper / scale,
        largest: largest.amount,
        place: largest.place.clone(),
    })
}

fn by_frequency(audit: &FieldAudit) -> Vec<(String, u64)> {
    let Seen::Texts(texts) = &audit.seen else { return Vec::new() };
    let mut scratch = [0; 16];
    let mut labels: Vec<(String, u64)> = (0..texts.len() as u32)
        .map(|id| (texts.text(id, &mut scratch).to_owned(), *texts.value(id)))
        .collect();
    labels.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    labels
}

#[cfg(test)]
mod tests {
    use super::{Gap, gaps};
    use crate::Date;

    #[test]
    fn only_gaps_far_longer_than_usual_are_told() {
        let days = |days: &[i32]| gaps(&days.iter().map(|day| (*day, 1)).collect());
        assert_eq!(days(&[]), []);
        assert_eq!(days(&[1, 2, 3, 9]), [], "a week is no gap");
        let gap =
            |after, before| Gap { after: Date::from_days(after), before: Date::from_days(before) };
        assert_eq!(days(&[1, 2, 3, 4, 30, 31, 32, 50]), [gap(4, 30), gap(32, 50)]);
        assert_eq!(days(&[0, 30, 60, 90, 200]), [], "monthly rows");
        assert_eq!(gap(4, 30).days(), 25);
    }
}
