//! `keys`: each step, what it refuses, and what it leaves as it was.

use sealed_session::CookieSessions;
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use serde_json::{Value, json};

use crate::secrets_file::{DAY, Letters, MINUTE, START, SecretsFile, time};
use crate::terminal::program;

#[test]
fn a_rotation_takes_three_steps_and_each_is_written_down() {
    let file = SecretsFile::none();
    file.take(0, "init");
    assert_eq!(file.roles(), [Current]);
    file.take(MINUTE, "add");
    assert_eq!(file.roles(), [Current, Upcoming]);
    file.take(11 * MINUTE, "promote --after 10m");
    assert_eq!(file.roles(), [Current, Previous]);
    let times: Vec<String> =
        file.text().lines().map(|line| line.split_once(" # ").unwrap().1.to_owned()).collect();
    assert_eq!(
        times,
        ["promoted 2026-11-28T03:11:00Z", "replaced 2026-11-28T03:11:00Z, everywhere after 10m"]
    );
    let before = file.logged();
    file.take(21 * MINUTE + 14 * DAY, "retire --after 14d");
    assert_eq!(file.roles(), [Current]);
    assert!(before.starts_with(&file.logged()), "{before}");
}

#[test]
fn what_is_printed_has_the_key_ids_that_a_server_logs_and_the_next_step() {
    let file = SecretsFile::none();
    file.take(0, "init");
    let added = file.take(0, "add");
    let next = "   Next: keys promote, from 2026-11-29T03:00:00Z, in 1 day; sooner with --after.\n";
    let logged = file.logged();
    assert!(
        added.contains(&format!("when every machine logs the same keys: {logged:?}.\n")),
        "{added}"
    );
    assert!(added.contains(next) && added.contains("Way back: delete line 2."), "{added}");
    assert_eq!(file.take(0, "list"), added);
    assert!(file.take(DAY, "list").contains("Next: keys promote.\n"));
    let promoted = file.take(DAY, "promote");
    let next =
        "   Next: keys retire, from 2026-12-30T03:00:00Z, in 31 days; sooner with --after.\n";
    assert!(promoted.contains("\n2. Current. ") && promoted.contains(next), "{promoted}");
    assert!(
        promoted.contains("Way back: write `upcoming:` in front of line 1, which is step 1."),
        "{promoted}"
    );
    let retired = file.take(32 * DAY, "retire");
    assert!(retired.contains("\n3. Drop. ") && retired.contains("Way back: step 2"), "{retired}");
}

#[test]
fn a_step_is_possible_from_the_second_that_its_refusal_names() {
    let file = SecretsFile::none();
    file.take(0, "init");
    file.take(0, "add");
    for (step, possible) in [("promote", DAY), ("retire", DAY + DAY + 30 * DAY)] {
        let refused = file.refuses(1, possible - 1, step);
        let expected = format!("\n  Possible from {}, in 1 second.", time(START + possible));
        assert!(refused.contains(&expected), "{refused}");
        file.take(possible, step);
    }
}

#[test]
fn a_step_that_would_lose_sessions_is_refused_with_the_reason() {
    let secrets = Letters::draw();
    let added = "# added 2026-11-28T03:00:00Z";
    for (text, step, reason) in [
        (
            "<A>",
            "promote",
            "no secret is upcoming\n  A machine that only knows the current secret cannot open what another one seals with a new one.\n",
        ),
        ("<A>\n<B>", "promote", "no secret is upcoming\n"),
        ("<A>", "retire", "no secret is previous\n"),
        ("<A> upcoming:<B>", "retire", "no secret is previous\n"),
        (&format!("<A>\nupcoming:<B> {added}"), "add", "is upcoming already"),
        (
            &format!("<A>\nupcoming:<B> {added}"),
            "promote",
            "was added 0 seconds ago, and a machine may read the file 1 day late",
        ),
        ("<A>\nupcoming:<B> # of May", "promote", "line 2 does not say when "),
        ("<A>\n<B> # until May", "retire", "line 2 does not say when "),
        // When it was added says nothing of when it was replaced.
        (&format!("<A>\n<B> {added}"), "retire --after 0s", "line 2 does not say when "),
        (
            "<A>\n<B> # replaced 2026-11-28T03:00:00Z",
            "retire",
            "the last machine stops sealing with ",
        ),
        (
            &format!("<A>\n<B> {REPLACED}"),
            "retire",
            " 0 seconds ago\n  A session may be valid for 30 days (--after, ",
        ),
    ] {
        let file = SecretsFile::of(secrets.spell(text));
        let refused = file.refuses(1, 0, step);
        assert!(refused.contains(reason), "{text} {step}: {refused}");
    }
}

#[test]
fn a_file_that_no_step_fits_is_bad_input() {
    let secrets = Letters::draw();
    for (text, step, reason) in [
        ("<A>\nupcoming:<B>\nupcoming:<C>", "promote", "in line 3 are both upcoming; delete"),
        ("<A>\n<B>\n\n<A>", "list", "the secret of line 4 is also in line 1"),
        ("<A>\nupcoming:<A>", "promote --after 0s", "the secret of line 2 is also in line 1"),
        (
            "<A>\nupcoming:<B> # added 2026-11-28T03:00:00Z",
            "promote --since 2026-01-01T00:00:00Z",
            "leave it out",
        ),
        ("<A>", "retire --since 2026-01-01T00:00:00Z", "leave it out"),
    ] {
        let file = SecretsFile::of(secrets.spell(text));
        let refused = file.refuses(2, 0, step);
        assert!(refused.contains(reason), "{text} {step}: {refused}");
    }
}

#[test]
fn a_clock_that_is_behind_the_file_is_noticed_before_it_writes_a_time() {
    let file = SecretsFile::none();
    file.take(0, "init");
    for step in ["add", "promote", "retire"] {
        let refused = file.refuses(1, -1, step);
        assert!(
            refused.contains("the clock of this machine says 2026-11-28T02:59:59Z"),
            "{refused}"
        );
    }
    file.take(-1, "list");
}

#[test]
fn a_clock_that_was_never_set_is_noticed_without_a_time_in_the_file() {
    let secrets = Letters::draw();
    let file = SecretsFile::of(secrets.spell("<A>\nupcoming:<B>\n"));
    for (step, now) in [
        ("add", "1970-01-01T00:01:00Z"),
        ("promote --since 1969-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
    ] {
        let args = ["keys"].into_iter().chain(step.split(' ')).chain(["--at", now]);
        let ended = program(args.chain([file.path.to_str().unwrap()])).run().code(1);
        assert!(
            ended.stderr.contains(&format!("the clock of this machine says {now}")),
            "{ended:?}"
        );
    }
    let none = SecretsFile::none();
    let path = none.path.to_str().unwrap();
    program(["keys", "init", path, "--at", "2023-12-31T23:59:59Z"]).run().code(1);
    assert_eq!(none.beside(), Vec::<String>::new());
    program(["keys", "init", path, "--at", "2024-01-01T00:00:00Z"]).run().code(0);
}

#[test]
fn a_time_is_written_down_in_whole_seconds_and_never_too_early() {
    let file = SecretsFile::none();
    let path = file.path.to_str().unwrap();
    program(["keys", "init", path, "--at", "2026-11-28T03:00:00.001Z"]).run().code(0);
    assert!(file.text().ends_with(" # added 2026-11-28T03:00:01Z\n"), "{}", file.text().len());
    file.refuses(1, 0, "add");
    program(["keys", "add", path, "--at", "2026-11-28T03:00:00.002Z"]).run().code(0);
}

#[test]
fn what_was_changed_by_hand_takes_a_time_from_the_operator() {
    let secrets = Letters::draw();
    let file = SecretsFile::of(secrets.spell("<A>\n<B>\nupcoming:<C>\n"));
    let early = file.refuses(1, 0, "promote --since 2026-11-28T03:00:01Z");
    assert!(early.starts_with("the last machine reads "), "{early}");
    assert!(early.contains(" at 2026-11-28T03:00:01Z (--since)\n"), "{early}");
    assert!(early.contains("\n  Possible from 2026-11-28T03:00:01Z, in 1 second."), "{early}");
    // The last machine has read it, so there is nothing left to wait for.
    file.take(0, "promote --since 2026-11-28T03:00:00Z");
    file.refuses(1, 0, "retire --after 7d --since 2026-11-21T03:00:01Z");
    file.take(0, "retire --after 7d --since 2026-11-21T03:00:00Z");
    let expected = "<C> # promoted 2026-11-28T03:00:00Z\n<A> # replaced 2026-11-28T03:00:00Z, everywhere after 1d\n";
    assert_eq!(secrets.hide(&file.text()), expected);
}

#[test]
fn a_time_on_a_line_of_several_secrets_is_of_none_of_them() {
    // The second secret was written into the line of the first one, whose time is an old one.
    let secrets = Letters::draw();
    let old = "# added 2026-01-01T00:00:00Z";
    let file = SecretsFile::of(secrets.spell(&format!("<A> upcoming:<B> {old}\n")));
    let refused = file.refuses(1, 0, "promote");
    assert!(refused.contains("line 1 does not say when"), "{refused}");
    let old = "# replaced 2026-01-01T00:00:00Z, everywhere after 1d";
    let file = SecretsFile::of(secrets.spell(&format!("<A> <B> {old}\n")));
    let refused = file.refuses(1, 0, "retire");
    assert!(refused.contains("line 1 does not say when"), "{refused}");
    file.take(0, "retire --since 2026-10-01T00:00:00Z");
}

#[test]
fn a_secret_is_kept_for_the_absolute_timeout_by_default() {
    let now = std::time::SystemTime::now();
    let sessions = CookieSessions::new(sealed_session::Keyring::ephemeral());
    let mut session = sessions.fresh();
    session.set_idle_timeout(std::time::Duration::MAX);
    let longest = session.expires_at().duration_since(now).unwrap().as_secs().div_ceil(60) * 60;
    let secrets = Letters::draw();
    let file = SecretsFile::of(secrets.spell(&format!("<A>\n<B> {REPLACED}\n")));
    let longest = i64::try_from(longest).unwrap();
    file.refuses(1, longest - 1, "retire");
    file.take(longest, "retire");
}

#[test]
fn a_secret_is_kept_for_the_absolute_timeout_of_the_settings_if_that_is_longer() {
    let secrets = Letters::draw();
    let file = SecretsFile::of(secrets.spell(&format!("<A>\n<B> {REPLACED}\n")));
    let settings = "--idle-timeout 1d --absolute-timeout";
    let listed = file.take(0, &format!("list {settings} 90d"));
    assert!(listed.contains(&format!("keys retire, from {}", time(START + 90 * DAY))), "{listed}");
    let listed = file.take(0, &format!("list {settings} 90d --json"));
    assert!(listed.contains(&format!(r#""from": "{}""#, time(START + 90 * DAY))), "{listed}");
    file.refuses(1, 90 * DAY - 1, &format!("retire {settings} 90d"));
    // A sealed value may outlive a shorter one.
    file.refuses(1, 30 * DAY - 1, &format!("retire {settings} 7d"));
    let shown = file.keys(DAY, &format!("retire {settings} 90d --after 1d --dry-run")).code(0);
    assert!(!shown.stdout.contains("previous"), "{shown:?}");
    let refused = file.refuses(2, 7 * DAY, &format!("retire {settings} 90d --after 23h"));
    assert!(refused.contains("--after is 23 hours, and the idle timeout is 1 day"), "{refused}");
    file.take(90 * DAY, &format!("retire {settings} 90d"));
}

#[test]
fn a_secret_that_is_dropped_after_the_default_time_is_dropped_with_what_was_assumed() {
    let secrets = Letters::draw();
    for (how, is_assumed) in [
        ("", true),
        ("--name other --idle-timeout 1d", true),
        ("--after 30d", false),
        ("--absolute-timeout 30d", false),
        ("--idle-timeout 1d --absolute-timeout 7d", false),
    ] {
        for dry_run in ["", " --dry-run"] {
            let file = SecretsFile::of(secrets.spell(&format!("<A>\n<B> {REPLACED}\n")));
            let step = format!("retire {how}{dry_run}").replace("  ", " ");
            let shown = file.keys(30 * DAY, step.trim_end()).code(0).stdout;
            let assumed = "\n   Assumed: nothing is valid for longer than 30 days, the default of absolute_timeout. ";
            assert_eq!(shown.contains(assumed), is_assumed, "{step}: {shown}");
            assert!(
                shown.contains("--config, --absolute-timeout or --after") == is_assumed,
                "{shown}"
            );
        }
    }
}

#[test]
fn only_the_previous_secrets_that_are_old_enough_are_dropped() {
    let secrets = Letters::draw();
    let text = "<A>\n<B> # replaced 2026-11-28T03:00:00Z, everywhere after 0s\n\
                <C> # replaced 2026-11-27T03:00:00Z, everywhere after 0s\n<D>\n";
    let file = SecretsFile::of(secrets.spell(text));
    file.take(0, "retire --after 1d");
    let left = "<A>\n<B> # replaced 2026-11-28T03:00:00Z, everywhere after 0s\n<D>\n";
    assert_eq!(secrets.hide(&file.text()), left);
}

const ADDED: &str = "# added 2026-11-28T03:00:00Z";
const PROMOTED: &str = "# promoted 2026-11-28T03:00:00Z";
const REPLACED: &str = "# replaced 2026-11-28T03:00:00Z, everywhere after 0s";

#[test]
fn lines_and_comments_of_a_person_survive_every_step() {
    let secrets = Letters::draw();
    let (added, promoted, replaced) = (ADDED, PROMOTED, REPLACED);
    let note = |record: &str| record[2..].to_owned();
    for (before, step, after) in [
        ("<A>", "add", format!("<A>\nupcoming:<X> {added}\n")),
        ("<A>\n", "add", format!("<A>\nupcoming:<X> {added}\n")),
        // A CR alone ends no line.
        ("<A>\r", "add", format!("<A>\r\nupcoming:<X> {added}\n")),
        (
            "# of May\n\n<A> # AB\n\n# end\n",
            "add",
            format!("# of May\n\n<A> # AB\n\n# end\nupcoming:<X> {added}\n"),
        ),
        (
            "\u{feff}<A>\r\n<B>\r\n",
            "add",
            format!("\u{feff}<A>\r\n<B>\r\nupcoming:<X> {added}\r\n"),
        ),
        (
            &format!("# 1\n<A> # AB\n# 2\nupcoming:<B> # 12; {}, CD\n# 3\n", note(added)),
            "promote --after 0s",
            format!(
                "# 1\n<B> # 12; {}, CD\n<A> # AB, {}\n# 2\n# 3\n",
                note(promoted),
                note(replaced)
            ),
        ),
        // The upcoming one stands first, as it may, and the file has no line end.
        (
            &format!("upcoming:<B> {added}\n<A>"),
            "promote --after 0s",
            format!("<B> {promoted}\n<A> {replaced}\n"),
        ),
        // Several in a line: those that are moved get a line each.
        (
            &format!("  <A>, upcoming:<B>\t<C> # AB, {}\n", note(added)),
            "promote --after 0s --since 2026-11-28T03:00:00Z",
            format!("<B> {promoted}\n<A> {replaced}\n<C> # AB, {}\n", note(added)),
        ),
        (
            &format!("upcoming:<B>,<A> {added}\r\n<C>\r\n"),
            "promote --after 0s --since 2026-11-28T03:00:00Z",
            format!("<B> {promoted}\r\n<A> {replaced}\r\n<C>\r\n"),
        ),
        (
            &format!("\u{feff}<A>\nupcoming:<B> {added}"),
            "promote --after 0s",
            format!("\u{feff}<B> {promoted}\n<A> {replaced}\n"),
        ),
        // A comment of a person outlives the secret.
        (
            &format!("<A>\n# old:\n<B> {replaced}\n<C> # CD, {}\n# end", note(replaced)),
            "retire --after 0s",
            format!("<A>\n# old:\n# CD, {}\n# end", note(replaced)),
        ),
        (
            &format!("<A> <B> upcoming:<C> {replaced}\n"),
            "retire --after 0s --since 2026-11-28T03:00:00Z",
            format!("<A> upcoming:<C> {replaced}\n"),
        ),
    ] {
        let file = SecretsFile::of(secrets.spell(before));
        file.take(0, step);
        assert_eq!(secrets.hide(&file.text()), after, "{before} {step}");
    }
}

#[test]
fn a_way_back_by_hand_and_the_step_again_work() {
    let secrets = Letters::draw();
    let file = SecretsFile::of(secrets.spell(&format!("<A>\nupcoming:<B> {ADDED}\n")));
    file.take(0, "promote --after 0s");
    std::fs::write(&file.path, format!("upcoming:{}", file.text())).unwrap();
    assert_eq!(file.roles(), [Current, Upcoming]);
    let listed = file.take(0, "list");
    assert!(listed.contains("Way back: none, if "), "{listed}");
    assert!(file.refuses(1, 0, "add").contains("Way back: none, if "));
    file.take(MINUTE, "promote --after 1m");
    let later = "03:01:00Z";
    let expected = format!(
        "<B> {}\n<A> {}\n",
        PROMOTED.replace("03:00:00Z", later),
        REPLACED.replace("03:00:00Z", later).replace("0s", "1m")
    );
    assert_eq!(secrets.hide(&file.text()), expected);
}

#[test]
fn a_dry_run_shows_the_result_and_writes_nothing() {
    let secrets = Letters::draw();
    let text = secrets.spell(&format!("<A>\nupcoming:<B> {ADDED}\n"));
    let file = SecretsFile::of(&text);
    let shown = file.keys(0, "promote --after 0s --dry-run").code(0);
    assert_eq!(shown.stderr, "nothing is written (--dry-run)\n");
    assert_eq!((file.text(), file.beside()), (text, vec!["secrets".to_owned()]));
    assert_eq!(shown.stdout, file.take(0, "promote --after 0s"));
    file.refuses(1, 0, "promote --dry-run");
    let drawn = file.keys(0, "add --dry-run").code(0).stderr;
    assert_eq!(drawn, "nothing is written (--dry-run)\n`keys add` will draw another secret\n");
}

#[test]
fn json_has_the_roles_the_key_ids_the_times_and_the_next_steps() {
    let secrets = Letters::draw();
    let text = format!("# 1\n<A>\n<B> {REPLACED}\nupcoming:<C>\n");
    let file = SecretsFile::of(secrets.spell(&text));
    let found: Value = serde_json::from_str(&file.take(0, "list --json")).unwrap();
    let ids: Vec<String> =
        file.logged().split(", ").map(|key| key.split_once(' ').unwrap().1.into()).collect();
    let expected = json!({ "secrets": [
        { "role": "current", "key_id": ids[0], "line": 2 },
        { "role": "previous", "key_id": ids[1], "line": 3, "replaced": "2026-11-28T03:00:00Z",
          "next": { "step": "retire", "from": "2026-12-28T03:00:00Z" } },
        { "role": "upcoming", "key_id": ids[2], "line": 4, "next": { "step": "promote", "from": null } },
    ] });
    assert_eq!(found, expected);
}

#[test]
fn the_key_ids_are_those_that_an_application_with_these_settings_logs() {
    #[derive(Default, serde::Deserialize, serde::Serialize)]
    struct Account {
        user: String,
    }
    let file = SecretsFile::none();
    file.take(0, "init");
    let typed = CookieSessions::typed::<Account>(file.keyring(), "account-1").name("admin");
    let (_, id) = typed.build().unwrap().keys().next().unwrap();
    let shown = file.take(0, "list --name admin --schema account-1");
    assert!(shown.starts_with(&format!("current   {id}  ")), "{shown}");
    let settings = file.folder.path().join("session.toml");
    std::fs::write(&settings, "name = 'admin'\nschema = 'account-1'\n").unwrap();
    let added = file.take(0, &format!("add --config {}", settings.display()));
    assert!(added.contains(&format!("logs the same keys: \"current {id}, upcoming ")), "{added}");
    assert!(file.refuses(2, 0, "promote --name a;b").contains("name"));
    assert!(file.refuses(2, 0, "promote --name one --name other").contains("given twice"));
}

#[test]
fn no_part_of_a_secret_is_ever_printed() {
    let secrets = Letters::draw();
    let file =
        SecretsFile::of(secrets.spell(&format!("<A>\n<B> {REPLACED}\nupcoming:<C> {ADDED}\n")));
    let mut printed = String::new();
    for step in [
        "list",
        "list --json",
        "add",
        "promote",
        "promote --after 0s",
        "retire --after 0s",
        "add --dry-run",
        "add",
        "init",
    ] {
        let secrets: Vec<String> = file.text().split([' ', '\n', ':']).map(str::to_owned).collect();
        let ended = file.keys(0, step);
        printed += &(ended.stdout + &ended.stderr);
        for secret in secrets.iter().filter(|word| word.parse::<sealed_session::Secret>().is_ok()) {
            for part in (0..secret.len() - 6).map(|at| &secret[at..at + 6]) {
                assert!(!printed.contains(part), "{step}: {printed}");
            }
        }
    }
    assert!(printed.len() > 1000, "{printed}");
}

#[test]
fn swapped_and_missing_arguments_are_wrong_usage() {
    let file = SecretsFile::none();
    file.take(0, "init");
    let path = file.path.to_str().unwrap();
    for (args, said) in [
        (&["keys"][..], "Usage"),
        (&["keys", "add"], "<FILE>"),
        (&["keys", path, "add"], "unrecognized subcommand"),
        (&["keys", "promote", "10m", path], "unexpected argument"),
        (&["keys", "promote", path, "--after"], "a value is required"),
        (&["keys", "promote", path, "--after", "10"], "such as 10m, 2h or 14d"),
        (&["keys", "promote", path, "--after=-1h"], "such as 10m, 2h or 14d"),
        (&["keys", "retire", path, "--after", "1 month"], "use days, such as 30d"),
        (&["keys", "promote", path, "--since", "yesterday"], "a time such as 2026-11-28T09:30:00Z"),
        (&["keys", "retire", path, "--since", "2026-11-28"], "a time such as 2026-11-28T09:30:00Z"),
        (&["keys", "list", "10m"], "there is no such file"),
    ] {
        let ended = program(args).run().code(2);
        assert!(ended.stderr.contains(said) && ended.stdout.is_empty(), "{args:?}: {ended:?}");
    }
}
