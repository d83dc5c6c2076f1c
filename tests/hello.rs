//! The examples, run as a new user would: `hello` over a socket, `secret` on a terminal.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use sealed_session::Secret;

/// An example that cargo built beside this test.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(path.exists(), "no {}: `cargo test` without `--test` builds it", path.display());
    let mut command = Command::new(path);
    command
        .env_remove("SESSION_SECRET")
        .env("PORT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A running `hello` on a port of its own, ended when dropped.
struct Hello {
    process: Child,
    address: SocketAddr,
}

impl Hello {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").expect("the address").parse().unwrap();
        Self { process, address }
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

struct Answer {
    status: u16,
    headers: String,
    body: String,
}

/// A browser with a jar for one server.
struct Client {
    address: SocketAddr,
    accept: &'static str,
    jar: BTreeMap<String, String>,
}

impl Client {
    fn of(hello: &Hello) -> Self {
        Self { address: hello.address, accept: "*/*", jar: BTreeMap::new() }
    }

    #[track_caller]
    fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), b"")
    }

    #[track_caller]
    fn post(&mut self, path: &str, form: impl AsRef<[u8]>) -> Answer {
        self.send(&format!("POST {path}"), form.as_ref())
    }

    #[track_caller]
    fn send(&mut self, request: &str, form: &[u8]) -> Answer {
        let pairs: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = if pairs.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", pairs.join("; "))
        };
        let head = format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: {}\r\n{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.accept,
            form.len()
        );
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.write_all(&[head.as_bytes(), form].concat()).unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        self.keep(headers);
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: headers.to_owned(), body: body.to_owned() }
    }

    fn keep(&mut self, headers: &str) {
        for line in headers.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("; Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

#[test]
fn greets_by_name_and_counts_visits() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    let first = client.get("/");
    assert_eq!(first.status, 200);
    assert!(
        first.body.contains("logged in as alice") && first.body.ends_with('\n'),
        "{}",
        first.body
    );
    let second = client.get("/");
    assert!(second.body.starts_with("Hello, alice!\nvisits: 2\nsession: "), "{}", second.body);
    let label = second.body.split("session: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(label.len(), 12);
    assert!(
        second.body.contains("\nexpires: ") && second.body.ends_with(" GMT\n"),
        "{}",
        second.body
    );
}

#[test]
fn logs_in_under_another_name_with_a_new_id() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.get("/");
    let label =
        |response: &Answer| response.body.split("session: ").nth(1).unwrap()[..12].to_owned();
    let before = label(&client.get("/"));
    let response = client.post("/login", "user=Zo%C3%AB+K.&more=1");
    assert_eq!((response.status, response.body.as_str()), (200, "You are logged in as Zoë K..\n"));
    let after = client.get("/");
    assert!(after.body.starts_with("Hello, Zoë K.!\n"), "{}", after.body);
    assert_ne!(label(&after), before);
}

#[test]
fn leaves_no_data_of_the_last_user_to_another_user_who_logs_in() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.get("/");
    assert!(client.get("/").body.starts_with("Hello, alice!\nvisits: 2\n"));
    client.post("/login", "user=alice");
    assert!(client.get("/").body.starts_with("Hello, alice!\nvisits: 3\n"), "the same user");
    client.post("/login", "user=bob");
    assert!(client.get("/").body.starts_with("Hello, bob!\nvisits: 1\n"), "somebody else");
}

#[test]
fn refuses_names_that_will_not_do_and_keeps_the_session() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.get("/");
    let long = format!("user={}", "a".repeat(65));
    let forms = [
        ("", "The form has no field `user`.\n"),
        ("name=bob", "The form has no field `user`.\n"),
        ("user=", "The name is empty.\n"),
        ("user=+%20", "The name is empty.\n"),
        ("user=%ff", "The name is not UTF-8.\n"),
        (long.as_str(), "The name is too long: at most 64 bytes, please.\n"),
    ];
    for (form, reason) in forms {
        let response = client.post("/login", form);
        assert_eq!((response.status, response.body.as_str()), (400, reason));
    }
    assert_eq!(client.post("/login", b"user=\xff").status, 400);
    assert!(client.get("/").body.starts_with("Hello, alice!\n"));
}

#[test]
fn logs_out() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.get("/");
    assert_eq!(client.post("/logout", "").body, "You are logged out.\n");
    assert!(client.jar.is_empty());
    assert!(client.get("/").body.contains("You are new here"));
}

#[test]
fn shows_browsers_a_page_with_names_escaped() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.accept = "text/html,application/xhtml+xml";
    let response = client.post("/login", "user=%3Cscript%3Ealert(%22x%22)%3C%2Fscript%3E");
    assert_eq!(response.status, 303);
    assert!(response.headers.contains("location: /"));
    let page = client.get("/");
    assert!(page.headers.contains("content-type: text/html; charset=utf-8"));
    assert!(
        page.body.contains("Hello, &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;!"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<script"));
    assert!(page.body.contains("action=\"/login\"") && page.body.contains("action=\"/logout\""));
}

#[test]
fn keeps_sessions_over_a_restart_with_a_secret() {
    let secret = Secret::generate().expose_base64url();
    let start = || Hello::start(example("hello").env("SESSION_SECRET", &*secret));
    let first = start();
    let mut client = Client::of(&first);
    client.get("/");
    drop(first);
    let second = start();
    client.address = second.address;
    assert!(client.get("/").body.starts_with("Hello, alice!\nvisits: 2\n"));
}

#[test]
fn ends_with_status_1_and_a_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let cases = [
        ("PORT", port.as_str(), "is taken"),
        ("PORT", "http", "expected a number from 0 to 65535"),
        ("PORT", "65536", "expected a number from 0 to 65535"),
        ("PORT", "", "expected a number from 0 to 65535"),
        ("SESSION_SECRET", "", "the secret is empty"),
        ("SESSION_SECRET", "correcthorsebatterystaple", "pass phrase"),
    ];
    for (variable, value, reason) in cases {
        let Output { status, stderr, stdout } =
            example("hello").env(variable, value).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{variable}={value}");
        assert!(stderr.lines().last().unwrap().contains(reason), "{variable}={value}: {stderr}");
        assert!(stdout.is_empty(), "nothing is served");
    }
}

#[test]
fn prints_one_fresh_secret_and_nothing_else() {
    let run = || String::from_utf8(example("secret").output().unwrap().stdout).unwrap();
    let (one, other) = (run(), run());
    assert_ne!(one, other);
    assert_eq!(one.lines().count(), 1);
    assert!(one.ends_with('\n') && one.parse::<Secret>().is_ok(), "the line is a secret");
}
