//! Pulling from a registry: <https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageCreate>.
//!
//! Without credentials: what a sandbox needs is public.

use std::collections::BTreeMap;

use bollard::Docker;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;

use super::progress::Meter;
use super::{Reference, Say};
use crate::kind::Error;
use crate::kind::engine::told;

/// Layers that are accounted for; an image has at most 127.
const LAYERS: usize = 256;

/// Pulls an image.
pub(super) async fn pull(docker: &Docker, image: &Reference, say: &Say) -> Result<(), Error> {
    let options = CreateImageOptionsBuilder::default().from_image(&image.exact()).build();
    let meter = Meter::new(say, format!("pulling {image}"), 0);
    let mut layers = Layers::default();
    let mut answers = std::pin::pin!(docker.create_image(Some(options), None, None));
    while let Some(answer) = answers.next().await {
        let failed = |reason: String| Error::ImageMissing { image: image.to_string(), reason };
        layers.note(&answer.map_err(|error| failed(told(&error)))?);
        let (done, total) = layers.sum();
        meter.at(done, total);
    }
    Ok(())
}

/// How far each layer is; the sum is only known once all layers are.
#[derive(Default)]
struct Layers(BTreeMap<String, (u64, u64)>);

impl Layers {
    fn note(&mut self, info: &CreateImageInfo) {
        let (Some(id), Some(status)) = (&info.id, info.status.as_deref()) else { return };
        if self.0.len() >= LAYERS && !self.0.contains_key(id) {
            return;
        }
        let detail = info.progress_detail.as_ref();
        let number =
            |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
        let layer = self.0.entry(id.clone()).or_default();
        match status {
            "Downloading" => {
                *layer = (number(detail.and_then(|at| at.current)), number(detail.and_then(|at| at.total)));
            }
            "Download complete" | "Extracting" | "Pull complete" => layer.0 = layer.1,
            _ => {}
        }
    }

    fn sum(&self) -> (u64, u64) {
        self.0.values().fold((0, 0), |(done, total), layer| (done + layer.0, total + layer.1))
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    #[test]
    fn layers_add_up() {
        let info = |id: &str, status: &str, at: Option<(i64, i64)>| CreateImageInfo {
            id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: at
                .map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) }),
            ..CreateImageInfo::default()
        };
        let mut layers = Layers::default();
        for (info, expected) in [
            (info("a", "Pulling fs layer", None), (0, 0)),
            (info("a", "Downloading", Some((10, 100))), (10, 100)),
            (info("b", "Downloading", Some((-1, 50))), (10, 150)),
            (info("a", "Download complete", None), (100, 150)),
            (info("b", "Pull complete", None), (150, 150)),
        ] {
            layers.note(&info);
            assert_eq!(layers.sum(), expected);
        }
    }
}
