//! `crmstat strategy`: one of seven strategies per customer, a reason, a next step.

use super::{meta, open};
use crate::{args::StrategyArgs, printer::Printer, settings};
use anyhow::Result;
use crmstat::{
    Lang,
    analysis::{
        clv::{self, discount_from_text, span_from_text},
        strategy::{self, Options, Rules},
    },
};

/// Gives the customers of the exports their strategies.
pub(crate) fn run(args: &StrategyArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    if args.print_rules {
        return printer.text(Rules::shipped());
    }
    let lang = printer.lang();
    let rules = match &args.rules {
        Some(path) => Rules::from_toml(&settings::text_of("rules", path)?)?,
        None => Rules::default(),
    };
    let options = Options {
        clv: clv::Options {
            window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
            horizon: span_from_text(&args.horizon)?,
            discount: discount_from_text(&args.discount)?,
            margin: args.margin,
            ..clv::Options::default()
        },
        rules,
    };
    let mut export = open(&args.read, &printer)?;
    let imported = strategy::choose(&mut export, &options)?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let found = &imported.result;
    for warning in found.warnings() {
        printer.warning(warning);
    }
    if found.without_purchase > 0 {
        let count = found.without_purchase;
        printer.note(match lang {
            Lang::En => format!("{count} customers have refunds alone and no strategy"),
            Lang::Ru => format!("клиентов только с возвратами, без стратегии: {count}"),
        });
    }
    let (count, as_of) = (found.customers.len(), found.as_of);
    printer.note(match lang {
        Lang::En => format!("{count} customers as of {as_of}, one strategy each"),
        Lang::Ru => format!("клиентов на {as_of}: {count}, у каждого одна стратегия"),
    });
    let meta = meta(&export, &imported)
        .as_of(as_of)
        .with("horizon", args.horizon.as_str())
        .with("discount", args.discount.as_str())
        .with("margin", args.margin);
    if args.summary {
        return printer.table(&found.summary(lang)?, meta);
    }
    printer.table(&found.table(lang)?, meta)
}
