//! Who moved from which cluster to which between two dates.

use super::Segments;
use crate::{
    Error, Lang, Result,
    data::{
        Texts,
        table::{Column, Table},
    },
};
use std::collections::HashMap;

/// Customers by their cluster before and after, under one model.
#[derive(Clone, Debug)]
pub struct Migration {
    ids: Texts,
    /// The clusters before and after; `None` is a customer of only one of the two dates.
    moves: Vec<[Option<u32>; 2]>,
    names: [Vec<String>; 2],
}

/// Compares the clusters of the customers of `before` and `after`, both by one model.
///
/// # Errors
/// A usage error when the models differ.
pub fn migration(before: &Segments, after: &Segments) -> Result<Migration> {
    if before.model != after.model {
        return Err(Error::usage("the clusters of two different models cannot be compared")
            .with_hint("assign the earlier customers by the model of the later ones"));
    }
    let mut moves: Vec<(&str, [Option<u32>; 2])> =
        after.customers().map(|(id, now)| (id, [None, Some(now.cluster)])).collect();
    let places: HashMap<&str, usize> =
        moves.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    for (id, then) in before.customers() {
        match places.get(id) {
            Some(place) => moves[*place].1[0] = Some(then.cluster),
            None => moves.push((id, [Some(then.cluster), None])),
        }
    }
    moves.sort_unstable();
    let names = [Lang::En, Lang::Ru]
        .map(|lang| (0..after.k()).map(|cluster| after.name(cluster, lang).to_owned()).collect());
    Ok(Migration {
        ids: moves.iter().map(|(id, _)| Some(*id)).collect(),
        moves: moves.into_iter().map(|(_, pair)| pair).collect(),
        names,
    })
}

impl Migration {
    /// The share of the customers of both dates whose cluster changed; `None` where there are none.
    pub fn moved(&self) -> Option<f64> {
        let both = self.moves.iter().filter(|pair| pair.iter().all(Option::is_some));
        let (mut moved, mut stayed) = (0_u64, 0_u64);
        for [from, to] in both {
            if from == to { stayed += 1 } else { moved += 1 }
        }
        (moved + stayed > 0).then(|| moved as f64 / (moved + stayed) as f64)
    }

    /// One row per pair of clusters that has customers, in the order of the clusters; no cluster means
    /// no purchase by that date.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let labels = self.labels(lang);
        let width = labels.len();
        let mut counts = vec![0_u64; width * width];
        for [from, to] in &self.moves {
            counts[self.place(*from) * width + self.place(*to)] += 1;
        }
        let rows = || (0..counts.len()).filter(|at| counts[*at] > 0);
        Table::new(
            "migration",
            vec![
                Column::category(
                    "from",
                    "Из кластера",
                    &labels,
                    rows().map(|at| (at / width) as u32),
                ),
                Column::category("to", "В кластер", &labels, rows().map(|at| (at % width) as u32)),
                Column::int("customers", "Клиентов", rows().map(|at| counts[at] as i64)),
                Column::float(
                    "share_customers",
                    "Доля клиентов",
                    4,
                    rows().map(|at| counts[at] as f64 / self.moves.len() as f64),
                ),
            ],
        )
    }

    /// One row per customer whose cluster changed, by the bytes of their ids; new and lost customers
    /// included.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn movers(&self, lang: Lang) -> Result<Table> {
        let labels = self.labels(lang);
        let moved = || {
            (0..self.moves.len()).filter(|row| {
                let [from, to] = self.moves[*row];
                from != to
            })
        };
        let side = |side: usize| moved().map(move |row| self.place(self.moves[row][side]) as u32);
        Table::new(
            "movers",
            vec![
                Column::text("customer_id", "Клиент", moved().map(|row| self.ids.get(row))),
                Column::category("from", "Из кластера", &labels, side(0)),
                Column::category("to", "В кластер", &labels, side(1)),
            ],
        )
    }

    /// The names of the clusters, then that of none.
    fn labels(&self, lang: Lang) -> Vec<String> {
        let mut labels = self.names[lang.pick(0, 1)].clone();
        labels.push(lang.pick("(no purchase)", "(нет покупок)").to_owned());
        labels
    }

    fn place(&self, cluster: Option<u32>) -> usize {
        cluster.map_or(self.names[0].len(), |cluster| cluster as usize)
    }
}
