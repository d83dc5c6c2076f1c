//! What an answer is to be, and whether it is.

use std::collections::BTreeSet;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use sealed_session::{EncodeError, Sent};

use crate::caches;
use crate::format::Frame;
use crate::machine::Machine;
use crate::model::Model;
use crate::parts::Parts;

#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Withheld,
    Unchanged,
    Removed,
    Set { created: u64, renewed: u64, max_age: Option<u64> },
}

impl Answer {
    /// Holds an answer against it, and returns what the token in it holds.
    pub fn check(
        self,
        model: &Model,
        machine: &Machine,
        result: &Result<Sent, EncodeError>,
        [before, after]: [&HeaderMap; 2],
    ) -> Option<Parts> {
        if let Self::Set { created, renewed, max_age } = self {
            let parts = model.parts(machine, created, renewed);
            let size = machine.set_cookie_len(parts.token_len(), max_age);
            if size > machine.max_set_cookie_len {
                let Err(EncodeError::TooLarge { size: said, limit }) = result else {
                    panic!("{size} bytes are too many: {result:?}")
                };
                assert_eq!([*said, *limit], [size, machine.max_set_cookie_len]);
                assert_eq!(after, before);
                return None;
            }
        }
        assert_eq!(*result.as_ref().unwrap(), self.sent());
        self.check_fields(model, machine, before, after);
        self.check_line(model, machine, before, after)
    }

    fn check_fields(self, model: &Model, machine: &Machine, before: &HeaderMap, after: &HeaderMap) {
        let wrote = matches!(self, Self::Set { .. } | Self::Removed);
        caches::check(before, after, wrote, model.arrived_loaded());
        assert_eq!(foreign(machine, after), foreign(machine, before));
    }

    fn check_line(
        self,
        model: &Model,
        machine: &Machine,
        before: &HeaderMap,
        after: &HeaderMap,
    ) -> Option<Parts> {
        let ours = |headers| {
            lines(machine, headers).map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>()
        };
        assert!(
            ours(after) == ours(before) || lines(machine, after).all(HeaderValue::is_sensitive)
        );
        match self {
            Self::Withheld => assert_eq!(ours(after), ours(before)),
            // The line of an earlier encoding goes at log-out; of a session that was set back it is left open.
            Self::Unchanged => {
                let stays = !model.invalidated && ours(after) == ours(before);
                assert!(stays || ours(after).is_empty());
            }
            Self::Removed => {
                let [line] = ours(after).try_into().unwrap();
                assert_eq!(value_of(machine, &line), Some(&b""[..]));
                assert_eq!(attributes(&line), machine.attributes(Some(0)));
            }
            Self::Set { created, renewed, max_age } => {
                let [line] = ours(after).try_into().unwrap();
                assert_eq!(attributes(&line), machine.attributes(max_age));
                let found = opened(machine, value_of(machine, &line).unwrap());
                let id = model.id.unwrap_or(found.id);
                assert_eq!(found, Parts { id, ..model.parts(machine, created, renewed) });
                return Some(found);
            }
        }
        None
    }

    pub fn sent(self) -> Sent {
        match self {
            Self::Withheld => Sent::Withheld,
            Self::Unchanged => Sent::Unchanged,
            Self::Removed => Sent::Removed,
            Self::Set { .. } => Sent::Set,
        }
    }
}

/// The lines of the machine's cookie.
pub fn lines<'h>(
    machine: &Machine,
    headers: &'h HeaderMap,
) -> impl Iterator<Item = &'h HeaderValue> {
    headers.get_all(SET_COOKIE).iter().filter(|line| value(machine, line).is_some())
}

/// The lines of other cookies, in order.
pub fn foreign(machine: &Machine, headers: &HeaderMap) -> Vec<HeaderValue> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines.filter(|line| value(machine, line).is_none()).cloned().collect()
}

/// What the token of a line holds, which the current secret has to open.
pub fn opened(machine: &Machine, token: &[u8]) -> Parts {
    let frame = Frame::parse(token).expect("a token");
    let body = machine.keys[0].1.open(&frame).expect("sealed under the current secret");
    Parts::parse(&body).expect("a well-formed body")
}

fn value<'h>(machine: &Machine, line: &'h HeaderValue) -> Option<&'h [u8]> {
    value_of(machine, line.as_bytes())
}

pub fn value_of<'h>(machine: &Machine, line: &'h [u8]) -> Option<&'h [u8]> {
    let pair = line.split(|byte| *byte == b';').next().unwrap();
    pair.trim_ascii().strip_prefix(machine.scope.name.as_bytes())?.strip_prefix(b"=")
}

pub fn attributes(line: &[u8]) -> BTreeSet<String> {
    let line = str::from_utf8(line).unwrap();
    line.split("; ").skip(1).map(str::to_owned).collect()
}
