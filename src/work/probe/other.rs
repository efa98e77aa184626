//! PNG.

use super::bytes::{Bytes, find};
use super::source::Source;
use super::{Damage, Header, ProbeError, Size};

pub(super) fn png(source: &Source<'_>) -> Result<Header, ProbeError> {
    let size = png_size(source.head()).ok_or(ProbeError::Damaged { what: "picture" })?;
    let (_, end) = source.end();
    let whole = find(end, b"IEND").is_some();
    let damage = (!whole).then_some(Damage { promised_bytes: None });
    Ok(Header { picture: Some(size), damage, ..Header::default() })
}

fn png_size(head: &[u8]) -> Option<Size> {
    let mut bytes = Bytes::new(head);
    bytes.skip(12)?;
    if bytes.array()? != *b"IHDR" {
        return None;
    }
    Some(Size { width: bytes.be32()?, height: bytes.be32()? })
}
