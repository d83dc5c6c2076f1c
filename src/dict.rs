//! The dictionary: strings by string, in one text buffer and one index.

use std::{fmt, mem};

use crate::{varint, wiped::Wiped};

/// Bytes of text that the first entry makes room for.
const MIN_CAPACITY: usize = 256;

/// Stands before each text; see [`Ends`].
const GAP: char = '\0';

/// A payload with fewer bytes has no length of three bytes.
const SHORT: usize = 1 << 14;

/// A small dictionary of strings, the payload of a session by default.
///
/// The entries stand in one text, key and value in turn, ascending by the bytes of the keys, as they do in a
/// token; an index tells where they end. Looking up is a binary search, changing moves the text behind: made for the 3 kB that a
/// cookie holds. The text is wiped on drop and whenever it moves.
///
/// ```
/// use sealed_session::Dict;
///
/// let mut dict = Dict::from_iter([("lang", "en"), ("user", "alice")]);
/// dict.set("user", "bob");
/// assert_eq!(dict.get("user"), Some("bob"));
/// assert_eq!(dict.remove("lang").as_deref(), Some("en"));
/// assert_eq!(dict.iter().collect::<Vec<_>>(), [("user", "bob")]);
/// ```
#[derive(Clone, Default)]
pub struct Dict {
    text: String,
    index: Vec<Ends>,
}

/// Where key and value of an entry end in the text.
///
/// Each begins one byte behind the end of what stands before it. In a token that byte is a length; here nobody
/// reads it.
#[derive(Clone, Copy)]
struct Ends {
    key: u32,
    value: u32,
}

impl Dict {
    /// An empty dictionary; allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.find(key).ok()?;
        Some(self.entry(at).1)
    }

    /// Puts `value` under `key`, in place of what was there.
    ///
    /// # Panics
    /// If the dictionary would hold 4 GiB or more.
    pub fn set(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.reserve(key.len() + value.len() + 2);
        match self.find(key) {
            Ok(at) => self.replace(at, value),
            Err(at) => self.insert(at, key, value),
        }
    }

    /// Takes the value out that is under `key`.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let at = self.find(key).ok()?;
        let value = self.entry(at).1.to_owned();
        let (start, end) = (self.before(at), self.index[at].value);
        self.text.replace_range(start..end as usize, "");
        self.index.remove(at);
        self.shift(at, offset(start), end);
        Some(value)
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Keys and values, ascending by the bytes of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.index.len()).map(|at| self.entry(at))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Drops and wipes all entries.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Where `key` stands, or where it would: a binary search, by hand, because where an entry begins stands
    /// in the one before it.
    fn find(&self, key: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.index.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.key(middle).cmp(key.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Where the entry before this one ends.
    fn before(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.index[before].value as usize)
    }

    fn key(&self, at: usize) -> &[u8] {
        &self.text.as_bytes()[self.before(at) + 1..self.index[at].key as usize]
    }

    fn entry(&self, at: usize) -> (&str, &str) {
        let Ends { key, value } = self.index[at];
        (&self.text[self.before(at) + 1..key as usize], &self.text[key as usize + 1..value as usize])
    }

    fn replace(&mut self, at: usize, value: &str) {
        let Ends { key, value: end } = self.index[at];
        self.text.replace_range(key as usize + 1..end as usize, value);
        self.index[at].value = key + 1 + offset(value.len());
        self.shift(at + 1, self.index[at].value, end);
    }

    fn insert(&mut self, at: usize, key: &str, value: &str) {
        if at == self.index.len() {
            return self.push(key, value);
        }
        let start = self.before(at);
        for text in [value, key] {
            self.text.insert_str(start, text);
            self.text.insert(start, GAP);
        }
        let key = offset(start + 1 + key.len());
        let ends = Ends { key, value: key + 1 + offset(value.len()) };
        self.index.insert(at, ends);
        self.shift(at + 1, ends.value, offset(start));
    }

    /// Puts an entry behind all others.
    fn push(&mut self, key: &str, value: &str) {
        self.text.push(GAP);
        self.text.push_str(key);
        let key = offset(self.text.len());
        self.text.push(GAP);
        self.text.push_str(value);
        self.index.push(Ends { key, value: offset(self.text.len()) });
    }

    /// Moves the entries from `first` on: what ended at `from` in the text ends at `to` now.
    fn shift(&mut self, first: usize, to: u32, from: u32) {
        for ends in &mut self.index[first..] {
            ends.key = ends.key - from + to;
            ends.value = ends.value - from + to;
        }
    }

    /// Makes room for `more` bytes of text, if that many can be; a text that has to move is wiped where it was.
    fn reserve(&mut self, more: usize) {
        let len = self.text.len() + more;
        offset(len);
        if len > self.text.capacity() {
            let mut text = String::with_capacity(len.next_power_of_two().max(MIN_CAPACITY));
            text.push_str(&self.text);
            drop(Wiped(mem::replace(&mut self.text, text).into_bytes()));
        }
    }

    /// Reads the payload of a token: a postcard map, keys ascending, none twice, to the last byte.
    pub(crate) fn read(mut payload: &[u8]) -> Option<Self> {
        let count = usize::try_from(varint::read(&mut payload)?).ok()?;
        // An entry takes two bytes at least, so that a made-up count does not reserve more than the token held.
        if count > payload.len() / 2 {
            return None;
        }
        match str::from_utf8(payload) {
            Ok(text) if text.len() < SHORT => Self::read_text(count, text),
            _ => Self::read_bytes(count, payload),
        }
    }

    /// Reads entries that are text from end to end, their lengths too: it may stay as it is.
    ///
    /// That is so for lengths below 128, of one byte each. Two bytes of a length are never part of a text, and
    /// three would tell of more than there is.
    fn read_text(count: usize, text: &str) -> Option<Self> {
        let end = |start: usize| Some(start + 1 + usize::from(*text.as_bytes().get(start)?));
        let mut index = Vec::with_capacity(count);
        let (mut start, mut last) = (0, None);
        for _ in 0..count {
            let key = end(start)?;
            let value = end(key)?;
            text.get(key + 1..value)?;
            let name = text.get(start + 1..key);
            if name <= last {
                return None;
            }
            index.push(Ends { key: offset(key), value: offset(value) });
            (start, last) = (value, name);
        }
        (start == text.len()).then(|| Self { text: text.to_owned(), index })
    }

    /// Reads entries of any lengths, text by text.
    fn read_bytes(count: usize, mut bytes: &[u8]) -> Option<Self> {
        let mut dict = Self { text: String::with_capacity(bytes.len()), index: Vec::with_capacity(count) };
        for at in 0..count {
            let (key, value) = (read_str(&mut bytes)?, read_str(&mut bytes)?);
            if at > 0 && dict.entry(at - 1).0 >= key {
                return None;
            }
            dict.push(key, value);
        }
        bytes.is_empty().then_some(dict)
    }

    /// The payload of a token.
    pub(crate) fn write(&self) -> Wiped {
        // A length of one byte takes the place of the gap before its text.
        let longer: usize = self.lengths().map(|(_, len)| varint::len(len) - 1).sum();
        let count = varint::len(self.len() as u64);
        let mut payload = Wiped(Vec::with_capacity(count + self.text.len() + longer));
        varint::write(self.len() as u64, &mut payload.0);
        if longer == 0 {
            payload.0.extend(self.text.as_bytes());
            for (start, len) in self.lengths() {
                payload.0[count + start] = (len & 0x7f) as u8;
            }
            return payload;
        }
        for text in self.iter().flat_map(|(key, value)| [key, value]) {
            varint::write(text.len() as u64, &mut payload.0);
            payload.0.extend(text.as_bytes());
        }
        payload
    }

    /// Where the gap before each text stands, and how long the text is.
    fn lengths(&self) -> impl Iterator<Item = (usize, u64)> {
        let mut start = 0;
        let ends = self.index.iter().flat_map(|ends| [ends.key as usize, ends.value as usize]);
        ends.map(move |end| {
            let gap = mem::replace(&mut start, end);
            (gap, (end - gap - 1) as u64)
        })
    }
}

/// A length or position in the text.
#[allow(
    clippy::expect_used,
    reason = "documented at `set`; a text of that size is nothing that a cookie holds"
)]
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a dictionary holds less than 4 GiB")
}

fn read_str<'p>(payload: &mut &'p [u8]) -> Option<&'p str> {
    let len = usize::try_from(varint::read(payload)?).ok()?;
    let (text, rest) = payload.split_at_checked(len)?;
    *payload = rest;
    str::from_utf8(text).ok()
}

impl Drop for Dict {
    fn drop(&mut self) {
        drop(Wiped(mem::take(&mut self.text).into_bytes()));
    }
}

impl PartialEq for Dict {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Dict {}

impl<K: AsRef<str>, V: AsRef<str>> Extend<(K, V)> for Dict {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, value)| self.set(key, value));
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut dict = Self::new();
        dict.extend(entries);
        dict
    }
}

/// Shows how many entries there are, no key and no value.
impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dict").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The longest payload that a token can hold.
    const LONGEST: usize = 2974;

    /// What reading an authentic but malformed payload may allocate at once, in bytes.
    const MAX_PEAK: u64 = 16 * 1024;

    #[track_caller]
    fn refuses_cheaply(payload: &[u8]) {
        assert!(payload.len() <= LONGEST);
        let cost = allocation_counter::measure(|| assert!(Dict::read(payload).is_none()));
        assert!(cost.bytes_max <= MAX_PEAK, "{} bytes", cost.bytes_max);
        assert!(cost.count_total <= 2, "{} allocations", cost.count_total);
    }

    /// As many entries as fit, keys ascending, values empty.
    fn crowded() -> Vec<u8> {
        let keys = (b'0'..b';').flat_map(|high| (b'0'..b'v').map(move |low| [high, low]));
        let entries: Vec<u8> = keys.take(700).flat_map(|[high, low]| [2, high, low, 0]).collect();
        let mut payload = Vec::new();
        varint::write(700, &mut payload);
        payload.extend(entries);
        payload
    }

    #[test]
    fn a_hostile_payload_costs_at_most_16_kib() {
        assert_eq!(Dict::read(&crowded()).unwrap().len(), 700);
        refuses_cheaply(&[crowded(), vec![0]].concat());
        let mut unsorted = crowded();
        let len = unsorted.len();
        unsorted[len - 3] = b'0';
        refuses_cheaply(&unsorted);
        // As many entries as the bytes could hold, all of them empty, and so all of them double.
        let mut empty = Vec::new();
        varint::write((LONGEST as u64 - 2) / 2, &mut empty);
        empty.resize(LONGEST, 0);
        refuses_cheaply(&empty);
        let longest = LONGEST as u64;
        for count in [u64::MAX, u64::from(u32::MAX), 1 << 20, 2 * longest - 5, longest, longest / 2] {
            let mut payload = Vec::new();
            varint::write(count, &mut payload);
            payload.resize(LONGEST, 1);
            refuses_cheaply(&payload);
        }
    }

    #[test]
    fn writes_into_one_block_of_the_right_size() {
        let [none, one] = [Dict::new(), Dict::from_iter([("user", "alice")])];
        let many: Dict = (0..300).map(|n| (n.to_string(), "x".repeat(n))).collect();
        for dict in [none, one, many] {
            let cost = allocation_counter::measure(|| drop(dict.write()));
            assert_eq!((cost.count_total, cost.bytes_total), (1, dict.write().len() as u64));
        }
    }

    proptest! {
        #[test]
        fn writes_what_postcard_writes_of_a_map(entries: BTreeMap<String, String>) {
            let payload = Dict::from_iter(&entries).write();
            prop_assert_eq!(&*payload, postcard::to_allocvec(&entries).unwrap());
            prop_assert!(Dict::read(&payload).unwrap().iter().eq(entries.iter().map(|(k, v)| (&**k, &**v))));
        }

        #[test]
        fn reads_only_what_it_would_write(payload: Vec<u8>) {
            if let Some(dict) = Dict::read(&payload) {
                prop_assert_eq!(&*dict.write(), payload);
            }
        }
    }
}
