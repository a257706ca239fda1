//! Which addresses of a range are taken, and by whom.
//!
//! Azure reserves the first four addresses and the last one of every subnet:
//! <https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq>.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;

use crate::Cidr;

/// How many addresses at the start of a subnet belong to Azure.
const RESERVED: u32 = 4;

/// The addresses of one range and their owners.
#[derive(Debug, Clone)]
pub struct Addresses {
    range: Cidr,
    owners: BTreeMap<Ipv4Addr, String>,
}

/// Why an address cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// The address lies outside the range, or Azure reserves it.
    NotUsable(Ipv4Addr, Cidr),
    /// Somebody else has it.
    Taken {
        /// The address that was asked for.
        address: Ipv4Addr,
        /// Who has it.
        owner: String,
    },
    /// No address is free.
    Exhausted(Cidr),
    /// The subnet does not exist.
    NoSuchSubnet(String),
}

impl Addresses {
    /// All usable addresses of `range`, none taken.
    pub fn new(range: Cidr) -> Self {
        Self { range, owners: BTreeMap::new() }
    }

    /// The range that the addresses are from.
    pub fn range(&self) -> Cidr {
        self.range
    }

    /// Gives `owner` the address that it asks for, or the one it has, or else the lowest free one.
    pub fn take(&mut self, owner: &str, wanted: Option<Ipv4Addr>) -> Result<Ipv4Addr, AddressError> {
        if let Some(address) = wanted {
            return self.take_exactly(owner, address);
        }
        if let Some((address, _)) = self.owners.iter().find(|(_, taken)| *taken == owner) {
            return Ok(*address);
        }
        let free = (RESERVED..)
            .map_while(|offset| self.range.address(offset))
            .find(|address| self.usable(*address) && !self.owners.contains_key(address))
            .ok_or(AddressError::Exhausted(self.range))?;
        self.owners.insert(free, owner.to_owned());
        Ok(free)
    }

    /// Takes everything from `owner`.
    pub fn release(&mut self, owner: &str) {
        self.owners.retain(|_, taken| taken != owner);
    }

    /// Who has `address`.
    pub fn owner(&self, address: Ipv4Addr) -> Option<&str> {
        self.owners.get(&address).map(String::as_str)
    }

    fn take_exactly(&mut self, owner: &str, address: Ipv4Addr) -> Result<Ipv4Addr, AddressError> {
        if !self.usable(address) {
            return Err(AddressError::NotUsable(address, self.range));
        }
        match self.owners.get(&address) {
            Some(taken) if taken != owner => Err(AddressError::Taken { address, owner: taken.clone() }),
            _ => {
                self.release(owner);
                self.owners.insert(address, owner.to_owned());
                Ok(address)
            }
        }
    }

    fn usable(&self, address: Ipv4Addr) -> bool {
        let reserved = (0..RESERVED).any(|offset| self.range.address(offset) == Some(address));
        self.range.contains(address) && !reserved && address != self.range.last()
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUsable(address, range) => write!(
                f,
                "address {address} cannot be used in {range}: it lies outside, or it is one of the five that Azure reserves"
            ),
            Self::Taken { address, owner } => write!(f, "address {address} is in use by {owner}"),
            Self::Exhausted(range) => write!(f, "no address is free in {range}"),
            Self::NoSuchSubnet(subnet) => write!(f, "subnet {subnet} does not exist"),
        }
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_takes_the_fifth_address_and_the_load_balancer_the_sixth() {
        let mut subnet = Addresses::new("10.10.1.0/24".parse().expect("a range"));
        assert_eq!(subnet.take("node", None), Ok(Ipv4Addr::new(10, 10, 1, 4)));
        assert_eq!(subnet.take("balancer", None), Ok(Ipv4Addr::new(10, 10, 1, 5)));
        assert_eq!(
            subnet.take("node", None),
            Ok(Ipv4Addr::new(10, 10, 1, 4)),
            "asking again changes nothing"
        );
    }

    #[test]
    fn addresses_are_refused_with_the_reason_and_come_back() {
        let mut subnet = Addresses::new("10.0.0.0/29".parse().expect("a range"));
        let last = Ipv4Addr::new(10, 0, 0, 7);
        assert_eq!(subnet.take("a", Some(last)), Err(AddressError::NotUsable(last, subnet.range())));
        for owner in ["a", "b", "c"] {
            assert!(subnet.take(owner, None).is_ok());
        }
        assert_eq!(subnet.take("d", None), Err(AddressError::Exhausted(subnet.range())));
        let taken = Ipv4Addr::new(10, 0, 0, 4);
        assert_eq!(
            subnet.take("d", Some(taken)),
            Err(AddressError::Taken { address: taken, owner: "a".into() })
        );
        subnet.release("a");
        assert_eq!(subnet.take("d", Some(taken)), Ok(taken));
    }
}
