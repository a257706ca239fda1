//! What a resource type is: the row of the table that everything generic is driven by.

use std::sync::Arc;
use std::time::Duration;

use arm::{ErrorResponse, ResourceId};
use http::Method;
use serde_json::Value;

use crate::Config;
use crate::emulator::Emulator;
use crate::engine::{ActionCall, Answer, Call, Draft, Removal, Resource, Store};

/// A resource type: how it is named, what can be done with it, how long that takes, and how it looks.
pub struct Definition {
    /// The type, `Microsoft.Network/virtualNetworks/subnets`.
    pub name: &'static str,
    /// What the type is, in one sentence.
    pub summary: &'static str,
    /// The api-version whose shapes are followed.
    pub modelled: &'static str,
    /// The oldest api-version that is answered.
    pub since: &'static str,
    /// Where resources of the type live.
    pub scope: Scope,
    /// What a name looks like.
    pub names: Names,
    /// What the sandbox does with the type.
    pub verbs: &'static [Verb],
    /// What Azure does with the type and the sandbox refuses with 501.
    pub refused: &'static [Verb],
    /// The POST actions, sorted.
    pub actions: &'static [Action],
    /// The resource has a region and tags.
    pub tracking: Tracking,
    /// Status codes.
    pub answers: Answers,
    /// Which writes take time.
    pub long_running: LongRunning,
    /// The api-version from which DELETE takes that time; older ones wait for it themselves.
    pub slow_delete_since: &'static str,
    /// Where the provisioning state shows.
    pub state: StateShown,
    /// The form of lists.
    pub listing: Listing,
    /// Which models a change of such a resource can change.
    pub feeds: &'static [Model],
    /// How close the type is to Azure's.
    pub fidelity: Fidelity,
    /// Requests that work, in a world made of the other rows' examples.
    pub examples: &'static [Example],
    /// Fills what the request left out and what the service decides.
    pub defaults: fn(&mut Draft<'_, '_>) -> Result<(), ErrorResponse>,
    /// Refuses what the service refuses.
    pub check: fn(&Draft<'_, '_>) -> Result<(), ErrorResponse>,
    /// Makes what comes with the resource, after it was stored, and checks the whole.
    pub provision: fn(&mut Draft<'_, '_>) -> Result<(), ErrorResponse>,
    /// Refuses a removal that the service refuses.
    pub removable: fn(&Removal<'_, '_>) -> Result<(), ErrorResponse>,
    /// Makes what remains of the resource, before it goes away.
    pub removed: fn(&mut Removal<'_, '_>),
    /// Completes the form in which the resource is shown.
    pub view: fn(&Resource, &Store, &mut Value),
    /// Finds one; for types that are not, or not only, stored.
    pub find: fn(&Store, &ResourceId) -> Option<Arc<Resource>>,
    /// Finds all in a scope.
    pub select: fn(&Store, &'static Definition, Option<&ResourceId>) -> Vec<Arc<Resource>>,
    /// Reads `$filter`, for types that have functions of their own in it.
    pub narrow: Option<Narrow>,
}

/// Where resources of a type live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In a subscription.
    Subscription,
    /// In a resource group.
    ResourceGroup,
    /// In another resource.
    Parent,
    /// In anything, as an extension.
    Any,
    /// Nowhere in particular: listed by an endpoint of its own.
    Location,
}

/// What a name looks like.
#[derive(Clone, Copy)]
pub enum Names {
    /// A length and a check of the whole name.
    Rule {
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
        /// The name is acceptable.
        accepts: fn(&str) -> bool,
        /// The rule in words.
        rule: &'static str,
    },
    /// One of these, whatever the letter case.
    Fixed(&'static [&'static str]),
}

/// What can be done with a resource or a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Read one.
    Get,
    /// Ask whether one exists.
    Head,
    /// Read all.
    List,
    /// Create or replace.
    Put,
    /// Merge changes.
    Patch,
    /// Remove.
    Delete,
}

/// A POST on a resource.
pub struct Action {
    /// The last segment of the path.
    pub name: &'static str,
    /// The permission that it needs, after the type: `listSecrets/action`.
    pub permission: &'static str,
    /// Does it.
    pub run: fn(&mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse>,
    /// The answer can be given already; it is waited for, up to a bound.
    pub ready: fn(&Config, &ResourceId) -> bool,
}

impl Action {
    /// An action that can be answered at once.
    pub const fn new(
        name: &'static str,
        permission: &'static str,
        run: fn(&mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse>,
    ) -> Self {
        Self { name, permission, run, ready: |_, _| true }
    }
}

/// A path that is no resource, no list and no action.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path; a segment in braces matches anything.
    pub path: &'static str,
    /// The action that the caller needs on the subscription, if any.
    pub permission: Option<&'static str>,
    /// Answers it.
    pub run: fn(&Emulator, &Call) -> Result<Answer, ErrorResponse>,
}

/// The resource has a region and tags, or it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracking {
    /// It has.
    Tracked,
    /// It has not: a proxy resource.
    Proxy,
}

/// Status codes, as the API's specification fixes them.
#[derive(Debug, Clone, Copy)]
pub struct Answers {
    /// PUT made the resource.
    pub created: u16,
    /// PUT replaced it.
    pub replaced: u16,
    /// PATCH changed it at once.
    pub patched: u16,
    /// HEAD found it.
    pub found: u16,
    /// DELETE removed it at once.
    pub deleted: u16,
    /// DELETE found nothing.
    pub absent: u16,
    /// What DELETE answers with.
    pub removed: Removed,
}

/// What DELETE answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// Nothing.
    Silent,
    /// The resource that was.
    Shown,
    /// Nothing; what is always there is as it was at first.
    Reset,
}

/// How a type reads `$filter` by itself.
pub type Narrow =
    fn(&Call, Option<&ResourceId>, Vec<Arc<Resource>>) -> Result<Vec<Arc<Resource>>, ErrorResponse>;

/// Which writes take time; `None` for those that do not.
#[derive(Debug, Clone, Copy)]
pub struct LongRunning {
    /// PUT of a new resource.
    pub create: Option<Timing>,
    /// PUT or PATCH of an existing one.
    pub update: Option<Timing>,
    /// DELETE.
    pub delete: Option<Timing>,
    /// How the client learns where to ask.
    pub announce: Announce,
}

/// How long an operation takes in Azure, and what it is called meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long.
    pub azure: Duration,
    /// The provisioning state that shows while it runs.
    pub state: &'static str,
}

/// How the client of a long-running operation learns where to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// `Azure-AsyncOperation` below the provider's location; DELETE adds `Location`.
    Locations,
    /// API Management: both headers with one path, `…/operationresults/{token}`.
    OperationResults,
    /// Resource groups: `Location` only, `/subscriptions/{id}/operationresults/{token}`.
    Subscription,
}

/// Where the provisioning state shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateShown {
    /// Nowhere.
    Hidden,
    /// As `properties.provisioningState`.
    Properties,
}

/// The form of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// `value`.
    Plain,
    /// `value` and `count`.
    Counted,
}

/// A model that other parts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// The virtual networks.
    Network,
    /// The managed clusters.
    Clusters,
    /// The API Management services.
    ApiManagement,
}

/// How close a type is to Azure's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// No known difference that a client meets.
    Faithful,
    /// What differs.
    Approximate(&'static str),
}

/// A request that works. `{subscription}`, `{client}`, `{secret}` and `{principal}` stand for the seed's.
pub struct Example {
    /// The resource.
    pub id: &'static str,
    /// The body of the PUT.
    pub body: &'static str,
    /// A body for PATCH.
    pub patch: Option<&'static str>,
    /// Types whose examples must exist too, besides the parents'.
    pub after: &'static [&'static str],
}

/// A name of letters, digits, `-`, `_`, `.`.
pub fn plain_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

impl Definition {
    /// A proxy resource in a parent, with every verb, that is nothing but stored.
    pub const CHILD: Self = Self {
        name: "",
        summary: "",
        modelled: "",
        since: "2014-01-01",
        scope: Scope::Parent,
        names: Names::Rule {
            min: 1,
            max: 256,
            accepts: plain_name,
            rule: "letters, digits, `-`, `_` and `.`",
        },
        verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
        refused: &[],
        actions: &[],
        tracking: Tracking::Proxy,
        answers: Answers {
            created: 201,
            replaced: 200,
            patched: 200,
            found: 200,
            deleted: 200,
            absent: 204,
            removed: Removed::Silent,
        },
        long_running: LongRunning { create: None, update: None, delete: None, announce: Announce::Locations },
        slow_delete_since: "",
        state: StateShown::Hidden,
        listing: Listing::Plain,
        feeds: &[],
        fidelity: Fidelity::Faithful,
        examples: &[],
        defaults: |_| Ok(()),
        check: |_| Ok(()),
        provision: |_| Ok(()),
        removable: |_| Ok(()),
        removed: |_| (),
        view: |_, _, _| (),
        find: |store, id| store.get(id),
        select: |store, definition, scope| store.within(definition, scope),
        narrow: None,
    };

    /// A resource with a region and tags in a resource group, with every verb, that is nothing but stored.
    pub const TRACKED: Self = Self {
        scope: Scope::ResourceGroup,
        tracking: Tracking::Tracked,
        state: StateShown::Properties,
        verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
        ..Self::CHILD
    };

    /// The last part of the type, as it stands in paths: `subnets`.
    pub fn segment(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The provider's namespace.
    pub fn namespace(&self) -> &'static str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// A permission on the type, in the words of role definitions: `read`, `write`, `delete`, `x/action`.
    pub fn permission(&self, what: &str) -> String {
        match self.name {
            // Roles name resource groups as parts of their subscription.
            "Microsoft.Resources/resourceGroups" => {
                format!("Microsoft.Resources/subscriptions/resourceGroups/{what}")
            }
            name => format!("{name}/{what}"),
        }
    }

    /// The action with this name, whatever the letter case.
    pub fn action(&self, name: &str) -> Option<&'static Action> {
        self.actions.iter().find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// Refuses what is no name for this type.
    pub fn check_name(&self, name: &str) -> Result<(), ErrorResponse> {
        let rule = match self.names {
            Names::Rule { min, max, accepts, rule } => {
                let length = name.chars().count();
                if (min..=max).contains(&length) && accepts(name) {
                    return Ok(());
                }
                format!("{min} to {max} characters: {rule}")
            }
            Names::Fixed(names) => {
                if names.iter().any(|fixed| fixed.eq_ignore_ascii_case(name)) {
                    return Ok(());
                }
                format!("one of {}", names.join(", "))
            }
        };
        let message =
            format!("The name '{name}' is not valid for a resource of type '{}': {rule}.", self.name);
        Err(ErrorResponse::new(400, "InvalidResourceName", message).target("name"))
    }
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
