//! Reading complex types: their content and attributes.

use super::read::{DEPTH, Part, Reader, Space};
use super::read_simple::restrict;
use super::{
    Attribute, AttributeUse, Complex, Content, Namespaces, Particle, Presence, Process, Term, Type, TypeId,
    Wildcard,
};

impl<'a> Reader<'a> {
    /// A `complexType`.
    pub fn complex(&mut self, part: Part<'a>) -> Result<Complex, String> {
        let mut complex =
            Complex { mixed: part.flag("mixed"), is_abstract: part.flag("abstract"), ..Complex::default() };
        match part.children().next() {
            Some(content) if matches!(content.name(), "simpleContent" | "complexContent") => {
                complex.mixed |= content.flag("mixed");
                let how = content.children().next().ok_or("a content says nothing")?;
                let name = how.reference("base")?.ok_or("a derived type has no base")?;
                let base = self.type_named(&name)?;
                self.complete(base)?;
                complex.base = Some(base);
                if content.name() == "simpleContent" {
                    self.simple_content(&mut complex, how, base)?;
                } else {
                    self.complex_content(&mut complex, how, base)?;
                }
            }
            _ => {
                complex.content = self.content(part)?;
                self.attributes(&mut complex, part, 0)?;
            }
        }
        Ok(complex)
    }

    fn simple_content(&mut self, complex: &mut Complex, how: Part<'a>, base: TypeId) -> Result<(), String> {
        let simple = match (self.schema.ty(base).clone(), how.child("simpleType")) {
            (_, Some(own)) => self.simple(own, "", 0)?,
            (Type::Simple(simple), None) => simple,
            (Type::Complex(above), None) => {
                complex.attributes = above.attributes;
                complex.any_attribute = above.any_attribute;
                match above.content {
                    Content::Text(simple) => simple,
                    _ => return Err("the base of a simple content has elements".to_owned()),
                }
            }
            (Type::Any, None) => return Err("the base of a simple content is anything".to_owned()),
        };
        let restricted = how.name() == "restriction";
        let simple = if restricted { restrict(&simple, how, "")? } else { simple };
        complex.content = Content::Text(simple);
        self.attributes(complex, how, 0)
    }

    fn complex_content(&mut self, complex: &mut Complex, how: Part<'a>, base: TypeId) -> Result<(), String> {
        let above = match self.schema.ty(base) {
            Type::Complex(above) => above.as_ref().clone(),
            Type::Any => Complex::default(),
            Type::Simple(_) => return Err("the base of a complex content is a simple type".to_owned()),
        };
        complex.attributes = above.attributes;
        let own = self.content(how)?;
        if how.name() == "restriction" {
            complex.content = own;
            return self.attributes(complex, how, 0);
        }
        complex.any_attribute = above.any_attribute;
        complex.mixed |= above.mixed;
        complex.content = match (above.content, own) {
            (Content::Elements(first), Content::Elements(then)) => {
                Content::Elements(once(Term::Sequence(vec![first, then])))
            }
            (content, Content::Empty) | (Content::Empty, content) => content,
            _ => return Err("an extension of text has elements".to_owned()),
        };
        self.attributes(complex, how, 0)
    }

    fn content(&mut self, part: Part<'a>) -> Result<Content, String> {
        let is_model = |child: &Part<'_>| matches!(child.name(), "sequence" | "choice" | "all" | "group");
        let Some(model) = part.children().find(is_model) else { return Ok(Content::Empty) };
        Ok(Content::Elements(self.particle(model, 0)?))
    }

    fn particle(&mut self, part: Part<'a>, depth: usize) -> Result<Particle, String> {
        if depth > DEPTH {
            return Err("content models are too deep in one another".to_owned());
        }
        let term = match part.name() {
            "element" => Term::Element(match part.reference("ref")? {
                Some(name) => self.element_named(&name, 0)?,
                None => self.local_element(part)?,
            }),
            "sequence" => Term::Sequence(self.particles(part, depth)?),
            "choice" => Term::Choice(self.particles(part, depth)?),
            "all" => Term::All(self.particles(part, depth)?),
            "any" => Term::Any(wildcard(part)?),
            "group" => {
                let name = part.reference("ref")?.ok_or("a group in a type has no 'ref'")?;
                let group = self.find(Space::Group, &name)?;
                let model = group.children().next().ok_or("a group says nothing")?;
                Term::Sequence(vec![self.particle(model, depth + 1)?])
            }
            other => return Err(format!("'{other}' is not expected in a content model")),
        };
        let number = |name: &str| {
            let text = part.attribute(name).unwrap_or("1");
            text.parse::<u32>().map_err(|_| format!("'{text}' is no {name}"))
        };
        let max =
            if part.attribute("maxOccurs") == Some("unbounded") { None } else { Some(number("maxOccurs")?) };
        let min = number("minOccurs")?;
        if max.is_some_and(|max| max < min) {
            return Err("maxOccurs is less than minOccurs".to_owned());
        }
        Ok(Particle { min, max, term })
    }

    fn particles(&mut self, part: Part<'a>, depth: usize) -> Result<Vec<Particle>, String> {
        part.children().map(|child| self.particle(child, depth + 1)).collect()
    }

    /// Adds the attributes of a type, in place of those of its base.
    fn attributes(&mut self, complex: &mut Complex, part: Part<'a>, depth: usize) -> Result<(), String> {
        if depth > DEPTH {
            return Err("groups of attributes are too deep in one another".to_owned());
        }
        for child in part.children() {
            match child.name() {
                "attribute" => {
                    let attribute = self.attribute_use(child)?;
                    complex.attributes.retain(|known| known.attribute.name != attribute.attribute.name);
                    complex.attributes.push(attribute);
                }
                "attributeGroup" => {
                    let name = child.reference("ref")?.ok_or("a group of attributes has no 'ref'")?;
                    let group = self.find(Space::AttributeGroup, &name)?;
                    self.attributes(complex, group, depth + 1)?;
                }
                "anyAttribute" => complex.any_attribute = Some(wildcard(child)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn attribute_use(&mut self, part: Part<'a>) -> Result<AttributeUse, String> {
        let mut attribute: Attribute = match part.reference("ref")? {
            Some(name) => self.attribute_named(&name)?,
            None => self.local_attribute(part)?,
        };
        attribute.fixed = part.node.attribute("fixed").map(str::to_owned).or(attribute.fixed);
        let presence = match part.attribute("use") {
            Some("required") => Presence::Required,
            Some("prohibited") => Presence::Prohibited,
            _ => Presence::Optional,
        };
        Ok(AttributeUse { attribute, presence })
    }
}

fn once(term: Term) -> Particle {
    Particle { min: 1, max: Some(1), term }
}

fn wildcard(part: Part<'_>) -> Result<Wildcard, String> {
    let namespaces = match part.attribute("namespace").unwrap_or("##any") {
        "##any" => Namespaces::Any,
        "##other" => Namespaces::Other(part.target.to_owned()),
        listed => {
            let one = |word: &str| match word {
                "##targetNamespace" => part.target.to_owned(),
                "##local" => String::new(),
                other => other.to_owned(),
            };
            Namespaces::Listed(listed.split_whitespace().map(one).collect())
        }
    };
    let process = match part.attribute("processContents").unwrap_or("strict") {
        "strict" => Process::Strict,
        "lax" => Process::Lax,
        "skip" => Process::Skip,
        other => return Err(format!("processContents is '{other}'")),
    };
    Ok(Wildcard { namespaces, process })
}
