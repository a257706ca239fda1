//! Managed clusters: <https://learn.microsoft.com/rest/api/aks/managed-clusters>.
//!
//! **Differs from Azure:** a cluster runs inside the sandbox; add-ons, upgrades, autoscaling and private clusters are
//! stored and do nothing; Windows nodes are refused. The node resource group is made, with its load balancers, but its
//! scale sets are not shown.

use std::time::Duration;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Ids;

use super::{changes, credentials, profile, run_command};
use crate::engine::{
    Action, Announce, Definition, Draft, Example, Fidelity, LongRunning, Model, Names, Removal, Resource,
    Store, Timing, World, property, set, set_default, take, text,
};
use crate::providers::managed_identity::{assigned, user_assigned_identities};
use crate::providers::resources::resource_groups;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters",
    summary: "A Kubernetes cluster.",
    modelled: "2025-10-01",
    names: Names::Rule {
        min: 1,
        max: 63,
        accepts: |name| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                && name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        },
        rule: "letters, digits, `-` and `_`, letters or digits at both ends",
    },
    actions: &[
        Action::new("abort", "abort/action", changes::abort),
        Action {
            name: "listClusterAdminCredential",
            permission: "listClusterAdminCredential/action",
            run: credentials::administrator,
            ready: credentials::ready,
        },
        Action {
            name: "listClusterMonitoringUserCredential",
            permission: "listClusterMonitoringUserCredential/action",
            run: credentials::monitoring,
            ready: credentials::ready,
        },
        Action {
            name: "listClusterUserCredential",
            permission: "listClusterUserCredential/action",
            run: credentials::user,
            ready: credentials::ready,
        },
        Action::new(
            "resetServicePrincipalProfile",
            "resetServicePrincipalProfile/action",
            changes::reset_service_principal,
        ),
        Action::new(
            "rotateClusterCertificates",
            "rotateClusterCertificates/action",
            changes::rotate_certificates,
        ),
        Action::new("runCommand", "runcommand/action", run_command::run),
        Action::new("start", "start/action", changes::start),
        Action::new("stop", "stop/action", changes::stop),
    ],
    long_running: LongRunning {
        create: Some(Timing { azure: Duration::from_mins(5), state: "Creating" }),
        update: Some(Timing { azure: Duration::from_mins(3), state: "Updating" }),
        delete: Some(Timing { azure: Duration::from_mins(4), state: "Deleting" }),
        announce: Announce::Locations,
    },
    feeds: &[Model::Clusters, Model::Network],
    fidelity: Fidelity::Approximate("runs inside the sandbox; add-ons, upgrades and autoscaling do nothing"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example-cluster",
        body: r#"{"location": "westus2", "properties": {"dnsPrefix": "example",
            "agentPoolProfiles": [{"name": "default", "count": 1, "vmSize": "Standard_D2_v2"}],
            "servicePrincipalProfile": {"clientId": "{client}", "secret": "{secret}"}}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision,
    removed,
    view,
    ..Definition::TRACKED
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let (group, name) =
        (draft.id.resource_group().unwrap_or_default().to_owned(), draft.id.name().to_owned());
    let location = draft.location().to_owned();
    let prefix = format!("{name}-{group}").chars().take(40).collect::<String>();
    keep_power(draft);
    let body = &mut draft.body;
    let version = profile::kubernetes_version(body)?;
    let minor = version.rsplit_once('.').map_or(version.as_str(), |(minor, _)| minor);
    set_default(body, &["properties", "kubernetesVersion"], minor);
    set(body, &["properties", "currentKubernetesVersion"], version.as_str());
    set_default(body, &["properties", "dnsPrefix"], prefix);
    let node_group: String = format!("MC_{group}_{name}_{location}").chars().take(80).collect();
    set_default(body, &["properties", "nodeResourceGroup"], node_group);
    set_default(body, &["properties", "enableRBAC"], true);
    set_default(body, &["properties", "supportPlan"], "KubernetesOfficial");
    set_default(body, &["properties", "disableLocalAccounts"], false);
    set_default(body, &["sku"], json!({"name": "Base", "tier": "Free"}));
    profile::pool_defaults(body, &version);
    profile::network_defaults(body);
    let host = text(body, &["properties", "dnsPrefix"]).unwrap_or_default().to_lowercase();
    let hash: String = Ids::named(&[draft.id.as_str()]).chars().take(8).collect();
    set(&mut draft.body, &["properties", "fqdn"], format!("{host}-{hash}.hcp.{location}.azmk8s.io"));
    identity_defaults(draft)
}

/// Whether the cluster runs is changed by actions only.
fn keep_power(draft: &mut Draft<'_, '_>) {
    for path in [&["properties", "powerState"][..], &[changes::ROTATIONS]] {
        take(&mut draft.body, path);
        let kept = draft.existing.as_ref().map(|before| property(&before.body, path).clone());
        if let Some(kept) = kept.filter(|kept| !kept.is_null()) {
            set(&mut draft.body, path, kept);
        }
    }
}

/// An identity keeps its principal; nodes get one of their own.
fn identity_defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let kinds = assigned::fill(draft)?;
    if !kinds.system && !kinds.user {
        // `az aks scale` leaves it out, as nothing reads its secret again.
        let kept = property(draft.before(), &["servicePrincipalProfile"]).clone();
        set_default(&mut draft.body, &["properties", "servicePrincipalProfile"], kept);
        return Ok(());
    }
    let kubelet = ["properties", "identityProfile", "kubeletidentity"];
    let at = |name: &'static str| [kubelet[0], kubelet[1], kubelet[2], name];
    let before = draft.existing.clone();
    let given = text(&draft.body, &at("resourceId")).and_then(|id| draft.tx.find(id));
    for (name, given_name) in [("objectId", "principalId"), ("clientId", "clientId")] {
        let kept = before.as_ref().and_then(|before| text(&before.body, &at(name)));
        let given = given.as_ref().and_then(|given| text(given.properties(), &[given_name]));
        let id = given.or(kept).map_or_else(|| draft.world.config.ids.uuid(), str::to_owned);
        set(&mut draft.body, &at(name), id);
    }
    if let Some(id) = kubelet_identity(&draft.body, &draft.id) {
        set_default(&mut draft.body, &at("resourceId"), id.as_str());
    }
    set(&mut draft.body, &["properties", "servicePrincipalProfile"], json!({"clientId": "msi"}));
    Ok(())
}

/// The identity that AKS makes for the nodes of a cluster.
fn kubelet_identity(body: &Value, cluster: &ResourceId) -> Option<ResourceId> {
    let name = format!("{}-agentpool", cluster.name());
    let group = node_group(body, cluster)?;
    Some(group.provider("Microsoft.ManagedIdentity", "userAssignedIdentities", &name))
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    check_identity(draft)?;
    profile::check_network(draft)?;
    profile::check_pools(draft)?;
    if property(draft.properties(), &["apiServerAccessProfile", "enablePrivateCluster"]).as_bool()
        == Some(true)
    {
        return Err(ErrorResponse::not_implemented("A private cluster"));
    }
    for fixed in ["dnsPrefix", "nodeResourceGroup"] {
        let (before, after) = (text(draft.before(), &[fixed]), text(draft.properties(), &[fixed]));
        if before.is_some_and(|before| !after.is_some_and(|after| after.eq_ignore_ascii_case(before))) {
            let message = format!("Changing property 'properties.{fixed}' is not allowed.");
            return Err(ErrorResponse::new(400, "PropertyChangeNotAllowed", message).target(fixed));
        }
    }
    Ok(())
}

fn check_identity(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let kinds = assigned::kinds(&draft.body)?;
    if kinds.system || kinds.user {
        return Ok(());
    }
    let at = |name: &'static str| ["servicePrincipalProfile", name];
    let Some(client) = text(draft.properties(), &at("clientId")) else {
        let message = "A cluster needs an identity: give 'identity' or 'properties.servicePrincipalProfile'.";
        return Err(profile::invalid("servicePrincipalProfile", message));
    };
    let secret = text(draft.properties(), &at("secret"));
    // What was read and is sent back has no secret.
    if secret.is_none() && text(draft.before(), &at("clientId")) == Some(client) {
        return Ok(());
    }
    check_principal(draft.world, client, secret)
}

/// The directory has the principal, and that is its secret.
pub fn check_principal(world: World<'_>, client: &str, secret: Option<&str>) -> Result<(), ErrorResponse> {
    if world.directory.service_principal_by_app_id(client).is_none() {
        let tenant = &world.config.seed.tenant_id;
        let message = format!(
            "Service principal clientID: {client} not found in Active Directory tenant {tenant}, Please see https://aka.ms/aks-sp-help for more details."
        );
        return Err(ErrorResponse::new(400, "ServicePrincipalNotFound", message));
    }
    if secret.is_some_and(|secret| world.directory.check_secret(client, secret)) {
        return Ok(());
    }
    let message = format!(
        "The credentials in ServicePrincipalProfile were invalid. Please see https://aka.ms/aks-sp-help for more details. (Details: AADSTS7000215: Invalid client secret provided for the application '{client}'.)"
    );
    Err(ErrorResponse::new(400, "ServicePrincipalValidationClientError", message))
}

/// Forgets the secret and makes the resource group of the nodes.
fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if let Some(stored) = draft.tx.get(&draft.id) {
        let mut cluster = stored.as_ref().clone();
        take(&mut cluster.body, &["properties", "servicePrincipalProfile", "secret"]);
        draft.tx.put(cluster);
    }
    let Some(id) = node_group(&draft.body, &draft.id) else { return Ok(()) };
    match draft.tx.get(&id) {
        Some(group) if text(&group.body, &["managedBy"]) == Some(draft.id.as_str()) => {
            make_kubelet_identity(draft);
            Ok(())
        }
        Some(_) => {
            let message = format!("The node resource group '{}' already exists.", id.name());
            Err(profile::invalid("nodeResourceGroup", &message))
        }
        None => {
            resource_groups::DEFINITION.check_name(id.name())?;
            let body = json!({"location": draft.location(), "managedBy": draft.id.as_str(), "tags": {
                "aks-managed-cluster-name": draft.id.name(),
                "aks-managed-cluster-rg": draft.id.resource_group(),
            }});
            let mut group = Resource::new(id, &resource_groups::DEFINITION, body);
            group.etag = draft.world.config.ids.hex(16);
            draft.tx.put(group);
            make_kubelet_identity(draft);
            Ok(())
        }
    }
}

/// Makes the identity of the nodes, if it is not there and not somebody else's.
fn make_kubelet_identity(draft: &mut Draft<'_, '_>) {
    let profile = property(draft.properties(), &["identityProfile", "kubeletidentity"]).clone();
    let Some(id) = kubelet_identity(&draft.body, &draft.id) else { return };
    let own = text(&profile, &["resourceId"]).is_some_and(|named| named.eq_ignore_ascii_case(id.as_str()));
    let (Some(principal), Some(client)) = (text(&profile, &["objectId"]), text(&profile, &["clientId"]))
    else {
        return;
    };
    if own && draft.tx.get(&id).is_none() {
        let ids = (principal, client);
        let identity = user_assigned_identities::made_by_service(draft.world, id, draft.location(), ids);
        draft.tx.put(identity);
    }
}

/// The resource group of the nodes goes with the cluster.
fn removed(removal: &mut Removal<'_, '_>) {
    let Some(id) = node_group(&removal.resource.body, &removal.resource.id) else { return };
    let below: Vec<ResourceId> = removal.tx.below(&id).map(|resource| resource.id.clone()).collect();
    for id in below.iter().chain([&id]) {
        removal.tx.remove(id);
    }
}

/// The resource group of the nodes and load balancers of a cluster.
pub fn node_group(body: &Value, cluster: &ResourceId) -> Option<ResourceId> {
    let name = text(body, &["properties", "nodeResourceGroup"])?;
    Some(ResourceId::subscription(cluster.subscription_id()?).child("resourceGroups", name))
}

fn view(cluster: &Resource, _: &Store, shown: &mut Value) {
    changes::show_power(shown);
    set(shown, &["properties", "maxAgentPools"], 100);
    let label = cluster.state_label();
    let pools = shown.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut);
    for pool in pools.into_iter().flatten() {
        set(pool, &["provisioningState"], label.as_str());
    }
}
