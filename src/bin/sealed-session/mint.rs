//! `mint`: makes a cookie for a test or for support.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Args;
use sealed_session::inspect::{Inspector, MintError, Minted};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::input;
use crate::scope::{ScopeArgs, SecretsArgs};
use crate::time::{Instant, Length, in_words, parse_time};

const EXAMPLES: &str = "\
The entries are read from standard input as a JSON object, such as {\"user\": \"alice\"}. For a dictionary, its values are
text, numbers and truth values; with --schema, whatever the application's type reads. A compact payload cannot be minted.

The cookie ends an hour from now unless --expires-in says otherwise. That is an idle timeout of its own: a client that
keeps the cookies of responses can use the session for longer, up to the absolute timeout.

Exit codes: 0 done, 2 wrong input.

Examples:
  sealed-session mint --secrets /run/secrets/session < alice.json
  sealed-session mint --transport http --expires-in 5min < alice.json
  sealed-session mint --config session.toml --set-cookie < account.json
  curl -b \"$(sealed-session mint < alice.json)\" https://example.com/account";

/// How long a cookie lasts by default.
const HOUR: Duration = Duration::from_secs(3600);

/// What `mint` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MintArgs {
    #[command(flatten)]
    secrets: SecretsArgs,
    /// How long the session lasts [default: 1h, or the absolute timeout if that is shorter]
    #[arg(long, value_name = "DURATION")]
    expires_in: Option<Length>,
    /// Seal the session at this time, in RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<SystemTime>,
    /// Print the whole Set-Cookie header instead of name=token
    #[arg(long)]
    set_cookie: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Makes a cookie of the entries on standard input.
pub(crate) fn run(args: &MintArgs) -> Result<ExitCode, Failure> {
    let settings = args.scope.read_one()?;
    let keyring = args.secrets.read()?.ok_or_else(|| {
        Failure::Input(
            "there are no secrets: set SESSION_SECRET, or give --secrets or --secrets-env"
                .to_owned(),
        )
    })?;
    let inspector = Inspector::new(&keyring, &settings).map_err(Failure::input)?;
    let absolute = inspector.absolute_timeout();
    let lasts = args.expires_in.map_or(HOUR.min(absolute), |length| length.0);
    if lasts > absolute {
        return Err(Failure::Input(format!(
            "--expires-in is {}; expected at most the absolute timeout, {}",
            in_words(lasts.as_secs()),
            in_words(absolute.as_secs())
        )));
    }
    let entries = entries()?;
    let now = args.at.unwrap_or_else(SystemTime::now);
    let minted =
        inspector.mint(entries, lasts, now).map_err(|error: MintError| Failure::input(error))?;
    input::note(
        "warning: whoever has this cookie is logged in with these entries; do not log, paste or commit it",
    );
    input::print(&text(args, &minted))?;
    Ok(ExitCode::SUCCESS)
}

fn text(args: &MintArgs, minted: &Minted) -> String {
    if args.json {
        let object = json!({
            "cookie": minted.pair,
            "set_cookie": minted.set_cookie,
            "label": minted.label.to_string(),
            "expires": Instant::of(minted.expires_at),
        });
        return format!("{object:#}\n");
    }
    format!("{}\n", if args.set_cookie { &minted.set_cookie } else { &minted.pair })
}

/// The JSON object on standard input.
fn entries() -> Result<Value, Failure> {
    let bytes = input::read_all(r#"Type the entries as a JSON object, such as {"user": "alice"}"#)?;
    // Its message has the place, and no value.
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::Input(format!("standard input is not a JSON object: {error}")))
}
