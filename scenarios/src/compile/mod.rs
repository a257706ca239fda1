//! Compiles a scenario file to desired state: one row per kind of thing, in the order of the story.
//!
//! Names and ids are deterministic, so the same file always means the same resources and no state file is needed.
//! Compiling never fails; what a file gets wrong is found by `validate` before.

mod api;
mod application;
mod kubernetes_object;
mod managed_cluster;
mod network_security_group;
mod operation;
mod part;
mod policy;
mod product;
mod product_api;
mod resource_group;
mod role_assignment;
mod service;
mod service_principal;
mod subscription;
mod virtual_network;
mod virtual_network_join;

use arm::ResourceId;
use cloud::{ArmMethod, Node, NodeKind, SCENARIO_TAG};
use serde_json::{Value, json};

use crate::assets::Assets;
use crate::model::{ApiManagement, Document, Scope};
pub(crate) use part::part;
pub(crate) use role_assignment::{ROLES, Role, assignment, role};

/// The nodes of one kind.
type Row = fn(&Context) -> Vec<Node>;

/// All kinds, in the order of the story: what comes first is made first where nothing else decides.
const ROWS: &[Row] = &[
    resource_group::nodes,
    network_security_group::nodes,
    virtual_network::nodes,
    application::nodes,
    service_principal::nodes,
    role_assignment::nodes,
    managed_cluster::nodes,
    kubernetes_object::nodes,
    service::nodes,
    api::nodes,
    operation::nodes,
    product::nodes,
    product_api::nodes,
    subscription::nodes,
    policy::nodes,
    virtual_network_join::nodes,
];

/// Keys of the nodes that there is at most one of.
pub(crate) mod key {
    pub(crate) const GROUP: &str = "group";
    pub(crate) const NETWORK: &str = "vnet";
    pub(crate) const APPLICATION: &str = "application";
    pub(crate) const SERVICE_PRINCIPAL: &str = "servicePrincipal";
    pub(crate) const PASSWORD: &str = "password";
    pub(crate) const CLUSTER: &str = "cluster";
    pub(crate) const SERVICE: &str = "apim";
    pub(crate) const JOIN: &str = "apim/join";
}

/// What the rows read.
pub(crate) struct Context<'s> {
    pub document: &'s Document,
    pub assets: &'s Assets,
    subscription: ResourceId,
    group: ResourceId,
}

/// The desired state of a scenario in a subscription.
pub(crate) fn nodes(document: &Document, assets: &Assets, subscription_id: &str) -> Vec<Node> {
    let context = Context::new(document, assets, subscription_id);
    ROWS.iter().flat_map(|row| row(&context)).collect()
}

impl<'s> Context<'s> {
    pub(crate) fn new(document: &'s Document, assets: &'s Assets, subscription_id: &str) -> Self {
        let subscription = ResourceId::subscription(subscription_id);
        let group = subscription.child("resourceGroups", &document.resource_group);
        Self { document, assets, subscription, group }
    }

    /// Tags of every resource that can have some.
    fn tags(&self) -> Value {
        json!({SCENARIO_TAG: *self.document.name})
    }

    fn network_id(&self) -> Option<ResourceId> {
        let network = self.document.network.as_ref()?;
        Some(self.group.provider("Microsoft.Network", "virtualNetworks", &network.name))
    }

    fn security_group_id(&self, name: &str) -> ResourceId {
        self.group.provider("Microsoft.Network", "networkSecurityGroups", name)
    }

    fn subnet_id(&self, name: &str) -> Option<ResourceId> {
        Some(self.network_id()?.child("subnets", name))
    }

    fn cluster_id(&self) -> Option<ResourceId> {
        let cluster = self.document.cluster.as_ref()?;
        Some(self.group.provider("Microsoft.ContainerService", "managedClusters", &cluster.name))
    }

    /// The API Management service and its id.
    fn service(&self) -> Option<(&'s ApiManagement, ResourceId)> {
        let service = self.document.api_management.as_ref()?;
        Some((service, self.group.provider("Microsoft.ApiManagement", "service", &service.name)))
    }

    /// The id of the place where a role is given, and the key of its node.
    fn scope(&self, scope: Scope) -> Option<(ResourceId, &'static str)> {
        match scope {
            Scope::ResourceGroup => Some((self.group.clone(), key::GROUP)),
            Scope::VirtualNetwork => Some((self.network_id()?, key::NETWORK)),
            Scope::ClusterSubnet => {
                let subnet = &self.document.cluster.as_ref()?.pool.subnet;
                Some((self.subnet_id(subnet)?, key::NETWORK))
            }
        }
    }

    fn role_definition_id(&self, role: &Role) -> String {
        self.subscription
            .provider("Microsoft.Authorization", "roleDefinitions", role.definition)
            .as_str()
            .to_owned()
    }
}

/// A resource that is written with PUT; the rest is said by the methods of [`Draft`].
fn put(key: impl Into<String>, title: String, id: &ResourceId, api_version: &str) -> Draft {
    Draft(Node {
        key: key.into(),
        title,
        kind: NodeKind::Arm {
            id: id.as_str().to_owned(),
            api_version: api_version.to_owned(),
            body: Value::Null,
            method: ArmMethod::Put,
            if_match_any: false,
            read_only: Vec::new(),
        },
        depends: Vec::new(),
        minutes: 0,
        monthly_usd: None,
        cost_note: None,
    })
}

/// A child of the API Management service: written with `If-Match: *`, depends on the service.
fn child(key: impl Into<String>, title: String, id: &ResourceId) -> Draft {
    put(key, title, id, service::API_VERSION).if_match_any().depends([key::SERVICE])
}

/// A node that is not made by ARM.
fn other(key: impl Into<String>, title: String, kind: NodeKind) -> Draft {
    Draft(Node {
        key: key.into(),
        title,
        kind,
        depends: Vec::new(),
        minutes: 0,
        monthly_usd: None,
        cost_note: None,
    })
}

/// A node that is being described.
struct Draft(Node);

impl Draft {
    fn body(mut self, value: Value) -> Self {
        if let NodeKind::Arm { body, .. } = &mut self.0.kind {
            *body = value;
        }
        self
    }

    fn patch(mut self) -> Self {
        if let NodeKind::Arm { method, .. } = &mut self.0.kind {
            *method = ArmMethod::Patch;
        }
        self
    }

    fn if_match_any(mut self) -> Self {
        if let NodeKind::Arm { if_match_any, .. } = &mut self.0.kind {
            *if_match_any = true;
        }
        self
    }

    /// Paths that Azure does not give back.
    fn not_returned(mut self, path: &str) -> Self {
        if let NodeKind::Arm { read_only, .. } = &mut self.0.kind {
            read_only.push(path.to_owned());
        }
        self
    }

    fn depends<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.0.depends.extend(keys.into_iter().map(Into::into));
        self
    }

    fn minutes(mut self, minutes: u32) -> Self {
        self.0.minutes = minutes;
        self
    }

    /// An estimate from the public price list; what it depends on is said beside it.
    fn monthly_usd(mut self, price: f32, note: &str) -> Self {
        self.0.monthly_usd = Some(price);
        self.0.cost_note = Some(note.to_owned());
        self
    }

    fn cost_note(mut self, note: &str) -> Self {
        self.0.cost_note = Some(note.to_owned());
        self
    }

    fn done(self) -> Node {
        self.0
    }
}
