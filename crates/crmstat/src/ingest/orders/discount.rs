//! What a column of discounts holds: money, per cent or fractions, decided by the column itself.
//!
//! A share is a share of price times quantity, money is money of the row. A column says which by its header
//! (`Discount %`, «Сумма скидки»), by its cells (`15%`), by values that cannot be the one (above 100, or above the
//! price) or the other (0.15 beside nothing above 1). Whole values up to 100 are money, as the field is
//! documented, unless they look like the steps of per cents: then nobody but the caller can tell.

use crate::{
    Error, Money, Result,
    data::{Decision, DiscountUnit, Field, Finding, Notice, Severity},
    ingest::{
        ReadOptions,
        cells::{Parsed, number::NumberFormat},
        orders::amount::multiply,
        pass::{batches::BatchRecords, input::Input},
    },
};
use std::collections::BTreeSet;

/// The option that says it.
const OPTION: &str = "--discounts";
/// Cells that leave the unit open must be at least so many to be refused; fewer are money.
const TELLING: u64 = 10;
/// Different values of such cells.
const STEPS: usize = 3;
/// As money they would be less than one part in so many of the price.
const NEXT_TO_NOTHING: i128 = 100;

/// The discount in `cell`, in its `unit`.
pub(crate) fn read(unit: DiscountUnit, cell: &[u8], format: NumberFormat) -> Parsed<Money> {
    let (value, is_percent) = match format.money_or_percent(cell) {
        Parsed::Value(found) => found,
        Parsed::Missing => return Parsed::Missing,
        Parsed::Invalid(reason) => return Parsed::Invalid(reason),
    };
    // Some write what is taken off with a minus.
    let units = value.units().saturating_abs();
    let is_hundredths = is_percent && unit == DiscountUnit::Fraction;
    let units = if is_hundredths { units / 100 } else { units };
    match unit {
        DiscountUnit::None => Parsed::Missing,
        DiscountUnit::Amount if is_percent => Parsed::Invalid("a percentage among amounts"),
        _ if unit.whole().is_some_and(|whole| units > whole) => {
            Parsed::Invalid("a discount of more than the whole price")
        }
        _ => Parsed::Value(Money::from_units(units)),
    }
}

/// What the amounts of rows are beside price times quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amounts {
    /// Price times quantity: the discount is still to be taken off.
    Before,
    /// Less than that, or the discount is nowhere.
    After,
    /// There is no price or no quantity.
    Unknown,
}

/// What the column `amount` holds, by the first rows that have a discount in `discount`.
pub(crate) fn amounts(input: &Input, amount: usize, discount: usize) -> Amounts {
    let beside = [Field::Price, Field::Quantity].map(|field| input.mapping.column(field));
    let number = |row: &[String], column: usize| {
        let cell = row.get(column)?.as_bytes();
        match input.number_format(column).money_or_percent(cell) {
            Parsed::Value((value, _)) => Some(value),
            _ => None,
        }
    };
    let (mut discounted, mut before, mut priced) = (0_u64, 0_u64, 0_u64);
    for row in input.sample() {
        if number(row, discount).is_none_or(|discount| discount == Money::ZERO) {
            continue;
        }
        discounted += 1;
        let price = beside[0].and_then(|column| number(row, column));
        let pieces = beside[1].and_then(|column| number(row, column));
        let full = price.zip(pieces).and_then(|(price, pieces)| multiply(price, pieces));
        if let (Some(full), Some(amount)) = (full, number(row, amount)) {
            priced += 1;
            let apart = i128::from(full.units()) - i128::from(amount.units());
            before += u64::from(apart.abs() <= i128::from(Money::SCALE / 100));
        }
    }
    // Nine in ten, as elsewhere.
    match (discounted, priced) {
        (0, _) => Amounts::After,
        (_, 0) => Amounts::Unknown,
        _ if before * 10 >= priced * 9 => Amounts::Before,
        _ => Amounts::After,
    }
}

/// Decides what the discounts of `input` are, unless that is done, by all of its rows.
///
/// # Errors
/// A column that leaves it open.
pub(crate) fn decide(input: &mut Input, options: &ReadOptions) -> Result<()> {
    let Some(column) = input.mapping.column(Field::Discount) else { return Ok(()) };
    if input.discounts.is_some() {
        return Ok(());
    }
    let beside = [Field::Price, Field::Quantity].map(|field| input.mapping.column(field));
    let numbers: Vec<usize> = [Some(column)].into_iter().chain(beside).flatten().collect();
    input.decide_formats(&[], &numbers, options)?;
    let header = Header::of(&input.headers[column]);
    let evidence = match options.discounts {
        Some(_) => Evidence::default(),
        None => Evidence::of(input, column, beside)?,
    };
    let (unit, reason) = match (options.discounts, evidence.decide(header)) {
        (Some(unit), _) => (unit, format!("given by `{OPTION}`")),
        (None, Ok(decided)) => decided,
        (None, Err(reason)) => {
            let error = Error::data(format!(
                "the discounts, such as `{}`, can be money or per cent: {reason}",
                evidence.example.as_deref().unwrap_or_default(),
            ))
            .at(input.place(Some(column)))
            .with_hint(format!(
                "say which with `{OPTION} amount`, `{OPTION} percent` or `{OPTION} fraction`"
            ));
            input.refuse(error)?;
            (DiscountUnit::None, String::new())
        }
    };
    input.discounts = Some(unit);
    if let Some(example) = evidence.example.clone().filter(|_| unit != DiscountUnit::None) {
        let column = input.headers[column].trim().to_owned();
        let finding = Finding::Discount { column, unit, example };
        let notice = Notice::new(Severity::Note, finding, evidence.cells).of_file(input.name());
        input.notices.push(notice.settled_by("discounts", unit.name()));
    }
    if evidence.cells > 0 || options.discounts.is_some() {
        input.decisions.push(Decision {
            file: input.name().to_owned(),
            topic: format!("discounts in `{}`", input.headers[column].trim()),
            value: match unit {
                DiscountUnit::Amount => "money".to_owned(),
                DiscountUnit::Percent => "per cent of the price".to_owned(),
                DiscountUnit::Fraction => "fractions of the price".to_owned(),
                DiscountUnit::None => "left aside".to_owned(),
            },
            reason,
            option: Some(OPTION),
        });
    }
    Ok(())
}

/// What the header of the column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    Silent,
    Money,
    Percent,
}

impl Header {
    fn of(header: &str) -> Self {
        let header = header.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| header.contains(word));
        if says(&["%", "percent", "per cent", "pct", "rate", "процент"]) {
            Self::Percent
        } else if says(&["amount", "sum", "value", "money", "сумма", "руб", "₽", "$", "€"])
        {
            Self::Money
        } else {
            Self::Silent
        }
    }
}

/// What the cells of a column of discounts say; cells of nothing and of zero say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Evidence {
    cells: u64,
    /// With a sign of per cent.
    with_sign: u64,
    /// Between 0 and 1.
    fractions: u64,
    /// Above 1.
    above_one: u64,
    above_hundred: u64,
    /// Above 1 and no whole number.
    uneven: u64,
    /// As money more than price times quantity.
    too_large: u64,
    /// As money next to nothing of price times quantity.
    too_small: u64,
    /// Some of the values above 1 that are whole multiples of five.
    steps: BTreeSet<i64>,
    off_steps: u64,
    /// The smallest by its bytes, so that the order of rows does not matter.
    example: Option<String>,
}

impl Evidence {
    /// Looks at every row of `input`; `beside` are the columns of price and quantity.
    fn of(input: &Input, column: usize, beside: [Option<usize>; 2]) -> Result<Self> {
        let wanted = input.wanted([Some(column)].into_iter().chain(beside).flatten().collect());
        let states = vec![Self::default(); rayon::current_num_threads()];
        let cell = |records: &BatchRecords<'_>, column: usize, row: usize| {
            let position = wanted.position(column)?;
            let cell = records.batch.cells[position][row].of(&records.block.bytes);
            Some((cell.to_vec(), input.number_format(column)))
        };
        let found = input.scan(&wanted, states, &|_| {}, |state, records| {
            let mut ragged = records.batch.ragged.iter().map(|(row, _)| *row as usize).peekable();
            for row in 0..records.batch.len() {
                if ragged.next_if_eq(&row).is_some() || row < records.first {
                    continue;
                }
                let Some((bytes, format)) = cell(&records, column, row) else { continue };
                let Parsed::Value((value, is_percent)) = format.money_or_percent(&bytes) else {
                    continue;
                };
                let price = beside.map(|column| {
                    let (bytes, format) = cell(&records, column?, row)?;
                    match format.money(&bytes) {
                        Parsed::Value(amount) => Some(amount.money),
                        _ => None,
                    }
                });
                let full =
                    price[0].zip(price[1]).and_then(|(price, pieces)| multiply(price, pieces));
                state.observe(&bytes, value, is_percent, full);
            }
            Ok(())
        })?;
        Ok(found.into_iter().fold(Self::default(), Self::add))
    }

    fn observe(&mut self, cell: &[u8], value: Money, is_percent: bool, full: Option<Money>) {
        let units = value.units().unsigned_abs() as i64;
        if units == 0 {
            return;
        }
        self.cells += 1;
        let text = String::from_utf8_lossy(cell).trim().to_owned();
        if self.example.as_ref().is_none_or(|example| text < *example) {
            self.example = Some(text);
        }
        self.with_sign += u64::from(is_percent);
        self.fractions += u64::from(units < Money::SCALE);
        if units > Money::SCALE {
            self.above_one += 1;
            self.above_hundred += u64::from(units > 100 * Money::SCALE);
            self.uneven += u64::from(units % Money::SCALE != 0);
            if units % (5 * Money::SCALE) == 0 {
                if self.steps.len() < STEPS {
                    self.steps.insert(units);
                }
            } else {
                self.off_steps += 1;
            }
        }
        if let Some(full) = full.map(|full| i128::from(full.units()).abs()).filter(|full| *full > 0)
        {
            self.too_large += u64::from(i128::from(units) > full);
            self.too_small += u64::from(i128::from(units) * NEXT_TO_NOTHING < full);
        }
    }

    fn add(mut self, other: Self) -> Self {
        self.cells += other.cells;
        self.with_sign += other.with_sign;
        self.fractions += other.fractions;
        self.above_one += other.above_one;
        self.above_hundred += other.above_hundred;
        self.uneven += other.uneven;
        self.too_large += other.too_large;
        self.too_small += other.too_small;
        self.steps.extend(other.steps);
        self.off_steps += other.off_steps;
        self.example = match (self.example, other.example) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self
    }

    /// The unit and the reason, or why it stays open.
    fn decide(&self, header: Header) -> std::result::Result<(DiscountUnit, String), &'static str> {
        use DiscountUnit::{Amount, Fraction, Percent};
        let example = self.example.as_deref().unwrap_or_default();
        let cells = |cells: u64, what: &str| format!("{cells} cells {what}, such as `{example}`");
        if self.cells == 0 {
            return Ok((Amount, "no row has one".to_owned()));
        }
        if self.with_sign > 0 {
            return if self.with_sign == self.cells {
                Ok((Percent, cells(self.with_sign, "with a sign of per cent")))
            } else {
                Err("some cells have a sign of per cent and others have none")
            };
        }
        if self.above_one == 0 {
            return match header {
                Header::Money => Ok((Amount, "the header says so".to_owned())),
                _ if self.fractions > 0 => Ok((Fraction, cells(self.cells, "of at most 1"))),
                Header::Percent => Ok((Percent, "the header says so".to_owned())),
                Header::Silent => Err("every one is 1"),
            };
        }
        if self.above_hundred > 0 {
            return match header {
                Header::Percent => Err("the header says per cent, and some are above 100"),
                _ => Ok((Amount, cells(self.above_hundred, "above 100"))),
            };
        }
        match header {
            Header::Percent => return Ok((Percent, "the header says so".to_owned())),
            Header::Money => return Ok((Amount, "the header says so".to_owned())),
            Header::Silent => {}
        }
        if self.too_large > 0 {
            let what = "would be more than the price, as money";
            return Ok((Percent, cells(self.too_large, what)));
        }
        if self.uneven > 0 {
            return Ok((Amount, cells(self.uneven, "above 1 are no whole numbers")));
        }
        if self.fractions > 0 {
            return Err("some are fractions and others are above 1");
        }
        let is_steps = self.off_steps == 0 && self.steps.len() >= STEPS;
        if self.cells >= TELLING && (is_steps || self.too_small * 2 > self.cells) {
            return Err("all are whole and at most 100");
        }
        Ok((Amount, cells(self.cells, "above 1")))
    }
}
