//! The rules of flash messages, written a second time: which payloads are messages, which of a
//! request are read, and what is done to a response.

use http::header::{HeaderMap, HeaderValue};
use sealed_session::{EncodeError, FlashError, Sent};

use crate::caches;
use crate::common::{attributes, cookie_value, other_set_cookies, set_cookies};
use crate::decode::{Accepted, Rules, values};
use crate::parts::Parts;
use crate::response::{check_too_large, ours};

/// A message: the byte of its level, and its text.
pub type Text = (u8, String);

/// The messages of a payload: one to eight of at most 1,024 bytes together, as postcard writes
/// them.
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

/// Whether a token has no id and no time but its creation. An age that overflows a u64 counts as
/// none.
pub fn is_plain(token: &Accepted) -> bool {
    let Parts { id, created, age, idle_override, .. } = token.parts;
    id == [0; 16] && created.saturating_add(age) == created && idle_override == 0
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
    pub received: Vec<Text>,
    /// The key of what received.
    key: Option<[u8; 2]>,
    pushed: Vec<Text>,
    /// What was taken, in order, and whether it was received.
    taken: Vec<(Text, bool)>,
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
            received: parse(&token.parts.payload).unwrap(),
            key: Some(token.key),
            ..Self::default()
        })
    }

    pub fn take_step(&mut self, step: &Step) -> StepResult {
        match step {
            Step::Push(level, text) => StepResult::Pushed(self.push((*level, text.clone()))),
            Step::Take => {
                let all = self.all();
                self.taken = self.queue();
                (self.received, self.pushed) = (vec![], vec![]);
                StepResult::Taken(all)
            }
            Step::Count => StepResult::Counted(self.all().len(), self.all().is_empty()),
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
            self.received.remove(0);
        }
        Ok(())
    }

    fn all(&self) -> Vec<Text> {
        [&self.received[..], &self.pushed].concat()
    }

    /// Everything, and whether it was received.
    fn queue(&self) -> Vec<(Text, bool)> {
        let received = self.received.iter().map(|text| (text.clone(), true));
        let pushed = self.pushed.iter().map(|text| (text.clone(), false));
        self.taken.iter().cloned().chain(received).chain(pushed).collect()
    }

    /// What this response does not show, and whether it was received. Without a body it shows
    /// nothing, and the oldest make room.
    fn unshown(&self, has_body: bool) -> Vec<(Text, bool)> {
        let mut queue = self.queue();
        if has_body {
            queue.drain(..self.taken.len());
        }
        let texts =
            |queue: &[(Text, bool)]| queue.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
        while queue.len() > 8 || !is_short(&texts(&queue)) {
            queue.remove(0);
        }
        queue
    }

    /// The row of the table for a response.
    pub fn row(&self, rules: &Rules, is_other_transport: bool, has_body: bool) -> FlashRow {
        let mut unshown = self.unshown(has_body);
        let is_pushed = unshown.iter().any(|(_, received)| !received);
        // Messages opened with a secret that this machine does not have may be forged.
        let known = self.key.is_none_or(|id| rules.keys.iter().any(|(_, key)| key.id == id));
        unshown.retain(|(_, received)| known || !received);
        match self.key {
            _ if is_other_transport => FlashRow::Withheld,
            _ if is_pushed => FlashRow::Set(unshown.into_iter().map(|(text, _)| text).collect()),
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

    /// What the token must hold.
    fn parts(&self, rules: &Rules, now: u64) -> Option<Parts> {
        let Self::Set(texts) = self else { return None };
        let payload = postcard::to_allocvec(texts).unwrap();
        Some(Parts { created: now, payload, ..Parts::default() }.padded(rules.padding))
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
        let name = &rules.scope.name;
        assert_eq!(other_set_cookies(after, name), other_set_cookies(before, name));
        self.check_cookie(model.shows(has_body), rules, now, [before, after]);
    }

    fn check_cookie(&self, shows: bool, rules: &Rules, now: u64, [before, after]: [&HeaderMap; 2]) {
        let name = &rules.scope.name;
        let [had, has] = [before, after].map(|headers| ours(headers, name));
        let (Self::Set(_) | Self::Removed) = self else {
            // The cookie of an earlier encoding goes with the messages in it.
            return assert_eq!(has, if shows { vec![] } else { had });
        };
        let [cookie] = has.try_into().unwrap();
        assert!(set_cookies(after, name).all(HeaderValue::is_sensitive));
        let value = cookie_value(&cookie, name).unwrap();
        let max_age = if value.is_empty() { 0 } else { 300 };
        assert_eq!(attributes(&cookie), rules.attributes(Some(max_age)));
        let found = (!value.is_empty()).then(|| rules.open_sent(value));
        assert_eq!(found, self.parts(rules, now));
    }
}
