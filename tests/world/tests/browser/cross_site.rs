//! Visits from another site: where the browser holds the cookie back, the response leaves it alone.

use sealed_session::{CookieSessions, Issue, Keyring, SameSite};
use world::{Browser, Stranger};

use crate::place::{certificate, says};
use crate::small_site::SmallSite;

/// A browser with two sites: ours with these settings, and one with another registrable domain.
async fn scene(same_site: SameSite, issue: Issue) -> (Browser, Stranger, SmallSite) {
    let certificate = certificate();
    let builder = CookieSessions::builder(Keyring::ephemeral());
    let sessions = builder.same_site(same_site).issue(issue).build().unwrap();
    (
        Browser::open(&certificate).await,
        Stranger::start(&certificate).await,
        SmallSite::start(&certificate, sessions).await,
    )
}

/// Follows a link or sends a form of the other site, and gives the page behind it.
async fn from_elsewhere(browser: &Browser, stranger: &Stranger, kind: &str, to: &str) -> String {
    browser.goto(&stranger.url("https://other.test", kind, &[("to", to)])).await;
    browser.press("Win").await
}

#[tokio::test]
async fn under_lax_a_first_visit_by_a_link_gets_the_session_that_its_form_needs() {
    for issue in [Issue::Lazy, Issue::Eager] {
        let (browser, stranger, site) = scene(SameSite::Lax, issue).await;
        let page = from_elsewhere(&browser, &stranger, "/link", &site.url("/form")).await;
        says(&page, "Not logged in.");
        let first = site.session(&browser).await.expect("a session");
        browser.fill("Name", "alice").await;
        says(&browser.press("Log in").await, "Logged in as alice.");
        assert_ne!(site.session(&browser).await.unwrap().value, first.value);
    }
}

#[tokio::test]
async fn under_strict_a_page_with_a_form_behind_a_link_leaves_the_users_session_alone() {
    for issue in [Issue::Lazy, Issue::Eager] {
        let (browser, stranger, site) = scene(SameSite::Strict, issue).await;
        let alice = site.log_in(&browser, "alice").await;
        let page = from_elsewhere(&browser, &stranger, "/link", &site.url("/form")).await;
        says(&page, "Not logged in.");
        assert_eq!(site.session(&browser).await.unwrap(), alice);
        // As the guide says.
        says(&browser.reload().await, "Not logged in.");
        assert_eq!(site.session(&browser).await.unwrap(), alice);

        says(&browser.press("Home").await, "Logged in as alice.");
        assert_eq!(site.session(&browser).await.unwrap(), alice);
    }
}

#[tokio::test]
async fn under_lax_a_form_of_another_site_leaves_the_users_session_alone() {
    for issue in [Issue::Lazy, Issue::Eager] {
        let (browser, stranger, site) = scene(SameSite::Lax, issue).await;
        let alice = site.log_in(&browser, "alice").await;
        let page = from_elsewhere(&browser, &stranger, "/form", &site.url("/return")).await;
        // The form came without the cookie, and the redirect after it with it.
        says(&page, "Logged in as alice.");
        assert_eq!(browser.script("return location.search").await, "?returned=nobody");
        assert_eq!(site.session(&browser).await.unwrap(), alice);
        says(&browser.goto(&site.url("/form")).await, "Logged in as alice.");
    }
}

#[tokio::test]
async fn under_strict_the_form_of_a_first_visit_by_a_link_passes_without_a_session() {
    let (browser, stranger, site) = scene(SameSite::Strict, Issue::Lazy).await;
    let page = from_elsewhere(&browser, &stranger, "/link", &site.url("/form")).await;
    says(&page, "Not logged in.");
    assert_eq!(browser.cookies().await, [], "there may be one that was held back");
    browser.fill("Name", "alice").await;
    says(&browser.press("Log in").await, "Logged in as alice.");
}

#[tokio::test]
async fn under_strict_the_form_behind_a_link_is_refused_beside_a_session() {
    // That of a user, or one that another request of the page was issued.
    for issue in [Issue::Lazy, Issue::Eager] {
        let (browser, stranger, site) = scene(SameSite::Strict, issue).await;
        if issue == Issue::Lazy {
            site.log_in(&browser, "alice").await;
        }
        from_elsewhere(&browser, &stranger, "/link", &site.url("/form")).await;
        browser.script("return fetch('/').then(() => true)").await;
        let session = site.session(&browser).await.expect("a session");
        browser.fill("Name", "mallory").await;
        says(&browser.press("Log in").await, "Nothing was changed");
        assert_eq!(browser.status().await, 403);
        assert_eq!(site.session(&browser).await.unwrap(), session);
        // A link of the site's own leads on.
        from_elsewhere(&browser, &stranger, "/link", &site.url("/form")).await;
        browser.press("Home").await;
        browser.press("Form").await;
        browser.fill("Name", "bob").await;
        says(&browser.press("Log in").await, "Logged in as bob.");
    }
}
