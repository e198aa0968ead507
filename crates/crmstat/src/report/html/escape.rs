//! The one function through which every text goes into the page, and what makes texts short.

/// Characters of an id or a heading that are shown; the rest is in its tooltip.
pub(super) const SHOWN: usize = 64;
/// Characters of a text in a cell that are shown: of several reasons, say.
pub(super) const TEXT: usize = 220;
/// Characters of a tooltip.
const LONGEST: usize = 400;

/// `text` as HTML text or as the value of a quoted attribute: nothing in it is markup, and characters that
/// a page may not hold are spaces.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Line breaks and other controls, noncharacters, and what would turn the direction of the text around it.
            '\u{0}'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{FDD0}'..='\u{FDEF}'
            | '\u{FFFE}'
            | '\u{FFFF}' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The first `length` characters of `text`, with an ellipsis where that is not all.
pub(super) fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_owned(),
        Some(_) => text.chars().take(length.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// `text` cut to what is shown and, where that is not all, an attribute with more of it.
pub(super) fn shown(text: &str, length: usize) -> (String, String) {
    let short = cut(text, length);
    if short.len() == text.len() {
        return (escape(text), String::new());
    }
    (escape(&short), format!(" title=\"{}\"", escape(&cut(text, LONGEST))))
}

/// `bytes` in base 64, for pictures in the page and hashes in its policy (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let joined = group.iter().fold(0_u32, |joined, byte| joined << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for digit in 0..4 {
            let six = (joined >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= group.len() { char::from(DIGITS[six]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, cut, escape, shown};

    #[test]
    fn markup_is_text() {
        assert_eq!(escape("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(escape("\"><img onerror='x'&"), "&quot;&gt;&lt;img onerror=&#39;x&#39;&amp;");
        assert_eq!(escape("a\u{0}b\u{1b}c\u{202E}d\u{FFFE}e\nf"), "a b c d e f");
        assert_eq!(escape("«Ромашка» 🌼 שלום"), "«Ромашка» 🌼 שלום");
    }

    #[test]
    fn long_texts_are_cut_with_the_rest_in_a_tooltip() {
        assert_eq!(cut("абвг", 4), "абвг");
        assert_eq!(cut("абвгд", 4), "абв…");
        let (text, title) = shown(&"x".repeat(10_000), 10);
        assert_eq!(text, "xxxxxxxxx…");
        assert!(title.len() < 500, "{}", title.len());
        assert_eq!(shown("short", 10), ("short".to_owned(), String::new()));
    }

    #[test]
    fn base_64_is_that_of_the_standard() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
