//! Packaged charts: a gzip-compressed tar whose members lie below one folder.
//!
//! Members that lead out of that folder are refused, and so is an archive that unpacks to more than
//! [`Budget`] allows. Nothing is written anywhere; links are left out, as Helm does.

use std::io::Read;

use super::load::{ChartFile, strip_bom};

/// Helm's own limit on the decompressed size of one chart, 100 MiB.
pub(crate) const MAX_CHART_BYTES: u64 = 100 * 1024 * 1024;
/// Far above any chart seen; bounds the work done for empty members.
const MAX_MEMBERS: usize = 50_000;

/// How many bytes may still be unpacked, over a chart and all archives nested in it.
#[derive(Debug)]
pub(crate) struct Budget {
    remaining: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { remaining: MAX_CHART_BYTES }
    }
}

impl Budget {
    pub(crate) fn spend(&mut self, bytes: u64) -> Result<(), String> {
        self.remaining = self.remaining.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(())
    }
}

fn too_large() -> String {
    format!("decompressed chart is larger than the maximum size {MAX_CHART_BYTES}")
}

/// Unpacks a packaged chart into its files, names relative to the chart's folder.
pub(crate) fn unpack(data: &[u8], budget: &mut Budget) -> Result<Vec<ChartFile>, String> {
    if data.get(..2) != Some(&[0x1f, 0x8b]) {
        return Err("gzip: invalid header".to_owned());
    }
    // One byte above the budget tells an archive that is too large from one that ends exactly there; the tar
    // headers and padding of small members are what the constant is for.
    let overhead = MAX_MEMBERS as u64 * 1024;
    let plain = flate2::read::MultiGzDecoder::new(data).take(budget.remaining + overhead);
    let mut archive = tar::Archive::new(plain);
    let mut files = Vec::new();
    for (index, member) in archive.entries().map_err(text)?.enumerate() {
        if index >= MAX_MEMBERS {
            return Err(format!("chart archive has more than {MAX_MEMBERS} members"));
        }
        let mut member = member.map_err(text)?;
        if let Some(name) = member_name(&member)? {
            budget.spend(member.size())?;
            let mut data = Vec::new();
            member.read_to_end(&mut data).map_err(text)?;
            files.push(ChartFile { name, data: strip_bom(data) });
        }
    }
    if files.is_empty() { Err("no files in chart archive".to_owned()) } else { Ok(files) }
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}

/// The member's name without the leading folder; none when the member holds no file.
fn member_name<R: Read>(member: &tar::Entry<'_, R>) -> Result<Option<String>, String> {
    let kind = member.header().entry_type();
    if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
        return Ok(None);
    }
    let raw = String::from_utf8_lossy(&member.path_bytes()).into_owned();
    if raw.ends_with('/') {
        return Ok(None);
    }
    let unified = raw.replace('\\', "/");
    let (folder, inside) = unified.split_once('/').unwrap_or((&unified, ""));
    if inside.starts_with('/') {
        return Err("chart illegally contains absolute paths".to_owned());
    }
    let name = clean(inside)?;
    if name.is_empty() {
        return Err(match folder {
            "Chart.yaml" => "chart yaml not in base directory".to_owned(),
            _ => format!("chart illegally contains content outside the base directory: {raw:?}"),
        });
    }
    if has_drive(&name) {
        return Err("chart contains illegally named files".to_owned());
    }
    Ok(Some(name))
}

fn clean(path: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or("chart illegally references parent directory")?;
            }
            part => parts.push(part),
        }
    }
    match parts.first() {
        Some(first) if first.starts_with("..") => Err("chart illegally references parent directory".to_owned()),
        _ => Ok(parts.join("/")),
    }
}

fn has_drive(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/"
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(members: &[(&str, &[u8])]) -> Vec<u8> {
        let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut archive = tar::Builder::new(gzip);
        for (name, data) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            archive.append(&header, *data).unwrap();
        }
        let mut gzip = archive.into_inner().unwrap();
        gzip.flush().unwrap();
        gzip.finish().unwrap()
    }

    #[track_caller]
    fn check(name: &str, expected: Result<&str, &str>) {
        let unpacked = unpack(&packed(&[(name, b"x")]), &mut Budget::default());
        let first = unpacked.as_ref().map(|files| files[0].name.as_str());
        match expected {
            Ok(name) => assert_eq!(first, Ok(name)),
            Err(part) => assert!(unpacked.unwrap_err().contains(part), "{name}"),
        }
    }

    #[test]
    fn members_lose_their_leading_folder() {
        check("chart/templates/a.yaml", Ok("templates/a.yaml"));
        check("chart\\templates\\a.yaml", Ok("templates/a.yaml"));
        check("chart/./a/../b", Ok("b"));
    }

    #[test]
    fn members_that_lead_out_are_refused() {
        check("chart/../../etc/passwd", Err("parent directory"));
        check("chart//etc/passwd", Err("absolute paths"));
        check("chart/c:/windows", Err("illegally named"));
        check("Chart.yaml", Err("chart yaml not in base directory"));
        check("stray", Err("outside the base directory"));
    }

    #[test]
    fn an_archive_above_the_budget_is_refused() {
        let mut budget = Budget { remaining: 10 };
        let packed = packed(&[("c/a", &[0; 8]), ("c/b", &[0; 8])]);
        assert!(unpack(&packed, &mut budget).unwrap_err().contains("larger than the maximum size"));
    }

    #[test]
    fn what_is_not_gzip_is_refused() {
        assert_eq!(unpack(b"apiVersion: v2", &mut Budget::default()).unwrap_err(), "gzip: invalid header");
    }
}
