//! Looks at the machine before the broker relies on it: what is wrong, and exactly what to type.
//!
//! A check either is required (`serve` refuses to start without it, with exit code 78) or advised (the broker works,
//! but slower or with less). Checks do what the engine will do where that is possible, such as setting up a ring or
//! writing an aligned block with O_DIRECT, instead of guessing from version numbers. Nothing is left behind.
//! The judgement of each check is a pure function beside its probe.

mod clock;
mod data_directory;
mod kernel;
mod limits;
mod rings;

pub use kernel::{open_files_max, raise_open_files_limit, usable_cpus};

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::ServeSettings;
use crate::table::{Align, Table};
use serde::Serialize;
use std::io::Write;

/// Whether the broker can do without what a check looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// `serve` refuses to start.
    Required,
    /// `serve` starts, but something is slower, smaller or less safe.
    Advised,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The check's name, stable for programs.
    pub check: &'static str,
    /// Whether the broker can do without.
    pub need: Need,
    /// Whether all is well.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// What to type or change when all is not well.
    pub remedy: Option<String>,
}

/// What is wrong with the file system of the data directory where nothing in it survives a reboot, or a flush promises
/// less than the broker relies on; `serve` says so at its start.
pub fn volatile_data(settings: &ServeSettings) -> Option<Finding> {
    data_directory::check_survival(&settings.data)
}

impl Finding {
    fn pass(check: &'static str, need: Need, detail: impl Into<String>) -> Self {
        Finding {
            check,
            need,
            ok: true,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn fail(
        check: &'static str,
        need: Need,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Finding {
            check,
            need,
            ok: false,
            detail: detail.into(),
            remedy: Some(remedy.into()),
        }
    }

    fn blocks_start(&self) -> bool {
        !self.ok && self.need == Need::Required
    }
}

/// Runs every check for these settings, in the order in which they should be mended.
pub fn all_checks(settings: &ServeSettings) -> Vec<Finding> {
    let mut findings = rings::check();
    findings.extend(limits::check(settings));
    findings.extend(data_directory::check(&settings.data));
    findings.extend(clock::check());
    findings
}

/// The required checks that failed, if any. `serve` calls this before it starts a core.
pub fn required_checks(settings: &ServeSettings) -> Result<(), Vec<Finding>> {
    let failed: Vec<Finding> = all_checks(settings)
        .into_iter()
        .filter(Finding::blocks_start)
        .collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed),
    }
}

/// The findings that stop `serve`, as one error with every remedy.
pub fn refusal(findings: &[Finding]) -> Failure {
    let mut message = String::from("this machine cannot run the broker yet:");
    for finding in findings {
        message.push_str(&format!("\n  {}: {}", finding.check, finding.detail));
        if let Some(remedy) = &finding.remedy {
            message.push_str(&format!("\n    → {remedy}"));
        }
    }
    Failure::configuration(message).advise("`corelane doctor` repeats the checks with all details")
}

/// The command `doctor`: prints every finding, and exits with 78 when a required check failed.
pub fn run(
    settings: &ServeSettings,
    json: bool,
    output: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let findings = all_checks(settings);
    match json {
        true => findings
            .iter()
            .try_for_each(|finding| json_lines::write_line(output, finding))?,
        false => write_table(&findings, output)?,
    }
    match findings.iter().any(Finding::blocks_start) {
        true => Ok(ExitCode::Configuration),
        false => Ok(ExitCode::Success),
    }
}

fn write_table(findings: &[Finding], output: &mut impl Write) -> std::io::Result<()> {
    let mut table = Table::new(&[
        ("check", Align::Left),
        ("result", Align::Left),
        ("seen", Align::Left),
    ]);
    for finding in findings {
        let result = match (finding.ok, finding.need) {
            (true, _) => "ok",
            (false, Need::Required) => "FAILED",
            (false, Need::Advised) => "advice",
        };
        table.row([
            finding.check.to_owned(),
            result.to_owned(),
            finding.detail.clone(),
        ]);
    }
    table.write(output)?;
    for finding in findings.iter().filter(|finding| !finding.ok) {
        if let Some(remedy) = &finding.remedy {
            writeln!(
                output,
                "\n{}: {}\n  → {remedy}",
                finding.check, finding.detail
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_every_failed_check_with_its_remedy() {
        let findings = [
            Finding::fail(
                "io-uring",
                Need::Required,
                "off",
                "sysctl -w kernel.io_uring_disabled=0",
            ),
            Finding::fail(
                "o-direct",
                Need::Required,
                "refused",
                "choose another directory",
            ),
        ];
        let failure = refusal(&findings);
        assert_eq!(failure.exit_code(), ExitCode::Configuration);
        assert!(
            failure
                .to_string()
                .contains("→ sysctl -w kernel.io_uring_disabled=0")
        );
        assert!(failure.to_string().contains("o-direct: refused"));
    }

    #[test]
    fn advice_does_not_stop_the_start() {
        assert!(!Finding::fail("clock", Need::Advised, "odd", "ntpd").blocks_start());
        assert!(Finding::fail("clock", Need::Required, "odd", "ntpd").blocks_start());
        assert!(!Finding::pass("clock", Need::Required, "fine").blocks_start());
    }
}
