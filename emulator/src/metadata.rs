//! The document from which clients learn every other endpoint: `GET /metadata/endpoints?api-version=…`.
//!
//! One origin plays all roles, so each endpoint of the control plane names it. From api-version 2022-09-01 on the
//! answer is one object, before that an array of objects; az reads both, HashiCorp's providers the object.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/endpoints>
//!
//! **Differs from Azure:** one cloud, whose name is `apimlab` (az takes its public login host for the name
//! `AzureCloud`). Services that do not exist here have names under `.invalid`, so that no client can reach the
//! public ones by mistake.

use serde_json::{Map, Value, json};

/// The cloud's name.
const NAME: &str = "apimlab";

/// The first api-version that answers with an object instead of an array.
const OBJECT_SINCE: &str = "2022-09-01";

/// Endpoints that are the origin itself, without a final slash.
const ORIGIN: [&str; 15] = [
    "activeDirectoryDataLake",
    "appInsightsResourceId",
    "appInsightsTelemetryChannelResourceId",
    "appServiceResourceId",
    "attestationResourceId",
    "azmirrorStorageAccountResourceId",
    "batch",
    "gallery",
    "logAnalyticsResourceId",
    "media",
    "ossrdbmsResourceId",
    "portal",
    "sqlManagement",
    "synapseAnalyticsResourceId",
    "vmImageAliasDoc",
];

/// Endpoints that are also token audiences; az asks for tokens with exactly this text, slash included.
const AUDIENCE: [&str; 4] = ["graph", "graphAudience", "microsoftGraphResourceId", "resourceManager"];

/// Host name suffixes of other services.
const SUFFIXES: [(&str, &str); 14] = [
    ("acrLoginServer", "azurecr"),
    ("attestationEndpoint", "attest"),
    ("azureDataLakeAnalyticsCatalogAndJob", "azuredatalakeanalytics"),
    ("azureDataLakeStoreFileSystem", "azuredatalakestore"),
    ("azureFrontDoorEndpointSuffix", "azurefd"),
    ("keyVaultDns", "vault"),
    ("mariadbServerEndpoint", "mariadb.database"),
    ("mhsmDns", "managedhsm"),
    ("mysqlServerEndpoint", "mysql.database"),
    ("postgresqlServerEndpoint", "postgres.database"),
    ("sqlServerHostname", "database"),
    ("storage", "core"),
    ("storageSyncEndpointSuffix", "afs"),
    ("synapseAnalytics", "dev.azuresynapse"),
];

/// The document for an api-version, which is `yyyy-MM-dd` with or without a suffix.
pub fn endpoints(origin: &str, api_version: &str) -> Value {
    let cloud = cloud(origin.trim_end_matches('/'));
    // Dates of this form order as texts.
    if api_version < OBJECT_SINCE { json!([cloud]) } else { cloud }
}

fn cloud(origin: &str) -> Value {
    let audience = format!("{origin}/");
    let mut cloud = Map::new();
    cloud.insert("name".to_owned(), json!(NAME));
    cloud.insert(
        "authentication".to_owned(),
        json!({
            "loginEndpoint": origin,
            "audiences": [audience, origin],
            // HashiCorp's clients take every other tenant and identity provider for an Azure Stack.
            "tenant": "common",
            "identityProvider": "AAD",
        }),
    );
    cloud.extend(AUDIENCE.map(|key| (key.to_owned(), json!(audience))));
    cloud.extend(ORIGIN.map(|key| (key.to_owned(), json!(origin))));
    let suffixes: Map<_, _> = SUFFIXES
        .iter()
        .map(|(key, name)| ((*key).to_owned(), json!(format!("{name}.{NAME}.invalid"))))
        .collect();
    cloud.insert("suffixes".to_owned(), Value::Object(suffixes));
    Value::Object(cloud)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "https://127.0.0.1:8443";

    #[test]
    fn new_versions_answer_an_object_and_old_ones_an_array() {
        for version in ["2022-09-01", "2024-01-01", "2022-09-01-preview"] {
            assert_eq!(endpoints(AT, version)["name"], "apimlab", "{version}");
        }
        for version in ["2019-05-01", "2021-01-01", "2015-01-01"] {
            assert_eq!(endpoints(AT, version)[0]["name"], "apimlab", "{version}");
        }
    }

    #[test]
    fn what_clients_read_is_there() {
        let document = endpoints("https://127.0.0.1:8443/", "2022-09-01");
        let rows = [
            ("/authentication/loginEndpoint", AT),
            ("/authentication/audiences/0", "https://127.0.0.1:8443/"),
            ("/authentication/identityProvider", "AAD"),
            ("/authentication/tenant", "common"),
            ("/resourceManager", "https://127.0.0.1:8443/"),
            ("/microsoftGraphResourceId", "https://127.0.0.1:8443/"),
            ("/portal", AT),
            ("/suffixes/storage", "core.apimlab.invalid"),
            ("/suffixes/keyVaultDns", "vault.apimlab.invalid"),
        ];
        for (pointer, value) in rows {
            assert_eq!(document.pointer(pointer), Some(&json!(value)), "{pointer}");
        }
    }
}
