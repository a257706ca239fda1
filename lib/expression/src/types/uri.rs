//! `System.Uri` and `UriPartial`.
//!
//! Follows <https://learn.microsoft.com/dotnet/api/system.uri>.
//!
//! **Differs from Azure:** international host names stay as they are written.

use std::any::Any;
use std::fmt::Write as _;

use super::system::{escape, unescape};
use crate::failure::{Outcome, exception, null_argument, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Native, Value};

/// An absolute URI by its parts, as they are in `AbsoluteUri`.
#[derive(Debug, Clone, Default)]
pub struct Uri {
    original: String,
    scheme: String,
    user: String,
    host: String,
    port: i32,
    /// Whether `//` stands after the scheme.
    hierarchical: bool,
    path: String,
    query: String,
    fragment: String,
}

impl Native for Uri {
    fn type_name(&self) -> &'static str {
        "System.Uri"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        let shown = Self {
            path: readable(&self.path),
            query: readable(&self.query),
            fragment: readable(&self.fragment),
            ..self.clone()
        };
        Str::from(shown.absolute())
    }
}

fn default_port(scheme: &str) -> i32 {
    match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        _ => -1,
    }
}

impl Uri {
    fn authority(&self) -> String {
        if self.port == default_port(&self.scheme) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn left(&self, part: i64) -> String {
        let mut text = format!("{}:{}", self.scheme, if self.hierarchical { "//" } else { "" });
        if part >= 1 {
            if !self.user.is_empty() {
                let _ = write!(text, "{}@", self.user);
            }
            text.push_str(&self.authority());
        }
        if part >= 2 {
            text.push_str(&self.path);
        }
        if part >= 3 {
            text.push_str(&self.query);
        }
        text
    }

    fn absolute(&self) -> String {
        format!("{}{}", self.left(3), self.fragment)
    }
}

/// Undoes escapes, except those of characters that would change the meaning.
fn readable(text: &str) -> String {
    const KEPT: &str = ";/?:@&=+$,#[]!'()*%\\";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let run = rest.get(at..).unwrap_or_default();
        let escapes = run
            .as_bytes()
            .chunks(3)
            .take_while(
                |chunk| matches!(chunk, [b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()),
            )
            .count();
        let coded = run.get(..escapes * 3).unwrap_or_default();
        for c in unescape(coded, false).chars() {
            if c.is_control() || KEPT.contains(c) || c == '\u{fffd}' {
                out.push_str(&escape(&c.to_string(), "", "%20"));
            } else {
                out.push(c);
            }
        }
        if escapes == 0 {
            out.push('%');
        }
        rest = run.get((escapes * 3).max(1)..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

const LEGAL: &str = "-_.~!*'();:@&=+$,/?#[]%";

fn wrong<T>(what: &str) -> Outcome<T> {
    throw("System.UriFormatException", format!("Invalid URI: {what}"))
}

/// `.` and `..` are resolved.
fn compressed(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." && kept.len() > 1 {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    kept.join("/")
}

fn split_tail(text: &str) -> (&str, &str, &str) {
    let (text, fragment) = text.find('#').map_or((text, ""), |at| text.split_at(at));
    let (path, query) = text.find('?').map_or((text, ""), |at| text.split_at(at));
    (path, query, fragment)
}

/// Reads an absolute URI.
pub fn parse(text: &str) -> Outcome<Uri> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return wrong("The URI is empty.");
    }
    let unknown = "The format of the URI could not be determined.";
    let Some((scheme, rest)) = trimmed.split_once(':') else { return wrong(unknown) };
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !valid {
        return wrong(unknown);
    }
    let scheme = scheme.to_lowercase();
    let mut uri = Uri { original: text.to_owned(), port: default_port(&scheme), scheme, ..Uri::default() };
    let web = uri.port != -1;
    let rest = if web { rest.replace('\\', "/") } else { rest.to_owned() };
    let Some(rest) = rest.strip_prefix("//") else {
        if web {
            return wrong("The hostname could not be parsed.");
        }
        tail(&mut uri, &rest);
        return Ok(uri);
    };
    uri.hierarchical = true;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    authority_of(&mut uri, authority, web)?;
    tail(&mut uri, rest);
    if !uri.path.starts_with('/') {
        uri.path.insert(0, '/');
    }
    uri.path = compressed(&uri.path);
    Ok(uri)
}

fn authority_of(uri: &mut Uri, authority: &str, web: bool) -> Outcome<()> {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    user.clone_into(&mut uri.user);
    let colon = host.rfind(':').filter(|at| !host.get(*at..).unwrap_or_default().contains(']'));
    let (name, port) = colon.map_or((host, ""), |at| (&host[..at], &host[at + 1..]));
    if !port.is_empty() {
        match port.parse::<u16>() {
            Ok(port) => uri.port = i32::from(port),
            Err(_) => return wrong("Invalid port specified."),
        }
    }
    let good = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
    if (name.is_empty() && web) || !name.chars().all(good) {
        return wrong("The hostname could not be parsed.");
    }
    uri.host = name.to_lowercase();
    Ok(())
}

fn tail(uri: &mut Uri, rest: &str) {
    let (path, query, fragment) = split_tail(rest);
    let legal = |text: &str| if text.len() == 1 { String::new() } else { escape(text, LEGAL, "%20") };
    (uri.path, uri.query, uri.fragment) = (escape(path, LEGAL, "%20"), legal(query), legal(fragment));
}

/// `new Uri(text)`
pub fn create(text: &str) -> Outcome {
    parse(text).map(Value::native)
}

fn combine(base: &Uri, relative: &str) -> Outcome<Uri> {
    if let Ok(absolute) = parse(relative) {
        return Ok(absolute);
    }
    let (path, query, _) = split_tail(relative);
    let joined = if relative.starts_with("//") {
        format!("{}:{relative}", base.scheme)
    } else if path.starts_with('/') {
        format!("{}{relative}", base.left(1))
    } else if path.is_empty() && query.is_empty() {
        format!("{}{relative}", base.left(3))
    } else if path.is_empty() {
        format!("{}{relative}", base.left(2))
    } else {
        let folder = base.path.rfind('/').map_or("/", |at| &base.path[..=at]);
        format!("{}{folder}{relative}", base.left(1))
    };
    parse(&joined)
}

fn show(c: Call<'_>, part: impl FnOnce(&Uri) -> String) -> Outcome {
    Ok(Value::text(&part(c.native::<Uri>(0)?)))
}

fn segments(uri: &Uri) -> Value {
    let parts = uri.path.split_inclusive('/').map(Value::text);
    Value::array(Type::STRING, parts.collect())
}

fn text_at<'a>(c: Call<'a>, at: usize, name: &str) -> Outcome<std::borrow::Cow<'a, str>> {
    match c.value(at) {
        Value::String(text) => Ok(text.text()),
        _ => Err(null_argument(name)),
    }
}

pub const URI: TypeRow = TypeRow {
    name: "System.Uri",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[
        ("new(string uriString)", |_, c| create(&text_at(c, 0, "uriString")?)),
        ("new(Uri baseUri, string relativeUri)", |_, c| {
            combine(c.native::<Uri>(0)?, &text_at(c, 1, "relativeUri")?).map(Value::native)
        }),
        ("new(Uri baseUri, Uri relativeUri)", |_, c| Ok(Value::native(c.native::<Uri>(1)?.clone()))),
        ("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", |m, c| {
            let made = combine(c.native::<Uri>(0)?, &text_at(c, 1, "relativeUri")?).map(Value::native);
            let good = made.is_ok();
            m.rare().outs.push(made.unwrap_or(Value::Null));
            Ok(Value::Bool(good))
        }),
        ("string AbsolutePath { get; }", |_, c| show(c, |uri| uri.path.clone())),
        ("string AbsoluteUri { get; }", |_, c| show(c, Uri::absolute)),
        ("string Authority { get; }", |_, c| show(c, Uri::authority)),
        ("string DnsSafeHost { get; }", |_, c| show(c, |uri| uri.host.trim_matches(['[', ']']).to_owned())),
        ("string Fragment { get; }", |_, c| show(c, |uri| uri.fragment.clone())),
        ("string Host { get; }", |_, c| show(c, |uri| uri.host.clone())),
        ("string LocalPath { get; }", |_, c| show(c, |uri| unescape(&uri.path, false))),
        ("string OriginalString { get; }", |_, c| show(c, |uri| uri.original.clone())),
        ("string PathAndQuery { get; }", |_, c| show(c, |uri| format!("{}{}", uri.path, uri.query))),
        ("string Query { get; }", |_, c| show(c, |uri| uri.query.clone())),
        ("string Scheme { get; }", |_, c| show(c, |uri| uri.scheme.clone())),
        ("string UserInfo { get; }", |_, c| show(c, |uri| uri.user.clone())),
        ("int Port { get; }", |_, c| Ok(Value::Int(c.native::<Uri>(0)?.port))),
        ("bool IsAbsoluteUri { get; }", |_, c| c.native::<Uri>(0).map(|_| Value::Bool(true))),
        ("bool IsDefaultPort { get; }", |_, c| {
            let uri = c.native::<Uri>(0)?;
            Ok(Value::Bool(uri.port == default_port(&uri.scheme)))
        }),
        ("bool IsFile { get; }", |_, c| Ok(Value::Bool(c.native::<Uri>(0)?.scheme == "file"))),
        ("bool IsLoopback { get; }", |_, c| {
            let host = &c.native::<Uri>(0)?.host;
            Ok(Value::Bool(matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]" | "loopback")))
        }),
        ("string[] Segments { get; }", |_, c| Ok(segments(c.native::<Uri>(0)?))),
        ("string GetLeftPart(UriPartial part)", |_, c| show(c, |uri| uri.left(c.integer(1)))),
        ("static string EscapeDataString(string stringToEscape)", |m, c| {
            m.string(escape(&text_at(c, 0, "stringToEscape")?, "-_.~", "%20"))
        }),
        ("static string UnescapeDataString(string stringToUnescape)", |m, c| {
            m.string(unescape(&text_at(c, 0, "stringToUnescape")?, false))
        }),
        ("static string EscapeUriString(string stringToEscape)", |m, c| {
            m.string(escape(&text_at(c, 0, "stringToEscape")?, "-_.~!*'();:@&=+$,/?#[]", "%20"))
        }),
        ("static bool CheckSchemeName(string schemeName)", |_, c| {
            let Value::String(name) = c.value(0) else { return Ok(Value::Bool(false)) };
            let name = name.text();
            Ok(Value::Bool(
                name.starts_with(|c: char| c.is_ascii_alphabetic())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)),
            ))
        }),
        ("static string UriSchemeHttp { get; }", |_, _| Ok(Value::text("http"))),
        ("static string UriSchemeHttps { get; }", |_, _| Ok(Value::text("https"))),
        ("static string SchemeDelimiter { get; }", |_, _| Ok(Value::text("://"))),
        ("static bool IsHexDigit(char character)", |_, c| {
            let unit = u8::try_from(c.integer(0)).unwrap_or_default();
            Ok(Value::Bool(unit.is_ascii_hexdigit()))
        }),
        ("static string HexEscape(char character)", |_, c| match u8::try_from(c.integer(0)) {
            Ok(byte) => Ok(Value::text(&format!("%{byte:02X}"))),
            Err(_) => Err(exception(
                "System.ArgumentOutOfRangeException",
                "Specified argument was out of the range of valid values. (Parameter 'character')",
            )),
        }),
    ],
    missing: &[
        "IsWellFormedUriString",
        "IsBaseOf",
        "MakeRelativeUri",
        "GetComponents",
        "HostNameType",
        "IdnHost",
        "IsUnc",
        "CheckHostName",
        "Compare",
        "FromHex",
        "HexUnescape",
    ],
};

pub const URI_PARTIAL: TypeRow = TypeRow {
    name: "System.UriPartial",
    generics: &[],
    form: Form::Enum(&[("Scheme", 0), ("Authority", 1), ("Path", 2), ("Query", 3)]),
    bases: &[],
    members: &[],
    missing: &[],
};
