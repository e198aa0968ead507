//! What kinds and outcomes of activities and tickets mean, in the words of CRMs, English and Russian.

/// The beginnings of words for a call.
const CALL: [&str; 3] = ["call", "phone", "звон"];
const MEETING: [&str; 5] = ["meeting", "appointment", "visit", "встреч", "визит"];
const TASK: [&str; 4] = ["task", "todo", "to do", "задач"];
const COMPLAINT: [&str; 5] = ["complain", "claim", "жалоб", "претенз", "рекламац"];
const DONE: [&str; 12] = [
    "done",
    "complete",
    "finish",
    "closed",
    "held",
    "выполнен",
    "завершен",
    "сделан",
    "закрыт",
    "готов",
    "решен",
    "состоял",
];
const OVERDUE: [&str; 3] = ["overdue", "past due", "просроч"];
/// Words that turn what follows into its opposite, as in "not completed".
const NOT: [&str; 4] = ["not", "no", "не", "un"];

/// What kind of thing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Call,
    Meeting,
    Task,
    Other,
}

/// The kind that `label` names. A task to call is a task.
pub(super) fn kind(label: &str) -> Kind {
    let label = plain(label);
    let says = |stems: &[&str]| begins(&label, stems);
    if says(&TASK) {
        Kind::Task
    } else if says(&MEETING) {
        Kind::Meeting
    } else if says(&CALL) {
        Kind::Call
    } else {
        Kind::Other
    }
}

/// Whether `label` names a complaint.
pub(super) fn is_complaint(label: &str) -> bool {
    begins(&plain(label), &COMPLAINT)
}

/// Whether a task with this outcome is done; `None` where the outcome says nothing of that kind.
pub(super) fn is_done(outcome: &str) -> Option<bool> {
    let label = plain(outcome);
    let negated =
        label.split(' ').any(|word| NOT.contains(&word)) || label.starts_with("incomplete");
    begins(&label, &DONE).then_some(!negated)
}

/// Whether `outcome` says that a task is overdue.
pub(super) fn is_overdue(outcome: &str) -> bool {
    begins(&plain(outcome), &OVERDUE)
}

/// Lower case, `ё` as `е`, words by single spaces.
fn plain(label: &str) -> String {
    let lower = label.to_lowercase().replace('ё', "е");
    let words = lower.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a word of `plain` text begins with one of `stems`.
fn begins(label: &str, stems: &[&str]) -> bool {
    let starts = label.match_indices(' ').map(|(at, _)| &label[at + 1..]);
    std::iter::once(label).chain(starts).any(|rest| stems.iter().any(|stem| rest.starts_with(stem)))
}

#[cfg(test)]
mod tests {
    use super::{Kind, is_complaint, is_done, is_overdue, kind};

    #[test]
    fn kinds_are_read_in_the_words_of_crms() {
        for (label, expected) in [
            ("CALL", Kind::Call),
            ("Phone Call", Kind::Call),
            ("outbound_call", Kind::Call),
            ("Исходящий звонок", Kind::Call),
            ("Встреча с клиентом", Kind::Meeting),
            ("Appointment", Kind::Meeting),
            ("To-do", Kind::Task),
            ("Задача: позвонить", Kind::Task),
            ("task (call)", Kind::Task),
            ("email", Kind::Other),
            ("recall", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(kind(label), expected, "{label}");
        }
        assert!(is_complaint("Жалоба") && is_complaint("complaint") && !is_complaint("question"));
        assert_eq!(is_done("Completed"), Some(true));
        assert_eq!(is_done("Not completed"), Some(false));
        assert_eq!(is_done("Не выполнена"), Some(false));
        assert_eq!(is_done("Завершённая"), Some(true));
        assert_eq!(is_done("in progress"), None);
        assert!(is_overdue("Просрочена") && !is_overdue("due"));
    }
}
