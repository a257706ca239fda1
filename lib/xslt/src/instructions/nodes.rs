//! `xsl:comment` and `xsl:processing-instruction`.
//! <https://www.w3.org/TR/xslt-10/#section-Creating-Comments>

use super::{Body, Compiled, Instruction, boxed};
use crate::avt::Avt;
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::xpath::{Focus, is_name};

#[derive(Debug)]
struct Comment(Body);

#[derive(Debug)]
struct ProcessingInstruction {
    name: Avt,
    body: Body,
}

impl Instruction for Comment {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let mut text = self.0.text(run, focus)?;
        while text.contains("--") {
            text = text.replace("--", "- -");
        }
        if text.ends_with('-') {
            text.push(' ');
        }
        run.out()?.comment(text)
    }
}

impl Instruction for ProcessingInstruction {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let name = self.name.text(run, focus)?;
        if !is_name(&name) || name.eq_ignore_ascii_case("xml") {
            return Err(Error::evaluation(format!("'{name}' cannot name a processing instruction")));
        }
        let text = self.body.text(run, focus)?.replace("?>", "? >");
        run.out()?.instruction(&name, text)
    }
}

/// Compiles `xsl:comment`.
pub fn compile_comment(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &[]);
    boxed(Comment(compiler.body(element)))
}

/// Compiles `xsl:processing-instruction`.
pub fn compile_instruction(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["name"]);
    let name = compiler.template(element, "name")?;
    let name = compiler.required(element, "name", name)?;
    let body = compiler.body(element);
    boxed(ProcessingInstruction { name, body })
}
