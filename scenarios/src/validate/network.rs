//! Address ranges that do not fit together.

use diagnostic::Diagnostic;

use super::{World, unique};
use crate::address_range::AddressRange;
use crate::codes;
use crate::findings::Findings;
use crate::model::{Network, Text};
use crate::suggest;

/// Azure keeps five addresses of a subnet for itself.
const LONGEST_SUBNET_PREFIX: u8 = 29;

pub(super) fn check(world: &World, findings: &mut Findings) {
    let Some(network) = &world.document.network else { return };
    if network.address_space.is_empty() {
        let problem = Diagnostic::new(codes::MISSING_KEY, "the network has no address range")
            .help("write `addressSpace: [10.10.0.0/16]`");
        findings.add(&network.name, problem);
    }
    let space = ranges(network.address_space.iter(), findings);
    overlaps("address ranges", &space, findings);
    subnets(network, &space, findings);
    groups(network, findings);
    unique("subnets", network.subnets.iter().map(|subnet| &subnet.name), findings);
}

fn subnets(network: &Network, space: &[(&Text, AddressRange)], findings: &mut Findings) {
    let subnets = ranges(network.subnets.iter().map(|subnet| &subnet.address_prefix), findings);
    for (text, range) in &subnets {
        if range.prefix() > LONGEST_SUBNET_PREFIX {
            let message =
                format!("a subnet of /{} has no address left: Azure keeps five of each", range.prefix());
            findings.add(text, Diagnostic::new(codes::INVALID_CIDR, message).help("take a /29 or larger"));
        }
        // A broken address space is reported where it stands.
        let whole = space.len() == network.address_space.len() && !space.is_empty();
        if whole && !space.iter().any(|(_, outer)| outer.contains(*range)) {
            let all = space.iter().map(|(_, outer)| format!("`{outer}`")).collect::<Vec<_>>().join(", ");
            let message = format!("`{range}` lies outside the network's address space");
            let help = format!("choose a range within {all}, or widen `addressSpace`");
            findings.add(text, Diagnostic::new(codes::OUTSIDE_NETWORK, message).help(help));
        }
    }
    overlaps("subnets", &subnets, findings);
}

/// Subnets name groups that are there; no two rules of a group have one place in the order.
fn groups(network: &Network, findings: &mut Findings) {
    let names = || network.security_groups.iter().map(|group| group.name.as_str());
    for wanted in network.subnets.iter().filter_map(|subnet| subnet.security_group.as_ref()) {
        if !names().any(|name| name.eq_ignore_ascii_case(wanted)) {
            let message = format!("the network has no security group `{}`", **wanted);
            let problem = Diagnostic::new(codes::MISSING_REFERENCE, message)
                .help(suggest::did_you_mean(wanted, names()));
            findings.add(wanted, problem);
        }
    }
    unique("security groups", network.security_groups.iter().map(|group| &group.name), findings);
    for group in &network.security_groups {
        unique("security rules", group.rules.iter().map(|rule| &rule.name), findings);
        for (position, rule) in group.rules.iter().enumerate() {
            let twin = group
                .rules
                .iter()
                .take(position)
                .find(|other| other.direction == rule.direction && *other.priority == *rule.priority);
            if let Some(twin) = twin {
                let message = format!(
                    "the rules `{}` and `{}` have the same direction and priority",
                    *twin.name, *rule.name
                );
                let problem = Diagnostic::new(codes::UNSUPPORTED, message).help("give each its own priority");
                findings.add(&rule.priority, problem);
            }
        }
    }
}

fn ranges<'t>(
    texts: impl Iterator<Item = &'t Text>,
    findings: &mut Findings,
) -> Vec<(&'t Text, AddressRange)> {
    let mut ranges = Vec::new();
    for text in texts {
        match AddressRange::parse(text) {
            Ok(range) => ranges.push((text, range)),
            Err(help) => {
                let shown: String = text.chars().take(60).collect();
                let message = format!("`{shown}` is no address range in CIDR notation");
                findings.add(text, Diagnostic::new(codes::INVALID_CIDR, message).help(help));
            }
        }
    }
    ranges
}

fn overlaps(what: &str, ranges: &[(&Text, AddressRange)], findings: &mut Findings) {
    for (position, (text, range)) in ranges.iter().enumerate() {
        let earlier = ranges.iter().take(position).find(|(_, earlier)| earlier.overlaps(*range));
        if let Some((_, earlier)) = earlier {
            let message = format!("the {what} `{earlier}` and `{range}` overlap");
            let problem = Diagnostic::new(codes::OVERLAP, message).help("give each a range of its own");
            findings.add(text, problem);
        }
    }
}
