//! How each part is made from what all parts share.

use std::sync::Arc;

use aks::{Cluster, Storage};
use apim::{Configuration, DataPlane};
use cluster::embedded::{self, ClientCertificate, Embedded};
use cluster::kind::relay::{Program, Relay};
use cluster::kind::{self, Engine, Kind};
use emulator::{Database, Emulator, Seed};
use gateway::Gateway;
use network::Fabric;
use sim::{Clock, Ids, Pace};

use crate::certificates::Authority;
use crate::endpoints::{Endpoint, PortNumbers};
use crate::identities::Identities;
use crate::internet::Internet;
use crate::observed::{Clusters, Services};
use crate::private_addresses::PrivateAddresses;
use crate::{BACKUP_FOLDER, Backend, Error, Machine, Redis, Settings, StateFolder, admin};

/// The command of this program that relays connections.
const RELAY_COMMAND: &str = "relay";
/// The folder in the state folder for the configurations of services as files.
const CONFIGURATIONS: &str = "configurations";
/// The file in the state folder that stands for all key vaults, which the user writes.
const KEY_VAULTS: &str = "key-vaults.json";

/// What all parts live in.
pub(crate) struct World {
    pub clock: Clock,
    pub ids: Ids,
    pub fabric: Arc<Fabric>,
    pub database: Arc<Database>,
    /// The state folder.
    pub folder: StateFolder,
    pub ports: PortNumbers,
}

impl World {
    /// The clusters, in containers or embedded.
    pub(crate) fn clusters(&self, kind: Option<&Arc<Kind>>, embedded: &Arc<Embedded>) -> Arc<Clusters> {
        let backend: Arc<dyn Cluster> = match kind {
            Some(kind) => Arc::clone(kind) as _,
            None => Arc::clone(embedded) as _,
        };
        Clusters::new(backend, self.folder.clone(), self.clock.clone())
    }

    /// The way in from outside.
    pub(crate) fn internet(&self, services: &Arc<Services>, token: &str) -> Internet {
        Internet {
            fabric: Arc::clone(&self.fabric),
            services: Arc::clone(services),
            ports: self.ports,
            token: token.to_owned(),
        }
    }

    /// The API Management gateway.
    pub(crate) fn gateway(
        &self,
        settings: &Settings,
        authority: &Authority,
        identities: &Arc<Identities>,
    ) -> Arc<Gateway> {
        Gateway::new(gateway::Config {
            roots: Arc::clone(&authority.roots),
            entra: Some(gateway::Entra {
                origin: self.ports.url(Endpoint::ResourceManager),
                tokens: Arc::clone(identities) as _,
            }),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            fabric: Arc::clone(&self.fabric),
            redis: settings.redis.as_ref().and_then(Redis::address).cloned(),
        })
    }

    /// What passes services on to the gateway.
    pub(crate) fn services(&self, gateway: &Arc<Gateway>) -> Arc<Services> {
        let addresses = PrivateAddresses::new(Arc::clone(&self.fabric), self.ports);
        Services::new(Arc::clone(gateway) as _, Some(addresses))
    }

    /// What configurations of gateways in other processes have in common.
    pub(crate) fn frame(&self, authority: &Authority) -> Configuration {
        Configuration {
            authority: Some(authority.certificate_pem.clone()),
            login: Some(self.ports.url(Endpoint::ResourceManager)),
            ..Configuration::default()
        }
    }

    /// The clusters' Kubernetes.
    pub(crate) fn kubernetes(
        &self,
        authority: &Authority,
        supervisor: Vec<String>,
    ) -> Result<Arc<Embedded>, Error> {
        let pair = authority.cluster_client()?;
        Ok(Embedded::new(embedded::Config {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            fabric: Arc::clone(&self.fabric),
            storage: Arc::clone(&self.database) as Arc<dyn Storage>,
            workloads: admin::stored_workloads(&self.database)?,
            supervisor,
            base_url: self.ports.url(Endpoint::Kubernetes),
            ca_pem: authority.certificate_pem.clone(),
            load_balancers: cluster::LoadBalancers::Azure,
            client_certificate: Some(ClientCertificate {
                certificate_pem: pair.certificate_pem,
                key_pem: pair.key_pem,
            }),
            nodes: embedded::Nodes::Pools,
        }))
    }

    /// The clusters in containers, if that is how this sandbox runs them and a Docker Engine can be used.
    pub(crate) async fn kind(
        &self,
        settings: &Settings,
        machine: Machine,
    ) -> Result<Option<Arc<Kind>>, Error> {
        if settings.cluster.backend != Backend::Kind {
            return Ok(None);
        }
        let program = machine.linux_program.clone();
        let config = kind_config(settings, machine, (&self.clock, &self.ids, &self.fabric));
        let connection = Engine::connect(config.engine.as_deref(), config.home.as_deref())?;
        let engine = connection.info().await?;
        let kind = if settings.cluster.gateway.in_container(&engine) {
            let binary = program.ok_or(Error::NoLinuxProgram)?;
            let program = Program { binary, command: vec![RELAY_COMMAND.to_owned()] };
            let relay = Relay::new(connection, config.sandbox.clone(), program, (&self.clock, &self.ids));
            Kind::start_through(config, relay.reach())?
        } else {
            Kind::start(config)?
        };
        kind.need(admin::stored_images(&self.database)?);
        tracing::info!(engine = engine.address, version = engine.version, "clusters run in containers");
        Ok(Some(kind))
    }

    /// The control plane, with its ports to the other two.
    pub(crate) fn control_plane(
        &self,
        settings: &Settings,
        pace: Pace,
        data_plane: Arc<dyn DataPlane>,
        cluster: Arc<dyn Cluster>,
    ) -> Result<Arc<Emulator>, Error> {
        let opened = Emulator::open(emulator::Config {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            pace,
            origin: self.ports.url(Endpoint::ResourceManager),
            seed: seed(settings),
            database: Arc::clone(&self.database),
            backups: self.folder.file(BACKUP_FOLDER),
            configurations: self.folder.file(CONFIGURATIONS),
            key_vaults: self.folder.file(KEY_VAULTS),
            data_plane,
            cluster,
            fabric: Arc::clone(&self.fabric),
        });
        opened.map_err(|error| Error::Emulator(error.to_string()))
    }
}

/// What clusters in containers run with.
pub(crate) fn kind_config(
    settings: &Settings,
    machine: Machine,
    (clock, ids, fabric): (&Clock, &Ids, &Arc<Fabric>),
) -> kind::Config {
    kind::Config {
        clock: clock.clone(),
        ids: ids.clone(),
        fabric: Arc::clone(fabric),
        sandbox: settings.sandbox_name(),
        engine: machine.engine,
        home: machine.home,
        node_image: settings.cluster.node_image().to_owned(),
        privileged: settings.cluster.privileged.into(),
        load_balancer: settings.cluster.load_balancer.into(),
        kubeconfig: machine.kubeconfig,
        proxy: machine.proxy,
    }
}

fn seed(settings: &Settings) -> Seed {
    Seed {
        tenant_id: settings.tenant_id.clone(),
        subscription_id: settings.subscription_id.clone(),
        client_id: settings.client_id.clone(),
        client_secret: settings.client_secret.clone(),
    }
}
