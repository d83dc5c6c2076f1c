//! What a handler does with a session, done to its model too.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use sealed_session::{LocalDenyList, Session};

use crate::common::{Id, session_id};
use crate::decode::Rules;
use crate::encode::Model;
use crate::format;
use crate::input::Input;
use crate::parts::Parts;
use crate::payload::{Known, Map, of_map, parse};

/// A session that was decoded, and what it must be.
#[derive(Debug)]
pub struct Handled {
    pub session: Session,
    pub model: Model,
    map: Map,
}

impl Handled {
    pub fn new(session: Session, model: Model) -> Self {
        Self { session, map: parse(&model.payload).unwrap(), model }
    }

    /// Some steps of a handler.
    pub fn work(&mut self, rules: &Rules, ids: &mut BTreeSet<Id>, input: &mut Input<'_>) {
        for _ in 0..input.below(5) {
            self.step(rules, ids, input);
            self.check(rules);
        }
    }

    fn step(&mut self, rules: &Rules, ids: &mut BTreeSet<Id>, input: &mut Input<'_>) {
        match input.below(19) {
            0..=4 => {
                self.set(input.pick(&["", "user", "lang", "é"]), input.pick(&["", "alice", "bob"]));
            }
            5 => self.set(input.text(8), input.text(16)),
            6 => self.set("blob", &"x".repeat(usize::from(input.take::<u16>() % 4096))),
            7 | 8 => self.remove(input.pick(&["", "user", "lang", "blob"])),
            9 => {
                self.session.clear();
                self.map.clear();
                self.model.set_payload(of_map(&self.map));
            }
            10 => self.renew(),
            11 => {
                self.session.invalidate();
                self.model.invalidate();
                self.map.clear();
            }
            12 => {
                self.session.touch();
                self.model.touch();
            }
            13 | 14 => {
                let timeout = Duration::new(input.number(), u32::from(input.byte() % 2));
                self.set_idle_timeout((!input.rarely(4)).then_some(timeout));
            }
            15 => {
                self.ask_for_id(ids);
            }
            16 => {
                self.session.confirm();
                self.model.confirm();
            }
            17 => {
                self.session.passive();
                self.model.passive();
            }
            _ => {
                let most = self.model.max_fitting(rules, |len| with_blob(&self.map, len));
                self.set("blob", &"x".repeat((most + input.below(3)).saturating_sub(1)));
            }
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        self.session.set(key, value);
        self.map.insert(key.into(), value.into());
        self.model.set_payload(of_map(&self.map));
    }

    fn remove(&mut self, key: &str) {
        assert_eq!(self.session.remove(key), self.map.remove(key));
        self.model.set_payload(of_map(&self.map));
    }

    fn set_idle_timeout(&mut self, timeout: Option<Duration>) {
        self.session.set_idle_timeout(timeout);
        self.model.set_idle_timeout(timeout);
    }

    pub fn renew(&mut self) {
        self.session.renew();
        self.model.renew();
    }

    pub fn revoke(&mut self) {
        self.session.revoke();
        self.model.revoke();
        self.map.clear();
    }

    /// "Log out my other devices": ends every session of a subject but this one, which is renewed.
    /// Returns its new id.
    pub fn log_out_others(
        &mut self,
        list: &LocalDenyList,
        (subject, now): (&str, SystemTime),
        ids: &mut BTreeSet<Id>,
    ) -> Id {
        list.log_out_others(subject, &mut self.session, now);
        self.model.log_out_others();
        self.ask_for_id(ids)
    }

    pub fn ask_for_id(&mut self, ids: &mut BTreeSet<Id>) -> Id {
        let id = session_id(self.session.id());
        self.check_id(id, ids);
        id
    }

    /// After an encoding that failed when the cookie was sealed: its id may have been drawn.
    pub fn check_drawn(&mut self, ids: &mut BTreeSet<Id>) {
        if self.session.label().as_str() != "new" {
            self.ask_for_id(ids);
        }
    }

    /// The id is the one that it had, or one that no session had.
    fn check_id(&mut self, id: Id, ids: &mut BTreeSet<Id>) {
        match self.model.id {
            Some(known) => assert_eq!(id, known),
            None => assert!(ids.insert(id), "the id is new"),
        }
        self.model.id = Some(id);
    }

    /// Compares the session to the token that was sent.
    pub fn check_sent(&mut self, parts: &Parts, received: &Session, ids: &mut BTreeSet<Id>) {
        self.check_id(parts.id, ids);
        assert_eq!(received.data().bytes(), parts.payload);
        assert_eq!(received.label(), self.session.label());
    }

    /// Compares what a handler can see.
    fn check(&self, rules: &Rules) {
        let (session, model) = (&self.session, &self.model);
        let entries = self.map.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        assert!(session.iter().eq(entries));
        assert_eq!((session.len(), session.is_empty()), (self.map.len(), self.map.is_empty()));
        assert_eq!(session.get("user"), self.map.get("user").map(String::as_str));
        assert_eq!(session.contains("lang"), self.map.contains_key("lang"));
        let label = model.id.as_ref().map_or_else(|| "new".into(), format::label);
        assert_eq!(session.label().as_str(), label);
        assert_eq!(session.is_new(), model.loaded.is_none());
        assert_eq!(session.opened_by(), model.loaded.as_ref().map(|token| token.role));
        assert_eq!([session.created_at(), session.expires_at()], model.reported_times(rules));
        assert_eq!(session.confirmed_at(), model.reported_confirmation());
    }
}

fn with_blob(map: &Map, len: usize) -> Vec<u8> {
    let mut map = map.clone();
    map.insert("blob".into(), "x".repeat(len));
    of_map(&map)
}
