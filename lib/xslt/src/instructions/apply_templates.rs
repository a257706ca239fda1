//! `xsl:apply-templates`, and `xsl:apply-imports`, which without imports is what happens to nodes without template.
//! <https://www.w3.org/TR/xslt-10/#section-Applying-Template-Rules>

use super::sort::Sort;
use super::{Binding, Compiled, Instruction, boxed};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::QName;
use crate::xpath::{Expr, Focus};

#[derive(Debug)]
struct ApplyTemplates {
    select: Option<Expr>,
    mode: Option<QName>,
    sorts: Vec<Sort>,
    parameters: Vec<Binding>,
}

#[derive(Debug)]
struct ApplyImports;

impl Instruction for ApplyTemplates {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let nodes = match &self.select {
            Some(select) => select.nodes(run, focus)?,
            None => run.forest.children(focus.node).collect(),
        };
        run.work(nodes.len())?;
        let nodes = Sort::sorted(nodes, &self.sorts, run, focus)?;
        let parameters = Binding::values(&self.parameters, run, focus)?;
        run.apply(&nodes, self.mode.as_ref(), &parameters)
    }
}

impl Instruction for ApplyImports {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let mode = run.mode.clone();
        run.built_in(focus.node, mode.as_ref())
    }
}

/// Compiles `xsl:apply-templates`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["select", "mode"]);
    compiler.nothing_but(element, &["sort", "with-param"])?;
    let (select, mode) = (compiler.expression(element, "select")?, compiler.name(element, "mode")?);
    let (sorts, parameters) = (Sort::all(element, compiler)?, Binding::passed(element, compiler)?);
    boxed(ApplyTemplates { select, mode, sorts, parameters })
}

/// Compiles `xsl:apply-imports`.
pub fn compile_imports(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &[]);
    compiler.empty(element);
    boxed(ApplyImports)
}
