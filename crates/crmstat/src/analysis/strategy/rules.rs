//! Rules that give every customer one strategy.

use crate::{Error, Lang, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

/// The rules as shipped.
const SHIPPED: &str = include_str!("default.toml");

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal $english:literal $russian:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = $english] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code that rules and scripts use.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The words.
            pub const fn name(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => lang.pick($english, $russian),)* }
            }
        }
    };
}

kinds! {
    /// What to do with a customer.
    Strategy {
        Protect "protect" "protect" "удерживать",
        Reengineer "reengineer" "re-engineer" "перестроить отношения",
        Enhance "enhance" "enhance" "развивать",
        Harvest "harvest" "harvest" "получать доход без затрат",
        End "end" "end" "завершить",
        WinBack "win_back" "win back" "вернуть",
        Start "start" "start" "начать отношения",
    }
}

kinds! {
    /// What an active customer like this is worth, against the others.
    Value {
        High "high" "high value" "высокая ценность",
        Middle "middle" "middle value" "средняя ценность",
        Low "low" "low value" "низкая ценность",
    }
}

kinds! {
    /// How likely the customer is still one.
    Activity {
        Active "active" "probably active" "вероятно активен",
        Fading "fading" "fading" "угасает",
        Gone "gone" "probably gone" "вероятно ушёл",
    }
}

kinds! {
    /// How long the customer has been one.
    Tenure {
        New "new" "new" "новый",
        Established "established" "established" "давний",
    }
}

kinds! {
    /// Where the customer's spend goes.
    Trend {
        Rising "rising" "spend rises" "траты растут",
        Steady "steady" "spend is steady" "траты ровные",
        Falling "falling" "spend falls" "траты падают",
    }
}

kinds! {
    /// Whether much of what the customer buys comes back.
    Cost {
        Usual "usual" "few refunds" "возвратов мало",
        Costly "costly" "many refunds" "возвратов много",
    }
}

/// The levels of one customer: what rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Levels {
    /// Value.
    pub value: Value,
    /// Activity.
    pub activity: Activity,
    /// Tenure.
    pub tenure: Tenure,
    /// Trend.
    pub trend: Trend,
    /// Cost.
    pub cost: Cost,
}

impl Levels {
    /// Every combination.
    pub fn all() -> impl Iterator<Item = Self> {
        Value::ALL.iter().flat_map(|value| {
            Activity::ALL.iter().flat_map(move |activity| {
                Tenure::ALL.iter().flat_map(move |tenure| {
                    Trend::ALL.iter().flat_map(move |trend| {
                        Cost::ALL.iter().map(move |cost| Self {
                            value: *value,
                            activity: *activity,
                            tenure: *tenure,
                            trend: *trend,
                            cost: *cost,
                        })
                    })
                })
            })
        })
    }

    /// The levels in words, for a reason.
    pub fn names(self, lang: Lang) -> [&'static str; 5] {
        [
            self.value.name(lang),
            self.activity.name(lang),
            self.tenure.name(lang),
            self.trend.name(lang),
            self.cost.name(lang),
        ]
    }

    fn codes(self) -> String {
        let Self { value, activity, tenure, trend, cost } = self;
        format!(
            "value = {}, activity = {}, tenure = {}, trend = {}, cost = {}",
            value.code(),
            activity.code(),
            tenure.code(),
            trend.code(),
            cost.code()
        )
    }
}

/// Where levels begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cuts {
    /// The share of customers that is of high value.
    pub high_share: f64,
    /// The share of customers that is of low value.
    pub low_share: f64,
    /// P(alive) from which a customer is active.
    pub active: f64,
    /// P(alive) below which a customer is gone.
    pub gone: f64,
    /// Days since the first purchase within which a customer is new.
    pub new_days: u32,
    /// The length of each of the two times whose spend is compared, in days.
    pub trend_days: u32,
    /// The relative change from which spend rises or falls.
    pub trend: f64,
    /// The share of refunds in purchases from which a customer is costly.
    pub costly_refunds: f64,
}

/// What comes with a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    uplift: f64,
    next_step: String,
    next_step_ru: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    strategy: Strategy,
    value: Option<Vec<Value>>,
    activity: Option<Vec<Activity>>,
    tenure: Option<Vec<Tenure>>,
    trend: Option<Vec<Trend>>,
    cost: Option<Vec<Cost>>,
}

impl Rule {
    fn holds(&self, levels: Levels) -> bool {
        fn is_in<T: PartialEq>(list: Option<&Vec<T>>, level: &T) -> bool {
            list.is_none_or(|list| list.contains(level))
        }
        is_in(self.value.as_ref(), &levels.value)
            && is_in(self.activity.as_ref(), &levels.activity)
            && is_in(self.tenure.as_ref(), &levels.tenure)
            && is_in(self.trend.as_ref(), &levels.trend)
            && is_in(self.cost.as_ref(), &levels.cost)
    }
}

/// Rules that give every customer one strategy: the first that holds decides.
///
/// In TOML: `[levels]` says where levels begin ([`Cuts`]), `[strategies.NAME]` has the `uplift`, the `next_step` and
/// `next_step_ru` of each strategy that a rule gives, and every `[[rule]]` names a `strategy` and, each as a list,
/// the levels of `value`, `activity`, `tenure`, `trend` and `cost` for which it holds; all, where it names none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    levels: Cuts,
    strategies: BTreeMap<Strategy, Plan>,
    rule: Vec<Rule>,
}

impl Default for Rules {
    /// The rules as shipped.
    fn default() -> Self {
        static RULES: LazyLock<Rules> = LazyLock::new(|| {
            Rules::from_toml(SHIPPED).expect("the shipped rules are read in tests")
        });
        RULES.clone()
    }
}

impl Rules {
    /// Reads rules written in TOML.
    ///
    /// # Errors
    /// A text that is none; levels out of range or out of order; a combination of levels for which no rule holds; a
    /// rule that never decides; a strategy that a rule gives and that has no plan.
    pub fn from_toml(text: &str) -> Result<Self> {
        let rules: Self = toml::from_str(text).map_err(|cause| {
            let cause = cause.to_string();
            Error::data(format!("the rules cannot be read: {}", cause.trim_end()))
                .with_hint("start from the rules that `crmstat strategy --print-rules` prints")
        })?;
        rules.check()?;
        Ok(rules)
    }

    /// The rules as shipped, with their comments, to begin one's own with.
    pub fn shipped() -> &'static str {
        SHIPPED
    }

    /// Where levels begin.
    pub fn cuts(&self) -> Cuts {
        self.levels
    }

    fn check(&self) -> Result<()> {
        let Cuts { high_share, low_share, active, gone, trend, costly_refunds, .. } = self.levels;
        let shares = [high_share, low_share, active, gone, costly_refunds];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::data("a share of `[levels]` is not between 0 and 1"));
        }
        if high_share + low_share > 1.0 || gone > active {
            return Err(Error::data("the levels overlap")
                .with_hint("`high_share` and `low_share` are at most 1 together, and `gone` is at most `active`"));
        }
        if !(trend.is_finite() && trend > 0.0) || self.levels.trend_days == 0 {
            return Err(Error::data("`trend` and `trend_days` must be above 0"));
        }
        let mut decides = vec![false; self.rule.len()];
        for levels in Levels::all() {
            match self.rule.iter().position(|rule| rule.holds(levels)) {
                Some(first) => decides[first] = true,
                None => {
                    return Err(Error::data(format!("no rule holds for {}", levels.codes()))
                        .with_hint("add a rule, or one without levels at the end"));
                }
            }
        }
        if let Some(never) = decides.iter().position(|decides| !decides) {
            let number = never + 1;
            let strategy = self.rule[never].strategy.code();
            return Err(Error::data(format!(
                "rule {number} (`{strategy}`) never decides: earlier ones hold wherever it does"
            ))
            .with_hint("move it up, or take it out"));
        }
        for rule in &self.rule {
            let plan = self.strategies.get(&rule.strategy).ok_or_else(|| {
                let strategy = rule.strategy.code();
                Error::data(format!("a rule gives `{strategy}`, of which there is no plan"))
                    .with_hint(format!(
                        "add `[strategies.{strategy}]` with `uplift` and `next_step`"
                    ))
            })?;
            if !(0.0..=1.0).contains(&plan.uplift) {
                let strategy = rule.strategy.code();
                return Err(Error::data(format!(
                    "the uplift of `{strategy}` is not between 0 and 1"
                )));
            }
        }
        Ok(())
    }

    /// The strategy of a customer.
    pub fn strategy(&self, levels: Levels) -> Strategy {
        let first = self.rule.iter().find(|rule| rule.holds(levels));
        // The rules have been checked for gaps.
        first.map_or(Strategy::Harvest, |rule| rule.strategy)
    }

    /// What an action is taken to add to the probability that the customer is active.
    pub fn uplift(&self, strategy: Strategy) -> f64 {
        self.strategies.get(&strategy).map_or(0.0, |plan| plan.uplift)
    }

    /// What to do next.
    pub fn next_step(&self, strategy: Strategy, lang: Lang) -> &str {
        let Some(plan) = self.strategies.get(&strategy) else { return "" };
        lang.pick(&plan.next_step, plan.next_step_ru.as_ref().unwrap_or(&plan.next_step))
    }
}
