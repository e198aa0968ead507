//! Which deals are won, lost and open.

use super::{GENERIC, Labels, Profile, header::key};
use crate::data::DealStatus;
use std::collections::HashMap;

/// What a row says about the outcome of its deal. Empty cells are `None`.
#[expect(clippy::struct_excessive_bools, reason = "each is a column that a row may have filled")]
#[derive(Clone, Copy, Debug, Default)]
pub struct DealSigns<'a> {
    /// The pipeline.
    pub pipeline: Option<&'a str>,
    /// The stage.
    pub stage: Option<&'a str>,
    /// The status column.
    pub status: Option<&'a str>,
    /// Whether the deal is closed; the opposite of an "is open" column.
    pub is_closed: Option<bool>,
    /// Whether the deal is won.
    pub is_won: Option<bool>,
    /// Whether the deal is lost.
    pub is_lost: Option<bool>,
    /// The CRM's probability, in percent.
    pub probability: Option<f64>,
    /// Whether the row has a time of winning.
    pub has_won_at: bool,
    /// Whether the row has a time of losing.
    pub has_lost_at: bool,
    /// Whether the row has a close date.
    pub has_closed_at: bool,
    /// Whether another column says that it came to nothing: cancelled, deleted, a test.
    pub is_void: bool,
    /// Whether another column says that it is no sale yet: unpaid, not posted.
    pub is_pending: bool,
}

/// What [`Stages::resolve`] found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolution {
    /// The status of the deal.
    Known(DealStatus),
    /// A label of a closed deal that nothing explains: refuse, with the hint `--stage LABEL=won|lost|open`.
    Unknown(String),
    /// The row says nothing about it.
    Missing,
}

/// Resolves stages and statuses of one export.
///
/// The first of these that speaks decides:
///
/// 1. another column that says it came to nothing, such as `is_cancelled`;
/// 2. what the caller said of the stage's or the status's label (`--stage`);
/// 3. the status column, where its word is known as a status or as a stage;
/// 4. the columns that say won or lost outright;
/// 5. the stage, where the profile knows its label in this pipeline, in any pipeline, or where the
///    generic profile knows it; but an open stage of a deal that is said to be closed is unknown;
/// 6. the column that says whether the deal is closed: not closed is open, and closed but said not to be
///    won is lost;
/// 7. where there is neither stage nor status, a probability below 100 percent: lost at 0, open above;
/// 8. a time of winning without one of losing, or the reverse;
/// 9. a probability between 0 and 100 percent, both excluded: open.
///
/// A sale that another column says is none yet, such as an unpaid one, is open.
///
/// What remains is a label that nothing explains. Without a close date it is a stage in progress, so the
/// deal is open. With one it is a closing stage whose meaning would be a guess: [`Resolution::Unknown`].
/// That holds where close dates are planned ones too, since such a date does not tell open from closed.
#[derive(Clone, Debug)]
pub struct Stages {
    given: HashMap<String, DealStatus>,
    statuses: HashMap<String, DealStatus>,
    /// By pipeline and label.
    of_pipeline: HashMap<(String, String), DealStatus>,
    labels: HashMap<String, DealStatus>,
}

impl Stages {
    /// The labels of `profile`, with the caller's `--stage` labels before them.
    ///
    /// # Examples
    /// ```
    /// use crmstat::{ingest::profile::{DealSigns, Profile, Resolution, Stages}, data::DealStatus};
    ///
    /// let profile = Profile::named("amocrm").unwrap();
    /// let row = DealSigns { stage: Some("Отгружено"), has_closed_at: true, ..Default::default() };
    /// let stages = Stages::new(profile, &[]);
    /// assert_eq!(stages.resolve(&row), Resolution::Unknown("Отгружено".to_owned()));
    ///
    /// let stages = Stages::new(profile, &[("Отгружено".to_owned(), DealStatus::Won)]);
    /// assert_eq!(stages.resolve(&row), Resolution::Known(DealStatus::Won));
    /// ```
    pub fn new(profile: &Profile, given: &[(String, DealStatus)]) -> Self {
        let mut labels = HashMap::new();
        let mut statuses = HashMap::new();
        // The profile's own labels come last and replace the generic ones.
        for known in Profile::named(GENERIC).into_iter().chain([profile]) {
            labels.extend(labelled(&known.stages));
            statuses.extend(labelled(&known.statuses));
        }
        let of_pipeline = profile
            .pipelines
            .iter()
            .flat_map(|(name, own)| {
                labelled(own).map(move |(label, status)| ((key(name), label), status))
            })
            .collect();
        let given = given.iter().map(|(label, status)| (key(label), *status)).collect();
        Self { given, statuses, of_pipeline, labels }
    }

    /// What `label` of a status or stage means, in whatever pipeline; `None` where nothing explains it.
    pub(crate) fn known(&self, label: &str) -> Option<DealStatus> {
        let label = key(label);
        let given = self.given.get(&label).or_else(|| self.statuses.get(&label));
        given.copied().or_else(|| self.of_stage(None, &label))
    }

    /// What a deal that stands at the stage `label` is, by this label alone; `None` where nothing explains it.
    pub(crate) fn of_label(&self, label: &str) -> Option<DealStatus> {
        let label = key(label);
        self.given.get(&label).copied().or_else(|| self.of_stage(None, &label))
    }

    /// What became of the deal of a row.
    pub fn resolve(&self, signs: &DealSigns<'_>) -> Resolution {
        if signs.is_void {
            return Resolution::Known(DealStatus::Lost);
        }
        match self.by_itself(signs) {
            Resolution::Known(DealStatus::Won) | Resolution::Missing if signs.is_pending => {
                Resolution::Known(DealStatus::Open)
            }
            resolution => resolution,
        }
    }

    /// What the row says but for columns that overrule it.
    fn by_itself(&self, signs: &DealSigns<'_>) -> Resolution {
        let filled = |text: Option<&str>| text.map(key).filter(|label| !label.is_empty());
        let (stage, status) = (filled(signs.stage), filled(signs.status));
        let given = [&stage, &status]
            .into_iter()
            .flatten()
            .find_map(|label| self.given.get(label).copied());
        let decided = given
            .or_else(|| status.as_ref().and_then(|word| self.of_status(word, stage.is_none())))
            .or_else(|| outright(signs));
        if let Some(status) = decided {
            return Resolution::Known(status);
        }
        let label = || signs.stage.or(signs.status).unwrap_or_default().trim().to_owned();
        match stage.as_deref().and_then(|stage| self.of_stage(signs.pipeline, stage)) {
            Some(DealStatus::Open) if signs.is_closed == Some(true) => {
                return Resolution::Unknown(label());
            }
            Some(status) => return Resolution::Known(status),
            None => {}
        }
        // Where nothing but a day says that it is won, the CRM's chance says more.
        let is_bare = stage.is_none() && status.is_none() && signs.is_closed.is_none();
        if is_bare && let Some(percent) = signs.probability.filter(|percent| *percent < 100.0) {
            let is_lost = percent <= 0.0;
            let found = if is_lost { DealStatus::Lost } else { DealStatus::Open };
            return Resolution::Known(found);
        }
        let said = match (signs.is_closed, signs.is_won, signs.has_won_at, signs.has_lost_at) {
            (Some(false), ..) => Some(DealStatus::Open),
            (Some(true), Some(false), ..) | (_, _, false, true) => Some(DealStatus::Lost),
            (_, _, true, false) => Some(DealStatus::Won),
            _ => None,
        };
        if let Some(status) = said {
            return Resolution::Known(status);
        }
        let undecided = signs.probability.is_some_and(|percent| percent > 0.0 && percent < 100.0);
        if signs.is_closed.is_none() && undecided {
            return Resolution::Known(DealStatus::Open);
        }
        if signs.is_closed == Some(true) || signs.has_closed_at {
            Resolution::Unknown(label())
        } else if stage.is_some() || status.is_some() {
            Resolution::Known(DealStatus::Open)
        } else {
            Resolution::Missing
        }
    }

    /// The status that `word` names; `alone`, without a stage beside it, it may be a stage itself.
    fn of_status(&self, word: &str, alone: bool) -> Option<DealStatus> {
        let of_stage = || self.of_stage(None, word).filter(|_| alone);
        self.statuses.get(word).copied().or_else(of_stage)
    }

    fn of_stage(&self, pipeline: Option<&str>, stage: &str) -> Option<DealStatus> {
        // Bitrix24 writes the stages of further pipelines as `C9:WON`; its key is `c9won`.
        let bare = stage
            .strip_prefix('c')
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()))
            .filter(|rest| rest.len() + 1 < stage.len());
        let of_pipeline =
            pipeline.and_then(|pipeline| self.of_pipeline.get(&(key(pipeline), stage.to_owned())));
        of_pipeline
            .or_else(|| self.labels.get(stage))
            .or_else(|| bare.and_then(|bare| self.labels.get(bare)))
            .copied()
    }
}

/// What the columns of yes and no say without any label.
fn outright(signs: &DealSigns<'_>) -> Option<DealStatus> {
    match (signs.is_won, signs.is_lost) {
        (Some(true), _) => Some(DealStatus::Won),
        (_, Some(true)) => Some(DealStatus::Lost),
        (Some(false), Some(false)) => Some(DealStatus::Open),
        _ => None,
    }
}

fn labelled(labels: &Labels) -> impl Iterator<Item = (String, DealStatus)> {
    let with = |labels: &[String], status| {
        labels.iter().map(|label| (key(label), status)).collect::<Vec<_>>()
    };
    with(&labels.won, DealStatus::Won)
        .into_iter()
        .chain(with(&labels.lost, DealStatus::Lost))
        .chain(with(&labels.open, DealStatus::Open))
}
