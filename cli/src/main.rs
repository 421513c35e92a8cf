//! `corelane`: broker, admin tool and benchmark in one binary. This file is the table of contents.
//!
//! A run is: arguments as clap reads them → settings laid over each other and parsed → one call. Commands write to the
//! one [`StandardOutput`] and return; exit codes and what to do about an error are decided here, in one place.

mod arguments;
mod bench;
mod broker_connection;
mod cluster;
mod config;
mod config_show;
mod consume;
mod doctor;
mod exit_code;
mod failure;
mod group;
mod json_lines;
mod log;
mod man;
mod produce;
mod quota;
mod record_format;
mod serve;
mod settings;
mod size;
mod standard_output;
mod suggestion;
mod table;
mod top;
mod topic;
mod txn;
mod utc_time;

use arguments::{Arguments, Command, ConfigCommand, GlobalFlags, SettingFlags};
use clap::Parser;
use exit_code::ExitCode;
use failure::Failure;
use settings::{Resolved, ServeSettings};
use standard_output::StandardOutput;
use std::io::Write;

/// Many small buffers under load from several cores: this allocator gives memory back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return print_usage(&error).into(),
    };
    match run(arguments) {
        Ok(code) => code.into(),
        Err(error) if standard_output::is_closed_pipe(&error) => ExitCode::Success.into(),
        Err(error) => report(&error).into(),
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut output = StandardOutput::lock();
    let global = &arguments.global;
    let code = match arguments.command {
        Command::Serve(serve) => {
            let settings = ServeSettings::new(&resolve(global, &serve.settings)?)?;
            serve::run(&settings, &mut output)?
        }
        Command::Topic(command) => {
            topic::run(
                &command,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Txn(command) => {
            txn::run(
                &command,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Produce(produce) => {
            produce::run(
                &produce,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Consume(consume) => {
            consume::run(
                &consume,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Group(command) => {
            group::run(
                &command,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Top(arguments) => {
            let resolved = resolve(global, &SettingFlags::default())?;
            top::run(&arguments, &resolved, &mut output)?;
            ExitCode::Success
        }
        Command::Bench(command) => bench::run(
            &command,
            &resolve(global, &SettingFlags::default())?,
            &mut output,
        )?,
        Command::Log(command) => log::run(&command, &mut output)?,
        Command::Doctor(doctor) => {
            let settings = ServeSettings::new(&resolve(global, &doctor.settings)?)?;
            doctor::run(&settings, doctor.json, &mut output)?
        }
        Command::Config(ConfigCommand::Show(show)) => {
            config_show::run(&resolve(global, &show.settings)?, show.json, &mut output)?;
            ExitCode::Success
        }
        Command::Config(command) => {
            config::run(
                &command,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Quota(command) => {
            quota::run(
                &command,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Cluster(command) => {
            cluster::run(
                &command,
                &resolve(global, &SettingFlags::default())?,
                &mut output,
            )?;
            ExitCode::Success
        }
        Command::Completions(completions) => {
            output.write_all(&completion_script(completions.shell))?;
            ExitCode::Success
        }
        Command::Man(man) => {
            match &man.directory {
                Some(directory) => man::write_all(directory, &mut output)?,
                None => man::print(&man.command, &mut output)?,
            }
            ExitCode::Success
        }
    };
    output.flush()?;
    Ok(code)
}

/// The completion script, in memory first: clap panics where its writer fails, as at a closed pipe.
fn completion_script(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::tree(), "corelane", &mut script);
    script
}

/// Lays flags over environment over file over defaults.
fn resolve(global: &GlobalFlags, flags: &SettingFlags) -> Result<Resolved, Failure> {
    let file = settings::read_file(global.config.as_deref())?;
    let mut given = flags.given();
    given.extend(settings::assignments(&flags.set)?);
    given.extend(global.bootstrap.clone().map(|text| ("bootstrap", text)));
    Ok(Resolved::new(
        &given,
        |name| std::env::var(name).ok(),
        &file,
    ))
}

/// Prints help, the version, or what is wrong with the command line.
fn print_usage(error: &clap::Error) -> ExitCode {
    // A reader that closed its pipe, or no standard error at all: there is nobody left to tell.
    let _ = error.print();
    match error.use_stderr() {
        true => ExitCode::Usage,
        false => ExitCode::Success,
    }
}

/// Prints an error with its causes and, where it is known, what to do next.
fn report(error: &anyhow::Error) -> ExitCode {
    let failure = error.downcast_ref::<Failure>();
    let mut stderr = std::io::stderr().lock();
    // Without a standard error only the exit code is left to tell.
    let _ = writeln!(stderr, "corelane: {error:#}");
    if let Some(advice) = failure.and_then(Failure::advice) {
        let _ = writeln!(stderr, "  → {advice}");
    }
    failure.map_or(ExitCode::Failure, Failure::exit_code)
}
