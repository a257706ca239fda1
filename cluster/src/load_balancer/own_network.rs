//! The virtual network that AKS makes for a cluster that is given no subnet.
//! <https://learn.microsoft.com/azure/aks/configure-azure-cni>

use std::net::Ipv4Addr;

use network::{AddressError, Addresses, Cidr};

/// The addresses of that network.
#[derive(Default)]
pub struct OwnNetwork(Option<Addresses>);

impl OwnNetwork {
    /// Its range.
    pub const RANGE: &str = "10.224.0.0/16";

    /// Gives `owner` an address.
    pub fn take(&mut self, owner: &str, wanted: Option<Ipv4Addr>) -> Result<Ipv4Addr, AddressError> {
        let addresses = match &mut self.0 {
            Some(addresses) => addresses,
            None => match Self::RANGE.parse::<Cidr>() {
                Ok(range) => self.0.insert(Addresses::new(range)),
                Err(_) => return Err(AddressError::NoSuchSubnet(Self::RANGE.to_owned())),
            },
        };
        addresses.take(owner, wanted)
    }

    /// Takes everything from `owner`.
    pub fn release(&mut self, owner: &str) {
        if let Some(addresses) = &mut self.0 {
            addresses.release(owner);
        }
    }
}
