//! Machines that count: processes of `examples/prometheus`, each with secrets and a clock of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, StatusCode};
use tokio::time::{Instant, sleep};
use world::{Program, free_ports};

use crate::machines::{keys_of, write};

#[derive(Debug)]
pub struct Machine {
    program: Option<Program>,
    /// For the public, and for operators.
    ports: [u16; 2],
    secrets: PathBuf,
    revoked: PathBuf,
    http: reqwest::Client,
}

impl Machine {
    /// Its file of secrets has its name. Those of one folder share the file of revoked sessions.
    pub fn start(folder: &Path, name: &str, secrets: &str) -> Self {
        let (file, revoked) = (folder.join(name), folder.join("revoked"));
        write(&file, secrets);
        fs::File::options().create(true).append(true).open(&revoked).unwrap();
        let http = reqwest::Client::new();
        let mut machine = Self { program: None, ports: free_ports(), secrets: file, revoked, http };
        machine.restart(0);
        machine
    }

    /// Starts it anew, with its clock so many seconds ahead. All it has counted is gone.
    pub fn restart(&mut self, ahead: u64) {
        self.program = None;
        let mut command = Command::new(env!("CARGO_BIN_EXE_counted"));
        command.arg(&self.secrets).arg(&self.revoked).arg(ahead.to_string()).stderr(Stdio::null());
        command.env("PORT", self.ports[0].to_string());
        command.env("METRICS_PORT", self.ports[1].to_string());
        self.program = Some(Program::start(&mut command));
    }

    /// What Prometheus calls it.
    pub fn instance(&self) -> String {
        format!("127.0.0.1:{}", self.ports[1])
    }

    /// Gives it other secrets, and waits until it has them.
    pub async fn take(&self, secrets: &str) {
        write(&self.secrets, secrets);
        let (expected, began) = (keys_of(&self.secrets), Instant::now());
        while self.operators("/keys").await.lines().ne(&expected) {
            assert!(began.elapsed() < Duration::from_secs(60), "{self:?} does not rotate");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The cookie of a new session.
    pub async fn log_in(&self, user: &str) -> String {
        let request = self.request(Method::POST, &format!("/login/{user}"), "");
        let response = request.send().await.unwrap();
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub async fn greets(&self, cookie: &str) -> String {
        let response = self.request(Method::GET, "/", cookie).send().await.unwrap();
        match response.status() {
            StatusCode::OK => response.text().await.unwrap().trim_end().to_owned(),
            status => status.as_str().to_owned(),
        }
    }

    pub async fn writes(&self, cookie: &str, note: String) -> StatusCode {
        self.request(Method::POST, "/note", cookie).body(note).send().await.unwrap().status()
    }

    /// A counter or a gauge, by one value of its label, as its page shows it.
    pub async fn reads(&self, metric: &str, label: &str) -> u64 {
        let page = self.operators("/metrics").await;
        let (start, label) = (format!("sealed_session_{metric}{{"), format!("=\"{label}\""));
        let line = page.lines().find(|line| line.starts_with(&start) && line.contains(&label));
        let line = line.unwrap_or_else(|| panic!("no {metric} with {label} in\n{page}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// While it is gone, nobody knows which sessions are revoked.
    pub fn lose_store(&self) {
        fs::rename(&self.revoked, self.revoked.with_extension("lost")).unwrap();
    }

    pub fn repair_store(&self) {
        fs::rename(self.revoked.with_extension("lost"), &self.revoked).unwrap();
    }

    async fn operators(&self, path: &str) -> String {
        let page = self.http.get(format!("http://{}{path}", self.instance()));
        page.send().await.unwrap().text().await.unwrap()
    }

    fn request(&self, method: Method, path: &str, cookie: &str) -> reqwest::RequestBuilder {
        let address = self.program.as_ref().unwrap().address();
        self.http.request(method, format!("{address}{path}")).header(COOKIE, cookie)
    }
}
