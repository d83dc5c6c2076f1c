//! A certificate made for the run.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

/// A self-signed certificate in PEM files, which go with it.
#[derive(Debug)]
pub struct Certificate {
    dir: TempDir,
    pem: String,
    public_key: Vec<u8>,
}

impl Certificate {
    /// For hosts, by name or address.
    pub fn of(hosts: &[&str]) -> Self {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(hosts).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("cert.pem"), cert.pem()).unwrap();
        fs::write(dir.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self {
            pem: cert.pem(),
            public_key: rcgen::PublicKeyData::subject_public_key_info(&signing_key),
            dir,
        }
    }

    pub fn chain(&self) -> PathBuf {
        self.path("cert.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.path("key.pem")
    }

    /// The directives with which nginx serves it.
    pub fn for_nginx(&self) -> String {
        let (chain, key) = (self.chain(), self.key());
        format!("ssl_certificate {}; ssl_certificate_key {};", chain.display(), key.display())
    }

    /// For clients that are to trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The `SubjectPublicKeyInfo` of RFC 5280, in DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// The cryptography of rustls, for everybody in this process.
pub fn install_provider() {
    // It may be there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
