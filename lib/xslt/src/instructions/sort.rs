//! `xsl:sort`: the order in which nodes are taken.
//! <https://www.w3.org/TR/xslt-10/#sorting>
//!
//! Texts are compared without regard to case first, then, if they differ in case only, by `case-order`.
//!
//! **Differs from Azure:** `lang` has no effect.

use std::cmp::Ordering;

use diagnostic::Diagnostic;

use super::is_xsl;
use crate::avt::Avt;
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::Node;
use crate::xpath::{Expr, Focus, number_of};

/// One key of an order.
#[derive(Debug)]
pub struct Sort {
    select: Option<Expr>,
    order: Avt,
    data_type: Avt,
    case_order: Avt,
}

/// How keys are compared.
struct Manner {
    descending: bool,
    numbers: bool,
    upper_first: bool,
}

/// What is compared.
enum Key {
    Number(f64),
    Text(String, String),
}

impl Sort {
    /// The sorts of an element.
    pub fn all(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<Vec<Self>, Diagnostic> {
        let sorts = element.children().filter(|child| is_xsl(*child, "sort"));
        sorts.map(|sort| Self::compile(sort, compiler)).collect()
    }

    fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        compiler.only(element, &["select", "lang", "data-type", "order", "case-order"]);
        compiler.empty(element);
        compiler.template(element, "lang")?;
        Ok(Self {
            select: compiler.expression(element, "select")?,
            order: compiler.template(element, "order")?.unwrap_or_default(),
            data_type: compiler.template(element, "data-type")?.unwrap_or_default(),
            case_order: compiler.template(element, "case-order")?.unwrap_or_default(),
        })
    }

    /// The nodes in this order.
    pub fn sorted(nodes: Vec<Node>, sorts: &[Self], run: &Run<'_>, focus: Focus) -> Result<Vec<Node>, Error> {
        if sorts.is_empty() {
            return Ok(nodes);
        }
        let manners = sorts.iter().map(|sort| sort.manner(run, focus)).collect::<Result<Vec<_>, _>>()?;
        let size = nodes.len();
        let mut keyed = Vec::with_capacity(size);
        for (before, node) in nodes.into_iter().enumerate() {
            let focus = Focus { node, position: before + 1, size, current: node };
            let pairs = sorts.iter().zip(&manners);
            let keys =
                pairs.map(|(sort, manner)| sort.key(manner, run, focus)).collect::<Result<Vec<_>, _>>()?;
            keyed.push((keys, node));
        }
        keyed.sort_by(|(one, _), (other, _)| {
            let pairs = one.iter().zip(other).zip(&manners);
            pairs
                .map(|((one, other), manner)| manner.compare(one, other))
                .fold(Ordering::Equal, Ordering::then)
        });
        Ok(keyed.into_iter().map(|(_, node)| node).collect())
    }

    fn manner(&self, run: &Run<'_>, focus: Focus) -> Result<Manner, Error> {
        Ok(Manner {
            descending: self.order.text(run, focus)? == "descending",
            numbers: self.data_type.text(run, focus)? == "number",
            upper_first: self.case_order.text(run, focus)? == "upper-first",
        })
    }

    fn key(&self, manner: &Manner, run: &Run<'_>, focus: Focus) -> Result<Key, Error> {
        let text = match &self.select {
            Some(select) => select.string(run, focus)?,
            None => run.forest.string(focus.node),
        };
        Ok(if manner.numbers { Key::Number(number_of(&text)) } else { Key::Text(text.to_lowercase(), text) })
    }
}

impl Manner {
    fn compare(&self, one: &Key, other: &Key) -> Ordering {
        let order = match (one, other) {
            (Key::Number(one), Key::Number(other)) => match (one.is_nan(), other.is_nan()) {
                (false, false) => one.partial_cmp(other).unwrap_or(Ordering::Equal),
                // What is no number comes before all numbers.
                (one, other) => other.cmp(&one),
            },
            (Key::Text(folded, one), Key::Text(other_folded, other)) => {
                // Upper case has the lower code points.
                let case = if self.upper_first { one.cmp(other) } else { other.cmp(one) };
                folded.cmp(other_folded).then(case)
            }
            _ => Ordering::Equal,
        };
        if self.descending { order.reverse() } else { order }
    }
}
