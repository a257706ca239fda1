//! The `lessons` block: failures to bring about, see and repair.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{ExpectedResponse, ObjectReference, Probe, Scope, Text};

/// A failure to bring about, see and repair.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lesson {
    /// Short name, shown in reports.
    pub id: Text,
    /// What the lesson shows, as a sentence.
    pub title: String,
    /// What a student should understand.
    pub narration: String,
    /// Keys of the resources that are put back at the end, whatever happened before.
    #[serde(default)]
    pub restores: Vec<Text>,
    /// What is done and seen, in order; the lesson ends at the first thing that is not as expected.
    pub steps: Vec<LessonStep>,
}

/// One thing that is done or must be seen.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LessonStep {
    /// Deletes an Azure resource of the scenario.
    Remove(Text),
    /// Writes resources as the scenario says they are.
    Restore(Vec<Text>),
    /// Changes an Azure resource of the scenario.
    Patch(PatchResource),
    /// Tries to give the scenario's service principal a role.
    AssignRole(AssignRole),
    /// Applies a Kubernetes YAML file; what it made is deleted when the lesson ends.
    Apply(Text),
    /// Deletes a Kubernetes object.
    Delete(ObjectReference),
    /// Deletes one Pod and waits until another one has taken its place.
    ReplacePod(ReplacePod),
    /// Waits until something can be observed.
    Expect(Expectation),
    /// Calls a URL many times while other steps are taken.
    Load(Load),
}

/// A change of an Azure resource.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchResource {
    /// Key of the resource.
    pub resource: Text,
    /// Body of the PATCH request.
    pub body: Value,
}

/// A role assignment that the scenario does not have.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignRole {
    /// Which of the identity's three identifiers is given as the principal.
    pub principal: PrincipalId,
    /// Built-in role.
    pub role: Text,
    /// Where the role is given.
    pub scope: Scope,
    /// The error that Azure must answer; without it the assignment must succeed.
    pub expect: Option<ExpectedError>,
}

/// One of the identifiers of an application and its service principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PrincipalId {
    /// The service principal's object id: the right one.
    ServicePrincipalObjectId,
    /// The application's object id.
    ApplicationObjectId,
    /// The application's client id, `appId`.
    ApplicationId,
}

/// An error that Azure must answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedError {
    /// Status code.
    pub status: u16,
    /// Error code.
    pub code: String,
    /// Text that the message must contain, compared without letter case.
    pub message_contains: Option<String>,
}

/// Deletes one Pod and waits for its replacement.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplacePod {
    /// Namespace of the Deployment.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Name of the Deployment whose Pods are meant.
    pub deployment: Text,
    /// How long the replacement may take.
    #[serde(default = "half_a_minute")]
    pub within_seconds: u32,
}

/// Something that must be observed soon.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// What is seen, as a sentence.
    pub title: String,
    /// How it is observed.
    pub probe: Probe,
    /// How long it may take.
    #[serde(default = "half_a_minute")]
    pub within_seconds: u32,
}

/// Many calls of one URL.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Load {
    /// What is called, from the internet.
    pub url: Text,
    /// How many calls are made, at least; calling goes on until the steps are done.
    #[schemars(range(min = 1, max = 100_000))]
    pub requests: u32,
    /// How many calls are under way at a time.
    #[serde(default = "eight")]
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: u32,
    /// What each answer must be.
    pub expect: ExpectedResponse,
    /// What is done meanwhile.
    #[serde(rename = "while")]
    pub meanwhile: Vec<LessonStep>,
}

fn default_namespace() -> String {
    "default".to_owned()
}

const fn half_a_minute() -> u32 {
    30
}

const fn eight() -> u32 {
    8
}
