//! `xsl:copy` and `xsl:copy-of`.
//! <https://www.w3.org/TR/xslt-10/#copying>

use super::{Body, Compiled, Instruction, boxed};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::{Kind, Node, QName};
use crate::xpath::{Expr, Focus, Value};

#[derive(Debug)]
struct Copy {
    attribute_sets: Vec<QName>,
    body: Body,
}

#[derive(Debug)]
struct CopyOf(Expr);

impl Instruction for Copy {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        run.out()?;
        run.copy_one(focus.node)?;
        match run.forest.kind(focus.node) {
            Kind::Root => self.body.execute(run, focus),
            Kind::Element => {
                run.attributes(&self.attribute_sets, focus)?;
                self.body.execute(run, focus)?;
                run.out()?.end();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Instruction for CopyOf {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        match self.0.evaluate(run, focus)? {
            Value::Nodes(nodes) => nodes.into_iter().try_for_each(|node| run.copy(node)),
            Value::Fragment(root) => {
                let children: Vec<Node> =
                    run.forest.attributes(root).chain(run.forest.children(root)).collect();
                children.into_iter().try_for_each(|node| run.copy(node))
            }
            other => {
                let text = other.string(&run.forest);
                run.out()?.text(Kind::Text, &text)
            }
        }
    }
}

/// Compiles `xsl:copy`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["use-attribute-sets"]);
    let attribute_sets = compiler.names(element, "use-attribute-sets")?;
    let body = compiler.body(element);
    boxed(Copy { attribute_sets, body })
}

/// Compiles `xsl:copy-of`.
pub fn compile_of(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["select"]);
    compiler.empty(element);
    boxed(CopyOf(compiler.needed_expression(element, "select")?))
}
