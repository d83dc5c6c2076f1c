//! The README as a newcomer uses it: commands are run, links are followed, and what it quotes is where it says. A block
//! or a command that no test here knows is a failure. So are the figures and guides that it sends people to.
//!
//! Its blocks of Rust are doctests of the crate, which are run here too. The table of defaults, the header below it and
//! the length are tested by the crate's own `tests/docs/readme.rs`.

mod document;
mod frameworks;
mod measured;
mod quick_start;
mod secrets;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use sealed_session::{CookieSessions, Keyring};

use crate::document::{Block, MEASURED, README, blocks, prose, quoted, table, text_block, typed};

const TEST: &str = "cargo test --all-features";
const HELLO: &str = "cargo run --example hello";
const FORMS: &str = "cargo run --example forms --features axum,csrf,flash,revocation -- --dev";
const SECRET: &str = "cargo run -q --example secret";
const OPENSSL: &str = "openssl rand -base64 32";
const BENCHMARK: &str = "cargo run --release --manifest-path benches/peers/Cargo.toml";
const MUTANTS: &str = "cargo mutants";
const SILENCE: &str = ".ci/silence";

/// What the README and the measured figures tell people to type. Each has a test.
const COMMANDS: [&str; 15] = [
    TEST,
    HELLO,
    BENCHMARK,
    MUTANTS,
    SILENCE,
    quick_start::ADD[0],
    quick_start::ADD[1],
    quick_start::ADD[2],
    quick_start::GUIDES,
    measured::SIZES_IN_JAVASCRIPT,
    measured::SIZES_IN_RUBY,
    measured::RING,
    measured::AWS_LC,
    measured::NATIVE,
    measured::SOFT,
];

/// What is quoted with a space or a `=` in it, and is nothing to be typed.
const QUOTED: [&str; 6] = [
    // What development has in the quick start, which is built with it.
    quick_start::DEVELOPMENT,
    // The fleet has a test of its own.
    "tests/world/run fleet",
    // Rows of the table of times, in the words of two commands above.
    "-C target-cpu=native",
    r#"poly1305_backend="soft""#,
    // `tests/docs/edge.rs` compares it to the guide, and that to the crates that `.ci/wasm` builds.
    r#"getrandom = { version = "0.4", features = ["wasm_js"] }"#,
    // From crates.io; `tests/cli` runs the program.
    "cargo install sealed-session --features cli",
];

#[test]
fn every_block_has_a_test() {
    for document in [README, MEASURED] {
        for Block { line, language, text } in blocks(document.text) {
            let first = text.lines().next().unwrap();
            let known = match language {
                "rust" | "rust,no_run" => true,
                "sh" => text.lines().all(|command| COMMANDS.contains(&command)),
                "text" => [DIAGRAM, SET_COOKIE, FLEET].iter().any(|start| first.starts_with(start)),
                _ => false,
            };
            let name = document.name;
            assert!(known, "no test knows the block in line {line} of {name}, {language}: {first}");
        }
    }
}

#[test]
fn every_command_in_the_prose_has_a_test() {
    let known = |text: &&str| COMMANDS.contains(text) || QUOTED.contains(text);
    let asks = |text: &&str| {
        text.contains([' ', '=']) || text.starts_with(".ci/") || text.starts_with('"')
    };
    let mut found = Vec::new();
    for document in [README, MEASURED] {
        let quoted = quoted(document.text);
        for text in quoted.iter().map(String::as_str).filter(asks) {
            // Rust, and lists of names.
            let is_code = text.contains("::");
            assert!(known(&text) || is_code, "no test knows `{text}` of {}", document.name);
        }
        found.extend(quoted);
        found.extend(typed(document.text).into_iter().map(str::to_owned));
    }
    for text in COMMANDS.iter().chain(&QUOTED) {
        assert!(found.iter().any(|found| found == text), "no document has {text}");
    }
}

// Running.

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An empty folder of this name for one test; what cargo built in it stays.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A line of a shell, in a folder.
fn shell(line: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", line])
        .current_dir(folder)
        .env_remove("SESSION_SECRET")
        .env("CARGO_TERM_COLOR", "never");
    // What cargo says to this test is nothing to another package.
    shell
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS");
    shell
}

/// What a line prints that succeeds.
#[track_caller]
fn run(line: &str, folder: &Path) -> String {
    let output =
        shell(line, folder).stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{line} fails: {printed}");
    printed
}

/// An example that serves on a port of its own, ended when dropped.
struct Server {
    process: Child,
    address: String,
    /// What it logged until it listened.
    log: String,
}

impl Server {
    /// Runs a line that serves; `name` is for its log.
    fn start(line: &str, name: &str) -> Self {
        let log = folder("logs").join(name);
        let mut shell = shell(line, &root());
        shell.env("PORT", "0").stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut process = shell.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let log = fs::read_to_string(log).unwrap();
        let Some(address) = said.trim().strip_prefix("listening on http://") else {
            let _ = process.kill();
            panic!("{line} does not listen: {log}");
        };
        Self { process, address: address.to_owned(), log }
    }

    /// The whole response to a GET.
    fn get(&self, path: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        response
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

// The commands.

#[test]
fn every_block_of_rust_is_a_doctest_that_passes() {
    let features = "axum,csrf,flash,multipart,revocation,rotation";
    let printed = run(&format!("cargo test --doc --features {features} readme"), &root());
    let passed = printed
        .lines()
        .filter_map(|line| line.split_once("readme (line ")?.1.strip_suffix(" ... ok"))
        .filter_map(|line| Some(line.split_once(')')?.0));
    // Counted in `src/lib.rs`, from the line that takes the README in.
    let mut passed: Vec<usize> = passed.map(|line| line.parse().unwrap()).collect();
    passed.sort_unstable();
    let rust: Vec<usize> = blocks(README.text)
        .iter()
        .filter(|block| block.language.starts_with("rust"))
        .map(|block| block.line)
        .collect();
    let above = passed[0] - rust[0];
    assert_eq!(passed, rust.iter().map(|line| line + above).collect::<Vec<_>>(), "{printed}");
}

#[test]
fn the_tests_that_it_names_are_those_of_ci() {
    let ci = |file: &str| fs::read_to_string(root().join(".ci").join(file)).unwrap();
    // CI takes the first line that begins so, and runs it.
    assert_eq!(README.text.lines().find(|line| line.starts_with("cargo test")), Some(TEST));
    let taken = "test_command=$(grep -m 1 -x 'cargo test.*' README.md)\nstep $test_command\n";
    assert!(ci("run").contains(taken));
    assert!(ci("run").contains(&format!("step {SILENCE}\n")));
    assert!(
        ci("mutants").contains("cargo +nightly mutants ") && ci("full").contains("\n.ci/mutants\n")
    );
}

#[test]
fn the_first_example_shows_its_log_in() {
    let hello = Server::start(&format!("exec {HELLO}"), "hello");
    let response = hello.get("/");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains("You are not logged in."), "{response}");
}

#[test]
fn the_site_with_accounts_shows_its_forms() {
    let forms = Server::start(&format!("exec {FORMS}"), "forms");
    let response = forms.get("/register");
    assert!(
        response.starts_with("HTTP/1.1 200 OK\r\n") && response.contains(r#"name="csrf" value=""#),
        "{response}"
    );
}

/// How the diagram begins, and the line below the table of defaults, which the crate's own test holds.
const DIAGRAM: &str = "  Cookie: __Host-session=AbTg…";
const SET_COOKIE: &str = "Set-Cookie: __Host-session=<token>;";

/// How the line begins that the fleet prints, whose figures are those of one run.
const FLEET: &str = "fleet requests=";

#[test]
fn the_diagram_shows_a_cookie_of_ours() {
    let text = text_block(README.text, DIAGRAM);
    assert_eq!(text.matches("__Host-session=AbTg…").count(), 2);
    assert!(text.contains("Set-Cookie: __Host-session=AbTg…; Secure; HttpOnly; …"));

    let sessions = CookieSessions::new(Keyring::ephemeral());
    let mut session = sessions.fresh();
    assert!(
        sessions.to_cookie(&session, SystemTime::now()).unwrap().is_none(),
        "only if it changed"
    );
    session.set("user", "alice");
    session.renew();
    assert_eq!(session.get("user"), Some("alice"));
    let line = sessions.to_cookie(&session, SystemTime::now()).unwrap().unwrap().to_string();
    for part in ["__Host-session=A", "; Secure", "; HttpOnly"] {
        assert!(line.contains(part), "{part}");
    }
    // The second character has two bits of the version, 1, and four that are drawn.
    let second = line.trim_start_matches("__Host-session=").chars().nth(1).unwrap();
    for character in [second, 'b'] {
        assert!(matches!(character, 'Q'..='Z' | 'a'..='f'), "{character}");
    }
}

#[test]
fn the_table_of_features_is_that_of_the_crate() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section =
        manifest.split("\n[").find_map(|section| section.strip_prefix("features]\n")).unwrap();
    let lines =
        section.lines().filter(|line| !line.starts_with('#') && !line.starts_with("default "));
    let mut there: Vec<&str> =
        lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    let rows = table(README.text, "Features");
    let told = rows[1..].iter().flat_map(|row| row[0].split('`').skip(1).step_by(2));
    let mut told: Vec<&str> = told.collect();
    there.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, there);
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let prose = prose(README.text);
    let anchors: Vec<String> =
        prose.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
    let links: Vec<&str> =
        prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let leads = match link.strip_prefix('#') {
            Some(anchor) => anchors.iter().any(|known| known == anchor),
            None => link.starts_with("https://docs.rs/") || root().join(link).exists(),
        };
        assert!(leads, "the link {link} leads nowhere");
    }
}
