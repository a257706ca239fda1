//! `apimlab path FROM TO[:PORT]`: a connection in the simulated network, hop by hop, with the rules that let it
//! through or the one that refuses it.

use serde::Deserialize;

use crate::args::Output;
use crate::commands::Context;
use crate::daemon;
use crate::exit::{Exit, Failure};

/// The port that is meant when none is named.
const DEFAULT_PORT: u16 = 80;

/// What `path` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where it starts: `internet`, a subnet's name or id, or the name of an API Management service
    #[arg(value_name = "FROM")]
    from: String,
    /// Where it leads: an address, or a name of a private DNS zone; without a port, to port 80
    #[arg(value_name = "TO[:PORT]", value_parser = destination)]
    to: Destination,
    /// How to print it
    #[arg(short, long, default_value = "table")]
    output: Output,
}

/// An address or a name, with a port.
#[derive(Debug, Clone)]
struct Destination {
    host: String,
    port: u16,
}

/// The way, as the sandbox tells it.
#[derive(Debug, Deserialize)]
struct Path {
    refused: Option<String>,
    hops: Vec<Hop>,
}

/// A part of it.
#[derive(Debug, Deserialize)]
struct Hop {
    kind: String,
    name: String,
    says: String,
    passes: bool,
}

/// Prints.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let shown = running.admin.path(&args.from, &args.to.host, args.to.port).await?;
    let path: Path = serde_json::from_value(shown.clone())?;
    match args.output {
        Output::Json => context.report.json("Path", &shown),
        Output::Table => context.report.table(&rows(&path.hops)),
    }
    match path.refused {
        None => Ok(Exit::Done),
        Some(reason) => Err(Failure::new(Exit::Wrong, reason).into()),
    }
}

fn rows(hops: &[Hop]) -> Vec<Vec<String>> {
    let row = |hop: &Hop| {
        let mark = if hop.passes { "✓" } else { "✗" };
        vec![mark.to_owned(), hop.kind.clone(), hop.name.clone(), hop.says.clone()]
    };
    hops.iter().map(row).collect()
}

fn destination(text: &str) -> Result<Destination, String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (text, Some(DEFAULT_PORT)),
    };
    let named = !host.is_empty()
        && host.len() <= 253
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    match port.filter(|_| named) {
        Some(port) => Ok(Destination { host: host.to_owned(), port }),
        None => Err(
            "write an IPv4 address or a name, with a port if it is not 80: 10.10.1.5:8080, api.internal.example"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_an_address_or_a_name_with_or_without_a_port() {
        for (text, expected) in [
            ("10.10.1.5", Some("10.10.1.5:80")),
            ("10.10.1.5:8080", Some("10.10.1.5:8080")),
            ("10.10.1.5:x", None),
            ("private-api", Some("private-api:80")),
            ("api.internal.example:8080", Some("api.internal.example:8080")),
            ("http://10.10.1.5", None),
            (":80", None),
        ] {
            let found = destination(text).ok().map(|to| format!("{}:{}", to.host, to.port));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
