//! Whoever plants cookies, asks for them with a script, or sends forms from elsewhere: nothing comes of it.
//!
//! The attacker has an account too: what is planted is a session that stands, which is the worst there is.

use world::{Browser, Stored, Stranger};

use crate::place::{Place, certificate, places, says, says_nothing_of};

/// A site where alice is logged in, and mallory was.
struct Scene<'a> {
    browser: &'a Browser,
    stranger: &'a Stranger,
    place: Place,
    /// The value of mallory's cookie.
    mallory: String,
    /// What stands in mallory's forms.
    csrf: String,
    alice: Stored,
}

impl<'a> Scene<'a> {
    async fn new(browser: &'a Browser, stranger: &'a Stranger, mut place: Place) -> Self {
        println!("{}", place.way);
        place.host = "site.test";
        browser.forget_cookies().await;
        place.register(browser, "mallory").await;
        let mallory = place.session(browser).await.unwrap().value;
        let csrf = browser.script("return document.querySelector('[name=csrf]').value").await;
        browser.forget_cookies().await;
        place.register(browser, "alice").await;
        let alice = place.session(browser).await.unwrap();
        Self { browser, stranger, place, mallory, csrf: csrf.as_str().unwrap().to_owned(), alice }
    }

    fn is_plain(&self) -> bool {
        self.place.prefix.is_empty()
    }

    /// A host, reached in the way in which the site is.
    fn host(&self, name: &str) -> String {
        format!("{}://{name}", if self.is_plain() { "http" } else { "https" })
    }

    /// Has a host respond with these lines, and with one that shows that it was heard.
    async fn plant(&self, host: &str, control: &str, lines: &[&str]) {
        let lines = lines.iter().chain([&control]).map(|line| ("line", *line));
        let url = self.stranger.url(host, "/set", &lines.collect::<Vec<_>>());
        self.browser.goto(&url).await;
        self.was_tried(control).await;
    }

    /// The attacker's other cookie, which nothing speaks against, was taken.
    async fn was_tried(&self, control: &str) {
        let (name, value) = control.split(';').next().unwrap().split_once('=').unwrap();
        assert_eq!(self.browser.cookie(name).await.unwrap().value, value);
    }

    /// The browser keeps alice's cookie, no other one that looks like it, and the site knows her.
    async fn nothing_came_of_it(&self) {
        let mut cookies = self.browser.cookies().await;
        cookies.retain(|cookie| {
            format!("{}{}", cookie.name, cookie.value).to_lowercase().contains("session")
        });
        assert_eq!(cookies.iter().collect::<Vec<_>>(), [&self.alice]);
        says(&self.browser.goto(&self.place.url("/")).await, "You are logged in as alice.");
    }

    /// The cookies that the site's host is sent over plain HTTP.
    async fn heard_in_the_clear(&self) -> String {
        self.browser.goto(&self.stranger.url("http://site.test", "/page", &[])).await;
        self.stranger.heard("/page").pop().unwrap()
    }
}

#[tokio::test]
async fn a_sibling_host_or_plain_http_plants_nothing_beside_a_secure_cookie() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    let stranger = Stranger::start(&certificate).await;
    for place in places(&certificate).into_iter().filter(|place| !place.prefix.is_empty()) {
        let scene = Scene::new(&browser, &stranger, place).await;
        let pair = format!("__Host-session={}", scene.mallory);

        let sibling = [
            format!("{pair}; Domain=site.test; Path=/; Secure; HttpOnly"),
            format!("{pair}; Domain=site.test; Path=/notes; Secure"),
            format!("{}; Domain=site.test; Path=/; Secure", pair.replace("__Host", "__host")),
            format!("={pair}; Domain=site.test; Path=/; Secure"),
            "__Host-session=; Domain=site.test; Path=/; Secure; Max-Age=0".to_owned(),
        ];
        let sibling: Vec<&str> = sibling.iter().map(String::as_str).collect();
        scene
            .plant("https://evil.site.test", "sibling=1; Domain=site.test; Secure", &sibling)
            .await;
        scene.nothing_came_of_it().await;

        let clear = [
            format!("{pair}; Path=/; Secure; HttpOnly"),
            format!("{pair}; Path=/"),
            format!("={pair}; Path=/"),
            "__Host-session=; Path=/; Secure; Max-Age=0".to_owned(),
            "__Host-session=; Path=/; Max-Age=0".to_owned(),
        ];
        let clear: Vec<&str> = clear.iter().map(String::as_str).collect();
        scene.plant("http://site.test", "clear=1; Path=/", &clear).await;
        assert_eq!(scene.heard_in_the_clear().await, "clear=1", "what is Secure is not sent");
        scene.nothing_came_of_it().await;
    }
}

#[tokio::test]
async fn in_the_clear_junk_changes_nothing_and_a_second_session_nobody_but_alice() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    let stranger = Stranger::start(&certificate).await;
    let [.., place] = places(&certificate);
    let scene = Scene::new(&browser, &stranger, place).await;
    let home = scene.place.url("/");
    let sibling = |value: &str| format!("session={value}; Domain=site.test; Path=/");

    let place_of = |heard: &str, value: &str| heard.find(&format!("session={value}")).unwrap();

    scene.plant("http://evil.site.test", "sibling=1; Domain=site.test", &[&sibling("junk")]).await;
    let heard = scene.heard_in_the_clear().await;
    assert!(place_of(&heard, &scene.alice.value) < place_of(&heard, "junk"));
    says(&browser.goto(&home).await, "You are logged in as alice.");

    // There before she comes, and so sent before hers.
    browser.forget_cookies().await;
    scene.plant("http://evil.site.test", "sibling=1; Domain=site.test", &[&sibling("junk")]).await;
    says(&scene.place.log_in(&browser, "alice", "correct horse", false).await, "Welcome back!");
    let heard = scene.heard_in_the_clear().await;
    let cookies = browser.cookies().await;
    let alice = cookies
        .iter()
        .find(|cookie| cookie.domain == "site.test" && cookie.name == "session")
        .unwrap();
    assert!(place_of(&heard, "junk") < place_of(&heard, &alice.value));
    says(&browser.goto(&home).await, "You are logged in as alice.");

    // Two that stand: whose is it? README, "insecure_http": for development.
    scene
        .plant("http://evil.site.test", "sibling=2; Domain=site.test", &[&sibling(&scene.mallory)])
        .await;
    let page = browser.goto(&home).await;
    says(&page, "You are not logged in.");
    says_nothing_of(&page, "mallory");

    let removal = "session=; Domain=site.test; Path=/; Max-Age=0";
    scene.plant("http://evil.site.test", "sibling=3; Domain=site.test", &[removal]).await;
    says(&browser.goto(&home).await, "You are logged in as alice.");
}

#[tokio::test]
async fn a_script_neither_reads_nor_writes_it() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    let stranger = Stranger::start(&certificate).await;
    for place in places(&certificate) {
        let scene = Scene::new(&browser, &stranger, place).await;
        browser.goto(&scene.place.url("/")).await;
        let secure = if scene.is_plain() { "" } else { "; secure" };
        let name = &scene.alice.name;
        let read =
            browser.script("document.cookie = 'script=1; path=/'; return document.cookie").await;
        assert_eq!(read, "script=1");
        for write in [format!("={}; path=/", scene.mallory), "=; path=/; max-age=0".to_owned()] {
            let script =
                format!("document.cookie = '{name}{write}{secure}'; return document.cookie");
            assert_eq!(browser.script(&script).await, "script=1");
        }
        scene.was_tried("script=1").await;
        scene.nothing_came_of_it().await;
    }
}

#[tokio::test]
async fn a_form_from_another_host_is_refused() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    let stranger = Stranger::start(&certificate).await;
    for place in places(&certificate) {
        let scene = Scene::new(&browser, &stranger, place).await;
        let notes = scene.place.url("/notes");
        for host in ["evil.site.test", "other.test"] {
            let fields =
                [("to", notes.as_str()), ("text", "forged"), ("csrf", scene.csrf.as_str())];
            browser.goto(&stranger.url(&scene.host(host), "/form", &fields)).await;
            says(&browser.press("Win").await, "Nothing was changed");
            // A sibling host's form brings her cookie, and leads to a message; another site's does not.
            let is_sibling = host == "evil.site.test";
            let (status, path) = if is_sibling { (200, "/") } else { (403, "/notes") };
            assert_eq!(browser.status().await, status);
            let href = browser.script("return location.href").await;
            assert_eq!(href, scene.place.url(path).as_str());
            says_nothing_of(&browser.goto(&scene.place.url("/")).await, "forged");
            scene.nothing_came_of_it().await;
        }
        // Her own form is none the worse for it.
        says(&scene.place.add_note(&browser, "genuine").await, "genuine");
    }
}
