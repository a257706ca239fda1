//! `apimlab curl`: a request from a place in the simulated network, as from a jump box in a subnet.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION};
use reqwest::{Certificate, Client, Method, Proxy, Response, Url};
use sandbox::internet::{FROM, REFUSED};
use sandbox::{Endpoint, certificates};

use super::Context;
use crate::daemon::{self, Running};
use crate::exit::{Exit, Failure};

/// What `curl` takes; a part of what curl takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the request starts: `internet`, or a subnet by name or ARM id
    #[arg(long, value_name = "PLACE", default_value = "internet")]
    pub from: String,
    /// Print the head of the answer as well
    #[arg(short, long)]
    pub include: bool,
    /// The method [default: GET, with -d POST]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<Method>,
    /// A header, `Name: value`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER", value_parser = header)]
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body
    #[arg(short, long, value_name = "DATA")]
    pub data: Option<String>,
    /// Accepted for habit; there is no progress to silence
    #[arg(short, long)]
    pub silent: bool,
    /// Give up after this many seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 300)]
    pub max_time: u64,
    /// The URL; its host may be a virtual address, or the name of an API Management service
    pub url: String,
}

/// Sends the request and prints the answer's body.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let answer = send(&args, context, &running).await?;
    print(&args, context, answer).await
}

/// Sends the request.
pub async fn send(args: &Args, context: &Context, running: &Running) -> anyhow::Result<Response> {
    let url = url(&args.url)?;
    let client = client(args, context, running)?;
    let method = args.method.clone().unwrap_or(if args.data.is_some() { Method::POST } else { Method::GET });
    let mut request = client.request(method, url.clone()).headers(args.headers.iter().cloned().collect());
    if url.scheme() == "http" {
        // Without a tunnel the proxy sees the request itself.
        request = request.headers(proxy_headers(args, running)?);
    }
    if let Some(data) = args.data.clone() {
        request = request.body(data);
    }
    match request.send().await {
        Ok(answer) if answer.headers().contains_key(REFUSED) => Err(refused(&answer.text().await?).into()),
        Ok(answer) => Ok(answer),
        Err(error) if url.scheme() == "https" => {
            Err(tunnel_refused(&client, args, running, &url, error).await)
        }
        Err(error) => Err(error.into()),
    }
}

fn client(args: &Args, context: &Context, running: &Running) -> anyhow::Result<Client> {
    let ca = std::fs::read(context.config.state_dir.join(certificates::CA_FILE))?;
    let proxy = running.settings.url(Endpoint::Proxy).unwrap_or_default();
    let proxy = Proxy::all(proxy)?.headers(proxy_headers(args, running)?);
    Ok(Client::builder()
        .tls_certs_only([Certificate::from_pem(&ca)?])
        .proxy(proxy)
        .user_agent(concat!("apimlab/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(args.max_time))
        .build()?)
}

fn proxy_headers(args: &Args, running: &Running) -> anyhow::Result<HeaderMap> {
    let mut token = HeaderValue::from_str(&format!("Bearer {}", running.settings.admin_token))?;
    token.set_sensitive(true);
    let from = HeaderValue::from_str(&args.from)
        .map_err(|_| Failure::new(Exit::Usage, "the place has characters that no subnet's name has"))?;
    Ok(HeaderMap::from_iter([(FROM, from), (PROXY_AUTHORIZATION, token)]))
}

async fn print(args: &Args, context: &Context, mut answer: Response) -> anyhow::Result<Exit> {
    if args.include {
        let headers = answer.headers().iter();
        let lines =
            headers.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        let head = std::iter::once(format!("{:?} {}", answer.version(), answer.status())).chain(lines);
        let head = head.collect::<Vec<_>>().join("\r\n");
        context.report.raw(format!("{head}\r\n\r\n").as_bytes());
    }
    while let Some(piece) = answer.chunk().await? {
        context.report.raw(&piece);
    }
    Ok(Exit::Done)
}

/// A refused tunnel does not say why; the same request without a tunnel does.
async fn tunnel_refused(
    client: &Client,
    args: &Args,
    running: &Running,
    url: &Url,
    error: reqwest::Error,
) -> anyhow::Error {
    let port = url.port_or_known_default().unwrap_or(443);
    let plain = format!("http://{}:{port}/", url.host_str().unwrap_or_default());
    let Ok(headers) = proxy_headers(args, running) else { return error.into() };
    match client.head(plain.clone()).headers(headers.clone()).send().await {
        Ok(answer) if answer.headers().contains_key(REFUSED) => {
            let text = client.get(plain).headers(headers).send().await;
            let text = match text {
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            refused(&text).into()
        }
        _ => error.into(),
    }
}

fn refused(reason: &str) -> Failure {
    Failure::new(Exit::Wrong, reason.trim().to_owned())
        .help("`--from SUBNET` starts in a subnet; `apimlab status` shows what runs")
}

fn url(text: &str) -> Result<Url, Failure> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole);
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is not an http or https URL"))
            .help("for example http://10.10.1.5/")
    })
}

/// Reads `Name: value`.
pub fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `Name: value`")?;
    let name = name.trim().parse().map_err(|_| format!("`{name}` is not a header name"))?;
    let value =
        value.trim().parse().map_err(|_| "the value has characters that headers cannot have".to_owned())?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_may_lack_their_scheme_but_not_their_host() {
        let cases = [
            ("10.10.1.5", Some("http://10.10.1.5/")),
            ("https://blog-apim.azure-api.net/nginx/", Some("https://blog-apim.azure-api.net/nginx/")),
            ("ftp://x", None),
            ("", None),
            ("http://", None),
        ];
        for (text, expected) in cases {
            assert_eq!(url(text).ok().as_ref().map(Url::as_str), expected, "{text}");
        }
    }

    #[test]
    fn headers_have_a_name_and_a_value() {
        assert!(header("X-Trace: a:b").is_ok_and(|(name, value)| name == "x-trace" && value == "a:b"));
        for text in ["X-Trace", "a b: c", ": c", "X: a\nb"] {
            assert!(header(text).is_err(), "{text:?}");
        }
    }
}
