//! The ports of a sandbox: one for each thing that it serves, on the loopback address only.

use std::fmt;
use std::io::ErrorKind;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::Error;

/// The first port unless the user wants others.
pub const DEFAULT_BASE: u16 = 4780;

/// Something that a sandbox serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The API Management gateway over HTTP.
    Gateway,
    /// The API Management gateway over HTTPS.
    GatewayHttps,
    /// Azure Resource Manager, Entra ID and Microsoft Graph.
    ResourceManager,
    /// The Kubernetes API servers.
    Kubernetes,
    /// The sandbox's own API.
    Admin,
    /// The way into the simulated internet and networks.
    Proxy,
}

/// All endpoints, in the order of their ports.
pub const ENDPOINTS: [Endpoint; 6] = [
    Endpoint::Gateway,
    Endpoint::GatewayHttps,
    Endpoint::ResourceManager,
    Endpoint::Kubernetes,
    Endpoint::Admin,
    Endpoint::Proxy,
];

/// Which ports to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ports {
    /// Those of the last start on the state folder, else from [`DEFAULT_BASE`] on.
    #[default]
    Remembered,
    /// Those of the last start on the state folder, else any free ones.
    Auto,
    /// This one and the five after it.
    Base(u16),
}

/// The number of each endpoint's port; 0 stands for any free port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortNumbers {
    /// [`Endpoint::Gateway`]
    pub gateway: u16,
    /// [`Endpoint::GatewayHttps`]
    pub gateway_https: u16,
    /// [`Endpoint::ResourceManager`]
    pub resource_manager: u16,
    /// [`Endpoint::Kubernetes`]
    pub kubernetes: u16,
    /// [`Endpoint::Admin`]
    pub admin: u16,
    /// [`Endpoint::Proxy`]
    pub proxy: u16,
}

/// A listening socket for each endpoint.
#[derive(Debug)]
pub struct Listeners {
    pub(crate) gateway: TcpListener,
    pub(crate) gateway_https: TcpListener,
    pub(crate) resource_manager: TcpListener,
    pub(crate) kubernetes: TcpListener,
    pub(crate) admin: TcpListener,
    pub(crate) proxy: TcpListener,
    /// The ports that they listen on.
    pub ports: PortNumbers,
}

impl Listeners {
    /// Listens on all ports, or on none and says which one is taken.
    pub async fn bind(wanted: Ports, remembered: Option<PortNumbers>) -> Result<Self, Error> {
        let numbers = wanted.numbers(remembered);
        let gateway = listen(Endpoint::Gateway, numbers).await?;
        let gateway_https = listen(Endpoint::GatewayHttps, numbers).await?;
        let resource_manager = listen(Endpoint::ResourceManager, numbers).await?;
        let kubernetes = listen(Endpoint::Kubernetes, numbers).await?;
        let admin = listen(Endpoint::Admin, numbers).await?;
        let proxy = listen(Endpoint::Proxy, numbers).await?;
        let ports = PortNumbers {
            gateway: port_of(&gateway),
            gateway_https: port_of(&gateway_https),
            resource_manager: port_of(&resource_manager),
            kubernetes: port_of(&kubernetes),
            admin: port_of(&admin),
            proxy: port_of(&proxy),
        };
        Ok(Self { gateway, gateway_https, resource_manager, kubernetes, admin, proxy, ports })
    }
}

impl Ports {
    fn numbers(self, remembered: Option<PortNumbers>) -> PortNumbers {
        match (self, remembered) {
            (Self::Base(base), _) => PortNumbers::from_base(base),
            (Self::Remembered | Self::Auto, Some(remembered)) => remembered,
            (Self::Remembered, None) => PortNumbers::from_base(DEFAULT_BASE),
            (Self::Auto, None) => PortNumbers::default(),
        }
    }
}

impl std::str::FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let last = u16::try_from(ENDPOINTS.len() - 1).unwrap_or_default();
        match text.parse::<u16>() {
            Ok(base) if base >= 1024 && base.checked_add(last).is_some() => Ok(Self::Base(base)),
            _ if text == "auto" => Ok(Self::Auto),
            _ => Err(format!("use `auto`, or a first port from 1024 to {}", u16::MAX - last)),
        }
    }
}

impl PortNumbers {
    /// `base` for the gateway, and the numbers after it in the order of [`ENDPOINTS`].
    pub const fn from_base(base: u16) -> Self {
        Self {
            gateway: base,
            gateway_https: base.saturating_add(1),
            resource_manager: base.saturating_add(2),
            kubernetes: base.saturating_add(3),
            admin: base.saturating_add(4),
            proxy: base.saturating_add(5),
        }
    }

    /// The port of an endpoint.
    pub const fn of(&self, endpoint: Endpoint) -> u16 {
        match endpoint {
            Endpoint::Gateway => self.gateway,
            Endpoint::GatewayHttps => self.gateway_https,
            Endpoint::ResourceManager => self.resource_manager,
            Endpoint::Kubernetes => self.kubernetes,
            Endpoint::Admin => self.admin,
            Endpoint::Proxy => self.proxy,
        }
    }

    /// Where clients find an endpoint, without a slash at the end.
    pub fn url(&self, endpoint: Endpoint) -> String {
        format!("{}://{}:{}", endpoint.scheme(), Ipv4Addr::LOCALHOST, self.of(endpoint))
    }
}

impl Endpoint {
    /// The name in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::GatewayHttps => "gateway-https",
            Self::ResourceManager => "resource-manager",
            Self::Kubernetes => "kubernetes",
            Self::Admin => "admin",
            Self::Proxy => "proxy",
        }
    }

    const fn scheme(self) -> &'static str {
        match self {
            Self::GatewayHttps | Self::ResourceManager | Self::Kubernetes => "https",
            Self::Gateway | Self::Admin | Self::Proxy => "http",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gateway => "the gateway (HTTP)",
            Self::GatewayHttps => "the gateway (HTTPS)",
            Self::ResourceManager => "Azure Resource Manager",
            Self::Kubernetes => "the Kubernetes API",
            Self::Admin => "the sandbox's own API",
            Self::Proxy => "the proxy into the simulated internet",
        })
    }
}

async fn listen(endpoint: Endpoint, numbers: PortNumbers) -> Result<TcpListener, Error> {
    let port = numbers.of(endpoint);
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|reason| match reason.kind() {
        ErrorKind::AddrInUse => Error::PortTaken { port, endpoint },
        _ => Error::Listen { port, endpoint, reason },
    })
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_auto_or_a_base_that_leaves_room_for_all() {
        let cases = [
            ("auto", Some(Ports::Auto)),
            ("4780", Some(Ports::Base(4780))),
            ("65530", Some(Ports::Base(65530))),
            ("65531", None),
            ("80", None),
            ("-1", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Ports>().ok(), expected, "{text}");
        }
    }

    #[test]
    fn remembered_ports_win_over_all_but_a_base() {
        let remembered = PortNumbers::from_base(5000);
        let cases = [
            (Ports::Remembered, Some(remembered), remembered),
            (Ports::Auto, Some(remembered), remembered),
            (Ports::Base(6000), Some(remembered), PortNumbers::from_base(6000)),
            (Ports::Remembered, None, PortNumbers::from_base(DEFAULT_BASE)),
            (Ports::Auto, None, PortNumbers::default()),
        ];
        for (ports, remembered, expected) in cases {
            assert_eq!(ports.numbers(remembered), expected, "{ports:?}");
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_what_it_is_for() {
        let first = Listeners::bind(Ports::Auto, None).await.expect("free ports");
        assert!(ENDPOINTS.iter().all(|endpoint| first.ports.of(*endpoint) != 0));
        let again = PortNumbers { kubernetes: first.ports.kubernetes, ..PortNumbers::default() };
        let error = Listeners::bind(Ports::Remembered, Some(again)).await.expect_err("the port is taken");
        let text = error.to_string();
        assert!(text.contains(&first.ports.kubernetes.to_string()), "{text}");
        assert!(text.contains("the Kubernetes API") && text.contains("--ports auto"), "{text}");
    }
}
