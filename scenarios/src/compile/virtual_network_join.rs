//! The service joins the virtual network: <https://learn.microsoft.com/azure/api-management/virtual-network-concepts>.
//!
//! A second change of the same resource, after everything else: it takes about half an hour in Azure, and the
//! article does it last.

use cloud::Node;
use serde_json::json;

use super::{Context, api, key, operation, policy, product, product_api, put, service, subscription};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    let Some(join) = &service.join else { return Vec::new() };
    let Some(subnet) = context.subnet_id(&join.subnet) else { return Vec::new() };
    let body = json!({"properties": {
        "virtualNetworkType": join.network_type.as_str(),
        "virtualNetworkConfiguration": {"subnetResourceId": subnet.as_str()},
    }});
    let children: [super::Row; 6] = [
        api::nodes,
        operation::nodes,
        product::nodes,
        product_api::nodes,
        subscription::nodes,
        policy::nodes,
    ];
    let before = children.into_iter().flat_map(|row| row(context)).map(|node| node.key);
    let title = format!("{} joins subnet {}", *service.name, *join.subnet);
    vec![
        put(key::JOIN, title, &id, service::API_VERSION)
            .patch()
            .body(body)
            .depends([key::SERVICE, key::NETWORK])
            .depends(before)
            .minutes(30)
            .cost_note("the Developer tier does not answer while it joins")
            .done(),
    ]
}
