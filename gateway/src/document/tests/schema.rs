//! The published XML schemas of the policy elements: enough of XML Schema to say whether they take an element.

use std::collections::BTreeMap;
use std::path::Path;

use fancy_regex::Regex;
use roxmltree::{Document, Node};

/// All schemas, by file name.
pub struct Schemas(BTreeMap<String, String>);

/// What a schema says of an element.
#[derive(Debug, Clone, Default)]
pub struct Type {
    pub attributes: Vec<Attribute>,
    /// What the children are; without it there are none.
    pub particle: Option<Particle>,
    /// Text may stand between the children.
    pub mixed: bool,
    /// What the text is, where there are no children.
    pub text: Option<Simple>,
    /// The schema says nothing.
    pub anything: bool,
}

#[derive(Debug, Clone)]
pub struct Attribute {
    pub name: String,
    pub value: Simple,
    pub required: bool,
    pub default: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Particle {
    pub kind: Kind,
    pub least: usize,
    pub most: usize,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Element(String, Box<Type>),
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
    All(Vec<Particle>),
    Any,
}

#[derive(Debug, Clone)]
pub enum Simple {
    BuiltIn(String),
    Words(Vec<String>),
    Pattern(Regex),
    NotEmpty,
    Union(Vec<Self>),
}

/// An element as the schemas see it.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Self>,
}

impl Schemas {
    pub fn read() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/schemas/policies");
        let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "xsd"));
        let read = files.map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable schema");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, text.trim_start_matches('\u{feff}').to_owned())
        });
        Some(Self(read.collect()))
    }

    /// What the schemas say of the element `name`.
    pub fn element(&self, name: &str) -> Option<Type> {
        self.0.keys().find_map(|file| {
            let document = self.document(file);
            let element =
                children(document.root_element(), "element").find(|node| attribute(*node, "name") == name)?;
            Some(self.element_type(file, element))
        })
    }

    fn document(&self, file: &str) -> Document<'_> {
        Document::parse(&self.0[file]).expect("a schema that is XML")
    }

    fn element_type(&self, file: &str, element: Node<'_, '_>) -> Type {
        if let Some(inner) = children(element, "complexType").next() {
            return self.complex(file, inner);
        }
        if let Some(inner) = children(element, "simpleType").next() {
            return Type { text: Some(self.simple(file, inner)), ..Type::default() };
        }
        match attribute(element, "type") {
            "" => Type { anything: true, ..Type::default() },
            name => self.named(file, name),
        }
    }

    fn named(&self, file: &str, name: &str) -> Type {
        for file in [file, "common-types.xsd"] {
            let document = self.document(file);
            let root = document.root_element();
            let find = |kind| children(root, kind).find(|node| attribute(*node, "name") == name);
            if let Some(found) = find("complexType") {
                return self.complex(file, found);
            }
            if let Some(found) = find("simpleType") {
                return Type { text: Some(self.simple(file, found)), ..Type::default() };
            }
        }
        assert!(name.starts_with("xs:"), "{file}: no type {name}");
        Type { text: Some(Simple::BuiltIn(name.to_owned())), ..Type::default() }
    }

    fn complex(&self, file: &str, node: Node<'_, '_>) -> Type {
        let mut made = Type { mixed: attribute(node, "mixed") == "true", ..Type::default() };
        for child in node.children().filter(Node::is_element) {
            match child.tag_name().name() {
                "attribute" => made.attributes.push(self.attribute(file, child)),
                "sequence" | "choice" | "all" => made.particle = Some(self.particle(file, child)),
                "simpleContent" | "complexContent" => {
                    let extension = children(child, "extension").next().expect("an extension");
                    let base = self.named(file, attribute(extension, "base"));
                    let own = self.complex(file, extension);
                    made.attributes.extend(base.attributes.into_iter().chain(own.attributes));
                    made.particle = own.particle.or(base.particle);
                    made.text = base.text;
                }
                "annotation" => {}
                other => panic!("{file}: {other}"),
            }
        }
        made
    }

    fn particle(&self, file: &str, node: Node<'_, '_>) -> Particle {
        let inner = || {
            let parts = node.children().filter(Node::is_element);
            parts
                .filter(|part| part.tag_name().name() != "annotation")
                .map(|part| self.particle(file, part))
                .collect()
        };
        let kind = match node.tag_name().name() {
            "element" => {
                Kind::Element(attribute(node, "name").to_owned(), Box::new(self.element_type(file, node)))
            }
            "sequence" => Kind::Sequence(inner()),
            "choice" => Kind::Choice(inner()),
            "all" => Kind::All(inner()),
            "any" => Kind::Any,
            other => panic!("{file}: {other}"),
        };
        let limit = |name| match attribute(node, name) {
            "" => 1,
            "unbounded" => usize::MAX,
            number => number.parse().expect("a number"),
        };
        Particle { kind, least: limit("minOccurs"), most: limit("maxOccurs") }
    }

    fn attribute(&self, file: &str, node: Node<'_, '_>) -> Attribute {
        let value = match children(node, "simpleType").next() {
            Some(inner) => self.simple(file, inner),
            None => self.named(file, attribute(node, "type")).text.expect("a simple type"),
        };
        Attribute {
            name: attribute(node, "name").to_owned(),
            value,
            required: attribute(node, "use") == "required",
            default: node.attribute("default").map(str::to_owned),
        }
    }

    fn simple(&self, file: &str, node: Node<'_, '_>) -> Simple {
        if let Some(union) = children(node, "union").next() {
            let named = attribute(union, "memberTypes").split_whitespace();
            let named = named.map(|name| self.named(file, name).text.expect("a simple type"));
            let inner = children(union, "simpleType").map(|inner| self.simple(file, inner));
            return Simple::Union(named.chain(inner).collect());
        }
        let restriction = children(node, "restriction").next().expect("a restriction");
        let words: Vec<String> =
            children(restriction, "enumeration").map(|word| attribute(word, "value").to_owned()).collect();
        if let Some(pattern) = children(restriction, "pattern").next() {
            return Simple::Pattern(anchored(attribute(pattern, "value")));
        }
        if words.is_empty() { Simple::NotEmpty } else { Simple::Words(words) }
    }
}

fn children<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

fn anchored(pattern: &str) -> Regex {
    Regex::new(&format!("^(?:{pattern})$")).expect("a pattern")
}

impl Type {
    /// The schema takes the element.
    pub fn accepts(&self, tree: &Tree) -> bool {
        if self.anything {
            return true;
        }
        let known = |name: &str| self.attributes.iter().find(|known| known.name == name);
        let attributes = tree
            .attributes
            .iter()
            .all(|(name, value)| known(name).is_some_and(|known| known.value.accepts(value)));
        let given = |name: &str| tree.attributes.iter().any(|(given, _)| given == name);
        let complete = self.attributes.iter().all(|known| !known.required || given(&known.name));
        attributes && complete && self.accepts_content(tree)
    }

    fn accepts_content(&self, tree: &Tree) -> bool {
        if let Some(text) = &self.text {
            return tree.children.is_empty() && text.accepts(&tree.text);
        }
        let children = match &self.particle {
            None => tree.children.is_empty(),
            Some(particle) => particle.ends(&tree.children, 0).contains(&tree.children.len()),
        };
        children && (self.mixed || tree.text.trim().is_empty())
    }

    /// The children that the schema names, each once.
    pub fn children(&self) -> Vec<(&str, &Self)> {
        let mut found = Vec::new();
        if let Some(particle) = &self.particle {
            particle.collect(&mut found);
        }
        found
    }
}

impl Particle {
    /// Where the particle may end when it begins at `from`.
    fn ends(&self, children: &[Tree], from: usize) -> Vec<usize> {
        let mut ends = if self.least == 0 { vec![from] } else { Vec::new() };
        let mut reached = vec![from];
        for count in 1..=self.most.min(children.len() + 1) {
            let mut next: Vec<usize> = reached.iter().flat_map(|at| self.once(children, *at)).collect();
            next.sort_unstable();
            next.dedup();
            if count >= self.least {
                ends.extend(&next);
            }
            reached = next;
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    fn once(&self, children: &[Tree], from: usize) -> Vec<usize> {
        match &self.kind {
            Kind::Any => children.get(from).map(|_| from + 1).into_iter().collect(),
            Kind::Element(name, inner) => {
                let fits = |child: &&Tree| child.name == *name && inner.accepts(child);
                children.get(from).filter(fits).map(|_| from + 1).into_iter().collect()
            }
            Kind::Sequence(parts) => parts.iter().fold(vec![from], |reached, part| {
                let mut next: Vec<usize> = reached.iter().flat_map(|at| part.ends(children, *at)).collect();
                next.sort_unstable();
                next.dedup();
                next
            }),
            Kind::Choice(parts) => parts.iter().flat_map(|part| part.ends(children, from)).collect(),
            Kind::All(parts) => {
                let fits = |part: &Particle, child: &Tree| part.once(std::slice::from_ref(child), 0) == [1];
                let known = children.iter().all(|child| parts.iter().any(|part| fits(part, child)));
                let counts = parts.iter().all(|part| {
                    let count = children.iter().filter(|child| fits(part, child)).count();
                    count >= part.least && count <= part.most
                });
                if known && counts { vec![children.len()] } else { Vec::new() }
            }
        }
    }

    fn collect<'t>(&'t self, found: &mut Vec<(&'t str, &'t Type)>) {
        match &self.kind {
            Kind::Element(name, inner) => found.push((name, inner)),
            Kind::Sequence(parts) | Kind::Choice(parts) | Kind::All(parts) => {
                for part in parts {
                    part.collect(found);
                }
            }
            Kind::Any => {}
        }
    }
}

impl Simple {
    pub fn accepts(&self, value: &str) -> bool {
        let text = value.trim();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = |least: i128, most: i128| {
            digits(text.strip_prefix(['-', '+']).unwrap_or(text))
                && text.parse::<i128>().is_ok_and(|value| (least..=most).contains(&value))
        };
        match self {
            Self::Words(words) => words.iter().any(|word| word == value),
            Self::NotEmpty => !value.is_empty(),
            Self::Union(members) => members.iter().any(|member| member.accepts(value)),
            Self::Pattern(pattern) => pattern.is_match(value).expect("a match"),
            Self::BuiltIn(name) => match name.as_str() {
                "xs:string" => true,
                "xs:boolean" => ["true", "false", "1", "0"].contains(&text),
                "xs:int" => whole(i32::MIN.into(), i32::MAX.into()),
                "xs:long" => whole(i64::MIN.into(), i64::MAX.into()),
                "xs:unsignedInt" => whole(0, u32::MAX.into()),
                "xs:integer" => whole(i128::MIN, i128::MAX),
                "xs:positiveInteger" => whole(1, i128::MAX),
                "xs:nonNegativeInteger" => whole(0, i128::MAX),
                "xs:float" | "xs:double" => {
                    ["INF", "-INF", "NaN"].contains(&text)
                        || (text.parse::<f64>().is_ok() && text.bytes().any(|byte| byte.is_ascii_digit()))
                }
                "xs:dateTime" => {
                    let form = r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?";
                    anchored(form).is_match(text).expect("a match")
                }
                other => panic!("the type {other}"),
            },
        }
    }

    /// The words that it names.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Words(words) => words.iter().map(String::as_str).collect(),
            Self::Union(members) => members.iter().flat_map(Self::words).collect(),
            _ => Vec::new(),
        }
    }
}

impl Tree {
    pub fn xml(&self) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let attributes: Vec<String> =
            self.attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
        let attributes = attributes.concat();
        let children: String = self.children.iter().map(Self::xml).collect();
        format!("<{0}{attributes}>{1}{children}</{0}>", self.name, escaped(&self.text))
    }
}
