//! libFuzzer's way into [`windlass_tests_fuzz::kustomization`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| windlass_tests_fuzz::kustomization(data));
