//! The rules of flash messages, written a second time: which payloads are messages, which of a
//! request are read, and what is done to a response.

use http::header::{HeaderMap, HeaderValue};
use sealed_session::{EncodeError, FlashError, Sent};

use crate::caches;
use crate::common::{attributes, cookie_value, other_set_cookies, set_cookies};
use crate::decode::{Accepted, Rules, values};
use crate::parts::{Parts, take_varint, varint};
use crate::response::{check_too_large, ours};

/// A message: the byte of its level, and its text.
pub type Text = (u8, String);
/// A message, and when it was pushed: none for one of this request.
pub type Timed = (Text, Option<u64>);

/// The messages of a payload, each with its age: one to eight of at most 1,024 bytes together.
pub fn parse(mut payload: &[u8]) -> Option<Vec<(Text, u64)>> {
    let (all, rest) = (payload, &mut payload);
    let count = take_varint(rest).filter(|count| (1..=8).contains(count))?;
    let texts = (0..count).map(|_| take_text(rest)).collect::<Option<Vec<_>>>()?;
    let is_short = texts.iter().map(|((_, text), _)| text.len()).sum::<usize>() <= 1024;
    (is_short && render(&texts) == all).then_some(texts)
}

fn take_text(rest: &mut &[u8]) -> Option<(Text, u64)> {
    let (level, tail) = rest.split_first()?;
    *rest = tail;
    let age = if *level < 0x80 { 0 } else { take_varint(rest)? };
    let len = usize::try_from(take_varint(rest)?).ok()?;
    let (text, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    let level = level & 0x7f;
    (level < 4).then_some(((level, String::from_utf8(text.to_vec()).ok()?), age))
}

/// The payload of messages, each with its age. Without an age they are what postcard writes.
pub fn render(texts: &[(Text, u64)]) -> Vec<u8> {
    let mut payload = varint(texts.len() as u64);
    for ((level, text), age) in texts {
        if *age == 0 {
            payload.push(*level);
        } else {
            payload.push(0x80 | level);
            payload.extend(varint(*age));
        }
        payload.extend(varint(text.len() as u64));
        payload.extend(text.as_bytes());
    }
    if texts.iter().all(|(_, age)| *age == 0) {
        let plain: Vec<&Text> = texts.iter().map(|(text, _)| text).collect();
        assert_eq!(postcard::to_allocvec(&plain).unwrap(), payload);
    }
    payload
}

/// When each message of a token was pushed. An age may not reach back before 1970.
fn pushed(token: &Accepted) -> Option<Vec<Timed>> {
    let texts = parse(&token.parts.payload)?.into_iter();
    texts.map(|(text, age)| Some((text, Some(token.parts.created.checked_sub(age)?)))).collect()
}

/// Whether a message may be shown at `now`.
pub fn lasts((_, pushed_at): &Timed, now: u64) -> bool {
    pushed_at.is_none_or(|pushed_at| now < pushed_at.saturating_add(300))
}

pub fn texts(messages: &[Timed]) -> Vec<Text> {
    messages.iter().map(|(text, _)| text.clone()).collect()
}

fn len(messages: &[Timed]) -> usize {
    messages.iter().map(|((_, text), _)| text.len()).sum()
}

fn fits(messages: &[Timed]) -> bool {
    messages.len() <= 8 && len(messages) <= 1024
}

/// Whether a token has no id, no time but its creation, and no age before 1970.
pub fn is_plain(token: &Accepted) -> bool {
    token.parts.has_only_created() && pushed(token).is_some()
}

/// What a handler does.
#[derive(Debug)]
pub enum Step {
    Push(u8, String),
    Take,
    Count,
}

/// What a step returns.
#[derive(Debug, PartialEq)]
pub enum StepResult {
    Pushed(Result<(), FlashError>),
    Taken(Vec<Text>),
    Counted(usize, bool),
}

/// The messages of a request, and of its handler.
#[derive(Debug, Default)]
pub struct Messages {
    /// What was taken, in order.
    taken: Vec<Timed>,
    /// What was received and not taken.
    received: Vec<Timed>,
    /// The key of what was received.
    key: Option<[u8; 2]>,
    pushed: Vec<Timed>,
}

impl Messages {
    pub fn received_by(
        rules: &Rules,
        header: &HeaderMap,
        is_other_transport: bool,
        now: u64,
    ) -> Self {
        if is_other_transport {
            return Self::default();
        }
        let verdicts = rules.verdicts(&values(header, &rules.scope.name), now);
        let accepted = verdicts.into_iter().filter_map(Result::ok).filter(is_plain);
        // Of equals the last one sent.
        let newest = accepted.max_by_key(|token| (token.parts.created, token.nonce));
        newest.map_or_else(Self::default, |token| Self {
            received: pushed(&token).unwrap().into_iter().filter(|one| lasts(one, now)).collect(),
            key: Some(token.key),
            ..Self::default()
        })
    }

    pub fn take_step(&mut self, step: &Step) -> StepResult {
        match step {
            Step::Push(level, text) => StepResult::Pushed(self.push((*level, text.clone()))),
            Step::Take => {
                let all = self.waiting();
                self.taken.extend(all.clone());
                (self.received, self.pushed) = (vec![], vec![]);
                StepResult::Taken(texts(&all))
            }
            Step::Count => StepResult::Counted(self.waiting().len(), self.waiting().is_empty()),
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
        self.pushed.push((text, None));
        while !fits(&self.waiting()) {
            self.received.remove(0);
        }
        Ok(())
    }

    fn waiting(&self) -> Vec<Timed> {
        [&self.received[..], &self.pushed].concat()
    }

    /// What this response does not show. Without a body it shows nothing, and the oldest make room.
    fn unshown(&self, has_body: bool) -> Vec<Timed> {
        if has_body {
            return self.waiting();
        }
        let mut queue = [&self.taken[..], &self.waiting()].concat();
        while !fits(&queue) {
            queue.remove(0);
        }
        queue
    }

    /// The row of the table for a response.
    pub fn row(&self, rules: &Rules, is_other_transport: bool, has_body: bool) -> FlashRow {
        let mut unshown = self.unshown(has_body);
        let is_pushed = unshown.iter().any(|(_, pushed_at)| pushed_at.is_none());
        // Messages opened with a secret that this machine does not have may be forged.
        let known = self.key.is_none_or(|id| rules.keys.iter().any(|(_, key)| key.id == id));
        unshown.retain(|(_, pushed_at)| known || pushed_at.is_none());
        match self.key {
            _ if is_other_transport => FlashRow::Withheld,
            _ if is_pushed => FlashRow::Set(unshown),
            Some(_) if self.shows(has_body) => FlashRow::Removed,
            _ => FlashRow::Unchanged,
        }
    }

    fn shows(&self, has_body: bool) -> bool {
        has_body && !self.taken.is_empty()
    }

    /// Compares a response of the layer, which does not change it if there is an error.
    pub fn check_layer(
        &self,
        rules: &Rules,
        is_other_transport: bool,
        now: u64,
        [unused, has_body]: [bool; 2],
        [before, after]: [&HeaderMap; 2],
    ) {
        let row = self.row(rules, is_other_transport, has_body);
        if unused || row.size(rules, now).is_some_and(|size| size > rules.max_set_cookie_len) {
            return assert_eq!(after, before);
        }
        let sent = row.sent();
        row.check((self, has_body), rules, now, &Ok(sent), [before, after]);
    }
}

/// A row of the table: what is done to a response.
#[derive(Debug)]
pub enum FlashRow {
    Withheld,
    Unchanged,
    Removed,
    Set(Vec<Timed>),
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

    /// What the token must hold.
    fn parts(&self, rules: &Rules, now: u64) -> Option<Parts> {
        let Self::Set(messages) = self else { return None };
        let lasting = messages.iter().filter(|message| lasts(message, now));
        let times = lasting.map(|(text, pushed_at)| (text.clone(), pushed_at.unwrap_or(now)));
        let times: Vec<_> = times.collect();
        // Later than now if the clock of the machine that sealed them was ahead.
        let created = times.iter().map(|(_, pushed_at)| *pushed_at).max().unwrap().max(now);
        let ages = times.into_iter().map(|(text, pushed_at)| (text, created - pushed_at));
        let payload = render(&ages.collect::<Vec<_>>());
        Some(Parts { created, payload, ..Parts::default() }.padded(rules.padding))
    }

    /// The length of the `Set-Cookie` header.
    fn size(&self, rules: &Rules, now: u64) -> Option<usize> {
        self.parts(rules, now).map(|parts| rules.set_cookie_len(parts.token_len(), Some(300)))
    }

    pub fn check(
        &self,
        (model, has_body): (&Messages, bool),
        rules: &Rules,
        now: u64,
        result: &Result<Sent, EncodeError>,
        [before, after]: [&HeaderMap; 2],
    ) {
        if let Some(bytes) = self.size(rules, now).filter(|bytes| *bytes > rules.max_set_cookie_len)
        {
            check_too_large(bytes, rules, result);
            return assert_eq!(after, before);
        }
        assert_eq!(*result.as_ref().unwrap(), self.sent());
        caches::check(
            before,
            after,
            matches!(self, Self::Set(_) | Self::Removed),
            model.key.is_some(),
        );
        let cookie = rules.scope.cookie();
        assert_eq!(other_set_cookies(after, cookie), other_set_cookies(before, cookie));
        self.check_cookie(model.shows(has_body), rules, now, [before, after]);
    }

    fn check_cookie(&self, shows: bool, rules: &Rules, now: u64, [before, after]: [&HeaderMap; 2]) {
        let (name, identity) = (&rules.scope.name, rules.scope.cookie());
        let [had, has] = [before, after].map(|headers| ours(headers, identity));
        let (Self::Set(_) | Self::Removed) = self else {
            // The cookie of an earlier encoding goes with the messages in it.
            return assert_eq!(has, if shows { vec![] } else { had });
        };
        let [cookie] = has.try_into().unwrap();
        assert!(set_cookies(after, identity).all(HeaderValue::is_sensitive));
        let value = cookie_value(&cookie, name).unwrap();
        let max_age = if value.is_empty() { 0 } else { 300 };
        assert_eq!(attributes(&cookie), rules.attributes(Some(max_age)));
        let found = (!value.is_empty()).then(|| rules.open_sent(value));
        assert_eq!(found, self.parts(rules, now));
    }
}
