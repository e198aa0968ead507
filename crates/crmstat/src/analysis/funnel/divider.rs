//! By what deals are divided: fields, headers, columns of the customers.

use crate::{
    Error, Result,
    data::{self, Column, ColumnKey, Field, Labels, Records, TableKind, column::MISSING},
    ingest::{
        dimension::{joined_column, joined_labels, name_of},
        field_of, first_rows,
    },
};
use std::borrow::Cow;

/// A column by which deals are divided, with a label for every deal.
#[derive(Debug)]
pub(in crate::analysis) struct Divider<'a> {
    name: String,
    labels: Cow<'a, Labels>,
}

impl Divider<'_> {
    /// The code of the label of `deal`.
    pub(in crate::analysis) fn code(&self, deal: usize) -> Option<u32> {
        self.labels.code(deal)
    }

    /// The label with `code`.
    pub(in crate::analysis) fn label(&self, code: u32) -> Option<&str> {
        if code == MISSING { None } else { self.labels.labels().get(code as usize) }
    }

    /// The name of the field, or the header.
    pub(in crate::analysis) fn name(&self) -> &str {
        &self.name
    }

    /// The label of every deal.
    pub(in crate::analysis) fn labels(&self) -> &Labels {
        &self.labels
    }

    /// As [`Divider::name`], of a divider that is done with.
    pub(in crate::analysis) fn into_name(self) -> String {
        self.name
    }
}

/// The tables by whose columns deals are divided, besides their own.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::analysis) struct Tables<'a> {
    pub(in crate::analysis) customers: Option<&'a Records>,
    pub(in crate::analysis) joined: &'a [Records],
}

/// What has to be read of the deals so that they can be divided by the columns that `by` names, among them those of the
/// tables `joined` to them.
pub(in crate::analysis) fn columns(by: &[String], joined: &[Records]) -> Vec<ColumnKey> {
    let mut keys: Vec<ColumnKey> = Vec::new();
    for name in by {
        let name = name.trim();
        let field = field_of(name).filter(|field| field.is_text()).map(ColumnKey::Field);
        keys.extend(field.into_iter().chain([ColumnKey::Header(name.to_owned())]));
    }
    keys.extend(joined.iter().filter_map(|table| Some(table.joined_as()?.column.clone())));
    keys
}

/// The columns that `by` names, checked; pipelines where it names none and there are several.
pub(super) fn dividers<'a>(
    deals: &'a data::Deals,
    tables: Tables<'a>,
    by: &[String],
) -> Result<Vec<Divider<'a>>> {
    let mut found: Vec<Divider<'a>> = Vec::new();
    for name in by {
        let divider = divider(deals, tables, name.trim())?;
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

/// The column that `name` means: a field or header of the deals, a header of a joined table, a word for a field, a
/// column of the customers.
///
/// # Errors
/// A name that none of them knows, or a column that holds no texts.
pub(in crate::analysis) fn divider<'a>(
    deals: &'a data::Deals,
    tables: Tables<'a>,
    name: &str,
) -> Result<Divider<'a>> {
    let Tables { customers, joined } = tables;
    let word = field_of(name);
    let usable = |field: &Field| field.is_text() && *field != Field::OrderId;
    if let Some(field) = Field::from_name(name).filter(|field| !usable(field)) {
        return Err(Error::usage(format!("deals are not divided by {field}"))
            .with_hint("name a column of texts, such as owner, stage or source"));
    }
    let plain = |name: &str| {
        let field = Field::from_name(name).filter(usable).map(ColumnKey::Field);
        [field, Some(ColumnKey::Header(name.to_owned()))].into_iter().flatten()
    };
    let by_word = |name: &str| field_of(name).filter(usable).map(ColumnKey::Field);
    let filled = |column: Option<&'a Column>| match column {
        Some(Column::Text(labels)) if !labels.labels().is_empty() => Some(labels),
        _ => None,
    };
    let own = |key: ColumnKey| {
        let labels = Cow::Borrowed(filled(deals.column(&key))?);
        Some(Divider { name: name_of(&key), labels })
    };
    let of_joined = |table: Option<&str>, column: &str| {
        let (at, key) = joined_column(joined, table, column)?;
        let beside = &joined[at];
        let labels = filled(deals.column(&beside.joined_as()?.column))?;
        let labels = Cow::Owned(joined_labels(beside, &key, labels)?);
        Some(Divider { name: name_of(&key), labels })
    };
    let of_table = name.split_once('.').and_then(|(table, own)| of_joined(Some(table), own));
    let found = of_table
        .or_else(|| plain(name).find_map(own))
        .or_else(|| of_joined(None, name))
        .or_else(|| by_word(name).and_then(own));
    if let Some(found) = found {
        return Ok(found);
    }
    let prefix = TableKind::Customers.name();
    let column = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    if let Some((customers, ids)) = customers.zip(deals.labels(Field::CustomerId))
        && let Some((labels, key)) = plain(column)
            .chain(by_word(column))
            .find_map(|key| Some((filled(customers.column(&key))?, key)))
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
    let mut known: Vec<String> =
        deals.keys().filter(|key| filled(deals.column(key)).is_some()).map(name_of).collect();
    known.retain(|name| name != Field::OrderId.name());
    for (table, own) in joined.iter().filter_map(|table| Some((table, table.joined_as()?))) {
        known.extend(table.keys().map(|key| format!("{}.{}", own.name, name_of(key))));
    }
    let known = known.join(", ");
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
