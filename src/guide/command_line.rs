//! The program `sealed-session`: explain a cookie, rotate the secrets of a file, make a cookie for a test.
//!
//! It works offline and keeps no history. Secrets come from a file or the environment, and cookies from standard input,
//! because other users of a machine can read the command line, and the shell keeps it.
//!
//! # Install it
//!
//! ```sh
//! cargo install sealed-session --features cli
//! sealed-session --help
//! sealed-session man | man -l -
//! ```
//!
//! In a clone of the repository, `cargo install --path . --features cli` installs it, and `cargo run -q --features cli --`
//! runs it without installing it.
//!
//! # Make a secret
//!
//! For an environment variable, print one:
//!
//! ```sh
//! export SESSION_SECRET=$(sealed-session secret)
//! ```
//!
//! Or let the program make a file of secrets. Only its owner can read it, and an existing file is never replaced:
//!
//! ```text
//! $ sealed-session keys init secrets
//! current   3f0a  added 2026-11-28T03:00:00Z
//!
//! One secret. To replace it: keys add.
//! ```
//!
//! The key ids are those that the library logs with its default settings. If your application has another cookie name, path
//! or payload type, give the same settings to the program: see [below](#explain-a-cookie).
//!
//! The program changes one copy of the file. Distribute that copy to every machine: two machines that each draw a secret
//! cannot open each other's sessions.
//!
//! # Rotate the secrets of a file
//!
//! The steps are those of [a rotation](super::secrets#rotate-a-secret). A step that is not safe yet
//! is refused.
//!
//! **Step 1** draws a secret. Every machine can then open what others will seal with it:
//!
//! ```text
//! $ sealed-session keys add secrets
//! current   3f0a  added 2026-11-28T03:00:00Z
//! upcoming  91c4  added 2026-11-28T04:00:00Z
//!
//! 1. Upcoming. Go on when every machine logs the same keys: "current 3f0a, upcoming 91c4".
//!    Next: keys promote, from 2026-11-29T04:00:00Z, in 1 day; sooner with --after.
//!    Way back: delete line 2. Nothing has been sealed with 91c4.
//! ```
//!
//! **Step 2** makes it current. `--after` is the time from a change of the file until the slowest machine has read it,
//! including the time to distribute the file. The default of a day is safe for machines that read the file when they
//! start, and that start every night. Machines that [follow the file](super::secrets#rotate-without-a-restart) need
//! less:
//!
//! ```text
//! $ sealed-session keys promote secrets --after 10m
//! error: 91c4 was added 5 minutes ago, and a machine may read the file 10 minutes late (--after)
//!   Until then it cannot open what another machine seals with 91c4.
//!   Possible from 2026-11-28T04:10:00Z, in 5 minutes.
//!   Way back: delete line 2. Nothing has been sealed with 91c4.
//! $ sealed-session keys promote secrets --after 10m
//! current   91c4  promoted 2026-11-28T04:10:00Z
//! previous  3f0a  replaced 2026-11-28T04:10:00Z, everywhere after 10m
//!
//! 2. Current. What was sealed with 3f0a is opened, and sealed again with a later response.
//!    Next: keys retire, from 2026-12-28T04:20:00Z, in 30 days; sooner with --after.
//!    Way back: write `upcoming:` in front of line 1, which is step 1. Every machine opens both.
//! ```
//!
//! **Step 3** drops the old secret. Here `--after` is the longest time that anything sealed is valid, counted from the
//! moment when the slowest machine has taken step 2. The default is the default absolute timeout, or that of the
//! settings that you give (`--config`, `--absolute-timeout`) if it is longer. The program cannot know the timeouts of
//! your application. Without these options it prints what it assumed: that nothing is valid for longer than 30 days.
//!
//! | your application | `--after` |
//! |---|---|
//! | default timeouts, no [`set_idle_timeout`](crate::Session::set_idle_timeout) and no sealers | `14d` |
//! | another idle timeout | that timeout |
//! | `set_idle_timeout` | the absolute timeout, which is the default |
//! | [sealed values](super::sealed_values) | the longest lifetime of a sealer, if it is longer |
//!
//! Keep a copy of the file before this step: without one there is no way back.
//!
//! ```text
//! $ sealed-session keys retire secrets --after 14d
//! current   91c4  promoted 2026-11-28T04:10:00Z
//!
//! One secret. To replace it: keys add.
//!
//! 3. Drop. No session needs what was dropped, and nothing else has changed.
//!    Way back: step 2, from a copy of the file. No cookie was deleted.
//! ```
//!
//! Each step writes a new file beside the old one, with the same owner and mode. The library reads the new file back,
//! and then the program gives it the old name. If the path is a symbolic link, the file behind the link is replaced. A
//! file with hard links is refused, because the other names would keep the old secrets. Access control lists are not
//! kept. Your own comments and lines stay. `--dry-run` shows the result of a step without taking it.
//!
//! # Take over a file that was written by hand
//!
//! The program notes the time of each step in a comment behind the secret. Without such a comment it does not know whether
//! the next step is safe, and refuses it. Then give the time when the last machine had read the change that was made by hand:
//!
//! ```sh
//! sealed-session keys list secrets
//! sealed-session keys promote secrets --since 2026-11-28T12:00:00Z
//! sealed-session keys retire secrets --since 2026-11-01T12:00:00Z
//! ```
//!
//! `promote` is possible from that time on, and `retire` counts `--after` from it.
//!
//! If you change the order or the roles by hand, delete the comments of the program in these lines: they would state old times.
//!
//! `upcoming:` and its secret are written without a space. Several secrets in a line are read as
//! [`Keyring::from_file`](crate::Keyring::from_file) reads them. A time behind several secrets counts for none of them,
//! because it does not say which one it is for. A secret that is moved gets a line of its own.
//!
//! # Rotate from a script
//!
//! | exit code | of `keys` |
//! |---:|---|
//! | 0 | the step was taken |
//! | 1 | refused, because sessions would be lost; nothing was changed |
//! | 2 | wrong arguments, or a file that is not valid or cannot be written |
//!
//! So a job may try a step every day, until it is possible. Give it the `--after` of `retire`. `--json` prints the state of the file:
//!
//! ```text
//! $ sealed-session keys list secrets --json
//! {
//!   "secrets": [
//!     {
//!       "key_id": "91c4",
//!       "line": 1,
//!       "promoted": "2026-11-28T04:10:00Z",
//!       "role": "current"
//!     }
//!   ]
//! }
//! ```
//!
//! Two runs at once cannot lose each other's work: the second one ends with code 2. A run that was killed may leave a file
//! `.secrets.new`. It holds secrets; delete it.
//!
//! # Make a cookie for a test
//!
//! `mint` reads the entries of a session as JSON, and prints a cookie for a request. The session ends after an hour,
//! unless `--expires-in` says otherwise:
//!
//! ```text
//! $ echo '{"user": "alice"}' | sealed-session mint --secrets secrets > cookie.txt
//! warning: whoever has this cookie is logged in with these entries; do not log, paste or
//!          commit it
//! ```
//!
//! ```sh
//! curl --cookie "$(cat cookie.txt)" https://example.com/account
//! ```
//!
//! # Explain a cookie
//!
//! Copy the `Cookie` header from the developer tools of the browser, and give it to `inspect` on standard input. It also takes
//! the value alone. The output is shortened here:
//!
//! ```text
//! $ sealed-session inspect --secrets secrets < cookie.txt
//! Scope         __Host-session, https, path /, no domain, not partitioned, no context, schema dict
//! Secrets       1: current 91c4
//! Token         107 characters, version 1, key id 91c4
//! Created       2026-12-13T00:00:00Z  5 minutes ago
//! Expires       2026-12-13T01:00:00Z  in 55 minutes
//! Verdict       accepted, unless it was revoked
//! ```
//!
//! For a cookie that is rejected, `inspect` prints the reason, named as in the
//! [metrics](super::metrics#what-is-counted), what usually causes it, and what to do. If other settings open the
//! cookie, it names them:
//!
//! ```text
//! $ sealed-session inspect --secrets secrets --name shop < cookie.txt
//! Result        rejected: unknown_key
//! Tried         it opens with name session
//! ```
//!
//! Give the settings of your application as flags, or once in a file, whose keys are the methods of
//! [`Builder`](crate::Builder):
//!
//! ```sh
//! sealed-session inspect --secrets secrets --config session.toml < cookie.txt
//! ```
//!
//! Without secrets, `inspect` shows version and key id. The exit code is 0 for an accepted cookie and 1 for a rejected one.
//!
//! `--json` prints one object. It has `verdict` and `reason` of the request, and `tokens`: one for each cookie with this name,
//! with an `explanation` if it is rejected.
//!
//! ```sh
//! sealed-session inspect --secrets secrets --json < cookie.txt |
//!   jq -r '.verdict, .reason, .tokens[].explanation.found'
//! ```
//!
//! # What it never shows
//!
//! The program never shows a secret, unless `secret` prints a new one; never the id of a session; and never what a
//! session holds, unless you give `inspect` the flag `--show-data`. Key ids and labels may be logged and shared.
//!
//! A secret or a cookie on the command line is refused, and not repeated in the error. The history of the shell keeps
//! it nevertheless. If it was in use, [replace it](super::secrets#a-secret-has-leaked).
