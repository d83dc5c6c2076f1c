//! What becomes of a type in a session: a table of types and attributes of serde, each in both encodings.
//!
//! Each row is a test and says what is expected of its type: an [`Outcome`](check::Outcome). Each
//! sample of a row goes through the public API twice: as the payload itself, where `T::default()` is the first sample, so
//! that `build()` sees the type; and as an element of a `Vec`, whose default shows nothing of it, so that only `encode` can
//! see that it does not survive. Nothing else may become of it: a cookie that was set and holds no session, or a value that
//! serde can tell from the sample, fails the test, and so does a panic.
#![allow(clippy::option_option, reason = "one of the types in the table")]

mod attributes;
mod check;
mod collections;
mod crates;
mod enums;
mod scalars;
mod standard;

/// Rows of the table: a name, the type, what is expected in the named encoding and in the compact one, and samples.
macro_rules! table {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $named:ident, $compact:ident; [$($sample:expr),+ $(,)?])+) => {
        /// The names of the rows.
        pub(crate) const ROWS: &[&str] = &[$(stringify!($name)),+];

        $($(#[$doc])* #[test]
        fn $name() {
            use crate::check::{Outcome, Row};
            struct Sampled;
            impl Row for Sampled {
                type Type = $type;
                fn samples() -> Vec<$type> {
                    vec![$($sample),+]
                }
            }
            crate::check::row::<Sampled>(Outcome::$named, Outcome::$compact);
        })+
    };
}
pub(crate) use table;

#[test]
fn the_table_has_as_many_rows_as_it_should() {
    let parts = [
        attributes::ROWS,
        collections::ROWS,
        crates::ROWS,
        enums::ROWS,
        scalars::ROWS,
        standard::ROWS,
    ];
    assert!(parts.concat().len() >= 217, "{}", parts.concat().len());
}
