//! What changes an answer without having been asked for: told with the answer, worst first.

use super::{DealFinding, DiscountUnit, Field, Records, TableKind};
use crate::{Date, Error, Lang, Money, Place, Result};
use std::fmt;

/// How far an answer may be from the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Decided on good evidence; another reading would give another answer.
    Note,
    /// A guess, or data that look wrong.
    Warning,
    /// Money or customers that are none may count, or some that are may not.
    Grave,
}

impl Severity {
    /// The word before the sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Grave => "grave",
        }
    }
}

/// A setting that settles a notice, by the name that every front end gives it: `duplicates` is
/// `--duplicates` of the command line and `duplicates=` in Python.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Its name, without dashes.
    pub name: &'static str,
    /// The value to give, or several with `|` between them.
    pub value: String,
}

impl Setting {
    /// The setting `name` with `value`.
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }

    /// The values to choose from; one where there is no choice.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        // Names of columns and labels may hold the sign, too.
        let is_choice = matches!(
            self.name,
            "duplicates" | "order-total" | "far-dates" | "cancelled" | "discounts"
        );
        self.value.split(move |sign: char| is_choice && sign == '|')
    }
}

/// A part or a multiple of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoneyUnit {
    /// Cents, kopecks.
    Hundredths,
    /// Thousands.
    Thousands,
    /// Millions.
    Millions,
}

/// What was found. The sentences are in the room of words: [`Notice::text`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Finding {
    /// A field is read from a column whose header does not say so plainly.
    GuessedColumn {
        /// The field.
        field: Field,
        /// The column's header.
        column: String,
        /// The headers of further columns of which the same may be said; empty where there are none.
        others: String,
    },
    /// A field is read from one of several columns that may hold it and differ.
    RivalColumn {
        /// The field.
        field: Field,
        /// The header of the column that is read.
        column: String,
        /// The headers of the others.
        others: String,
    },
    /// Amounts have more decimals than money holds.
    RoundedAmounts {
        /// The decimals that are kept.
        decimals: u32,
    },
    /// Amounts in a part or a multiple of the currency, as their header says.
    AmountUnit {
        /// Their header.
        column: String,
        /// What they are in.
        unit: MoneyUnit,
    },
    /// Amounts without a currency beside others that have one.
    NoCurrency {
        /// What they are taken to be in.
        assumed: String,
    },
    /// The last line of a text does not end, so that it may have been cut.
    OpenEnd,
    /// One sheet of a workbook is read, and others begin like tables.
    OtherSheets {
        /// The sheet that is read.
        sheet: String,
        /// The others.
        others: String,
    },
    /// The encoding of a text was chosen on little evidence.
    GuessedEncoding {
        /// Its name.
        encoding: &'static str,
    },
    /// Dates far from all others are set aside.
    FarDates {
        /// The first and the last of them.
        far: (Date, Date),
        /// The first and the last of the others.
        others: (Date, Date),
        /// How many others there are.
        rest: u64,
    },
    /// The world is observed long after the last event.
    LateAsOf {
        /// The day of observation.
        until: Date,
        /// The day of the last event.
        last: Date,
    },
    /// Orders that were refunded in full within a day are left out, with what refunded them.
    Cancelled,
    /// Rows that name no customer are left out where customers are looked at.
    NoCustomer,
    /// What was given back is taken off the amount.
    Refunded {
        /// The header of the column that says it.
        column: String,
    },
    /// Discounts are taken off the price.
    Discount {
        /// The header of their column.
        column: String,
        /// What they are.
        unit: DiscountUnit,
        /// One of them.
        example: String,
    },
    /// Discounts stand beside amounts and are not taken off them.
    DiscountAside {
        /// The header of the discounts.
        discount: String,
        /// The header of the amounts.
        amount: String,
    },
    /// Discounts of deals can be money or per cent, and say nothing until somebody says which.
    DiscountOpen {
        /// The header of the discounts.
        discount: String,
    },
    /// One id has so many orders that it stands for nobody in particular.
    Guest {
        /// The id.
        id: String,
    },
    /// Ids of customers that differ in nothing but letter case and white space.
    AlikeIds {
        /// One of them.
        one: String,
        /// Another, with fewer orders.
        other: String,
    },
    /// Rows that are equal in every cell to one of another file and count once.
    RowsInSeveralFiles,
    /// Rows of deals or orders that a later file has in another version, which counts.
    OlderVersions {
        /// The latest file.
        latest: String,
    },
    /// Rows of one file that repeat another one in every cell; all of them count.
    DuplicateRows {
        /// Whether their number is an estimate.
        is_estimate: bool,
    },
    /// Orders whose rows all have the amount of the whole, which counts once.
    OrderTotalOnce,
    /// Orders with their amount on one of several rows, which is shared out among these.
    OrderTotalShared,
    /// Orders whose rows all have one amount, which are added up.
    OrderTotalSummed,
    /// Cells of the customer that hold several ids; the first is taken.
    SeveralIds,
    /// Ids of customers that a spreadsheet has rounded, so that several became one.
    RoundedIds,
    /// The status is in a column that its cells and not its header name; `rows` are no sales by it.
    StatusByContent {
        /// The column's header.
        column: String,
        /// Its labels in the first rows.
        labels: String,
    },
    /// Rows that their stage or status calls sales are none by another column, such as `is_cancelled`.
    NoSaleBy {
        /// The column's header.
        column: String,
    },
    /// Orders that their status calls neither done nor off are no sales yet.
    NotYetSales {
        /// These labels, with the number of their rows.
        labels: String,
    },
    /// A column with words of status that is not used.
    StatusNotUsed {
        /// The column's header.
        column: String,
        /// Its labels in the first rows.
        labels: String,
    },
    /// A table beside the main one of which the answer uses nothing.
    TableNotUsed {
        /// What its rows are.
        table: TableKind,
        /// Its columns.
        columns: String,
    },
    /// A table beside the main one of which no row belongs to an order or a deal.
    NoPartner {
        /// What its rows are.
        table: TableKind,
        /// The field by which both are joined.
        by: Field,
    },
    /// Deals in an open stage that have a reason of their loss.
    LostByReason {
        /// The column's header.
        column: String,
    },
    /// Deals in an open stage to which the CRM gives no chance: lost, as its way of archiving has it.
    LostByProbability {
        /// The column's header.
        column: String,
    },
    /// What was found in deals and their history.
    Deals(DealFinding),
    /// Deals in an open stage that have a close date.
    OpenWithCloseDate {
        /// The column's header.
        column: String,
    },
}

/// One thing that changes an answer and that nobody has settled yet.
///
/// Who raises it says nothing where the caller's options have settled it already, so that a setting that
/// is given makes its notice go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// The file that it is about; empty for the whole data set.
    pub file: String,
    /// What was found.
    pub finding: Finding,
    /// The rows concerned.
    pub rows: u64,
    /// The money that depends on it, where it is known.
    pub money: Option<Money>,
    /// What to give to settle it; several are to be given together.
    pub settings: Vec<Setting>,
}

impl Notice {
    /// A notice about `rows` rows of the whole data set.
    pub fn new(severity: Severity, finding: Finding, rows: u64) -> Self {
        Self { severity, file: String::new(), finding, rows, money: None, settings: Vec::new() }
    }

    /// Tells of those of `tables` of which an answer used nothing.
    pub fn of_unused<'a>(tables: impl IntoIterator<Item = &'a Records>) -> Vec<Self> {
        let unused = tables.into_iter().filter(|table| !table.is_used());
        let notice = |table: &Records| {
            let columns: Vec<String> =
                table.keys().map(|key| format!("`{}`", key.name())).collect();
            let finding =
                Finding::TableNotUsed { table: table.kind(), columns: columns.join(", ") };
            Self::new(Severity::Warning, finding, table.len() as u64)
        };
        unused.map(notice).collect()
    }

    /// Tells of a table of `rows` rows of which none has a partner by `by`.
    pub(crate) fn of_no_partner(table: TableKind, by: Field, rows: u64) -> Self {
        Self::new(Severity::Warning, Finding::NoPartner { table, by }, rows)
    }

    /// Says which file it is about.
    #[must_use]
    pub fn of_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// Says how much money depends on it.
    #[must_use]
    pub fn worth(mut self, money: Option<Money>) -> Self {
        self.money = money;
        self
    }

    /// Adds a setting that settles it.
    #[must_use]
    pub fn settled_by(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push(Setting::new(name, value));
        self
    }

    /// What settles it, as the command line takes it: one line of options for each way to choose.
    pub fn options(&self) -> Vec<String> {
        let mut lines = vec![String::new()];
        for setting in &self.settings {
            let options: Vec<String> = setting
                .values()
                .map(|value| Setting::new(setting.name, value).to_string())
                .collect();
            lines = lines
                .iter()
                .flat_map(|line| options.iter().map(move |option| format!("{line} {option}")))
                .collect();
        }
        lines
            .into_iter()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// Puts `notices` in the order in which they are told: the worst first, of equals the one with the most
    /// money, then with the most rows. One that is there twice is told once.
    pub fn sort(notices: &mut Vec<Self>) {
        let size = |notice: &Self| {
            let money = notice.money.map_or(0, |money| money.units().unsigned_abs());
            (notice.severity, money, notice.rows)
        };
        notices.sort_by(|left, right| {
            let by_size = size(right).cmp(&size(left));
            by_size.then_with(|| (&left.file, &left.finding).cmp(&(&right.file, &right.finding)))
        });
        notices.dedup();
    }

    /// The first of sorted `notices` as an error: what `strict` makes of them.
    ///
    /// # Errors
    /// Where there is a notice.
    pub fn refuse(notices: &[Self]) -> Result<()> {
        let Some(first) = notices.first() else { return Ok(()) };
        let more = match notices.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more that `--strict` refuses"),
        };
        let error = Error::data(format!("{}{more}", first.text(Lang::En)));
        let hint = match &first.settings[..] {
            [] => "correct the data, or leave out `--strict` to go on".to_owned(),
            _ => format!("settle it with `{}`", first.options().join("` or `")),
        };
        let place = Place { file: first.file.clone(), ..Place::default() };
        Err(if first.file.is_empty() { error } else { error.at(place) }.with_hint(hint))
    }
}

/// As the command line takes it, to be copied; other front ends write the name and the value their way. Where there
/// are several values to choose from, it is the first.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_alphanumeric() || "=.,:-_/%+".contains(c);
        match self.values().next().unwrap_or_default() {
            "" => write!(f, "--{}", self.name),
            value if value.chars().all(is_plain) => write!(f, "--{} {value}", self.name),
            value => write!(f, "--{} {}", self.name, quoted(value)),
        }
    }
}

/// `text` in quotes, so that a shell takes it for one word as it is.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains(['$', '`', '\\', '"', '!']) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::{Finding, Notice, Setting, Severity};
    use crate::Money;

    #[test]
    fn the_worst_is_told_first_and_nothing_twice() {
        let notice = |severity, rows, money: Option<i64>| {
            let finding = Finding::RoundedAmounts { decimals: 4 };
            Notice::new(severity, finding, rows).worth(money.and_then(Money::from_whole))
        };
        let mut notices = vec![
            notice(Severity::Note, 900, Some(1_000)),
            notice(Severity::Warning, 1, None),
            notice(Severity::Warning, 9, None),
            notice(Severity::Grave, 1, Some(-5)),
            notice(Severity::Warning, 2, Some(1)),
            notice(Severity::Warning, 9, None),
        ];
        Notice::sort(&mut notices);
        let told: Vec<(Severity, u64)> =
            notices.iter().map(|notice| (notice.severity, notice.rows)).collect();
        let expected = [
            (Severity::Grave, 1),
            (Severity::Warning, 2),
            (Severity::Warning, 9),
            (Severity::Warning, 1),
            (Severity::Note, 900),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_setting_can_be_copied_to_the_command_line() {
        for (name, value, option) in [
            ("duplicates", "drop|keep", "--duplicates drop"),
            ("stage", "Yes|No=lost", "--stage \"Yes|No=lost\""),
            ("stage", "5 $ `a`='b'=won", "--stage '5 $ `a`='\\''b'\\''=won'"),
            ("map", "amount=#3", "--map \"amount=#3\""),
            ("stage", "In Process=open", "--stage \"In Process=open\""),
            ("map", "amount=Сумма", "--map amount=Сумма"),
            ("raw", "", "--raw"),
        ] {
            assert_eq!(Setting::new(name, value).to_string(), option);
        }
    }
}
