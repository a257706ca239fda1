//! Destroying.

use std::sync::Arc;

use serde_json::json;

use super::azure::{Azure, group_id, system};
use crate::{DestroyOptions, Error, NoProgress, Purge, apply, destroy};

fn options(group: &str) -> DestroyOptions {
    DestroyOptions { group: group.to_owned(), purge: Purge::No, progress: Arc::new(NoProgress) }
}

#[tokio::test]
async fn what_was_made_is_removed_and_nothing_else() {
    let azure = Azure::start().await;
    let client = azure.server.client();
    azure
        .world()
        .applications
        .push(json!({"id": "theirs", "appId": "theirs", "displayName": "o'app", "tags": []}));
    azure.world().resources.insert("/subscriptions/x/resourcegroups/other".to_owned(), json!({}));
    apply(&client, &system(), &super::apply::options().1).await.expect("applied");
    let lines = destroy(&client, &system(), &options("RG")).await.expect("destroyed");
    assert_eq!(lines, Vec::<String>::new());
    {
        let world = azure.world();
        assert_eq!(world.resources.keys().collect::<Vec<_>>(), ["/subscriptions/x/resourcegroups/other"]);
        assert_eq!(world.applications.len(), 1);
        assert_eq!(world.principals.len(), 0);
    }
    destroy(&client, &system(), &options("rg")).await.expect("nothing is left to destroy");
}

#[tokio::test]
async fn a_group_without_our_tag_is_refused() {
    for tags in [json!({}), json!({"apimlab-scenario": "other"})] {
        let azure = Azure::start().await;
        azure.world().resources.insert(group_id().to_lowercase(), json!({"tags": tags}));
        let error = destroy(&azure.server.client(), &system(), &options("rg")).await.expect_err("refused");
        assert!(matches!(error, Error::Blocked { .. }), "{error}");
        assert_eq!(azure.writes(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn another_name_than_the_scenarios_is_refused() {
    let azure = Azure::start().await;
    let error = destroy(&azure.server.client(), &system(), &options("rg2")).await.expect_err("refused");
    assert!(error.to_string().contains("`rg2`"), "{error}");
    assert_eq!(azure.server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_soft_deleted_service_is_purged_or_named() {
    for purge in [Purge::No, Purge::Yes] {
        let azure = Azure::start().await;
        let deleted = format!(
            "/subscriptions/{}/providers/Microsoft.ApiManagement/locations/westus2/deletedservices/a",
            super::server::SUBSCRIPTION
        );
        azure.world().resources.insert(deleted.to_lowercase(), json!({"name": "a"}));
        let options = DestroyOptions { purge, ..options("rg") };
        let lines = destroy(&azure.server.client(), &system(), &options).await.expect("destroyed");
        let is_kept = azure.world().resources.contains_key(&deleted.to_lowercase());
        assert_eq!(is_kept, purge == Purge::No);
        assert_eq!(lines.first().map(String::as_str), Some("the group is not there"));
        assert_eq!(lines.iter().any(|line| line.contains("purge --service-name a")), is_kept, "{lines:?}");
    }
}
