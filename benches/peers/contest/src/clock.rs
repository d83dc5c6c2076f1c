//! The clock: nanoseconds of many calls.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use http::HeaderMap;

/// The number of calls of one kind in a turn.
const CHUNK: u32 = 50;

/// The nanoseconds that this many calls take.
pub fn time<T>(iterations: u32, mut call: impl FnMut() -> T) -> i64 {
    let start = Instant::now();
    for _ in 0..iterations {
        black_box(call());
    }
    since(start)
}

/// The nanoseconds that this many calls of `full` take more than those of `bare`.
///
/// They take turns, so that a disturbance affects both.
pub fn net(
    iterations: u32,
    request: &HeaderMap,
    mut bare: impl AsyncFnMut(HeaderMap) -> Option<HeaderMap>,
    mut full: impl AsyncFnMut(HeaderMap) -> Option<HeaderMap>,
) -> i64 {
    now(async {
        let mut nanoseconds = 0;
        let mut left = iterations;
        while left > 0 {
            let chunk = left.min(CHUNK);
            nanoseconds += time_async(chunk, request, &mut full).await;
            nanoseconds -= time_async(chunk, request, &mut bare).await;
            left -= chunk;
        }
        nanoseconds
    })
}

async fn time_async(
    iterations: u32,
    request: &HeaderMap,
    call: &mut impl AsyncFnMut(HeaderMap) -> Option<HeaderMap>,
) -> i64 {
    let start = Instant::now();
    for _ in 0..iterations {
        black_box(call(black_box(request).clone()).await.expect("an answer"));
    }
    since(start)
}

/// The result of a future that is ready at once.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a contender waits for something"),
    }
}

fn since(start: Instant) -> i64 {
    i64::try_from(start.elapsed().as_nanos()).expect("less than 292 years")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_in_full_and_not_in_bare() {
        let (mut bare, mut full) = (0, 0);
        let count = |calls: &mut u32| {
            *calls += 1;
            Some(HeaderMap::new())
        };
        net(250, &HeaderMap::new(), async |_| count(&mut bare), async |_| count(&mut full));
        assert_eq!((bare, full), (250, 250));
    }
}
