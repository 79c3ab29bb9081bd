//! Runs a program with a breakpoint on each of its functions, which goes with its first call: exact where sampling sees
//! nothing, in a run of milliseconds that calls most functions once.

use std::{
    collections::{HashMap, HashSet},
    fs::{File, OpenOptions},
    io,
    mem::offset_of,
    os::unix::{fs::FileExt, process::CommandExt},
    process::{Command, Stdio},
    ptr,
};

use libc::{c_int, c_uint, c_void, pid_t};

const BREAKPOINT: u8 = 0xcc;

struct Program {
    memory: File,
    /// What stood where a breakpoint stands now, or stood.
    replaced: HashMap<u64, u8>,
    called: HashSet<u64>,
}

/// Which of the functions at these addresses the command calls.
pub fn called(command: &mut Command, functions: &[u64]) -> io::Result<HashSet<u64>> {
    // SAFETY: ptrace is a system call, which may be made between fork and exec.
    unsafe { command.stdout(Stdio::null()).pre_exec(|| ask(libc::PTRACE_TRACEME, 0, 0, 0).map(drop)) };
    let main = pid_t::try_from(command.spawn()?.id()).map_err(io::Error::other)?;
    wait(main)?;
    let options = libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
    ask(libc::PTRACE_SETOPTIONS, main, 0, options as u64)?;
    let memory = OpenOptions::new().read(true).write(true).open(format!("/proc/{main}/mem"))?;
    let mut program = Program { memory, replaced: HashMap::new(), called: HashSet::new() };
    functions.iter().try_for_each(|address| program.stop_at(*address))?;
    ask(libc::PTRACE_CONT, main, 0, 0)?;
    loop {
        let (thread, status) = wait(-1)?;
        if !libc::WIFSTOPPED(status) && thread == main {
            return program.ended(status);
        }
        if libc::WIFSTOPPED(status) {
            program.follow(thread, status)?;
        }
    }
}

impl Program {
    fn ended(self, status: c_int) -> io::Result<HashSet<u64>> {
        if status == 0 { Ok(self.called) } else { Err(io::Error::other(format!("it ended with status {status:#x}"))) }
    }

    fn stop_at(&mut self, address: u64) -> io::Result<()> {
        if self.replaced.contains_key(&address) {
            return Ok(());
        }
        let mut byte = [0];
        self.memory.read_exact_at(&mut byte, address)?;
        self.replaced.insert(address, byte[0]);
        self.memory.write_all_at(&[BREAKPOINT], address)
    }

    fn follow(&mut self, thread: pid_t, status: c_int) -> io::Result<()> {
        let signal = libc::WSTOPSIG(status);
        let passed_on = match signal {
            libc::SIGTRAP if status >> 16 == 0 => return self.go_on(thread),
            libc::SIGTRAP | libc::SIGSTOP => 0,
            other => other as u64,
        };
        unless_gone(ask(libc::PTRACE_CONT, thread, 0, passed_on))
    }

    fn go_on(&mut self, thread: pid_t) -> io::Result<()> {
        let rip = offset_of!(libc::user_regs_struct, rip) as u64;
        let address = ask(libc::PTRACE_PEEKUSER, thread, rip, 0)? - 1;
        if let Some(byte) = self.replaced.get(&address) {
            self.memory.write_all_at(&[*byte], address)?;
            self.called.insert(address);
            ask(libc::PTRACE_POKEUSER, thread, rip, address)?;
        }
        unless_gone(ask(libc::PTRACE_CONT, thread, 0, 0))
    }
}

/// The program's other threads end with its main one, whenever that is.
fn unless_gone<T>(asked: io::Result<T>) -> io::Result<()> {
    match asked {
        Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
        _ => Ok(()),
    }
}

fn wait(thread: pid_t) -> io::Result<(pid_t, c_int)> {
    let mut status = 0;
    // SAFETY: writes one number.
    let waited = unsafe { libc::waitpid(thread, &mut status, libc::__WALL) };
    if waited < 0 { Err(io::Error::last_os_error()) } else { Ok((waited, status)) }
}

fn ask(request: c_uint, thread: pid_t, address: u64, data: u64) -> io::Result<u64> {
    let pointer = |number: u64| ptr::without_provenance_mut::<c_void>(number as usize);
    // SAFETY: none of the requests made here has the kernel read or write memory of ours.
    let answer = unsafe { libc::ptrace(request, thread, pointer(address), pointer(data)) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(answer as u64) }
}
