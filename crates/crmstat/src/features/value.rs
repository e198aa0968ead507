//! One customer by the names of features or columns: what a saved model is asked with.

use crate::{Error, Result};

/// One value of a customer to be scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A number, as it is, without logarithm.
    Number(f64),
    /// A category.
    Category(&'a str),
    /// It is not known.
    Missing,
}

/// A NaN is missing.
impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        if number.is_nan() { Self::Missing } else { Self::Number(number) }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Category(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Category(text)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// The values of `names` among those `given`, which mostly come in the same order. Others are left aside.
///
/// # Errors
/// A usage error for a name without a value: what is not known is given as [`Value::Missing`].
pub(crate) fn arranged<'n, 'v, S: AsRef<str>>(
    names: impl Iterator<Item = &'n str>,
    given: &[(S, Value<'v>)],
) -> Result<Vec<Value<'v>>> {
    let mut arranged = Vec::with_capacity(given.len() + 1);
    for (turn, name) in names.enumerate() {
        arranged.push(value_of(name, turn, given)?);
    }
    Ok(arranged)
}

/// The value of `name`, which may stand at `turn`.
pub(crate) fn value_of<'v, S: AsRef<str>>(
    name: &str,
    turn: usize,
    given: &[(S, Value<'v>)],
) -> Result<Value<'v>> {
    let expected = given.get(turn).filter(|(own, _)| own.as_ref() == name);
    let found = expected.or_else(|| given.iter().find(|(own, _)| own.as_ref() == name));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = given.iter().map(|(own, _)| own.as_ref()).collect();
        Error::usage(format!("the model needs `{name}`, which is not given")).with_hint(format!(
            "given are `{}`; a value that is not known is given as missing",
            names.join("`, `")
        ))
    })
}

impl Value<'_> {
    /// The number of `name`; NaN is missing.
    pub(crate) fn number(self, name: &str) -> Result<f64> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Missing => Ok(f64::NAN),
            Self::Category(text) => {
                Err(Error::usage(format!("`{name}` is a number, and `{text}` is given")))
            }
        }
    }

    /// The number of `name`, which must be known.
    pub(crate) fn known_number(self, name: &str) -> Result<f64> {
        let number = self.number(name)?;
        if number.is_finite() {
            Ok(number)
        } else {
            Err(Error::usage(format!("`{name}` must be a number, and {number} is given")))
        }
    }
}
