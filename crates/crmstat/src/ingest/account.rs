//! What the whole of the inputs shows, once every row is read.

use super::{
    Decision, Field, Imported, ReadOptions, input::Input, profile::Currency, tally::Tally,
};
use crate::{Error, Money, Result};

/// `result` with the account of the rows it came from.
///
/// # Errors
/// Unknown closing stages, several currencies without rates, or, where `strict`, any rejected row.
pub(crate) fn account<T>(
    result: T,
    tally: Tally,
    decision: Option<Decision>,
    inputs: &[Input],
    options: &ReadOptions,
) -> Result<Imported<T>> {
    let mut decisions: Vec<Decision> =
        inputs.iter().flat_map(|input| input.decisions.iter().cloned()).collect();
    decisions.extend(decision);
    if let Some(input) = inputs.first() {
        check_stages(&tally, input)?;
        if tally.rounded > 0 {
            decisions.push(Decision {
                file: input.name().to_owned(),
                topic: "amounts".to_owned(),
                value: "rounded".to_owned(),
                reason: format!(
                    "{} amounts have more than {} decimals",
                    tally.rounded,
                    Money::DECIMALS
                ),
                option: None,
            });
        }
    }
    check_currencies(&tally.currencies, options)?;
    if options.strict {
        tally.rejections.as_error()?;
    }
    debug_assert!(tally.ledger.balances(), "every row is accounted for");
    Ok(Imported {
        result,
        ledger: tally.ledger,
        span: tally.earliest.zip(tally.latest),
        currency: tally.currencies.first().copied(),
        rejections: tally.rejections,
        decisions,
    })
}

/// Refuses what only the whole input shows: labels that close deals without saying how.
fn check_stages(tally: &Tally, input: &Input) -> Result<()> {
    let Some((label, deals)) = tally.unknown_stages.iter().max_by_key(|(_, deals)| **deals) else {
        return Ok(());
    };
    let others = match tally.unknown_stages.len() {
        1 => String::new(),
        labels => format!(", and {} more labels", labels - 1),
    };
    Err(Error::data(format!(
        "the stage `{label}` closes {deals} deals, but neither the profile nor the file says whether they are won or lost{others}"
    ))
    .at(input.place(input.mapping.column(Field::Stage)))
    .with_hint(format!("say it with `--stage \"{label}=won\"`, `=lost` or `=open`")))
}

/// Refuses amounts in several currencies that nothing converts.
fn check_currencies(seen: &[Currency], options: &ReadOptions) -> Result<()> {
    if seen.len() < 2 || options.rates.is_some() {
        return Ok(());
    }
    let codes: Vec<&str> = seen.iter().map(Currency::code).collect();
    Err(Error::data(format!("the amounts are in several currencies: {}", codes.join(", ")))
        .with_hint("give exchange rates with `--rates FILE`"))
}
