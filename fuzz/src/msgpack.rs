//! MessagePack, written a second time from its specification: whole values, read to the last byte.

/// Levels that a value may nest.
const MAX_LEVELS: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Bool(bool),
    Int(i128),
    Float,
    /// A string, which need not be UTF-8.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

/// A value to the last byte. There are no extension types, which no payload has.
pub fn parse(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader(bytes);
    reader.value(MAX_LEVELS).filter(|_| reader.0.is_empty())
}

/// The shortest form, as it is written.
pub fn render(value: &Value) -> Vec<u8> {
    match value {
        Value::Nil => vec![0xc0],
        Value::Bool(value) => vec![0xc2 + u8::from(*value)],
        Value::Int(value) => int(u64::try_from(*value).expect("no payload here is negative")),
        Value::Text(text) => [head(text.len(), 0xa0, 31, [0xd9, 0xda]), text.clone()].concat(),
        Value::List(values) => {
            let values = values.iter().flat_map(render);
            head(values_len(value), 0x90, 15, [0, 0xdc]).into_iter().chain(values).collect()
        }
        Value::Map(entries) => {
            let entries = entries.iter().flat_map(|(key, value)| [render(key), render(value)]);
            [head(values_len(value), 0x80, 15, [0, 0xde]), entries.flatten().collect()].concat()
        }
        Value::Float | Value::Bytes(_) => unreachable!("no payload here has any"),
    }
}

fn values_len(value: &Value) -> usize {
    match value {
        Value::List(values) => values.len(),
        Value::Map(entries) => entries.len(),
        _ => 0,
    }
}

fn int(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    match value {
        0..=0x7f => vec![bytes[7]],
        0x80..=0xff => vec![0xcc, bytes[7]],
        0x100..=0xffff => [&[0xcd], &bytes[6..]].concat(),
        0x1_0000..=0xffff_ffff => [&[0xce], &bytes[4..]].concat(),
        _ => [&[0xcf], &bytes[..]].concat(),
    }
}

/// The head of a value of so many parts: `fix` up to `most`, then the one of a byte and of two.
fn head(len: usize, fix: u8, most: usize, [one, two]: [u8; 2]) -> Vec<u8> {
    let bytes = u16::try_from(len).expect("payloads are small").to_be_bytes();
    match len {
        _ if len <= most => vec![fix | bytes[1]],
        _ if len <= 255 && one != 0 => vec![one, bytes[1]],
        _ => [&[two], &bytes[..]].concat(),
    }
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken.to_vec())
    }

    /// A big-endian number of so many bytes.
    fn number(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.into_iter().fold(0, |number, byte| number << 8 | u64::from(byte)))
    }

    fn len(&mut self, bytes: usize) -> Option<usize> {
        usize::try_from(self.number(bytes)?).ok()
    }

    fn value(&mut self, levels: usize) -> Option<Value> {
        let head = u8::try_from(self.number(1)?).unwrap();
        let small = usize::from(head);
        match head {
            0..=0x7f => Some(Value::Int(head.into())),
            0x80..=0x8f => self.map(small & 15, levels),
            0x90..=0x9f => self.list(small & 15, levels),
            0xa0..=0xbf => self.take(small & 31).map(Value::Text),
            0xc0 => Some(Value::Nil),
            0xc2 | 0xc3 => Some(Value::Bool(head == 0xc3)),
            0xc4..=0xc6 => {
                self.len(1 << (head - 0xc4)).and_then(|len| self.take(len)).map(Value::Bytes)
            }
            0xca | 0xcb => self.take(4 << (head - 0xca)).map(|_| Value::Float),
            0xcc..=0xcf => self.number(1 << (head - 0xcc)).map(|number| Value::Int(number.into())),
            0xd0..=0xd3 => self.signed(1 << (head - 0xd0)).map(Value::Int),
            0xd9..=0xdb => {
                self.len(1 << (head - 0xd9)).and_then(|len| self.take(len)).map(Value::Text)
            }
            0xdc | 0xdd => self.len(2 << (head - 0xdc)).and_then(|len| self.list(len, levels)),
            0xde | 0xdf => self.len(2 << (head - 0xde)).and_then(|len| self.map(len, levels)),
            0xe0..=0xff => Some(Value::Int(i128::from(head) - 256)),
            // Reserved, and extension types.
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => None,
        }
    }

    fn signed(&mut self, len: usize) -> Option<i128> {
        let (number, bits) = (i128::from(self.number(len)?), 8 * len);
        Some(if number >> (bits - 1) == 1 { number - (1 << bits) } else { number })
    }

    fn list(&mut self, len: usize, levels: usize) -> Option<Value> {
        let levels = levels.checked_sub(1)?;
        // As far as it goes: a length may be any number.
        let mut values = Vec::new();
        for _ in 0..len {
            values.push(self.value(levels)?);
        }
        Some(Value::List(values))
    }

    fn map(&mut self, len: usize, levels: usize) -> Option<Value> {
        let levels = levels.checked_sub(1)?;
        let mut entries = Vec::new();
        for _ in 0..len {
            entries.push((self.value(levels)?, self.value(levels)?));
        }
        Some(Value::Map(entries))
    }
}
