//! What has to hold at every site.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use sealed_session::{Rejection, Transport};
use tokio::task::JoinSet;

use crate::site::{Protocol, Site};
use crate::visitor::Visitor;

const DAY: Duration = Duration::from_hours(24);

pub async fn a_first_visit_is_a_pre_session_and_sends_no_cookie(site: &Site) {
    let answer = site.visitor().get("/me").await;
    answer.assert_ok();
    assert_eq!(answer.text, "nobody");
    assert!(answer.lines().is_empty());
    assert_eq!(answer.field("vary"), ["Cookie"]);
}

pub async fn a_log_in_is_seen_by_the_next_request(site: &Site) {
    let visitor = site.visitor();
    let answer = visitor.post("/login?user=alice", "").await;
    answer.assert_ok();
    assert_eq!(answer.session().get("user"), Some("alice"));
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=1209600"] {
        assert!(answer.lines()[0].split("; ").any(|it| it == attribute), "{attribute}");
    }
    assert_eq!(answer.field("vary"), ["Cookie"]);
    assert!(is_private(&answer.field("cache-control")));

    let answer = visitor.get("/me").await;
    answer.assert_ok();
    assert_eq!(answer.text, "alice");
    assert!(answer.lines().is_empty());
    assert!(is_private(&answer.field("cache-control")));
}

pub async fn a_log_in_renews_the_id(site: &Site) {
    let visitor = site.visitor_logged_in_as("alice").await;
    let before = visitor.session().label();
    let answer = visitor.post("/login?user=bob", "").await;
    assert_ne!(answer.session().label(), before);
    assert_eq!(visitor.get("/me").await.text, "bob");
}

pub async fn a_log_out_removes_the_cookie(site: &Site) {
    let visitor = site.visitor_logged_in_as("alice").await;
    visitor.get("/me").await.assert_ok();
    let answer = visitor.post("/logout", "").await;
    answer.assert_ok();
    assert_eq!(answer.lines().len(), 1);
    assert!(answer.lines()[0].starts_with("session=;") && answer.lines()[0].contains("Max-Age=0"));
    assert_eq!(visitor.cookies(), "theirs=1");
    assert_eq!(visitor.get("/me").await.text, "nobody");
}

pub async fn readers_in_parallel_are_sent_nothing(site: &Site) {
    let visitor = site.visitor_logged_in_as("alice").await;
    let mut readers = JoinSet::new();
    for _ in 0..20 {
        let visitor = visitor.clone();
        readers.spawn(async move { visitor.get("/me").await });
    }
    for answer in readers.join_all().await {
        answer.assert_ok();
        assert_eq!(answer.text, "alice");
        assert!(answer.lines().is_empty());
    }
}

pub async fn visitors_in_parallel_do_not_meet(site: &Site) {
    let mut visitors = JoinSet::new();
    for user in 0..20 {
        let visitor = site.visitor();
        visitors.spawn(async move {
            visitor.post(&format!("/login?user=user-{user}"), "").await.assert_ok();
            assert_eq!(visitor.get("/me").await.text, format!("user-{user}"));
        });
    }
    visitors.join_all().await;
}

pub async fn cookies_of_others_are_kept(site: &Site) {
    let visitor = site.visitor();
    let answer = visitor.get("/me").await;
    assert_eq!(answer.field("set-cookie"), ["theirs=1"]);
    visitor.keep("caf\u{e9}=\u{2615}");
    visitor.post("/login?user=alice", "").await.assert_ok();
    let answer = visitor.get("/me").await;
    assert_eq!(answer.text, "alice");
    assert_eq!(answer.field("set-cookie"), ["theirs=1"]);
    assert!(visitor.cookies().contains("theirs=1"));
}

pub async fn the_session_is_found_in_any_of_several_fields(site: &Site) {
    let ours = site.visitor_logged_in_as("alice").await.cookies();
    for cookies in [[&ours, "a=1", "b=2"], ["a=1", &ours, "b=2"], ["session=AAAA", "a=1", &ours]] {
        let answer = site.visitor().get_with_fields("/me", &cookies).await;
        answer.assert_ok();
        assert_eq!(answer.text, "alice");
    }
}

pub async fn an_old_session_is_refreshed_beside_a_cookie_of_others(site: &Site) {
    let visitor = due_for_a_refresh(site);
    let answer = visitor.get("/me").await;
    assert_eq!(answer.text, "alice");
    assert_eq!(answer.field("set-cookie").len(), 2);
    assert!(answer.field("set-cookie").contains(&"theirs=1"));
    assert_eq!(answer.session().get("user"), Some("alice"));
    assert!(visitor.get("/me").await.lines().is_empty(), "once");
}

/// A visitor with a session that was last used eight days ago.
fn due_for_a_refresh(site: &Site) -> Visitor {
    let then = SystemTime::now() - 8 * DAY;
    let mut session = site.sessions.decode_at(&HeaderMap::new(), Transport::Http, then);
    session.set("user", "alice");
    let visitor = site.visitor();
    let cookie = site.sessions.to_cookie(&session, then).unwrap().unwrap();
    visitor.keep(&cookie.stripped().to_string());
    visitor
}

pub async fn a_tampered_cookie_is_a_pre_session(site: &Site) {
    let mut tampered = site.visitor_logged_in_as("alice").await.cookies();
    let middle = tampered.len() / 2;
    let other = if &tampered[middle..=middle] == "A" { "B" } else { "A" };
    tampered.replace_range(middle..=middle, other);
    let visitor = site.visitor();
    visitor.keep(&tampered);
    assert_eq!(visitor.session().rejection(), Some(&Rejection::Forged));

    let answer = visitor.get("/me").await;
    answer.assert_ok();
    assert_eq!(answer.text, "nobody");
    assert!(answer.lines().is_empty());
    assert!(
        visitor.cookies().contains(&tampered),
        "it is not deleted: another machine may have its key"
    );
}

pub async fn the_body_of_a_request_reaches_the_session(site: &Site) {
    let answer = site.visitor().post("/big", "what fits").await;
    answer.assert_ok();
    assert_eq!(answer.session().get("blob"), Some("what fits"));
}

pub async fn a_session_too_large_is_a_500_and_the_old_one_stays(site: &Site) {
    let visitor = site.visitor_logged_in_as("alice").await;
    let answer = visitor.post("/big", &"x".repeat(5_000)).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.lines().is_empty());
    assert_eq!(visitor.get("/me").await.text, "alice");
}

pub async fn an_error_carries_what_was_written(site: &Site) {
    let visitor = site.visitor_logged_in_as("alice").await;
    let answer = visitor.get("/fail").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text.contains("out of order"), "its page stays: {}", answer.text);
    let session = answer.session();
    assert_eq!((session.get("seen"), session.get("user")), (Some("1"), Some("alice")));
    assert_eq!(visitor.session().get("seen"), Some("1"));
}

pub async fn an_untouched_page_stays_as_it_was(site: &Site) {
    let visitor = site.visitor_logged_in_as("alice").await;
    let answer = visitor.get("/public").await;
    answer.assert_ok();
    assert_eq!(answer.text, "for everybody");
    assert_eq!(answer.field("cache-control"), ["public, max-age=60"]);
    assert!(answer.field("vary").is_empty());
    assert!(answer.field("set-cookie").is_empty());
}

// Of a guarded site.

pub async fn a_post_without_a_token_is_a_403_and_changes_nothing(site: &Site) {
    let visitor = site.visitor();
    let token = visitor.get("/token").await.text;
    let foreign = site.visitor().get("/token").await.text;
    for answer in
        [visitor.post("/note", "milk").await, visitor.post_with(&foreign, "/note", "milk").await]
    {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.field("set-cookie").is_empty());
    }
    assert_eq!(visitor.session().get("note"), None);
    assert_eq!(visitor.get("/said").await.text, "");

    visitor.post_with(&token, "/note", "milk").await.assert_ok();
    assert_eq!(visitor.session().get("note"), Some("milk"));
}

pub async fn a_message_is_shown_once_by_the_next_page(site: &Site) {
    let visitor = site.visitor();
    let token = visitor.get("/token").await.text;
    let answer = visitor.post_with(&token, "/note", "milk").await;
    answer.assert_ok();
    // A browser follows the redirect; gRPC has none.
    let page = if site.protocol == Protocol::Grpc { visitor.get("/said").await } else { answer };
    assert_eq!(page.text, "Noted.");
    assert!(!visitor.cookies().contains("session-flash="), "{}", visitor.cookies());
    assert_eq!(visitor.get("/said").await.text, "");
}

pub async fn a_poll_keeps_no_session_alive(site: &Site) {
    let visitor = due_for_a_refresh(site);
    let poll = visitor.poll("/token").await;
    poll.assert_ok();
    assert!(poll.lines().is_empty());
    assert_eq!(visitor.get("/token").await.session().get("user"), Some("alice"));
}

pub async fn a_revoked_session_is_refused_at_its_next_request(site: &Site) {
    let visitor = site.visitor();
    let token = visitor.get("/token").await.text;
    visitor.post_with(&token, "/note", "milk").await.assert_ok();
    visitor.get("/said").await.assert_ok();
    let copy = site.visitor();
    copy.keep(&visitor.cookies());
    assert!(copy.get("/token").await.lines().is_empty(), "it goes on");

    let answer = visitor.post_with(&token, "/end", "").await;
    answer.assert_ok();
    assert!(answer.lines()[0].contains("Max-Age=0"));
    assert_eq!(copy.session().get("note"), Some("milk"), "the cookie itself is as good as before");
    let answer = copy.get("/token").await;
    answer.assert_ok();
    assert_eq!(answer.session().get("note"), None, "a session of its own");
    assert_eq!(answer.session().verify_csrf(&answer.text), Ok(()));
}

pub async fn a_store_that_fails_is_a_503_that_keeps_the_cookie(site: &Site) {
    let visitor = site.visitor();
    let token = visitor.get("/token").await.text;
    let before = visitor.cookies();
    site.store.set_down(true);
    for answer in [visitor.get("/token").await, visitor.post_with(&token, "/note", "milk").await] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.field("retry-after"), ["5"]);
        assert!(answer.field("set-cookie").is_empty());
    }
    site.visitor().get("/token").await.assert_ok();
    site.store.set_down(false);
    assert_eq!(visitor.cookies(), before);
    visitor.post_with(&token, "/note", "milk").await.assert_ok();
    assert_eq!(visitor.session().get("note"), Some("milk"));
}

/// Whether no shared cache keeps it.
fn is_private(cache_control: &[&str]) -> bool {
    cache_control.iter().any(|field| ["private", "no-store"].contains(field))
}
