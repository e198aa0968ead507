//! The open deals with their probabilities, and what should be done first.

use super::{
    fit,
    model::Model,
    past::Past,
    reasons::{Reason, reasons},
};
use crate::{
    AsOf, Date, Lang, Money, Result,
    analysis::{
        churn::Horizon,
        funnel::{self, Beside, OpenDeal},
    },
    data::{self, Field, Notice},
};
use serde::Serialize;

/// What should be done with a deal next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is overdue: agree on a new date, or close it.
    SetDate,
    /// It stands for longer than others did: move it on or close it.
    Unblock,
    /// Nobody has done anything for it.
    FirstContact,
    /// Nothing is planned.
    PlanStep,
    /// Go on as planned.
    Continue,
}

impl Action {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SetDate => "set_date",
            Self::Unblock => "unblock",
            Self::FirstContact => "first_contact",
            Self::PlanStep => "plan_step",
            Self::Continue => "continue",
        }
    }

    /// The action in words.
    pub const fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::SetDate, Lang::En) => "agree on a new closing date, or close the deal",
            (Self::SetDate, Lang::Ru) => "согласовать новую дату или закрыть сделку",
            (Self::Unblock, Lang::En) => "find out what holds it up; move it on or close it",
            (Self::Unblock, Lang::Ru) => "выяснить, что мешает; продвинуть или закрыть",
            (Self::FirstContact, Lang::En) => "make the first contact",
            (Self::FirstContact, Lang::Ru) => "связаться впервые",
            (Self::PlanStep, Lang::En) => "plan the next step",
            (Self::PlanStep, Lang::Ru) => "запланировать следующий шаг",
            (Self::Continue, Lang::En) => "go on as planned",
            (Self::Continue, Lang::Ru) => "действовать по плану",
        }
    }
}

/// An open deal and what is expected of it.
#[derive(Clone, Debug, Serialize)]
pub struct DealScore {
    /// What is said of the deal itself, and whether it is stale or overdue.
    pub deal: OpenDeal,
    /// Its title.
    pub title: Option<String>,
    /// The probability that it is won within the horizon; `None` where its creation is not known.
    pub probability: Option<f64>,
    /// That times the amount, to the cent.
    pub expected_value: Option<Money>,
    /// The day by which half of such deals that are won are won.
    pub expected_close: Option<Date>,
    /// Nothing is planned for it; `None` where the activities hold no plans.
    pub no_next_activity: Option<bool>,
    /// What should be done next.
    pub action: Action,
    /// Up to three reasons for the probability, the strongest first.
    pub reasons: Vec<Reason>,
}

/// The open deals of an export, those to look at first in front.
///
/// Deals that need something done come before the others; both parts by expected value, the largest first, where a deal
/// without an amount counts for what won ones usually brought.
#[derive(Clone, Debug, Serialize)]
pub struct Scores {
    as_of: AsOf,
    horizon: Horizon,
    deals: Vec<DealScore>,
    /// What the data do not say or say twice.
    #[serde(skip)]
    notices: Vec<Notice>,
}

impl Model {
    /// Scores the open ones of `deals` as of `as_of`; `None` is the day after the last event.
    ///
    /// # Errors
    /// A table beside them that the model needs and is not given.
    pub fn score(
        &self,
        deals: &data::Deals,
        beside: Beside<'_>,
        as_of: Option<AsOf>,
        stale_days: Option<u32>,
    ) -> Result<Scores> {
        let past = Past::new(deals, beside, as_of)?;
        Scores::new(self, &past, beside, stale_days)
    }
}

impl Scores {
    pub(super) fn new(
        model: &Model,
        past: &Past<'_>,
        beside: Beside<'_>,
        stale_days: Option<u32>,
    ) -> Result<Self> {
        let now = past.cutoff();
        if !now.is_finite() {
            return Err(crate::Error::data("no deal has a date of creation or close")
                .with_hint("see `crmstat inspect` for how the columns are read"));
        }
        let open = past.open_at(now);
        let frame = model.frame(past, &open)?;
        let encoded = model.predictor().encode(&frame)?;
        let probabilities = if open.is_empty() {
            Vec::new()
        } else {
            model.predictor().probabilities_of_encoded(&encoded)?
        };
        let contributions = model.predictor().contributions();
        let mut found = vec![None; past.view.deals.len()];
        for (row, (deal, probability)) in open.iter().zip(probabilities).enumerate() {
            let own = contributions.of(encoded.rows()?.row(row))?;
            found[*deal] = Some((probability, reasons(&frame, row, &own)));
        }
        let query = funnel::Query { stale_days, ..funnel::Query::default() };
        let activities = beside.activities.filter(|_| past.touched.is_some());
        let looked = funnel::open_deals(&past.view, &past.ways, activities, &query)?;
        let has_plans = looked.iter().any(|deal| deal.next_activity.is_some());
        let day = |days: f64| Date::from_days((now + days).ceil() as i32);
        let titles = past.view.deals.labels(Field::Title);
        let score = |deal: OpenDeal| {
            let (probability, reasons) = found[deal.row].take().unzip();
            let cents = |value: f64| Money::from_f64((value * 100.0).round() / 100.0);
            let stage = past.stage_at(deal.row, now).filter(|_| past.has_history);
            let stage = stage.map(|(stage, _)| past.ways.names[stage as usize].as_str());
            let no_next_activity = has_plans.then_some(deal.next_activity.is_none());
            DealScore {
                title: titles.and_then(|titles| titles.get(deal.row)).map(str::to_owned),
                probability,
                expected_value: deal
                    .amount
                    .zip(probability)
                    .and_then(|(amount, p)| cents(amount.to_f64() * p)),
                expected_close: probability.map(|_| day(model.timing().days(stage))),
                no_next_activity,
                action: if deal.is_overdue {
                    Action::SetDate
                } else if deal.is_stale {
                    Action::Unblock
                } else if deal.is_without_activity == Some(true) {
                    Action::FirstContact
                } else if no_next_activity == Some(true) {
                    Action::PlanStep
                } else {
                    Action::Continue
                },
                reasons: reasons.unwrap_or_default(),
                deal,
            }
        };
        let mut deals: Vec<DealScore> = looked.into_iter().map(score).collect();
        let usual = model.facts().usual_amount.unwrap_or(1.0);
        let worth = |own: &DealScore| {
            let amount = own.deal.amount.map_or(usual, Money::to_f64);
            own.probability.map_or(-1.0, |probability| probability * amount)
        };
        deals.sort_by(|a, b| {
            let waits = |own: &DealScore| own.action == Action::Continue;
            waits(a)
                .cmp(&waits(b))
                .then(worth(b).total_cmp(&worth(a)))
                .then(a.deal.id.cmp(&b.deal.id))
                .then(a.deal.row.cmp(&b.deal.row))
        });
        let as_of = fit::as_of(now);
        let notices = fit::notices(past, beside);
        Ok(Self { as_of, horizon: model.horizon(), deals, notices })
    }

    /// The exclusive instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The days in which a deal is won or not.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// The open deals, those to look at first in front.
    pub fn deals(&self) -> &[DealScore] {
        &self.deals
    }

    /// What the data do not say or say twice.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// What a reader must know, one sentence each.
    pub fn sentences(&self, lang: Lang) -> Vec<String> {
        let needy = self.deals.iter().filter(|own| own.action != Action::Continue).count();
        let unknown = self.deals.iter().filter(|own| own.probability.is_none()).count();
        let all = self.deals.len();
        let mut told = vec![match lang {
            Lang::En => format!(
                "{all} open deals as of {}; probabilities are those to be won within {}; {needy} deals need something \
                 done",
                self.as_of, self.horizon
            ),
            Lang::Ru => format!(
                "открытых сделок на {}: {all}; вероятность — выигрыш за {} дн.; требуют действий: {needy}",
                self.as_of,
                self.horizon.in_days()
            ),
        }];
        if unknown > 0 {
            told.push(match lang {
                Lang::En => {
                    format!("{unknown} of them have no date of creation, and no probability")
                }
                Lang::Ru => format!("из них без даты создания, поэтому без вероятности: {unknown}"),
            });
        }
        told
    }
}
