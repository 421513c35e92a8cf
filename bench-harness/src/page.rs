//! One HTML page that shows results: tables, latency curves, rates over time; it needs no network and no other file.
//!
//! Invariants: every text from a result is escaped; tables are there without scripts; curves come from merged
//! histograms. The charts are drawn by uPlot (MIT), which is part of the page. Pure.

use std::fmt::Write;

use serde::Serialize;

use crate::compare::Spread;
use crate::figures::Better;
use crate::latency::{LatencyHistogram, LatencySummary};
use crate::result::{RunResult, TimelinePoint};
use crate::results::{Measured, Results};
use crate::summary::{FigureRow, StepTable, spread_text, tables};

const LIBRARY: &str = include_str!("page/uplot.min.js");
const LIBRARY_STYLE: &str = include_str!("page/uplot.min.css");
const LIBRARY_LICENSE: &str = include_str!("page/uplot.LICENSE");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Points of a latency curve for each power of ten.
const POINTS_PER_NINE: u32 = 20;
/// A curve ends where one latency in so many would be beyond.
const NINES_MAX: u32 = 6;
/// Rates over time are drawn for so many rounds of a target; the tables have all.
const ROUNDS_DRAWN_MAX: usize = 5;

#[derive(Serialize)]
struct Chart {
    place: String,
    kind: &'static str,
    title: String,
    unit: &'static str,
    series: Vec<Series>,
}

#[derive(Serialize)]
struct Series {
    label: String,
    colour: usize,
    x: Vec<f64>,
    y: Vec<f64>,
}

/// The page of one or several results, each with the name that it is to have.
pub fn page(results: &[(String, Results)]) -> String {
    let mut body = String::new();
    let mut charts = Vec::new();
    for (number, (name, result)) in results.iter().enumerate() {
        section(&mut body, &mut charts, number, name, result);
    }
    let charts = serde_json::to_string(&charts).unwrap_or_else(|_| "[]".to_owned());
    // A script element ends at the first `</`, wherever it stands.
    let charts = charts.replace('<', "\\u003c");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>corelane bench</title>\n\
         <style>{LIBRARY_STYLE}\n{STYLE}</style></head>\n<body>\n<h1>corelane bench</h1>\n{body}\n\
         <script type=\"application/json\" id=\"charts\">{charts}</script>\n\
         <!-- uPlot: {license} -->\n<script>{LIBRARY}</script>\n<script>{SCRIPT}</script>\n</body></html>\n",
        license = LIBRARY_LICENSE.trim().replace("--", "- -"),
    )
}

fn section(
    body: &mut String,
    charts: &mut Vec<Chart>,
    number: usize,
    name: &str,
    results: &Results,
) {
    line(body, &format!("<h2>{}</h2>", escape(name)));
    head(body, results);
    for (position, table) in tables(results).iter().enumerate() {
        line(
            body,
            &format!(
                "<h3>{}: {}</h3>",
                escape(&table.workload),
                escape(&table.step)
            ),
        );
        for remark in &table.remarks {
            line(body, &format!("<p class=\"remark\">{}</p>", escape(remark)));
        }
        html_table(body, table, results);
        let place = format!("chart-{number}-{position}");
        let drawn = step_charts(&place, table, results);
        line(body, "<div class=\"charts\">");
        for chart in &drawn {
            line(
                body,
                &format!("<div class=\"chart\" id=\"{}\"></div>", chart.place),
            );
        }
        line(body, "</div>");
        charts.extend(drawn);
    }
}

fn head(body: &mut String, results: &Results) {
    let (plan, machine) = (&results.plan, &results.environment);
    line(body, "<dl>");
    for target in &results.targets {
        definition(body, &target.name, &target.version);
    }
    let memory_gib = machine.memory_bytes >> 30;
    let text = format!(
        "{} CPUs ({} usable), {}, {memory_gib} GiB, Linux {}",
        machine.machine_cores, machine.usable_cores, machine.cpu_model, machine.kernel
    );
    definition(body, "machine", &text);
    let cores = plan.client_cores.as_ref();
    let cores = cores.map_or_else(|| "free".to_owned(), |cores| format!("on CPUs {cores}"));
    let optimised = if machine.unoptimised_client {
        ", built without optimisation: its figures are worthless"
    } else {
        ""
    };
    let text = format!(
        "corelane bench {}, {} thread(s) a load, {cores}{optimised}",
        machine.harness_version, plan.threads
    );
    definition(body, "client", &text);
    let text = format!(
        "{} rounds, targets by turns; {} s before the first, {} s + {} s each; sizes times {}",
        plan.rounds, plan.first_warm_up_s, plan.warm_up_s, plan.measure_s, plan.scale
    );
    definition(body, "method", &text);
    line(body, "</dl>");
}

fn definition(body: &mut String, name: &str, text: &str) {
    line(
        body,
        &format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(text)),
    );
}

fn html_table(body: &mut String, table: &StepTable, results: &Results) {
    let (headings, _rows) = table.text(&results.targets);
    line(body, "<table><thead><tr>");
    for heading in headings {
        line(body, &format!("<th>{}</th>", escape(&heading)));
    }
    line(body, "</tr></thead><tbody><tr><td>an answer survives</td>");
    for (position, statement) in table.durability.iter().enumerate() {
        line(body, &format!("<td>{}</td>", escape(statement)));
        if position > 0 {
            let is_alike = table.comparable[position];
            line(
                body,
                if is_alike {
                    "<td></td>"
                } else {
                    "<td>not comparable</td>"
                },
            );
        }
    }
    line(body, "</tr>");
    for row in &table.rows {
        figure_row(body, row);
    }
    line(body, "</tbody></table>");
}

fn figure_row(body: &mut String, row: &FigureRow) {
    line(body, &format!("<tr><td>{}</td>", escape(&row.name)));
    for (position, spread) in row.spreads.iter().enumerate() {
        line(body, &format!("<td>{}</td>", spread_text(spread.as_ref())));
        if position > 0 {
            let ratio = row.ratios[position].as_ref();
            let class = ratio.map_or("", |ratio| class_of(ratio, row.better));
            line(
                body,
                &format!("<td class=\"{class}\">{}</td>", spread_text(ratio)),
            );
        }
    }
    line(body, "</tr>");
}

/// Coloured only where every round agrees.
fn class_of(ratio: &Spread, better: Better) -> &'static str {
    let (is_above, is_below) = (ratio.minimum > 1.0, ratio.maximum < 1.0);
    match better {
        Better::Higher if is_above => "good",
        Better::Higher if is_below => "bad",
        Better::Lower if is_below => "good",
        Better::Lower if is_above => "bad",
        _ => "",
    }
}

fn step_charts(place: &str, table: &StepTable, results: &Results) -> Vec<Chart> {
    let (mut curves, mut rates, mut tails) = (Vec::new(), Vec::new(), Vec::new());
    for (colour, target) in results.targets.iter().enumerate() {
        let rounds: Vec<&Measured> = results
            .rounds(&table.workload, &table.step, &target.name)
            .collect();
        if let Some((x, y)) = latency_curve(&rounds) {
            let label = target.name.clone();
            curves.push(Series {
                label,
                colour,
                x,
                y,
            });
        }
        for (round, measured) in rounds.iter().take(ROUNDS_DRAWN_MAX).enumerate() {
            let Some(load) = main_load(measured) else {
                continue;
            };
            let series = |read: fn(&TimelinePoint) -> Option<f64>| {
                let points = load.timeline.iter();
                let (x, y) = points
                    .filter_map(|point| Some((point.at_s, read(point)?)))
                    .unzip();
                let label = format!("{} {}", target.name, round + 1);
                Series {
                    label,
                    colour,
                    x,
                    y,
                }
            };
            rates.push(series(|point| Some(point.mb_per_s)));
            tails.push(series(|point| point.p99_ms));
        }
    }
    let chart = |number: usize, kind, title: &str, unit, series: Vec<Series>| Chart {
        place: format!("{place}-{number}"),
        kind,
        title: title.to_owned(),
        unit,
        series: series
            .into_iter()
            .filter(|line| !line.x.is_empty())
            .collect(),
    };
    let what = if is_end_to_end(table, results) {
        "latency, end to end"
    } else {
        "latency"
    };
    [
        chart(0, "latency", what, "ms", curves),
        chart(1, "time", "throughput over time", "MB/s", rates),
        chart(2, "time", "p99 over time", "ms", tails),
    ]
    .into_iter()
    .filter(|chart| !chart.series.is_empty())
    .collect()
}

fn is_end_to_end(table: &StepTable, results: &Results) -> bool {
    let mut targets = results.targets.iter();
    targets.any(|target| {
        let mut rounds = results.rounds(&table.workload, &table.step, &target.name);
        rounds.any(|measured| measured.end_to_end.is_some())
    })
}

/// A drain is what is read; everything else is shown by what is written.
fn main_load(measured: &Measured) -> Option<&RunResult> {
    let is_drain = measured.others.contains_key("drain s");
    if is_drain {
        return measured.fetch.as_ref();
    }
    measured.produce.as_ref().or(measured.fetch.as_ref())
}

/// Percentiles of all rounds together, over the number of nines.
fn latency_curve(rounds: &[&Measured]) -> Option<(Vec<f64>, Vec<f64>)> {
    let mut merged = LatencyHistogram::new();
    for summary in rounds.iter().filter_map(|measured| latency_of(measured)) {
        merged.merge(&LatencyHistogram::from_buckets(&summary.buckets));
    }
    let count = crate::report::float(merged.count());
    if count < 1.0 {
        return None;
    }
    let steps = 0..=NINES_MAX * POINTS_PER_NINE;
    let nines = steps.map(|step| f64::from(step) / f64::from(POINTS_PER_NINE));
    Some(
        nines
            .take_while(|nines| 10_f64.powf(*nines) <= count)
            .map(|nines| (nines, merged.quantile_ms(1.0 - 10_f64.powf(-nines))))
            .unzip(),
    )
}

fn latency_of(measured: &Measured) -> Option<&LatencySummary> {
    let load = main_load(measured).map(|load| &load.latency);
    measured.end_to_end.as_ref().or(load)
}

fn line(body: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _written = writeln!(body, "{text}");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
