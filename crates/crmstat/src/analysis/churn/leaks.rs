//! The guard against columns that carry the future.

use super::{
    TOO_GOOD,
    frame::{Frame, Schema},
    outcome::Outcome,
    predictor::Examples,
};
use crate::{Error, Result, data::words_of};
use crmstat_models::{
    churn::{
        RawColumn,
        evaluation::auc,
        leakage::{LeakSign, signs},
    },
    parallel::map_chunks,
};

/// Words of a column's name that speak of what is known when a customer has left, or later.
const LATE: &[&str] = &[
    "churn",
    "attrition",
    "exit",
    "exited",
    "cancel",
    "cancelled",
    "canceled",
    "cancellation",
    "terminated",
    "termination",
    "reason",
    "next",
    "future",
    "after",
    "lost",
    "closed",
    "отток",
    "оттока",
    "ухода",
    "причина",
    "следующий",
    "следующего",
    "закрытия",
    "расторжения",
];

/// Refuses examples some of whose columns, of those that are `undated` and not `allowed`, know the label: all
/// of them at once, each with what gives it away. What is made of dated events cannot: it ends at the cutoff,
/// and where customers order like clockwork the days of silence do tell nearly all.
pub(in crate::analysis) fn refuse_leaks(
    examples: &Examples,
    allowed: &[String],
    undated: impl Fn(&str) -> bool,
    outcome: Outcome,
) -> Result<()> {
    let frame = &examples.frame;
    let schema = frame.schema();
    let is_allowed = |name: &str| allowed.iter().any(|own| own.trim() == name);
    if let Some(name) = allowed.iter().find(|name| schema.iter().all(|own| own.name != name.trim()))
    {
        let names: Vec<&str> = schema.iter().map(|own| own.name.as_str()).collect();
        return Err(Error::usage(format!("`--allow {name}`: there is no such column"))
            .with_hint(format!("the columns are {}", names.join(", "))));
    }
    let looked_at: Vec<usize> = (0..schema.len())
        .filter(|at| undated(&schema[*at].name) && !is_allowed(&schema[*at].name))
        .collect();
    let found = frame.raw(&schema, |raw| {
        map_chunks(looked_at.len(), 1, |range| {
            let at = looked_at[range.start];
            signs(raw[at], &examples.labels, is_named_late(&schema[at].name))
        })
    });
    let mut suspects = Vec::new();
    for (at, signs) in looked_at.iter().zip(found) {
        let signs = signs.map_err(Error::from_model)?;
        if !signs.is_empty() {
            suspects.push((schema[*at].name.as_str(), signs));
        }
    }
    if suspects.is_empty() { Ok(()) } else { Err(refused(&suspects, &schema, outcome)) }
}

/// Whether one of the words of a name is late.
fn is_named_late(name: &str) -> bool {
    words_of(name).split(' ').any(|word| LATE.contains(&word))
}

fn refused(suspects: &[(&str, Vec<LeakSign>)], schema: &[Schema], outcome: Outcome) -> Error {
    let told = |(name, signs): &(&str, Vec<LeakSign>)| {
        let signs: Vec<String> = signs.iter().map(|own| sign(own, outcome)).collect();
        format!("`{name}` {}", signs.join(", and "))
    };
    let told: Vec<String> = suspects.iter().map(told).collect();
    let names: Vec<&str> = suspects.iter().map(|(name, _)| *name).collect();
    let others: Vec<&str> =
        (schema.iter().map(|own| own.name.as_str())).filter(|name| !names.contains(name)).collect();
    let (them, carry) = match names.len() {
        1 => ("it", "1 column seems to carry the future".to_owned()),
        count => ("them", format!("{count} columns seem to carry the future")),
    };
    let mut hint = format!(
        "what is filled in {}, or computed with the label, is not known when it is needed; where {them} is \
         known before, keep {them}: `--allow '{}'`",
        outcome.after(),
        names.join(",")
    );
    if !others.is_empty() {
        hint += &format!("; else leave {them} out: `--features '{}'`", others.join(","));
    }
    Error::data(format!("{carry}: {}", told.join("; "))).with_hint(hint)
}

fn sign(sign: &LeakSign, outcome: Outcome) -> String {
    let ranked = outcome.ranked();
    match sign {
        LeakSign::Ranks { auc, by_level: false } => {
            format!(
                "alone ranks {ranked} with an AUC of {auc:.3}, where honest columns end near 0.87"
            )
        }
        LeakSign::Ranks { auc, by_level: true } => format!(
            "alone tells {ranked} by its values with an AUC of {auc:.3}, where honest columns end near 0.87"
        ),
        LeakSign::OnlyLeft { value, rows } => {
            format!("is `{value}` for {rows} customers, all of whom {}", outcome.who(true))
        }
        LeakSign::FilledFor { churned, rows } => {
            format!("is filled for {rows} customers, all of whom {}", outcome.who(*churned))
        }
        LeakSign::MissingFor { churned, rows } => {
            format!("is missing for {rows} customers, all of whom {}", outcome.who(*churned))
        }
    }
}

/// What to say of a model that is too good, of columns without dates: which of them tell most alone.
pub(in crate::analysis) fn too_good(examples: &Examples, area: f64) -> Result<Option<String>> {
    /// Columns that are named.
    const NAMED: usize = 3;
    if area <= TOO_GOOD {
        return Ok(None);
    }
    let mut alone = telling(&examples.frame, &examples.labels)?;
    alone.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named: Vec<String> = alone
        .iter()
        .take(NAMED)
        .map(|(name, area)| format!("`{name}` ({area:.3} alone)"))
        .collect();
    Ok(Some(format!(
        "an AUC of {area:.3} is more than customers give away in advance: something is probably known too \
         late; look first at {}",
        named.join(", ")
    )))
}

/// How well each column alone ranks the labels, along its order or by its levels.
fn telling(frame: &Frame, labels: &[bool]) -> Result<Vec<(String, f64)>> {
    let schema = frame.schema();
    frame.raw(&schema, |raw| {
        let alone = |(own, column): (&Schema, &RawColumn<'_>)| {
            let scores = crmstat_models::churn::leakage::by_level(*column, labels);
            let area = auc(&scores, labels).map_err(Error::from_model)?.value;
            Ok((own.name.clone(), area))
        };
        schema.iter().zip(raw).map(alone).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::is_named_late;

    #[test]
    fn names_are_read_word_by_word() {
        for name in
            ["Churn Score", "churn_category", "ExitReason", "usage_next_month", "Причина ухода"]
        {
            assert!(is_named_late(name), "{name}");
        }
        for name in ["tenure", "Nextel plan", "closeness", "reasonable", "exitcode9", "afternoon"] {
            assert!(!is_named_late(name), "{name}");
        }
    }
}
