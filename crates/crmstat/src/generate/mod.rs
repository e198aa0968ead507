//! Synthetic CRM data with known truth.
//!
//! A [`Spec`] says who the customers are and how they buy; checked, it is a [`World`], which writes itself
//! part by part: the orders or deals in the dialect of any supported CRM, the tables around them, and the
//! truth that a model should find.
//!
//! | module | what it decides |
//! |---|---|
//! | `clock` | how season, weekday and trend stretch time |
//! | `world` | each customer's hidden rates and purchases |
//! | `deal`, `side`, `truth` | what is recorded of them |
//! | `campaign` | a mailing whose effect is known |
//! | `ordered` | how records of all customers come in the order of time, in bounded memory |
//! | `dialect` | in which words and notation |
//!
//! The same spec gives the same bytes for any number of threads.

mod campaign;
mod clock;
#[cfg(test)]
mod datasets;
mod deal;
mod dialect;
mod names;
mod ordered;
mod side;
mod sink;
mod spec;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::{io::Write, ops::Range, str::FromStr};

pub use campaign::campaign_uplift;
pub use dialect::Dialect;
pub use spec::{Process, Spec, Spend};
pub use world::World;

use crate::{
    Date, Error, Money, Result,
    data::table::Table,
    generate::{
        deal::{Deal, Status},
        dialect::{Dirt, RowWriter, columns},
        ordered::in_order,
        sink::{Sink, failed, in_batches},
    },
    write::{Format, Writer},
};

/// Deals that one task writes as text.
const DEALS_PER_TASK: usize = 8192;

/// A table of a synthetic CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The orders or deals, in the spec's dialect.
    Main,
    /// Calls, meetings, e-mails and inquiries.
    Activities,
    /// One row per customer, with a satisfaction score.
    Customers,
    /// What was sold in each order or deal.
    Lines,
    /// The catalogue.
    Products,
    /// The stages that each deal went through.
    History,
    /// Marketing spend by month and channel.
    Spend,
    /// A mailing: one row per customer, who was mailed and who responded.
    Campaign,
    /// What is true of each customer and stands in no export.
    Truth,
}

impl Part {
    /// Every part with its name on the command line.
    const NAMES: [(Self, &'static str); 9] = [
        (Self::Main, "main"),
        (Self::Activities, "activities"),
        (Self::Customers, "customers"),
        (Self::Lines, "lines"),
        (Self::Products, "products"),
        (Self::History, "history"),
        (Self::Spend, "spend"),
        (Self::Campaign, "campaign"),
        (Self::Truth, "truth"),
    ];
}

impl FromStr for Part {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(part, _)| *part).ok_or_else(
            || {
                let names = Self::NAMES.map(|(_, name)| name).join(", ");
                Error::usage(format!("`{name}` is not a part of a synthetic CRM"))
                    .with_hint(format!("it is one of {names}"))
            },
        )
    }
}

/// What is wrong with a faulty row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Its dates are no dates.
    BadDate,
    /// Its amount is no number.
    BadAmount,
    /// It has no customer.
    MissingCustomer,
    /// It repeats the row before it.
    Duplicate,
}

impl Fault {
    /// Every fault; faulty rows take turns in this order.
    pub const ALL: [Self; 4] =
        [Self::BadDate, Self::BadAmount, Self::MissingCustomer, Self::Duplicate];

    /// The fault in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadDate => "a bad date",
            Self::BadAmount => "a bad amount",
            Self::MissingCustomer => "no customer",
            Self::Duplicate => "a repeated row",
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows below the header, the faulty ones among them.
    pub rows: u64,
    /// For the main part: orders, or deals won before the end; faulty rows not counted.
    pub orders: u64,
    /// For the main part: what those orders amount to.
    pub revenue: Money,
    /// The day of the first and of the last of those orders.
    pub dates: Option<(Date, Date)>,
    /// How many rows have each fault.
    pub faults: Vec<(Fault, u64)>,
}

/// Checks `spec` and writes its `part` in `format` to `out`.
///
/// # Errors
/// As [`Spec::check`] and [`World::write`].
pub fn generate(
    spec: &Spec,
    part: Part,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<Report> {
    spec.clone().check()?.write(part, format, out)
}

impl World {
    /// Writes `part` in `format` to `out`: [`Format::Csv`] (for the main part, the text of its dialect,
    /// an HTML table where that is one), [`Format::Parquet`] or [`Format::Xlsx`].
    ///
    /// Orders come by date, deals and activities by the day they began, customers by id. Memory is bounded
    /// whatever the number of rows, but for a workbook.
    ///
    /// # Errors
    /// [`Error::is_usage`] when the format cannot hold the part, [`Error::is_io`] when `out` fails.
    pub fn write(
        &self,
        part: Part,
        format: Format,
        out: &mut (dyn Write + Send),
    ) -> Result<Report> {
        let report = match part {
            Part::Main if format == Format::Csv => self.write_text(out)?,
            Part::Main => self.write_typed(format, out)?,
            Part::Activities => self.write_activities(format, out)?,
            Part::Customers => self.write_customers(format, out, Self::customers)?,
            Part::Campaign => self.write_customers(format, out, Self::campaign)?,
            Part::Truth => self.write_customers(format, out, Self::truth)?,
            Part::Lines => self.write_deals(format, out, Self::lines)?,
            Part::History => self.write_deals(format, out, Self::history)?,
            Part::Products => write_whole(format, out, &self.products()?)?,
            Part::Spend => write_whole(format, out, &self.spend_table()?)?,
        };
        out.flush().map_err(failed)?;
        Ok(report)
    }

    /// The main part as the text of its dialect.
    fn write_text(&self, out: &mut (dyn Write + Send)) -> Result<Report> {
        let dirt = Dirt::new(self.spec.dirt, self.expected_rows());
        let writer = RowWriter::new(self.spec.dialect.layout(), self, dirt);
        let mut summary = Summary::default();
        let mut last = None;
        out.write_all(&writer.header()).map_err(failed)?;
        self.deals_in_order(|first, deals| {
            summary.add(self, deals);
            last = deals.last().copied().or(last);
            in_batches(
                deals.len(),
                DEALS_PER_TASK,
                |range| Ok(writer.rows(first + range.start as u64, &deals[range])),
                |bytes| out.write_all(&bytes).map_err(failed),
            )
        })?;
        out.write_all(&writer.footer(summary.rows, last.as_ref())).map_err(failed)?;
        summary.report(self, dirt.rows())
    }

    /// The main part as typed columns under the headers of its dialect.
    fn write_typed(&self, format: Format, out: &mut (dyn Write + Send)) -> Result<Report> {
        if self.spec.dirt > 0 {
            return Err(Error::usage(format!("typed columns of {} hold no faults", format.name()))
                .with_hint("ask for csv, or for no faulty rows"));
        }
        let layout = self.spec.dialect.layout();
        let mut sink = Sink::new(format, &columns(layout, self, 0, &[])?, out)?;
        let mut summary = Summary::default();
        self.deals_in_order(|first, deals| {
            summary.add(self, deals);
            sink.push(deals.len(), |range| {
                columns(layout, self, first + range.start as u64, &deals[range])
            })
        })?;
        sink.finish()?;
        summary.report(self, 0)
    }

    fn write_activities(&self, format: Format, out: &mut (dyn Write + Send)) -> Result<Report> {
        let mut sink = Sink::new(format, &self.activities(&[])?, out)?;
        in_order(
            self.spec.customers,
            self.days,
            self.expected_activities(),
            |customer, days, activities| self.push_activities(customer, days, activities),
            |_, activities| {
                sink.push(activities.len(), |range| self.activities(&activities[range]))
            },
        )?;
        sink.finish()
    }

    /// A table with a row per customer, made from ranges of them.
    fn write_customers(
        &self,
        format: Format,
        out: &mut (dyn Write + Send),
        table: impl Fn(&Self, Range<usize>) -> Result<Table> + Sync,
    ) -> Result<Report> {
        let mut sink = Sink::new(format, &table(self, 0..0)?, out)?;
        sink.push(self.spec.customers as usize, |customers| table(self, customers))?;
        sink.finish()
    }

    /// A table made from the deals and the number of those before the first.
    fn write_deals(
        &self,
        format: Format,
        out: &mut (dyn Write + Send),
        table: impl Fn(&Self, u64, &[Deal]) -> Result<Table> + Sync,
    ) -> Result<Report> {
        let mut sink = Sink::new(format, &table(self, 0, &[])?, out)?;
        self.deals_in_order(|first, deals| {
            sink.push(deals.len(), |range| table(self, first + range.start as u64, &deals[range]))
        })?;
        sink.finish()
    }
}

/// A table that is small enough to be made at once.
fn write_whole(format: Format, out: &mut (dyn Write + Send), table: &Table) -> Result<Report> {
    Writer::new(format).write(table, out)?;
    Ok(Report { rows: table.rows() as u64, ..Report::default() })
}

/// The report in the making.
#[derive(Default)]
struct Summary {
    rows: u64,
    orders: u64,
    /// Units of money; wide, so that no sum can overflow.
    revenue: i128,
    days: Option<(u16, u16)>,
}

impl Summary {
    fn add(&mut self, world: &World, deals: &[Deal]) {
        self.rows += deals.len() as u64;
        for deal in deals.iter().filter(|deal| deal.status(world.days) == Status::Won) {
            self.orders += 1;
            self.revenue += i128::from(deal.amount.units());
            let (first, last) = self.days.unwrap_or((deal.closed, deal.closed));
            self.days = Some((first.min(deal.closed), last.max(deal.closed)));
        }
    }

    fn report(&self, world: &World, faulty: u64) -> Result<Report> {
        let revenue = i64::try_from(self.revenue)
            .map_err(|_| Error::data("the revenue is larger than money can be"))?;
        let kinds = Fault::ALL.len() as u64;
        let faults = (0..)
            .zip(Fault::ALL)
            .map(|(index, fault)| (fault, faulty / kinds + u64::from(index < faulty % kinds)));
        Ok(Report {
            rows: self.rows + faulty,
            orders: self.orders,
            revenue: Money::from_units(revenue),
            dates: self.days.map(|(first, last)| (world.date(first), world.date(last))),
            faults: faults.filter(|(_, rows)| *rows > 0).collect(),
        })
    }
}
