//! An arbitrary body, sealed with the right key: nothing after the cipher may trust it.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ mode (1) ‖ rest
//!         mode: even, the rest is the body; odd, the parts of a body, and edits of it
//!         mode & 2: the site with the payload of most kinds
//! ```

use sealed_session::CookieSessions;

use crate::common::cookie_headers;
use crate::encode::Model;
use crate::format::Key;
use crate::input::Input;
use crate::kinds::Kinds;
use crate::parts::{Parts, varint};
use crate::payload::{Compact, Known, Map, of_map};
use crate::scene::Scene;
use crate::site::{Coder, profile, with_coder};
use crate::typed::{Profile, Tree, Units};

/// The token is accepted if and only if its body is well-formed to the last byte and within its
/// limits. Encoded again, the body is the same. Postcard decides which compact payloads are
/// well-formed.
pub fn run(data: &[u8]) {
    let Some(scene) = Scene::read(data) else { return };
    let Some((mode, rest)) = scene.rest.split_first() else { return };
    let site = if mode & 2 != 0 { profile() } else { scene.site };
    let scene = Scene { site, ..scene };
    let body = if mode % 2 == 0 { rest.to_vec() } else { Draft::read(&scene, Input::new(rest)).0 };
    let key = &site.rules.keys[0].1;
    with_coder!(site, coder => check(coder, &scene, key, &body));
}

fn check<T: Known>(coder: &CookieSessions<T>, scene: &Scene<'_>, key: &Key, body: &[u8]) {
    let rules = &scene.site.rules;
    let token = key.seal(&[7; 24], body);
    let header = cookie_headers([format!("{}={token}", rules.scope.name).as_bytes()]);
    let outcome = scene.check(&header);
    let model = Model::decoded(rules, scene.arrives(), &outcome, scene.now);

    // Borrowed and not changed: written only if the bytes that were read differ from those written.
    let mut borrowed = scene.decode(coder, &header, &outcome);
    let bytes = borrowed.session.data_mut().bytes();
    let mut model_borrowed = model.clone();
    model_borrowed.set_payload(bytes);
    borrowed.encode(&model_borrowed);

    let mut touched = scene.decode(coder, &header, &outcome);
    touched.session.touch();
    let mut model = model;
    model.touch();
    let sent = touched.encode(&model);
    if let (Some(token), Some(sent)) = (outcome.accepted, sent) {
        check_identity(&token.parts, &sent);
    }
}

/// A body sealed again within the same second is the one that was opened, but for its padding.
fn check_identity(opened: &Parts, sent: &Parts) {
    let Parts { id, created, idle_override, .. } = opened;
    assert_eq!((id, created, idle_override), (&sent.id, &sent.created, &sent.idle_override));
    assert_eq!(sent.confirmed_at(), opened.confirmed_at());
    assert!(sent.sealed_at() >= opened.sealed_at());
    assert_eq!(sent.payload, opened.payload);
}

/// A body in the making.
struct Draft(Vec<u8>);

impl Draft {
    fn read(scene: &Scene<'_>, mut input: Input<'_>) -> Self {
        let mut draft = Self(input.take::<[u8; 16]>().to_vec());
        let created = match input.below(3) {
            0 => scene.now.saturating_sub(input.number()),
            1 => scene.now.saturating_add(input.number()),
            _ => input.number(),
        };
        let (age, own) = (input.number(), input.number());
        let pad = input.pick(&[0, 0, 0, 1, 5, 127, 128, 300]);
        for number in [created, age, own] {
            draft.number(number, &mut input);
        }
        if own % 2 == 1 {
            draft.extensions(&mut input);
        }
        draft.number(pad, &mut input);
        match &scene.site.coder {
            Coder::Dict(_) => draft.dict(&mut input),
            Coder::Account(_) | Coder::Profile(_) => draft.typed::<Profile>(&mut input),
            Coder::Tree(_) => draft.typed::<Tree>(&mut input),
            Coder::Kinds(_) => draft.typed::<Kinds>(&mut input),
            Coder::CompactAccount(_) => draft.typed::<Compact<Profile>>(&mut input),
            Coder::CompactTree(_) => draft.typed::<Compact<Tree>>(&mut input),
            Coder::CompactUnits(_) => draft.typed::<Compact<Units>>(&mut input),
        }
        draft.0.resize(draft.0.len() + usize::try_from(pad).unwrap(), 0);
        while !input.has_ended() {
            draft.mutate(&mut input);
        }
        draft
    }

    /// A number: rarely not in its shortest form, rarely another one.
    fn number(&mut self, number: u64, input: &mut Input<'_>) {
        let mut bytes = varint(number);
        match input.below(32) {
            31 => {
                *bytes.last_mut().unwrap() |= 0x80;
                bytes.push(0);
            }
            30 => bytes = varint(input.number()),
            _ => {}
        }
        self.0.extend(bytes);
    }

    /// A block of extensions: mostly a confirmation, rarely with others or with edits.
    fn extensions(&mut self, input: &mut Input<'_>) {
        let mut block = Vec::new();
        if !input.rarely(8) {
            let seconds = varint(input.number());
            block.extend([1, u8::try_from(seconds.len()).unwrap()]);
            block.extend(seconds);
        }
        while input.rarely(4) {
            let (tag, content) = (input.byte(), input.bytes(20));
            block.extend([tag, u8::try_from(content.len()).unwrap()]);
            block.extend(content);
        }
        if input.rarely(8) {
            input.edit(&mut block);
        }
        self.number(block.len() as u64, input);
        self.0.extend(block);
    }

    fn text(&mut self, text: &[u8], input: &mut Input<'_>) {
        self.number(text.len() as u64, input);
        self.0.extend(text);
    }

    /// Entries, mostly in order.
    fn dict(&mut self, input: &mut Input<'_>) {
        let mut entries: Vec<(&str, &str)> =
            (0..input.below(12)).map(|_| (input.text(9), input.text(40))).collect();
        if !input.rarely(8) {
            let map: Map =
                entries.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
            return self.0.extend(of_map(&map));
        }
        if input.rarely(2) {
            entries.sort_unstable();
        }
        self.number(entries.len() as u64, input);
        for text in entries.iter().flat_map(|(key, value)| [key, value]) {
            self.text(text.as_bytes(), input);
        }
    }

    /// A value: where an `Account` is expected a `Profile`, which has two more fields, or most of its bytes.
    fn typed<T: Known>(&mut self, input: &mut Input<'_>) {
        let mut value = T::default();
        value.fill(input);
        let bytes = value.bytes();
        let end = bytes.len() - input.below(bytes.len().min(4));
        self.0.extend(&bytes[..end]);
    }

    fn mutate(&mut self, input: &mut Input<'_>) {
        let at = usize::from(input.take::<u16>()) % (self.0.len() + 1);
        match input.below(5) {
            0 => self.0.insert(at, input.byte()),
            1 => self.0.truncate(at),
            2 if at < self.0.len() => drop(self.0.remove(at)),
            3 if at < self.0.len() => self.0[at] ^= 1 << input.below(8),
            _ => self.0.push(input.byte()),
        }
    }
}
