//! The table of frameworks is that of their files.

use std::fs;

use crate::document::{guide, table};
use crate::root;

/// A file, and what is in it of what a row of the table of frameworks says.
fn glue(framework: &str) -> (&'static str, &'static [&'static str]) {
    match framework {
        "axum 0.8" => ("axum", &[".layer(SessionLayer::new(sessions))", "session: SessionHandle"]),
        "tonic 0.14" => (
            "tonic",
            &[
                "Server::builder().layer(",
                "SessionLayer::new(sessions).on_error(unsent)",
                "SessionHandle",
            ],
        ),
        "warp 0.4" => (
            "warp",
            &[
                "SessionLayer::new(sessions).layer(warp::service(routes",
                "ext::get::<SessionHandle>",
            ],
        ),
        "`lambda_http` 1" => (
            "lambda",
            &[
                "SessionLayer::new(sessions).layer(service_fn(",
                "keep_every_cookie",
                "SessionHandle",
            ],
        ),
        "viz 0.11" => (
            "viz",
            &["Layered::new(SessionLayer::new(sessions).on_error(unsent))", "SessionHandle"],
        ),
        "hyper 1" => ("hyper", &["Session"]),
        "poem 3" => ("poem", &["Data<&SessionHandle>", "around"]),
        "salvo 1" => ("salvo", &["decode_at", "encode_at", "session(req, depot)"]),
        "actix-web 4" => ("actix", &["decode_at", "to_cookie", "Visitor(session)"]),
        _ => panic!("no test knows the framework {framework}"),
    }
}

#[test]
fn what_the_table_of_frameworks_says_is_in_their_files() {
    let guide = guide("getting_started");
    let rows = table(&guide, "With another framework");
    // The rows of exceptions have two cells.
    let frameworks: Vec<_> = rows[1..].iter().filter(|row| row.len() == 3).collect();
    assert_eq!(frameworks.len(), 9);
    let manifest = fs::read_to_string(root().join("tests/frameworks/Cargo.toml")).unwrap();
    for row in frameworks {
        let (name, code) = glue(row[0]);
        let file =
            fs::read_to_string(root().join(format!("tests/frameworks/src/{name}.rs"))).unwrap();
        let said = row.join(" ").replace(r"\|", "|");
        for code in code {
            assert!(said.contains(code), "{name} has {code} no more");
            assert!(file.contains(code), "{name}.rs has no {code}");
        }
        let (krate, version) = row[0].trim_matches('`').split_once(' ').unwrap();
        let (krate, version) = (krate.trim_end_matches('`'), version.trim());
        let needs = |line: &str| {
            line.starts_with(&format!("{krate} = "))
                && [format!("\"{version}\""), format!("\"{version}.")]
                    .iter()
                    .any(|found| line.contains(found))
        };
        assert!(manifest.lines().any(needs), "the suite runs another {krate} than {version}");
    }
    let hyper = fs::read_to_string(root().join("examples/hyper.rs")).unwrap();
    assert!(hyper.contains("sessions.decode(") && hyper.contains("sessions.encode("));
    let served = fs::read_to_string(root().join("tests/frameworks/src/warp.rs")).unwrap();
    assert!(served.contains("TowerToHyperService::new(service)"));
}

#[test]
fn the_guide_from_actix_session_shows_the_glue_as_it_is() {
    let guide =
        fs::read_to_string(root().join("src/guide/migration/from_actix_session.rs")).unwrap();
    let glue = fs::read_to_string(root().join("tests/frameworks/src/actix.rs")).unwrap();
    for code in [
        "struct Visitor(Rc<RefCell<Session>>);",
        "send_session",
        "FromRequest",
        "from_fn(send_session)",
    ] {
        assert!(guide.contains(code) && glue.contains(code), "{code}");
    }
}
