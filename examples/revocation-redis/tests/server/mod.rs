//! A Redis of its own for each test.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Ended with the test, also when it fails.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    #[allow(dead_code, reason = "for one of the two files of tests")]
    pub fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill")
                .args([signal, &self.0.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Redis on this port, once it responds. It keeps nothing on disk.
pub fn redis(port: u16) -> Process {
    let arguments =
        ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()];
    let mut command = Command::new("redis-server");
    let redis =
        Process(command.args(arguments).stdout(Stdio::null()).spawn().expect("redis-server runs"));
    wait_until("Redis responds", || {
        ask_redis(port, "PING").is_some_and(|response| response == "+PONG")
    });
    redis
}

pub fn ask_redis(port: u16, command: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "{command}\r\n").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}

#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}, within 20 seconds");
        sleep(Duration::from_millis(20));
    }
}
