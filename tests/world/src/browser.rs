//! A browser as people have it: Chromium, with a profile that outlives it, steered through chromedriver.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{Certificate, Program, install_provider};

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser window; the browser ends with it.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    // Dropped before its profile.
    chromium: Program,
    driver: Program,
    profile: TempDir,
    trusted: String,
    http: reqwest::Client,
}

/// A cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    pub name: String,
    pub value: String,
    /// With a dot before it, unless it is of this host alone.
    pub domain: String,
    pub path: String,
    /// Seconds since 1970; below 0 for a session of the browser.
    pub expires: f64,
    pub http_only: bool,
    pub secure: bool,
    pub same_site: Option<String>,
}

impl Browser {
    /// On a new profile. It trusts this certificate, and takes every host of the top-level domain `test` for this machine.
    pub async fn open(certificate: &Certificate) -> Self {
        let profile = tempfile::tempdir().unwrap();
        install_provider();
        Self::open_with(profile, sha256_base64(certificate.public_key())).await
    }

    /// Closes it as its window is closed, and opens it again on the same profile.
    pub async fn reopen(self) -> Self {
        // The response may not come through any more.
        let _ = self.cdp("Browser.close", json!({})).await;
        self.chromium.ends();
        Self::open_with(self.profile, self.trusted).await
    }

    async fn open_with(profile: TempDir, trusted: String) -> Self {
        // It says its address on its standard error.
        let mut command = Command::new("sh");
        command.args([
            "-c",
            r#"exec chromium "$@" 2>&1"#,
            "chromium",
            "--headless",
            "--no-sandbox",
        ]);
        command.args([
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-sync",
        ]);
        command.args(["--disable-component-update", "--no-first-run", "--password-store=basic"]);
        command.args(["--remote-debugging-port=0", "--window-size=900,640", "--lang=en"]);
        command.args(["--host-resolver-rules=MAP *.test 127.0.0.1"]);
        // Unlike a browser that trusts anything, one that trusts this key still keeps pages in its cache.
        command.arg(format!("--ignore-certificate-errors-spki-list={trusted}"));
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let chromium = Program::start(&mut command);

        let driver = Program::start_saying(
            Command::new("chromedriver").arg("--port=0"),
            "ChromeDriver was started successfully on port ",
        );
        let port = driver.address().trim_end_matches('.');
        let debugged = chromium.authority().split('/').next().unwrap();
        let capabilities = json!({ "goog:chromeOptions": { "debuggerAddress": debugged } });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { client, chromium, driver, profile, trusted, http: reqwest::Client::new() }
    }

    /// Waits until the page at this address is there.
    pub async fn goto(&self, url: &str) -> String {
        self.client.goto(url).await.unwrap();
        self.text().await
    }

    pub async fn reload(&self) -> String {
        self.client.refresh().await.unwrap();
        self.text().await
    }

    /// The button for it, and the page that is then there.
    pub async fn back(&self) -> String {
        let at = "return navigation.currentEntry.index";
        let before = self.script(at).await.as_i64().unwrap();
        self.client.back().await.unwrap();
        self.wait_until(&format!("{at} === {} && document.readyState === 'complete'", before - 1))
            .await;
        self.text().await
    }

    /// Opens an empty tab and turns to it; gives the tab that was left.
    pub async fn new_tab(&self) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.switch_to(tab).await
    }

    /// Turns to another tab; gives the one that was left.
    pub async fn switch_to(&self, tab: WindowHandle) -> WindowHandle {
        let left = self.client.window().await.unwrap();
        self.client.switch_to_window(tab).await.unwrap();
        left
    }

    /// Types into the field with this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let label = format!("//label[starts-with(normalize-space(), '{label}')]");
        let path = format!("{label}//input | //input[@id={label}/@for]");
        let field = self.client.find(Locator::XPath(&path)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses the button, or follows the link, or ticks the box with these words.
    pub async fn click(&self, words: &str) {
        let path =
            format!("//*[self::button or self::a or self::label][normalize-space()='{words}']");
        self.client.find(Locator::XPath(&path)).await.unwrap().click().await.unwrap();
    }

    /// Clicks on what leads to another page, and waits until that is there.
    pub async fn press(&self, words: &str) -> String {
        self.script("window.left = true").await;
        self.click(words).await;
        self.wait_until("return !window.left && document.readyState === 'complete'").await;
        self.text().await
    }

    /// What a visitor reads.
    pub async fn text(&self) -> String {
        self.script("return document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// The status of the page.
    pub async fn status(&self) -> u64 {
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        self.script(status).await.as_u64().unwrap()
    }

    /// What a script in the page returns.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    async fn wait_until(&self, script: &str) {
        let deadline = Instant::now() + PATIENCE;
        // While pages change there may be none to ask.
        while self.client.execute(script, vec![]).await.ok() != Some(Value::Bool(true)) {
            assert!(
                Instant::now() < deadline,
                "{script} does not come true in {}",
                self.text().await
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Every cookie that it keeps, of every host.
    pub async fn cookies(&self) -> Vec<Stored> {
        let answer = self.cdp("Storage.getCookies", json!({})).await;
        serde_json::from_value(answer["value"]["cookies"].clone()).unwrap()
    }

    /// The cookie of this name, if there is one; more than one is too many.
    pub async fn cookie(&self, name: &str) -> Option<Stored> {
        let mut cookies = self.cookies().await;
        cookies.retain(|cookie| cookie.name == name);
        assert!(cookies.len() < 2, "{cookies:?}");
        cookies.pop()
    }

    pub async fn forget_cookies(&self) {
        self.cdp("Storage.clearCookies", json!({})).await;
    }

    /// Gives it a copy of a cookie that is for the host of this address alone.
    pub async fn plant(&self, url: &str, cookie: &Stored) {
        let Stored { name, value, path, http_only, secure, .. } = cookie;
        let copy = json!({ "url": url, "name": name, "value": value, "path": path, "httpOnly": http_only, "secure": secure });
        self.cdp("Storage.setCookies", json!({ "cookies": [copy] })).await;
        assert_eq!(self.cookie(name).await.unwrap().value, *value);
    }

    /// Keeps a picture of the page, to look at.
    pub async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap())
            .unwrap();
    }

    /// A command of the `DevTools` protocol.
    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let port = self.driver.address().trim_end_matches('.');
        let session = self.client.session_id().await.unwrap().unwrap();
        let url = format!("http://127.0.0.1:{port}/session/{session}/goog/cdp/execute");
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        let answer = self.http.post(url).body(body).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

/// As the browser wants to be told whom to trust.
fn sha256_base64(bytes: &[u8]) -> String {
    let mut command = Command::new("sh");
    command.args(["-c", "openssl dgst -sha256 -binary | openssl base64"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}
