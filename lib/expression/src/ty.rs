//! Static types.

use std::fmt;
use std::sync::Arc;

/// A .NET type as the compiler sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of `null`.
    Null,
    /// No value.
    Void,
    /// A type by its full name, with type arguments.
    Named(&'static str, Args),
    /// `T[]`
    Array(Arc<Type>),
    /// A type parameter of a generic type or method.
    Parameter(&'static str),
    /// An anonymous type or tuple: names and types of its fields.
    Fields(Shape, Arc<[(String, Type)]>),
}

/// Type arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Args(Option<Arc<Vec<Type>>>);

impl std::ops::Deref for Args {
    type Target = [Type];

    fn deref(&self) -> &[Type] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl From<Vec<Type>> for Args {
    fn from(types: Vec<Type>) -> Self {
        Self(if types.is_empty() { None } else { Some(Arc::new(types)) })
    }
}

/// What a type of fields is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `new { A = 1 }`
    Anonymous,
    /// `(1, "a")`
    Tuple,
}

const NAMES: [(&str, &str); 16] = [
    ("System.Boolean", "bool"),
    ("System.Byte", "byte"),
    ("System.Char", "char"),
    ("System.Decimal", "decimal"),
    ("System.Double", "double"),
    ("System.Single", "float"),
    ("System.Int32", "int"),
    ("System.Int64", "long"),
    ("System.Object", "object"),
    ("System.SByte", "sbyte"),
    ("System.Int16", "short"),
    ("System.String", "string"),
    ("System.UInt32", "uint"),
    ("System.UInt64", "ulong"),
    ("System.UInt16", "ushort"),
    ("System.Void", "void"),
];

const NULLABLE: &str = "System.Nullable";

#[expect(missing_docs, reason = "the constants are the types of the same names")]
impl Type {
    pub const BOOL: Self = Self::named("System.Boolean");
    pub const BYTE: Self = Self::named("System.Byte");
    pub const CHAR: Self = Self::named("System.Char");
    pub const DECIMAL: Self = Self::named("System.Decimal");
    pub const DOUBLE: Self = Self::named("System.Double");
    pub const FLOAT: Self = Self::named("System.Single");
    pub const INT: Self = Self::named("System.Int32");
    pub const LONG: Self = Self::named("System.Int64");
    pub const OBJECT: Self = Self::named("System.Object");
    pub const SBYTE: Self = Self::named("System.SByte");
    pub const SHORT: Self = Self::named("System.Int16");
    pub const STRING: Self = Self::named("System.String");
    pub const UINT: Self = Self::named("System.UInt32");
    pub const ULONG: Self = Self::named("System.UInt64");
    pub const USHORT: Self = Self::named("System.UInt16");

    pub const fn named(name: &'static str) -> Self {
        Self::Named(name, Args(None))
    }

    pub fn generic(name: &'static str, arguments: Vec<Self>) -> Self {
        Self::Named(name, arguments.into())
    }

    /// The full name behind a keyword such as `int`.
    pub fn keyword(word: &str) -> Option<&'static str> {
        NAMES.iter().find(|(_, keyword)| *keyword == word).map(|(name, _)| *name)
    }

    pub fn nullable(inner: Self) -> Self {
        Self::generic(NULLABLE, vec![inner])
    }

    pub fn enumerable(element: Self) -> Self {
        Self::generic("System.Collections.Generic.IEnumerable", vec![element])
    }

    pub fn list(element: Self) -> Self {
        Self::generic("System.Collections.Generic.List", vec![element])
    }

    /// What a nullable value type may hold.
    pub fn nullable_of(&self) -> Option<&Self> {
        match self {
            Self::Named(NULLABLE, arguments) => arguments.first(),
            _ => None,
        }
    }

    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Named(name, _) => Some(name),
            _ => None,
        }
    }

    pub fn arguments(&self) -> &[Self] {
        match self {
            Self::Named(_, arguments) => arguments,
            _ => &[],
        }
    }

    pub fn is(&self, name: &str) -> bool {
        self.name() == Some(name)
    }

    /// The parameter types and the result of a delegate type.
    pub fn delegate(&self) -> Option<(Vec<Self>, Self)> {
        let Self::Named(name, arguments) = self else { return None };
        match *name {
            "System.Func" => {
                let (result, parameters) = arguments.split_last()?;
                Some((parameters.to_vec(), result.clone()))
            }
            "System.Action" => Some((arguments.to_vec(), Self::Void)),
            "System.Predicate" => Some((arguments.to_vec(), Self::BOOL)),
            "System.Comparison" => {
                let of = arguments.first()?;
                Some((vec![of.clone(), of.clone()], Self::INT))
            }
            _ => None,
        }
    }

    /// Replaces type parameters.
    #[must_use]
    pub fn with(&self, known: &[(&'static str, Self)]) -> Self {
        match self {
            Self::Parameter(name) => known
                .iter()
                .find(|(other, _)| other == name)
                .map_or_else(|| self.clone(), |(_, ty)| ty.clone()),
            Self::Named(name, arguments) => {
                Self::generic(name, arguments.iter().map(|a| a.with(known)).collect())
            }
            Self::Array(element) => Self::Array(Arc::new(element.with(known))),
            other => other.clone(),
        }
    }

    /// Whether a type parameter is in it.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Parameter(_) => true,
            Self::Named(_, arguments) => arguments.iter().any(Self::is_open),
            Self::Array(element) => element.is_open(),
            _ => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<null>"),
            Self::Void => f.write_str("void"),
            Self::Parameter(name) => f.write_str(name),
            Self::Array(element) => write!(f, "{element}[]"),
            Self::Named(NULLABLE, arguments) if arguments.len() == 1 => write!(f, "{}?", arguments[0]),
            Self::Named(name, arguments) => {
                let keyword = NAMES.iter().find(|(full, _)| full == name).map(|(_, keyword)| *keyword);
                f.write_str(keyword.unwrap_or_else(|| name.rsplit('.').next().unwrap_or(name)))?;
                let Some((first, rest)) = arguments.split_first() else { return Ok(()) };
                write!(f, "<{first}")?;
                rest.iter().try_for_each(|argument| write!(f, ", {argument}"))?;
                f.write_str(">")
            }
            Self::Fields(shape, fields) => {
                let tuple = *shape == Shape::Tuple;
                f.write_str(if tuple { "(" } else { "<anonymous type: " })?;
                for (index, (name, ty)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{ty} {name}")?;
                }
                f.write_str(if tuple { ")" } else { ">" })
            }
        }
    }
}
