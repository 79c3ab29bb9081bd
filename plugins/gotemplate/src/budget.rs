//! Bounds on one execution. A template is a program; these are what ends it.

use crate::error::{Failure, Limit};

/// What one execution may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Templates executing inside one another, through `template` or a function.
    pub depth: u32,
    /// Nodes walked, commands run and loop turns, roughly.
    pub steps: u64,
    /// Bytes written, over all nested executions.
    pub output: usize,
    /// Bytes of the longest text that a function may answer with: text is doubled faster than steps are counted.
    pub text: usize,
}

impl Default for Budget {
    /// As deep as Go goes in WebAssembly (1,000), and sizes no sane chart comes near.
    fn default() -> Self {
        Budget { depth: 1000, steps: 200_000_000, output: 256 << 20, text: 32 << 20 }
    }
}

impl Budget {
    pub(crate) fn step(&mut self) -> Result<(), Failure> {
        self.spend_steps(1)
    }

    pub(crate) fn spend_steps(&mut self, count: u64) -> Result<(), Failure> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Failure::limit(Limit::Steps, "template ran for too many steps")),
        }
    }

    pub(crate) fn check_text(&self, bytes: usize) -> Result<(), Failure> {
        if bytes > self.text { Err(Failure::limit(Limit::Output, "text became too long")) } else { Ok(()) }
    }

    pub(crate) fn spend_output(&mut self, bytes: usize) -> Result<(), Failure> {
        match self.output.checked_sub(bytes) {
            Some(left) => {
                self.output = left;
                Ok(())
            }
            None => Err(Failure::limit(Limit::Output, "template wrote too much")),
        }
    }
}
