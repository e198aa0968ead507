//! What the deals and their history do not say, or say twice.

use super::{Beside, Division, Query, StageOrder, view::View, ways::Ways};
use crate::data::{DealFinding, DealStatus, Finding, Notice, Severity};

/// The notices about a funnel, the worst first.
pub(super) fn notices(
    view: &View<'_>,
    ways: &Ways,
    beside: &Beside<'_>,
    query: &Query,
    whole: &Division,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |severity, finding, rows: u64| {
        if rows > 0 {
            notices.push(Notice::new(severity, Finding::Deals(finding), rows));
        }
    };
    let id = |deals: &[usize]| {
        let ids = view.deals.ids();
        let first = deals.iter().find_map(|deal| ids?.get(*deal));
        first.unwrap_or_default().to_owned()
    };
    let odd = &ways.odd;
    for (deals, finding) in [
        (&odd.stage, DealFinding::OtherStage { example: id(&odd.stage) }),
        (
            &odd.before_creation,
            DealFinding::StageBeforeCreation { example: id(&odd.before_creation) },
        ),
        (&odd.after_close, DealFinding::StageAfterClose { example: id(&odd.after_close) }),
        (&odd.at_once, DealFinding::StagesAtOnce { example: id(&odd.at_once) }),
        (&odd.without, DealFinding::WithoutHistory { example: id(&odd.without) }),
    ] {
        say(Severity::Warning, finding, deals.len() as u64);
    }
    let deals = &whole.overview.deals;
    let stages: u64 = whole.stages.iter().map(|stage| stage.here.deals).sum();
    let is_today = query.as_of.is_none();
    if beside.history.is_none() && !ways.names.is_empty() {
        say(Severity::Note, DealFinding::NoHistory, view.rows.len() as u64);
    }
    // A deal that closed later stood at a stage that only a history knows.
    let reopened = view.rows.iter().filter(|deal| {
        view.status[**deal] == DealStatus::Open
            && view.deals.status()[**deal] != DealStatus::Open
            && ways.last[**deal].is_none()
    });
    if !is_today && beside.history.is_none() {
        say(Severity::Warning, DealFinding::StageThenUnknown, reopened.count() as u64);
    }
    if ways.source == StageOrder::Unknown && ways.names.len() > 1 {
        let unknown = Finding::Deals(DealFinding::OrderUnknown);
        let notice = Notice::new(Severity::Warning, unknown, ways.names.len() as u64);
        notices.push(notice.settled_by("stages", ways.names.join(",")));
    }
    let mut say = |severity, finding, rows: u64| {
        if rows > 0 {
            notices.push(Notice::new(severity, Finding::Deals(finding), rows));
        }
    };
    let unlisted = DealFinding::StagesNotListed { labels: ways.unlisted.join(", ") };
    say(Severity::Warning, unlisted, ways.unlisted.len() as u64);
    let unknown = DealFinding::StagesOfNoDeal { labels: ways.unknown.join(", ") };
    say(Severity::Note, unknown, ways.unknown.len() as u64);
    let standing = deals.open.deals.saturating_sub(stages);
    if !ways.names.is_empty() {
        say(Severity::Note, DealFinding::OpenWithoutStage, standing);
    }
    say(Severity::Note, DealFinding::OpenWithoutAmount, deals.open.without_amount());
    say(Severity::Note, DealFinding::WonWithoutAmount, deals.won.without_amount());
    let undated = view.rows.iter().filter(|deal| view.created[**deal].is_none()).count();
    say(Severity::Note, DealFinding::WithoutCreation, undated as u64);
    let reversed = view.rows.iter().filter(|deal| {
        let dates = view.created[**deal].zip(view.closed[**deal]);
        dates.is_some_and(|(created, closed)| created > super::view::end_of(closed))
    });
    say(Severity::Warning, DealFinding::ClosedBeforeCreation, reversed.count() as u64);
    Notice::sort(&mut notices);
    notices
}
