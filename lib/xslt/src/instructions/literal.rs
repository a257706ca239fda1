//! Literal result elements: elements of other namespaces that stand in a template.
//! <https://www.w3.org/TR/xslt-10/#literal-result-element>

use super::{Body, Compiled, Instruction, boxed};
use crate::avt::Avt;
use crate::error::Error;
use crate::reader::{attribute_prefix, bindings, element_prefix};
use crate::run::Run;
use crate::stylesheet::{Compiler, Element, XSL, excluded};
use crate::tree::{Binding, QName};
use crate::xpath::Focus;

#[derive(Debug)]
struct Literal {
    name: QName,
    prefix: String,
    declared: Vec<Binding>,
    attributes: Vec<(QName, String, Avt)>,
    attribute_sets: Vec<QName>,
    body: Body,
}

impl Instruction for Literal {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        run.out()?.start(self.name.clone(), &self.prefix, &self.declared)?;
        run.attributes(&self.attribute_sets, focus)?;
        for (name, prefix, value) in &self.attributes {
            let value = value.text(run, focus)?;
            run.out()?.attribute(name.clone(), prefix, value)?;
        }
        self.body.execute(run, focus)?;
        run.out()?.end();
        Ok(())
    }
}

/// Compiles a literal result element.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    let own: Vec<_> = element.ancestors().flat_map(|around| excluded(around, Some(XSL))).collect();
    let declared = bindings(element).into_iter().filter(|binding| {
        !compiler.excluded.contains(&*binding.uri) && !own.iter().any(|uri| **uri == *binding.uri)
    });
    let declared =
        declared.map(|binding| aliased(compiler, &binding.uri).cloned().unwrap_or(binding)).collect();
    let tag = element.tag_name();
    let prefix = element_prefix(compiler.text, element);
    let (name, prefix) =
        result_name(compiler, QName::new(tag.namespace().unwrap_or_default(), tag.name()), prefix);
    let mut attributes = Vec::new();
    let mut sets = "";
    for attribute in element.attributes() {
        if attribute.namespace() == Some(XSL) {
            sets = if attribute.name() == "use-attribute-sets" { attribute.value() } else { sets };
            continue;
        }
        let name = QName::new(attribute.namespace().unwrap_or_default(), attribute.name());
        let prefix = attribute_prefix(compiler.text, &attribute);
        let (name, prefix) = if name.namespace.is_empty() {
            (name, String::new())
        } else {
            result_name(compiler, name, prefix)
        };
        attributes.push((name, prefix, compiler.avt(element, &attribute)?));
    }
    let sets = sets.split_whitespace().map(|name| compiler.qname(element, name));
    let attribute_sets = sets.collect::<Result<_, _>>()?;
    let body = compiler.body(element);
    boxed(Literal { name, prefix, declared, attributes, attribute_sets, body })
}

fn aliased<'c>(compiler: &'c Compiler<'_>, uri: &str) -> Option<&'c Binding> {
    compiler.aliases.iter().find(|(known, _)| known == uri).map(|(_, binding)| binding)
}

fn result_name(compiler: &Compiler<'_>, name: QName, prefix: &str) -> (QName, String) {
    match aliased(compiler, &name.namespace) {
        Some(binding) => (QName::new(&binding.uri, &name.local), binding.prefix.to_string()),
        None => (name, prefix.to_owned()),
    }
}
