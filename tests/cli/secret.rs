//! `secret`: one new secret a run.

use sealed_session::Secret;

use crate::terminal::program;

#[test]
fn prints_one_secret_and_nothing_else() {
    let [one, other] = [(), ()].map(|()| program(["secret"]).run().code(0));
    for ended in [&one, &other] {
        let secret: Secret = ended.stdout.parse().unwrap();
        assert_eq!(ended.stdout, format!("{}\n", *secret.expose_base64url()));
        assert!(ended.stderr.is_empty());
    }
    assert_ne!(one.stdout, other.stdout);
}
