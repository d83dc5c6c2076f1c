//! The rules of flash messages, a second time: which payload is one of messages, what a request brings,
//! and what a response says.

use http::header::{HeaderMap, HeaderValue};
use sealed_session::{EncodeError, FlashError, Sent};

use crate::answer::{check_too_large, ours};
use crate::caches;
use crate::common::{attributes, cookie_value, other_set_cookies, set_cookies};
use crate::machine::{Machine, Standing, values};
use crate::parts::Parts;

/// A level, by its byte, and a text.
pub type Text = (u8, String);

/// The messages of a payload, if it is one: one to eight of 1,024 bytes together, as postcard writes them.
pub fn parse(payload: &[u8]) -> Option<Vec<Text>> {
    let (texts, rest) = postcard::take_from_bytes::<Vec<Text>>(payload).ok()?;
    let is_one = (1..=8).contains(&texts.len()) && is_short(&texts) && rest.is_empty();
    let is_one = is_one && texts.iter().all(|(level, _)| *level < 4);
    (is_one && postcard::to_allocvec(&texts).unwrap() == payload).then_some(texts)
}

fn len(texts: &[Text]) -> usize {
    texts.iter().map(|(_, text)| text.len()).sum()
}

fn is_short(texts: &[Text]) -> bool {
    len(texts) <= 1024
}

/// Messages have neither an id nor times but their beginning; an age that leads beyond a u64 is none.
pub fn is_plain(token: &Standing) -> bool {
    let Parts { id, created, age, own, .. } = token.parts;
    id == [0; 16] && created.saturating_add(age) == created && own == 0
}

/// What a handler does.
#[derive(Debug)]
pub enum Step {
    Push(u8, String),
    Take,
    Count,
}

/// What it gets.
#[derive(Debug, PartialEq)]
pub enum Said {
    Pushed(Result<(), FlashError>),
    Taken(Vec<Text>),
    Counted(usize, bool),
}

/// The messages of a request, and of its handler.
#[derive(Debug, Default)]
pub struct Messages {
    pub arrived: Vec<Text>,
    /// The key of what arrived.
    key: Option<[u8; 2]>,
    pushed: Vec<Text>,
    taken: bool,
}

impl Messages {
    pub fn arriving(machine: &Machine, header: &HeaderMap, over_the_other: bool, now: u64) -> Self {
        if over_the_other {
            return Self::default();
        }
        let verdicts = machine.verdicts(&values(header, &machine.scope.name), now);
        let standing = verdicts.into_iter().filter_map(Result::ok).filter(is_plain);
        // Of equals the last; only tokens made by hand have equal nonces.
        let newest = standing.max_by_key(|token| (token.parts.created, token.nonce));
        newest.map_or_else(Self::default, |token| Self {
            arrived: parse(&token.parts.payload).unwrap(),
            key: Some(token.key),
            ..Self::default()
        })
    }

    pub fn take_step(&mut self, step: &Step) -> Said {
        match step {
            Step::Push(level, text) => Said::Pushed(self.push((*level, text.clone()))),
            Step::Take => {
                let all = self.all();
                self.taken |= !all.is_empty();
                (self.arrived, self.pushed) = (vec![], vec![]);
                Said::Taken(all)
            }
            Step::Count => Said::Counted(self.all().len(), self.all().is_empty()),
        }
    }

    fn push(&mut self, text: Text) -> Result<(), FlashError> {
        let bytes = len(&self.pushed) + text.1.len();
        if self.pushed.len() == 8 {
            return Err(FlashError::TooMany { limit: 8 });
        }
        if bytes > 1024 {
            return Err(FlashError::TooLong { bytes, limit: 1024 });
        }
        self.pushed.push(text);
        while self.all().len() > 8 || !is_short(&self.all()) {
            self.arrived.remove(0);
        }
        Ok(())
    }

    fn all(&self) -> Vec<Text> {
        [&self.arrived[..], &self.pushed].concat()
    }

    /// The row of the table.
    pub fn row(&self, machine: &Machine, over_the_other: bool) -> FlashRow {
        let known = self.key.is_none_or(|id| machine.keys.iter().any(|(_, key)| key.id == id));
        match self.key {
            _ if over_the_other => FlashRow::Withheld,
            _ if !self.pushed.is_empty() && known => FlashRow::Set(self.all()),
            // What a secret opened that this machine does not have is as good as forged.
            _ if !self.pushed.is_empty() => FlashRow::Set(self.pushed.clone()),
            Some(_) if self.taken => FlashRow::Removed,
            _ => FlashRow::Unchanged,
        }
    }

    /// The layer logs an error, and sends the response as it was.
    pub fn check_layer(
        &self,
        machine: &Machine,
        over_the_other: bool,
        now: u64,
        unused: bool,
        [before, after]: [&HeaderMap; 2],
    ) {
        let row = self.row(machine, over_the_other);
        if unused || row.size(machine, now).is_some_and(|size| size > machine.max_set_cookie_len) {
            return assert_eq!(after, before);
        }
        let sent = row.sent();
        row.check(self, machine, now, &Ok(sent), [before, after]);
    }
}

/// A row of the table: what is done to a response.
#[derive(Debug)]
pub enum FlashRow {
    Withheld,
    Unchanged,
    Removed,
    Set(Vec<Text>),
}

impl FlashRow {
    fn sent(&self) -> Sent {
        match self {
            Self::Withheld => Sent::Withheld,
            Self::Unchanged => Sent::Unchanged,
            Self::Removed => Sent::Removed,
            Self::Set(_) => Sent::Set,
        }
    }

    /// What the token is to hold.
    fn parts(&self, machine: &Machine, now: u64) -> Option<Parts> {
        let Self::Set(texts) = self else { return None };
        let payload = postcard::to_allocvec(texts).unwrap();
        Some(Parts { created: now, payload, ..Parts::default() }.padded(machine.padding))
    }

    /// Bytes of the `Set-Cookie` header.
    fn size(&self, machine: &Machine, now: u64) -> Option<usize> {
        self.parts(machine, now).map(|parts| machine.set_cookie_len(parts.token_len(), Some(300)))
    }

    pub fn check(
        &self,
        model: &Messages,
        machine: &Machine,
        now: u64,
        result: &Result<Sent, EncodeError>,
        [before, after]: [&HeaderMap; 2],
    ) {
        if let Some(bytes) =
            self.size(machine, now).filter(|bytes| *bytes > machine.max_set_cookie_len)
        {
            check_too_large(bytes, machine, result);
            return assert_eq!(after, before);
        }
        assert_eq!(*result.as_ref().unwrap(), self.sent());
        caches::check(
            before,
            after,
            matches!(self, Self::Set(_) | Self::Removed),
            model.key.is_some(),
        );
        let name = &machine.scope.name;
        assert_eq!(other_set_cookies(after, name), other_set_cookies(before, name));
        self.check_cookie(model, machine, now, [before, after]);
    }

    fn check_cookie(
        &self,
        model: &Messages,
        machine: &Machine,
        now: u64,
        [before, after]: [&HeaderMap; 2],
    ) {
        let name = &machine.scope.name;
        let [had, has] = [before, after].map(|headers| ours(headers, name));
        let (Self::Set(_) | Self::Removed) = self else {
            // The cookie of an earlier encoding goes with the messages in it.
            return assert_eq!(has, if model.taken { vec![] } else { had });
        };
        let [cookie] = has.try_into().unwrap();
        assert!(set_cookies(after, name).all(HeaderValue::is_sensitive));
        let value = cookie_value(&cookie, name).unwrap();
        let max_age = if value.is_empty() { 0 } else { 300 };
        assert_eq!(attributes(&cookie), machine.attributes(Some(max_age)));
        let found = (!value.is_empty()).then(|| machine.opened(value));
        assert_eq!(found, self.parts(machine, now));
    }
}
