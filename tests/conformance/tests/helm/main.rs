//! Helm's own tests, and the tests of charts, against the engine.

mod lines;
mod path;
mod strvals;
mod tally;
mod unittest;
