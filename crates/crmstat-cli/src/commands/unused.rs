//! Tables beside the orders of which a command uses nothing: nobody gives a table for nothing, so such a one is refused
//! by its name or, where only the answer shows it, told.
//!
//! One rule for all commands: what a command never looks at, or only when asked to, is refused before anything is
//! read ([`refuse`]); lines and products that give no amount where nothing else of them is wanted, before the orders
//! are read ([`refuse_unread`], [`refuse_unasked`]); and of what is left, what no answer looked at is told with it
//! ([`tell`]).

use super::told;
use crate::{
    args::{
        ChurnCommand, Command, DealsCommand, JoinArgs, ReadArgs, ResponseCommand, SubjectArgs,
        SurvivalArg,
    },
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    Error,
    data::{Finding, Notice, Records, TableKind},
    features::Feature,
};

/// What a command makes of the tables beside its exports. Those that it names nowhere it never looks at, but lines and
/// products give amounts where the orders have none.
struct Rule<'a> {
    command: &'static str,
    args: &'a ReadArgs,
    /// Tables of which the answer may use something.
    looks: Vec<TableKind>,
    /// Tables that it looks at when asked to, and how to ask.
    when_asked: (Vec<TableKind>, &'static str),
    /// Whether what it reads are orders or deals, to which lines and products may give amounts.
    has_amounts: bool,
    /// Further tables, where the command divides by nothing.
    joined_for_nothing: Option<&'a JoinArgs>,
}

/// How to ask for a table.
const BY: &str = "divide by one of its columns with `--by COLUMN`";
const COVARIATES: &str = "name covariates of it with `--covariates`";
const FEATURES: &str = "name features of it with `--features`";

impl<'a> Rule<'a> {
    /// A command that takes from the tables amounts alone.
    fn of_amounts(command: &'static str, args: &'a ReadArgs) -> Self {
        Self {
            command,
            args,
            looks: Vec::new(),
            when_asked: (Vec::new(), ""),
            has_amounts: true,
            joined_for_nothing: None,
        }
    }

    fn looks(mut self, kinds: &[TableKind]) -> Self {
        self.looks.extend(kinds);
        self
    }

    /// It looks at `kinds` if it `is_asked` to.
    fn asked(mut self, kinds: &[TableKind], how: &'static str, is_asked: bool) -> Self {
        if is_asked {
            return self.looks(kinds);
        }
        self.when_asked = (kinds.to_vec(), how);
        self
    }

    /// Where it `is_alone`, it is called `command`, and what it reads is no orders: beside it there are no tables.
    fn alone(self, is_alone: bool, command: &'static str) -> Self {
        if !is_alone {
            return self;
        }
        Self { has_amounts: false, ..Self::of_amounts(command, self.args) }
    }

    fn joins(mut self, join: &'a JoinArgs, is_divided: bool) -> Self {
        self.joined_for_nothing = (!is_divided && !join.join.is_empty()).then_some(join);
        self
    }

    /// `None` for a command that tells of every table itself.
    fn of(command: &'a Command) -> Option<Self> {
        use TableKind::{Activities, Customers, History, Leads, Spend, Tickets};
        let (command, args) = match command {
            Command::Rfm(args) => ("rfm", &args.read),
            Command::Strategy(args) => {
                let rule = Self::of_amounts("strategy", &args.read);
                return Some(rule.alone(args.print_rules, "strategy --print-rules"));
            }
            Command::NextOrder(args) => ("next-order", &args.read),
            Command::Why(args) => {
                let rule = Self::of_amounts("why", &args.read);
                return Some(rule.asked(&[Customers], BY, !args.by.is_empty()));
            }
            Command::Effect(args) => {
                let is_asked = args.by.is_some() || !args.control.is_empty();
                return Some(Self::of_amounts("effect", &args.read).asked(
                    &[Customers],
                    BY,
                    is_asked,
                ));
            }
            Command::Cohorts(args) => {
                let is_divided = args.by.is_some();
                let contracts = matches!(args.survival, Some(SurvivalArg::Contracts));
                let rule = Self::of_amounts("cohorts", &args.read).joins(&args.join, is_divided);
                return Some(rule.asked(&[Customers], BY, is_divided || contracts));
            }
            Command::Clv(args) => {
                // Contracts are in a table of customers, and a saved model may have covariates.
                let is_asked = !args.covariates.is_empty() || args.model.is_some();
                let rule = Self::of_amounts("clv", &args.read);
                return Some(
                    rule.asked(&[Customers], COVARIATES, is_asked)
                        .alone(args.events, "clv --events"),
                );
            }
            Command::Forecast(args) if args.pipeline => {
                let rule = Self::of_amounts("forecast --pipeline", &args.read);
                return Some(rule.looks(&[History]).joins(&args.join, false));
            }
            Command::Forecast(args) => {
                let is_divided = !args.by.is_empty();
                let rule = Self::of_amounts("forecast", &args.read);
                let rule = rule.asked(&[Customers], BY, is_divided);
                let rule = rule.alone(!args.series.is_empty(), "forecast --series");
                return Some(rule.joins(&args.join, is_divided));
            }
            Command::Segment(args) => {
                let rule = Self::of_amounts("segment", &args.subjects.read);
                let is_asked = !args.features.is_empty() || args.model.is_some();
                let rule = rule.asked(&[Activities, Customers], FEATURES, is_asked);
                return Some(rule.alone(args.subjects.table.is_some(), "segment --table"));
            }
            Command::Churn(args) => {
                let (command, subjects): (_, &SubjectArgs) = match &args.command {
                    Some(ChurnCommand::Score(score)) => ("churn score", &score.subjects),
                    None => ("churn", &args.subjects),
                };
                let rule = Self::of_amounts(command, &subjects.read);
                let rule = rule.looks(&[Activities, Customers]);
                return Some(rule.alone(subjects.table.is_some(), "churn --table"));
            }
            Command::Response(args) => {
                let read = match &args.command {
                    Some(ResponseCommand::Score(score)) => &score.read,
                    None => &args.read,
                };
                return Some(Self::of_amounts("response", read).alone(true, "response"));
            }
            Command::Kpi(args) => {
                let rule = Self::of_amounts("kpi", &args.read);
                let rule = rule.looks(&[Activities, Customers, Spend, Leads, Tickets]);
                let rule = rule.alone(args.explain, "kpi --explain");
                return Some(rule.joins(&args.join, args.by.is_some()));
            }
            Command::Sales(args) => {
                let is_divided = !args.by.is_empty();
                let rule = Self::of_amounts("sales", &args.read).joins(&args.join, is_divided);
                return Some(rule.asked(&[Customers], BY, is_divided));
            }
            Command::Products(args) => {
                let is_asked = args.by != "product" || args.segments.is_some();
                let rule = Self::of_amounts("products", &args.read).joins(&args.join, is_asked);
                return Some(rule.asked(&[Customers], BY, is_asked));
            }
            Command::Baskets(args) => {
                let is_asked = args.by != "product" || args.segments.is_some();
                let rule = Self::of_amounts("baskets", &args.read).joins(&args.join, is_asked);
                return Some(rule.asked(&[Customers], BY, is_asked));
            }
            Command::Funnel(args) => {
                let rule = Self::of_amounts("funnel", &args.read);
                let rule = rule.looks(&[History, Activities, Leads, Tickets]);
                return Some(rule.asked(&[Customers], BY, !args.by.is_empty()));
            }
            Command::Deals(args) => {
                let read = match &args.command {
                    Some(DealsCommand::Score(score)) => &score.read,
                    None => &args.read,
                };
                return Some(Self::of_amounts("deals", read).looks(&[History, Activities]));
            }
            Command::Managers(args) => {
                let rule = Self::of_amounts("managers", &args.read).looks(&[Activities]);
                return Some(rule.asked(&[Customers], BY, args.by.is_some()));
            }
            Command::Report(_)
            | Command::Inspect(_)
            | Command::Generate(_)
            | Command::Completions { .. } => return None,
        };
        Some(Self::of_amounts(command, args))
    }

    /// Whether the command may have a use for a table of `kind`.
    fn may_use(&self, kind: TableKind) -> bool {
        let of_amounts = matches!(kind, TableKind::Lines | TableKind::Products);
        self.looks.contains(&kind) || self.has_amounts && of_amounts
    }
}

/// Refuses a table that `command` has no use for.
///
/// # Errors
/// The first of them, a usage error.
pub(super) fn refuse(command: &Command) -> Result<()> {
    if let Command::Report(args) = command {
        let shows = |name: &String| matches!(name.trim(), "figures" | "managers");
        if args.plan.is_some() && !args.sections.is_empty() && !args.sections.iter().any(shows) {
            let error = Error::usage("none of the sections that are asked for shows `--plan`");
            return Err(error.with_hint("ask for `figures` or `managers`, too").into());
        }
    }
    let Some(rule) = Rule::of(command) else { return Ok(()) };
    let name = rule.command;
    let mut given = settings::tables(rule.args).into_iter().filter(|(_, files)| !files.is_empty());
    if let Some((kind, _)) = given.find(|(kind, _)| !rule.may_use(*kind)) {
        let (kinds, how) = &rule.when_asked;
        if kinds.contains(&kind) {
            let error =
                Error::usage(format!("`{name}` does not use `--{kind}` unless it is asked to"));
            return Err(error.with_hint(format!("{how}, or leave the table out")).into());
        }
        let error = Error::usage(format!("`{name}` does not use `--{kind}`"));
        return Err(error.with_hint("leave it out; `crmstat report` takes every table").into());
    }
    if rule.joined_for_nothing.is_some() {
        let error = Error::usage(format!("`{name}` does not use `--join` unless it is asked to"));
        return Err(error.with_hint(format!("{BY}, or leave the table out")).into());
    }
    Ok(())
}

/// Refuses lines or products that have given nothing to an answer that needs nothing else of them.
///
/// # Errors
/// The first of them, a usage error.
pub(super) fn refuse_unread(tables: &[Records]) -> Result<()> {
    let Some(table) = tables.iter().find(|table| !table.is_used()) else { return Ok(()) };
    let kind = table.kind();
    let error =
        Error::usage(format!("`--{kind}` is not used: the orders have amounts of their own"));
    Err(error.with_hint("leave it out; `crmstat sales` divides orders by it").into())
}

/// Refuses a table of which no one of `features` is made, and that has given no amounts either.
///
/// # Errors
/// The first of them, a usage error.
pub(super) fn refuse_unasked(tables: &[Records], features: &[Feature]) -> Result<()> {
    let is_asked = |kind| features.iter().any(|feature| feature.table() == Some(kind));
    let mut unused = tables.iter().filter(|table| !table.is_used() && !is_asked(table.kind()));
    let Some(table) = unused.next() else { return Ok(()) };
    let error = Error::usage(format!("`--{}` is not used: no feature is made of it", table.kind()));
    Err(error.with_hint(format!("{FEATURES}, or leave the table out")).into())
}

/// Tells of those of `tables` of which the answer used nothing.
///
/// # Errors
/// Where `--strict`, the first of them.
pub(super) fn tell<'a>(
    args: &ReadArgs,
    printer: &Printer,
    tables: impl IntoIterator<Item = &'a Records>,
) -> Result<()> {
    told(args, printer, &Notice::of_unused(tables))
}

/// Those of the notices of unused tables that hold where an answer is made of `features`.
pub(super) fn unless_made_of(mut unused: Vec<Notice>, features: &[Feature]) -> Vec<Notice> {
    unused.retain(|notice| match &notice.finding {
        Finding::TableNotUsed { table, .. } => {
            !features.iter().any(|feature| feature.table() == Some(*table))
        }
        _ => true,
    });
    unused
}
