//! Attributes of serde on structs and their fields.
#![allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteArray, ByteBuf};

use crate::table;

/// A struct with attributes that can be compared.
macro_rules! structs {
    ($($(#[$attribute:meta])* $name:ident {
        $($(#[$of_field:meta])* $field:ident: $type:ty),+ $(,)?
    })+) => {
        $(#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        struct $name { $($(#[$of_field])* $field: $type),+ })+
    };
}

fn seven() -> u8 {
    7
}

fn is_seven(n: &u8) -> bool {
    *n == seven()
}

structs! {
    Plain { id: u32, name: String }
    Renamed { #[serde(rename = "n")] name: String }
    #[serde(rename_all = "camelCase")] RenamedAll { first_name: String, r#type: u8 }
    #[serde(rename_all(serialize = "camelCase", deserialize = "snake_case"))] RenamedApart { first_name: String }
    Aliased { #[serde(alias = "username", alias = "login")] name: String }
    Defaulted { #[serde(default)] id: u8, #[serde(default = "seven")] seven: u8 }
    #[serde(default)] DefaultedStruct { id: u8, name: String }
    #[serde(deny_unknown_fields)] Denying { id: u8 }
    Skipped { id: u8, #[serde(skip)] cache: u8 }
    SkippedIfNone { #[serde(default, skip_serializing_if = "Option::is_none")] note: Option<String>, id: u8 }
    SkippedIfEmpty { id: u8, #[serde(default, skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    SkippedWithoutDefault { id: u8, #[serde(skip_serializing_if = "is_seven")] number: u8 }
    SkippedIfSeven { id: u8, #[serde(default, skip_serializing_if = "is_seven")] number: u8 }
    SkippedWhenWritten { id: u8, #[serde(default, skip_serializing)] secret: String }
    SkippedWhenRead { id: u8, #[serde(skip_deserializing)] computed: u8 }
    Flat { id: u8, #[serde(flatten)] plain: Inner }
    FlatOption { id: u8, #[serde(flatten)] plain: Option<Inner> }
    FlatMap { id: u8, #[serde(flatten)] more: BTreeMap<String, u32> }
    FlatJson { id: u8, #[serde(flatten)] more: serde_json::Map<String, serde_json::Value> }
    FlatWide { id: u8, #[serde(flatten)] of: Wide }
    Wide { wide: u128 }
    WideBeside { wide: u128, #[serde(flatten)] plain: Inner }
    FlatBytes { #[serde(flatten)] of: Bytes, id: u8 }
    Inner { a: u32, b: Option<String> }
    InList { items: Vec<SkippedIfNone> }
    Bytes { #[serde(with = "serde_bytes")] bytes: Vec<u8> }
    With { #[serde(with = "in_words")] number: u32 }
    WithBytes { #[serde(serialize_with = "as_bytes", deserialize_with = "from_bytes")] number: u32 }
    WithSplit { #[serde(serialize_with = "as_bytes")] number: u32 }
    #[serde(transparent)] Transparent { only: String }
    #[serde(from = "u32", into = "u32")] Converted { number: u32 }
    #[serde(try_from = "u32", into = "u32")] Checked { number: u32 }
    HoldsRemote { #[serde(with = "RemoteDef")] remote: Remote }
    Generic { of: Of<Vec<u8>> }
    #[serde(tag = "struct")] TaggedStruct { id: u8 }
    #[serde(bound = "")] Recursive { id: u8, next: Option<Box<Recursive>> }
    Nested { plain: Plain, list: Vec<Plain>, option: Option<Plain> }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Of<T> {
    of: T,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct FlatIp {
    id: u8,
    #[serde(flatten)]
    of: Client,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Client {
    ip: IpAddr,
}

/// A type of a crate without serde, and what describes it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Remote {
    number: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Remote")]
struct RemoteDef {
    number: u32,
}

impl From<u32> for Converted {
    fn from(number: u32) -> Self {
        Self { number }
    }
}

impl From<Converted> for u32 {
    fn from(Converted { number }: Converted) -> Self {
        number
    }
}

impl TryFrom<u32> for Checked {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number < 100 { Ok(Self { number }) } else { Err(format!("{number} is too large")) }
    }
}

impl From<Checked> for u32 {
    fn from(Checked { number }: Checked) -> Self {
        number
    }
}

mod in_words {
    use super::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("number {number}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let words = String::deserialize(deserializer)?;
        let digits = words.strip_prefix("number ").unwrap_or_default();
        digits.parse().map_err(serde::de::Error::custom)
    }
}

fn as_bytes<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&number.to_be_bytes())
}

fn from_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    ByteArray::deserialize(deserializer).map(|bytes| u32::from_be_bytes(bytes.into_array()))
}

fn inner() -> Inner {
    Inner { a: 300, b: None }
}

fn items(note: Option<&str>) -> Vec<SkippedIfNone> {
    let note = note.map(str::to_owned);
    vec![SkippedIfNone { note: None, id: 1 }, SkippedIfNone { note, id: 2 }]
}

table! {
    plain: Plain => Survives, Survives; [Plain::default(), Plain { id: 300, name: "x".into() }]
    rename: Renamed => Survives, Survives; [Renamed { name: "x".into() }]
    rename_all: RenamedAll => Survives, Survives; [RenamedAll { first_name: "x".into(), r#type: 1 }]
    rename_apart: RenamedApart => Refused, Survives; [RenamedApart { first_name: "x".into() }]
    alias: Aliased => Survives, Survives; [Aliased { name: "x".into() }]
    default: Defaulted => Survives, Survives; [Defaulted::default(), Defaulted { id: 1, seven: 2 }]
    default_struct: DefaultedStruct => Survives, Survives; [DefaultedStruct { id: 1, name: "x".into() }]
    deny_unknown_fields: Denying => Survives, Survives; [Denying { id: 1 }]
    skip: Skipped => Survives, Survives; [Skipped { id: 1, cache: 0 }]
    skip_what_is_not_the_default: Skipped => Alike, Alike; [Skipped { id: 1, cache: 7 }]
    skip_if_none: SkippedIfNone => Survives, Refused; [SkippedIfNone { note: None, id: 1 }]
    skip_if_none_that_is_some: SkippedIfNone => Survives, Survives; [SkippedIfNone { note: Some("x".into()), id: 1 }]
    skip_if_empty: SkippedIfEmpty => Survives, Refused; [SkippedIfEmpty { id: 1, list: vec![] }]
    skip_if_seven: SkippedIfSeven => Refused, Refused; [SkippedIfSeven { id: 1, number: 7 }]
    skip_without_default: SkippedWithoutDefault => Refused, Refused; [SkippedWithoutDefault { id: 1, number: 7 }]
    skip_in_a_list: InList => Survives, Refused; [InList { items: items(None) }, InList { items: items(Some("x")) }]
    skip_serializing: SkippedWhenWritten => Survives, Refused; [SkippedWhenWritten { id: 1, secret: String::new() }]
    skip_serializing_what_is_not_the_default: SkippedWhenWritten => Alike, Refused; [
        SkippedWhenWritten { id: 1, secret: "x".into() },
    ]
    skip_deserializing: SkippedWhenRead => Survives, Refused; [SkippedWhenRead { id: 1, computed: 0 }]
    skip_deserializing_what_is_not_the_default: SkippedWhenRead => Refused, Refused; [SkippedWhenRead { id: 1, computed: 7 }]
    flatten: Flat => Survives, Refused; [Flat { id: 1, plain: inner() }]
    flatten_option: FlatOption => Survives, Refused; [FlatOption { id: 1, plain: None }, FlatOption { id: 1, plain: Some(inner()) }]
    flatten_map: FlatMap => Survives, Refused; [FlatMap { id: 1, more: [("x".into(), 300)].into() }]
    flatten_json: FlatJson => Survives, Refused; [
        FlatJson { id: 1, more: serde_json::Map::from_iter([("x".to_owned(), serde_json::json!([1, null]))]) },
    ]
    flatten_u128: FlatWide => Refused, Refused; [FlatWide { id: 1, of: Wide { wide: 7 } }]
    u128_beside_flatten: WideBeside => Survives, Refused; [WideBeside { wide: u128::MAX, plain: inner() }]
    flatten_ip: FlatIp => Refused, Refused; [FlatIp { id: 1, of: Client { ip: Ipv4Addr::LOCALHOST.into() } }]
    flatten_bytes: FlatBytes => Survives, Refused; [FlatBytes { of: Bytes { bytes: vec![1, 255] }, id: 1 }]
    with_serde_bytes: Bytes => Survives, Survives; [Bytes::default(), Bytes { bytes: vec![0, 255] }]
    byte_buf: ByteBuf => Survives, Survives; [ByteBuf::new(), ByteBuf::from(vec![0; 300])]
    byte_array: ByteArray<4> => Survives, Survives; [ByteArray::new([0, 1, 2, 255])]
    with: With => Survives, Survives; [With::default(), With { number: 300 }]
    serialize_with_and_deserialize_with: WithBytes => Survives, Survives; [WithBytes { number: 300 }]
    serialize_with_alone: WithSplit => Refused, Refused; [WithSplit { number: 300 }]
    transparent: Transparent => Survives, Survives; [Transparent { only: "x".into() }]
    from_and_into: Converted => Survives, Survives; [Converted { number: 300 }]
    try_from: Checked => Survives, Survives; [Checked { number: 99 }]
    try_from_that_fails: Checked => Refused, Refused; [Checked { number: 100 }]
    remote: HoldsRemote => Survives, Survives; [HoldsRemote { remote: Remote { number: 300 } }]
    generic: Generic => Survives, Survives; [Generic { of: Of { of: vec![1] } }]
    tagged_struct: TaggedStruct => Survives, Refused; [TaggedStruct { id: 1 }]
    recursive: Recursive => Survives, Survives; [Recursive { id: 1, next: Some(Box::default()) }]
    nested: Nested => Survives, Survives; [Nested::default(), Nested { option: Some(Plain::default()), ..Nested::default() }]
}
