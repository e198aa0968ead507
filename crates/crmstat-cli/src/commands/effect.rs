//! `crmstat effect`: what a change did to sales, and what that brought.

use super::{meta, open_divided, unused};
use crate::{
    args::{EffectArgs, EffectTable},
    printer::Printer,
    settings,
};
use anyhow::Result;
use crmstat::{
    Error,
    analysis::{
        effect::{Query, effects},
        inspect::Titled,
        sales::Period,
    },
};

/// Asks what the events did to the sales of the exports.
pub(crate) fn run(args: &EffectArgs) -> Result<()> {
    let printer = Printer::new(&args.output)?;
    let lang = printer.lang();
    let query = query(args)?;
    let columns = query.by.iter().chain(query.controls.iter().map(|(column, _)| column));
    let columns: Vec<String> = columns.take(1).cloned().collect();
    let (mut export, tables) = open_divided(&args.read, &printer, &columns)?;
    let imported = effects(&mut export, &query, &tables)?;
    printer.account(&imported);
    if let Some(path) = &args.read.quarantine {
        printer.quarantine(&imported.rejections, path)?;
    }
    let found = &imported.result;
    for sentence in found.sentences(lang) {
        printer.note(sentence);
    }
    unused::tell(&args.read, &printer, &tables)?;
    let meta = meta(&export, &imported)
        .seed(args.seed)
        .with("period", query.period.name())
        .with("measure", query.measure.name());
    match args.show {
        Some(EffectTable::Effect) => printer.table(&found.table(lang)?, meta),
        Some(EffectTable::Points) => printer.table(&found.points_table(lang)?, meta),
        Some(EffectTable::Placebos) => printer.table(&found.placebos_table(lang)?, meta),
        None => {
            let table = found.table(lang)?;
            let tables = [
                (lang.pick("What the events did", "Что изменили события"), table.clone()),
                (lang.pick("By period", "По периодам"), found.points_table(lang)?),
                (
                    lang.pick(
                        "Placebos: nothing happened on these days",
                        "Проверка на датах без событий",
                    ),
                    found.placebos_table(lang)?,
                ),
            ];
            let filled = tables.into_iter().filter(|(_, table)| table.rows() > 0);
            let sections: Vec<Titled> =
                filled.map(|(title, table)| Titled { title, table }).collect();
            printer.sections(&sections, &table, meta)
        }
    }
}

fn query(args: &EffectArgs) -> Result<Query> {
    let control = |text: &String| {
        let (column, label) = text.split_once('=').ok_or_else(|| {
            Error::usage(format!("`--control {text}` names no group"))
                .with_hint("write the column and its label, such as `--control region=East`")
        })?;
        Ok::<_, Error>((column.trim().to_owned(), label.trim().to_owned()))
    };
    if !(0.0..=1.0).contains(&args.margin) {
        return Err(Error::usage(format!("`--margin {}` is not from 0 to 1", args.margin)).into());
    }
    Ok(Query {
        events: args.event.iter().map(|day| day.trim().parse()).collect::<Result<_, _>>()?,
        measure: args.measure.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        period: args.period.as_deref().map(str::parse).transpose()?.unwrap_or(Period::Week),
        window: settings::window(args.as_of.as_deref(), args.since.as_deref())?,
        by: args.by.as_deref().map(|name| name.trim().to_owned()),
        controls: args.control.iter().map(control).collect::<Result<_, _>>()?,
        cost: args.cost,
        margin: args.margin,
        level: settings::level(args.level)?,
        seed: args.seed,
    })
}
