//! A forked child never repeats what its parent draws. A program of its own, because a fork wants one thread.

#[cfg(unix)]
mod support;

#[cfg(not(unix))]
fn main() {
    println!("no fork on this system: nothing was tested");
}

#[cfg(unix)]
fn main() {
    use std::collections::HashSet;
    use std::fs;

    use fork::{Fork, fork, waitpid};
    use support::{NOW, at, sessions, visit};

    const SEALS: usize = 1000;
    let sessions = sessions();
    let seal = || {
        let mut session = visit(&sessions, NOW);
        session.set("user", "alice");
        let token = sessions.to_cookie(&session, at(NOW)).unwrap().unwrap();
        // The nonce, and the id that was drawn in the same breath.
        format!("{} {}", &token.value()[4..36], *session.id().expose_base64url())
    };
    // Whatever would be kept in user space is there before the fork.
    seal();

    let path = std::env::temp_dir().join(format!("sealed-session-fork-{}", std::process::id()));
    let lines: Vec<String> = match fork().unwrap() {
        Fork::Child => {
            let lines: Vec<String> = (0..SEALS).map(|_| seal()).collect();
            fs::write(&path, lines.join("\n")).unwrap();
            std::process::exit(0);
        }
        Fork::Parent(child) => {
            let lines = (0..SEALS).map(|_| seal()).collect();
            waitpid(child).unwrap();
            lines
        }
    };
    let child = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!((lines.len(), child.lines().count()), (SEALS, SEALS));

    let parts =
        lines.iter().map(String::as_str).chain(child.lines()).flat_map(|line| line.split(' '));
    assert_eq!(
        parts.collect::<HashSet<&str>>().len(),
        4 * SEALS,
        "an id or a nonce was drawn twice"
    );
    println!("test a_forked_child_repeats_nothing ... ok");
}
