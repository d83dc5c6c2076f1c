//! The quick start, as a newcomer types it: into an empty package, with the commands of the README.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::document::{README, blocks};
use crate::{OPENSSL, folder, root, run, shell};

pub const ADD: [&str; 3] = [
    "cargo add sealed-session --features axum,csrf,ring",
    "cargo add axum",
    "cargo add tokio --features full",
];
const NO_DEFAULTS: &str = "default-features = false";
pub const DEVELOPMENT: &str =
    "let sessions = CookieSessions::builder(Keyring::ephemeral()).insecure_http().build()?;";
pub const GUIDES: &str = "cargo doc --no-deps --open -p sealed-session";

/// Where the program listens.
const ADDRESS: &str = "127.0.0.1:8080";

/// The program, with another address.
fn program(address: &str) -> String {
    let blocks = blocks(README.text);
    let block = blocks.iter().find(|block| block.text.contains("async fn main()")).unwrap();
    assert!(block.text.contains(ADDRESS));
    block.text.replace(ADDRESS, address)
}

/// A new package with the dependencies that the README names.
fn package(address: &str) -> PathBuf {
    let package = folder("quick-start");
    fs::create_dir_all(package.join("src")).unwrap();
    let manifest = "[package]\nname = \"quick-start\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::write(package.join("src/main.rs"), program(address)).unwrap();
    let here = format!("--path '{}'", root().display());
    for command in ADD {
        // Before the first release it comes from here.
        run(&command.replace("sealed-session", &here), &package);
    }
    package
}

struct Site {
    process: Child,
    address: String,
}

impl Site {
    fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let package = package(&address);
        run("cargo build --quiet", &package);
        let secret = run(OPENSSL, &package);
        let mut program = shell("exec target/debug/quick-start", &package);
        let process = program.env("SESSION_SECRET", secret.trim()).spawn().unwrap();
        let site = Self { process, address };
        let started = Instant::now();
        while TcpStream::connect(&site.address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "it does not listen");
            thread::yield_now();
        }
        site
    }

    fn send(&self, request: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        response
    }

    fn get(&self, cookie: &str) -> String {
        self.send(&format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\n{cookie}Connection: close\r\n\r\n"
        ))
    }

    fn post(&self, path: &str, cookie: &str, body: &str) -> String {
        let length = body.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}Connection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The `Cookie` header after a response that sets one.
fn cookie(response: &str) -> String {
    let (_, rest) = response.split_once("set-cookie: ").unwrap_or_else(|| panic!("{response}"));
    format!("Cookie: {}\r\n", rest.split(';').next().unwrap())
}

/// The field of the form, as a browser sends it.
fn field(response: &str) -> String {
    let (_, rest) = response.split_once(r#"name="csrf" value=""#).unwrap();
    format!("csrf={}", rest.split('"').next().unwrap())
}

#[test]
fn the_quick_start_logs_in_and_out() {
    let site = Site::start();
    let visit = site.get("");
    assert!(visit.contains("Log in as alice"), "{visit}");
    let visitor = cookie(&visit);

    let refused = site.post("/login", &visitor, "csrf=wrong");
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    let logged_in = site.post("/login", &visitor, &field(&visit));
    assert!(logged_in.starts_with("HTTP/1.1 303 "), "{logged_in}");
    let user = cookie(&logged_in);
    let home = site.get(&user);
    assert!(home.contains("Hello, alice!"), "{home}");

    let logged_out = site.post("/logout", &user, &field(&home));
    assert!(logged_out.contains("Max-Age=0"), "{logged_out}");
    drop(site);

    // Without a secret it says what to do.
    let mut program = shell("exec target/debug/quick-start", &folder("quick-start"));
    let output = program.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains(OPENSSL), "{said}");

    run(&GUIDES.replace("--open ", ""), &folder("quick-start"));
    let guides = folder("quick-start").join("target/doc/sealed_session/guide/index.html");
    assert!(guides.exists(), "the guides are not rendered");
}

/// The program with the development variant in place of the two statements.
fn program_for_development() -> String {
    let program = program(ADDRESS);
    let (before, rest) = program.split_once("    let keyring = ").unwrap();
    let (statements, after) = rest.split_once("\n\n").unwrap();
    assert!(statements.ends_with("let sessions = CookieSessions::new(keyring);"), "{statements}");
    format!("{before}    {DEVELOPMENT}\n\n{after}")
}

#[test]
fn the_development_variant_builds() {
    let package = folder("development");
    fs::create_dir_all(package.join("src")).unwrap();
    let text = format!(
        "[package]\nname = \"development\"\nedition = \"2024\"\n[workspace]\n[dependencies]\naxum = \"0.8\"\n\
         tokio = {{ version = \"1\", features = [\"full\"] }}\n\
         sealed-session = {{ path = {:?}, features = [\"axum\", \"csrf\"] }}\n",
        root()
    );
    fs::write(package.join("Cargo.toml"), text).unwrap();
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::write(package.join("src/main.rs"), program_for_development()).unwrap();
    run("cargo check --quiet", &package);
}

#[test]
fn builds_without_default_features() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let package = folder("no-defaults");
    fs::create_dir_all(package.join("src")).unwrap();
    let text = format!(
        "[package]\nname = \"no-defaults\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         sealed-session = {{ path = {:?}, {NO_DEFAULTS} }}\n",
        root()
    );
    fs::write(package.join("Cargo.toml"), text).unwrap();
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let uses = "fn main() { assert!(sealed_session::Keyring::ephemeral().is_ephemeral()); }\n";
    fs::write(package.join("src/main.rs"), uses).unwrap();
    run("cargo run --quiet", &package);
    assert!(manifest.contains("default = [\"tracing\"]"));
    assert!(!run("cargo tree --prefix none", &package).contains("tracing v"));
}
