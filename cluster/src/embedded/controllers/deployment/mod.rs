//! Deployments: a ReplicaSet for each version of the Pod template, and the way from one to the next.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/>
//!
//! **Differs from Kubernetes:** while a Deployment with several active ReplicaSets is scaled, the newest one takes
//! the difference instead of a share for each.

mod status;

use std::sync::Arc;

use serde_json::{Value, json};

use super::Controllers;
use super::node::fnv;
use super::object::set as write;
use super::object::{controller, is_deleted, items, name, namespace, number, owned_by, text, uid};
use super::replica_set::available_in;
use super::rollout::{Count, Limits, scale_down, scale_up};
use crate::embedded::store::Object;

const COMPONENT: &str = "deployment-controller";
/// The largest number that a count of Kubernetes can have.
const MOST: u64 = i32::MAX as u64;
const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The characters of a template's hash: no vowels, so that no words come out.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A Deployment with its ReplicaSets, as they are now.
struct Rollout {
    deployment: Arc<Object>,
    /// The ReplicaSet of the present template.
    new: Option<Arc<Object>>,
    /// The others, oldest first.
    old: Vec<Arc<Object>>,
    replicas: u64,
}

/// Moves every Deployment towards its template and its number of replicas.
pub fn reconcile(controllers: &mut Controllers) {
    for deployment in controllers.list("deployments") {
        if is_deleted(&deployment) {
            continue;
        }
        let mut rollout = Rollout::of(controllers, deployment);
        if rollout.paused() {
            rollout.scale_paused(controllers);
        } else if text(&rollout.deployment["spec"]["strategy"]["type"]) == "Recreate" {
            rollout.recreate(controllers);
        } else {
            rollout.roll(controllers);
        }
        let rollout = Rollout::of(controllers, rollout.deployment);
        status::write(controllers, &rollout);
        rollout.forget_history(controllers);
    }
}

impl Rollout {
    fn of(controllers: &Controllers, deployment: Arc<Object>) -> Self {
        let owned = |set: &Arc<Object>| controller(set) == Some(uid(&deployment)) && !is_deleted(set);
        let sets = controllers.store.list("replicasets", Some(namespace(&deployment))).0;
        let mut sets: Vec<Arc<Object>> = sets.into_iter().filter(owned).collect();
        sets.sort_by_key(|set| revision(set));
        let same =
            |set: &Arc<Object>| same_template(&set["spec"]["template"], &deployment["spec"]["template"]);
        let new = sets.iter().position(same).map(|at| sets.remove(at));
        let replicas = number(&deployment["spec"]["replicas"], 1).min(MOST);
        Self { deployment, new, old: sets, replicas }
    }

    fn paused(&self) -> bool {
        self.deployment["spec"]["paused"] == true
    }

    fn limits(&self) -> Limits {
        Limits::of(&self.deployment["spec"]["strategy"]["rollingUpdate"], self.replicas)
    }

    fn roll(&mut self, controllers: &mut Controllers) {
        let limits = self.limits();
        let old: Vec<Count> = self.old.iter().map(|set| count(controllers, set)).collect();
        let fresh = self.new.as_ref().map_or_else(Count::default, |set| count(controllers, set));
        let wanted = scale_up(fresh, &old, self.replicas, limits);
        self.ensure_new(controllers, wanted);
        let fresh = Count { wanted, ..fresh };
        for (set, wanted) in self.old.clone().iter().zip(scale_down(fresh, &old, self.replicas, limits)) {
            self.scale(controllers, set, wanted);
        }
    }

    fn recreate(&mut self, controllers: &mut Controllers) {
        for set in self.old.clone() {
            self.scale(controllers, &set, 0);
        }
        let owners: Vec<&str> = self.old.iter().map(|set| uid(set)).collect();
        let pods = controllers.store.list("pods", Some(namespace(&self.deployment))).0;
        let left = pods.iter().any(|pod| controller(pod).is_some_and(|owner| owners.contains(&owner)));
        if !left {
            self.ensure_new(controllers, self.replicas);
        }
    }

    /// While a Deployment is paused, its newest active ReplicaSet follows its number of replicas.
    fn scale_paused(&self, controllers: &mut Controllers) {
        let sets: Vec<&Arc<Object>> = self.old.iter().chain(&self.new).collect();
        let active = sets.iter().rev().find(|set| number(&set["spec"]["replicas"], 0) > 0).or(sets.last());
        if let Some(set) = active {
            let others = sets.iter().filter(|other| uid(other) != uid(set));
            let others: u64 = others.map(|other| number(&other["spec"]["replicas"], 0)).sum();
            self.scale(controllers, set, self.replicas.saturating_sub(others));
        }
    }

    /// The ReplicaSet of the present template, with so many replicas.
    fn ensure_new(&mut self, controllers: &mut Controllers, wanted: u64) {
        let last = self.old.iter().map(|set| revision(set)).max().unwrap_or(0);
        if let Some(set) = self.new.clone() {
            if revision(&set) <= last {
                controllers.update("replicasets", &set, |set| {
                    annotate(set, REVISION, &last.saturating_add(1).to_string());
                });
            }
            return self.scale(controllers, &set, wanted);
        }
        let set = self.new_set(controllers, last.saturating_add(1), wanted);
        if let Some(set) = controllers.create("replicasets", set) {
            self.tell(controllers, &set, 0, wanted);
            self.new = Some(set);
        }
    }

    fn scale(&self, controllers: &mut Controllers, set: &Arc<Object>, wanted: u64) {
        let (most, before) = (self.replicas + self.limits().surge, number(&set["spec"]["replicas"], 0));
        controllers.update("replicasets", set, |set| {
            write(set, &["spec", "replicas"], wanted.into());
            annotate(set, DESIRED, &self.replicas.to_string());
            annotate(set, MAXIMUM, &most.to_string());
        });
        if before != wanted {
            self.tell(controllers, set, before, wanted);
        }
    }

    fn tell(&self, controllers: &mut Controllers, set: &Object, before: u64, wanted: u64) {
        let direction = if wanted >= before { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {} from {before} to {wanted}", name(set));
        controllers.normal(&self.deployment, COMPONENT, ("ScalingReplicaSet", &message));
    }

    fn new_set(&self, controllers: &Controllers, revision: u64, replicas: u64) -> Object {
        let deployment = &self.deployment;
        let hash = self.free_hash(controllers);
        let mut template = deployment["spec"]["template"].clone();
        write(&mut template, &["metadata", "labels", HASH], hash.as_str().into());
        let mut selector = deployment["spec"]["selector"].clone();
        write(&mut selector, &["matchLabels", HASH], hash.as_str().into());
        let mut spec = json!({ "replicas": replicas, "selector": selector, "template": template });
        if let Some(seconds) = deployment["spec"].get("minReadySeconds") {
            spec["minReadySeconds"] = seconds.clone();
        }
        let mut set = json!({
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": format!("{}-{hash}", name(deployment)),
                "namespace": namespace(deployment),
                "labels": template["metadata"]["labels"],
                "annotations": inherited(&deployment["metadata"]["annotations"]),
                "ownerReferences": [owned_by(deployment)],
            },
            "spec": spec,
            "status": { "replicas": 0 },
        });
        annotate(&mut set, REVISION, &revision.to_string());
        annotate(&mut set, DESIRED, &self.replicas.to_string());
        annotate(&mut set, MAXIMUM, &(self.replicas + self.limits().surge).to_string());
        set
    }

    /// The template's hash; another one if that name is taken by something else.
    fn free_hash(&self, controllers: &Controllers) -> String {
        let template = canonical(&self.deployment["spec"]["template"]);
        let (place, name) = (namespace(&self.deployment), name(&self.deployment));
        let hashes = (0..8).map(|attempt| match attempt {
            0 => encode(fnv(template.as_bytes())),
            attempt => encode(fnv(format!("{template}{attempt}").as_bytes())),
        });
        let mut hashes = hashes
            .filter(|hash| controllers.store.get("replicasets", place, &format!("{name}-{hash}")).is_none());
        hashes.next().unwrap_or_default()
    }

    /// Deletes the oldest unused ReplicaSets beyond `revisionHistoryLimit`.
    fn forget_history(&self, controllers: &Controllers) {
        let kept = usize::try_from(number(&self.deployment["spec"]["revisionHistoryLimit"], 10))
            .unwrap_or(usize::MAX);
        let unused = |set: &&Arc<Object>| {
            number(&set["spec"]["replicas"], 0) == 0 && number(&set["status"]["replicas"], 0) == 0
        };
        let unused: Vec<_> = self.old.iter().filter(unused).collect();
        for set in unused.iter().take(unused.len().saturating_sub(kept)) {
            controllers.delete("replicasets", set);
        }
    }
}

/// What a ReplicaSet wants and has; counted in Pods, because its status may be of a moment ago.
fn count(controllers: &Controllers, set: &Object) -> Count {
    let now = controllers.clock.now();
    let seconds = number(&set["spec"]["minReadySeconds"], 0);
    let pods = controllers.store.list("pods", Some(namespace(set))).0;
    let own = pods.iter().filter(|pod| controller(pod) == Some(uid(set)) && !is_deleted(pod));
    let available =
        own.filter(|pod| available_in(pod, seconds, now).is_some_and(|wait| wait.is_zero())).count();
    Count { wanted: number(&set["spec"]["replicas"], 0), available: available as u64 }
}

fn revision(set: &Object) -> u64 {
    set["metadata"]["annotations"][REVISION].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Sets an annotation, also where there were none.
pub(super) fn annotate(object: &mut Object, name: &str, value: &str) {
    write(object, &["metadata", "annotations", name], value.into());
}

/// What a ReplicaSet gets of its Deployment's annotations.
fn inherited(annotations: &Value) -> Value {
    let own = |name: &str| name == LAST_APPLIED || name.starts_with("deployment.kubernetes.io/");
    let all = annotations.as_object().into_iter().flatten();
    all.filter(|(name, _)| !own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn same_template(of_set: &Value, of_deployment: &Value) -> bool {
    let mut template = of_set.clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.shift_remove(HASH);
    }
    template == *of_deployment
}

/// JSON with sorted names, so that the order in which a client writes fields makes no other version.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            let fields = fields.into_iter().map(|(name, value)| format!("{name}:{}", canonical(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(_) => {
            format!("[{}]", items(value).iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

fn encode(hash: u32) -> String {
    let letter =
        |digit: u8| ALPHABET.get(usize::from(digit) % ALPHABET.len()).map(|letter| char::from(*letter));
    hash.to_string().bytes().filter_map(letter).collect()
}
