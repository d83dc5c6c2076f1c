//! Everything that an answer gains: the `Set-Cookie` line and the fields of caches, or nothing at all.

use http::header::{HeaderMap, HeaderValue, MaxSizeReached};

use crate::{arrival::Arrival, cache, header};

/// Header fields from which on a further one might be refused: `http` holds 24,576 and more.
const FULL_FROM: usize = 1024;

/// Writes all fields or, on an error, none.
pub(crate) fn write(
    headers: &mut HeaderMap,
    name: &str,
    arrival: Arrival,
    line: Option<HeaderValue>,
) -> Result<(), MaxSizeReached> {
    if headers.len() < FULL_FROM {
        return write_each(headers, name, arrival, line);
    }
    let mut copy = headers.clone();
    write_each(&mut copy, name, arrival, line)?;
    *headers = copy;
    Ok(())
}

fn write_each(
    headers: &mut HeaderMap,
    name: &str,
    arrival: Arrival,
    line: Option<HeaderValue>,
) -> Result<(), MaxSizeReached> {
    if arrival.transport.is_some() {
        cache::vary_on_cookie(headers)?;
    }
    match line {
        Some(line) => {
            cache::make_private(headers)?;
            header::put_line(headers, name, line)
        }
        None if arrival.loaded => cache::private_by_default(headers),
        None => Ok(()),
    }
}
