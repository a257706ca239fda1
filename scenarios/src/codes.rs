//! The stable codes of everything that can be wrong with a scenario. A code is never reused for another problem.

/// The text is no YAML.
pub const SYNTAX: &str = "APL0301";
/// A key that does not exist here.
pub const UNKNOWN_KEY: &str = "APL0302";
/// A value of the wrong kind.
pub const WRONG_TYPE: &str = "APL0303";
/// A key that is written twice.
pub const DUPLICATE_KEY: &str = "APL0304";
/// A key that must be written and is not.
pub const MISSING_KEY: &str = "APL0305";
/// A file that is too large, too deep or multiplies itself by aliases.
pub const TOO_LARGE: &str = "APL0306";
/// A word that is none of the possible ones.
pub const UNKNOWN_VALUE: &str = "APL0307";
/// A name that Azure or Kubernetes would refuse.
pub const INVALID_NAME: &str = "APL0310";
/// No address range in CIDR notation.
pub const INVALID_CIDR: &str = "APL0311";
/// A subnet that lies outside its virtual network.
pub const OUTSIDE_NETWORK: &str = "APL0312";
/// Address ranges that overlap.
pub const OVERLAP: &str = "APL0313";
/// A name that is given twice.
pub const DUPLICATE_NAME: &str = "APL0314";
/// A name that nothing in the file has.
pub const MISSING_REFERENCE: &str = "APL0320";
/// A `{…}` that is not understood.
pub const INVALID_PLACEHOLDER: &str = "APL0321";
/// A block that something in the file needs and the file does not have.
pub const MISSING_BLOCK: &str = "APL0322";
/// A combination that Azure would refuse.
pub const UNSUPPORTED: &str = "APL0323";
/// A file beside the scenario that cannot be read.
pub const MISSING_FILE: &str = "APL0330";
/// A Kubernetes YAML file that holds no Kubernetes object.
pub const INVALID_MANIFEST: &str = "APL0331";
/// No such scenario.
pub const UNKNOWN_SCENARIO: &str = "APL0340";
