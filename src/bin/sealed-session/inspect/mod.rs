//! `inspect`: explains a cookie.

mod causes;
mod report;
mod search;
mod words;

use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sealed_session::inspect::{Inspector, Settings, word};
use sealed_session::{Keyring, Rejection};

use crate::failure::{Failure, without_controls, without_secrets};
use crate::input::{self, Pasted};
use crate::inspect::report::{KeyReport, Report, ScopeReport, TokenReport, Verdict};
use crate::inspect::search::{Search, spellings, without_prefix};
use crate::scope::{Alternatives, ScopeArgs, SecretsArgs};
use crate::time::{Instant, parse_time};

const EXAMPLES: &str = "\
The cookie is read from standard input: its value, name=value, a whole Cookie header as a browser shows it, a Set-Cookie
header, or a request that the browser copied for curl. Without secrets, only version and key id are shown. A terminal
passes on 4,095 characters of a line at most: read a longer header from a file or a pipe.

If a flag is given again, its value is tried where the first does not fit: --schema account-2 --schema account-1.
The program cannot know whether the server has revoked a session, or whether a payload fits the application's type.

Exit codes: 0 accepted, 1 rejected, 2 wrong input. Without secrets, 0 means that the value looks like a token.

Examples:
  sealed-session inspect --secrets /run/secrets/session < cookie.txt
  xclip -o | sealed-session inspect --config session.toml --json
  sealed-session inspect --name shop --domain example.com --idle-timeout 1h --at 2026-11-28T09:30:00Z < cookie.txt

session.toml, whose keys are the methods of Builder:
  name = \"shop\"
  path = \"/\"
  domain = \"example.com\"
  context = \"shop 1\"
  idle_timeout = \"14 days\"
  schema = \"account-2\"          # the argument of typed(); compact = \"account-2/9777a5f7\" has the shape, too
  upgrade_from = [\"account-1\"]";

/// What `inspect` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    secrets: SecretsArgs,
    /// Judge the cookie at this time, in RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<SystemTime>,
    /// Print what the session holds, which is as secret as the session
    #[arg(long)]
    show_data: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Explains the cookie on standard input.
pub(crate) fn run(args: &InspectArgs) -> Result<ExitCode, Failure> {
    let (settings, mut alternatives) = args.scope.read()?;
    let keyring = args.secrets.read()?;
    // Without secrets nothing is opened; the settings are checked all the same.
    let ring = keyring.clone().unwrap_or_else(Keyring::ephemeral);
    let inspector = Inspector::new(&ring, &settings).map_err(Failure::input)?;
    let pasted = input::read_cookie()?;
    alternatives.paths.extend(pasted.attributes("path"));
    alternatives.domains.extend(pasted.attributes("domain"));
    let asked = Asked {
        keyring: keyring.as_ref(),
        settings: &settings,
        alternatives: &alternatives,
        inspector: &inspector,
        now: args.at.unwrap_or_else(SystemTime::now),
        show_data: args.show_data,
    };
    let report = asked.report(&pasted)?;
    let text = if args.json { json(&report)? } else { words::render(&report) };
    input::print(&text)?;
    Ok(ExitCode::from(u8::from(report.verdict == Verdict::Rejected)))
}

fn json(report: &Report) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(report).map_err(Failure::input)?;
    Ok(without_controls(&text) + "\n")
}

/// What is asked about the cookie.
struct Asked<'a> {
    keyring: Option<&'a Keyring>,
    settings: &'a Settings,
    alternatives: &'a Alternatives,
    inspector: &'a Inspector,
    now: SystemTime,
    show_data: bool,
}

/// The values with the name of the scope, or one with another name.
struct Found {
    headers: HeaderMap,
    values: Vec<Vec<u8>>,
    other_name: Option<String>,
}

impl Asked<'_> {
    fn report(&self, pasted: &Pasted) -> Result<Report, Failure> {
        let found = self.find(pasted)?;
        let mut report = Report {
            at: Instant::of(self.now),
            scope: ScopeReport::of(self.inspector),
            secrets: self.keyring.map(|_| KeyReport::all(self.inspector)),
            verdict: Verdict::Unknown,
            reason: None,
            explanation: None,
            accepted_token: None,
            tokens: Vec::new(),
        };
        if let Some(keyring) = self.keyring {
            self.judge(keyring, &found, &mut report)?;
        } else {
            self.read_heads(&found, &mut report);
        }
        if let Some(name) = found.other_name {
            let explanation = causes::of_name(&name, &report.scope.cookie);
            report.verdict = Verdict::Rejected;
            report.reason = Some("other_name");
            report.explanation = Some(explanation);
            report.accepted_token = None;
            report.tokens[0].found_name = Some(name);
        }
        Ok(report)
    }

    /// The cookie that is meant.
    fn find(&self, pasted: &Pasted) -> Result<Found, Failure> {
        let expected = self.inspector.scope().full_name;
        if let Pasted::Value(value) = pasted {
            return Ok(Found::one(&expected, value, None));
        }
        let pairs = pasted.pairs();
        let ours: Vec<_> = pairs.iter().filter(|(name, _)| *name == expected.as_bytes()).collect();
        if !ours.is_empty() {
            let values = ours.iter().map(|(_, value)| value.to_vec()).collect();
            let headers = ours.iter().filter_map(|(_, value)| field(&expected, value));
            return Ok(Found { headers: headers.collect(), values, other_name: None });
        }
        // A secret with padding reads like the name of an empty cookie.
        let text = |name: &[u8]| without_secrets(&String::from_utf8_lossy(name));
        let is_near = |name: &[u8]| without_prefix(&text(name)) == without_prefix(&expected);
        let near = pairs.iter().find(|(name, _)| is_near(name));
        if let Some((name, value)) = near.or(pairs.first().filter(|_| pairs.len() == 1)) {
            return Ok(Found::one(&expected, value, Some(text(name))));
        }
        let names: Vec<String> =
            pairs.iter().map(|(name, _)| format!("{:?}", text(name))).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Err(Failure::Input(format!(
            "there is no cookie {expected}; there are: {names}. Give its settings: --name, --path, --domain or --transport"
        )))
    }

    /// Version and key id only.
    fn read_heads(&self, found: &Found, report: &mut Report) {
        for (text, number) in found.values.iter().zip(1..) {
            let head = self.inspector.head(text);
            let rejection = head.as_ref().err().copied();
            let head = head.map(|id| id.to_string());
            let mut token = TokenReport::of_head(number, text.len(), head);
            if let Some(rejection) = rejection {
                self.explain(&mut token, rejection, text, None);
            }
            report.tokens.push(token);
        }
        if report.tokens.iter().all(|token| token.verdict == Verdict::Rejected) {
            report.verdict = Verdict::Rejected;
            report.reason = report.tokens[0].reason;
        }
    }

    fn judge(&self, keyring: &Keyring, found: &Found, report: &mut Report) -> Result<(), Failure> {
        let unread = || Failure::Input("the cookie has bytes that no header may have".to_owned());
        let facts = self.inspector.request(&found.headers, self.now).ok_or_else(unread)?;
        let told = (self.settings, self.alternatives);
        let search = Search::new(self.inspector, keyring, told, found.other_name.as_deref());
        let secrets = self.inspector.keys().len();
        for ((token, looked_at), text) in
            facts.tokens.iter().zip(facts.looked_at).zip(&found.values)
        {
            let number = report.tokens.len() + 1;
            let mut judged = TokenReport::of(number, token, secrets, self.show_data);
            judged.looked_at = looked_at;
            if let Err(rejection) = token.verdict {
                self.explain(&mut judged, rejection, text, Some(&search));
            }
            report.tokens.push(judged);
        }
        match facts.outcome {
            Ok(place) => {
                report.verdict = Verdict::Accepted;
                report.accepted_token = Some(place + 1);
            }
            Err(rejection) => {
                report.verdict = Verdict::Rejected;
                report.reason = Some(word(rejection));
                report.explanation = causes::of_request(rejection);
            }
        }
        Ok(())
    }

    /// Adds why a token is rejected, and what would open it.
    fn explain(
        &self,
        token: &mut TokenReport,
        rejection: Rejection,
        text: &[u8],
        search: Option<&Search<'_>>,
    ) {
        let secrets = self.inspector.keys().len();
        let explanation = causes::of_token(rejection, token, text, secrets, Instant::of(self.now));
        if token.secret.is_none() {
            token.fits = spellings(self.inspector, text);
            // Only a whole token opens in another scope.
            let search = search.filter(|_| self.inspector.head(text).is_ok());
            token.fits.extend(search.map(|search| search.scopes(text)).into_iter().flatten());
        }
        token.explanation = Some(match token.fits.first() {
            Some(fit) => causes::of_fit(explanation.found, fit),
            None => explanation,
        });
    }
}

impl Found {
    fn one(expected: &str, value: &[u8], other_name: Option<String>) -> Self {
        let headers = field(expected, value).into_iter().collect();
        // As the header has it: without white space around it.
        Self { headers, values: vec![value.trim_ascii().to_vec()], other_name }
    }
}

/// A `Cookie` header of one pair.
fn field(name: &str, value: &[u8]) -> Option<(http::HeaderName, HeaderValue)> {
    let field = HeaderValue::from_bytes(&[name.as_bytes(), b"=", value].concat());
    field.ok().map(|field| (COOKIE, field))
}
