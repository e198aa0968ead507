//! By what sales are divided: a column, or the RFM segment of the customer, which no table has to hold.

use super::facts::Note;
use crate::{
    Lang, Result, Window,
    analysis::rfm,
    data::{ColumnKey, Field, Labels, Orders, Records},
    ingest::{Dimension, field_of},
};
use std::collections::{BTreeMap, HashMap};

/// By what sales are divided.
pub(in crate::analysis) enum By {
    /// A column of the export or of a table beside it.
    Column(Dimension),
    /// The RFM segment of the customer as of the end, under the name that was asked for.
    Segment(String),
}

impl By {
    /// What `names` mean, by `find`. A segment that no column holds is that of RFM where it `may_be_scored`.
    ///
    /// # Errors
    /// A name that nobody knows.
    pub(super) fn all(
        names: &[String],
        may_be_scored: bool,
        find: impl Fn(&str) -> Result<Dimension>,
    ) -> Result<Vec<Self>> {
        let one = |name: &String| match find(name) {
            Err(_) if may_be_scored && field_of(name) == Some(Field::Segment) => {
                Ok(Self::Segment(name.trim().to_owned()))
            }
            found => found.map(Self::Column),
        };
        names.iter().map(one).collect()
    }

    /// The name, as it was asked for.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Column(dimension) => dimension.name(),
            Self::Segment(name) => name,
        }
    }

    /// What has to be read of the orders.
    pub(super) fn wanted(&self) -> Option<ColumnKey> {
        match self {
            Self::Column(dimension) => dimension.wanted(),
            Self::Segment(_) => None,
        }
    }

    /// The column of the export itself, where it is one that has to be read.
    pub(super) fn own_column(&self) -> Option<ColumnKey> {
        match self {
            Self::Column(dimension) if dimension.table().is_none() => dimension.wanted(),
            _ => None,
        }
    }

    /// The label of each line of `orders`, of which those in `window` count; what was scored is said in `notes`.
    ///
    /// # Errors
    /// Labels that cannot be told.
    pub(super) fn labels(
        &self,
        orders: &Orders,
        window: Window,
        tables: &[Records],
        notes: &mut Vec<Note>,
    ) -> Result<Labels> {
        match self {
            Self::Column(dimension) => dimension.labels(orders, tables),
            Self::Segment(name) => segments(orders, window, name, notes),
        }
    }
}

fn segments(orders: &Orders, window: Window, name: &str, notes: &mut Vec<Note>) -> Result<Labels> {
    let scored = rfm::score_orders(orders, &rfm::Options { window, ..rfm::Options::default() })?;
    let names = scored.segments().names(Lang::En);
    let of_id: HashMap<&str, &str> = scored
        .customers()
        .filter_map(|customer| Some((customer.id, *names.get(customer.segment? as usize)?)))
        .collect();
    let mut labels: Vec<Option<&str>> = Vec::with_capacity(orders.line_amount().len());
    for group in 0..orders.groups() {
        let id = orders.customers().get(group).filter(|_| group < orders.customers().len());
        let label = id.and_then(|id| of_id.get(id).copied());
        for order in orders.of_customer(group) {
            labels.extend(orders.lines_of(order).map(|_| label));
        }
    }
    let as_of = scored.as_of();
    notes.push(Note::new(
        format!(
            "no column holds `{name}`: it is the RFM segment of each customer as of {as_of}, by the orders before, and \
             so that of today in every period"
        ),
        format!(
            "столбца «{name}» нет: это RFM-сегмент клиента на {as_of} по заказам до этого дня, одинаковый для всех периодов"
        ),
    ));
    Ok(labels.into_iter().collect())
}

/// The Russian names of the segments of RFM by the English ones.
pub(in crate::analysis) fn russian_segments() -> BTreeMap<String, String> {
    let segments = rfm::Options::default().segments;
    let (english, russian) = (segments.names(Lang::En), segments.names(Lang::Ru));
    let pair = |(english, russian): (&str, &str)| (english.to_owned(), russian.to_owned());
    english.into_iter().zip(russian).map(pair).collect()
}
