//! The two encodings, each wrapped.

use std::error::Error;
use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::session::typed::reading::{Reading, Strict};
use crate::session::typed::serializer::{Trace, Traced};
use crate::session::typed::shape::Observer;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// MessagePack: structs are maps of field names, variants are names.
    Named,
    /// Postcard: values without names.
    Compact,
}

impl Encoding {
    /// For logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Compact => "compact",
        }
    }
}

/// Any error of a crate that cannot write a value.
pub(super) type Refusal = Box<dyn Error + Send + Sync>;

pub(super) fn write<T: Serialize>(
    encoding: Encoding,
    value: &T,
    trace: &Trace,
    output: &mut impl io::Write,
) -> Result<(), Refusal> {
    match encoding {
        Encoding::Named => {
            let mut serializer = rmp_serde::Serializer::new(output).with_struct_map();
            value.serialize(Traced::new(&mut serializer, trace)).map_err(without_words)?;
        }
        Encoding::Compact => {
            let mut serializer = postcard::Serializer { output: Flavor(output) };
            value.serialize(Traced::new(&mut serializer, trace))?;
        }
    }
    Ok(())
}

/// What was written before: compares it with what is written now, and keeps none of that.
pub(super) struct WrittenBefore<'b> {
    /// What is left to repeat; `None` from the first difference on.
    rest: Option<&'b [u8]>,
}

impl<'b> WrittenBefore<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: Some(bytes) }
    }

    /// Whether exactly these bytes were written again.
    pub(super) fn is_repeated(&self) -> bool {
        self.rest.is_some_and(<[u8]>::is_empty)
    }
}

impl io::Write for WrittenBefore<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest = self.rest.and_then(|rest| rest.strip_prefix(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn read<T: DeserializeOwned, O: Observer>(
    encoding: Encoding,
    payload: &[u8],
    observer: O,
) -> Option<T> {
    match encoding {
        Encoding::Named => {
            let mut deserializer = rmp_serde::Deserializer::from_read_ref(payload);
            let value = T::deserialize(Strict::new(&mut deserializer, Reading::named(observer)));
            value.ok().filter(|_| is_at_end(&mut deserializer))
        }
        Encoding::Compact => {
            let mut deserializer = postcard::Deserializer::from_bytes(payload);
            let value = T::deserialize(Strict::new(&mut deserializer, Reading::compact(observer)));
            value.ok().filter(|_| deserializer.finalize().is_ok_and(<[u8]>::is_empty))
        }
    }
}

/// The error of a type may quote the value; postcard does not keep it.
fn without_words(error: rmp_serde::encode::Error) -> Refusal {
    match error {
        rmp_serde::encode::Error::Syntax(_) => "its own serializer refuses a value".into(),
        error => error.into(),
    }
}

/// What postcard writes to.
struct Flavor<'o, O>(&'o mut O);

impl<O: io::Write> postcard::ser_flavors::Flavor for Flavor<'_, O> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.write_all(bytes).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Whether no byte is left. The deserializer does not say so, but fails with another error if there
/// is no byte.
fn is_at_end(deserializer: &mut MessagePack<'_>) -> bool {
    let next = bool::deserialize(deserializer);
    matches!(next, Err(rmp_serde::decode::Error::InvalidMarkerRead(_)))
}

type MessagePack<'de> = rmp_serde::Deserializer<rmp_serde::decode::ReadRefReader<'de, [u8]>>;
