//! Takes the names of functions and files apart, without what differs from build to build.

/// The parts of a section's name: what sort it is of, then crate, modules, type and function. Written one after the
/// other they are a pattern for the linker, and so are the first few of them with `*` behind.
pub fn parts(section: &str) -> Vec<String> {
    let Some(start) = section.find("._ZN") else {
        return vec![without_disambiguators(section)];
    };
    let (sort, path) = section.split_at(start + "._ZN".len());
    let mut parts = vec![sort.to_owned()];
    let mut rest = path;
    while let Some((digits, name, behind)) = part(rest) {
        if behind.starts_with('E') {
            parts.push("17h".to_owned());
            break;
        }
        parts.extend(names(digits, name));
        rest = behind;
    }
    parts
}

/// `8wasmtime6engine17h0123456789abcdefE`: each part has its length before it, the last is a hash.
fn part(path: &str) -> Option<(&str, &str, &str)> {
    let (digits, rest) = path.split_at(path.find(|sign: char| !sign.is_ascii_digit())?);
    let (name, rest) = rest.split_at_checked(digits.parse().ok()?)?;
    Some((digits, name, rest))
}

/// An implementation is one part in the mangled name, with `..` between the names in it.
fn names(digits: &str, name: &str) -> Vec<String> {
    if !name.starts_with("_$") {
        return vec![format!("{digits}{name}")];
    }
    let mut names = name.split("..");
    let first = format!("{}{}", "?".repeat(digits.len()), names.next().unwrap_or_default());
    std::iter::once(first).chain(names.map(|name| format!("..{name}"))).collect()
}

/// The standard library is mangled in the newer way: `Cs1a2B3c4D5e6_4core`, where what stands between `Cs` and `_`
/// tells one build of a crate from others.
fn without_disambiguators(section: &str) -> String {
    let mut pieces = section.split("Cs");
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let hash = piece.split('_').next().unwrap_or_default();
        let is_hash = hash.len() > 8 && hash.chars().all(char::is_alphanumeric) && hash.len() < piece.len();
        name += "Cs";
        name += if is_hash { "*" } else { hash };
        name += &piece[hash.len()..];
    }
    name
}

/// The files of a crate as a pattern: `*/libwasmtime-*` for a library. `None` for what rustc did not make.
pub fn files(path: &str) -> Option<String> {
    let (path, member) = path.split_once('(').unwrap_or((path, ""));
    let (crate_name, _) = path.rsplit_once('/')?.1.split_once('-')?;
    let is_of_rustc = path.ends_with(".rlib") || (member.is_empty() && path.ends_with(".rcgu.o"));
    is_of_rustc.then(|| format!("*/{crate_name}-*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_differs_from_build_to_build() {
        let legacy = parts(".text._ZN8wasmtime6engine17h0123456789abcdefE");
        assert_eq!(legacy, [".text._ZN", "8wasmtime", "6engine", "17h"]);
        let newer = parts(".text._RNvMNtCs1a2B3c4D5e6_5alloc6stringNtB2_6String3new");
        assert_eq!(newer, [".text._RNvMNtCs*_5alloc6stringNtB2_6String3new"]);
        assert_eq!(parts(".text.memcpy"), [".text.memcpy"]);
    }

    #[test]
    fn files_are_known_by_their_crate_and_only_those_of_rustc() {
        let library = "target/release/deps/libwasmtime-0123.rlib(wasmtime.0.rcgu.o)";
        assert_eq!(files(library).as_deref(), Some("*/libwasmtime-*"));
        assert_eq!(files("target/release/deps/windlass-0123.windlass.1.rcgu.o").as_deref(), Some("*/windlass-*"));
        assert_eq!(files("/usr/lib/crt1.o"), None);
    }
}
