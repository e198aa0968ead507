//! Figures of a table of leads: how many, sold and lost ones, by when they were created.

use super::{
    Kpi,
    beside::{Buckets, Context, Figures, Groups, dates, outside, undivided},
    estimate::{Estimate, share},
};
use crate::{
    Lang,
    analysis::{
        leads::{Outcome, outcomes},
        sales::Note,
    },
    data::{Field, TableKind},
};

/// The leads of a group that were created in a period.
#[derive(Default)]
struct Created {
    leads: u64,
    sold: u64,
    lost: u64,
}

pub(super) fn add(context: &Context<'_>, found: &mut Figures) {
    const OF_LEADS: [Kpi; 3] = [Kpi::Leads, Kpi::LeadConversion, Kpi::LostLeadShare];
    let Some(leads) = context.table(TableKind::Leads) else { return };
    let Some(created) = dates(leads, Field::CreatedAt) else {
        let note = Note::new("no lead says when it was created", "нет дат создания лидов");
        return found.leave_out(&OF_LEADS, &note);
    };
    let groups = context.groups(leads);
    if groups.is_none() {
        found.leave_out(&OF_LEADS, &undivided(TableKind::Leads, context));
    }
    let groups = groups.unwrap_or(Groups::All);
    found.notes.extend(groups.note(TableKind::Leads, context.by));
    let statuses = &context.query.lead_statuses;
    let (became, notices) = outcomes(leads, context.deals, context.as_of, statuses);
    found.notes.extend(
        notices.iter().map(|notice| Note::new(notice.text(Lang::En), notice.text(Lang::Ru))),
    );
    let mut buckets: Buckets<Created> = Buckets::new(context);
    let mut past = 0;
    for (row, at) in created.iter().enumerate() {
        let Some(place) = at.and_then(|at| context.place(at)) else {
            past += 1;
            continue;
        };
        buckets.add(groups.of(row), place, |own| {
            own.leads += 1;
            own.sold += u64::from(became[row] == Outcome::Sold);
            own.lost += u64::from(became[row] == Outcome::Lost);
        });
    }
    found.notes.extend(outside(TableKind::Leads, past));
    let level = context.query.level;
    found.rows.extend(buckets.rows(context, |own| {
        vec![
            (Kpi::Leads, Some(Estimate::exact(own.leads as f64))),
            (Kpi::LeadConversion, share(own.sold, own.leads, level)),
            (Kpi::LostLeadShare, share(own.lost, own.leads, level)),
        ]
    }));
}
