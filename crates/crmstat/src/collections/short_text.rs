//! Texts as keys of hash tables.

/// A text in a buffer of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Cell {
    /// The bytes of the cell in the buffer that it was cut from.
    #[inline]
    pub(crate) fn of(self, buffer: &[u8]) -> &[u8] {
        &buffer[self.range()]
    }

    /// Where the cell is.
    #[inline]
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// Bytes of a text that a key holds in place; the last of its 16 is the length and one.
pub(crate) const INLINE: usize = 15;
/// The last byte of the key of a text that lies in an arena.
const LONG: u64 = 0xFF;

/// A text in 16 bytes: itself where it is short, and otherwise where it lies in an arena. The default is the
/// key of no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    low: u64,
    high: u64,
}

impl Key {
    /// The key of a text that fits in place.
    pub(crate) fn inline(text: &[u8]) -> Option<Self> {
        if text.len() > INLINE {
            return None;
        }
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text);
        bytes[INLINE] = text.len() as u8 + 1;
        Some(Self::from_bytes(bytes))
    }

    /// As [`Key::inline`], by one load of 16 bytes where the buffer goes on that far.
    #[inline]
    pub(crate) fn of_cell(buffer: &[u8], cell: Cell) -> Option<Self> {
        let (start, len) = (cell.start as usize, cell.len as usize);
        let Some(bytes) = buffer.get(start..).and_then(|rest| rest.first_chunk::<16>()) else {
            return Self::inline(cell.of(buffer));
        };
        if len > INLINE {
            return None;
        }
        let kept = u128::from_le_bytes(*bytes) & ((1_u128 << (8 * len)) - 1);
        Some(Self { low: kept as u64, high: (kept >> 64) as u64 | (len as u64 + 1) << 56 })
    }

    /// The key of a text that does not fit in place: it is put into `arena`.
    pub(crate) fn put(text: &[u8], arena: &mut Vec<u8>) -> Self {
        let key = Self { low: arena.len() as u64, high: LONG << 56 | text.len() as u64 };
        arena.extend_from_slice(text);
        key
    }

    #[inline]
    fn from_bytes(bytes: [u8; 16]) -> Self {
        let number = u128::from_le_bytes(bytes);
        Self { low: number as u64, high: (number >> 64) as u64 }
    }

    #[inline]
    fn number(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// Whether it is the key of no text.
    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self.high == 0
    }

    /// Where the text lies in the arena, if it does not lie in the key.
    #[inline]
    fn long(self) -> Option<std::ops::Range<usize>> {
        let (start, len) = (self.low as usize, (self.high & 0x00FF_FFFF_FFFF_FFFF) as usize);
        (self.high >> 56 == LONG).then_some(start..start + len)
    }

    /// The text of a key whose long texts lie in `arena`.
    pub(crate) fn text<'a>(self, arena: &'a [u8], scratch: &'a mut [u8; 16]) -> &'a str {
        match self.short() {
            Some(short) => short.text(scratch),
            None => self.long_text(arena),
        }
    }

    /// The text where it lies in `arena`; empty where it does not.
    pub(crate) fn long_text(self, arena: &[u8]) -> &str {
        let bytes = self.long().map_or(&[][..], |range| &arena[range]);
        // Keys are made of texts that are UTF-8.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The text where it lies in the key.
    pub(crate) fn short(self) -> Option<ShortText> {
        self.long().is_none().then(|| ShortText(self.number().swap_bytes()))
    }

    /// Whether this is the key of `text`, whose own key is `inline` if it is short.
    #[inline]
    pub(crate) fn is_of(self, text: &[u8], inline: Option<Self>, arena: &[u8]) -> bool {
        match (self.long(), inline) {
            (None, Some(inline)) => self == inline,
            (Some(range), None) => &arena[range] == text,
            _ => false,
        }
    }

    /// The hash of the text.
    pub(crate) fn hash(self, arena: &[u8]) -> u64 {
        match self.long() {
            Some(range) => hash(&arena[range], None),
            None => hash(&[], Some(self)),
        }
    }

    /// The first 15 bytes as a big-endian number, then the length, long texts last.
    pub(crate) fn sort_prefix(self, arena: &[u8]) -> u128 {
        match self.long() {
            None => self.number().swap_bytes(),
            Some(range) => {
                let mut prefix = [0xFF; 16];
                prefix[..INLINE].copy_from_slice(&arena[range][..INLINE]);
                u128::from_be_bytes(prefix)
            }
        }
    }
}

/// A text of up to 15 bytes; in the order of its bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShortText(u128);

impl ShortText {
    /// The text, by way of `scratch`.
    pub(crate) fn text(self, scratch: &mut [u8; 16]) -> &str {
        *scratch = self.0.to_be_bytes();
        let len = usize::from(scratch[INLINE]).saturating_sub(1);
        // Keys are made of texts that are UTF-8.
        std::str::from_utf8(&scratch[..len.min(INLINE)]).unwrap_or_default()
    }
}

/// The hash of `text` by which tables find it.
#[inline]
pub(crate) fn hash_text(text: &[u8]) -> u64 {
    hash(text, Key::inline(text))
}

/// As [`hash_text`] of the text in a cell, by one load of 16 bytes where the buffer goes on that far.
#[inline]
pub(crate) fn hash_cell(buffer: &[u8], cell: Cell) -> u64 {
    hash(cell.of(buffer), Key::of_cell(buffer, cell))
}

/// The hash of a number: another one than that of its digits.
#[inline]
pub(crate) fn hash_number(number: i64) -> u64 {
    fold(number.cast_unsigned() ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB)
}

/// The hash of a text by folded multiplication (the mixing step of wyhash), over its key where it has one.
///
/// No order of a table reaches output, so the constants are fixed.
#[inline]
pub(crate) fn hash(text: &[u8], inline: Option<Key>) -> u64 {
    if let Some(key) = inline {
        return fold(key.low ^ 0xA076_1D64_78BD_642F, key.high ^ 0xE703_7ED1_A0B4_28DB);
    }
    let mut state = text.len() as u64;
    for chunk in text.chunks(16) {
        let mut bytes = [0; 16];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let key = Key::from_bytes(bytes);
        state = fold(key.low ^ state ^ 0xA076_1D64_78BD_642F, key.high ^ 0xE703_7ED1_A0B4_28DB);
    }
    state
}

#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ (product >> 64) as u64
}
