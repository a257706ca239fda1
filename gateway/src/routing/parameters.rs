//! The parameters of an operation's URL template: their names, and what they are in a request.
//! <https://learn.microsoft.com/azure/api-management/rewrite-uri-policy>

/// The names in a template: those of its path and those of its query.
pub fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| plain(name))
}

/// What the parameters of a template are in a request, still encoded as the client wrote it.
pub fn captured<'a>(template: &'a str, path: &'a str, query: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let (path_template, query_template) = template.split_once('?').unwrap_or((template, ""));
    let mut found = Vec::new();
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    for pattern in path_template.strip_prefix('/').unwrap_or(path_template).split('/') {
        if pattern.starts_with("{*") {
            found.extend(name_of(pattern).map(|name| (name, rest)));
            break;
        }
        let (segment, behind) = rest.split_once('/').unwrap_or((rest, ""));
        rest = behind;
        if let Some(name) = name_of(pattern) {
            let (before, after) = around(pattern);
            let end = segment.len().saturating_sub(after.len());
            found.push((name, segment.get(before.len()..end).unwrap_or(segment)));
        }
    }
    for part in query_template.split('&').filter(|part| !part.is_empty()) {
        let (parameter, pattern) = part.split_once('=').unwrap_or((part, ""));
        let name = name_of(pattern).unwrap_or(parameter);
        found.extend(value(query.unwrap_or_default(), parameter).map(|value| (name, value)));
    }
    found
}

/// The names of the query parameters that a template has.
pub fn query_names(template: &str) -> impl Iterator<Item = &str> {
    let query = template.split_once('?').map_or("", |(_, query)| query);
    query.split('&').map(|part| part.split_once('=').map_or(part, |(name, _)| name))
}

fn name_of(pattern: &str) -> Option<&str> {
    let (_, rest) = pattern.split_once('{')?;
    rest.split_once('}').map(|(name, _)| plain(name))
}

fn around(pattern: &str) -> (&str, &str) {
    let before = pattern.split_once('{').map_or("", |(before, _)| before);
    (before, pattern.rsplit_once('}').map_or("", |(_, after)| after))
}

/// `*rest` is called `rest`.
fn plain(name: &str) -> &str {
    name.trim().trim_start_matches('*')
}

fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    super::query::pairs(query)
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, part)| part.split_once('=').map_or("", |(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_what_stands_in_their_place() {
        let check = |template: &str, path: &str, query: Option<&str>, expected: &[(&str, &str)]| {
            assert_eq!(captured(template, path, query), expected, "{template} {path} {query:?}");
        };
        check("/orders/{id}/lines/{line}", "/orders/a%20b/lines/2", None, &[("id", "a%20b"), ("line", "2")]);
        check("/files/{*path}", "/files/a/b/c", None, &[("path", "a/b/c")]);
        check("/Products({id})", "/products(5)", None, &[("id", "5")]);
        check("/s?q={query}&kind={k}", "/s", Some("Q=x%20y&kind=1"), &[("query", "x%20y"), ("k", "1")]);
        check("/", "", None, &[]);
        check("/{a}", "/", None, &[("a", "")]);
        assert_eq!(names("/a/{b}/{*c}?d={e}").collect::<Vec<_>>(), ["b", "c", "e"]);
        assert_eq!(query_names("/a?d={e}&f=g").collect::<Vec<_>>(), ["d", "f"]);
    }
}
