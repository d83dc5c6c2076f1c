//! Why a token is rejected, written a second time.

use sealed_session::Rejection;

/// In the order of how far a token came before it was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    TooLong,
    Malformed,
    UnknownVersion(u8),
    UnknownKey([u8; 2]),
    Forged,
    Corrupt,
    UnknownExtension(u8),
    FromTheFuture,
    AbsoluteTimeout,
    IdleTimeout,
    Revoked,
    Unchecked,
    TooMany,
    Ambiguous,
    OtherTransport,
}

impl Reason {
    /// The reason that the library gives.
    pub fn of(rejection: Rejection) -> Self {
        match rejection {
            Rejection::TooLong => Self::TooLong,
            Rejection::Malformed => Self::Malformed,
            Rejection::UnknownVersion(version) => Self::UnknownVersion(version),
            Rejection::UnknownKey(id) => {
                Self::UnknownKey(u16::from_str_radix(&id.to_string(), 16).unwrap().to_be_bytes())
            }
            Rejection::Forged => Self::Forged,
            Rejection::Corrupt => Self::Corrupt,
            Rejection::UnknownExtension(tag) => Self::UnknownExtension(tag),
            Rejection::FromTheFuture => Self::FromTheFuture,
            Rejection::AbsoluteTimeout => Self::AbsoluteTimeout,
            Rejection::IdleTimeout => Self::IdleTimeout,
            Rejection::Revoked => Self::Revoked,
            Rejection::Unchecked => Self::Unchecked,
            Rejection::TooMany => Self::TooMany,
            Rejection::Ambiguous => Self::Ambiguous,
            Rejection::OtherTransport => Self::OtherTransport,
            other => panic!("nothing here leads to {other:?}"),
        }
    }

    /// Of those that came furthest, the first.
    pub fn furthest(rejections: &[Self]) -> Option<Self> {
        let stage = rejections.iter().map(|rejection| rejection.stage()).max()?;
        rejections.iter().find(|rejection| rejection.stage() == stage).copied()
    }

    fn stage(self) -> u8 {
        match self {
            Self::TooLong => 0,
            Self::Malformed => 1,
            Self::UnknownVersion(_) => 2,
            Self::UnknownKey(_) => 3,
            Self::Forged => 4,
            Self::Corrupt => 5,
            Self::UnknownExtension(_) => 6,
            Self::FromTheFuture => 7,
            Self::AbsoluteTimeout => 8,
            Self::IdleTimeout => 9,
            Self::Revoked => 10,
            Self::Unchecked => 11,
            Self::TooMany => 12,
            Self::Ambiguous => 13,
            Self::OtherTransport => 14,
        }
    }

    /// Whether another machine may accept the token.
    pub fn may_be_valid_elsewhere(self) -> bool {
        matches!(
            self,
            Self::UnknownVersion(_)
                | Self::UnknownKey(_)
                | Self::Corrupt
                | Self::UnknownExtension(_)
                | Self::FromTheFuture
                | Self::Unchecked
                | Self::TooMany
                | Self::Ambiguous
        )
    }
}
