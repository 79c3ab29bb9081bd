//! libFuzzer's way into [`windlass_tests_fuzz::field_path`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| windlass_tests_fuzz::field_path(data));
