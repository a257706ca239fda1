//! `xsl:element`, and names that are made when they are needed.
//! <https://www.w3.org/TR/xslt-10/#section-Creating-Elements-with-xsl:element>

use diagnostic::Diagnostic;

use super::{Body, Compiled, Instruction, boxed};
use crate::avt::Avt;
use crate::error::Error;
use crate::reader::bindings;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element as Written};
use crate::tree::{Binding, QName};
use crate::xpath::{Focus, is_name};

/// A name, its namespace if that is given apart, and the namespaces in scope.
#[derive(Debug)]
pub struct NameOf {
    name: Avt,
    namespace: Option<Avt>,
    scope: Vec<Binding>,
}

#[derive(Debug)]
struct Element {
    name: NameOf,
    attribute_sets: Vec<QName>,
    body: Body,
}

impl NameOf {
    /// Compiles `name` and `namespace`.
    pub fn compile(element: Written<'_, '_>, compiler: &Compiler<'_>) -> Result<Self, Diagnostic> {
        let name = compiler.template(element, "name")?;
        Ok(Self {
            name: compiler.required(element, "name", name)?,
            namespace: compiler.template(element, "namespace")?,
            scope: bindings(element),
        })
    }

    /// Names without prefix are in no namespace.
    pub fn without_default(mut self) -> Self {
        self.scope.retain(|binding| !binding.prefix.is_empty());
        self
    }

    /// The name and its prefix.
    pub fn get(&self, run: &Run<'_>, focus: Focus) -> Result<(QName, String), Error> {
        let written = self.name.text(run, focus)?;
        let (prefix, local) = written.split_once(':').unwrap_or(("", &written));
        if !is_name(local) || !(prefix.is_empty() || is_name(prefix)) {
            return Err(Error::evaluation(format!("'{written}' is not a name")));
        }
        if let Some(namespace) = &self.namespace {
            let namespace = namespace.text(run, focus)?;
            return Ok((QName::new(&namespace, local), prefix.to_owned()));
        }
        let known = self.scope.iter().find(|binding| *binding.prefix == *prefix);
        match known {
            None if !prefix.is_empty() => {
                Err(Error::evaluation(format!("the prefix of '{written}' is not declared")))
            }
            known => Ok((QName::new(known.map_or("", |known| &known.uri), local), prefix.to_owned())),
        }
    }
}

impl Instruction for Element {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let (name, prefix) = self.name.get(run, focus)?;
        run.out()?.start(name, &prefix, &[])?;
        run.attributes(&self.attribute_sets, focus)?;
        self.body.execute(run, focus)?;
        run.out()?.end();
        Ok(())
    }
}

/// Compiles `xsl:element`.
pub fn compile(element: Written<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["name", "namespace", "use-attribute-sets"]);
    let name = NameOf::compile(element, compiler)?;
    let attribute_sets = compiler.names(element, "use-attribute-sets")?;
    let body = compiler.body(element);
    boxed(Element { name, attribute_sets, body })
}
