//! Taints: what keeps Pods off a node, unless they tolerate it.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/>
//!
//! **Differs from Kubernetes:** `NoExecute` keeps new Pods away and does not evict those that run.

use serde_json::Value;

use crate::embedded::controllers::object::{items, text};
use crate::embedded::store::Object;

/// The first taint of a node that a Pod does not tolerate.
pub fn untolerated<'a>(node: &'a Object, pod: &Object) -> Option<&'a Value> {
    let repels = |taint: &&Value| matches!(text(&taint["effect"]), "NoSchedule" | "NoExecute");
    let tolerations = items(&pod["spec"]["tolerations"]);
    items(&node["spec"]["taints"])
        .iter()
        .filter(repels)
        .find(|taint| !tolerations.iter().any(|toleration| tolerates(toleration, taint)))
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (key, effect) = (text(&toleration["key"]), text(&toleration["effect"]));
    let exists = toleration["operator"] == "Exists";
    let same_key = if key.is_empty() { exists } else { key == text(&taint["key"]) };
    let same_effect = effect.is_empty() || effect == text(&taint["effect"]);
    same_key && same_effect && (exists || text(&toleration["value"]) == text(&taint["value"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(toleration: &Value, tolerated: bool) {
        let taint = json!({"key": "role", "value": "plane", "effect": "NoSchedule"});
        let soft = json!({"key": "soft", "effect": "PreferNoSchedule"});
        let node = json!({"spec": {"taints": [soft, taint]}});
        let pod = json!({"spec": {"tolerations": [toleration]}});
        assert_eq!(untolerated(&node, &pod).is_none(), tolerated, "{toleration}");
    }

    #[test]
    fn a_toleration_covers_the_taints_that_it_names() {
        for (toleration, tolerated) in [
            (json!({"operator": "Exists"}), true),
            (json!({"key": "role", "operator": "Exists"}), true),
            (json!({"key": "role", "operator": "Exists", "effect": "NoExecute"}), false),
            (json!({"key": "role", "value": "plane", "effect": "NoSchedule"}), true),
            (json!({"key": "role", "operator": "Equal", "value": "other"}), false),
            (json!({"key": "other", "operator": "Exists"}), false),
            (json!({}), false),
        ] {
            check(&toleration, tolerated);
        }
    }
}
