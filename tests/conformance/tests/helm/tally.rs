//! Counts what passes, and names what does not.

/// The outcome of a corpus.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, id: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(reason) => self.failed.push(format!("{id}: {reason}")),
        }
    }

    /// Fails below `percent` of the cases, or when there were none.
    #[track_caller]
    pub fn expect(self, percent: f64) {
        let all = self.passed + self.failed.len();
        #[expect(clippy::print_stdout, reason = "the figures are what the run is for")]
        {
            println!("{} of {all} passed\n{}", self.passed, self.failed.join("\n"));
        }
        assert!(all > 0, "the corpus is empty");
        let share = 100.0 * self.passed as f64 / all as f64;
        assert!(share >= percent, "only {share:.2} % passed");
    }
}
