//! A log-in of somebody who is logged in already: the old id ends, and nobody is in the way of anybody.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use sealed_session::{CookieSessions, Keyring, LocalDenyList};
use world::Browser;

use crate::place::{certificate, says};
use crate::small_site::SmallSite;

/// Sessions that end on the server, by a clock that is so many seconds ahead.
fn sessions(ahead: &Arc<AtomicU64>) -> CookieSessions {
    let ahead = Arc::clone(ahead);
    CookieSessions::builder(Keyring::ephemeral())
        .clock(move || SystemTime::now() + Duration::from_secs(ahead.load(Ordering::Relaxed)))
        .revocation(LocalDenyList::new(100))
        .subject(|session| session.get("user").map(Cow::from))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_request_with_the_old_id_replaces_no_renewed_cookie_and_the_old_cookie_bars_no_log_in() {
    let certificate = certificate();
    let ahead = Arc::default();
    let browser = Browser::open(&certificate).await;
    let site = SmallSite::start(&certificate, sessions(&ahead)).await;
    let old = site.log_in(&browser, "alice").await;

    // Sent before the second log-in, and looked at after it.
    browser.script("window.late = fetch('/late').then(response => response.text())").await;
    site.late.arrived.notified().await;
    let first_tab = browser.new_tab().await;
    let renewed = site.log_in(&browser, "alice").await;
    assert_ne!(renewed.value, old.value);
    site.late.goes_on.notify_one();
    browser.switch_to(first_tab).await;
    let late = browser.script("return window.late").await;
    says(late.as_str().unwrap(), "Logged in as alice.");
    assert_eq!(site.session(&browser).await.unwrap(), renewed);
    says(&browser.goto(&site.url("/")).await, "Logged in as alice.");

    // A minute later the old id has ended.
    ahead.store(60, Ordering::Relaxed);
    says(&browser.goto(&site.url("/")).await, "Logged in as alice.");
    browser.plant(&site.url("/"), &old).await;
    says(&browser.goto(&site.url("/")).await, "Not logged in.");
    site.log_in(&browser, "alice").await;
}
