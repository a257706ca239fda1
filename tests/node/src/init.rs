//! `/sbin/init`: boots the node, and runs its services once `kubeadm` has made it part of a cluster; after a restart of
//! the container they come back from the disk.
//!
//! **Differs from systemd:** it says what the real one says at the points where others wait for it, and no more.

use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::api::Api;
use crate::error::Error;
use crate::kubeconfig::Kubeconfig;
use crate::node::{Node, host_name};
use crate::proxy::{Proxy, Way};
use crate::server::Server;
use crate::{container_logs, images, journal, kubelet, print};

/// The image's stop signal, `SIGRTMIN+3`.
const HALT: i32 = 37;
/// How soon it is seen that `kubeadm` has done its work.
const GLANCE: Duration = Duration::from_millis(50);

/// Runs until the container is to stop.
pub async fn run() -> Result<(), Error> {
    let on = |kind| signal(kind).map_err(Error::Start);
    let (mut halt, mut terminate) = (on(SignalKind::from_raw(HALT))?, on(SignalKind::terminate())?);
    for line in ["", "Welcome to the stand-in node!", "", "[  OK  ] Started containerd container runtime."] {
        print::line(line);
    }
    for folder in ["/var/log/containers", "/var/log/pods"] {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    images::seed()?;
    print::line("[  OK  ] Reached target Multi-User System.");
    let services = tokio::select! {
        services = start() => services,
        () = stop(&mut halt, &mut terminate) => return Ok(()),
    };
    let server = match services {
        Ok(server) => server,
        Err(error) => {
            // The node stays: whoever looks for the reason finds it in the journal.
            journal::write("kubelet", &format!("the node's services cannot start: {error}"));
            print::line(&format!("[FAILED] Failed to start kubelet: {error}"));
            None
        }
    };
    stop(&mut halt, &mut terminate).await;
    if let Some(server) = server {
        server.stop().await;
    }
    Ok(())
}

async fn stop(halt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = halt.recv() => {}
        _ = terminate.recv() => {}
    }
}

async fn start() -> Result<Option<Arc<Server>>, Error> {
    let node = loop {
        match Node::read()? {
            Some(node) => break node,
            None => tokio::time::sleep(GLANCE).await,
        }
    };
    let address = address().or_else(|| node.address.parse().ok()).unwrap_or(Ipv4Addr::LOCALHOST);
    let kubeconfig = fs::read_to_string(&node.kubeconfig).map_err(Error::file(&node.kubeconfig))?;
    let kubeconfig = Kubeconfig::parse(&kubeconfig)?;
    let api = Arc::new(Api::new(&kubeconfig)?);
    let (server, way) = match &node.control_plane {
        Some(plane) => {
            let server = Server::start(&node, plane, &[address]).await?;
            journal::write("kube-apiserver", &format!("listens on {address}:{}", crate::server::PORT));
            tokio::spawn(container_logs::run(Arc::clone(&api)));
            let way = Way::Fabric(Arc::clone(&server.fabric), server.id.clone());
            (Some(server), way)
        }
        None => (None, Way::NodePort(host_of(&kubeconfig.server))),
    };
    tokio::spawn(kubelet::run(node, Arc::clone(&api), address));
    tokio::spawn(Proxy::new(api, way).run());
    Ok(server)
}

/// The container's address, as Docker writes it into the hosts file at each start.
fn address() -> Option<Ipv4Addr> {
    let (hosts, own) = (fs::read_to_string("/etc/hosts").ok()?, host_name());
    let mut lines = hosts.lines().map(str::split_whitespace);
    lines.find_map(|mut line| {
        let address = line.next()?.parse().ok()?;
        line.any(|name| name == own).then_some(address)
    })
}

/// `node` of `https://node:6443`.
fn host_of(server: &str) -> String {
    let host = server.rsplit("//").next().unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_owned()
}
