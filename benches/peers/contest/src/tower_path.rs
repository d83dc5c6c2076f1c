//! The tower path: a request through a middleware and a handler, minus a request to the handler
//! alone.

use std::hint::black_box;

use http::HeaderMap;

use crate::check::check;
use crate::{Call, Contender, ENTRIES, Measures, Middleware, Net, ROLE, net, now};

/// The number of allocations while a closure runs.
pub type Count = fn(&mut dyn FnMut()) -> u64;

impl Measures {
    /// Adds `tower-read`, `tower-write` and `tower-unread` of a middleware, after it has passed the
    /// check.
    ///
    /// Each turn of writes gets a new middleware, because a store in memory grows with each.
    pub fn contend_tower<M>(&mut self, name: &str, new: fn() -> M) -> Result<(), String>
    where
        M: Middleware + 'static,
    {
        let (reader, request) = ready(name, new)?;
        let (idle, sent) = ready(name, new)?;
        self.add(name, "tower-read", move |iterations| reader.time_reads(&request, iterations));
        self.add(name, "tower-write", move |iterations| Net(new()).time_writes(iterations));
        self.add(name, "tower-unread", move |iterations| {
            net(iterations, &sent, idle.0.bare(), idle.0.idle())
        });
        Ok(())
    }

    /// Adds the allocations of a request in each of them: `read`, `write` and `unread`.
    pub fn count_tower<M>(&mut self, name: &str, new: fn() -> M, count: Count) -> Result<(), String>
    where
        M: Middleware + 'static,
    {
        let (Net(middleware), request) = ready(name, new)?;
        let bare = |request: &HeaderMap| allocations(count, request, middleware.bare());
        let new_visitor = HeaderMap::new();
        let read = allocations(count, &request, middleware.reader(ROLE)) - bare(&request);
        let write =
            allocations(count, &new_visitor, middleware.writer(&ENTRIES)) - bare(&new_visitor);
        let unread = allocations(count, &request, middleware.idle()) - bare(&request);
        self.add(name, "read", move |_| read);
        self.add(name, "write", move |_| write);
        self.add(name, "unread", move |_| unread);
        Ok(())
    }
}

/// A contender that has passed the check, with a request that has its session.
fn ready<M: Middleware>(name: &str, new: fn() -> M) -> Result<(Net<M>, HeaderMap), String> {
    let contender = Net(new());
    let request = check(&contender).map_err(|fault| format!("{name} {fault}"))?;
    Ok((contender, request))
}

/// The allocations of one request, after others that may fill a cache or a pool.
fn allocations(count: Count, request: &HeaderMap, mut call: impl Call) -> i64 {
    let mut run = || {
        black_box(now(call(request.clone())).expect("an answer"));
    };
    (0..10).for_each(|_| run());
    i64::try_from(count(&mut run)).expect("a small number")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static CALLS: Cell<u64> = const { Cell::new(0) };
    }

    fn calls(run: &mut dyn FnMut()) -> u64 {
        let before = CALLS.get();
        run();
        CALLS.get() - before
    }

    #[test]
    fn counts_one_request_and_not_those_before_it() {
        let call = async |_: HeaderMap| {
            CALLS.set(CALLS.get() + 3);
            Some(HeaderMap::new())
        };
        assert_eq!(allocations(calls, &HeaderMap::new(), call), 3);
    }
}
