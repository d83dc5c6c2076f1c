//! The floor: the least cost of the library's work. The same cipher call, base64, look-up in the
//! header, clock, serialization, randomness and headers, written inline, without any check that can
//! be left out.
//!
//! It is not a session: it knows one key, trusts every length, and reads only its own tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};
use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use memchr::memchr;

const NAME: &str = "__Host-session=";
const ATTRIBUTES: &str = "; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600";
/// The lengths of the parts of a frame and a body, in bytes.
const AAD: usize = 3;
const NONCE: usize = 24;
const ID: usize = 16;
const TAG: usize = 16;

/// Entries as a handler has them.
pub type Entries<'e> = &'e [(&'e str, &'e str)];

pub struct Floor(cipher::Cipher);

impl Floor {
    pub fn new() -> Self {
        Self(cipher::Cipher::new(&[7; 32]))
    }

    /// The headers of a response whose session was read, if the session is authentic and has this
    /// value under `key`.
    ///
    /// A token has at most `ROOM` characters.
    pub fn read<const ROOM: usize>(
        &self,
        request: &HeaderMap,
        key: &str,
        value: &str,
    ) -> Option<HeaderMap> {
        let mut scratch = [0; ROOM];
        let arrived = now();
        let token = cookie(request[COOKIE].as_bytes());
        let room = &mut scratch[..token.len()];
        let frame = URL_SAFE_NO_PAD.decode(token, room.as_out()).unwrap();
        let (aad, rest) = frame.split_at_mut(AAD);
        let (nonce, sealed) = rest.split_at_mut(NONCE);
        let body = self.0.open((&*nonce).try_into().unwrap(), aad, sealed)?;
        let (times, payload) =
            postcard::take_from_bytes::<(u64, u64, u64, u64)>(&body[ID..]).unwrap();
        let (entries, _) = postcard::take_from_bytes::<Vec<(&str, &str)>>(payload).unwrap();
        let found = entries.contains(&(key, value));
        assert!(
            times.0 <= arrived && now() < times.0 + 1_209_600,
            "sealed before, and not long ago"
        );
        let mut response = HeaderMap::new();
        response.insert(VARY, HeaderValue::from_static("Cookie"));
        response.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
        found.then_some(response)
    }

    /// The response that sets a new session.
    pub fn write(&self, entries: Entries<'_>) -> HeaderMap {
        let arrived = now();
        let count = u8::try_from(entries.len()).unwrap();
        let mut payload = Vec::with_capacity(256);
        let mut entries = entries.to_vec();
        entries.sort_unstable();
        for entry in &entries {
            payload = postcard::to_extend(entry, payload).unwrap();
        }
        let mut drawn = [0; ID + NONCE];
        getrandom::fill(&mut drawn).unwrap();
        let (id, nonce) = drawn.split_at(ID);
        let mut frame = Vec::with_capacity(512);
        frame.extend([1, 2, 3]);
        frame.extend(nonce);
        frame.extend(id);
        let mut frame =
            postcard::to_extend(&(arrived.max(now()), 0_u64, 0_u64, 0_u64, count), frame).unwrap();
        frame.extend(payload);
        let (aad, rest) = frame.split_at_mut(AAD);
        let tag = self.0.seal(nonce.try_into().unwrap(), aad, &mut rest[NONCE..]);
        frame.extend(tag);
        let characters = (frame.len() * 4).div_ceil(3);
        let mut line = String::with_capacity(NAME.len() + characters + ATTRIBUTES.len());
        line.push_str(NAME);
        URL_SAFE_NO_PAD.encode_append(&frame, &mut line);
        line.push_str(ATTRIBUTES);
        let mut response = HeaderMap::new();
        response.insert(VARY, HeaderValue::from_static("Cookie"));
        response.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
        let mut line = HeaderValue::try_from(line).unwrap();
        line.set_sensitive(true);
        response.insert(SET_COOKIE, line);
        response
    }
}

fn cookie(mut field: &[u8]) -> &[u8] {
    loop {
        let end = memchr(b';', field).unwrap_or(field.len());
        if let Some(token) = field[..end].trim_ascii().strip_prefix(NAME.as_bytes()) {
            return token;
        }
        field = &field[end + 1..];
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The provider's call as the library makes it.
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod cipher {
    #[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
    use aws_lc_rs as provider;
    use chacha20::{R20, hchacha};
    use provider::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
    #[cfg(feature = "ring")]
    use ring as provider;

    pub(super) struct Cipher([u8; 32]);

    impl Cipher {
        pub(super) fn new(key: &[u8; 32]) -> Self {
            Self(*key)
        }

        fn key(&self, nonce: &[u8; super::NONCE]) -> LessSafeKey {
            let subkey =
                hchacha::<R20>((&self.0).into(), nonce.first_chunk::<16>().unwrap().into());
            LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &subkey).unwrap())
        }

        fn nonce(nonce: &[u8; super::NONCE]) -> Nonce {
            let mut inner = [0; 12];
            inner[4..].copy_from_slice(&nonce[16..]);
            Nonce::assume_unique_for_key(inner)
        }

        pub(super) fn seal(
            &self,
            nonce: &[u8; super::NONCE],
            aad: &[u8],
            body: &mut [u8],
        ) -> [u8; super::TAG] {
            let sealed = self.key(nonce).seal_in_place_separate_tag(
                Self::nonce(nonce),
                Aad::from(aad),
                body,
            );
            let tag = sealed.unwrap();
            tag.as_ref().try_into().unwrap()
        }

        pub(super) fn open<'b>(
            &self,
            nonce: &[u8; super::NONCE],
            aad: &[u8],
            sealed: &'b mut [u8],
        ) -> Option<&'b mut [u8]> {
            self.key(nonce).open_in_place(Self::nonce(nonce), Aad::from(aad), sealed).ok()
        }
    }
}

/// The same of graviola, which asserts that the processor has what it needs.
#[cfg(all(feature = "graviola", not(any(feature = "ring", feature = "aws-lc-rs"))))]
mod cipher {
    use graviola::aead::XChaCha20Poly1305;

    pub(super) struct Cipher(XChaCha20Poly1305);

    impl Cipher {
        pub(super) fn new(key: &[u8; 32]) -> Self {
            Self(XChaCha20Poly1305::new(*key))
        }

        pub(super) fn seal(
            &self,
            nonce: &[u8; super::NONCE],
            aad: &[u8],
            body: &mut [u8],
        ) -> [u8; super::TAG] {
            let mut tag = [0; super::TAG];
            self.0.encrypt(nonce, aad, body, &mut tag);
            tag
        }

        pub(super) fn open<'b>(
            &self,
            nonce: &[u8; super::NONCE],
            aad: &[u8],
            sealed: &'b mut [u8],
        ) -> Option<&'b mut [u8]> {
            let (body, tag) = sealed.split_last_chunk_mut::<{ super::TAG }>()?;
            self.0.decrypt(nonce, aad, body, tag).ok().map(|()| body)
        }
    }
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs", feature = "graviola")))]
mod cipher {
    use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

    pub(super) struct Cipher(XChaCha20Poly1305);

    impl Cipher {
        pub(super) fn new(key: &[u8; 32]) -> Self {
            Self(XChaCha20Poly1305::new(key.into()))
        }

        pub(super) fn seal(
            &self,
            nonce: &[u8; super::NONCE],
            aad: &[u8],
            body: &mut [u8],
        ) -> [u8; super::TAG] {
            self.0.encrypt_inout_detached(nonce.into(), aad, body.into()).unwrap().into()
        }

        pub(super) fn open<'b>(
            &self,
            nonce: &[u8; super::NONCE],
            aad: &[u8],
            sealed: &'b mut [u8],
        ) -> Option<&'b mut [u8]> {
            let (body, tag) = sealed.split_last_chunk_mut::<{ super::TAG }>()?;
            let opened =
                self.0.decrypt_inout_detached(nonce.into(), aad, body.into(), (&*tag).into());
            opened.ok().map(|()| body)
        }
    }
}
