//! Finds one field in the beginning of a `multipart/form-data` body (RFC 7578, RFC 2046 section 5.1).
//!
//! ```text
//! body = [preamble] part *( part ) CRLF "--" boundary "--" [epilogue]
//! part = CRLF "--" boundary *( SP / HTAB ) CRLF *( header CRLF ) CRLF content
//!        the CRLF before the first boundary is left out if there is no preamble
//! ```
//!
//! It stops at the end of the part that it looks for, so that a large upload after it is not read. Each byte is
//! looked at once, however the body is cut into frames. What it finds is untrusted; only a token that is right counts.

use bytes::Bytes;
use memchr::memmem;

use crate::csrf::layer::form::parameters::parameter;

/// What was found so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// More of the body is needed.
    Nothing,
    /// The content of the first part with the name.
    Value(Vec<u8>),
    /// The last boundary came before such a part.
    End,
    /// This is not `multipart/form-data` with this boundary.
    Broken,
}

pub(super) struct Scanner {
    /// A CRLF, then the beginning of the body: the first boundary is found like any other.
    text: Vec<u8>,
    delimiter: Vec<u8>,
    /// Where the search goes on.
    at: usize,
    stage: ScanStage,
}

#[derive(Clone, Copy)]
enum ScanStage {
    /// In the preamble, or in the content of another part.
    Content,
    /// Behind a boundary, perhaps behind white space.
    Boundary { is_padded: bool },
    /// In the headers of a part, which start with the CRLF of the boundary.
    Headers { start: usize },
    /// In the content of the part that is looked for.
    Value { start: usize },
}

const CRLF: &[u8] = b"\r\n";

impl Scanner {
    pub(super) fn new(boundary: &[u8]) -> Self {
        let delimiter = [CRLF, b"--", boundary].concat();
        Self { text: CRLF.to_vec(), delimiter, at: 0, stage: ScanStage::Content }
    }

    /// The bytes of the body that it has.
    pub(super) fn len(&self) -> usize {
        self.text.len() - CRLF.len()
    }

    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from(self.text).slice(CRLF.len()..)
    }

    /// Goes on with more of the body.
    pub(super) fn feed(&mut self, bytes: &[u8], name: &str) -> Scanned {
        self.text.extend_from_slice(bytes);
        loop {
            match self.step(name) {
                Ok(stage) => self.stage = stage,
                Err(scanned) => return scanned,
            }
        }
    }

    /// The next stage, or what was found.
    fn step(&mut self, name: &str) -> Result<ScanStage, Scanned> {
        match self.stage {
            ScanStage::Content => {
                self.pass_delimiter()?;
                Ok(ScanStage::Boundary { is_padded: false })
            }
            ScanStage::Boundary { is_padded } => self.pass_boundary(is_padded),
            ScanStage::Headers { start } => self.pass_headers(start, name),
            ScanStage::Value { start } => {
                let end = self.pass_delimiter()?;
                Err(Scanned::Value(self.text[start..end].to_vec()))
            }
        }
    }

    /// Where a delimiter starts; the search goes on behind it.
    fn pass_delimiter(&mut self) -> Result<usize, Scanned> {
        pass(&self.text, &mut self.at, &self.delimiter)
    }

    /// White space and a CRLF, or the two hyphens of the last boundary.
    fn pass_boundary(&mut self, is_padded: bool) -> Result<ScanStage, Scanned> {
        let rest = &self.text[self.at..];
        if !is_padded && rest.starts_with(b"--") {
            return Err(Scanned::End);
        }
        let padding = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
        let is_padded = is_padded || padding > 0;
        // Of a part without headers, the CRLF of the boundary is the first of the two that end them.
        self.at += padding;
        match &rest[padding..] {
            [b'\r', b'\n', ..] => Ok(ScanStage::Headers { start: self.at }),
            [] | [b'\r'] => self.wait(ScanStage::Boundary { is_padded }),
            [b'-'] if !is_padded => self.wait(ScanStage::Boundary { is_padded }),
            _ => Err(Scanned::Broken),
        }
    }

    fn wait(&mut self, stage: ScanStage) -> Result<ScanStage, Scanned> {
        self.stage = stage;
        Err(Scanned::Nothing)
    }

    /// The headers of a part, up to the empty line.
    fn pass_headers(&mut self, start: usize, name: &str) -> Result<ScanStage, Scanned> {
        let end = pass(&self.text, &mut self.at, b"\r\n\r\n")?;
        let is_wanted =
            field_name(&self.text[start..end]).is_some_and(|found| found == name.as_bytes());
        Ok(if is_wanted { ScanStage::Value { start: self.at } } else { ScanStage::Content })
    }
}

/// Where a pattern starts; the search goes on behind it, or where one may have begun.
fn pass(text: &[u8], at: &mut usize, pattern: &[u8]) -> Result<usize, Scanned> {
    if let Some(found) = memmem::find(&text[*at..], pattern) {
        let start = *at + found;
        *at = start + pattern.len();
        Ok(start)
    } else {
        *at = (*at).max((text.len() + 1).saturating_sub(pattern.len()));
        Err(Scanned::Nothing)
    }
}

/// The name of a part's field, of the last `Content-Disposition` if a client sends several: so does `multer`.
fn field_name(headers: &[u8]) -> Option<Vec<u8>> {
    let lines = headers.split(|byte| *byte == b'\n');
    let mut dispositions = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        name.eq_ignore_ascii_case(b"content-disposition").then_some(&value[1..])
    });
    parameter(dispositions.next_back()?, "name").into_iter().next()
}
