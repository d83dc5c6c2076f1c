//! The payload of the flash cookie: messages, one after the other.
//!
//! ```text
//! payload = varint count ‖ count times: level (1) ‖ varint length ‖ text              postcard of Vec<(u8, &str)>
//!           level: 0 info, 1 success, 2 warning, 3 error
//! ```

use crate::crypto::secret_bytes::SecretBytes;
use crate::flash::message::{Level, MAX_MESSAGES, Message, fit};
use crate::token::varint;

pub(super) fn write(messages: &[&Message]) -> SecretBytes {
    let len = |number: usize| varint::len(number as u64);
    let lens = messages.iter().map(|message| 1 + len(message.text.len()) + message.text.len());
    // Room for all: a buffer that grows leaves texts behind.
    let mut payload = Vec::with_capacity(len(messages.len()) + lens.sum::<usize>());
    varint::write(messages.len() as u64, &mut payload);
    for Message { level, text } in messages {
        payload.push(level.byte());
        varint::write(text.len() as u64, &mut payload);
        payload.extend(text.as_bytes());
    }
    SecretBytes(payload)
}

/// Reads a payload, to the last byte; `None` for what `push` would not have let through.
pub(super) fn read(mut payload: &[u8]) -> Option<Vec<Message>> {
    let rest = &mut payload;
    let count = usize::try_from(varint::read(rest)?).ok()?;
    if !(1..=MAX_MESSAGES).contains(&count) {
        return None;
    }
    let messages = (0..count).map(|_| read_message(rest)).collect::<Option<Vec<_>>>()?;
    (rest.is_empty() && fit(messages.iter())).then_some(messages)
}

fn read_message(rest: &mut &[u8]) -> Option<Message> {
    let (level, tail) = rest.split_first()?;
    *rest = tail;
    let len = usize::try_from(varint::read(rest)?).ok()?;
    let (text, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(Message { level: Level::of(*level)?, text: str::from_utf8(text).ok()?.to_owned() })
}
