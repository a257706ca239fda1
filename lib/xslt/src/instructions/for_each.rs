//! `xsl:for-each`.
//! <https://www.w3.org/TR/xslt-10/#for-each>

use super::sort::Sort;
use super::{Body, Compiled, Instruction, boxed, is_xsl};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::xpath::{Expr, Focus};

#[derive(Debug)]
struct ForEach {
    select: Expr,
    sorts: Vec<Sort>,
    body: Body,
}

impl Instruction for ForEach {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let nodes = self.select.nodes(run, focus)?;
        let nodes = Sort::sorted(nodes, &self.sorts, run, focus)?;
        let size = nodes.len();
        for (before, node) in nodes.into_iter().enumerate() {
            self.body.execute(run, Focus { node, position: before + 1, size, current: node })?;
        }
        Ok(())
    }
}

/// Compiles `xsl:for-each`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["select"]);
    let select = compiler.needed_expression(element, "select")?;
    let sorts = Sort::all(element, compiler)?;
    let body = compiler.content(element, |child| !is_xsl(child, "sort"));
    boxed(ForEach { select, sorts, body })
}
