//! Glob imports of the library beside the names of `tower` and `http`: no name is ambiguous.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, Response};
use sealed_session::*;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

#[tokio::test]
async fn no_name_and_no_method_is_ambiguous() {
    let list = Arc::new(LocalDenyList::new(16));
    let sessions = CookieSessions::builder(Keyring::ephemeral()).revocation(Arc::clone(&list));
    let sessions = sessions.build().unwrap();
    let csrf = Csrf::header_only();
    let inner = ServiceBuilder::new().service_fn(async |request: Request<()>| {
        let session: &SessionHandle = request.extensions().get().unwrap();
        session.set("user", "alice");
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let mut service = SessionLayer::new(sessions.clone()).flash().csrf(csrf).layer(inner);
    let ready = ServiceExt::<Request<()>>::ready(&mut service).await.unwrap();
    ready.call(Request::new(())).await.unwrap();
    let response = service.oneshot(Request::new(())).await.unwrap();
    let session = sessions.from_response(response.headers()).unwrap();
    assert_eq!(session.get("user"), Some("alice"));
    list.log_out_everywhere("alice", SystemTime::now());
    assert_eq!(list.entries(), 1);
}
