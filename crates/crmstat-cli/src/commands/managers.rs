//! `crmstat managers`: the sales team compared fairly.

use super::{joined, meta, open_joined, told, unused};
use crate::{args::ManagersArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    Error, Lang,
    analysis::{
        managers::{self, Beside, PlanRow, Query},
        sales::Plan,
    },
    data::{Deals, TableKind},
};

/// Compares the managers of the exports.
pub(crate) fn run(args: &ManagersArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let window = settings::window(args.as_of.as_deref(), args.since.as_deref())?;
    let by = args.by.as_deref().map(|name| name.trim().to_owned());
    let plan = args.plan.as_deref().map(Plan::from_file).transpose()?;
    let plan = plan.map(|plan| PlanRow::of(&plan, by.as_deref())).transpose()?;
    let query = Query {
        as_of: window.until,
        since: window.since,
        period: args.period.as_deref().map(str::parse).transpose()?,
        level: Some(settings::level(args.level)?),
        fewest: args.fewest,
        plan: plan.unwrap_or_default(),
        by,
    };
    let by: Vec<String> = query.by.iter().cloned().collect();
    let (mut export, tables) = open_joined(&args.read, &args.join, &printer, &by)?;
    let joined = joined(&tables);
    let imported = Deals::read_columns(&mut export, &query.columns(joined))?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let table = |kind| tables.iter().find(|table| table.kind() == kind);
    let beside = Beside {
        history: table(TableKind::History),
        activities: table(TableKind::Activities),
        lines: table(TableKind::Lines),
        customers: table(TableKind::Customers),
        joined,
    };
    let team = managers::compare(&imported.result, beside, &query)?;
    told(&args.read, &printer, &team.notices)?;
    if let Some((mean, strength)) = team.common {
        let mean = 100.0 * mean;
        printer.note(match lang {
            Lang::En => format!(
                "win rates are shrunk toward {mean:.1} % as if every manager had {strength:.0} more closed deals"
            ),
            Lang::Ru => format!(
                "доли побед сдвинуты к {mean:.1} %, как если бы у каждого менеджера было ещё {strength:.0} закрытых сделок"
            ),
        });
    }
    if let Some(sentence) = team.speed.as_ref().and_then(|speed| speed.sentence(lang)) {
        printer.note(sentence);
    }
    unused::tell(&args.read, &printer, &tables)?;
    let meta = meta(&export, &imported);
    let meta = match team.as_of {
        Some(as_of) => meta.as_of(as_of),
        None => meta,
    };
    if args.speed {
        let speed = team.speed.as_ref().ok_or_else(|| {
            Error::data("the hours to the first response are not known")
                .with_hint("deals and activities need stamps with a time of day")
        })?;
        return printer.table(&speed.table(lang)?, meta);
    }
    printer.table(&team.table(lang)?, meta)
}
