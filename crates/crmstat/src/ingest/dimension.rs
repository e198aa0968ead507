//! By what sales are divided: any column of the export or of a table beside it, by its name.

use super::{Export, profile::header_key};
use crate::{
    Error, Result,
    data::{Column, ColumnKey, Field, Labels, Orders, Records, TableKind, Texts, column::MISSING},
};
use std::{collections::HashMap, fmt};

/// Words that people use for fields, besides the names of these.
const SYNONYMS: [(&str, Field); 33] = [
    ("manager", Field::Owner),
    ("salesperson", Field::Owner),
    ("sales rep", Field::Owner),
    ("agent", Field::Owner),
    ("sales agent", Field::Owner),
    ("responsible", Field::Owner),
    ("менеджер", Field::Owner),
    ("ответственный", Field::Owner),
    ("customer", Field::CustomerId),
    ("client", Field::CustomerId),
    ("account", Field::CustomerId),
    ("клиент", Field::CustomerId),
    ("покупатель", Field::CustomerId),
    ("order", Field::OrderId),
    ("deal", Field::OrderId),
    ("deal id", Field::OrderId),
    ("item", Field::Product),
    ("sku", Field::Product),
    ("товар", Field::Product),
    ("продукт", Field::Product),
    ("номенклатура", Field::Product),
    ("категория", Field::Category),
    ("регион", Field::Region),
    ("канал", Field::Channel),
    ("источник", Field::Source),
    ("воронка", Field::Pipeline),
    ("этап", Field::Stage),
    ("стадия", Field::Stage),
    ("сегмент", Field::Segment),
    ("валюта", Field::Currency),
    ("reason", Field::LostReason),
    ("причина", Field::LostReason),
    ("воронка продаж", Field::Pipeline),
];

/// The field that `name` means, by its name or by a word that people use for it: `manager` is
/// [`Field::Owner`].
pub fn field_of(name: &str) -> Option<Field> {
    let wanted = header_key(name);
    let named = Field::ALL.iter().copied().find(|field| header_key(field.name()) == wanted);
    let synonym = || SYNONYMS.iter().find(|(word, _)| header_key(word) == wanted);
    named.or_else(|| synonym().map(|(_, field)| *field))
}

/// A column by which sales are divided, and where it stands.
///
/// A name is looked for as a field that the export has (`region`), as a header of the export, as a header of a table
/// joined by [`Records::joined`], as a word for a field (`manager` is `owner`), and then likewise in the tables of
/// customers, products and order lines. A name such as `customers.industry` or `teams.office` says the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    name: String,
    /// The table beside the export; `None` is the export itself.
    table: Option<TableKind>,
    key: ColumnKey,
    /// Of a joined table, which of the tables it is, and the column of the export that its key stands in.
    joined: Option<(usize, ColumnKey)>,
}

/// The tables beside an export by which its sales are divided, in the order in which they are searched.
const TABLES: [TableKind; 3] = [TableKind::Customers, TableKind::Products, TableKind::Lines];

impl Dimension {
    /// Finds `name` in `export` or, failing that, in the `tables` beside it, of which columns that are no field
    /// must have been read by [`Records::read_with`].
    ///
    /// # Errors
    /// A name that none of them knows; the hint lists what they know.
    pub fn find(name: &str, export: &Export, tables: &[Records]) -> Result<Self> {
        let has = |key: &ColumnKey| {
            let own = |input: &super::pass::input::Input| match key {
                ColumnKey::Field(Field::CustomerId) => !input.mapping.customer.is_empty(),
                _ => input.column_of(key).is_some(),
            };
            export.inputs().iter().any(own)
        };
        let known = || {
            let of_input = |input: &super::pass::input::Input| {
                let headers = input.headers.iter().map(|header| header.trim().to_owned());
                headers.filter(|header| !header.is_empty()).collect::<Vec<_>>()
            };
            export.inputs().first().map(of_input).unwrap_or_default()
        };
        Self::find_in(name, has, known, tables)
    }

    /// Finds `name` among the columns of `orders` that have been read or, failing that, in the `tables` beside
    /// them.
    ///
    /// # Errors
    /// As [`Dimension::find`].
    pub fn find_among(name: &str, orders: &Orders, tables: &[Records]) -> Result<Self> {
        let has = |key: &ColumnKey| {
            matches!(key, ColumnKey::Field(Field::CustomerId)) || orders.column(key).is_some()
        };
        let known = || orders.keys().map(|key| key.name().to_owned()).collect();
        Self::find_in(name, has, known, tables)
    }

    fn find_in(
        name: &str,
        has: impl Fn(&ColumnKey) -> bool,
        known: impl FnOnce() -> Vec<String>,
        tables: &[Records],
    ) -> Result<Self> {
        let name = name.trim();
        let found = |table, key| Self { name: name.to_owned(), table, key, joined: None };
        let joined = |wanted: Option<&str>, column: &str| {
            let (at, key) = joined_column(tables, wanted, column)?;
            let joined = Some((at, tables[at].joined_as()?.column.clone()));
            Some(Self { joined, ..found(Some(TableKind::Attributes), key) })
        };
        let table = |kind: TableKind| tables.iter().find(|table| table.kind() == kind);
        let of_table = |kind: TableKind, name: &str| {
            let table = table(kind)?;
            key_of(name, |key| table.keys().any(|own| own == key), false)
                .map(|key| found(Some(kind), key))
        };
        if let Some((prefix, column)) = name.split_once('.')
            && let Some(kind) = TABLES.into_iter().find(|kind| kind.name() == prefix)
        {
            return of_table(kind, column).ok_or_else(|| {
                let hint = match table(kind) {
                    Some(table) => {
                        let columns: Vec<String> =
                            table.keys().map(|key| key.name().to_owned()).collect();
                        format!("it has {}", columns.join(", "))
                    }
                    None => format!("give it with `--{prefix} FILE`"),
                };
                Error::usage(format!("the table of {prefix} has no column `{column}`"))
                    .with_hint(hint)
            });
        }
        if let Some(own) = name.split_once('.').and_then(|(table, name)| joined(Some(table), name))
        {
            return Ok(own);
        }
        if let Some(key) = plain_key_of(name, &has, true) {
            return Ok(found(None, key));
        }
        if let Some(own) = joined(None, name) {
            return Ok(own);
        }
        if let Some(key) = key_of(name, &has, true) {
            return Ok(found(None, key));
        }
        let beside = TABLES.into_iter().find_map(|kind| of_table(kind, name));
        beside.ok_or_else(|| {
            let mut names = known();
            for table in tables.iter().filter(|table| TABLES.contains(&table.kind())) {
                let of = |key: &ColumnKey| format!("{}.{}", table.kind(), key.name());
                names.extend(table.keys().map(of));
            }
            for (table, own) in tables.iter().filter_map(|own| Some((own, own.joined_as()?))) {
                names.extend(table.keys().map(|key| format!("{}.{}", own.name, key.name())));
            }
            let listed = names.join(", ");
            match field_of(name) {
                Some(field) => Error::data(format!("no column holds {field} to divide by"))
                    .with_hint(format!(
                        "name it with `--map {field}=COLUMN`; the columns are {listed}"
                    )),
                None => Error::usage(format!("there is no column `{name}` to divide by"))
                    .with_hint(format!("the columns are {listed}")),
            }
        })
    }

    /// The name, as it was asked for: that of its column in the result.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field that it is, where it is one.
    pub fn field(&self) -> Option<Field> {
        self.key.field()
    }

    /// What its column is known by.
    pub fn key(&self) -> ColumnKey {
        self.key.clone()
    }

    /// The table beside the export in which it stands; `None` is the export itself.
    pub fn table(&self) -> Option<TableKind> {
        self.table
    }

    /// What has to be read of the orders, besides what every order has, so that it can be laid over them.
    pub(crate) fn wanted(&self) -> Option<ColumnKey> {
        if let Some((_, column)) = &self.joined {
            return Some(column.clone());
        }
        match self.table {
            None if self.key == ColumnKey::Field(Field::CustomerId) => None,
            None => Some(self.key.clone()),
            Some(TableKind::Products) => Some(Field::Product.into()),
            Some(TableKind::Lines) => Some(Field::OrderId.into()),
            Some(_) => None,
        }
    }

    /// The label of each line of `orders`, which have been divided into their lines where these are beside
    /// them.
    ///
    /// # Errors
    /// A column of the products where the orders name none.
    pub(crate) fn labels(&self, orders: &Orders, tables: &[Records]) -> Result<Labels> {
        let table = |kind: TableKind| tables.iter().find(|table| table.kind() == kind);
        let nothing = || {
            Error::data(format!("nothing is known of `{}`", self.name))
                .with_hint("see `crmstat inspect` for the columns that are read")
        };
        if let Some((at, column)) = &self.joined {
            let table = tables.get(*at).ok_or_else(nothing)?;
            let own = orders.column(column).map(texts_of).ok_or_else(nothing)?;
            return joined_labels(table, &self.key, &own).ok_or_else(nothing);
        }
        match self.table {
            None if self.key == ColumnKey::Field(Field::CustomerId) => {
                Ok(by_customer(orders, orders.customers().clone(), |customer| {
                    Some(customer as u32)
                }))
            }
            None | Some(TableKind::Lines) => {
                orders.column(&self.key).map(texts_of).ok_or_else(nothing)
            }
            Some(TableKind::Products) => {
                let products = table(TableKind::Products).ok_or_else(nothing)?;
                let own = orders.labels(Field::Product).ok_or_else(|| {
                    Error::data(format!("`{}` is known of products, and the orders name none", self.name))
                        .with_hint("name the column of the product with `--map product=COLUMN`, or give `--lines FILE`")
                })?;
                let cells = products.column(&self.key).map(texts_of).ok_or_else(nothing)?;
                let of_product = first_rows(products, Field::Product, own.labels());
                let code = |line: usize| {
                    let row = of_product[own.code(line)? as usize]?;
                    cells.code(row as usize)
                };
                let lines = orders.line_amount().len();
                let codes = (0..lines).map(|line| code(line).unwrap_or(MISSING)).collect();
                Ok(Labels::new(cells.labels().clone(), codes))
            }
            Some(kind) => {
                let customers = table(kind).ok_or_else(nothing)?;
                let cells = customers.column(&self.key).map(texts_of).ok_or_else(nothing)?;
                let of_customer = first_rows(customers, Field::CustomerId, orders.customers());
                Ok(by_customer(orders, cells.labels().clone(), |customer| {
                    cells.code(of_customer.get(customer).copied().flatten()? as usize)
                }))
            }
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The column called `column` of one of the joined `tables`, of the one called `wanted` where that is given: which table
/// it is, and the column there.
pub(crate) fn joined_column(
    tables: &[Records],
    wanted: Option<&str>,
    column: &str,
) -> Option<(usize, ColumnKey)> {
    tables.iter().enumerate().find_map(|(at, table)| {
        let own = table.joined_as()?;
        if wanted.is_some_and(|wanted| header_key(wanted) != header_key(&own.name)) {
            return None;
        }
        let is = |key: &&ColumnKey| header_key(&name_of(key)) == header_key(column);
        Some((at, table.keys().find(is)?.clone()))
    })
}

/// The labels of the column `key` of a joined `table`, for every row of `own`, the labels of the column of the export
/// that it is joined by. `None` where the table is not joined or has no such column.
pub(crate) fn joined_labels(table: &Records, key: &ColumnKey, own: &Labels) -> Option<Labels> {
    let Some(Column::Text(names)) = table.column(&table.joined_as()?.key) else { return None };
    let cells = table.column(key).map(texts_of)?;
    let row_of: HashMap<&str, usize> =
        (0..names.len()).filter_map(|row| Some((names.get(row)?, row))).collect();
    let code_of = |label: usize| cells.code(*row_of.get(own.labels().get(label)?)?);
    let codes: Vec<u32> =
        (0..own.labels().len()).map(|label| code_of(label).unwrap_or(MISSING)).collect();
    let code = |row: usize| own.code(row).map_or(MISSING, |label| codes[label as usize]);
    let codes = (0..own.len()).map(code).collect();
    Some(Labels::new(cells.labels().clone(), codes))
}

/// The first row of `table` for each of `keys`, by `field`.
pub(crate) fn first_rows(table: &Records, field: Field, keys: &Texts) -> Vec<Option<u32>> {
    let mut first = vec![None; keys.len()];
    for (row, key) in (0_u32..).zip(table.matched(field, keys).rows) {
        if let Some(key) = key {
            first[key as usize].get_or_insert(row);
        }
    }
    first
}

/// What is known of customers, on each line of their orders; of those of nobody nothing is.
fn by_customer(orders: &Orders, labels: Texts, code: impl Fn(usize) -> Option<u32>) -> Labels {
    let mut codes = Vec::with_capacity(orders.line_amount().len());
    for group in 0..orders.groups() {
        let is_customer = group < orders.customers().len();
        let code = is_customer.then(|| code(group)).flatten().unwrap_or(MISSING);
        for order in orders.of_customer(group) {
            codes.extend(orders.lines_of(order).map(|_| code));
        }
    }
    Labels::new(labels, codes)
}

/// The column as texts: numbers and amounts as they are written plainly.
fn texts_of(column: &Column) -> Labels {
    let of = |texts: Vec<Option<String>>| texts.iter().map(Option::as_deref).collect();
    match column {
        Column::Text(labels) => labels.clone(),
        Column::Date(values) => {
            of(values.iter().map(|at| at.map(|at| at.date().to_string())).collect())
        }
        Column::Money(values) => {
            of(values.iter().map(|amount| amount.map(|amount| amount.to_string())).collect())
        }
        Column::Number(values) => {
            let text = |value: &f64| (!value.is_nan()).then(|| value.to_string());
            of(values.iter().map(text).collect())
        }
    }
}

/// What a column is called.
pub(crate) fn name_of(key: &ColumnKey) -> String {
    key.name().to_owned()
}

/// The column that `name` means among those that are there: a field by its name, a header, a word for a field.
/// Where `as_texts`, a field that is no text is read as one, by its header.
fn key_of(name: &str, has: impl Fn(&ColumnKey) -> bool, as_texts: bool) -> Option<ColumnKey> {
    let plain = plain_key_of(name, &has, as_texts);
    let word = || {
        let word = field_of(name).filter(|field| field.is_text() || !as_texts);
        word.map(ColumnKey::Field).filter(|key| has(key))
    };
    plain.or_else(word)
}

/// As [`key_of`], of a field by its own name and of a header.
fn plain_key_of(name: &str, has: impl Fn(&ColumnKey) -> bool, as_texts: bool) -> Option<ColumnKey> {
    let field = Field::from_name(name).filter(|field| field.is_text() || !as_texts);
    let header = ColumnKey::Header(name.to_owned());
    [field.map(ColumnKey::Field), Some(header)].into_iter().flatten().find(|key| has(key))
}

#[cfg(test)]
mod tests {
    use super::{Dimension, field_of};
    use crate::{
        data::{ColumnKey, Field, OrdersQuery, RecordRow, Records, TableKind},
        ingest::{Export, ReadOptions},
    };

    const ORDERS: &str = "\
order_id,customer_id,order_date,amount,product,manager,Colour of box
1,A,2025-01-05,10,Chair,Ann,red
2,B,2025-01-06,20,Desk,Bob,
3,A,2025-02-05,30,Lamp,Ann,blue
";

    fn export() -> Export {
        Export::from_bytes("orders.csv", ORDERS, ReadOptions::default()).unwrap()
    }

    fn tables() -> Vec<Records> {
        let customer =
            |id, region| RecordRow::new().with(Field::CustomerId, id).with(Field::Region, region);
        let product = |id, category| {
            RecordRow::new().with(Field::Product, id).with(Field::Category, category)
        };
        let customers = Records::builder(TableKind::Customers).row(customer("A", "North"));
        let products = Records::builder(TableKind::Products)
            .row(product("Chair", "Furniture"))
            .row(product("Lamp", "Light"));
        vec![
            customers.build().unwrap().complete().unwrap(),
            products.build().unwrap().complete().unwrap(),
        ]
    }

    /// The labels of the orders A 1, A 3, B 2.
    fn labels(name: &str) -> Vec<Option<String>> {
        let (mut export, tables) = (export(), tables());
        let found = Dimension::find(name, &export, &tables).unwrap();
        let mut query = OrdersQuery::default();
        match found.wanted() {
            Some(ColumnKey::Field(field)) => query.fields.push(field),
            Some(ColumnKey::Header(header)) => query.headers.push(header),
            None => {}
        }
        let orders = crate::data::Orders::read(&mut export, &query).unwrap().result;
        let labels = found.labels(&orders, &tables).unwrap();
        (0..labels.len()).map(|line| labels.get(line).map(str::to_owned)).collect()
    }

    fn some(texts: [&str; 3]) -> Vec<Option<String>> {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned())).to_vec()
    }

    #[test]
    fn a_column_is_found_by_field_header_word_and_table() {
        for name in ["owner", "manager", "Manager", "менеджер", "#6"] {
            assert_eq!(labels(name), some(["Ann", "Ann", "Bob"]), "{name}");
        }
        for name in ["Colour of box", "colour_of_box", "#7"] {
            assert_eq!(labels(name), some(["red", "blue", ""]), "{name}");
        }
        assert_eq!(labels("customer"), some(["A", "A", "B"]));
        assert_eq!(labels("region"), some(["North", "North", ""]));
        assert_eq!(labels("customers.region"), some(["North", "North", ""]));
        assert_eq!(labels("category"), some(["Furniture", "Light", ""]));
        // A column that is no text is one here.
        assert_eq!(labels("amount"), some(["10", "30", "20"]));
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_are_known() {
        let refused = |name: &str| Dimension::find(name, &export(), &tables()).unwrap_err();
        let error = refused("colour");
        assert!(error.is_usage());
        assert_eq!(error.to_string(), "there is no column `colour` to divide by");
        let hint = error.hint().unwrap();
        assert!(hint.contains("Colour of box") && hint.contains("customers.region"), "{hint}");
        assert!(refused("customers.colour").hint().unwrap().contains("region"));
        assert!(refused("lines.colour").hint().unwrap().contains("--lines"));
    }

    #[test]
    fn words_mean_fields() {
        assert_eq!(field_of("Manager"), Some(Field::Owner));
        assert_eq!(field_of("lost reason"), Some(Field::LostReason));
        assert_eq!(field_of("weather"), None);
    }
}
