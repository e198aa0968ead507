//! Which column is which field.

use super::{
    CloseDate, GENERIC, Lines, Profile, Returns, Table,
    guess::{Guess, Looks, by_words},
    header::{distance, key, key_without_currency},
    outcome::{Says, Telling, Topic, is_return},
};
use crate::{
    Error, Result,
    data::{Decision, Field, TableKind, field::FieldType},
    ingest::ReadOptions,
};
use std::collections::{BTreeMap, BTreeSet};

/// The option that names a column.
const MAP: &str = "--map";

/// Columns of words or flags, and of instants, that are looked at besides the stage and the status.
pub(crate) const MOST_SIGNS: usize = 4;

/// Headers listed in a message before the rest is counted.
const LISTED: usize = 20;

/// Which column of a file is which field.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The profile that the file follows.
    pub profile: Profile,
    /// What the rows are.
    pub kind: TableKind,
    /// The column of each field, from 0.
    pub columns: BTreeMap<Field, usize>,
    /// Where the customer is: the first of these that is filled in a row.
    pub customer: Vec<CustomerColumn>,
    /// Whether rows of equal ids are lines whose amounts add up.
    pub lines: bool,
    /// What the column of [`Field::ClosedAt`] holds.
    pub close_date: CloseDate,
    /// Whether an open deal with a probability of zero is lost.
    pub lost_at_zero: bool,
    /// What rows are whose status says that goods were given back.
    pub returns: Returns,
    /// What was decided; the file's name is for the caller to fill in.
    pub decisions: Vec<Decision>,
    /// Columns with a header that are no field, from 0.
    pub unmapped: Vec<usize>,
    /// The column of the status, where its cells and not its header say so.
    pub(crate) by_content: Option<Telling>,
    /// Further columns that say that a row is no sale.
    pub(crate) signs: Vec<Telling>,
    /// Columns with words of status that are not used.
    pub(crate) unused: Vec<Telling>,
    /// Fields whose columns no header says plainly.
    pub(crate) guesses: Vec<Guess>,
    /// Fields of plain tables that further columns fit as well.
    pub(crate) rivals: Vec<Guess>,
    headers: Vec<String>,
}

/// A column that may hold the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerColumn {
    /// The column, from 0.
    pub column: usize,
    /// What is put before its values, so that ids of two kinds of customers stay apart.
    pub prefix: String,
}

impl Mapping {
    /// No column of any field, where `headers` make up no table that is known.
    pub(crate) fn unknown(headers: &[&str], kind: Option<TableKind>) -> Self {
        let headers: Vec<String> = headers.iter().map(|header| header.trim().to_owned()).collect();
        Self {
            // The generic profile is built in.
            profile: Profile::named(GENERIC).unwrap_or(&Profile::builtin()[0]).clone(),
            kind: kind.unwrap_or(TableKind::Orders),
            columns: BTreeMap::new(),
            customer: Vec::new(),
            lines: true,
            close_date: CloseDate::Actual,
            lost_at_zero: false,
            returns: Returns::Void,
            decisions: Vec::new(),
            unmapped: (0..headers.len()).filter(|&at| !headers[at].is_empty()).collect(),
            by_content: None,
            signs: Vec::new(),
            unused: Vec::new(),
            guesses: Vec::new(),
            rivals: Vec::new(),
            headers,
        }
    }

    /// The column of `field`, from 0.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.get(&field).copied()
    }

    /// The name by which a profile finds `column` again: its header, or its place where an earlier header
    /// is equal.
    pub(crate) fn name_of(&self, column: usize) -> String {
        let wanted = key(&self.headers[column]);
        let first = self.headers.iter().position(|header| key(header) == wanted);
        if first == Some(column) && !wanted.is_empty() {
            self.headers[column].clone()
        } else {
            format!("#{}", column + 1)
        }
    }

    /// Takes `field` off its column, which turns out to hold something else, and says why.
    pub(crate) fn release(&mut self, field: Field, reason: &str) {
        let Some(column) = self.columns.remove(&field) else { return };
        let topic = format!("column {field}");
        self.decisions.retain(|decision| decision.topic != topic);
        self.decisions.push(decision(topic, "left aside", reason, Some(MAP)));
        self.unmapped.push(column);
        self.unmapped.sort_unstable();
    }

    /// Takes the columns, besides the stage and the status, that say that a row is no sale.
    fn take_signs(&mut self, telling: &[Telling], names: &Headers<'_>) {
        if !matches!(self.kind, TableKind::Orders | TableKind::Deals) {
            return;
        }
        // What ends a sale for good before what puts it off; of equals by header, wherever the column stands.
        let mut telling: Vec<&Telling> = telling.iter().collect();
        telling.sort_by_key(|told| {
            let ends = matches!(told.says, Says::LostIf | Says::LostAt);
            (!ends, names.written[told.column].trim(), told.column)
        });
        for told in telling {
            let column = told.column;
            let is_taken = self.columns.values().any(|taken| *taken == column)
                || self.customer.iter().any(|customer| customer.column == column);
            let is_sign = self.signs.iter().any(|sign| sign.column == column);
            // Money that was given back is taken off; that it was says nothing more.
            let is_amount_known = told.of_returns && self.columns.contains_key(&Field::Refunded);
            let is_told = is_amount_known && told.says == Says::LostAt;
            // Deals have fields of their own for the reason of a loss.
            let of_deals = self.kind == TableKind::Deals && told.labels.is_empty();
            let is_told = is_told || (of_deals && told.says == Says::LostAt) || told.by_header;
            if is_taken || is_sign || is_told || names.keys[column].is_empty() {
                continue;
            }
            // Codes may be a status where nothing else is.
            let has_status = self.by_content.is_some()
                || [Field::Status, Field::Stage, Field::IsWon, Field::IsLost]
                    .iter()
                    .any(|field| self.columns.contains_key(field));
            if told.by_code && has_status {
                continue;
            }
            if told.says == Says::Unclear {
                self.unused.push(told.clone());
                continue;
            }
            // A deal has its stage; whether it is paid for does not make it.
            let ends = matches!(told.says, Says::LostIf | Says::LostAt);
            let like = |sign: &&Telling| (sign.says == Says::LostAt) == (told.says == Says::LostAt);
            let has_room = self.signs.iter().filter(like).count() < MOST_SIGNS;
            if has_room && (ends || self.kind == TableKind::Orders) {
                self.unmapped.retain(|other| *other != column);
                self.signs.push(told.clone());
                self.decisions.push(decision(
                    format!("outcome by `{}`", self.headers[column]),
                    told.meaning(),
                    format!("its cells: {}", told.shown()),
                    Some("--ignore"),
                ));
            } else {
                self.unused.push(told.clone());
            }
        }
    }

    /// Takes rows of goods given back for documents of their own, whose amounts are taken off, where most of them
    /// repeat the customer and the amount of a sale.
    fn take_returns(&mut self, looks: &Looks) {
        let told = self.by_content.as_ref().filter(|told| told.of_documents);
        let columns = [Field::CustomerId, Field::Amount].map(|field| self.column(field));
        let (Some(told), [Some(customer), Some(amount)]) = (told, columns) else { return };
        let mut sales = BTreeSet::new();
        let mut returns = Vec::new();
        for row in looks.sample() {
            let cell = |column: usize| row.get(column).map_or("", |cell| cell.trim());
            let sale = (cell(customer), cell(amount).trim_start_matches('-'));
            if is_return(cell(told.column)) {
                returns.push(sale);
            } else {
                sales.insert(sale);
            }
        }
        let paired = returns.iter().filter(|sale| sales.contains(*sale)).count();
        if paired > 0 && 2 * paired >= returns.len() {
            self.returns = Returns::Subtract;
        }
    }

    /// Moves fields whose header is repeated from an empty column to the first filled one.
    ///
    /// amoCRM repeats headers such as `Товар` and fills one of them. `filled` says whether a column has a
    /// filled cell in the sample.
    pub fn prefer_filled(&mut self, filled: impl Fn(usize) -> bool) {
        let keys: Vec<String> = self.headers.iter().map(|header| key(header)).collect();
        let taken: BTreeSet<usize> = self.columns.values().copied().collect();
        let better = |column: usize| {
            let repeated = |&other: &usize| keys[other] == keys[column] && !taken.contains(&other);
            (!filled(column))
                .then(|| (0..keys.len()).filter(repeated).find(|&other| filled(other)))
                .flatten()
        };
        let mut moved = BTreeMap::new();
        for (&field, column) in &mut self.columns {
            if let Some(filled) = better(*column) {
                self.decisions.push(decision(
                    format!("column {field}"),
                    format!("{} (column {})", self.headers[filled], filled + 1),
                    format!("the header is repeated and column {} is empty", *column + 1),
                    Some(MAP),
                ));
                moved.insert(*column, filled);
                *column = filled;
            }
        }
        for customer in &mut self.customer {
            customer.column = moved.get(&customer.column).copied().unwrap_or(customer.column);
        }
        for column in &mut self.unmapped {
            if let Some((&empty, _)) = moved.iter().find(|&(_, filled)| filled == column) {
                *column = empty;
            }
        }
        self.unmapped.sort_unstable();
    }

    /// Fails unless every one of `fields` has a column.
    ///
    /// # Errors
    /// A data error that names the missing fields, lists the headers and gives the option `--map`.
    pub fn require(&self, fields: &[Field]) -> Result<()> {
        let missing: Vec<&str> = fields
            .iter()
            .filter(|&&field| self.column(field).is_none())
            .map(|f| f.name())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let headers: Vec<&str> = self.headers.iter().map(String::as_str).collect();
        Err(Error::data(format!(
            "no column for {}; the headers are {}",
            missing.join(", "),
            listed(&headers)
        ))
        .with_hint(format!("name it with `{MAP} {}=COLUMN`", missing[0])))
    }
}

/// Finds the profile and the table that `headers` belong to, and which column is which field.
///
/// Among the tables whose signature is in the headers, the one with the most columns found wins; ties go
/// to the built-in order. Only where none fits is the generic profile tried, whose tables go in order.
/// `kind` keeps to tables of one kind, `chosen` to one profile. `overrides` are the caller's
/// `--map FIELD=COLUMN`; they come before the profile's headers.
///
/// Headers are compared without regard to letter case, spaces, `ё`, quotes, punctuation and a currency at
/// the end. Of repeated headers the first is taken; see [`Mapping::prefer_filled`].
///
/// # Errors
/// A data error where no table fits, or where an override names a column that is not there; it lists the
/// headers and names the nearest one.
///
/// # Examples
/// ```
/// use crmstat::{data::{Field, TableKind}, ingest::profile::recognise};
///
/// let mapping = recognise(&["customer_id", "order_date", "amount"], None, None, &[])?;
/// assert_eq!((mapping.profile.name.as_str(), mapping.kind), ("generic", TableKind::Orders));
/// assert_eq!(mapping.column(Field::OrderedAt), Some(1));
/// # Ok::<(), crmstat::Error>(())
/// ```
pub fn recognise(
    headers: &[&str],
    kind: Option<TableKind>,
    chosen: Option<&Profile>,
    overrides: &[(Field, String)],
) -> Result<Mapping> {
    Expected { kind, chosen, overrides, ignored: &[], elsewhere: Elsewhere::default() }.recognise(
        headers,
        &[],
        &Looks::default(),
    )
}

/// What the caller expects of a file, besides its headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    kind: Option<TableKind>,
    chosen: Option<&'a Profile>,
    overrides: &'a [(Field, String)],
    /// Headers of columns that are as if they were not there.
    ignored: &'a [String],
    elsewhere: Elsewhere,
}

/// What other tables say of orders and lines, so that these may be without it.
#[derive(Clone, Copy, Debug, Default)]
struct Elsewhere {
    /// The lines have the amounts.
    amounts: bool,
    /// The products have the prices.
    prices: bool,
    /// Sales need no customer.
    customers: bool,
}

impl<'a> Expected<'a> {
    /// What `options` say.
    pub(crate) fn new(options: &'a ReadOptions) -> Self {
        Self {
            kind: options.kind,
            chosen: options.profile.as_ref(),
            overrides: &options.map,
            ignored: &options.ignore,
            elsewhere: Elsewhere {
                amounts: options.amounts_in_lines,
                prices: options.prices_in_products,
                customers: false,
            },
        }
    }

    /// Finds the table and the columns; see [`recognise`]. `telling` are the columns whose cells say what
    /// became of their rows, `looks` says what cells look like.
    pub(crate) fn recognise(
        self,
        headers: &[&str],
        telling: &[Telling],
        looks: &Looks,
    ) -> Result<Mapping> {
        recognise_as(headers, telling, looks, self)
    }
}

fn recognise_as(
    headers: &[&str],
    telling: &[Telling],
    looks: &Looks,
    expected: Expected<'_>,
) -> Result<Mapping> {
    let Expected { kind, chosen, overrides, ignored, elsewhere } = expected;
    let mut names = Headers::new(headers);
    for name in ignored {
        names.ignore(name)?;
    }
    let given = names.given(overrides)?;
    let of_kind = |table: &&Table| kind.is_none_or(|kind| table.kind == kind);
    let overlaid_as = |profile, table, elsewhere| {
        Match::new(profile, table, &names, &given, elsewhere).told(telling, &names, &given)
    };
    let overlaid = |profile, table| overlaid_as(profile, table, elsewhere);
    let mapped = |found: Match<'_>, reason| {
        let mut mapping = found.into_mapping(&names, overrides, reason);
        mapping.take_signs(telling, &names);
        mapping.take_returns(looks);
        mapping
    };
    if let Some(profile) = chosen {
        let found =
            best(profile.tables.iter().filter(of_kind).map(|table| overlaid(profile, table)));
        return match found {
            Some(found) if found.is_complete() => {
                Ok(mapped(found, "given by `--profile`".to_owned()))
            }
            found => Err(incomplete(&names, kind, found.as_slice(), looks)),
        };
    }
    let specific = Profile::builtin().iter().filter(|profile| profile.name != GENERIC);
    let matches = specific.flat_map(|profile| {
        profile.tables.iter().filter(of_kind).map(|table| overlaid(profile, table))
    });
    if let Some(found) = best(matches.filter(|found| found.signed && found.is_complete())) {
        let reason = format!("{} of {} headers are its own", found.found, names.filled());
        return Ok(mapped(found, reason));
    }
    let generic = |elsewhere: Elsewhere| -> Vec<Match<'_>> {
        let tables = Profile::named(GENERIC).into_iter().flat_map(|profile| {
            let tables = profile.tables.iter().filter(of_kind);
            tables.map(move |table| (profile, table))
        });
        let laid = |(profile, table)| overlaid_as(profile, table, elsewhere);
        tables
            .map(|of| {
                let found = laid(of).with_amounts_of_numbers(looks);
                let found = found.with_order_id(&names, looks).with_rival_dates(&names, looks);
                found.with_refunds(&names, looks, telling).with_rival_prices(&names, looks)
            })
            .collect()
    };
    let usable = |found: &&Match<'_>| (found.signed || kind.is_some()) && found.is_complete();
    let plain = generic(elsewhere);
    // A till knows no customers.
    let sales = generic(Elsewhere { customers: true, ..elsewhere });
    let known = plain.iter().find(usable);
    let deduced = || deduced_of(&plain, &names, looks);
    let without_customers =
        || sales.iter().find(|found| found.table.kind == TableKind::Orders && usable(found));
    let (found, reason) = match known {
        // Lines and products that have a day and a customer of their own are orders.
        Some(found) if kind.is_none() && PARTS.contains(&found.table.kind) => match deduced() {
            Some(orders) => (orders, BY_WORDS),
            None => (found.clone(), PLAIN),
        },
        Some(found) => (found.clone(), PLAIN),
        None => match (deduced(), without_customers()) {
            (Some(orders), _) => (orders, BY_WORDS),
            (None, Some(found)) => (found.clone(), NO_CUSTOMER),
            (None, None) => match deduced_of(&sales, &names, looks) {
                Some(orders) => (orders, NO_CUSTOMER),
                None => return Err(incomplete(&names, kind, &plain, looks)),
            },
        },
    };
    if kind.is_none()
        && let Some(error) = found.deals_without_outcome(&plain, &names)
    {
        return Err(error);
    }
    Ok(mapped(found, reason.to_owned()))
}

/// The table of orders among `laid`, where words and cells give away what its headers do not say.
fn deduced_of<'a>(laid: &[Match<'a>], names: &Headers<'_>, looks: &Looks) -> Option<Match<'a>> {
    let orders = laid.iter().find(|found| found.table.kind == TableKind::Orders)?;
    Some(orders.clone().guessed(names, looks)).filter(Match::is_complete)
}

/// Tables of what orders consist of.
const PARTS: [TableKind; 2] = [TableKind::Lines, TableKind::Products];

const PLAIN: &str = "no CRM's headers; the columns have plain names";
const BY_WORDS: &str = "the words of its headers, and its cells";
const NO_CUSTOMER: &str = "plain names of columns, none of which names a customer";

/// The headers of a file, ready to be compared.
struct Headers<'a> {
    written: &'a [&'a str],
    keys: Vec<String>,
    without_currency: Vec<Option<String>>,
}

impl<'a> Headers<'a> {
    fn new(written: &'a [&'a str]) -> Self {
        Self {
            written,
            keys: written.iter().map(|header| key(header)).collect(),
            without_currency: written.iter().map(|header| key_without_currency(header)).collect(),
        }
    }

    /// The columns whose header is `name`: exactly so, or with a currency at the end; `#1` is the first
    /// column where no header is so called.
    fn find(&self, name: &str) -> Vec<usize> {
        let wanted = key(name);
        if wanted.is_empty() {
            return Vec::new();
        }
        let columns = 0..self.keys.len();
        let exact: Vec<usize> = columns.clone().filter(|&at| self.keys[at] == wanted).collect();
        if !exact.is_empty() {
            return exact;
        }
        let found: Vec<usize> =
            columns.filter(|&at| self.without_currency[at].as_ref() == Some(&wanted)).collect();
        if found.is_empty() { position(name, self.keys.len()).into_iter().collect() } else { found }
    }

    /// Leaves out the columns called `name`.
    fn ignore(&mut self, name: &str) -> Result<()> {
        let columns = self.find(name);
        if columns.is_empty() {
            return Err(self.absent("to be ignored", name));
        }
        for column in columns {
            self.keys[column].clear();
            self.without_currency[column] = None;
        }
        Ok(())
    }

    /// The columns that the caller names.
    fn given(&self, overrides: &[(Field, String)]) -> Result<BTreeMap<Field, usize>> {
        let mut given = BTreeMap::new();
        for (field, name) in overrides {
            let same_text = self.written.iter().position(|header| header.trim() == name.trim());
            let Some(column) = same_text.or_else(|| self.find(name).first().copied()) else {
                return Err(self.absent(&format!("for {field}"), name));
            };
            if given.insert(*field, column).is_some_and(|known| known != column) {
                return Err(Error::usage(format!("`{MAP}` names two columns for {field}")));
            }
        }
        Ok(given)
    }

    fn absent(&self, purpose: &str, name: &str) -> Error {
        let wanted = key(name);
        let nearest = (0..self.keys.len())
            .filter(|&at| !self.keys[at].is_empty())
            .min_by_key(|&at| distance(&wanted, &self.keys[at]))
            .map(|at| format!("; the nearest is `{}`", self.written[at].trim()))
            .unwrap_or_default();
        Error::data(format!("there is no column `{name}` {purpose}{nearest}"))
            .with_hint(format!("the headers are {}", listed(self.written)))
    }

    /// The number of columns with a header.
    fn filled(&self) -> usize {
        self.keys.iter().filter(|key| !key.is_empty()).count()
    }
}

/// One table of one profile laid over the headers.
#[derive(Clone)]
struct Match<'a> {
    profile: &'a Profile,
    table: &'a Table,
    columns: BTreeMap<Field, usize>,
    /// Further columns that fit a field.
    rivals: BTreeMap<Field, Vec<usize>>,
    customer: Vec<CustomerColumn>,
    /// Whether the signature is there.
    signed: bool,
    /// Columns whose header the table knows.
    found: usize,
    elsewhere: Elsewhere,
    /// The column of the status, where its cells say so.
    by_content: Option<Telling>,
    /// Fields whose columns no header says plainly.
    guesses: Vec<Guess>,
}

/// Fields of which the wrong column gives wrong money, customers or days.
const WEIGHTY: [Field; 7] = [
    Field::CustomerId,
    Field::OrderedAt,
    Field::Amount,
    Field::Price,
    Field::CreatedAt,
    Field::WonAt,
    Field::ClosedAt,
];

/// Fields that a column of status may be taken for by its header, such as a `state` that is no region.
const SOFT: [Field; 4] = [Field::Region, Field::Category, Field::Channel, Field::Segment];

impl<'a> Match<'a> {
    fn new(
        profile: &'a Profile,
        table: &'a Table,
        headers: &Headers<'_>,
        given: &BTreeMap<Field, usize>,
        elsewhere: Elsewhere,
    ) -> Self {
        let mut columns = given.clone();
        let mut rivals = BTreeMap::new();
        let mut taken: BTreeSet<usize> = given.values().copied().collect();
        let claim = |names: &[String], taken: &mut BTreeSet<usize>| {
            let mut fitting: Vec<usize> = Vec::new();
            for at in names.iter().flat_map(|name| headers.find(name)) {
                if !taken.contains(&at) && !fitting.contains(&at) {
                    fitting.push(at);
                }
            }
            let first = *fitting.first()?;
            taken.insert(first);
            Some((first, fitting.split_off(1)))
        };
        let mut customer = Vec::new();
        if let Some(&column) = given.get(&Field::CustomerId) {
            customer.push(CustomerColumn { column, prefix: String::new() });
        } else {
            for source in &table.customer {
                if let Some((column, others)) = claim(&source.columns, &mut taken) {
                    if customer.is_empty() {
                        columns.insert(Field::CustomerId, column);
                        rivals.insert(Field::CustomerId, others);
                    }
                    customer.push(CustomerColumn { column, prefix: source.prefix.clone() });
                }
            }
        }
        for (&field, names) in &table.fields {
            if !given.contains_key(&field)
                && let Some((column, others)) = claim(names, &mut taken)
            {
                columns.insert(field, column);
                rivals.insert(field, others);
            }
        }
        // When a task is due, or was done, may be all that dates it.
        for field in [Field::DueAt, Field::DoneAt] {
            let is_named = |at: &usize| {
                let names = table.fields.get(&field).into_iter().flatten();
                names.flat_map(|name| headers.find(name)).any(|column| column == *at)
            };
            if !columns.contains_key(&field)
                && let Some(at) = columns.get(&Field::At).copied().filter(is_named)
            {
                columns.insert(field, at);
            }
        }
        for others in rivals.values_mut() {
            others.retain(|column| !taken.contains(column));
        }
        // A field that the caller maps stands for the headers it has in the signature. It does not make the
        // table: of a CRM's own headers more must be there than are stood for.
        let stands_for = |name: &String| {
            given
                .keys()
                .any(|field| table.fields.get(field).is_some_and(|names| names.contains(name)))
        };
        let there = |group: &&Vec<String>| group.iter().any(|name| !headers.find(name).is_empty());
        let own = table.signature.iter().filter(there).count();
        let stood_for =
            table.signature.iter().filter(|group| !there(group) && group.iter().any(stands_for));
        let stood_for = stood_for.count();
        let signed = own + stood_for == table.signature.len()
            && (own > stood_for || stood_for == 0 || profile.name == GENERIC);
        // Who names the day on which a plain deal was won says that the rows are deals.
        let is_won_given = given.contains_key(&Field::WonAt) && profile.name == GENERIC;
        let signed = signed || (is_won_given && table.kind == TableKind::Deals);
        let of_signature = table.signature.iter().flatten().flat_map(|name| headers.find(name));
        let found = of_signature.chain(taken.iter().copied()).collect::<BTreeSet<_>>().len();
        Self {
            profile,
            table,
            columns,
            rivals,
            customer,
            signed,
            found,
            elsewhere,
            by_content: None,
            guesses: Vec::new(),
        }
    }

    fn has(&self, field: Field) -> bool {
        self.columns.contains_key(&field)
    }

    /// The columns that no field and no customer has taken.
    fn is_free(&self, headers: &Headers<'_>, column: usize) -> bool {
        !headers.keys[column].is_empty()
            && !self.columns.values().any(|taken| *taken == column)
            && self.customer.iter().all(|customer| customer.column != column)
    }

    /// Gives `field` the first of `columns`.
    fn guess(&mut self, field: Field, columns: &[usize]) {
        let Some((&column, others)) = columns.split_first() else { return };
        self.columns.insert(field, column);
        self.guesses.push(Guess { field, column, others: others.to_vec() });
    }

    /// The same with the column that names the order by the words of its header, where none says so plainly:
    /// without it the lines of an order count as orders.
    fn with_order_id(mut self, headers: &Headers<'_>, looks: &Looks) -> Self {
        if self.table.kind == TableKind::Orders && !self.has(Field::OrderId) {
            let free = |column| self.is_free(headers, column);
            let mut found = by_words(Field::OrderId, headers.written, looks, free);
            if found.is_empty() {
                found = self.plain_numbers(headers, looks);
            }
            // A further number of the same order says nothing else.
            found.truncate(1);
            self.guess(Field::OrderId, &found);
        }
        self
    }

    /// The columns called no more than a number whose values repeat, each on rows of one customer and day: lines
    /// of one order.
    fn plain_numbers(&self, headers: &Headers<'_>, looks: &Looks) -> Vec<usize> {
        let same: Vec<usize> = [Field::CustomerId, Field::OrderedAt]
            .iter()
            .filter_map(|field| self.columns.get(field).copied())
            .collect();
        let is_number = |column: &usize| {
            let header = headers.keys[*column].as_str();
            matches!(
                header,
                "номер" | "номердок" | "№" | "n" | "no" | "nr" | "num" | "number" | "код" | "ref"
            )
        };
        let columns = (0..headers.keys.len()).filter(is_number);
        columns
            .filter(|column| self.is_free(headers, *column) && same.len() == 2)
            .filter(|column| looks.repeats_within(*column, &same))
            .collect()
    }

    /// The same with its amount from another column of such a name, where the cells of the first are no amounts: what
    /// was paid is money, and whether it was is not.
    fn with_amounts_of_numbers(mut self, looks: &Looks) -> Self {
        let is_amount =
            |column: &usize| looks.numbers().contains(column) && !looks.is_flag(*column);
        if self.table.kind != TableKind::Orders || looks.sample().is_empty() {
            return self;
        }
        let Some(&column) = self.columns.get(&Field::Amount).filter(|column| !is_amount(column))
        else {
            return self;
        };
        let rivals = self.rivals.entry(Field::Amount).or_default();
        let Some(at) = rivals.iter().position(is_amount) else { return self };
        let other = rivals.remove(at);
        rivals.retain(|rival| *rival != column);
        self.columns.insert(Field::Amount, other);
        self
    }

    /// The same with the column of what was given back, by the words of its header.
    fn with_refunds(mut self, headers: &Headers<'_>, looks: &Looks, telling: &[Telling]) -> Self {
        if self.table.kind == TableKind::Orders && !self.has(Field::Refunded) {
            let is_flag = |column: usize| telling.iter().any(|told| told.column == column);
            let free = |column| self.is_free(headers, column) && !is_flag(column);
            let found = by_words(Field::Refunded, headers.written, looks, free);
            self.guess(Field::Refunded, &found);
        }
        self
    }

    /// The same with the price that is left after a discount, where that is not known otherwise.
    fn with_rival_prices(mut self, headers: &Headers<'_>, looks: &Looks) -> Self {
        let is_priced = self.table.kind == TableKind::Orders && !self.has(Field::Amount);
        let Some(&price) = self.columns.get(&Field::Price).filter(|_| is_priced) else {
            return self;
        };
        let free = |column| self.is_free(headers, column);
        let further = by_words(Field::Price, headers.written, looks, free);
        let Some(&left) = further.first() else { return self };
        let rivals = self.rivals.entry(Field::Price).or_default();
        if self.columns.contains_key(&Field::Discount) {
            rivals.extend(further);
        } else {
            rivals.push(price);
            rivals.extend(&further[1..]);
            self.columns.insert(Field::Price, left);
        }
        self
    }

    /// The same with the further columns whose headers name the day of an order in other words, such as an
    /// `OrderDateKey` beside a `Date`: which of them is meant is to be told.
    fn with_rival_dates(mut self, headers: &Headers<'_>, looks: &Looks) -> Self {
        if self.has(Field::OrderedAt) {
            let free = |column| self.is_free(headers, column);
            let further = by_words(Field::OrderedAt, headers.written, looks, free);
            self.rivals.entry(Field::OrderedAt).or_default().extend(further);
        }
        self
    }

    /// The same with the columns of the day and of the amount that headers and cells give away.
    fn guessed(mut self, headers: &Headers<'_>, looks: &Looks) -> Self {
        let found = |own: &Self, field| {
            let free = |column| own.is_free(headers, column);
            by_words(field, headers.written, looks, free)
        };
        if !self.has(Field::OrderedAt) {
            let mut dates = found(&self, Field::OrderedAt);
            if dates.is_empty() {
                dates.extend(looks.only_date().filter(|column| self.is_free(headers, *column)));
            }
            self.guess(Field::OrderedAt, &dates);
        }
        let is_priced = self.has(Field::Price) && self.has(Field::Quantity);
        if !self.has(Field::Amount) && !is_priced && !self.elsewhere.amounts {
            let amounts = found(&self, Field::Amount);
            self.guess(Field::Amount, &amounts);
        }
        self
    }

    /// The same with its status from the column that is best to go by, where no header gives one.
    fn told(
        mut self,
        telling: &[Telling],
        headers: &Headers<'_>,
        given: &BTreeMap<Field, usize>,
    ) -> Self {
        let has = |field| self.columns.contains_key(&field);
        let may_be = |topic: Topic| match self.table.kind {
            // A stage says more of a deal than whether it is paid for.
            TableKind::Deals if has(Field::Stage) || has(Field::IsWon) => {
                !has(Field::Status) && topic == Topic::Deal
            }
            TableKind::Orders | TableKind::Deals => !has(Field::Status),
            _ => false,
        };
        let is_free = |column: usize| {
            let taken = self.columns.iter().filter(|(_, taken)| **taken == column);
            let mut fields = taken.map(|(field, _)| *field);
            fields.all(|field| SOFT.contains(&field) && !given.contains_key(&field))
                && self.customer.iter().all(|customer| customer.column != column)
        };
        let found = telling
            .iter()
            .filter_map(|told| match told.says {
                Says::Words(topic) if may_be(topic) && is_free(told.column) => Some((topic, told)),
                _ => None,
            })
            .min_by_key(|(topic, told)| {
                (told.by_header, *topic, headers.written[told.column].trim(), told.column)
            });
        let Some((topic, told)) = found else { return self };
        self.columns.retain(|_, column| *column != told.column);
        self.columns.insert(Field::Status, told.column);
        self.by_content = Some(told.clone());
        let has = |field| self.columns.contains_key(&field);
        let is_deal = topic == Topic::Deal
            && has(Field::Amount)
            && (has(Field::WonAt) || has(Field::ClosedAt))
            && self.table.kind == TableKind::Deals
            && self.profile.name == GENERIC;
        self.signed |= is_deal;
        self
    }

    /// Why a table of orders is none: it has what only deals have, and nothing says which of them are won.
    fn deals_without_outcome(&self, others: &[Self], headers: &Headers<'_>) -> Option<Error> {
        const OF_DEALS: [Field; 6] = [
            Field::LostReason,
            Field::Probability,
            Field::ExpectedCloseAt,
            Field::Pipeline,
            Field::ClosedAt,
            Field::LostAt,
        ];
        let has_outcome = [Field::Status, Field::Stage, Field::IsWon, Field::IsLost, Field::WonAt]
            .iter()
            .any(|field| self.columns.contains_key(field));
        if self.table.kind != TableKind::Orders || has_outcome {
            return None;
        }
        let deals = others.iter().find(|other| other.table.kind == TableKind::Deals)?;
        let of_deals: Vec<String> = OF_DEALS
            .iter()
            .filter_map(|field| deals.columns.get(field))
            .filter(|column| !self.columns.values().any(|taken| taken == *column))
            .map(|column| format!("`{}`", headers.written[*column].trim()))
            .collect();
        if of_deals.is_empty() {
            return None;
        }
        let error = Error::data(format!(
            "the table looks like deals, by {}, but no column is known to say which of them are won; the headers are {}",
            of_deals.join(", "),
            listed(headers.written)
        ));
        let day = self.columns.get(&Field::OrderedAt).map(|column| headers.written[*column].trim());
        let won_at = option(Field::WonAt, day.unwrap_or("COLUMN"));
        Some(error.with_hint(format!(
            "where every row is sold but those with a reason of their loss or no chance, name the day of the sale with {won_at}; otherwise the column of the stage, as the field stage"
        )))
    }

    fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The groups of fields of which the table needs one and has none.
    fn missing(&self) -> impl Iterator<Item = &'static [Field]> {
        let has = |field: Field| self.columns.contains_key(&field);
        let by_price = self.elsewhere.prices && has(Field::Product) && has(Field::Quantity);
        essentials(self.table.kind)
            .iter()
            .filter(move |group| {
                let is_amount = group.contains(&Field::Amount);
                let is_customer = group.contains(&Field::CustomerId);
                // A profile without customers is one of a marketplace or a till.
                let is_sale = self.table.kind == TableKind::Orders
                    && (self.elsewhere.customers || self.table.customer.is_empty());
                !((self.elsewhere.amounts || by_price) && is_amount || is_sale && is_customer)
            })
            .filter(|group| !group.iter().any(|field| self.columns.contains_key(field)))
            .copied()
    }

    /// How to name the column of `field`: with the column itself, where header or cells give one away.
    /// The only column of numbers that is called a quantity, where `price` is called a price.
    fn quantity_beside(&self, price: usize, headers: &Headers<'_>, looks: &Looks) -> Option<usize> {
        let has = |column: usize, stems: &[&str]| {
            super::words::of(headers.written[column])
                .iter()
                .any(|word| stems.iter().any(|stem| word.starts_with(stem)))
        };
        let is_quantity = |column: &&usize| {
            self.is_free(headers, **column)
                && has(**column, &["quantity", "qty", "units", "pieces", "колич", "кол", "шт"])
        };
        if !has(price, &["price", "цена", "цене"]) || has(price, &["total", "итог", "сумм"])
        {
            return None;
        }
        let mut found = looks.numbers().iter().filter(is_quantity);
        found.next().copied().filter(|_| found.next().is_none())
    }

    fn hint(&self, field: Field, headers: &Headers<'_>, looks: &Looks) -> String {
        let free = |column: usize| self.is_free(headers, column);
        let mut found = by_words(field, headers.written, looks, free);
        if found.is_empty() && field.field_type() == FieldType::Date {
            found.extend(looks.dates().iter().copied().filter(|column| free(*column)));
        }
        if found.is_empty() && field == Field::Amount {
            let is_money = |column: &usize| {
                let header = &headers.keys[*column];
                [
                    "subtotal",
                    "gross",
                    "net",
                    "amount",
                    "price",
                    "value",
                    "сумма",
                    "стоимость",
                    "итог",
                ]
                .iter()
                .any(|word| header.contains(word))
                    && !["tax", "vat", "ship", "discount", "fee", "ндс", "налог", "достав", "скид"]
                        .iter()
                        .any(|word| header.contains(word))
            };
            found.extend(looks.numbers().iter().copied().filter(|at| free(*at)).filter(is_money));
        }
        if found.is_empty() {
            found = looks.like(field, &headers.keys, free);
        }
        // A price is an amount only with how many were sold.
        if field == Field::Amount
            && let [price] = found[..]
            && let Some(quantity) = self.quantity_beside(price, headers, looks)
        {
            let written = |column: usize| headers.written[column].trim();
            return format!(
                "{} and {}",
                option(Field::Price, written(price)),
                option(Field::Quantity, written(quantity))
            );
        }
        let option = |column: &str| option(field, column);
        match &found[..] {
            [] if looks.numbers().len() == 1
                && field == Field::Amount
                && free(looks.numbers()[0]) =>
            {
                option(headers.written[looks.numbers()[0]].trim())
            }
            [] => option("COLUMN"),
            [only] => option(headers.written[*only].trim()),
            [first, others @ ..] => {
                let header = |column: &usize| format!("`{}`", headers.written[*column].trim());
                let others: Vec<String> = others.iter().map(header).collect();
                let first = option(headers.written[*first].trim());
                format!("{first} (or {})", others.join(", "))
            }
        }
    }

    fn into_mapping(
        self,
        headers: &Headers<'_>,
        overrides: &[(Field, String)],
        reason: String,
    ) -> Mapping {
        let header = |column: usize| headers.written[column].trim().to_owned();
        let mut decisions = vec![
            decision("profile", &*self.profile.name, reason, Some("--profile")),
            decision("table", self.table.kind.name(), "the columns found", None),
        ];
        for (&field, &column) in &self.columns {
            let given = overrides.iter().any(|(named, _)| *named == field);
            let rivals: Vec<String> = self
                .rivals
                .get(&field)
                .into_iter()
                .flatten()
                .map(|&rival| format!("`{}` (column {})", header(rival), rival + 1))
                .collect();
            let told = self.by_content.as_ref().filter(|told| told.column == column);
            let reason = if given {
                format!("given by `{MAP}`")
            } else if self.guesses.iter().any(|guess| guess.field == field) {
                "the words of the header, and its cells".to_owned()
            } else if let Some(told) = told {
                format!("its words are of status: {}", told.shown())
            } else if rivals.is_empty() {
                format!("a header of the profile {}", self.profile.name)
            } else {
                format!("preferred to {}", rivals.join(", "))
            };
            decisions.push(decision(format!("column {field}"), header(column), reason, Some(MAP)));
        }
        let lines = match self.table.lines {
            Lines::Always => true,
            Lines::WithProduct => self.columns.contains_key(&Field::Product),
            Lines::Never => false,
        };
        // The profile of a CRM knows which of its columns it prefers.
        let is_open = |field: &Field| {
            let is_given = overrides.iter().any(|(given, _)| given == field);
            // A price says nothing of the money where there is an amount.
            let counts = *field != Field::Price || !self.columns.contains_key(&Field::Amount);
            self.profile.name == GENERIC && WEIGHTY.contains(field) && counts && !is_given
        };
        let rivals = self.rivals.iter().filter(|(field, others)| {
            !others.is_empty() && is_open(field) && self.columns.contains_key(field)
        });
        let rivals = rivals
            .map(|(&field, others)| Guess {
                field,
                column: self.columns[&field],
                others: others.clone(),
            })
            .collect();
        let taken: BTreeSet<usize> = self
            .columns
            .values()
            .copied()
            .chain(self.customer.iter().map(|customer| customer.column))
            .collect();
        let flags = self.table.lost_unless.iter().filter_map(|name| {
            let column = headers.find(name).into_iter().find(|column| !taken.contains(column))?;
            Some(Telling {
                column,
                says: Says::LostUnless,
                labels: vec![header(column)],
                of_returns: false,
                of_documents: false,
                by_header: false,
                by_code: false,
            })
        });
        let signs: Vec<Telling> = flags.take(1).collect();
        let taken: BTreeSet<usize> =
            taken.iter().copied().chain(signs.iter().map(|sign| sign.column)).collect();
        let unmapped = (0..headers.keys.len())
            .filter(|column| !taken.contains(column) && !headers.written[*column].trim().is_empty())
            .collect();
        Mapping {
            profile: self.profile.clone(),
            kind: self.table.kind,
            columns: self.columns,
            customer: self.customer,
            lines,
            close_date: self.table.close_date,
            lost_at_zero: self.table.lost_at_zero,
            returns: self.table.returns,
            decisions,
            unmapped,
            by_content: self.by_content,
            signs,
            unused: Vec::new(),
            guesses: self.guesses,
            rivals,
            headers: headers.written.iter().map(|header| header.trim().to_owned()).collect(),
        }
    }
}

/// The match with the most columns; the first of equals.
fn best<'a>(matches: impl Iterator<Item = Match<'a>>) -> Option<Match<'a>> {
    matches.reduce(|best, next| {
        let rank = |found: &Match<'_>| (found.is_complete(), found.signed, found.found);
        if rank(&next) > rank(&best) { next } else { best }
    })
}

/// What a table of a kind cannot do without: one field of each group.
const fn essentials(kind: TableKind) -> &'static [&'static [Field]] {
    use Field as F;
    match kind {
        TableKind::Orders => &[&[F::CustomerId], &[F::OrderedAt], &[F::Amount, F::Price]],
        TableKind::Deals => &[
            &[F::Stage, F::Status, F::IsWon, F::WonAt],
            &[F::WonAt, F::ClosedAt, F::OrderedAt, F::CreatedAt, F::ExpectedCloseAt],
        ],
        TableKind::Activities => &[&[F::At], &[F::CustomerId, F::OrderId]],
        TableKind::Customers => &[&[F::CustomerId]],
        TableKind::Lines => &[&[F::OrderId], &[F::Product, F::Category, F::Price, F::Amount]],
        TableKind::Products => &[&[F::Product]],
        TableKind::History => &[&[F::OrderId], &[F::Stage], &[F::EnteredAt]],
        TableKind::Spend => &[&[F::Period], &[F::Amount]],
        TableKind::Series => &[&[F::Date], &[F::Value]],
        TableKind::Leads => &[&[F::CreatedAt], &[F::Source, F::Status, F::OrderId, F::Owner]],
        TableKind::Tickets => {
            &[&[F::OpenedAt], &[F::FirstAnswerAt, F::FirstAnswerMinutes, F::ResolvedAt, F::Status]]
        }
        TableKind::Attributes => &[],
    }
}

/// Says what the table nearest to one that is known lacks, and which columns may be that.
fn incomplete(
    headers: &Headers<'_>,
    kind: Option<TableKind>,
    laid: &[Match<'_>],
    looks: &Looks,
) -> Error {
    if headers.filled() == 0 {
        return Error::data("there is no header");
    }
    let Some(nearest) = nearest(laid) else {
        let error = Error::data(format!(
            "the columns make up no table that is known; the headers are {}",
            listed(headers.written)
        ));
        return error.with_hint(format!("name the columns with `{MAP} FIELD=COLUMN`"));
    };
    let kind = kind.unwrap_or(nearest.table.kind);
    let missing: Vec<&[Field]> = nearest.missing().collect();
    let named =
        |fields: &[Field]| fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(" or ");
    let known: Vec<String> = nearest
        .columns
        .iter()
        .map(|(field, column)| format!("{field} (`{}`)", headers.written[*column].trim()))
        .collect();
    let known = match &known[..] {
        [] => "no column is recognised".to_owned(),
        known => format!("recognised are {}", known.join(", ")),
    };
    if missing.is_empty() {
        let error = Error::data(format!(
            "the columns make up no table that is known; {known}; the headers are {}",
            listed(headers.written)
        ));
        return error.with_hint(format!(
            "name the columns with `{MAP} FIELD=COLUMN`, or a profile with `--profile`"
        ));
    }
    let lacking: Vec<String> = missing.iter().map(|fields| named(fields)).collect();
    let options: Vec<String> =
        missing.iter().map(|fields| nearest.hint(fields[0], headers, looks)).collect();
    let what = if options.len() == 1 { "it" } else { "them" };
    let mut hints = vec![format!("name {what} with {}", options.join(" and "))];
    let is_amount = |fields: &&&[Field]| fields.contains(&Field::Amount);
    if missing.iter().any(|fields| is_amount(&fields)) {
        let beside = if nearest.has(Field::Product) && nearest.has(Field::Quantity) {
            Some("where the table of products has the prices, give it with `--products FILE`")
        } else if nearest.has(Field::OrderId) {
            Some("where the table of order lines has the amounts, give it with `--lines FILE`")
        } else if nearest.has(Field::Product) {
            Some("where the table of products has the prices, give it with `--products FILE`")
        } else {
            None
        };
        // Where no column may be the amount, another table has it.
        let is_elsewhere = options.len() == 1 && options[0].contains("=COLUMN");
        let place = if is_elsewhere { 0 } else { hints.len() };
        hints.splice(place..place, beside.map(str::to_owned));
    }
    Error::data(format!(
        "no column for {} of the {kind}; {known}; the headers are {}",
        lacking.join(" and for "),
        listed(headers.written)
    ))
    .with_hint(hints.join("; "))
}

/// The table that lacks least, orders and deals before others; `None` where no column is known at all.
fn nearest<'m, 'p>(laid: &'m [Match<'p>]) -> Option<&'m Match<'p>> {
    let is_main =
        |found: &&Match<'_>| matches!(found.table.kind, TableKind::Orders | TableKind::Deals);
    let known = |found: &&Match<'_>| {
        let essential = essentials(found.table.kind).iter().flat_map(|group| group.iter());
        (essential.filter(|field| found.has(**field)).count(), found.columns.len())
    };
    let best = |matches: &mut dyn Iterator<Item = &'m Match<'p>>| {
        // The first of equals.
        matches.fold(None, |best: Option<&'m Match<'p>>, next| match best {
            Some(best) if known(&best) >= known(&next) => Some(best),
            _ => Some(next),
        })
    };
    let mut orders_first: Vec<&Match<'_>> = laid.iter().filter(is_main).collect();
    orders_first.sort_by_key(|found| found.table.kind != TableKind::Orders);
    let main = best(&mut orders_first.into_iter()).filter(|found| known(found).1 > 1);
    // An id and nothing else is in every table.
    let any = best(&mut laid.iter()).filter(|found| known(found).1 > 1);
    main.or(any).or_else(|| laid.iter().find(|found| found.table.kind == TableKind::Orders))
}

/// How the command line maps `field` to `column`, to be copied.
fn option(field: Field, column: &str) -> String {
    let value = format!("{field}={column}");
    if value.contains(' ') { format!("`{MAP} \"{value}\"`") } else { format!("`{MAP} {value}`") }
}

/// The column that `name` gives by its position: `#1` is the first.
fn position(name: &str, columns: usize) -> Option<usize> {
    let number: usize = name.trim().strip_prefix('#')?.parse().ok()?;
    number.checked_sub(1).filter(|column| *column < columns)
}

/// The headers as a message shows them.
fn listed(headers: &[&str]) -> String {
    let filled: Vec<&str> =
        headers.iter().map(|header| header.trim()).filter(|header| !header.is_empty()).collect();
    let shown: Vec<String> =
        filled.iter().take(LISTED).map(|header| format!("`{header}`")).collect();
    let rest = filled.len().saturating_sub(LISTED);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

fn decision(
    topic: impl Into<String>,
    value: impl Into<String>,
    reason: impl Into<String>,
    option: Option<&'static str>,
) -> Decision {
    Decision {
        file: String::new(),
        topic: topic.into(),
        value: value.into(),
        reason: reason.into(),
        option,
    }
}
