//! `xsl:call-template`.
//! <https://www.w3.org/TR/xslt-10/#named-templates>

use super::{Binding, Compiled, Instruction, boxed};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::QName;
use crate::xpath::Focus;

#[derive(Debug)]
struct CallTemplate {
    name: QName,
    parameters: Vec<Binding>,
}

impl Instruction for CallTemplate {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let parameters = Binding::values(&self.parameters, run, focus)?;
        let sheet = run.sheet;
        let template = sheet.named.get(&self.name).and_then(|place| sheet.templates.get(*place));
        let template = template.ok_or_else(|| Error::evaluation("the template does not exist"))?;
        run.call(template, focus, &parameters)
    }
}

/// Compiles `xsl:call-template`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["name"]);
    let name = compiler.name(element, "name")?;
    let name = compiler.required(element, "name", name)?;
    let span = element.attribute_node("name").map_or_else(|| element.range(), |name| name.range_value());
    compiler.calls.push((name.clone(), span));
    compiler.nothing_but(element, &["with-param"])?;
    let parameters = Binding::passed(element, compiler)?;
    boxed(CallTemplate { name, parameters })
}
