//! Where what Azure sends and takes differs from what it publishes, and why a finding there is none.

use crate::{Body, Finding, Problem};

/// A finding that is right.
struct Difference {
    of: &'static str,
    direction: Body,
    /// The place, with `[]` for any item and `*` for any name at the end.
    path: &'static str,
    kind: Kind,
    reason: &'static str,
}

/// What is found there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Missing,
    Unknown,
    Value,
}

/// An answer that has a property, or the values in one, that no definition has.
const fn unknown(of: &'static str, path: &'static str, reason: &'static str) -> Difference {
    Difference { of, direction: Body::Answer, path, kind: Kind::Unknown, reason }
}

const LINKED: &str = "a link is answered with what it links to; the definition has the link alone";
const NEWER: &str = "of later api-versions, which are answered as this one";

/// Sorted by resource type and path.
const DIFFERENCES: &[Difference] = &[
    unknown("Microsoft.ApiManagement/service/backends", "properties.credentials.managedIdentity", NEWER),
    unknown("Microsoft.ApiManagement/service/backends", "properties.pool.sessionAffinity", NEWER),
    unknown("Microsoft.ApiManagement/service/gateways/apis", "properties.*", LINKED),
    unknown("Microsoft.ApiManagement/service/groups/users", "properties", LINKED),
    Difference {
        of: "Microsoft.ApiManagement/service/identityProviders",
        direction: Body::Answer,
        path: "properties.clientSecret",
        kind: Kind::Missing,
        reason: "only `listSecrets` tells it, though the definition requires it and does not say write-only",
    },
    unknown("Microsoft.ApiManagement/service/notifications/recipientEmails", "properties", LINKED),
    unknown("Microsoft.ApiManagement/service/notifications/recipientUsers", "properties", LINKED),
    unknown("Microsoft.ApiManagement/service/products/apis", "properties", LINKED),
    unknown("Microsoft.ApiManagement/service/products/groups", "properties", LINKED),
    Difference {
        of: "Microsoft.ApiManagement/service/users",
        direction: Body::Answer,
        path: "properties.lastName",
        kind: Kind::Value,
        reason: "the administrator that each service has, has none",
    },
    Difference {
        of: "Microsoft.ContainerService/managedClusters",
        direction: Body::Answer,
        path: "properties.networkProfile.loadBalancerProfile.backendPoolType",
        kind: Kind::Value,
        reason: "Azure writes `nodeIPConfiguration`",
    },
    unknown(
        "Microsoft.Resources/deployments",
        "properties.parameters.*",
        "answers have each parameter's `type` beside its value; the definition has what requests have",
    ),
];

/// Why a finding is no mistake, if it is none.
pub(crate) fn reason(of: &str, direction: Body, finding: &Finding) -> Option<&'static str> {
    let kind = match finding.problem {
        Problem::Missing => Kind::Missing,
        Problem::Unknown(_) => Kind::Unknown,
        Problem::Value(_) => Kind::Value,
        Problem::ReadOnly | Problem::WriteOnly | Problem::Kind { .. } => return None,
    };
    let path = without_indices(&finding.path);
    let fits = |difference: &&Difference| {
        difference.of.eq_ignore_ascii_case(of)
            && difference.direction == direction
            && difference.kind == kind
            && match difference.path.strip_suffix('*') {
                Some(beginning) => path.starts_with(beginning),
                None => path == difference.path,
            }
    };
    DIFFERENCES.iter().find(fits).map(|difference| difference.reason)
}

/// `subnets[0].name` as `subnets[].name`.
fn without_indices(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let rest = part.split_once(']').map_or("", |(_, rest)| rest);
        format!("{path}[]{rest}")
    })
}
