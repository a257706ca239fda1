//! Names of private DNS zones, as the resolver of a virtual network answers them.
//!
//! A network asks the zones that it is linked to; of several that a name lies in, the longest one answers alone.
//! <https://learn.microsoft.com/azure/dns/private-dns-overview>
//!
//! **Differs from Azure:** what no linked zone answers for is not asked of the internet; a name with several
//! addresses leads to the first of them; custom DNS servers of a network are not asked.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::{Place, Topology};

/// How many aliases are followed.
const MAX_ALIASES: usize = 8;

/// A private DNS zone with the networks that ask it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateZone {
    /// The name, in lower case: `internal.example`.
    pub name: String,
    /// The networks.
    pub links: Vec<ZoneLink>,
    /// The records that lead somewhere, by their name in the zone, in lower case: `@`, `www`, `*`.
    pub records: BTreeMap<String, ZoneRecord>,
}

/// A virtual network that asks a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneLink {
    /// The name of the link.
    pub name: String,
    /// The ARM id of the network.
    pub virtual_network: String,
    /// A name that the zone has not is asked of the internet (`NxDomainRedirect`).
    pub redirects: bool,
    /// The machines of the network have names in the zone.
    #[serde(default)]
    pub registers: bool,
}

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ZoneRecord {
    /// To addresses.
    Addresses(Vec<Ipv4Addr>),
    /// To another name, in lower case.
    Alias(String),
    /// Nowhere: the name has only records of other types.
    Nothing,
}

/// A name that leads to an address, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The address.
    pub address: Ipv4Addr,
    /// The records on the way, for people.
    pub records: Vec<String>,
}

/// Why a name leads to no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// No zone that is linked to the network of the place answers for it.
    NotPrivate(String),
    /// The zone has no such name.
    NoSuchName {
        /// The name.
        name: String,
        /// The zone that answers for it.
        zone: String,
    },
    /// The name is there and has no address.
    NoAddress {
        /// The name.
        name: String,
        /// The zone that answers for it.
        zone: String,
    },
    /// Its aliases lead too far.
    TooManyAliases(String),
}

impl PrivateZone {
    /// The part of `name` before the zone's own name; `@` for the zone itself, `None` for what is not in it.
    fn relative<'n>(&self, name: &'n str) -> Option<&'n str> {
        match name.strip_suffix(self.name.as_str())? {
            "" => Some("@"),
            front => front.strip_suffix('.').filter(|front| !front.is_empty()),
        }
    }

    /// The record of a name in the zone: its own, or the nearest wildcard's.
    fn record(&self, relative: &str) -> Option<(String, &ZoneRecord)> {
        if let Some(found) = self.records.get(relative) {
            return Some((relative.to_owned(), found));
        }
        let mut rest = relative;
        while rest != "@" {
            rest = rest.split_once('.').map_or("@", |(_, rest)| rest);
            let wildcard = if rest == "@" { "*".to_owned() } else { format!("*.{rest}") };
            if let Some(found) = self.records.get(&wildcard) {
                return Some((wildcard, found));
            }
            // What is below a name that is there is not meant by a wildcard further up (RFC 4592).
            if self.records.contains_key(rest) {
                break;
            }
        }
        None
    }

    fn link_of(&self, virtual_network: &str) -> Option<&ZoneLink> {
        self.links.iter().find(|link| link.virtual_network.eq_ignore_ascii_case(virtual_network))
    }
}

impl Topology {
    /// Where a name leads, as seen from a place; `registered` knows the machines that have names in a zone. `name` is in
    /// lower case.
    pub(crate) fn resolve(
        &self,
        from: &Place,
        name: &str,
        registered: impl Fn(&PrivateZone, &str) -> Option<Ipv4Addr>,
    ) -> Result<Resolved, Unresolved> {
        let mut records = Vec::new();
        let mut asked = name.trim_end_matches('.').to_owned();
        for _ in 0..MAX_ALIASES {
            let Some((zone, link, relative)) = self.zone_for(from, &asked) else {
                return Err(Unresolved::NotPrivate(asked));
            };
            let says = |kind: &str, record: &str, to: &str| {
                let (zone, link) = (&zone.name, &link.name);
                format!("{kind} record {record} of private DNS zone {zone} (link {link}) leads to {to}")
            };
            // A record that somebody wrote goes before one that a machine registered.
            let own = zone.records.contains_key(relative);
            if let Some(address) = (!own).then(|| registered(zone, relative)).flatten() {
                records.push(says("registered A", relative, &address.to_string()));
                return Ok(Resolved { address, records });
            }
            let Some((found, record)) = zone.record(relative) else {
                return Err(if link.redirects {
                    Unresolved::NotPrivate(asked)
                } else {
                    Unresolved::NoSuchName { name: asked, zone: zone.name.clone() }
                });
            };
            match record {
                ZoneRecord::Addresses(addresses) => {
                    let Some(address) = addresses.first() else {
                        return Err(Unresolved::NoAddress { name: asked, zone: zone.name.clone() });
                    };
                    records.push(says("A", &found, &address.to_string()));
                    return Ok(Resolved { address: *address, records });
                }
                ZoneRecord::Alias(to) => {
                    records.push(says("CNAME", &found, to));
                    to.clone_into(&mut asked);
                }
                ZoneRecord::Nothing => {
                    return Err(Unresolved::NoAddress { name: asked, zone: zone.name.clone() });
                }
            }
        }
        Err(Unresolved::TooManyAliases(name.to_owned()))
    }

    /// The zone that answers for a name: the longest of those that are linked to the network of the place.
    fn zone_for<'t, 'n>(
        &'t self,
        from: &Place,
        name: &'n str,
    ) -> Option<(&'t PrivateZone, &'t ZoneLink, &'n str)> {
        let (Place::Subnet(subnet) | Place::Cluster { subnet: Some(subnet), .. }) = from else { return None };
        let (vnet, _) = self.subnet(subnet)?;
        self.private_zones
            .iter()
            .filter_map(|zone| Some((zone, zone.link_of(&vnet.id)?, zone.relative(name)?)))
            .max_by_key(|(zone, _, _)| zone.name.len())
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPrivate(name) => write!(
                f,
                "{name} cannot be resolved: it lies in no private DNS zone that is linked to the virtual network, and names of the internet are not asked for"
            ),
            Self::NoSuchName { name, zone } => {
                write!(f, "{name} cannot be resolved: private DNS zone {zone} has no such name")
            }
            Self::NoAddress { name, zone } => {
                write!(f, "{name} cannot be resolved: private DNS zone {zone} has no address for it")
            }
            Self::TooManyAliases(name) => {
                write!(
                    f,
                    "{name} cannot be resolved: more than {MAX_ALIASES} CNAME records follow each other"
                )
            }
        }
    }
}

impl std::error::Error for Unresolved {}

#[cfg(test)]
mod tests;
