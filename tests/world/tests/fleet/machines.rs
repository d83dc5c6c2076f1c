//! The machines: processes of `examples/fleet.rs` behind nginx.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sealed_session::{CookieSessions, Keyring, Secret};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use world::{Certificate, Nginx, Program, example, free_ports};

pub const MACHINES: usize = 3;

pub fn secret() -> String {
    Secret::generate().expose_base64url().to_string()
}

#[derive(Debug)]
pub struct Fleet {
    nginx: Nginx,
    pub certificate: Certificate,
    /// The machines' ports, and that of the process with the wrong secret.
    ports: [u16; MACHINES + 1],
    running: [Option<Program>; MACHINES + 1],
    dir: TempDir,
}

impl Fleet {
    pub fn start(secret: &str) -> Self {
        let certificate = Certificate::of(&["localhost"]);
        let ports = free_ports();
        let nginx = Nginx::start(|[port]| conf(port, &certificate, ports));
        let running = std::array::from_fn(|_| None);
        let mut fleet =
            Self { nginx, certificate, ports, running, dir: tempfile::tempdir().unwrap() };
        write(&fleet.secrets(), secret);
        for machine in 0..MACHINES {
            fleet.begin(machine, 0);
        }
        fleet
    }

    pub fn address(&self) -> String {
        format!("https://localhost:{}", self.nginx.port())
    }

    /// What nginx calls the process with the wrong secret.
    pub fn stray(&self) -> String {
        format!("127.0.0.1:{}", self.ports[MACHINES])
    }

    pub fn begin(&mut self, machine: usize, ahead: i64) {
        self.run(machine, ahead, &self.secrets());
    }

    /// Ends it when its requests are answered, and starts it again with its clock so many seconds ahead.
    pub fn restart(&mut self, machine: usize, ahead: i64) {
        self.running[machine].take().unwrap().interrupt();
        self.begin(machine, ahead);
    }

    pub fn kill(&mut self, machine: usize) {
        self.running[machine].take().unwrap().kill();
    }

    pub fn begin_stray(&mut self, secret: &str) {
        let secrets = self.dir.path().join("stray");
        write(&secrets, secret);
        self.run(MACHINES, 0, &secrets);
    }

    pub fn kill_stray(&mut self) {
        self.kill(MACHINES);
    }

    /// Puts other secrets in place, and waits until every machine says that it has them.
    pub async fn rotate(&self, secrets: &str) {
        write(&self.secrets(), secrets);
        let expected = keys_of(&self.secrets());
        let began = Instant::now();
        for machine in self.running.iter().flatten() {
            while keys(machine).await != expected.join(", ") {
                assert!(
                    began.elapsed() < Duration::from_secs(60),
                    "{} does not rotate",
                    machine.address()
                );
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    fn run(&mut self, machine: usize, ahead: i64, secrets: &Path) {
        let mut command = example("fleet", "axum,rotation");
        command.arg(secrets).arg(ahead.to_string());
        command.env("PORT", self.ports[machine].to_string()).stderr(Stdio::null());
        self.running[machine] = Some(Program::start(&mut command));
    }

    fn secrets(&self) -> PathBuf {
        self.dir.path().join("secrets")
    }
}

async fn keys(machine: &Program) -> String {
    let answer = reqwest::get(format!("{}/keys", machine.address())).await.unwrap();
    answer.text().await.unwrap()
}

/// What a machine prints that has the secrets of this file.
pub fn keys_of(secrets: &Path) -> Vec<String> {
    let sessions = CookieSessions::new(Keyring::from_file(secrets).unwrap());
    sessions.keys().map(|(role, id)| format!("{role} {id}")).collect()
}

/// By a rename, as the README says.
pub fn write(file: &Path, secrets: &str) {
    let beside = file.with_extension("new");
    fs::write(&beside, secrets).unwrap();
    fs::rename(beside, file).unwrap();
}

fn conf(port: u16, certificate: &Certificate, ports: [u16; MACHINES + 1]) -> String {
    // Asked again at once after a failure: the next machine is asked where this one refuses.
    let servers = ports.map(|port| format!("server 127.0.0.1:{port} max_fails=0;"));
    let (fleet, reading) = (servers[..MACHINES].concat(), servers.concat());
    let tls = certificate.for_nginx();
    format!(
        "upstream fleet {{ {fleet} keepalive 64; }}
         upstream reading {{ {reading} keepalive 64; }}
         proxy_http_version 1.1; proxy_set_header Connection ''; add_header x-machine $upstream_addr always;
         server {{
             listen 127.0.0.1:{port} ssl; {tls}
             keepalive_requests 1000000;
             location / {{ proxy_pass http://fleet; }}
             location /reading/ {{ proxy_pass http://reading/; }}
         }}"
    )
}
