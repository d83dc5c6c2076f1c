//! Sessions that were logged out, one label on each line of a file: a store that is easy to break, for this program.

use std::path::PathBuf;

use sealed_session::{AsyncRevocation, RevocationQuery, RevokedSession, Unavailable};
use tokio::fs;
use tokio::io::AsyncWriteExt;

/// The file. While it is missing, nobody knows which sessions are revoked: requests with a session get a 503.
pub struct RevokedFile(pub PathBuf);

impl AsyncRevocation for RevokedFile {
    async fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
        let labels = fs::read_to_string(&self.0).await.map_err(Unavailable::new)?;
        Ok(labels.lines().any(|label| label == query.label().as_str()))
    }

    async fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable> {
        let line = format!("{}\n", session.label());
        let mut file =
            fs::File::options().append(true).open(&self.0).await.map_err(Unavailable::new)?;
        file.write_all(line.as_bytes()).await.map_err(Unavailable::new)?;
        file.sync_all().await.map_err(Unavailable::new)
    }
}
