//! Versions and constraints as Masterminds/semver v3 reads them: lenient, and not cargo's rules.

mod constraint;
mod version;

pub use self::constraint::Constraints;
pub use self::version::{Increment, Version};
