//! Glob imports of this library and of tower.

use std::convert::Infallible;

use http::{Request, Response};
use sealed_session::*;
use tower::*;

#[tokio::test]
async fn everything_of_this_crate_and_of_tower_can_be_imported_into_one_module() {
    let sessions = CookieSessions::new(Keyring::new(Secret::generate()));
    let handler = service_fn(|request: Request<()>| async move {
        request.extensions().get::<SessionHandle>().unwrap().set("user", "alice");
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let service = ServiceBuilder::new().layer(SessionLayer::new(sessions)).service(handler);
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert!(response.headers().contains_key("set-cookie"));
}
