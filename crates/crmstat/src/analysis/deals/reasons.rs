//! Why a deal has the probability it has, in words with values.

use super::columns::{Column, Theme};
use crate::{
    Lang,
    analysis::churn::{
        frame::{Cells, Frame},
        reasons::{push_days, push_rounded},
    },
};
use serde::Serialize;

/// One reason for a probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// What it is about: `stage`, `stage_days`, `age`, `amount`, `owner`, `customer`, `activity` and so on.
    pub code: &'static str,
    /// What it adds to the log-odds: above zero it speaks for a win, below against.
    pub contribution: f64,
    /// What is known of it.
    #[serde(skip)]
    fact: Fact,
}

/// What is known, with values.
#[derive(Clone, Debug, PartialEq)]
enum Fact {
    Age(f64),
    Stage(Option<String>),
    StageDays(f64),
    Amount(f64),
    Text(Column, Option<String>),
    Customer { won: f64, lost: f64 },
    Activity { count: f64, since: f64 },
}

/// Reasons given per deal.
pub(super) const REASONS: usize = 3;
/// A contribution below this changes the probability by less than a point.
const LEAST: f64 = 0.04;

/// The strongest reasons of the deal in `row`, either way; `contributions` are those of the columns of `frame`.
pub(super) fn reasons(frame: &Frame, row: usize, contributions: &[f64]) -> Vec<Reason> {
    let mut sums: Vec<(Theme, f64)> = Vec::new();
    for ((schema, _), own) in frame.columns.iter().zip(contributions) {
        let Some(theme) = Column::from_name(&schema.name).map(Theme::of) else { continue };
        match sums.iter_mut().find(|(known, _)| *known == theme) {
            Some((_, sum)) => *sum += own,
            None => sums.push((theme, *own)),
        }
    }
    sums.retain(|(_, sum)| sum.abs() >= LEAST);
    sums.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    sums.truncate(REASONS);
    let reason = |(theme, contribution): (Theme, f64)| Reason {
        code: theme.code(),
        contribution,
        fact: fact(theme, frame, row),
    };
    sums.into_iter().map(reason).collect()
}

fn fact(theme: Theme, frame: &Frame, row: usize) -> Fact {
    let number =
        |column: Column| frame.numbers(column.name()).map_or(f64::NAN, |values| values[row]);
    let text = |column: Column| match frame.cells(column.name()) {
        Some(Cells::Category { labels, codes }) => {
            codes[row].and_then(|code| labels.get(code as usize)).map(str::to_owned)
        }
        _ => None,
    };
    match theme {
        Theme::Age => Fact::Age(number(Column::AgeDays)),
        Theme::Stage => Fact::Stage(text(Column::Stage)),
        Theme::StageDays => Fact::StageDays(number(Column::StageDays)),
        Theme::Amount => Fact::Amount(number(Column::Amount)),
        Theme::Text(column) => Fact::Text(column, text(column)),
        Theme::Customer => {
            Fact::Customer { won: number(Column::CustomerWon), lost: number(Column::CustomerLost) }
        }
        Theme::Activity => Fact::Activity {
            count: number(Column::Activities),
            since: number(Column::DaysSinceActivity),
        },
    }
}

impl Reason {
    /// The reason in words, behind whether it speaks for a win or against.
    pub fn text(&self, lang: Lang) -> String {
        let side = if self.contribution >= 0.0 {
            lang.pick("for: ", "за: ")
        } else {
            lang.pick("against: ", "против: ")
        };
        let mut text = side.to_owned();
        let unknown = lang.pick("unknown", "не указано");
        match &self.fact {
            Fact::Age(days) => {
                text.push_str(lang.pick("age ", "возраст "));
                push_days(&mut text, days.floor(), lang);
            }
            Fact::Stage(stage) => {
                text.push_str(lang.pick("stage ", "этап "));
                text.push_str(stage.as_deref().unwrap_or(unknown));
            }
            Fact::StageDays(days) if days.is_nan() => {
                text.push_str(lang.pick("days at the stage unknown", "срок на этапе неизвестен"));
            }
            Fact::StageDays(days) => {
                push_days(&mut text, days.floor(), lang);
                text.push_str(lang.pick(" at the stage", " на этапе"));
            }
            Fact::Amount(amount) if amount.is_nan() => {
                text.push_str(lang.pick("no amount", "сумма не указана"));
            }
            Fact::Amount(amount) => {
                text.push_str(lang.pick("amount ", "сумма "));
                push_rounded(&mut text, *amount);
            }
            Fact::Text(column, value) => {
                text.push_str(match column {
                    Column::Owner => lang.pick("owner ", "менеджер "),
                    Column::Product => lang.pick("product ", "товар "),
                    Column::Source => lang.pick("source ", "источник "),
                    Column::Region => lang.pick("region ", "регион "),
                    Column::Channel => lang.pick("channel ", "канал "),
                    _ => lang.pick("pipeline ", "воронка "),
                });
                text.push_str(value.as_deref().unwrap_or(unknown));
            }
            Fact::Customer { won, lost } if won.is_nan() || lost.is_nan() || won + lost == 0.0 => {
                text.push_str(lang.pick("first deal of the customer", "первая сделка клиента"));
            }
            Fact::Customer { won, lost } => {
                text.push_str(lang.pick("customer's earlier deals: ", "прежние сделки клиента: "));
                text.push_str(lang.pick("won ", "выиграно "));
                push_rounded(&mut text, *won);
                text.push_str(lang.pick(", lost ", ", проиграно "));
                push_rounded(&mut text, *lost);
            }
            Fact::Activity { count, since } if *count == 0.0 || since.is_nan() => {
                text.push_str(lang.pick("no activity so far", "активностей ещё не было"));
            }
            Fact::Activity { count, since } => {
                text.push_str(lang.pick("activities: ", "активностей: "));
                push_rounded(&mut text, *count);
                text.push_str(lang.pick(", the last ", ", последняя "));
                push_days(&mut text, since.floor(), lang);
                text.push_str(lang.pick(" ago", " назад"));
            }
        }
        text
    }
}
