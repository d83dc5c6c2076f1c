//! The dictionary: string to string, in one buffer, as it is in a token.

mod buffer;
mod entries;
mod session;
mod unfinished;

use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::ops::Range;

use crate::session::dict::buffer::Buffer;
use crate::session::dict::entries::Entries;
use crate::session::dict::unfinished::UnfinishedEntry;

/// A small dictionary of strings, the payload of a session by default.
///
/// The entries are in one buffer, sorted by the bytes of the keys, in the format of a token. A
/// look-up reads the entries one by one, and a change moves the ones after it: it is made for the 3
/// kB that fit into a cookie. The buffer is wiped on drop and whenever it moves.
///
/// ```
/// use sealed_session::Dict;
///
/// let mut dict = Dict::from_iter([("lang", "en"), ("user", "alice")]);
/// dict.set("user", "bob");
/// dict.set("visits", 3);
/// assert_eq!(dict.get("user"), Some("bob"));
/// assert_eq!(dict.remove("lang").as_deref(), Some("en"));
/// assert_eq!(dict.iter().collect::<Vec<_>>(), [("user", "bob"), ("visits", "3")]);
/// ```
#[derive(Clone, Default)]
pub struct Dict {
    payload: Buffer,
}

impl Dict {
    /// An empty dictionary; allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries().find(|entry| entry.key == key.as_bytes())?.value()
    }

    /// Sets the value of `key`, as [`Display`] writes it; it replaces an earlier one.
    ///
    /// # Panics
    /// If `Display` of the value returns an error, as in `to_string`. The entries are then
    /// unchanged.
    pub fn set(&mut self, key: impl AsRef<str>, value: impl Display) {
        let key = key.as_ref();
        let place = self.find(key.as_bytes());
        let size = UnfinishedEntry::write(&mut self.payload, key, value).finish();
        self.put_in_place(size, &place);
    }

    /// Sets the entries of another dictionary, which are copied as they are in its buffer.
    pub(crate) fn append(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        for entry in other.entries() {
            let place = self.find(entry.key);
            let bytes = &other.payload()[entry.place];
            self.payload.reserve(bytes.len());
            self.payload.as_mut().extend(bytes);
            self.put_in_place(bytes.len(), &place);
        }
    }

    /// Moves the last bytes, which are an entry, to its place, and removes the earlier entry.
    fn put_in_place(&mut self, size: usize, place: &Result<Range<usize>, usize>) {
        let payload = self.payload.as_mut();
        match *place {
            Ok(Range { start, end }) => {
                payload[start..].rotate_right(size);
                payload.drain(start + size..end + size);
            }
            Err(start) => {
                payload[start..].rotate_right(size);
                let count = self.len();
                self.payload.set_count(count, count + 1);
            }
        }
    }

    /// Removes and returns the value of `key`.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let value = self.get(key)?.to_owned();
        let place = self.find(key.as_bytes()).ok()?;
        self.payload.as_mut().drain(place);
        let count = self.len();
        self.payload.set_count(count, count - 1);
        Some(value)
    }

    /// Whether `key` has a value.
    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Keys and values, sorted by the bytes of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries().filter_map(|entry| Some((entry.key()?, entry.value()?)))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries().count
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes and wipes all entries.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The payload of a token.
    pub(super) fn payload(&self) -> &[u8] {
        self.payload.bytes()
    }

    /// Reads the payload of a token: a postcard map, keys ascending, none twice, to the last byte.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let mut entries = Entries::of(payload)?;
        // Checking all of it at once is quicker than checking each text. With lengths of 128 and
        // more it may not be UTF-8.
        let whole = str::from_utf8(payload).ok();
        let mut last = None;
        for _ in 0..entries.count {
            let (key, _) = (entries.checked_text(whole)?, entries.checked_text(whole)?);
            if last.replace(key) >= Some(key) {
                return None;
            }
        }
        entries.rest.is_empty().then(|| Self { payload: Buffer::from(payload) })
    }

    fn entries(&self) -> Entries<'_> {
        self.payload.entries()
    }

    /// Where the entry with `key` is, or where it would be.
    fn find(&self, key: &[u8]) -> Result<Range<usize>, usize> {
        for entry in self.entries() {
            match entry.key.cmp(key) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(entry.place),
                Ordering::Greater => return Err(entry.place.start),
            }
        }
        Err(self.payload().len())
    }
}

impl PartialEq for Dict {
    fn eq(&self, other: &Self) -> bool {
        self.payload() == other.payload()
    }
}

impl Eq for Dict {}

impl<K: AsRef<str>, V: Display> Extend<(K, V)> for Dict {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, value)| self.set(key, value));
    }
}

impl<K: AsRef<str>, V: Display> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut dict = Self::new();
        dict.extend(entries);
        dict
    }
}

/// Shows the number of entries, but no key and no value.
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
    use crate::session::dict::buffer::MIN_CAPACITY;
    use crate::token::varint;

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
        for count in [u64::MAX, u64::from(u32::MAX), 1 << 20, 2 * longest - 5, longest, longest / 2]
        {
            let mut payload = Vec::new();
            varint::write(count, &mut payload);
            payload.resize(LONGEST, 1);
            refuses_cheaply(&payload);
        }
    }

    /// A dictionary of so many entries whose payload has so many bytes.
    fn sized(count: usize, bytes: usize) -> Dict {
        let keys = (b'0'..b':').flat_map(|high| (b'0'..b'v').map(move |low| [high, low]));
        let keys: Vec<String> =
            keys.take(count).map(|key| String::from_utf8(key.to_vec()).unwrap()).collect();
        let mut dict: Dict = keys.iter().map(|key| (key, "")).collect();
        if let Some(last) = keys.last() {
            dict.set(last, "x".repeat(bytes - dict.payload().len()));
        }
        assert_eq!((dict.len(), dict.payload().len()), (count, bytes));
        dict
    }

    /// Too little room, and the buffer would move without being wiped; too much is never needed.
    #[test]
    fn makes_room_for_more_bytes_and_a_number_and_for_little_else() {
        // From 128 entries on the count takes two bytes.
        for (count, bytes) in [(0, 1), (1, 5), (1, 100), (126, 510), (127, 510), (128, 520)] {
            let sized = sized(count, bytes);
            for more in 0..1200 {
                let mut dict = sized.clone(); // into a buffer that is full
                dict.payload.reserve(more);
                let (room, needed) = (dict.payload.as_mut().capacity(), bytes + more + 10);
                let row = format!("{more} bytes beside {count} entries of {bytes} bytes");
                assert!(room >= needed, "{row}: {room}");
                assert!(room <= MIN_CAPACITY || room <= 2 * needed, "{row}: {room}");

                let before = dict.payload.bytes().as_ptr();
                dict.payload.reserve(more);
                assert_eq!(dict.payload.bytes().as_ptr(), before, "{row}: moved, and had room");
            }
        }
    }

    #[test]
    fn a_number_takes_the_place_of_a_longer_or_shorter_one() {
        for (old, new) in [(0, 1), (0, 127), (127, 128), (128, 127), (128, 16_383), (16_384, 1)] {
            let number = |number: usize| {
                let mut bytes = Vec::new();
                varint::write(number as u64, &mut bytes);
                bytes
            };
            let around = |middle: &[u8]| [b"abc", middle, b"defg"].concat();
            let mut buffer = Buffer::from(&*around(&number(old)));
            buffer.set_number(3, number(old).len(), new);
            assert_eq!(buffer.bytes(), around(&number(new)), "{new} for {old}");
        }
    }

    #[test]
    fn a_character_may_not_go_on_in_the_length_behind_it() {
        // As a whole it is UTF-8: the key is the first byte of an é, and the length 169 begins with
        // the second.
        let payload = |key: u8| [&[1, 1, key, 0xa9, 1], "x".repeat(169).as_bytes()].concat();
        assert!(str::from_utf8(&payload(0xc3)).is_ok() && Dict::read(&payload(0xc3)).is_none());
        assert_eq!(Dict::read(&payload(b'k')).unwrap().get("k"), Some(&*"x".repeat(169)));
    }

    proptest! {
        #[test]
        fn writes_what_postcard_writes_of_a_map(entries: BTreeMap<String, String>) {
            let dict = Dict::from_iter(&entries);
            let payload = dict.payload();
            prop_assert_eq!(payload, postcard::to_allocvec(&entries).unwrap());
            prop_assert!(Dict::read(payload).unwrap().iter().eq(entries.iter().map(|(k, v)| (&**k, &**v))));
        }

        #[test]
        fn reads_only_what_it_would_write(payload: Vec<u8>) {
            if let Some(dict) = Dict::read(&payload) {
                prop_assert_eq!(dict.payload(), payload);
            }
        }
    }

    #[test]
    fn entries_of_another_dictionary_are_set_like_values() {
        let long = "x".repeat(300);
        let before = [("b", "old"), ("d", "kept")];
        let others: [&[(&str, &str)]; 5] =
            [&[], &[("b", "")], &[("a", "first")], &[("c", &long), ("e", "last")], &[("d", &long)]];
        for start in [&before[..], &before[..0]] {
            for other in others {
                let mut appended: Dict = start.iter().copied().collect();
                let mut set = appended.clone();
                appended.append(other.iter().copied().collect());
                set.extend(other.iter().copied());
                assert_eq!(appended.payload(), set.payload(), "{other:?} after {start:?}");
            }
        }
    }
}
