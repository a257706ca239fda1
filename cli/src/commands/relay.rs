//! `apimlab relay`: what runs in the container through which the gateway reaches the Docker network.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::exit::{Exit, Failure};

/// What `relay` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen
    #[arg(long)]
    pub listen: SocketAddr,
    /// The addresses that may be dialled
    #[arg(long)]
    pub range: String,
    /// The file with the token that callers show
    #[arg(long)]
    pub token_file: PathBuf,
}

/// Relays until it is ended.
pub async fn exec(args: Args) -> anyhow::Result<Exit> {
    let token = std::fs::read_to_string(&args.token_file)?;
    if token.is_empty() {
        return Err(Failure::new(Exit::BadInput, "the token is empty").into());
    }
    let listener = tokio::net::TcpListener::bind(args.listen).await?;
    sandbox::relay(listener, token, &args.range).await?;
    Ok(Exit::Done)
}
