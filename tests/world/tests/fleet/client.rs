//! A client with a jar of its own, that knows what its session has to hold.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use reqwest::header::{HeaderValue, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};

use world::client;

use crate::machines::Fleet;
use crate::tally::{Phase, Shared};

#[derive(Debug)]
pub struct Client {
    number: usize,
    http: reqwest::Client,
    address: String,
    stray: String,
    shared: Arc<Shared>,
    /// What the session holds: user and count.
    session: Option<(String, u64)>,
    /// The line that set the cookie of the jar.
    line: Option<HeaderValue>,
    log_ins: u64,
    dice: u64,
}

/// A request as it began, and its response.
struct Exchange {
    phase: Phase,
    round: u64,
    status: StatusCode,
    machine: String,
    line: Option<HeaderValue>,
    body: String,
}

impl Client {
    pub fn new(number: usize, fleet: &Fleet, shared: Arc<Shared>) -> Self {
        let http = client(&fleet.certificate).cookie_store(true).build().unwrap();
        Self {
            number,
            http,
            address: fleet.address(),
            stray: fleet.stray(),
            shared,
            session: None,
            line: None,
            log_ins: 0,
            dice: number as u64,
        }
    }

    pub async fn run(mut self) {
        while !self.shared.stopped() {
            let stray = self.shared.phase() == Phase::Stray;
            let dice = self.throw(100);
            match (&self.session, dice) {
                (None, 0..50) => self.log_in().await,
                (_, 0..2) if stray => self.log_out("/reading/logout").await,
                (Some(_), 0..2) => self.log_out("/logout").await,
                (_, 2..20) if stray => self.read("/reading/").await,
                (Some(_), 20..60) => self.count().await,
                _ => self.read("/").await,
            }
        }
    }

    async fn log_in(&mut self) {
        let user = format!("client-{}-{}", self.number, self.log_ins);
        let Some(exchange) = self.send(Method::POST, &format!("/login/{user}")).await else {
            return;
        };
        self.log_ins += 1;
        add(&self.shared.tally.sessions);
        self.session = Some((user, 0));
        self.check(&exchange, exchange.line.is_some() && exchange.status == StatusCode::OK);
    }

    async fn count(&mut self) {
        let Some(exchange) = self.send(Method::POST, "/count").await else { return };
        if let Some((_, count)) = &mut self.session {
            *count += 1;
        }
        self.check(&exchange, exchange.line.is_some() && exchange.status == StatusCode::OK);
    }

    async fn read(&mut self, path: &str) {
        let before = self.line.clone();
        let Some(exchange) = self.send(Method::GET, path).await else { return };
        if exchange.machine == self.stray {
            // It cannot open the cookie, and it must leave it where it is: the next page shows whether it did.
            let tally = &self.shared.tally;
            if self.session.is_some() {
                add(&tally.strangers);
            }
            if exchange.line.is_some() || exchange.body != "stranger" {
                add(&tally.wrong);
            }
            return;
        }
        if let Some(line) = &exchange.line {
            add(&self.shared.tally.set_cookies_on_reads);
            let judge = &self.shared.judge;
            let needed = before.is_some_and(|before| judge.is_old(&before)) && judge.is_new(line);
            add(if needed { &self.shared.tally.reseals } else { &self.shared.tally.needless });
        }
        self.check(&exchange, exchange.status == StatusCode::OK);
    }

    async fn log_out(&mut self, path: &str) {
        let had = self.line.is_some();
        let Some(exchange) = self.send(Method::POST, path).await else { return };
        if exchange.machine == self.stray && had {
            add(&self.shared.tally.stray_log_outs);
        }
        self.session = None;
        let removed = exchange.line.as_ref().is_some_and(removes);
        if exchange.status != StatusCode::OK || removed != had {
            add(&self.shared.tally.wrong);
        }
        self.line = None;
    }

    /// Whether the response shows the session as it has to be.
    fn check(&mut self, exchange: &Exchange, as_usual: bool) {
        let tally = &self.shared.tally;
        let expected = match &self.session {
            Some((user, count)) => format!("{user} {count}"),
            None => "stranger".to_owned(),
        };
        if exchange.body == expected && as_usual {
            return;
        }
        eprintln!(
            "client {}: {} by {} instead of {expected}, {:?}",
            self.number, exchange.body, exchange.machine, exchange.status
        );
        if exchange.body == "stranger" {
            add(&tally.lost);
            self.session = None;
        } else {
            add(&tally.wrong);
        }
    }

    /// Sends a request; `None` if no machine answered, and then nothing has changed.
    async fn send(&mut self, method: Method, path: &str) -> Option<Exchange> {
        let (phase, round) = (self.shared.phase(), self.shared.round());
        let request = self.http.request(method, format!("{}{path}", self.address));
        let exchange = match request.send().await {
            Ok(answer) if answer.status() != StatusCode::BAD_GATEWAY => {
                read(answer, phase, round).await
            }
            _ => None,
        };
        let tally = &self.shared.tally;
        let Some(exchange) = exchange else {
            add(&tally.failed);
            return None;
        };
        add(&tally.requests);
        if let Some(line) = &exchange.line {
            if exchange.phase != Phase::Before && self.shared.judge.is_old(line) {
                add(&tally.stale);
            }
            self.line = (!removes(line)).then(|| line.clone());
        }
        self.shared.came_by(self.number, exchange.round);
        Some(exchange)
    }

    /// A number below `sides`, by the generator of Knuth's MMIX.
    fn throw(&mut self, sides: u64) -> u64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }
}

async fn read(answer: Response, phase: Phase, round: u64) -> Option<Exchange> {
    let field = |name: &str| answer.headers().get(name).cloned();
    let machine = field("x-machine")?;
    // More than one, if nginx asked another machine after one that did not respond.
    let machine = machine.to_str().ok()?.rsplit(", ").next()?.to_owned();
    let (status, line) = (answer.status(), field(SET_COOKIE.as_str()));
    let body = answer.text().await.expect("an answer comes whole");
    Some(Exchange { phase, round, status, machine, line, body })
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Relaxed);
}

fn removes(line: &HeaderValue) -> bool {
    line.to_str().unwrap().contains("Max-Age=0")
}
