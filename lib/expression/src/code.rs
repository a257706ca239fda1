//! The codes of the problems in expressions.

/// The text is not C#.
pub const SYNTAX: &str = "APL0501";
/// A name that nothing has.
pub const UNKNOWN_NAME: &str = "APL0502";
/// A value of a type that cannot stand there.
pub const CONVERSION: &str = "APL0503";
/// A call with arguments that no overload takes.
pub const ARGUMENTS: &str = "APL0504";
/// A type or member that Azure does not allow in expressions.
pub const NOT_ALLOWED: &str = "APL0505";
/// A type or member that Azure has, but the sandbox has not yet.
pub const NOT_IMPLEMENTED: &str = "APL0506";
/// A statement that cannot stand there, or a path that returns nothing.
pub const FLOW: &str = "APL0507";
/// An operator that the operands do not have.
pub const OPERATOR: &str = "APL0508";
/// References are compared where the author probably means values: C#'s warnings CS0252 and CS0253.
pub const REFERENCE: &str = "APL0509";
