//! Instructions of later versions: `xsl:fallback` stands in for them.
//! <https://www.w3.org/TR/xslt-10/#forwards>

use super::{Body, Compiled, Instruction, boxed, is_xsl};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::xpath::Focus;

#[derive(Debug)]
struct Later {
    name: String,
    fallbacks: Vec<Body>,
}

impl Instruction for Later {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        if self.fallbacks.is_empty() {
            return Err(Error::evaluation(format!("'xsl:{}' is not an instruction of XSLT 1.0", self.name)));
        }
        self.fallbacks.iter().try_for_each(|body| body.execute(run, focus))
    }
}

/// Compiles an instruction that XSLT 1.0 does not have.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    let fallbacks = element.children().filter(|child| is_xsl(*child, "fallback"));
    let fallbacks = fallbacks.map(|fallback| compiler.body(fallback)).collect();
    boxed(Later { name: element.tag_name().name().to_owned(), fallbacks })
}
