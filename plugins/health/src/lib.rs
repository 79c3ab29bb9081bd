//! The health check of built-in and well-known kinds.
use windlass_sdk::health::{Health, Verdict};
struct BuiltIn;
impl Health for BuiltIn {
    fn assess(_: &serde_json::Value) -> Verdict {
        Verdict::none()
    }
}
windlass_sdk::export_health!(BuiltIn);
