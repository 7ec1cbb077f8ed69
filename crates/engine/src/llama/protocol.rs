//! What the application and its worker say to each other: frames of a length (u32, little endian) and JSON.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::EngineError;
use crate::llama::convert::{Conversion, Converted};
use crate::llama::footprint::Footprint;
use crate::request::{GenerateRequest, Generated, ModelInfo, ScoreRequest, Scores};

/// The largest frame: a case that fills it is far beyond any context.
pub(crate) const MAX_FRAME: usize = 64 << 20;

/// To the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Load a model: the first frame.
    Load(LoadRequest),
    /// Convert a file and compare the two, in place of loading one: the only frame.
    Convert(Conversion),
    /// Score.
    Score { id: u64, request: ScoreRequest },
    /// Write.
    Generate { id: u64, request: GenerateRequest },
    /// Take another adapter, or none.
    Attach { id: u64, adapter: Option<(String, f32)> },
    /// End a request.
    Cancel { id: u64 },
}

/// What to load, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoadRequest {
    /// The file.
    pub path: String,
    /// A LoRA adapter and its scale.
    pub adapter: Option<(String, f32)>,
    /// How large.
    pub footprint: Footprint,
    /// Threads; 0 is one a physical core.
    pub threads: u32,
    /// No state kept between requests.
    pub deterministic: bool,
    /// Bytes of address space; for tests of the ladder.
    pub address_space: Option<u64>,
}

/// From the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "tell", rename_all = "snake_case")]
pub(crate) enum Tell {
    /// Loading or converting, 0 to 1.
    Loading { share: f32 },
    /// Converted.
    Converted { converted: Converted },
    /// Loaded.
    Ready { info: Box<ModelInfo> },
    /// Still there; `steps` counts what was computed.
    Alive { steps: u64 },
    /// Prompt tokens evaluated.
    Prefill { id: u64, done: usize, total: usize },
    /// New text.
    Delta { id: u64, text: String },
    /// The text is cut back.
    Truncate { id: u64, to: usize },
    /// Scores.
    Scored { id: u64, scores: Scores },
    /// The text.
    Wrote { id: u64, generated: Box<Generated> },
    /// The adapter is another.
    Attached { id: u64 },
    /// A request, or loading (id 0), failed.
    Failed { id: u64, error: EngineError },
}

/// Writes one frame.
pub(crate) fn write_frame(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a message of over 64 MiB"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&body)?;
    out.flush()
}

/// Reads one frame; `None` at the end.
pub(crate) fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0_u8; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of over 64 MiB"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_went() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &Tell::Delta { id: 7, text: "심부전".into() }).unwrap();
        let back: Option<Tell> = read_frame(&mut bytes.as_slice()).unwrap();
        assert!(matches!(back, Some(Tell::Delta { id: 7, text }) if text == "심부전"));
        assert!(read_frame::<Tell>(&mut [].as_slice()).unwrap().is_none());
    }

    #[test]
    fn a_frame_that_claims_to_be_huge_is_refused_before_it_is_read() {
        let bytes = u32::MAX.to_le_bytes();
        assert!(read_frame::<Tell>(&mut bytes.as_slice()).is_err());
    }
}
