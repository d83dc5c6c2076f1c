//! How the cost grows: `cargo bench --bench growth`, with `--features ring,tower` for all of it.
//!
//! - **payload**: read and write with 0 to 2,900 bytes beside four entries; each beside its floor.
//! - **header**: read from 1 to 500 cookies, up to 64 KiB.
//! - **keyring**: read and write with 1 to 16 secrets, under the first and under the last.
//! - **threads**: requests through the tower layer on 1, 2 and 8 threads, in requests a second.

mod floor;
mod work;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use floor::Floor;
use sealed_session::Keyring;
use work::{ENTRIES, ROLE, Site, entries, pair, request, ring, secret, sent_back};

fn payload(c: &mut Criterion) {
    let (site, floor) = (Site::new(), Floor::new());
    let mut group = c.benchmark_group("payload");
    for size in [0, 100, 500, 1000, 2000, 2700] {
        let text = "x".repeat(size);
        let entries = entries(&text);
        group.throughput(Throughput::Bytes(
            entries.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() as u64,
        ));
        let sent = sent_back(&site.write(&entries));
        group.bench_with_input(BenchmarkId::new("read", size), &sent, |bencher, sent| {
            bencher.iter(|| site.read(black_box(sent), ROLE));
        });
        let sent = sent_back(&floor.write(&entries));
        group.bench_with_input(BenchmarkId::new("read, floor", size), &sent, |bencher, sent| {
            bencher.iter(|| floor.read::<4096>(black_box(sent), ROLE.0, ROLE.1).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("write", size), &entries, |bencher, entries| {
            bencher.iter(|| site.write(black_box(entries)));
        });
        group.bench_with_input(
            BenchmarkId::new("write, floor", size),
            &entries,
            |bencher, entries| {
                bencher.iter(|| floor.write(black_box(entries)));
            },
        );
    }
    group.finish();
}

fn header(c: &mut Criterion) {
    let (site, floor) = (Site::new(), Floor::new());
    let mut group = c.benchmark_group("header");
    for cookies in [0, 2, 10, 100, 500] {
        let neighbours = |pair: &str| {
            let neighbour = |n| format!("neighbour_{n}={}; ", "x".repeat(110));
            request(&format!("{}{pair}", (0..cookies).map(neighbour).collect::<String>()))
        };
        let sent = neighbours(pair(&site.write(&ENTRIES)));
        group.throughput(Throughput::Bytes(sent["cookie"].len() as u64));
        group.bench_with_input(BenchmarkId::new("read", cookies), &sent, |bencher, sent| {
            bencher.iter(|| site.read(black_box(sent), ROLE));
        });
        let sent = neighbours(pair(&floor.write(&ENTRIES)));
        group.bench_with_input(BenchmarkId::new("read, floor", cookies), &sent, |bencher, sent| {
            bencher.iter(|| floor.read::<512>(black_box(sent), ROLE.0, ROLE.1).unwrap());
        });
    }
    group.finish();
}

fn keyring(c: &mut Criterion) {
    let floor = Floor::new();
    let mut group = c.benchmark_group("keyring");
    let sent = sent_back(&floor.write(&ENTRIES));
    group.bench_with_input("read, floor", &sent, |bencher, sent| {
        bencher.iter(|| floor.read::<512>(black_box(sent), ROLE.0, ROLE.1).unwrap());
    });
    group.bench_function("write, floor", |bencher| {
        bencher.iter(|| floor.write(black_box(&ENTRIES)));
    });
    for secrets in [1, 2, 4, 16] {
        let site = Site::of(ring(secrets));
        group.bench_function(BenchmarkId::new("write", secrets), |bencher| {
            bencher.iter(|| site.write(black_box(&ENTRIES)));
        });
        for (which, n) in [("first", 0), ("last", secrets - 1)] {
            let sent = sent_back(&Site::of(Keyring::new(secret(n))).write(&ENTRIES));
            group.bench_with_input(
                BenchmarkId::new(format!("read, {which}"), secrets),
                &sent,
                |bencher, sent| {
                    bencher.iter(|| site.read(black_box(sent), ROLE));
                },
            );
        }
    }
    group.finish();
}

#[cfg(feature = "tower")]
fn threads(c: &mut Criterion) {
    layer::threads(c);
}

#[cfg(not(feature = "tower"))]
fn threads(_: &mut Criterion) {
    eprintln!("threads: the tower layer is not measured without `--features tower`");
}

#[cfg(feature = "tower")]
mod layer {
    use std::convert::Infallible;
    use std::future::ready;
    use std::hint::black_box;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};
    use std::thread;
    use std::time::{Duration, Instant};

    use criterion::{BenchmarkId, Criterion, Throughput};
    use http::{HeaderMap, Request, Response};
    use sealed_session::{SessionHandle, SessionLayer};
    use tower::{Layer as _, Service, service_fn};

    use crate::floor::Floor;
    use crate::work::{ENTRIES, ROLE, Site, sent_back};

    pub fn threads(c: &mut Criterion) {
        let site = Site::new();
        let sent = sent_back(&site.write(&ENTRIES));
        let service = SessionLayer::new(site.0).layer(service_fn(read));
        let floor = Arc::new(Floor::new());
        let floor_sent = sent_back(&floor.write(&ENTRIES));
        let floor = service_fn(move |request: Request<()>| ready(Ok(read_below(&floor, &request))));
        let mut group = c.benchmark_group("threads");
        group.throughput(Throughput::Elements(1));
        for threads in [1, 2, 8] {
            group.bench_with_input(BenchmarkId::new("read", threads), &sent, |bencher, sent| {
                bencher.iter_custom(|requests| together(threads, requests, &service, sent));
            });
            group.bench_with_input(
                BenchmarkId::new("read, floor", threads),
                &floor_sent,
                |bencher, sent| {
                    bencher.iter_custom(|requests| together(threads, requests, &floor, sent));
                },
            );
        }
        group.finish();
    }

    async fn read(request: Request<()>) -> Result<Response<&'static str>, Infallible> {
        let session: &SessionHandle = request.extensions().get().unwrap();
        assert_eq!(session.get(ROLE.0).as_deref(), Some(ROLE.1));
        Ok(Response::new(""))
    }

    fn read_below(floor: &Floor, request: &Request<()>) -> Response<&'static str> {
        let mut response = Response::new("");
        *response.headers_mut() = floor.read::<512>(request.headers(), ROLE.0, ROLE.1).unwrap();
        response
    }

    /// The time that this many requests take when the threads share them.
    fn together<S>(threads: u64, requests: u64, service: &S, sent: &HeaderMap) -> Duration
    where
        S: Service<Request<()>, Response = Response<&'static str>, Error = Infallible>
            + Clone
            + Send,
    {
        let start = Instant::now();
        thread::scope(|scope| {
            for thread in 0..threads {
                let mut service = service.clone();
                let share = requests / threads + u64::from(thread < requests % threads);
                scope.spawn(move || (0..share).for_each(|_| call(&mut service, sent)));
            }
        });
        start.elapsed()
    }

    fn call<S>(service: &mut S, sent: &HeaderMap)
    where
        S: Service<Request<()>, Response = Response<&'static str>, Error = Infallible>,
    {
        let mut request = Request::new(());
        *request.headers_mut() = sent.clone();
        let response = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(response)) = response else {
            panic!("a handler that waits for nothing")
        };
        black_box(response);
    }
}

criterion_group!(benches, payload, header, keyring, threads);
criterion_main!(benches);
