//! What the targets read from their bytes: choices of one byte each, so that a seed can be written by hand.
//!
//! Where the bytes have ended, every choice is the first one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arbitrary::{Arbitrary, Unstructured};
use http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::site::{Site, site};

/// Bytes that are left.
#[derive(Debug)]
pub struct Input<'d>(Unstructured<'d>);

impl<'d> Input<'d> {
    pub fn new(data: &'d [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    pub fn has_ended(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take<T: Arbitrary<'d> + Default>(&mut self) -> T {
        self.0.arbitrary().unwrap_or_default()
    }

    pub fn byte(&mut self) -> u8 {
        self.take()
    }

    /// Up to `end`, without it; at most 256.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// One time in `of`, and not if the bytes have ended.
    pub fn rarely(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    /// So many bytes as there are, at most `most`, which the first one says.
    pub fn bytes(&mut self, most: usize) -> &'d [u8] {
        let len = self.below(most + 1).min(self.0.len());
        self.0.bytes(len).unwrap_or_default()
    }

    /// As much of it as is UTF-8.
    pub fn text(&mut self, most: usize) -> &'d str {
        let bytes = self.bytes(most);
        str::from_utf8(bytes)
            .unwrap_or_else(|error| str::from_utf8(&bytes[..error.valid_up_to()]).unwrap())
    }

    /// A number of which the edges are as likely as all others.
    pub fn number(&mut self) -> u64 {
        match self.below(7) {
            0 => 0,
            1 => u64::from(self.byte()),
            2 => u64::from(self.take::<u16>()),
            3 => u64::from(self.take::<u32>()),
            4 => self.take(),
            // What clocks may differ by, in seconds.
            5 => 299 + u64::from(self.byte() % 4),
            _ => u64::MAX - u64::from(self.byte()),
        }
    }

    pub fn rest(self) -> &'d [u8] {
        self.0.take_rest()
    }
}

/// What the inputs of three targets begin with: a site, flags, and the clock.
#[derive(Debug)]
pub struct Scene<'d> {
    pub site: &'static Site,
    pub flags: u8,
    /// Whole seconds; 0 before 1970.
    pub now: u64,
    pub instant: SystemTime,
    pub rest: &'d [u8],
}

impl<'d> Scene<'d> {
    /// `None` for an input that is too short, or an instant that does not exist.
    pub fn read(data: &'d [u8]) -> Option<Self> {
        let ([which, flags, now @ ..], rest) = data.split_first_chunk::<10>()?;
        let seconds = i64::from_le_bytes(*now);
        let nanos = if flags & NANOS != 0 { 999_999_999 } else { 0 };
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        let instant = whole?.checked_add(Duration::from_nanos(nanos))?;
        Some(Self {
            site: site(*which),
            flags: *flags,
            now: u64::try_from(seconds).unwrap_or(0),
            instant,
            rest,
        })
    }
}

/// Flags of a scene: the request comes over the other transport; the clock is within a second.
pub const OTHER_TRANSPORT: u8 = 1;
pub const NANOS: u8 = 2;

/// `Cookie` fields of these bytes, but for those that no field can hold.
pub fn fields<'f>(fields: impl IntoIterator<Item = &'f [u8]>) -> HeaderMap {
    let legal = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
    let mut headers = HeaderMap::new();
    for field in fields {
        let field: Vec<u8> = field.iter().copied().filter(legal).collect();
        headers.append(COOKIE, HeaderValue::from_bytes(&field).unwrap());
    }
    headers
}
