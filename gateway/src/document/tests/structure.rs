//! Structural validation accepts and rejects what the published XML schemas do: every element of the policy table with
//! its smallest content, and with every attribute, child and value changed in turn, goes through both.

use std::collections::BTreeSet;

use apim::PolicyFormat;

use super::super::source::Source;
use super::super::{Compiler, Library, Setting, scanner};
use super::schema::{Kind, Particle, Schemas, Simple, Tree, Type};
use crate::pipeline::ScopeKind;
use crate::policies::{Attribute, Content, Definition, Form, ID, POLICIES, Presence, ValueKind, find};

/// Values that tell the kinds apart; the words of the schema come on top.
const PROBES: &[&str] = &[
    "",
    "x",
    "x y",
    "0",
    "1",
    "-1",
    "007",
    "1.5",
    "true",
    "True",
    " true ",
    " 1 ",
    "2147483648",
    "4294967296",
    "99999999999999999999",
    "2024-05-01T00:00:00Z",
    "INF",
    "*.a.example",
    "x-a, x-b",
    "x-a,x-b*",
    "@(1)",
];

/// Where the sandbox says something else than the schemas on purpose: the path of the difference, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("authentication-managed-identity/@ignore-error default", "documented"),
    ("azure-openai-semantic-cache-store/@cache-response", "documented, newer than the schema"),
    ("cache-remove-value/@fail-on-cache-removal-error", "documented, newer than the schema"),
    (
        "cosmosdb-data-source/connection-info/container-name/@undeclared",
        "a text, where the schema says nothing",
    ),
    (
        "cosmosdb-data-source/connection-info/database-name/@undeclared",
        "a text, where the schema says nothing",
    ),
    ("cosmosdb-data-source/delete-request/etag/@template", "documented, commented out in the schema"),
    ("cosmosdb-data-source/delete-request/id/@template", "documented, commented out in the schema"),
    (
        "cosmosdb-data-source/delete-request/partition-key/@template",
        "documented, commented out in the schema",
    ),
    (
        "cosmosdb-data-source/query-request/paging/continuation-token/@template",
        "documented, commented out in the schema",
    ),
    (
        "cosmosdb-data-source/query-request/paging/max-item-count/@template",
        "documented, commented out in the schema",
    ),
    ("cosmosdb-data-source/query-request/partition-key/@template", "documented, commented out in the schema"),
    ("cosmosdb-data-source/query-request/sql-statement/@undeclared", "a text, where the schema says nothing"),
    ("cosmosdb-data-source/read-request/id/@template", "documented, commented out in the schema"),
    ("cosmosdb-data-source/read-request/partition-key/@template", "documented, commented out in the schema"),
    ("cosmosdb-data-source/write-request/etag/@template", "documented, commented out in the schema"),
    ("cosmosdb-data-source/write-request/id", "documented, not in the schema"),
    ("cosmosdb-data-source/write-request/partition-key/@template", "documented, commented out in the schema"),
    ("forward-request/@http-version", "the documentation names the versions"),
    ("graphql-data-source/request/set-url/@undeclared", "a text, where the schema says nothing"),
    ("invoke-dapr-binding/@content-type", "documented, newer than the schema"),
    ("llm-content-safety/@enforce-on-completions", "documented, newer than the schema"),
    ("llm-content-safety/@window-overlap-size", "documented, newer than the schema"),
    ("llm-content-safety/@window-size", "documented, newer than the schema"),
    ("llm-content-safety/blocklists/id", "the documentation speaks of several lists"),
    ("llm-semantic-cache-store/@cache-response", "documented, newer than the schema"),
    ("quota-by-key/@renewal-period missing", "the documentation asks for it"),
    ("quota/@renewal-period missing", "the documentation asks for it"),
    ("rate-limit/@", "the documentation asks for calls and period"),
    ("rate-limit/api/@", "the documentation asks for calls and period"),
    ("rate-limit/api/operation/@", "the documentation asks for calls and period"),
    ("rate-limit/operation/@", "the documentation asks for calls and period"),
    ("rewrite-uri/@copy-unmatched-params = `@(1)`", "the documentation allows expressions"),
    ("rewrite-uri/@copy-unmatched-params default", "the documentation says `true`"),
    ("validate-graphql-request/authorize/rule/@action = `ignore`", "documented, newer than the schema"),
    ("validate-jwt/openid-config/@validate-connectivity", "documented, newer than the schema"),
    ("wait/choose 0 times", "the row's own compiler says that something must be there"),
];

/// Policies of which no schema is published.
const UNPUBLISHED: &[&str] = &["base", "cache-value", "send-service-bus-message", "xsl-transform"];

#[test]
fn elements_are_accepted_and_rejected_as_by_the_published_schemas() {
    let Some(schemas) = Schemas::read() else {
        eprintln!("skipped: the schemas are not there");
        return;
    };
    let mut comparison = Comparison { schemas, differences: BTreeSet::new(), cases: 0, case: String::new() };
    for row in POLICIES {
        match comparison.schemas.element(row.name) {
            Some(schema) => comparison.row(row, &schema),
            None => assert!(UNPUBLISHED.contains(&row.name), "no schema of {}", row.name),
        }
    }
    eprintln!("{} cases", comparison.cases);
    let excepted = |path: &String| EXCEPTIONS.iter().any(|(known, _)| path.starts_with(known));
    let unknown: Vec<&String> = comparison.differences.iter().filter(|path| !excepted(path)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for (known, why) in EXCEPTIONS {
        assert!(!why.is_empty());
        assert!(
            comparison.differences.iter().any(|path| path.starts_with(known)),
            "no difference at {known}"
        );
    }
}

struct Comparison {
    schemas: Schemas,
    differences: BTreeSet<String>,
    cases: usize,
    case: String,
}

/// An element that is varied: where it is, and what row and schema say of it.
struct Place<'a> {
    /// The policy with the element in it.
    root: &'a Tree,
    schema: &'a Type,
    row: &'static Definition,
    /// The way from the policy to the element.
    way: Vec<usize>,
    path: String,
}

impl Comparison {
    fn row(&mut self, row: &'static Definition, schema: &Type) {
        let mut root = self.smallest(row.name, schema);
        complete(&mut root, row.attributes);
        let place = Place { root: &root, schema, row, way: Vec::new(), path: row.name.to_owned() };
        self.vary(&place, schema, row.attributes, row.content);
    }

    /// Compares all variations of one element, then those of the elements in it.
    fn vary(&mut self, place: &Place<'_>, schema: &Type, attributes: &'static [Attribute], content: Content) {
        self.compare(place, "", |_| {});
        self.compare(place, "/@undeclared", |tree| set(tree, "undeclared", "x"));
        for known in &schema.attributes {
            let row = attributes.iter().find(|attribute| attribute.name == known.name);
            self.attribute(place, known, row);
        }
        let declared = |name: &str| schema.attributes.iter().any(|known| known.name == name);
        for known in attributes.iter().filter(|known| !declared(known.name)) {
            self.compare(place, &format!("/@{}", known.name), |tree| set(tree, known.name, fitting(known)));
        }
        if schema.anything || matches!(content, Content::Policies) {
            return;
        }
        let literal = matches!(content, Content::Literal);
        for text in ["x", "@(1)"].into_iter().filter(|text| !(literal && text.starts_with('@'))) {
            self.compare(place, &format!("/text() = `{text}`"), |tree| tree.text = text.to_owned());
        }
        self.children(place, schema, content);
    }

    fn attribute(&mut self, place: &Place<'_>, known: &super::schema::Attribute, row: Option<&Attribute>) {
        let name = known.name.as_str();
        let path = format!("{}/@{name}", place.path);
        self.compare(place, &format!("/@{name} missing"), |tree| {
            tree.attributes.retain(|(other, _)| other != name);
        });
        if let Some(row) = row.filter(|row| row.default != known.default.as_deref()) {
            self.differences.insert(format!("{path} default {:?} not {:?}", row.default, known.default));
        }
        // That a text must not be an expression cannot be said in a schema.
        let row_literal = row.map_or(name == ID.name, |row| row.form == Form::Literal);
        let literal = row_literal && known.value.accepts("x");
        let own = row.map_or(&[][..], |row| if let ValueKind::OneOf(words) = row.kind { words } else { &[] });
        let words = known.value.words().into_iter().chain(own.iter().copied());
        for value in PROBES.iter().copied().chain(words).filter(|value| !(literal && value.starts_with('@')))
        {
            self.compare(place, &format!("/@{name} = `{value}`"), |tree| set(tree, name, value));
        }
    }

    fn children(&mut self, place: &Place<'_>, schema: &Type, content: Content) {
        let declared = schema.children();
        let names = declared.iter().map(|(name, _)| *name);
        let others = content
            .children()
            .iter()
            .map(|child| child.name)
            .filter(|name| !names.clone().any(|known| known == *name));
        for name in others.chain(["undeclared"]) {
            let child = Tree { name: name.to_owned(), ..Tree::default() };
            self.compare(place, &format!("/{name}"), |tree| tree.children.push(child.clone()));
        }
        let known = |name: &str| content.children().iter().find(|known| known.name == name);
        let smallest = declared.iter().map(|(name, inner)| {
            let mut child = self.smallest(name, inner);
            let row =
                known(name).filter(|known| matches!(known.content, Content::Policy)).and_then(|_| find(name));
            complete(
                &mut child,
                row.map_or_else(
                    || known(name).map_or(&[][..], |known| known.attributes),
                    |row| row.attributes,
                ),
            );
            child
        });
        let smallest: Vec<Tree> = smallest.collect();
        for ((name, inner), child) in declared.iter().zip(&smallest) {
            self.occurrences(place, child, &smallest);
            // Variations of the child itself, in the place where the schema wants it.
            let mut root = place.root.clone();
            let parent = at(&mut root, &place.way);
            parent.children.retain(|other| other.name != child.name);
            let order = |tree: &Tree| declared.iter().position(|(name, _)| *name == tree.name);
            let before = parent.children.iter().filter(|other| order(other) < order(child)).count();
            parent.children.insert(before, child.clone());
            let Some(known) = known(name) else { continue };
            if matches!(known.content, Content::Policy) {
                continue;
            }
            let way = place.way.iter().copied().chain([before]).collect();
            let path = format!("{}/{name}", place.path);
            let inside = Place { root: &root, way, path, ..*place };
            self.vary(&inside, inner, known.attributes, known.content);
        }
    }

    /// How often a child may be there, and where.
    fn occurrences(&mut self, place: &Place<'_>, child: &Tree, others: &[Tree]) {
        let name = &child.name;
        for count in [0, 1, 2, 10, 11, 101] {
            self.compare(place, &format!("/{name} {count} times"), |tree| {
                tree.children.retain(|other| other.name != *name);
                tree.children.extend(vec![child.clone(); count]);
            });
        }
        for other in others {
            self.compare(place, &format!("/{name} before {}", other.name), |tree| {
                tree.children.retain(|known| known.name != *name && known.name != other.name);
                tree.children.extend([child.clone(), other.clone()]);
            });
        }
    }

    /// The smallest element that the schema takes.
    fn smallest(&self, name: &str, schema: &Type) -> Tree {
        if schema.anything {
            return self.schemas.element(name).map_or_else(
                || Tree { name: name.to_owned(), ..Tree::default() },
                |schema| self.smallest(name, &schema),
            );
        }
        let mut tree = Tree { name: name.to_owned(), ..Tree::default() };
        for known in schema.attributes.iter().filter(|known| known.required) {
            tree.attributes.push((known.name.clone(), sample(&known.value)));
        }
        if let Some(particle) = &schema.particle {
            self.fill(particle, &mut tree.children);
        }
        tree.text = schema.text.as_ref().map(sample).unwrap_or_default();
        tree
    }

    fn fill(&self, particle: &Particle, children: &mut Vec<Tree>) {
        for _ in 0..particle.least {
            match &particle.kind {
                Kind::Element(name, schema) => children.push(self.smallest(name, schema)),
                Kind::Sequence(parts) | Kind::All(parts) => {
                    for part in parts {
                        self.fill(part, children);
                    }
                }
                Kind::Choice(parts) => parts.iter().take(1).for_each(|part| self.fill(part, children)),
                Kind::Any => {}
            }
        }
    }

    /// What schema and sandbox say of the policy after a change of the element.
    fn compare(&mut self, place: &Place<'_>, what: &str, change: impl Fn(&mut Tree)) {
        let mut root = place.root.clone();
        change(at(&mut root, &place.way));
        self.cases += 1;
        self.case = root.xml();
        let (expected, found) = (place.schema.accepts(&root), problems(place.row, &self.case));
        if expected != found.is_empty() {
            let verdict = if expected { "is rejected" } else { "is accepted" };
            self.differences.insert(format!("{}{what} {verdict} {found:?}", place.path));
        }
    }
}

fn problems(row: &'static Definition, text: &str) -> Vec<String> {
    let source = Source::expand(text, &[]).expect("a small document");
    let element = scanner::scan(&source, PolicyFormat::Xml).expect(text);
    let setting = Setting { scope: ScopeKind::Api, url_template: None, library: Library::default() };
    let mut compiler = Compiler::new(&source, "/policy", setting);
    compiler.check_policy_attributes(&element, row.attributes);
    compiler.check_content(&element, row.content);
    let found = compiler.finish();
    found.into_iter().filter(diagnostic::Diagnostic::is_error).map(|problem| problem.message).collect()
}

fn at<'t>(root: &'t mut Tree, way: &[usize]) -> &'t mut Tree {
    way.iter().fold(root, |tree, child| &mut tree.children[*child])
}

/// Adds what the row asks for and the schema does not.
fn complete(tree: &mut Tree, attributes: &[Attribute]) {
    for known in attributes.iter().filter(|known| known.presence == Presence::Required) {
        if tree.attributes.iter().all(|(name, _)| name != known.name) {
            set(tree, known.name, fitting(known));
        }
    }
}

/// A value that the row takes.
fn fitting(attribute: &Attribute) -> &'static str {
    let found = ["x", "1", "true", "liquid"].into_iter().find(|text| attribute.kind.accepts(text).is_ok());
    found.unwrap_or_else(|| panic!("a value of {}", attribute.name))
}

fn set(tree: &mut Tree, name: &str, value: &str) {
    tree.attributes.retain(|(other, _)| other != name);
    tree.attributes.push((name.to_owned(), value.to_owned()));
}

fn sample(value: &Simple) -> String {
    let known = value.words().first().map(|word| (*word).to_owned());
    known.unwrap_or_else(|| {
        let found = ["x", "1", "true", "2024-05-01T00:00:00Z"].into_iter().find(|text| value.accepts(text));
        found.expect("a value that the schema takes").to_owned()
    })
}
