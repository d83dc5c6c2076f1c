//! The examples, run as a new user would: `hello` over a socket, `secret` on a terminal.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

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
    stdout: BufReader<ChildStdout>,
}

impl Hello {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").expect("the address").parse().unwrap();
        Self { process, address, stdout }
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

struct Response {
    status: u16,
    headers: String,
    body: String,
}

/// A client with a cookie jar for one server.
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
    fn get(&mut self, path: &str) -> Response {
        self.send(&format!("GET {path}"), b"")
    }

    #[track_caller]
    fn post(&mut self, path: &str, form: impl AsRef<[u8]>) -> Response {
        self.send(&format!("POST {path}"), form.as_ref())
    }

    #[track_caller]
    fn send(&mut self, request: &str, form: &[u8]) -> Response {
        let pairs: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = if pairs.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", pairs.join("; "))
        };
        let headers = format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: {}\r\n{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.accept,
            form.len()
        );
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.write_all(&[headers.as_bytes(), form].concat()).unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        self.keep(headers);
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Response { status, headers: headers.to_owned(), body: body.to_owned() }
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

#[track_caller]
fn assert_text(response: &Response, status: u16, text: &str) {
    assert_eq!((response.status, response.body.as_str()), (status, text));
}

#[test]
fn logs_nobody_in_on_a_get() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    for _ in 0..2 {
        assert_text(&client.get("/"), 200, "You are not logged in.\n");
        assert!(client.jar.is_empty(), "a page that only reads sets nothing");
    }
    assert_eq!(client.get("/login?user=alice").status, 405);
}

#[test]
fn logs_in_greets_by_name_and_counts_visits() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    assert_text(&client.post("/login", "user=alice"), 200, "You are logged in as alice.\n");
    assert!(client.get("/").body.starts_with("Hello, alice!\nvisits: 1\n"));
    let second = client.get("/").body;
    assert!(second.starts_with("Hello, alice!\nvisits: 2\nsession label"), "{second}");
    assert!(second.contains("\nends: ") && second.ends_with(" GMT\n"), "{second}");
    assert_eq!(label(&second).len(), 12);
}

fn label(page: &str) -> &str {
    page.split("safe to log: ").nth(1).unwrap().lines().next().unwrap()
}

#[test]
fn logs_out() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.post("/login", "user=alice");
    assert_text(&client.post("/logout", ""), 200, "You are logged out.\n");
    assert!(client.jar.is_empty());
    assert_text(&client.get("/"), 200, "You are not logged in.\n");
}

#[test]
fn prints_commands_that_log_in_and_out() {
    let mut hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    let root = format!("http://{}", hello.address);
    let mut send = |line: String| {
        let arguments = line.trim().strip_prefix("curl -b jar -c jar ")?;
        let response = match arguments.strip_prefix("-d ") {
            None => client.get(arguments.strip_prefix(&root).unwrap()),
            Some(arguments) => {
                let (form, url) = arguments.split_once(' ').unwrap();
                client.post(url.strip_prefix(&root).unwrap(), form.trim_matches('\''))
            }
        };
        Some(response.body.lines().next().unwrap().to_owned())
    };
    let lines = (&mut hello.stdout).lines().map(Result::unwrap);
    let responses: Vec<String> = lines.filter_map(&mut send).take(5).collect();
    let expected = [
        "You are not logged in.",
        "You are logged in as alice.",
        "Hello, alice!",
        "You are logged out.",
        "You are not logged in.",
    ];
    assert_eq!(responses, expected);
}

#[test]
fn gives_a_new_id_at_log_in_and_keeps_the_session_of_the_same_user() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.post("/login", "user=Zo%C3%AB+K.&more=1");
    let before = client.get("/").body;
    client.post("/login", "user=Zo%C3%AB+K.");
    let after = client.get("/").body;
    assert!(after.starts_with("Hello, Zoë K.!\nvisits: 2\n"), "{after}");
    assert_ne!(label(&after), label(&before));
}

#[test]
fn leaves_nothing_of_the_previous_user_to_another_one() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.post("/login", "user=alice");
    client.get("/");
    client.post("/login", "user=bob");
    assert!(client.get("/").body.starts_with("Hello, bob!\nvisits: 1\n"));
}

#[test]
fn rejects_names_that_are_missing_empty_or_too_long_and_keeps_the_session() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.post("/login", "user=alice");
    let long = format!("user={}", "a".repeat(65));
    for form in ["user=", "user=+%20", &long] {
        assert_text(&client.post("/login", form), 422, "Please send a name of 1 to 64 bytes.\n");
    }
    for form in ["", "name=bob"] {
        let response = client.post("/login", form);
        assert!(response.status == 422 && response.body.contains("missing field `user`"));
    }
    assert!(client.get("/").body.starts_with("Hello, alice!\nvisits: 1\n"));
}

#[test]
fn shows_browsers_a_page_with_names_escaped() {
    let hello = Hello::start(&mut example("hello"));
    let mut client = Client::of(&hello);
    client.accept = "text/html,application/xhtml+xml";
    let first = client.get("/");
    assert!(first.headers.contains("content-type: text/html; charset=utf-8"));
    assert!(first.body.contains("action=\"/login\"") && !first.body.contains("action=\"/logout\""));
    let response = client.post("/login", "user=%3Cscript%3Ealert(%22x%22)%3C%2Fscript%3E");
    assert_eq!(response.status, 303);
    assert!(response.headers.contains("location: /"));
    let page = client.get("/").body;
    assert!(page.contains("Hello, &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;!"), "{page}");
    assert!(!page.contains("<script"));
    assert!(page.contains("action=\"/logout\"") && !page.contains("action=\"/login\""));
}

#[test]
fn keeps_sessions_over_a_restart_with_a_secret() {
    let secret = Secret::generate().expose_base64url();
    let start = || Hello::start(example("hello").env("SESSION_SECRET", &*secret));
    let first = start();
    let mut client = Client::of(&first);
    client.post("/login", "user=alice");
    drop(first);
    let second = start();
    client.address = second.address;
    assert!(client.get("/").body.starts_with("Hello, alice!\nvisits: 1\n"));
}

#[test]
fn ends_with_status_1_and_a_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let cases = [
        ("PORT", port.as_str(), "is in use"),
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
