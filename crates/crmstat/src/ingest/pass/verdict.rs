//! What the whole of the inputs shows, once every row is read.

use crate::{
    Error, Lang, Money, Result,
    data::{Currency, Decision, Field, Finding, Ignored, Notice, Setting, Severity},
    ingest::{
        Duplicates, Export, Imported, ReadOptions,
        pass::{
            input::Input,
            outcome::{outcome_notices, unknown_stages},
            tally::Tally,
        },
        profile::{Rates, words},
    },
};

/// `result` with the account of the rows it came from.
///
/// # Errors
/// Unknown closing stages, several currencies without rates, or, where `strict`, any rejected row.
pub(crate) fn account<T>(
    result: T,
    mut tally: Tally,
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
    let notices = notices(&mut tally, inputs, options);
    if options.strict {
        tally.rejections.as_error()?;
        Notice::refuse(&notices)?;
    }
    debug_assert!(tally.ledger.balances(), "every row is accounted for");
    Ok(Imported {
        result,
        ledger: tally.ledger,
        span: tally.earliest.zip(tally.latest),
        currency: match &options.rates {
            Some(rates) => Some(rates.base()),
            None => tally.currencies.first().copied(),
        },
        rejections: tally.rejections,
        decisions,
        notices,
    })
}

/// What changes the result and nobody has settled, the worst first.
pub(crate) fn notices(tally: &mut Tally, inputs: &[Input], options: &ReadOptions) -> Vec<Notice> {
    let mut notices: Vec<Notice> =
        inputs.iter().flat_map(|input| input.notices.iter().cloned()).collect();
    notices.append(&mut tally.notices);
    if options.duplicates.is_none() {
        notices.extend(repeated(tally, inputs));
    }
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
    let far = tally.set_aside.notice(tally.earliest.zip(tally.latest), tally.ledger.accepted);
    notices.extend(far.filter(|_| options.far_dates.is_none()));
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
        // What stands on every row of an order has been met as often.
        let once = |notice: &Notice| notice.finding == Finding::OrderTotalOnce;
        let worth = if notices.iter().any(once) { None } else { tally.refunded.worth() };
        notices.push(notice.worth(worth).settled_by("map", settled));
    }
    if tally.anonymous.rows > 0 {
        let notice = Notice::new(Severity::Warning, Finding::NoCustomer, tally.anonymous.rows);
        notices.push(notice.worth(tally.anonymous.worth()));
    }
    let odd_ids = [
        (Finding::SeveralIds, Severity::Note, tally.several_ids),
        (Finding::RoundedIds, Severity::Grave, tally.rounded_ids),
    ];
    let odd_ids = odd_ids.into_iter().filter(|(.., rows)| *rows > 0);
    notices.extend(odd_ids.map(|(finding, severity, rows)| Notice::new(severity, finding, rows)));
    let once = notices.iter().any(|notice| notice.finding == Finding::OrderTotalOnce);
    let unless_once = |notice: Notice| if once { notice.worth(None) } else { notice };
    notices.extend(outcome_notices(tally, inputs, &options.stages).into_iter().map(unless_once));
    Notice::sort(&mut notices);
    notices
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

/// Rows that repeat another one, and what became of them.
fn repeated(tally: &mut Tally, inputs: &[Input]) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut add = |severity, finding, rows, money| {
        if rows > 0 {
            let notice = Notice::new(severity, finding, rows).worth(money);
            notices.push(notice.settled_by("duplicates", "drop|keep"));
        }
    };
    let across = tally.ledger.ignored_by(Ignored::Repeated);
    let (of_repeated, of_older) = tally.left_out();
    add(Severity::Warning, Finding::RowsInSeveralFiles, across, of_repeated);
    let older = tally.ledger.ignored_by(Ignored::OlderVersion);
    let latest = inputs.iter().find_map(|input| Some(input.repeats.as_ref()?.latest.clone()));
    let finding = Finding::OlderVersions { latest: latest.unwrap_or_default() };
    add(Severity::Note, finding, older, of_older);
    let within = tally.repeated.unwrap_or_else(|| tally.sketch.repeated());
    let finding = Finding::DuplicateRows { is_estimate: !within.is_exact };
    add(Severity::Warning, finding, within.rows, within.amount);
    notices
}

/// What is refused once the whole input has shown it.
pub(crate) fn refusals(tally: &Tally, inputs: &[Input], options: &ReadOptions) -> Vec<Error> {
    let stages = unknown_stages(tally, inputs);
    let repeated = repeated_rows(tally, inputs, options);
    let currencies = several_currencies(&currencies(tally), inputs, options);
    stages.into_iter().chain(repeated).chain(currencies).collect()
}

/// Rows that repeat another one, where the caller refuses them.
fn repeated_rows(tally: &Tally, inputs: &[Input], options: &ReadOptions) -> Option<Error> {
    let rows = tally.ledger.ignored_by(Ignored::Repeated);
    if options.duplicates != Some(Duplicates::Refuse) || rows == 0 {
        return None;
    }
    let error = Error::data(format!("{rows} rows repeat another row in every cell"))
        .with_hint("count them once with `--duplicates drop`, or all of them: keep");
    Some(match inputs {
        [input] => error.at(input.place(None)),
        _ => error,
    })
}

/// Amounts in several currencies that nothing converts; `names` are as [`currency_name`] gives them.
pub(crate) fn several_currencies(
    names: &[String],
    inputs: &[Input],
    options: &ReadOptions,
) -> Option<Error> {
    if names.len() < 2 || options.rates.is_some() {
        return None;
    }
    let converted = inputs.iter().find_map(converted_amounts);
    let error = Error::data(format!("the amounts are in several currencies: {}", names.join(", ")));
    if let Some(options) = converted {
        return Some(error.with_hint(format!(
            "take what was converted: `{options}`, or give exchange rates with `--rates FILE`"
        )));
    }
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

/// How to read the amounts of `input` in the currency that the program which wrote it converted them to, where further
/// columns have them: `Converted Amount` beside `Amount`, with the currency and what was given back.
fn converted_amounts(input: &Input) -> Option<String> {
    /// Words that such headers have beside those of the column as it was charged.
    const CONVERTED: [&str; 10] = [
        "converted",
        "base",
        "home",
        "company",
        "reporting",
        "settlement",
        "account",
        "учета",
        "регл",
        "эквивалент",
    ];
    let words_of = |column: usize| words::of(&input.headers[column]);
    let of = |field: Field| {
        let own = words_of(input.mapping.column(field)?);
        let is_same = |column: &usize| {
            let (further, same): (Vec<String>, Vec<String>) =
                words_of(*column).into_iter().partition(|word| !own.contains(word));
            same.len() == own.len()
                && !further.is_empty()
                && further.iter().all(|word| CONVERTED.contains(&word.as_str()))
        };
        let column = input.mapping.unmapped.iter().copied().find(is_same)?;
        let header = input.headers[column].trim();
        Some(Setting::new("map", format!("{field}={header}")).to_string())
    };
    let (amount, currency) = (of(Field::Amount)?, of(Field::Currency)?);
    let options: Vec<String> =
        [Some(amount), Some(currency), of(Field::Refunded)].into_iter().flatten().collect();
    Some(options.join(" "))
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
    const SEE: &str = "see `crmstat inspect` for how the rows are read";
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
            "export it anew: a filter or a period without orders leaves the header only".to_owned(),
        ),
        rows => {
            let outside = [Ignored::AtOrAfterAsOf, Ignored::BeforeSince];
            let is_outside = outside.iter().any(|rule| ledger.ignored_by(*rule) > 0);
            let fates = if fates.is_empty() { "refunds only".to_owned() } else { fates.join(", ") };
            let by_status =
                |notice: &&Notice| matches!(notice.finding, Finding::NotYetSales { .. });
            let hint = match read.notices.iter().find(by_status) {
                Some(notice) => {
                    let options = notice.options().join("` or `");
                    format!("{}; if these are sales, say so: `{options}`", notice.text(Lang::En))
                }
                None if ledger.ignored_by(Ignored::NotSelected) > 0 => {
                    "check what is asked for: `crmstat sales --by COLUMN` lists the values of a column"
                        .to_owned()
                }
                None if is_outside => format!("{SEE}, and check dates such as `--as-of`"),
                None => SEE.to_owned(),
            };
            (format!("{rows} rows read, {fates}"), hint)
        }
    };
    Error::data(format!("no purchase in `{}`: {rows}", files.join("`, `"))).with_hint(hint)
}
