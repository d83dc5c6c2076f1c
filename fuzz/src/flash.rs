//! A `Cookie` header with flash messages of every kind, what a handler says and reads, and the answers: what each is
//! to be, a second time.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ choices of a byte each, and texts, in the order of `run`
//!         flags & 4: through the tower layer, at the machine's own clock
//!         flags & 8: the rest are the fields, a line each
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

use http::Response;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use sealed_session::{EncodeError, FlashError, FlashHandle, FlashLayer, Level, Message, Sent};

use crate::answer::{attributes, foreign, lines, opened, value_of};
use crate::caches;
use crate::handler::{at, response, status};
use crate::input::{Input, Scene, fields};
use crate::layer::serve;
use crate::machine::{Machine, Standing, values};
use crate::parts::Parts;
use crate::site::{Coder, Site, site};
use crate::token::edit;

/// A level, by its byte, and a text.
pub type Text = (u8, String);

const LEVELS: [Level; 4] = [Level::Info, Level::Success, Level::Warning, Level::Error];
/// Flags of a scene.
const LAYER: u8 = 4;
const FIELDS: u8 = 8;
/// Some second that every clock has.
const LATEST: u64 = u64::MAX >> 2;

/// What a coder says, whatever its payload.
macro_rules! coded {
    ($site:expr, $coder:ident => $said:expr) => {
        match &$site.coder {
            Coder::Dict($coder) => $said,
            Coder::Account($coder) => $said,
            Coder::Profile($coder) => $said,
        }
    };
}

/// A step of a handler, with messages or with a handle of them.
macro_rules! done {
    ($flash:expr, $step:expr) => {
        match $step {
            Step::Push(level, text) => {
                Said::Pushed($flash.push(LEVELS[usize::from(*level)], text.as_str()))
            }
            Step::Take => Said::Taken(read(&$flash.take())),
            Step::Count => Said::Counted($flash.len(), $flash.is_empty()),
        }
    };
}

/// What opens is what was sealed, and within its 300 seconds; what is sent is what the table says; no flash token is a
/// session, and no session a message.
pub fn run(data: &[u8]) {
    let Some(scene) = Scene::read(data) else { return };
    if scene.flags & LAYER == 0 {
        visit(&scene);
    } else {
        // Until it falls within one second.
        while !visit_layer(&scene) {}
    }
}

fn visit(scene: &Scene<'_>) {
    let (site, arrives) = (scene.site, scene.site.arrives(scene.flags));
    let (header, mut input) = read_header(scene, scene.now);
    match input.below(4) {
        2 => drop(site.check(scene, &header)),
        3 => check_received(site, &header),
        _ => {}
    }

    let mut model =
        Messages::arriving(&site.flash, &header, arrives != site.machine.transport, scene.now);
    let mut flash = coded!(site, coder => coder.decode_flash_at(&header, arrives, scene.instant));
    let mut headers = response(&site.flash.scope.name, &mut input);
    for _ in 0..=input.below(2) {
        for step in steps(&mut input) {
            assert_eq!(done!(flash, &step), model.take_step(&step));
        }
        let sender = if input.rarely(4) { self::site(input.byte()) } else { site };
        let now = scene.now.saturating_add(input.byte().into()).min(LATEST);
        let (before, instant) = (headers.clone(), at(now, &mut input));
        let answer = model.answer(&sender.flash, arrives != sender.machine.transport);
        let result = coded!(sender, coder => coder.encode_flash_at(&flash, &mut headers, instant));
        answer.check(&model, &sender.flash, now, &result, [&before, &headers]);
        if let (Answer::Set(texts), Ok(_)) = (answer, result) {
            let next = now.saturating_add_signed(input.pick(&[0, 299, 300, -300, -301]));
            check_next(sender, &headers, &texts, next.min(LATEST));
        }
    }
    assert_eq!(done!(flash, &Step::Take), model.take_step(&Step::Take));
}

/// The same through the layer; whether it fell within one second.
fn visit_layer(scene: &Scene<'_>) -> bool {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (site, arrives, now) = (scene.site, scene.site.arrives(scene.flags), clock());
    let (header, mut input) = read_header(scene, now);
    let before = response(&site.flash.scope.name, &mut input);
    let (status, steps) = (status(&mut input), steps(&mut input));

    let layer = coded!(site, coder => FlashLayer::new(coder.clone())).transport(arrives);
    let mut kept = None;
    let answer = serve(&layer, &header, |flash: &FlashHandle| {
        kept = Some(flash.clone());
        let mut answer =
            Response::new(steps.iter().map(|step| done!(flash, step)).collect::<Vec<_>>());
        (*answer.status_mut(), *answer.headers_mut()) = (status, before.clone());
        answer
    });
    if clock() != now {
        return false;
    }
    check_late(&kept.unwrap());
    assert_eq!(answer.status(), status);
    let mut model =
        Messages::arriving(&site.flash, &header, arrives != site.machine.transport, now);
    let said: Vec<_> = steps.iter().map(|step| model.take_step(step)).collect();
    assert_eq!(answer.body().as_ref(), Some(&said));
    model.check_layer(
        &site.flash,
        arrives != site.machine.transport,
        now,
        steps.is_empty(),
        [&before, answer.headers()],
    );
    true
}

/// Once the head has gone, nothing is said and nothing read.
fn check_late(flash: &FlashHandle) {
    assert_eq!(flash.push(Level::Info, "late"), Err(FlashError::TooLate));
    assert!(flash.take().is_empty() && flash.is_empty());
}

/// What a line of an answer holds is read, whatever its time.
fn check_received(site: &Site, header: &HeaderMap) {
    for value in values(header, &site.flash.scope.name) {
        let line = [site.flash.scope.name.as_bytes(), b"=", value, b"; Secure"].concat();
        let headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_bytes(&line).unwrap())]);
        let received = coded!(site, coder => coder.received_flash(&headers));
        let found = site.flash.open(value, &mut 0).ok().filter(is_plain);
        let found = found.map(|token| texts(&token.parts.payload).unwrap());
        assert_eq!(received.map(|mut flash| read(&flash.take())), found);
    }
}

/// What the browser sends back at `now`.
fn check_next(site: &Site, headers: &HeaderMap, sent: &[Text], now: u64) {
    let line = lines(&site.flash, headers).next().unwrap().as_bytes();
    let field = HeaderValue::from_bytes(line.split(|byte| *byte == b';').next().unwrap()).unwrap();
    let header = HeaderMap::from_iter([(COOKIE, field)]);
    let stands = !Messages::arriving(&site.flash, &header, false, now).arrived.is_empty();
    let instant = at(now, &mut Input::new(&[]));
    let mut next =
        coded!(site, coder => coder.decode_flash_at(&header, coder.transport(), instant));
    assert_eq!(read(&next.take()), if stands { sent } else { &[] });
}

// What is said.

#[derive(Debug)]
enum Step {
    Push(u8, String),
    Take,
    Count,
}

#[derive(Debug, PartialEq)]
enum Said {
    Pushed(Result<(), FlashError>),
    Taken(Vec<Text>),
    Counted(usize, bool),
}

fn steps(input: &mut Input<'_>) -> Vec<Step> {
    let step = |input: &mut Input<'_>| match input.below(8) {
        0..=4 => Step::Push(text_level(input), text(input)),
        5 | 6 => Step::Take,
        _ => Step::Count,
    };
    (0..input.below(12)).map(|_| step(input)).collect()
}

fn text_level(input: &mut Input<'_>) -> u8 {
    input.byte() % 4
}

/// A short text mostly, or one about as long as all may be.
fn text(input: &mut Input<'_>) -> String {
    match input.below(8) {
        0..=4 => input.text(24).into(),
        5 => "x".repeat(100 + input.below(100)),
        6 => "é".repeat(usize::from(input.take::<u16>()) % 520),
        _ => "x".repeat(1020 + input.below(8)),
    }
}

fn read(messages: &[Message]) -> Vec<Text> {
    let level =
        |message: &Message| LEVELS.iter().position(|level| *level == message.level()).unwrap();
    messages
        .iter()
        .map(|message| (u8::try_from(level(message)).unwrap(), message.text().into()))
        .collect()
}

// What is sent.

/// What is sent, and what is left of the input.
fn read_header<'d>(scene: &Scene<'d>, now: u64) -> (HeaderMap, Input<'d>) {
    if scene.flags & FIELDS != 0 {
        return (fields(scene.rest.split(|byte| *byte == b'\n')), Input::new(&[]));
    }
    let mut input = Input::new(scene.rest);
    (header(scene.site, now, &mut input), input)
}

/// Cookies, mostly of our name.
fn header(site: &Site, now: u64, input: &mut Input<'_>) -> HeaderMap {
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let mut pairs = Vec::new();
    for _ in 0..input.below(11) {
        let name = match input.below(16) {
            14 => site.machine.scope.name.clone(),
            15 => format!("{}2", site.flash.scope.name),
            _ => site.flash.scope.name.clone(),
        };
        let value = value(site, now, &sent, input);
        pairs.push([name.as_bytes(), b"=", &value].concat());
        sent.push(value);
    }
    if input.rarely(2) {
        pairs = vec![pairs.join(&b"; "[..])];
    }
    fields(pairs.iter().map(Vec::as_slice))
}

/// One of our keys mostly, or of another site, or of sessions; or a session; or one that was sent before.
fn value(site: &Site, now: u64, sent: &[Vec<u8>], input: &mut Input<'_>) -> Vec<u8> {
    let machine = match input.below(16) {
        10 => &self::site(input.byte()).flash,
        11 => &site.machine,
        12 => return input.pick(&site.cast).into_bytes(),
        13 => return input.bytes(64).to_vec(),
        14 => return sent.get(input.below(11)).cloned().unwrap_or_default(),
        _ => &site.flash,
    };
    let (_, key) = input.pick(&machine.keys);
    let nonce = if input.rarely(4) { input.take() } else { [input.byte(); 24] };
    let mut value = key.seal(&nonce, &body(now, input)).into_bytes();
    if input.rarely(8) {
        edit(&mut value, input);
    }
    value
}

/// The body of messages, rarely one that is none.
fn body(now: u64, input: &mut Input<'_>) -> Vec<u8> {
    let most = if input.rarely(16) { 10 } else { 4 };
    let count = 1 + input.below(most);
    let mut texts: Vec<Text> = (0..count).map(|_| (text_level(input), text(input))).collect();
    if input.rarely(16) {
        texts.clear();
    }
    let mut payload = postcard::to_allocvec(&texts).unwrap();
    if input.rarely(8) {
        edit(&mut payload, input);
    }
    let created = if input.rarely(2) {
        now.saturating_add(input.number())
    } else {
        now.saturating_sub(input.number())
    };
    let mut parts = Parts { created, pad: input.below(4) as u64, payload, ..Parts::default() };
    match input.below(32) {
        29 => parts.id = [input.byte(); 16],
        30 => parts.age = input.number(),
        31 => parts.own = input.number(),
        _ => {}
    }
    let mut body = parts.render();
    if input.rarely(16) {
        edit(&mut body, input);
    }
    body
}

// The rules.

/// The messages of a payload, if it is one: one to eight of 1,024 bytes together, as postcard writes them.
pub fn texts(payload: &[u8]) -> Option<Vec<Text>> {
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
fn is_plain(token: &Standing) -> bool {
    let Parts { id, created, age, own, .. } = token.parts;
    id == [0; 16] && created.saturating_add(age) == created && own == 0
}

/// What a request has to say, and the handler.
#[derive(Debug, Default)]
struct Messages {
    arrived: Vec<Text>,
    /// The key of what arrived.
    key: Option<[u8; 2]>,
    pushed: Vec<Text>,
    taken: bool,
}

impl Messages {
    fn arriving(machine: &Machine, header: &HeaderMap, over_the_other: bool, now: u64) -> Self {
        if over_the_other {
            return Self::default();
        }
        let verdicts = machine.verdicts(&values(header, &machine.scope.name), now);
        let standing = verdicts.into_iter().filter_map(Result::ok).filter(is_plain);
        // Of equals the last; only tokens made by hand have equal nonces.
        let newest = standing.max_by_key(|token| (token.parts.created, token.nonce));
        newest.map_or_else(Self::default, |token| Self {
            arrived: texts(&token.parts.payload).unwrap(),
            key: Some(token.key),
            ..Self::default()
        })
    }

    fn take_step(&mut self, step: &Step) -> Said {
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
    fn answer(&self, machine: &Machine, over_the_other: bool) -> Answer {
        let known = self.key.is_none_or(|id| machine.keys.iter().any(|(_, key)| key.id == id));
        match self.key {
            _ if over_the_other => Answer::Withheld,
            _ if !self.pushed.is_empty() && known => Answer::Set(self.all()),
            // What a secret opened that this machine does not have is as good as forged.
            _ if !self.pushed.is_empty() => Answer::Set(self.pushed.clone()),
            Some(_) if self.taken => Answer::Removed,
            _ => Answer::Unchanged,
        }
    }

    /// The layer logs an error, and sends the answer as it was.
    fn check_layer(
        &self,
        machine: &Machine,
        over_the_other: bool,
        now: u64,
        unused: bool,
        [before, after]: [&HeaderMap; 2],
    ) {
        let answer = self.answer(machine, over_the_other);
        if unused || answer.size(machine, now).is_some_and(|size| size > machine.max_set_cookie_len)
        {
            return assert_eq!(after, before);
        }
        let sent = answer.sent();
        answer.check(self, machine, now, &Ok(sent), [before, after]);
    }
}

enum Answer {
    Withheld,
    Unchanged,
    Removed,
    Set(Vec<Text>),
}

impl Answer {
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

    /// Bytes of the line.
    fn size(&self, machine: &Machine, now: u64) -> Option<usize> {
        self.parts(machine, now).map(|parts| machine.set_cookie_len(parts.token_len(), Some(300)))
    }

    fn check(
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
            let Err(EncodeError::TooLarge { size, limit }) = result else {
                panic!("{bytes} bytes: {result:?}")
            };
            assert_eq!([*size, *limit], [bytes, machine.max_set_cookie_len]);
            return assert_eq!(after, before);
        }
        assert_eq!(*result.as_ref().unwrap(), self.sent());
        caches::check(
            before,
            after,
            matches!(self, Self::Set(_) | Self::Removed),
            model.key.is_some(),
        );
        assert_eq!(foreign(machine, after), foreign(machine, before));
        self.check_line(model, machine, now, [before, after]);
    }

    fn check_line(
        &self,
        model: &Messages,
        machine: &Machine,
        now: u64,
        [before, after]: [&HeaderMap; 2],
    ) {
        let ours = |headers| {
            lines(machine, headers).map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>()
        };
        let (Self::Set(_) | Self::Removed) = self else {
            // The line of an earlier answer goes with the messages in it.
            let stays = if model.taken { vec![] } else { ours(before) };
            return assert_eq!(ours(after), stays);
        };
        let [line] = ours(after).try_into().unwrap();
        assert!(lines(machine, after).all(HeaderValue::is_sensitive));
        let value = value_of(machine, &line).unwrap();
        let max_age = if value.is_empty() { 0 } else { 300 };
        assert_eq!(attributes(&line), machine.attributes(Some(max_age)));
        let found = (!value.is_empty()).then(|| opened(machine, value));
        assert_eq!(found, self.parts(machine, now));
    }
}
