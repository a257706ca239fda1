//! Reading simple types.

use std::cmp::Ordering;
use std::sync::Arc;

use super::lexical::{Kind, White};
use super::read::{DEPTH, Part, Reader};
use super::simple::{Facet, Simple, Variety};
use super::{Content, Name, Type, pattern};

/// How many values an enumeration has at most.
const VALUES: usize = 10_000;

impl<'a> Reader<'a> {
    pub fn simple_named(&mut self, name: &Name) -> Result<Arc<Simple>, String> {
        let id = self.type_named(name)?;
        self.complete(id)?;
        match self.schema.ty(id) {
            Type::Simple(simple) => Ok(Arc::clone(simple)),
            Type::Complex(complex) => match &complex.content {
                Content::Text(simple) => Ok(Arc::clone(simple)),
                _ => Err(format!("{name} is no simple type")),
            },
            Type::Any => Err(format!("{name} is no simple type")),
        }
    }

    /// A `simpleType`.
    pub fn simple(&mut self, part: Part<'a>, name: &str, depth: usize) -> Result<Arc<Simple>, String> {
        if depth > DEPTH {
            return Err("simple types are too deep in one another".to_owned());
        }
        let how = part.children().next().ok_or("a simple type says nothing")?;
        match how.name() {
            "restriction" => {
                let base = match (how.reference("base")?, how.child("simpleType")) {
                    (Some(base), _) => self.simple_named(&base)?,
                    (None, Some(own)) => self.simple(own, "", depth + 1)?,
                    (None, None) => return Err("a restriction has no base".to_owned()),
                };
                restrict(&base, how, name)
            }
            "list" => {
                let item = match (how.reference("itemType")?, how.child("simpleType")) {
                    (Some(item), _) => self.simple_named(&item)?,
                    (None, Some(own)) => self.simple(own, "", depth + 1)?,
                    (None, None) => return Err("a list has no type of items".to_owned()),
                };
                Ok(made(name, Variety::List(item), White::Collapse))
            }
            "union" => {
                let mut members = Vec::new();
                for member in how.attribute("memberTypes").unwrap_or_default().split_whitespace() {
                    members.push(self.simple_named(&how.resolve(member)?)?);
                }
                for own in how.children().filter(|child| child.name() == "simpleType") {
                    members.push(self.simple(own, "", depth + 1)?);
                }
                Ok(made(name, Variety::Union(members), White::Preserve))
            }
            other => Err(format!("'{other}' is not expected in a simple type")),
        }
    }
}

fn made(name: &str, variety: Variety, white: White) -> Arc<Simple> {
    Arc::new(Simple { name: name.to_owned(), variety, white, facets: Vec::new() })
}

/// A type with the facets of a `restriction` on top.
pub fn restrict(base: &Simple, how: Part<'_>, name: &str) -> Result<Arc<Simple>, String> {
    let variety = match &base.variety {
        Variety::Atomic(built_in) => Variety::Atomic(built_in),
        Variety::List(item) => Variety::List(Arc::clone(item)),
        Variety::Union(members) => Variety::Union(members.clone()),
    };
    let (mut facets, mut white) = (base.facets.clone(), base.white);
    let (mut patterns, mut values) = (Vec::new(), Vec::new());
    for facet in how.children() {
        let value = facet.node.attribute("value").unwrap_or_default();
        let number =
            || value.trim().parse::<usize>().map_err(|_| format!("'{value}' is no {}", facet.name()));
        facets.push(match facet.name() {
            "pattern" => {
                patterns.push(pattern::compile(value)?);
                continue;
            }
            "enumeration" => {
                values.push(value.to_owned());
                continue;
            }
            "whiteSpace" => {
                white = white.max(match value {
                    "collapse" => White::Collapse,
                    "replace" => White::Replace,
                    _ => White::Preserve,
                });
                continue;
            }
            "simpleType" | "attribute" | "attributeGroup" | "anyAttribute" => continue,
            "length" => Facet::Length(Some(number()?), Some(number()?)),
            "minLength" => Facet::Length(Some(number()?), None),
            "maxLength" => Facet::Length(None, Some(number()?)),
            "totalDigits" => Facet::TotalDigits(number()?),
            "fractionDigits" => Facet::FractionDigits(number()?),
            "minInclusive" => limit(base, value, [Ordering::Less; 2])?,
            "minExclusive" => limit(base, value, [Ordering::Less, Ordering::Equal])?,
            "maxInclusive" => limit(base, value, [Ordering::Greater; 2])?,
            "maxExclusive" => limit(base, value, [Ordering::Greater, Ordering::Equal])?,
            other => return Err(format!("'{other}' is not expected in a restriction")),
        });
    }
    if values.len() > VALUES {
        return Err(format!("an enumeration has more than {VALUES} values"));
    }
    facets.extend((!patterns.is_empty()).then_some(Facet::Patterns(patterns)));
    facets.extend((!values.is_empty()).then_some(Facet::Enumeration(values)));
    let name = if name.is_empty() { &base.name } else { name };
    Ok(Arc::new(Simple { name: name.to_owned(), variety, white, facets }))
}

fn limit(base: &Simple, value: &str, wrong: [Ordering; 2]) -> Result<Facet, String> {
    match base.kind() {
        Kind::Decimal | Kind::Float => {}
        Kind::Time => return Err("ranges of dates and times are not implemented by the sandbox".to_owned()),
        _ => return Err(format!("'{}' has no ranges", base.name)),
    }
    base.check(value).map_err(|why| format!("the limit '{value}': {why}"))?;
    Ok(Facet::Limit(value.trim().to_owned(), wrong))
}
