//! The events without the feature `tracing`: none.

use crate::config::Config;
#[cfg(all(feature = "csrf", feature = "tower"))]
use crate::csrf::CsrfError;
use crate::encode::decision::Decision;
use crate::error::EncodeError;
use crate::keys::table::Keys;
use crate::session::Session;
#[cfg(all(feature = "csrf", feature = "tower"))]
use crate::token::id::Label;
use crate::token::rejection::Rejection;

#[derive(Default)]
pub(crate) struct Notices {}

pub(crate) fn built<T>(_: &Config<T>) {}

#[cfg(feature = "rotation")]
pub(crate) fn rotated<T>(_: &Config<T>) {}

pub(crate) fn sealed<T>(config: &Config<T>, _: &Keys) {
    let Notices {} = &config.notices;
}

pub(crate) fn rejected<T>(_: &Config<T>, _: Rejection, _: &[u8], _: u64) {}

pub(crate) fn withheld<T>(_: &Config<T>, _: u64) {}

pub(crate) fn retired<T>(_: &Config<T>, _: u64) {}

pub(crate) fn encoded<T>(_: &Session<T>, _: Decision) {}

pub(crate) fn failed<T>(_: &Session<T>, _: &EncodeError) {}

#[cfg(feature = "flash")]
pub(crate) fn flash_rejected(_: &str, _: Rejection, _: &[u8]) {}

#[cfg(feature = "flash")]
pub(crate) fn flash_withheld<T>(_: &Config<T>, _: u64) {}

#[cfg(feature = "flash")]
pub(crate) fn flash_failed(_: &EncodeError) {}

#[cfg(all(feature = "flash", feature = "tower"))]
pub(crate) fn flash_late() {}

#[cfg(all(feature = "flash", feature = "axum"))]
pub(crate) fn no_flash_layer() {}

#[cfg(feature = "revocation")]
pub(crate) fn store_answered<T>(_: &Config<T>, _: bool) {}

#[cfg(feature = "revocation")]
pub(crate) fn not_asked<T>(_: &Config<T>) {}

#[cfg(feature = "revocation")]
#[derive(Default)]
pub(crate) struct Fullness {}

#[cfg(feature = "revocation")]
pub(crate) fn dropped(fullness: &Fullness, _: u64, _: u64) {
    let Fullness {} = fullness;
}

#[cfg(feature = "tower")]
pub(crate) fn used_late() {}

#[cfg(feature = "tower")]
pub(crate) fn written_late() {}

#[cfg(feature = "tower")]
pub(crate) fn two_layers() {}

#[cfg(all(feature = "csrf", feature = "tower"))]
pub(crate) fn refused(_: CsrfError, _: Label) {}

#[cfg(any(feature = "axum", all(feature = "csrf", feature = "tower")))]
pub(crate) fn no_layer() {}
