//! Microsoft.Insights: the activity log.
//!
//! <https://learn.microsoft.com/rest/api/monitor/>

mod activity_log;

use http::Method;

use crate::engine::Endpoint;
use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.Insights",
    types: &[],
    missing: &[
        "Microsoft.Insights/actionGroups",
        "Microsoft.Insights/activityLogAlerts",
        "Microsoft.Insights/autoscaleSettings",
        "Microsoft.Insights/components",
        "Microsoft.Insights/dataCollectionEndpoints",
        "Microsoft.Insights/dataCollectionRules",
        "Microsoft.Insights/diagnosticSettings",
        "Microsoft.Insights/diagnosticSettingsCategories",
        "Microsoft.Insights/metricAlerts",
        "Microsoft.Insights/metricDefinitions",
        "Microsoft.Insights/metricNamespaces",
        "Microsoft.Insights/metrics",
        "Microsoft.Insights/scheduledQueryRules",
        "Microsoft.Insights/webTests",
        "Microsoft.Insights/workbooks",
    ],
};

/// Its other paths.
pub const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: Method::GET,
    path: "/subscriptions/{id}/providers/Microsoft.Insights/eventtypes/management/values",
    permission: Some("Microsoft.Insights/eventtypes/values/read"),
    run: activity_log::list,
}];
