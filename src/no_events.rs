//! The events without the feature `tracing`: none.

use crate::error::{EncodeError, Rejection};
use crate::session::Session;
use crate::sessions::Inner;

#[derive(Default)]
pub(crate) struct Notices;

pub(crate) fn built<T>(_: &Inner<T>) {}

pub(crate) fn sealed<T>(_: &Inner<T>) {}

pub(crate) fn rejected<T>(_: &Inner<T>, _: Rejection, _: &[u8], _: u64) {}

pub(crate) fn withheld<T>(_: &Inner<T>, _: u64) {}

pub(crate) fn set<T>(_: &Session<T>, _: bool) {}

pub(crate) fn failed<T>(_: &Session<T>, _: &EncodeError) {}
