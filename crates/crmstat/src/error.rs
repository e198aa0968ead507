//! The one error of the library: what went wrong, where, and what to do about it.

use std::{fmt, io, path::Path};

/// What the library returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done.
///
/// The kind is private; ask [`Error::is_usage`], [`Error::is_data`] and [`Error::is_io`]. `Display` is
/// one lower-case line that names the place; the advice is in [`Error::hint`], the cause in `source()`.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    place: Option<Place>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Usage,
    Data,
    Io,
}

/// Where in an input something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the caller named it; `-` is standard input.
    pub file: String,
    /// The line of a text file or the row of a sheet, from 1.
    pub line: Option<u64>,
    /// The column's header.
    pub column: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        Ok(())
    }
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            place: None,
            hint: None,
            source: None,
        }))
    }

    /// The caller asked for something that no data could make possible.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The data cannot be used as asked.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// The file `path` could not be read or written; `action` is what was tried, as in "cannot read".
    pub fn io(action: &str, path: impl AsRef<Path>, cause: io::Error) -> Self {
        let message = format!("{action} `{}`: {cause}", path.as_ref().display());
        Self::new(Kind::Io, message).with_source(cause)
    }

    /// A model's refusal: a wrong parameter is the caller's mistake, anything else the data's.
    #[expect(clippy::needless_pass_by_value, reason = "it is made for `map_err`")]
    pub(crate) fn from_model(error: crmstat_models::Error) -> Self {
        let kind = if error.is_parameter() { Kind::Usage } else { Kind::Data };
        let mut wrapped = Self::new(kind, error.to_string());
        wrapped.0.hint = error.hint().map(str::to_owned);
        wrapped
    }

    /// Says where it was found.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What to do about it, if known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Where it was found, if it has a place.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The call itself is wrong.
    pub fn is_usage(&self) -> bool {
        self.0.kind == Kind::Usage
    }

    /// The data cannot be used as asked.
    pub fn is_data(&self) -> bool {
        self.0.kind == Kind::Data
    }

    /// A file or stream could not be read or written.
    pub fn is_io(&self) -> bool {
        self.0.kind == Kind::Io
    }

    /// The reader of the output went away, as `head` does.
    pub fn is_broken_pipe(&self) -> bool {
        self.0
            .source
            .as_ref()
            .and_then(|source| source.downcast_ref::<io::Error>())
            .is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
