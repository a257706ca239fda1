//! What the built-in `curl` does: a request from a Pod, through the virtual network, printed as curl prints it.
//!
//! **Differs from curl:** HTTP/1.1 over plain TCP only; no progress meter; files other than `/dev/null` are not
//! written; names are those of the cluster's Services; an address that cannot be reached fails at once.

mod arguments;
mod exchange;

pub use arguments::Arguments;
use exchange::{Answer, CurlError};

use super::builtin::JobEnd;
use super::container::Instance;
use super::log::LineWriter;

/// Runs curl. What it prints goes to `output`.
pub async fn run(arguments: &Arguments, instance: &Instance, output: &mut LineWriter) -> JobEnd {
    let mut code = 0;
    let mut message = String::new();
    for url in &arguments.urls {
        let began = instance.world.clock.elapsed();
        let requested = exchange::request(url, arguments, instance, output);
        let answer = match arguments.max_time {
            None => requested.await,
            Some(limit) => tokio::select! {
                answer = requested => answer,
                () = instance.world.clock.sleep(limit) => Err(CurlError::timeout(limit)),
            },
        };
        let seconds = instance.world.clock.elapsed().saturating_sub(began).as_secs_f64();
        let failure = match &answer {
            Ok(answer) => answer.failure(arguments),
            Err(error) => Some(error.clone()),
        };
        if let Some(format) = &arguments.write_out {
            output.write(write_out(format, url, answer.as_ref().ok(), seconds).as_bytes());
        }
        if let Some(error) = failure {
            if arguments.shows_errors() {
                output.write(format!("curl: ({}) {}\n", error.code, error.text).as_bytes());
            }
            (code, message) = (error.code, error.explanation());
        }
    }
    JobEnd { code, message }
}

/// `--write-out`: variables and escapes.
fn write_out(format: &str, url: &str, answer: Option<&Answer>, seconds: f64) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find("%{") {
        text.push_str(rest.get(..at).unwrap_or_default());
        let behind = rest.get(at + 2..).unwrap_or_default();
        let Some((name, after)) = behind.split_once('}') else {
            text.push_str("%{");
            rest = behind;
            continue;
        };
        text.push_str(&variable(name, url, answer, seconds));
        rest = after;
    }
    text.push_str(rest);
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")
}

fn variable(name: &str, url: &str, answer: Option<&Answer>, seconds: f64) -> String {
    let of = |field: fn(&Answer) -> String| answer.map(field);
    match name {
        "http_code" | "response_code" => {
            of(|a| a.status.as_u16().to_string()).unwrap_or_else(|| "000".to_owned())
        }
        "size_download" => of(|a| a.size.to_string()).unwrap_or_else(|| "0".to_owned()),
        "remote_ip" => of(|a| a.remote.ip().to_string()).unwrap_or_default(),
        "remote_port" => of(|a| a.remote.port().to_string()).unwrap_or_else(|| "0".to_owned()),
        "content_type" => of(|a| a.content_type.clone()).unwrap_or_default(),
        "http_version" => of(|_| "1.1".to_owned()).unwrap_or_else(|| "0".to_owned()),
        "num_redirects" => of(|a| a.redirects.to_string()).unwrap_or_else(|| "0".to_owned()),
        "url_effective" => of(|a| a.url.clone()).unwrap_or_else(|| url.to_owned()),
        "url" => url.to_owned(),
        "time_total" => format!("{seconds:.6}"),
        unknown => format!("curl: unknown --write-out variable: '{unknown}'\n"),
    }
}
