//! `kubeadm init` and `kubeadm join`: <https://kubernetes.io/docs/reference/setup-tools/kubeadm/>.
//!
//! **Differs from kubeadm:** there are no static Pods and no kubelet certificates; `/kind/stand-in-fault` with the
//! word `kubeadm` makes both fail, so that a failure can be shown.

mod configuration;
mod init;
mod join;

use std::fs;

use crate::error::Error;
use crate::print;

/// Where an image made to fail says where.
const FAULT: &str = "/kind/stand-in-fault";

/// Runs a command line.
pub async fn run(arguments: &[&str]) -> Result<(), Error> {
    let Some((&command, options)) = arguments.split_first() else {
        return Err(Error::Usage("kubeadm".to_owned()));
    };
    let mut file = None;
    let mut rest = options.iter();
    while let Some(&option) = rest.next() {
        match option.split_once('=').unwrap_or((option, "")) {
            ("--config", "") => file = rest.next().copied(),
            ("--config", path) => file = Some(path),
            ("--skip-token-print" | "--v" | "-v", _) => {}
            _ => return Err(Error::Usage(format!("kubeadm {}", arguments.join(" ")))),
        }
    }
    let file = file.ok_or_else(|| Error::Usage("kubeadm without --config".to_owned()))?;
    let text = fs::read_to_string(file).map_err(Error::file(file))?;
    let configuration = configuration::parse(&text)?;
    if fs::read_to_string(FAULT).is_ok_and(|fault| fault.trim() == "kubeadm") {
        print::line("[kubelet-check] The kubelet is not healthy after 4m0.000s");
        let why = "The HTTP call equal to 'curl -sSL http://127.0.0.1:10248/healthz' returned error: connection refused";
        return Err(Error::Phase { phase: "wait-control-plane", why: why.to_owned() });
    }
    match command {
        "init" => init::run(&configuration).await,
        "join" => join::run(&configuration).await,
        other => Err(Error::Usage(format!("kubeadm {other}"))),
    }
}
