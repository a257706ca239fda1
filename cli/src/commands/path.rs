//! `apimlab path FROM TO[:PORT]`: a connection in the simulated network, hop by hop, with the rules that let it
//! through or the one that refuses it.

use std::net::{Ipv4Addr, SocketAddrV4};

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
    /// Where it leads; without a port, to port 80
    #[arg(value_name = "TO[:PORT]", value_parser = destination)]
    to: SocketAddrV4,
    /// How to print it
    #[arg(short, long, default_value = "table")]
    output: Output,
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
    let shown = running.admin.path(&args.from, args.to).await?;
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

fn destination(text: &str) -> Result<SocketAddrV4, String> {
    let address = text.parse::<Ipv4Addr>().map(|address| SocketAddrV4::new(address, DEFAULT_PORT));
    address
        .or_else(|_| text.parse())
        .map_err(|_| "write an IPv4 address, with a port if it is not 80: 10.10.1.5:8080".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_an_address_with_or_without_a_port() {
        for (text, expected) in [
            ("10.10.1.5", Some("10.10.1.5:80")),
            ("10.10.1.5:8080", Some("10.10.1.5:8080")),
            ("10.10.1.5:x", None),
            ("10.10.1", None),
            ("private-api", None),
        ] {
            let found = destination(text).ok().map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
