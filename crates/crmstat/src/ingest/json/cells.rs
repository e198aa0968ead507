//! The keys and values of one object.

use super::plain::{self, Member};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A value as a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Missing,
    /// A number, as it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    Truth(bool),
    /// A list, or an object too deep to be flattened; whether it is a list of objects.
    Nested {
        of_objects: bool,
    },
}

/// Gives the cells of the object in `text` to `take`, each with its key; those of an object within it under
/// `outer.inner`.
///
/// # Errors
/// What is no JSON.
pub(super) fn read<'a>(
    text: &'a [u8],
    members: &mut Vec<Member>,
    mut take: impl FnMut(&str, Cell<'a>),
) -> serde_json::Result<()> {
    if let Ok(text) = std::str::from_utf8(text)
        && plain::members(text.as_bytes(), members).is_some()
    {
        for member in members {
            let (key, cell) = member.of(text);
            take(key, cell);
        }
        return Ok(());
    }
    in_full(text, take)
}

/// The same of any object.
pub(super) fn in_full<'a>(
    text: &'a [u8],
    mut take: impl FnMut(&str, Cell<'a>),
) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let mut path = String::new();
    Members { take: &mut take, path: &mut path, depth: 0 }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The members of an object.
struct Members<'t, T> {
    take: &'t mut T,
    /// The keys that lead to it.
    path: &'t mut String,
    depth: usize,
}

impl<'de, T: FnMut(&str, Cell<'de>)> DeserializeSeed<'de> for Members<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: FnMut(&str, Cell<'de>)> Visitor<'de> for Members<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { take, path, depth } = self;
        let outer = path.len();
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            let raw: &'de RawValue = map.next_value()?;
            let raw = raw.get();
            let inner = |cause: serde_json::Error| A::Error::custom(cause);
            let cell = match raw.as_bytes().first() {
                Some(b'"') => Cell::Text(serde_json::from_str::<Text<'de>>(raw).map_err(inner)?.0),
                Some(b'n') => Cell::Missing,
                Some(b't') => Cell::Truth(true),
                Some(b'f') => Cell::Truth(false),
                Some(b'[') => {
                    let List { is_empty, of_objects } = serde_json::from_str(raw).map_err(inner)?;
                    if is_empty { Cell::Missing } else { Cell::Nested { of_objects } }
                }
                Some(b'{') if depth == 0 => {
                    path.push_str(&key);
                    path.push('.');
                    let mut deserializer = serde_json::Deserializer::from_str(raw);
                    let members = Members { take: &mut *take, path: &mut *path, depth: 1 };
                    members.deserialize(&mut deserializer).map_err(inner)?;
                    path.truncate(outer);
                    continue;
                }
                Some(b'{') => Cell::Nested { of_objects: false },
                _ => Cell::Number(raw),
            };
            if outer == 0 {
                take(&key, cell);
            } else {
                path.push_str(&key);
                take(path, cell);
                path.truncate(outer);
            }
        }
        Ok(())
    }
}

/// A text, borrowed where nothing in it is escaped.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;
        impl<'de> Visitor<'de> for Borrowed {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowed)
    }
}

/// What a list holds.
struct List {
    is_empty: bool,
    of_objects: bool,
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<List, A::Error> {
                let first: Option<&'de RawValue> = elements.next_element()?;
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                let of_objects = first.is_some_and(|first| first.get().starts_with('{'));
                Ok(List { is_empty: first.is_none(), of_objects })
            }
        }
        deserializer.deserialize_seq(Elements)
    }
}
