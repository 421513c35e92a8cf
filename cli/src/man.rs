//! The command `man`: manual pages made from the same tree that parses the command line.

use crate::arguments::Arguments;
use crate::failure::Failure;
use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// Prints the page of the command with these names, as in `["log", "inspect"]`.
pub fn print(names: &[String], output: &mut impl Write) -> anyhow::Result<()> {
    let mut tree = Arguments::tree();
    tree.build();
    let mut command = &tree;
    for name in names {
        command = command.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!("there is no command `{}`", names.join(" ")))
                .advise("`corelane --help` lists them")
        })?;
    }
    clap_mangen::Man::new(command.clone()).render(output)?;
    Ok(())
}

/// Writes a page for every command into `directory`, which is created.
pub fn write_all(directory: &Path, output: &mut impl Write) -> anyhow::Result<()> {
    let writing = || format!("cannot write manual pages to {}", directory.display());
    std::fs::create_dir_all(directory).with_context(writing)?;
    clap_mangen::generate_to(Arguments::tree(), directory).with_context(writing)?;
    writeln!(output, "wrote the manual pages to {}", directory.display())?;
    Ok(())
}
