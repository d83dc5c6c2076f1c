//! The checks without the feature `revocation`: none.

use std::marker::PhantomData;

use crate::config::Config;
use crate::decode::candidates::Read;
use crate::error::EncodeError;
use crate::session::Session;
use crate::session::lifetime::Limits;
use crate::session::origin::Provenance;
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;

pub(crate) struct Checks<T>(PhantomData<fn() -> T>);

impl<T> Checks<T> {
    pub(crate) fn none() -> Self {
        Self(PhantomData)
    }

    pub(crate) fn attach(&self, _: Limits) {
        let Self(PhantomData) = self;
    }

    #[cfg(feature = "tower")]
    #[allow(clippy::unused_self, reason = "with the feature it is asked")]
    pub(crate) fn are_made(&self) -> bool {
        false
    }
}

impl<T> Config<T> {
    #[inline]
    #[allow(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with the feature it is asked"
    )]
    pub(crate) fn check(&self, _: &Read<T>, _: u64) -> Result<(), Rejection> {
        Ok(())
    }

    #[inline]
    #[allow(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with the feature it is asked"
    )]
    pub(crate) fn record(&self, session: &Session<T>, _: u64) -> Result<(), EncodeError> {
        let Endings {} = session.endings;
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct Endings {}

impl Endings {
    pub(crate) fn remember(&mut self, _: Option<&Provenance>, _: Option<&SessionId>) {
        let Self {} = self;
    }
}
