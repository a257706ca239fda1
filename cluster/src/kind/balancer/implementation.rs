//! What makes addresses reachable: MetalLB, if it can be had, or else the built-in way.

use std::sync::Arc;
use std::time::Duration;

use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, TypeMeta,
};
use network::Cidr;
use serde_json::Value;

use super::Context;
use crate::kind::Implementation;
use crate::kind::builtin::Builtin;
use crate::load_balancer::OwnNetwork;
use crate::metallb;
use crate::object::{items, name, namespace, text};

/// How long MetalLB gets to start.
const START: Duration = Duration::from_mins(2);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(500);

/// What makes addresses reachable.
pub enum Active {
    /// MetalLB.
    Metallb(Installed),
    /// The built-in way.
    Builtin(Builtin),
}

/// What MetalLB has been given.
pub struct Installed {
    pools: Vec<Value>,
    /// The nodes that have its images.
    nodes: Vec<String>,
}

/// Installs MetalLB, or says why the built-in way is used.
pub async fn choose(context: Context) -> Active {
    let builtin = |context: &Context| Active::Builtin(Builtin::new(Arc::clone(&context.nodes)));
    if context.implementation == Implementation::Builtin {
        retire(&context.client).await;
        (context.report)("the built-in load balancer puts addresses on a node");
        return builtin(&context);
    }
    match install(&context).await {
        Ok(installed) => {
            (context.report)(&format!(
                "MetalLB {} announces the load balancers' addresses",
                metallb::VERSION
            ));
            Active::Metallb(installed)
        }
        Err(why) => {
            retire(&context.client).await;
            (context.report)(&format!(
                "the built-in load balancer is used, because MetalLB cannot be had: {why}"
            ));
            builtin(&context)
        }
    }
}

/// The pools that the cluster needs now.
fn pools(context: &Context) -> Vec<Value> {
    let cluster = context.cluster.borrow().clone();
    let subnet = cluster.pools.iter().find_map(|pool| pool.subnet.as_ref());
    let topology = context.fabric.topology();
    let internal: Vec<Cidr> = match subnet {
        None => OwnNetwork::RANGE.parse().into_iter().collect(),
        Some(subnet) => match topology.subnet(&subnet.id) {
            None => vec![subnet.prefix],
            Some((vnet, _)) => vnet.subnets.iter().map(|subnet| subnet.prefix).collect(),
        },
    };
    metallb::pools(&internal)
}

/// Follows changes of the virtual network, and gives new nodes the images.
pub async fn update(context: &Context, installed: &mut Installed, nodes: Vec<String>) {
    if installed.nodes.is_empty() {
        // What the built-in way has left on the nodes would answer beside MetalLB.
        for problem in Builtin::new(Arc::clone(&context.nodes)).reconcile(&[], &nodes).await {
            tracing::debug!(problem, "a node is not looked at");
        }
        installed.nodes = nodes;
    } else if nodes.iter().any(|node| !installed.nodes.contains(node)) {
        for image in metallb::IMAGES {
            if let Err(error) = context.images.provide(image).await {
                tracing::warn!(image, error, "a new node does not get an image of MetalLB");
            }
        }
        installed.nodes = nodes;
    }
    let wanted = pools(context);
    if installed.pools == wanted {
        return;
    }
    for pool in &wanted {
        if let Err(error) = apply(&context.client, pool).await {
            tracing::warn!(pool = name(pool), %error, "a pool of MetalLB could not be changed yet");
            return;
        }
    }
    installed.pools = wanted;
}

/// Applies an object; what others have written into the same fields is overwritten.
async fn apply(client: &kube::Client, object: &Value) -> Result<(), kube::Error> {
    let parameters = PatchParams::apply("apimlab").force();
    api(client, object).patch(name(object), &parameters, &Patch::Apply(object)).await.map(drop)
}

async fn install(context: &Context) -> Result<Installed, String> {
    let pools = pools(context);
    if !is_running(&context.client).await {
        for image in metallb::IMAGES {
            context.images.provide(image).await?;
        }
        (context.report)("MetalLB is being installed");
    }
    let end = context.clock.elapsed() + START;
    for object in &metallb::objects() {
        until(context, end, || apply_if_possible(context, object)).await?;
    }
    until(context, end, || started(context)).await?;
    for pool in &pools {
        // The controller's webhook looks at them; it answers a little later than the controller is ready.
        until(context, end, || async {
            Ok(apply(&context.client, pool).await.map_err(|error| error.to_string()))
        })
        .await?;
    }
    Ok(Installed { pools, nodes: Vec::new() })
}

/// A failure that goes on for ever is the outer error.
type Tried = Result<Result<(), String>, String>;

/// Tries until it works, or is hopeless, or too late.
async fn until<F: Future<Output = Tried>>(
    context: &Context,
    end: Duration,
    attempt: impl Fn() -> F,
) -> Result<(), String> {
    loop {
        match attempt().await? {
            Ok(()) => return Ok(()),
            Err(why) if context.clock.elapsed() >= end => return Err(why),
            Err(_) => context.clock.sleep(LOOK).await,
        }
    }
}

async fn apply_if_possible(context: &Context, object: &Value) -> Tried {
    match apply(&context.client, object).await {
        Ok(()) => Ok(Ok(())),
        Err(kube::Error::Api(status)) if status.code < 500 && !matches!(status.code, 409 | 429) => {
            Err(format!("{} {} is refused: {}", object["kind"], name(object), status.message))
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

async fn started(context: &Context) -> Tried {
    if is_running(&context.client).await {
        return Ok(Ok(()));
    }
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Pod"));
    let pods: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), metallb::NAMESPACE, &kind);
    let pods = pods.list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default();
    match pods.iter().find_map(|pod| hopeless(&pod.data)) {
        Some(why) => Err(why),
        None => Ok(Err("its Pods do not become ready".to_owned())),
    }
}

/// Why waiting for a Pod is in vain: the nodes were given the image, and it is not there.
fn hopeless(pod: &Value) -> Option<String> {
    let waits = |container: &Value| {
        let waiting = &container["state"]["waiting"];
        let reason = text(&waiting["reason"]);
        let in_vain = matches!(reason, "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName");
        in_vain.then(|| format!("a Pod of it has {reason}: {}", text(&waiting["message"])))
    };
    items(&pod["status"]["containerStatuses"]).iter().find_map(waits)
}

/// Controller and speakers run, in the version that is installed here.
async fn is_running(client: &kube::Client) -> bool {
    for workload in metallb::workloads() {
        let Ok(Some(present)) = api(client, &workload).get_opt(name(&workload)).await else { return false };
        let status = &present.data["status"];
        let image = "/spec/template/spec/containers/0/image";
        let is_ready = match status["desiredNumberScheduled"].as_u64() {
            Some(desired) => desired > 0 && status["numberReady"].as_u64() >= Some(desired),
            None => status["availableReplicas"].as_u64() > Some(0),
        };
        let spec = image.trim_start_matches("/spec");
        if !is_ready || present.data["spec"].pointer(spec) != workload.pointer(image) {
            return false;
        }
    }
    true
}

/// MetalLB must not run beside the built-in way: it would take away the addresses that it has not given.
async fn retire(client: &kube::Client) {
    for object in metallb::workloads().iter().chain(&metallb::webhooks()) {
        match api(client, object).delete(name(object), &DeleteParams::background()).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 501) => {}
            Err(error) => {
                tracing::warn!(object = name(object), %error, "a part of MetalLB could not be removed");
            }
        }
    }
}

fn api(client: &kube::Client, object: &Value) -> Api<DynamicObject> {
    let field = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
    let types = TypeMeta { api_version: field("apiVersion"), kind: field("kind") };
    let Ok(kind) = GroupVersionKind::try_from(&types) else {
        return Api::all_with(client.clone(), &ApiResource::from_gvk(&GroupVersionKind::gvk("", "", "")));
    };
    let resource = ApiResource::from_gvk(&kind);
    match namespace(object) {
        "" => Api::all_with(client.clone(), &resource),
        namespace => Api::namespaced_with(client.clone(), namespace, &resource),
    }
}
