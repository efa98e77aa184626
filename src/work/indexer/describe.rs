//! What ffprobe says about a file of a kind that has no parser here.

use serde::Deserialize;
use stead_rules::limits::WORKER_OUTPUT_BYTES_MAX;

use crate::work::probe::{Audio, Header, Size, Tags, Video};

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Option<Format>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    channels: Option<u32>,
    sample_rate: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Format {
    duration: Option<String>,
    #[serde(default)]
    tags: std::collections::HashMap<String, String>,
}

/// Reads ffprobe's JSON; `None` when there is neither picture nor sound.
pub(super) fn header(json: &[u8]) -> Option<Header> {
    if json.len() as u64 > WORKER_OUTPUT_BYTES_MAX {
        return None;
    }
    let answer: Answer = serde_json::from_slice(json).ok()?;
    let of_type = |kind: &str| {
        answer.streams.iter().find(|stream| stream.codec_type.as_deref() == Some(kind))
    };
    let header = Header {
        video: of_type("video").map(video),
        audio: of_type("audio").map(audio),
        duration_ms: answer.format.as_ref().and_then(duration_ms),
        tags: answer.format.map(tags).unwrap_or_default(),
        ..Header::default()
    };
    (header.video.is_some() || header.audio.is_some()).then_some(header)
}

fn video(stream: &Stream) -> Video {
    let size = Size { width: stream.width.unwrap_or(0), height: stream.height.unwrap_or(0) };
    Video { codec: codec(stream), size }
}

fn audio(stream: &Stream) -> Audio {
    let rate_hz = stream.sample_rate.as_deref().and_then(|rate| rate.parse().ok());
    Audio { codec: codec(stream), channels: stream.channels, rate_hz }
}

fn codec(stream: &Stream) -> String {
    stream.codec_name.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn duration_ms(format: &Format) -> Option<u64> {
    let (seconds, fraction) = match format.duration.as_deref()?.split_once('.') {
        Some((seconds, fraction)) => (seconds, fraction.get(..3).unwrap_or("0")),
        None => (format.duration.as_deref()?, "0"),
    };
    let ms = seconds.parse::<u64>().ok()?.checked_mul(1000)? + fraction.parse::<u64>().ok()?;
    (ms > 0).then_some(ms)
}

fn tags(format: Format) -> Tags {
    let mut tags = Tags::default();
    for (name, value) in format.tags {
        tags.set_named(&name, &value);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn an_answer_of_ffprobe_is_read() {
        let json = br#"{"streams": [
            {"codec_type": "video", "codec_name": "mpeg2video", "width": 720, "height": 576},
            {"codec_type": "audio", "codec_name": "mp2", "channels": 2, "sample_rate": "48000"}],
            "format": {"duration": "2.040000", "tags": {"title": "Nacht"}}}"#;
        let found = header(json).unwrap();
        assert_eq!(found.video.unwrap().codec, "mpeg2video");
        assert_eq!(found.audio.unwrap().rate_hz, Some(48_000));
        assert_eq!(found.duration_ms, Some(2040));
        assert_eq!(found.tags.title.as_deref(), Some("Nacht"));
        assert_eq!(header(b"{}"), None);
        assert_eq!(header(b"no json"), None);
    }
}
