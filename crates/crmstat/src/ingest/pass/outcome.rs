//! What the rows together say of the outcome of their deals: labels that nothing explains, columns that
//! overrule the stage.

use crate::{
    Error,
    data::{DealStatus, Field, Finding, Notice, Severity, TableKind, quoted, sales::Rows},
    ingest::{
        orders::outcome::{Overruled, Resolved},
        pass::{input::Input, tally::Tally},
        profile::{
            Resolution,
            outcome::{Says, likely, truth},
        },
    },
};
use std::{cmp::Reverse, collections::BTreeMap};

/// Labels that a message lists before it counts the rest.
const LISTED: usize = 30;

/// What the outcome of rows depends on that the caller has not named, one notice for each column.
pub(super) fn outcome_notices(
    tally: &Tally,
    inputs: &[Input],
    stages: &[(String, DealStatus)],
) -> Vec<Notice> {
    let resolved = tally.resolved();
    let mut rows = BTreeMap::<(Finding, Severity, Option<String>), Rows>::new();
    let header = |input: &Input, column: usize| input.headers[column].trim().to_owned();
    for input in inputs {
        let of_input = || resolved.iter().filter(|found| found.input == input.number);
        let count = |wanted: &dyn Fn(&Resolved) -> bool| -> Rows {
            let mut all = Rows::default();
            of_input().filter(|found| wanted(found)).for_each(|found| all.add(found.rows));
            all
        };
        let mut add = |finding, severity, setting, count: Rows| {
            rows.entry((finding, severity, setting)).or_default().add(count);
        };
        if let Some(told) = &input.mapping.by_content {
            let (column, labels) = (header(input, told.column), told.shown());
            let is_no_sale = |found: &Resolved| {
                let lost = Resolution::Known(DealStatus::Lost);
                let open = Resolution::Known(DealStatus::Open);
                found.overruled.is_none() && (found.resolution == lost || found.resolution == open)
            };
            let setting = Some(format!("status={column}"));
            let finding = Finding::StatusByContent { column, labels };
            add(finding, Severity::Note, setting, count(&is_no_sale));
        }
        for told in &input.mapping.signs {
            let found = count(&|found| found.overruled == Some(Overruled::By(told.column)));
            if found.rows > 0 {
                let column = header(input, told.column);
                let setting = match told.says {
                    Says::LostIf => Some(format!("is_lost={column}")),
                    Says::LostAt => Some(format!("lost_at={column}")),
                    Says::WonIf => Some(format!("is_won={column}")),
                    Says::Words(_) | Says::LostUnless | Says::Unclear => None,
                };
                add(Finding::NoSaleBy { column }, Severity::Note, setting, found);
            }
        }
        for told in &input.mapping.unused {
            let (column, labels) = (header(input, told.column), told.shown());
            let setting = match (told.says, told.is_flag()) {
                // What is rarer is mostly what came to nothing.
                (Says::Unclear, true) if told.by_code => {
                    let mostly = told.labels.first().map(|label| truth(label.as_bytes()));
                    let field = if mostly == Some(Some(true)) { "is_won" } else { "is_lost" };
                    Some(format!("{field}={column}"))
                }
                (Says::Unclear, false) if told.by_code => Some(format!("status={column}")),
                (Says::Unclear, _) if told.of_returns => None,
                (Says::Unclear, false) => None,
                (Says::Unclear, true) => {
                    let lower = column.to_lowercase();
                    let is_away =
                        ["archiv", "inactiv", "hidden", "disabled", "архив", "скрыт", "неактив"]
                            .iter()
                            .any(|word| lower.contains(word));
                    Some(format!("{}={column}", if is_away { "is_lost" } else { "is_won" }))
                }
                _ => Some(format!("status={column}")),
            };
            add(
                Finding::StatusNotUsed { column, labels },
                if told.by_code { Severity::Note } else { Severity::Warning },
                setting,
                Rows::default(),
            );
        }
        if let Some(reason) = input.mapping.column(Field::LostReason) {
            let found = count(&|found| found.overruled == Some(Overruled::ByReason(reason)));
            if found.rows > 0 {
                let finding = Finding::LostByReason { column: header(input, reason) };
                add(finding, Severity::Note, None, found);
            }
        }
        if let Some(chance) = input.mapping.column(Field::Probability) {
            let found = count(&|found| found.overruled == Some(Overruled::ByProbability(chance)));
            if found.rows > 0 {
                let finding = Finding::LostByProbability { column: header(input, chance) };
                add(finding, Severity::Note, None, found);
            }
        }
        if let Some(date) = input.mapping.column(Field::ClosedAt) {
            let dated = count(&|found| found.overruled == Some(Overruled::NotByDate(date)));
            let open = count(&|found| found.resolution == Resolution::Known(DealStatus::Open));
            // Where most open deals have one, it is the day on which they are expected to close.
            if dated.rows > 0 && dated.rows * 2 <= open.rows {
                let finding = Finding::OpenWithCloseDate { column: header(input, date) };
                add(finding, Severity::Warning, None, dated);
            }
        }
    }
    let told = rows.into_iter().map(|((finding, severity, setting), rows)| {
        let worth = rows.worth().filter(|_| rows.units != 0);
        let notice = Notice::new(severity, finding, rows.rows).worth(worth);
        match setting {
            Some(setting) => notice.settled_by("map", setting),
            None => notice,
        }
    });
    told.chain(not_yet_sales(tally, &resolved, inputs, stages)).collect()
}

/// Orders that are left out since their status says neither that they are done nor that they came to nothing; those
/// whose label is among the `stages` that the caller names are settled.
fn not_yet_sales(
    tally: &Tally,
    resolved: &[Resolved],
    inputs: &[Input],
    stages: &[(String, DealStatus)],
) -> Option<Notice> {
    let is_asked = |found: &&Resolved| {
        let input = inputs.iter().find(|input| input.number == found.input);
        // What is read as the status by its words has been told with them.
        let is_of_orders = input.is_some_and(|input| {
            input.mapping.kind == TableKind::Orders && input.mapping.by_content.is_none()
        });
        is_of_orders
            && found.overruled.is_none()
            && found.resolution == Resolution::Known(DealStatus::Open)
    };
    let mut labels = BTreeMap::<&str, Rows>::new();
    for found in resolved.iter().filter(is_asked) {
        let Some(label) = found.label.as_deref() else { continue };
        let is_given = stages
            .iter()
            .any(|(given, _)| given.trim().to_lowercase() == label.trim().to_lowercase());
        if !is_given {
            labels.entry(label).or_default().add(found.rows);
        }
    }
    let mut all = Rows::default();
    for rows in labels.values() {
        all.add(*rows);
    }
    if all.rows == 0 {
        return None;
    }
    let mut labels: Vec<(&str, u64)> =
        labels.into_iter().map(|(label, rows)| (label, rows.rows)).collect();
    labels.sort_by_key(|(label, rows)| (Reverse(*rows), *label));
    let shown = listed(labels.iter().map(|(label, rows)| format!("`{label}` {rows}")));
    // Where they are most of the rows, it is rather the status that is not understood.
    let severity =
        if all.rows > tally.ledger.accepted { Severity::Warning } else { Severity::Note };
    let worth = all.worth().filter(|_| all.units != 0);
    let notice = Notice::new(severity, Finding::NotYetSales { labels: shown }, all.rows);
    let notice = notice.worth(worth);
    let settled = labels
        .iter()
        .take(LISTED)
        .fold(notice, |notice, (label, _)| notice.settled_by("stage", format!("{label}=won")));
    Some(settled)
}

/// Labels that close deals without saying how, all of them, and what to give.
pub(super) fn unknown_stages(tally: &Tally, inputs: &[Input]) -> Option<Error> {
    let mut unknown = BTreeMap::<&str, u64>::new();
    let mut known = BTreeMap::<(&str, DealStatus), u64>::new();
    let resolved = tally.resolved();
    for found in &resolved {
        match (&found.resolution, &found.label) {
            (Resolution::Unknown(label), _) => {
                *unknown.entry(label).or_default() += found.rows.rows;
            }
            (Resolution::Known(status), Some(label)) => {
                *known.entry((label, *status)).or_default() += found.rows.rows;
            }
            _ => {}
        }
    }
    let input = inputs.iter().find(|input| {
        let mut found = resolved.iter().filter(|found| found.input == input.number);
        found.any(|found| matches!(found.resolution, Resolution::Unknown(_)))
    })?;
    let rows: u64 = unknown.values().sum();
    let mut labels: Vec<(&str, u64)> = unknown.into_iter().collect();
    labels.sort_by_key(|(label, rows)| (Reverse(*rows), *label));
    let mut explained: Vec<((&str, DealStatus), u64)> = known.into_iter().collect();
    explained.sort_by_key(|(label, rows)| (Reverse(*rows), *label));

    let kind = input.mapping.kind;
    let said = match &labels[..] {
        [(label, rows)] => format!("the stage `{label}` closes {rows} {kind}"),
        _ => {
            let all = labels.iter().map(|(label, rows)| format!("`{label}` {rows}"));
            format!("the stages {} close {rows} {kind}", listed(all))
        }
    };
    let known = match &explained[..] {
        [] => String::new(),
        explained => {
            let all = explained
                .iter()
                .map(|((label, status), rows)| format!("`{label}` {rows} ({})", status.name()));
            format!("; known are {}", listed(all))
        }
    };
    // What nobody can tell is mostly what is done, where nothing else is, and otherwise no sale yet.
    let is_won = |(label, _): &(&str, u64)| likely(label) == Some(DealStatus::Won);
    let mut none_is_won = !labels.iter().any(is_won)
        && !explained.iter().any(|((_, status), _)| *status == DealStatus::Won);
    let mut untold: Vec<String> = Vec::new();
    let options: Vec<String> = labels
        .iter()
        .take(LISTED)
        .map(|(label, _)| {
            let meaning = likely(label).unwrap_or_else(|| {
                untold.push(format!("`{label}`"));
                if std::mem::take(&mut none_is_won) { DealStatus::Won } else { DealStatus::Open }
            });
            format!("--stage {}", quoted(&format!("{label}={}", meaning.name())))
        })
        .collect();
    let stage = input.mapping.column(Field::Stage).or(input.mapping.column(Field::Status));
    let error = Error::data(format!(
        "{said}, but neither the profile nor the file says whether they are won or lost{known}"
    ));
    let mut hint = format!(
        "say what each means, won, lost or open, and correct what is guessed here: `{}`",
        options.join(" ")
    );
    if !untold.is_empty() {
        hint.push_str(&format!("; nothing tells what {} means", untold.join(", ")));
    }
    if let Some(told) = input.mapping.by_content.as_ref().filter(|told| told.by_header) {
        let column = input.headers[told.column].trim();
        hint.push_str(&format!(
            "; a column of something else is left out by `--ignore {}`",
            quoted(column)
        ));
    }
    Some(error.at(input.place(stage)).with_hint(hint))
}

fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(LISTED);
    let shown: Vec<String> = all.take(LISTED).collect();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", shown.join(", "))
}
