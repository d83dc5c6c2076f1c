//! The most that an attacker can make a request cost: `cargo bench --bench attack`.
//!
//! - **header**: `Cookie` headers from 1 to 256 KiB, of the kinds that cost most. The time grows in
//!   proportion to the length, or more slowly, as the cost of the eight openings is constant.
//! - **body**: an authentic dictionary of as many entries as fit: one well-formed, one with its
//!   last key out of order. Only a holder of the secret can make them.

mod work;

use std::hint::black_box;
use std::time::SystemTime;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sealed_session::{CookieSessions, Keyring, Rejection, Secret, Transport};
use work::{Vector, request};

const NAME: &str = "__Host-session";

/// As many cookies as fit into this many bytes.
fn filled(size: usize, cookie: impl Fn(usize) -> String) -> String {
    let mut field = String::new();
    for n in 0.. {
        let next = cookie(n);
        if field.len() + next.len() + 2 > size {
            break;
        }
        field += &next;
        field += "; ";
    }
    field
}

/// The n-th cookie of a header.
type Cookie<'c> = &'c dyn Fn(usize) -> String;

fn header(c: &mut Criterion) {
    let sessions = CookieSessions::new(Keyring::new(Secret::generate()));
    let mut session = sessions.fresh();
    session.set("user", "alice");
    session.set("text", "x".repeat(2900));
    let pair = sessions.request_cookie(&session).unwrap().to_str().unwrap().to_owned();
    // Different tokens of 4,000 characters; the first eight are opened.
    let forged = |n: usize| format!("{}{n:08}{}", &pair[..100], &pair[108..]);
    let version = &pair[NAME.len() + 1..NAME.len() + 5];
    let malformed = |n: usize| format!("{NAME}={version}{n:08x}!");
    let kinds: [(&str, Cookie<'_>); 5] = [
        ("neighbours", &|_| "theme=dark".into()),
        ("semicolons", &|_| ";".into()),
        ("nearly our name", &|_| format!("{NAME}2=")),
        ("malformed", &malformed),
        ("forged", &forged),
    ];
    let mut group = c.benchmark_group("header");
    for (kind, cookie) in kinds {
        for kib in [1, 4, 16, 64, 256] {
            let field = filled(kib * 1024, cookie);
            if field.is_empty() {
                continue;
            }
            let headers = request(&field);
            group.throughput(Throughput::Bytes(field.len() as u64));
            group.bench_with_input(
                BenchmarkId::new(kind, format!("{kib} KiB")),
                &headers,
                |bencher, headers| {
                    bencher.iter(|| {
                        sessions.decode_at(black_box(headers), Transport::Https, SystemTime::now())
                    });
                },
            );
        }
    }
    group.finish();
}

fn body(c: &mut Criterion) {
    let mut group = c.benchmark_group("body");
    let bodies = [
        ("648 entries", include_str!("../tests/vectors/accept-648-entries.txt"), None),
        (
            "648 entries, the last out of order",
            include_str!("../tests/vectors/corrupt-last-of-648-keys.txt"),
            Some(Rejection::Corrupt),
        ),
    ];
    for (name, text, expected) in bodies {
        let vector = Vector::parse(text);
        assert_eq!(vector.rejection(), expected);
        group.bench_function(name, |bencher| bencher.iter(|| black_box(&vector).decode()));
    }
    group.finish();
}

criterion_group!(benches, header, body);
criterion_main!(benches);
