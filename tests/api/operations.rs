//! `docs/operate/operations.md` says what the template and the bench do, and the smoke script runs.

use std::{collections::HashMap, process::Command};

use crate::{
    harness::system,
    template,
    tree::{read, root},
};

/// The rows of the first table below a heading, without its head.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap();
    let rows =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.skip(2).map(cells).collect()
}

#[test]
fn each_alarm_of_the_template_is_explained() {
    let mut told: Vec<_> = table(&read("docs/operate/operations.md"), "## Alarms").into_iter().collect();
    assert!(told.iter().all(|row| row.len() == 3 && row.iter().all(|cell| !cell.is_empty())));
    let mut alarms = template::alarms();
    let mut told: Vec<_> = told.drain(..).map(|row| row[0].trim_matches('`').to_owned()).collect();
    alarms.sort();
    told.sort();
    assert_eq!(told, alarms);
}

/// The figures by their names.
fn figures() -> HashMap<String, f64> {
    let rows = table(&read("docs/operate/operations.md"), "## What it costs");
    rows.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
}

/// The number behind a text in a file.
fn number_behind(file: &str, text: &str) -> f64 {
    let source = read(file);
    let (_, rest) = source.split_once(text).unwrap();
    let digits: String =
        rest.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    digits.parse().unwrap()
}

/// That two numbers are the same, but for what a computer rounds.
fn same(what: &str, found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-9, "{what}: {found} and not {wanted}");
}

#[test]
fn the_figures_are_those_of_the_bench_and_the_template() {
    let figures = figures();
    let bench = "bench/src/units/operation.rs";
    same("gate", figures["gate_reads"], number_behind("bench/src/units/mod.rs", "GATE: (usize, f64) = (1, "));
    let upsert = number_behind(bench, "\"upsert that changes 4 searchable fields\", of(Some(2), Some(");
    same("upsert", figures["upsert_writes"], upsert);
    let indexes = local::tables::TABLES.iter().flat_map(|table| table.indexes);
    let of_entries = indexes.filter(|index| index.name.starts_with("audit_")).count();
    same("an entry", figures["audit_writes"], f64::from(u32::try_from(1 + of_entries).unwrap()));
    same("memory", figures["memory"] * 1024.0, number_behind("template.yaml", "    MemorySize: "));
    let alarms = u32::try_from(template::alarms().len()).unwrap();
    same("alarms", figures["alarms"], f64::from(alarms));
    let sources = read("template.yaml").matches("          Type: SQS\n").count();
    same("sources", figures["queue_sources"], f64::from(u32::try_from(sources).unwrap()));
}

/// A product of figures.
fn reckoned(formula: &str, figures: &HashMap<String, f64>) -> f64 {
    formula.split(" × ").map(|name| figures[name]).product()
}

/// An amount as it is written: `$1,234.50`.
fn amount(cell: &str) -> f64 {
    cell.strip_prefix('$').unwrap().replace(',', "").parse().unwrap()
}

#[test]
fn the_costs_follow_from_the_figures() {
    let document = read("docs/operate/operations.md");
    for (heading, columns) in [
        ("### Without any requests", &[1.0][..]),
        ("### Requests that write an object", &[1e6, 1e9]),
        ("### Requests that read an object", &[1e6, 1e9]),
    ] {
        let mut rows = table(&document, heading);
        let last = rows.pop().unwrap();
        for (at, requests) in columns.iter().enumerate() {
            let figures: HashMap<_, _> =
                figures().into_iter().chain([("requests".to_owned(), *requests)]).collect();
            let mut sum = 0.0;
            for row in &rows {
                let costs = reckoned(&row[1], &figures);
                assert!((amount(&row[2 + at]) - costs).abs() < 0.006, "{heading}: {row:?} is {costs}");
                sum += costs;
            }
            assert!((amount(&last[2 + at]) - sum).abs() < 0.006, "{heading}: {last:?} is {sum}");
        }
        assert!(rows.len() > 2, "{heading}");
    }
}

/// The script that asks a deployed stack, against this machine.
#[test]
fn the_smoke_script_passes_on_this_machine() {
    let script = root().join("tests/aws/smoke.sh");
    let output = Command::new(script).arg(&system().url).env_remove("SESSION").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{complaints}");
    let checks = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(checks >= 11 && checks == said.lines().count(), "{said}");
}
