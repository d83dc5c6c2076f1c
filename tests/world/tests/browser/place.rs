//! The site in each way in which it is served.

use world::{Browser, Certificate, Site, Stored};

/// The site in one of the ways in which it is served.
pub(crate) struct Place {
    pub(crate) way: &'static str,
    pub(crate) site: Site,
    pub(crate) host: &'static str,
    pub(crate) prefix: &'static str,
}

/// All three of them.
pub(crate) fn places(certificate: &Certificate) -> [Place; 3] {
    let rustls = env!("CARGO_BIN_EXE_forms_rustls");
    let tls = |way, site| Place { way, site, host: "site.test", prefix: "__Host-" };
    [
        tls("nginx", Site::behind_nginx(certificate)),
        tls("rustls", Site::with_rustls(rustls, certificate)),
        Place { way: "clear", site: Site::in_the_clear(), host: "127.0.0.1", prefix: "" },
    ]
}

pub(crate) fn certificate() -> Certificate {
    Certificate::of(&["site.test", "evil.site.test", "other.test"])
}

impl Place {
    pub(crate) fn url(&self, path: &str) -> String {
        self.site.origin(self.host) + path
    }

    /// A name with the prefix that it has here.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(crate) async fn session(&self, browser: &Browser) -> Option<Stored> {
        browser.cookie(&self.named("session")).await
    }

    pub(crate) async fn picture(&self, browser: &Browser, page: &str) {
        browser.picture(&format!("{}-{page}", self.way)).await;
    }

    pub(crate) async fn register(&self, browser: &Browser, user: &str) -> String {
        browser.goto(&self.url("/register")).await;
        browser.fill("Name", user).await;
        browser.fill("Password", "correct horse").await;
        browser.press("Register").await
    }

    pub(crate) async fn log_in(
        &self,
        browser: &Browser,
        user: &str,
        password: &str,
        remember: bool,
    ) -> String {
        browser.goto(&self.url("/login")).await;
        browser.fill("Name", user).await;
        browser.fill("Password", password).await;
        if remember {
            browser.click("Remember me on this device").await;
        }
        browser.press("Log in").await
    }

    pub(crate) async fn add_note(&self, browser: &Browser, text: &str) -> String {
        browser.fill("Note", text).await;
        browser.press("Add").await
    }
}

#[track_caller]
pub(crate) fn says(page: &str, words: &str) {
    assert!(page.contains(words), "no {words:?} in {page:?}");
}

#[track_caller]
pub(crate) fn says_nothing_of(page: &str, words: &str) {
    assert!(!page.contains(words), "{words:?} in {page:?}");
}
