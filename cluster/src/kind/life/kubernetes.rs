//! Kubernetes in the cluster's nodes: initialised, furnished, joined, Ready, published.

use std::sync::Arc;

use futures_util::future;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::build::Site;
use super::nodes::nodes;
use super::{Life, Running};
use crate::kind::kubeadm::{self, Progress, Registration, Settings, Version, configuration, ready};
use crate::kind::kubeconfig::{Credentials, File, Names};
use crate::kind::name::Role;
use crate::kind::node::Node;
use crate::kind::{Error, Phase};

impl Life {
    /// From booted nodes to Ready ones. `fresh` are those whose containers are new.
    pub(super) async fn bring_up(
        &self,
        site: &Site<'_>,
        nodes: &[Node],
        fresh: &[String],
    ) -> Result<(), Error> {
        let Some((control_plane, workers)) =
            nodes.split_first().filter(|(first, _)| first.role == Role::ControlPlane)
        else {
            return Err(Error::Model(format!("the cluster {} has no control plane", self.name)));
        };
        if self.adopted {
            let running = self.connect(site, control_plane).await?;
            return self.finish(running, nodes).await;
        }
        let settings = self.settings(site, control_plane).await?;
        self.make(site, (control_plane, &settings), fresh).await?;
        let running = self.connect(site, control_plane).await?;
        let joining: Vec<(&Node, Registration)> = workers
            .iter()
            .enumerate()
            .filter(|(_, node)| fresh.contains(&node.name))
            .map(|(index, node)| (node, registration(site, node, index + 1)))
            .collect();
        let known: Vec<&String> = nodes
            .iter()
            .map(|node| &node.name)
            .filter(|name| !fresh.contains(name) || **name == control_plane.name)
            .collect();
        self.patiently(ready::keep(&running.client, &known, &self.name)).await?;
        self.join(&settings, &joining).await?;
        self.patiently(ready::make_schedulable(&running.client, &control_plane.name, &self.name)).await?;
        self.finish(running, nodes).await
    }

    /// The control plane: made, if it is new, and furnished.
    async fn make(
        &self,
        site: &Site<'_>,
        (control_plane, settings): (&Node, &Settings),
        fresh: &[String],
    ) -> Result<(), Error> {
        if fresh.contains(&control_plane.name) {
            self.explain(site, settings);
            let version = settings.version.text();
            self.say(Phase::Initialising, format!("kubeadm makes the control plane, Kubernetes {version}"));
            let registration = registration(site, control_plane, 0);
            self.patiently(kubeadm::init(control_plane, settings, &registration)).await?;
        }
        if kubeadm::progress(control_plane).await? < Progress::Furnished {
            self.say(Phase::Joining, "applies the Pod network and the storage class");
            self.patiently(kubeadm::furnish(control_plane, settings)).await?;
        }
        Ok(())
    }

    async fn join(&self, settings: &Settings, joining: &[(&Node, Registration)]) -> Result<(), Error> {
        if joining.is_empty() {
            return Ok(());
        }
        self.say(Phase::Joining, format!("{} join", nodes(joining.len())));
        let joins = joining.iter().map(|(node, registration)| kubeadm::join(node, settings, registration));
        self.patiently(future::try_join_all(joins)).await.map(drop)
    }

    /// Waits until all nodes are Ready, and lets everybody know.
    async fn finish(&self, running: Running, nodes: &[Node]) -> Result<(), Error> {
        self.say(Phase::Waiting, "waits until all nodes are Ready");
        let clock = &self.shared.config.clock;
        let waits = nodes.iter().map(|node| ready::wait(&running.client, &node.name, clock));
        self.patiently(future::try_join_all(waits)).await?;
        self.provide_images(nodes).await?;
        self.nodes.send_replace(nodes.into());
        self.publish(running);
        Ok(())
    }

    async fn settings(&self, site: &Site<'_>, control_plane: &Node) -> Result<Settings, Error> {
        let ids = &self.shared.config.ids;
        let written = kubeadm::token(control_plane).await?;
        let token = written.unwrap_or_else(|| format!("{}.{}", ids.hex(6), ids.hex(16)));
        Ok(Settings {
            cluster: self.name.clone(),
            control_plane: control_plane.name.clone(),
            version: kubeadm::version(control_plane).await?,
            pods: site.model.pod_range,
            services: site.model.service_range,
            token,
            cgroup: site.info.cgroup,
            rootless: site.info.rootless,
        })
    }

    /// Says what is not as it was asked for.
    fn explain(&self, site: &Site<'_>, settings: &Settings) {
        let (asked, present) = (&site.model.kubernetes_version, settings.version.text());
        if is_other(asked, &settings.version) {
            let other =
                format!("the node image has Kubernetes {present}, the managed cluster asks for {asked}");
            self.shared.reports.remember(&self.id, other);
        }
        if configuration::needs_cgroup_v1(settings) {
            let told = format!(
                "this machine has cgroup v1, which Kubernetes {present} refuses by itself: its kubelet is told \
                 otherwise (failCgroupV1: false)"
            );
            self.shared.reports.remember(&self.id, told);
        }
    }

    /// A client, and the kubeconfigs.
    async fn connect(&self, site: &Site<'_>, control_plane: &Node) -> Result<Running, Error> {
        let node = &control_plane.name;
        let credentials = Credentials::read(node, &kubeadm::admin(control_plane).await?)?;
        let port = control_plane.port.ok_or_else(|| {
            Error::Model(format!(
                "{node} publishes its API server nowhere on this machine: create it with port 6443"
            ))
        })?;
        let server = format!("https://127.0.0.1:{port}");
        let names = Names::of_aks(site.model);
        let kubeconfig = credentials.kubeconfig(&names, &server)?;
        if let Some(path) = self.shared.config.kubeconfig.as_ref().filter(|_| !self.adopted) {
            File::new(path, &self.shared.config.clock).merge(&self.name, &credentials, &server).await?;
        }
        Ok(Running {
            id: self.id.clone(),
            name: self.name.clone(),
            model: self.model.clone(),
            nodes: self.nodes.subscribe(),
            client: self.client(&kubeconfig).await?,
            internal_kubeconfig: credentials.kubeconfig(&names, &format!("https://{node}:6443"))?,
            kubeconfig,
        })
    }

    /// A client of the API server, which answers.
    async fn client(&self, kubeconfig: &str) -> Result<kube::Client, Error> {
        let failed = |reason: String| Error::ApiServer { cluster: self.name.clone(), reason };
        let kubeconfig = Kubeconfig::from_yaml(kubeconfig).map_err(|error| failed(error.to_string()))?;
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        let mut config = config.map_err(|error| failed(error.to_string()))?;
        // The server is this machine.
        config.proxy_url = None;
        let client = kube::Client::try_from(config).map_err(|error| failed(error.to_string()))?;
        self.patiently(ready::answers(&client, &self.name, &self.shared.config.clock)).await?;
        Ok(client)
    }

    /// Whoever works on the cluster goes on with what it has, unless something else is true now.
    fn publish(&self, running: Running) {
        self.publish.send_if_modified(|present| {
            let differs = present.as_ref().is_none_or(|present| present.kubeconfig != running.kubeconfig);
            if differs {
                *present = Some(Arc::new(running));
            }
            differs
        });
    }
}

/// A node as AKS would label it, as far as a kubelet may label its own node.
fn registration(site: &Site<'_>, node: &Node, index: usize) -> Registration {
    let pool = pool(site, index);
    let labels = [
        ("agentpool", pool),
        ("kubernetes.azure.com/agentpool", pool),
        ("kubernetes.azure.com/cluster", site.model.node_resource_group.as_str()),
        ("kubernetes.azure.com/mode", "system"),
        ("kubernetes.azure.com/role", "agent"),
    ];
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={}", label(value))).collect();
    Registration { name: node.name.clone(), address: node.address, labels: labels.join(",") }
}

/// The pool of the node at `index`.
fn pool<'a>(site: &Site<'a>, index: usize) -> &'a str {
    let mut before = 0;
    for pool in &site.model.pools {
        before += pool.count as usize;
        if index < before {
            return &pool.name;
        }
    }
    ""
}

/// The value of a label: at most 63 characters, of which the first and the last are letters or digits.
fn label(value: &str) -> String {
    let short: String = value
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(63)
        .collect();
    short.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// The versions differ in more than the patch.
fn is_other(asked: &str, present: &Version) -> bool {
    let minor = |text: &str| text.trim_start_matches('v').split('.').take(2).collect::<Vec<_>>().join(".");
    minor(asked) != minor(present.text())
}
