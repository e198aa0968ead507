//! Tables beside the orders that a command does not look at: named, they are refused, since nobody gives a table
//! for nothing.

use crate::args::{Command, DealsCommand, ReadArgs};
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

/// Tables that no analysis of orders but those of managers, deals and sales teams looks at.
const OF_TEAMS: [Beside; 4] = [Beside::History, Beside::Spend, Beside::Leads, Beside::Tickets];

/// Refuses a table that `command` does not look at. Lines and products may give every command its amounts.
///
/// # Errors
/// The first of them, a usage error.
pub(super) fn refuse(command: &Command) -> Result<()> {
    use Beside::{Activities, Customers, History, Leads, Spend, Tickets};
    // Tables that it never looks at, and those that it looks at only when asked to, with how to ask.
    let (name, args, unused): (&str, &ReadArgs, &[Beside]) = match command {
        Command::Rfm(args) => ("rfm", &args.read, &[Activities, Customers]),
        Command::Effect(args) => ("effect", &args.read, &[Activities]),
        Command::Why(args) => ("why", &args.read, &[Activities]),
        Command::Strategy(args) => ("strategy", &args.read, &[Activities, Customers]),
        Command::NextOrder(args) => ("next-order", &args.read, &[Activities, Customers]),
        Command::Cohorts(args) => ("cohorts", &args.read, &[Activities]),
        Command::Clv(args) => ("clv", &args.read, &[Activities]),
        Command::Forecast(args) if args.pipeline => {
            ("forecast --pipeline", &args.read, &[Activities, Customers, Spend, Leads, Tickets])
        }
        Command::Forecast(args) => ("forecast", &args.read, &[Activities]),
        Command::Segment(args) => ("segment", &args.subjects.read, &[]),
        Command::Churn(args) => ("churn", &args.subjects.read, &[]),
        Command::Kpi(args) => ("kpi", &args.read, &[History]),
        Command::Sales(args) => ("sales", &args.read, &[Activities]),
        Command::Products(args) => ("products", &args.read, &[Activities, Customers]),
        Command::Funnel(args) => ("funnel", &args.read, &[Spend]),
        Command::Deals(args) => {
            let read = match &args.command {
                Some(DealsCommand::Score(score)) => &score.read,
                None => &args.read,
            };
            ("deals", read, &[Customers, Spend, Leads, Tickets])
        }
        Command::Managers(args) => ("managers", &args.read, &[Spend, Leads, Tickets]),
        _ => return Ok(()),
    };
    let of_teams: &[Beside] = match command {
        Command::Kpi(_) | Command::Funnel(_) | Command::Deals(_) | Command::Managers(_) => &[],
        Command::Forecast(args) if args.pipeline => &[],
        _ => &OF_TEAMS,
    };
    if let Some(found) = unused.iter().chain(of_teams).find(|beside| beside.is_given(args)) {
        let error = Error::usage(format!("`{name}` does not use `{}`", found.option()));
        return Err(error.with_hint("leave it out; `crmstat report` takes every table").into());
    }
    let (when_asked, how): (&[Beside], &str) = match command {
        Command::Sales(args) if args.by.is_empty() => (&[Customers], BY),
        Command::Effect(args) if args.by.is_none() && args.control.is_empty() => (&[Customers], BY),
        Command::Funnel(args) if args.by.is_empty() => (&[Customers], BY),
        Command::Why(args) if args.by.is_empty() => (&[Customers], BY),
        Command::Managers(args) if args.by.is_none() => (&[Customers], BY),
        Command::Forecast(args) if args.by.is_empty() => (&[Customers], BY),
        Command::Cohorts(args) if args.by.is_none() && args.survival.is_none() => {
            (&[Customers], BY)
        }
        // Contracts are in a table of customers, and a saved model may have covariates.
        Command::Clv(args) if args.covariates.is_empty() && args.model.is_none() => {
            (&[Customers], COVARIATES)
        }
        Command::Segment(args) if args.features.is_empty() => (&[Activities, Customers], FEATURES),
        _ => return Ok(()),
    };
    let Some(found) = when_asked.iter().find(|beside| beside.is_given(args)) else {
        return Ok(());
    };
    let error =
        Error::usage(format!("`{name}` does not use `{}` unless it is asked to", found.option()));
    Err(error.with_hint(format!("{how}, or leave the table out")).into())
}

/// How to ask for a table of customers.
const BY: &str = "divide by one of its columns with `--by COLUMN`";
const COVARIATES: &str = "name covariates of it with `--covariates`";
const FEATURES: &str = "name features of it with `--features`";
