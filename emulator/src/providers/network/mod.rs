//! Microsoft.Network: virtual networks and subnets, and what is attached to them.
//!
//! <https://learn.microsoft.com/rest/api/virtualnetwork/>

mod addresses;
pub mod application_gateways;
mod inline;
pub mod load_balancers;
pub mod nat_gateways;
pub mod network_security_groups;
mod node_group;
mod parts;
pub mod private_dns;
pub mod private_endpoints;
pub mod private_link;
pub mod private_link_service_connections;
pub mod private_link_services;
pub mod public_ip_addresses;
mod ranges;
pub mod route_tables;
pub mod routes;
mod rows;
pub mod security_rules;
pub mod subnets;
pub mod virtual_network_peerings;
pub mod virtual_networks;

use crate::providers::Provider;

pub use addresses::restore as restore_addresses;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.Network",
    types: &[
        &application_gateways::DEFINITION,
        &load_balancers::DEFINITION,
        &nat_gateways::DEFINITION,
        &network_security_groups::DEFINITION,
        &security_rules::DEFINITION,
        private_dns::ZONES,
        private_dns::A,
        private_dns::AAAA,
        private_dns::ALL,
        private_dns::CNAME,
        private_dns::MX,
        private_dns::PTR,
        private_dns::SOA,
        private_dns::SRV,
        private_dns::TXT,
        private_dns::LINKS,
        &private_endpoints::DEFINITION,
        &private_link_services::DEFINITION,
        &private_link_service_connections::DEFINITION,
        &public_ip_addresses::DEFINITION,
        &route_tables::DEFINITION,
        &routes::DEFINITION,
        &virtual_networks::DEFINITION,
        &subnets::DEFINITION,
        &virtual_network_peerings::DEFINITION,
    ],
    missing: &[
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Network/networkWatchers",
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    ],
};
