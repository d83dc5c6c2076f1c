//! The two encodings, each wrapped.

use std::convert::Infallible;
use std::error::Error;

use postcard2::SerializerError;
use postcard2::ser_flavors::Flavor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::crypto::secret_bytes::SecretBytes;
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
) -> Result<SecretBytes, Refusal> {
    let mut bytes = SecretBytes::default();
    match encoding {
        Encoding::Named => {
            let mut serializer = rmp_serde::Serializer::new(&mut bytes).with_struct_map();
            value.serialize(Traced::new(&mut serializer, trace)).map_err(without_words)?;
        }
        Encoding::Compact => {
            let mut serializer = postcard2::Serializer { output: Wiped(&mut bytes) };
            value.serialize(Traced::new(&mut serializer, trace)).map_err(compact_without_words)?;
        }
    }
    Ok(bytes)
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
            let mut deserializer = postcard2::Deserializer::from_bytes(payload);
            let value = T::deserialize(Strict::new(&mut deserializer, Reading::compact(observer)));
            value.ok().filter(|_| deserializer.finalize().is_ok_and(<[u8]>::is_empty))
        }
    }
}

/// The error of a type may quote the value.
const REFUSED: &str = "its own serializer refuses a value";

fn without_words(error: rmp_serde::encode::Error) -> Refusal {
    match error {
        rmp_serde::encode::Error::Syntax(_) => REFUSED.into(),
        error => error.into(),
    }
}

fn compact_without_words(error: SerializerError<Infallible, Infallible>) -> Refusal {
    match error {
        SerializerError::Custom(_) => REFUSED.into(),
        error => error.into(),
    }
}

/// What postcard writes to.
struct Wiped<'b>(&'b mut SecretBytes);

impl Flavor for Wiped<'_> {
    type Output = ();
    type PushError = Infallible;
    type FinalizeError = Infallible;

    fn try_push(&mut self, byte: u8) -> Result<(), Infallible> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.append(bytes);
        Ok(())
    }

    fn finalize(self) -> Result<(), Infallible> {
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
