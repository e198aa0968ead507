//! By what sales are divided: a column, or the RFM segment or the cluster of the customer, which no table has to hold.

use super::facts::Note;
use crate::{
    AsOf, Error, Lang, Result, Window,
    analysis::{rfm, segments},
    data::{ColumnKey, Field, Labels, Orders, Records},
    features::History,
    ingest::{Dimension, field_of},
};
use std::collections::{BTreeMap, HashMap};

/// By what sales are divided.
pub(in crate::analysis) enum By {
    /// A column of the export or of a table beside it.
    Column(Dimension),
    /// The RFM segment of the customer as of the end, under the name that was asked for.
    Segment(String),
    /// The cluster of the customer as of the end, under the name that was asked for.
    Cluster(String),
}

/// The names by which clusters are asked for.
const CLUSTER: [&str; 4] = ["cluster", "clusters", "кластер", "кластеры"];

fn is_segment(name: &str) -> bool {
    field_of(name) == Some(Field::Segment)
}

fn is_cluster(name: &str) -> bool {
    CLUSTER.contains(&name.trim().to_lowercase().as_str())
}

/// Whether `name`, where no column has it, is found of the customers themselves.
pub(in crate::analysis) fn is_found_of_customers(name: &str) -> bool {
    is_segment(name) || is_cluster(name)
}

/// What was found of the customers to divide by, under English names.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Scored {
    /// Which of the dimensions it is.
    pub(in crate::analysis) at: usize,
    /// The Russian names by the English ones.
    pub(in crate::analysis) russian: BTreeMap<String, String>,
}

/// The labels of the lines, and their Russian names where they were found of the customers.
type Found = (Labels, Option<BTreeMap<String, String>>);

impl By {
    /// What `names` mean, by `find`. A segment that no column holds is that of RFM where it `may_be_scored`, and a cluster
    /// is found.
    ///
    /// # Errors
    /// A name that nobody knows.
    pub(super) fn all(
        names: &[String],
        may_be_scored: bool,
        find: impl Fn(&str) -> Result<Dimension>,
    ) -> Result<Vec<Self>> {
        let one = |name: &String| match find(name) {
            Err(_) if may_be_scored && is_segment(name) => {
                Ok(Self::Segment(name.trim().to_owned()))
            }
            Err(_) if may_be_scored && is_cluster(name) => {
                Ok(Self::Cluster(name.trim().to_owned()))
            }
            found => found.map(Self::Column),
        };
        names.iter().map(one).collect()
    }

    /// The name, as it was asked for.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Column(dimension) => dimension.name(),
            Self::Segment(name) | Self::Cluster(name) => name,
        }
    }

    /// What has to be read of the orders.
    pub(super) fn wanted(&self) -> Vec<ColumnKey> {
        match self {
            Self::Column(dimension) => dimension.wanted().into_iter().collect(),
            Self::Segment(_) => Vec::new(),
            Self::Cluster(_) => History::FIELDS.iter().copied().map(ColumnKey::from).collect(),
        }
    }

    /// The column of the export itself, where it is one that has to be read.
    pub(super) fn own_column(&self) -> Option<ColumnKey> {
        match self {
            Self::Column(dimension) if dimension.table().is_none() => dimension.wanted(),
            _ => None,
        }
    }

    /// The label of each line of `orders`, of which those in `window` count; what was found of the customers has Russian
    /// names as well and is said in `notes`.
    ///
    /// # Errors
    /// Labels that cannot be told.
    pub(super) fn labels(
        &self,
        orders: &Orders,
        window: Window,
        tables: &[Records],
        notes: &mut Vec<Note>,
    ) -> Result<Found> {
        match self {
            Self::Column(dimension) => Ok((dimension.labels(orders, tables)?, None)),
            Self::Segment(name) => rfm_segments(orders, window, name, notes),
            Self::Cluster(name) => clusters(orders, window, name, notes),
        }
    }
}

/// The label of each line by the label of its customer.
fn of_lines(orders: &Orders, of_id: &HashMap<&str, &str>) -> Labels {
    let mut labels: Vec<Option<&str>> = Vec::with_capacity(orders.line_amount().len());
    for group in 0..orders.groups() {
        let id = orders.customers().get(group).filter(|_| group < orders.customers().len());
        let label = id.and_then(|id| of_id.get(id).copied());
        for order in orders.of_customer(group) {
            labels.extend(orders.lines_of(order).map(|_| label));
        }
    }
    labels.into_iter().collect()
}

/// What is said where no column holds `name`: that it is `what` of each customer, in both languages.
fn told(name: &str, what: (&str, &str), as_of: AsOf, more: (&str, &str)) -> Note {
    Note::new(
        format!(
            "no column holds `{name}`: it is the {} of each customer as of {as_of}, by the orders before, and so that of \
             today in every period{}",
            what.0, more.0
        ),
        format!(
            "столбца «{name}» нет: это {} клиента на {as_of} по заказам до этого дня, одинаковый для всех периодов{}",
            what.1, more.1
        ),
    )
}

fn clusters(orders: &Orders, window: Window, name: &str, notes: &mut Vec<Note>) -> Result<Found> {
    let last = orders.span().ok_or_else(|| Error::data("there is no order"))?.1;
    let as_of = window.until.unwrap_or(AsOf::day_after(last));
    let history = History::new(orders);
    let features = history.available(as_of);
    let customers = segments::Customers::at(&history, as_of, &features)?;
    let found = segments::fit(&customers, &segments::Options::default())?;
    let of_id: HashMap<&str, &str> = found
        .customers()
        .map(|(id, own)| (id, found.name(own.cluster as usize, Lang::En)))
        .collect();
    let more = if found.is_working_cut() {
        (
            "; the customers fall into no groups of their own, so this is a cut for work",
            "; сами по себе клиенты на группы не делятся, это рабочее деление",
        )
    } else {
        ("", "")
    };
    notes.push(told(name, ("cluster", "кластер"), as_of, more));
    let names = |own| (found.name(own, Lang::En).to_owned(), found.name(own, Lang::Ru).to_owned());
    Ok((of_lines(orders, &of_id), Some((0..found.k()).map(names).collect())))
}

fn rfm_segments(
    orders: &Orders,
    window: Window,
    name: &str,
    notes: &mut Vec<Note>,
) -> Result<Found> {
    let scored = rfm::score_orders(orders, &rfm::Options { window, ..rfm::Options::default() })?;
    let [names, russian] = [Lang::En, Lang::Ru].map(|lang| scored.segments().names(lang));
    let of_id: HashMap<&str, &str> = scored
        .customers()
        .filter_map(|customer| Some((customer.id, *names.get(customer.segment? as usize)?)))
        .collect();
    notes.push(told(name, ("RFM segment", "RFM-сегмент"), scored.as_of(), ("", "")));
    let pairs = names.iter().zip(&russian);
    let russian = pairs.map(|(own, russian)| ((*own).to_owned(), (*russian).to_owned())).collect();
    Ok((of_lines(orders, &of_id), Some(russian)))
}
