//! The pure side of reconciliation: what an application's state is, and what to do next about it.
//!
//! `assess` turns desired and live objects into sync status, health and resource rows; `automation`
//! decides whether a sync starts by itself; `Run` is the state machine of one sync. Each takes the
//! clock and the cluster as values and gives a decision back; nothing here acts.

pub mod assess;
pub mod automation;
mod impersonation;
pub mod live;
pub mod obstacle;
pub mod plan;
pub mod project;
mod pruning;
pub mod results;
pub mod retry;
pub mod run;
mod run_options;
pub mod task;
pub mod windows;

pub use assess::{Assessment, Pair, Surroundings, assess};
pub use automation::{AutoSync, Idle, auto_sync};
pub use live::{Live, Observed};
pub use obstacle::{Obstacle, obstacles};
pub use plan::{PlanError, plan};
pub use project::ProjectRules;
pub use run::{Batch, Past, Run, Step};
pub use run_options::{PruneCap, RunOptions};
pub use task::{Outcome, Task};
