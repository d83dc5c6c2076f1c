//! Requests as RPCs, by tonic's client over that of a visitor, which has the cookies.

use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use reqwest::{Client, Url};
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Code, Extensions, Request};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// `/login?user=alice` is the RPC `Login` with `alice`; others have the body as their message.
pub async fn call(
    client: &Client,
    url: &Url,
    fields: HeaderMap,
    body: &str,
) -> (StatusCode, HeaderMap, String) {
    let base = url.origin().ascii_serialization();
    let transport = service_fn(async |request: http::Request<tonic::body::Body>| {
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{base}{}", parts.uri.path()).parse().unwrap();
        let body = body.collect().await.unwrap().to_bytes();
        let request = reqwest::Request::try_from(http::Request::from_parts(parts, body))?;
        client.execute(request).await.map(http::Response::from)
    });
    let name = &url.path()[1..];
    let path = format!("/frameworks.Site/{}{}", name[..1].to_uppercase(), &name[1..]);
    let message = url.query().and_then(|query| query.strip_prefix("user=")).unwrap_or(body);
    let answer = Grpc::new(transport)
        .unary::<String, String, _>(
            Request::from_parts(
                MetadataMap::from_headers(fields),
                Extensions::new(),
                message.to_owned(),
            ),
            PathAndQuery::try_from(path).unwrap(),
            ProstCodec::default(),
        )
        .await;
    match answer {
        Ok(answer) => {
            let (headers, text, _) = answer.into_parts();
            (StatusCode::OK, headers.into_headers(), text)
        }
        Err(status) => (
            status_of(status.code()),
            status.metadata().clone().into_headers(),
            status.message().into(),
        ),
    }
}

/// What a gateway makes of it.
fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        other => panic!("an unexpected code: {other}"),
    }
}
