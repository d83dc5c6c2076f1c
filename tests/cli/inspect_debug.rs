//! `Debug` of what the library tells the program: names and sizes, and no data.

use sealed_session::inspect::{Data, Inspector, Settings};

use crate::inspect::{builder, cookie, token};
use crate::support::{NOW, at, ring, secs};

#[test]
fn debug_output_has_names_and_sizes_and_no_data() {
    let inspector = Inspector::new(&ring(1), &Settings::default()).unwrap();
    let shown = format!("{inspector:?}");
    assert!(
        shown.starts_with("Inspector { scope: ScopeFacts { full_name: \"__Host-session\""),
        "{shown}"
    );
    let facts = inspector.token(token(&cookie(builder())).as_bytes(), at(NOW));
    let payload = &facts.opened.as_ref().unwrap().session.as_ref().unwrap().payload;
    let Data::Entries(entries) = payload.expose() else { panic!("it is a dictionary") };
    assert!(!entries.is_empty());
    let shown = format!("{facts:?} {:?}", payload.expose());
    assert!(shown.contains(&format!("PayloadFacts {{ len: {}, .. }}", payload.len())), "{shown}");
    assert!(shown.ends_with(" Data(..)"), "{shown}");
    for (key, value) in entries {
        assert!(!shown.contains(&key) && !shown.contains(&value), "{shown}");
    }
    let data = serde_json::json!({ "user": "alice" });
    let minted = inspector.mint(data, secs(60), at(NOW)).unwrap();
    assert_eq!(format!("{minted:?}"), format!("Minted {{ label: {:?}, .. }}", minted.label));
}
