//! `Cookie` headers with flash messages of every kind, what a handler pushes and takes, and the
//! responses.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ choices of a byte each, and texts
//!         flags & 4: through the tower layer, at the real clock
//!         flags & 8: the rest are the headers, one a line
//! ```

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use http::{Method, Response};
use sealed_session::{FlashError, FlashHandle, FlashLayer, Level, Message};

use crate::common::{clock, cookie_headers, pair, set_cookies};
use crate::decode::values;
use crate::input::Input;
use crate::layer::serve_method;
use crate::messages::{
    self, FlashRow, Messages, Step, StepResult, Text, Timed, is_plain, lasts, render, texts,
};
use crate::parts::Parts;
use crate::samples;
use crate::scene::Scene;
use crate::site::{Site, site, with_coder};

const LEVELS: [Level; 4] = [Level::Info, Level::Success, Level::Warning, Level::Error];
/// Flags of a scene.
const LAYER: u8 = 4;
const HEADERS: u8 = 8;
/// The latest second, which every `SystemTime` can hold.
const LATEST: u64 = u64::MAX >> 2;

/// A step of a handler, on messages or on a handle of them.
macro_rules! done {
    ($flash:expr, $step:expr) => {
        match $step {
            Step::Push(level, text) => {
                StepResult::Pushed($flash.push(LEVELS[usize::from(*level)], text.as_str()))
            }
            Step::Take => StepResult::Taken(read(&$flash.take())),
            Step::Count => StepResult::Counted($flash.len(), $flash.is_empty()),
        }
    };
}

/// Messages are read as they were sealed, for 300 seconds. The response is the one of the table. No
/// flash token is a session, and no session token is a message.
pub fn run(data: &[u8]) {
    let Some(scene) = Scene::read(data) else { return };
    if scene.flags & LAYER == 0 {
        visit(&scene);
    } else {
        // Again until a visit falls within one second.
        while !visit_layer(&scene) {}
    }
}

fn visit(scene: &Scene<'_>) {
    let (site, arrives) = (scene.site, scene.arrives());
    let (header, mut input) = read_header(scene, scene.now);
    match input.below(4) {
        2 => drop(scene.check(&header)),
        3 => check_received(site, &header),
        _ => {}
    }

    let mut model = Messages::received_by(
        &site.flash_rules,
        &header,
        arrives != site.rules.transport,
        scene.now,
    );
    let mut flash =
        with_coder!(site, coder => coder.decode_flash_at(&header, arrives, scene.instant));
    let mut headers = input.response_headers(site.flash_rules.scope.cookie());
    for _ in 0..=input.below(2) {
        for step in steps(&mut input) {
            assert_eq!(done!(flash, &step), model.take_step(&step));
        }
        let sender = if input.rarely(4) { self::site(input.byte()) } else { site };
        let now = scene.now.saturating_add(input.byte().into()).min(LATEST);
        if !is_same_cookie(site, sender) {
            // The rules below know no two cookies of one name.
            headers = HeaderMap::new();
        }
        let (before, instant) = (headers.clone(), input.instant(now));
        let row = model.row(&sender.flash_rules, arrives != sender.rules.transport, true);
        let result =
            with_coder!(sender, coder => coder.encode_flash_at(&flash, &mut headers, instant));
        row.check((&model, true), &sender.flash_rules, now, &result, [&before, &headers]);
        if let (FlashRow::Set(sent), Ok(_)) = (row, result) {
            let next = now.saturating_add_signed(input.pick(&[0, 299, 300, -300, -301]));
            check_next(sender, &headers, (&sent, now), next.min(LATEST));
        }
        if !is_same_cookie(site, sender) {
            headers = HeaderMap::new();
        }
    }
    assert_eq!(done!(flash, &Step::Take), model.take_step(&Step::Take));
}

/// Whether browsers take the cookies of both for one.
fn is_same_cookie(one: &Site, other: &Site) -> bool {
    let identity = |site: &Site| {
        let scope = &site.flash_rules.scope;
        (scope.name.clone(), scope.path.clone(), scope.domain.clone())
    };
    identity(one) == identity(other)
}

/// A visit through the layer. Returns whether it fell within one second.
fn visit_layer(scene: &Scene<'_>) -> bool {
    let (site, arrives, now) = (scene.site, scene.arrives(), clock());
    let (header, mut input) = read_header(scene, now);
    let before = input.response_headers(site.flash_rules.scope.cookie());
    let (status, steps) = (input.status(), steps(&mut input));
    let method = input.pick(&[Method::GET, Method::HEAD, Method::POST]);
    let has_body = method != Method::HEAD && !["100", "304"].contains(&status.as_str());

    let layer = with_coder!(site, coder => FlashLayer::new(coder.clone())).transport(arrives);
    let mut kept = None;
    let response = serve_method(&layer, method, &header, |flash: &FlashHandle| {
        kept = Some(flash.clone());
        let mut response =
            Response::new(steps.iter().map(|step| done!(flash, step)).collect::<Vec<_>>());
        (*response.status_mut(), *response.headers_mut()) = (status, before.clone());
        response
    });
    if clock() != now {
        return false;
    }
    check_late(&kept.unwrap());
    assert_eq!(response.status(), status);
    let mut model =
        Messages::received_by(&site.flash_rules, &header, arrives != site.rules.transport, now);
    let expected: Vec<_> = steps.iter().map(|step| model.take_step(step)).collect();
    assert_eq!(response.body().as_ref(), Some(&expected));
    model.check_layer(
        &site.flash_rules,
        arrives != site.rules.transport,
        now,
        [steps.is_empty(), has_body],
        [&before, response.headers()],
    );
    true
}

/// After the response has been sent, nothing can be pushed or taken.
fn check_late(flash: &FlashHandle) {
    assert_eq!(flash.push(Level::Info, "late"), Err(FlashError::TooLate));
    assert!(flash.take().is_empty() && flash.is_empty());
}

/// Messages in a `Set-Cookie` header are read, whatever their time.
fn check_received(site: &Site, header: &HeaderMap) {
    for value in values(header, &site.flash_rules.scope.name) {
        let set_cookie =
            [site.flash_rules.scope.name.as_bytes(), b"=", value, b"; Secure"].concat();
        let headers =
            HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_bytes(&set_cookie).unwrap())]);
        let received = with_coder!(site, coder => coder.received_flash(&headers));
        let found = site.flash_rules.open(value, &mut 0).ok().filter(is_plain);
        let found = found.map(|token| messages::parse(&token.parts.payload).unwrap());
        let found = found.map(|found| found.into_iter().map(|(text, _)| text).collect());
        assert_eq!(received.map(|mut flash| read(&flash.take())), found);
    }
}

/// What the browser sends back at `next` of messages that were sealed at `now`.
fn check_next(site: &Site, headers: &HeaderMap, (sent, now): (&[Timed], u64), next: u64) {
    let cookie = set_cookies(headers, site.flash_rules.scope.cookie()).next().unwrap();
    let header = cookie_headers([pair(cookie.as_bytes())]);
    let sent: Vec<Timed> = sent.iter().filter(|message| lasts(message, now)).cloned().collect();
    let pushed_at = |message: &Timed| message.1.unwrap_or(now);
    let from_the_future = sent.iter().map(pushed_at).max().unwrap().max(now) > next + 300;
    let is_read =
        |message: &&Timed| !from_the_future && next < pushed_at(message).saturating_add(300);
    let expected: Vec<Timed> = sent.iter().filter(is_read).cloned().collect();
    let instant = Input::new(&[]).instant(next);
    let mut flash =
        with_coder!(site, coder => coder.decode_flash_at(&header, coder.transport(), instant));
    assert_eq!(read(&flash.take()), texts(&expected));
}

// What the handler does.

fn steps(input: &mut Input<'_>) -> Vec<Step> {
    let step = |input: &mut Input<'_>| match input.below(8) {
        0..=4 => Step::Push(text_level(input), text(input)),
        5 | 6 => Step::Take,
        _ => Step::Count,
    };
    (0..input.below(12)).map(|_| step(input)).collect()
}

/// A message in a cookie, and its age.
fn aged_text(input: &mut Input<'_>) -> (Text, u64) {
    let byte = input.byte();
    let text = (byte % 4, text(input));
    let age = match byte / 4 % 8 {
        4 | 5 => input.byte().into(),
        6 => input.take::<u16>().into(),
        7 => input.number(),
        _ => 0,
    };
    (text, age)
}

fn text_level(input: &mut Input<'_>) -> u8 {
    input.byte() % 4
}

/// Mostly a short text, or one about as long as the limit of all texts.
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

// What the client sends.

/// The headers, and the rest of the input.
fn read_header<'d>(scene: &Scene<'d>, now: u64) -> (HeaderMap, Input<'d>) {
    if scene.flags & HEADERS != 0 {
        return (cookie_headers(scene.rest.split(|byte| *byte == b'\n')), Input::new(&[]));
    }
    let mut input = Input::new(scene.rest);
    (header(scene.site, now, &mut input), input)
}

/// Cookies, mostly with the name of the flash cookie.
fn header(site: &Site, now: u64, input: &mut Input<'_>) -> HeaderMap {
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let mut pairs = Vec::new();
    for _ in 0..input.below(11) {
        let name = match input.below(16) {
            14 => site.rules.scope.name.clone(),
            15 => format!("{}2", site.flash_rules.scope.name),
            _ => site.flash_rules.scope.name.clone(),
        };
        let value = value(site, now, &sent, input);
        pairs.push([name.as_bytes(), b"=", &value].concat());
        sent.push(value);
    }
    if input.rarely(2) {
        pairs = vec![pairs.join(&b"; "[..])];
    }
    cookie_headers(pairs.iter().map(Vec::as_slice))
}

/// A token, mostly under one of our keys, or under one of another site or of sessions; or a
/// session; or a value that was sent before.
fn value(site: &Site, now: u64, sent: &[Vec<u8>], input: &mut Input<'_>) -> Vec<u8> {
    let rules = match input.below(16) {
        10 => &self::site(input.byte()).flash_rules,
        11 => &site.rules,
        12 => return input.pick(&site.samples).into_bytes(),
        13 => return input.bytes(64).to_vec(),
        14 => return sent.get(input.below(11)).cloned().unwrap_or_default(),
        _ => &site.flash_rules,
    };
    let (_, key) = input.pick(&rules.keys);
    let nonce = if input.rarely(4) { input.take() } else { [input.byte(); 24] };
    let mut value = key.seal(&nonce, &body(now, input)).into_bytes();
    if input.rarely(8) {
        input.edit(&mut value);
    }
    value
}

/// The body of messages, rarely not well-formed.
fn body(now: u64, input: &mut Input<'_>) -> Vec<u8> {
    let most = if input.rarely(16) { 10 } else { 4 };
    let count = 1 + input.below(most);
    let mut texts: Vec<_> = (0..count).map(|_| aged_text(input)).collect();
    if input.rarely(16) {
        texts.clear();
    }
    let mut payload = render(&texts);
    if input.rarely(8) {
        input.edit(&mut payload);
    }
    let created = if input.rarely(2) {
        now.saturating_add(input.number())
    } else {
        now.saturating_sub(input.number())
    };
    let parts = Parts { created, pad: input.below(4) as u64, payload, ..Parts::default() };
    samples::body_without_session(parts, input)
}
