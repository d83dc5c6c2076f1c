//! Types of the crates that sessions are full of.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};
use time::{Date, OffsetDateTime, PrimitiveDateTime, UtcOffset};
use url::{Host, Url};
use uuid::Uuid;

use crate::table;

/// A struct around one type with an attribute.
macro_rules! with {
    ($($name:ident: $type:ty, $with:literal;)+) => {
        $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        struct $name(#[serde(with = $with)] $type);)+
    };
}

with! {
    Seconds: DateTime<Utc>, "chrono::serde::ts_seconds";
    SomeMilliseconds: Option<DateTime<Utc>>, "chrono::serde::ts_milliseconds_option";
    UnixTime: OffsetDateTime, "time::serde::timestamp";
    SimpleUuid: Uuid, "uuid::serde::simple";
    DecimalText: Decimal, "rust_decimal::serde::str";
    SomeDecimalText: Option<Decimal>, "rust_decimal::serde::str_option";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: Uuid,
    total: Option<Decimal>,
    placed: DateTime<Utc>,
    meta: Option<Value>,
}

fn utc() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_789).unwrap()
}

fn day() -> NaiveDate {
    utc().date_naive()
}

fn offset() -> DateTime<FixedOffset> {
    utc().with_timezone(&FixedOffset::east_opt(5 * 3600 + 1800).unwrap())
}

fn instant() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

fn price() -> Decimal {
    Decimal::new(-1_999, 2)
}

fn address() -> Url {
    "https://alice@example.com:8443/a%20b?c=d#e".parse().unwrap()
}

fn order_with_meta(meta: Option<Value>) -> Order {
    Order { id: Uuid::max(), total: None, placed: utc(), meta }
}

table! {
    chrono_utc: DateTime<Utc> => Survives, Survives; [DateTime::UNIX_EPOCH, utc(), DateTime::<Utc>::MIN_UTC]
    chrono_fixed_offset: DateTime<FixedOffset> => Survives, Survives; [offset()]
    chrono_date: NaiveDate => Survives, Survives; [day(), NaiveDate::MIN]
    chrono_time: NaiveTime => Survives, Survives; [NaiveTime::MIN, utc().time()]
    chrono_date_time: NaiveDateTime => Survives, Survives; [utc().naive_utc()]
    chrono_weekday: Weekday => Survives, Survives; [Weekday::Mon, Weekday::Sun]
    chrono_time_delta: TimeDelta => Survives, Survives; [TimeDelta::zero(), TimeDelta::milliseconds(-1_500)]
    chrono_ts_seconds: Seconds => Survives, Survives; [Seconds(DateTime::UNIX_EPOCH)]
    chrono_ts_milliseconds_option: SomeMilliseconds => Survives, Survives; [
        SomeMilliseconds(None), SomeMilliseconds(Some(DateTime::UNIX_EPOCH)),
    ]
    uuid: Uuid => Survives, Survives; [Uuid::nil(), Uuid::max(), Uuid::from_u128(7)]
    option_of_uuid: Option<Uuid> => Survives, Survives; [None, Some(Uuid::max())]
    map_of_uuids: BTreeMap<Uuid, u8> => Survives, Survives; [[(Uuid::nil(), 0), (Uuid::max(), 1)].into()]
    uuid_simple: SimpleUuid => Survives, Survives; [SimpleUuid(Uuid::max())]
    time_offset: OffsetDateTime => Survives, Survives; [
        OffsetDateTime::UNIX_EPOCH, instant().to_offset(UtcOffset::from_hms(-3, -30, 0).unwrap()),
    ]
    time_primitive: PrimitiveDateTime => Survives, Survives; [PrimitiveDateTime::new(instant().date(), instant().time())]
    time_date: Date => Survives, Survives; [Date::MIN, instant().date()]
    time_time: time::Time => Survives, Survives; [time::Time::MIDNIGHT, time::Time::MAX]
    time_utc_offset: UtcOffset => Survives, Survives; [UtcOffset::UTC, UtcOffset::from_hms(5, 30, 0).unwrap()]
    time_duration: time::Duration => Survives, Survives; [time::Duration::ZERO, time::Duration::new(-1, -7)]
    time_month: time::Month => Survives, Survives; [time::Month::January, time::Month::December]
    time_weekday: time::Weekday => Survives, Survives; [time::Weekday::Monday]
    time_timestamp: UnixTime => Survives, Survives; [UnixTime(OffsetDateTime::UNIX_EPOCH), UnixTime(instant())]
    url: Url => Survives, Survives; [address(), "mailto:alice@example.com".parse().unwrap()]
    option_of_url: Option<Url> => Survives, Survives; [None, Some(address())]
    url_host: Host => Survives, Survives; [Host::Domain("example.com".into())]
    decimal: Decimal => Survives, Refused; [Decimal::ZERO, Decimal::MAX, price()]
    option_of_decimal: Option<Decimal> => Survives, Refused; [Some(price())]
    list_of_decimals: Vec<Decimal> => Survives, Refused; [vec![price(), Decimal::ONE]]
    decimal_as_text: DecimalText => Survives, Survives; [DecimalText(Decimal::ZERO), DecimalText(price())]
    option_of_decimal_as_text: SomeDecimalText => Survives, Survives; [SomeDecimalText(None), SomeDecimalText(Some(price()))]
    json: Value => Survives, Refused; [
        Value::Null, json!(true), json!(-1), json!(u64::MAX), json!(0.1), json!("x"), json!([]),
        json!({"a": [1, {"b": null}], "c": {}}),
    ]
    option_of_json: Option<Value> => Survives, Refused; [Some(json!({"a": 1}))]
    option_of_json_null: Option<Value> => Refused, Refused; [Some(Value::Null)]
    json_number: Number => Survives, Refused; [7.into(), Number::from(-7), Number::from_f64(0.5).unwrap()]
    json_map: Map<String, Value> => Survives, Refused; [Map::from_iter([("a".to_owned(), json!(1))])]
    order: Order => Survives, Survives; [order_with_meta(None)]
    order_with_json: Order => Survives, Refused; [order_with_meta(Some(json!({"gift": true})))]
}
