//! A fleet of two processes and a real Redis, on the loopback: `redis-server` has to be installed.

mod server;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sealed_session::Secret;
use server::{Process, ask_redis, free_port, redis, wait_until};

/// A process of the fleet.
struct Server {
    address: String,
    _process: Process,
}

impl Server {
    fn start(redis: u16) -> Self {
        // One for all tests, drawn for each run, so that nobody copies one from here.
        static SECRET: LazyLock<String> =
            LazyLock::new(|| Secret::generate().expose_base64url().to_string());
        let mut command = Command::new(env!("CARGO_BIN_EXE_revocation-redis"));
        command
            .args([&format!("redis://127.0.0.1:{redis}/"), "127.0.0.1:0", "--dev"])
            .stdout(Stdio::piped());
        let mut child = command.env("SESSION_SECRET", &**SECRET).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("http://").expect("the server says its address").to_owned();
        Self { address, _process: Process(child) }
    }

    fn send(&self, method: &str, path: &str, cookie: &str) -> Response {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        write!(stream, "{head}cookie: {cookie}\r\ncontent-length: 0\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        Response(response)
    }

    fn greets(&self, cookie: &str) -> String {
        self.send("GET", "/", cookie).0.split("\r\n\r\n").nth(1).unwrap().trim_end().to_owned()
    }

    fn log_in(&self, user: &str) -> String {
        self.send("POST", &format!("/login/{user}"), "").cookie()
    }
}

/// The text of a response.
struct Response(String);

impl Response {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The cookie that it sets, as a client sends it back.
    fn cookie(&self) -> String {
        self.field("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap();
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

#[test]
fn a_session_that_one_process_ended_is_refused_by_another_at_its_next_request() {
    let port = free_port();
    let _redis = redis(port);
    let [one, other] = [(); 2].map(|()| Server::start(port));
    let [cookie, bystander] = ["alice", "bob"].map(|user| one.log_in(user));
    assert_eq!(other.greets(&cookie), "Hello, alice!");

    let response = one.send("POST", "/logout", &cookie);
    assert_eq!(response.status(), 200);
    assert!(response.field("set-cookie").unwrap().contains("Max-Age=0"));
    for server in [&other, &one] {
        assert_eq!(server.greets(&cookie), "Hello, stranger!");
        assert_eq!(server.greets(&bystander), "Hello, bob!");
    }
}

#[test]
fn an_entry_lasts_as_long_as_its_session_would_have() {
    let port = free_port();
    let _redis = redis(port);
    let server = Server::start(port);
    server.send("POST", "/logout", &server.log_in("alice"));
    let keys = ask_redis(port, "DBSIZE").unwrap();
    assert_eq!(keys, ":1");
    let key = {
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
        stream.get_mut().write_all(b"KEYS *\r\n").unwrap();
        stream.lines().nth(2).unwrap().unwrap()
    };
    let seconds: u64 = ask_redis(port, &format!("TTL {key}")).unwrap()[1..].parse().unwrap();
    // And 300 seconds more, for a machine whose clock is behind.
    let absolute = 30 * 24 * 60 * 60 + 300;
    assert!((absolute - 60..=absolute).contains(&seconds), "{seconds}");
}

#[test]
fn other_devices_are_logged_out_and_this_one_is_not() {
    let port = free_port();
    let _redis = redis(port);
    let [one, other] = [(); 2].map(|()| Server::start(port));
    let [phone, laptop] = [(); 2].map(|()| one.log_in("alice"));
    let bob = one.log_in("bob");
    let stolen = laptop.clone();
    let laptop = one.send("POST", "/logout-others", &laptop).cookie();
    let greeted = [&phone, &stolen, &laptop, &bob].map(|cookie| other.greets(cookie));
    assert_eq!(greeted, ["Hello, stranger!", "Hello, stranger!", "Hello, alice!", "Hello, bob!"]);
    assert_eq!(one.send("POST", "/logout-others", &phone).status(), 401);
    wait_until("a session that begins later stands", || {
        other.greets(&one.log_in("alice")) == "Hello, alice!"
    });
}

/// Every response while there is no Redis, and what goes on when it is back.
#[track_caller]
fn is_closed_and_recovers(server: &Server, cookie: &str, back: impl FnOnce()) {
    for _ in 0..5 {
        let began = Instant::now();
        let response = server.send("GET", "/", cookie);
        assert!(began.elapsed() < Duration::from_secs(2), "a response within the time limit");
        assert_eq!((response.status(), response.field("retry-after")), (503, Some("5")));
        assert_eq!(response.field("set-cookie"), None, "the cookie is kept");
        assert_eq!(server.send("POST", "/logout", cookie).status(), 503);
        assert_eq!(server.greets(""), "Hello, stranger!", "who has no session is served");
    }
    back();
    wait_until("the session goes on", || server.greets(cookie) == "Hello, alice!");
    server.send("POST", "/logout", cookie);
    assert_eq!(server.greets(cookie), "Hello, stranger!");
}

#[test]
fn a_redis_that_stops_in_the_middle_logs_nobody_out_and_is_found_again_when_it_returns() {
    let port = free_port();
    let first = redis(port);
    let server = Server::start(port);
    let cookie = server.log_in("alice");
    assert_eq!(server.greets(&cookie), "Hello, alice!");
    drop(first);
    let mut second = None;
    is_closed_and_recovers(&server, &cookie, || second = Some(redis(port)));
}

#[test]
fn a_redis_that_hangs_is_late_and_logs_nobody_out() {
    let port = free_port();
    let redis = redis(port);
    let server = Server::start(port);
    let cookie = server.log_in("alice");
    redis.signal("-STOP");
    is_closed_and_recovers(&server, &cookie, || redis.signal("-CONT"));
}

#[test]
fn a_server_starts_while_redis_is_down() {
    let port = free_port();
    let server = Server::start(port);
    let cookie = server.log_in("alice");
    let mut late = None;
    is_closed_and_recovers(&server, &cookie, || late = Some(redis(port)));
}
