//! Learning from past moments, judging on later ones, scoring today's deals.

use super::{
    Deals, Options,
    columns::Use,
    model::{Facts, Model, Timing},
    moments::Plan,
    past::{Past, amount},
    quality::{Quality, Way, gain, interval},
    rivals::{Risks, naive_bayes, stage_weights},
    scores::Scores,
};
use crate::{
    AsOf, Date, Error, Result,
    analysis::{
        churn::{
            LearnerKind,
            frame::Frame,
            predictor::{Examples, Predictor},
        },
        funnel::Beside,
    },
    data::{self, DealFinding, DealStatus, Finding, Notice, Severity},
};
use crmstat_models::{churn::CalibrationMethod, sum::compensated};

/// Rows of either label below which nothing can be learned.
const FEWEST: usize = 10;
/// Rows from which more teach nothing new.
const MOST_ROWS: usize = 200_000;

/// Learns which of `deals` are won, judges that on later moments, and scores the open ones.
///
/// ```
/// use crmstat::{Date, analysis::{deals, funnel::Beside}, data::{DealRow, DealStatus, Deals, Field}};
///
/// // Ann wins four of five of her deals, Bob one of five; each is decided within four weeks.
/// let day: Date = "2024-01-01".parse()?;
/// let mut rows = Deals::builder();
/// for n in 0..900_i32 {
///     let (owner, won) = if n % 2 == 0 { ("Ann", n % 5 > 0) } else { ("Bob", n % 5 == 0) };
///     let status = if n >= 880 { DealStatus::Open } else if won { DealStatus::Won } else { DealStatus::Lost };
///     let row = DealRow::new(status).id(n).amount(100).created(day.plus_days(n)).with(Field::Owner, owner);
///     rows.push(if n >= 880 { row } else { row.closed(day.plus_days(n + 3 + n % 25)) });
/// }
/// let found = deals::fit(&rows.build()?.result, Beside::default(), &deals::Options::default())?;
/// assert!(found.quality.tells_apart() && found.quality.own().auc.value > 0.7);
/// assert_eq!(found.scores.deals()[0].deal.owner.as_deref(), Some("Ann"));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// No deal with the dates that are needed; a history that is too short for the horizon, or in which too few deals were
/// won or lost; a history of stages without its columns.
pub fn fit(deals: &data::Deals, beside: Beside<'_>, options: &Options) -> Result<Deals> {
    let past = Past::new(deals, beside, options.as_of)?;
    let plan = Plan::new(&past, options.horizon)?;
    let used = Use::of(&past);
    let horizon = f64::from(plan.horizon.in_days());
    let rows = Rows { past: &past, used: &used, horizon };

    let (kind, was_chosen) = match options.learner {
        Some(kind) => (kind, false),
        None => rows.choose(&plan)?,
    };
    let quality = rows.judge(&plan, kind, was_chosen, beside)?;
    let all = rows.at(&plan.known, true);
    all.require_both(plan.horizon)?;
    let predictor = learn(kind, &all.examples)?;
    let facts = Facts {
        rows: all.examples.labels.len(),
        base_rate: share(&all.examples.labels),
        auc: quality.own().auc.value,
        brier: quality.own().brier.value,
        usual_amount: usual_amount(&past),
    };
    let as_of = as_of(past.cutoff());
    let model = Model::new(plan.horizon, as_of, predictor, rows.timing(&all), facts);
    let scores = Scores::new(&model, &past, beside, options.stale_days)?;
    Ok(Deals { notices: notices(&past, beside), model, quality, scores, left_out: used })
}

/// The instant of so many days since 1970.
pub(super) fn as_of(days: f64) -> AsOf {
    AsOf::start_of(Date::from_days(days.floor() as i32))
}

/// The mean of what won deals brought.
fn usual_amount(past: &Past<'_>) -> Option<f64> {
    let won = past.usable.iter().filter(|deal| past.view.status[**deal] == DealStatus::Won);
    let amounts: Vec<f64> = won.filter_map(|deal| amount(past.view.deals, *deal)).collect();
    (!amounts.is_empty()).then(|| compensated(amounts.iter().copied()) / amounts.len() as f64)
}

/// The share of `true`.
fn share(labels: &[bool]) -> f64 {
    labels.iter().filter(|label| **label).count() as f64 / labels.len().max(1) as f64
}

/// What the data do not say or say twice.
pub(super) fn notices(past: &Past<'_>, beside: Beside<'_>) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |severity, finding, rows: usize| {
        if rows > 0 {
            notices.push(Notice::new(severity, Finding::Deals(finding), rows as u64));
        }
    };
    if beside.history.is_none() && !past.ways.names.is_empty() {
        say(Severity::Note, DealFinding::NoHistory, past.view.rows.len());
    }
    let of =
        |test: &dyn Fn(usize) -> bool| past.view.rows.iter().filter(|deal| test(**deal)).count();
    say(
        Severity::Note,
        DealFinding::WithoutCreation,
        of(&|deal| past.view.created[deal].is_none()),
    );
    let closed = |deal: usize| past.view.status[deal] != DealStatus::Open;
    say(
        Severity::Note,
        DealFinding::WithoutClose,
        of(&|deal| closed(deal) && past.view.closed[deal].is_none()),
    );
    say(
        Severity::Warning,
        DealFinding::ClosedBeforeCreation,
        of(&|deal| {
            let dates = past.view.created[deal].zip(past.view.closed[deal]);
            dates.is_some_and(|(created, closed)| {
                created > crate::analysis::funnel::view::end_of(closed)
            })
        }),
    );
    Notice::sort(&mut notices);
    notices
}

/// Parts of the deals that are held out in turn to calibrate.
const PARTS: u64 = 4;
/// Rows from which learners need no calibration: what they claim too much shrinks with the rows.
const MANY: usize = 50_000;

/// Learns, and bends the probabilities to what came of deals that were held out in turn (Platt's line): learners see a
/// deal at several moments, and take chance for knowledge where deals are few.
fn learn(kind: LearnerKind, examples: &Examples) -> Result<Predictor> {
    let model = Predictor::fit(kind, examples)?;
    let rows = examples.labels.len();
    if rows > MANY {
        return Ok(model);
    }
    let (mut claimed, mut came) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for part in 0..PARTS {
        let is_out = |row: &usize| examples.customers[*row] % PARTS == part;
        let (out, kept): (Vec<usize>, Vec<usize>) = (0..rows).partition(is_out);
        let kept = take(examples, &kept);
        let has_both = kept.labels.contains(&true) && kept.labels.contains(&false);
        if out.is_empty() || !has_both {
            return Ok(model);
        }
        let out = take(examples, &out);
        claimed.extend(Predictor::fit(kind, &kept)?.probabilities(&out.frame)?);
        came.extend(out.labels);
    }
    model.calibrated(CalibrationMethod::Platt, &claimed, &came)
}

/// The rows whose numbers are `kept`.
fn take(examples: &Examples, kept: &[usize]) -> Examples {
    Examples {
        frame: examples.frame.take(kept),
        labels: kept.iter().map(|row| examples.labels[*row]).collect(),
        weights: kept.iter().map(|row| examples.weights[*row]).collect(),
        customers: kept.iter().map(|row| examples.customers[*row]).collect(),
    }
}

/// Deals at moments, with what became of them.
struct Seen {
    examples: Examples,
    /// The deal and the moment of each row.
    rows: Vec<(usize, f64)>,
    /// Days to the win, where it came within the horizon.
    won_after: Vec<Option<f64>>,
}

impl Seen {
    fn groups(&self, past: &Past<'_>) -> Vec<usize> {
        self.rows.iter().map(|(deal, _)| past.rank[*deal]).collect()
    }

    fn require_both(&self, horizon: crate::analysis::churn::Horizon) -> Result<()> {
        let won = self.examples.labels.iter().filter(|label| **label).count();
        let (rows, lost) = (self.examples.labels.len(), self.examples.labels.len() - won);
        if won.min(lost) >= FEWEST {
            return Ok(());
        }
        Err(Error::data(format!(
            "too few deals to learn from: of {rows} open ones at past moments {won} were won within {horizon}"
        ))
        .with_hint("take another horizon, or a longer history"))
    }
}

/// A way to the probabilities of deals at a moment; `None` where too little was known.
type Asked<'a> = &'a dyn Fn(f64, &[usize]) -> Option<Vec<f64>>;

struct Rows<'a> {
    past: &'a Past<'a>,
    used: &'a Use,
    horizon: f64,
}

impl Rows<'_> {
    /// The deals that were open at `moments`; so many of them that more would teach nothing where they are `taught`.
    fn at(&self, moments: &[f64], taught: bool) -> Seen {
        let open: Vec<Vec<usize>> = moments.iter().map(|at| self.past.open_at(*at)).collect();
        let all: usize = open.iter().map(Vec::len).sum();
        let stride = if taught { all.div_ceil(MOST_ROWS).max(1) } else { 1 };
        let mut frame: Option<Frame> = None;
        let (mut rows, mut won_after) = (Vec::new(), Vec::new());
        for (at, mut open) in moments.iter().zip(open) {
            open.retain(|deal| self.past.rank[*deal].is_multiple_of(stride));
            let seen = self.past.frame(*at, &open, self.used);
            match &mut frame {
                Some(frame) => frame.append(&seen),
                None => frame = Some(seen),
            }
            for deal in open {
                rows.push((deal, *at));
                let won = self.past.won_after(deal, *at).filter(|days| *days < self.horizon);
                won_after.push(won);
            }
        }
        let labels: Vec<bool> = won_after.iter().map(Option::is_some).collect();
        // Rows of one deal say little more than one of them: together they weigh as much as there are deals.
        let mut deals: Vec<usize> = rows.iter().map(|(deal, _)| *deal).collect();
        deals.sort_unstable();
        deals.dedup();
        let weight = deals.len() as f64 / labels.len().max(1) as f64;
        let examples = Examples {
            frame: frame.unwrap_or(Frame { rows: 0, columns: Vec::new() }),
            weights: vec![weight; labels.len()],
            customers: rows.iter().map(|(deal, _)| self.past.rank[*deal] as u64).collect(),
            labels,
        };
        Seen { examples, rows, won_after }
    }

    /// What learns: the trees where they are nearer to the truth on moments of choice by more than chance, and whether
    /// there were any such moments.
    fn choose(&self, plan: &Plan) -> Result<(LearnerKind, bool)> {
        let (taught, seen) = (self.at(&plan.before_chosen, true), self.at(&plan.chosen, false));
        let enough = |seen: &Seen| seen.require_both(plan.horizon).is_ok();
        if !enough(&taught) || !enough(&seen) {
            return Ok((LearnerKind::Logistic, false));
        }
        let [simple, trees] = [LearnerKind::Logistic, LearnerKind::Trees].map(|kind| {
            learn(kind, &taught.examples)
                .and_then(|model| model.probabilities(&seen.examples.frame))
        });
        let (simple, trees) = (simple?, trees?);
        let (saved, error) = gain(&trees, &simple, &seen.examples.labels, &seen.groups(self.past))?;
        let kind = if saved > error { LearnerKind::Trees } else { LearnerKind::Logistic };
        Ok((kind, true))
    }

    /// The model and the other ways on later moments than all that they know.
    fn judge(
        &self,
        plan: &Plan,
        kind: LearnerKind,
        was_chosen: bool,
        beside: Beside<'_>,
    ) -> Result<Quality> {
        let risks = Risks::new(self.past, beside.history, self.used, self.horizon)?;
        let taught = self.at(&plan.before_judged, true);
        taught.require_both(plan.horizon)?;
        let seen = self.at(&plan.judged, false);
        seen.require_both(plan.horizon)?;
        let (labels, groups) = (&seen.examples.labels, seen.groups(self.past));
        let learned = |kind| -> Result<Vec<f64>> {
            learn(kind, &taught.examples)?.probabilities(&seen.examples.frame)
        };
        let own = learned(kind)?;
        let other = match kind {
            LearnerKind::Logistic => LearnerKind::Trees,
            LearnerKind::Trees => LearnerKind::Logistic,
        };
        let mut ways = vec![
            Way::judge(kind.name(), &own, labels, &groups)?,
            Way::judge(other.name(), &learned(other)?, labels, &groups)?,
        ];
        let by_moment = |of: Asked<'_>| -> Option<Vec<f64>> {
            let mut found = Vec::with_capacity(labels.len());
            for rows in seen.rows.chunk_by(|a, b| a.1 == b.1) {
                let deals: Vec<usize> = rows.iter().map(|(deal, _)| *deal).collect();
                found.extend(of(rows[0].1, &deals)?);
            }
            Some(found)
        };
        let rivals: [(&'static str, Option<Vec<f64>>); 3] = [
            ("competing_risks", by_moment(&|at, deals| risks.at(at, deals))),
            ("naive_bayes", by_moment(&|at, deals| Some(naive_bayes(self.past, at, deals)))),
            ("stage_weights", by_moment(&|at, deals| Some(stage_weights(self.past, at, deals)))),
        ];
        for (name, probabilities) in rivals {
            if let Some(probabilities) = probabilities {
                ways.push(Way::judge(name, &probabilities, labels, &groups)?);
            }
        }
        let base = vec![share(&taught.examples.labels); labels.len()];
        ways.push(Way::judge("base_rate", &base, labels, &groups)?);
        let timing = self.timing(&taught);
        let mut on_time = Vec::new();
        for ((deal, at), won) in seen.rows.iter().zip(&seen.won_after) {
            if let Some(days) = won {
                on_time.push(*days <= timing.days(self.stage(*deal, *at)));
            }
        }
        let mut deals = groups.clone();
        deals.sort_unstable();
        deals.dedup();
        Ok(Quality {
            horizon: plan.horizon,
            judged: (as_of(plan.judged[0]), as_of(plan.judged[plan.judged.len() - 1])),
            trained: taught.examples.labels.len(),
            tested: labels.len(),
            deals: deals.len(),
            base_rate: share(labels),
            was_chosen,
            ways,
            gain: interval(gain(&own, &base, labels, &groups)?),
            won_by_expected: (!on_time.is_empty()).then(|| share(&on_time)),
        })
    }

    /// The label of the stage at which a deal stood.
    fn stage(&self, deal: usize, at: f64) -> Option<&str> {
        let (stage, _) = self.past.stage_at(deal, at).filter(|_| self.past.has_history)?;
        Some(&self.past.ways.names[stage as usize])
    }

    fn timing(&self, seen: &Seen) -> Timing {
        let won = seen.rows.iter().zip(&seen.won_after);
        Timing::of(won.filter_map(|((deal, at), won)| Some((self.stage(*deal, *at), (*won)?))))
    }
}
