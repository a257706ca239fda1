//! What is wrong in stylesheets is said at its place; what would not end, ends; nothing is read from outside.

use crate::cases::expressions::{DOCUMENT, EXPRESSIONS};
use crate::cases::stylesheets::CASES;
use xslt::Stylesheet;

const XSL: &str = "xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"";

/// Stylesheets, what is wrong in them, and the text where that is.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "<xsl:template match='/'><xsl:valueof/></xsl:template>",
        "'xsl:valueof' cannot stand here",
        "xsl:valueof",
    ),
    (
        "<xsl:template match='/'><xsl:value-of/></xsl:template>",
        "needs the attribute 'select'",
        "xsl:value-of",
    ),
    (
        "<xsl:template match='/'><xsl:if test='1' x='2'/></xsl:template>",
        "'x' is an invalid attribute",
        "x='2'",
    ),
    ("<xsl:template match='/'><a b='{1'/></xsl:template>", "a brace is without its other", "{"),
    ("<xsl:template match='/'><a b='1}'/></xsl:template>", "a brace is without its other", "}"),
    ("<xsl:template match='/'><a b='x{1 +}'/></xsl:template>", "ends too early", "}"),
    ("<xsl:template match='/'><a b='{1 2}'/></xsl:template>", "'2' is unexpected", "2"),
    ("<xsl:template match='/'><a b='{f()}'/></xsl:template>", "there is no function 'f()'", "f"),
    ("<xsl:template match='/'><a b='{concat(1)}'/></xsl:template>", "does not take 1 argument(s)", "concat"),
    ("<xsl:template match='/'><a b='{q:x}'/></xsl:template>", "the prefix 'q' is not declared", "q:x"),
    ("<xsl:template match='/'><a b='{1 + $v}'/></xsl:template>", "'v' is not defined", "$v"),
    ("<xsl:template match='/'><a b='{x::y}'/></xsl:template>", "'x' is unexpected", "x"),
    (
        "<xsl:template match='/'><a b='{document(1)}'/></xsl:template>",
        "nothing is read from outside",
        "document",
    ),
    ("<xsl:template match='a/..'/>", "no axes but child and attribute", "a/.."),
    ("<xsl:template match='1'/>", "a pattern is a path", "1"),
    ("<xsl:template match='a' priority='x'/>", "'priority' is not a number", "x"),
    ("<xsl:template/>", "a template needs 'match' or 'name'", "xsl:template"),
    ("<xsl:template name='t'/><xsl:template name='t'/>", "two templates of this name", "t"),
    ("<xsl:variable name='v'/><xsl:variable name='v'/>", "two global variables of this name", "xsl:variable"),
    ("<xsl:template match='/'><xsl:call-template name='no'/></xsl:template>", "'no' does not exist", "no"),
    ("<xsl:import href='x'/>", "nothing is read from outside", "xsl:import"),
    ("<xsl:include href='x'/>", "nothing is read from outside", "xsl:include"),
    (
        "<m:script xmlns:m='urn:schemas-microsoft-com:xslt'/>",
        "scripts in stylesheets are not run",
        "m:script",
    ),
    ("<xsl:output method='pdf'/>", "none of 'xml', 'html' and 'text'", "pdf"),
    ("<xsl:output indent='maybe'/>", "neither 'yes' nor 'no'", "maybe"),
    ("<xsl:value-of select='1'/>", "cannot stand directly in 'xsl:stylesheet'", "xsl:value-of"),
    ("<a/>", "without namespace cannot stand directly", "a"),
    ("<xsl:template match='/'><xsl:choose/></xsl:template>", "needs an 'xsl:when'", "xsl:choose"),
    ("<xsl:template match='/'><xsl:number level='x'/></xsl:template>", "'x' is not a level", "x"),
    ("x", "text cannot stand directly in 'xsl:stylesheet'", "x"),
    (
        "<xsl:template match='/'><xsl:call-template name='t'><b/></xsl:call-template></xsl:template><xsl:template name='t'/>",
        "holds nothing but",
        "b",
    ),
    ("<xsl:key name='k' match='a'/>", "needs the attribute 'use'", "xsl:key"),
    (
        "<xsl:template match='/'><xsl:variable name='v' select='1'>2</xsl:variable></xsl:template>",
        "either in 'select'",
        "xsl:variable",
    ),
    ("<xsl:decimal-format digit='ab'/>", "must be one character", "ab"),
];

fn sheet(inside: &str) -> String {
    format!("<xsl:stylesheet version=\"1.0\" {XSL}>{inside}</xsl:stylesheet>")
}

fn transform(inside: &str, document: &str) -> Result<String, String> {
    let compiled = Stylesheet::compile(&sheet(inside)).unwrap_or_else(|problems| panic!("{problems:?}"));
    compiled.transform(document, &[]).map_err(|error| error.to_string())
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    for (inside, message, place) in WRONG {
        let text = sheet(inside);
        let problems = Stylesheet::compile(&text).expect_err(inside);
        let [problem] = problems.as_slice() else { panic!("{inside}: {problems:?}") };
        assert!(problem.message.contains(message), "{inside}: {problem}");
        let span = problem.span.as_ref().expect("a place").bytes.clone();
        assert_eq!(text.get(span), Some(*place), "{inside}: {problem}");
    }
    for text in ["", "<a", "<a/>", "<!DOCTYPE a><a/>", "<xsl:stylesheet/>"] {
        assert!(Stylesheet::compile(text).is_err(), "{text}");
    }
}

#[test]
fn what_cannot_be_done_ends_the_transformation_with_a_reason() {
    let endless = "<xsl:template match='/'><xsl:call-template name='t'/></xsl:template>\
                   <xsl:template name='t'><a><xsl:call-template name='t'/></a></xsl:template>";
    let doubling = "<xsl:template match='/'><xsl:call-template name='t'><xsl:with-param name='s' select=\"'xxxxxxxx'\"/></xsl:call-template></xsl:template>\
                    <xsl:template name='t'><xsl:param name='s'/><xsl:call-template name='t'><xsl:with-param name='s' select='concat($s, $s)'/></xsl:call-template></xsl:template>";
    let copies = "<xsl:template match='/'><xsl:call-template name='t'><xsl:with-param name='f' select='/'/></xsl:call-template></xsl:template>\
                  <xsl:template name='t'><xsl:param name='f'/><xsl:call-template name='t'><xsl:with-param name='f'><xsl:copy-of select='$f'/><xsl:copy-of select='$f'/></xsl:with-param></xsl:call-template></xsl:template>";
    let many = "<xsl:template match='/'><xsl:for-each select='//a'><xsl:for-each select='//a'><xsl:for-each select='//a'>\
                <xsl:if test='count(//a[. = //a])'/></xsl:for-each></xsl:for-each></xsl:for-each></xsl:template>";
    let circle = "<xsl:variable name='a' select='$b'/><xsl:variable name='b' select='$a'/>";
    let sets = "<xsl:attribute-set name='s' use-attribute-sets='s'/><xsl:template match='/'><a xsl:use-attribute-sets='s'/></xsl:template>";
    let own_key = "<xsl:key name='k' match='a' use=\"count(key('k', 'x'))\"/><xsl:template match='/'><xsl:value-of select=\"count(key('k', 0))\"/></xsl:template>";
    let ends = "<xsl:template match='/'><xsl:message terminate='yes'>because <xsl:value-of select='1'/></xsl:message></xsl:template>";
    let late = "<xsl:template match='/'><a>x<xsl:attribute name='b'/></a></xsl:template>";
    let name = "<xsl:template match='/'><xsl:element name='{1}'/></xsl:template>";
    let fragment = "<xsl:template match='/'><xsl:variable name='v'><a/></xsl:variable><xsl:value-of select='count($v/a)'/></xsl:template>";
    let numbers = "<xsl:template match='/'><xsl:for-each select='1'/></xsl:template>";
    let document = format!("<r>{}</r>", "<a>1</a>".repeat(500));
    for (inside, expected) in [
        (endless, "3,000 templates"),
        (doubling, "16 MiB"),
        (copies, "needs more than"),
        (many, "20,000,000 steps"),
        (circle, "needs its own value"),
        (sets, "3,000 templates"),
        (ends, "ended the transformation: because 1"),
        (late, "comes behind the content"),
        (name, "'1' is not a name"),
        (fragment, "no node-set"),
        (numbers, "must come to a node-set"),
    ] {
        let found = transform(inside, &document).expect_err(inside);
        assert!(found.contains(expected), "{inside}: {found}");
    }
    assert!(transform(own_key, &document).is_ok_and(|text| text.ends_with("500")));
}

#[test]
fn documents_that_are_not_taken_say_why() {
    let deep = format!("{}{}", "<a>".repeat(600), "</a>".repeat(600));
    let numbered =
        |what: &str| (0..5000).map(|number| format!(" {what}{number}='u'")).collect::<Vec<_>>().concat();
    let (namespaces, attributes) = (format!("<a{}/>", numbered("xmlns:p")), format!("<a{}/>", numbered("k")));
    for (document, expected) in [
        ("", "cannot be read as XML"),
        ("{}", "cannot be read as XML"),
        (&namespaces, "the body cannot be read as XML: it has more than 512 namespaces"),
        (&attributes, "4,096 attributes"),
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "DTD"),
        (&deep, "deeper than 512"),
    ] {
        let found = transform("", document).expect_err(expected);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn parameters_replace_the_values_of_the_stylesheet() {
    let text = sheet(
        "<xsl:output method='text'/><xsl:param name='x' select='1'/><xsl:param name='y' select='$x'/><xsl:variable name='z' select='3'/>\
                      <xsl:template match='/'><xsl:value-of select=\"concat($x, $y, $z)\"/></xsl:template>",
    );
    let compiled = Stylesheet::compile(&text).expect("a stylesheet");
    let given =
        [("x", "2"), ("z", "9"), ("unknown", "0")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(compiled.transform("<a/>", &given).expect("a result"), "223");
    assert_eq!(compiled.transform("<a/>", &[]).expect("a result"), "113");
}

#[test]
fn cutting_a_stylesheet_or_an_expression_anywhere_never_panics() {
    for case in CASES {
        let text = sheet(case.sheet);
        for (at, _) in text.char_indices() {
            drop(Stylesheet::compile(&text[..at]));
        }
    }
    for (expression, _) in EXPRESSIONS {
        for (at, _) in expression.char_indices() {
            for part in [&expression[..at], &expression[at..]] {
                let part = part.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
                let inside =
                    format!("<xsl:template match=\"/\"><xsl:value-of select=\"{part}\"/></xsl:template>");
                if let Ok(compiled) = Stylesheet::compile(&sheet(&inside)) {
                    drop(compiled.transform(DOCUMENT, &[]));
                }
            }
        }
    }
}

#[test]
fn stylesheets_of_later_versions_get_as_far_as_version_one_goes() {
    let text = |inside: &str| {
        format!(
            "<xsl:stylesheet version='2.0' {XSL}><xsl:output method='text' later='1'/><xsl:function/><xsl:template match='/'>{inside}</xsl:template></xsl:stylesheet>"
        )
    };
    for (inside, expected) in [
        ("<xsl:value-of select='1' separator=','/>", "1"),
        (
            "<xsl:for-each-group select='a'>x<xsl:fallback>instead</xsl:fallback></xsl:for-each-group>",
            "instead",
        ),
        ("<xsl:if test='false()'><xsl:analyze-string/></xsl:if>", ""),
        ("<xsl:analyze-string/>", "'xsl:analyze-string' is not an instruction of XSLT 1.0"),
    ] {
        let compiled = Stylesheet::compile(&text(inside)).expect(inside);
        let found = compiled.transform("<a/>", &[]).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected, "{inside}");
    }
    assert!(Stylesheet::compile(&text("<xsl:when test='1'/>")).is_err());
}
