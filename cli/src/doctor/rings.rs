//! Checks of io_uring: not switched off, a ring can be set up, and it knows the operations that the engine uses.

use super::{Finding, Need};
use io_uring::{IoUring, Probe, opcode};
use std::io;

/// The switch of the administrator: 0 on, 1 for a group only, 2 off. Missing before kernel 6.6.
const SWITCH: &str = "/proc/sys/kernel/io_uring_disabled";

/// Entries of the ring that is set up for the test.
const RING_ENTRIES: u32 = 8;

/// Operations that the engine cannot do without, by the name that `io_uring_enter(2)` gives them.
const REQUIRED: [(&str, u8); 19] = [
    ("NOP", opcode::Nop::CODE),
    ("READ", opcode::Read::CODE),
    ("WRITE", opcode::Write::CODE),
    ("FSYNC", opcode::Fsync::CODE),
    ("FALLOCATE", opcode::Fallocate::CODE),
    ("OPENAT", opcode::OpenAt::CODE),
    ("CLOSE", opcode::Close::CODE),
    ("STATX", opcode::Statx::CODE),
    ("UNLINKAT", opcode::UnlinkAt::CODE),
    ("RENAMEAT", opcode::RenameAt::CODE),
    ("MKDIRAT", opcode::MkDirAt::CODE),
    ("SPLICE", opcode::Splice::CODE),
    ("POLL_ADD", opcode::PollAdd::CODE),
    ("ACCEPT", opcode::Accept::CODE),
    ("RECV", opcode::Recv::CODE),
    ("SEND", opcode::Send::CODE),
    ("SENDMSG", opcode::SendMsg::CODE),
    ("TIMEOUT", opcode::Timeout::CODE),
    ("ASYNC_CANCEL", opcode::AsyncCancel::CODE),
];

/// Operations that save work where the kernel has them.
const OPTIONAL: [(&str, u8); 2] = [
    ("FTRUNCATE", opcode::Ftruncate::CODE),
    ("SEND_ZC", opcode::SendZc::CODE),
];

/// What to type where a container's seccomp profile stands in the way.
const CONTAINER_REMEDY: &str = "in a container: `docker run --security-opt seccomp=unconfined …`, or a seccomp profile \
    that allows io_uring_setup, io_uring_enter and io_uring_register; outside: `sudo sysctl -w kernel.io_uring_disabled=0`";

/// The findings about io_uring; the operations are asked for only when a ring can be set up.
pub fn check() -> Vec<Finding> {
    let switch = std::fs::read_to_string(SWITCH).ok();
    let mut findings = vec![judge_switch(switch.as_deref())];
    match IoUring::new(RING_ENTRIES) {
        Ok(ring) => {
            findings.push(Finding::pass(
                "io-uring-setup",
                Need::Required,
                "a ring can be set up",
            ));
            findings.extend(check_operations(&ring));
        }
        Err(error) => findings.push(judge_setup_error(&error)),
    }
    findings
}

fn judge_switch(switch: Option<&str>) -> Finding {
    const CHECK: &str = "io-uring-switch";
    let remedy = "sudo sysctl -w kernel.io_uring_disabled=0";
    match switch.map(str::trim) {
        None => Finding::pass(
            CHECK,
            Need::Advised,
            "this kernel has no switch for io_uring",
        ),
        Some("0") => Finding::pass(CHECK, Need::Advised, "kernel.io_uring_disabled is 0"),
        // Whether this process is exempt shows when a ring is set up, which is the required check.
        Some("1") => Finding::fail(
            CHECK,
            Need::Advised,
            "kernel.io_uring_disabled is 1: only CAP_SYS_ADMIN and one group may",
            remedy,
        ),
        Some(other) => Finding::fail(
            CHECK,
            Need::Required,
            format!("kernel.io_uring_disabled is {other}"),
            remedy,
        ),
    }
}

fn judge_setup_error(error: &io::Error) -> Finding {
    let remedy = match error.raw_os_error() {
        Some(libc::ENOSYS) => {
            "run a kernel of version 5.19 or later with CONFIG_IO_URING; gVisor and some hosted containers have none"
        }
        Some(libc::EPERM | libc::EACCES) => CONTAINER_REMEDY,
        Some(libc::ENOMEM) => {
            "`ulimit -l unlimited` (container: `docker run --ulimit memlock=-1 …`)"
        }
        Some(libc::EMFILE | libc::ENFILE) => "`ulimit -n 65536`",
        _ => CONTAINER_REMEDY,
    };
    Finding::fail(
        "io-uring-setup",
        Need::Required,
        format!("io_uring_setup fails: {error}"),
        remedy,
    )
}

fn check_operations(ring: &IoUring) -> Vec<Finding> {
    let mut probe = Probe::new();
    if let Err(error) = ring.submitter().register_probe(&mut probe) {
        let detail = format!("the operations of io_uring cannot be asked for: {error}");
        return vec![Finding::fail(
            "io-uring-operations",
            Need::Required,
            detail,
            CONTAINER_REMEDY,
        )];
    }
    let supported = |code| probe.is_supported(code);
    vec![
        judge_operations("io-uring-operations", Need::Required, &REQUIRED, supported),
        judge_operations("io-uring-extras", Need::Advised, &OPTIONAL, supported),
    ]
}

fn judge_operations(
    check: &'static str,
    need: Need,
    operations: &[(&str, u8)],
    supported: impl Fn(u8) -> bool,
) -> Finding {
    let missing: Vec<&str> = operations
        .iter()
        .filter(|(_, code)| !supported(*code))
        .map(|(name, _)| *name)
        .collect();
    match missing.is_empty() {
        true => Finding::pass(check, need, format!("all {} are there", operations.len())),
        false => {
            let remedy = match need {
                Need::Required => "run a kernel of version 5.19 or later",
                Need::Advised => "a newer kernel (6.9 or later) has them; the broker works without",
            };
            Finding::fail(
                check,
                need,
                format!("missing: {}", missing.join(", ")),
                remedy,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switched_off_ring_names_the_sysctl() {
        let finding = judge_switch(Some("2\n"));
        assert!(!finding.ok && finding.need == Need::Required);
        assert!(
            finding
                .remedy
                .unwrap()
                .contains("sysctl -w kernel.io_uring_disabled=0")
        );
        assert!(judge_switch(Some("0\n")).ok);
        assert!(judge_switch(None).ok);
    }

    #[test]
    fn each_cause_of_a_failed_setup_has_its_own_remedy() {
        let remedy = |code| {
            judge_setup_error(&io::Error::from_raw_os_error(code))
                .remedy
                .unwrap()
        };
        assert!(remedy(libc::EPERM).contains("--security-opt seccomp="));
        assert!(remedy(libc::ENOSYS).contains("CONFIG_IO_URING"));
        assert!(remedy(libc::ENOMEM).contains("ulimit -l"));
    }

    #[test]
    fn missing_operations_are_named() {
        let finding = judge_operations("io-uring-operations", Need::Required, &REQUIRED, |code| {
            code != opcode::Splice::CODE
        });
        assert!(!finding.ok);
        assert_eq!(finding.detail, "missing: SPLICE");
    }
}
