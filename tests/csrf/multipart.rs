//! Multipart forms: the token's part is found, what comes after it is not read, and nothing hostile does harm.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use sealed_session::csrf::FormBody;
use sealed_session::{Csrf, CsrfError, CsrfLayer, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::body::{Frames, Outcome, Sender};
use crate::visitor::Visitor;

const TYPE: &str = "multipart/form-data; boundary=XyZ";

/// A part with a field of the name.
fn part(name: &str, value: &str) -> String {
    format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(content: &str) -> String {
    format!(
        "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\"; c.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{content}\r\n"
    )
}

const END: &str = "--XyZ--\r\n";

fn verdict(outcome: Outcome) -> Result<(), CsrfError> {
    outcome.map(drop)
}

#[tokio::test]
async fn takes_the_token_wherever_its_part_is() {
    let sender = Sender::new();
    let csrf = part("csrf", &sender.visitor.token());
    for text in [
        format!("{csrf}{END}"),
        format!("{csrf}{}{END}", file("content")),
        format!("{}{csrf}{END}", part("to", "bob")),
        format!("{}{}{csrf}", file("--XyZ \r\n-\r\n--XyY\r\n\r\n"), part("to", "")) + END,
        // It ends where the next boundary begins: what comes after that does not count.
        format!("{csrf}--XyZ"),
        format!("{csrf}--XyZ and then this"),
    ] {
        let received = sender.judge(&[TYPE], &text).await.unwrap();
        assert_eq!(received.text, text.into_bytes());
    }
}

#[tokio::test]
async fn judges_the_first_part_with_the_name() {
    let sender = Sender::new();
    let (right, wrong) = (part("csrf", &sender.visitor.token()), part("csrf", "junk"));
    assert!(sender.judge(&[TYPE], format!("{right}{wrong}{END}")).await.is_ok());
    for (text, reason) in [
        (format!("{wrong}{right}{END}"), CsrfError::Malformed),
        (format!("{}{right}{END}", part("csrf", "")), CsrfError::Empty),
        (format!("{}{END}", part("csrf", "\u{e9}")), CsrfError::Malformed),
        (format!("{}{END}", part("CSRF", &sender.visitor.token())), CsrfError::Missing),
        (format!("{}{END}", file("csrf")), CsrfError::Missing),
        (END.to_owned(), CsrfError::Missing),
        // Behind the last boundary is nothing that counts.
        (format!("{END}{right}{END}"), CsrfError::Missing),
    ] {
        assert_eq!(verdict(sender.judge(&[TYPE], &text).await), Err(reason), "{text}");
    }
    let not_a_text = [part("csrf", "").as_bytes(), &[0xff; 44], b"\r\n--XyZ--"].concat();
    let at = part("csrf", "").len() - 2;
    let not_a_text = [&not_a_text[..at], &not_a_text[at + 2..]].concat();
    let refused = sender.judge(&[TYPE], &not_a_text).await.unwrap_err();
    assert_eq!(refused, CsrfError::TooLong { bytes: 132 });
}

#[tokio::test]
async fn reads_the_boundary_as_clients_write_it() {
    let sender = Sender::new();
    let text = part("csrf", &sender.visitor.token()) + END;
    for content_type in [
        "multipart/form-data;boundary=XyZ",
        "Multipart/Form-Data; charset=utf-8; Boundary=XyZ; a=b",
        "multipart/form-data; boundary=\"XyZ\"",
        "multipart/form-data; a=\"; boundary=no\"; boundary=XyZ",
        // The first one: a handler with `multer` reads it so, too.
        "multipart/form-data; boundary=XyZ; boundary=no",
    ] {
        let outcome = sender.judge(&[content_type], &text).await;
        assert!(outcome.is_ok(), "{content_type}");
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=no; boundary=XyZ",
        "multipart/form-data; boundary; boundary=XyZ",
        "multipart/form-data; boundary=\"XyZ",
        "multipart/form-data; boundary=\"XyZ\\",
        "multipart/form-data; xboundary=XyZ",
        "multipart/form-data; boundary=XyZ\u{e9}",
    ] {
        let outcome = sender.judge(&[content_type], &text).await;
        assert_eq!(verdict(outcome), Err(CsrfError::BrokenForm), "{content_type}");
    }
    let other = sender.judge(&["multipart/form-data; boundary=xyz"], &text).await;
    assert_eq!(verdict(other), Err(CsrfError::BrokenForm), "the case of a boundary counts");
}

#[tokio::test]
async fn reads_parts_as_clients_write_them() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let text = |headers: &str| format!("--XyZ\r\n{headers}\r\n\r\n{token}\r\n--XyZ--");
    for headers in [
        "content-disposition:form-data;name=csrf",
        "Content-Type: text/plain\r\nCONTENT-DISPOSITION: form-data; name=\"csrf\"",
        "Content-Disposition: form-data; filename=\"surname=no\"; name=\"csrf\"",
        "Content-Disposition: form-data; name = csrf ; name=no",
        "Content-Disposition: a; name=no\r\nContent-Disposition: form-data; name=csrf",
    ] {
        assert!(sender.judge(&[TYPE], text(headers)).await.is_ok(), "{headers}");
    }
    for headers in [
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; filename=csrf",
        "Content-Disposition: form-data; name=\"csrf",
        "Content-Disposition: form-data; name=\"csrf\\\"",
        "Content-Disposition: name*=csrf",
        "Content-Disposition: form-data; name=no; name=csrf",
        "Content-Disposition: form-data; name=csrf\r\nContent-Disposition: a; name=no",
        "X-Content-Disposition: form-data; name=csrf",
    ] {
        let outcome = sender.judge(&[TYPE], text(headers)).await;
        assert_eq!(verdict(outcome), Err(CsrfError::Missing), "{headers}");
    }
    for headers in ["Content-Disposition form-data; name=csrf", "no colon\r\nX: 1", ": \r\nX: 1"] {
        let outcome = sender.judge(&[TYPE], text(headers)).await;
        assert_eq!(verdict(outcome), Err(CsrfError::BrokenForm), "{headers}");
    }
    let csrf = part("csrf", &token);
    for text in [
        format!("a preamble\r\n{csrf}{END}"),
        format!("\r\n{csrf}{END}"),
        csrf.replacen("--XyZ", "--XyZ \t ", 1) + END,
        // A preamble need not end with a line.
        format!("x{csrf}{END}"),
    ] {
        assert!(sender.judge(&[TYPE], &text).await.is_ok(), "{text}");
    }
}

#[tokio::test]
async fn refuses_what_is_broken_before_the_token() {
    let sender = Sender::new();
    let csrf = part("csrf", &sender.visitor.token());
    for text in [
        String::new(),
        "{}".to_owned(),
        "--XyZ".to_owned(),
        "--XyZ-".to_owned(),
        format!("--XyZ-x\r\n{csrf}{END}"),
        format!("--XyZ -- \r\n{csrf}{END}"),
        format!("--XyZ \r{csrf}{END}"),
        format!("--XyZx\r\n{csrf}{END}"),
        // A boundary after a line feed alone is none, and a part has 32 headers at most.
        csrf.replace("\r\n", "\n"),
        format!("{}{csrf}{END}", part("a", "").replace("Content", &"X: 1\r\n".repeat(33))),
        csrf.replace("\r\n\r\n", "\r\n"),
    ] {
        for frame in [1, 10_000] {
            let body = Frames::of(text.as_bytes().chunks(frame));
            let outcome = sender.judge_frames(&[TYPE], body).await;
            assert_eq!(verdict(outcome), Err(CsrfError::BrokenForm), "{text}");
        }
    }
}

#[tokio::test]
async fn a_form_that_is_cut_off_is_broken_until_the_token_is_complete() {
    let sender = Sender::new();
    let before = format!("{}{}", file("content"), part("csrf", &sender.visitor.token()));
    let text = format!("{before}{END}");
    for len in 0..=text.len() {
        let outcome = sender.judge(&[TYPE], &text[..len]).await;
        // The boundary behind the token ends it.
        let is_complete = len >= before.len() + "--XyZ".len();
        let expected = if is_complete { Ok(()) } else { Err(CsrfError::BrokenForm) };
        assert_eq!(verdict(outcome), expected, "{len} bytes");
    }
    let failing = Frames::of([&text[..before.len()]]).then(Err("reset"));
    let outcome = sender.judge_frames(&[TYPE], failing).await;
    assert_eq!(verdict(outcome), Err(CsrfError::BrokenForm));
}

#[tokio::test]
async fn reads_no_more_than_the_limit_before_the_token() {
    let sender = Sender::new();
    let token = sender.visitor.token();
    let csrf = part("csrf", &token);
    let needed = csrf.len() + "--XyZ".len();
    let judge = async |limit, text: &str, frame: usize| {
        let body = Frames::of(text.as_bytes().chunks(frame));
        let given = Arc::clone(&body.given);
        let request = sender.form("/", &[TYPE], body);
        let outcome = sender.send(Csrf::form_field("csrf").max_form_len(limit), request).await;
        assert!(outcome.is_ok() || given.load(Relaxed) <= limit / frame + 2);
        verdict(outcome)
    };
    let too_large = |limit| Err(CsrfError::FormTooLarge { limit });
    let upload = format!("{csrf}{}{END}", file(&"x".repeat(5000)));
    for frame in [1, 7, 100_000] {
        assert_eq!(judge(needed, &upload, frame).await, Ok(()));
        assert_eq!(judge(needed - 1, &upload, frame).await, too_large(needed - 1));
        assert_eq!(judge(0, &upload, frame).await, too_large(0));

        let last = format!("{}{csrf}{END}", file(&"x".repeat(5000)));
        assert_eq!(judge(5000, &last, frame).await, too_large(5000));
        // What nobody needs: a header, a name, a preamble, white space and a token without an end.
        let long = "x".repeat(5000);
        for hostile in [
            format!("--XyZ\r\nX: {long}"),
            part(&long, "1"),
            long.clone(),
            format!("--XyZ{}", " ".repeat(5000)),
            part("csrf", &long),
            "\r\n--Xy".repeat(1000),
            "--XyZ\r\n\r\n\r\n".repeat(1000),
        ] {
            assert_eq!(judge(4000, &hostile, frame).await, too_large(4000), "{hostile:.20}");
        }
    }
}

/// What is taken of a body in frames of one size, whose frames may all be there at once.
async fn taken(text: &str, frame: usize, is_always_ready: bool, limit: usize) -> usize {
    let sender = Sender::new();
    let text = text.replace("TOKEN", &sender.visitor.token());
    let mut body = Frames::of(text.as_bytes().chunks(frame));
    body.is_always_ready = is_always_ready;
    let (taken, at_start) = (Arc::clone(&body.taken), Arc::new(AtomicU64::new(0)));
    let handler = {
        let (taken, at_start) = (Arc::clone(&taken), Arc::clone(&at_start));
        move |request: Request<FormBody<Frames>>| {
            at_start.store(taken.load(Relaxed) as u64, Relaxed);
            let text = text.clone();
            async move {
                let received = request.into_body().collect().await?.to_bytes();
                assert_eq!(received, text.into_bytes());
                Ok::<_, &str>(Response::new(String::new()))
            }
        }
    };
    let csrf = Csrf::form_field("csrf").max_form_len(limit);
    let layer = CsrfLayer::new(sender.visitor.sessions.clone(), csrf);
    let service = SessionLayer::new(sender.visitor.sessions.clone());
    let service = service.layer(layer.layer(service_fn(handler)));
    let response = service.oneshot(sender.form("/", &[TYPE], body)).await.unwrap();
    match response.status().as_u16() {
        200 => at_start.load(Relaxed).try_into().unwrap(),
        413 => taken.load(Relaxed),
        status => panic!("{status}"),
    }
}

#[tokio::test]
async fn takes_no_more_of_a_body_than_the_limit_and_the_frame_that_exceeds_it() {
    let upload = file(&"x".repeat(100_000));
    let last = format!("{upload}{}{END}", part("csrf", "TOKEN"));
    for is_always_ready in [false, true] {
        for frame in [1, 7, 1000, 100_000, 1 << 20] {
            for limit in [0, 1, 500, 1000, 65_536] {
                let taken = taken(&last, frame, is_always_ready, limit).await;
                assert!(taken > limit && taken <= limit + frame, "{taken} of {limit} by {frame}");
            }
        }
    }
}

#[tokio::test]
async fn takes_next_to_nothing_after_the_token() {
    let csrf = part("csrf", "TOKEN");
    let first = format!("{csrf}{}{END}", file(&"x".repeat(100_000)));
    // The token is longer than its name here.
    let needed = csrf.len() - "TOKEN".len() + 44 + "--XyZ".len();
    for is_always_ready in [false, true] {
        for frame in [1, 7, 1000, 100_000, 1 << 20] {
            let taken = taken(&first, frame, is_always_ready, 65_536).await;
            assert!(taken < needed + needed / 8 + 1 + frame, "{taken} of {needed} by {frame}");
        }
    }
}

/// A form with the token first and then an upload without an end.
struct Upload {
    begin: Option<Bytes>,
    chunk: Bytes,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(begin) = self.begin.take() {
            return Poll::Ready(Some(Ok(Frame::data(begin))));
        }
        let Some(left) = self.left.checked_sub(self.chunk.len() as u64) else {
            return Poll::Ready(None);
        };
        self.left = left;
        self.sent.fetch_add(self.chunk.len() as u64, Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.chunk.clone()))))
    }
}

#[tokio::test]
async fn an_upload_of_gigabytes_is_streamed_on() {
    const GIGABYTES: u64 = 4 << 30;
    let visitor = Visitor::new();
    let sent = Arc::new(AtomicU64::new(0));
    let at_start = Arc::clone(&sent);
    let handler = move |request: Request<FormBody<Upload>>| {
        let at_start = at_start.load(Relaxed);
        async move {
            assert_eq!(at_start, 0, "nothing of the file is read before the handler runs");
            let (mut body, mut received) = (request.into_body(), 0);
            while let Some(frame) = body.frame().await {
                received += frame?.data_ref().map_or(0, Bytes::len) as u64;
            }
            Ok::<_, Infallible>(Response::new(received.to_string()))
        }
    };
    let layer = CsrfLayer::new(visitor.sessions.clone(), Csrf::form_field("csrf"));
    let service =
        SessionLayer::new(visitor.sessions.clone()).layer(layer.layer(service_fn(handler)));
    let begin = Bytes::from(part("csrf", &visitor.token()) + file("").trim_end());
    let expected = GIGABYTES + begin.len() as u64;
    let chunk = Bytes::from(vec![b'x'; 1 << 20]);
    let body = Upload { begin: Some(begin), chunk, left: GIGABYTES, sent };
    let request = visitor.send("POST", &[("content-type", TYPE)], "").map(|_| body);
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.body(), &expected.to_string());
}
