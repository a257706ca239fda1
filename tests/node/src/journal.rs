//! `journalctl`: what the node's services have said. They all write into one file.

use std::fs;
use std::io::Write as _;

use crate::error::Error;
use crate::print;

const FILE: &str = "/var/log/journal.log";
/// More than this is not kept.
const LIMIT: u64 = 4 << 20;

/// Writes a line of a service.
pub fn write(unit: &str, text: &str) {
    let line =
        format!("{} {} {unit}: {text}", sim::Clock::system().now().rfc3339(), crate::node::host_name());
    let full = fs::metadata(FILE).is_ok_and(|file| file.len() > LIMIT);
    let file = fs::OpenOptions::new().create(true).append(!full).write(true).truncate(full).open(FILE);
    // A node whose disk is full still runs.
    drop(file.and_then(|mut file| writeln!(file, "{line}")));
}

/// Prints all lines, or those of the units that `-u` names.
pub fn show(arguments: &[&str]) -> Result<(), Error> {
    let mut units: Vec<&str> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(&argument) = rest.next() {
        match argument {
            "-u" | "--unit" => units.extend(rest.next().copied()),
            "--no-pager" | "--utc" | "-q" => {}
            other => match other.strip_prefix("--unit=") {
                Some(unit) => units.push(unit),
                None => return Err(Error::Usage(format!("journalctl {}", arguments.join(" ")))),
            },
        }
    }
    let text = fs::read_to_string(FILE).unwrap_or_default();
    let of_unit = |line: &str| {
        let said_by = line.split(' ').nth(2).unwrap_or_default().trim_end_matches(':');
        units.is_empty() || units.iter().any(|unit| unit.trim_end_matches(".service") == said_by)
    };
    text.lines().filter(|line| of_unit(line)).for_each(print::line);
    Ok(())
}
