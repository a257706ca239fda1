//! Writes resources as the scenario says they are.

use super::{Lecture, Stop};
use crate::model::Text;

pub(super) async fn take(lecture: &mut Lecture<'_>, keys: &[Text]) -> Result<(), Stop> {
    let keys: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
    let titles: Vec<&str> = keys
        .iter()
        .map(|key| {
            lecture.session.nodes.iter().find(|node| node.key == **key).map_or(*key, |node| &node.title)
        })
        .collect();
    let action = format!("restores {}", titles.join(", "));
    lecture.act(&action);
    let done = lecture.session.restore(&keys).await;
    lecture.must(&action, done).map(drop)
}
