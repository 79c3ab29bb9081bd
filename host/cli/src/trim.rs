//! Gives back to the system what a burst of work has left. glibc keeps freed memory for the next burst: after a
//! thousand first syncs that is more than all else that a controller holds.

/// Runs for as long as the process does.
pub fn start() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    tokio::spawn(glibc::trim_now_and_then());
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::time::Duration;

    const EVERY: Duration = Duration::from_secs(20);

    pub async fn trim_now_and_then() {
        loop {
            tokio::time::sleep(EVERY).await;
            // A walk over the free lists: some milliseconds where much is free, and next to nothing where little is.
            if tokio::task::spawn_blocking(trim).await.is_err() {
                return;
            }
        }
    }

    fn trim() {
        // SAFETY: takes no pointer, and locks what it walks over.
        let _is_less = unsafe { libc::malloc_trim(0) };
    }
}
