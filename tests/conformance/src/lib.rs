//! Measures the engines against what the tools they replace give, over corpora that are not part of the project.
//!
//! The folder of the corpora is named by the environment variable `WINDLASS_CORPORA`; without it the tests say so and
//! pass. The binary `helm-render` takes what `windlass render` takes, for scoring from outside.

pub mod corpora;
pub mod directory;
