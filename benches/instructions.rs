//! One piece of work, repeated so that `.ci/instructions` can count its instructions.
//!
//! ```text
//! instructions CASE TIMES
//! ```

mod floor;
#[cfg(feature = "tower")]
mod layer;
mod recorder;
mod work;

use std::hint::black_box;

use floor::Floor;
use http::header::COOKIE;
use work::{Account, ENTRIES, Entry, ROLE, Site, entries, request, ring, sent_back};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` passes other arguments: then there is nothing to do.
    let [case, times] = arguments.as_slice() else { return };
    let Ok(times) = times.parse::<u32>() else { return };
    let run = case_called(case);
    (0..times).for_each(|_| run());
}

fn case_called(case: &str) -> Box<dyn Fn()> {
    match case {
        "read" => read(Site::new(), "", 0),
        "read-1000" => read(Site::new(), &"x".repeat(1000), 0),
        "read-2000" => read(Site::new(), &"x".repeat(2000), 0),
        "read-16-secrets" => read(Site::of(ring(16)), "", 0),
        "read-100-cookies" => read(Site::new(), "", 100),
        "read-200-cookies" => read(Site::new(), "", 200),
        "write" => write(Site::new(), ""),
        "write-1000" => write(Site::new(), &"x".repeat(1000)),
        "write-2000" => write(Site::new(), &"x".repeat(2000)),
        "write-16-secrets" => write(Site::of(ring(16)), ""),
        "counted-read" => {
            recorder::install();
            read(Site::new(), "", 0)
        }
        "counted-write" => {
            recorder::install();
            write(Site::new(), "")
        }
        "named-read" => read_account(Site::named()),
        "named-write" => write_account(Site::named()),
        "compact-read" => read_account(Site::compact()),
        "compact-write" => write_account(Site::compact()),
        #[cfg(feature = "tower")]
        "layer-unread" => layer::unread(),
        #[cfg(feature = "tower")]
        "layer-read" => layer::read(),
        #[cfg(feature = "tower")]
        "layer-write" => layer::write(),
        "floor-read" => {
            let floor = Floor::new();
            let sent = sent_back(&floor.write(&ENTRIES));
            Box::new(move || {
                drop(black_box(floor.read::<512>(black_box(&sent), ROLE.0, ROLE.1).unwrap()));
            })
        }
        "floor-write" => {
            let floor = Floor::new();
            Box::new(move || drop(black_box(floor.write(black_box(&ENTRIES)))))
        }
        _ => panic!("no such case: {case}"),
    }
}

/// Reads a session from a request with this many cookies more than [`sent_back`] has.
fn read(site: Site, text: &str, cookies: usize) -> Box<dyn Fn()> {
    let sent = sent_back(&site.write(&entries_with(text)));
    let neighbours = format!("neighbour={}; ", "x".repeat(110)).repeat(cookies);
    let sent = request(&format!("{neighbours}{}", sent[COOKIE].to_str().unwrap()));
    Box::new(move || drop(black_box(site.read(black_box(&sent), ROLE))))
}

fn write(site: Site, text: &str) -> Box<dyn Fn()> {
    let entries = entries_with(text.to_owned().leak());
    Box::new(move || drop(black_box(site.write(black_box(&entries)))))
}

/// The four entries, as the floor has them, and one with this text if there is one.
fn entries_with(text: &str) -> Vec<Entry<'_>> {
    if text.is_empty() { ENTRIES.to_vec() } else { entries(text).to_vec() }
}

fn read_account(site: Site<Account>) -> Box<dyn Fn()> {
    let sent = sent_back(&site.write_account(&Account::new()));
    Box::new(move || drop(black_box(site.read_account(black_box(&sent), ROLE.1))))
}

fn write_account(site: Site<Account>) -> Box<dyn Fn()> {
    let account = Account::new();
    Box::new(move || drop(black_box(site.write_account(black_box(&account)))))
}
