//! The manifests of the guide to mounted secrets agree with each other, and with the code beside them.

use crate::guides::{blocks, guides};

fn guide() -> String {
    guides().remove("mounted_secrets").unwrap()
}

/// What a YAML document, a unit or a command gives for a key, each time: `key: value`, `key=value` or `--key=value`.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let value = |word: &'t str| {
        let word = word.trim_start_matches("--").strip_prefix(key)?;
        word.strip_prefix(": ").or_else(|| word.strip_prefix('='))
    };
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    let commands =
        lines.clone().filter(|line| !line.contains(": ")).flat_map(str::split_whitespace);
    let pairs = commands.flat_map(|word| word.split(','));
    let found = lines.filter(|line| line.contains(": ")).chain(pairs).filter_map(value);
    found.map(|value| value.trim_matches('"')).collect()
}

/// The only value for a key.
#[track_caller]
fn only<'t>(text: &'t str, key: &str) -> &'t str {
    let [value] = values(text, key)[..] else { panic!("{key}: {:?}", values(text, key)) };
    value
}

/// The block of this language that has a text in it.
#[track_caller]
fn block<'t>(guide: &'t str, language: &str, part: &str) -> &'t str {
    let found: Vec<&str> =
        blocks(guide, language).into_iter().filter(|block| block.contains(part)).collect();
    let [block] = found[..] else { panic!("{} blocks with {part:?}", found.len()) };
    block
}

/// The file, as the Rust code finds it where no manifest names it.
fn credential(guide: &str) -> &str {
    let (_, rest) = guide.split_once(r#"Path::new(&folder).join(""#).unwrap();
    rest.split_once('"').unwrap().0
}

#[test]
fn the_deployment_mounts_the_secret_where_the_process_looks_for_it() {
    let guide = guide();
    let deployment = block(&guide, "yaml", "kind: Deployment");
    let secret = block(&guide, "yaml", "kind: Secret");
    let create = block(&guide, "sh", "kubectl create secret");
    let key = only(create, "from-file");
    assert!(secret.contains(&format!("stringData:\n  {key}: |")));
    assert!(create.contains(&format!("secret generic {} ", only(secret, "name"))));
    assert_eq!(only(deployment, "secretName"), only(secret, "name"));
    let file = format!("{}/{key}", only(deployment, "mountPath"));
    assert!(deployment.contains(&format!("SESSION_SECRETS_FILE\n              value: {file}\n")));
    assert!(guide.contains(&format!("a `secret` volume | `{file}` |")));
    let labels = [values(deployment, "app"), vec!["shop"; 2]];
    assert_eq!(labels[0], labels[1], "the selector and the pods");
    for command in blocks(&guide, "sh").iter().filter(|block| block.contains("--selector")) {
        assert!(values(command, "selector").iter().all(|label| *label == "app=shop"), "{command}");
    }
}

#[test]
fn compose_and_swarm_put_the_file_where_the_process_looks_for_it() {
    let guide = guide();
    let compose = block(&guide, "yaml", "\nsecrets:\n");
    let file = only(compose, "SESSION_SECRETS_FILE");
    let name = file.strip_prefix("/run/secrets/").unwrap();
    assert!(compose.contains(&format!("    secrets:\n      - {name}\nsecrets:\n  {name}:\n")));
    assert_eq!(only(compose, "file").strip_prefix("./"), Some(name));
    assert_eq!(only(block(&guide, "sh", "docker service update"), "target"), name);
    let folder = block(&guide, "yaml", "    volumes:\n      - ./");
    let (_, mount) = folder.split_once("- ./session:").unwrap();
    let mount = mount.strip_suffix(":ro\n").unwrap();
    assert_eq!(only(folder, "SESSION_SECRETS_FILE"), format!("{mount}/keys"));
}

#[test]
fn the_units_load_the_credential_that_the_process_looks_for() {
    let guide = guide();
    let name = credential(&guide);
    let plain = only(block(&guide, "ini", "LoadCredential="), "LoadCredential");
    assert_eq!(plain.split_once(':').unwrap().0, name);
    let encrypted = block(&guide, "ini", "LoadCredentialEncrypted=");
    let (id, file) = only(encrypted, "LoadCredentialEncrypted").split_once(':').unwrap();
    assert_eq!(id, name);
    for command in ["systemd-creds encrypt", "systemd-creds decrypt"] {
        let block = block(&guide, "sh", command);
        assert_eq!(only(block, "name"), name);
        assert!(block.contains(file), "{block}");
    }
}
