//! What holds a prune back: no permission, a confirmation that is missing, too much at once.

use windlass_diff::options::Permission;
use windlass_model::names;

use crate::{
    run::Run,
    task::{Outcome, Task},
};

impl Run {
    /// What a wave's prunes wait for.
    pub(crate) fn unconfirmed(&self, wave: &[usize]) -> Option<String> {
        if self.options.confirmed || !self.options.prune {
            return None;
        }
        let prunes: Vec<&Task> = wave.iter().map(|index| &self.tasks[*index]).filter(|task| task.is_prune()).collect();
        if prunes.is_empty() {
            return None;
        }
        self.excess().or_else(|| self.unapproved(&prunes))
    }

    fn unapproved(&self, prunes: &[&Task]) -> Option<String> {
        let of_application = self.options.sync.prune;
        let waiting: Vec<&&Task> = prunes.iter().filter(|task| task.needs_prune_confirmation(of_application)).collect();
        let first = waiting.first()?.label();
        let more = waiting.len() - 1;
        let rest = if more == 0 { String::new() } else { format!(" and {more} more resources") };
        Some(format!("waiting for pruning confirmation of {first}{rest}"))
    }

    /// Why the whole of what is to be pruned is too much.
    fn excess(&self) -> Option<String> {
        let percent = usize::from(self.options.prune_cap.percent?);
        let weight = |task: &Task| 1 + self.options.prune_cap.contents.get(&task.key).copied().unwrap_or(0);
        let doomed: usize = self.tasks.iter().filter(|task| self.is_doomed(task)).map(weight).sum();
        let all = self.options.prune_cap.objects.max(doomed);
        (doomed * 100 > all * percent).then(|| {
            format!(
                "waiting for confirmation, by annotation {} with the time of it: {doomed} of {all} objects would be \
                 pruned, which is more than {percent} %",
                names::DELETION_APPROVED,
            )
        })
    }

    fn is_doomed(&self, task: &Task) -> bool {
        task.is_prune() && self.refused_prune(task).is_none()
    }

    /// What a prune comes to without asking the cluster.
    pub fn prune_skipped(&self, task: usize) -> Option<Outcome> {
        let message = self.refused_prune(&self.tasks[task])?;
        Some(Outcome::PruneSkipped { message: message.into() })
    }

    fn refused_prune(&self, task: &Task) -> Option<&'static str> {
        let permission = task.live_options().prune.unwrap_or(self.options.sync.prune);
        if !self.options.prune {
            Some("ignored (requires pruning)")
        } else if permission == Permission::Refused {
            Some("ignored (no prune)")
        } else {
            None
        }
    }
}
