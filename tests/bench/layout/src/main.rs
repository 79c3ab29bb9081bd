//! Finds out which functions a small `windlass render` calls, and writes `host/cli/small.ld`, by which the linker puts
//! them side by side. To be run when much of what a render does has changed; a list that is out of date costs memory,
//! nothing else. It wants a binary with all its symbols and no two functions folded into one, and the linker's map:
//!
//!     WINDLASS_UNFOLDED=1 cargo rustc --release -p windlass-cli --bin windlass -- \
//!         -C strip=none -C link-arg=-Wl,-Map=target/windlass.map
//!     target/release/windlass render tests/bench/inputs/overlay >/dev/null
//!     target/release/windlass render tests/bench/inputs/shop >/dev/null
//!     cargo run --release -p windlass-tests-bench-layout -- target/windlass.map target/release/windlass
//!
//! The two renders are there to fill the cache of compiled plugins. Works on Linux and x86-64, like the script.

mod map;
mod names;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trace;
mod tree;

use std::{
    collections::{BTreeMap, HashSet},
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use map::Function;
use tree::Tree;

type Failure = Box<dyn std::error::Error>;

/// A kustomization and a chart.
const INPUTS: [&str; 2] = ["overlay", "shop"];

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod trace {
    pub fn called(_: &mut super::Command, _: &[u64]) -> Result<super::HashSet<u64>, super::Failure> {
        Err("breakpoints are set on Linux on x86-64 only".into())
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(map), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err("name the linker's map and the binary".into());
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let functions = map::functions(&fs::read_to_string(map)?);
    let addresses: Vec<u64> = functions.iter().map(|function| function.address).collect();
    let mut called = HashSet::new();
    for input in INPUTS {
        let input = root.join("tests/bench/inputs").join(input);
        called.extend(trace::called(Command::new(&program).arg("render").arg(input), &addresses)?);
    }
    fs::write(root.join("host/cli/small.ld"), script(&functions, &called)?)?;
    Ok(())
}

fn script(functions: &[Function], called: &HashSet<u64>) -> Result<String, Failure> {
    let mut crates: BTreeMap<&str, Tree> = BTreeMap::new();
    for function in functions {
        let is_called = called.contains(&function.address);
        let tree = crates.entry(&function.files).or_default();
        tree.add(&names::parts(&function.section), function.size, is_called);
    }
    let mut script = HEAD.to_owned();
    for (files, tree) in crates {
        let sections = tree.patterns();
        if !sections.is_empty() {
            writeln!(script, "    {files}(\n      {}\n    )", sections.join("\n      "))?;
        }
    }
    Ok(script + TAIL)
}

const HEAD: &str = "\
/* A table for lld: the functions of a small `windlass render`, side by side, so that it maps few pages of the binary.
   Written by tests/bench/layout, which says how to write it anew. Each block has the files of a crate, and beginnings
   of mangled names without the hashes of a build. What is not found does no harm. */
SECTIONS {
  .text.small : {
";
const TAIL: &str = "  }\n}\nINSERT BEFORE .text;\n";
