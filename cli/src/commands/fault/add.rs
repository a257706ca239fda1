//! `apimlab fault add EFFECT`: the next requests that match suffer it.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::commands::Context;
use crate::daemon;
use crate::exit::Exit;

/// What `fault add` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What becomes of the requests
    effect: Effect,
    /// A part of the path, whatever the letter case, such as `virtualNetworks` or `/apis/orders`
    #[arg(long, default_value = "")]
    path: String,
    /// The method; every one that changes something, if it is not given
    #[arg(long)]
    method: Option<String>,
    /// How many requests it concerns; all until it is removed, if it is not given
    #[arg(long)]
    times: Option<u32>,
    /// How long to wait before the next attempt, or how much longer it takes
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// The status code of `refuse`
    #[arg(long, required_if_eq("effect", "refuse"))]
    status: Option<u16>,
    /// Azure's error code, where another than the usual one is wanted
    #[arg(long)]
    code: Option<String>,
    /// Azure's error message, likewise
    #[arg(long)]
    message: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Effect {
    /// 429 with Retry-After
    Throttle,
    /// 409: another operation is in progress
    Conflict,
    /// The status code of --status
    Refuse,
    /// The operation, or the answer, takes longer
    Slow,
    /// The operation begins and fails
    Fail,
}

/// Asks for it.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let fault = running.admin.add_fault(&wanted(args)).await?;
    context
        .report
        .say(&format!("Fault {} waits for requests; `apimlab fault clear` removes it.", fault["id"]));
    Ok(Exit::Done)
}

fn wanted(args: &Args) -> Value {
    let effect = args.effect.to_possible_value().map(|value| value.get_name().to_owned());
    let mut fault = json!({"effect": effect, "path": args.path, "seconds": args.seconds});
    let optional = [
        ("method", args.method.as_ref().map(|method| json!(method))),
        ("times", args.times.map(|times| json!(times))),
        ("status", args.status.map(|status| json!(status))),
        ("code", args.code.as_ref().map(|code| json!(code))),
        ("message", args.message.as_ref().map(|message| json!(message))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            fault[name] = value;
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn what_is_said_is_sent() {
        for (line, expected) in [
            ("x throttle", json!({"effect": "throttle", "path": "", "seconds": 5})),
            (
                "x refuse --status 503 --path apis --times 2 --method PUT --code C --seconds 1",
                json!({"effect": "refuse", "path": "apis", "seconds": 1, "status": 503, "times": 2, "method": "PUT", "code": "C"}),
            ),
        ] {
            assert_eq!(wanted(&Line::parse_from(line.split(' ')).args), expected, "{line}");
        }
        assert!(Line::try_parse_from(["x", "refuse"]).is_err());
    }
}
