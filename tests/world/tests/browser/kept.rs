//! What the browser keeps is what the README says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use world::{Browser, README, Stored, Stranger, default_days};

use crate::place::{Place, certificate, places};

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// What the README's line makes a browser keep at this place, and for how long, by default.
fn promised(place: &Place) -> (Stored, Duration) {
    let line = README.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")).unwrap();
    let (pair, attributes) = line.split_once("; ").unwrap();
    let has = |name| attributes.split("; ").any(|attribute| attribute == name);
    let value = |name| {
        attributes
            .split("; ")
            .find_map(|attribute| attribute.split_once('=').filter(|(n, _)| *n == name))
    };
    let name = pair.split_once('=').unwrap().0;
    assert!(README.contains("under `insecure_http` there is none"));
    let stored = Stored {
        name: if place.prefix.is_empty() { name.strip_prefix("__Host-").unwrap() } else { name }
            .to_owned(),
        value: String::new(),
        // No Domain: of this host alone.
        domain: value("Domain").map_or(place.host, |(_, domain)| domain).to_owned(),
        path: value("Path").unwrap().1.to_owned(),
        expires: -1.0,
        http_only: has("HttpOnly"),
        secure: has("Secure") && !place.prefix.is_empty(),
        same_site: value("SameSite").map(|(_, value)| value.to_owned()),
    };
    (stored, Duration::from_secs(value("Max-Age").unwrap().1.parse().unwrap()))
}

#[track_caller]
fn assert_kept(kept: Stored, promised: &Stored, lasts: Option<(f64, Duration)>) {
    match lasts {
        None => assert!(kept.expires < 0.0, "{kept:?}"),
        // The browser and the server may round to other seconds.
        Some((since, lasts)) => {
            let seconds = lasts.as_secs_f64();
            assert!(
                (since + seconds - 1.0..=now() + seconds + 1.0).contains(&kept.expires),
                "{kept:?}"
            );
        }
    }
    assert_eq!(Stored { value: String::new(), expires: promised.expires, ..kept }, *promised);
}

#[tokio::test]
async fn the_browser_keeps_what_the_readme_says() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    let stranger = Stranger::start(&certificate).await;
    for place in places(&certificate) {
        println!("{}", place.way);
        browser.forget_cookies().await;
        let (promised, lasts) = promised(&place);
        place.register(&browser, "alice").await;
        // `browser_session(true)`, in the example.
        assert_kept(place.session(&browser).await.unwrap(), &promised, None);
        let since = now();
        place.log_in(&browser, "alice", "correct horse", true).await;
        let longest = default_days("absolute_timeout");
        assert_kept(place.session(&browser).await.unwrap(), &promised, Some((since, longest)));

        if place.prefix.is_empty() {
            continue;
        }
        browser.forget_cookies().await;
        let since = now();
        browser.goto(&stranger.url("https://site.test", "/defaults", &[])).await;
        assert_kept(place.session(&browser).await.unwrap(), &promised, Some((since, lasts)));
        assert_eq!(lasts, default_days("idle_timeout"));
    }
}
