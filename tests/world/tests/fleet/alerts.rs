//! The condition of each alert, brought about on two processes, one after the other. Prometheus reads their counters.

use tempfile::TempDir;

use crate::counted::Machine;
use crate::machines::secret;
use crate::prometheus::Prometheus;

const HELLO: &str = "Hello, alice!";
const STRANGER: &str = "Hello, stranger!";

/// Two machines behind whatever sends a user now to the one and now to the other.
struct Watched {
    a: Machine,
    b: Machine,
    prometheus: Prometheus,
    _folder: TempDir,
}

impl Watched {
    fn start(secrets: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| Machine::start(folder.path(), name, secrets));
        let prometheus = Prometheus::start(&[a.instance(), b.instance()]);
        Self { a, b, prometheus, _folder: folder }
    }

    async fn take(&self, secrets: &str) {
        self.a.take(secrets).await;
        self.b.take(secrets).await;
    }

    /// Both machines accept the session.
    async fn serve(&self, cookie: &str) {
        for machine in [&self.a, &self.b] {
            assert_eq!(machine.greets(cookie).await, HELLO);
        }
    }

    /// Serves until no alert fires.
    async fn calm(&self, cookie: &str) {
        self.prometheus.wait_for(&[], async || self.serve(cookie).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_alert_fires_on_its_condition_and_ends_with_it() {
    world::install_provider();
    let (old, new) = (secret(), secret());
    let mut fleet = Watched::start(&old);
    let cookie = fleet.a.log_in("alice").await;
    let seen = r#"count(rate(sealed_session_accepted_total{key="current"}[2s]) > 0) == 2"#;
    fleet.prometheus.wait_until(seen, async || fleet.serve(&cookie).await).await;
    assert!(fleet.prometheus.firing().await.is_empty());

    previous_secret(&fleet, &cookie, &old, &new).await;
    let cookie = fleet.a.log_in("alice").await;
    keyrings(&fleet, &cookie, &new).await;
    store(&fleet, &cookie).await;
    too_large(&fleet, &cookie).await;
    clocks(&mut fleet, &cookie).await;
}

/// While somebody brings a session of the previous secret, it cannot be removed. After that it can.
async fn previous_secret(fleet: &Watched, cookie: &str, old: &str, new: &str) {
    let counted = async || fleet.a.reads("accepted_total", "previous").await;
    assert_eq!((counted().await, fleet.a.reads("secrets", "previous").await), (0, 0));
    fleet.take(&format!("{new}\n{old}")).await;
    let seen = r#"sum(increase(sealed_session_accepted_total{key="previous"}[2s])) > 0"#;
    fleet.prometheus.wait_until(seen, async || fleet.serve(cookie).await).await;
    fleet.calm(cookie).await;
    let before = counted().await;
    assert!(before > 0);
    assert_eq!(fleet.a.reads("secrets", "previous").await, 1);

    let current = fleet.a.log_in("alice").await;
    fleet
        .prometheus
        .wait_for(&[("SessionSecretUnused", "")], async || fleet.serve(&current).await)
        .await;
    assert_eq!(counted().await, before);

    fleet.take(new).await;
    fleet.calm(&current).await;
    assert_eq!(fleet.a.reads("secrets", "previous").await, 0);
}

/// b gets a secret that a does not have.
async fn keyrings(fleet: &Watched, cookie: &str, secrets: &str) {
    let Watched { a, b, prometheus, .. } = fleet;
    let counted = async |machine: &Machine| machine.reads("rejected_total", "unknown_key").await;
    let before = [counted(a).await, counted(b).await];
    b.take(&secret()).await;
    let expected = [("SessionKeyringsDiffer", &*b.instance())];
    let traffic = async || {
        assert_eq!(a.greets(cookie).await, HELLO);
        for _ in 0..10 {
            assert_eq!(b.greets(cookie).await, STRANGER);
        }
    };
    prometheus.wait_for(&expected, traffic).await;
    assert!(counted(b).await >= before[1] + 10);

    b.take(secrets).await;
    let during = counted(b).await;
    fleet.calm(cookie).await;
    assert_eq!([counted(a).await, counted(b).await], [before[0], during]);
}

/// The store does not respond to a, and both share it.
async fn store(fleet: &Watched, cookie: &str) {
    let Watched { a, b, prometheus, .. } = fleet;
    let counted = async |result| a.reads("revocation_total", result).await;
    assert_eq!(counted("unchecked").await, 0);
    a.lose_store();
    let expected = [a.instance(), b.instance()];
    let expected =
        [&expected[0], &expected[1]].map(|machine| ("SessionRevocationUnchecked", &**machine));
    let traffic = async || {
        assert_eq!([a.greets(cookie).await, b.greets(cookie).await], ["503", "503"]);
    };
    prometheus.wait_for(&expected, traffic).await;
    let [unchecked, not_revoked] = [counted("unchecked").await, counted("not_revoked").await];
    assert!(unchecked > 0);

    a.repair_store();
    fleet.calm(cookie).await;
    assert_eq!(counted("unchecked").await, unchecked);
    assert!(counted("not_revoked").await > not_revoked);
}

/// One user writes more than a cookie holds, once.
async fn too_large(fleet: &Watched, cookie: &str) {
    let counted = async || fleet.a.reads("failed_total", "too_large").await;
    assert_eq!(counted().await, 0);
    assert_eq!(fleet.a.writes(cookie, "x".repeat(5000)).await, 500);
    fleet.prometheus.wait_for(&[("SessionNotSent", "")], async || fleet.serve(cookie).await).await;
    fleet.calm(cookie).await;
    assert_eq!(counted().await, 1);
}

/// The clock of b is ahead: a rejects what b has sealed.
async fn clocks(fleet: &mut Watched, cookie: &str) {
    fleet.b.restart(400);
    let Watched { a, b, prometheus, .. } = &*fleet;
    let counted =
        async |machine: &Machine| machine.reads("rejected_total", "from_the_future").await;
    assert_eq!([counted(a).await, counted(b).await], [0, 0]);
    let ahead = b.log_in("alice").await;
    let traffic = async || {
        assert_eq!([a.greets(&ahead).await, b.greets(&ahead).await], [STRANGER, HELLO]);
        fleet.serve(cookie).await;
    };
    prometheus.wait_for(&[("SessionClocksDiffer", &a.instance())], traffic).await;
    let during = counted(a).await;
    assert!(during > 0);
    assert_eq!(counted(b).await, 0);

    fleet.b.restart(0);
    fleet.calm(cookie).await;
    assert_eq!(counted(&fleet.a).await, during);
}
