//! Resource identifiers and resource types.
//!
//! An id compares without letter case and prints as it was given:
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

const MAX_LENGTH: usize = 2_048;

/// The identifier of a resource, a resource group or a subscription.
///
/// `/subscriptions/{id}[/resourceGroups/{name}][/providers/{namespace}/{type}/{name}[/{type}/{name}]…]…`; a second
/// `/providers/` begins an extension resource on the first one.
#[derive(Debug, Clone)]
pub struct ResourceId {
    text: Arc<str>,
    key: Arc<str>,
}

/// A resource type such as `Microsoft.Network/virtualNetworks/subnets`; compares without letter case.
#[derive(Debug, Clone)]
pub struct ResourceType(String);

/// A text that is no resource identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidResourceId(String);

impl ResourceId {
    /// The identifier of a subscription.
    pub fn subscription(id: &str) -> Self {
        Self::new(format!("/subscriptions/{id}"))
    }

    fn new(text: String) -> Self {
        let key = text.to_lowercase().into();
        Self { text: text.into(), key }
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The lower-case form, equal for equal ids.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same to be kept, without another copy of it.
    pub fn shared_key(&self) -> Arc<str> {
        Arc::clone(&self.key)
    }

    /// The last segment: the resource's own name.
    pub fn name(&self) -> &str {
        self.segments().next_back().unwrap_or_default()
    }

    /// The subscription's id, if the resource lies in one.
    pub fn subscription_id(&self) -> Option<&str> {
        self.after("subscriptions")
    }

    /// The resource group's name, if the resource lies in one.
    pub fn resource_group(&self) -> Option<&str> {
        self.after("resourcegroups")
    }

    /// The id of the resource group that holds the resource.
    pub fn resource_group_id(&self) -> Option<Self> {
        let (subscription, group) = (self.subscription_id()?, self.resource_group()?);
        Some(Self::subscription(subscription).child("resourceGroups", group))
    }

    /// The type: of a resource, of a resource group or of a subscription.
    pub fn resource_type(&self) -> ResourceType {
        let segments: Vec<&str> = self.segments().collect();
        let Some(provider) = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"))
        else {
            let kind = if segments.len() > 2 { "resourceGroups" } else { "subscriptions" };
            return ResourceType(format!("Microsoft.Resources/{kind}"));
        };
        let mut name = segments.get(provider + 1).copied().unwrap_or_default().to_owned();
        for kind in segments.iter().skip(provider + 2).step_by(2) {
            name.push('/');
            name.push_str(kind);
        }
        ResourceType(name)
    }

    /// What the resource lives in: its parent resource, the scope of an extension or top-level resource, or the
    /// subscription of a resource group. `None` for a subscription.
    pub fn parent(&self) -> Option<Self> {
        let segments: Vec<&str> = self.segments().collect();
        let provider = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
        let keep = match provider {
            Some(at) if segments.len() - at <= 4 => at,
            _ => segments.len().checked_sub(2)?,
        };
        (keep > 0).then(|| Self::new(format!("/{}", segments[..keep].join("/"))))
    }

    /// The scope of an extension resource such as a role assignment: everything before its last `/providers/`.
    pub fn scope(&self) -> Option<Self> {
        let at = self.key.rfind("/providers/")?;
        (at > 0).then(|| Self::new(self.text[..at].to_owned()))
    }

    /// A child of this resource.
    #[must_use]
    pub fn child(&self, kind: &str, name: &str) -> Self {
        Self::new(format!("{}/{kind}/{name}", self.text))
    }

    /// A top-level or extension resource of the provider `namespace` in this scope.
    #[must_use]
    pub fn provider(&self, namespace: &str, kind: &str, name: &str) -> Self {
        Self::new(format!("{}/providers/{namespace}/{kind}/{name}", self.text))
    }

    /// This resource is `other` or lies within it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.key == other.key
            || (self.key.len() > other.key.len()
                && self.key.starts_with(&*other.key)
                && self.key.as_bytes()[other.key.len()] == b'/')
    }

    /// The path's segments in order.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.text.strip_prefix('/').unwrap_or(&self.text).split('/')
    }

    fn after(&self, keyword: &str) -> Option<&str> {
        let mut segments = self.segments();
        segments.find(|segment| segment.eq_ignore_ascii_case(keyword))?;
        segments.next()
    }
}

impl ResourceType {
    /// A type named `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The type as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The provider's namespace, `Microsoft.Network`.
    pub fn namespace(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The type is `name`, whatever the letter case.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

impl FromStr for ResourceId {
    type Err = InvalidResourceId;

    fn from_str(text: &str) -> Result<Self, InvalidResourceId> {
        let invalid = || InvalidResourceId(text.chars().take(200).collect());
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        let rest = trimmed.strip_prefix('/').ok_or_else(invalid)?;
        if trimmed.len() > MAX_LENGTH
            || rest.split('/').any(str::is_empty)
            || trimmed.chars().any(char::is_control)
        {
            return Err(invalid());
        }
        let segments: Vec<&str> = rest.split('/').collect();
        if names_match_types(&segments) { Ok(Self::new(trimmed.to_owned())) } else { Err(invalid()) }
    }
}

/// Every type is followed by a name: pairs, apart from the namespace after `providers`.
fn names_match_types(segments: &[&str]) -> bool {
    let mut rest = segments;
    loop {
        match rest {
            [] => return true,
            [providers, _namespace, kind_and_name @ ..] if providers.eq_ignore_ascii_case("providers") => {
                if kind_and_name.len() < 2 {
                    return false;
                }
                rest = kind_and_name;
            }
            [_kind, _name, more @ ..] => rest = more,
            [_] => return false,
        }
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ResourceType {}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a resource id", self.0)
    }
}

impl std::error::Error for InvalidResourceId {}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBNET: &str =
        "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a";

    fn id(text: &str) -> ResourceId {
        text.parse().expect("an id")
    }

    #[test]
    fn ids_compare_without_case_and_print_as_given() {
        assert_eq!(id(SUBNET), id(&SUBNET.to_uppercase()));
        assert_eq!(id(SUBNET).to_string(), SUBNET);
        assert_eq!(id(SUBNET).resource_group(), Some("Rg"));
        assert_eq!(
            id(SUBNET).resource_type(),
            ResourceType::new("microsoft.network/VIRTUALNETWORKS/subnets")
        );
    }

    #[test]
    fn parents_lead_from_a_child_to_the_subscription() {
        let parents: Vec<String> = std::iter::successors(Some(id(SUBNET)), ResourceId::parent)
            .map(|id| id.name().to_owned())
            .collect();
        assert_eq!(parents, ["a", "v", "Rg", "s1"]);
        assert_eq!(id("/subscriptions/s1").resource_type().as_str(), "Microsoft.Resources/subscriptions");
        assert_eq!(
            id("/subscriptions/s1/resourceGroups/r").resource_type().as_str(),
            "Microsoft.Resources/resourceGroups"
        );
    }

    #[test]
    fn an_extension_resource_knows_its_scope() {
        let assignment = id(SUBNET).provider("Microsoft.Authorization", "roleAssignments", "x");
        assert_eq!(assignment.scope(), Some(id(SUBNET)));
        assert_eq!(assignment.parent(), Some(id(SUBNET)));
        assert!(assignment.is_within(&id("/subscriptions/s1/resourcegroups/rg")));
        assert!(
            !id("/subscriptions/s1/resourceGroups/Rg2").is_within(&id("/subscriptions/s1/resourceGroups/Rg"))
        );
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "/",
            "subscriptions/s",
            "/subscriptions",
            "/subscriptions//x",
            "/subscriptions/s/providers/N/t",
        ] {
            assert!(text.parse::<ResourceId>().is_err(), "{text}");
        }
        assert!(format!("/subscriptions/{}", "x".repeat(3_000)).parse::<ResourceId>().is_err());
    }
}
