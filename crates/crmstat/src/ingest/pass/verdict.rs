//! What the whole of the inputs shows, once every row is read.

use crate::{
    Error, Money, Result,
    data::{Currency, Decision, Field, Finding, Notice, Severity},
    ingest::{
        Export, Imported, ReadOptions,
        pass::{far_dates::SetAside, input::Input, tally::Tally},
        profile::Rates,
    },
};

/// `result` with the account of the rows it came from.
///
/// # Errors
/// Unknown closing stages, several currencies without rates, or, where `strict`, any rejected row.
pub(crate) fn account<T>(
    result: T,
    tally: Tally,
    decided: impl IntoIterator<Item = Decision>,
    inputs: &[Input],
    options: &ReadOptions,
) -> Result<Imported<T>> {
    let mut decisions: Vec<Decision> =
        inputs.iter().flat_map(|input| input.decisions.iter().cloned()).collect();
    decisions.extend(decided);
    if let Some(error) = refusals(&tally, inputs, options).into_iter().next() {
        return Err(error);
    }
    let notices = notices(&tally, inputs, options);
    if options.strict {
        tally.rejections.as_error()?;
        Notice::refuse(&notices)?;
    }
    debug_assert!(tally.ledger.balances(), "every row is accounted for");
    Ok(Imported {
        result,
        ledger: tally.ledger,
        span: tally.earliest.zip(tally.latest),
        currency: tally.currencies.first().copied(),
        rejections: tally.rejections,
        decisions,
        notices,
    })
}

/// What changes the result and nobody has settled, the worst first.
pub(crate) fn notices(tally: &Tally, inputs: &[Input], options: &ReadOptions) -> Vec<Notice> {
    let mut notices: Vec<Notice> =
        inputs.iter().flat_map(|input| input.notices.iter().cloned()).collect();
    if tally.rounded > 0 {
        let finding = Finding::RoundedAmounts { decimals: Money::DECIMALS };
        notices.push(Notice::new(Severity::Note, finding, tally.rounded));
    }
    if tally.without_currency > 0
        && let Some(currency) = assumed_currency(tally, options.rates.as_ref())
    {
        let finding = Finding::NoCurrency { assumed: currency };
        notices.push(Notice::new(Severity::Warning, finding, tally.without_currency));
    }
    let open = inputs.iter().filter(|input| input.source.has_open_end());
    notices.extend(
        open.map(|input| Notice::new(Severity::Note, Finding::OpenEnd, 1).of_file(input.name())),
    );
    notices.extend(far_dates(tally).filter(|_| options.far_dates.is_none()));
    notices.extend(late(tally));
    notices.extend(tally.cancelled.notice().filter(|_| options.cancelled.is_none()));
    let is_given = options.map.iter().any(|(field, _)| *field == Field::Refunded);
    if tally.refunded.rows > 0 && !is_given {
        let of =
            |input: &Input| Some(input.headers[input.mapping.column(Field::Refunded)?].clone());
        let column = inputs.iter().find_map(of).unwrap_or_default();
        let settled = format!("refunded={column}");
        let finding = Finding::Refunded { column };
        let notice = Notice::new(Severity::Note, finding, tally.refunded.rows);
        notices.push(notice.worth(tally.refunded.worth()).settled_by("map", settled));
    }
    if tally.anonymous.rows > 0 {
        let notice = Notice::new(Severity::Warning, Finding::NoCustomer, tally.anonymous.rows);
        notices.push(notice.worth(tally.anonymous.worth()));
    }
    Notice::sort(&mut notices);
    notices
}

/// Rows whose dates cannot be.
fn far_dates(tally: &Tally) -> Option<Notice> {
    let SetAside { rows, units, span } = tally.set_aside;
    let (first, last) = span?;
    let (from, until) = (tally.earliest?.date(), tally.latest?.date());
    let (far, others, rest) = ((first, last), (from, until), tally.ledger.accepted);
    let finding = Finding::FarDates { far, others, rest };
    let worth = i64::try_from(units).ok().map(Money::from_units);
    let mut notice = Notice::new(Severity::Grave, finding, rows).worth(worth);
    if first < from {
        notice = notice.settled_by("since", from.to_string());
    }
    if last > until {
        notice = notice.settled_by("as-of", until.plus_days(1).to_string());
    }
    Some(notice)
}

/// A window that ends long after the last event.
fn late(tally: &Tally) -> Option<Notice> {
    /// From so many days without an event on.
    const LATE: i32 = 365;
    let (until, last) = (tally.until?.date(), tally.latest?.date());
    let days = until.days() - last.days();
    (days > LATE).then(|| {
        let notice = Notice::new(Severity::Warning, Finding::LateAsOf { until, last }, 0);
        notice.settled_by("as-of", last.plus_days(1).to_string())
    })
}

/// What is refused once the whole input has shown it.
pub(crate) fn refusals(tally: &Tally, inputs: &[Input], options: &ReadOptions) -> Vec<Error> {
    let stages = inputs.first().and_then(|input| unknown_stages(tally, input));
    stages.into_iter().chain(several_currencies(&currencies(tally), options)).collect()
}

/// Labels that close deals without saying how.
fn unknown_stages(tally: &Tally, input: &Input) -> Option<Error> {
    let (label, deals) = tally.unknown_stages.iter().max_by_key(|(_, deals)| **deals)?;
    let others = match tally.unknown_stages.len() {
        1 => String::new(),
        labels => format!(", and {} more labels", labels - 1),
    };
    let stage = input.mapping.column(Field::Stage).or(input.mapping.column(Field::Status));
    let error = Error::data(format!(
        "the stage `{label}` closes {deals} {}, but neither the profile nor the file says whether they are won or lost{others}",
        input.mapping.kind
    ));
    let hint = format!("say it with `--stage \"{label}=won\"`, `=lost` or `=open`");
    Some(error.at(input.place(stage)).with_hint(hint))
}

/// Amounts in several currencies that nothing converts; `names` are as [`currency_name`] gives them.
pub(crate) fn several_currencies(names: &[String], options: &ReadOptions) -> Option<Error> {
    if names.len() < 2 || options.rates.is_some() {
        return None;
    }
    let error = Error::data(format!("the amounts are in several currencies: {}", names.join(", ")));
    let unknown = names.iter().find(|name| name.starts_with('`'));
    Some(error.with_hint(unknown.map_or_else(
        || "give exchange rates with `--rates FILE`".to_owned(),
        |word| {
            format!(
                "give exchange rates with `--rates FILE`, and write codes of ISO 4217 for words such as {word}"
            )
        },
    )))
}

/// How messages call the currency that `word` names: by its code, or by the word where it is not known.
pub(crate) fn currency_name(word: &str) -> String {
    let known = Currency::from_name(word).map(|currency| currency.code().to_owned());
    known.unwrap_or_else(|| format!("`{word}`"))
}

/// What the amounts are in, by code or, where it is not known, by word.
fn currencies(tally: &Tally) -> Vec<String> {
    let known = tally.currencies.iter().map(|currency| currency.code().to_owned());
    known.chain(tally.unknown_currencies.keys().map(|word| currency_name(word))).collect()
}

/// The currency that amounts without one are taken for.
fn assumed_currency(tally: &Tally, rates: Option<&Rates>) -> Option<String> {
    match (rates, &currencies(tally)[..]) {
        (Some(rates), _) => Some(rates.base().code().to_owned()),
        (None, [only]) => Some(only.clone()),
        _ => None,
    }
}

/// Says of an export in which nobody bought where its rows went, and what to do.
pub(crate) fn no_purchases<T>(export: &Export, read: &Imported<T>) -> Error {
    let files: Vec<&str> = export.files().collect();
    let ledger = &read.ledger;
    let left_out = ledger.ignored().map(|(rule, rows)| format!("{rows} {}", rule.rule()));
    let rejected = read.rejections.groups().into_iter().map(|group| {
        let first = group.first;
        format!("{} rejected: {} `{}` at {}", group.rows, first.reason, first.value, first.place)
    });
    let fates: Vec<String> = left_out.chain(rejected).collect();
    let (rows, hint) = match ledger.read {
        0 => (
            "no row behind the header".to_owned(),
            "export it anew: a filter or a period without orders leaves the header only",
        ),
        rows => {
            let fates = if fates.is_empty() { "refunds only".to_owned() } else { fates.join(", ") };
            (
                format!("{rows} rows read, {fates}"),
                "see `crmstat inspect` for how the rows are read, and check dates such as `--as-of`",
            )
        }
    };
    Error::data(format!("no purchase in `{}`: {rows}", files.join("`, `"))).with_hint(hint)
}
