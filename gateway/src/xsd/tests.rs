//! Elements that are what schemas say, and others.

use super::Schema;

fn read(text: &str) -> Result<Schema, String> {
    Schema::read(&["s"], &[("s", &within(text)), ("other", OTHER)])
}

fn within(text: &str) -> String {
    format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns='urn:s' xmlns:o='urn:o' targetNamespace='urn:s' \
         elementFormDefault='qualified'>{text}</xs:schema>"
    )
}

const OTHER: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:o'>\
                     <xs:element name='thing' type='xs:int'/></xs:schema>";

const ORDER: &str = r"
<xs:import namespace='urn:o'/>
<xs:element name='order' type='Order'/>
<xs:complexType name='Order'>
  <xs:sequence>
    <xs:element name='id' type='Id'/>
    <xs:choice maxOccurs='unbounded'>
      <xs:element name='line' type='Line'/>
      <xs:element name='note' type='xs:string' nillable='true'/>
    </xs:choice>
    <xs:element name='when' type='xs:date' minOccurs='0'/>
    <xs:element ref='o:thing' minOccurs='0' maxOccurs='2'/>
    <xs:any namespace='##other' processContents='lax' minOccurs='0'/>
  </xs:sequence>
  <xs:attribute name='priority' use='required'>
    <xs:simpleType><xs:restriction base='xs:token'><xs:enumeration value='high'/><xs:enumeration value='low'/></xs:restriction></xs:simpleType>
  </xs:attribute>
  <xs:attribute name='version' fixed='1' type='xs:decimal'/>
</xs:complexType>
<xs:simpleType name='Id'><xs:restriction base='xs:string'><xs:pattern value='[A-Z-[X]]\d{2,3}'/><xs:maxLength value='4'/></xs:restriction></xs:simpleType>
<xs:complexType name='Line'><xs:all><xs:element name='sku' type='xs:string'/><xs:element name='count' type='Count' minOccurs='0'/></xs:all></xs:complexType>
<xs:complexType name='Gift'><xs:complexContent><xs:extension base='Line'><xs:sequence><xs:element name='card' type='xs:string'/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:simpleType name='Count'><xs:restriction base='xs:integer'><xs:minInclusive value='1'/><xs:maxExclusive value='100'/></xs:restriction></xs:simpleType>
<xs:complexType name='Node'><xs:sequence><xs:element name='node' type='Leaf' minOccurs='0' maxOccurs='unbounded'/></xs:sequence></xs:complexType>
<xs:complexType name='Leaf'><xs:complexContent><xs:extension base='Node'><xs:attribute name='a'/></xs:extension></xs:complexContent></xs:complexType>
<xs:element name='tree' type='Node'/>
<xs:element name='head' type='xs:string' abstract='true'/>
<xs:element name='member' type='xs:string' substitutionGroup='head'/>
<xs:element name='heads'><xs:complexType><xs:sequence><xs:element ref='head'/></xs:sequence></xs:complexType></xs:element>
<xs:element name='price'><xs:complexType><xs:simpleContent><xs:extension base='xs:decimal'><xs:attribute name='currency'/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
<xs:element name='ids'><xs:simpleType><xs:list itemType='Id'/></xs:simpleType></xs:element>
<xs:element name='either'><xs:simpleType><xs:union memberTypes='xs:int xs:boolean'/></xs:simpleType></xs:element>
";

#[test]
fn elements_are_what_their_schema_says_or_what_is_wrong_is_said() {
    let schema = read(ORDER).expect("a schema");
    for (element, wrong) in CASES {
        element_is(&schema, element, wrong);
    }
}

/// Elements without their namespaces, and a part of what is wrong.
const CASES: &[(&str, &str)] = &[
    ("<order priority='high'><id>A12</id><line><count>9</count><sku>x</sku></line><note/></order>", ""),
    (
        "<order priority=' low ' version='1.0'><id>A12</id><note/><when>2024-02-29Z</when><o:thing>1</o:thing><o:b/></order>",
        "",
    ),
    ("<order><id>A12</id><note/></order>", "required attribute 'priority' is missing"),
    ("<order priority='mid'><id>A12</id><note/></order>", "The Enumeration constraint failed."),
    ("<order priority='low' version='2'><id>A12</id><note/></order>", "fixed value"),
    ("<order priority='low' more=''><id>A12</id><note/></order>", "The 'more' attribute is not declared."),
    ("<order priority='low'><id>X12</id><note/></order>", "The Pattern constraint failed."),
    (
        "<order priority='low'><id>A12</id></order>",
        "has incomplete content. List of possible elements expected: 'line', 'note'.",
    ),
    (
        "<order priority='low'><note/></order>",
        "has invalid child element 'note' in namespace 'urn:s'. List of possible elements expected: 'id'.",
    ),
    ("<order priority='low'><id>A12</id><note/><id>A12</id></order>", "invalid child element 'id'"),
    ("<order priority='low'><id>A12</id><note/><when>2023-02-29</when></order>", "is not a valid date value"),
    (
        "<order priority='low'><id>A12</id><note/><o:thing>x</o:thing></order>",
        "'http://www.w3.org/2001/XMLSchema:int' - The string 'x' is not a valid int value.",
    ),
    ("<order priority='low'>text<id>A12</id><note/></order>", "cannot contain text"),
    ("<order priority='low'><id>A12</id><line/></order>", "incomplete content"),
    ("<order priority='low'><id>A12</id><line><sku/><count>0</count></line></order>", "MinInclusive"),
    ("<order priority='low'><id>A12</id><line><sku/><count>100</count></line></order>", "MaxExclusive"),
    ("<order priority='low'><id>A12</id><line><sku/><sku/></line></order>", "invalid child element 'sku'"),
    ("<order priority='low'><id>A12</id><note xsi:nil='true'/></order>", ""),
    ("<order priority='low'><id xsi:nil='true'/><note/></order>", "nillable"),
    ("<order priority='low'><id>A12</id><line xsi:type='Gift'><sku/><card/></line></order>", ""),
    ("<order priority='low'><id>A12</id><line xsi:type='Node'/></order>", "not derived"),
    ("<tree><node a=''><node/><node/></node></tree>", ""),
    ("<tree a=''/>", "The 'a' attribute is not declared."),
    ("<heads><member/></heads>", ""),
    ("<heads><head/></heads>", "invalid child element 'head'"),
    ("<price currency='EUR'> 1.50 </price>", ""),
    ("<price currency='EUR'>1,5</price>", "decimal"),
    ("<ids> A12  B34 </ids>", ""),
    ("<ids>A12 b34</ids>", "is invalid"),
    ("<either>true</either>", ""),
    ("<either>x</either>", "is invalid"),
    ("<unknown/>", "The 'unknown' in namespace 'urn:s' element is not declared."),
];

fn element_is(schema: &Schema, element: &str, wrong: &str) {
    let xsi = "http://www.w3.org/2001/XMLSchema-instance";
    let text = format!("<r xmlns='urn:s' xmlns:o='urn:o' xmlns:xsi='{xsi}'>{element}</r>");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let root = document.root_element().first_element_child().expect("an element");
    match (schema.check(root), wrong) {
        (Ok(()), "") => {}
        (Err(why), wrong) if !wrong.is_empty() && why.contains(wrong) => {}
        (found, _) => panic!("{element}: {found:?} in place of {wrong:?}"),
    }
}

#[test]
fn what_is_not_supported_is_refused_when_a_schema_is_read() {
    for (text, wrong) in [
        (
            "<xs:element name='a'><xs:complexType/><xs:key name='k'><xs:selector xpath='b'/></xs:key></xs:element>",
            "'key'",
        ),
        ("<xs:element name='a' type='none'/>", "does not declare 'none' in namespace 'urn:s'"),
        ("<xs:element name='a' type='xs:none'/>", "xs:none"),
        (
            "<xs:complexType name='a'><xs:complexContent><xs:extension base='a'/></xs:complexContent></xs:complexType>",
            "its own base",
        ),
        (
            "<xs:simpleType name='a'><xs:restriction base='xs:date'><xs:minInclusive value='2024-01-01'/></xs:restriction></xs:simpleType>",
            "ranges of dates",
        ),
        (
            "<xs:simpleType name='a'><xs:restriction base='xs:string'><xs:pattern value='\\p{IsBasicLatin}'/></xs:restriction></xs:simpleType>",
            "the block",
        ),
        (
            "<xs:simpleType name='a'><xs:restriction base='xs:string'><xs:pattern value='['/></xs:restriction></xs:simpleType>",
            "cannot be read",
        ),
        ("<xs:include schemaLocation='missing.xsd'/>", "there is no schema 'missing'"),
        ("<xs:oops/>", "'oops'"),
        ("<", "XML"),
    ] {
        let found = read(text).err().unwrap_or_default();
        assert!(found.contains(wrong) || text == "<" && !found.is_empty(), "{text}: {found}");
    }
}

#[test]
fn values_of_the_built_in_types() {
    for (name, good, bad) in [
        ("dateTime", "2024-01-02T24:00:00+14:00", "2024-01-02T25:00:00"),
        ("duration", "-P1Y2M3DT4H5M6.7S", "P1S"),
        ("duration", "PT0S", "P"),
        ("gYearMonth", "-0001-12", "2024-13"),
        ("gMonthDay", "--02-30", "02-30"),
        ("base64Binary", "QUI=", "QUI"),
        ("hexBinary", "0aFF", "0aF"),
        ("unsignedByte", "+255", "256"),
        ("long", "-9223372036854775808", "9223372036854775808"),
        ("positiveInteger", "00000000000000000000000000000000000000001", "0"),
        ("double", "-INF", "infinity"),
        ("language", "en-GB", "e_n"),
        ("NCName", "a.b-c", "a:b"),
        ("NMTOKENS", "1 2", ""),
        ("boolean", "1", "True"),
        ("time", "12:00:00.5Z", "12:00"),
    ] {
        let schema = read(&format!("<xs:element name='a' type='xs:{name}'/>")).expect("a schema");
        element_is(&schema, &format!("<a>{good}</a>"), "");
        element_is(&schema, &format!("<a>{bad}</a>"), "is invalid");
    }
}
