//! Has the linker fold functions that came out as the same code, of which generic Rust makes many, and give the binary
//! a fixed address. Otherwise the loader would write 89,000 addresses into 380 pages at each start, and copy every one
//! of them: that was half of the time from the start of the process to `main`. And has it put the functions of a small
//! `render` side by side: the kernel maps files by sixteen pages, so that one megabyte of code, scattered over all the
//! binary, took fourteen of memory.

use std::env;

/// Set by who wants each function to be found under its own name, as `tests/bench/layout` does.
const UNFOLDED: &str = "WINDLASS_UNFOLDED";

fn main() {
    println!("cargo::rerun-if-env-changed={UNFOLDED}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=small.ld");
    if is_linked_by_lld() {
        if env::var_os(UNFOLDED).is_none() {
            println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        }
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-arg-bins=-T{}/small.ld", env!("CARGO_MANIFEST_DIR"));
    }
}

/// rustc brings lld for this target and uses it, unless somebody names a linker. Builds without optimisation are spared
/// the time.
fn is_linked_by_lld() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    is("TARGET", "x86_64-unknown-linux-gnu") && is("PROFILE", "release") && !names_linker()
}

fn names_linker() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    flags.contains("linker") || flags.contains("fuse-ld") || env::var_os("RUSTC_LINKER").is_some()
}
