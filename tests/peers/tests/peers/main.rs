//! Other people's programs on the embedded API.

mod controller;
mod kubelet;
mod transcripts;
