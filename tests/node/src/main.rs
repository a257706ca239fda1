//! The programs of the stand-in node image, in one binary that looks at the name it was called by.
//!
//! A stand-in node is to the kind back end what a `kindest/node` container is: it boots, answers `kubeadm`, `kubectl`,
//! `ctr`, `crictl`, `containerd` and `journalctl`, and serves a Kubernetes API on port 6443. Behind that API is the
//! embedded API server instead of Kubernetes, so that the back end can be tried with a real Docker Engine where no
//! node image can be had.
//! <https://kind.sigs.k8s.io/docs/design/node-image/>
//!
//! **Differs from Kubernetes:** Pods of all nodes run in the control plane's container and are what the embedded
//! cluster runs for their image; kube-proxy forwards TCP itself, so that Pods see its address as the client's
//! whatever `externalTrafficPolicy` says; a bootstrap token is a node's credential for good.

mod api;
mod container_logs;
mod error;
mod images;
mod init;
mod journal;
mod kubeadm;
mod kubeconfig;
mod kubectl;
mod kubelet;
mod node;
mod pki;
mod print;
mod proxy;
mod server;
mod storage;

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitCode;

use error::Error;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let called = arguments.next().unwrap_or_default();
    let name = Path::new(&called).file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let arguments: Vec<String> = arguments.collect();
    // Whoever is first decides for the process; there is one provider only.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&name, &Error::Start(error)),
    };
    match runtime.block_on(run(&name, &arguments)) {
        Ok(code) => code,
        Err(error) => fail(&name, &error),
    }
}

async fn run(name: &str, arguments: &[String]) -> Result<ExitCode, Error> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match name {
        "entrypoint" => return Err(become_program(&arguments)),
        "supervise" => {
            let command: Vec<String> = arguments.iter().map(|&one| one.to_owned()).collect();
            return Ok(ExitCode::from(cluster::supervise(&command).await));
        }
        "init" => init::run().await?,
        "kubeadm" => kubeadm::run(&arguments).await?,
        "kubectl" => kubectl::run(&arguments).await?,
        "ctr" => images::ctr(&arguments)?,
        "crictl" => images::crictl(&arguments)?,
        "containerd" => images::containerd(&arguments)?,
        "journalctl" => journal::show(&arguments)?,
        other => return Err(Error::Usage(format!("there is no program {other:?} in this image"))),
    }
    Ok(ExitCode::SUCCESS)
}

/// What the image's entry point does at its end: its place is taken by the command that it was given.
fn become_program(arguments: &[&str]) -> Error {
    let Some((program, arguments)) = arguments.split_first() else {
        return Error::Usage("the entry point needs a command".to_owned());
    };
    Error::Start(std::process::Command::new(program).args(arguments).exec())
}

fn fail(name: &str, error: &Error) -> ExitCode {
    print::error(&error.as_said_by(name));
    ExitCode::from(error.code())
}
