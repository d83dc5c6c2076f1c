//! What the guide `edge` tells to write is what `tests/wasm` is built from.

use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The blocks of code of the guide, without the language.
fn blocks() -> Vec<String> {
    let guide = read("src/guide/edge.rs");
    let lines = guide.lines().filter_map(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let text = lines.fold(String::new(), |text, line| text + line + "\n");
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.map(|block| block.split_once('\n').unwrap().1.to_owned()).collect()
}

#[test]
fn the_guide_shows_what_the_modules_are_built_from() {
    let blocks = blocks();
    let [library, javascript, custom, flags, backend, _handler] = &blocks[..] else {
        panic!("{blocks:#?}");
    };
    let here = library.replace(
        "version = \"0.1\", default-features = false }",
        "path = \"../..\", default-features = false",
    );
    let rest = here.strip_prefix("[dependencies]\n").unwrap().trim_end();
    assert!(read("tests/wasm/Cargo.toml").contains(rest), "{rest}");
    for (file, block) in [
        ("tests/wasm/javascript/Cargo.toml", javascript),
        ("tests/wasm/host/Cargo.toml", custom),
        ("tests/wasm/host/.cargo/config.toml", flags),
        ("tests/wasm/host/src/host.rs", backend),
    ] {
        assert!(read(file).contains(block.as_str()), "{file} is not built from {block}");
    }
}

#[test]
fn the_readme_names_the_same_dependency() {
    let readme = read("README.md");
    let line = blocks()[1].lines().last().unwrap().to_owned();
    assert!(readme.contains(&format!("`{line}`")), "{line}");
}
