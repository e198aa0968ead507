//! Keys that stand in the names of folders, as in `year=2025/month=01/orders.parquet`.

use std::path::Path;

/// What writers put in the place of a missing value.
const NOTHING: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column whose one value the folders of a file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) key: String,
    /// Empty where it is missing.
    pub(crate) value: String,
}

/// The keys in the folders of `name`, the outermost first; of a key that stands twice the innermost counts.
pub(crate) fn of(name: &str) -> Vec<Partition> {
    let folders = Path::new(name).parent().into_iter().flat_map(Path::components);
    let mut found: Vec<Partition> = Vec::new();
    for folder in folders {
        let Some((key, value)) = folder.as_os_str().to_str().and_then(|name| name.split_once('='))
        else {
            continue;
        };
        let (key, value) = (decoded(key), decoded(value));
        if key.trim().is_empty() {
            continue;
        }
        let value = if value == NOTHING { String::new() } else { value };
        found.retain(|known| known.key != key);
        found.push(Partition { key, value });
    }
    found
}

/// `text` with its `%20` and the like made the signs that they stand for, where these are UTF-8.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn folders_with_a_key_are_columns() {
        let keys = |name: &str| -> Vec<(String, String)> {
            of(name).into_iter().map(|found| (found.key, found.value)).collect()
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            keys("/data/year=2025/month=01/part-0.parquet"),
            [pair("year", "2025"), pair("month", "01")]
        );
        assert_eq!(
            keys("region=New%20York%2FEast/at=__HIVE_DEFAULT_PARTITION__/a=b.csv"),
            [pair("region", "New York/East"), pair("at", "")]
        );
        assert_eq!(keys("x=1/x=2/100%=%zz/=3/a.csv"), [pair("x", "2"), pair("100%", "%zz")]);
        assert_eq!(keys("orders.csv"), []);
    }
}
