//! The command `top`: what a broker's cores, topics and groups are doing, from its metrics.
//!
//! Two looks give rates. On a terminal the view is redrawn in place until Ctrl-C, without a mode of the terminal that
//! would have to be taken back; elsewhere it is printed once. Lives on the main thread.

mod sample;
mod scrape;
mod view;

use crate::arguments::Top;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::{MetricsListen, Resolved};
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::time::Duration;
use view::View;

/// Moves to the upper left corner.
const HOME: &str = "\x1b[H";
/// Clears the rest of the line, and of the screen.
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";
/// Lines and columns where the terminal does not tell.
const SIZE_DEFAULT: (u16, u16) = (80, 24);

/// Runs it.
pub fn run(arguments: &Top, resolved: &Resolved, output: &mut impl Write) -> anyhow::Result<()> {
    let address = address(arguments, resolved)?;
    let interval = Duration::from_secs(arguments.interval_s);
    let mut before = scrape::scrape(address)?;
    let is_live = !arguments.once && !arguments.json && io::stdout().is_terminal();
    loop {
        std::thread::sleep(interval);
        let now = match scrape::scrape(address) {
            Ok(now) => now,
            // A broker that is being restarted comes back.
            Err(failure) if is_live && failure.exit_code() == ExitCode::Temporary => {
                draw(&failure.to_string(), output)?;
                continue;
            }
            Err(failure) => return Err(failure.into()),
        };
        print(
            &View::between(&before, &now),
            arguments.json,
            is_live,
            output,
        )?;
        let is_last = arguments.once || !(is_live || arguments.json);
        if is_last {
            return Ok(());
        }
        before = now;
    }
}

/// Where the metrics are: as the flag says, else where `serve` would serve them with these settings.
fn address(arguments: &Top, resolved: &Resolved) -> Result<SocketAddr, Failure> {
    let listen = match &arguments.metrics {
        Some(text) => MetricsListen::parse(text, false)
            .map_err(|reason| Failure::usage(format!("--metrics: {reason}")))?,
        None => resolved.metrics_listen()?,
    };
    let listen = listen.ok_or_else(|| {
        Failure::configuration("metrics are switched off: the setting metrics-listen is `none`")
            .advise("start the broker with --metrics-listen 127.0.0.1:9644, or name its address with --metrics")
    })?;
    Ok(listen.address)
}

fn print(view: &View, json: bool, is_live: bool, output: &mut impl Write) -> anyhow::Result<()> {
    if json {
        json_lines::write_line(output, view)?;
        output.flush()?;
        return Ok(());
    }
    let mut text = Vec::new();
    view.write(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    match is_live {
        true => draw(&text, output)?,
        false => output.write_all(text.as_bytes())?,
    }
    Ok(())
}

/// Redraws the terminal in place with as much of the text as it holds.
fn draw(text: &str, output: &mut impl Write) -> io::Result<()> {
    let (columns, rows) = crossterm::terminal::size().unwrap_or(SIZE_DEFAULT);
    write!(output, "{HOME}")?;
    for line in text.lines().take(usize::from(rows.saturating_sub(1))) {
        let line: String = line.chars().take(usize::from(columns)).collect();
        write!(output, "{line}{CLEAR_LINE}\r\n")?;
    }
    write!(output, "{CLEAR_BELOW}")?;
    output.flush()
}

/// Two looks at the same broker, in the form in which tests make them up.
#[cfg(test)]
fn scrape_of(text: &str, at_s: u64) -> sample::Scrape {
    sample::Scrape::parse(text, Duration::from_secs(at_s)).unwrap()
}
