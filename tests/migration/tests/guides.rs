//! The guides quote the hooks as they are tested here.

use std::fs;
use std::path::Path;

#[test]
fn each_guide_quotes_its_hook() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, guide) in [
        ("private_jar", "from_private_jar"),
        ("actix_session", "from_actix_session"),
        ("tower_sessions", "from_tower_sessions"),
    ] {
        let source = fs::read_to_string(here.join("src").join(file).with_extension("rs")).unwrap();
        let (_, hook) = source.split_once("// guide\n").unwrap();
        let guide = here.join("../../src/guide/migration").join(guide).with_extension("rs");
        let text = fs::read_to_string(guide).unwrap();
        let quoted: Vec<&str> = text
            .lines()
            .map(|line| line.trim_start_matches("//!").trim_start_matches(' '))
            .collect();
        let lines: Vec<&str> = hook.lines().map(str::trim_start).collect();
        let quoted: Vec<&str> = quoted.iter().map(|line| line.trim_start()).collect();
        assert!(lines.len() > 10);
        assert!(quoted.windows(lines.len()).any(|window| window == lines), "{file}");
    }
}
