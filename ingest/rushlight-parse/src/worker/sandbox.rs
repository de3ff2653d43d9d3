//! Shuts the worker off from the machine: no files (Landlock), no sockets, programs or files (seccomp).

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// No access to any file. True when the kernel enforces it.
pub(crate) fn deny_file_system() -> bool {
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V5)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.restrict_self());
    restricted.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// No sockets, no programs, no opening of files, no looking into other processes. True when the kernel enforces it.
pub(crate) fn deny_system_calls() -> bool {
    install().is_some()
}

fn install() -> Option<()> {
    let arch = std::env::consts::ARCH.try_into().ok()?;
    // Not in the table of every architecture's libc, and threads are started by `clone` where it is unknown.
    let unknown: BTreeMap<i64, Vec<SeccompRule>> = [(libc::SYS_clone3, vec![])].into();
    let unknown = SeccompFilter::new(
        unknown,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
        arch,
    )
    .ok()?;

    let mut refused: BTreeMap<i64, Vec<SeccompRule>> = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_unlinkat,
        libc::SYS_mkdirat,
        libc::SYS_renameat2,
        libc::SYS_linkat,
        libc::SYS_symlinkat,
        libc::SYS_fchmodat,
        libc::SYS_memfd_create,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_pidfd_send_signal,
        libc::SYS_kill,
        libc::SYS_setpgid,
        libc::SYS_setsid,
        libc::SYS_io_uring_setup,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_chroot,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_shmget,
        libc::SYS_msgget,
        libc::SYS_userfaultfd,
    ]
    .into_iter()
    .map(|call| (call, vec![]))
    .collect();
    #[cfg(target_arch = "x86_64")]
    refused.extend(
        [
            libc::SYS_open,
            libc::SYS_creat,
            libc::SYS_fork,
            libc::SYS_vfork,
            libc::SYS_unlink,
            libc::SYS_rename,
            libc::SYS_mkdir,
            libc::SYS_rmdir,
            libc::SYS_link,
            libc::SYS_symlink,
            libc::SYS_chmod,
        ]
        .map(|call| (call, vec![])),
    );
    // New threads are fine, new processes are not.
    let thread = libc::CLONE_THREAD as u64;
    let process =
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(thread), 0).ok()?;
    refused.insert(libc::SYS_clone, vec![SeccompRule::new(vec![process]).ok()?]);
    let refused = SeccompFilter::new(
        refused,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        arch,
    )
    .ok()?;

    for filter in [unknown, refused] {
        let program: BpfProgram = filter.try_into().ok()?;
        seccompiler::apply_filter(&program).ok()?;
    }
    Some(())
}
