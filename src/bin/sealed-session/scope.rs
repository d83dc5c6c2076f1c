//! The secrets and the settings of the application: from flags, the environment and a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sealed_session::inspect::{PayloadSchema, Settings};
use sealed_session::{Keyring, SameSite};
use serde::Deserialize;

use crate::failure::Failure;
use crate::time::Length;

/// The variable that is read if neither a file nor another one is named.
const DEFAULT_VARIABLE: &str = "SESSION_SECRET";

/// Bytes that a file of settings may have.
const MAX_FILE: u64 = 64 * 1024;

/// Where the secrets are.
#[derive(Debug, Args)]
pub(crate) struct SecretsArgs {
    /// File of secrets, such as `keys init` makes
    #[arg(long, value_name = "FILE", conflicts_with = "secrets_env")]
    secrets: Option<PathBuf>,
    // Not as documentation, where a name needs quotes that a terminal would show.
    #[arg(
        long,
        value_name = "VARIABLE",
        help = "Environment variable of secrets [default: SESSION_SECRET]"
    )]
    secrets_env: Option<String>,
    /// What was given without a flag: it may be a cookie or a secret, so no error shows it.
    #[arg(hide = true)]
    stray: Vec<OsString>,
}

impl SecretsArgs {
    /// The secrets, if there are any.
    pub(crate) fn read(&self) -> Result<Option<Keyring>, Failure> {
        if !self.stray.is_empty() {
            return Err(Failure::Input(
                "there is an argument without a flag; cookies and entries are read from standard input and secrets from \
                 a file or the environment, because other users can read the command line"
                    .to_owned(),
            ));
        }
        if let Some(path) = &self.secrets {
            return Keyring::from_file(path).map(Some).map_err(Failure::input);
        }
        let variable = self.secrets_env.as_deref().unwrap_or(DEFAULT_VARIABLE);
        let keyring = Keyring::from_env(variable).map_err(|error| {
            Failure::Input(format!("the environment variable of secrets: {error}"))
        })?;
        // The name is not shown: it may be a secret, put here instead of the name of its variable.
        let is_missing = keyring.is_none() && self.secrets_env.is_some();
        let missing = "the environment variable that --secrets-env names does not exist";
        if is_missing { Err(Failure::Input(missing.to_owned())) } else { Ok(keyring) }
    }
}

/// How the client reached the site.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportName {
    Https,
    Http,
}

/// The heading of the settings in the help.
pub(crate) const SETTINGS: &str = "Settings of the application";

/// The settings that decide whether a cookie opens.
#[derive(Debug, Args)]
#[command(next_help_heading = SETTINGS)]
pub(crate) struct ScopeArgs {
    /// TOML file of settings; its keys are the methods of Builder. Flags take precedence
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Name of the cookie, without __Host- and __Secure- [default: session]
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    // Not as documentation, as above.
    #[arg(
        long,
        value_enum,
        help = "http for an application that calls insecure_http() [default: https]"
    )]
    transport: Option<TransportName>,
    /// Path of the cookie [default: /]
    #[arg(long, value_name = "PATH")]
    path: Vec<String>,
    /// Domain of the cookie [default: none]
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// Whether the cookie is partitioned [default: false]
    #[arg(long, value_name = "BOOL")]
    partitioned: Option<bool>,
    /// Context of the application [default: empty]
    #[arg(long, value_name = "TEXT")]
    context: Vec<String>,
    /// Schema of a typed payload, or dict [default: dict]
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<String>,
    /// Schema and shape of a compact payload, such as account-1/9777a5f7
    #[arg(long, value_name = "SCHEMA/SHAPE")]
    compact: Vec<String>,
    /// Idle timeout [default: 14d]
    #[arg(long, value_name = "DURATION")]
    idle_timeout: Option<Length>,
    /// Absolute timeout [default: 30d]
    #[arg(long, value_name = "DURATION")]
    absolute_timeout: Option<Length>,
}

/// What may be tried where the settings do not fit: flags that were given again, and what a flag replaced in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternatives {
    pub(crate) names: Vec<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) domains: Vec<String>,
    pub(crate) contexts: Vec<String>,
    pub(crate) schemas: Vec<PayloadSchema>,
}

impl ScopeArgs {
    /// The settings, if none is given twice.
    pub(crate) fn read_one(&self) -> Result<Settings, Failure> {
        let (settings, alternatives) = self.read()?;
        if !alternatives.is_empty() {
            let twice =
                "a setting is given twice, by flags or by a flag and the file; expected one value";
            return Err(Failure::Input(twice.to_owned()));
        }
        Ok(settings)
    }

    /// The settings, and what else may be tried.
    pub(crate) fn read(&self) -> Result<(Settings, Alternatives), Failure> {
        let file =
            self.config.as_deref().map_or_else(|| Ok(ConfigFile::default()), ConfigFile::read)?;
        let mut schemas = Vec::new();
        for name in &self.schema {
            schemas.push(named(name));
        }
        for text in &self.compact {
            schemas
                .push(compact(text).map_err(|why| Failure::Input(format!("--compact is {why}")))?);
        }
        let (own, upgrade_from, downgrade_from) = file.schemas()?;
        schemas.extend(own);
        let (name, names) = first(&self.name, file.name);
        let (path, paths) = first(&self.path, file.path);
        let (domain, domains) = first(&self.domain, file.domain);
        let (context, contexts) = first(&self.context, file.context);
        let transport = self.transport.map(|name| matches!(name, TransportName::Http));
        let length = |flag: Option<Length>, file| flag.or(file).map(|length: Length| length.0);
        let mut schemas = schemas.into_iter();
        let settings = Settings {
            name,
            path,
            domain,
            context,
            partitioned: self.partitioned.or(file.partitioned).unwrap_or_default(),
            insecure_http: transport.or(file.insecure_http).unwrap_or_default(),
            same_site: file.same_site.map(SameSiteName::value),
            idle_timeout: length(self.idle_timeout, file.idle_timeout),
            absolute_timeout: length(self.absolute_timeout, file.absolute_timeout),
            browser_session: file.browser_session.unwrap_or_default(),
            padding: file.padding,
            max_set_cookie_len: file.max_set_cookie_len,
            schema: schemas.next().unwrap_or_default(),
            upgrade_from,
            downgrade_from,
        };
        Ok((settings, Alternatives { names, paths, domains, contexts, schemas: schemas.collect() }))
    }
}

impl Alternatives {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { names, paths, domains, contexts, schemas } = self;
        [names, paths, domains, contexts].iter().all(|list| list.is_empty()) && schemas.is_empty()
    }
}

/// The first value, and the others.
fn first(flags: &[String], file: Option<String>) -> (Option<String>, Vec<String>) {
    let mut values = flags.iter().cloned().chain(file);
    (values.next(), values.collect())
}

fn named(name: &str) -> PayloadSchema {
    if name == "dict" { PayloadSchema::Dict } else { PayloadSchema::Named(name.to_owned()) }
}

/// Schema and shape; else what was found and what is expected.
fn compact(text: &str) -> Result<PayloadSchema, String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_shape = |shape: &str| shape.len() == 8 && shape.bytes().all(is_digit);
    match text.rsplit_once('/') {
        Some((name, shape)) if is_shape(shape) => {
            Ok(PayloadSchema::Compact { name: name.to_owned(), shape: shape.to_owned() })
        }
        _ => Err(format!(
            "{text:?}; expected schema, slash and shape, such as account-1/9777a5f7: CookieSessions::shape() returns the shape"
        )),
    }
}

/// A file of settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    name: Option<String>,
    path: Option<String>,
    domain: Option<String>,
    partitioned: Option<bool>,
    context: Option<String>,
    insecure_http: Option<bool>,
    same_site: Option<SameSiteName>,
    idle_timeout: Option<Length>,
    absolute_timeout: Option<Length>,
    browser_session: Option<bool>,
    padding: Option<usize>,
    max_set_cookie_len: Option<usize>,
    /// The argument of `typed`.
    schema: Option<String>,
    compact: Option<String>,
    upgrade_from: Vec<String>,
    upgrade_from_compact: Vec<String>,
    downgrade_from: Vec<String>,
    downgrade_from_compact: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum SameSiteName {
    Strict,
    Lax,
    None,
}

impl SameSiteName {
    fn value(self) -> SameSite {
        match self {
            Self::Strict => SameSite::Strict,
            Self::Lax => SameSite::Lax,
            Self::None => SameSite::None,
        }
    }
}

/// The own schema, older ones, newer ones.
type FileSchemas = (Option<PayloadSchema>, Vec<PayloadSchema>, Vec<PayloadSchema>);

impl ConfigFile {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failure = |why: String| Failure::Input(format!("{}: {why}", path.display()));
        let mut text = String::new();
        let file = File::open(path).map_err(|error| failure(error.to_string()))?;
        let read = file.take(MAX_FILE + 1).read_to_string(&mut text);
        read.map_err(|error| failure(error.to_string()))?;
        if text.len() as u64 > MAX_FILE {
            return Err(failure(format!("more than {MAX_FILE} bytes; expected a small TOML file")));
        }
        // Without the line that the error's `Display` quotes: a wrong file may be one of secrets.
        toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            failure(format!("line {line}, column {column}: {}", error.message()))
        })
    }

    fn schemas(&self) -> Result<FileSchemas, Failure> {
        if self.schema.is_some() && self.compact.is_some() {
            let both = "the file of settings has schema and compact; expected one of them";
            return Err(Failure::Input(both.to_owned()));
        }
        let of_file = |key: &str, text: &String| {
            compact(text)
                .map_err(|why| Failure::Input(format!("{key} in the file of settings is {why}")))
        };
        let all = |names: &[String], key: &str, compacts: &[String]| {
            let names = names.iter().map(|name| Ok(named(name)));
            names
                .chain(compacts.iter().map(|text| of_file(key, text)))
                .collect::<Result<Vec<_>, _>>()
        };
        let own = self.compact.as_ref().map(|text| of_file("compact", text)).transpose()?;
        Ok((
            own.or_else(|| self.schema.as_deref().map(named)),
            all(&self.upgrade_from, "upgrade_from_compact", &self.upgrade_from_compact)?,
            all(&self.downgrade_from, "downgrade_from_compact", &self.downgrade_from_compact)?,
        ))
    }
}
