//! The cost of a session for a request: `cargo bench --bench sessions`, with `--features ring` for
//! another provider.
//!
//! - **read**: decode, get one entry, encode with nothing to send; beside its floor.
//! - **write**: a pre-session, four entries, encode a full response header; beside its floor.
//! - **typed-named**, **typed-compact**: read and write of a typed session with the same data in
//!   four fields.
//! - **refuse**: decode of a rejected token, for each reason; a forgery beside its floor.
//! - **base64**: the two well-kept crates, on a frame of 160 bytes: the reason for the one in use.

mod floor;
mod work;

use std::hint::black_box;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use floor::Floor;
use work::{Account, ENTRIES, ROLE, Site, Vector, pair, request, sent_back};

fn read(c: &mut Criterion) {
    let (site, floor) = (Site::new(), Floor::new());
    let mut group = c.benchmark_group("read");
    let request = sent_back(&site.write(&ENTRIES));
    group
        .bench_function("session", |bencher| bencher.iter(|| site.read(black_box(&request), ROLE)));
    let request = sent_back(&floor.write(&ENTRIES));
    let (key, value) = ROLE;
    let read = || floor.read::<512>(black_box(&request), key, value).unwrap();
    group.bench_function("floor", |bencher| bencher.iter(read));
    group.finish();
}

fn write(c: &mut Criterion) {
    let (site, floor) = (Site::new(), Floor::new());
    let mut group = c.benchmark_group("write");
    group.bench_function("session", |bencher| bencher.iter(|| site.write(black_box(&ENTRIES))));
    group.bench_function("floor", |bencher| bencher.iter(|| floor.write(black_box(&ENTRIES))));
    group.finish();
}

fn typed(c: &mut Criterion) {
    let account = Account::new();
    for (encoding, site) in [("typed-named", Site::named()), ("typed-compact", Site::compact())] {
        let mut group = c.benchmark_group(encoding);
        let request = sent_back(&site.write_account(&account));
        let read = || site.read_account(black_box(&request), ROLE.1);
        group.bench_function("read", |bencher| bencher.iter(read));
        let write = || site.write_account(black_box(&account));
        group.bench_function("write", |bencher| bencher.iter(write));
        group.finish();
    }
}

/// A request for each reason of a rejection.
const REFUSED: [&str; 12] = [
    include_str!("../tests/vectors/too-long-by-one.txt"),
    include_str!("../tests/vectors/malformed-trailing-bits.txt"),
    include_str!("../tests/vectors/unknown-version-2.txt"),
    include_str!("../tests/vectors/unknown-key-bit-in-byte-1.txt"),
    include_str!("../tests/vectors/forged-last-bit-of-tag.txt"),
    include_str!("../tests/vectors/corrupt-byte-after-dict.txt"),
    include_str!("../tests/vectors/from-the-future-by-301-s.txt"),
    include_str!("../tests/vectors/absolute-timeout-boundary-instant.txt"),
    include_str!("../tests/vectors/idle-timeout-boundary-instant.txt"),
    include_str!("../tests/vectors/too-many-after-8-forged.txt"),
    include_str!("../tests/vectors/ambiguous-alice-first.txt"),
    include_str!("../tests/vectors/other-transport-http-request.txt"),
];

fn refuse(c: &mut Criterion) {
    let mut group = c.benchmark_group("refuse");
    for text in REFUSED {
        let vector = Vector::parse(text);
        let reason = format!("{:?}", vector.rejection().expect("a reason"));
        let reason = reason.split('(').next().unwrap();
        // Criterion accepts each name once.
        group.bench_function(reason, |bencher| bencher.iter(|| black_box(&vector).decode()));
    }
    let floor = Floor::new();
    let response = floor.write(&ENTRIES);
    let (sent, last) = (pair(&response), if pair(&response).ends_with('A') { 'Q' } else { 'A' });
    let forged = request(&format!("{}{last}", &sent[..sent.len() - 1]));
    assert!(floor.read::<512>(&forged, ROLE.0, ROLE.1).is_none());
    group.bench_function("Forged, floor", |bencher| {
        bencher.iter(|| floor.read::<512>(black_box(&forged), ROLE.0, ROLE.1));
    });
    group.finish();
}

fn base64_crates(c: &mut Criterion) {
    let frame: Vec<u8> = (0..160).collect();
    let text = URL_SAFE_NO_PAD.encode_to_string(&frame);
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(&frame), text);
    let mut group = c.benchmark_group("base64");
    let mut bytes = [0; 256];
    group.bench_function("decode, base64", |bencher| {
        bencher.iter(|| BASE64_URL_SAFE_NO_PAD.decode_slice(black_box(&text), &mut bytes).unwrap());
    });
    group.bench_function("decode, base64-simd", |bencher| {
        bencher.iter(|| {
            URL_SAFE_NO_PAD
                .decode(black_box(text.as_bytes()), bytes.as_mut_slice().as_out())
                .unwrap()
                .len()
        });
    });
    group.bench_function("encode, base64", |bencher| {
        bencher
            .iter(|| BASE64_URL_SAFE_NO_PAD.encode_slice(black_box(&frame), &mut bytes).unwrap());
    });
    group.bench_function("encode, base64-simd", |bencher| {
        bencher.iter(|| {
            URL_SAFE_NO_PAD.encode(black_box(&frame), bytes.as_mut_slice().as_out()).len()
        });
    });
    group.finish();
}

criterion_group!(benches, read, write, typed, refuse, base64_crates);
criterion_main!(benches);
