//! Packaged charts, unpacked in memory: a gzip-compressed tar whose members lie below one folder.
//!
//! Members and links that lead out of that folder are refused, and so is an archive that holds more than its limits
//! allow. Links inside are left out, as Helm does.

use std::{
    io::{self, Read},
    sync::Arc,
};

use tar::EntryType;
use windlass_model::TreePath;

use crate::{Limits, packed_tree::PackedTree};

/// Bytes up to which the ratio does not count: small archives of one repeated line are common.
const FREE_OF_RATIO: u64 = 1 << 20;

/// What a tar holds beside the bytes of a member: its header, padding and long name.
const OVERHEAD: u64 = 2048;

/// Unpacks; names lose their first component.
pub(crate) fn unpack(archive: &[u8], limits: &Limits) -> Result<PackedTree, String> {
    if !archive.starts_with(&[0x1f, 0x8b]) {
        return Err("it is no gzip archive".to_owned());
    }
    let most = limits.unpacked_bytes + limits.archive_entries as u64 * OVERHEAD;
    let plain = flate2::read::MultiGzDecoder::new(archive).take(most);
    let mut unpacked = Unpacked { limits, packed: archive.len() as u64, bytes: 0, entries: 0, files: Vec::new() };
    let mut archive = tar::Archive::new(plain);
    for member in archive.entries().map_err(broken)? {
        unpacked.add(member.map_err(broken)?)?;
    }
    PackedTree::new(unpacked.files)
}

fn broken(error: io::Error) -> String {
    format!("it cannot be read to its end: {error}")
}

struct Unpacked<'a> {
    limits: &'a Limits,
    packed: u64,
    bytes: u64,
    entries: usize,
    files: Vec<(TreePath, Arc<[u8]>)>,
}

impl Unpacked<'_> {
    fn add<R: Read>(&mut self, mut member: tar::Entry<'_, R>) -> Result<(), String> {
        self.entries += 1;
        if self.entries > self.limits.archive_entries {
            return Err(format!("it has more than {} entries (archive_entries)", self.limits.archive_entries));
        }
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let inside = inside(&name).ok_or_else(|| format!("{name:?} leads out of it"))?;
        match member.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Symlink | EntryType::Link => return check_link(&member, &name),
            _ => return Ok(()),
        }
        // A file beside the one folder is no part of the chart, and has no place in it.
        let Some(path) = inside.filter(|path| !path.as_str().is_empty()) else { return Ok(()) };
        self.spend(member.size(), &name)?;
        let mut body = Vec::new();
        member.read_to_end(&mut body).map_err(broken)?;
        self.files.push((path, Arc::from(body)));
        Ok(())
    }

    fn spend(&mut self, bytes: u64, name: &str) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.unpacked_bytes {
            let limit = self.limits.unpacked_bytes;
            return Err(format!("with {name:?} it unpacks to more than {limit} bytes (unpacked_bytes)"));
        }
        let ratio = self.limits.archive_ratio;
        if self.bytes > FREE_OF_RATIO && self.bytes > self.packed.saturating_mul(ratio) {
            return Err(format!("with {name:?} it unpacks to more than {ratio} times its size (archive_ratio)"));
        }
        Ok(())
    }
}

/// Where a member lies below the folder, `Some(None)` for what lies beside it; `None` where the name leads out.
fn inside(name: &str) -> Option<Option<TreePath>> {
    let name = name.replace('\\', "/");
    if name.starts_with('/') || has_drive(&name) {
        return None;
    }
    let (_, inside) = match name.trim_start_matches("./").split_once('/') {
        Some(parts) => parts,
        None if name == ".." => return None,
        None => return Some(None),
    };
    if name.trim_start_matches("./").starts_with("../") || inside.starts_with('/') || has_drive(inside) {
        return None;
    }
    TreePath::parse(inside).map(Some)
}

fn has_drive(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

/// A link may only lead to another place below its folder.
fn check_link<R: Read>(member: &tar::Entry<'_, R>, name: &str) -> Result<(), String> {
    let target = member.link_name_bytes().unwrap_or_default();
    let target = String::from_utf8_lossy(&target).replace('\\', "/");
    let is_inside = match member.header().entry_type() {
        // A hard link names a member from the top, a symbolic one a place from where it stands.
        EntryType::Link => inside(&target).is_some(),
        _ if target.starts_with('/') || has_drive(&target) => false,
        _ => {
            let folder = inside(name).flatten().unwrap_or_default().parent();
            folder.join(&target).is_some()
        }
    };
    if is_inside { Ok(()) } else { Err(format!("{name:?} is a link that leads out of it, to {target:?}")) }
}

#[cfg(test)]
mod tests {
    use windlass_model::Tree as _;

    use super::*;

    struct Member<'a> {
        name: &'a str,
        kind: EntryType,
        body: &'a [u8],
        link: &'a str,
    }

    fn file<'a>(name: &'a str, body: &'a [u8]) -> Member<'a> {
        Member { name, kind: EntryType::Regular, body, link: "" }
    }

    fn link<'a>(name: &'a str, kind: EntryType, link: &'a str) -> Member<'a> {
        Member { name, kind, body: b"", link }
    }

    /// Names go in unchecked, as somebody hostile would put them.
    fn packed(members: &[Member<'_>]) -> Vec<u8> {
        let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let mut archive = tar::Builder::new(gzip);
        for member in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(member.body.len() as u64);
            header.set_entry_type(member.kind);
            header.as_old_mut().name[..member.name.len()].copy_from_slice(member.name.as_bytes());
            header.as_old_mut().linkname[..member.link.len()].copy_from_slice(member.link.as_bytes());
            header.set_cksum();
            archive.append(&header, member.body).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    fn limits() -> Limits {
        Limits { unpacked_bytes: 4 << 20, archive_entries: 100, ..Limits::default() }
    }

    fn refusal(members: &[Member<'_>]) -> String {
        unpack(&packed(members), &limits()).err().unwrap_or_default()
    }

    #[test]
    fn members_lose_their_first_folder_and_links_inside_are_left_out() {
        let tree = unpack(
            &packed(&[
                file("web/Chart.yaml", b"c"),
                file("./web/templates/a.yaml", b"a"),
                file("stray", b"s"),
                link("web/link", EntryType::Symlink, "templates/a.yaml"),
                link("web/templates/up", EntryType::Symlink, "../Chart.yaml"),
            ]),
            &limits(),
        )
        .unwrap();
        let names = |path: &str| {
            let entries = tree.read_dir(&TreePath::parse(path).unwrap()).unwrap();
            entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>()
        };
        assert_eq!(
            (names(""), names("templates")),
            (vec!["Chart.yaml".into(), "templates".into()], vec!["a.yaml".into()])
        );
    }

    #[test]
    fn what_leads_out_is_refused() {
        for name in ["web/../../etc/passwd", "/etc/passwd", "web//etc/passwd", "../web/a", "c:/a", "web/c:/a", "..\\a"]
        {
            assert!(refusal(&[file(name, b"x")]).contains("leads out"), "{name}");
        }
        for (kind, target) in [
            (EntryType::Symlink, "/etc/passwd"),
            (EntryType::Symlink, "../../etc/passwd"),
            (EntryType::Link, "/etc/passwd"),
            (EntryType::Link, "web/../../etc/passwd"),
        ] {
            assert!(refusal(&[link("web/link", kind, target)]).contains("leads out"), "{target}");
        }
    }

    #[test]
    fn bombs_are_refused_by_entries_bytes_and_ratio() {
        let many: Vec<_> = (0..101).map(|_| file("web/a", b"")).collect();
        assert!(refusal(&many).contains("archive_entries"));
        let noise: Vec<u8> = (0..5u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(refusal(&[file("web/a", &noise)]).contains("unpacked_bytes"));
        assert!(refusal(&[file("web/a", &vec![0; 2 << 20])]).contains("archive_ratio"));
        // A size that is not there.
        let mut cut = packed(&[file("web/a", &noise[..1 << 20])]);
        cut.truncate(cut.len() / 2);
        assert!(unpack(&cut, &limits()).err().unwrap_or_default().contains("to its end"));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert!(unpack(b"<html>", &limits()).err().unwrap_or_default().contains("gzip"));
        assert!(refusal(&[file("web/a", b""), file("web/a/b", b"")]).contains("both"));
    }
}
