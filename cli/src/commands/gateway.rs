//! `apimlab gateway`: the data plane alone, in this process, as a self-hosted gateway.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use sandbox::Redis;
use sandbox::self_hosted::{Options, SelfHosted, Source};
use sim::Ids;
use tokio::signal::unix::{SignalKind, signal};

use super::Context;
use crate::exit::{Exit, Failure};
use crate::open_files;

/// What `gateway` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The control plane (the URL of the sandbox's own API), or a file with a configuration
    #[arg(long, value_name = "URL|FILE")]
    pub config: String,
    /// The file with the token that the control plane is shown: the gateway's, or the sandbox's
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The file to start from while the control plane is away
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    /// The Redis in which gateways count rate limits, quotas and tokens together [default: that of the variable `APIMLAB_REDIS`]
    #[arg(long, value_name = "URL")]
    pub redis: Option<Redis>,
}

/// Serves until it is told to end, then lets requests finish.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A closing terminal does not end it.
    let _hang_up = signal(SignalKind::hangup())?;
    let mut end = std::pin::pin!(async {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
    });
    open_files::raise_limit();
    sandbox::log::to_stderr();
    let options = Options {
        source: source(&args)?,
        listen: args.listen,
        backup: args.backup,
        redis: args.redis.or_else(|| context.config.redis.clone()),
        clock: context.clock.clone(),
        ids: Ids::random(),
    };
    let gateway = tokio::select! {
        started = SelfHosted::start(options) => started?,
        () = &mut end => return Ok(Exit::Done),
    };
    context.report.say(&format!("The gateway listens on http://{}.", gateway.address()));
    end.await;
    gateway.stop().await;
    Ok(Exit::Done)
}

fn source(args: &Args) -> anyhow::Result<Source> {
    if !args.config.starts_with("http://") {
        if args.config.starts_with("https://") {
            let help = "the sandbox's own API speaks plain HTTP on this machine: use http://";
            return Err(Failure::new(Exit::Usage, "`--config` cannot be an https address").help(help).into());
        }
        return Ok(Source::File(args.config.clone().into()));
    }
    let file = args.token_file.as_ref().ok_or_else(|| {
        Failure::new(Exit::Usage, "a control plane wants a token").help("name its file with `--token-file`")
    })?;
    let token = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Source::endpoint(&args.config, &token)?)
}
