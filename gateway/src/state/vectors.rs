//! Answers of language models that are kept with the meaning of their prompts, as vectors.
//! <https://learn.microsoft.com/azure/api-management/azure-openai-enable-semantic-caching>
//!
//! **Differs from Azure:** this is the process's own memory, where Azure needs an external cache with a search for
//! vectors; the nearest of all vectors of a partition is found, not nearly the nearest.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Kept;
use super::responses::LONGEST;

/// How many answers are kept.
const ANSWERS: usize = 5_000;
/// How much is kept in all, in bytes.
const SIZE: usize = 128 << 20;

/// The direction of a meaning: a vector of the length one.
#[derive(Clone, PartialEq)]
pub struct Vector(Arc<[f32]>);

/// The cache of answers by meaning.
#[derive(Default)]
pub struct Vectors {
    partitions: HashMap<String, Vec<Arc<Entry>>>,
    answers: usize,
    size: usize,
}

/// An answer with the meaning of its prompt.
pub struct Entry {
    vector: Vector,
    /// The answer.
    pub kept: Kept,
}

impl Vector {
    /// What points in the direction of these numbers; `None` if they point nowhere.
    pub fn of(numbers: &[f32]) -> Option<Self> {
        let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
        let points = length.is_finite() && length > 0.0;
        points.then(|| Self(numbers.iter().map(|number| number / length).collect()))
    }

    /// The cosine distance: 0 for the same direction, 2 for the opposite one; `None` if they are not of one space.
    pub fn distance(&self, other: &Self) -> Option<f32> {
        let same = self.0.len() == other.0.len();
        same.then(|| 1.0 - self.0.iter().zip(&*other.0).map(|(one, another)| one * another).sum::<f32>())
    }
}

impl Vectors {
    /// The answers of a partition that are still good.
    pub fn partition(&self, name: &str, now: i64) -> Vec<Arc<Entry>> {
        let entries = self.partitions.get(name).into_iter().flatten();
        entries.filter(|entry| entry.kept.until > now).cloned().collect()
    }

    /// Keeps an answer, in place of one with the same vector, unless it is too long or there are too many.
    pub fn put(&mut self, partition: String, vector: Vector, kept: Kept, now: i64) {
        if kept.body.len() > LONGEST {
            return;
        }
        let entry = Entry { vector, kept };
        if let Some(entries) = self.partitions.get_mut(&partition) {
            entries.retain(|known| known.vector != entry.vector);
        }
        if self.answers >= ANSWERS || self.size + entry.size() > SIZE {
            self.partitions.retain(|_, known| {
                known.retain(|entry| entry.kept.until > now);
                !known.is_empty()
            });
        }
        self.count();
        if self.answers < ANSWERS && self.size + entry.size() <= SIZE {
            self.answers += 1;
            self.size += entry.size();
            self.partitions.entry(partition).or_default().push(Arc::new(entry));
        }
    }

    fn count(&mut self) {
        let entries = self.partitions.values().flatten();
        (self.answers, self.size) =
            entries.fold((0, 0), |(answers, size), entry| (answers + 1, size + entry.size()));
    }
}

impl Entry {
    /// Of some answers, the one whose prompt is nearest to a meaning, and its distance.
    pub fn nearest<'e>(entries: &'e [Arc<Self>], vector: &Vector) -> Option<(&'e Self, f32)> {
        let distances = entries.iter().filter_map(|entry| Some((&**entry, entry.vector.distance(vector)?)));
        distances.min_by(|(_, one), (_, another)| one.total_cmp(another))
    }

    fn size(&self) -> usize {
        self.kept.body.len() + size_of_val(&*self.vector.0)
    }
}

/// What was said is not for logs.
impl fmt::Debug for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vectors").field("answers", &self.answers).finish_non_exhaustive()
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vector({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn vector(numbers: &[f32]) -> Vector {
        Vector::of(numbers).expect("a direction")
    }

    fn kept(body: &'static str, until: i64) -> Kept {
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        Kept { status, reason: None, headers, body: Bytes::from(body), until }
    }

    #[test]
    fn distances_are_of_directions() {
        for (one, another, expected) in [
            (&[3.0, 4.0][..], &[6.0, 8.0][..], Some(0.0)),
            (&[1.0, 0.0], &[0.0, 2.0], Some(1.0)),
            (&[1.0, 0.0], &[-1.0, 0.0], Some(2.0)),
            (&[1.0, 0.0], &[1.0], None),
        ] {
            let found = vector(one).distance(&vector(another));
            assert_eq!(found.map(f32::round), expected, "{one:?} and {another:?}");
        }
        for numbers in [&[][..], &[0.0, 0.0], &[f32::NAN], &[f32::INFINITY]] {
            assert_eq!(Vector::of(numbers), None, "{numbers:?}");
        }
    }

    #[test]
    fn the_nearest_of_a_partition_is_found_while_it_is_good() {
        let mut vectors = Vectors::default();
        vectors.put("a".to_owned(), vector(&[1.0, 0.0]), kept("east", 10), 0);
        vectors.put("a".to_owned(), vector(&[0.0, 1.0]), kept("north", 20), 0);
        vectors.put("a".to_owned(), vector(&[0.0, 9.0]), kept("north again", 20), 0);
        vectors.put("b".to_owned(), vector(&[1.0, 0.1]), kept("other", 20), 0);
        assert_eq!((vectors.answers, vectors.partitions.len()), (3, 2));
        for (now, expected) in [(0, Some("east")), (10, Some("north again")), (20, None)] {
            let entries = vectors.partition("a", now);
            let found = Entry::nearest(&entries, &vector(&[1.0, 0.1])).map(|(entry, _)| &entry.kept.body);
            assert_eq!(found.map(|body| &**body), expected.map(str::as_bytes), "{now}");
        }
        assert!(vectors.partition("c", 0).is_empty());
    }

    #[test]
    fn too_long_answers_are_not_kept() {
        let mut vectors = Vectors::default();
        let long = Kept { body: Bytes::from(vec![0; LONGEST + 1]), ..kept("", 10) };
        vectors.put("a".to_owned(), vector(&[1.0]), long, 0);
        assert!(vectors.partition("a", 0).is_empty());
    }
}
