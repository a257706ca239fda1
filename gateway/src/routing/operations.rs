//! The operations of an API as a tree of path segments.
//!
//! Literal segments are tried before parameters, parameters before wildcards; the method decides last, so that a
//! wildcard operation takes a method that a literal one does not have. A wrong method is a 404, `HEAD` is a method
//! like any other, and a template that ends in a literal also takes a slash behind it.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::HashMap;

use super::template::{QueryPattern, Segment, Template, decoded};

/// What the templates of an API lead to.
#[derive(Debug)]
pub struct Operations<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    literals: HashMap<String, Node<T>>,
    parameters: Vec<(Segment, Node<T>)>,
    wildcard: Vec<Leaf<T>>,
    here: Vec<Leaf<T>>,
}

#[derive(Debug)]
struct Leaf<T> {
    method: String,
    query: Vec<QueryPattern>,
    value: Arc<T>,
}

impl<T> Default for Operations<T> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { literals: HashMap::default(), parameters: Vec::new(), wildcard: Vec::new(), here: Vec::new() }
    }
}

impl<T> Operations<T> {
    /// Adds an operation.
    pub fn insert(&mut self, method: &str, template: Template, value: Arc<T>) {
        let mut node = &mut self.root;
        let leaf = Leaf { method: method.to_owned(), query: template.query, value };
        for segment in template.segments {
            match segment {
                Segment::Literal(text) => node = node.literals.entry(text).or_default(),
                Segment::Wildcard => return add(&mut node.wildcard, leaf),
                parameter @ Segment::Parameter { .. } => node = node.parameter(parameter),
            }
        }
        add(&mut node.here, leaf);
    }

    /// All operations.
    pub fn all(&self) -> Vec<&Arc<T>> {
        let (mut found, mut waiting) = (Vec::new(), vec![&self.root]);
        while let Some(node) = waiting.pop() {
            found.extend(node.here.iter().chain(&node.wildcard).map(|leaf| &leaf.value));
            waiting.extend(node.literals.values().chain(node.parameters.iter().map(|(_, node)| node)));
        }
        found
    }

    /// The operation for a method and what follows the API's path.
    pub fn find(&self, method: &str, path: &str, query: Option<&str>) -> Option<&Arc<T>> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let request = Request { method, query: query.unwrap_or_default() };
        self.root.find((!path.is_empty()).then_some(path), request)
    }
}

/// What is left to compare once the path fits.
#[derive(Clone, Copy)]
struct Request<'a> {
    method: &'a str,
    query: &'a str,
}

impl<T> Node<T> {
    fn parameter(&mut self, segment: Segment) -> &mut Self {
        let known = self.parameters.iter().position(|(known, _)| *known == segment);
        let at = known.unwrap_or_else(|| {
            let at = self.parameters.partition_point(|(known, _)| known.fixed() >= segment.fixed());
            // There are thousands of such lists, and nearly all stay at one.
            self.parameters.reserve_exact(1);
            self.parameters.insert(at, (segment, Self::default()));
            at
        });
        &mut self.parameters[at].1
    }

    fn find(&self, path: Option<&str>, request: Request<'_>) -> Option<&Arc<T>> {
        let Some(path) = path else {
            return pick(&self.here, request).or_else(|| pick(&self.wildcard, request));
        };
        let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let first = compared(first);
        if let Some(found) = self.literals.get(first.as_ref()).and_then(|node| node.find(rest, request)) {
            return Some(found);
        }
        if first.is_empty()
            && rest.is_none()
            && let Some(found) = pick(&self.here, request)
        {
            return Some(found);
        }
        self.parameters
            .iter()
            .filter(|(segment, _)| segment.accepts(&first))
            .find_map(|(_, node)| node.find(rest, request))
            .or_else(|| pick(&self.wildcard, request))
    }
}

fn pick<'a, T>(leaves: &'a [Leaf<T>], request: Request<'_>) -> Option<&'a Arc<T>> {
    let fits = |leaf: &&Leaf<T>| {
        leaf.method == request.method && leaf.query.iter().all(|pattern| pattern.accepts(request.query))
    };
    leaves.iter().find(fits).map(|leaf| &leaf.value)
}

/// Templates that ask for more of the query are tried first.
fn add<T>(leaves: &mut Vec<Leaf<T>>, leaf: Leaf<T>) {
    let at = leaves.partition_point(|known| known.query.len() >= leaf.query.len());
    leaves.reserve_exact(1);
    leaves.insert(at, leaf);
}

fn compared(segment: &str) -> Cow<'_, str> {
    if segment.bytes().any(|byte| byte == b'%' || byte.is_ascii_uppercase() || !byte.is_ascii()) {
        Cow::Owned(decoded(segment))
    } else {
        Cow::Borrowed(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_find_their_operations() {
        let templates = [
            ("GET", "/"),
            ("GET", "/orders"),
            ("POST", "/orders"),
            ("GET", "/orders/latest"),
            ("GET", "/orders/{id}"),
            ("GET", "/orders/{id}/lines/{line}"),
            ("GET", "/files/{*path}"),
            ("GET", "/files/readme"),
            ("DELETE", "/files/*"),
            ("GET", "/search?q={query}"),
            ("GET", "/search?q={query}&kind=all"),
            ("GET", "/Products({id})"),
            ("GET", "/reports/{name}.pdf"),
            ("GET", "/reports/{name}"),
            ("GET", "/folder/"),
            ("HEAD", "/head"),
        ];
        let mut operations = Operations::default();
        for (method, template) in templates {
            let value = Arc::new(format!("{method} {template}"));
            operations.insert(method, Template::parse(template).expect(template), value);
        }
        for (method, path, query, expected) in [
            ("GET", "", None, "GET /"),
            ("GET", "/", None, "GET /"),
            ("HEAD", "/", None, ""),
            ("GET", "/orders", None, "GET /orders"),
            ("GET", "/orders/", None, "GET /orders"),
            ("GET", "/orders//", None, ""),
            ("GET", "/ORDERS/Latest", None, "GET /orders/latest"),
            ("GET", "/orders/%6Catest", None, "GET /orders/latest"),
            ("GET", "/orders/7", None, "GET /orders/{id}"),
            ("GET", "/orders/7/", None, "GET /orders/{id}"),
            ("GET", "/orders/7/lines/1", None, "GET /orders/{id}/lines/{line}"),
            ("GET", "/orders/7/lines", None, ""),
            ("PUT", "/orders", None, ""),
            ("GET", "/files/a/b/c", None, "GET /files/{*path}"),
            ("GET", "/files/readme", None, "GET /files/readme"),
            ("DELETE", "/files/readme", None, "DELETE /files/*"),
            ("GET", "/search", Some("q=x"), "GET /search?q={query}"),
            ("GET", "/search", Some("kind=all&q=x"), "GET /search?q={query}&kind=all"),
            ("GET", "/search", None, ""),
            ("GET", "/products(5)", None, "GET /Products({id})"),
            ("GET", "/reports/a.pdf", None, "GET /reports/{name}.pdf"),
            ("GET", "/reports/a.txt", None, "GET /reports/{name}"),
            ("GET", "/folder/", None, "GET /folder/"),
            ("GET", "/folder", None, ""),
            ("GET", "/head", None, ""),
            ("HEAD", "/head", None, "HEAD /head"),
        ] {
            let found = operations.find(method, path, query).map_or("", |value| value.as_str());
            assert_eq!(found, expected, "{method} {path} {query:?}");
        }
    }
}
