//! The definitions as they are published: one resource type a line, each with a table of types that refer to each other.

use std::collections::BTreeMap;

use fancy_regex::Regex;
use serde::Deserialize;

/// What is no table of definitions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line is not what is published.
    #[error(
        "line {line} is no type definition: {source}; take the file as bicep-types-az has it, one type a line"
    )]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// All resource types, by lower-case name.
#[derive(Debug)]
pub struct Types(BTreeMap<String, Definition>);

/// A resource type at one api-version.
#[derive(Debug)]
pub struct Definition {
    /// Such as `Microsoft.Network/virtualNetworks`.
    pub name: String,
    /// The api-version.
    pub version: String,
    pub(crate) body: usize,
    types: Vec<Shape>,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    body: Reference,
    types: Vec<Shape>,
}

/// Where another type is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenReference")]
pub(crate) struct Reference(pub(crate) usize);

#[derive(Deserialize)]
struct WrittenReference {
    #[serde(rename = "$ref")]
    target: String,
}

impl TryFrom<WrittenReference> for Reference {
    type Error = String;

    fn try_from(written: WrittenReference) -> Result<Self, String> {
        let number = written.target.strip_prefix("#/").and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| format!("`{}` refers to nothing", written.target))
    }
}

/// One type of the table.
#[derive(Debug, Deserialize)]
#[serde(tag = "$type")]
pub(crate) enum Shape {
    #[serde(rename = "AnyType")]
    Any,
    #[serde(rename = "BooleanType")]
    Boolean,
    #[serde(rename = "IntegerType", rename_all = "camelCase")]
    Integer { min_value: Option<i64>, max_value: Option<i64> },
    #[serde(rename = "StringType", rename_all = "camelCase")]
    Text { min_length: Option<usize>, max_length: Option<usize>, pattern: Option<Pattern> },
    #[serde(rename = "StringLiteralType")]
    Literal { value: String },
    #[serde(rename = "UnionType")]
    Union { elements: Vec<Reference> },
    #[serde(rename = "ArrayType", rename_all = "camelCase")]
    Array { item_type: Reference, min_length: Option<usize>, max_length: Option<usize> },
    #[serde(rename = "ObjectType", rename_all = "camelCase")]
    Object { properties: BTreeMap<String, Property>, additional_properties: Option<Reference> },
    #[serde(rename = "DiscriminatedObjectType", rename_all = "camelCase")]
    Discriminated { discriminator: String, elements: BTreeMap<String, Reference> },
}

/// A property of an object.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Property {
    #[serde(rename = "type")]
    pub(crate) kind: Reference,
    flags: u8,
}

impl Property {
    pub(crate) fn required(self) -> bool {
        self.flags & 1 != 0
    }

    pub(crate) fn read_only(self) -> bool {
        self.flags & 2 != 0
    }

    pub(crate) fn write_only(self) -> bool {
        self.flags & 4 != 0
    }
}

/// A regular expression; texts that it does not fit are refused.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = Box<fancy_regex::Error>;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Regex::new(&text).map(Self).map_err(Box::new)
    }
}

impl Pattern {
    pub(crate) fn fits(&self, text: &str) -> bool {
        self.0.is_match(text).unwrap_or(false)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Types {
    /// Reads definitions, one resource type a line.
    pub fn read(text: &str) -> Result<Self, Error> {
        let mut all = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line: Line =
                serde_json::from_str(line).map_err(|source| Error::Line { line: index + 1, source })?;
            let (name, version) = line.name.split_once('@').unwrap_or((&line.name, ""));
            let (name, version) = (name.to_owned(), version.to_owned());
            let definition = Definition { name, version, body: line.body.0, types: line.types };
            all.insert(definition.name.to_lowercase(), definition);
        }
        Ok(Self(all))
    }

    /// A resource type by its name, in any letter case.
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.0.get(&name.to_lowercase())
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.0.values()
    }
}

impl Definition {
    /// What a reference leads to; one that leads nowhere allows everything.
    pub(crate) fn shape(&self, reference: Reference) -> &Shape {
        self.types.get(reference.0).unwrap_or(&Shape::Any)
    }
}
