//! The linker's map: which function came to lie where.

use crate::names;

pub struct Function {
    pub address: u64,
    pub size: u64,
    /// Which files it may have come from: those of its crate.
    pub files: String,
    /// Each function has a section to itself.
    pub section: String,
}

/// Functions of crates, as lld tells of them.
pub fn functions(map: &str) -> Vec<Function> {
    map.lines().filter_map(function).collect()
}

/// `12a1e80 10a0e80 3c 16 <path>/libcore-1234.rlib(core.o):(.text._ZN4core3fmt5write17h0123456789abcdefE)`: address,
/// address when loaded, size, alignment, and where it is from.
fn function(line: &str) -> Option<Function> {
    let mut columns = line.split_whitespace();
    let [address, _, size] =
        [columns.next()?, columns.next()?, columns.next()?].map(|hex| u64::from_str_radix(hex, 16));
    let (path, section) = columns.nth(1)?.strip_suffix(')')?.split_once(":(")?;
    let is_code = section.starts_with(".text.");
    let function =
        Function { address: address.ok()?, size: size.ok()?, files: names::files(path)?, section: section.to_owned() };
    (is_code && function.address > 0 && function.size > 0).then_some(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_of_a_function_where_it_is_one_of_a_crate() {
        let map = "\
          2a1e80   2a1e80       3c    16         deps/libcore-12.rlib(core.o):(.text._ZN4core3fmt17h01E)
          2a1e80   2a1e80       3c     1                 core::fmt
          2a1f00   2a1f00       40    16         deps/libcore-12.rlib(core.o):(.rodata.str)
               0        0       3c    16         deps/libcore-12.rlib(core.o):(.text._ZN4core3out17h01E)";
        let [function] = &functions(map)[..] else { panic!("one function") };
        assert_eq!((function.address, function.size), (0x2a_1e80, 0x3c));
        assert_eq!((function.files.as_str(), function.section.as_str()), ("*/libcore-*", ".text._ZN4core3fmt17h01E"));
    }
}
