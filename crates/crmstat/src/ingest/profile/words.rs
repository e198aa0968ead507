//! The words of a header or label.

/// The words of `text` in lower case, `ё` as `е`: cut at what is no letter or digit, and where a capital
/// follows a small letter, so that `isCancelled`, `is_cancelled` and `Is cancelled` are the same.
pub(crate) fn of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_small) {
            words.push(String::new());
        }
        after_small = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            let small = c.to_lowercase().map(|c| if c == 'ё' { 'е' } else { c });
            words.last_mut().into_iter().for_each(|word| word.extend(small.clone()));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn headers_of_one_meaning_have_the_same_words() {
        for (header, words) in [
            ("is_cancelled", &["is", "cancelled"][..]),
            ("isCancelled", &["is", "cancelled"]),
            ("IsCancelled?", &["is", "cancelled"]),
            ("ПометкаУдаления", &["пометка", "удаления"]),
            ("Пометка удаления", &["пометка", "удаления"]),
            ("Проведён", &["проведен"]),
            ("STATUS", &["status"]),
            ("", &[]),
        ] {
            assert_eq!(super::of(header), words, "{header}");
        }
    }
}
