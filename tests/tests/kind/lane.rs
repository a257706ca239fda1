//! A sandbox with the kind back end, on the engine of this machine; everything of it is gone when the test ends.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use bollard::Docker;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::models::ContainerSummary;
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptions,
};
use futures_util::TryStreamExt as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tests::{Run, World};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::image;

/// The label of everything that a sandbox makes in an engine.
const LABEL: &str = "dev.apimlab.sandbox";
/// The scenario's cluster.
pub const CLUSTER: &str = "aks-for-apim";
/// All sandboxes want the same addresses: one at a time.
static TURN: Mutex<()> = Mutex::const_new(());
/// The node image, built once.
static IMAGE: OnceCell<Result<String, String>> = OnceCell::const_new();

/// A sandbox, the engine, and the turn that it has.
pub struct Lane {
    pub world: World,
    pub docker: Docker,
    pub image: String,
    _turn: MutexGuard<'static, ()>,
}

impl Lane {
    /// Nothing runs yet. `None`, and a line that says why, where no Docker Engine answers.
    pub async fn start() -> Option<Self> {
        let turn = TURN.lock().await;
        match ready().await {
            Ok((docker, image)) => Some(Self { world: World::new(), docker, image, _turn: turn }),
            Err(reason) => {
                eprintln!("skipped: {reason}");
                None
            }
        }
    }

    /// `up` on the kind back end, with the lane's node image and all workload images in the engine.
    pub async fn up(&self) -> Run {
        self.workloads().await;
        self.ok(&["up", "--cluster", "kind", "--node-image", &self.image])
    }

    /// Makes the images that the scenario's Pods name, unless the node image is a real one.
    pub async fn workloads(&self) {
        if !self.is_stand_in() {
            return;
        }
        let list = self.ok(&["image", "list", "-o", "json"]).json();
        let all = list["data"].as_array().expect("images").clone();
        for one in all.iter().filter(|one| one["present"] == false) {
            let name = one["image"].as_str().expect("a name");
            // MetalLB cannot be had: what happens then is part of what is shown.
            if !name.contains("metallb") && !name.contains("kindest") && !name.contains('@') {
                image::workload(&self.docker, name).await.expect("an image");
            }
        }
    }

    /// The nodes are made from the image that is built here.
    pub fn is_stand_in(&self) -> bool {
        self.image.contains("stand-in")
    }

    /// The sandbox's kubeconfig file: the user's own is left alone.
    pub fn kubeconfig(&self) -> PathBuf {
        self.world.files().join("kubeconfig")
    }

    /// A command of the built binary.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        command.env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::from(self.command(arguments).output().expect("the binary starts: run `cargo build` first"))
    }

    /// Runs a command that has to succeed.
    pub fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "apimlab {arguments:?}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        run
    }

    /// What `status -o json` prints under `data`.
    pub fn status(&self) -> Value {
        self.ok(&["status", "-o", "json"]).json()["data"].clone()
    }

    /// Ends the sandbox's process as a crash does.
    pub fn kill(&self) {
        let pid = self.status()["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
        kill_process(pid.and_then(Pid::from_raw).expect("status names the process"), Signal::KILL)
            .expect("it runs");
    }

    /// The address of the gateway.
    pub fn gateway(&self) -> String {
        let printed = self.ok(&["status", "-o", "env"]).stdout;
        let line =
            printed.lines().find_map(|line| line.strip_prefix("APIMLAB_GATEWAY_URL=")).expect("a gateway");
        line.trim_matches('\'').to_owned()
    }

    /// A client of the cluster, as any program makes one from the user's kubeconfig.
    pub async fn kubernetes(&self) -> kube::Client {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let text = fs::read_to_string(self.kubeconfig()).expect("the cluster is in the kubeconfig");
        let kubeconfig = Kubeconfig::from_yaml(&text).expect("a kubeconfig");
        let options = KubeConfigOptions { context: Some(format!("kind-{CLUSTER}")), ..Default::default() };
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a context");
        kube::Client::try_from(config).expect("a client")
    }

    /// The cluster's containers, found as kind finds them.
    pub async fn nodes(&self) -> Vec<ContainerSummary> {
        self.containers(&format!("io.x-k8s.kind.cluster={CLUSTER}")).await
    }

    /// Containers, networks and volumes that are there because of this and earlier sandboxes.
    pub async fn things(&self, volumes: &[String]) -> Vec<String> {
        let containers =
            self.containers(LABEL).await.into_iter().flat_map(|one| one.names.unwrap_or_default());
        let mut things: Vec<String> = containers.map(|name| format!("container {name}")).collect();
        let filters = HashMap::from([("label", vec![LABEL])]);
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let networks = self.docker.list_networks(Some(options)).await.expect("networks");
        things.extend(
            networks.into_iter().filter_map(|network| network.name).map(|name| format!("network {name}")),
        );
        let present = self.docker.list_volumes(None::<ListVolumesOptions>).await.expect("volumes").volumes;
        let present = present.unwrap_or_default().into_iter().map(|volume| volume.name);
        things.extend(present.filter(|name| volumes.contains(name)).map(|name| format!("volume {name}")));
        things
    }

    /// The volumes of the cluster's containers.
    pub async fn volumes(&self) -> Vec<String> {
        let mut volumes = Vec::new();
        for id in self.nodes().await.into_iter().filter_map(|node| node.id) {
            let node = self.docker.inspect_container(&id, None::<InspectContainerOptions>).await;
            let mounts = node.ok().and_then(|node| node.mounts).unwrap_or_default();
            volumes.extend(mounts.into_iter().filter_map(|mount| mount.name));
        }
        volumes
    }

    /// What a program in a node writes.
    pub async fn exec(&self, node: &str, command: &[&str]) -> String {
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        let exec = self.docker.create_exec(node, options).await.expect("an exec");
        let started = self.docker.start_exec(&exec.id, None).await.expect("started");
        let StartExecResults::Attached { output, .. } = started else { panic!("the exec is detached") };
        output
            .try_fold(String::new(), async |text, piece| Ok(text + &piece.to_string()))
            .await
            .expect("its output")
    }

    async fn containers(&self, label: &str) -> Vec<ContainerSummary> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        self.docker.list_containers(Some(options)).await.expect("containers")
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // With this kubeconfig, and before the next test has its turn.
        drop(self.command(&["down", "--purge"]).output());
        tokio::task::block_in_place(|| Handle::current().block_on(image::remove(&self.docker)));
    }
}

async fn ready() -> Result<(Docker, String), String> {
    let docker = connect().await?;
    let image = IMAGE.get_or_init(async || image::node(&docker).await).await.clone()?;
    Ok((docker, image))
}

/// The engine that `DOCKER_HOST` names, or the usual one.
pub async fn connect() -> Result<Docker, String> {
    let start = "no Docker Engine answers (start one with scripts/docker-engine start)";
    let docker = Docker::connect_with_defaults().map_err(|error| format!("{start}: {error}"))?;
    match tokio::time::timeout(Duration::from_secs(5), docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(format!("{start}: {error}")),
        Err(_) => Err(start.to_owned()),
    }
}

/// Waits until something holds, or fails.
pub async fn until<T>(what: &str, patience: Duration, attempt: impl AsyncFn() -> Option<T>) -> T {
    let waited = tokio::time::timeout(patience, async {
        loop {
            if let Some(value) = attempt().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}: not within {patience:?}"))
}
