//! The representations of an enum, each with variants of every kind.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::table;

/// An enum with a representation, or none.
macro_rules! kinds {
    ($($(#[$attribute:meta])* $name:ident)+) => {
        $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        enum $name {
            Unit,
            Newtype(u32),
            Pair(u32, String),
            Fields { id: u32, note: Option<String> },
        }

        impl $name {
            fn samples() -> [Self; 5] {
                let note = Some("x".to_owned());
                [
                    Self::Unit,
                    Self::Newtype(300),
                    Self::Pair(300, "x".into()),
                    Self::Fields { id: 300, note: None },
                    Self::Fields { id: 0, note },
                ]
            }
        })+
    };
}

kinds! {
    External
    #[serde(rename_all = "SCREAMING-KEBAB-CASE", rename_all_fields = "camelCase")] Renamed
    #[serde(tag = "kind", content = "of")] Adjacent
    #[serde(untagged)] Untagged
}

/// An internally tagged enum has no variant that is a tuple.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Newtype(Inner),
    Fields { id: u32, note: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    id: u32,
}

/// What `serde_json::Value` is, with names and numbers of all sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Null,
    Number(i64),
    Large(u64),
    Text(String),
    List(Vec<Loose>),
    Object(BTreeMap<String, Loose>),
}

/// One that holds what has two forms, or more than 64 bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum InternalOf<T> {
    Fields { value: T },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum AdjacentOf<T> {
    Newtype(T),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum UntaggedOf<T> {
    Newtype(T),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Discriminant {
    Seven = 7,
    Three = 3,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Chain {
    End,
    Next(Box<Chain>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Open {
    Known,
    #[serde(other)]
    Unknown,
}

/// A variant that is never written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Skipping {
    Kept,
    #[serde(skip)]
    Skipped,
}

/// The variant after it stands at another place for postcard, but not for serde's own numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum SkippingFirst {
    #[serde(skip)]
    #[allow(dead_code, reason = "it is there to move the next")]
    Skipped,
    Kept,
}

/// Variants of an external enum that look inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Mixed {
    Tagged(u32),
    #[serde(untagged)]
    Text(String),
}

fn local() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

table! {
    external: External => Survives, Survives; [
        External::Unit, External::samples()[1].clone(), External::samples()[2].clone(), External::samples()[3].clone(),
        External::samples()[4].clone(),
    ]
    option_of_external: Option<External> => Survives, Survives; [None, Some(External::Unit), Some(External::Newtype(1))]
    renamed: [Renamed; 5] => Survives, Survives; [Renamed::samples()]
    discriminants: Discriminant => Survives, Survives; [Discriminant::Seven, Discriminant::Three]
    chain: Chain => Survives, Survives; [Chain::End, Chain::Next(Box::new(Chain::Next(Box::new(Chain::End))))]
    internal: Internal => Survives, Refused; [
        Internal::Unit, Internal::Newtype(Inner { id: 300 }), Internal::Fields { id: 300, note: None },
        Internal::Fields { id: 0, note: Some("x".into()) },
    ]
    option_of_internal: Option<Internal> => Survives, Refused; [Some(Internal::Unit)]
    adjacent: [Adjacent; 5] => Survives, Refused; [Adjacent::samples()]
    option_of_adjacent: Option<Adjacent> => Survives, Refused; [Some(Adjacent::Unit), Some(Adjacent::Newtype(1))]
    untagged: [Untagged; 5] => Survives, Refused; [Untagged::samples()]
    option_of_untagged: Option<Untagged> => Survives, Refused; [Some(Untagged::Newtype(1))]
    some_of_untagged_unit: Option<Untagged> => Refused, Refused; [Some(Untagged::Unit)]
    loose: Loose => Survives, Refused; [
        Loose::Null, Loose::Number(-1), Loose::Large(u64::MAX), Loose::Text("x".into()),
        Loose::List(vec![Loose::Null, Loose::Object([("x".into(), Loose::Number(7))].into())]),
    ]
    /// The first variant that fits is read, and it is another one.
    untagged_ambiguous: Loose => Alike, Refused; [Loose::Large(7)]
    other: Open => Survives, Survives; [Open::Known, Open::Unknown]
    skipped_variant_kept: Skipping => Survives, Survives; [Skipping::Kept]
    skipped_variant: Skipping => Refused, Refused; [Skipping::Skipped]
    skipped_first_variant: SkippingFirst => Survives, Refused; [SkippingFirst::Kept]
    mixed_tagged: Mixed => Survives, Refused; [Mixed::Tagged(7)]
    mixed_untagged: Mixed => Survives, Refused; [Mixed::Text("x".into())]
    ip_in_internal: InternalOf<IpAddr> => Refused, Refused; [InternalOf::Fields { value: local() }]
    ip_in_adjacent: AdjacentOf<IpAddr> => Survives, Refused; [AdjacentOf::Newtype(local())]
    ip_in_untagged: UntaggedOf<IpAddr> => Refused, Refused; [UntaggedOf::Newtype(local())]
    uuid_in_internal: InternalOf<Uuid> => Survives, Refused; [InternalOf::Fields { value: Uuid::max() }]
    uuid_in_untagged: UntaggedOf<Uuid> => Survives, Refused; [UntaggedOf::Newtype(Uuid::max())]
    u128_in_internal: InternalOf<u128> => Refused, Refused; [InternalOf::Fields { value: 7 }]
    u128_in_adjacent: AdjacentOf<u128> => Survives, Refused; [AdjacentOf::Newtype(7)]
    u128_in_untagged: UntaggedOf<u128> => Refused, Refused; [UntaggedOf::Newtype(7)]
    variant_in_internal: InternalOf<External> => Survives, Refused; [InternalOf::Fields { value: External::Newtype(7) }]
    char_in_untagged: UntaggedOf<char> => Survives, Refused; [UntaggedOf::Newtype('é')]
    list_in_untagged: UntaggedOf<Vec<u8>> => Survives, Refused; [UntaggedOf::Newtype(vec![1, 2])]
    float_in_untagged: UntaggedOf<f32> => Survives, Refused; [UntaggedOf::Newtype(0.1)]
    map_of_integers_in_internal: InternalOf<BTreeMap<u8, u8>> => Survives, Refused; [
        InternalOf::Fields { value: [(1, 2)].into() },
    ]
}
