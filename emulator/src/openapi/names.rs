//! How operations are named: Azure's rules for imports.

use std::collections::HashSet;

/// The longest name: four less than a resource's name may have, for a number behind it.
const LENGTH: usize = 76;

/// The resource name of an operation: lower case, dashes for what is neither letter nor digit.
pub fn resource_name(
    operation: Option<&str>,
    method: &str,
    path: &str,
    taken: &mut HashSet<String>,
) -> String {
    let text =
        operation.filter(|id| !id.is_empty()).map_or_else(|| format!("{method}-{path}"), str::to_owned);
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name: String = name.trim_matches('-').chars().take(LENGTH).collect();
    let name = if name.is_empty() { "operation".to_owned() } else { name };
    let numbered = (1..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.unwrap_or(name);
    taken.insert(free.clone());
    free
}

/// The name of a schema that a document writes where it is used.
pub fn type_name(method: &str, path: &str, place: &str) -> String {
    let words = format!("{path} {method} {place}");
    let mut name = String::new();
    for word in words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_documented_rules() {
        let mut taken = HashSet::new();
        let long = "x".repeat(100);
        for (operation, method, path, expected) in [
            (None, "get", "/foo/{bar}?buzz={quux}", "get-foo-bar-buzz-quux"),
            (Some("ListPets"), "get", "/pets", "listpets"),
            (Some("listPets"), "post", "/pets", "listpets-1"),
            (Some("_a__b_"), "get", "/", "a-b"),
            (Some(""), "get", "/", "get"),
            (Some(long.as_str()), "get", "/", &long[..76]),
            (Some("/"), "get", "/", "operation"),
        ] {
            assert_eq!(resource_name(operation, method, path, &mut taken), expected);
        }
        assert_eq!(
            type_name("get", "/users/{id}", "200 application/json response"),
            "UsersIdGet200ApplicationJsonResponse"
        );
    }
}
