//! Stable codes of what can be wrong in a policy document and around it. A code is never reused.

/// The text is not a policy document: it cannot be taken apart.
pub const SYNTAX: &str = "APL0401";
/// The document is too large or too deep.
pub const LIMIT: &str = "APL0402";
/// An element that no policy has, or that does not belong at this place.
pub const ELEMENT: &str = "APL0403";
/// An attribute that the element does not have.
pub const ATTRIBUTE: &str = "APL0404";
/// An attribute that is needed is missing.
pub const MISSING: &str = "APL0405";
/// A value that the attribute or element does not take.
pub const VALUE: &str = "APL0406";
/// A policy in a section where it is not allowed.
pub const SECTION: &str = "APL0407";
/// A policy at a scope where it is not allowed.
pub const SCOPE: &str = "APL0408";
/// Text where only elements may be.
pub const TEXT: &str = "APL0409";
/// Azure has it, the sandbox does not.
pub const NOT_IMPLEMENTED: &str = "APL0410";
/// A named value that the service does not have.
pub const NAMED_VALUE: &str = "APL0412";
/// An operation's URL template cannot be matched.
pub const TEMPLATE: &str = "APL0413";
/// An API's header for subscription keys is no header name.
pub const KEY_HEADER: &str = "APL0414";
/// A fragment that the service does not have, or that includes itself.
pub const FRAGMENT: &str = "APL0415";
/// A rewrite template that refers to what the operation's URL template does not have.
pub const REWRITE: &str = "APL0416";
/// A backend that the service does not have.
pub const BACKEND: &str = "APL0417";
// APL0420 was the comparison of an `object` with a string, which the compiler of expressions finds (APL0509).
/// A body is read without being kept, so that nothing of it is left.
pub const CONSUMED: &str = "APL0421";
/// A branch that never runs.
pub const UNREACHABLE: &str = "APL0422";
/// A section that leaves out what the broader scopes say.
pub const NO_BASE: &str = "APL0423";
/// A secret that everybody who may read the policy can see.
pub const CLEAR_SECRET: &str = "APL0424";
/// The chosen kind of gateway does not have the policy.
pub const GATEWAY: &str = "APL0425";
/// A schema of a GraphQL API that is none.
pub const SCHEMA: &str = "APL0427";
/// A schema of XML that cannot be read.
pub const XML_SCHEMA: &str = "APL0430";
