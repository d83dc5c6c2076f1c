//! What a visitor sees, from the first page to the last.

use world::Browser;

use crate::place::{certificate, places, says, says_nothing_of};

#[tokio::test]
async fn a_visit_from_the_first_page_to_the_last() {
    let certificate = certificate();
    let mut browser = Browser::open(&certificate).await;
    for place in places(&certificate) {
        println!("{}", place.way);
        browser.forget_cookies().await;

        let first = browser.goto(&place.url("/")).await;
        says(&first, "You are not logged in.");
        assert_eq!(browser.cookies().await, [], "a page that only reads sets nothing");
        place.picture(&browser, "1-first-visit").await;

        browser.press("Register").await;
        place.picture(&browser, "2-register").await;
        let home = place.register(&browser, "Zoë <b>").await;
        says(&home, "Welcome!");
        says(&home, "You are logged in as Zoë <b>.");
        place.picture(&browser, "3-registered").await;
        let session = place.session(&browser).await.unwrap();

        let home = browser.reload().await;
        says_nothing_of(&home, "Welcome!");
        says(&home, "You are logged in as Zoë <b>.");
        let names: Vec<String> =
            browser.cookies().await.into_iter().map(|cookie| cookie.name).collect();
        assert_eq!(names, [place.named("session")], "the message has gone, and its cookie");
        assert_eq!(
            place.session(&browser).await.unwrap(),
            session,
            "a page that only reads changes nothing"
        );

        says(&place.add_note(&browser, "milk & <eggs>").await, "Noted.");
        place.picture(&browser, "4-noted").await;
        browser.new_tab().await;
        let other_tab = browser.goto(&place.url("/")).await;
        says(&other_tab, "milk & <eggs>");
        says_nothing_of(&other_tab, "Noted.");

        browser = browser.reopen().await;
        assert_eq!(browser.cookies().await, [], "it is to be forgotten with the browser");
        says(&browser.goto(&place.url("/")).await, "You are not logged in.");

        says(
            &place.log_in(&browser, "Zoë <b>", "wrong", true).await,
            "That name or that password is not right.",
        );
        place.picture(&browser, "5-wrong-password").await;
        // The name is still there, the focus is on the field in error, and so is its text for a screen reader.
        let field = "const field = document.activeElement; return ";
        let described = "[...field.ariaDescribedByElements].map(text => text.innerText).join()";
        assert_eq!(browser.script("return document.querySelector('#user').value").await, "Zoë <b>");
        assert_eq!(browser.script(&format!("{field} field.id + field.value")).await, "password");
        assert_eq!(
            browser.script(&format!("{field} {described}")).await,
            "That name or that password is not right."
        );
        browser.fill("Password", "correct horse").await;
        says(&browser.press("Log in").await, "Welcome back!");
        let remembered = place.session(&browser).await.unwrap();
        browser = browser.reopen().await;
        assert_eq!(place.session(&browser).await.unwrap(), remembered);
        let home = browser.goto(&place.url("/")).await;
        says(&home, "You are logged in as Zoë <b>.");
        says(&home, "milk & <eggs>");

        says(&browser.press("Log out").await, "You are logged out.");
        place.picture(&browser, "6-logged-out").await;
        says_nothing_of(&browser.reload().await, "You are logged out.");
        assert_eq!(browser.cookies().await, [], "nothing is left");
    }
}
