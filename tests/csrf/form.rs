//! The field of a form: where the layer looks for it, how far it reads, and what the handler gets.

use std::marker::PhantomPinned;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use sealed_session::csrf::{FormBody, FormField, FormOutcome, InnerBody};
use sealed_session::{Csrf, CsrfError, CsrfLayer, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::body::{Frames, Received, Sender, URLENCODED};
use crate::support::Log;
use crate::visitor::Visitor;

fn field() -> Csrf<FormField> {
    Csrf::form_field("csrf")
}

#[tokio::test]
async fn takes_the_token_of_the_field_and_hands_the_form_on_as_it_was() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    for text in [
        format!("csrf={token}"),
        format!("to=bob&csrf={token}&amount=3"),
        format!("&&to=b+o%62&%63%73rf={token}&"),
        format!("CSRF=1&csrf2=2&csrf={token}"),
    ] {
        let received = sender.judge(&[URLENCODED], &text).await.unwrap();
        assert_eq!((received.text, received.read), (text.into_bytes(), 2));
    }
}

#[tokio::test]
async fn refuses_a_form_without_the_token_with_a_wrong_one_or_with_two() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let wrong = Visitor::new().token();
    for (text, reason) in [
        (String::new(), CsrfError::Missing),
        ("to=bob".to_owned(), CsrfError::Missing),
        (format!("CSRF={token}"), CsrfError::Missing),
        (format!("csrf%00={token}"), CsrfError::Missing),
        ("csrf".to_owned(), CsrfError::Empty),
        ("csrf=".to_owned(), CsrfError::Empty),
        (format!("csrf={wrong}"), CsrfError::Mismatch),
        (format!("csrf={token}&csrf={token}"), CsrfError::Repeated),
        (format!("csrf={token}&%63srf="), CsrfError::Repeated),
        (format!("csrf=%FF{}", &token[1..]), CsrfError::TooLong { bytes: 46 }),
    ] {
        assert_eq!(sender.judge(&[URLENCODED], &text).await.unwrap_err(), reason, "{text}");
    }
}

#[tokio::test]
async fn knows_a_form_by_its_content_type_in_any_case_and_with_parameters() {
    let sender = Sender::new();
    let text = format!("csrf={}", sender.visitor.token());
    for value in [
        URLENCODED,
        "Application/X-WWW-Form-URLencoded",
        "application/x-www-form-urlencoded;charset=utf-8",
        " application/x-www-form-urlencoded ; charset=\"a;b\"",
    ] {
        assert!(sender.judge(&[value], &text).await.is_ok(), "{value}");
    }
    for values in [
        &[][..],
        &[""],
        &["application/json"],
        &["text/plain"],
        &["application/x-www-form-urlencodedx"],
        &["text/plain; application/x-www-form-urlencoded"],
        &["application/x-www-form-urlencoded, text/plain"],
        &["multipart/mixed; boundary=x"],
        &[URLENCODED, URLENCODED],
        &[URLENCODED, "application/json"],
    ] {
        let body = Frames::of([&text]);
        let given = Arc::clone(&body.given);
        let refused = sender.judge_frames(values, body).await.unwrap_err();
        assert_eq!((refused, given.load(Relaxed)), (CsrfError::Missing, 0), "{values:?}");
    }
}

#[tokio::test]
async fn takes_the_token_of_the_query_and_reads_nothing_of_the_body() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let one = sender.visitor.token_for("POST", "/upload");
    for (path, content_type) in [
        (format!("/upload?csrf={token}"), "application/octet-stream"),
        (format!("/upload?csrf={one}"), URLENCODED),
        (format!("/upload?a=b&%63srf={one}&c"), "multipart/form-data"),
    ] {
        let request = sender.form(&path, &[content_type], Frames::of(["csrf=junk"]));
        let received = sender.send(field(), request).await.unwrap();
        assert_eq!((&received.text[..], received.read), (&b"csrf=junk"[..], 0), "{path}");
    }
}

#[tokio::test]
async fn lets_the_query_decide_where_it_has_the_field() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    for (query, reason) in [
        ("csrf=junk".to_owned(), CsrfError::Malformed),
        ("csrf=".to_owned(), CsrfError::Empty),
        ("csrf".to_owned(), CsrfError::Empty),
        (format!("csrf={token}&csrf={token}"), CsrfError::Repeated),
    ] {
        let body = Frames::of([format!("csrf={token}")]);
        let request = sender.form(&format!("/?{query}"), &[URLENCODED], body);
        assert_eq!(sender.send(field(), request).await.unwrap_err(), reason, "{query}");
    }
}

#[tokio::test]
async fn lets_the_header_decide_before_query_and_form() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    for (header, query, verdict) in
        [(&*token, "junk", None), ("junk", &token, Some(CsrfError::Malformed))]
    {
        let body = Frames::of([format!("csrf={query}")]);
        let mut request = sender.form(&format!("/?csrf={query}"), &[URLENCODED], body);
        request.headers_mut().insert("x-csrf-token", header.parse().unwrap());
        let outcome = sender.send(field(), request).await;
        assert_eq!(outcome.as_ref().err(), verdict.as_ref());
        assert!(outcome.is_err() || outcome.is_ok_and(|received| received.read == 0));
    }
}

#[tokio::test]
async fn header_only_looks_neither_into_the_query_nor_into_the_form() {
    let visitor = Visitor::new();
    let token = visitor.token();
    let mut request =
        visitor.send("POST", &[("content-type", URLENCODED)], &format!("csrf={token}"));
    *request.uri_mut() = format!("/?csrf={token}").parse().unwrap();
    assert_eq!(visitor.refuses_through(Csrf::header_only(), request).await, CsrfError::Missing);
}

#[tokio::test]
async fn the_field_has_the_name_that_is_given() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    for (text, passes) in [(format!("a+b={token}"), true), (format!("csrf={token}"), false)] {
        let request = sender.form("/", &[URLENCODED], Frames::of([text]));
        assert_eq!(sender.send(Csrf::form_field("a b"), request).await.is_ok(), passes);
    }
}

#[tokio::test]
async fn reads_so_many_bytes_and_then_only_lets_pass_what_has_brought_its_token() {
    let sender = Sender::new();
    let first = format!("csrf={}", sender.visitor.token());
    let limit = first.len() + 10;
    let too_large = Some(CsrfError::FormTooLarge { limit });
    for (text, expected) in [
        (first.clone(), None),
        (format!("{first}&text=1234"), None),
        // One byte more than the limit, and as many as there are.
        (format!("{first}&text=12345"), None),
        (format!("{first}&{}", "x".repeat(100_000)), None),
        // The whole form is of the limit's length, and one byte longer.
        (format!("text=1234&{first}"), None),
        (format!("text=12345&{first}"), too_large),
        // The field is cut by the limit: nobody knows where it ends.
        (format!("text=1234&{first}x"), too_large),
        (format!("text=1234&{first}&x"), too_large),
        (format!("text=123&{first}&x"), None),
        ("x".repeat(100_000), too_large),
        ("&".repeat(limit + 1), too_large),
        ("x".repeat(limit), Some(CsrfError::Missing)),
        // The second one within what is read counts, and the one behind it does not.
        (format!("csrf=&{}", "x".repeat(limit)), Some(CsrfError::Empty)),
        (format!("csrf=&csrf=&{}", "x".repeat(limit)), Some(CsrfError::Repeated)),
        (format!("{first}&{}&csrf=", "x".repeat(limit)), None),
    ] {
        let request = sender.form("/", &[URLENCODED], Frames::of(text.as_bytes().chunks(7)));
        match sender.send(field().max_form_len(limit), request).await {
            Ok(received) => {
                assert_eq!((received.text, None), (text.clone().into_bytes(), expected));
                assert!(received.read <= limit / 7 + 2);
            }
            Err(reason) => assert_eq!(Some(reason), expected, "{text:.200}"),
        }
    }
}

#[tokio::test]
async fn reads_65536_bytes_by_default() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let form = |len: usize| format!("{}&csrf={token}", "x".repeat(len - 50));
    assert!(sender.judge(&[URLENCODED], form(65_536)).await.is_ok());
    let refused = sender.judge(&[URLENCODED], form(65_537)).await.unwrap_err();
    assert_eq!(refused, CsrfError::FormTooLarge { limit: 65_536 });
}

#[tokio::test]
async fn responds_to_a_form_that_cannot_be_read_with_words_for_it() {
    let visitor = Visitor::new();
    let layers = |csrf| {
        let csrf = CsrfLayer::new(visitor.sessions.clone(), csrf);
        let handler = |_: Request<FormBody<Frames>>| async { Ok::<_, &str>(Response::new("done")) };
        SessionLayer::new(visitor.sessions.clone()).layer(csrf.layer(service_fn(handler)))
    };
    let broken = Frames::of(["csrf=1"]).then(Err("connection reset"));
    for (body, status, words) in [
        (Frames::of(["x".repeat(101)]), 413, "Put the field with the token first in the form"),
        (broken, 400, "the form is not complete"),
    ] {
        let request = visitor.send("POST", &[("content-type", URLENCODED)], "").map(|_| body);
        let response = layers(field().max_form_len(100)).oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert!(response.body().contains(words), "{}", response.body());
    }
}

#[tokio::test]
async fn a_body_that_fails_is_refused_while_it_is_read_and_passed_on_after_that() {
    let sender = Sender::new();
    let form = format!("csrf={}", sender.visitor.token());
    let failing = |frames: &[&str]| Frames::of(frames).then(Err("reset"));
    for frames in [&[][..], &["cs"], &[&form]] {
        let refused = sender.judge_frames(&[URLENCODED], failing(frames)).await.unwrap_err();
        assert_eq!(refused, CsrfError::BrokenForm);
    }
    let csrf = field().max_form_len(form.len() + 1);
    let request = sender.form("/", &[URLENCODED], failing(&[&form, "&rest=1"]));
    let received = sender.send(csrf, request).await.unwrap();
    let text = format!("{form}&rest=1");
    assert_eq!((received.text, received.error), (text.into_bytes(), Some("reset")));
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static("\"1\""))])
}

#[tokio::test]
async fn passes_trailers_on() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let body = |text: &str| Frames::of([text]).then(Ok(Frame::trailers(trailers())));
    let text = format!("csrf={token}");
    let received = sender.judge_frames(&[URLENCODED], body(&text)).await.unwrap();
    assert_eq!((received.text, received.trailers), (text.into_bytes(), Some(trailers())));
    assert!(!received.is_end);

    let request = sender.form(&format!("/?csrf={token}"), &[], body("x"));
    assert_eq!(sender.send(field(), request).await.unwrap().trailers, Some(trailers()));

    let refused = sender.judge_frames(&[URLENCODED], body("to=bob")).await;
    assert_eq!(refused, Err(CsrfError::Missing));
}

#[tokio::test]
async fn knows_the_size_of_what_it_hands_on() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let first = format!("csrf={token}&");
    let (name, sized) = (format!("/?csrf={token}"), true);
    for (path, frames, tells, size, is_end) in [
        // Read to its end.
        ("/", vec![&*first, "a=b"], false, Some(53), false),
        // Read in part; the rest is told, or is not.
        ("/", vec![&first, "x=12345678901", "y"], sized, Some(64), false),
        ("/", vec![&first, "x=12345678901", "y"], !sized, None, false),
        // The limit is where a frame ends.
        ("/", vec![&first, "x=12345678", "y"], sized, Some(61), false),
        // Not read.
        (&name, vec!["123"], sized, Some(3), false),
        (&name, vec!["123"], !sized, None, false),
        (&name, vec![], sized, Some(0), true),
    ] {
        let mut body = Frames::of(&frames);
        body.tells_its_size = tells;
        let request = sender.form(path, &[URLENCODED], body);
        let received = sender.send(field().max_form_len(60), request).await.unwrap();
        assert_eq!((received.size, received.is_end), (size, is_end), "{path} {frames:?}");
        assert_eq!(received.text, frames.concat().into_bytes());
    }
}

#[tokio::test]
async fn frames_without_a_byte_change_nothing() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let body = Frames::of(["", "cs", "", "rf=", "", &token, "", ""]);
    let received = sender.judge_frames(&[URLENCODED], body).await.unwrap();
    assert_eq!(received.text, format!("csrf={token}").into_bytes());
}

/// A body that must not move, of data that is not `Bytes`, with an error that is no `Error`.
struct Pinned(Mutex<Option<&'static [u8]>>, PhantomPinned);

impl Body for Pinned {
    type Data = &'static [u8];
    type Error = ();

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<&'static [u8]>, ()>>> {
        let data = self.as_ref().get_ref().0.lock().unwrap().take();
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }
}

#[tokio::test]
async fn reads_any_body() {
    let visitor = Visitor::new();
    let form: &'static str = Box::leak(format!("csrf={}", visitor.token()).into_boxed_str());
    let handler = |request: Request<FormBody<Pinned>>| async {
        let body = request.into_body().collect().await?;
        Ok::<Response<Bytes>, ()>(Response::new(body.to_bytes()))
    };
    let layer = CsrfLayer::new(visitor.sessions.clone(), field());
    let service =
        SessionLayer::new(visitor.sessions.clone()).layer(layer.layer(service_fn(handler)));
    for header in ["x-none", "x-csrf-token"] {
        let header = [("content-type", URLENCODED), (header, &visitor.token())];
        let request = visitor.send("POST", &header, "");
        let body = Pinned(Mutex::new(Some(form.as_bytes())), PhantomPinned);
        let response = service.clone().oneshot(request.map(|_| body)).await.unwrap();
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, form.as_bytes()));
    }
}

/// What the log advises about a request with such a body.
async fn advice(csrf: Csrf<FormField>, content_type: &str, body: &str) -> String {
    let log = Log::default();
    let _listening = log.listen();
    let sender = Sender::new();
    let request = sender.form("/", &[content_type], Frames::of([body]));
    sender.send(csrf, request).await.unwrap_err();
    log.says("WARN", "a request was refused for its CSRF token reason=");
    let said = log.all();
    said.split_once("advice=").map_or("", |(_, advice)| advice.trim()).to_owned()
}

#[tokio::test]
async fn says_in_the_log_what_to_do() {
    let field = || field().header_name("x-xsrf-token").unwrap();
    let no_form = r#""the body is not a form: send the token in the header x-xsrf-token""#;
    assert_eq!(advice(field(), "application/json", "{}").await, no_form);
    let form = r#""put the token into its field of the form, or into the header x-xsrf-token""#;
    assert_eq!(advice(field(), URLENCODED, "to=bob").await, form);
    let unread = r#""enable the feature `multipart`, or send the token in the query or in the header x-xsrf-token""#;
    let multipart = if cfg!(feature = "multipart") { form } else { unread };
    assert_eq!(advice(field(), "multipart/form-data; boundary=a", "--a--").await, multipart);
    let first = r#""put the field with the token first in the form, or raise max_form_len""#;
    assert_eq!(advice(field().max_form_len(3), URLENCODED, "to=bob").await, first);
    assert_eq!(advice(field(), URLENCODED, "csrf=junk").await, "");
}

/// What the log advises about a request with these headers and a token of this session.
async fn advice_about(headers: &[(&'static str, &str)], has_cookie: bool) -> String {
    let log = Log::default();
    let _listening = log.listen();
    let visitor = Visitor::new();
    let mut request = visitor.send("POST", headers, "-");
    if !has_cookie {
        request.headers_mut().remove(COOKIE);
    }
    visitor.refuses(request).await;
    let said = log.all();
    said.split_once("advice=").map_or("", |(_, advice)| advice.trim().trim_matches('"')).to_owned()
}

#[tokio::test]
async fn says_in_the_log_why_a_token_has_no_session_or_another_one() {
    let token = Visitor::new().token();
    let header = [("x-csrf-token", &*token)];
    let no_session = advice_about(&header, false).await;
    assert_eq!(
        no_session,
        "the request has no accepted session: it has ended, the browser dropped the cookie, or the page is on another site, \
         as localhost is for 127.0.0.1"
    );
    let other_session = advice_about(&header, true).await;
    assert_eq!(
        other_session,
        "the token is that of another session, or from before a log-in or log-out"
    );
}

#[tokio::test]
async fn says_in_the_log_how_to_trust_an_origin() {
    let trust = "if the page is yours, give its origin to trust_origin";
    for site in ["same-site", "cross-site"] {
        let origin = [("sec-fetch-site", site), ("origin", "https://app.example.com")];
        assert_eq!(advice_about(&origin, true).await, trust);
        let no_origin = [("sec-fetch-site", site)];
        assert_eq!(advice_about(&no_origin, true).await, "", "a link or a form");
    }
}

#[cfg(not(feature = "multipart"))]
#[tokio::test]
async fn a_multipart_form_is_not_read_without_the_feature() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let part =
        format!("--a\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--a--");
    for content_type in ["multipart/form-data; boundary=a", "multipart/form-data"] {
        let body = Frames::of([&part]);
        let given = Arc::clone(&body.given);
        let refused = sender.judge_frames(&[content_type], body).await.unwrap_err();
        assert_eq!((refused, given.load(Relaxed)), (CsrfError::Missing, 0));
    }
}

#[tokio::test]
async fn says_in_the_log_what_to_do_where_no_field_is_looked_for() {
    let visitor = Visitor::new();
    let log = Log::default();
    let _listening = log.listen();
    visitor.refuses_through(Csrf::header_only(), visitor.send("POST", &[], "-")).await;
    log.says("WARN", r#"advice="send the token in the header x-csrf-token""#);
    let visitor = Visitor::new();
    visitor.refuses(visitor.send("POST", &[], "-")).await;
    log.says("WARN", r#"advice="put the token into the form, or into the header x-csrf-token""#);
}

#[tokio::test]
async fn a_get_is_handed_on_unread() {
    let sender = Sender::new();
    let mut request = sender.form("/?csrf=junk", &[URLENCODED], Frames::of(["csrf=1"]));
    *request.method_mut() = http::Method::GET;
    let expected = Received { text: b"csrf=1".to_vec(), ..Received::default() };
    assert_eq!(sender.send(field(), request).await, Ok(expected));
}

#[test]
fn debug_shows_nothing_of_a_form() {
    let form = || {
        let request = Request::post("/").header("content-type", URLENCODED);
        request.body("csrf=secret".to_owned()).unwrap()
    };
    let body = FormField::pass(form()).into_body();
    assert_eq!(format!("{body:?}"), "FormBody { .. }");
    let read = FormOutcome::<_, ()>::Read(form(), Ok(vec!["secret".to_owned()]));
    let response = FormOutcome::<(), _>::Respond(Response::new("secret"));
    assert_eq!(format!("{read:?} {response:?}"), "Read(..) Respond(..)");
}
