//! Times of tickets, one by one.

use super::{Query, measure};
use crate::{
    analysis::funnel::Rate,
    data::{DealFinding, Field, Finding, Records, TableKind},
    ingest::{Export, ReadOptions},
};

const TICKETS: &str = "\
ticket id,customer id,opened at,first answer at,resolved at,type\n\
1,A,2024-01-01 10:00:00,2024-01-01 10:30:00,2024-01-01 20:00:00,delivery\n\
2,B,2024-01-01 11:00:00,2024-01-01 15:00:00,,delivery\n\
3,C,2024-01-02 10:00:00,,2024-01-02 12:00:00,price\n\
4,D,2024-01-02 23:30:00,,,price\n\
5,E,2024-01-02 09:00:00,2024-01-02 08:00:00,2024-01-02 10:00:00,price\n";

fn tickets() -> Records {
    let options = ReadOptions { kind: Some(TableKind::Tickets), ..ReadOptions::default() };
    let mut export = Export::from_bytes("tickets.csv", TICKETS, options).unwrap();
    Records::read(&mut export).unwrap().result
}

#[test]
fn waiting_tickets_are_censored_and_not_left_out() {
    let found = measure(&tickets(), &Query::default()).unwrap();
    let all = &found.parts[0];
    assert_eq!((all.tickets, all.answered, all.resolved), (5, Some(3), Some(3)));
    // Waits for an answer: 0 and 0.5 done, 0.5 going on, 2 resolved without one, 4 done. The share that
    // waits longer is 4/5 after 0, 3/5 after 0.5 h, none after 4 h.
    let response = all.response;
    assert_eq!(
        (response.lower, response.median, response.upper),
        (Some(0.5), Some(4.0), Some(4.0))
    );
    // Answered within an hour: 1 and 5, of the four that were opened an hour before the end.
    assert_eq!(all.answered_within, Rate::new(2, 4, 0.95));
    assert_eq!(all.resolved_within, Rate::new(1, 2, 0.95));
    let reversed = Finding::Deals(DealFinding::TicketEndsFirst);
    assert!(found.notices.iter().any(|notice| notice.finding == reversed && notice.rows == 1));
}

#[test]
fn kinds_add_up_and_unknown_fields_are_refused() {
    let query = Query { by: vec![Field::Kind], ..Query::default() };
    let found = measure(&tickets(), &query).unwrap();
    let kinds: Vec<(Option<&str>, u64)> =
        found.parts.iter().map(|part| (part.labels[0].as_deref(), part.tickets)).collect();
    assert_eq!(kinds, [(None, 5), (Some("delivery"), 2), (Some("price"), 3)]);
    assert_eq!(found.table(crate::Lang::Ru).unwrap().rows(), 3);
    let query = Query { by: vec![Field::Region], ..Query::default() };
    assert!(measure(&tickets(), &query).unwrap_err().hint().unwrap().contains("kind"));
    let query = Query { answer_hours: Some(0.0), ..Query::default() };
    assert!(measure(&tickets(), &query).unwrap_err().is_usage());
}

#[test]
fn minutes_to_the_first_reply_are_its_instant() {
    let read = |csv: &str| {
        let options = ReadOptions { kind: Some(TableKind::Tickets), ..ReadOptions::default() };
        let mut export = Export::from_bytes("tickets.csv", csv, options).unwrap();
        measure(&Records::read(&mut export).unwrap().result, &Query::default()).unwrap().parts
    };
    let zendesk = read(
        "Id,Requester id,Assignee,Via,Created at,Solved at,First reply time in minutes\n\
        1,5,Ann,Web,2024-01-01 10:00,2024-01-01 20:00,30\n2,6,Bob,Web,2024-01-01 11:00,,240\n\
        3,6,Bob,Web,2024-01-02 11:00,2024-01-02 12:00,\n",
    );
    let written = read(
        "ticket id,customer id,opened at,first answer at,resolved at\n\
        1,5,2024-01-01 10:00,2024-01-01 10:30,2024-01-01 20:00\n\
        2,6,2024-01-01 11:00,2024-01-01 15:00,\n3,6,2024-01-02 11:00,,2024-01-02 12:00\n",
    );
    assert_eq!(zendesk, written);
    assert_eq!(zendesk[0].answered, Some(2));
}
