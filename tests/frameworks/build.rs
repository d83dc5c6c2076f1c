//! The gRPC service of `src/tonic.rs`, without a protobuf compiler: every message is a `StringValue`.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let rpc = |name: &str, route: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type("String")
            .output_type("String")
            .codec_path("tonic_prost::ProstCodec")
            .build()
    };
    let site = Service::builder()
        .name("Site")
        .package("frameworks")
        .method(rpc("me", "Me"))
        .method(rpc("log_in", "Login"))
        .method(rpc("log_out", "Logout"))
        .method(rpc("big", "Big"))
        .method(rpc("fail", "Fail"))
        .method(rpc("public", "Public"))
        .method(rpc("token", "Token"))
        .method(rpc("note", "Note"))
        .method(rpc("said", "Said"))
        .method(rpc("end", "End"))
        .build();
    Builder::new().build_client(false).compile(&[site]);
}
