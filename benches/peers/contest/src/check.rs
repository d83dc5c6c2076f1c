//! The check: a contender reads back what it wrote, and nothing else, before anything is timed.

use http::HeaderMap;
use http::header::SET_COOKIE;

use crate::{Contender, ENTRIES, cookie};

/// A request with the session that this contender wrote, if it keeps its promises.
pub fn check(contender: &impl Contender) -> Result<HeaderMap, String> {
    let response = contender.write(&ENTRIES);
    let pair = cookie::pair(&response)?;
    let request = cookie::request(pair);
    for (key, value) in ENTRIES {
        let response = contender
            .read(&request, (key, value))
            .ok_or_else(|| format!("does not read back {key}"))?;
        if response.contains_key(SET_COOKIE) {
            return Err("answers a read with a Set-Cookie".into());
        }
        if pair.contains(value) || contender.read(&request, (key, "something else")).is_some() {
            return Err(format!("neither hides nor tells {key}"));
        }
    }
    if contender.read(&cookie::request(&forged(pair)), ENTRIES[0]).is_some() {
        return Err("takes a forged cookie".into());
    }
    Ok(request)
}

/// The request with another letter in the middle of the value.
fn forged(pair: &str) -> String {
    let middle = pair.len() / 2;
    let other = if pair[middle..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &pair[..middle], &pair[middle + 1..])
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;
    use crate::Entry;

    /// The promise that it breaks.
    #[derive(PartialEq)]
    enum Fault {
        None,
        SendsNothing,
        LosesAnEntry,
        SendsOnEachAnswer,
        FindsEverything,
        TakesForgeries,
    }

    /// "Seals" by adding up the letters.
    struct Broken(Fault);

    fn sum(text: &str) -> u32 {
        text.bytes().map(u32::from).sum()
    }

    fn response() -> HeaderMap {
        let text: String = ENTRIES.iter().flat_map(|(key, value)| [*key, *value]).collect();
        let line = format!("session={}x{}; Secure", "0".repeat(64), sum(&text));
        HeaderMap::from_iter([(SET_COOKIE, line.parse().expect("a header value"))])
    }

    impl Contender for Broken {
        fn write(&self, _: &'static [Entry]) -> HeaderMap {
            if self.0 == Fault::SendsNothing { HeaderMap::new() } else { response() }
        }

        fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap> {
            let sent = request[COOKIE].to_str().ok()?;
            let authentic = sent.contains(cookie::pair(&response()).ok()?);
            let lost = self.0 == Fault::LosesAnEntry && entry.0 == "csrf";
            let there = ENTRIES.contains(&entry) && !lost || self.0 == Fault::FindsEverything;
            let found = there && (authentic || self.0 == Fault::TakesForgeries);
            let fields =
                if self.0 == Fault::SendsOnEachAnswer { response() } else { HeaderMap::new() };
            found.then_some(fields)
        }
    }

    #[track_caller]
    fn refuses(fault: Fault, message: &str) {
        assert_eq!(check(&Broken(fault)).expect_err("a fault"), message);
    }

    #[test]
    fn takes_a_contender_that_keeps_its_promises() {
        let request = check(&Broken(Fault::None)).expect("no fault");
        assert!(request[COOKIE].to_str().expect("ASCII").starts_with("theme=dark; session="));
    }

    #[test]
    fn refuses_one_that_sends_nothing() {
        refuses(Fault::SendsNothing, "does not answer a write with one Set-Cookie");
    }

    #[test]
    fn refuses_one_that_loses_an_entry() {
        refuses(Fault::LosesAnEntry, "does not read back csrf");
    }

    #[test]
    fn refuses_one_that_sends_a_cookie_on_each_answer() {
        refuses(Fault::SendsOnEachAnswer, "answers a read with a Set-Cookie");
    }

    #[test]
    fn refuses_one_that_finds_what_was_not_written() {
        refuses(Fault::FindsEverything, "neither hides nor tells user_id");
    }

    #[test]
    fn refuses_one_that_takes_a_forged_cookie() {
        refuses(Fault::TakesForgeries, "takes a forged cookie");
    }
}
