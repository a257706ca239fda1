//! `xsl:attribute`.
//! <https://www.w3.org/TR/xslt-10/#creating-attributes>

use super::element::NameOf;
use super::{Body, Compiled, Instruction, boxed};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::xpath::Focus;

#[derive(Debug)]
struct Attribute {
    name: NameOf,
    body: Body,
}

impl Instruction for Attribute {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let (name, prefix) = self.name.get(run, focus)?;
        if &*name.local == "xmlns" && name.namespace.is_empty() {
            return Err(Error::evaluation("'xmlns' cannot name an attribute"));
        }
        let value = self.body.text(run, focus)?;
        run.out()?.attribute(name, &prefix, value)
    }
}

/// Compiles `xsl:attribute`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["name", "namespace"]);
    let name = NameOf::compile(element, compiler)?.without_default();
    let body = compiler.body(element);
    boxed(Attribute { name, body })
}
