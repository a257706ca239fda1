//! Names that Azure or Kubernetes would refuse:
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>.

use diagnostic::Diagnostic;

use super::World;
use crate::codes;
use crate::findings::Findings;
use crate::model::Text;

/// How a name may look.
struct Rule {
    what: &'static str,
    longest: usize,
    first: fn(char) -> bool,
    inner: fn(char) -> bool,
    last: fn(char) -> bool,
    in_words: &'static str,
}

const SCENARIO: Rule = Rule {
    what: "scenario name",
    longest: 40,
    first: lower,
    inner: |letter| lower(letter) || digit(letter) || letter == '-',
    last: |letter| lower(letter) || digit(letter),
    in_words: "1 to 40 lower-case letters, digits and hyphens, beginning with a letter",
};
const RESOURCE_GROUP: Rule = Rule {
    what: "resource group name",
    longest: 90,
    first: |letter| letter.is_alphanumeric() || "_-(".contains(letter),
    inner: |letter| letter.is_alphanumeric() || "_-().".contains(letter),
    last: |letter| letter.is_alphanumeric() || "_-()".contains(letter),
    in_words: "1 to 90 letters, digits, `_`, `-`, `(`, `)` and `.`, not ending in `.`",
};
const NETWORK: Rule = Rule {
    what: "virtual network name",
    longest: 64,
    first: alphanumeric,
    inner: |letter| alphanumeric(letter) || "_.-".contains(letter),
    last: |letter| alphanumeric(letter) || letter == '_',
    in_words: "1 to 64 letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
};
const SUBNET: Rule = Rule { what: "subnet name", longest: 80, ..NETWORK };
const SECURITY: Rule = Rule { what: "name of a security group or rule", longest: 80, ..NETWORK };
const CLUSTER: Rule = Rule {
    what: "managed cluster name",
    longest: 63,
    first: alphanumeric,
    inner: |letter| alphanumeric(letter) || "_-".contains(letter),
    last: alphanumeric,
    in_words: "1 to 63 letters, digits, `_` and `-`, beginning and ending with a letter or digit",
};
const DNS_PREFIX: Rule = Rule {
    what: "DNS prefix",
    longest: 54,
    first: alphanumeric,
    inner: |letter| alphanumeric(letter) || letter == '-',
    last: alphanumeric,
    in_words: "1 to 54 letters, digits and `-`, beginning and ending with a letter or digit",
};
const POOL: Rule = Rule {
    what: "node pool name",
    longest: 12,
    first: lower,
    inner: |letter| lower(letter) || digit(letter),
    last: |letter| lower(letter) || digit(letter),
    in_words: "1 to 12 lower-case letters and digits, beginning with a letter",
};
const SERVICE: Rule = Rule {
    what: "API Management service name",
    longest: 50,
    first: |letter| letter.is_ascii_alphabetic(),
    inner: |letter| alphanumeric(letter) || letter == '-',
    last: alphanumeric,
    in_words: "1 to 50 letters, digits and `-`, beginning with a letter and not ending in `-`",
};
const ENTITY: Rule = Rule {
    what: "identifier",
    longest: 80,
    first: alphanumeric,
    inner: |letter| alphanumeric(letter) || "-_".contains(letter),
    last: alphanumeric,
    in_words: "1 to 80 letters, digits, `-` and `_`, beginning and ending with a letter or digit",
};
const LOCATION: Rule = Rule {
    what: "location",
    longest: 40,
    first: alphanumeric,
    inner: |letter| alphanumeric(letter) || letter == ' ',
    last: alphanumeric,
    in_words: "an Azure region such as `westus2`; `az account list-locations -o table` lists them",
};

pub(super) fn check(world: &World, findings: &mut Findings) {
    let document = world.document;
    SCENARIO.check(&document.name, findings);
    RESOURCE_GROUP.check(&document.resource_group, findings);
    LOCATION.check(&document.location, findings);
    if let Some(network) = &document.network {
        NETWORK.check(&network.name, findings);
        network.subnets.iter().for_each(|subnet| SUBNET.check(&subnet.name, findings));
        let groups = network.security_groups.iter();
        let rules = groups.clone().flat_map(|group| &group.rules).map(|rule| &rule.name);
        groups.map(|group| &group.name).chain(rules).for_each(|name| SECURITY.check(name, findings));
    }
    if let Some(cluster) = &document.cluster {
        CLUSTER.check(&cluster.name, findings);
        DNS_PREFIX.check(&cluster.dns_prefix, findings);
        POOL.check(&cluster.pool.name, findings);
    }
    document.role_assignments.iter().for_each(|role| ENTITY.check(&role.name, findings));
    let checks = document.checks.iter().map(|check| &check.id);
    checks.chain(document.lessons.iter().map(|lesson| &lesson.id)).for_each(|id| ENTITY.check(id, findings));
    let Some(service) = &document.api_management else { return };
    SERVICE.check(&service.name, findings);
    let apis = service.apis.iter().map(|api| &api.name);
    let operations = service.apis.iter().flat_map(|api| &api.operations).map(|operation| &operation.name);
    let products = service.products.iter().map(|product| &product.name);
    let subscriptions = service.subscriptions.iter().map(|subscription| &subscription.name);
    apis.chain(operations).chain(products).chain(subscriptions).for_each(|name| ENTITY.check(name, findings));
}

impl Rule {
    fn check(&self, name: &Text, findings: &mut Findings) {
        let (first, last) = (name.chars().next(), name.chars().next_back());
        let fits = name.chars().count() <= self.longest
            && first.is_some_and(self.first)
            && last.is_some_and(self.last)
            && name.chars().all(self.inner);
        if !fits {
            let shown: String = name.chars().take(100).collect();
            let problem =
                Diagnostic::new(codes::INVALID_NAME, format!("`{shown}` is not a valid {}", self.what))
                    .help(self.in_words);
            findings.add(name, problem);
        }
    }
}

fn lower(letter: char) -> bool {
    letter.is_ascii_lowercase()
}

fn digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

fn alphanumeric(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
}
