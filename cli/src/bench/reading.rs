//! The commands that read results: `bench report` writes a page, `bench compare` tells differences from noise.
//!
//! What a difference is, and what the page shows, is the benchmark harness's business.

use super::table_of;
use crate::arguments::{BenchCompare, BenchReport};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use anyhow::Context;
use corelane_bench::difference::{Difference, FigureDifference, difference};
use corelane_bench::page::page;
use corelane_bench::results::Results;
use corelane_bench::statistics::Verdict;
use corelane_bench::summary::spread_text;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Reads what `bench run --output` wrote.
pub fn results(path: &Path) -> Result<Results, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::new(ExitCode::Unreadable, message)
    })?;
    Results::from_json(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Writes the page.
pub fn report(arguments: &BenchReport, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let named = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap_or(path.as_os_str());
        results(path).map(|results| (name.to_string_lossy().into_owned(), results))
    };
    let all = arguments.results.iter().map(named);
    let text = page(&all.collect::<Result<Vec<_>, Failure>>()?);
    let path = &arguments.output;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(output, "{}", path.display())?;
    Ok(ExitCode::Success)
}

/// Compares and prints.
pub fn compare(arguments: &BenchCompare, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (before, after) = (results(&arguments.before)?, results(&arguments.after)?);
    let found = difference(&before, &after);
    if arguments.json {
        json_lines::write_line(output, &found)?;
    } else {
        print(&found, arguments.all, output)?;
    }
    Ok(if found.is_worse() {
        ExitCode::Failure
    } else {
        ExitCode::Success
    })
}

fn print(found: &Difference, all: bool, output: &mut impl Write) -> std::io::Result<()> {
    for remark in &found.remarks {
        writeln!(output, "{remark}")?;
    }
    let is_shown = |figure: &&FigureDifference| {
        all || matches!(figure.verdict, Verdict::Higher | Verdict::Lower)
    };
    let shown: Vec<&FigureDifference> = found.figures.iter().filter(is_shown).collect();
    let too_few = found
        .figures
        .iter()
        .filter(|figure| figure.verdict == Verdict::TooFewRounds)
        .count();
    if too_few > 0 {
        writeln!(
            output,
            "{too_few} figures have too few rounds to tell a difference"
        )?;
    }
    let rest = found.figures.len() - too_few;
    writeln!(
        output,
        "{} of {rest} figures differ by more than their noise",
        differing(found)
    )?;
    if shown.is_empty() {
        return Ok(());
    }
    let headings = [
        "target", "workload", "step", "figure", "before", "after", "ratio", "verdict",
    ];
    let headings = headings.map(str::to_owned);
    table_of(&headings, shown.into_iter().map(row).collect()).write(output)
}

fn differing(found: &Difference) -> usize {
    let differs =
        |figure: &&FigureDifference| matches!(figure.verdict, Verdict::Higher | Verdict::Lower);
    found.figures.iter().filter(differs).count()
}

fn row(figure: &FigureDifference) -> Vec<String> {
    let verdict = match (figure.verdict, figure.is_better) {
        (_, Some(true)) => "better",
        (_, Some(false)) => "worse",
        (Verdict::Higher, None) => "higher",
        (Verdict::Lower, None) => "lower",
        (Verdict::WithinNoise, None) => "within noise",
        (Verdict::TooFewRounds, None) => "too few rounds",
    };
    vec![
        figure.target.clone(),
        figure.workload.clone(),
        figure.step.clone(),
        figure.name.clone(),
        spread_text(Some(&figure.before)),
        spread_text(Some(&figure.after)),
        figure
            .ratio
            .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}")),
        verdict.to_owned(),
    ]
}
