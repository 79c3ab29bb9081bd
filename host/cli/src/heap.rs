//! How glibc keeps the memory of this process. A controller parses much and keeps some of it for long: left to itself,
//! glibc holds a pool for each thread, and between what is kept it leaves gaps that nothing fills.

/// Call it before the first thread is started.
pub fn settle() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::settle();
}

/// Gives back now and then what a burst of work has left, for as long as the process runs: after a thousand first syncs
/// that is more than all else that a controller holds.
pub fn trim_now_and_then() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    tokio::spawn(glibc::trim_now_and_then());
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::time::Duration;

    /// With one for each thread, a cluster's objects and what was freed beside them would lie in all of them.
    const POOLS: libc::c_int = 2;
    const EVERY: Duration = Duration::from_secs(20);

    /// What is refused stays as it was: that costs memory and nothing else.
    pub fn settle() {
        // SAFETY: sets two numbers, and no other thread runs yet. Without fast bins, what is freed is joined with its
        // neighbours at once.
        let _is_set = unsafe { [libc::mallopt(libc::M_ARENA_MAX, POOLS), libc::mallopt(libc::M_MXFAST, 0)] };
    }

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
