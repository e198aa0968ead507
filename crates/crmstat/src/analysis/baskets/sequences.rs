//! What is bought next.

use super::{Least, check_rate, purchases::Purchases};
use crate::{
    AsOf, Error, Result, Window,
    analysis::sales::Note,
    data::{
        Orders, Records,
        table::{Column, Table},
    },
    ingest::{Export, Imported},
};
use crmstat_models::baskets::sequences::{Histories, Params, Sequence, mine};

/// What is asked of sequences.
#[derive(Clone, Debug)]
pub struct SequenceQuery {
    /// The days whose orders count.
    pub window: Window,
    /// What a product is: a column of the export or of a table beside it.
    pub by: String,
    /// Days within which the second purchase follows the first.
    pub within: u32,
    /// The fewest customers of a sequence.
    pub least: Least,
    /// The false discovery rate of the sequences that are shown; 1 shows all.
    pub false_discovery: f64,
}

impl Default for SequenceQuery {
    /// Within 90 days, at a false discovery rate of 5 %.
    fn default() -> Self {
        Self {
            window: Window::default(),
            by: "product".to_owned(),
            within: 90,
            least: Least::default(),
            false_discovery: 0.05,
        }
    }
}

/// Who buys the first product buys the second later.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductSequence {
    /// What is bought first.
    pub first: String,
    /// What is bought next.
    pub next: String,
    /// Customers who did.
    pub customers: u32,
    /// Customers who bought the first early enough for the time after it to be known.
    pub first_customers: u32,
    /// The former over the latter.
    pub confidence: f64,
    /// The confidence over the share of all customers who bought the second likewise after anything.
    pub lift: f64,
    /// The mean of days between.
    pub mean_days: f64,
    /// Customers who did, and never the other way round.
    pub only_so: u32,
    /// Customers who did the other way round alone.
    pub only_reverse: u32,
    /// How likely so many are if neither order is the likelier.
    pub p_value: f64,
    /// The false discovery rate at which this order would just be called one.
    pub q_value: f64,
}

/// What is bought next.
#[derive(Clone, Debug)]
pub struct Sequences {
    as_of: AsOf,
    within: u32,
    customers: u32,
    found: usize,
    false_discovery: f64,
    rows: Vec<ProductSequence>,
    notes: Vec<Note>,
}

/// Finds what the customers of `export` buy within a time after what.
///
/// ```
/// use crmstat::{analysis::baskets::{self, SequenceQuery}, ingest::{Export, ReadOptions}};
///
/// let mut csv = "customer_id,order_date,amount,product\n".to_owned();
/// for customer in 10..40 {
///     csv += &format!("C{customer},2025-01-05,90,printer\nC{customer},2025-02-04,10,ink\n");
/// }
/// csv += "X,2025-12-31,1,desk\n";
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let found = baskets::sequences(&mut export, &SequenceQuery::default(), &[])?.result;
/// let next = &found.rows()[0];
/// assert_eq!((&*next.first, &*next.next, next.mean_days), ("printer", "ink", 30.0));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, nobody observed for as long, or a setting out of range.
pub fn sequences(
    export: &mut Export,
    query: &SequenceQuery,
    tables: &[Records],
) -> Result<Imported<Sequences>> {
    check_rate(query.false_discovery)?;
    let by = [query.by.clone()];
    let read = Purchases::read(export, query.window, &by, tables)?;
    read.try_map(|purchases| Sequences::of(&purchases, query))
}

/// Finds what the customers of `orders` that have been read buy within a time after what.
///
/// # Errors
/// As [`sequences`].
pub fn sequences_of(
    orders: &Orders,
    query: &SequenceQuery,
    tables: &[Records],
) -> Result<Sequences> {
    check_rate(query.false_discovery)?;
    let by = [query.by.clone()];
    Sequences::of(&Purchases::of_orders(orders, query.window, &by, tables)?, query)
}

impl Sequences {
    fn of(purchases: &Purchases<'_>, query: &SequenceQuery) -> Result<Self> {
        let labels = purchases.labels();
        let mut histories = Histories::new(labels.len());
        let mut own: Vec<(i32, u32)> = Vec::new();
        for customer in 0..purchases.customers() {
            own.clear();
            for purchase in purchases.of_group(customer) {
                own.extend(purchases.products(&purchase).map(|product| (purchase.day, product)));
            }
            histories.push(&mut own);
        }
        let least = query.least.of(histories.len());
        let within = i32::try_from(query.within).unwrap_or(i32::MAX);
        let last = purchases.as_of.date().days() - 1;
        let mined = mine(&histories, Params { within, last, least }).map_err(Error::from_model)?;
        if mined.customers == 0 {
            return Err(Error::data(format!(
                "no purchase has been observed for {} days",
                query.within
            ))
            .with_hint("ask for a shorter time between the two"));
        }
        let all = f64::from(mined.customers);
        let expected =
            |own: &Sequence| f64::from(own.first_customers) * f64::from(own.next_customers) / all;
        let mut shown: Vec<&Sequence> =
            mined.sequences.iter().filter(|own| own.q_value <= query.false_discovery).collect();
        shown.sort_by(|one, other| {
            let extra = |own: &Sequence| f64::from(own.customers) - expected(own);
            extra(other).total_cmp(&extra(one))
        });
        let name = |product: u32| labels[product as usize].clone();
        let rows = shown.into_iter().map(|own| ProductSequence {
            first: name(own.first),
            next: name(own.next),
            customers: own.customers,
            first_customers: own.first_customers,
            confidence: f64::from(own.customers) / f64::from(own.first_customers),
            lift: f64::from(own.customers) / expected(own),
            mean_days: own.mean_days,
            only_so: own.only_so,
            only_reverse: own.only_reverse,
            p_value: own.p_value,
            q_value: own.q_value,
        });
        Ok(Self {
            as_of: purchases.as_of,
            within: query.within,
            customers: mined.customers,
            found: mined.sequences.len(),
            false_discovery: query.false_discovery,
            rows: rows.collect(),
            notes: purchases.notes(),
        })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Those with the most customers beyond what their lift of 1 would have, first.
    pub fn rows(&self) -> &[ProductSequence] {
        &self.rows
    }

    /// What has to be known of the figures.
    pub fn notes(&self) -> Vec<Note> {
        let Self { within, customers, found, .. } = self;
        let (shown, percent) = (self.rows.len(), (1e6 * self.false_discovery).round() / 1e4);
        let mut notes = self.notes.clone();
        notes.push(Note::new(
            format!(
                "{customers} customers were observed for {within} days after a purchase; of {found} sequences the order \
                 of {shown} is no chance, at most {percent} % of these excepted. A product that is new on sale comes \
                 after an old one by itself"
            ),
            format!(
                "клиентов, за которыми наблюдали {within} дней после покупки: {customers}; последовательностей найдено \
                 {found}, порядок не случаен у {shown}, доля ошибочных среди них — не больше {percent} %. Новинку и так \
                 покупают позже старого товара"
            ),
        ));
        notes
    }

    /// One row per sequence.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | `first`, `next` | what is bought first, what next |
    /// | `customers`, `first_customers` | who did; who bought the first and was observed long enough |
    /// | `confidence`, `lift` | the share; over the share of all who bought the second after anything |
    /// | `mean_days` | days between, by the closest pair of each customer |
    /// | `only_so`, `only_reverse` | customers of whom one order holds alone |
    /// | `p_value`, `q_value` | the sign test of these, and its false discovery rate |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self) -> Result<Table> {
        let rows = || self.rows.iter();
        Table::new(
            "baskets_sequences",
            vec![
                Column::text("first", "Сначала", rows().map(|own| &*own.first)),
                Column::text("next", "Затем", rows().map(|own| &*own.next)),
                Column::int("customers", "Клиентов", rows().map(|own| i64::from(own.customers))),
                Column::int(
                    "first_customers",
                    "Купили первое",
                    rows().map(|own| i64::from(own.first_customers)),
                ),
                Column::float("confidence", "Достоверность", 4, rows().map(|own| own.confidence)),
                Column::float("lift", "Лифт", 2, rows().map(|own| own.lift)),
                Column::float("mean_days", "Дней между", 1, rows().map(|own| own.mean_days)),
                Column::int("only_so", "Только так", rows().map(|own| i64::from(own.only_so))),
                Column::int(
                    "only_reverse",
                    "Только наоборот",
                    rows().map(|own| i64::from(own.only_reverse)),
                ),
                Column::float("p_value", "p-значение", 6, rows().map(|own| own.p_value)),
                Column::float("q_value", "q-значение", 6, rows().map(|own| own.q_value)),
            ],
        )
    }
}
