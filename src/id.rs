//! Ids computed from content, never drawn: running twice gives the same ones.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

/// RFC 4648 base 32 in lower case.
// 26 characters carry 128 bits.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A 128-bit hash of parts, each ended by a byte that no UTF-8 text holds, so that no two lists of parts look alike.
pub(crate) fn hash(parts: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0xff]);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize()[..16]);
    short
}

/// Bytes in hexadecimal, lower case.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
        }
    }
    text
}

fn write_base32(f: &mut fmt::Formatter<'_>, bytes: [u8; 16]) -> fmt::Result {
    let value = u128::from_be_bytes(bytes);
    for i in (0..26).rev() {
        let digit = (value >> (5 * i)) & 31;
        fmt::Write::write_char(f, ALPHABET[digit as usize] as char)?;
    }
    Ok(())
}

fn read_base32(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 {
        return None;
    }
    let mut value: u128 = 0;
    for (i, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        if i == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit as u128;
    }
    Some(value.to_be_bytes())
}

/// A text that is no id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind} id")]
pub struct BadId {
    kind: &'static str,
    text: String,
}

/// Hash of the canonical address of an article (identity rules v1), or of its text where it has none; `ar_…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArticleId([u8; 16]);

impl ArticleId {
    const PREFIX: &str = "ar_";

    /// The id of what these parts name; the first part says the rule, e.g. `url/1`.
    pub fn of(parts: &[&str]) -> Self {
        Self(hash(parts))
    }

    /// The id behind its text form.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bytes = text.strip_prefix(Self::PREFIX).and_then(read_base32);
        bytes.map(Self).ok_or_else(|| BadId {
            kind: "article",
            text: text.to_owned(),
        })
    }

    /// 64 bits of the id, for tables that must stay small.
    pub fn fingerprint(self) -> u64 {
        let mut low = [0; 8];
        low.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(low)
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::PREFIX)?;
        write_base32(f, self.0)
    }
}

impl fmt::Debug for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ArticleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ArticleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Hash of what an event says: article, type, actors, recipients, place, day, complement head; `ev_…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId([u8; 16]);

impl EventId {
    /// The id of the event these parts describe.
    pub fn of(parts: &[&str]) -> Self {
        Self(hash(parts))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ev_")?;
        write_base32(f, self.0)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The id of a configured feed: as configured, else `fd_` and a hash of its address. Copies share their text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedId(Arc<str>);

impl FeedId {
    /// The id of the feed at an address.
    pub fn of_address(address: &str) -> Self {
        struct Base32([u8; 16]);
        impl fmt::Display for Base32 {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_base32(f, self.0)
            }
        }
        Self(format!("fd_{}", Base32(hash(&["feed/1", address]))).into())
    }

    /// An id as the operator configured it.
    pub fn configured(text: &str) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_id_reads_back_from_its_text() {
        let id = ArticleId::of(&["url/1", "https://example.org/a"]);
        assert_eq!(ArticleId::parse(&id.to_string()), Ok(id));
        assert_eq!(id.to_string().len(), 29);
    }

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(EventId::of(&["ab", "c"]), EventId::of(&["a", "bc"]));
    }

    #[test]
    fn a_text_that_is_no_id_is_refused() {
        for text in [
            "",
            "ar_",
            "ev_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "ar_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "ar_1aaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(ArticleId::parse(text).is_err(), "{text}");
        }
    }
}
