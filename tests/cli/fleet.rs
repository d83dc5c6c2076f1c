//! No sequence of steps that the program permits makes a session unreadable.
//!
//! The model: every machine reads the file at most `LAG` after it was changed, and is on any version that it may be on.
//! Whatever one seals, any other one opens until the session ends.

use http::header::COOKIE;
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{CookieSessions, Keyring, Transport};

use crate::secrets_file::{DAY, MINUTE, START, SecretsFile};
use crate::support::{at, secs};

const LAG: i64 = 10 * MINUTE;
const SESSION: i64 = DAY;
const ADD: &str = "add";
const PROMOTE: &str = "promote --after 10m";
const RETIRE: &str = "retire --after 1d";
/// By hand, as `keys list` describes it.
const WAY_BACK: &str = "way back";

/// A file that was in place from a time on.
struct FileVersion {
    from: i64,
    keyring: Keyring,
}

/// Takes the steps, each so many seconds after the last one; what the file was in between.
fn take(steps: &[(&str, i64)]) -> Vec<FileVersion> {
    let file = SecretsFile::none();
    file.take(0, "init");
    let mut versions = vec![FileVersion { from: 0, keyring: file.keyring() }];
    let mut now = 0;
    for (step, later) in steps {
        now += later;
        let is_taken = match *step {
            WAY_BACK => way_back(&file, now),
            step => file.keys(now, step).code == 0,
        };
        if is_taken {
            versions.push(FileVersion { from: now, keyring: file.keyring() });
        }
    }
    versions
}

/// Goes a step back by hand, as the program says; `false` if there is no way back.
fn way_back(file: &SecretsFile, now: i64) -> bool {
    let listed = file.take(now, "list");
    let Some((_, way)) = listed.split_once("Way back: ") else { return false };
    let line = way.split_once("line ").and_then(|(_, rest)| {
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
    });
    let text = file.text();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match line {
        Some(line) if way.starts_with("delete ") => drop(lines.remove(line - 1)),
        Some(line) if way.starts_with("write ") => lines[line - 1].insert_str(0, "upcoming:"),
        _ => {
            assert!(way.starts_with("none, if "), "{way}");
            return false;
        }
    }
    std::fs::write(&file.path, lines.join("\n") + "\n").unwrap();
    true
}

fn sessions(version: &FileVersion) -> CookieSessions {
    let limit = secs(SESSION.unsigned_abs());
    let builder = CookieSessions::builder(version.keyring.clone());
    builder.idle_timeout(limit).absolute_timeout(limit).build().unwrap()
}

/// Whether a session that one machine seals at a time is opened by another one at a later time.
fn opens(sealing: &FileVersion, sealed: i64, opening: &FileVersion, opened: i64) -> bool {
    let time = |seconds: i64| at((START + seconds).unsigned_abs());
    let coder = sessions(sealing);
    let mut session = coder.decode_at(&HeaderMap::new(), Transport::Https, time(sealed));
    session.set("user", "alice");
    let mut headers = HeaderMap::new();
    coder.encode_at(&session, &mut headers, StatusCode::OK, time(sealed)).unwrap();
    let header = headers["set-cookie"].to_str().unwrap();
    let mut request = HeaderMap::new();
    request.insert(COOKIE, header.split(';').next().unwrap().parse().unwrap());
    let session = sessions(opening).decode_at(&request, Transport::Https, time(opened));
    session.get("user") == Some("alice")
}

/// Looks at each pair of versions that machines may be on, at the worst time for it: sealed as late as possible, and
/// opened as soon as the other version may be there.
fn every_pair_opens(versions: &[FileVersion]) {
    // A machine is on a version until the lag after the next one has passed.
    let until = |index: usize| versions.get(index + 1).map_or(i64::MAX, |next| next.from + LAG);
    for (index, sealing) in versions.iter().enumerate() {
        for (other, opening) in versions.iter().enumerate() {
            let last =
                until(index).min(until(other)).min(sealing.from.max(opening.from) + 10 * SESSION)
                    - 1;
            for sealed in [sealing.from, last] {
                let opened = sealed.max(opening.from);
                let both = sealed >= sealing.from && opened < until(other);
                if both && opened < sealed + SESSION {
                    assert!(
                        opens(sealing, sealed, opening, opened),
                        "sealed by version {index} at {sealed}, not opened by version {other} at {opened}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_permitted_steps_loses_a_session(
        steps in vec(
            (
                select(vec![ADD, PROMOTE, RETIRE, WAY_BACK]),
                select(vec![0, 1, LAG - 1, LAG, SESSION - 1, SESSION, SESSION + LAG]),
            ),
            1..12,
        ),
    ) {
        every_pair_opens(&take(&steps));
    }
}

#[test]
fn steps_as_soon_as_they_are_permitted_rotate_and_lose_no_session() {
    let mut steps = Vec::new();
    for _ in 0..3 {
        // Each is refused a second too early.
        steps.extend([
            (ADD, 0),
            (PROMOTE, LAG - 1),
            (PROMOTE, 1),
            (RETIRE, SESSION + LAG - 1),
            (RETIRE, 1),
        ]);
    }
    let versions = take(&steps);
    let from: Vec<i64> = versions.iter().map(|version| version.from).collect();
    let round = LAG + SESSION + LAG;
    let expected = (0..3).flat_map(|turn| [0, LAG, round].map(|step| turn * round + step));
    assert_eq!(from, [0].into_iter().chain(expected).collect::<Vec<_>>());
    every_pair_opens(&versions);
}

#[test]
fn rotations_that_overlap_lose_no_session() {
    // The next secret is added at once, and promoted long before the oldest one is retired.
    let steps = [
        (ADD, 0),
        (PROMOTE, LAG),
        (ADD, 0),
        (PROMOTE, LAG),
        (ADD, 0),
        (RETIRE, SESSION - LAG),
        (RETIRE, LAG),
        (PROMOTE, 0),
        (RETIRE, LAG),
    ];
    let versions = take(&steps);
    assert!(versions.len() >= 8, "{}", versions.len());
    every_pair_opens(&versions);
}

#[test]
fn ways_back_lose_no_session() {
    // From step 2 and forward again, from step 1, and from step 2 with an older secret that is still there.
    let steps = [
        (ADD, 0),
        (PROMOTE, LAG),
        (WAY_BACK, 0),
        (PROMOTE, LAG),
        (ADD, 0),
        (WAY_BACK, 0),
        (ADD, 0),
        (PROMOTE, LAG),
        (WAY_BACK, LAG - 1),
        (RETIRE, SESSION + 1),
        (PROMOTE, 0),
        (RETIRE, SESSION + LAG),
    ];
    let versions = take(&steps);
    assert_eq!(versions.len(), 1 + steps.len());
    every_pair_opens(&versions);
}

#[test]
fn the_model_notices_a_step_that_comes_too_early() {
    for steps in [
        // Not everywhere yet.
        &[(ADD, 0), ("promote --after 9m", 9 * MINUTE)][..],
        // Its sessions have not ended, or the last machine has just sealed one.
        &[(ADD, 0), (PROMOTE, LAG), ("retire --after 23h", 23 * 60 * MINUTE + LAG)],
        &[(ADD, 0), ("promote --after 0s", LAG), (RETIRE, SESSION)],
    ] {
        let versions = take(steps);
        assert_eq!(versions.len(), 1 + steps.len());
        let noticed = std::panic::catch_unwind(|| every_pair_opens(&versions));
        assert!(noticed.is_err(), "{steps:?}");
    }
}
