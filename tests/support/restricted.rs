//! Processes that start where they may do less than usual.

use std::os::unix::process::CommandExt as _;

use super::Invocation;

impl Invocation {
    /// Starts with this signal ignored, as `nohup` does it.
    pub fn ignoring(self, signal: i32) -> Invocation {
        self.with_action(libc::SIG_IGN, [signal])
    }

    /// Starts where this is what these signals do.
    pub(super) fn with_action<const N: usize>(mut self, action: libc::sighandler_t, signals: [i32; N]) -> Invocation {
        // SAFETY: between fork and exec the closure does nothing that is not async-signal-safe.
        unsafe {
            self.command.pre_exec(move || {
                for signal in signals {
                    libc::signal(signal, action);
                }
                Ok(())
            });
        }
        self
    }

    /// Starts where every request for another thread is refused.
    pub fn without_threads(self) -> Invocation {
        let refuse = libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32;
        let filter = [
            load(SYSCALL_NUMBER),
            jump_if(libc::SYS_clone as u32, 1, 0),
            jump_if(libc::SYS_clone3 as u32, 0, 1),
            answer(refuse),
            answer(libc::SECCOMP_RET_ALLOW),
        ];
        self.filtered(filter.into())
    }

    /// Starts where the process is killed when it asks for memory that is writable and executable.
    pub fn without_writable_code(self) -> Invocation {
        let both = (libc::PROT_WRITE | libc::PROT_EXEC) as u32;
        let filter = [
            load(SYSCALL_NUMBER),
            jump_if(libc::SYS_mmap as u32, 2, 0),
            jump_if(libc::SYS_mprotect as u32, 1, 0),
            jump_if(libc::SYS_pkey_mprotect as u32, 0, 4),
            load(THIRD_ARGUMENT),
            instruction(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, both, 0, 0),
            jump_if(both, 0, 1),
            answer(libc::SECCOMP_RET_KILL_PROCESS),
            answer(libc::SECCOMP_RET_ALLOW),
        ];
        self.filtered(filter.into())
    }

    fn filtered(mut self, mut filter: Vec<libc::sock_filter>) -> Invocation {
        // SAFETY: between fork and exec the closure makes system calls only, with valid pointers.
        unsafe {
            self.command.pre_exec(move || {
                let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
                if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                    || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
                {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        self
    }

    /// Asks for memory that is writable and executable before it starts.
    pub fn asking_for_writable_code(mut self) -> Invocation {
        // SAFETY: a new mapping, which exec does away with.
        unsafe {
            self.command.pre_exec(|| {
                let all = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
                libc::mmap(std::ptr::null_mut(), 1, all, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
                Ok(())
            });
        }
        self
    }

    /// Starts on one of the processors that there are.
    pub fn on_one_processor(mut self) -> Invocation {
        // SAFETY: between fork and exec the closure makes system calls only, with valid pointers; all zeroes is a valid set.
        unsafe {
            self.command.pre_exec(|| {
                let mut set: libc::cpu_set_t = std::mem::zeroed();
                libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set);
                let first = (0..libc::CPU_SETSIZE as usize).find(|&number| libc::CPU_ISSET(number, &set));
                libc::CPU_ZERO(&mut set);
                libc::CPU_SET(first.unwrap_or_default(), &mut set);
                match libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                }
            });
        }
        self
    }
}

// Instructions of seccomp's filters.

/// Offsets in what a filter looks at.
const SYSCALL_NUMBER: u32 = 0;
const THIRD_ARGUMENT: u32 = 32;

fn instruction(code: u32, k: u32, if_so: u8, if_not: u8) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: if_so, jf: if_not, k }
}

fn load(offset: u32) -> libc::sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

/// Skips so many instructions if the value loaded is `value`, and so many if not.
fn jump_if(value: u32, if_so: u8, if_not: u8) -> libc::sock_filter {
    instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value, if_so, if_not)
}

fn answer(action: u32) -> libc::sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, action, 0, 0)
}
