//! nginx before three processes that share a secret, 500 clients that check every response, and what goes wrong in a week
//! of operation, one thing after the other: restarts, a rotation, a crash, clocks that differ, a wrong secret.
//!
//! And two processes that count, with a Prometheus: each alert of the example fires on its condition.

mod alerts;
mod client;
mod counted;
mod machines;
mod prometheus;
mod tally;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use client::Client;
use machines::{Fleet, MACHINES, secret};
use tally::{Judge, Phase, Shared};

const CLIENTS: usize = 500;
/// Requests at least, and between one fault and the next.
const REQUESTS: u64 = 200_000;
const CALM: u64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_lost_and_no_data_is_wrong() {
    let (old, new) = (secret(), secret());
    let mut fleet = Fleet::start(&old);
    let shared = Arc::new(Shared::new(CLIENTS, Judge::new(&old, &new)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(Client::new(number, &fleet, Arc::clone(&shared)).run()))
        .collect();
    shared.wait_for(CALM).await;

    step("rolling restart");
    for machine in 0..MACHINES {
        fleet.restart(machine, 0);
        shared.wait_for(CALM).await;
    }

    step("rotation: upcoming, on every machine");
    fleet.rotate(&format!("{old}\nupcoming:{new}")).await;
    shared.wait_for(CALM).await;
    step("rotation: current, on every machine");
    fleet.rotate(&format!("{new}\n{old}")).await;
    // In place of the idle timeout: everybody comes by once.
    shared.everybody_comes_by().await;
    step("rotation: the old one is dropped, on every machine");
    fleet.rotate(&new).await;
    shared.begin(Phase::Retired);
    shared.wait_for(CALM).await;

    step("one process is killed outright, and missed for a while");
    fleet.kill(1);
    shared.wait_for(CALM).await;
    fleet.begin(1, 0);
    shared.wait_for(CALM).await;

    step("one clock is 50 s ahead, then behind");
    for ahead in [50, -50] {
        fleet.restart(2, ahead);
        shared.wait_for(CALM).await;
    }
    fleet.restart(2, 0);
    shared.wait_for(CALM).await;

    step("a process with a wrong secret, where clients only read and log out");
    fleet.begin_stray(&secret());
    shared.begin(Phase::Stray);
    shared.wait_for(3 * CALM).await;
    shared.begin(Phase::Retired);
    shared.wait_for(CALM).await;
    fleet.kill_stray();

    shared.wait_until(REQUESTS).await;
    shared.stop();
    for client in clients {
        client.await.unwrap();
    }

    let tally = &shared.tally;
    println!("{tally}");
    assert!(tally.requests.load(Relaxed) >= REQUESTS);
    assert!(tally.sessions.load(Relaxed) >= CLIENTS as u64);
    assert_eq!(tally.lost.load(Relaxed), 0, "sessions were lost");
    assert_eq!(tally.wrong.load(Relaxed), 0, "answers were wrong");
    assert_eq!(tally.stale.load(Relaxed), 0, "a retired secret sealed");
    assert_eq!(
        tally.needless.load(Relaxed),
        0,
        "a page that was read sent a cookie that nobody needed"
    );
    assert!(
        tally.set_cookies_on_reads.load(Relaxed) <= tally.sessions.load(Relaxed),
        "there was one rotation"
    );
    assert!(tally.reseals.load(Relaxed) >= 1, "the rotation reached nobody");
    assert!(
        tally.strangers.load(Relaxed) >= 100,
        "hardly anybody met the process with the wrong secret"
    );
    assert!(tally.stray_log_outs.load(Relaxed) >= 1, "nobody logged out there");
}

fn step(what: &str) {
    println!("fleet: {what}");
}
