//! Queries that are `OData`, and others.

use super::{key, query};

fn check(text: &str, wrong: &str) {
    let encoded: String = text
        .split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
        })
        .collect::<Vec<_>>()
        .join("&");
    match (query(&encoded), wrong) {
        (Ok(()), "") => {}
        (Err(why), wrong) if !wrong.is_empty() && why.contains(wrong) => {}
        (found, _) => panic!("{text}: {found:?} in place of {wrong:?}"),
    }
}

#[test]
fn options_are_what_the_conventions_say() {
    for text in [
        "",
        "own=(&$top=5&$skip=0&$count=true&$format=application/json",
        "$filter=Name eq 'O''Neil' and (Price gt 5.5 or not contains(tolower(Name),'x'))",
        "$filter=Price add 5 mul -2 ge 1e3 and Id eq 01234567-89ab-cdef-0123-456789abcdef",
        "$filter=Start lt 2012-12-03T07:16:23.5+02:00 and Day eq 2012-12-03 and At eq 07:30:08",
        "$filter=Items/any(i:i/Quantity gt 100 and i/Tags/all(t:t ne 'a')) or Items/any()",
        "$filter=Color has Model.Color'Red' and Length le duration'P1D' and Name in ('a','b') and Id in @ids&@ids=[1,2]",
        "$filter=geo.distance(Location,geography'SRID=0;Point(1 2)') lt 1 and Model.Special(Name) and Active and null eq X",
        "$filter=Items(1)/Name eq 'x' and cast(Model.Big)/Size gt 1 and Items/$count gt 2 and isof(Model.Big)",
        "$orderby=Name desc,length(Name),Address/City asc",
        "$select=Name,Address/City,Model.*,*,Model.Big/Size",
        "$expand=Items($filter=Price gt 1;$expand=Part($levels=max;$select=Id,Name);$top=2),Owner/$ref,*",
        "$search=blue OR (NOT \"very green\" AND red) car",
        "$apply=groupby((Name),aggregate(Price with sum as Total))&$skiptoken=",
    ] {
        check(text, "");
    }
}

#[test]
fn what_is_not_is_said() {
    for (text, wrong) in [
        ("$filter=Name eq", "Syntax error at position 7 in 'Name eq': a name is expected."),
        ("$filter=Name eq 'x", "a text has no end"),
        ("$filter=Name is 1", "the end is expected"),
        ("$filter=(Name eq 1", "')' is expected"),
        ("$filter=5", "does not give a boolean value"),
        ("$filter=length(Name)", "does not give a boolean value"),
        ("$filter=Name and 5", "between conditions"),
        ("$filter=contains(Name)", "The function 'contains' does not take 1 arguments."),
        ("$filter=tolowr(Name) eq 'x'", "The function 'tolowr' is not known."),
        ("$filter=Day eq 2012-1-3", "this is no literal"),
        ("$filter=Items/any(gt 1)", "':' is expected"),
        ("$filter=", "a name is expected"),
        ("$filter=a;b", "the end is expected"),
        ("$orderby=Name down", "the end is expected"),
        ("$select=Name,", "a name is expected"),
        ("$select=1", "a name is expected"),
        ("$expand=Items($top=x)", "a number"),
        ("$expand=Items($format=json)", "'$format' is not supported"),
        ("$expand=Items($filter=a eq 1", "')' is expected"),
        ("$levels=1", "'$levels' is not supported"),
        ("$top=-1", "a number"),
        ("$top=99999999999999999999", "a number"),
        ("$top=1&$top=2", "more than once"),
        ("$count=yes", "true or false"),
        ("$format=", "a value is expected"),
        ("$search=AND", "a word is expected"),
        ("$search=\"a", "no end"),
        ("$apply=groupby((Name)", "the end is not expected"),
        ("$other=1", "The query option '$other' is not supported."),
        ("@a=[1", "no JSON"),
    ] {
        check(text, wrong);
    }
    check(&format!("$filter={}", "(".repeat(200)), "more than 50 deep");
    check(&format!("$filter={}a", "-".repeat(200)), "more than 50 deep");
    check(&format!("$filter={}a", "not ".repeat(200)), "more than 50 deep");
    check(&format!("$expand={}", "a($expand=".repeat(200)), "more than 50 deep");
}

#[test]
fn keys_are_values() {
    for (segment, good) in [
        ("Orders", true),
        ("Orders(1)", true),
        ("Orders('a b')", true),
        ("Orders(Id=1,Name='x')", true),
        ("Model.Top(count=@c)", true),
        ("Orders()", true),
        ("Orders(1", false),
        ("Orders('a)", false),
        ("Orders(1)x", false),
    ] {
        assert_eq!(key(segment).is_ok(), good, "{segment}: {:?}", key(segment));
    }
}
