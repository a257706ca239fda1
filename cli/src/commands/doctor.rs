//! `apimlab doctor`: looks at what the sandbox needs of this machine; each finding says how to fix it.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use sandbox::endpoints::{DEFAULT_BASE, ENDPOINTS};
use sandbox::{Backend, PortNumbers, Ports, Settings, StateFolder, certificates};
use serde::Serialize;

use super::Context;
use crate::args::Output;
use crate::config::Config;
use crate::daemon;
use crate::exit::Exit;

/// Less free space than this is worth a word.
const DISK: u64 = 200 * 1024 * 1024;
/// No certificate is valid on a clock that is before this: 2025-01-01.
const CLOCK: i64 = 1_735_689_600;
/// Programs that work with the sandbox; none is needed.
const PROGRAMS: [&str; 3] = ["kubectl", "az", "terraform"];

/// What `doctor` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to print the findings
    #[arg(short, long, default_value = "table")]
    pub output: Output,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    id: &'static str,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    Good,
    Note,
    Bad,
}

/// Looks; ends with code 1 if something is wrong.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::find(&context.config).await.ok().flatten();
    let mut findings = vec![state_folder(&context.config), disk(&context.config), clock(context)];
    findings.push(match &running {
        Some(running) => ours(&running.settings),
        None => ports(&context.config),
    });
    findings.push(certificate(context));
    findings.push(proxy(&context.config));
    findings.push(engine(&context.config).await);
    findings.extend(PROGRAMS.map(|program| installed(&context.config, program)));
    match args.output {
        Output::Json => context.report.json("Diagnosis", &findings),
        Output::Table => context.report.table(&findings.iter().flat_map(rows).collect::<Vec<_>>()),
    }
    let bad = findings.iter().any(|finding| finding.state == State::Bad);
    Ok(if bad { Exit::Wrong } else { Exit::Done })
}

fn rows(finding: &Finding) -> Vec<Vec<String>> {
    let sign = match finding.state {
        State::Good => "ok",
        State::Note => "note",
        State::Bad => "BAD",
    };
    let row = |sign: &str, id: &str, text: String| vec![sign.to_owned(), id.to_owned(), text];
    let fix = finding.fix.as_ref().map(|fix| row("", "", format!("fix: {fix}")));
    std::iter::once(row(sign, finding.id, finding.detail.clone())).chain(fix).collect()
}

impl Finding {
    fn good(id: &'static str, detail: impl Into<String>) -> Self {
        Self { id, state: State::Good, detail: detail.into(), fix: None }
    }

    fn note(id: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, state: State::Note, detail: detail.into(), fix: Some(fix.into()) }
    }

    fn bad(id: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, state: State::Bad, detail: detail.into(), fix: Some(fix.into()) }
    }
}

fn state_folder(config: &Config) -> Finding {
    let (id, path) = ("state", &config.state_dir);
    match StateFolder::open(path) {
        Err(error) => Finding::bad(id, error.to_string(), "choose another folder with `--state-dir`"),
        Ok(None) if path.exists() && std::fs::read_dir(path).map_or(true, |mut dir| dir.next().is_some()) => {
            let detail = format!("{} was not made by apimlab", path.display());
            Finding::bad(id, detail, "choose another folder with `--state-dir`")
        }
        Ok(None) => Finding::good(id, format!("{} will be made", path.display())),
        Ok(Some(folder)) => {
            let mode = std::fs::metadata(folder.path()).map_or(0, |found| found.permissions().mode() & 0o777);
            if mode == 0o700 {
                return Finding::good(id, format!("{} is yours alone", path.display()));
            }
            let detail = format!("{} has mode {mode:o}: others may get at its secrets", path.display());
            Finding::bad(id, detail, format!("chmod 700 {}", path.display()))
        }
    }
}

fn disk(config: &Config) -> Finding {
    let path = config.absolute_state_dir();
    let existing = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(existing) {
        Err(error) => {
            Finding::note("disk", format!("the free space is not known: {error}"), "look with `df`")
        }
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let detail = format!("{} MiB are free at {}", free >> 20, existing.display());
            if free >= DISK {
                return Finding::good("disk", detail);
            }
            Finding::bad("disk", detail, "make room, or choose another folder with `--state-dir`")
        }
    }
}

fn clock(context: &Context) -> Finding {
    let now = context.clock.now();
    if now.unix_seconds() >= CLOCK {
        return Finding::good("clock", now.rfc3339());
    }
    let detail = format!("{} is before any certificate is valid", now.rfc3339());
    Finding::bad("clock", detail, "set the machine's clock")
}

fn ours(settings: &Settings) -> Finding {
    let ports = settings.ports.unwrap_or_default();
    let numbers: Vec<String> = ENDPOINTS.iter().map(|endpoint| ports.of(*endpoint).to_string()).collect();
    Finding::good("ports", format!("{}: the sandbox of this state folder runs there", numbers.join(", ")))
}

fn ports(config: &Config) -> Finding {
    let remembered = StateFolder::open(&config.state_dir)
        .ok()
        .flatten()
        .and_then(|folder| Settings::load(&folder).ok().flatten())
        .and_then(|settings| settings.ports);
    let wanted = match (config.ports, remembered) {
        (Ports::Base(base), _) => PortNumbers::from_base(base),
        (_, Some(remembered)) => remembered,
        (Ports::Auto, None) => return Finding::good("ports", "any free ones"),
        (Ports::Remembered, None) => PortNumbers::from_base(DEFAULT_BASE),
    };
    let taken = ENDPOINTS.iter().find(|endpoint| is_taken(wanted.of(**endpoint)));
    match taken {
        None => Finding::good("ports", format!("{} and the others are free", wanted.gateway)),
        Some(endpoint) => Finding::bad(
            "ports",
            format!("{} ({endpoint}) is taken by another program", wanted.of(*endpoint)),
            "stop that program, or start with `--ports auto` or `--ports BASE`",
        ),
    }
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

fn certificate(context: &Context) -> Finding {
    let path = context.config.state_dir.join(certificates::CA_FILE);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Finding::good("certificate", "will be made at the first start");
    };
    match certificates::ends_at(&text) {
        None => Finding::bad("certificate", format!("{} is damaged", path.display()), "apimlab down --purge"),
        Some(end) if end <= context.clock.now().after(Duration::from_hours(24)) => Finding::bad(
            "certificate",
            format!("ends at {end}"),
            "restart the sandbox: apimlab down; apimlab up",
        ),
        Some(end) => Finding::good("certificate", format!("of the sandbox's authority, valid until {end}")),
    }
}

fn proxy(config: &Config) -> Finding {
    let variable = |names: [&str; 2]| names.iter().find_map(|name| config.variables.get(*name));
    let set = variable(["http_proxy", "HTTP_PROXY"]).or_else(|| variable(["https_proxy", "HTTPS_PROXY"]));
    let exempt = variable(["no_proxy", "NO_PROXY"]).is_some_and(|names| names.contains("127.0.0.1"));
    match set {
        Some(_) if !exempt => Finding::note(
            "proxy",
            "a proxy is set that other programs would use for the sandbox as well",
            "export no_proxy=127.0.0.1,localhost,.localhost",
        ),
        _ => Finding::good("proxy", "none is in the way"),
    }
}

/// The Docker Engine: only kind clusters need one.
async fn engine(config: &Config) -> Finding {
    let needed = crate::daemon::settings(config).ok().flatten().map(|settings| settings.cluster.backend);
    match sandbox::engine(&config.machine()).await {
        Ok(engine) => Finding::good(
            "engine",
            format!(
                "{} at {}, {} processors, {} MiB of memory, cgroup {:?}",
                engine.version, engine.address, engine.processors, engine.memory, engine.cgroup
            ),
        ),
        Err(error) if needed == Some(Backend::Kind) => Finding::bad(
            "engine",
            error.to_string(),
            "or run clusters without it: apimlab down, then apimlab up --cluster embedded",
        ),
        Err(error) => Finding::note("engine", error.to_string(), "only `up --cluster kind` needs one"),
    }
}

fn installed(config: &Config, program: &'static str) -> Finding {
    let path = config.variables.get("PATH").map(String::as_str).unwrap_or_default();
    let found = path.split(':').map(|folder| Path::new(folder).join(program)).find(|file| file.is_file());
    match found {
        Some(file) => Finding::good(program, file.display().to_string()),
        None => Finding::note(
            program,
            "is not installed; the sandbox does not need it",
            "install it to use it here",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn config(state_dir: &Path, ports: Ports) -> Config {
        Config {
            state_dir: state_dir.to_owned(),
            ports,
            colour: false,
            redis: None,
            quiet: true,
            variables: BTreeMap::new(),
        }
    }

    #[test]
    fn a_folder_that_others_can_read_or_own_is_found() {
        let parent = tempfile::tempdir().expect("a directory");
        let path = parent.path().join("state");
        assert_eq!(state_folder(&config(&path, Ports::Auto)).state, State::Good);
        let folder = StateFolder::create(&path).expect("a folder");
        assert_eq!(state_folder(&config(&path, Ports::Auto)).state, State::Good);
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("changed");
        let finding = state_folder(&config(&path, Ports::Auto));
        assert!(finding.state == State::Bad && finding.fix.is_some_and(|fix| fix.starts_with("chmod 700")));
        std::fs::write(parent.path().join("other"), "").expect("written");
        assert_eq!(state_folder(&config(parent.path(), Ports::Auto)).state, State::Bad);
    }

    #[test]
    fn a_taken_port_is_found() {
        let parent = tempfile::tempdir().expect("a directory");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let finding = ports(&config(parent.path(), Ports::Base(port)));
        assert!(finding.state == State::Bad && finding.detail.contains(&port.to_string()), "{finding:?}");
    }
}
