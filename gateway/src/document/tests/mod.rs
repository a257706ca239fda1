//! What is wrong in documents, and where.

mod format;
mod schema;
mod structure;
mod variations;

use super::*;

fn problems(format: PolicyFormat, text: &str) -> Vec<Diagnostic> {
    let document = PolicyDocument { path: "/policy".to_owned(), format, text: text.to_owned() };
    let setting = Setting { scope: ScopeKind::Api, url_template: None, library: Library::default() };
    Document::compile(&document, setting).err().unwrap_or_default()
}

/// The only problem of `text` has this code, begins at `line:column` and says this.
fn check(text: &str, code: &str, place: &str, message: &str) {
    check_as(PolicyFormat::RawXml, text, code, place, message);
}

fn check_as(format: PolicyFormat, text: &str, code: &str, place: &str, message: &str) {
    let found = problems(format, text);
    let [problem] = found.as_slice() else { panic!("{text}: {found:#?}") };
    let start = problem.span.as_ref().map(|span| span.start.to_string()).unwrap_or_default();
    assert_eq!((problem.code, start.as_str()), (code, place), "{text}: {problem}");
    assert!(problem.message.contains(message), "{text}: {problem}");
    assert_eq!(problem.source, "/policy");
}

fn inbound(inside: &str) -> String {
    format!("<policies>\n    <inbound>\n        {inside}\n    </inbound>\n</policies>")
}

/// What is inside of inbound, the code of its problem, where that is, and what it says.
const PROBLEMS: &[(&str, &str, &str, &str)] = &[
    (
        "<set-haeder />",
        codes::ELEMENT,
        "3:10",
        "Error in element 'set-haeder' on line 3, column 10: The element 'inbound' has invalid child element 'set-haeder'.",
    ),
    ("<set-header name='a' nmae='b' />", codes::ATTRIBUTE, "3:30", "The 'nmae' attribute is not declared."),
    ("<set-header />", codes::MISSING, "3:10", "The required attribute 'name' is missing."),
    (
        "<set-header name='a'>text</set-header>",
        codes::TEXT,
        "3:30",
        "The element 'set-header' cannot contain text. List of possible elements expected: 'value'.",
    ),
    (
        "<set-header name='a' exists-action='add' />",
        codes::VALUE,
        "3:45",
        "The 'exists-action' attribute is invalid - The value 'add' is invalid according to its datatype 'AnyAtomicType' - The value 'add' is not valid according to any of the memberTypes of the union.",
    ),
    (
        "<send-request ignore-error='x' />",
        codes::VALUE,
        "3:37",
        "according to its datatype 'http://www.w3.org/2001/XMLSchema:boolean' - The string 'x' is not a valid Boolean value.",
    ),
    (
        "<cache-lookup-value key='a' variable-name='b' caching-type='c' />",
        codes::VALUE,
        "3:69",
        "The Enumeration constraint failed.",
    ),
    (
        "<set-variable name='a' value='b'>c</set-variable>",
        codes::TEXT,
        "3:42",
        "The element cannot contain text. Content model is empty.",
    ),
    (
        "<set-method><a /></set-method>",
        codes::ELEMENT,
        "3:22",
        "The element 'set-method' cannot contain child element 'a' because the parent element's content model is text only.",
    ),
    (
        "<choose />",
        codes::ELEMENT,
        "3:10",
        "The element 'choose' has incomplete content. List of possible elements expected: 'when'.",
    ),
    ("<set-header name='a b' />", codes::VALUE, "3:27", "it is not a header name"),
    ("<set-header name='Content-Length' />", codes::VALUE, "3:27", "cannot be changed"),
    ("<forward-request />", codes::SECTION, "3:10", "Policy is not allowed in the specified section."),
    ("<set-backend-service />", codes::MISSING, "3:10", "'base-url'"),
    ("<set-backend-service base-url='nothing' />", codes::VALUE, "3:40", "begins neither with"),
    (
        "<return-response><set-body /><set-status code='200' /></return-response>",
        codes::ELEMENT,
        "3:39",
        "invalid child element 'set-status'",
    ),
    (
        "<return-response><set-status code='99' /></return-response>",
        codes::VALUE,
        "3:44",
        "not a status code",
    ),
    (
        "<return-response><set-status code='x' /></return-response>",
        codes::VALUE,
        "3:44",
        "not valid according to any",
    ),
    ("text", codes::TEXT, "3:9", "cannot contain text"),
];

#[test]
fn unknown_and_misplaced_elements_are_reported_in_azures_words() {
    for (inside, code, place, message) in PROBLEMS {
        let text = inbound(inside);
        check(&text, code, place, message);
    }
}

#[test]
fn what_is_not_executed_is_a_warning() {
    for (inside, place, message) in [
        (
            "<invoke-request url='http://a' />",
            "3:10",
            "does not execute this use of `invoke-request`: it is undocumented",
        ),
        ("<invoke-request url='http://a'><value>b</value></invoke-request>", "3:10", "invoke-request"),
        ("<set-backend-service sf-listener-name='b' />", "3:30", "the attribute 'sf-listener-name'"),
        ("<mock-response index='@(1)' />", "3:24", ""),
    ] {
        let text = inbound(inside);
        let document = PolicyDocument { path: "/policy".to_owned(), format: PolicyFormat::RawXml, text };
        let setting = Setting { scope: ScopeKind::Api, url_template: None, library: Library::default() };
        let Ok(document) = Document::compile(&document, setting) else {
            assert_eq!(message, "", "{inside}");
            continue;
        };
        let [warning] = document.warnings.as_slice() else { panic!("{inside}: {:#?}", document.warnings) };
        let start = warning.span.as_ref().map(|span| span.start.to_string()).unwrap_or_default();
        assert_eq!((warning.code, start.as_str()), (codes::NOT_IMPLEMENTED, place), "{inside}: {warning}");
        assert!(warning.message.contains(message) && !message.is_empty(), "{inside}: {warning}");
    }
    // What is in it is checked all the same.
    check(&inbound("<limit-concurrency key='@(a)' max-count='1' />"), "APL0502", "3:35", "'a'");
    check(&inbound("<block><set-header /></block>"), codes::MISSING, "3:17", "'name'");
}

#[test]
fn problems_in_expressions_are_placed_in_the_authors_text() {
    for (inside, place) in [
        (r#"<set-header name="@(context.Foo["a>b"] + "<&")" />"#, "3:37"),
        (r#"<set-header name=" @( nothing) " />"#, "3:31"),
        (
            r#"<set-header name="a"><value>@{ if (1 < 2 && "</value>" != null) { return "x"; } return y; }</value></set-header>"#,
            "3:96",
        ),
        ("<set-header name='a'><value>\n @(1 < y)\n</value></set-header>", "4:8"),
    ] {
        let found = problems(PolicyFormat::RawXml, &inbound(inside));
        let [problem] = found.as_slice() else { panic!("{inside}: {found:#?}") };
        let start = problem.span.as_ref().map(|span| span.start.to_string()).unwrap_or_default();
        assert_eq!(start, place, "{inside}: {problem}");
        assert!(problem.code.starts_with("APL05"), "{problem}");
        assert!(problem.message.starts_with("Error in element '"), "{problem}");
    }
    let escaped = inbound(r#"<set-header name="@(&quot;&amp;&quot; + nothing)" />"#);
    let found = problems(PolicyFormat::Xml, &escaped);
    assert_eq!(
        found[0].span.as_ref().map(|span| span.start.to_string()).unwrap_or_default(),
        "3:49",
        "{found:?}"
    );
    let raw = inbound(r#"<set-header name="@(context.Variables["a"])" />"#);
    check_as(
        PolicyFormat::Xml,
        &raw,
        codes::SYNTAX,
        "3:48",
        "'a' is an unexpected token. Expecting white space.",
    );
    check(&inbound("<set-header name=\"@(1\" />"), codes::SYNTAX, "3:27", "not closed");
    let nowhere = inbound(r#"<include-fragment fragment-id="@("a")" />"#);
    check(&nowhere, codes::VALUE, "3:40", "not allowed at this place");
}

#[test]
fn what_is_no_policy_document_says_where() {
    for (text, code, place, message) in [
        ("", codes::SYNTAX, "1:1", "root level is invalid"),
        ("text", codes::SYNTAX, "1:1", "root level is invalid"),
        ("<policy />", codes::ELEMENT, "1:2", "The 'policy' element is not declared."),
        (
            "<policies><inbond /></policies>",
            codes::ELEMENT,
            "1:12",
            "possible elements expected: 'inbound, backend, outbound, on-error'",
        ),
        (
            "<policies><inbound /><inbound /></policies>",
            codes::ELEMENT,
            "1:23",
            "invalid child element 'inbound'",
        ),
        (
            "<policies>\n<inbound></policies>",
            codes::SYNTAX,
            "2:12",
            "The 'inbound' start tag on line 2 position 2 does not match the end tag of 'policies'. Line 2, position 12.",
        ),
        ("<policies>", codes::SYNTAX, "1:2", "Unexpected end of file"),
        ("<policies /><policies />", codes::SYNTAX, "1:13", "multiple root elements"),
        ("<policies a='1' a='2' />", codes::SYNTAX, "1:17", "duplicate attribute"),
        ("<!DOCTYPE p [<!ENTITY a 'b'>]><policies />", codes::SYNTAX, "1:1", "DTD is prohibited"),
        ("<policies>&a;</policies>", codes::SYNTAX, "1:11", "EntityName"),
        ("<policies version='1' />", codes::ATTRIBUTE, "1:11", "not declared"),
    ] {
        check(text, code, place, message);
    }
    let deep = format!("<policies>{}", "<a>".repeat(1_000));
    check(&deep, codes::LIMIT, "1:200", "deeper than 64");
    let found = problems(PolicyFormat::RawXml, &" ".repeat(300_000));
    assert_eq!(found[0].code, codes::LIMIT);
}

#[test]
fn all_problems_are_reported_at_once_and_good_documents_compile() {
    let text = inbound(
        "<foo /><set-header /><choose></choose><set-header name='@(a)'><value>@(b)</value></set-header>",
    );
    assert_eq!(problems(PolicyFormat::RawXml, &text).len(), 5);
    let good = "\u{feff}<?xml version='1.0'?><!-- a --><policies><inbound><base /><!-- b -->\
                <set-header name='a' id='x'><value><![CDATA[1 < 2]]></value></set-header></inbound>\
                <backend><base /></backend><outbound /><on-error /></policies>";
    assert_eq!(problems(PolicyFormat::RawXml, good), []);
    assert_eq!(problems(PolicyFormat::Xml, good), []);
}

#[test]
fn cutting_a_document_anywhere_never_panics() {
    let text = "<?xml?><policies><!-- ä --><inbound><set-header name=\"@(\"ä\" + '\\'' + $\"{a}\")\" x='&#x41;&amp;'>\
                <value>@{ return @\"ä\"; }</value><![CDATA[ä]]></set-header></inbound></policies>";
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        for format in [PolicyFormat::Xml, PolicyFormat::RawXml] {
            assert!(!problems(format, &text[..at]).is_empty());
            problems(format, &text[at..]);
        }
    }
}
