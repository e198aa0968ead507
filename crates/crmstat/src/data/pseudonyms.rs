//! Pseudonyms of customers: ids that only who has the key can tell.

use crate::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Characters of a pseudonym: 80 bits, so that among a million customers two share one with a probability
/// below one in a billion.
const LENGTH: usize = 20;
/// Shorter keys can be tried out.
const SHORTEST_KEY: usize = 12;
/// Turns ids into pseudonyms: HMAC-SHA256 (RFC 2104) of the id under the key, its first 80 bits in
/// hexadecimal.
///
/// The same id and key give the same pseudonym in every run, so that reports can be compared; without the
/// key neither the id nor that two ids are similar can be seen.
///
/// ```
/// use crmstat::Pseudonyms;
/// let pseudonyms = Pseudonyms::new("correct horse battery")?;
/// assert_eq!(pseudonyms.of("C1").len(), 20);
/// assert_eq!(pseudonyms.of("C1"), pseudonyms.of("C1"));
/// assert_ne!(pseudonyms.of("C1"), pseudonyms.of("C2"));
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// Pseudonyms under `key`.
    ///
    /// # Errors
    /// A key of fewer than 12 bytes.
    pub fn new(key: &str) -> Result<Self> {
        if key.len() < SHORTEST_KEY {
            return Err(Error::usage(format!(
                "a key of {} bytes can be guessed: at least {SHORTEST_KEY} are needed",
                key.len()
            ))
            .with_hint(
                "take a few random words, and keep them: the same key gives the same pseudonyms",
            ));
        }
        let keyed = Hmac::new_from_slice(key.as_bytes());
        keyed.map(Self).map_err(|_| Error::usage("the key cannot be used"))
    }

    /// The pseudonym of `id`.
    pub fn of(&self, id: &str) -> String {
        let mut keyed = self.0.clone();
        keyed.update(id.as_bytes());
        let hash = keyed.finalize().into_bytes();
        hash[..LENGTH / 2].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The key is never shown.
impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

#[cfg(test)]
mod tests {
    use super::Pseudonyms;

    #[test]
    fn another_key_gives_other_pseudonyms_and_is_not_shown() {
        let one = Pseudonyms::new("a key of some length").unwrap();
        let two = Pseudonyms::new("a key of same length").unwrap();
        assert_ne!(one.of("C1"), two.of("C1"));
        assert_eq!(format!("{one:?}"), "Pseudonyms");
        assert!(Pseudonyms::new("short").unwrap_err().is_usage());
    }
}
