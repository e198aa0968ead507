//! What is saved of a churn run, so that other data are scored alike.

use super::{
    Event, Population,
    activity::Activity,
    cohort::{contracts, is_at_risk},
    cutoffs::Horizon,
    frame::{Cells, Encoded, Frame},
    predictor::{LearnerKind, Predictor},
    scores::Scores,
    silence::{self, Silence, add_column},
};
use crate::{
    AsOf, Error, Result,
    data::{CustomerTable, Texts},
    features::{Feature, Features, History, Value},
    model_file::{self, Kind},
};
use crmstat_models::churn::{Meaning, drift::Profile};
use serde::{Deserialize, Serialize};

/// Groups that the profile of a feature has.
const GROUPS: usize = 10;

/// A fitted model with its schema, the facts of its training, and the profile of the customers it was
/// made for. It holds no customer and can be used from any thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Model {
    source: Source,
    predictor: Predictor,
    facts: Facts,
    profile: Profile,
    /// What was familiar of each column when the model was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    familiar: Vec<Familiar>,
}

/// A model as read, before its invariants are checked.
#[derive(Deserialize)]
#[serde(rename = "Model", deny_unknown_fields)]
struct Unchecked {
    source: Source,
    predictor: Predictor,
    facts: Facts,
    profile: Profile,
    #[serde(default)]
    familiar: Vec<Familiar>,
}

impl TryFrom<Unchecked> for Model {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let Unchecked { source, predictor, facts, profile, familiar } = read;
        let model = Self { source, predictor, facts, profile, familiar };
        let last = model.predictor.schema().last().map(|schema| schema.name.as_str());
        if model.predictor.schema().is_empty()
            || model.with_silence() && last != Some(silence::COLUMN)
        {
            return Err(Error::data("its parts do not fit together"));
        }
        Ok(model)
    }
}

/// What is usual of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Familiar {
    /// The share of customers for whom it is missing.
    missing: f64,
    /// The share of the others whose category has no name in the model.
    unknown: f64,
}

impl Familiar {
    /// Of each column of `frame`.
    fn of(predictor: &Predictor, frame: &Frame) -> Result<Vec<Self>> {
        let missing = |cells: &Cells| {
            let count = match cells {
                Cells::Number(values) => values.iter().filter(|own| own.is_nan()).count(),
                Cells::Category { codes, .. } => codes.iter().filter(|own| own.is_none()).count(),
            };
            count as f64 / frame.rows.max(1) as f64
        };
        let unknown = predictor.unknown_shares(frame)?.into_iter();
        Ok((frame.columns.iter().zip(unknown))
            .map(|((_, cells), unknown)| Self {
                missing: missing(cells),
                unknown: unknown.unwrap_or_default(),
            })
            .collect())
    }
}

/// Where the columns come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    /// Features of orders at a cutoff.
    Orders {
        horizon: Horizon,
        as_of: String,
        event: Event,
        /// Who was learned from: everybody, by models of before there was a choice.
        #[serde(default = "everybody")]
        population: Population,
        /// Whether the rhythm of orders is the last column, and the process that it follows.
        with_silence: bool,
        silence: Option<Silence>,
    },
    /// A table with a label.
    Table { label: String, positive: String },
}

fn everybody() -> Population {
    Population::All
}

/// What a model learned from, and how good it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The rows: customers, once per training cutoff.
    pub rows: usize,
    /// The share of them that churned.
    pub base_rate: f64,
    /// The AUC on held-out customers.
    pub auc: f64,
    /// The Brier score on held-out customers.
    pub brier: f64,
}

/// How far a column has moved since the model was fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// The column; a level of a category is `column=level`.
    pub column: String,
    /// The population stability index: below 0.1 little, above 0.25 much.
    pub index: f64,
}

model_file::saved!(Model, Kind::CHURN);

impl Model {
    pub(super) fn new(
        source: Source,
        predictor: Predictor,
        facts: Facts,
        frame: &Frame,
        encoded: &Encoded,
    ) -> Result<Self> {
        let profile = Profile::fit(encoded.rows()?, GROUPS).map_err(Error::from_model)?;
        let familiar = Familiar::of(&predictor, frame)?;
        Ok(Self { source, predictor, facts, profile, familiar })
    }

    /// What it learned from.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// What learned.
    pub fn learner(&self) -> LearnerKind {
        self.predictor.kind()
    }

    /// The horizon of its labels; `None` for a table, where the label says what churn is.
    pub fn horizon(&self) -> Option<Horizon> {
        match self.source {
            Source::Orders { horizon, .. } => Some(horizon),
            Source::Table { .. } => None,
        }
    }

    /// What churn is; `None` for a table, where the label says it.
    pub fn event(&self) -> Option<Event> {
        match self.source {
            Source::Orders { event, .. } => Some(event),
            Source::Table { .. } => None,
        }
    }

    /// The day that it was fitted for; `None` for a table.
    pub fn as_of(&self) -> Option<AsOf> {
        match &self.source {
            Source::Orders { as_of, .. } => as_of.parse().ok().map(AsOf::start_of),
            Source::Table { .. } => None,
        }
    }

    /// What was added to the log-odds for the season.
    pub fn season(&self) -> Option<f64> {
        self.predictor.season().map(|shift| shift.log_odds())
    }

    /// The names of its columns, in the order of [`Model::probability`]. What the model makes of these
    /// itself is not among them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let schema = self.predictor.schema();
        let given = schema.len() - usize::from(self.with_silence());
        schema[..given].iter().map(|schema| schema.name.as_str())
    }

    /// The probability of churn of one customer, from values in the order of [`Model::columns`].
    ///
    /// # Errors
    /// Another number of values, or a value of another kind.
    pub fn probability(&self, values: &[Value<'_>]) -> Result<f64> {
        let columns = self.columns().count();
        if values.len() != columns {
            return Err(Error::usage(format!(
                "{} values for the {columns} columns of the model",
                values.len()
            )));
        }
        self.scored(values.to_vec()).map(|scored| scored.probability())
    }

    /// Scores the customers of `history` as of `as_of`; where churn is the end of a contract, those under
    /// one.
    ///
    /// # Errors
    /// A model of a table, or features that the history does not bear.
    pub fn score(&self, history: &History<'_>, as_of: AsOf) -> Result<Scores> {
        let Source::Orders { event, population, horizon, .. } = self.source else {
            return Err(Error::usage("the model was fitted to a table, not to an export")
                .with_hint("give the table with `--table FILE`"));
        };
        let features = self.columns().map(str::parse).collect::<Result<Vec<Feature>>>()?;
        let contracts = contracts(history, event)?;
        let activity = Activity::new(history, population, event, horizon, as_of);
        let takes = |customer| {
            is_at_risk(contracts.as_deref(), customer, as_of) && activity.takes(customer)
        };
        let found = Features::of(history, as_of, &features, takes)?;
        let ids = found.ids(history.orders()).map(Some).collect();
        let mut frame = Frame::of_features(found);
        if self.with_silence() {
            add_column(self.silence(), &mut frame);
        }
        let encoded = self.predictor.encode(&frame)?;
        Scores::new(self, ids, frame, &encoded, None)
    }

    /// Scores the customers of `table`; `value` is the column of what each is worth in the horizon.
    ///
    /// # Errors
    /// A model of an export, or columns that the table has not.
    pub fn score_table(&self, table: &CustomerTable, value: Option<&str>) -> Result<Scores> {
        if self.horizon().is_some() {
            return Err(Error::usage("the model was fitted to an export, not to a table")
                .with_hint("give the export instead of `--table`"));
        }
        let frame = Frame::of_table(table, &[]);
        let worth = value.map(|name| super::table::worth(table, name)).transpose()?;
        let ids: Texts = (0..table.len()).map(|row| table.ids().get(row)).collect();
        let frame = frame.in_order_of(self.predictor.schema(), &ids)?;
        let encoded = self.predictor.encode(&frame)?;
        Scores::new(self, ids, frame, &encoded, worth)
    }

    /// How far the customers of `scores` have moved from those the model was made for, most first.
    ///
    /// # Errors
    /// When there is no customer.
    pub fn drift(&self, scores: &Scores) -> Result<Vec<Drifted>> {
        let encoded = self.predictor.encode(scores.frame())?;
        let moved = self.profile.compare(encoded.rows()?).map_err(Error::from_model)?;
        let mut drifted: Vec<Drifted> = (self.encoded_columns().into_iter().zip(moved))
            .map(|(column, drift)| Drifted { column, index: drift.index })
            .collect();
        drifted.sort_by(|a, b| b.index.total_cmp(&a.index));
        Ok(drifted)
    }

    /// What of the customers of `scores` is so unlike those that the model was made for that its probabilities
    /// can no longer be relied on: one sentence for each column, worst first; empty where nothing is.
    ///
    /// A column warns when it is missing for a quarter of the customers more than it was; a category when a
    /// twentieth more of its values than before are none that the model knows; either when its population
    /// stability index, less what chance gives so few customers, is above 0.25 (Siddiqi, 2006: another
    /// population).
    ///
    /// # Errors
    /// When the columns are not those of the model.
    pub fn strangeness(&self, scores: &Scores) -> Result<Vec<String>> {
        /// The index from which a distribution is another one.
        const ANOTHER: f64 = 0.25;
        const UNKNOWN: f64 = 0.05;
        const MISSING: f64 = 0.25;
        let frame = scores.frame();
        if frame.rows == 0 {
            return Ok(Vec::new());
        }
        let encoded = self.predictor.encode(frame)?;
        let moved = self.profile.compare(encoded.rows()?).map_err(Error::from_model)?;
        let chance = 2.0 * (GROUPS as f64 + 1.0) / frame.rows as f64;
        let familiar = Familiar::of(&self.predictor, frame)?;
        let mut told: Vec<(f64, String)> = Vec::new();
        let columns = frame.columns.iter().zip(&familiar).zip(self.predictor.groups());
        for (source, (((schema, cells), now), encoded)) in columns.enumerate() {
            let name = &schema.name;
            let then = self.familiar.get(source).copied().unwrap_or_default();
            let percent = |share: f64| format!("{:.0} %", 100.0 * share);
            if now.missing >= then.missing + MISSING {
                let (now, then) = (percent(now.missing), percent(then.missing));
                told.push((2.0, format!(
                    "`{name}`: missing for {now} of the customers, for {then} of those that the model learned \
                     from"
                )));
                continue;
            }
            if now.unknown >= then.unknown + UNKNOWN {
                let (share, some) = (percent(now.unknown), self.strangers(source, cells));
                told.push((1.0 + now.unknown, format!(
                    "`{name}`: {share} of the customers have values that the model has never seen, such as \
                     {some}"
                )));
                continue;
            }
            let index = encoded.iter().map(|at| moved[*at].index).fold(0.0, f64::max);
            if index <= ANOTHER + chance {
                continue;
            }
            let medians = match cells {
                Cells::Number(values) => {
                    median(values).zip(encoded.first().and_then(|at| self.profile.median(*at)))
                }
                Cells::Category { .. } => None,
            };
            let schema = &self.predictor.schema()[source];
            let how = match medians {
                Some((now, then)) => {
                    let (now, then) = (short(now), short(schema.undo(then)));
                    format!("the median is {now}, where the model knows {then}")
                }
                None => "its values have other shares than when the model learned".to_owned(),
            };
            told.push((index.min(1.0), format!("`{name}`: {how} (PSI {index:.2})")));
        }
        // Worst first; of equals in the order of the columns.
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(told.into_iter().map(|(_, text)| text).collect())
    }

    /// Some values of a category that the model does not know.
    fn strangers(&self, source: usize, cells: &Cells) -> String {
        /// Values that are named.
        const SOME: usize = 3;
        let Cells::Category { labels, .. } = cells else { return String::new() };
        let known = self.predictor.encoder().levels(source);
        let strangers = (0..labels.len())
            .filter_map(|code| labels.get(code))
            .filter(|label| !known.contains(label));
        strangers.take(SOME).map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
    }

    /// The change of the log-odds per unit of each encoded column; `None` for trees, which have none.
    pub fn coefficients(&self) -> Option<Vec<(String, f64)>> {
        let model = self.predictor.logistic()?;
        let intercept = std::iter::once(("(intercept)".to_owned(), model.intercept()));
        let columns = self.encoded_columns().into_iter();
        Some(intercept.chain(columns.zip(model.coefficients().iter().copied())).collect())
    }

    pub(super) fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    pub(super) fn with_silence(&self) -> bool {
        matches!(self.source, Source::Orders { with_silence: true, .. })
    }

    pub(super) fn silence(&self) -> Option<&Silence> {
        match &self.source {
            Source::Orders { silence, .. } => silence.as_ref(),
            Source::Table { .. } => None,
        }
    }

    fn encoded_columns(&self) -> Vec<String> {
        let schema = self.predictor.schema();
        let named = self.predictor.encoder().features().into_iter().map(|feature| {
            let name = &schema[feature.source].name;
            match feature.meaning {
                Meaning::Value | Meaning::Code => name.clone(),
                Meaning::Missing => format!("{name}=(missing)"),
                Meaning::Level(level) => format!("{name}={level}"),
                Meaning::Rare => format!("{name}=(rare)"),
            }
        });
        named.collect()
    }
}

/// The median of the numbers that are there.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|own| !own.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// A number to four digits.
fn short(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { 3 - value.abs().log10().floor() as i32 };
    let scale = 10_f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded.to_string() } else { value.to_string() }
}
