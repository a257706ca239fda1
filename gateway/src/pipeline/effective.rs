//! The effective policy of a request: the documents of its scopes, joined at `<base/>`.
//!
//! The chain is operation → API → product → global. A section without `<base/>` cuts the broader scopes off; so does
//! a document that leaves the section out. A scope without a document is as good as one with `<base/>` in each
//! section. In the global document `<base/>` has no effect.
//! <https://learn.microsoft.com/azure/api-management/set-edit-policies#use-base-element-to-set-policy-evaluation-order>

use std::sync::Arc;

use super::{Placed, Section, Step};
use crate::document::Document;

/// The policy that a request runs through, flat.
#[derive(Debug, Default)]
pub struct Effective {
    sections: [Vec<Arc<Placed>>; 4],
}

/// Documents from the narrowest scope to the broadest; scopes without a document are left out.
pub type Chain<'a> = &'a [&'a Document];

impl Effective {
    /// Joins the documents of a chain.
    pub fn join(chain: Chain<'_>) -> Self {
        Self { sections: Section::ALL.map(|section| flatten(chain, section)) }
    }

    /// The steps of one section.
    pub fn section(&self, section: Section) -> &[Arc<Placed>] {
        let [inbound, backend, outbound, on_error] = &self.sections;
        match section {
            Section::Inbound => inbound,
            Section::Backend => backend,
            Section::Outbound => outbound,
            Section::OnError => on_error,
        }
    }
}

fn flatten(chain: Chain<'_>, section: Section) -> Vec<Arc<Placed>> {
    let mut steps = Vec::new();
    let Some((document, broader)) = chain.split_first() else { return steps };
    for placed in document.section(section).unwrap_or_default() {
        match placed.step {
            Step::Base => steps.extend(flatten(broader, section)),
            _ => steps.push(Arc::clone(placed)),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use apim::{PolicyDocument, PolicyFormat};

    use super::*;
    use crate::document::{Library, Setting};
    use crate::pipeline::ScopeKind;

    fn document(scope: ScopeKind, text: &str) -> Document {
        let path = scope.as_str().to_owned();
        let document = PolicyDocument { path, format: PolicyFormat::RawXml, text: text.to_owned() };
        let setting = Setting { scope, url_template: None, library: Library::default() };
        Document::compile(&document, setting).expect("a policy")
    }

    fn check(texts: &[(ScopeKind, &str)], expected: &[&str]) {
        let documents: Vec<Document> = texts.iter().map(|(scope, text)| document(*scope, text)).collect();
        let chain: Vec<&Document> = documents.iter().collect();
        let effective = Effective::join(&chain);
        let found: Vec<String> = effective
            .section(Section::Inbound)
            .iter()
            .map(|placed| format!("{}:{}", placed.source, placed.id.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(found, expected, "{texts:?}");
    }

    #[test]
    fn base_stands_for_the_broader_scopes_at_its_place() {
        let (operation, api, global) = (ScopeKind::Operation, ScopeKind::Api, ScopeKind::Global);
        let step = |id: &str, before: &str, after: &str| {
            format!(
                "<policies><inbound>{before}<set-header id='{id}' name='X' exists-action='delete'/>{after}</inbound></policies>"
            )
        };
        let base = "<base />";
        check(
            &[(operation, &step("o", base, "")), (api, &step("a", "", base)), (global, &step("g", "", ""))],
            &["api:a", "global:g", "operation:o"],
        );
        check(&[(operation, &step("o", "", "")), (global, &step("g", "", ""))], &["operation:o"]);
        check(&[(api, "<policies><outbound/></policies>"), (global, &step("g", "", ""))], &[]);
        check(&[(global, &step("g", base, base))], &["global:g"]);
        check(&[], &[]);
    }
}
