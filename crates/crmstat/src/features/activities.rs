//! Activities by customer and time.

use super::history::{code_of, lacks};
use crate::{
    Result, Timestamp,
    data::{Column, Field, Orders, Records, Texts},
};
use std::ops::Range;

/// How CRMs and telephone systems say that nobody answered, in lower case with single spaces.
const UNANSWERED: &[&str] = &[
    "no answer",
    "not answered",
    "unanswered",
    "no reply",
    "no response",
    "missed",
    "missed call",
    "busy",
    "voicemail",
    "left voicemail",
    "left live message",
    "no show",
    "нет ответа",
    "не ответил",
    "не отвечает",
    "без ответа",
    "неотвеченный",
    "недозвон",
    "не дозвонились",
    "пропущен",
    "пропущенный",
    "пропущенный звонок",
    "занято",
    "автоответчик",
];

/// Activities by customer and time.
#[derive(Clone, Debug)]
pub(super) struct Activities {
    /// Where those of each customer begin, and the end of all.
    first: Vec<u32>,
    at: Vec<Timestamp>,
    /// The codes of each activity's labels, with the labels.
    labels: Vec<(Field, Texts, Vec<Option<u32>>)>,
    unmatched: u64,
}

impl Activities {
    pub(super) fn join(records: &Records, orders: &Orders) -> Result<Self> {
        let Some(Column::Date(at)) = records.field(Field::At) else {
            return Err(lacks("activities", Field::At));
        };
        if !records.has(Field::CustomerId) {
            return Err(lacks("activities", Field::CustomerId));
        }
        let matched = records.matched(Field::CustomerId, orders.customers());
        let mut rows: Vec<(u32, Timestamp, u32)> = (matched.rows.iter().zip(at).zip(0_u32..))
            .filter_map(|((customer, at), row)| Some(((*customer)?, (*at)?, row)))
            .collect();
        rows.sort_unstable();
        let mut first = vec![0_u32; orders.customers().len() + 1];
        for (customer, _, _) in &rows {
            first[*customer as usize + 1] += 1;
        }
        for customer in 1..first.len() {
            first[customer] += first[customer - 1];
        }
        let labels = [Field::Kind, Field::Outcome]
            .into_iter()
            .filter_map(|field| Some((field, records.labels(field)?)))
            .map(|(field, labels)| {
                let codes = rows.iter().map(|(_, _, row)| labels.code(*row as usize)).collect();
                (field, labels.labels().clone(), codes)
            })
            .collect();
        Ok(Self {
            first,
            at: rows.iter().map(|(_, at, _)| *at).collect(),
            labels,
            unmatched: matched.unmatched_rows,
        })
    }

    /// Rows of nobody who has an order.
    pub(super) fn unmatched(&self) -> u64 {
        self.unmatched
    }

    /// Those of `customer` before `end`.
    pub(super) fn before(&self, customer: usize, end: Timestamp) -> Range<usize> {
        let first = self.first[customer] as usize;
        let all = &self.at[first..self.first[customer + 1] as usize];
        first..first + all.partition_point(|at| *at < end)
    }

    pub(super) fn at(&self) -> &[Timestamp] {
        &self.at
    }

    /// The codes of `field`, and that of `label`, if any activity has it.
    pub(super) fn codes(&self, field: Field, label: &str) -> Result<(&[Option<u32>], Option<u32>)> {
        self.of(field)
            .map(|(labels, codes)| (codes, code_of(labels, label)))
            .ok_or_else(|| lacks("activities", field))
    }

    /// The labels of `field`, and the codes of the activities before `end`.
    pub(super) fn labels_before(
        &self,
        field: Field,
        end: Timestamp,
    ) -> Option<(&Texts, impl Iterator<Item = u32>)> {
        let (labels, codes) = self.of(field)?;
        let before = codes.iter().zip(&self.at).filter(move |(_, at)| **at < end);
        Some((labels, before.filter_map(|(code, _)| *code)))
    }

    /// The codes of the outcomes, and which of them say that nobody answered; `None` where no outcome
    /// does.
    pub(super) fn unanswered(&self) -> Option<(&[Option<u32>], Vec<bool>)> {
        let (labels, codes) = self.of(Field::Outcome)?;
        let said = |code: usize| labels.get(code).is_some_and(is_unanswered);
        let unanswered: Vec<bool> = (0..labels.len()).map(said).collect();
        unanswered.contains(&true).then_some((codes, unanswered))
    }

    fn of(&self, field: Field) -> Option<(&Texts, &[Option<u32>])> {
        let found = self.labels.iter().find(|(own, _, _)| *own == field);
        found.map(|(_, labels, codes)| (labels, &codes[..]))
    }
}

/// Whether an outcome says that nobody answered.
fn is_unanswered(outcome: &str) -> bool {
    let words: Vec<String> = outcome
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '-' | '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    UNANSWERED.contains(&words.join(" ").as_str())
}

#[cfg(test)]
mod tests {
    use super::is_unanswered;

    #[test]
    fn outcomes_are_read_in_the_words_of_crms() {
        for outcome in ["No answer", "no-answer", "LEFT_VOICEMAIL", " Нет  ответа", "Недозвон"]
        {
            assert!(is_unanswered(outcome), "{outcome}");
        }
        for outcome in ["answered", "answer", "resolved", "complaint", "", "отвечен"] {
            assert!(!is_unanswered(outcome), "{outcome}");
        }
    }
}
