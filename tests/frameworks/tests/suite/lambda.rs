//! What Lambda hands over and gets back, without a server between.

use std::convert::identity;

use frameworks::lambda::keep_every_cookie;
use http::Request;
use http::request::Parts;
use sealed_session::{CookieSessions, Keyring};
use serde_json::{Value, json};

use crate::gateway::{http_api_event, invoke, rest_api_event};

fn sessions() -> CookieSessions {
    CookieSessions::new(Keyring::ephemeral())
}

/// `name=token` of somebody who is logged in.
fn alice(sessions: &CookieSessions) -> String {
    let mut session = sessions.fresh();
    session.set("user", "alice");
    sessions.request_cookie(&session).unwrap().to_str().unwrap().to_owned()
}

fn request(method: &str, uri: &str, cookies: &[&str]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for cookie in cookies {
        request = request.header("cookie", *cookie);
    }
    request.body(()).unwrap().into_parts().0
}

#[tokio::test]
async fn an_http_api_hands_cookies_over_in_a_list() {
    let sessions = sessions();
    let event = http_api_event(&request("GET", "/me", &["theirs=1", &alice(&sessions)]), "");
    assert_eq!(event["cookies"].as_array().unwrap().len(), 2);
    let result = invoke(&sessions, &event, identity).await;
    assert_eq!((&result["statusCode"], &result["body"]), (&json!(200), &json!("alice")));
    assert_eq!(result["cookies"], json!(["theirs=1"]));
}

#[tokio::test]
async fn an_http_api_is_given_cookies_in_a_list() {
    let sessions = sessions();
    let event = http_api_event(&request("POST", "/login?user=alice", &[]), "");
    let result = invoke(&sessions, &event, identity).await;
    let cookies = result["cookies"].as_array().unwrap();
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].as_str().unwrap().starts_with("__Host-session="));
    assert_eq!(result["headers"]["cache-control"], "private");
    assert_eq!(result["headers"]["set-cookie"], Value::Null);
}

#[tokio::test]
async fn a_rest_api_is_given_cookies_among_fields_of_many_values() {
    let sessions = sessions();
    let event = rest_api_event(&request("POST", "/login?user=alice", &[]), "");
    assert_eq!(event["requestContext"]["stage"], "live");
    let result = invoke(&sessions, &event, identity).await;
    let cookies = result["multiValueHeaders"]["set-cookie"].as_array().unwrap();
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].as_str().unwrap().starts_with("__Host-session="));
    assert_eq!(result["multiValueHeaders"]["vary"], json!(["Cookie"]));
    assert_eq!(result["headers"], json!({}));
}

#[tokio::test]
async fn of_several_cookie_fields_of_a_rest_api_lambda_http_alone_keeps_the_last() {
    let sessions = sessions();
    let alice = alice(&sessions);
    for (cookies, user, user_of_all) in
        [(["theirs=1", &alice], "alice", "alice"), ([&alice, "theirs=1"], "nobody", "alice")]
    {
        let event = rest_api_event(&request("GET", "/me", &cookies), "");
        assert_eq!(event["headers"]["cookie"], cookies[1]);
        assert_eq!(event["multiValueHeaders"]["cookie"], json!(cookies));
        assert_eq!(invoke(&sessions, &event, identity).await["body"], user);
        assert_eq!(invoke(&sessions, &event, keep_every_cookie).await["body"], user_of_all);
    }
}
