//! By what deals are divided: fields, headers, columns of the customers.

use crate::{
    Error, Result,
    data::{self, Column, ColumnKey, Field, Labels, Records, TableKind, column::MISSING},
    ingest::{field_of, first_rows},
};
use std::borrow::Cow;

/// A column by which deals are divided, with a label for every deal.
#[derive(Debug)]
pub(super) struct Divider<'a> {
    name: String,
    labels: Cow<'a, Labels>,
}

impl Divider<'_> {
    /// The code of the label of `deal`.
    pub(super) fn code(&self, deal: usize) -> Option<u32> {
        self.labels.code(deal)
    }

    /// The label with `code`.
    pub(super) fn label(&self, code: u32) -> Option<&str> {
        if code == MISSING { None } else { self.labels.labels().get(code as usize) }
    }

    /// The name of the field, or the header.
    pub(super) fn into_name(self) -> String {
        self.name
    }
}

/// The columns that `by` names, checked; pipelines where it names none and there are several.
pub(super) fn dividers<'a>(
    deals: &'a data::Deals,
    customers: Option<&'a Records>,
    by: &[String],
) -> Result<Vec<Divider<'a>>> {
    let mut found: Vec<Divider<'a>> = Vec::new();
    for name in by {
        let divider = divider(deals, customers, name.trim())?;
        if found.iter().any(|own| own.name == divider.name) {
            return Err(Error::usage(format!("deals are divided by {} twice", divider.name)));
        }
        found.push(divider);
    }
    let pipelines = deals.labels(Field::Pipeline);
    if let Some(labels) = pipelines.filter(|own| by.is_empty() && own.labels().len() > 1) {
        let name = Field::Pipeline.name().to_owned();
        found.push(Divider { name, labels: Cow::Borrowed(labels) });
    }
    Ok(found)
}

fn divider<'a>(
    deals: &'a data::Deals,
    customers: Option<&'a Records>,
    name: &str,
) -> Result<Divider<'a>> {
    let word = field_of(name);
    let usable = |field: &Field| field.is_text() && *field != Field::OrderId;
    if let Some(field) = Field::from_name(name).filter(|field| !usable(field)) {
        return Err(Error::usage(format!("deals are not divided by {field}"))
            .with_hint("name a column of texts, such as owner, stage or source"));
    }
    let keys = |name: &str| {
        let field = Field::from_name(name).filter(usable).map(ColumnKey::Field);
        let header = Some(ColumnKey::Header(name.to_owned()));
        let word = field_of(name).filter(usable).map(ColumnKey::Field);
        [field, header, word].into_iter().flatten()
    };
    let filled = |column: Option<&'a Column>| match column {
        Some(Column::Text(labels)) if !labels.labels().is_empty() => Some(labels),
        _ => None,
    };
    let own = keys(name).find_map(|key| Some((filled(deals.column(&key))?, key)));
    if let Some((labels, key)) = own {
        return Ok(Divider { name: name_of(&key), labels: Cow::Borrowed(labels) });
    }
    let prefix = TableKind::Customers.name();
    let column = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    if let Some((customers, ids)) = customers.zip(deals.labels(Field::CustomerId))
        && let Some((labels, key)) =
            keys(column).find_map(|key| Some((filled(customers.column(&key))?, key)))
    {
        let rows = first_rows(customers, Field::CustomerId, ids.labels());
        let code = |deal: usize| {
            let row = rows[ids.code(deal)? as usize]?;
            labels.code(row as usize)
        };
        let codes = (0..deals.len()).map(|deal| code(deal).unwrap_or(MISSING)).collect();
        let labels = Labels::new(labels.labels().clone(), codes);
        return Ok(Divider { name: name_of(&key), labels: Cow::Owned(labels) });
    }
    let known: Vec<String> =
        deals.keys().filter(|key| filled(deals.column(key)).is_some()).map(name_of).collect();
    let known = known.iter().filter(|name| *name != Field::OrderId.name());
    let known = known.map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(match word {
        Some(field) if usable(&field) => {
            Error::data(format!("the deals have no column of texts for {field}"))
                .with_hint(format!("name it with `--map {field}=COLUMN`; the deals have {known}"))
        }
        Some(field) => Error::usage(format!("deals are not divided by {field}"))
            .with_hint(format!("the deals have {known}")),
        None => Error::usage(format!("there is no column `{name}` to divide deals by")).with_hint(
            format!("the deals have {known}; a column of the customers is `customers.COLUMN`"),
        ),
    })
}

fn name_of(key: &ColumnKey) -> String {
    match key {
        ColumnKey::Field(field) => field.name().to_owned(),
        ColumnKey::Header(name) => name.clone(),
    }
}
