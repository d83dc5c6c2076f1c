//! Mounted secrets: Kubernetes, Docker and systemd.
//!
//! Each of them puts a [file of secrets](super::secrets#read-secrets-from-a-file) where the process reads it. They differ
//! in whether the file changes while the process runs:
//!
//! | from | path | a changed file appears | a step of a rotation |
//! |---|---|---|---|
//! | [Kubernetes](#kubernetes), a `secret` volume | `/run/secrets/session/keys` | a minute or two after the change | `kubectl apply`, if the process [follows the file](#follow-the-file); else a rollout |
//! | Kubernetes, `subPath`, `env` or `envFrom` | any, or none | never | a rollout |
//! | [Docker Compose](#docker-compose), `secrets` | `/run/secrets/session-secrets` | when the container starts | a restart of the container |
//! | [Docker Swarm](#docker-swarm) | `/run/secrets/session-secrets` | when a task starts | another secret, and an update of the service |
//! | [systemd](#systemd), `LoadCredential=` | `session-secrets` in `$CREDENTIALS_DIRECTORY` | when the unit starts | a restart of the unit |
//!
//! A restart is just as safe as a change while the process runs. [The steps](super::secrets#rotate-a-secret) are the
//! same. So is the rule: each step has to reach every machine before the next one begins. The program `sealed-session`
//! edits such a file: `keys add` writes a new secret as upcoming, `keys promote` makes it current, `keys retire` drops
//! the previous one.
//!
//! # Find the file
//!
//! The manifests below set `SESSION_SECRETS_FILE` to the path, which is no secret. systemd sets `CREDENTIALS_DIRECTORY`:
//!
//! ```
//! use std::path::{Path, PathBuf};
//! use std::{env, error::Error, ffi::OsString};
//! use sealed_session::{CookieSessions, Keyring};
//!
//! /// What the manifest says, or else a credential of systemd.
//! fn secrets_file(
//!     named: Option<OsString>,
//!     credentials: Option<OsString>,
//! ) -> Result<PathBuf, &'static str> {
//!     let credential = credentials.map(|folder| Path::new(&folder).join("session-secrets"));
//!     named.map(PathBuf::from).or(credential).ok_or("set SESSION_SECRETS_FILE")
//! }
//!
//! /// Call it at start. If the file is missing or not valid, the error says why.
//! fn sessions() -> Result<(CookieSessions, PathBuf), Box<dyn Error>> {
//!     let named = env::var_os("SESSION_SECRETS_FILE");
//!     let file = secrets_file(named, env::var_os("CREDENTIALS_DIRECTORY"))?;
//!     Ok((CookieSessions::new(Keyring::from_file(&file)?), file))
//! }
//!
//! fn main() {
//!     let of_systemd = Some("/run/credentials/shop.service".into());
//!     let file = secrets_file(None, of_systemd.clone()).unwrap();
//!     assert_eq!(file, Path::new("/run/credentials/shop.service/session-secrets"));
//!     let file = secrets_file(Some("/run/secrets/session/keys".into()), of_systemd).unwrap();
//!     assert_eq!(file, Path::new("/run/secrets/session/keys"));
//!     assert_eq!(sessions().unwrap_err().to_string(), "set SESSION_SECRETS_FILE");
//! }
//! ```
//!
//! # Follow the file
//!
//! Kubernetes replaces all files of a volume in one step, the rename of one link:
//!
//! ```text
//! /run/secrets/session/keys     ─►  ..data/keys
//! /run/secrets/session/..data   ─►  ..2026_05_01_10_00_00.7       swapped by a rename
//! /run/secrets/session/..2026_05_01_10_00_00.7/keys               removed after the swap
//! ```
//!
//! So open the path anew for each reading, as [`Keyring::from_file`](crate::Keyring::from_file) does. Do not keep the file
//! open, do not resolve the links yourself, and do not compare modification times. With the feature `rotation`:
//!
//! ```
//! use std::path::{Path, PathBuf};
//! use std::{thread, time::Duration};
//! use sealed_session::{CookieSessions, Keyring, KeyringFileError, Secret};
//!
//! /// Takes the secrets of the file. If they are those in use, nothing changes.
//! fn reload(sessions: &CookieSessions, file: &Path) -> Result<(), KeyringFileError> {
//!     // Once more after an error: a swap may have removed the folder that the first attempt was
//!     // on its way into.
//!     let keyring = Keyring::from_file(file).or_else(|_| Keyring::from_file(file))?;
//!     sessions.rotate(keyring);
//!     Ok(())
//! }
//!
//! /// Reloads the file for as long as the process runs.
//! fn follow(sessions: CookieSessions, file: PathBuf) {
//!     // A thread of its own, because a file system can be slow.
//!     thread::spawn(move || {
//!         let mut last = None;
//!         loop {
//!             thread::sleep(Duration::from_secs(10));
//!             let error = reload(&sessions, &file).err().map(|error| error.to_string());
//!             if let Some(error) = error.as_ref().filter(|error| Some(*error) != last.as_ref()) {
//!                 tracing::error!("the secrets stay as they are: {error}"); // once, not each time
//!             }
//!             last = error;
//!         }
//!     });
//! }
//! # #[cfg(not(unix))]
//! # fn main() {}
//!
//! # #[cfg(unix)]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use std::{env, fs, os::unix::fs::symlink};
//!
//!     // A volume, as the kubelet writes it.
//!     let volume = env::temp_dir().join(format!("guide-volume-{}", std::process::id()));
//!     let put = |dated: &str, keys: &str| {
//!         fs::create_dir_all(volume.join(dated))?;
//!         fs::write(volume.join(dated).join("keys"), keys)?;
//!         symlink(dated, volume.join("..data_tmp"))?;
//!         fs::rename(volume.join("..data_tmp"), volume.join("..data"))
//!     };
//!     let (old, new) = (Secret::generate(), Secret::generate());
//!     let (old, new) = (old.expose_base64url(), new.expose_base64url());
//!     put("..2026_05_01_10_00_00.7", &old)?;
//!     let file = volume.join("keys");
//!     symlink("..data/keys", &file)?;
//!
//!     let sessions = CookieSessions::new(Keyring::from_file(&file)?);
//!     follow(sessions.clone(), file.clone());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!
//!     for (dated, keys) in [
//!         ("..2026_05_01_11_00_00.8", format!("{}\nupcoming:{}", *old, *new)),
//!         ("..2026_05_01_12_00_00.9", format!("{}\n{}", *new, *old)),
//!     ] {
//!         put(dated, &keys)?;
//!         reload(&sessions, &file)?;
//!         assert_eq!(sessions.keys().count(), 2);
//!         assert_eq!(sessions.decode(&request).get("user"), Some("alice"));
//!     }
//!     put("..2026_05_01_13_00_00.10", "not a secret")?;
//!     assert!(reload(&sessions, &file).is_err());
//!     assert_eq!(sessions.decode(&request).get("user"), Some("alice"));
//!     Ok(fs::remove_dir_all(volume)?)
//! }
//! ```
//!
//! `examples/mounted_secrets` in the repository also reacts to notifications of the file system. Its header says when
//! that is worth a dependency, and its tests swap files while requests are served. If you use notifications yourself,
//! watch the folder and not the file, and read the file now and then in any case.
//!
//! # Kubernetes
//!
//! Keep the whole list in one entry of one Secret, so that it changes in one step. Make it from a file `keys`, which is not
//! in the repository of your manifests; `sealed-session keys init keys` writes one:
//!
//! ```sh
//! kubectl create secret generic session-secrets --from-file=keys --dry-run=client -o yaml |
//!   kubectl apply --server-side -f -
//! ```
//!
//! For a step of a rotation, change the file, for example with `sealed-session keys add keys`, and run the same command again.
//! `--server-side` keeps a second copy out of the annotations of the object. In
//! readable form (kubectl writes base64, as `data`) it is:
//!
//! ```yaml
//! apiVersion: v1
//! kind: Secret
//! metadata:
//!   name: session-secrets
//! stringData:
//!   keys: |
//!     OLD              # since 1 May
//!     upcoming:NEW
//! ```
//!
//! Mount the folder:
//!
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata:
//!   name: shop
//! spec:
//!   replicas: 3
//!   selector:
//!     matchLabels:
//!       app: shop
//!   template:
//!     metadata:
//!       labels:
//!         app: shop
//!     spec:
//!       securityContext:
//!         runAsNonRoot: true
//!         runAsUser: 1000
//!         fsGroup: 1000
//!       containers:
//!         - name: shop
//!           image: registry.example/shop:1.4.0
//!           env:
//!             - name: SESSION_SECRETS_FILE
//!               value: /run/secrets/session/keys
//!           volumeMounts:
//!             - name: session-secrets
//!               mountPath: /run/secrets/session
//!               readOnly: true
//!       volumes:
//!         - name: session-secrets
//!           secret:
//!             secretName: session-secrets
//!             defaultMode: 0400
//! ```
//!
//! - **`fsGroup`**: the files belong to root. With `fsGroup` they belong to this group too, and the group may read them:
//!   `0400` becomes `0440`. Without it, only root can read them.
//! - **Not `subPath`.** Such a mount is the file itself, and [never receives an
//!   update](https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod).
//! - **Not `env` or `envFrom`.** A variable stays as it is until the container starts again.
//! - **Not `optional: true`.** Without the Secret, the pod should not start.
//! - **Not `/run/secrets` itself.** Kubernetes mounts the token of the service account below it.
//! - **`immutable: true`** forbids changes to the Secret. Then each step is a Secret with another name, which the
//!   Deployment mounts, and a rollout. During the rollout two steps are in use, which is safe.
//! - **Whoever may read the Secret can make sessions**: everybody with access to Secrets of the namespace, or to pods in
//!   it.
//! - External Secrets and Sealed Secrets write such a Secret from elsewhere. The rest is the same.
//!
//! ## How long a step takes
//!
//! The kubelet of each node looks for changes once in its sync period, which is a minute by default. It reads its own
//! cache, which may be older. So a change takes as long as the "[kubelet sync period + cache propagation
//! delay](https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod)": one to two
//! minutes with the default settings. The process then takes up to ten seconds to read the file. The nodes do not look
//! at the same time, so meanwhile the pods have different lists.
//!
//! Wait five minutes after each step; the program takes that time as `keys promote keys --after 5m`. Then compare, because a
//! node that is cut off takes longer:
//!
//! ```sh
//! kubectl get pods --selector=app=shop
//! kubectl logs --selector=app=shop --prefix --tail=-1 --since=15m |
//!   grep -E 'the secrets were rotated|sessions are configured'
//! ```
//!
//! The last line of each pod has to show the keys of the new list. Only the step that drops a secret also has to wait for
//! [the idle timeout](super::secrets#rotate-a-secret).
//!
//! After a leak, do not wait for the kubelet. Apply the list without the leaked secret, and start new pods:
//!
//! ```sh
//! kubectl rollout restart deployment/shop
//! ```
//!
//! # Docker Compose
//!
//! ```yaml
//! services:
//!   shop:
//!     image: registry.example/shop:1.4.0
//!     user: "1000:1000"
//!     environment:
//!       SESSION_SECRETS_FILE: /run/secrets/session-secrets
//!     secrets:
//!       - session-secrets
//! secrets:
//!   session-secrets:
//!     file: ./session-secrets
//! ```
//!
//! - **Owner and mode are those of the file on the host.** Compose ignores `uid`, `gid` and `mode` of a secret from a file,
//!   with a warning. Give the file to the user of the container: `chown 1000 session-secrets`, `chmod 400 session-secrets`.
//! - **A step is a restart**: write the file, then `docker compose restart shop`. The mount is of the file, not
//!   of its name. So a file that replaces it by a rename appears only after the restart.
//! - **To change the list without a restart**, mount a folder with the file in it, and [follow the
//!   file](#follow-the-file). In place of `secrets`:
//!
//! ```yaml
//! services:
//!   shop:
//!     image: registry.example/shop:1.4.0
//!     user: "1000:1000"
//!     environment:
//!       SESSION_SECRETS_FILE: /run/secrets/session/keys
//!     volumes:
//!       - ./session:/run/secrets/session:ro
//! ```
//!
//! **`docker run --env-file` takes each value as it is**, with its quotation marks. `SESSION_SECRET="…"` then begins with
//! one, and is [refused](super::secrets#which-texts-are-accepted). Write the list without them:
//! `SESSION_SECRET=NEW OLD`. `env_file` of Compose removes them. A variable also shows in `docker inspect`; the content of
//! a file does not. Never copy the file into an image.
//!
//! # Docker Swarm
//!
//! A secret of Swarm never changes. Each step is a secret with another name, at the same path:
//!
//! ```sh
//! docker secret create session-secrets-2 session-secrets
//! docker service update --secret-rm session-secrets-1 \
//!   --secret-add source=session-secrets-2,target=session-secrets,uid=1000,mode=0400 shop
//! ```
//!
//! The update starts the tasks again, one after the other. Here `uid` and `mode` are respected. Remove the former secret
//! with `docker secret rm` when you cannot go back to it anymore.
//!
//! # systemd
//!
//! ```ini
//! [Unit]
//! Description=Shop
//! After=network.target
//!
//! [Service]
//! ExecStart=/usr/local/bin/shop
//! DynamicUser=yes
//! LoadCredential=session-secrets:/etc/shop/session-secrets
//! Restart=on-failure
//!
//! [Install]
//! WantedBy=multi-user.target
//! ```
//!
//! The file in `/etc` belongs to root, with mode `0600`. When the unit starts, systemd copies it to memory that is not
//! swapped, and [only the user of the service can read it](https://systemd.io/CREDENTIALS/).
//!
//! - **A step is a restart**: write the file, then `systemctl restart shop`, on each machine before the next step.
//! - **A reload changes nothing**, because the copy is made at the start. From systemd 260 on,
//!   `RefreshOnReload=credentials` in the unit lets `systemctl reload` copy the files again. Then [follow the
//!   file](#follow-the-file): the folder is mounted anew, so each reading has to open the path.
//! - **Without a restart on older releases**, use no credential. Let the user of the service read the file, name it in
//!   `SESSION_SECRETS_FILE`, and follow it.
//!
//! ## Encrypt the file
//!
//! systemd can encrypt the file with a key of this machine, from its TPM if it has one:
//!
//! ```sh
//! systemd-creds encrypt --name=session-secrets session-secrets /etc/shop/session-secrets.cred
//! shred --remove session-secrets
//! ```
//!
//! In the unit, this takes the place of `LoadCredential=`:
//!
//! ```ini
//! [Service]
//! LoadCredentialEncrypted=session-secrets:/etc/shop/session-secrets.cred
//! ```
//!
//! The encrypted file opens on this machine only, and under this name only. So keep the list itself where your other
//! passwords are. For a step of a rotation, change the list there, and encrypt it anew on each machine. To see what is
//! in the encrypted file:
//!
//! ```sh
//! systemd-creds decrypt --name=session-secrets /etc/shop/session-secrets.cred -
//! ```
