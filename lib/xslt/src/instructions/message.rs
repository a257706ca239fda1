//! `xsl:message`: it may end the transformation; what it says is kept nowhere else.
//! <https://www.w3.org/TR/xslt-10/#message>

use super::{Body, Compiled, Instruction, boxed};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::xpath::Focus;

#[derive(Debug)]
struct Message {
    body: Body,
    terminates: bool,
}

impl Instruction for Message {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let text = self.body.text(run, focus)?;
        if self.terminates { Err(Error::Terminated(text)) } else { Ok(()) }
    }
}

/// Compiles `xsl:message`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["terminate"]);
    let terminates = compiler.yes(element, "terminate")?.unwrap_or(false);
    let body = compiler.body(element);
    boxed(Message { body, terminates })
}
