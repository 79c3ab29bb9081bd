//! What is refused before it is linked, and with which words; and what the cache of compiled code survives.

use std::{fs, path::Path};

use windlass_runtime::{LoadError, Runtime, RuntimeOptions, SECTION};
use windlass_tests_guests::HOSTILE;

use super::runtime;

/// The hostile component with one name in place of another of the same length.
fn renamed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut wasm = HOSTILE.to_vec();
    let places: Vec<_> =
        wasm.windows(from.len()).enumerate().filter(|(_, w)| *w == from.as_bytes()).map(|p| p.0).collect();
    assert!(!places.is_empty(), "{from} is not in the component");
    for at in places {
        wasm[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    wasm
}

/// The hostile component with another description of itself.
fn described(json: &str) -> Vec<u8> {
    let body_len = 1 + SECTION.len() + json.len();
    assert!(body_len < 128, "one byte of length");
    [HOSTILE, &[0, body_len as u8, SECTION.len() as u8], SECTION.as_bytes(), json.as_bytes()].concat()
}

fn refusal(wasm: &[u8]) -> (LoadError, String) {
    let error = runtime().load(wasm).map(|plugin| panic!("{plugin:?} was taken")).unwrap_err();
    let message = error.to_string();
    (error, message)
}

#[test]
fn what_is_no_component_says_what_it_is() {
    assert!(matches!(refusal(b"apiVersion: v1").0, LoadError::NotWasm { .. }));
    assert!(matches!(refusal(b"\0asm\x01\0\0\0").0, LoadError::CoreModule));
    assert!(matches!(refusal(&HOSTILE[..HOSTILE.len() / 2]).0, LoadError::NotWasm { .. }));
}

#[test]
fn another_version_is_named_with_the_one_that_is_served() {
    let (error, message) = refusal(&renamed("windlass:plugin/source@0.1.0", "windlass:plugin/source@0.2.0"));
    assert!(matches!(error, LoadError::WrongVersion { .. }));
    assert!(message.contains("windlass:plugin/source@0.2.0") && message.contains("windlass:plugin@0.1.0"), "{message}");
}

#[test]
fn an_import_that_nobody_serves_is_named() {
    let (error, message) = refusal(&renamed("windlass:plugin/log@0.1.0", "acme-inc:plugin/log@0.1.0"));
    assert!(matches!(error, LoadError::Unserved { .. }), "{message}");
    assert!(message.contains("acme-inc:plugin/log@0.1.0"), "{message}");
}

#[test]
fn another_world_is_named() {
    let (error, _) = refusal(&renamed("windlass:plugin/generate@0.1.0", "windlass:plugin/gonorate@0.1.0"));
    assert!(matches!(error, LoadError::WrongWorld { .. }));
}

#[test]
fn a_description_that_the_exports_do_not_bear_out_is_refused() {
    let (error, message) = refusal(&described(r#"{"name":"directory","kind":"health"}"#));
    assert!(matches!(error, LoadError::WrongKind { .. }));
    assert!(message.contains("says it is a health check and exports a generator"), "{message}");
    assert!(matches!(refusal(&described("{")).0, LoadError::Section { .. }));
}

#[test]
fn a_borrowed_name_does_not_hide_the_digest() {
    let plugin = runtime().load(&described(r#"{"name":"directory","kind":"generator"}"#)).unwrap();
    let directory = windlass_components::find("directory").unwrap().wasm().unwrap();
    let real = runtime().load(&directory).unwrap();
    assert_ne!(plugin.name().to_string(), real.name().to_string());
}

fn start(cache: &Path) -> Runtime {
    Runtime::new(RuntimeOptions { cache: Some(cache.to_owned()) }).unwrap()
}

fn compiled(cache: &Path) -> Vec<std::path::PathBuf> {
    let settings = fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    fs::read_dir(settings).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn compiled_code_is_kept_in_private_and_a_damaged_file_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path()).load(HOSTILE).unwrap();
    let [file] = &compiled(folder.path())[..] else { panic!("one file") };
    let whole = fs::read(file).unwrap();
    for damaged in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], b"short", b""] {
        fs::write(file, damaged).unwrap();
        start(folder.path()).load(HOSTILE).unwrap();
        assert!(fs::read(file).unwrap() == whole, "{} bytes were left as they were", damaged.len());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }
}

#[test]
fn a_cache_that_cannot_be_written_only_costs_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "not a folder").unwrap();
    start(&file).load(HOSTILE).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"not a folder");
}
