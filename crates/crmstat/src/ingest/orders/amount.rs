//! What a row is worth: its amount, or price times quantity; less the discount and what was given back.

use crate::{
    Error, Money, Result,
    data::{Decision, DiscountUnit, Field, Finding, MoneyUnit, Notice, Severity},
    ingest::{
        ReadOptions,
        cells::{
            Parsed,
            number::{Amount, NumberFormat},
            text,
        },
        orders::{
            discount::{self, Amounts},
            line_amounts::LineAmounts,
            product_prices::ProductPrices,
        },
        pass::{
            batches::BatchRecords,
            faults::{Fault, Part},
            input::Input,
            tally::Tally,
        },
        profile::{Rates, words},
        text::Wanted,
    },
};

/// The columns that say what the rows of an input are worth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AmountColumns {
    source: Source,
    discount: Option<usize>,
    refunded: Option<usize>,
    currency: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Amount(usize),
    PriceAndQuantity(usize, usize),
    /// The price is in the table of products.
    ProductAndQuantity(usize, usize),
    /// The amount is in the table of order lines.
    Order(usize),
}

impl AmountColumns {
    /// Finds them.
    ///
    /// # Errors
    /// No column that says it.
    pub(crate) fn of(input: &Input) -> Result<Self> {
        let column = |field: Field| input.mapping.column(field);
        let (quantity, order) = (column(Field::Quantity), column(Field::OrderId));
        let product = column(Field::Product).filter(|_| input.product_prices.is_some());
        let source = if let Some(amount) = column(Field::Amount) {
            Source::Amount(amount)
        } else if let Some((price, quantity)) = column(Field::Price).zip(quantity) {
            Source::PriceAndQuantity(price, quantity)
        } else if let Some(order) = order.filter(|_| input.line_amounts.is_some()) {
            Source::Order(order)
        } else if let Some((product, quantity)) = product.zip(quantity) {
            Source::ProductAndQuantity(product, quantity)
        } else {
            return Err(input
                .mapping
                .require(&[Field::Amount])
                .err()
                .unwrap_or_else(|| Error::data("there is no amount").at(input.place(None))));
        };
        Ok(Self {
            source,
            discount: column(Field::Discount),
            refunded: column(Field::Refunded),
            currency: column(Field::Currency),
        })
    }

    /// Decides, once the formats of its numbers are, whether discounts are to be taken off, and what they are.
    ///
    /// # Errors
    /// Discounts that can be read in two ways.
    pub(crate) fn with_discounts(self, input: &mut Input, options: &ReadOptions) -> Result<Self> {
        let discount = self.taken_off(input, options);
        if discount.is_some() {
            discount::decide(input, options)?;
        }
        Ok(Self { discount, ..self })
    }

    /// The column of discounts that are still to be taken off.
    fn taken_off(self, input: &mut Input, options: &ReadOptions) -> Option<usize> {
        let discount = self.discount?;
        match self.source {
            Source::PriceAndQuantity(..) | Source::ProductAndQuantity(..) => Some(discount),
            // The lines have had theirs.
            Source::Order(_) => None,
            Source::Amount(amount) => match discount::amounts(input, amount, discount) {
                Amounts::Before => Some(discount),
                Amounts::After => None,
                Amounts::Unknown if options.discounts.is_some() => Some(discount),
                Amounts::Unknown => {
                    let header = |column: usize| input.headers[column].trim().to_owned();
                    let (discount, amount) = (header(discount), header(amount));
                    let finding = Finding::DiscountAside { discount, amount };
                    let notice = Notice::new(Severity::Note, finding, 0).of_file(input.name());
                    let settled = "none|amount|percent|fraction";
                    input.notices.push(notice.settled_by("discounts", settled));
                    None
                }
            },
        }
    }

    /// Tells of amounts or prices whose header says that they are in parts or multiples of the currency: they are
    /// read as they are.
    pub(crate) fn tell_units(&self, input: &mut Input) {
        let column = match self.source {
            Source::Amount(column) | Source::PriceAndQuantity(column, _) => column,
            Source::ProductAndQuantity(..) | Source::Order(_) => return,
        };
        let header = input.headers[column].trim().to_owned();
        if let Some(unit) = money_unit(&header) {
            let finding = Finding::AmountUnit { column: header, unit };
            let notice = Notice::new(Severity::Warning, finding, 0).of_file(input.name());
            if !input.notices.contains(&notice) {
                input.notices.push(notice);
            }
        }
    }

    /// Those with numbers.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        let source = match self.source {
            Source::Amount(amount) => [Some(amount), None],
            Source::PriceAndQuantity(price, quantity) => [Some(price), Some(quantity)],
            Source::ProductAndQuantity(_, quantity) => [Some(quantity), None],
            Source::Order(_) => [None, None],
        };
        source.into_iter().chain([self.discount, self.refunded]).flatten().collect()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<usize> {
        let texts = match self.source {
            Source::ProductAndQuantity(product, _) => Some(product),
            Source::Order(order) => Some(order),
            _ => None,
        };
        self.numbers().into_iter().chain(texts).chain(self.currency).collect()
    }

    /// The one column that says all, where at most a currency stands beside it.
    pub(crate) fn plain(&self) -> Option<usize> {
        let is_alone = self.discount.is_none() && self.refunded.is_none();
        match self.source {
            Source::Amount(amount) if is_alone => Some(amount),
            _ => None,
        }
    }
}

/// The part or the multiple of a currency that `header` names.
fn money_unit(header: &str) -> Option<MoneyUnit> {
    let words = words::of(header);
    let is = |stems: &[&str]| words.iter().any(|word| stems.contains(&word.as_str()));
    let begins =
        |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    if is(&["cent", "cents", "pence", "minor", "коп"]) || begins(&["kopek", "копе"]) {
        Some(MoneyUnit::Hundredths)
    } else if is(&["000", "k", "тыс", "thousand", "thousands"]) || begins(&["тысяч"]) {
        Some(MoneyUnit::Thousands)
    } else if is(&["mln", "million", "millions", "млн", "mio"]) || begins(&["миллион"]) {
        Some(MoneyUnit::Millions)
    } else {
        None
    }
}

/// How the amounts of one input are read.
pub(crate) struct AmountReader<'a> {
    input: &'a Input,
    source: SourcePart<'a>,
    discount: Option<(Part, NumberFormat, DiscountUnit)>,
    refunded: Option<(Part, NumberFormat)>,
    currency: Option<Part>,
    rates: Option<&'a Rates>,
}

enum SourcePart<'a> {
    Amount(Part, NumberFormat),
    PriceAndQuantity((Part, NumberFormat), (Part, NumberFormat)),
    ProductAndQuantity((Part, Option<&'a ProductPrices>), (Part, NumberFormat)),
    Order(Part, Option<&'a LineAmounts>),
}

/// What a row is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// This much; below zero for a refund.
    Of(Money),
    /// Nothing, as all of it was given back.
    Refunded,
}

impl<'a> AmountReader<'a> {
    /// Reads the `columns` of `input`, which are among the `wanted` ones.
    pub(crate) fn new(
        columns: AmountColumns,
        input: &'a Input,
        wanted: &Wanted,
        rates: Option<&'a Rates>,
    ) -> Self {
        let part = |column: usize| Part { column, position: wanted.position(column).unwrap_or(0) };
        let number = |column: usize| (part(column), input.number_format(column));
        let source = match columns.source {
            Source::Amount(column) => {
                let (part, format) = number(column);
                SourcePart::Amount(part, format)
            }
            Source::PriceAndQuantity(price, quantity) => {
                SourcePart::PriceAndQuantity(number(price), number(quantity))
            }
            Source::ProductAndQuantity(product, quantity) => {
                let prices = input.product_prices.as_deref();
                SourcePart::ProductAndQuantity((part(product), prices), number(quantity))
            }
            Source::Order(order) => SourcePart::Order(part(order), input.line_amounts.as_deref()),
        };
        Self {
            input,
            source,
            discount: columns.discount.zip(input.discounts).map(|(column, unit)| {
                let (part, format) = number(column);
                (part, format, unit)
            }),
            refunded: columns.refunded.map(number),
            currency: columns.currency.map(part),
            rates,
        }
    }

    /// What record `row` is worth, in the currency of the run.
    ///
    /// # Errors
    /// The cell at fault.
    pub(crate) fn read(
        &self,
        tally: &mut Tally,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<Worth, Fault> {
        let cell = |part: Part| records.batch.cells[part.position][row].of(&records.block.bytes);
        let value = |(part, format): (Part, NumberFormat)| {
            let cell = cell(part);
            value(part, self.input.or_null(cell, format.money(cell)))
        };
        let (part, amount) = match &self.source {
            SourcePart::Amount(part, format) => (*part, value((*part, *format))?),
            SourcePart::PriceAndQuantity(price, quantity) => {
                (price.0, times(price.0, value(*price)?, value(*quantity)?)?)
            }
            SourcePart::ProductAndQuantity((product, prices), quantity) => {
                let name = text::clean(cell(*product));
                let price = beside(*product, prices.map(|prices| prices.get(name)))?;
                (*product, times(*product, price, value(*quantity)?)?)
            }
            SourcePart::Order(order, lines) => {
                let id = text::id(cell(*order)).0;
                (*order, beside(*order, lines.map(|lines| lines.get(id)))?)
            }
        };
        tally.rounded += u64::from(amount.rounded);
        let mut money = amount.money;
        if let Some((part, format, unit)) = self.discount {
            let cell = cell(part);
            let fault = |reason| Fault { part: Some(part), reason };
            match self.input.or_null(cell, discount::read(unit, cell, format)) {
                Parsed::Value(discount) => {
                    let off = unit.off(money, discount).map_err(fault)?;
                    money = Money::from_units(money.units() - off.units());
                }
                Parsed::Missing => {}
                Parsed::Invalid(reason) => return Err(fault(reason)),
            }
        }
        let refunded = self.refunded(cell)?;
        if refunded != Money::ZERO && !money.is_negative() {
            tally.refunded.count(refunded);
            money = money.checked_sub(refunded).ok_or(Fault { part: Some(part), reason: PAST })?;
            if money == Money::ZERO {
                return Ok(Worth::Refunded);
            }
        }
        let currency = self.currency.map(cell);
        tally
            .convert(&Amount { money, ..amount }, currency, self.rates)
            .map(Worth::Of)
            .map_err(|reason| Fault { part: Some(part), reason })
    }

    /// Whether what record `row` is worth is below zero, as far as its own cells say so.
    pub(crate) fn gives_back(&self, records: &BatchRecords<'_>, row: usize) -> bool {
        let (part, format) = match &self.source {
            SourcePart::Amount(part, format) => (*part, *format),
            SourcePart::PriceAndQuantity(_, quantity)
            | SourcePart::ProductAndQuantity(_, quantity) => *quantity,
            SourcePart::Order(..) => return false,
        };
        let cell = records.batch.cells[part.position][row].of(&records.block.bytes);
        matches!(format.money(cell), Parsed::Value(amount) if amount.money.is_negative())
    }

    /// The column of currencies.
    pub(crate) fn currency(&self) -> Option<Part> {
        self.currency
    }

    /// What was given back of the row, without its sign.
    fn refunded<'r>(&self, cell: impl Fn(Part) -> &'r [u8]) -> Result<Money, Fault> {
        let Some((part, format)) = self.refunded else { return Ok(Money::ZERO) };
        let cell = cell(part);
        match self.input.or_null(cell, format.money(cell)) {
            Parsed::Value(amount) => Ok(Money::from_units(amount.money.units().saturating_abs())),
            Parsed::Missing => Ok(Money::ZERO),
            Parsed::Invalid(reason) => Err(Fault { part: Some(part), reason }),
        }
    }
}

const PAST: &str = "an amount past the range of money";

fn value(part: Part, parsed: Parsed<Amount>) -> Result<Amount, Fault> {
    match parsed {
        Parsed::Value(amount) => Ok(amount),
        Parsed::Missing => Err(Fault { part: Some(part), reason: "no amount" }),
        Parsed::Invalid(reason) => Err(Fault { part: Some(part), reason }),
    }
}

/// What another table says of the text in `part`.
fn beside(part: Part, found: Option<Result<Money, &'static str>>) -> Result<Amount, Fault> {
    let money = found.unwrap_or(Err("no amount"));
    let money = money.map_err(|reason| Fault { part: Some(part), reason })?;
    Ok(Amount { money, currency: None, rounded: false })
}

fn times(part: Part, price: Amount, quantity: Amount) -> Result<Amount, Fault> {
    let money = multiply(price.money, quantity.money)
        .ok_or(Fault { part: Some(part), reason: "price times quantity is too large" })?;
    Ok(Amount { money, ..price })
}

/// The product of two numbers at the scale of money, rounded half away from zero.
pub(crate) fn multiply(price: Money, quantity: Money) -> Option<Money> {
    let scale = i128::from(Money::SCALE);
    let product = i128::from(price.units()) * i128::from(quantity.units());
    let rounded = (product + product.signum() * scale / 2) / scale;
    i64::try_from(rounded).ok().map(Money::from_units)
}

/// Where the amounts of `input` come from, if not from a column of its own.
pub(crate) fn decided(input: &Input, value: &str) -> Decision {
    Decision {
        file: input.name().to_owned(),
        topic: "amounts".to_owned(),
        value: value.to_owned(),
        reason: "the orders have none".to_owned(),
        option: Some("--map"),
    }
}
