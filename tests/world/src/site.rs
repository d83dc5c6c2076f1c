//! `examples/forms`, as people reach it: every name under `test`, and `localhost`, is its own.

use std::process::Command;

use sealed_session::Secret;

use crate::{Certificate, Nginx, Program, example};

/// A site that runs until it is dropped.
#[derive(Debug)]
pub struct Site {
    // nginx goes first, while there is somebody behind it.
    nginx: Option<Nginx>,
    forms: Program,
    secret: String,
}

impl Site {
    /// nginx has the certificate, and passes requests on over HTTP.
    pub fn behind_nginx(certificate: &Certificate) -> Self {
        let secret = new_secret();
        let forms = Program::start(forms(&secret).env("PORT", "0"));
        let nginx = Nginx::start(|[port]| {
            format!(
                "server {{
                     listen 127.0.0.1:{port} ssl;
                     ssl_certificate {}; ssl_certificate_key {};
                     location / {{ proxy_pass {}; }}
                 }}",
                certificate.chain().display(),
                certificate.key().display(),
                forms.address()
            )
        });
        Self { nginx: Some(nginx), forms, secret }
    }

    /// rustls has the certificate; `forms_rustls` is where that program is.
    pub fn with_rustls(forms_rustls: &str, certificate: &Certificate) -> Self {
        let secret = new_secret();
        let mut command = Command::new(forms_rustls);
        command.arg(certificate.chain()).arg(certificate.key()).env("SESSION_SECRET", &secret);
        Self { nginx: None, forms: Program::start(&mut command), secret }
    }

    /// Without TLS, as in development.
    pub fn in_the_clear() -> Self {
        let secret = new_secret();
        let forms = Program::start(forms(&secret).arg("--dev").env("PORT", "0"));
        Self { nginx: None, forms, secret }
    }

    /// The same site behind nginx, started again with its clock so many seconds ahead. It forgets its accounts.
    #[must_use = "it ends with what is dropped"]
    pub fn ahead(self, seconds: u64) -> Self {
        let Self { nginx, forms: running, secret } = self;
        let port = running.address().rsplit(':').next().unwrap().to_owned();
        running.kill();
        let mut command = forms(&secret);
        command.env("PORT", port).arg(seconds.to_string());
        Self { nginx, forms: Program::start(&mut command), secret }
    }

    /// `https://localhost:1234`
    pub fn origin(&self, host: &str) -> String {
        let (scheme, forms) = self.forms.address().split_once("://").unwrap();
        match &self.nginx {
            Some(nginx) => format!("https://{host}:{}", nginx.port()),
            None => format!("{scheme}://{host}:{}", forms.rsplit(':').next().unwrap()),
        }
    }
}

fn new_secret() -> String {
    Secret::generate().expose_base64url().to_string()
}

fn forms(secret: &str) -> Command {
    let mut command = example("forms", "axum,csrf,flash,revocation");
    command.env("SESSION_SECRET", secret);
    command
}
