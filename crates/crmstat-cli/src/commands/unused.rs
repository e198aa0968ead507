//! Tables beside the orders that a command does not look at: named, they are refused, since nobody gives a table
//! for nothing.

use crate::args::{Command, ReadArgs};
use anyhow::Result;
use crmstat::Error;

/// An option that names a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Activities,
    Customers,
    History,
    Spend,
    Leads,
    Tickets,
}

impl Beside {
    const fn option(self) -> &'static str {
        match self {
            Self::Activities => "--activities",
            Self::Customers => "--customers",
            Self::History => "--history",
            Self::Spend => "--spend",
            Self::Leads => "--leads",
            Self::Tickets => "--tickets",
        }
    }

    fn is_given(self, args: &ReadArgs) -> bool {
        let files = match self {
            Self::Activities => &args.activities,
            Self::Customers => &args.customers,
            Self::History => &args.history,
            Self::Spend => &args.spend,
            Self::Leads => &args.leads,
            Self::Tickets => &args.tickets,
        };
        !files.is_empty()
    }
}

/// Refuses a table that `command` does not look at. Lines and products may give every command its amounts.
///
/// # Errors
/// The first of them, a usage error.
pub(super) fn refuse(command: &Command) -> Result<()> {
    use Beside::{Activities, Customers, History, Leads, Spend, Tickets};
    let (name, args, unused): (&str, &ReadArgs, &[Beside]) = match command {
        Command::Rfm(args) => {
            ("rfm", &args.read, &[Activities, Customers, History, Spend, Leads, Tickets])
        }
        Command::Cohorts(args) => {
            ("cohorts", &args.read, &[Activities, History, Spend, Leads, Tickets])
        }
        Command::Clv(args) => ("clv", &args.read, &[Activities, History, Spend, Leads, Tickets]),
        Command::Forecast(args) if args.pipeline => {
            ("forecast --pipeline", &args.read, &[Activities, Spend, Leads, Tickets])
        }
        Command::Forecast(args) => {
            ("forecast", &args.read, &[Activities, History, Spend, Leads, Tickets])
        }
        Command::Segment(args) => {
            ("segment", &args.subjects.read, &[History, Spend, Leads, Tickets])
        }
        Command::Churn(args) => ("churn", &args.subjects.read, &[History, Spend, Leads, Tickets]),
        Command::Kpi(args) => ("kpi", &args.read, &[History]),
        Command::Sales(args) => ("sales", &args.read, &[Leads, Tickets]),
        Command::Products(args) => ("products", &args.read, &[Leads, Tickets]),
        Command::Managers(args) => ("managers", &args.read, &[Leads, Tickets]),
        _ => return Ok(()),
    };
    let Some(found) = unused.iter().find(|beside| beside.is_given(args)) else { return Ok(()) };
    let error = Error::usage(format!("`{name}` does not use `{}`", found.option()));
    Err(error.with_hint("leave it out; `crmstat report` takes every table").into())
}
