//! Payloads with names, taken apart without a library, and what a type may take from them.

use std::collections::BTreeMap;

/// As many levels as a payload may have.
pub const LEVELS: usize = 64;

/// More maps and arrays in each other than 64 levels can be: a variant takes two of them for one.
const MOST: usize = 2 * LEVELS;

/// What was found.
#[derive(Debug)]
pub enum Found<'p> {
    Nil,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(&'p [u8]),
    Bytes(&'p [u8]),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Extension,
}

/// The value that a payload consists of, to the last byte.
pub fn parse(payload: &[u8]) -> Option<Found<'_>> {
    let mut reader = Reader(payload);
    let found = reader.value(MOST)?;
    reader.0.is_empty().then_some(found)
}

struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    fn take(&mut self, len: usize) -> Option<&'p [u8]> {
        let taken = self.0.get(..len)?;
        self.0 = &self.0[len..];
        Some(taken)
    }

    /// An unsigned integer of 1, 2, 4 or 8 bytes, by the place of its marker among its like.
    fn number(&mut self, place: u8) -> Option<u64> {
        let bytes = self.take(1 << place)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, place: u8) -> Option<i128> {
        let unused = 64 - (8 << place);
        Some(((self.number(place)? << unused).cast_signed() >> unused).into())
    }

    fn len(&mut self, place: u8) -> Option<usize> {
        usize::try_from(self.number(place)?).ok()
    }

    /// As many bytes as a length says.
    fn bytes(&mut self, place: u8) -> Option<&'p [u8]> {
        let len = self.len(place)?;
        self.take(len)
    }

    fn value(&mut self, left: usize) -> Option<Found<'p>> {
        let marker = self.take(1)?[0];
        Some(match marker {
            0..=0x7f | 0xe0..=0xff => Found::Integer(marker.cast_signed().into()),
            0x80..=0x8f => self.map((marker & 15).into(), left)?,
            0x90..=0x9f => self.array((marker & 15).into(), left)?,
            0xa0..=0xbf => Found::Text(self.take((marker & 31).into())?),
            0xc0 => Found::Nil,
            0xc1 => return None,
            0xc2 | 0xc3 => Found::Bool(marker == 0xc3),
            0xc4..=0xc6 => Found::Bytes(self.bytes(marker - 0xc4)?),
            0xc7..=0xc9 => {
                let len = self.len(marker - 0xc7)?;
                self.extension(len)?
            }
            0xca => Found::Float(f32::from_bits(u32::try_from(self.number(2)?).ok()?).into()),
            0xcb => Found::Float(f64::from_bits(self.number(3)?)),
            0xcc..=0xcf => Found::Integer(self.number(marker - 0xcc)?.into()),
            0xd0..=0xd3 => Found::Integer(self.signed(marker - 0xd0)?),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9..=0xdb => Found::Text(self.bytes(marker - 0xd9)?),
            0xdc | 0xdd => {
                let len = self.len(marker - 0xdb)?;
                self.array(len, left)?
            }
            0xde | 0xdf => {
                let len = self.len(marker - 0xdd)?;
                self.map(len, left)?
            }
        })
    }

    /// A type and so many bytes.
    fn extension(&mut self, len: usize) -> Option<Found<'p>> {
        self.take(len.checked_add(1)?).map(|_| Found::Extension)
    }

    // Nothing is reserved: a length may be a lie.

    fn array(&mut self, len: usize, left: usize) -> Option<Found<'p>> {
        let (left, mut found) = (left.checked_sub(1)?, Vec::new());
        for _ in 0..len {
            found.push(self.value(left)?);
        }
        Some(Found::Array(found))
    }

    fn map(&mut self, len: usize, left: usize) -> Option<Found<'p>> {
        let (left, mut found) = (left.checked_sub(1)?, Vec::new());
        for _ in 0..len {
            found.push((self.value(left)?, self.value(left)?));
        }
        Some(Found::Map(found))
    }
}

/// Something that was found, and the levels that are left for what is inside.
#[derive(Clone, Copy, Debug)]
pub struct At<'f, 'p> {
    found: &'f Found<'p>,
    left: usize,
}

impl<'f, 'p> At<'f, 'p> {
    pub fn top(found: &'f Found<'p>) -> Self {
        Self { found, left: LEVELS }
    }

    fn inside(self) -> Option<impl Fn(&'f Found<'p>) -> Self> {
        let left = self.left.checked_sub(1)?;
        Some(move |found| At { found, left })
    }

    /// The fields of a struct: each name is a text and comes once; what others hold is skipped.
    pub fn fields<const N: usize>(self, names: [&str; N]) -> Option<[Option<Self>; N]> {
        let (Found::Map(pairs), inside) = (self.found, self.inside()?) else { return None };
        let (mut fields, mut seen) = ([None; N], Vec::new());
        for (name, value) in pairs {
            let Found::Text(name) = name else { return None };
            let name = str::from_utf8(name).ok()?;
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match names.iter().position(|known| *known == name) {
                Some(at) => fields[at] = Some(inside(value)),
                None => inside(value).skip()?,
            }
        }
        Some(fields)
    }

    /// The same of a struct that takes no other name.
    pub fn only_fields<const N: usize>(self, names: [&str; N]) -> Option<[Option<Self>; N]> {
        let Found::Map(pairs) = self.found else { return None };
        let fields = self.fields(names)?;
        (fields.iter().flatten().count() == pairs.len()).then_some(fields)
    }

    /// Any value but an extension, if it is not too deep.
    fn skip(self) -> Option<()> {
        match self.found {
            Found::Extension => None,
            Found::Array(elements) => elements.iter().map(self.inside()?).try_for_each(Self::skip),
            Found::Map(pairs) => {
                let parts = pairs.iter().flat_map(|(key, value)| [key, value]);
                parts.map(self.inside()?).try_for_each(Self::skip)
            }
            _ => Some(()),
        }
    }

    /// The name of a variant, and what it holds where it is a map.
    pub fn variant(self) -> Option<(&'p str, Option<Self>)> {
        let (name, content) = match self.found {
            Found::Map(pairs) => match &pairs[..] {
                [(name, content)] => (name, Some(Self { found: content, ..self })),
                _ => return None,
            },
            name => (name, None),
        };
        let Found::Text(name) = name else { return None };
        Some((str::from_utf8(name).ok()?, content))
    }

    /// What a variant of one value holds, a level below; a tuple and a struct are levels themselves.
    pub fn newtype(self) -> Option<Self> {
        Some(self.inside()?(self.found))
    }

    pub fn nil(self) -> Option<()> {
        matches!(self.found, Found::Nil).then_some(())
    }

    /// A unit struct is nil, or an array without elements.
    pub fn empty(self) -> Option<()> {
        match self.found {
            Found::Nil => Some(()),
            Found::Array(elements) if elements.is_empty() => Some(()),
            _ => None,
        }
    }

    pub fn bool(self) -> Option<bool> {
        let Found::Bool(value) = self.found else { return None };
        Some(*value)
    }

    pub fn integer<T: TryFrom<i128>>(self) -> Option<T> {
        let Found::Integer(number) = self.found else { return None };
        T::try_from(*number).ok()
    }

    /// An integer, or 16 bytes.
    pub fn wide(self) -> Option<u128> {
        match self.found {
            Found::Integer(number) => u128::try_from(*number).ok(),
            _ => Some(u128::from_be_bytes(self.bytes()?.try_into().ok()?)),
        }
    }

    /// A float, or an integer that one is, to the last digit.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "it is tried")]
    pub fn float(self) -> Option<f64> {
        match self.found {
            Found::Float(number) => Some(*number),
            Found::Integer(number) => {
                Some(*number as f64).filter(|float| *float as i128 == *number)
            }
            _ => None,
        }
    }

    /// A string, which may be bytes that are UTF-8.
    pub fn text(self) -> Option<String> {
        match self.found {
            Found::Text(bytes) | Found::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
            _ => None,
        }
    }

    /// Bytes, which may be a string that is not UTF-8.
    pub fn bytes(self) -> Option<Vec<u8>> {
        match self.found {
            Found::Bytes(bytes) => Some(bytes.to_vec()),
            Found::Text(bytes) => str::from_utf8(bytes).is_err().then(|| bytes.to_vec()),
            _ => None,
        }
    }

    /// An option: nil is none.
    #[allow(clippy::option_option, reason = "the outer one says whether it is an option")]
    pub fn option<T>(self, some: impl Fn(Self) -> Option<T>) -> Option<Option<T>> {
        match self.found {
            Found::Nil => Some(None),
            _ => some(self).map(Some),
        }
    }

    /// The elements of a sequence, which may be bytes: integers.
    pub fn sequence<T>(self, element: impl Fn(At<'_, '_>) -> Option<T>) -> Option<Vec<T>> {
        let left = self.left.checked_sub(1)?;
        let read = |found: &Found<'_>| element(At { found, left });
        match self.found {
            Found::Array(elements) => elements.iter().map(read).collect(),
            Found::Bytes(bytes) => {
                bytes.iter().map(|byte| read(&Found::Integer((*byte).into()))).collect()
            }
            _ => None,
        }
    }

    /// The values of a tuple that bytes cannot be.
    pub fn tuple<const N: usize>(self) -> Option<[Self; N]> {
        let Found::Array(elements) = self.found else { return None };
        let values: Vec<_> = elements.iter().map(self.inside()?).collect();
        values.try_into().ok()
    }

    /// The entries of a map; of those with one key the last counts.
    pub fn map<K: Ord, V>(
        self,
        key: impl Fn(Self) -> Option<K>,
        value: impl Fn(Self) -> Option<V>,
    ) -> Option<BTreeMap<K, V>> {
        let (Found::Map(pairs), inside) = (self.found, self.inside()?) else { return None };
        pairs.iter().map(|(one, other)| Some((key(inside(one))?, value(inside(other))?))).collect()
    }
}
