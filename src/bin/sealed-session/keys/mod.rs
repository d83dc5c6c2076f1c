//! `keys`: lists the secrets of a file, and takes the steps of a rotation.

mod disk;
mod durations;
mod listing;
mod record;
mod refusals;
mod report;
mod steps;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use sealed_session::inspect::Settings;
use sealed_session::{Keyring, Secret};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::input;
use crate::scope::ScopeArgs;
use crate::time;
use durations::in_words;
use listing::{Listing, NewLine};
use record::{Happened, KeyRecord};
use report::KeysReport;
use steps::DEFAULT_LONGEST;

/// The steps of a rotation.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Makes a file with one secret, which only its owner can read.
    #[command(after_help = "Examples:\n  sealed-session keys init /etc/app/secrets")]
    Init(KeysFile),
    /// Lists the secrets of a file: role, key id, since when, and the next step.
    ///
    /// The key ids are those in the log of a server with these settings: `keys="current 3f0a, upcoming 91c4"`. Secrets are
    /// never shown.
    #[command(after_help = "Examples:\n  sealed-session keys list /etc/app/secrets\n  \
                            sealed-session keys list /etc/app/secrets --json")]
    List(KeysFile),
    /// Step 1 of a rotation: draws a secret and adds it as upcoming.
    ///
    /// Every machine can then open what others will seal with it.
    #[command(after_help = "Examples:\n  sealed-session keys add /etc/app/secrets\n  \
                            sealed-session keys add /etc/app/secrets --dry-run")]
    Add(ChangedFile),
    /// Step 2 of a rotation: the upcoming secret becomes current, the current one previous.
    ///
    /// The step is refused until every machine can have read the file with the upcoming secret. A machine that does not
    /// know the secret could not open a session that another machine has sealed with it, and its user would appear
    /// logged out.
    #[command(after_help = "Examples:\n  sealed-session keys promote /etc/app/secrets\n  \
                            sealed-session keys promote /etc/app/secrets --after 10m")]
    Promote {
        /// The time from a change of the file until the slowest machine has read it, including the time to distribute it.
        ///
        /// It is written into the file: `keys retire` counts from the moment when no machine seals with the secret that
        /// was replaced.
        #[arg(long, value_name = "DURATION", value_parser = time::parse_duration, default_value = "1d")]
        after: SignedDuration,
        #[command(flatten)]
        since: Since,
        #[command(flatten)]
        changed: ChangedFile,
    },
    /// Step 3 of a rotation: drops previous secrets that no session needs anymore.
    ///
    /// The step is refused until everything that was sealed with the secret has ended. Keep a copy of the file: without
    /// one there is no way back.
    #[command(after_help = "Examples:\n  sealed-session keys retire /etc/app/secrets\n  \
                            sealed-session keys retire /etc/app/secrets --after 14d")]
    Retire {
        /// The longest time that a session or a sealed value is valid [default: 30d, or the absolute timeout of the
        /// settings if that is longer].
        ///
        /// If the application uses neither `set_idle_timeout` nor sealers, the idle timeout is enough, 14d by default.
        /// If the values of a `sealer` are valid for longer than the absolute timeout, give its lifetime.
        #[arg(long, value_name = "DURATION", value_parser = time::parse_duration)]
        after: Option<SignedDuration>,
        #[command(flatten)]
        since: Since,
        #[command(flatten)]
        changed: ChangedFile,
    },
}

/// The file, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct KeysFile {
    /// A file of secrets, as `Keyring::from_file` reads it.
    file: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// The time that is taken for now, for a test.
    #[arg(long, value_name = "TIME", hide = true)]
    at: Option<Timestamp>,
    // What the key ids depend on. Last, because its heading is that of all that comes after it.
    #[command(flatten)]
    scope: ScopeArgs,
}

/// The file that a step changes.
#[derive(Debug, Args)]
pub(crate) struct ChangedFile {
    /// Shows the result, and leaves the file as it is.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    file: KeysFile,
}

/// What the operator knows of a change that was not made with this program.
#[derive(Debug, Args)]
pub(crate) struct Since {
    /// When the last machine had read a change that was made by hand, whose time is not in the file.
    #[arg(long, value_name = "TIME", value_parser = time::parse_timestamp)]
    since: Option<Timestamp>,
}

pub(crate) fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Init(file) => init(&file),
        KeysCommand::List(file) => {
            file.print(&disk::read(&file.file)?, &file.scope.read_one()?, "")
        }
        KeysCommand::Add(changed) => {
            changed.apply(nothing, |listing, now, settings| {
                steps::add(listing, now, &draw(listing, settings)?)
            })?;
            if changed.dry_run {
                input::note("`keys add` will draw another secret");
            }
            Ok(())
        }
        KeysCommand::Promote { changed, after, since: Since { since } } => {
            changed.apply(nothing, |listing, now, _| steps::promote(listing, now, after, since))
        }
        KeysCommand::Retire { changed, after, since: Since { since } } => changed.apply(
            |settings| dropped(after, settings),
            |listing, now, settings| {
                let longest = match after {
                    Some(said) => steps::said_longest(said, settings)?,
                    None => steps::longest_session(settings),
                };
                steps::retire(listing, now, longest, since)
            },
        ),
    }
}

/// No words.
fn nothing(_: &Settings) -> String {
    String::new()
}

/// What step 3 means, what was assumed if nobody has said how long sessions are valid, and the way back.
fn dropped(after: Option<SignedDuration>, settings: &Settings) -> String {
    let assumed = if after.is_none() && settings.absolute_timeout.is_none() {
        format!(
            "   Assumed: nothing is valid for longer than {}, the default of absolute_timeout. If something is, take\n   \
             the way back, and give --config, --absolute-timeout or --after.\n",
            in_words(DEFAULT_LONGEST)
        )
    } else {
        String::new()
    };
    format!(
        "\n3. Drop. No session needs what was dropped, and nothing else has changed.\n{assumed}   \
         Way back: step 2, from a copy of the file. No cookie was deleted.\n"
    )
}

/// A new secret. Two with one key id could not be told apart in the log.
fn draw(listing: &Listing<'_>, settings: &Settings) -> Result<Secret, Failure> {
    loop {
        let secret = Secret::generate();
        let drawn = listing::keys_of(&Keyring::new(secret.clone()), settings)?[0].1;
        if listing.secrets.iter().all(|known| known.key_id != drawn) {
            return Ok(secret);
        }
    }
}

fn init(file: &KeysFile) -> Result<(), Failure> {
    steps::clock_is_set(file.now())?;
    let record = KeyRecord { happened: Happened::Added, at: file.now() };
    let text = NewLine::current(&Secret::generate(), record).into_text();
    let settings = file.scope.read_one()?;
    let keys = Listing::read(&text, &settings)?.keys();
    disk::create(&file.file, &text, &keys, &settings)?;
    file.print(&text, &settings, "")
}

impl KeysFile {
    /// The time, rounded up to seconds: what is written down is never too early.
    fn now(&self) -> Timestamp {
        let now = self.at.unwrap_or_else(Timestamp::now);
        let second = i64::from(now.subsec_nanosecond() > 0);
        Timestamp::from_second(now.as_second().saturating_add(second)).unwrap_or(Timestamp::MAX)
    }

    /// Shows what is in a text, and then these words.
    fn print(&self, text: &str, settings: &Settings, words: &str) -> Result<(), Failure> {
        let listing = Listing::read(text, settings)?;
        let longest_session = steps::longest_session(settings);
        let report = KeysReport { listing: &listing, now: self.now(), longest_session };
        let shown =
            if self.json { format!("{:#}\n", report.json()) } else { format!("{report}{words}") };
        input::print(&shown)
    }
}

impl ChangedFile {
    /// Takes a step, and shows what the file is then, and these words.
    fn apply(
        &self,
        words: impl FnOnce(&Settings) -> String,
        step: impl FnOnce(&Listing<'_>, Timestamp, &Settings) -> Result<Zeroizing<String>, Failure>,
    ) -> Result<(), Failure> {
        let (file, settings) = (&self.file.file, self.file.scope.read_one()?);
        let words = words(&settings);
        let after = |text: &str| step(&Listing::read(text, &settings)?, self.file.now(), &settings);
        if self.dry_run {
            let new = after(&disk::read(file)?)?;
            input::note("nothing is written (--dry-run)");
            return self.file.print(&new, &settings, &words);
        }
        let locked = disk::Locked::open(file)?;
        let new = after(&locked.text)?;
        locked.replace(&new, &Listing::read(&new, &settings)?.keys(), &settings)?;
        self.file.print(&new, &settings, &words).map_err(|failure| match failure {
            Failure::Input(why) => {
                Failure::Input(format!("{} was changed, and then: {why}", file.display()))
            }
            refused @ Failure::Refused(_) => refused,
        })
    }
}
