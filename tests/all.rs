//! Most of the tests once more, in one program: quick to build again for each mutant, and not run otherwise.
//!
//! Left out are those that bring their own `main`, or need an example.
#![allow(clippy::duplicate_mod, reason = "each brings the helpers that it uses")]

#[path = "allocations.rs"]
mod allocations;
#[path = "attributes.rs"]
mod attributes;
#[path = "axum.rs"]
mod axum;
#[path = "caches.rs"]
mod caches;
#[path = "clock.rs"]
mod clock;
#[path = "config.rs"]
mod config;
#[path = "csrf.rs"]
mod csrf;
#[path = "csrf_layer.rs"]
mod csrf_layer;
#[path = "debug.rs"]
mod debug;
#[path = "decode.rs"]
mod decode;
#[path = "deny_list.rs"]
mod deny_list;
#[path = "encode.rs"]
mod encode;
#[path = "events.rs"]
mod events;
#[path = "flash.rs"]
mod flash;
#[path = "flash_layer.rs"]
mod flash_layer;
#[path = "history.rs"]
mod history;
#[path = "incidents.rs"]
mod incidents;
#[path = "incidents_cookies.rs"]
mod incidents_cookies;
#[path = "keyring.rs"]
mod keyring;
#[path = "keyring_file.rs"]
mod keyring_file;
#[path = "lifetime.rs"]
mod lifetime;
#[path = "log_out.rs"]
mod log_out;
#[path = "model.rs"]
mod model;
#[path = "properties.rs"]
mod properties;
#[path = "randomness.rs"]
mod randomness;
#[path = "readme.rs"]
mod readme;
#[path = "revocation.rs"]
mod revocation;
#[path = "revocation_layer.rs"]
mod revocation_layer;
#[path = "rotation.rs"]
mod rotation;
#[path = "scope.rs"]
mod scope;
#[path = "secrets.rs"]
mod secrets;
#[path = "silence.rs"]
mod silence;
#[path = "sizes.rs"]
mod sizes;
#[path = "tampering.rs"]
mod tampering;
#[path = "tower.rs"]
mod tower;
#[path = "typed.rs"]
mod typed;
#[path = "upgrade.rs"]
mod upgrade;

#[test]
fn no_other_file_is_left_out() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let is_here = |name: &str| include_str!("all.rs").contains(&format!("\"{name}.rs\""));
    let mut left_out: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "all" && !is_here(name))
        .collect();
    left_out.sort_unstable();
    assert_eq!(left_out, ["fork", "hello"]);
}
