//! What the binary carries of a component: its digest, an outline that can be read without unpacking the rest, and
//! the whole of it deflated. Made at build time, so that a short command hashes and unpacks nothing.

use std::io::{self, Write};

use flate2::{Compression, write::DeflateEncoder};
use sha2::{Digest, Sha256};

/// Magic number, version and layer: what stands before the first section.
const PREAMBLE: usize = 8;
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 10;
const EXPORTS: u8 = 11;
const DESCRIPTION: &[u8] = b"windlass:plugin";

pub struct Packed {
    pub digest: [u8; 32],
    pub outline: Vec<u8>,
    pub deflated: Vec<u8>,
}

pub fn pack(wasm: &[u8]) -> Result<Packed, String> {
    let outline = outline(wasm).ok_or("the component ends inside a section")?;
    let deflated = deflate(wasm).map_err(|error| error.to_string())?;
    Ok(Packed { digest: Sha256::digest(wasm).into(), outline, deflated })
}

fn deflate(wasm: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(wasm)?;
    encoder.finish()
}

/// The component with nothing but its imports, its exports and what it says of itself.
fn outline(wasm: &[u8]) -> Option<Vec<u8>> {
    let (preamble, mut rest) = wasm.split_at_checked(PREAMBLE)?;
    let mut outline = preamble.to_vec();
    while let [id, after @ ..] = rest {
        let (length, start) = leb128(after)?;
        let body = after.get(start..start.checked_add(length)?)?;
        let end = 1 + start + length;
        if matches!(*id, IMPORTS | EXPORTS) || (*id == CUSTOM && is_description(body)) {
            outline.extend(&rest[..end]);
        }
        rest = &rest[end..];
    }
    Some(outline)
}

fn is_description(custom: &[u8]) -> bool {
    let name = leb128(custom).and_then(|(length, start)| custom.get(start..start.checked_add(length)?));
    name == Some(DESCRIPTION)
}

/// A number, and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
}
