//! What is left in the browser after log-out: nothing.

use world::{Browser, Stranger};

use crate::place::{certificate, places, says, says_nothing_of};

#[tokio::test]
async fn no_page_is_left_behind_after_log_out() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    let stranger = Stranger::start(&certificate).await;
    // This browser does keep pages: for the back button, and in its cache.
    for host in ["https://other.test", "http://other.test"] {
        let page = browser.goto(&stranger.url(host, "/page", &[])).await;
        browser.goto(&stranger.url(host, "/set", &[])).await;
        assert_eq!(browser.back().await, page);
        assert_eq!(browser.script("return window.kept").await, true);
        let cached = stranger.url(host, "/page", &[("cache", "max-age=3600")]);
        let page = browser.goto(&cached).await;
        browser.goto(&stranger.url(host, "/set", &[])).await;
        assert_eq!(browser.goto(&cached).await, page);
    }
    for place in places(&certificate) {
        println!("{}", place.way);
        browser.forget_cookies().await;
        place.register(&browser, "alice").await;
        place.add_note(&browser, "my secret").await;
        says(&browser.goto(&place.url("/")).await, "my secret");

        // Here, and then the button.
        says(&browser.press("Log out").await, "You are logged out.");
        let back = browser.back().await;
        says(&back, "You are not logged in.");
        says_nothing_of(&back, "my secret");

        // In another tab, while this one shows another page.
        says(&place.log_in(&browser, "alice", "correct horse", false).await, "my secret");
        browser.goto(&place.url("/login")).await;
        let first_tab = browser.new_tab().await;
        browser.goto(&place.url("/")).await;
        browser.press("Log out").await;
        browser.switch_to(first_tab).await;
        let back = browser.back().await;
        says(&back, "You are not logged in.");
        says_nothing_of(&back, "my secret");

        // In another tab, while this one shows a private page, which is then left.
        place.log_in(&browser, "alice", "correct horse", false).await;
        let first_tab = browser.new_tab().await;
        browser.goto(&place.url("/")).await;
        browser.press("Log out").await;
        browser.switch_to(first_tab).await;
        says(&browser.text().await, "my secret");
        browser.goto(&place.url("/login")).await;
        let back = browser.back().await;
        says(&back, "You are not logged in.");
        says_nothing_of(&back, "my secret");
        place.picture(&browser, "7-back-after-log-out").await;
    }
}

#[tokio::test]
async fn a_form_from_before_log_out_changes_nothing_and_one_of_another_session_leads_to_the_form() {
    let certificate = certificate();
    let browser = Browser::open(&certificate).await;
    for place in places(&certificate) {
        println!("{}", place.way);
        browser.forget_cookies().await;
        place.register(&browser, "alice").await;
        place.add_note(&browser, "milk").await;
        let old_tab = browser.new_tab().await;
        browser.goto(&place.url("/")).await;
        browser.press("Log out").await;

        // Without a cookie there is no session to abuse, and the form is the site's own: it passes, for nobody.
        assert_eq!(place.session(&browser).await, None);
        let new_tab = browser.switch_to(old_tab).await;
        says(&place.add_note(&browser, "after log-out").await, "Remember me on this device");
        says(&browser.goto(&place.url("/")).await, "You are not logged in.");
        says(&place.log_in(&browser, "alice", "correct horse", false).await, "milk");

        // A form from before another log-in, of somebody who is logged in.
        let old_tab = browser.switch_to(new_tab).await;
        place.log_in(&browser, "alice", "correct horse", false).await;
        browser.switch_to(old_tab).await;
        let home = place.add_note(&browser, "from another session").await;
        says(&home, "Nothing was changed, because that page was out of date.");
        place.picture(&browser, "8-refused").await;

        // The form is at hand again, with the token of the session; and the message comes once.
        says(&home, "milk");
        let home = browser.goto(&place.url("/notes")).await;
        says(&home, "milk");
        says_nothing_of(&home, "Nothing was changed");
        says_nothing_of(&home, "after log-out");
        says_nothing_of(&home, "from another session");
        says(&place.add_note(&browser, "sent again").await, "sent again");
    }
}
