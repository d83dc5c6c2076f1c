//! One piece of work, so many times, for a count of its instructions: `.ci/instructions`.
//!
//!     instructions CASE TIMES

mod floor;
mod work;

use std::hint::black_box;

use floor::Floor;
use work::{ENTRIES, Site};

fn main() {
    let mut arguments = std::env::args().skip(1);
    // `cargo test --benches` gives neither.
    let (Some(case), Some(times)) = (arguments.next(), arguments.next()) else { return };
    let Ok(times) = times.parse::<usize>() else { return };
    let run: Box<dyn Fn()> = match case.split_once('-') {
        Some(("floor", "read")) => {
            let floor = Floor::new();
            let request = work::sent_back(&floor.write(&ENTRIES));
            Box::new(move || drop(black_box(floor.read::<512>(black_box(&request), "role"))))
        }
        Some(("floor", "write")) => {
            let floor = Floor::new();
            Box::new(move || drop(black_box(floor.write(black_box(&ENTRIES)))))
        }
        _ => site(&case),
    };
    (0..times).for_each(|_| run());
}

fn site(case: &str) -> Box<dyn Fn()> {
    let (case, number) = case.split_once('-').unwrap_or((case, "0"));
    let number: usize = number.parse().expect("a number behind the case");
    match case {
        "read" => read(Site::new(), number),
        "write" => {
            let site = Site::new();
            Box::new(move || drop(black_box(site.write(black_box(&ENTRIES)))))
        }
        "forged" => {
            let site = Site::new();
            let request = work::sent_back(&site.write(&ENTRIES));
            let other = Site::new();
            let _ = other;
            let field = request["cookie"].to_str().unwrap();
            let other = if &field[100..101] == "A" { "B" } else { "A" };
            let field = format!("{}{other}{}", &field[..100], &field[101..]);
            let forged = http::HeaderMap::from_iter([(
                http::header::COOKIE,
                http::HeaderValue::try_from(field).unwrap(),
            )]);
            Box::new(move || drop(black_box(site.decode(black_box(&forged)))))
        }
        _ => panic!("no such case: {case}"),
    }
}

fn read(site: Site, payload: usize) -> Box<dyn Fn()> {
    let text = "x".repeat(payload);
    let entries = [&ENTRIES[..], &[("text", text.as_str())]].concat();
    let entries = if payload == 0 { &ENTRIES[..] } else { &entries };
    let request = work::sent_back(&site.write(entries));
    Box::new(move || drop(black_box(site.read(black_box(&request), "role"))))
}
