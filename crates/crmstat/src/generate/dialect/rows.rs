//! Deals as the rows of a layout.

use super::{Amounts, Dates, Encoding, Field, Layout, Shape};
use crate::{
    Date, Money, Result, Timestamp,
    collections::write_cells::{
        push_date, push_money, push_pair, push_signed, push_time_of_day, push_unsigned,
    },
    data::table::{Column, Table},
    generate::{
        Fault,
        deal::{Deal, Status},
        names::{self, pick},
        world::{Contact, World},
    },
    write::delimited::{push_quoted, push_quoted_if_needed},
};

/// Days after its creation that a deal is expected to close.
const EXPECTED_DAYS: i32 = 30;

/// Where the faulty rows go: one after every so many good ones, the rest at the end.
#[derive(Clone, Copy)]
pub(in crate::generate) struct Dirt {
    rows: u64,
    stride: u64,
}

impl Dirt {
    /// `rows` faulty rows among about `expected` good ones.
    pub(in crate::generate) fn new(rows: u64, expected: f64) -> Self {
        Self { rows, stride: (expected as u64 / (rows + 1)).max(1) }
    }

    /// The faulty rows that stand before the good row `index`.
    pub(in crate::generate) fn before(&self, index: u64) -> u64 {
        self.rows.min(index / self.stride)
    }

    /// All faulty rows.
    pub(in crate::generate) fn rows(&self) -> u64 {
        self.rows
    }
}

/// The kind of fault that the faulty row `index` has.
fn fault_of(index: u64) -> Fault {
    Fault::ALL[(index % Fault::ALL.len() as u64) as usize]
}

/// Writes deals as text.
pub(in crate::generate) struct RowWriter<'a> {
    layout: &'a Layout,
    world: &'a World,
    dirt: Dirt,
}

impl<'a> RowWriter<'a> {
    pub(in crate::generate) fn new(layout: &'a Layout, world: &'a World, dirt: Dirt) -> Self {
        Self { layout, world, dirt }
    }

    /// What stands before the first row.
    pub(in crate::generate) fn header(&self) -> Vec<u8> {
        let headers = self.layout.columns.iter().map(|(header, _)| *header);
        let mut text = Vec::new();
        match self.layout.shape {
            Shape::Delimited { .. } => {
                let mut cells = Cells::new(self.layout.shape, &mut text);
                headers.for_each(|header| cells.push(header.as_bytes()));
                cells.end();
            }
            Shape::Html => {
                text.extend_from_slice(
                    b"<meta http-equiv=\"Content-type\" content=\"text/html;charset=UTF-8\" />\
                      <table border=\"1\"><thead><tr>",
                );
                for header in headers {
                    text.extend_from_slice(b"<th>");
                    push_escaped(&mut text, header.as_bytes());
                    text.extend_from_slice(b"</th>");
                }
                text.extend_from_slice(b"</tr></thead><tbody>");
            }
        }
        let mut encoded = self.encoded(text);
        if self.layout.encoding == Encoding::Utf8Bom {
            encoded.splice(0..0, *b"\xEF\xBB\xBF");
        }
        encoded
    }

    /// The rows of `deals`, the first of which is the `first` of the export, and the faulty ones among
    /// them.
    pub(in crate::generate) fn rows(&self, first: u64, deals: &[Deal]) -> Vec<u8> {
        let mut text = Vec::with_capacity(deals.len() * 80);
        for (index, deal) in (first..).zip(deals) {
            self.push_row(&mut text, index + 1, deal, None);
            for faulty in self.dirt.before(index)..self.dirt.before(index + 1) {
                self.push_faulty(&mut text, faulty, index + 1, deal);
            }
        }
        self.encoded(text)
    }

    /// What stands after the last of `rows` good rows: the faulty ones that found no place, made from
    /// `last`, and the footer.
    pub(in crate::generate) fn footer(&self, rows: u64, last: Option<&Deal>) -> Vec<u8> {
        let mut text = Vec::new();
        if let Some(deal) = last {
            for faulty in self.dirt.before(rows)..self.dirt.rows {
                self.push_faulty(&mut text, faulty, rows, deal);
            }
        }
        let footer = match self.layout.shape {
            Shape::Delimited { footer, .. } => footer,
            Shape::Html => "</tbody></table>",
        };
        text.extend_from_slice(footer.as_bytes());
        self.encoded(text)
    }

    fn push_faulty(&self, text: &mut Vec<u8>, faulty: u64, id: u64, deal: &Deal) {
        match fault_of(faulty) {
            Fault::Duplicate => self.push_row(text, id, deal, None),
            // Ids of their own, past those of every good row, keep the faulty rows apart.
            fault => self.push_row(text, 900_000_000_000 + faulty, deal, Some(fault)),
        }
    }

    fn push_row(&self, text: &mut Vec<u8>, id: u64, deal: &Deal, fault: Option<Fault>) {
        let row = Row::new(self.world, self.layout, id, deal);
        let mut cells = Cells::new(self.layout.shape, text);
        let mut cell = Vec::with_capacity(64);
        for (_, field) in self.layout.columns {
            cell.clear();
            match fault {
                Some(fault) if fault.spoils(*field) => {
                    cell.extend_from_slice(fault.text().as_bytes());
                }
                _ => row.push_cell(&mut cell, *field),
            }
            cells.push(&cell);
        }
        cells.end();
    }

    fn encoded(&self, text: Vec<u8>) -> Vec<u8> {
        match self.layout.encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => text,
            Encoding::Windows1251 => {
                let text = String::from_utf8_lossy(&text);
                encoding_rs::WINDOWS_1251.encode(&text).0.into_owned()
            }
        }
    }
}

impl Fault {
    fn spoils(self, field: Field) -> bool {
        use Field::{
            Amount, CloseOn, ClosedAt, Company, CreatedAt, CreatedOn, CustomerId, CustomerNumber,
            OrderDate,
        };
        match self {
            Self::BadDate => {
                matches!(field, OrderDate | CreatedAt | CreatedOn | ClosedAt | CloseOn)
            }
            Self::BadAmount => field == Amount,
            Self::MissingCustomer => matches!(field, CustomerId | CustomerNumber | Company),
            Self::Duplicate => false,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::BadDate => "32.13.2024",
            Self::BadAmount => "12x3",
            Self::MissingCustomer | Self::Duplicate => "",
        }
    }
}

/// The cells of one row on their way into text.
struct Cells<'a> {
    shape: Shape,
    text: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Cells<'a> {
    fn new(shape: Shape, text: &'a mut Vec<u8>) -> Self {
        if matches!(shape, Shape::Html) {
            text.extend_from_slice(b"<tr>");
        }
        Self { shape, text, is_first: true }
    }

    fn push(&mut self, cell: &[u8]) {
        match self.shape {
            Shape::Delimited { delimiter, quote_all, .. } => {
                if !self.is_first {
                    self.text.push(delimiter);
                }
                if quote_all {
                    push_quoted(self.text, cell);
                } else {
                    push_quoted_if_needed(self.text, cell, delimiter);
                }
            }
            Shape::Html => {
                self.text.extend_from_slice(b"<td>");
                push_escaped(self.text, cell);
                self.text.extend_from_slice(b"</td>");
            }
        }
        self.is_first = false;
    }

    fn end(self) {
        match self.shape {
            Shape::Delimited { delimiter, trailing, line_end, .. } => {
                if trailing {
                    self.text.push(delimiter);
                }
                self.text.extend_from_slice(line_end.as_bytes());
            }
            Shape::Html => self.text.extend_from_slice(b"</tr>"),
        }
    }
}

fn push_escaped(text: &mut Vec<u8>, cell: &[u8]) {
    for &byte in cell {
        match byte {
            b'&' => text.extend_from_slice(b"&amp;"),
            b'<' => text.extend_from_slice(b"&lt;"),
            _ => text.push(byte),
        }
    }
}

/// One deal and what its cells are made from.
struct Row<'a> {
    world: &'a World,
    layout: &'a Layout,
    id: u64,
    deal: &'a Deal,
    contact: Contact,
    status: Status,
}

impl<'a> Row<'a> {
    fn new(world: &'a World, layout: &'a Layout, id: u64, deal: &'a Deal) -> Self {
        let contact = world.contact(deal.customer);
        Self { world, layout, id, deal, contact, status: deal.status(world.days) }
    }

    fn push_cell(&self, cell: &mut Vec<u8>, field: Field) {
        let words = self.layout.words;
        match field {
            Field::Id => push_unsigned(cell, self.id),
            Field::CustomerId => names::push_customer_id(cell, self.deal.customer),
            Field::CustomerNumber => push_unsigned(cell, u64::from(self.deal.customer) + 1),
            Field::Company => names::push_company(cell, self.deal.customer, words.lang),
            Field::Title => {
                cell.extend_from_slice(self.product().as_bytes());
                cell.extend_from_slice(words.lang.pick(" for ", " для ").as_bytes());
                names::push_company(cell, self.deal.customer, words.lang);
            }
            Field::Phone => {
                let number = self.deal.customer % 10_000_000;
                cell.extend_from_slice(b"+7 (900) ");
                push_unsigned(cell, u64::from(100 + number / 10_000 % 900));
                for pair in [number / 100 % 100, number % 100] {
                    cell.push(b'-');
                    push_pair(cell, pair);
                }
            }
            Field::Amount => push_amount(cell, self.deal.amount, self.layout.amounts),
            Field::WonAmount => {
                if let Some(amount) = self.won_amount() {
                    push_amount(cell, amount, self.layout.amounts);
                }
            }
            Field::Price => push_amount(cell, self.price(), self.layout.amounts),
            Field::Quantity => push_unsigned(cell, self.deal.quantity.into()),
            Field::Probability => push_signed(cell, self.probability()),
            _ => {
                if let Some(at) = self.instant(field) {
                    push_instant(cell, at, self.layout.dates);
                } else if let Some(date) = self.date(field) {
                    push_day(cell, date, self.layout.dates);
                } else {
                    cell.extend_from_slice(self.word(field).as_bytes());
                }
            }
        }
    }

    /// 0, 1 or 2 for open, won and lost.
    fn outcome(&self) -> usize {
        match self.status {
            Status::Open => 0,
            Status::Won => 1,
            Status::Lost(_) => 2,
        }
    }

    /// What it brought, once it is won.
    fn won_amount(&self) -> Option<Money> {
        (self.status == Status::Won).then_some(self.deal.amount)
    }

    /// The chance to win it, in percent, as the CRM has it.
    fn probability(&self) -> i64 {
        [25, 100, 0][self.outcome()]
    }

    /// The amount per unit.
    fn price(&self) -> Money {
        Money::from_units(self.deal.amount.units() / i64::from(self.deal.quantity))
    }

    fn product(&self) -> &'static str {
        let product = &names::PRODUCTS[usize::from(self.deal.product)];
        pick(product.name, self.layout.words.lang)
    }

    fn instant(&self, field: Field) -> Option<Timestamp> {
        match (field, self.status) {
            (Field::CreatedAt, _) => Some(self.deal.opened_at(self.world)),
            (Field::ClosedAt, Status::Won | Status::Lost(_))
            | (Field::WonAt, Status::Won)
            | (Field::LostAt, Status::Lost(_)) => Some(self.deal.closed_at(self.world)),
            _ => None,
        }
    }

    fn date(&self, field: Field) -> Option<Date> {
        let expected = || self.deal.opened_on(self.world).plus_days(EXPECTED_DAYS);
        match field {
            Field::CreatedOn => Some(self.deal.opened_on(self.world)),
            Field::ExpectedOn => Some(expected()),
            Field::CloseOn if self.status == Status::Open => {
                // A deal that is still open is expected to close in the future.
                Some(expected().max(self.world.date(self.world.days)))
            }
            Field::OrderDate | Field::CloseOn => Some(self.world.date(self.deal.closed)),
            _ => None,
        }
    }

    /// The words of a field of words; nothing for a field of anything else.
    fn word(&self, field: Field) -> &'static str {
        let words = self.layout.words;
        let yes_no = |yes: bool| words.yes_no[usize::from(!yes)];
        match field {
            Field::Stage => match self.status {
                Status::Open => words.stages[self.deal.last_stage(self.world, words.stages.len())],
                Status::Won => words.won_stage,
                Status::Lost(_) => words.lost_stage,
            },
            Field::Status => words.statuses[self.outcome()],
            Field::IsClosed => yes_no(self.status != Status::Open),
            Field::IsWon => yes_no(self.status == Status::Won),
            Field::IsLost => yes_no(matches!(self.status, Status::Lost(_))),
            Field::LostReason => match self.status {
                Status::Lost(reason) => pick(names::LOSS_REASONS[reason], words.lang),
                _ => "",
            },
            Field::ClosedAt => words.not_closed,
            Field::Owner => pick(names::MANAGERS[usize::from(self.contact.manager)], words.lang),
            Field::Region => pick(names::REGIONS[usize::from(self.contact.region)], words.lang),
            Field::Channel => pick(names::CHANNELS[usize::from(self.deal.channel)], words.lang),
            Field::Product => self.product(),
            Field::Category => {
                pick(names::PRODUCTS[usize::from(self.deal.product)].category, words.lang)
            }
            Field::Pipeline => words.pipeline,
            Field::Currency => words.currency,
            Field::Always(text) => text,
            _ => "",
        }
    }
}

fn push_day(cell: &mut Vec<u8>, date: Date, dates: Dates) {
    let (year, month, day) = date.to_ymd();
    match dates {
        Dates::Iso | Dates::IsoZulu => push_date(cell, date),
        Dates::Dotted => {
            push_pair(cell, day);
            cell.push(b'.');
            push_pair(cell, month);
            cell.push(b'.');
            push_signed(cell, year.into());
        }
        Dates::Us | Dates::UsPadded => {
            for part in [month, day] {
                if dates == Dates::UsPadded {
                    push_pair(cell, part);
                } else {
                    push_unsigned(cell, part.into());
                }
                cell.push(b'/');
            }
            push_signed(cell, year.into());
        }
    }
}

fn push_instant(cell: &mut Vec<u8>, at: Timestamp, dates: Dates) {
    push_day(cell, at.date(), dates);
    match dates {
        Dates::Us => {}
        Dates::IsoZulu => {
            cell.push(b'T');
            push_time_of_day(cell, at);
            cell.extend_from_slice(b".000Z");
        }
        Dates::Iso | Dates::Dotted => {
            cell.push(b' ');
            push_time_of_day(cell, at);
        }
        Dates::UsPadded => {
            let minute = at.seconds().rem_euclid(86_400) as u32 / 60;
            let (hour, half) = (minute / 60, if minute < 720 { "am" } else { "pm" });
            cell.push(b' ');
            push_pair(cell, (hour + 11) % 12 + 1);
            cell.push(b':');
            push_pair(cell, minute % 60);
            cell.extend_from_slice(half.as_bytes());
        }
    }
}

/// Appends `amount`, which is not negative, to two decimals at least.
fn push_amount(cell: &mut Vec<u8>, amount: Money, amounts: Amounts) {
    let start = cell.len();
    push_money(cell, amount);
    let (separator, point): (&[u8], u8) = match amounts {
        Amounts::Point => return,
        Amounts::SpacedComma => ("\u{A0}".as_bytes(), b','),
        Amounts::UsGrouped => (b",", b'.'),
    };
    let plain = cell.split_off(start);
    let whole = plain.iter().position(|&byte| byte == b'.').unwrap_or(plain.len());
    for (index, &byte) in plain.iter().enumerate() {
        if index > 0 && index < whole && (whole - index) % 3 == 0 {
            cell.extend_from_slice(separator);
        }
        cell.push(if index == whole { point } else { byte });
    }
}

/// The deals as typed columns, for the formats that have types.
pub(in crate::generate) fn columns(
    layout: &Layout,
    world: &World,
    first: u64,
    deals: &[Deal],
) -> Result<Table> {
    let rows: Vec<Row> =
        (first + 1..).zip(deals).map(|(id, deal)| Row::new(world, layout, id, deal)).collect();
    let columns =
        layout.columns.iter().map(|&(header, field)| column(header, field, layout, &rows));
    Table::new("export", columns.collect())
}

fn column(header: &'static str, field: Field, layout: &Layout, rows: &[Row<'_>]) -> Column {
    let labels = |words: &[[&'static str; 2]]| -> Vec<&'static str> {
        words.iter().map(|&word| pick(word, layout.words.lang)).collect()
    };
    let codes = |code: fn(&Row<'_>) -> u8| rows.iter().map(move |row| u32::from(code(row)));
    match field {
        Field::Id => Column::int(header, header, rows.iter().map(|row| row.id as i64)),
        Field::Amount => Column::money(header, header, rows.iter().map(|row| row.deal.amount)),
        Field::WonAmount => Column::money(header, header, rows.iter().map(Row::won_amount)),
        Field::Probability => Column::int(header, header, rows.iter().map(Row::probability)),
        Field::Price => Column::money(header, header, rows.iter().map(Row::price)),
        Field::Quantity => {
            Column::int(header, header, rows.iter().map(|row| i64::from(row.deal.quantity)))
        }
        Field::CreatedAt | Field::ClosedAt | Field::WonAt | Field::LostAt => {
            Column::timestamp(header, header, rows.iter().map(|row| row.instant(field)))
        }
        Field::OrderDate | Field::CreatedOn | Field::CloseOn | Field::ExpectedOn => {
            Column::date(header, header, rows.iter().map(|row| row.date(field)))
        }
        Field::Product => {
            let words = names::PRODUCTS.map(|product| product.name);
            Column::category(header, header, labels(&words), codes(|row| row.deal.product))
        }
        Field::Region => Column::category(
            header,
            header,
            labels(&names::REGIONS),
            codes(|row| row.contact.region),
        ),
        Field::Owner => Column::category(
            header,
            header,
            labels(&names::MANAGERS),
            codes(|row| row.contact.manager),
        ),
        Field::Channel => Column::category(
            header,
            header,
            labels(&names::CHANNELS),
            codes(|row| row.deal.channel),
        ),
        _ => {
            let mut arena = Vec::new();
            let mut ends = Vec::with_capacity(rows.len());
            for row in rows {
                row.push_cell(&mut arena, field);
                ends.push(arena.len());
            }
            // Cells are pieced together from texts and digits alone.
            let arena = String::from_utf8(arena).unwrap_or_default();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let texts = starts.zip(&ends).map(|(start, &end)| arena.get(start..end));
            Column::text(header, header, texts.map(|text| text.filter(|text| !text.is_empty())))
        }
    }
}
