//! Packaged charts: gzip-compressed tars, and their digests.

use sha2::{Digest as _, Sha256};

/// Packs files; names are taken as they are, also those that no honest tool writes.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for (name, body) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, *body).expect("memory takes everything");
    }
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("memory takes everything")
}

/// What an index says of an archive.
pub fn digest(archive: &[u8]) -> String {
    Sha256::digest(archive).iter().map(|byte| format!("{byte:02x}")).collect()
}
