//! Types of the standard library.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::ffi::{CString, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::table;

/// An atomic that can be compared.
#[derive(Debug, Serialize, Deserialize)]
struct Counter(AtomicU32);

impl Counter {
    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clone for Counter {
    fn clone(&self) -> Self {
        Self(self.get().into())
    }
}

impl PartialEq for Counter {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

fn v6() -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)
}

fn before_1970() -> SystemTime {
    SystemTime::UNIX_EPOCH - Duration::from_secs(1)
}

type Failing<T> = Result<T, String>;

table! {
    string: String => Survives, Survives; [String::new(), "alice".into(), "\0é\u{10ffff}".repeat(40)]
    boxed_str: Box<str> => Survives, Survives; ["".into(), "alice".into()]
    /// A `Cow` that borrows is no `DeserializeOwned`: this one comes back owned, and is equal.
    cow: Cow<'static, str> => Survives, Survives; [Cow::Borrowed("a"), Cow::Owned("b".into())]
    cow_of_a_list: Cow<'static, [u8]> => Survives, Survives; [Cow::Borrowed(&[]), Cow::Owned(vec![1])]
    c_string: CString => Survives, Survives; [CString::default(), c"alice".into()]
    os_string: OsString => Survives, Survives; [OsString::new(), "alice".into()]
    path_buf: PathBuf => Survives, Survives; [PathBuf::new(), "/srv/a b".into()]
    boxed: Box<u32> => Survives, Survives; [Box::new(0), Box::new(300)]
    boxed_slice: Box<[u16]> => Survives, Survives; [Box::new([]), Box::new([1, 300])]
    rc: Rc<str> => Survives, Survives; ["".into(), "alice".into()]
    arc: Arc<Vec<u32>> => Survives, Survives; [Arc::default(), Arc::new(vec![1])]
    cell: Cell<u32> => Survives, Survives; [Cell::new(0), Cell::new(1)]
    ref_cell: RefCell<String> => Survives, Survives; [RefCell::default(), RefCell::new("a".into())]
    atomic: Counter => Survives, Survives; [Counter(0.into()), Counter(300.into())]
    reverse: Reverse<u32> => Survives, Survives; [Reverse(0), Reverse(1)]
    duration: Duration => Survives, Survives; [Duration::ZERO, Duration::new(1, 999_999_999), Duration::MAX]
    system_time: SystemTime => Survives, Survives; [
        SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::new(1_800_000_000, 1),
    ]
    /// Serde has no such time.
    system_time_before_1970: SystemTime => Refused, Refused; [before_1970()]
    ipv4: Ipv4Addr => Survives, Survives; [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST]
    ipv6: Ipv6Addr => Survives, Survives; [Ipv6Addr::UNSPECIFIED, v6()]
    ip: IpAddr => Survives, Survives; [Ipv4Addr::LOCALHOST.into(), v6().into()]
    socket_v4: SocketAddrV4 => Survives, Survives; [SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080)]
    socket: SocketAddr => Survives, Survives; [SocketAddr::from(([127, 0, 0, 1], 80)), SocketAddr::new(v6().into(), 443)]
    socket_v6: SocketAddrV6 => Survives, Survives; [SocketAddrV6::new(v6(), 443, 0, 0)]
    /// Serde writes neither the flow of an address nor its scope.
    socket_v6_with_a_scope: SocketAddrV6 => Alike, Alike; [SocketAddrV6::new(v6(), 443, 0, 1)]
    range: Range<u32> => Survives, Survives; [0..0, 1..300]
    range_inclusive: RangeInclusive<i64> => Survives, Survives; [0..=0, -1..=300]
    range_from: RangeFrom<u8> => Survives, Survives; [0.., 7..]
    range_to: RangeTo<u8> => Survives, Survives; [..0, ..7]
    bound: Bound<u32> => Survives, Survives; [Bound::Unbounded, Bound::Included(1), Bound::Excluded(300)]
    result: Failing<u32> => Survives, Survives; [Ok(1), Err("no".into())]
    result_of_units: Result<(), ()> => Survives, Survives; [Ok(()), Err(())]
    option: Option<u32> => Survives, Survives; [None, Some(0), Some(300)]
    option_of_text: Option<String> => Survives, Survives; [None, Some(String::new())]
    nested_option: Option<Option<u32>> => Survives, Survives; [None, Some(Some(1))]
    some_of_none: Option<Option<u32>> => Refused, Survives; [Some(None)]
    option_of_unit: Option<()> => Survives, Survives; [None]
    some_of_unit: Option<()> => Refused, Survives; [Some(())]
}
