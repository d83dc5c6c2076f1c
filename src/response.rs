//! Everything that an answer gains: the `Set-Cookie` line and the fields of caches, or nothing at all.

use http::header::{HeaderMap, HeaderValue, MaxSizeReached};

use crate::{cache, header, session::Session};

/// Header fields from which on a further one might be refused: `http` holds 24,576 and more.
const FULL_FROM: usize = 1024;

/// Writes all fields or, on an error, none.
pub(crate) fn write<T>(
    headers: &mut HeaderMap,
    name: &str,
    session: &Session<T>,
    line: Option<HeaderValue>,
) -> Result<(), MaxSizeReached> {
    if headers.len() < FULL_FROM {
        return write_each(headers, name, session, line);
    }
    let mut copy = headers.clone();
    write_each(&mut copy, name, session, line)?;
    *headers = copy;
    Ok(())
}

fn write_each<T>(
    headers: &mut HeaderMap,
    name: &str,
    session: &Session<T>,
    line: Option<HeaderValue>,
) -> Result<(), MaxSizeReached> {
    if session.arrival.transport.is_some() {
        cache::vary_on_cookie(headers)?;
    }
    if let Some(line) = line {
        cache::make_private(headers)?;
        return header::put_line(headers, name, line);
    }
    if session.invalidated {
        // A line of an earlier encoding to the same answer.
        header::drop_lines(headers, name)?;
    }
    if session.arrival.loaded { cache::private_by_default(headers) } else { Ok(()) }
}
