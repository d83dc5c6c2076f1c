//! The payload of the flash cookie: messages in order, each with the time at which it was pushed.
//!
//! ```text
//! payload = varint count ‖ count times: level (1) ‖ [if it has an age: varint age] ‖ varint length ‖ text
//!           level: 0 info, 1 success, 2 warning, 3 error; 128 more if it has an age
//!           age: seconds from the pushing of the message to `created` of the body; from 1 to `created`
//! ```
//!
//! A message that arrived with a request and is sent again has an age, so that it ends when it
//! would have ended before. A message that was pushed in the second of `created` has none: messages
//! of one response are postcard of `Vec<(u8, &str)>`.

use crate::crypto::secret_bytes::SecretBytes;
use crate::flash::message::{Level, MAX_MESSAGES, Message, QueuedMessage, fit};
use crate::token::varint;

/// The bit of a level that says that an age follows.
const AGE_FOLLOWS: u8 = 0x80;

/// Writes messages, each with its age.
pub(super) fn write(messages: &[(u64, &Message)]) -> SecretBytes {
    let len = |number: usize| varint::len(number as u64);
    let age_len = |age: u64| if age == 0 { 0 } else { varint::len(age) };
    let lens = messages
        .iter()
        .map(|(age, message)| 1 + age_len(*age) + len(message.text.len()) + message.text.len());
    // Allocated once: a buffer that grows leaves copies of texts in memory.
    let mut payload = Vec::with_capacity(len(messages.len()) + lens.sum::<usize>());
    varint::write(messages.len() as u64, &mut payload);
    for (age, Message { level, text }) in messages {
        if *age == 0 {
            payload.push(level.byte());
        } else {
            payload.push(level.byte() | AGE_FOLLOWS);
            varint::write(*age, &mut payload);
        }
        varint::write(text.len() as u64, &mut payload);
        payload.extend(text.as_bytes());
    }
    SecretBytes(payload)
}

/// Reads a payload to the last byte; `None` if it breaks the format or a limit of `push`.
pub(super) fn read(mut payload: &[u8], created: u64) -> Option<Vec<QueuedMessage>> {
    let rest = &mut payload;
    let count = usize::try_from(varint::read(rest)?).ok()?;
    if !(1..=MAX_MESSAGES).contains(&count) {
        return None;
    }
    let messages = (0..count).map(|_| read_message(rest, created)).collect::<Option<Vec<_>>>()?;
    (rest.is_empty() && fit(messages.iter().map(|queued| &queued.message))).then_some(messages)
}

fn read_message(rest: &mut &[u8], created: u64) -> Option<QueuedMessage> {
    let (level, tail) = rest.split_first()?;
    *rest = tail;
    let age =
        if level & AGE_FOLLOWS == 0 { 0 } else { varint::read(rest).filter(|age| *age > 0)? };
    let pushed_at = Some(created.checked_sub(age)?);
    let len = usize::try_from(varint::read(rest)?).ok()?;
    let (text, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    let text = str::from_utf8(text).ok()?.to_owned();
    Some(QueuedMessage {
        message: Message { level: Level::of(level & !AGE_FOLLOWS)?, text },
        pushed_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_allocated_once_and_in_full() {
        let message = |len: usize| Message { level: Level::Info, text: "x".repeat(len) };
        for age in [0, 1, 127, 128, 300] {
            for len in [0, 127, 128] {
                let messages = [(0, &message(1)), (age, &message(len))];
                let payload = write(&messages);
                assert_eq!(payload.0.capacity(), payload.len(), "{age} seconds, {len} bytes");
            }
        }
    }
}
