//! How .NET orders strings in the invariant culture: by letters, then by accents, then by case.
//!
//! Follows the root order of the Unicode Collation Algorithm for the characters that header values and JSON use.
//!
//! **Differs from Azure:** letters outside Latin-1 are in the order of their code points.

use std::cmp::Ordering;

/// White space, punctuation, symbols and digits in their order; letters come after them.
const BEFORE_LETTERS: &str = "\t\n\u{b}\u{c}\r \u{a0}_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

/// The letters without accents, and whether there was one.
fn letters(c: char) -> (&'static str, char) {
    let base = match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ß' => return ("ss", c),
        'æ' => return ("ae", c),
        _ => return ("", '\0'),
    };
    let at = usize::from(base as u8 - b'a');
    ("abcdefghijklmnopqrstuvwxyz".get(at..=at).unwrap_or_default(), c)
}

/// One letter at a time: its place, its accent, and whether it is a capital.
fn weights(text: &str) -> Vec<(u32, char, bool)> {
    let mut weights = Vec::new();
    for c in text.chars().filter(|c| !c.is_control() || c.is_whitespace()) {
        let lower = c.to_lowercase().next().unwrap_or(c);
        let (base, accent) = letters(lower);
        if base.is_empty() {
            let place = BEFORE_LETTERS.chars().position(|other| other == lower);
            let place = place.map_or_else(|| 1000 + u32::from(lower), |place| place as u32);
            weights.push((place, '\0', c != lower));
        }
        weights.extend(base.chars().map(|letter| (1000 + u32::from(letter), accent, c != lower)));
    }
    weights
}

/// Compares as `string.Compare` does.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (weights(a), weights(b));
    let level = |pick: fn(&(u32, char, bool)) -> u32| a.iter().map(pick).cmp(b.iter().map(pick));
    level(|weight| weight.0)
        .then_with(|| level(|weight| u32::from(weight.1)))
        .then_with(|| level(|weight| u32::from(weight.2)))
}
