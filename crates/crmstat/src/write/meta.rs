//! The record of a run that accompanies its rows.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::{
    AsOf, Lang,
    data::{Ledger, Notice},
};

/// What a reader of a result must know to get it again: the `meta` of JSON output.
///
/// ```
/// use crmstat::{AsOf, Date, write::Meta};
/// let as_of = AsOf::start_of("2026-01-01".parse()?);
/// let meta = Meta::new().as_of(as_of).seed(42).with("unit", "week").to_string();
/// assert!(meta.contains(r#""as_of":"2026-01-01","seed":42,"unit":"week""#));
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Meta(Map<String, Value>);

impl Default for Meta {
    fn default() -> Self {
        Self::new()
    }
}

impl Meta {
    /// The record of a run of this version of crmstat.
    pub fn new() -> Self {
        Self(Map::new()).with("version", env!("CARGO_PKG_VERSION"))
    }

    /// The exclusive instant at which the world was observed.
    #[must_use]
    pub fn as_of(self, as_of: AsOf) -> Self {
        self.with("as_of", as_of.to_string())
    }

    /// The seed of every random choice.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.with("seed", seed)
    }

    /// The export profile by which the input was read.
    #[must_use]
    pub fn profile(self, profile: &str) -> Self {
        self.with("profile", profile)
    }

    /// The account of every row read.
    #[must_use]
    pub fn ledger(self, ledger: &Ledger) -> Self {
        let ignored: Map<String, Value> = ledger
            .ignored()
            .map(|(rule, rows)| (rule.rule().to_owned(), Value::from(rows)))
            .collect();
        let account = json!({
            "read": ledger.read,
            "accepted": ledger.accepted,
            "quarantined": ledger.quarantined,
            "ignored": ignored,
        });
        self.with("ledger", MetaValue(account))
    }

    /// What changed the answer without having been asked for, the worst first: in words, with the rows and the
    /// amount that depend on it, and the settings that settle it.
    #[must_use]
    pub fn notices(self, notices: &[Notice]) -> Self {
        let told = notices.iter().map(|notice| {
            let amount = notice.money.map_or(Value::Null, |money| {
                // As exact as the text of it: a decimal of JSON.
                serde_json::from_str(&money.to_string()).unwrap_or(Value::Null)
            });
            let settings: Vec<Value> = notice
                .settings
                .iter()
                .map(|setting| json!({"name": setting.name, "value": setting.value}))
                .collect();
            json!({
                "severity": notice.severity.name(),
                "file": notice.file,
                "text": notice.text(Lang::En),
                "rows": notice.rows,
                "amount": amount,
                "settings": settings,
            })
        });
        self.with("notices", MetaValue(told.collect()))
    }

    /// Anything else that the command says about its run.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<MetaValue>) -> Self {
        self.0.insert(key.to_owned(), value.into().0);
        self
    }

    pub(super) fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

/// The record as JSON.
impl fmt::Display for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::Object(self.0.clone()).fmt(f)
    }
}

/// A value of a [`Meta`]: a text, a number, a truth, or a list of texts.
#[derive(Clone, Debug)]
pub struct MetaValue(Value);

macro_rules! from {
    ($($kind:ty)*) => {$(
        impl From<$kind> for MetaValue {
            fn from(value: $kind) -> Self {
                Self(value.into())
            }
        }
    )*};
}

from!(&str String bool u64 usize i64 f64 Vec<String>);

#[cfg(test)]
mod tests {
    use super::Meta;
    use crate::{
        Money,
        data::{Finding, Ignored, Ledger, Notice, Severity},
    };

    #[test]
    fn a_notice_is_told_with_its_money_and_what_settles_it() {
        let finding = Finding::Refunded { column: "Refund".to_owned() };
        let notice = Notice::new(Severity::Note, finding, 3)
            .worth(Money::from_whole(20))
            .settled_by("map", "refunded=Refund");
        let meta = Meta::new().notices(&[notice]).into_json();
        assert_eq!(
            meta["notices"].to_string(),
            r#"[{"amount":20.0,"file":"","rows":3,"settings":[{"name":"map","value":"refunded=Refund"}],"severity":"note","text":"what was given back, by `Refund`, is taken off the amount"}]"#
        );
    }

    #[test]
    fn the_ledger_is_told_in_full() {
        let mut ledger = Ledger::default();
        ledger.ignore(Ignored::Blank, 1);
        (ledger.read, ledger.accepted, ledger.quarantined) = (5, 3, 1);
        let meta = Meta::new().ledger(&ledger).into_json();
        assert_eq!(
            meta["ledger"].to_string(),
            r#"{"accepted":3,"ignored":{"blank row":1},"quarantined":1,"read":5}"#
        );
        assert!(meta["version"].is_string());
    }
}
