//! What tokens are for: the resources that clients name in `scope` or `resource`.
//!
//! **Differs from Azure:** Resource Manager and Graph are the origin under every loopback name, and also their public
//! names and application ids, so that a client whose audience cannot be configured still gets a usable token.

use std::collections::BTreeSet;

/// Names of Resource Manager and Graph in the public cloud.
const PUBLIC: [&str; 5] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://graph.microsoft.com",
    // Application ids of Resource Manager and Graph, the same in every tenant.
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "00000003-0000-0000-c000-000000000000",
];

const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The audiences of this control plane, without a final slash, in lower case.
#[derive(Debug)]
pub(super) struct Audiences(BTreeSet<String>);

impl Audiences {
    pub(super) fn of(origin: &str) -> Self {
        let origin = normal(origin);
        let aliases = LOOPBACK.iter().flat_map(|host| LOOPBACK.map(|alias| (host, alias))).filter_map(
            |(host, alias)| {
                let (scheme, port) = origin.split_once("://")?;
                let port = port.strip_prefix(host)?;
                Some(format!("{scheme}://{alias}{port}"))
            },
        );
        let mut names: BTreeSet<String> = aliases.chain(PUBLIC.map(str::to_owned)).collect();
        names.insert(origin);
        Self(names)
    }

    /// Whether a token for this audience is one for Resource Manager or Graph.
    pub(super) fn contains(&self, audience: &str) -> bool {
        self.0.contains(&normal(audience))
    }
}

fn normal(audience: &str) -> String {
    audience.strip_suffix('/').unwrap_or(audience).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_an_audience_under_every_loopback_name() {
        let audiences = Audiences::of("https://127.0.0.1:8443");
        let rows = [
            ("https://127.0.0.1:8443", true),
            ("https://127.0.0.1:8443/", true),
            ("https://LOCALHOST:8443/", true),
            ("https://[::1]:8443", true),
            ("https://management.azure.com/", true),
            ("00000003-0000-0000-c000-000000000000", true),
            ("https://127.0.0.1:8444", false),
            ("http://127.0.0.1:8443", false),
            ("https://127.0.0.1:8443//", false),
            ("https://vault.azure.net", false),
            ("", false),
        ];
        for (audience, ours) in rows {
            assert_eq!(audiences.contains(audience), ours, "{audience}");
        }
    }
}
