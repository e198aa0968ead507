//! Cohorts by anything: customers by what their first purchase says.

use super::{Acquisition, Figure, Options, none_in_window};
use crate::{
    AsOf, Lang, Result,
    analysis::sales::facts::{Facts, Needs},
    data::{
        Labels, Orders, Records,
        column::MISSING,
        sales::is_purchase,
        table::{Column, Table},
    },
    ingest::{Export, Imported},
};
use std::collections::BTreeMap;

/// Cohorts of each group of customers.
#[derive(Clone, Debug)]
pub struct Divided {
    by: String,
    as_of: AsOf,
    groups: Vec<(Option<String>, Acquisition)>,
}

/// Groups the customers of `export` by the column `by`, then by the period of their first order: each belongs where
/// their first purchase does, with all that they order later. Of several lines the dearest counts, of equals the
/// first label. So `product` is the first product, `channel` that by which a customer came.
///
/// # Errors
/// What the export cannot bear, no purchase in the window, or a column that nobody has.
pub fn divided(
    export: &mut Export,
    options: &Options,
    by: &str,
    tables: &[Records],
) -> Result<Imported<Divided>> {
    let names = [by.to_owned()];
    let facts = Facts::read(export, options.window, &names, Needs::default(), tables)?;
    facts.try_map(|facts| Divided::of(&facts.orders, &facts.dims[0].1, options, by))
}

impl Divided {
    fn of(orders: &Orders, labels: &Labels, options: &Options, by: &str) -> Result<Self> {
        let (_, last) = orders.span().ok_or_else(none_in_window)?;
        let as_of = options.window.until.unwrap_or(AsOf::day_after(last));
        let group = |customer: usize| first_label(orders, labels, customer);
        let found = Acquisition::of_groups(orders, as_of, options.period, group);
        if found.is_empty() {
            return Err(none_in_window());
        }
        let name = |code: u32| labels.labels().get(code as usize).map(str::to_owned);
        let groups = found
            .into_iter()
            .map(|(code, cohorts)| ((code != MISSING).then(|| name(code)).flatten(), cohorts))
            .collect();
        Ok(Self { by: by.to_owned(), as_of, groups })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The label of each group and its cohorts; `None` is no label.
    pub fn groups(&self) -> &[(Option<String>, Acquisition)] {
        &self.groups
    }

    /// As [`Acquisition::table`], with the group before it.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        self.joined(lang, "cohorts", Acquisition::table)
    }

    /// As [`Acquisition::matrix`], with the group before it.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn matrix(&self, figure: Figure, lang: Lang) -> Result<Table> {
        self.joined(lang, "cohort_matrix", |cohorts| cohorts.matrix(figure))
    }

    /// The tables of all groups below one another; columns that a group lacks are missing there.
    fn joined(
        &self,
        lang: Lang,
        name: &str,
        of: impl Fn(&Acquisition) -> Result<Table>,
    ) -> Result<Table> {
        let tables = self.groups.iter().map(|(_, own)| of(own)).collect::<Result<Vec<Table>>>()?;
        let missing = lang.pick("(none)", "(нет)");
        let label = |at: usize| self.groups[at].0.as_deref().unwrap_or(missing);
        let places: Vec<(usize, usize)> = tables
            .iter()
            .enumerate()
            .flat_map(|(at, table)| (0..table.rows()).map(move |row| (at, row)))
            .collect();
        // The youngest group may have fewer ages.
        let widest = tables.iter().max_by_key(|table| table.columns().len());
        let mut columns = vec![Column::text(
            if widest.is_some_and(|own| own.columns().iter().any(|own| own.name() == self.by)) {
                format!("by_{}", self.by)
            } else {
                self.by.clone()
            },
            self.by.clone(),
            places.iter().map(|(at, _)| label(*at)),
        )];
        for column in widest.into_iter().flat_map(Table::columns) {
            let of_table: BTreeMap<usize, &Column> = tables
                .iter()
                .enumerate()
                .filter_map(|(at, table)| {
                    let own = table.columns().iter().find(|own| own.name() == column.name())?;
                    Some((at, own))
                })
                .collect();
            let cells = places
                .iter()
                .map(|(at, row)| of_table.get(at).and_then(|own| own.values().get(*row)));
            columns.push(column.filled(cells));
        }
        Table::new(name, columns)
    }
}

/// The code of the label of a customer's first purchase.
fn first_label(orders: &Orders, labels: &Labels, customer: usize) -> u32 {
    let first = orders.of_customer(customer).find(|order| is_purchase(orders.amount()[*order]));
    let Some(order) = first else { return MISSING };
    let line = orders.lines_of(order).max_by_key(|line| {
        let code = labels.code(*line).unwrap_or(MISSING);
        (orders.line_amount()[*line], std::cmp::Reverse(code))
    });
    line.and_then(|line| labels.code(line)).unwrap_or(MISSING)
}
