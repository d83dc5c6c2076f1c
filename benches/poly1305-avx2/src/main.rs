//! Tags of one message, so that instructions can be counted: `poly1305-avx2 BYTES TIMES`. See README.md.

use std::hint::black_box;

use poly1305::{Poly1305, universal_hash::KeyInit};

fn main() {
    let numbers: Vec<usize> =
        std::env::args().skip(1).map(|number| number.parse().expect("a number")).collect();
    let [bytes, times] = numbers[..] else { panic!("poly1305-avx2 BYTES TIMES") };
    let message = vec![7; bytes];
    for _ in 0..times {
        let key = black_box([9; 32]);
        black_box(Poly1305::new(&key.into()).compute_unpadded(black_box(&message)));
    }
}
