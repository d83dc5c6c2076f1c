//! Clients that keep cookies, at `examples/forms` behind nginx with TLS: from log-in through refresh and idle end to
//! log-out.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use world::{Certificate, Site, default_days, install_provider};

/// The fields of a form.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// What a client got, and what it keeps since.
#[derive(Debug, Deserialize)]
struct Answer {
    status: u16,
    /// Each `Set-Cookie`.
    lines: Vec<String>,
    page: String,
    /// Name and value of each cookie, in order.
    jar: Vec<String>,
}

impl Answer {
    /// The session in the jar.
    fn session(&self) -> &str {
        let mut sessions = self.jar.iter().filter(|pair| pair.starts_with("__Host-session="));
        let session = sessions.next().unwrap();
        assert_eq!(sessions.next(), None);
        session
    }
}

/// A program that keeps cookies, follows no redirect, and trusts the certificate of the run alone.
trait Client {
    /// A GET, or a POST if there is a form.
    fn ask(&mut self, url: &str, form: Option<Fields>) -> Answer;
}

/// curl, which keeps its cookies in a file.
struct Curl {
    certificate: PathBuf,
    dir: TempDir,
}

impl Curl {
    fn new(certificate: &Certificate) -> Self {
        Self { certificate: certificate.chain(), dir: tempfile::tempdir().unwrap() }
    }
}

impl Client for Curl {
    fn ask(&mut self, url: &str, form: Option<Fields>) -> Answer {
        let jar = self.dir.path().join("jar");
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--include", "--cacert"]).arg(&self.certificate);
        command.arg("--cookie").arg(&jar).arg("--cookie-jar").arg(&jar).arg(url);
        for (name, value) in form.unwrap_or_default() {
            command.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer = String::from_utf8(output.stdout).unwrap();
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let lines = fields.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let lines = lines.map(|(_, line)| line.to_owned()).collect();
        Answer {
            status,
            lines,
            page: page.to_owned(),
            jar: netscape(&fs::read_to_string(jar).unwrap()),
        }
    }
}

/// Name and value of each cookie in a file as curl writes it: domain, subdomains, path, secure, expires, name, value.
fn netscape(file: &str) -> Vec<String> {
    let rows = file.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let mut pairs: Vec<String> = rows
        .map(|row| match row.split('\t').collect::<Vec<_>>()[..] {
            ["#HttpOnly_localhost", "FALSE", "/", "TRUE", _, name, value] => {
                format!("{name}={value}")
            }
            _ => panic!("{row} is not a cookie of ours"),
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

/// `client.py`, by lines of JSON.
struct Python {
    child: Child,
    asks: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Python {
    fn new(certificate: &Certificate) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(here.join("../target/venv/bin/python"));
        command.arg(here.join("tests/client.py")).arg(certificate.chain());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("`run` made the virtual environment");
        let (asks, told) =
            (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, asks, told }
    }
}

impl Client for Python {
    fn ask(&mut self, url: &str, form: Option<Fields>) -> Answer {
        writeln!(self.asks, "{}", json!({ "url": url, "form": form })).unwrap();
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// reqwest, with the store of cookies that it brings.
struct Reqwest {
    runtime: Runtime,
    client: reqwest::Client,
    jar: Arc<Jar>,
}

impl Reqwest {
    fn new(certificate: &Certificate) -> Self {
        install_provider();
        let jar = Arc::new(Jar::default());
        let root = reqwest::Certificate::from_pem(certificate.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .cookie_provider(jar.clone())
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([root])
            .build()
            .unwrap();
        Self { runtime: Runtime::new().unwrap(), client, jar }
    }
}

impl Client for Reqwest {
    fn ask(&mut self, url: &str, form: Option<Fields>) -> Answer {
        let request = match form {
            Some(fields) => self.client.post(url).form(fields),
            None => self.client.get(url),
        };
        let (status, headers, page) = self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
        });
        let lines =
            headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
        let kept = self.jar.cookies(&url.parse().unwrap());
        let mut jar: Vec<String> = kept
            .iter()
            .flat_map(|field| field.to_str().unwrap().split("; "))
            .map(str::to_owned)
            .collect();
        jar.sort_unstable();
        Answer { status, lines: lines.collect(), page, jar }
    }
}

/// A client at the site.
struct Visitor<'a> {
    client: &'a mut dyn Client,
    origin: String,
}

impl Visitor<'_> {
    fn get(&mut self, path: &str) -> Answer {
        let answer = self.client.ask(&format!("{}{path}", self.origin), None);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// The token in the form of a page.
    fn token(&mut self, page: &str) -> String {
        let page = self.get(page).page;
        page.split(r#"name="csrf" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// Sends a form with a token.
    fn post(&mut self, path: &str, fields: Fields, csrf: &str) -> Answer {
        let fields = [fields, &[("csrf", csrf)]].concat();
        self.client.ask(&format!("{}{path}", self.origin), Some(&fields))
    }

    /// Sends a form of this page with the token that stands in it; the response leads elsewhere.
    fn send(&mut self, page: &str, path: &str, fields: Fields) -> Answer {
        let csrf = self.token(page);
        let answer = self.post(path, fields, &csrf);
        assert_eq!(answer.status, 303, "{answer:?}");
        answer
    }

    /// The front page knows who it is, and sends this number of lines.
    #[track_caller]
    fn is_known(&mut self, lines: usize) -> Answer {
        let home = self.get("/");
        assert!(home.page.contains("You are logged in as <b>alice</b>."), "{home:?}");
        assert_eq!(home.lines.len(), lines, "{home:?}");
        home
    }
}

const ALICE: Fields = &[("user", "alice"), ("password", "correct horse")];
const HOUR: u64 = 60 * 60;

fn lives_a_whole_session(certificate: &Certificate, client: &mut dyn Client) {
    let idle = default_days("idle_timeout").as_secs();
    let site = Site::behind_nginx(certificate);
    let mut visitor = Visitor { client, origin: site.origin("localhost") };

    let first = visitor.get("/");
    assert_eq!((first.lines, first.jar), (vec![], vec![]), "a page that only reads sets nothing");
    visitor.send("/register", "/register", ALICE);
    visitor.send("/", "/logout", &[]);
    let before = visitor.token("/login");
    let logged_in = visitor.send("/login", "/login", ALICE);
    let forged = visitor.post("/notes", &[("text", "forged")], &before);
    assert_eq!(forged.status, 303, "log-in began another session: {forged:?}");
    let told = visitor.is_known(1);
    assert!(told.page.contains("Nothing was changed") && !told.page.contains("forged"), "{told:?}");
    assert!(told.page.contains("Welcome back!") && told.lines[0].contains("-flash="), "{told:?}");
    assert_eq!(told.jar, [logged_in.session()], "the message is gone, the session as it was");
    assert!(!visitor.is_known(0).page.contains("Welcome back!"));

    let site = site.ahead(idle / 2 - HOUR);
    assert_eq!(visitor.is_known(0).jar, told.jar);
    let site = site.ahead(idle / 2);
    let refreshed = visitor.is_known(1);
    assert_ne!(refreshed.session(), logged_in.session());
    assert_eq!(visitor.is_known(0).jar, refreshed.jar);

    // Without the refresh it would have ended; with it, this is half of the time again.
    let site = site.ahead(idle);
    assert_ne!(visitor.is_known(1).session(), refreshed.session());
    let _site = site.ahead(2 * idle);
    let ended = visitor.get("/");
    assert!(ended.page.contains("Log in") && !ended.page.contains("alice"), "{ended:?}");
    assert_eq!(ended.lines.len(), 0, "what has ended is not deleted of itself");

    visitor.send("/register", "/register", ALICE);
    visitor.is_known(1);
    let logged_out = visitor.send("/", "/logout", &[]);
    assert!(
        logged_out.jar.iter().all(|pair| pair.starts_with("__Host-session-flash=")),
        "{logged_out:?}"
    );
    let last = visitor.get("/");
    assert!(last.page.contains("You are logged out."), "{last:?}");
    assert_eq!(last.jar, Vec::<String>::new(), "nothing is left");
}

fn certificate() -> Certificate {
    Certificate::of(&["localhost"])
}

#[test]
fn curl_lives_a_whole_session() {
    let certificate = certificate();
    lives_a_whole_session(&certificate, &mut Curl::new(&certificate));
}

#[test]
fn python_lives_a_whole_session() {
    let certificate = certificate();
    lives_a_whole_session(&certificate, &mut Python::new(&certificate));
}

#[test]
fn reqwest_lives_a_whole_session() {
    let certificate = certificate();
    lives_a_whole_session(&certificate, &mut Reqwest::new(&certificate));
}
