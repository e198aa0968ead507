//! Sentences in both languages.
//!
//! What is said deep inside, a reason or a refusal, is said in English. Who shows it to readers of another
//! language keeps a list of pairs of sentences in which `{}` stands for what varies.

use crate::Lang;

/// English and Russian sentences; the more special before the more general.
pub(crate) type Sentences = [(&'static str, &'static str)];

/// `text` in `lang`, by the first of the `sentences` that it is; one without a partner stays as it is.
pub(crate) fn said(text: &str, lang: Lang, sentences: &Sentences) -> String {
    if lang == Lang::En {
        return text.to_owned();
    }
    let translated = sentences
        .iter()
        .find_map(|(english, russian)| Some(filled(russian, &matched(english, text)?)));
    translated.unwrap_or_else(|| text.to_owned())
}

/// What stands in `text` where `pattern` has `{}`.
fn matched<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = match (part, parts.peek()) {
            ("", None) => rest.len(),
            (part, None) => rest.len() - part.len().min(rest.len()),
            (part, Some(_)) => rest.find(part)?,
        };
        found.push(rest.get(..end)?);
        rest = rest[end..].strip_prefix(part)?;
    }
    rest.is_empty().then_some(found)
}

fn filled(pattern: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut text = String::new();
    for (at, part) in pattern.split("{}").enumerate() {
        if at > 0 {
            text.push_str(values.next().copied().unwrap_or_default());
        }
        text.push_str(part);
    }
    text
}

/// Both sentences of each pair have the same holes, and each is found by itself.
#[cfg(test)]
pub(crate) fn assert_paired(sentences: &Sentences) {
    for (english, russian) in sentences {
        assert_eq!(english.matches("{}").count(), russian.matches("{}").count(), "{english}");
        assert_eq!(said(english, Lang::Ru, sentences), *russian);
    }
}
