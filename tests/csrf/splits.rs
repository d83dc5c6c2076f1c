//! Properties: the cut into frames changes nothing, and the handler reads the field of a multipart form that was judged.

use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::Csrf;
use tokio::runtime::{Builder, Runtime};

use crate::body::{Frames, Outcome, Sender, URLENCODED};

const MULTIPART: &str = "multipart/form-data; boundary=b";

const TYPES: &[&str] =
    if cfg!(feature = "multipart") { &[URLENCODED, MULTIPART] } else { &[URLENCODED] };

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Pieces of which both kinds of form are made; `TOKEN` stands for a token.
const PIECES: [&str; 24] = [
    "csrf=",
    "&",
    "=",
    "a",
    "%63srf",
    "TOKEN",
    "TOKEN",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    "--b",
    "--b--",
    "\r\n--b\r\n",
    "\r\n--b--",
    "-",
    "--",
    " ",
    "Content-Disposition: form-data; name=\"csrf\"",
    "Content-Disposition: form-data; name=\"csrf\"\r\n\r\n",
    "Content-Disposition: form-data; name=a",
    "name=csrf",
    ";",
    "\"",
];

fn form() -> impl Strategy<Value = String> {
    let pieces =
        prop::collection::vec(select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat());
    let parts =
        prop::collection::vec((select(&["csrf", "a"][..]), select(&["TOKEN", "a", ""][..])), 0..4);
    let fields = parts.prop_map(|parts| {
        let part = |(name, value): &(&str, &str)| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        parts.iter().map(part).collect::<String>() + "--b--"
    });
    // Whole ones, broken ones, and whole ones with something in the middle.
    (pieces, fields, any::<prop::sample::Index>()).prop_map(|(pieces, mut fields, index)| {
        match index.index(3) {
            0 => pieces,
            1 => fields,
            _ => {
                fields.insert_str(index.index(fields.len()), &pieces);
                fields
            }
        }
    })
}

fn send(sender: &Sender, content_type: &str, limit: usize, body: Frames) -> Outcome {
    let request = sender.form("/", &[content_type], body);
    runtime().block_on(sender.send(Csrf::form_field("csrf").max_form_len(limit), request))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cut_into_frames_changes_neither_the_verdict_nor_the_bytes(
        text in form(),
        content_type in select(TYPES),
        limit in 0..300usize,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let sender = Sender::new();
        let text = text.replace("TOKEN", &sender.visitor.token());
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let frames = || cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]);

        let received = |outcome: Outcome| outcome.map(|received| received.text);
        let whole = received(send(&sender, content_type, limit, Frames::of([&text])));
        let cut = received(send(&sender, content_type, limit, Frames::of(frames())));
        let mut bytes = Frames::of(text.as_bytes().chunks(1));
        bytes.is_always_ready = true;
        let bytes = received(send(&sender, content_type, limit, bytes));
        prop_assert_eq!(&whole, &cut);
        prop_assert_eq!(&whole, &bytes);
        if let Ok(received) = whole {
            prop_assert_eq!(received, text.into_bytes());
        }
    }
}

/// What an application reads, too.
#[cfg(feature = "multipart")]
mod replay {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures_util::stream;
    use sealed_session::CsrfError;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_handler_reads_the_field_that_was_judged(text in form(), frame in 1..100usize) {
            let sender = Sender::new();
            let text = text.replace("TOKEN", &sender.visitor.token());
            let frames = Frames::of(text.as_bytes().chunks(frame));
            let judged = send(&sender, MULTIPART, 65_536, frames);
            let sent = match &judged {
                Ok(received) => received.text.clone(),
                Err(_) => text.into_bytes(),
            };
            let expected = match runtime().block_on(by_multer(sent)) {
                Ok(Some(value)) => sender.visitor.session.verify_csrf(value),
                Ok(None) => Err(CsrfError::Missing),
                Err(_) => Err(CsrfError::BrokenForm),
            };
            prop_assert_eq!(judged.map(drop), expected);
        }
    }

    /// The value of the first field of the name.
    async fn by_multer(text: Vec<u8>) -> multer::Result<Option<Bytes>> {
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from(text))]);
        let mut form = multer::Multipart::new(body, "b");
        while let Some(field) = form.next_field().await? {
            if field.name() == Some("csrf") {
                return field.bytes().await.map(Some);
            }
        }
        Ok(None)
    }
}
