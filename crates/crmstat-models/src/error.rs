//! The one error of the models: a caller's mistake or data that cannot bear the model.

use std::fmt;

/// What a model returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model could not be built, fitted or asked.
///
/// The kind is private; ask [`Error::is_parameter`] and [`Error::is_data`].
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    kind: Kind,
    hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Parameter { name: &'static str, value: String, allowed: String },
    Data { reason: String },
}

impl Error {
    /// A parameter outside its range: `name` as in the builder, the `value` given, what is `allowed`.
    pub fn parameter(
        name: &'static str,
        value: impl fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            kind: Kind::Parameter { name, value: value.to_string(), allowed: allowed.into() },
            hint: None,
        }
    }

    /// Data that the model cannot use; `reason` is lower case, without a full stop.
    pub fn data(reason: impl Into<String>) -> Self {
        Self { kind: Kind::Data { reason: reason.into() }, hint: None }
    }

    /// Adds what the caller can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the caller can do about it, if known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The caller passed a value that no data could make valid.
    pub fn is_parameter(&self) -> bool {
        matches!(self.kind, Kind::Parameter { .. })
    }

    /// The data are too few, too odd or not finite.
    pub fn is_data(&self) -> bool {
        matches!(self.kind, Kind::Data { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Parameter { name, value, allowed } => {
                write!(f, "`{name}` is `{value}`, but must be {allowed}")
            }
            Kind::Data { reason } => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}
